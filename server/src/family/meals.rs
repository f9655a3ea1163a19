//! Did the child eat, and on time: a day's meal periods beside what was bought. Pure.

use crate::notices::Locale;
use crate::plumbing::http::Money;
use crate::schools::Facts;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yitong_rules::{DayKind, MealPeriod, period_at};
use yitong_values::{BusinessDay, Cents, Timestamp};

/// A purchase that stands, as far as meals look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Eaten {
    pub(super) at: Timestamp,
    /// As it was booked; `None` outside every period.
    pub(super) period: Option<Uuid>,
    pub(super) amount: Cents,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MealState {
    Eaten,
    /// The period is over and nothing was bought. It may have been eaten elsewhere.
    Missed,
    ToCome,
    /// Nobody can say: before the child had an account.
    None,
}

impl MealState {
    pub(super) fn word(self) -> &'static str {
        match self {
            MealState::Eaten => "eaten",
            MealState::Missed => "missed",
            MealState::ToCome => "to_come",
            MealState::None => "none",
        }
    }
}

/// One meal period of a day.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = GuardianMeal)]
pub(super) struct Meal {
    period: Uuid,
    name: String,
    /// eaten, missed (the period is over and nothing was bought), to_come, or none (nobody can say)
    state: &'static str,
    amount: Option<Money>,
    at: Option<String>,
}

/// The periods that are served on a day; none where the canteen is closed.
pub(super) fn served(facts: &Facts, day: BusinessDay) -> Vec<&MealPeriod> {
    let weekday = match facts.day_kind(day) {
        DayKind::Closed => return Vec::new(),
        // It is served like a Monday.
        DayKind::MakeUp => 0,
        DayKind::Ordinary => day.weekday() as usize,
    };
    let mut periods: Vec<_> = facts.periods.iter().filter(|period| period.weekdays[weekday]).collect();
    periods.sort_by_key(|period| period.start);
    periods
}

/// Which period a purchase belongs to. A period that was taken out of the plan since is judged by the time.
pub(super) fn period_of(facts: &Facts, eaten: &Eaten) -> Option<Uuid> {
    let booked = eaten.period.filter(|id| facts.periods.iter().any(|period| period.id.uuid() == *id));
    let by_time = || period_at(&facts.periods, facts.day_kind(eaten.at.china_day()), eaten.at);
    booked.or_else(|| by_time().map(|period| period.id.uuid()))
}

/// The meals of a day in their order. `known_from`: no meal is called missed before this day.
pub(super) fn of_day(
    facts: &Facts,
    day: BusinessDay,
    eaten: &[Eaten],
    known_from: BusinessDay,
    now: Timestamp,
    locale: Locale,
) -> Vec<Meal> {
    let meal = |period: &MealPeriod| {
        let id = period.id.uuid();
        let own: Vec<_> = eaten.iter().filter(|e| e.at.china_day() == day && period_of(facts, e) == Some(id)).collect();
        let first = own.iter().map(|eaten| eaten.at).min();
        let amount: i64 = own.iter().map(|eaten| eaten.amount.fen()).sum();
        let ends = day.start().plus_ms(i64::from(period.end) * 60_000);
        let state = match first {
            Some(_) => MealState::Eaten,
            None if now < ends => MealState::ToCome,
            None if known_from <= day => MealState::Missed,
            None => MealState::None,
        };
        Meal {
            period: id,
            name: if locale == Locale::En { period.name_en.clone() } else { period.name_zh.clone() },
            state: state.word(),
            amount: (!own.is_empty()).then_some(Cents::new(amount).into()),
            at: first.map(|at| at.to_string()),
        }
    };
    served(facts, day).into_iter().map(meal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use yitong_values::{MealPeriodId, SchoolId};

    /// Tuesday 2026-11-24 12:00 in China.
    const LUNCH: Timestamp = Timestamp::from_ms(1_795_492_800_000);

    fn period(n: u128, start: u16, end: u16) -> MealPeriod {
        let id = MealPeriodId::new(Uuid::from_u128(n));
        let weekdays = [true, true, true, true, true, false, false];
        let (name_zh, name_en) = (format!("餐{n}"), format!("Meal {n}"));
        MealPeriod { id, name_zh, name_en, start, end, weekdays, fixed_price: None, free: false }
    }

    fn facts() -> Facts {
        Facts {
            school: SchoolId::new(Uuid::nil()),
            version: 1,
            name: String::new(),
            campuses: vec![],
            canteens: BTreeMap::new(),
            stalls: BTreeMap::new(),
            // Not in the order of the day.
            periods: vec![period(2, 11 * 60, 13 * 60), period(1, 6 * 60, 8 * 60), period(3, 17 * 60, 19 * 60)],
            terms: vec![],
            special_days: BTreeMap::new(),
        }
    }

    fn check(name: &str, eaten: &[Eaten], day: i64, known_from: i64, now: Timestamp, expected: &[&str]) {
        let today = LUNCH.china_day();
        let meals = of_day(&facts(), today.plus_days(day), eaten, today.plus_days(known_from), now, Locale::Zh);
        assert_eq!(meals.iter().map(|meal| meal.state).collect::<Vec<_>>(), expected, "{name}");
    }

    #[test]
    fn a_day_of_meals() {
        let minute = 60_000;
        let at = |minutes: i64, period: Option<u128>| Eaten {
            at: LUNCH.plus_ms(minutes * minute),
            period: period.map(Uuid::from_u128),
            amount: Cents::new(800),
        };
        check("nothing yet at noon", &[], 0, -30, LUNCH, &["missed", "to_come", "to_come"]);
        check("a new child at noon", &[], 0, 1, LUNCH, &["none", "to_come", "to_come"]);
        let eaten = [at(-300, Some(1)), at(-10, Some(2))];
        check("breakfast and lunch", &eaten, 0, -30, LUNCH, &["eaten", "eaten", "to_come"]);
        check("the last minute", &[], 0, -30, LUNCH.plus_ms(60 * minute - 1), &["missed", "to_come", "to_come"]);
        check("one minute later", &[], 0, -30, LUNCH.plus_ms(60 * minute), &["missed", "missed", "to_come"]);
        check("booked outside every period", &[at(-10, None)], 0, -30, LUNCH, &["missed", "eaten", "to_come"]);
        check("a period that is gone", &[at(-10, Some(99))], 0, -30, LUNCH, &["missed", "eaten", "to_come"]);
        check("another day's lunch", &eaten, -1, -30, LUNCH, &["missed", "missed", "missed"]);
        check("Saturday", &[], 4, -30, LUNCH, &[]);
    }
}

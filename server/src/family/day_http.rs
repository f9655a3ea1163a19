//! The month with its meals, and the year in sums.

use super::history::{End, Undone, Walk};
use super::home_http::{joined, spent};
use super::lines;
use super::meals::{self, Eaten, Meal};
use crate::App;
use crate::guardians::{OfChild, right};
use crate::notices::Locale;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Money, Params, Problem};
use crate::schools::facts_of;
use crate::wallets;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_ledger::{Entry, Kind};
use yitong_values::{BusinessDay, PersonId, SchoolId, Timestamp};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(calendar)).routes(routes!(year))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MonthAsk {
    /// `2026-11`; this month when left out.
    month: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = GuardianCalendar)]
struct Calendar {
    month: String,
    days: Vec<CalendarDay>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = GuardianCalendarDay)]
struct CalendarDay {
    day: String,
    /// The canteen serves meals on it.
    school_day: bool,
    spent: Money,
    meals: Vec<Meal>,
}

fn wrong(code: &'static str, field: &str, zh: &str, en: &str) -> Problem {
    Problem::bad(code, zh, en).field(field)
}

/// The first day of a month and of the one after it.
fn month_of(text: Option<&str>, today: BusinessDay) -> Result<(BusinessDay, BusinessDay), Problem> {
    let first = match text {
        None => Some(today.plus_days(1 - i64::from(today.day()))),
        Some(text) => format!("{text}-01").parse().ok().filter(|_| text.len() == 7),
    };
    let first: BusinessDay =
        first.ok_or_else(|| wrong("bad_month", "month", "月份应写作 2026-11。", "A month is written like 2026-11."))?;
    let after = first.plus_days(31);
    Ok((first, after.plus_days(1 - i64::from(after.day()))))
}

/// What was eaten from a day on, newest first, and from when on something is known of the person.
fn eaten_since(
    tx: &mut Tx<'_>,
    school: SchoolId,
    person: PersonId,
    since: BusinessDay,
) -> Result<(Vec<Eaten>, BusinessDay), DbError> {
    let joined = joined(tx, school, person)?;
    let Some(account) = wallets::load_account(tx, school, person)? else { return Ok((Vec::new(), joined)) };
    let (mut eaten, mut oldest) = (Vec::new(), None);
    let end = Walk::of(&account).each(tx, |entry, undone| {
        // What was sold late on one day and booked on the next counts for the day on which it was eaten.
        if entry.day < since {
            return ControlFlow::Break(());
        }
        oldest = Some(entry.day);
        if entry.kind == Kind::Purchase && undone == Undone::No {
            eaten.push(lines::eaten(&entry));
        }
        ControlFlow::Continue(())
    })?;
    let known_from = match end {
        End::Stopped | End::TooFar => since.max(joined),
        End::Beginning => oldest.map_or(BusinessDay::from_epoch_days(i64::from(i16::MAX)), |day| day.max(joined)),
    };
    Ok((eaten, known_from))
}

/// A month day by day: what was spent, and which meals were eaten here.
#[utoipa::path(get, path = "/guardian/children/{binding}/calendar", tag = "family",
    params(("binding" = Uuid, Path), MonthAsk), responses((status = 200, body = Calendar)),
    security(("guardian" = ["see"])))]
async fn calendar(
    State(app): State<App>,
    who: OfChild<right::See>,
    Params(ask): Params<MonthAsk>,
) -> Result<Json<Calendar>, Problem> {
    who.agreed_to_meals()?;
    let (now, locale) = (app.now(), lines::locale(&who.guardian.row));
    let (first, next) = month_of(ask.month.as_deref(), now.china_day())?;
    let (school, person) = (who.school, who.person);
    let facts = facts_of(&app, school).await?;
    let (eaten, known_from) = app.db.read(move |tx| eaten_since(tx, school, person, first)).await?;
    let mut by_day: BTreeMap<BusinessDay, Vec<Eaten>> = BTreeMap::new();
    for one in eaten {
        by_day.entry(one.at.china_day()).or_default().push(one);
    }
    let days = (0..next.epoch_days() - first.epoch_days()).map(|n| {
        let day = first.plus_days(n);
        let own = by_day.get(&day).map_or(&[][..], Vec::as_slice);
        CalendarDay {
            day: day.to_string(),
            school_day: !meals::served(&facts, day).is_empty(),
            spent: spent(own),
            meals: meals::of_day(&facts, day, own, known_from, now, locale),
        }
    });
    Ok(Json(Calendar { month: first.to_string()[..7].to_owned(), days: days.collect() }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct YearAsk {
    /// This year when left out.
    year: Option<i32>,
}

/// A year in sums.
#[derive(Serialize, ToSchema)]
#[schema(as = GuardianYear)]
struct Year {
    year: i32,
    months: Vec<YearMonth>,
    categories: Vec<YearCategory>,
    total_spent: Money,
    total_topped_up: Money,
    purchases: i64,
}

#[derive(Clone, Serialize, ToSchema)]
#[schema(as = GuardianYearMonth)]
struct YearMonth {
    /// `2026-11`
    month: String,
    spent: Money,
    topped_up: Money,
    purchases: i64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = GuardianYearCategory)]
struct YearCategory {
    name: String,
    amount: Money,
    /// Of all that was spent.
    share_permille: i64,
}

/// A year's sums as they are added up.
#[derive(Default)]
struct Sums {
    /// Spent, topped up, purchases.
    months: [(i64, i64, i64); 12],
    /// By dish; what no dish explains is under the nil id.
    dishes: BTreeMap<Uuid, i64>,
}

impl Sums {
    fn add(&mut self, entry: &Entry) {
        let month = &mut self.months[usize::from(entry.day.month()) - 1];
        match entry.kind {
            Kind::Purchase => {
                *month = (month.0 + entry.amount.fen(), month.1, month.2 + 1);
                let mut left = entry.amount.fen();
                for item in lines::kept(entry).items {
                    let part = (item.p * i64::from(item.c)).min(left);
                    *self.dishes.entry(item.d).or_default() += part;
                    left -= part;
                }
                *self.dishes.entry(Uuid::nil()).or_default() += left;
            }
            Kind::Topup => month.1 += entry.amount.fen(),
            _ => {}
        }
    }

    fn categories(&self, of: impl Fn(&Uuid) -> Option<String>, other: &str) -> Vec<YearCategory> {
        let mut by_name: BTreeMap<String, i64> = BTreeMap::new();
        for (dish, fen) in self.dishes.iter().filter(|(_, fen)| **fen > 0) {
            *by_name.entry(of(dish).unwrap_or_else(|| other.to_owned())).or_default() += fen;
        }
        let total: i64 = by_name.values().sum();
        let mut all: Vec<_> = by_name.into_iter().collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let share = |fen: i64| (fen * 1000 + total / 2) / total.max(1);
        all.into_iter()
            .map(|(name, fen)| YearCategory { name, amount: Money { fen }, share_permille: share(fen) })
            .collect()
    }
}

fn year_of(asked: Option<i32>, now: Timestamp) -> Result<(BusinessDay, BusinessDay), Problem> {
    let year = asked.unwrap_or(now.china_day().year());
    let days = BusinessDay::new(year, 1, 1).ok().zip(BusinessDay::new(year, 12, 31).ok());
    days.ok_or_else(|| wrong("bad_year", "year", "年份应写作 2026。", "A year is written like 2026."))
}

/// A year by month and by category of dishes.
#[utoipa::path(get, path = "/guardian/children/{binding}/year", tag = "family",
    params(("binding" = Uuid, Path), YearAsk), responses((status = 200, body = Year)),
    security(("guardian" = ["see"])))]
async fn year(
    State(app): State<App>,
    who: OfChild<right::See>,
    Params(ask): Params<YearAsk>,
) -> Result<Json<Year>, Problem> {
    who.agreed_to_meals()?;
    let (first, last) = year_of(ask.year, app.now())?;
    let (school, person) = (who.school, who.person);
    let menu = app.menu.get(&app.db, school).await?;
    let read = move |tx: &mut Tx<'_>| {
        let mut sums = Sums::default();
        let Some(account) = wallets::load_account(tx, school, person)? else { return Ok(sums) };
        Walk::of(&account).each(tx, |entry, undone| {
            if entry.day < first {
                return ControlFlow::Break(());
            }
            if entry.day <= last && undone == Undone::No {
                sums.add(&entry);
            }
            ControlFlow::Continue(())
        })?;
        Ok(sums)
    };
    let sums = app.db.read(read).await?;
    let other = if lines::locale(&who.guardian.row) == Locale::En { "Other" } else { "其他" };
    let category = |dish: &Uuid| menu.dishes.get(&(*dish).into()).map(|dish| dish.category.clone());
    let months: Vec<_> = (1..=12)
        .zip(sums.months)
        .map(|(month, (spent, topped_up, purchases))| YearMonth {
            month: format!("{}-{month:02}", first.year()),
            spent: Money { fen: spent },
            topped_up: Money { fen: topped_up },
            purchases,
        })
        .collect();
    Ok(Json(Year {
        year: first.year(),
        categories: sums.categories(category, other),
        total_spent: Money { fen: sums.months.iter().map(|month| month.0).sum() },
        total_topped_up: Money { fen: sums.months.iter().map(|month| month.1).sum() },
        purchases: sums.months.iter().map(|month| month.2).sum(),
        months,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_years() {
        let today: BusinessDay = "2026-11-24".parse().expect("a day");
        let month = |text: Option<&str>| {
            month_of(text, today).map(|(first, next)| format!("{first} {next}")).map_err(|problem| problem.code())
        };
        assert_eq!(month(None), Ok("2026-11-01 2026-12-01".into()));
        assert_eq!(month(Some("2028-02")), Ok("2028-02-01 2028-03-01".into()));
        assert_eq!(month(Some("2026-12")), Ok("2026-12-01 2027-01-01".into()));
        for text in ["", "2026", "2026-13", "2026-1", "2026-11-1", "x"] {
            assert_eq!(month(Some(text)), Err("bad_month"), "{text}");
        }
    }

    #[test]
    fn shares_of_a_year() {
        let dish = Uuid::from_u128;
        let sums = Sums {
            dishes: BTreeMap::from([(dish(0), 100), (dish(1), 600), (dish(2), 300), (dish(3), 0)]),
            ..Sums::default()
        };
        let of = |id: &Uuid| match id.as_u128() {
            1 | 2 => Some("热菜".to_owned()),
            _ => None,
        };
        let shares: Vec<_> =
            sums.categories(of, "其他").iter().map(|c| (c.name.clone(), c.amount.fen, c.share_permille)).collect();
        assert_eq!(shares, vec![("热菜".to_owned(), 900, 900), ("其他".to_owned(), 100, 100)]);
        assert!(Sums::default().categories(of, "其他").is_empty());
    }
}

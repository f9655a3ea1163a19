//! A complaint about a purchase: what it is about, by when it is answered. Pure.

use crate::schools::Facts;
use yitong_rules::DayKind;
use yitong_values::{BindingId, BusinessDay, ComplaintId, DAY_MS, EntryId, GuardianId, PersonId, Timestamp, UserId};

/// A calendar that nobody has filled in that far ends here.
const DAYS_LOOKED_AT: i64 = 120;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    WrongAmount,
    NotMine,
    NotEaten,
    Quality,
    Other,
}

impl Kind {
    pub(super) const ALL: [Kind; 5] = [Kind::WrongAmount, Kind::NotMine, Kind::NotEaten, Kind::Quality, Kind::Other];

    pub(super) fn word(self) -> &'static str {
        match self {
            Kind::WrongAmount => "wrong_amount",
            Kind::NotMine => "not_mine",
            Kind::NotEaten => "not_eaten",
            Kind::Quality => "quality",
            Kind::Other => "other",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Complaint {
    pub(super) id: ComplaintId,
    pub(super) person: PersonId,
    pub(super) guardian: GuardianId,
    pub(super) binding: BindingId,
    pub(super) purchase: EntryId,
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) at: Timestamp,
    pub(super) due_at: Timestamp,
    pub(super) answer: Option<Answer>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) at: Timestamp,
    pub(super) by: UserId,
    /// The entry that gave the money back.
    pub(super) refund: Option<EntryId>,
}

impl Complaint {
    pub(super) fn state(&self) -> &'static str {
        match &self.answer {
            None => "open",
            Some(Answer { refund: None, .. }) => "answered",
            Some(_) => "refunded",
        }
    }
}

/// A day on which the office works: a weekday of a term that is no holiday, or a day that makes up for one.
fn school_day(facts: &Facts, day: BusinessDay) -> bool {
    match facts.day_kind(day) {
        DayKind::Closed => false,
        DayKind::MakeUp => true,
        DayKind::Ordinary => (day.weekday() as usize) < 5,
    }
}

/// The end of the last day on which it is answered in time: so many school days after the day of the complaint.
pub(super) fn due_at(facts: &Facts, at: Timestamp, school_days: i64) -> Timestamp {
    let (mut day, mut left) = (at.china_day(), school_days);
    for _ in 0..DAYS_LOOKED_AT {
        if left == 0 {
            break;
        }
        day = day.plus_days(1);
        if school_day(facts, day) {
            left -= 1;
        }
    }
    day.start().plus_ms(DAY_MS - 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use uuid::Uuid;
    use yitong_values::SchoolId;

    fn day(text: &str) -> BusinessDay {
        text.parse().expect("a day in a test is well written")
    }

    fn facts(terms: &[(&str, &str)], special: &[(&str, &str)]) -> Facts {
        Facts {
            school: SchoolId::new(Uuid::nil()),
            version: 1,
            name: String::new(),
            campuses: vec![],
            canteens: BTreeMap::new(),
            stalls: BTreeMap::new(),
            periods: vec![],
            terms: terms.iter().map(|(from, to)| (day(from), day(to), "学期".to_owned())).collect(),
            special_days: special.iter().map(|(on, kind)| (day(on), ((*kind).to_owned(), String::new()))).collect(),
        }
    }

    fn check(name: &str, facts: &Facts, on: &str, school_days: i64, due: &str) {
        // Any hour of the day counts the same.
        for ms in [0, DAY_MS / 2, DAY_MS - 1] {
            let due_at = due_at(facts, day(on).start().plus_ms(ms), school_days);
            assert_eq!(due_at.to_string(), format!("{due}T23:59:59.000+08:00"), "{name}");
        }
    }

    #[test]
    fn answered_within_school_days() {
        let plain = facts(&[], &[]);
        check("Tuesday and five days", &plain, "2026-11-24", 5, "2026-12-01");
        check("Friday and one", &plain, "2026-11-27", 1, "2026-11-30");
        check("Saturday and one", &plain, "2026-11-28", 1, "2026-11-30");
        let holiday = facts(&[], &[("2026-11-25", "holiday"), ("2026-11-28", "make_up")]);
        check("a holiday does not count, a make-up Saturday does", &holiday, "2026-11-24", 3, "2026-11-28");
        let terms = facts(&[("2026-09-01", "2027-01-22"), ("2027-02-22", "2027-07-02")], &[]);
        check("over the winter holidays", &terms, "2027-01-21", 3, "2027-02-23");
        check("the next term is not known yet", &terms, "2027-07-01", 5, "2027-10-29");
    }

    #[test]
    fn kinds_are_their_words() {
        assert!(Kind::ALL.iter().all(|kind| Kind::from_word(kind.word()) == Some(*kind)));
        assert_eq!(Kind::from_word("late"), None);
    }
}

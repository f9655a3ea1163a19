//! Moves of people without a file: promotion, transfer, leaving. Judged like the rows of a file.

use super::import::class::class_key;
use super::import::fields::{Reason, reason};
use super::import::plan::{Known, PlannedRow, Roster, Verdict, Wanted, judge};
use super::import::sheet::clean;
use super::promotion::{self, Named, Step, Warning};
use super::store::ClassRow;
use crate::plumbing::http::Problem;
use std::collections::{BTreeMap, BTreeSet};
use yitong_values::{BusinessDay, PersonId};

#[derive(Clone, Debug)]
pub(super) enum Move {
    /// Every class goes up a year, as its name says or as it was named; the last year leaves.
    Promotion {
        on: i64,
        named: Vec<Named>,
    },
    Transfer {
        people: Vec<PersonId>,
        to_class: String,
    },
    Leaving {
        people: Vec<PersonId>,
        on: i64,
    },
}

/// A last day further back than this is a slip of the pen.
const OLDEST_DAYS: i64 = 366;

/// A last day. Leaving is done at once, so a day to come is not taken.
pub(super) fn last_day(text: &str, today: BusinessDay) -> Result<i64, Problem> {
    let refused = |code, zh: String, en: String| Err(Problem::bad(code, zh, en).field("on"));
    let Ok(day) = text.parse::<BusinessDay>() else {
        let (zh, en) = ("日期应写作 2026-11-24。", "A day is written like 2026-11-24.");
        return refused("bad_day", zh.into(), en.into());
    };
    if day > today {
        let zh = format!("离校会立即生效，不能填写将来的日期：请在 {day} 当天或之后再操作。");
        let en = format!("People leave at once, so the day can't lie ahead: do this on or after {day}.");
        return refused("day_in_future", zh, en);
    }
    if day < today.plus_days(-OLDEST_DAYS) {
        let zh = format!("{day} 已超过一年（{OLDEST_DAYS} 天），请核对日期。");
        let en = format!("{day} is more than {OLDEST_DAYS} days ago; check the day.");
        return refused("day_too_old", zh, en);
    }
    Ok(day.number())
}

/// The name of a class as it will be kept; `None` for one that nobody could read.
pub(super) fn readable_class(name: &str) -> Option<String> {
    let name = clean(name);
    let good = name.chars().count() <= 40 && name.chars().any(char::is_alphanumeric);
    good.then_some(name)
}

/// People and classes that the school does not have are not passed over in silence.
pub(super) fn check(moving: &Move, known: &[Known], classes: &[ClassRow]) -> Result<(), Problem> {
    match moving {
        Move::Promotion { named, .. } => check_named(named, classes),
        Move::Transfer { people, .. } | Move::Leaving { people, .. } => {
            let ours: BTreeSet<PersonId> = known.iter().map(|k| k.id).collect();
            let asked: BTreeSet<PersonId> = people.iter().copied().collect();
            let count = asked.difference(&ours).count();
            if count == 0 {
                return Ok(());
            }
            let zh = format!("所选人员中有 {count} 人不在本校，可能已被删除，请重新选择。");
            let en = format!("{count} of these people are not at this school; choose again.");
            Err(Problem::bad("unknown_person", zh, en).field("people").with("count", count))
        }
    }
}

fn check_named(named: &[Named], classes: &[ClassRow]) -> Result<(), Problem> {
    let ours: BTreeSet<&str> = classes.iter().map(|class| class.key.as_str()).collect();
    let mut seen = BTreeSet::new();
    for (i, (from, _)) in named.iter().enumerate() {
        let key = class_key(from);
        let field = format!("mapping[{i}].from_class");
        if !ours.contains(key.as_str()) {
            let (zh, en) = (format!("本校没有“{from}”这个班级。"), format!("This school has no class {from}."));
            return Err(Problem::bad("unknown_class", zh, en).field(&field));
        }
        if !seen.insert(key) {
            let (zh, en) = (format!("“{from}”填写了两次。"), format!("{from} is named twice."));
            return Err(Problem::bad("class_named_twice", zh, en).field(&field));
        }
    }
    Ok(())
}

/// The rows of a move, in the order of the numbers, and what an administrator should know.
pub(super) fn plan_move(moving: &Move, mut known: Vec<Known>) -> (Vec<PlannedRow>, Vec<Warning>) {
    known.sort_by(|a, b| a.number.cmp(&b.number));
    let (wanted, warnings) = match moving {
        Move::Promotion { on, named } => promoted(&known, *on, named),
        Move::Transfer { people, to_class } => {
            let to = |k: &Known| Wanted { class: Some(to_class.clone()), ..same(k) };
            (chosen(&known, people).map(to).collect(), Vec::new())
        }
        Move::Leaving { people, on } => {
            let leaves = |k: &Known| Wanted { leaves_on: Some(*on), ..same(k) };
            (chosen(&known, people).map(leaves).collect(), Vec::new())
        }
    };
    (rows(wanted, known), warnings)
}

fn same(known: &Known) -> Wanted {
    Wanted { number: known.number.clone(), name: known.name.clone(), ..Wanted::default() }
}

fn chosen<'a>(known: &'a [Known], people: &[PersonId]) -> impl Iterator<Item = &'a Known> + use<'a> {
    let people: BTreeSet<PersonId> = people.iter().copied().collect();
    known.iter().filter(move |k| people.contains(&k.id))
}

fn promoted(known: &[Known], on: i64, named: &[Named]) -> (Vec<Wanted>, Vec<Warning>) {
    let pupils = || known.iter().filter(|k| k.kind == "student" && !k.left);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for class in pupils().filter_map(|k| k.class.clone()) {
        *counts.entry(class).or_default() += 1;
    }
    let (steps, warnings) = promotion::decide(&counts, named);
    let wanted = pupils().filter_map(|k| match steps.get(k.class.as_ref()?)? {
        Step::Up(next) => Some(Wanted { class: Some(next.clone()), ..same(k) }),
        Step::Graduates => Some(Wanted { leaves_on: Some(on), ..same(k) }),
        Step::Stays | Step::Undecided => None,
    });
    (wanted.collect(), warnings)
}

fn rows(wanted: Vec<Wanted>, known: Vec<Known>) -> Vec<PlannedRow> {
    let mut roster = Roster::new("", known);
    let mut rows = Vec::new();
    for (i, wanted) in wanted.into_iter().enumerate() {
        let Some((kind, left)) = roster.find(&wanted.number).map(|k| (k.kind.clone(), k.left)) else { continue };
        let cells = vec![wanted.number.clone(), wanted.name.clone()];
        let mut row =
            PlannedRow { row: i + 1, verdict: Verdict::Refuse, wanted, changes: vec![], reasons: vec![], cells };
        if left {
            row.reasons.push(has_left(&row.wanted.number));
        } else {
            roster.kind = kind;
            judge(&mut row, &roster, &|_, _| Vec::new());
        }
        rows.push(row);
    }
    rows
}

fn has_left(number: &str) -> Reason {
    let zh = "此人已离校。若已返校，请先在人员页面恢复。";
    let en = "This person has left already. If they are back, make them active on their page first.";
    reason("has_left", "status", number, zh, en)
}

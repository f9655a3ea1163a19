//! Undoing a purchase: the exact opposite entry, within minutes for a cashier, while the day lasts for finance.

use super::outcome::Kept;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::outbox::{self, Happening};
use crate::wallets::{self, Booking, Draft};
use serde_json::json;
use yitong_ledger::Kind;
use yitong_purchase::{Booked, UndoRefusal, may_undo};
use yitong_rules::Counters;
use yitong_values::{Cents, EntryId, MealPeriodId, SchoolId, StallId, Timestamp};

/// The reason of what the server gives back by itself.
pub const CHARGED_TWICE: &str = "重复扣款，自动退回";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UndoOutcome {
    Done {
        stall: Option<StallId>,
        fen: i64,
    },
    /// It was done under this name before.
    Again,
    /// The name belongs to something else.
    NameTaken,
    Absent,
    OtherStall,
    Refused(UndoRefusal),
}

/// Until when it may be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    Minutes(i64),
    /// For finance.
    DayEnds,
    /// It was undone at a counter that nobody heard, and is only taken down here.
    Whenever,
}

pub struct Undo {
    pub school: SchoolId,
    pub purchase: EntryId,
    pub id: EntryId,
    pub reason: String,
    pub now: Timestamp,
    pub until: Until,
    /// The stalls that the asker may touch; `None` is all of them.
    pub stalls: Option<Vec<StallId>>,
}

pub fn undo(tx: &mut Tx<'_>, ask: &Undo) -> Result<UndoOutcome, DbError> {
    let Some(found) = wallets::find_entry(tx, ask.school, ask.purchase)? else { return Ok(UndoOutcome::Absent) };
    let entry = found.entry?;
    let (Kind::Purchase, Some(person)) = (entry.kind, entry.person) else { return Ok(UndoOutcome::Absent) };
    if ask.stalls.as_ref().is_some_and(|own| !entry.stall.is_some_and(|stall| own.contains(&stall))) {
        return Ok(UndoOutcome::OtherStall);
    }
    // Whoever held the lock may have undone it: that is looked for afterwards.
    let mut booking = Booking::load(tx, &[(ask.school, person)])?;
    let reversed = wallets::correction_of(tx, ask.school, ask.purchase)?;
    if reversed == Some(ask.id) {
        return Ok(UndoOutcome::Again);
    }
    if wallets::find_entry(tx, ask.school, ask.id)?.is_some() {
        return Ok(UndoOutcome::NameTaken);
    }
    let within = match ask.until {
        Until::Minutes(minutes) => Some(minutes),
        Until::DayEnds | Until::Whenever => None,
    };
    // Judged as if it was heard at once.
    let heard = if ask.until == Until::Whenever { entry.booked_at } else { ask.now };
    if let Err(refusal) = may_undo(entry.booked_at, entry.day, heard, within, reversed.is_some()) {
        return Ok(UndoOutcome::Refused(refusal));
    }
    let booked = Booked { postings: entry.postings.clone() };
    let arrears = booking.state(ask.school, person).map_or(Cents::ZERO, |state| state.arrears);
    let opposite = booked.reverse(person, arrears).map_err(|why| DbError::Broken(why.to_string()))?;
    let draft = Draft {
        school: ask.school,
        id: ask.id,
        kind: Kind::Reversal,
        at: ask.now,
        now: ask.now,
        person: Some(person),
        stall: entry.stall,
        amount: entry.amount,
        postings: opposite.postings,
        corrects: Some(ask.purchase),
        detail: format!("\"reason\":{}", json!(ask.reason)),
    };
    booking.add(draft).map_err(|why| DbError::Broken(why.to_string()))?;
    let kept: Kept = serde_json::from_str(&entry.detail).unwrap_or_default();
    if let Some(state) = booking.state(ask.school, person) {
        let counters = Counters::from_text(&state.counters);
        // Limits count for the day on which it was sold, which may not be the day on which it was booked.
        let left = counters.remove(entry.at.china_day(), kept.period.map(MealPeriodId::new), entry.amount);
        booking.set_counters(ask.school, person, left.text());
    }
    booking.write(tx)?;
    let happening = Happening {
        school: ask.school,
        id: ask.id.uuid(),
        topic: "undo".into(),
        person: Some(person),
        body: json!({"purchase": ask.purchase.to_string(), "fen": entry.amount.fen()}).to_string(),
        at: ask.now,
    };
    outbox::queue(tx, &[happening])?;
    Ok(UndoOutcome::Done { stall: entry.stall, fen: entry.amount.fen() })
}

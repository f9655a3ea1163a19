//! Closing a day: its entries into one root, on top of the root before. A day that is over gets no more entries.

use super::ledger_store as store;
use crate::plumbing::db::{DbError, Tx};
use yitong_ledger::{DayChain, Root};
use yitong_values::{BusinessDay, Cents, SchoolId, Timestamp, UserId};

/// After midnight a purchase that was asked for just before may still be on its way to the ledger.
pub const CLOSE_GRACE_MS: i64 = 10 * 60 * 1000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedDay {
    pub day: BusinessDay,
    pub entries: i64,
    pub amount: Cents,
    pub previous: Root,
    pub root: Root,
    pub closed_at: Timestamp,
    pub closed_by: UserId,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloseRefusal {
    /// The day is not over yet.
    NotOver { closes_at: Timestamp },
    /// Days are closed in their order.
    EarlierOpen(BusinessDay),
}

/// Closing again answers with what was closed.
pub fn close_day(
    tx: &mut Tx<'_>,
    school: SchoolId,
    day: BusinessDay,
    by: UserId,
    now: Timestamp,
) -> Result<Result<ClosedDay, CloseRefusal>, DbError> {
    store::hold_entries(tx, school)?;
    if let Some(closed) = store::find_closed_day(tx, school, day)? {
        return Ok(Ok(closed));
    }
    let closes_at = day.plus_days(1).start().plus_ms(CLOSE_GRACE_MS);
    if now < closes_at {
        return Ok(Err(CloseRefusal::NotOver { closes_at }));
    }
    let last = store::last_closed_day(tx, school)?;
    let after = last.as_ref().map_or(0, |closed| closed.day.number());
    match store::first_open_day(tx, school, after)? {
        Some(earlier) if earlier < day => return Ok(Err(CloseRefusal::EarlierOpen(earlier))),
        _ if after > day.number() => return Ok(Err(CloseRefusal::EarlierOpen(day))),
        _ => {}
    }
    let mut chain = DayChain::open(day);
    store::each_hash_of_day(tx, school, day, &mut |hash, amount| chain.add(hash, amount))?;
    let previous = last.map_or(Root::FIRST, |closed| closed.root);
    let (entries, amount) = (chain.entries() as i64, chain.amount());
    let root = chain.close(previous);
    let closed = ClosedDay { day, entries, amount, previous, root, closed_at: now, closed_by: by };
    store::insert_closed_day(tx, school, &closed)?;
    Ok(Ok(closed))
}

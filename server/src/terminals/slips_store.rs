//! Rows for finding charges that slipped: offline sales of a day, and how far days were looked at.

use crate::plumbing::db::{DbError, Row, Tx};
use std::collections::BTreeMap;
use uuid::Uuid;
use yitong_values::{BusinessDay, PersonId, SchoolId, Timestamp};

crate::sql! {
    /// The mark of an offline sale can't stand in a name: quotes are escaped there.
    OFFLINE_ON = "SELECT id, person_id, at FROM entry WHERE school_id = $1 AND day = $2 AND id > $3 \
                  AND kind = 'purchase' AND person_id IS NOT NULL AND amount > 0 AND detail LIKE '%\"offline\":\"%' \
                  ORDER BY id LIMIT $4";
    NIGHT = "SELECT day FROM slip_night WHERE school_id = $1";
    PUT_NIGHT = "INSERT INTO slip_night (school_id, day) VALUES ($1, $2) \
                 ON CONFLICT (school_id) DO UPDATE SET day = excluded.day";
}

const ROWS_AT_ONCE: i64 = 1_000;

/// Who bought something of a till that nobody heard, as it was booked on this day; and when the first and the last was.
pub(super) fn bought_offline(
    tx: &mut Tx<'_>,
    school: SchoolId,
    day: BusinessDay,
) -> Result<BTreeMap<PersonId, (Timestamp, Timestamp)>, DbError> {
    let mut buyers: BTreeMap<PersonId, (Timestamp, Timestamp)> = BTreeMap::new();
    let mut after = Uuid::nil();
    loop {
        let rows = tx.query(&OFFLINE_ON, &[school.into(), day.into(), after.into(), ROWS_AT_ONCE.into()])?;
        for row in &rows {
            let at = row.time(2)?;
            let (first, last) = buyers.entry(row.id(1)?.into()).or_insert((at, at));
            (*first, *last) = ((*first).min(at), (*last).max(at));
        }
        match rows.last() {
            Some(row) if rows.len() as i64 == ROWS_AT_ONCE => after = row.id(0)?,
            _ => return Ok(buyers),
        }
    }
}

/// The last day that was looked at.
pub(super) fn night(tx: &mut Tx<'_>, school: SchoolId) -> Result<Option<BusinessDay>, DbError> {
    tx.opt(&NIGHT, &[school.into()])?.map(|row: Row| row.day(0)).transpose()
}

pub(super) fn put_night(tx: &mut Tx<'_>, school: SchoolId, day: BusinessDay) -> Result<(), DbError> {
    tx.execute(&PUT_NIGHT, &[school.into(), day.into()]).map(|_| ())
}

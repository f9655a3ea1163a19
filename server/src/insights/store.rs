//! Reading the day's sales along the index of days.

use crate::plumbing::db::{DbError, Row, Tx};
use uuid::Uuid;
use yitong_values::{BusinessDay, Cents, SchoolId, StallId, Timestamp};

crate::sql! {
    SALES_OF_DAY = "SELECT e.stall_id, e.amount, e.at, e.detail, e.person_id, e.id FROM entry e \
                    WHERE e.school_id = $1 AND e.day = $2 AND e.id > $3 AND e.kind = 'purchase' AND NOT EXISTS \
                    (SELECT 1 FROM entry r WHERE r.school_id = e.school_id AND r.corrects = e.id) ORDER BY e.id LIMIT $4";
    REFUSED_OF_DAY = "SELECT stall_id, CAST(COUNT(*) AS BIGINT) FROM refused_purchase \
                      WHERE school_id = $1 AND day = $2 GROUP BY stall_id";
}

/// The sales of a large school's day would fill the memory of a small box.
const ROWS_AT_ONCE: i64 = 1_000;

pub(super) struct SaleRow {
    pub(super) stall: StallId,
    pub(super) amount: Cents,
    pub(super) at: Timestamp,
    pub(super) detail: String,
    pub(super) person: Option<Uuid>,
}

/// Hands over every sale of the day that still stands, and holds a few of them at a time.
pub(super) fn each_sale(
    tx: &mut Tx<'_>,
    school: SchoolId,
    day: BusinessDay,
    mut each: impl FnMut(SaleRow),
) -> Result<(), DbError> {
    let sale = |row: &Row| {
        Ok(SaleRow {
            stall: StallId::new(row.opt_id(0)?.unwrap_or_default()),
            amount: row.cents(1)?,
            at: row.time(2)?,
            detail: row.text(3)?,
            person: row.opt_id(4)?,
        })
    };
    let mut after = Uuid::nil();
    loop {
        let rows = tx.query(&SALES_OF_DAY, &[school.into(), day.into(), after.into(), ROWS_AT_ONCE.into()])?;
        for row in &rows {
            each(sale(row)?);
        }
        match rows.last() {
            Some(last) if rows.len() as i64 == ROWS_AT_ONCE => after = last.id(5)?,
            _ => return Ok(()),
        }
    }
}

/// How many were refused at each stall.
pub(super) fn refused(tx: &mut Tx<'_>, school: SchoolId, day: BusinessDay) -> Result<Vec<(StallId, i64)>, DbError> {
    let rows = tx.query(&REFUSED_OF_DAY, &[school.into(), day.into()])?;
    rows.iter().map(|row| Ok((StallId::new(row.id(0)?), row.int(1)?))).collect()
}

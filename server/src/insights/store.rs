//! Reading the day's sales along the index of days.

use crate::plumbing::db::{DbError, Row, Tx};
use uuid::Uuid;
use yitong_values::{BusinessDay, Cents, SchoolId, StallId, Timestamp};

crate::sql! {
    SALES_OF_DAY = "SELECT e.stall_id, e.amount, e.at, e.detail, e.person_id FROM entry e \
                    WHERE e.school_id = $1 AND e.day = $2 AND e.kind = 'purchase' AND NOT EXISTS \
                    (SELECT 1 FROM entry r WHERE r.school_id = e.school_id AND r.corrects = e.id) ORDER BY e.id";
    REFUSED_OF_DAY = "SELECT stall_id, CAST(COUNT(*) AS BIGINT) FROM refused_purchase \
                      WHERE school_id = $1 AND day = $2 GROUP BY stall_id";
}

pub(super) struct SaleRow {
    pub(super) stall: StallId,
    pub(super) amount: Cents,
    pub(super) at: Timestamp,
    pub(super) detail: String,
    pub(super) person: Option<Uuid>,
}

pub(super) fn sales(tx: &mut Tx<'_>, school: SchoolId, day: BusinessDay) -> Result<Vec<SaleRow>, DbError> {
    let sale = |row: &Row| {
        Ok(SaleRow {
            stall: StallId::new(row.opt_id(0)?.unwrap_or_default()),
            amount: row.cents(1)?,
            at: row.time(2)?,
            detail: row.text(3)?,
            person: row.opt_id(4)?,
        })
    };
    tx.query(&SALES_OF_DAY, &[school.into(), day.into()])?.iter().map(sale).collect()
}

/// How many were refused at each stall.
pub(super) fn refused(tx: &mut Tx<'_>, school: SchoolId, day: BusinessDay) -> Result<Vec<(StallId, i64)>, DbError> {
    let rows = tx.query(&REFUSED_OF_DAY, &[school.into(), day.into()])?;
    rows.iter().map(|row| Ok((StallId::new(row.id(0)?), row.int(1)?))).collect()
}

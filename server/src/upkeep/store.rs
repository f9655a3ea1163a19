//! Marks: when something of the server itself was last done.

use crate::plumbing::db::{DbError, Tx};
use yitong_values::Timestamp;

crate::sql! {
    ANSWER = "SELECT CAST(1 AS BIGINT)";
    MARK = "SELECT at FROM upkeep_mark WHERE name = $1";
    PUT_MARK = "INSERT INTO upkeep_mark (name, at) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET at = excluded.at";
}

/// The least that a database which can be read must answer.
pub(super) fn answers(tx: &mut Tx<'_>) -> Result<(), DbError> {
    tx.one(&ANSWER, &[])?.int(0).map(|_| ())
}

pub(super) fn mark(tx: &mut Tx<'_>, name: &str) -> Result<Option<Timestamp>, DbError> {
    tx.opt(&MARK, &[name.into()])?.map(|row| row.time(0)).transpose()
}

pub(super) fn put_mark(tx: &mut Tx<'_>, name: &str, at: Timestamp) -> Result<(), DbError> {
    tx.execute(&PUT_MARK, &[name.into(), at.into()]).map(|_| ())
}

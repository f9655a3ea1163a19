//! Rows of answers to questions of consent.

use crate::plumbing::db::{DbError, Row, Tx, Value};
use yitong_values::{BindingId, ConsentId, GuardianId, SchoolId, Timestamp};

crate::sql! {
    INSERT = "INSERT INTO consent (id, binding_id, guardian_id, school_id, purpose, version, given, at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    OF_BINDING = "SELECT id, purpose, version, given, at FROM consent WHERE binding_id = $1 ORDER BY id DESC";
}

/// An answer that is about to be kept.
#[derive(Clone, Debug)]
pub struct NewConsent {
    pub id: ConsentId,
    pub binding: BindingId,
    pub guardian: GuardianId,
    pub school: SchoolId,
    pub purpose: &'static str,
    pub version: i64,
    pub given: bool,
    pub at: Timestamp,
}

pub fn insert_consent(tx: &mut Tx<'_>, new: &NewConsent) -> Result<(), DbError> {
    let params: [Value; 8] = [
        new.id.into(),
        new.binding.into(),
        new.guardian.into(),
        new.school.into(),
        new.purpose.into(),
        new.version.into(),
        new.given.into(),
        new.at.into(),
    ];
    tx.execute(&INSERT, &params).map(|_| ())
}

pub struct ConsentRow {
    pub id: ConsentId,
    pub purpose: String,
    pub version: i64,
    pub given: bool,
    pub at: Timestamp,
}

/// Every answer of a binding, the newest first.
pub fn of_binding(tx: &mut Tx<'_>, binding: BindingId) -> Result<Vec<ConsentRow>, DbError> {
    let consent = |row: &Row| {
        Ok(ConsentRow {
            id: row.id(0)?.into(),
            purpose: row.text(1)?,
            version: row.int(2)?,
            given: row.flag(3)?,
            at: row.time(4)?,
        })
    };
    tx.query(&OF_BINDING, &[binding.into()])?.iter().map(consent).collect()
}

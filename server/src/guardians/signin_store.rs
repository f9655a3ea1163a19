//! Rows of sign-in codes and of when they were asked for.

use crate::plumbing::db::{DbError, Row, Tx};
use uuid::Uuid;
use yitong_values::Timestamp;

crate::sql! {
    ASKS = "SELECT at FROM guardian_code_ask WHERE phone_hash = $1 ORDER BY at DESC";
    INSERT_ASK = "INSERT INTO guardian_code_ask (id, phone_hash, at) VALUES ($1, $2, $3)";
    FORGET_ASKS = "DELETE FROM guardian_code_ask WHERE at <= $1";
    PUT_CODE = "INSERT INTO guardian_code (phone_hash, code_hash, expires_at, tries) VALUES ($1, $2, $3, 0) \
                ON CONFLICT (phone_hash) DO UPDATE SET code_hash = excluded.code_hash, \
                expires_at = excluded.expires_at, tries = 0";
    FORGET_CODES = "DELETE FROM guardian_code WHERE expires_at <= $1";
    FIND_CODE = "SELECT code_hash, expires_at, tries FROM guardian_code WHERE phone_hash = $1";
    COUNT_TRY = "UPDATE guardian_code SET tries = tries + 1 WHERE phone_hash = $1";
    DELETE_CODE = "DELETE FROM guardian_code WHERE phone_hash = $1";
}

pub struct CodeRow {
    pub hash: Vec<u8>,
    pub expires_at: Timestamp,
    pub tries: i64,
}

/// The newest first.
pub fn asks(tx: &mut Tx<'_>, phone_hash: &[u8]) -> Result<Vec<Timestamp>, DbError> {
    tx.query(&ASKS, &[phone_hash.into()])?.iter().map(|row| row.time(0)).collect()
}

pub fn insert_ask(tx: &mut Tx<'_>, id: Uuid, phone_hash: &[u8], now: Timestamp) -> Result<(), DbError> {
    tx.execute(&INSERT_ASK, &[id.into(), phone_hash.into(), now.into()]).map(|_| ())
}

/// What is older than a day counts no more; codes from then are long over.
pub fn forget_asks(tx: &mut Tx<'_>, before: Timestamp) -> Result<(), DbError> {
    tx.execute(&FORGET_ASKS, &[before.into()])?;
    tx.execute(&FORGET_CODES, &[before.into()]).map(|_| ())
}

pub fn put_code(tx: &mut Tx<'_>, phone_hash: &[u8], code_hash: &[u8], expires_at: Timestamp) -> Result<(), DbError> {
    tx.execute(&PUT_CODE, &[phone_hash.into(), code_hash.into(), expires_at.into()]).map(|_| ())
}

pub fn find_code(tx: &mut Tx<'_>, phone_hash: &[u8]) -> Result<Option<CodeRow>, DbError> {
    let code = |row: Row| Ok(CodeRow { hash: row.blob(0)?, expires_at: row.time(1)?, tries: row.int(2)? });
    tx.opt(&FIND_CODE, &[phone_hash.into()])?.map(code).transpose()
}

pub fn count_try(tx: &mut Tx<'_>, phone_hash: &[u8]) -> Result<(), DbError> {
    tx.execute(&COUNT_TRY, &[phone_hash.into()]).map(|_| ())
}

pub fn delete_code(tx: &mut Tx<'_>, phone_hash: &[u8]) -> Result<(), DbError> {
    tx.execute(&DELETE_CODE, &[phone_hash.into()]).map(|_| ())
}

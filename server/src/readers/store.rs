//! Rows of integrators, and what lists are made of.

use crate::plumbing::db::{DbError, Row, Tx};
use uuid::Uuid;
use yitong_code::{CardState, Change, EPOCH_MS, LegacyEntry};
use yitong_values::{DAY_MS, SchoolId, Timestamp};

crate::sql! {
    NUMBERS = "SELECT COALESCE(MAX(serial), 0) + 1, COALESCE(MAX(account), 0) + 1 FROM credential WHERE school_id = $1";
    CARDS = "SELECT serial, status FROM credential WHERE school_id = $1 AND status <> 'active'";
    /// Accounts that are frozen, by the school or by guardians, and those of people who left or are suspended.
    STOPPED = "SELECT DISTINCT c.account FROM credential c \
               JOIN person p ON p.school_id = c.school_id AND p.id = c.person_id \
               LEFT JOIN account a ON a.school_id = c.school_id AND a.person_id = c.person_id \
               LEFT JOIN guardian_rule g ON g.school_id = c.school_id AND g.person_id = c.person_id \
               WHERE c.school_id = $1 AND (p.status <> 'active' OR a.frozen = 1 OR g.frozen = 1)";
    LEGACY = "SELECT fingerprint, account, serial, expires_on FROM credential \
              WHERE school_id = $1 AND fingerprint IS NOT NULL";
    LAST_USE = "SELECT last_use FROM credential WHERE school_id = $1 AND serial = $2";
    INTEGRATORS = "SELECT id, name, token_hash, made_at, last_seen_at, revoked_at FROM integrator WHERE school_id = $1 \
                   ORDER BY id DESC";
    INSERT_INTEGRATOR = "INSERT INTO integrator (school_id, id, name, token_hash, made_at) VALUES ($1, $2, $3, $4, $5)";
    BY_TOKEN = "SELECT id FROM integrator WHERE school_id = $1 AND token_hash = $2 AND revoked_at IS NULL";
    SEEN = "UPDATE integrator SET last_seen_at = $3 WHERE school_id = $1 AND id = $2 AND COALESCE(last_seen_at, 0) < $4";
    REVOKE = "UPDATE integrator SET revoked_at = $3 WHERE school_id = $1 AND id = $2 AND revoked_at IS NULL";
}

pub(super) struct StatusFacts {
    pub(super) serials: u32,
    pub(super) accounts: u32,
    pub(super) changes: Vec<Change>,
}

fn number(n: i64) -> Result<u32, DbError> {
    u32::try_from(n).map_err(|_| DbError::Broken("a code number is out of its range".into()))
}

pub(super) fn status(tx: &mut Tx<'_>, school: SchoolId) -> Result<StatusFacts, DbError> {
    let numbers = tx.one(&NUMBERS, &[school.into()])?;
    let mut changes = Vec::new();
    for row in tx.query(&CARDS, &[school.into()])? {
        let state = if row.text(1)? == "lost" { CardState::Lost } else { CardState::Cancelled };
        changes.push(Change::Card { serial: number(row.int(0)?)?, state });
    }
    for row in tx.query(&STOPPED, &[school.into()])? {
        changes.push(Change::Account { account: number(row.int(0)?)?, stopped: true });
    }
    Ok(StatusFacts { serials: number(numbers.int(0)?)?, accounts: number(numbers.int(1)?)?, changes })
}

pub(super) fn legacy(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<LegacyEntry>, DbError> {
    let entry = |row: &Row| {
        let fingerprint = row.blob(0)?.try_into();
        let days = row.day(3)?.epoch_days() - EPOCH_MS / DAY_MS;
        Ok(LegacyEntry {
            fingerprint: fingerprint.map_err(|_| DbError::Broken("a fingerprint is not 16 bytes".into()))?,
            account: number(row.int(1)?)?,
            serial: number(row.int(2)?)?,
            expiry: u16::try_from(days).unwrap_or(u16::MAX),
        })
    };
    tx.query(&LEGACY, &[school.into()])?.iter().map(entry).collect()
}

/// The order of the last use of a phone; nothing was used below zero.
pub(super) fn last_use(tx: &mut Tx<'_>, school: SchoolId, serial: u32) -> Result<i64, DbError> {
    tx.opt(&LAST_USE, &[school.into(), serial.into()])?.map_or(Ok(-1), |row| row.int(0))
}

pub(super) struct IntegratorRow {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) made_at: Timestamp,
    pub(super) last_seen_at: Option<Timestamp>,
    pub(super) revoked_at: Option<Timestamp>,
}

pub(super) fn integrators(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<IntegratorRow>, DbError> {
    let read = |row: &Row| {
        Ok(IntegratorRow {
            id: row.id(0)?,
            name: row.text(1)?,
            made_at: row.time(3)?,
            last_seen_at: row.opt_time(4)?,
            revoked_at: row.opt_time(5)?,
        })
    };
    tx.query(&INTEGRATORS, &[school.into()])?.iter().map(read).collect()
}

pub(super) fn insert_integrator(
    tx: &mut Tx<'_>,
    school: SchoolId,
    id: Uuid,
    name: &str,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<(), DbError> {
    let params = [school.into(), id.into(), name.into(), token_hash.into(), now.into()];
    tx.execute(&INSERT_INTEGRATOR, &params).map(|_| ())
}

pub(super) fn by_token(tx: &mut Tx<'_>, school: SchoolId, hash: &[u8]) -> Result<Option<Uuid>, DbError> {
    tx.opt(&BY_TOKEN, &[school.into(), hash.into()])?.map(|row| row.id(0)).transpose()
}

/// Kept once in `every_ms`: a reader asks often.
pub(super) fn seen(tx: &mut Tx<'_>, school: SchoolId, id: Uuid, now: Timestamp, every_ms: i64) -> Result<(), DbError> {
    tx.execute(&SEEN, &[school.into(), id.into(), now.into(), now.plus_ms(-every_ms).into()]).map(|_| ())
}

/// Whether there was one to revoke.
pub(super) fn revoke(tx: &mut Tx<'_>, school: SchoolId, id: Uuid, now: Timestamp) -> Result<bool, DbError> {
    tx.execute(&REVOKE, &[school.into(), id.into(), now.into()]).map(|rows| rows == 1)
}

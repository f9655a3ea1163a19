//! Rows of rounds to a channel and back, of accounts that are nobody's yet, and of those that are linked.

use super::store::GuardianRow;
use crate::plumbing::db::{DbError, Row, Tx, Value};
use crate::signin::TokenHash;
use yitong_values::{GuardianId, Timestamp};

crate::sql! {
    FORGET_ROUNDS = "DELETE FROM guardian_round WHERE expires_at <= $1";
    INSERT_ROUND = "INSERT INTO guardian_round (state_hash, browser_hash, provider, return_to, expires_at) \
                    VALUES ($1, $2, $3, $4, $5)";
    FIND_ROUND = "SELECT browser_hash, provider, return_to, expires_at FROM guardian_round WHERE state_hash = $1";
    DELETE_ROUND = "DELETE FROM guardian_round WHERE state_hash = $1";
    FORGET_UNLINKED = "DELETE FROM guardian_unlinked WHERE expires_at <= $1";
    INSERT_UNLINKED = "INSERT INTO guardian_unlinked (token_hash, provider, account_hash, account_sealed, expires_at) \
                       VALUES ($1, $2, $3, $4, $5)";
    FIND_UNLINKED = "SELECT provider, account_hash, account_sealed, expires_at FROM guardian_unlinked WHERE token_hash = $1";
    DELETE_UNLINKED = "DELETE FROM guardian_unlinked WHERE token_hash = $1";
    FIND_LINK = "SELECT guardian_id FROM guardian_link WHERE provider = $1 AND account_hash = $2";
    PUT_LINK = "INSERT INTO guardian_link (provider, account_hash, guardian_id, linked_at) VALUES ($1, $2, $3, $4) \
                ON CONFLICT (provider, account_hash) DO UPDATE SET guardian_id = excluded.guardian_id, \
                linked_at = excluded.linked_at";
    LINKED = "SELECT DISTINCT provider FROM guardian_link WHERE guardian_id = $1 ORDER BY provider";
    UNLINK = "DELETE FROM guardian_link WHERE guardian_id = $1 AND provider = $2";
}

/// A round that began in a browser.
pub struct Round {
    pub browser: Vec<u8>,
    pub provider: String,
    pub return_to: String,
    pub expires_at: Timestamp,
}

pub fn begin(tx: &mut Tx<'_>, state: &TokenHash, round: &Round, now: Timestamp) -> Result<(), DbError> {
    tx.execute(&FORGET_ROUNDS, &[now.into()])?;
    let params: [Value; 5] = [
        state.as_slice().into(),
        round.browser.as_slice().into(),
        round.provider.as_str().into(),
        round.return_to.as_str().into(),
        round.expires_at.into(),
    ];
    tx.execute(&INSERT_ROUND, &params).map(|_| ())
}

/// Takes the round away: a state is good once.
pub fn take_round(tx: &mut Tx<'_>, state: &TokenHash) -> Result<Option<Round>, DbError> {
    let round = |row: Row| {
        Ok(Round { browser: row.blob(0)?, provider: row.text(1)?, return_to: row.text(2)?, expires_at: row.time(3)? })
    };
    let found = tx.opt(&FIND_ROUND, &[state.as_slice().into()])?.map(round).transpose()?;
    tx.execute(&DELETE_ROUND, &[state.as_slice().into()])?;
    Ok(found)
}

/// An account of a channel, found by its keyed hash; the name itself is sealed.
#[derive(Clone)]
pub struct Account {
    pub provider: String,
    pub hash: Vec<u8>,
    pub sealed: Vec<u8>,
}

pub fn keep_unlinked(
    tx: &mut Tx<'_>,
    token: &TokenHash,
    account: &Account,
    (now, expires_at): (Timestamp, Timestamp),
) -> Result<(), DbError> {
    tx.execute(&FORGET_UNLINKED, &[now.into()])?;
    let params: [Value; 5] = [
        token.as_slice().into(),
        account.provider.as_str().into(),
        account.hash.as_slice().into(),
        account.sealed.as_slice().into(),
        expires_at.into(),
    ];
    tx.execute(&INSERT_UNLINKED, &params).map(|_| ())
}

/// Takes the account that came back in this browser, unless that was too long ago.
pub fn take_unlinked(tx: &mut Tx<'_>, token: &TokenHash, now: Timestamp) -> Result<Option<Account>, DbError> {
    let account = |row: &Row| Ok(Account { provider: row.text(0)?, hash: row.blob(1)?, sealed: row.blob(2)? });
    let found = tx.opt(&FIND_UNLINKED, &[token.as_slice().into()])?;
    let fresh = match &found {
        Some(row) if row.time(3)? > now => Some(account(row)?),
        _ => None,
    };
    tx.execute(&DELETE_UNLINKED, &[token.as_slice().into()])?;
    Ok(fresh)
}

pub fn linked_guardian(tx: &mut Tx<'_>, provider: &str, hash: &[u8]) -> Result<Option<GuardianRow>, DbError> {
    let Some(row) = tx.opt(&FIND_LINK, &[provider.into(), hash.into()])? else { return Ok(None) };
    super::store::find_guardian(tx, row.id(0)?.into())
}

pub fn link(tx: &mut Tx<'_>, account: &Account, guardian: GuardianId, now: Timestamp) -> Result<(), DbError> {
    let params: [Value; 4] =
        [account.provider.as_str().into(), account.hash.as_slice().into(), guardian.into(), now.into()];
    tx.execute(&PUT_LINK, &params).map(|_| ())
}

/// The channels at which this guardian is known.
pub fn linked(tx: &mut Tx<'_>, guardian: GuardianId) -> Result<Vec<String>, DbError> {
    tx.query(&LINKED, &[guardian.into()])?.iter().map(|row| row.text(0)).collect()
}

pub fn unlink(tx: &mut Tx<'_>, guardian: GuardianId, provider: &str) -> Result<(), DbError> {
    tx.execute(&UNLINK, &[guardian.into(), provider.into()]).map(|_| ())
}

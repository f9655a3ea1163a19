//! Rows of channel accounts. Settings are sealed before they come here.

use super::accounts::AccountKind;
use crate::plumbing::db::{DbError, Row, Tx};
use yitong_values::{ChannelAccountId, SchoolId, Timestamp};

crate::sql! {
    PUT_ACCOUNT = "INSERT INTO channel_account (school_id, id, kind, name, clearing_org, settings, state, version, made_at, \
                   changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (school_id, id) DO UPDATE SET \
                   name = excluded.name, clearing_org = excluded.clearing_org, settings = excluded.settings, \
                   state = excluded.state, version = excluded.version, changed_at = excluded.changed_at";
    ACCOUNTS = "SELECT school_id, id, kind, name, clearing_org, settings, state, version, made_at, changed_at, tested_at, \
                test_result FROM channel_account WHERE school_id = $1 ORDER BY id";
    FIND_ACCOUNT = "SELECT school_id, id, kind, name, clearing_org, settings, state, version, made_at, changed_at, tested_at, \
                    test_result FROM channel_account WHERE id = $1";
    ACCOUNT_VERSION = "SELECT version FROM channel_account WHERE id = $1";
    POLICY = "SELECT clearing_orgs, buttons FROM payment_policy WHERE school_id = $1";
    PUT_POLICY = "INSERT INTO payment_policy (school_id, clearing_orgs, buttons) VALUES ($1, $2, $3) \
                  ON CONFLICT (school_id) DO UPDATE SET clearing_orgs = excluded.clearing_orgs, buttons = excluded.buttons";
    MARK_TESTED = "UPDATE channel_account SET tested_at = $3, test_result = $4 WHERE school_id = $1 AND id = $2";
}

#[derive(Clone, Debug)]
pub(super) struct AccountRow {
    pub(super) school: SchoolId,
    pub(super) id: ChannelAccountId,
    pub(super) kind: AccountKind,
    pub(super) name: String,
    /// One of the words of `ClearingOrg`.
    pub(super) clearing_org: String,
    pub(super) settings: Vec<u8>,
    /// active or paused: a paused account takes no new orders, and is still asked about its old ones.
    pub(super) active: bool,
    pub(super) version: i64,
    pub(super) made_at: Timestamp,
    pub(super) changed_at: Timestamp,
    pub(super) tested_at: Option<Timestamp>,
    /// ok, or what went wrong.
    pub(super) test_result: Option<String>,
}

fn account(row: &Row) -> Result<AccountRow, DbError> {
    let kind = AccountKind::from_word(&row.text(2)?);
    Ok(AccountRow {
        school: row.id(0)?.into(),
        id: row.id(1)?.into(),
        kind: kind.ok_or_else(|| DbError::Broken("a channel account is of no known kind".into()))?,
        name: row.text(3)?,
        clearing_org: row.text(4)?,
        settings: row.blob(5)?,
        active: row.text(6)? == "active",
        version: row.int(7)?,
        made_at: row.time(8)?,
        changed_at: row.time(9)?,
        tested_at: row.opt_time(10)?,
        test_result: row.opt_text(11)?,
    })
}

pub(super) fn put(tx: &mut Tx<'_>, of: &AccountRow) -> Result<(), DbError> {
    let params = [
        of.school.into(),
        of.id.into(),
        of.kind.word().into(),
        of.name.as_str().into(),
        of.clearing_org.as_str().into(),
        of.settings.clone().into(),
        if of.active { "active" } else { "paused" }.into(),
        of.version.into(),
        of.made_at.into(),
        of.changed_at.into(),
    ];
    tx.execute(&PUT_ACCOUNT, &params).map(|_| ())
}

pub(super) fn all(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<AccountRow>, DbError> {
    tx.query(&ACCOUNTS, &[school.into()])?.iter().map(account).collect()
}

pub(super) fn find(tx: &mut Tx<'_>, id: ChannelAccountId) -> Result<Option<AccountRow>, DbError> {
    tx.opt(&FIND_ACCOUNT, &[id.into()])?.map(|row| account(&row)).transpose()
}

pub(super) fn version(tx: &mut Tx<'_>, id: ChannelAccountId) -> Result<Option<i64>, DbError> {
    tx.opt(&ACCOUNT_VERSION, &[id.into()])?.map(|row| row.int(0)).transpose()
}

pub(super) fn mark_tested(
    tx: &mut Tx<'_>,
    school: SchoolId,
    id: ChannelAccountId,
    at: Timestamp,
    result: &str,
) -> Result<(), DbError> {
    tx.execute(&MARK_TESTED, &[school.into(), id.into(), at.into(), result.into()]).map(|_| ())
}

/// What a school decided about paying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PaymentPolicy {
    /// Words of `ClearingOrg`; none: anybody may clear.
    pub(super) clearing_orgs: Vec<String>,
    /// In fen, in the order in which they are shown.
    pub(super) buttons: Vec<i64>,
}

impl Default for PaymentPolicy {
    fn default() -> PaymentPolicy {
        PaymentPolicy { clearing_orgs: Vec::new(), buttons: vec![5_000, 10_000, 20_000, 30_000] }
    }
}

pub(super) fn policy(tx: &mut Tx<'_>, school: SchoolId) -> Result<PaymentPolicy, DbError> {
    let Some(row) = tx.opt(&POLICY, &[school.into()])? else { return Ok(PaymentPolicy::default()) };
    let (orgs, buttons) = (row.text(0)?, row.text(1)?);
    let parts = |text: &str| text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let buttons = parts(&buttons).iter().filter_map(|fen| fen.parse().ok()).collect();
    Ok(PaymentPolicy { clearing_orgs: parts(&orgs), buttons })
}

pub(super) fn put_policy(tx: &mut Tx<'_>, school: SchoolId, policy: &PaymentPolicy) -> Result<(), DbError> {
    let buttons: Vec<String> = policy.buttons.iter().map(i64::to_string).collect();
    tx.execute(&PUT_POLICY, &[school.into(), policy.clearing_orgs.join(",").into(), buttons.join(",").into()])
        .map(|_| ())
}

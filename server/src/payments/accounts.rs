//! Channel accounts: which kind, whose clearing, and the connector that their sealed settings make. Connectors are kept
//! in memory at the version of their row.

use super::account_store::{self, AccountRow};
use crate::App;
use crate::plumbing::db::DbError;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use yitong_channels::pay::{ClearingOrg, Connector, Misuse, alipay, chinaums, unionpay, wechat};
use yitong_values::{ChannelAccountId, SchoolId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountKind {
    Wechat,
    Alipay,
    UnionPay,
    ChinaUms,
}

impl AccountKind {
    pub const ALL: [AccountKind; 4] =
        [AccountKind::Wechat, AccountKind::Alipay, AccountKind::UnionPay, AccountKind::ChinaUms];

    pub fn word(self) -> &'static str {
        match self {
            AccountKind::Wechat => "wechat",
            AccountKind::Alipay => "alipay",
            AccountKind::UnionPay => "unionpay",
            AccountKind::ChinaUms => "chinaums",
        }
    }

    pub fn from_word(word: &str) -> Option<AccountKind> {
        AccountKind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Who clears where nobody has said otherwise: the contract of the school decides.
    pub fn usual_clearing(self) -> ClearingOrg {
        match self {
            AccountKind::Wechat | AccountKind::Alipay => ClearingOrg::Nucc,
            AccountKind::UnionPay | AccountKind::ChinaUms => ClearingOrg::UnionPay,
        }
    }
}

pub(super) const CLEARING: [(&str, ClearingOrg); 4] = [
    ("union_pay", ClearingOrg::UnionPay),
    ("nucc", ClearingOrg::Nucc),
    ("bank", ClearingOrg::Bank),
    ("internal", ClearingOrg::Internal),
];

pub(super) fn clearing_word(of: ClearingOrg) -> &'static str {
    CLEARING.iter().find(|(_, known)| *known == of).map_or("internal", |(word, _)| word)
}

pub(super) fn clearing_from(word: &str) -> Option<ClearingOrg> {
    CLEARING.iter().find(|(known, _)| *known == word).map(|(_, org)| *org)
}

/// The connector that settings make, or which of them is wrong.
pub(super) fn connector(kind: AccountKind, settings: &Json) -> Result<Arc<dyn Connector>, Misuse> {
    fn read<T: DeserializeOwned>(settings: &Json) -> Result<T, Misuse> {
        // The words of serde name the field, and repeat no value of a key.
        serde_json::from_value(settings.clone()).map_err(|error| Misuse::new("settings", told(&error)))
    }
    Ok(match kind {
        AccountKind::Wechat => Arc::new(wechat::Wechat::new(&read(settings)?)?),
        AccountKind::Alipay => Arc::new(alipay::Alipay::new(&read(settings)?)?),
        AccountKind::UnionPay => Arc::new(unionpay::UnionPay::read(&read(settings)?)?),
        AccountKind::ChinaUms => Arc::new(chinaums::ChinaUms::read(&read(settings)?)?),
    })
}

/// An error about settings without the values that it stumbled over: they may be keys.
fn told(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once("invalid type: ").or_else(|| text.split_once("invalid value: ")) {
        Some((_, what)) => {
            let wanted = what.rsplit_once("expected ").map_or("something else", |(_, wanted)| wanted);
            format!("a value of another type: expected {wanted}")
        }
        None => text,
    }
}

/// An account that can be used now.
#[derive(Clone)]
pub(super) struct Ready {
    pub(super) row: AccountRow,
    pub(super) connector: Arc<dyn Connector>,
}

#[derive(Default)]
pub struct Connectors(Mutex<HashMap<ChannelAccountId, Ready>>);

impl Connectors {
    /// `None`: there is no such account, or its settings can't be read any more (which is logged).
    pub(super) async fn get(&self, app: &App, id: ChannelAccountId) -> Result<Option<Ready>, DbError> {
        let known = self.0.lock().expect("nobody panics with the connectors").get(&id).cloned();
        let kept = known.as_ref().map(|ready| ready.row.version);
        let fresh = app.db.read(move |tx| match account_store::version(tx, id)? {
            version if version == kept => Ok(None),
            _ => account_store::find(tx, id).map(Some),
        });
        let Some(row) = fresh.await? else { return Ok(known) };
        let Some(row) = row else { return Ok(None) };
        let settings = match open(app, &row) {
            Ok(settings) => settings,
            Err(why) => {
                tracing::error!(account = %id, why, "the settings of a channel account can't be opened");
                return Ok(None);
            }
        };
        match connector(row.kind, &settings) {
            Ok(connector) => {
                let ready = Ready { row, connector };
                self.0.lock().expect("nobody panics with the connectors").insert(id, ready.clone());
                Ok(Some(ready))
            }
            Err(why) => {
                tracing::error!(account = %id, %why, "a channel account can't be used");
                Ok(None)
            }
        }
    }
}

/// Where its settings are sealed: they can't be moved to another row.
fn place(id: ChannelAccountId) -> String {
    format!("channel_account.settings/{id}")
}

pub(super) fn seal(app: &App, id: ChannelAccountId, settings: &Json) -> Vec<u8> {
    app.seal.seal(&place(id), settings.to_string().as_bytes())
}

/// An account that a program sets up, as the office does over HTTP. Its settings are tried before they are kept.
pub async fn open_account(
    app: &App,
    school: SchoolId,
    kind: AccountKind,
    name: &str,
    settings: &Json,
) -> Result<ChannelAccountId, Box<dyn std::error::Error>> {
    connector(kind, settings)?;
    let (id, now) = (ChannelAccountId::new(app.new_id()), app.now());
    let row = AccountRow {
        school,
        id,
        kind,
        name: name.to_owned(),
        clearing_org: clearing_word(kind.usual_clearing()).to_owned(),
        settings: seal(app, id, settings),
        active: true,
        version: 1,
        made_at: now,
        changed_at: now,
        tested_at: None,
        test_result: None,
    };
    app.db.write("open a channel account", move |tx| account_store::put(tx, &row)).await?;
    Ok(id)
}

pub(super) fn open(app: &App, row: &AccountRow) -> Result<Json, String> {
    let plain = app.seal.open(&place(row.id), &row.settings).map_err(|error| error.to_string())?;
    serde_json::from_slice(&plain).map_err(|_| "they are not JSON".to_owned())
}

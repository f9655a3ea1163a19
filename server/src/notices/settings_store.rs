//! Rows of channel accounts, of a school's own texts and of what persons chose.

use super::channels::Templates;
use super::preferences::{Preferences, Way};
use super::queue_store::{Account, accounts, chosen_of};
use super::texts::Texts;
use super::{Channel, Kind, Locale, Scope};
use crate::plumbing::db::{DbError, Row, Tx};
use uuid::Uuid;
use yitong_values::{SchoolId, Timestamp};

crate::sql! {
    CHANNELS = "SELECT channel, provider, config, templates, is_on, version, changed_at FROM notice_channel \
                WHERE scope = $1 ORDER BY channel";
    PUT_CHANNEL = "INSERT INTO notice_channel (scope, channel, provider, config, templates, is_on, version, changed_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, 1, $7) ON CONFLICT (scope, channel) DO UPDATE SET \
                   provider = excluded.provider, config = excluded.config, templates = excluded.templates, \
                   is_on = excluded.is_on, version = notice_channel.version + 1, changed_at = excluded.changed_at";
    FIRST_CHANNEL = "INSERT INTO notice_channel (scope, channel, provider, config, templates, is_on, version, changed_at) \
                     VALUES ($1, $2, $3, $4, '{}', 1, 1, $5) ON CONFLICT (scope, channel) DO NOTHING";
    TEXTS = "SELECT kind, locale, title, text FROM notice_template WHERE school_id = $1";
    PUT_TEXTS = "INSERT INTO notice_template (school_id, kind, locale, title, text, changed_at) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (school_id, kind, locale) DO UPDATE SET \
                 title = excluded.title, text = excluded.text, changed_at = excluded.changed_at";
    DROP_TEXTS = "DELETE FROM notice_template WHERE school_id = $1 AND kind = $2 AND locale = $3";
    ADDRESSES = "SELECT channel, scope, mask, gone_at FROM notice_address WHERE owner_id = $1 ORDER BY put_at DESC, id";
    CHOSEN = "SELECT kind, way, is_on FROM notice_preference WHERE owner_id = $1";
    PUT_CHOICE = "INSERT INTO notice_preference (owner_id, kind, way, is_on) VALUES ($1, $2, $3, $4) \
                  ON CONFLICT (owner_id, kind, way) DO UPDATE SET is_on = excluded.is_on";
}

/// An account with what the office sees of it.
#[derive(Clone)]
pub(super) struct Setting {
    pub(super) account: Account,
    pub(super) on: bool,
    pub(super) changed_at: Timestamp,
}

pub(super) fn settings(tx: &mut Tx<'_>, scope: Scope) -> Result<Vec<Setting>, DbError> {
    let setting = |row: &Row| {
        let Some(channel) = Channel::from_word(&row.text(0)?) else { return Ok(None) };
        let account = Account {
            scope,
            channel,
            provider: row.text(1)?,
            config: row.blob(2)?,
            templates: serde_json::from_str(&row.text(3)?).unwrap_or_default(),
            version: row.int(5)?,
        };
        Ok(Some(Setting { account, on: row.flag(4)?, changed_at: row.time(6)? }))
    };
    let rows = tx.query(&CHANNELS, &[scope.uuid().into()])?;
    Ok(rows.iter().map(setting).collect::<Result<Vec<_>, DbError>>()?.into_iter().flatten().collect())
}

pub(super) fn setting(tx: &mut Tx<'_>, scope: Scope, channel: Channel) -> Result<Option<Setting>, DbError> {
    Ok(settings(tx, scope)?.into_iter().find(|setting| setting.account.channel == channel))
}

/// `account.version` is not looked at: each change makes the next one.
pub(super) fn put_setting(tx: &mut Tx<'_>, setting: &Setting) -> Result<(), DbError> {
    let Setting { account, on, changed_at } = setting;
    let templates = templates_text(&account.templates)?;
    let params = [
        account.scope.uuid().into(),
        account.channel.word().into(),
        account.provider.as_str().into(),
        account.config.as_slice().into(),
        templates.into(),
        (*on).into(),
        (*changed_at).into(),
    ];
    tx.execute(&PUT_CHANNEL, &params).map(|_| ())
}

fn templates_text(templates: &Templates) -> Result<String, DbError> {
    serde_json::to_string(templates).map_err(|why| DbError::Broken(format!("templates of a channel: {why}")))
}

/// Switched on with these settings, unless somebody was there before.
pub(super) fn first_setting(
    tx: &mut Tx<'_>,
    channel: Channel,
    provider: &str,
    config: &[u8],
    now: Timestamp,
) -> Result<(), DbError> {
    let params = [Scope::Server.uuid().into(), channel.word().into(), provider.into(), config.into(), now.into()];
    tx.execute(&FIRST_CHANNEL, &params).map(|_| ())
}

/// The texts that a school wrote.
pub(super) fn own_texts(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<(Kind, Locale, Texts)>, DbError> {
    let mut found = Vec::new();
    for row in tx.query(&TEXTS, &[school.into()])? {
        if let Some(kind) = Kind::from_word(&row.text(0)?) {
            found.push((kind, Locale::from_word(&row.text(1)?), Texts { title: row.text(2)?, text: row.text(3)? }));
        }
    }
    Ok(found)
}

pub(super) fn put_texts(
    tx: &mut Tx<'_>,
    school: SchoolId,
    of: (Kind, Locale),
    texts: &Texts,
    now: Timestamp,
) -> Result<(), DbError> {
    let (title, text) = (texts.title.as_str(), texts.text.as_str());
    let params = [school.into(), of.0.word().into(), of.1.word().into(), title.into(), text.into(), now.into()];
    tx.execute(&PUT_TEXTS, &params).map(|_| ())
}

pub(super) fn drop_texts(tx: &mut Tx<'_>, school: SchoolId, of: (Kind, Locale)) -> Result<bool, DbError> {
    Ok(tx.execute(&DROP_TEXTS, &[school.into(), of.0.word().into(), of.1.word().into()])? > 0)
}

/// An address as its owner may see it.
#[derive(Clone, Debug)]
pub struct KnownAddress {
    pub channel: Channel,
    pub scope: Scope,
    pub mask: String,
    pub gone: bool,
}

/// Of a guardian or a user, the newest first.
pub fn known_addresses(tx: &mut Tx<'_>, owner: Uuid) -> Result<Vec<KnownAddress>, DbError> {
    let known = |row: &Row| {
        let Some(channel) = Channel::from_word(&row.text(0)?) else { return Ok(None) };
        let gone = row.opt_int(3)?.is_some();
        Ok(Some(KnownAddress { channel, scope: Scope::of(row.id(1)?), mask: row.text(2)?, gone }))
    };
    let rows = tx.query(&ADDRESSES, &[owner.into()])?;
    Ok(rows.iter().map(known).collect::<Result<Vec<_>, DbError>>()?.into_iter().flatten().collect())
}

/// Who can send mail to somebody of these schools: the server (`Some(None)`) or a school; `None`: nobody.
pub fn mail_sender(tx: &mut Tx<'_>, schools: &[SchoolId]) -> Result<Option<Option<SchoolId>>, DbError> {
    for school in std::iter::once(None).chain(schools.iter().copied().map(Some)) {
        let of_scope = accounts(tx, school.map_or(Scope::Server, Scope::School))?;
        if of_scope.iter().any(|account| account.channel == Channel::Mail) {
            return Ok(Some(school));
        }
    }
    Ok(None)
}

/// What somebody chose.
pub fn preferences(tx: &mut Tx<'_>, owner: Uuid) -> Result<Preferences, DbError> {
    chosen_of(&tx.query(&CHOSEN, &[owner.into()])?)
}

/// Remembers one choice.
pub fn put_preference(tx: &mut Tx<'_>, owner: Uuid, kind: Kind, way: Way, on: bool) -> Result<(), DbError> {
    tx.execute(&PUT_CHOICE, &[owner.into(), kind.word().into(), way.word().into(), on.into()]).map(|_| ())
}

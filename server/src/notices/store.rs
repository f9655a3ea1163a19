//! Rows of messages and of addresses, as causes and guardians write them.

use super::Kind;
use super::address::{Channel, Habits, NewAddress, Scope};
use super::notice::{NewNotice, Reach, Recipient, dedupe_hash};
use super::preferences::{Preferences, Way};
use crate::plumbing::db::{DbError, Tx, Value};
use uuid::Uuid;
use yitong_values::{GuardianId, SchoolId};

crate::sql! {
    QUEUE = "INSERT INTO notice (id, dedupe, school_id, to_kind, to_id, to_mask, about, kind, params, secret, link, at, \
             expires_at, state, why, next_at, turn, in_inbox) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 0, $17) \
             ON CONFLICT (dedupe) DO NOTHING";
    IN_APP = "SELECT is_on FROM notice_preference WHERE owner_id = $1 AND kind = $2 AND way = 'in_app'";
    PUT_ADDRESS = "INSERT INTO notice_address (id, owner_id, channel, scope, sealed, hash, mask, put_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (owner_id, channel, scope, hash) DO UPDATE SET \
                   sealed = excluded.sealed, mask = excluded.mask, put_at = excluded.put_at, gone_at = NULL, \
                   gone_why = NULL";
    DROP_OTHERS = "DELETE FROM notice_address WHERE owner_id = $1 AND channel = $2 AND scope = $3 AND hash <> $4";
    ADDRESS_AT = "SELECT sealed FROM notice_address WHERE owner_id = $1 AND channel = $2 ORDER BY id DESC LIMIT 1";
    DROP_ADDRESS = "DELETE FROM notice_address WHERE owner_id = $1 AND channel = $2 AND scope = $3 AND hash = $4";
    /// Whoever signs in at this browser now does not read what another guardian is told.
    DROP_ELSEWHERE = "DELETE FROM notice_address WHERE hash = $1 AND channel = $2 AND owner_id <> $3";
    KEEP_NEWEST = "DELETE FROM notice_address WHERE owner_id = $1 AND channel = $2 AND id NOT IN (SELECT id \
                   FROM notice_address WHERE owner_id = $1 AND channel = $2 ORDER BY put_at DESC, id DESC LIMIT $3)";
    DROP_ALL = "DELETE FROM notice_address WHERE owner_id = $1 AND channel = $2";
    PUT_HABITS = "INSERT INTO notice_habits (guardian_id, locale, quiet_from, quiet_to) VALUES ($1, $2, $3, $4) \
                  ON CONFLICT (guardian_id) DO UPDATE SET locale = excluded.locale, quiet_from = excluded.quiet_from, \
                  quiet_to = excluded.quiet_to";
    FORGET_TRIES = "DELETE FROM notice_delivery WHERE notice_id IN (SELECT id FROM notice WHERE to_id = $1 \
                    AND (school_id = $2 OR $2 IS NULL))";
    FORGET_NOTICES = "DELETE FROM notice WHERE to_id = $1 AND (school_id = $2 OR $2 IS NULL)";
    FORGET_ADDRESSES = "DELETE FROM notice_address WHERE owner_id = $1 AND (scope = $2 OR $2 IS NULL)";
    FORGET_PREFERENCES = "DELETE FROM notice_preference WHERE owner_id = $1";
    FORGET_HABITS = "DELETE FROM notice_habits WHERE guardian_id = $1";
}

/// Why a message is only kept: the guardian did not agree to messages that leave this server.
pub(super) const INBOX_ONLY: &str = "inbox_only";

/// Queues a message in the transaction of its cause. False: this cause has told it before.
pub fn queue(tx: &mut Tx<'_>, new: &NewNotice) -> Result<bool, DbError> {
    let (kind, to, mask, secret): (_, Option<Uuid>, _, Option<&[u8]>) = match &new.to {
        Recipient::Guardian(guardian) => ("guardian", Some(guardian.uuid()), "", None),
        Recipient::User(user) => ("user", Some(user.uuid()), "", None),
        Recipient::Phone(to) => ("phone", None, to.mask.as_str(), Some(&to.sealed)),
        Recipient::Mail(to) => ("mail", None, to.mask.as_str(), Some(&to.sealed)),
    };
    let broken = |why: serde_json::Error| DbError::Broken(format!("params of a notice: {why}"));
    let (state, why) = match new.reach {
        Reach::Channels => ("waiting", None),
        Reach::Inbox => ("kept", Some(INBOX_ONLY)),
    };
    let params: [Value; 17] = [
        new.id.into(),
        dedupe_hash(&new.dedupe).into(),
        new.school.into(),
        kind.into(),
        to.into(),
        mask.into(),
        new.about.into(),
        new.kind.word().into(),
        serde_json::to_string(&new.params).map_err(broken)?.into(),
        secret.into(),
        new.link.as_deref().into(),
        new.at.into(),
        new.expires_at.into(),
        state.into(),
        why.into(),
        new.not_before.map_or(new.at, |not_before| not_before.max(new.at)).into(),
        in_inbox(tx, new.kind, to)?.into(),
    ];
    Ok(tx.execute(&QUEUE, &params)? == 1)
}

/// Everything of a person's, but for what the person switched off and may.
fn in_inbox(tx: &mut Tx<'_>, kind: Kind, to: Option<Uuid>) -> Result<bool, DbError> {
    match to {
        None => Ok(false),
        Some(_) if kind.inbox_fixed() => Ok(true),
        Some(owner) => {
            let chosen = tx.opt(&IN_APP, &[owner.into(), kind.word().into()])?;
            chosen.map_or_else(|| Ok(Preferences::default().wants(kind, Way::Inbox)), |row| row.flag(0))
        }
    }
}

/// Keeps an address; one that was gone is good again.
pub fn put_address(tx: &mut Tx<'_>, new: &NewAddress) -> Result<(), DbError> {
    let (owner, channel, scope) = (new.owner, new.channel, new.scope.uuid());
    let of = &new.address;
    if channel == Channel::Push {
        tx.execute(&DROP_ELSEWHERE, &[of.hash.as_slice().into(), channel.word().into(), owner.into()])?;
    }
    if !channel.many_addresses() {
        let others = [owner.into(), channel.word().into(), scope.into(), of.hash.as_slice().into()];
        tx.execute(&DROP_OTHERS, &others)?;
    }
    let params: [Value; 8] = [
        new.id.into(),
        owner.into(),
        channel.word().into(),
        scope.into(),
        of.sealed.as_slice().into(),
        of.hash.as_slice().into(),
        of.mask.as_str().into(),
        new.at.into(),
    ];
    tx.execute(&PUT_ADDRESS, &params).map(|_| ())
}

/// The newest address of somebody at a channel, sealed.
pub fn address_at(tx: &mut Tx<'_>, owner: Uuid, channel: Channel) -> Result<Option<Vec<u8>>, DbError> {
    tx.opt(&ADDRESS_AT, &[owner.into(), channel.word().into()])?.map(|row| row.blob(0)).transpose()
}

/// Forgets one address, by the hash of it.
pub fn drop_address(
    tx: &mut Tx<'_>,
    owner: Uuid,
    channel: Channel,
    scope: Scope,
    hash: &[u8],
) -> Result<bool, DbError> {
    let params = [owner.into(), channel.word().into(), scope.uuid().into(), hash.into()];
    Ok(tx.execute(&DROP_ADDRESS, &params)? > 0)
}

/// Forgets the oldest addresses of a channel that takes several.
pub fn keep_newest(tx: &mut Tx<'_>, owner: Uuid, channel: Channel, most: usize) -> Result<(), DbError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    tx.execute(&KEEP_NEWEST, &[owner.into(), channel.word().into(), most.into()]).map(|_| ())
}

/// Forgets all addresses of somebody at a channel.
pub fn drop_addresses(tx: &mut Tx<'_>, owner: Uuid, channel: Channel) -> Result<u64, DbError> {
    tx.execute(&DROP_ALL, &[owner.into(), channel.word().into()])
}

/// Remembers the language and the quiet hours of a guardian.
pub fn put_habits(tx: &mut Tx<'_>, guardian: GuardianId, habits: &Habits) -> Result<(), DbError> {
    let Habits { locale, quiet_from, quiet_to } = habits;
    let minutes = [quiet_from, quiet_to].map(|minute| Value::from(i64::from(*minute)));
    let [from, to] = minutes;
    tx.execute(&PUT_HABITS, &[guardian.into(), locale.word().into(), from, to]).map(|_| ())
}

/// Forgets what was sent to somebody and where to: of one school, or everything with what was chosen.
pub fn forget_owner(tx: &mut Tx<'_>, owner: Uuid, school: Option<SchoolId>) -> Result<(), DbError> {
    for statement in [&FORGET_TRIES, &FORGET_NOTICES, &FORGET_ADDRESSES] {
        tx.execute(statement, &[owner.into(), school.into()])?;
    }
    if school.is_none() {
        tx.execute(&FORGET_PREFERENCES, &[owner.into()])?;
        tx.execute(&FORGET_HABITS, &[owner.into()])?;
    }
    Ok(())
}

/// How many messages of the inbox were not read.
pub fn unread(tx: &mut Tx<'_>, owner: Uuid) -> Result<i64, DbError> {
    super::log_store::unread_at(tx, (owner, None))
}

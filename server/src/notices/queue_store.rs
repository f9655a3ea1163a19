//! Rows that the sending worker takes, and what it writes down of each try.

use super::channels::Templates;
use super::delivery::{Delivery, State};
use super::preferences::{Preferences, Way};
use super::texts::Texts;
use super::{Channel, Habits, Kind, Locale, Scope};
use crate::plumbing::db::{Asked, DbError, Row, Tx, Value};
use std::collections::BTreeMap;
use uuid::Uuid;
use yitong_values::{NoticeId, PersonId, SchoolId, Timestamp};

crate::sql! {
    /// Whoever takes a message holds it until its new `next_at`.
    TAKE = {
        sqlite: "UPDATE notice SET next_at = $2, turn = turn + 1 WHERE id IN (SELECT id FROM notice \
                 WHERE state = 'waiting' AND next_at <= $1 ORDER BY next_at LIMIT $3) RETURNING id, school_id, to_kind, \
                 to_id, about, kind, params, secret, link, at, expires_at, turn, why, resends, digest",
        postgres: "UPDATE notice SET next_at = $2, turn = turn + 1 WHERE id IN (SELECT id FROM notice \
                   WHERE state = 'waiting' AND next_at <= $1 ORDER BY next_at LIMIT $3 FOR UPDATE SKIP LOCKED) \
                   RETURNING id, school_id, to_kind, to_id, about, kind, params, secret, link, at, expires_at, turn, why, \
                   resends, digest"
    };
    NEXT_DUE = "SELECT MIN(next_at) FROM notice WHERE state = 'waiting'";
    WAITING = "SELECT CAST(COUNT(*) AS BIGINT), MIN(at) FROM notice WHERE state = 'waiting'";
    LATE = "SELECT CAST(COUNT(*) AS BIGINT), MIN(next_at) FROM notice WHERE state = 'waiting' AND next_at <= $1";
    DELIVERIES = "SELECT channel, address_id, state, attempts, next_at, last_at FROM notice_delivery WHERE notice_id = $1";
    ADDRESSES = "SELECT id, channel, scope, sealed FROM notice_address WHERE owner_id = $1 AND gone_at IS NULL \
                 ORDER BY id";
    /// Of a guardian, or the language of a user: nobody's work is quiet.
    HABITS = "SELECT locale, quiet_from, quiet_to FROM notice_habits WHERE guardian_id = $1 \
              UNION ALL SELECT locale, 0, 0 FROM app_user WHERE id = $1";
    CHOSEN = "SELECT kind, way, is_on FROM notice_preference WHERE owner_id = $1";
    OWN_TEXTS = "SELECT title, text FROM notice_template WHERE school_id = $1 AND kind = $2 AND locale = $3";
    SCHOOL_NAME = "SELECT name FROM school WHERE id = $1";
    ACCOUNTS = "SELECT scope, channel, provider, config, templates, version FROM notice_channel \
                WHERE scope = $1 AND is_on = 1";
    /// Purchases of one child that waited for the morning: those that nobody has taken, and those taken with this one.
    OVERNIGHT = "SELECT id, params FROM notice WHERE to_id = $1 AND about = $2 AND kind = $3 AND state = 'waiting' \
                 AND why = 'quiet' AND id <> $4 AND (next_at <= $5 OR next_at = $6) ORDER BY id LIMIT $7";
    END = "UPDATE notice SET state = $3, why = $4, ended_at = $5, secret = NULL WHERE id = $1 AND turn = $2 \
           AND state = 'waiting'";
    OUT_OF_INBOX = "UPDATE notice SET in_inbox = 0 WHERE id = $1";
    POSTPONE = "UPDATE notice SET next_at = $3, why = $4 WHERE id = $1 AND turn = $2 AND state = 'waiting'";
    JOIN = "UPDATE notice SET state = 'joined', why = NULL, ended_at = $2, turn = turn + 1 WHERE id = $1 \
            AND state = 'waiting'";
    DIGEST = "UPDATE notice SET digest = $2 WHERE id = $1";
    PUT_DELIVERY = "INSERT INTO notice_delivery (notice_id, channel, address_id, state, attempts, next_at, class, code, \
                    words, provider_id, first_at, last_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) \
                    ON CONFLICT (notice_id, channel, address_id) DO UPDATE SET state = excluded.state, \
                    attempts = excluded.attempts, next_at = excluded.next_at, class = excluded.class, \
                    code = excluded.code, words = excluded.words, provider_id = excluded.provider_id, \
                    last_at = excluded.last_at";
    ADDRESS_GONE = "UPDATE notice_address SET gone_at = $2, gone_why = $3 WHERE id = $1 AND gone_at IS NULL";
}

/// Values of a message by the names of its variables.
pub(super) type Params = BTreeMap<String, String>;

/// Whom a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    Guardian(Uuid),
    User(Uuid),
    Phone,
    Mail,
}

impl To {
    /// The channel that the message brings its address for.
    pub(super) fn direct(self) -> Option<Channel> {
        match self {
            To::Guardian(_) | To::User(_) => None,
            To::Phone => Some(Channel::Sms),
            To::Mail => Some(Channel::Mail),
        }
    }

    pub fn owner(self) -> Option<Uuid> {
        match self {
            To::Guardian(id) | To::User(id) => Some(id),
            To::Phone | To::Mail => None,
        }
    }
}

/// A message as it is kept.
#[derive(Clone)]
pub struct Kept {
    pub id: NoticeId,
    pub school: Option<SchoolId>,
    pub to: To,
    pub about: Option<PersonId>,
    pub kind: Kind,
    pub params: BTreeMap<String, String>,
    pub link: Option<String>,
    pub at: Timestamp,
    pub expires_at: Timestamp,
    pub(super) secret: Option<Vec<u8>>,
    pub(super) turn: i64,
    pub(super) why: Option<String>,
    pub(super) resends: i64,
    /// Several purchases of a night in one message.
    pub(super) digest: Option<Params>,
}

/// Why a message that waits does so.
pub(super) const QUIET: &str = "quiet";

/// What is due. A row that can't be read, perhaps of a newer server, is put aside and stops nobody.
pub(super) fn take(tx: &mut Tx<'_>, now: Timestamp, lease_until: Timestamp, most: i64) -> Result<Vec<Kept>, DbError> {
    let mut taken = Vec::new();
    for row in tx.query(&TAKE, &[now.into(), lease_until.into(), most.into()])? {
        match kept(&row) {
            Ok(notice) => taken.push(notice),
            Err(why) => {
                let id = row.id(0)?;
                tracing::warn!(%why, notice = %id, "a message can't be read");
                let params = [id.into(), row.int(11)?.into(), "failed".into(), "unreadable".into(), now.into()];
                tx.execute(&END, &params)?;
            }
        }
    }
    Ok(taken)
}

fn kept(row: &Row) -> Result<Kept, DbError> {
    let broken = |what: &str| DbError::Broken(format!("a notice has an unknown {what}"));
    let to = match (row.text(2)?.as_str(), row.opt_id(3)?) {
        ("guardian", Some(id)) => To::Guardian(id),
        ("user", Some(id)) => To::User(id),
        ("phone", None) => To::Phone,
        ("mail", None) => To::Mail,
        _ => return Err(broken("recipient")),
    };
    Ok(Kept {
        id: row.id(0)?.into(),
        school: row.opt_id(1)?.map(SchoolId::new),
        to,
        about: row.opt_id(4)?.map(PersonId::new),
        kind: Kind::from_word(&row.text(5)?).ok_or_else(|| broken("kind"))?,
        params: params(&row.text(6)?)?,
        secret: row.opt_blob(7)?,
        link: row.opt_text(8)?,
        at: row.time(9)?,
        expires_at: row.time(10)?,
        turn: row.int(11)?,
        why: row.opt_text(12)?,
        resends: row.int(13)?,
        digest: row.opt_text(14)?.map(|text| params(&text)).transpose()?,
    })
}

pub(super) fn params(text: &str) -> Result<Params, DbError> {
    serde_json::from_str(text).map_err(|why| DbError::Broken(format!("params of a notice: {why}")))
}

pub(super) fn next_due(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, DbError> {
    tx.one(&NEXT_DUE, &[])?.opt_time(0)
}

/// How many wait and since when the oldest is there; how many are due, and since when the first of them.
pub(super) struct Waiting {
    pub(super) all: i64,
    pub(super) oldest: Option<Timestamp>,
    pub(super) late: (i64, Option<Timestamp>),
}

pub(super) fn waiting(tx: &mut Tx<'_>, now: Timestamp) -> Result<Waiting, DbError> {
    let (all, late) = (tx.one(&WAITING, &[])?, tx.one(&LATE, &[now.into()])?);
    Ok(Waiting { all: all.int(0)?, oldest: all.opt_time(1)?, late: (late.int(0)?, late.opt_time(1)?) })
}

/// An address that can be sent to.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) id: Uuid,
    pub(super) channel: Channel,
    pub(super) scope: Scope,
    pub(super) sealed: Vec<u8>,
}

/// What is known of a recipient; asked in one trip.
pub(super) struct About {
    deliveries: Asked,
    person: Option<[Asked; 3]>,
}

pub(super) struct Known {
    pub(super) deliveries: Vec<Delivery>,
    pub(super) addresses: Vec<Address>,
    pub(super) habits: Habits,
    pub(super) preferences: Preferences,
}

pub(super) fn ask(tx: &mut Tx<'_>, of: &Kept) -> Result<About, DbError> {
    let deliveries = tx.ask(&DELIVERIES, &[of.id.into()])?;
    let person = match of.to.owner() {
        Some(owner) => Some([
            tx.ask(&ADDRESSES, &[owner.into()])?,
            tx.ask(&HABITS, &[owner.into()])?,
            tx.ask(&CHOSEN, &[owner.into()])?,
        ]),
        None => None,
    };
    Ok(About { deliveries, person })
}

pub(super) fn hear(tx: &mut Tx<'_>, about: About) -> Result<Known, DbError> {
    let deliveries = tx.hear(about.deliveries)?.iter().map(delivery).collect::<Result<_, _>>()?;
    let mut known =
        Known { deliveries, addresses: Vec::new(), habits: Habits::default(), preferences: Preferences::default() };
    if let Some([addresses, habits, chosen]) = about.person {
        let read = tx.hear(addresses)?.iter().map(address).collect::<Result<Vec<_>, _>>()?;
        known.addresses = read.into_iter().flatten().collect();
        if let Some(row) = tx.hear(habits)?.first() {
            known.habits = habits_of(row)?;
        }
        known.preferences = chosen_of(&tx.hear(chosen)?)?;
    }
    Ok(known)
}

fn habits_of(row: &Row) -> Result<Habits, DbError> {
    let minute = |i: usize| row.int(i).map(|minute| u16::try_from(minute.rem_euclid(1440)).unwrap_or(0));
    Ok(Habits { locale: Locale::from_word(&row.text(0)?), quiet_from: minute(1)?, quiet_to: minute(2)? })
}

pub(super) fn chosen_of(rows: &[Row]) -> Result<Preferences, DbError> {
    let mut chosen = BTreeMap::new();
    for row in rows {
        // A way that a newer server knows is none of ours.
        if let (Some(kind), Some(way)) = (Kind::from_word(&row.text(0)?), Way::from_word(&row.text(1)?)) {
            chosen.insert((kind, way), row.flag(2)?);
        }
    }
    Ok(Preferences(chosen))
}

fn delivery(row: &Row) -> Result<Delivery, DbError> {
    let broken = || DbError::Broken("a delivery has an unknown word".into());
    let last_at = row.time(5)?;
    Ok(Delivery {
        channel: Channel::from_word(&row.text(0)?).ok_or_else(broken)?,
        address: row.id(1)?,
        state: State::from_word(&row.text(2)?).ok_or_else(broken)?,
        attempts: u32::try_from(row.int(3)?).unwrap_or(0),
        next_at: row.opt_time(4)?.unwrap_or(last_at),
    })
}

fn address(row: &Row) -> Result<Option<Address>, DbError> {
    let Some(channel) = Channel::from_word(&row.text(1)?) else { return Ok(None) };
    let scope = Scope::of(row.id(2)?);
    Ok(Some(Address { id: row.id(0)?, channel, scope, sealed: row.blob(3)? }))
}

/// Habits of a guardian or a user, as they are now.
pub fn habits(tx: &mut Tx<'_>, owner: Uuid) -> Result<Habits, DbError> {
    tx.opt(&HABITS, &[owner.into()])?.map_or(Ok(Habits::default()), |row| habits_of(&row))
}

/// The school's own words, or the built-in ones.
pub(super) fn texts(tx: &mut Tx<'_>, school: Option<SchoolId>, kind: Kind, locale: Locale) -> Result<Texts, DbError> {
    let own = match school {
        Some(school) => tx.opt(&OWN_TEXTS, &[school.into(), kind.word().into(), locale.word().into()])?,
        None => None,
    };
    own.map_or_else(
        || Ok(super::texts::built_in(kind, locale)),
        |row| Ok(Texts { title: row.text(0)?, text: row.text(1)? }),
    )
}

pub(super) fn school_name(tx: &mut Tx<'_>, school: SchoolId) -> Result<Option<String>, DbError> {
    tx.opt(&SCHOOL_NAME, &[school.into()])?.map(|row| row.text(0)).transpose()
}

/// The account of a channel that is switched on.
#[derive(Clone)]
pub(super) struct Account {
    pub(super) scope: Scope,
    pub(super) channel: Channel,
    pub(super) provider: String,
    pub(super) config: Vec<u8>,
    pub(super) templates: Templates,
    pub(super) version: i64,
}

pub(super) fn accounts(tx: &mut Tx<'_>, scope: Scope) -> Result<Vec<Account>, DbError> {
    let account = |row: &Row| {
        let Some(channel) = Channel::from_word(&row.text(1)?) else { return Ok(None) };
        Ok(Some(Account {
            scope: Scope::of(row.id(0)?),
            channel,
            provider: row.text(2)?,
            config: row.blob(3)?,
            templates: serde_json::from_str(&row.text(4)?).unwrap_or_default(),
            version: row.int(5)?,
        }))
    };
    let rows = tx.query(&ACCOUNTS, &[scope.uuid().into()])?;
    Ok(rows.iter().map(account).collect::<Result<Vec<_>, DbError>>()?.into_iter().flatten().collect())
}

/// The other messages that waited for the same morning, of the same child.
pub(super) fn overnight(
    tx: &mut Tx<'_>,
    of: &Kept,
    (now, lease_until): (Timestamp, Timestamp),
    most: i64,
) -> Result<Vec<(NoticeId, Params)>, DbError> {
    let (Some(owner), Some(about)) = (of.to.owner(), of.about) else { return Ok(Vec::new()) };
    let params_of =
        [owner.into(), about.into(), of.kind.word().into(), of.id.into(), now.into(), lease_until.into(), most.into()];
    let rows = tx.query(&OVERNIGHT, &params_of)?;
    rows.iter().map(|row| Ok((row.id(0)?.into(), params(&row.text(1)?)?))).collect()
}

/// Joins the others into this one.
pub(super) fn join(
    tx: &mut Tx<'_>,
    into: &Kept,
    others: &[NoticeId],
    digest: &Params,
    now: Timestamp,
) -> Result<(), DbError> {
    for other in others {
        tx.execute(&JOIN, &[(*other).into(), now.into()])?;
    }
    let text = serde_json::to_string(digest).map_err(|why| DbError::Broken(format!("params of a notice: {why}")))?;
    tx.execute(&DIGEST, &[into.id.into(), text.into()]).map(|_| ())
}

/// The message is at its end; a secret that it carried is forgotten. False: somebody else holds it now.
pub(super) fn end(tx: &mut Tx<'_>, of: &Kept, state: &str, why: Option<&str>, now: Timestamp) -> Result<bool, DbError> {
    let params = [of.id.into(), of.turn.into(), state.into(), why.into(), now.into()];
    Ok(tx.execute(&END, &params)? == 1)
}

pub(super) fn out_of_inbox(tx: &mut Tx<'_>, id: NoticeId) -> Result<(), DbError> {
    tx.execute(&OUT_OF_INBOX, &[id.into()]).map(|_| ())
}

pub(super) fn postpone(tx: &mut Tx<'_>, of: &Kept, until: Timestamp, why: Option<&str>) -> Result<(), DbError> {
    tx.execute(&POSTPONE, &[of.id.into(), of.turn.into(), until.into(), why.into()]).map(|_| ())
}

/// What is written down of the last try: its class, and the channel's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) class: Option<&'static str>,
    pub(super) code: Option<String>,
    pub(super) words: Option<String>,
    pub(super) provider_id: Option<String>,
}

pub(super) fn put_delivery(
    tx: &mut Tx<'_>,
    notice: NoticeId,
    delivery: &Delivery,
    said: &Said,
    now: Timestamp,
) -> Result<(), DbError> {
    let params: [Value; 11] = [
        notice.into(),
        delivery.channel.word().into(),
        delivery.address.into(),
        delivery.state.word().into(),
        delivery.attempts.into(),
        delivery.next_at.into(),
        said.class.into(),
        said.code.as_deref().into(),
        said.words.as_deref().into(),
        said.provider_id.as_deref().into(),
        now.into(),
    ];
    tx.execute(&PUT_DELIVERY, &params).map(|_| ())
}

pub(super) fn address_gone(tx: &mut Tx<'_>, address: Uuid, why: &str, now: Timestamp) -> Result<(), DbError> {
    tx.execute(&ADDRESS_GONE, &[address.into(), now.into(), why.into()]).map(|_| ())
}

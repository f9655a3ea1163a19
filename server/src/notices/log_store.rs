//! Messages as the office looks for them, and as their recipient reads them.

use super::queue_store::{Params, params};
use super::texts::{self, Texts, Written, built_in};
use super::{Habits, Kind, Locale, settings_store};
use crate::plumbing::db::{DbError, Row, Tx, Value};
use std::collections::HashMap;
use uuid::Uuid;
use yitong_values::{NoticeId, SchoolId, Timestamp};

crate::sql! {
    LOG = "SELECT n.id, n.at, n.kind, n.state, n.why, n.to_kind, n.to_mask, n.params, n.read_at, n.ended_at, n.expires_at, \
           n.resends, n.about, p.name, p.number, n.digest, (SELECT MIN(a.mask) FROM notice_address a WHERE a.owner_id = n.to_id \
           AND a.channel = 'sms') FROM notice n \
           LEFT JOIN person p ON p.school_id = n.school_id AND p.id = n.about \
           WHERE n.school_id = $1 AND (n.id < $2 OR $2 IS NULL) AND ($3 = '' OR n.kind = $3) AND ($4 = '' OR n.state = $4) \
           AND n.at >= $5 AND n.at < $6 AND ($7 = '' OR p.name LIKE $7 ESCAPE '\\' OR p.number LIKE $7 ESCAPE '\\' \
           OR n.to_id IN (SELECT h.owner_id FROM notice_address h WHERE h.channel = 'sms' AND h.hash = $8)) \
           ORDER BY n.id DESC LIMIT $9";
    TRIES = "SELECT d.channel, d.state, d.attempts, d.class, d.code, d.words, d.provider_id, d.first_at, d.last_at, a.mask \
             FROM notice_delivery d LEFT JOIN notice_address a ON a.id = d.address_id WHERE d.notice_id = $1 \
             ORDER BY d.first_at, d.channel, d.address_id";
    FIND = "SELECT kind, state, why, to_kind, about FROM notice WHERE school_id = $1 AND id = $2";
    AGAIN = "UPDATE notice SET state = 'waiting', why = NULL, ended_at = NULL, next_at = $2, turn = turn + 1, \
             resends = resends + 1, expires_at = CASE WHEN expires_at > $3 THEN expires_at ELSE $3 END WHERE id = $1";
    TRY_AGAIN = "UPDATE notice_delivery SET state = 'waiting', attempts = 0, next_at = $2 WHERE notice_id = $1 \
                 AND state <> 'gone'";
    INBOX = "SELECT id, kind, params, school_id, about, at, read_at, link FROM notice WHERE to_id = $1 AND in_inbox = 1 \
             AND (id < $2 OR $2 IS NULL) AND (school_id = $4 OR $4 IS NULL) ORDER BY id DESC LIMIT $3";
    READ = "UPDATE notice SET read_at = $3 WHERE to_id = $1 AND id <= $2 AND read_at IS NULL AND in_inbox = 1 \
            AND (school_id = $4 OR $4 IS NULL)";
    UNREAD = "SELECT CAST(COUNT(*) AS BIGINT) FROM notice WHERE to_id = $1 AND read_at IS NULL AND in_inbox = 1 \
              AND (school_id = $2 OR $2 IS NULL)";
    FORGET_TRIES = "DELETE FROM notice_delivery WHERE notice_id IN (SELECT id FROM notice WHERE id < $1 ORDER BY id \
                    LIMIT $2)";
    FORGET = "DELETE FROM notice WHERE id IN (SELECT id FROM notice WHERE id < $1 ORDER BY id LIMIT $2)";
}

/// What the office looks for.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    pub(super) before: Option<Uuid>,
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) like: String,
    /// Of a whole phone number.
    pub(super) phone_hash: Vec<u8>,
    pub(super) limit: i64,
}

pub(super) struct Logged {
    pub(super) id: Uuid,
    pub(super) at: Timestamp,
    pub(super) kind: Kind,
    pub(super) state: String,
    pub(super) why: Option<String>,
    pub(super) to_kind: String,
    pub(super) to_mask: String,
    pub(super) read_at: Option<Timestamp>,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) expires_at: Timestamp,
    pub(super) resends: i64,
    pub(super) about: Option<(Uuid, String, String)>,
    pub(super) written: Written,
    pub(super) tries: Vec<TryRow>,
}

pub(super) struct TryRow {
    pub(super) channel: String,
    pub(super) state: String,
    pub(super) attempts: i64,
    pub(super) class: Option<String>,
    pub(super) code: Option<String>,
    pub(super) words: Option<String>,
    pub(super) provider_id: Option<String>,
    pub(super) first_at: Timestamp,
    pub(super) last_at: Timestamp,
    pub(super) mask: Option<String>,
}

/// Texts are written as they would be now, in Chinese.
pub(super) fn log(tx: &mut Tx<'_>, school: SchoolId, filter: &Filter) -> Result<Vec<Logged>, DbError> {
    let values: [Value; 9] = [
        school.into(),
        filter.before.into(),
        filter.kind.as_str().into(),
        filter.state.as_str().into(),
        filter.from.into(),
        filter.to.into(),
        filter.like.as_str().into(),
        filter.phone_hash.as_slice().into(),
        filter.limit.into(),
    ];
    let rows = tx.query(&LOG, &values)?;
    let asked = rows.iter().map(|row| tx.ask(&TRIES, &[row.id(0)?.into()])).collect::<Result<Vec<_>, DbError>>()?;
    let mut words = OwnWords::default();
    let mut found = Vec::new();
    for (row, asked) in rows.iter().zip(asked) {
        let tries = tx.hear(asked)?.iter().map(try_row).collect::<Result<_, _>>()?;
        found.push(logged(tx, row, school, tries, &mut words)?);
    }
    Ok(found)
}

fn logged(
    tx: &mut Tx<'_>,
    row: &Row,
    school: SchoolId,
    tries: Vec<TryRow>,
    words: &mut OwnWords,
) -> Result<Logged, DbError> {
    let kind = kind(row, 2)?;
    let about = match row.opt_id(12)? {
        Some(id) => Some((id, row.opt_text(13)?.unwrap_or_default(), row.opt_text(14)?.unwrap_or_default())),
        None => None,
    };
    let written = match row.opt_text(15)? {
        Some(digest) => texts::digest(Locale::Zh).write(kind, Locale::Zh, &params(&digest)?),
        None => words.write(tx, Some(school), kind, Locale::Zh, &params(&row.text(7)?)?)?,
    };
    let own_mask = row.text(6)?;
    Ok(Logged {
        id: row.id(0)?,
        at: row.time(1)?,
        kind,
        state: row.text(3)?,
        why: row.opt_text(4)?,
        to_kind: row.text(5)?,
        to_mask: if own_mask.is_empty() { row.opt_text(16)?.unwrap_or_default() } else { own_mask },
        read_at: row.opt_time(8)?,
        ended_at: row.opt_time(9)?,
        expires_at: row.time(10)?,
        resends: row.int(11)?,
        about,
        written,
        tries,
    })
}

fn kind(row: &Row, i: usize) -> Result<Kind, DbError> {
    Kind::from_word(&row.text(i)?).ok_or_else(|| DbError::Broken("a notice has an unknown kind".into()))
}

fn try_row(row: &Row) -> Result<TryRow, DbError> {
    Ok(TryRow {
        channel: row.text(0)?,
        state: row.text(1)?,
        attempts: row.int(2)?,
        class: row.opt_text(3)?,
        code: row.opt_text(4)?,
        words: row.opt_text(5)?,
        provider_id: row.opt_text(6)?,
        first_at: row.time(7)?,
        last_at: row.time(8)?,
        mask: row.opt_text(9)?,
    })
}

/// The texts of the schools of one page, read once each.
#[derive(Default)]
struct OwnWords(HashMap<SchoolId, Vec<(Kind, Locale, Texts)>>);

impl OwnWords {
    fn write(
        &mut self,
        tx: &mut Tx<'_>,
        school: Option<SchoolId>,
        kind: Kind,
        locale: Locale,
        params: &Params,
    ) -> Result<Written, DbError> {
        let mut own = None;
        if let Some(school) = school {
            if let std::collections::hash_map::Entry::Vacant(entry) = self.0.entry(school) {
                entry.insert(settings_store::own_texts(tx, school)?);
            }
            own = self.0[&school].iter().find(|(of, language, _)| (*of, *language) == (kind, locale));
        }
        Ok(own.map_or_else(|| built_in(kind, locale), |(.., texts)| texts.clone()).write(kind, locale, params))
    }
}

/// Why a message is not sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotAgain {
    Absent,
    /// It is on its way.
    Waiting,
    /// A code that has run out, or a guardian who did not agree to such messages.
    Never,
}

/// Sends a message again, under a new name for the channels. Says whom it tells of.
pub(super) fn send_again(
    tx: &mut Tx<'_>,
    school: SchoolId,
    id: NoticeId,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<Result<(), NotAgain>, DbError> {
    let Some(row) = tx.opt(&FIND, &[school.into(), id.into()])? else { return Ok(Err(NotAgain::Absent)) };
    let (kind, state, why) = (kind(&row, 0)?, row.text(1)?, row.opt_text(2)?);
    if state == "waiting" {
        return Ok(Err(NotAgain::Waiting));
    }
    let dropped = ["dropped", "joined"].contains(&state.as_str());
    if kind.is_code() || dropped || why.as_deref() == Some(super::store::INBOX_ONLY) {
        return Ok(Err(NotAgain::Never));
    }
    tx.execute(&AGAIN, &[id.into(), now.into(), expires_at.into()])?;
    tx.execute(&TRY_AGAIN, &[id.into(), now.into()])?;
    Ok(Ok(()))
}

/// A message as its recipient reads it.
pub struct Inboxed {
    pub id: Uuid,
    pub kind: Kind,
    pub title: String,
    pub text: String,
    pub school: Option<SchoolId>,
    pub about: Option<Uuid>,
    pub at: Timestamp,
    pub read: bool,
    pub link: Option<String>,
}

/// Messages of one person, newest first.
pub fn inbox(
    tx: &mut Tx<'_>,
    owner: Uuid,
    habits: &Habits,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Inboxed>, DbError> {
    inbox_at(tx, (owner, None), habits, before, limit)
}

/// Those of one school only: whose user reads them there.
pub(super) fn inbox_at(
    tx: &mut Tx<'_>,
    (owner, school): (Uuid, Option<SchoolId>),
    habits: &Habits,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Inboxed>, DbError> {
    let mut words = OwnWords::default();
    let mut found = Vec::new();
    for row in tx.query(&INBOX, &[owner.into(), before.into(), limit.into(), school.into()])? {
        let (kind, school) = (kind(&row, 1)?, row.opt_id(3)?.map(SchoolId::new));
        let written = words.write(tx, school, kind, habits.locale, &params(&row.text(2)?)?)?;
        found.push(Inboxed {
            id: row.id(0)?,
            kind,
            title: written.title,
            text: written.text,
            school,
            about: row.opt_id(4)?,
            at: row.time(5)?,
            read: row.opt_int(6)?.is_some(),
            link: row.opt_text(7)?,
        });
    }
    Ok(found)
}

/// Marks this message and all before it as read. Says how many were not.
pub fn mark_read(tx: &mut Tx<'_>, owner: Uuid, up_to: Uuid, now: Timestamp) -> Result<u64, DbError> {
    mark_read_at(tx, (owner, None), up_to, now)
}

pub(super) fn mark_read_at(
    tx: &mut Tx<'_>,
    (owner, school): (Uuid, Option<SchoolId>),
    up_to: Uuid,
    now: Timestamp,
) -> Result<u64, DbError> {
    tx.execute(&READ, &[owner.into(), up_to.into(), now.into(), school.into()])
}

pub(super) fn unread_at(tx: &mut Tx<'_>, (owner, school): (Uuid, Option<SchoolId>)) -> Result<i64, DbError> {
    tx.one(&UNREAD, &[owner.into(), school.into()])?.int(0)
}

/// Removes messages whose id is of an earlier time, a part at a time. Says how many of them.
pub(super) fn forget(tx: &mut Tx<'_>, before: Uuid, most: i64) -> Result<u64, DbError> {
    tx.execute(&FORGET_TRIES, &[before.into(), most.into()])?;
    tx.execute(&FORGET, &[before.into(), most.into()])
}

//! Rows of terminals, their machines and enrolment codes.

use super::fleet::{Device, KeptReport, Placed, Profile, Terminal};
use crate::plumbing::db::{DbError, Row, Tx, Value};
use yitong_sync::{Hash, Head, PublicKey};
use yitong_values::{SchoolId, StallId, TerminalId, Timestamp};

crate::sql! {
    INSERT = "INSERT INTO terminal (school_id, id, name, stall_id, mode, screens, made_at, profile) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    CHANGE = "UPDATE terminal SET name = $3, stall_id = $4, mode = $5, screens = $6, profile = $7, version = version + 1 \
              WHERE school_id = $1 AND id = $2";
    FIND = "SELECT school_id, id, name, stall_id, mode, screens, version, journal, made_at, enrolled_at, revoked_at, \
            seen_at, report, report_at, profile FROM terminal WHERE school_id = $1 AND id = $2";
    ALL = "SELECT school_id, id, name, stall_id, mode, screens, version, journal, made_at, enrolled_at, revoked_at, \
           seen_at, report, report_at, profile FROM terminal WHERE school_id = $1 ORDER BY name, id";
    /// The machines of now, in an order that does not change.
    STANDING = "SELECT t.id, t.journal, t.name, t.stall_id, d.public_key FROM terminal t JOIN terminal_device d \
                ON d.school_id = t.school_id AND d.terminal_id = t.id AND d.journal = t.journal \
                WHERE t.school_id = $1 AND t.revoked_at IS NULL ORDER BY t.id";
    LEFT = "SELECT CAST(COUNT(*) AS BIGINT) FROM terminal_device d JOIN terminal t ON t.school_id = d.school_id \
            AND t.id = d.terminal_id WHERE d.school_id = $1 AND (d.replaced_at IS NOT NULL OR t.revoked_at IS NOT NULL)";
    COUNT = "SELECT CAST(COUNT(*) AS BIGINT) FROM terminal WHERE school_id = $1 AND revoked_at IS NULL";
    NAME_TAKEN = "SELECT id FROM terminal WHERE school_id = $1 AND name = $2 AND id <> $3 AND revoked_at IS NULL";
    REVOKE = "UPDATE terminal SET revoked_at = $3, version = version + 1 WHERE school_id = $1 AND id = $2 \
              AND revoked_at IS NULL";
    /// By its own id alone: a terminal names itself, not its school. With the key of the machine that stands there.
    CALLER = "SELECT t.school_id, t.stall_id, t.journal, t.revoked_at, t.seen_at, d.public_key FROM terminal t \
              JOIN terminal_device d ON d.school_id = t.school_id AND d.terminal_id = t.id AND d.journal = t.journal \
              WHERE t.id = $1";
    SEEN = "UPDATE terminal SET seen_at = $3 WHERE school_id = $1 AND id = $2 AND COALESCE(seen_at, 0) < $3";
    REPORT = "UPDATE terminal SET report = $3, report_at = $4, seen_at = $4 WHERE school_id = $1 AND id = $2";
    DEVICES = "SELECT journal, public_key, hardware, app_version, enrolled_at, replaced_at, taken, head, trouble \
               FROM terminal_device WHERE school_id = $1 AND terminal_id = $2 ORDER BY journal DESC";
    DEVICE = "SELECT journal, public_key, hardware, app_version, enrolled_at, replaced_at, taken, head, trouble \
              FROM terminal_device WHERE school_id = $1 AND terminal_id = $2 AND journal = $3";
    BY_KEY = "SELECT school_id, terminal_id, journal FROM terminal_device WHERE public_key = $1";
    INSERT_DEVICE = "INSERT INTO terminal_device (school_id, terminal_id, journal, public_key, hardware, app_version, \
                     enrolled_at, head) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    REPLACED = "UPDATE terminal_device SET replaced_at = $3 WHERE school_id = $1 AND terminal_id = $2 \
                AND replaced_at IS NULL";
    APP_VERSION = "UPDATE terminal_device SET app_version = $4 WHERE school_id = $1 AND terminal_id = $2 AND journal = $3 \
                   AND app_version <> $4";
    ENROLLED = "UPDATE terminal SET journal = $3, enrolled_at = $4, seen_at = $4, revoked_at = NULL, report = NULL, \
                report_at = NULL, version = version + 1 WHERE school_id = $1 AND id = $2";
    DROP_TICKETS = "DELETE FROM terminal_ticket WHERE school_id = $1 AND terminal_id = $2 AND used_at IS NULL";
    FORGET_TICKETS = "DELETE FROM terminal_ticket WHERE expires_at < $1";
    INSERT_TICKET = "INSERT INTO terminal_ticket (hash, school_id, terminal_id, made_at, expires_at) \
                     VALUES ($1, $2, $3, $4, $5)";
    FIND_TICKET = "SELECT school_id, terminal_id, expires_at, used_key FROM terminal_ticket WHERE hash = $1";
    USE_TICKET = "UPDATE terminal_ticket SET used_at = $2, used_key = $3 WHERE hash = $1 AND used_at IS NULL";
    AUTHORITY = "SELECT public_key, secret_sealed FROM terminal_authority WHERE school_id = $1";
    PUT_AUTHORITY = "INSERT INTO terminal_authority (school_id, public_key, secret_sealed, made_at) \
                     VALUES ($1, $2, $3, $4) ON CONFLICT (school_id) DO NOTHING";
}

fn broken(what: &str) -> DbError {
    DbError::Broken(what.into())
}

fn small<T: TryFrom<i64>>(n: i64) -> Result<T, DbError> {
    T::try_from(n).map_err(|_| broken("a number of a terminal is out of its range"))
}

fn bytes<const N: usize>(row: &Row, i: usize) -> Result<[u8; N], DbError> {
    row.blob(i)?.try_into().map_err(|_| broken("a key or hash of a terminal has another length"))
}

fn terminal(row: &Row) -> Result<Terminal, DbError> {
    let report = row.opt_text(12)?.zip(row.opt_int(13)?);
    // A report of an older form is as good as none: the next one comes within half a minute.
    let report = report.and_then(|(text, at)| Some(KeptReport { at, said: serde_json::from_str(&text).ok()? }));
    Ok(Terminal {
        school: row.id(0)?.into(),
        id: row.id(1)?.into(),
        name: row.text(2)?,
        stall: row.id(3)?.into(),
        mode: row.text(4)?,
        screens: if row.text(5)? == "two" { 2 } else { 1 },
        profile: serde_json::from_str(&row.text(14)?).map_err(|_| broken("the profile of a terminal"))?,
        version: row.int(6)?,
        journal: small(row.int(7)?)?,
        made_at: row.time(8)?,
        enrolled_at: row.opt_time(9)?,
        revoked_at: row.opt_time(10)?,
        seen_at: row.opt_time(11)?,
        report,
    })
}

fn device(row: &Row) -> Result<Device, DbError> {
    Ok(Device {
        journal: small(row.int(0)?)?,
        key: PublicKey::from_bytes(bytes(row, 1)?),
        hardware: row.text(2)?,
        app_version: row.text(3)?,
        enrolled_at: row.time(4)?,
        replaced_at: row.opt_time(5)?,
        head: Head { seq: small(row.int(6)?)?, hash: Hash(bytes(row, 7)?) },
        trouble: row.opt_text(8)?,
    })
}

fn json(profile: &Profile) -> Value {
    serde_json::to_string(profile).expect("a profile is plain JSON").into()
}

fn screens(number: u8) -> Value {
    if number == 2 { "two".into() } else { "one".into() }
}

pub(super) fn insert(
    tx: &mut Tx<'_>,
    school: SchoolId,
    id: TerminalId,
    placed: &Placed,
    now: Timestamp,
) -> Result<(), DbError> {
    let Placed { name, stall, mode, screens: number, profile } = placed;
    let params = [
        school.into(),
        id.into(),
        name.into(),
        (*stall).into(),
        mode.into(),
        screens(*number),
        now.into(),
        json(profile),
    ];
    tx.execute(&INSERT, &params).map(|_| ())
}

pub(super) fn change(tx: &mut Tx<'_>, school: SchoolId, id: TerminalId, placed: &Placed) -> Result<(), DbError> {
    let Placed { name, stall, mode, screens: number, profile } = placed;
    let params = [school.into(), id.into(), name.into(), (*stall).into(), mode.into(), screens(*number), json(profile)];
    tx.execute(&CHANGE, &params).map(|_| ())
}

pub(super) fn find(tx: &mut Tx<'_>, school: SchoolId, id: TerminalId) -> Result<Option<Terminal>, DbError> {
    tx.opt(&FIND, &[school.into(), id.into()])?.map(|row| terminal(&row)).transpose()
}

/// A school has some hundreds at the most, by name.
pub(super) fn all(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<Terminal>, DbError> {
    tx.query(&ALL, &[school.into()])?.iter().map(terminal).collect()
}

pub(super) fn count(tx: &mut Tx<'_>, school: SchoolId) -> Result<i64, DbError> {
    tx.one(&COUNT, &[school.into()])?.int(0)
}

/// A machine that stands at a till.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) terminal: TerminalId,
    pub(super) journal: u32,
    pub(super) name: String,
    pub(super) stall: StallId,
    pub(super) key: PublicKey,
}

pub(super) fn standing(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<Standing>, DbError> {
    let read = |row: &Row| {
        Ok(Standing {
            terminal: row.id(0)?.into(),
            journal: small(row.int(1)?)?,
            name: row.text(2)?,
            stall: row.id(3)?.into(),
            key: PublicKey::from_bytes(bytes(row, 4)?),
        })
    };
    tx.query(&STANDING, &[school.into()])?.iter().map(read).collect()
}

/// How many machines stand nowhere any more: replaced, or shut out.
pub(super) fn machines_left(tx: &mut Tx<'_>, school: SchoolId) -> Result<i64, DbError> {
    tx.one(&LEFT, &[school.into()])?.int(0)
}

/// By another that is not revoked.
pub(super) fn name_taken(tx: &mut Tx<'_>, school: SchoolId, name: &str, id: TerminalId) -> Result<bool, DbError> {
    Ok(tx.opt(&NAME_TAKEN, &[school.into(), name.into(), id.into()])?.is_some())
}

/// Whether there was one to revoke.
pub(super) fn revoke(tx: &mut Tx<'_>, school: SchoolId, id: TerminalId, now: Timestamp) -> Result<bool, DbError> {
    Ok(tx.execute(&REVOKE, &[school.into(), id.into(), now.into()])? == 1)
}

/// What the guard needs of whoever says to be this terminal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    pub(super) school: SchoolId,
    pub(super) stall: StallId,
    pub(super) journal: u32,
    pub(super) revoked: bool,
    pub(super) seen_at: Option<Timestamp>,
    pub(super) key: PublicKey,
}

pub(super) fn caller(tx: &mut Tx<'_>, id: TerminalId) -> Result<Option<Caller>, DbError> {
    let read = |row: Row| {
        Ok(Caller {
            school: row.id(0)?.into(),
            stall: row.id(1)?.into(),
            journal: small(row.int(2)?)?,
            revoked: row.opt_int(3)?.is_some(),
            seen_at: row.opt_time(4)?,
            key: PublicKey::from_bytes(bytes(&row, 5)?),
        })
    };
    tx.opt(&CALLER, &[id.into()])?.map(read).transpose()
}

pub(super) fn seen(tx: &mut Tx<'_>, school: SchoolId, id: TerminalId, now: Timestamp) -> Result<(), DbError> {
    tx.execute(&SEEN, &[school.into(), id.into(), now.into()]).map(|_| ())
}

pub(super) fn put_report(
    tx: &mut Tx<'_>,
    school: SchoolId,
    id: TerminalId,
    report: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.execute(&REPORT, &[school.into(), id.into(), report.into(), now.into()]).map(|_| ())
}

/// Newest first.
pub(super) fn devices(tx: &mut Tx<'_>, school: SchoolId, id: TerminalId) -> Result<Vec<Device>, DbError> {
    tx.query(&DEVICES, &[school.into(), id.into()])?.iter().map(device).collect()
}

pub(super) fn find_device(
    tx: &mut Tx<'_>,
    school: SchoolId,
    id: TerminalId,
    journal: u32,
) -> Result<Option<Device>, DbError> {
    tx.opt(&DEVICE, &[school.into(), id.into(), journal.into()])?.map(|row| device(&row)).transpose()
}

/// Whose key it is, whichever terminal.
pub(super) fn by_key(tx: &mut Tx<'_>, key: &PublicKey) -> Result<Option<(SchoolId, TerminalId, u32)>, DbError> {
    let read = |row: Row| Ok((row.id(0)?.into(), row.id(1)?.into(), small(row.int(2)?)?));
    tx.opt(&BY_KEY, &[key.as_bytes().as_slice().into()])?.map(read).transpose()
}

/// A machine takes the place of the one before.
pub(super) fn put_device(tx: &mut Tx<'_>, school: SchoolId, id: TerminalId, new: &Device) -> Result<(), DbError> {
    tx.execute(&REPLACED, &[school.into(), id.into(), new.enrolled_at.into()])?;
    let params = [
        school.into(),
        id.into(),
        new.journal.into(),
        new.key.as_bytes().as_slice().into(),
        new.hardware.as_str().into(),
        new.app_version.as_str().into(),
        new.enrolled_at.into(),
        new.head.hash.0.as_slice().into(),
    ];
    tx.execute(&INSERT_DEVICE, &params)?;
    tx.execute(&ENROLLED, &[school.into(), id.into(), new.journal.into(), new.enrolled_at.into()]).map(|_| ())
}

/// The program of a machine was brought up to date.
pub(super) fn app_version(
    tx: &mut Tx<'_>,
    school: SchoolId,
    id: TerminalId,
    journal: u32,
    version: &str,
) -> Result<(), DbError> {
    tx.execute(&APP_VERSION, &[school.into(), id.into(), journal.into(), version.into()]).map(|_| ())
}

/// A new code cancels those before it.
pub(super) fn put_ticket(
    tx: &mut Tx<'_>,
    hash: &[u8],
    school: SchoolId,
    id: TerminalId,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), DbError> {
    tx.execute(&DROP_TICKETS, &[school.into(), id.into()])?;
    tx.execute(&INSERT_TICKET, &[hash.into(), school.into(), id.into(), now.into(), expires_at.into()]).map(|_| ())
}

pub(super) fn drop_tickets(tx: &mut Tx<'_>, school: SchoolId, id: TerminalId) -> Result<(), DbError> {
    tx.execute(&DROP_TICKETS, &[school.into(), id.into()]).map(|_| ())
}

pub(super) fn forget_tickets(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, DbError> {
    tx.execute(&FORGET_TICKETS, &[before.into()])
}

#[derive(Clone, Debug)]
pub(super) struct TicketRow {
    pub(super) school: SchoolId,
    pub(super) terminal: TerminalId,
    pub(super) expires_at: Timestamp,
    /// The key that it was used with.
    pub(super) used: Option<PublicKey>,
}

pub(super) fn find_ticket(tx: &mut Tx<'_>, hash: &[u8]) -> Result<Option<TicketRow>, DbError> {
    let read = |row: Row| {
        let used = row.opt_blob(3)?.is_some().then(|| bytes(&row, 3)).transpose()?;
        Ok(TicketRow {
            school: row.id(0)?.into(),
            terminal: row.id(1)?.into(),
            expires_at: row.time(2)?,
            used: used.map(PublicKey::from_bytes),
        })
    };
    tx.opt(&FIND_TICKET, &[hash.into()])?.map(read).transpose()
}

/// Whether it could still be used.
pub(super) fn use_ticket(tx: &mut Tx<'_>, hash: &[u8], key: &PublicKey, now: Timestamp) -> Result<bool, DbError> {
    Ok(tx.execute(&USE_TICKET, &[hash.into(), now.into(), key.as_bytes().as_slice().into()])? == 1)
}

/// The public half, and the secret as it is kept.
pub(super) fn authority(tx: &mut Tx<'_>, school: SchoolId) -> Result<Option<(PublicKey, Vec<u8>)>, DbError> {
    let read = |row: Row| Ok((PublicKey::from_bytes(bytes(&row, 0)?), row.blob(1)?));
    tx.opt(&AUTHORITY, &[school.into()])?.map(read).transpose()
}

/// The first one stays.
pub(super) fn put_authority(
    tx: &mut Tx<'_>,
    school: SchoolId,
    key: &PublicKey,
    sealed: &[u8],
    now: Timestamp,
) -> Result<(), DbError> {
    let params = [school.into(), key.as_bytes().as_slice().into(), sealed.into(), now.into()];
    tx.execute(&PUT_AUTHORITY, &params).map(|_| ())
}

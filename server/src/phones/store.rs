//! Rows of tickets and phones.

use crate::plumbing::db::{DbError, Row, Tx, Value};
use crate::signin::TokenHash;
use yitong_values::{BusinessDay, CredentialId, PersonId, SchoolId, Timestamp};

crate::sql! {
    CANCEL_TICKETS = "DELETE FROM phone_ticket WHERE school_id = $1 AND person_id = $2 AND used_at IS NULL";
    FORGET_TICKETS = "DELETE FROM phone_ticket WHERE expires_at < $1";
    INSERT_TICKET = "INSERT INTO phone_ticket (hash, school_id, person_id, made_at, expires_at) VALUES ($1, $2, $3, $4, $5)";
    FIND_TICKET = "SELECT school_id, person_id, expires_at, used_at FROM phone_ticket WHERE hash = $1";
    USE_TICKET = "UPDATE phone_ticket SET used_at = $2 WHERE hash = $1";
    INSERT_PHONE = "INSERT INTO phone (id, school_id, person_id, name, protection, device_key, cookie_hash, account, serial, \
                    not_before, proved_at, enrolled_at, seen_at) \
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $11)";
    /// Joined from the phone outwards: left to itself, the planner begins with the credentials of all schools.
    BY_ID = "SELECT p.id, p.school_id, p.person_id, p.name, p.protection, p.device_key, p.account, p.serial, p.not_before, \
             p.proved_at, p.enrolled_at, p.seen_at, c.status, c.expires_on, r.name, r.number, r.kind, r.status, s.name, s.phone \
             FROM phone p LEFT JOIN credential c ON c.school_id = p.school_id AND c.id = p.id \
             LEFT JOIN person r ON r.school_id = p.school_id AND r.id = p.person_id \
             LEFT JOIN school s ON s.id = p.school_id WHERE p.id = $1";
    BY_COOKIE = "SELECT p.id, p.school_id, p.person_id, p.name, p.protection, p.device_key, p.account, p.serial, \
                 p.not_before, p.proved_at, p.enrolled_at, p.seen_at, c.status, c.expires_on, r.name, r.number, r.kind, \
                 r.status, s.name, s.phone FROM phone p JOIN credential c ON c.school_id = p.school_id AND c.id = p.id \
                 JOIN person r ON r.school_id = p.school_id AND r.id = p.person_id \
                 JOIN school s ON s.id = p.school_id WHERE p.cookie_hash = $1";
    LIST = "SELECT p.id, p.school_id, p.person_id, p.name, p.protection, p.device_key, p.account, p.serial, p.not_before, \
            p.proved_at, p.enrolled_at, p.seen_at, c.status, c.expires_on, r.name, r.number, r.kind, r.status, \
            (SELECT s.name FROM school s WHERE s.id = p.school_id), \
            (SELECT s.phone FROM school s WHERE s.id = p.school_id) \
            FROM phone p JOIN credential c ON c.school_id = p.school_id AND c.id = p.id \
            JOIN person r ON r.school_id = p.school_id AND r.id = p.person_id \
            WHERE p.school_id = $1 AND (p.id < $2 OR $2 IS NULL) \
            AND (p.person_id = $3 OR $3 IS NULL) \
            AND ($4 = '' OR r.name LIKE $4 ESCAPE '\\' OR r.number LIKE $4 ESCAPE '\\') ORDER BY p.id DESC LIMIT $5";
    /// Those that could show a code, or could again.
    HELD = "SELECT p.id, p.name, p.seen_at FROM phone p JOIN credential c ON c.school_id = p.school_id AND c.id = p.id \
            WHERE p.school_id = $1 AND p.person_id = $2 AND c.status IN ('active', 'lost') AND c.expires_on >= $3 \
            ORDER BY p.seen_at";
    RENEW_KEY = "UPDATE phone SET device_key = $2, protection = $3, proved_at = 0 WHERE id = $1";
    SEEN = "UPDATE phone SET not_before = $2, proved_at = $3, seen_at = $4 WHERE id = $1";
}

pub struct Ticket {
    pub school: SchoolId,
    pub person: PersonId,
    pub expires_at: Timestamp,
    pub used: bool,
}

/// A newer ticket of a person cancels those before.
pub fn put_ticket(
    tx: &mut Tx<'_>,
    hash: &[u8],
    school: SchoolId,
    person: PersonId,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), DbError> {
    tx.execute(&CANCEL_TICKETS, &[school.into(), person.into()])?;
    tx.execute(&INSERT_TICKET, &[hash.into(), school.into(), person.into(), now.into(), expires_at.into()]).map(|_| ())
}

/// Whoever comes with one that is long over hears that there is none.
pub fn forget_tickets(tx: &mut Tx<'_>, before: Timestamp) -> Result<(), DbError> {
    tx.execute(&FORGET_TICKETS, &[before.into()]).map(|_| ())
}

pub fn find_ticket(tx: &mut Tx<'_>, hash: &[u8]) -> Result<Option<Ticket>, DbError> {
    let ticket = |row: Row| {
        Ok(Ticket {
            school: row.id(0)?.into(),
            person: row.id(1)?.into(),
            expires_at: row.time(2)?,
            used: row.opt_int(3)?.is_some(),
        })
    };
    tx.opt(&FIND_TICKET, &[hash.into()])?.map(ticket).transpose()
}

pub fn use_ticket(tx: &mut Tx<'_>, hash: &[u8], now: Timestamp) -> Result<(), DbError> {
    tx.execute(&USE_TICKET, &[hash.into(), now.into()]).map(|_| ())
}

/// A phone with its credential's state, its person and its school.
#[derive(Clone, Debug)]
pub struct PhoneRow {
    pub id: CredentialId,
    pub school: SchoolId,
    pub person: PersonId,
    pub name: String,
    pub protection: String,
    pub device_key: [u8; 33],
    pub account: u32,
    pub serial: u32,
    /// Minutes since 2020.
    pub not_before: u32,
    pub proved_at: i64,
    pub enrolled_at: Timestamp,
    pub seen_at: Timestamp,
    /// active, lost or replaced
    pub status: String,
    pub expires_on: BusinessDay,
    pub person_name: String,
    pub person_number: String,
    pub person_kind: String,
    pub person_status: String,
    pub school_name: String,
    pub office_phone: String,
}

fn phone(row: &Row) -> Result<PhoneRow, DbError> {
    let number = |i| u32::try_from(row.int(i)?).map_err(|_| DbError::Broken("a phone's number is out of range".into()));
    let key = row.blob(5)?.try_into().map_err(|_| DbError::Broken("a device key has another length".into()))?;
    Ok(PhoneRow {
        id: row.id(0)?.into(),
        school: row.id(1)?.into(),
        person: row.id(2)?.into(),
        name: row.text(3)?,
        protection: row.text(4)?,
        device_key: key,
        account: number(6)?,
        serial: number(7)?,
        not_before: number(8)?,
        proved_at: row.int(9)?,
        enrolled_at: row.time(10)?,
        seen_at: row.time(11)?,
        status: row.text(12)?,
        expires_on: row.day(13)?,
        person_name: row.text(14)?,
        person_number: row.text(15)?,
        person_kind: row.text(16)?,
        person_status: row.text(17)?,
        school_name: row.text(18)?,
        office_phone: row.text(19)?,
    })
}

pub fn find_phone(tx: &mut Tx<'_>, id: CredentialId) -> Result<Option<PhoneRow>, DbError> {
    tx.opt(&BY_ID, &[id.into()])?.map(|row| phone(&row)).transpose()
}

pub fn find_by_cookie(tx: &mut Tx<'_>, hash: &TokenHash) -> Result<Option<PhoneRow>, DbError> {
    tx.opt(&BY_COOKIE, &[hash.as_slice().into()])?.map(|row| phone(&row)).transpose()
}

pub fn list(tx: &mut Tx<'_>, params: &[Value]) -> Result<Vec<PhoneRow>, DbError> {
    tx.query(&LIST, params)?.iter().map(phone).collect()
}

/// The one that was seen longest ago comes first.
pub fn held(
    tx: &mut Tx<'_>,
    school: SchoolId,
    person: PersonId,
    today: BusinessDay,
) -> Result<Vec<super::refusal::Held>, DbError> {
    let of = |row: &Row| Ok(super::refusal::Held { id: row.id(0)?.into(), name: row.text(1)?, seen_at: row.time(2)? });
    tx.query(&HELD, &[school.into(), person.into(), today.into()])?.iter().map(of).collect()
}

pub struct NewPhone<'a> {
    pub id: CredentialId,
    pub school: SchoolId,
    pub person: PersonId,
    pub name: &'a str,
    pub protection: &'a str,
    pub device_key: &'a [u8; 33],
    pub cookie: &'a TokenHash,
    pub account: u32,
    pub serial: u32,
    pub not_before: u32,
    pub now: Timestamp,
}

pub fn insert_phone(tx: &mut Tx<'_>, new: &NewPhone<'_>) -> Result<(), DbError> {
    let params = [
        new.id.into(),
        new.school.into(),
        new.person.into(),
        new.name.into(),
        new.protection.into(),
        new.device_key.as_slice().into(),
        new.cookie.as_slice().into(),
        new.account.into(),
        new.serial.into(),
        new.not_before.into(),
        new.now.into(),
    ];
    tx.execute(&INSERT_PHONE, &params).map(|_| ())
}

pub fn renew_key(tx: &mut Tx<'_>, id: CredentialId, key: &[u8; 33], protection: &str) -> Result<(), DbError> {
    tx.execute(&RENEW_KEY, &[id.into(), key.as_slice().into(), protection.into()]).map(|_| ())
}

pub fn seen(tx: &mut Tx<'_>, id: CredentialId, not_before: u32, proved_at: i64, now: Timestamp) -> Result<(), DbError> {
    tx.execute(&SEEN, &[id.into(), not_before.into(), proved_at.into(), now.into()]).map(|_| ())
}

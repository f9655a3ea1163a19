//! Rows of binding codes, of wrong look-ups, and of how many were refused.

use crate::plumbing::db::{DbError, Row, Tx, Value};
use crate::signin::Failures;
use uuid::Uuid;
use yitong_values::{BusinessDay, ClassId, GuardianId, PersonId, SchoolId, Timestamp, UserId};

crate::sql! {
    REVOKE_UNUSED = "UPDATE binding_code SET revoked_at = $3 WHERE school_id = $1 AND person_id = $2 \
                     AND used_at IS NULL AND revoked_at IS NULL";
    INSERT = "INSERT INTO binding_code (hash, school_id, person_id, made_at, made_by, expires_at) \
              VALUES ($1, $2, $3, $4, $5, $6)";
    FORGET = "DELETE FROM binding_code WHERE school_id = $1 AND person_id = $2 AND expires_at < $3";
    /// A code with its child and school, in one statement whatever the code is.
    FIND = "SELECT c.school_id, c.person_id, c.expires_at, c.used_at, c.revoked_at, p.name, p.number, p.id_hash, p.kind, \
            p.status, k.name, s.name FROM binding_code c JOIN school s ON s.id = c.school_id \
            JOIN person p ON p.school_id = c.school_id AND p.id = c.person_id \
            LEFT JOIN class k ON k.school_id = p.school_id AND k.id = p.class_id WHERE c.hash = $1";
    USE = "UPDATE binding_code SET used_at = $2, used_by = $3 WHERE hash = $1 AND used_at IS NULL \
           AND revoked_at IS NULL AND expires_at > $2";
    STATUS = "SELECT p.id, p.name, p.number, k.name, \
              (SELECT CAST(COUNT(*) AS BIGINT) FROM binding_code c WHERE c.school_id = p.school_id AND c.person_id = p.id \
              AND c.used_at IS NULL AND c.revoked_at IS NULL AND c.expires_at > $2), \
              (SELECT MAX(c.expires_at) FROM binding_code c WHERE c.school_id = p.school_id AND c.person_id = p.id \
              AND c.used_at IS NULL AND c.revoked_at IS NULL AND c.expires_at > $2), \
              (SELECT CAST(COUNT(*) AS BIGINT) FROM binding_code c WHERE c.school_id = p.school_id AND c.person_id = p.id \
              AND c.used_at IS NOT NULL), \
              (SELECT CAST(COUNT(*) AS BIGINT) FROM binding b WHERE b.school_id = p.school_id AND b.person_id = p.id \
              AND b.state = 'active') \
              FROM person p LEFT JOIN class k ON k.school_id = p.school_id AND k.id = p.class_id \
              WHERE p.school_id = $1 AND p.kind = 'student' AND p.status = 'active' AND p.number > $3 \
              AND (p.class_id = $4 OR $4 IS NULL) \
              AND ($5 = '' OR p.name LIKE $5 ESCAPE '\\' OR p.number LIKE $5 ESCAPE '\\') ORDER BY p.number LIMIT $6";
    TRIES = "SELECT key_hash, failures, first_at, locked_until FROM binding_try WHERE key_hash IN ($1, $2, $3)";
    PUT_TRY = "INSERT INTO binding_try (key_hash, failures, first_at, locked_until) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (key_hash) DO UPDATE SET failures = excluded.failures, first_at = excluded.first_at, \
               locked_until = excluded.locked_until";
    FORGET_TRIES = "DELETE FROM binding_try WHERE first_at < $1 AND locked_until < $1";
    COUNT_REFUSED = "INSERT INTO binding_refused (school_id, day, look_ups) VALUES ($1, $2, 1) \
                     ON CONFLICT (school_id, day) DO UPDATE SET look_ups = binding_refused.look_ups + 1";
    REFUSED_ON = "SELECT look_ups FROM binding_refused WHERE school_id = $1 AND day = $2";
}

/// Those that a new code takes the place of: unused ones are worth nothing from now on.
pub fn revoke_unused(tx: &mut Tx<'_>, school: SchoolId, person: PersonId, now: Timestamp) -> Result<(), DbError> {
    tx.execute(&REVOKE_UNUSED, &[school.into(), person.into(), now.into()]).map(|_| ())
}

/// What expired long ago is not kept.
pub fn forget_codes(tx: &mut Tx<'_>, school: SchoolId, person: PersonId, before: Timestamp) -> Result<(), DbError> {
    tx.execute(&FORGET, &[school.into(), person.into(), before.into()]).map(|_| ())
}

pub struct NewCode {
    pub hash: Vec<u8>,
    pub school: SchoolId,
    pub person: PersonId,
    pub made_by: UserId,
    pub made_at: Timestamp,
    pub expires_at: Timestamp,
}

pub fn insert_code(tx: &mut Tx<'_>, new: &NewCode) -> Result<(), DbError> {
    let params: [Value; 6] = [
        new.hash.as_slice().into(),
        new.school.into(),
        new.person.into(),
        new.made_at.into(),
        new.made_by.into(),
        new.expires_at.into(),
    ];
    tx.execute(&INSERT, &params).map(|_| ())
}

/// A code that some school made, with its child.
#[derive(Clone)]
pub struct CodeRow {
    pub school: SchoolId,
    pub person: PersonId,
    pub expires_at: Timestamp,
    pub used: bool,
    pub revoked: bool,
    pub name: String,
    pub number: String,
    pub id_hash: Option<Vec<u8>>,
    pub kind: String,
    pub status: String,
    pub class: Option<String>,
    pub school_name: String,
}

impl CodeRow {
    /// Still good, for a child who is at the school.
    pub fn good(&self, now: Timestamp) -> bool {
        !self.used && !self.revoked && now < self.expires_at && self.status == "active"
    }
}

pub fn find_code(tx: &mut Tx<'_>, hash: &[u8]) -> Result<Option<CodeRow>, DbError> {
    let code = |row: Row| {
        Ok(CodeRow {
            school: row.id(0)?.into(),
            person: row.id(1)?.into(),
            expires_at: row.time(2)?,
            used: row.opt_int(3)?.is_some(),
            revoked: row.opt_int(4)?.is_some(),
            name: row.text(5)?,
            number: row.text(6)?,
            id_hash: row.opt_blob(7)?,
            kind: row.text(8)?,
            status: row.text(9)?,
            class: row.opt_text(10)?,
            school_name: row.text(11)?,
        })
    };
    tx.opt(&FIND, &[hash.into()])?.map(code).transpose()
}

/// False when it was used, revoked or over: of two who come with one code, one is first.
pub fn use_code(tx: &mut Tx<'_>, hash: &[u8], guardian: GuardianId, now: Timestamp) -> Result<bool, DbError> {
    Ok(tx.execute(&USE, &[hash.into(), now.into(), guardian.into()])? == 1)
}

/// A pupil, with how many codes wait and how many were used.
pub struct CodeStatus {
    pub person: PersonId,
    pub name: String,
    pub number: String,
    pub class: Option<String>,
    pub open: i64,
    pub expires_at: Option<Timestamp>,
    pub used: i64,
    pub guardians: i64,
}

pub struct StatusFilter {
    pub class: Option<ClassId>,
    pub like: String,
    pub after: String,
    pub limit: i64,
}

pub fn status(
    tx: &mut Tx<'_>,
    school: SchoolId,
    filter: &StatusFilter,
    now: Timestamp,
) -> Result<Vec<CodeStatus>, DbError> {
    let params: [Value; 6] = [
        school.into(),
        now.into(),
        filter.after.as_str().into(),
        filter.class.into(),
        filter.like.as_str().into(),
        filter.limit.into(),
    ];
    let one = |row: &Row| {
        Ok(CodeStatus {
            person: row.id(0)?.into(),
            name: row.text(1)?,
            number: row.text(2)?,
            class: row.opt_text(3)?,
            open: row.int(4)?,
            expires_at: row.opt_time(5)?,
            used: row.int(6)?,
            guardians: row.int(7)?,
        })
    };
    tx.query(&STATUS, &params)?.iter().map(one).collect()
}

/// What is known of three keys, in their order.
pub fn tries(tx: &mut Tx<'_>, keys: &[Vec<u8>; 3]) -> Result<[Option<Failures>; 3], DbError> {
    let params: Vec<Value> = keys.iter().map(|key| key.as_slice().into()).collect();
    let mut found = [None; 3];
    for row in tx.query(&TRIES, &params)? {
        let key = row.blob(0)?;
        let failures = Failures { count: row.int(1)?, first_at: row.time(2)?, locked_until: row.time(3)? };
        for (place, _) in found.iter_mut().zip(keys).filter(|(_, known)| **known == key) {
            *place = Some(failures);
        }
    }
    Ok(found)
}

pub fn put_try(tx: &mut Tx<'_>, key: &[u8], failures: &Failures) -> Result<(), DbError> {
    let Failures { count, first_at, locked_until } = *failures;
    tx.execute(&PUT_TRY, &[key.into(), count.into(), first_at.into(), locked_until.into()]).map(|_| ())
}

pub fn forget_tries(tx: &mut Tx<'_>, before: Timestamp) -> Result<(), DbError> {
    tx.execute(&FORGET_TRIES, &[before.into()]).map(|_| ())
}

pub fn count_refused(tx: &mut Tx<'_>, school: Uuid, day: BusinessDay) -> Result<(), DbError> {
    tx.execute(&COUNT_REFUSED, &[school.into(), day.into()]).map(|_| ())
}

pub fn refused_on(tx: &mut Tx<'_>, school: Uuid, day: BusinessDay) -> Result<i64, DbError> {
    tx.opt(&REFUSED_ON, &[school.into(), day.into()])?.map_or(Ok(0), |row| row.int(0))
}

//! Rows of users, grants, sessions and the audit trail.

use super::audit::Change;
use super::lockout::{self, Failures};
use super::sessions::TokenHash;
use crate::plumbing::db::{DbError, Row, Tx, Value};
use uuid::Uuid;
use yitong_values::{ClassId, SchoolId, Timestamp, UserId};

crate::sql! {
    INSERT_AUDIT = "INSERT INTO audit (id, at, school_id, user_id, from_ip, action, subject_kind, subject_id, \
                    subject_name, before, after) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    LIST_AUDIT = "SELECT a.id, a.at, a.user_id, u.name, a.action, a.subject_kind, a.subject_id, a.subject_name, a.before, \
                  a.after, a.from_ip FROM audit a LEFT JOIN app_user u ON u.id = a.user_id \
                  WHERE a.school_id = $1 AND (a.id < $2 OR $2 IS NULL) AND (a.action = $3 OR $3 IS NULL) \
                  AND (a.user_id = $4 OR $4 IS NULL) AND (a.at >= $5 OR $5 IS NULL) AND (a.at < $6 OR $6 IS NULL) \
                  AND ($7 = '' OR a.subject_name LIKE $7 ESCAPE '\\' OR a.subject_id LIKE $7 ESCAPE '\\' \
                  OR a.action LIKE $7 ESCAPE '\\' OR u.name LIKE $7 ESCAPE '\\') ORDER BY a.id DESC LIMIT $8";
    COUNT_USERS = "SELECT CAST(COUNT(*) AS BIGINT) FROM app_user";
    FIND_USER = "SELECT id, username, name, password, locale, disabled, totp_secret, totp_confirmed, totp_step, \
                 last_signin_at FROM app_user WHERE id = $1";
    FIND_USERNAME = "SELECT id, username, name, password, locale, disabled, totp_secret, totp_confirmed, totp_step, \
                     last_signin_at FROM app_user WHERE username = $1";
    LIST_USERS = "SELECT DISTINCT u.id, u.username, u.name, u.password, u.locale, u.disabled, u.totp_secret, \
                  u.totp_confirmed, u.totp_step, u.last_signin_at \
                  FROM app_user u JOIN role_grant g ON g.user_id = u.id WHERE g.school_id = $1 \
                  AND ($2 = '' OR u.name LIKE $2 ESCAPE '\\' OR u.username LIKE $2 ESCAPE '\\') \
                  AND u.username > $3 ORDER BY u.username LIMIT $4";
    INSERT_USER = "INSERT INTO app_user (id, username, name, password, created_at) VALUES ($1, $2, $3, $4, $5)";
    UPDATE_USER = "UPDATE app_user SET name = $2, disabled = $3 WHERE id = $1";
    SET_PASSWORD = "UPDATE app_user SET password = $2 WHERE id = $1";
    SET_LOCALE = "UPDATE app_user SET locale = $2 WHERE id = $1";
    SET_TOTP = "UPDATE app_user SET totp_secret = $2, totp_confirmed = $3, totp_step = $4 WHERE id = $1";
    USE_TOTP_STEP = "UPDATE app_user SET totp_step = $2 WHERE id = $1 AND totp_step < $2";
    SIGNED_IN = "UPDATE app_user SET last_signin_at = $2 WHERE id = $1";
    FIND_FAILURES = "SELECT failures, first_at, locked_until FROM signin_failure WHERE name_hash = $1";
    PUT_FAILURES = "INSERT INTO signin_failure (name_hash, failures, first_at, locked_until) VALUES ($1, $2, $3, $4) \
                    ON CONFLICT (name_hash) DO UPDATE SET failures = excluded.failures, first_at = excluded.first_at, \
                    locked_until = excluded.locked_until";
    DELETE_FAILURES = "DELETE FROM signin_failure WHERE name_hash = $1";
    FORGET_FAILURES = "DELETE FROM signin_failure WHERE first_at < $1 AND locked_until < $1";
    CLAIM_SETUP = "INSERT INTO setup_done (one, at) VALUES (1, $1) ON CONFLICT DO NOTHING";
    GRANTS_OF = "SELECT role, scope_kind, scope_id, school_id FROM role_grant WHERE user_id = $1 \
                 ORDER BY role, scope_kind, scope_id";
    ADD_GRANT = "INSERT INTO role_grant (user_id, role, scope_kind, scope_id, school_id) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT DO NOTHING";
    REMOVE_CLASSES = "DELETE FROM grant_class WHERE user_id = $1 AND school_id = $2";
    ADD_CLASS = "INSERT INTO grant_class (user_id, role, school_id, class_id) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT DO NOTHING";
    CLASSES_OF = "SELECT g.class_id, c.name FROM grant_class g \
                  JOIN class c ON c.school_id = g.school_id AND c.id = g.class_id \
                  WHERE g.user_id = $1 AND g.role = $2 AND g.school_id = $3 ORDER BY c.name";
    IS_CLASS = "SELECT CAST(COUNT(*) AS BIGINT) FROM class WHERE school_id = $1 AND id = $2";
    HOLDERS = "SELECT u.id, g.role, u.totp_confirmed FROM role_grant g JOIN app_user u ON u.id = g.user_id \
               WHERE g.school_id = $1 AND u.disabled = 0 ORDER BY u.id, g.role";
    REMOVE_GRANTS = "DELETE FROM role_grant WHERE user_id = $1 AND school_id = $2";
    OTHER_ADMINS = "SELECT CAST(COUNT(*) AS BIGINT) FROM role_grant g JOIN app_user u ON u.id = g.user_id \
                    WHERE g.school_id = $1 AND g.role = 'school_admin' AND u.disabled = 0 AND u.id <> $2";
    INSERT_SESSION = "INSERT INTO session (token_hash, user_id, created_at, seen_at) VALUES ($1, $2, $3, $4)";
    FIND_SESSION = "SELECT user_id, created_at, seen_at FROM session WHERE token_hash = $1";
    TOUCH_SESSION = "UPDATE session SET seen_at = $2 WHERE token_hash = $1";
    DELETE_SESSION = "DELETE FROM session WHERE token_hash = $1";
    DELETE_SESSIONS = "DELETE FROM session WHERE user_id = $1";
    DELETE_OLD_SESSIONS = "DELETE FROM session WHERE created_at < $1 OR seen_at < $2";
    ADD_RECOVERY = "INSERT INTO recovery_code (user_id, hash) VALUES ($1, $2)";
    USE_RECOVERY = "DELETE FROM recovery_code WHERE user_id = $1 AND hash = $2";
    DELETE_RECOVERY = "DELETE FROM recovery_code WHERE user_id = $1";
    ALL_SCHOOLS = "SELECT id FROM school ORDER BY id";
    SCHOOLS_OF_DISTRICT = "SELECT id FROM school WHERE district_id = $1 ORDER BY id";
    SCHOOL_NAME = "SELECT name, short FROM school WHERE id = $1";
    /// Which school a place lies in, and its name: a grant names a place by its id alone.
    PLACE = "SELECT 'school', id, name FROM school WHERE id = $2 AND id = $1 \
             UNION ALL SELECT 'campus', id, name FROM campus WHERE school_id = $1 AND id = $2 \
             UNION ALL SELECT 'canteen', id, name FROM canteen WHERE school_id = $1 AND id = $2 \
             UNION ALL SELECT 'stall', id, name FROM stall WHERE school_id = $1 AND id = $2";
}

pub(super) fn insert_audit(tx: &mut Tx<'_>, change: &Change<'_>) -> Result<(), DbError> {
    let from = change.actor.from.map(|ip| ip.to_string());
    let params = [
        change.id.into(),
        change.at.into(),
        change.school.into(),
        change.actor.user.into(),
        from.into(),
        change.action.into(),
        change.subject_kind.into(),
        change.subject_id.into(),
        change.subject_name.into(),
        change.before.to_string().into(),
        change.after.to_string().into(),
    ];
    tx.execute(&INSERT_AUDIT, &params).map(|_| ())
}

/// Who was granted what at this school and below, and whether with a second factor.
pub(super) fn holders(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<(UserId, String, bool)>, DbError> {
    let one = |row: &Row| Ok((row.id(0)?.into(), row.text(1)?, row.flag(2)?));
    tx.query(&HOLDERS, &[school.into()])?.iter().map(one).collect()
}

pub(super) fn list_audit(tx: &mut Tx<'_>, params: &[Value]) -> Result<Vec<Row>, DbError> {
    tx.query(&LIST_AUDIT, params)
}

pub(super) struct UserRow {
    pub(super) id: UserId,
    pub(super) username: String,
    pub(super) name: String,
    pub(super) password: String,
    pub(super) locale: String,
    pub(super) disabled: bool,
    pub(super) totp_secret: Option<Vec<u8>>,
    pub(super) totp_confirmed: bool,
    pub(super) totp_step: i64,
    pub(super) last_signin_at: Option<Timestamp>,
}

fn user(row: &Row) -> Result<UserRow, DbError> {
    Ok(UserRow {
        id: row.id(0)?.into(),
        username: row.text(1)?,
        name: row.text(2)?,
        password: row.text(3)?,
        locale: row.text(4)?,
        disabled: row.flag(5)?,
        totp_secret: row.opt_blob(6)?,
        totp_confirmed: row.flag(7)?,
        totp_step: row.int(8)?,
        last_signin_at: row.opt_time(9)?,
    })
}

pub(super) fn count_users(tx: &mut Tx<'_>) -> Result<i64, DbError> {
    tx.one(&COUNT_USERS, &[])?.int(0)
}

pub(super) fn find_user(tx: &mut Tx<'_>, id: UserId) -> Result<Option<UserRow>, DbError> {
    tx.opt(&FIND_USER, &[id.into()])?.map(|row| user(&row)).transpose()
}

pub(super) fn find_username(tx: &mut Tx<'_>, username: &str) -> Result<Option<UserRow>, DbError> {
    tx.opt(&FIND_USERNAME, &[username.into()])?.map(|row| user(&row)).transpose()
}

pub(super) fn list_users(
    tx: &mut Tx<'_>,
    school: SchoolId,
    like: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<UserRow>, DbError> {
    tx.query(&LIST_USERS, &[school.into(), like.into(), after.into(), limit.into()])?.iter().map(user).collect()
}

pub(super) fn insert_user(
    tx: &mut Tx<'_>,
    id: UserId,
    username: &str,
    name: &str,
    password: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.execute(&INSERT_USER, &[id.into(), username.into(), name.into(), password.into(), now.into()]).map(|_| ())
}

pub(super) fn update_user(tx: &mut Tx<'_>, id: UserId, name: &str, disabled: bool) -> Result<(), DbError> {
    tx.execute(&UPDATE_USER, &[id.into(), name.into(), disabled.into()]).map(|_| ())
}

pub(super) fn set_password(tx: &mut Tx<'_>, id: UserId, password: &str) -> Result<(), DbError> {
    tx.execute(&SET_PASSWORD, &[id.into(), password.into()]).map(|_| ())
}

pub(super) fn set_locale(tx: &mut Tx<'_>, id: UserId, locale: &str) -> Result<(), DbError> {
    tx.execute(&SET_LOCALE, &[id.into(), locale.into()]).map(|_| ())
}

pub(super) fn set_totp(
    tx: &mut Tx<'_>,
    id: UserId,
    sealed: Option<Vec<u8>>,
    confirmed: bool,
    step: i64,
) -> Result<(), DbError> {
    tx.execute(&SET_TOTP, &[id.into(), sealed.into(), confirmed.into(), step.into()]).map(|_| ())
}

pub(super) fn find_failures(tx: &mut Tx<'_>, name: &[u8]) -> Result<Option<Failures>, DbError> {
    let failures = |row: Row| Ok(Failures { count: row.int(0)?, first_at: row.time(1)?, locked_until: row.time(2)? });
    tx.opt(&FIND_FAILURES, &[name.into()])?.map(failures).transpose()
}

/// Counted inside the transaction: guesses that arrive together count each.
pub(super) fn count_failure(tx: &mut Tx<'_>, name: &[u8], now: Timestamp) -> Result<Failures, DbError> {
    tx.execute(&FORGET_FAILURES, &[now.plus_ms(-lockout::FORGET_MS).into()])?;
    let before = find_failures(tx, name)?;
    if let Some(locked) = before.filter(|before| before.locked(now)) {
        return Ok(locked);
    }
    let after = lockout::after_failure(before, now);
    let params = [name.into(), after.count.into(), after.first_at.into(), after.locked_until.into()];
    tx.execute(&PUT_FAILURES, &params)?;
    Ok(after)
}

pub(super) fn forget_failures(tx: &mut Tx<'_>, name: &[u8]) -> Result<(), DbError> {
    tx.execute(&DELETE_FAILURES, &[name.into()]).map(|_| ())
}

/// False when this step or a later one was used: a code seen over a shoulder is worth nothing.
pub(super) fn use_totp_step(tx: &mut Tx<'_>, id: UserId, step: i64) -> Result<bool, DbError> {
    Ok(tx.execute(&USE_TOTP_STEP, &[id.into(), step.into()])? == 1)
}

pub(super) fn signed_in(tx: &mut Tx<'_>, id: UserId, now: Timestamp) -> Result<(), DbError> {
    tx.execute(&SIGNED_IN, &[id.into(), now.into()]).map(|_| ())
}

/// True for the one who sets the server up.
pub(super) fn claim_setup(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool, DbError> {
    Ok(tx.execute(&CLAIM_SETUP, &[now.into()])? == 1)
}

pub(super) struct GrantRow {
    pub(super) role: String,
    pub(super) scope_kind: String,
    pub(super) scope_id: Uuid,
    pub(super) school: SchoolId,
}

pub(super) fn grants_of(tx: &mut Tx<'_>, user: UserId) -> Result<Vec<GrantRow>, DbError> {
    let grant = |row: &Row| {
        Ok(GrantRow { role: row.text(0)?, scope_kind: row.text(1)?, scope_id: row.id(2)?, school: row.id(3)?.into() })
    };
    tx.query(&GRANTS_OF, &[user.into()])?.iter().map(grant).collect()
}

pub(super) fn add_grant(tx: &mut Tx<'_>, user: UserId, grant: &GrantRow) -> Result<(), DbError> {
    let params = [
        user.into(),
        grant.role.as_str().into(),
        grant.scope_kind.as_str().into(),
        grant.scope_id.into(),
        grant.school.into(),
    ];
    tx.execute(&ADD_GRANT, &params).map(|_| ())
}

pub(super) fn remove_grants(tx: &mut Tx<'_>, user: UserId, school: SchoolId) -> Result<(), DbError> {
    tx.execute(&REMOVE_CLASSES, &[user.into(), school.into()])?;
    tx.execute(&REMOVE_GRANTS, &[user.into(), school.into()]).map(|_| ())
}

pub(super) fn add_class(tx: &mut Tx<'_>, user: UserId, grant: &GrantRow, class: ClassId) -> Result<(), DbError> {
    let params = [user.into(), grant.role.as_str().into(), grant.school.into(), class.into()];
    tx.execute(&ADD_CLASS, &params).map(|_| ())
}

/// The classes that a role is for, with their names.
pub(super) fn classes_of(
    tx: &mut Tx<'_>,
    user: UserId,
    role: &str,
    school: SchoolId,
) -> Result<Vec<(Uuid, String)>, DbError> {
    let params = [user.into(), role.into(), school.into()];
    tx.query(&CLASSES_OF, &params)?.iter().map(|row| Ok((row.id(0)?, row.text(1)?))).collect()
}

pub(super) fn is_class(tx: &mut Tx<'_>, school: SchoolId, class: Uuid) -> Result<bool, DbError> {
    Ok(tx.one(&IS_CLASS, &[school.into(), class.into()])?.int(0)? == 1)
}

pub(super) fn other_admins(tx: &mut Tx<'_>, school: SchoolId, but: UserId) -> Result<i64, DbError> {
    tx.one(&OTHER_ADMINS, &[school.into(), but.into()])?.int(0)
}

pub(super) struct SessionRow {
    pub(super) user: UserId,
    pub(super) created_at: Timestamp,
    pub(super) seen_at: Timestamp,
}

pub(super) fn insert_session(tx: &mut Tx<'_>, hash: &TokenHash, user: UserId, now: Timestamp) -> Result<(), DbError> {
    let (idle, life) = (super::sessions::SESSION_IDLE_MS, super::sessions::SESSION_LIFE_MS);
    tx.execute(&DELETE_OLD_SESSIONS, &[now.plus_ms(-life).into(), now.plus_ms(-idle).into()])?;
    tx.execute(&INSERT_SESSION, &[hash.as_slice().into(), user.into(), now.into(), now.into()]).map(|_| ())
}

pub(super) fn find_session(tx: &mut Tx<'_>, hash: &TokenHash) -> Result<Option<SessionRow>, DbError> {
    let session =
        |row: Row| Ok(SessionRow { user: row.id(0)?.into(), created_at: row.time(1)?, seen_at: row.time(2)? });
    tx.opt(&FIND_SESSION, &[hash.as_slice().into()])?.map(session).transpose()
}

pub(super) fn touch_session(tx: &mut Tx<'_>, hash: &TokenHash, now: Timestamp) -> Result<(), DbError> {
    tx.execute(&TOUCH_SESSION, &[hash.as_slice().into(), now.into()]).map(|_| ())
}

pub(super) fn delete_session(tx: &mut Tx<'_>, hash: &TokenHash) -> Result<(), DbError> {
    tx.execute(&DELETE_SESSION, &[hash.as_slice().into()]).map(|_| ())
}

pub(super) fn delete_sessions(tx: &mut Tx<'_>, user: UserId) -> Result<(), DbError> {
    tx.execute(&DELETE_SESSIONS, &[user.into()]).map(|_| ())
}

pub(super) fn replace_recovery(tx: &mut Tx<'_>, user: UserId, hashes: &[Vec<u8>]) -> Result<(), DbError> {
    tx.execute(&DELETE_RECOVERY, &[user.into()])?;
    for hash in hashes {
        tx.execute(&ADD_RECOVERY, &[user.into(), hash.as_slice().into()])?;
    }
    Ok(())
}

/// A recovery code works once.
pub(super) fn use_recovery(tx: &mut Tx<'_>, user: UserId, hash: &[u8]) -> Result<bool, DbError> {
    Ok(tx.execute(&USE_RECOVERY, &[user.into(), hash.into()])? == 1)
}

pub(super) fn all_schools(tx: &mut Tx<'_>) -> Result<Vec<SchoolId>, DbError> {
    tx.query(&ALL_SCHOOLS, &[])?.iter().map(|row| row.id(0).map(SchoolId::new)).collect()
}

pub(super) fn schools_of_district(tx: &mut Tx<'_>, district: Uuid) -> Result<Vec<SchoolId>, DbError> {
    tx.query(&SCHOOLS_OF_DISTRICT, &[district.into()])?.iter().map(|row| row.id(0).map(SchoolId::new)).collect()
}

pub(super) fn school_name(tx: &mut Tx<'_>, school: SchoolId) -> Result<(String, String), DbError> {
    let row = tx.one(&SCHOOL_NAME, &[school.into()])?;
    Ok((row.text(0)?, row.text(1)?))
}

/// The kind and name of a place of this school.
pub(super) fn find_place(tx: &mut Tx<'_>, school: SchoolId, place: Uuid) -> Result<Option<(String, String)>, DbError> {
    let found = tx.opt(&PLACE, &[school.into(), place.into()])?;
    found.map(|row| Ok((row.text(0)?, row.text(2)?))).transpose()
}

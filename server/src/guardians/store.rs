//! Rows of guardians and their sessions.

use crate::notices::{self, Habits, Locale};
use crate::plumbing::db::{DbError, Row, Tx, Value};
use crate::plumbing::seal::Seal;
use crate::signin::TokenHash;
use yitong_values::{GuardianId, Timestamp};

crate::sql! {
    FIND = "SELECT id, phone_mask, name, locale, elder, quiet_from, quiet_to, seen_at FROM guardian WHERE id = $1";
    BY_PHONE = "SELECT id, phone_mask, name, locale, elder, quiet_from, quiet_to, seen_at FROM guardian \
                WHERE phone_hash = $1";
    /// Who signs in for the first time twice at once is one guardian.
    INSERT = "INSERT INTO guardian (id, phone_sealed, phone_hash, phone_mask, quiet_from, quiet_to, created_at, \
              seen_at) VALUES ($1, $2, $3, $4, $6, $7, $5, $5) ON CONFLICT (phone_hash) DO NOTHING";
    UPDATE = "UPDATE guardian SET name = $2, locale = $3, elder = $4, quiet_from = $5, quiet_to = $6 WHERE id = $1";
    SEEN = "UPDATE guardian SET seen_at = $2 WHERE id = $1";
    INSERT_SESSION = "INSERT INTO guardian_session (token_hash, guardian_id, created_at, seen_at) VALUES ($1, $2, $3, $3)";
    FIND_SESSION = "SELECT s.seen_at, g.id, g.phone_mask, g.name, g.locale, g.elder, g.quiet_from, g.quiet_to, g.seen_at \
                    FROM guardian_session s JOIN guardian g ON g.id = s.guardian_id \
                    WHERE s.token_hash = $1 AND s.seen_at > $2";
    TOUCH_SESSION = "UPDATE guardian_session SET seen_at = $2 WHERE token_hash = $1";
    DELETE_SESSION = "DELETE FROM guardian_session WHERE token_hash = $1";
    PHONE = "SELECT phone_sealed, phone_hash FROM guardian WHERE id = $1 AND erased_at IS NULL";
    /// Whom a school keeps out of a child is found by the phone's keyed hash for as long as it does.
    ERASE = "UPDATE guardian SET phone_sealed = $2, phone_mask = '', name = '', locale = 'zh', elder = 0, \
             quiet_from = NULL, quiet_to = NULL, erased_at = $3, phone_hash = CASE WHEN EXISTS (SELECT 1 FROM binding b \
             WHERE b.guardian_id = $1 AND b.locked = 1) THEN phone_hash ELSE $4 END WHERE id = $1";
    BACK = "UPDATE guardian SET phone_sealed = $2, phone_mask = $3, erased_at = NULL \
            WHERE id = $1 AND erased_at IS NOT NULL";
    DELETE_OWN_SESSIONS = "DELETE FROM guardian_session WHERE guardian_id = $1";
    DELETE_LINKS = "DELETE FROM guardian_link WHERE guardian_id = $1";
    DELETE_CODE = "DELETE FROM guardian_code WHERE phone_hash = (SELECT phone_hash FROM guardian WHERE id = $1)";
    FORGET_SESSIONS = "DELETE FROM guardian_session WHERE seen_at < $1";
}

/// A guardian as the own pages show one.
#[derive(Clone, Debug)]
pub struct GuardianRow {
    pub id: GuardianId,
    pub phone_mask: String,
    pub name: String,
    pub locale: String,
    pub elder: bool,
    /// Minutes of the day in China between which messages wait.
    pub quiet: Option<(i64, i64)>,
    pub seen_at: Timestamp,
}

fn guardian(row: &Row, at: usize) -> Result<GuardianRow, DbError> {
    Ok(GuardianRow {
        id: row.id(at)?.into(),
        phone_mask: row.text(at + 1)?,
        name: row.text(at + 2)?,
        locale: row.text(at + 3)?,
        elder: row.flag(at + 4)?,
        quiet: row.opt_int(at + 5)?.zip(row.opt_int(at + 6)?),
        seen_at: row.time(at + 7)?,
    })
}

pub fn find_guardian(tx: &mut Tx<'_>, id: GuardianId) -> Result<Option<GuardianRow>, DbError> {
    tx.opt(&FIND, &[id.into()])?.map(|row| guardian(&row, 0)).transpose()
}

/// What finds a phone; its plain digits are nowhere.
pub fn phone_hash(seal: &Seal, phone: &str) -> Vec<u8> {
    seal.search_hash("guardian.phone", phone)
}

/// 138****8000.
pub fn phone_mask(phone: &str) -> String {
    let signs: Vec<char> = phone.chars().collect();
    match signs.as_slice() {
        [head @ .., _, _, _, _] if head.len() >= 3 => {
            let (shown, tail): (String, String) = (head[..3].iter().collect(), signs[head.len()..].iter().collect());
            format!("{shown}{}{tail}", "*".repeat(head.len() - 3))
        }
        _ => "*".repeat(signs.len()),
    }
}

/// Where a guardian's phone is sealed for.
pub fn phone_place(id: GuardianId) -> String {
    format!("guardian.phone/{id}")
}

pub fn guardian_by_phone(tx: &mut Tx<'_>, seal: &Seal, phone: &str) -> Result<Option<GuardianRow>, DbError> {
    tx.opt(&BY_PHONE, &[phone_hash(seal, phone).into()])?.map(|row| guardian(&row, 0)).transpose()
}

/// The guardian with this phone, who is new with the id that was brought when nobody had it.
pub fn put_guardian(
    tx: &mut Tx<'_>,
    seal: &Seal,
    id: GuardianId,
    phone: &str,
    now: Timestamp,
) -> Result<GuardianRow, DbError> {
    if let Some(known) = guardian_by_phone(tx, seal, phone)? {
        let sealed = seal.seal(&phone_place(known.id), phone.as_bytes());
        let back = tx.execute(&BACK, &[known.id.into(), sealed.into(), phone_mask(phone).into()])?;
        return if back == 0 { Ok(known) } else { Ok(GuardianRow { phone_mask: phone_mask(phone), ..known }) };
    }
    let sealed = seal.seal(&phone_place(id), phone.as_bytes());
    let usual = Habits::default();
    let params: [Value; 7] = [
        id.into(),
        sealed.into(),
        phone_hash(seal, phone).into(),
        phone_mask(phone).into(),
        now.into(),
        i64::from(usual.quiet_from).into(),
        i64::from(usual.quiet_to).into(),
    ];
    tx.execute(&INSERT, &params)?;
    guardian_by_phone(tx, seal, phone)?.ok_or(DbError::Broken("a guardian was just put".into()))
}

/// The phone, sealed for its place, and what finds it.
pub type KeptPhone = (Vec<u8>, Vec<u8>);

/// Nothing of a guardian who went.
pub fn phone_of(tx: &mut Tx<'_>, id: GuardianId) -> Result<Option<KeptPhone>, DbError> {
    tx.opt(&PHONE, &[id.into()])?.map(|row| Ok((row.blob(0)?, row.blob(1)?))).transpose()
}

/// Forgets phone, name, linked accounts, codes and sessions. The row stays, because others name it.
pub fn forget(tx: &mut Tx<'_>, id: GuardianId, now: Timestamp) -> Result<(), DbError> {
    for statement in [&DELETE_CODE, &DELETE_LINKS, &DELETE_OWN_SESSIONS] {
        tx.execute(statement, &[id.into()])?;
    }
    // Shorter than a hash: it finds no phone, and is nobody else's.
    let nobody = id.uuid().as_bytes().to_vec();
    tx.execute(&ERASE, &[id.into(), Vec::<u8>::new().into(), now.into(), nobody.into()]).map(|_| ())
}

/// Messages go by the same language and quiet hours.
pub fn update_guardian(tx: &mut Tx<'_>, row: &GuardianRow) -> Result<(), DbError> {
    let (from, to) = row.quiet.unzip();
    let params: [Value; 6] =
        [row.id.into(), row.name.as_str().into(), row.locale.as_str().into(), row.elder.into(), from.into(), to.into()];
    tx.execute(&UPDATE, &params)?;
    let minute = |minute: Option<i64>| u16::try_from(minute.unwrap_or(0)).unwrap_or(0);
    let habits = Habits { locale: Locale::from_word(&row.locale), quiet_from: minute(from), quiet_to: minute(to) };
    notices::put_habits(tx, row.id, &habits)
}

pub fn insert_session(
    tx: &mut Tx<'_>,
    hash: &TokenHash,
    guardian: GuardianId,
    now: Timestamp,
    idle_ms: i64,
) -> Result<(), DbError> {
    tx.execute(&FORGET_SESSIONS, &[now.plus_ms(-idle_ms).into()])?;
    tx.execute(&SEEN, &[guardian.into(), now.into()])?;
    tx.execute(&INSERT_SESSION, &[hash.as_slice().into(), guardian.into(), now.into()]).map(|_| ())
}

/// Whose session it is and when it was last used, unless that was before `since`.
pub fn find_session(
    tx: &mut Tx<'_>,
    hash: &TokenHash,
    since: Timestamp,
) -> Result<Option<(Timestamp, GuardianRow)>, DbError> {
    let found = tx.opt(&FIND_SESSION, &[hash.as_slice().into(), since.into()])?;
    found.map(|row| Ok((row.time(0)?, guardian(&row, 1)?))).transpose()
}

pub fn touch_session(tx: &mut Tx<'_>, hash: &TokenHash, guardian: GuardianId, now: Timestamp) -> Result<(), DbError> {
    tx.execute(&SEEN, &[guardian.into(), now.into()])?;
    tx.execute(&TOUCH_SESSION, &[hash.as_slice().into(), now.into()]).map(|_| ())
}

pub fn delete_session(tx: &mut Tx<'_>, hash: &TokenHash) -> Result<(), DbError> {
    tx.execute(&DELETE_SESSION, &[hash.as_slice().into()]).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::phone_mask;

    #[test]
    fn a_phone_shows_its_ends() {
        assert_eq!(phone_mask("13800138000"), "138****8000");
        assert_eq!(phone_mask("1380000"), "1380000");
        assert_eq!(phone_mask("123456"), "******");
    }
}

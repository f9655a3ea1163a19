//! Rows of signing keys and credentials.

use crate::plumbing::changes::{self, Lists};
use crate::plumbing::db::{DbError, Row, Tx, Value};
use yitong_code::{KeyBytes, Purpose, Suite, TrustedKey};
use yitong_values::{BusinessDay, CredentialId, PersonId, PrintBatchId, SchoolId, Timestamp};

crate::sql! {
    KEYS = "SELECT kid, school_id, public_key, valid_from, valid_until, purpose, suite FROM signing_key \
            WHERE purpose <> 'root'";
    /// With its secret, and still signing at the moment.
    CURRENT_KEY = "SELECT kid, suite, secret_sealed FROM signing_key WHERE school_id = $1 AND purpose = $2 \
                   AND secret_sealed IS NOT NULL AND valid_until > $3 ORDER BY kid DESC LIMIT 1";
    NEXT_KID = "SELECT COALESCE(MAX(kid), 0) + 1 FROM signing_key";
    INSERT_KEY = "INSERT INTO signing_key (kid, school_id, batch_id, public_key, valid_from, valid_until, purpose, \
                  suite, secret_sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    NEXT_SERIAL = "SELECT COALESCE(MAX(serial), 0) + 1 FROM credential WHERE school_id = $1";
    ACCOUNT_OF = "SELECT account, CAST(MAX(issue_number) AS BIGINT) FROM credential WHERE school_id = $1 AND person_id = $2 \
                  GROUP BY account ORDER BY 2 DESC LIMIT 1";
    NEXT_ACCOUNT = "SELECT COALESCE(MAX(account), 0) + 1 FROM credential WHERE school_id = $1";
    INSERT_CREDENTIAL = "INSERT INTO credential (school_id, id, person_id, kind, account, serial, issue_number, status, \
                         batch_id, text_sealed, issued_at, expires_on, fingerprint) \
                         VALUES ($1, $2, $3, $11, $4, $5, $6, 'active', $7, $8, $9, $10, $12)";
    /// People of the scope who have no code that could be used today.
    WITHOUT_CODE = "SELECT p.id FROM person p WHERE p.school_id = $1 AND p.status = 'active' \
                    AND (p.class_id = $2 OR $2 IS NULL) AND (p.id = $3 OR $3 IS NULL) AND NOT EXISTS \
                    (SELECT 1 FROM credential c WHERE c.school_id = p.school_id AND c.person_id = p.id \
                    AND c.kind = 'printed_code' AND c.status IN ('active', 'lost') AND c.expires_on >= $4) ORDER BY p.number LIMIT $5";
    COUNT_SCOPE = "SELECT CAST(COUNT(*) AS BIGINT) FROM person p WHERE p.school_id = $1 AND p.status = 'active' \
                   AND (p.class_id = $2 OR $2 IS NULL) AND (p.id = $3 OR $3 IS NULL)";
    COUNT_WITHOUT = "SELECT CAST(COUNT(*) AS BIGINT) FROM person p WHERE p.school_id = $1 AND p.status = 'active' \
                     AND NOT EXISTS (SELECT 1 FROM credential c WHERE c.school_id = p.school_id AND c.person_id = p.id \
                     AND c.kind = 'printed_code' AND c.status IN ('active', 'lost') AND c.expires_on >= $2)";
    LOST_ON = "SELECT CAST(COUNT(*) AS BIGINT) FROM credential WHERE school_id = $1 AND lost_at >= $2";
    BY_SERIAL = "SELECT id, person_id, status, expires_on FROM credential WHERE school_id = $1 AND serial = $2";
    BY_FINGERPRINT = "SELECT serial, expires_on FROM credential WHERE school_id = $1 AND fingerprint = $2";
    FIND = "SELECT c.id, c.person_id, p.name, p.number, k.name, c.serial, c.issue_number, c.status, c.issued_at, \
            c.expires_on, c.lost_at, c.text_sealed, c.kind FROM credential c \
            JOIN person p ON p.school_id = c.school_id AND p.id = c.person_id \
            LEFT JOIN class k ON k.school_id = p.school_id AND k.id = p.class_id WHERE c.school_id = $1 AND c.id = $2";
    LIST = "SELECT c.id, c.person_id, p.name, p.number, k.name, c.serial, c.issue_number, c.status, c.issued_at, \
            c.expires_on, c.lost_at, NULL, c.kind FROM credential c \
            JOIN person p ON p.school_id = c.school_id AND p.id = c.person_id \
            LEFT JOIN class k ON k.school_id = p.school_id AND k.id = p.class_id \
            WHERE c.school_id = $1 AND (c.id < $2 OR $2 IS NULL) AND (p.class_id = $3 OR $3 IS NULL) \
            AND (c.person_id = $4 OR $4 IS NULL) AND ($5 = '' OR (CASE WHEN c.status = 'active' AND c.expires_on < $6 \
            THEN 'expired' ELSE c.status END) = $5) \
            AND ($7 = '' OR p.name LIKE $7 ESCAPE '\\' OR p.number LIKE $7 ESCAPE '\\') ORDER BY c.id DESC LIMIT $8";
    /// What can be printed: codes that can be used, of people who are here.
    SHEET = "SELECT c.id, c.person_id, p.name, p.number, k.name, c.serial, c.issue_number, c.status, c.issued_at, \
             c.expires_on, c.lost_at, c.text_sealed, c.kind, p.has_photo FROM credential c \
             JOIN person p ON p.school_id = c.school_id AND p.id = c.person_id \
             LEFT JOIN class k ON k.school_id = p.school_id AND k.id = p.class_id \
             WHERE c.school_id = $1 AND c.kind = 'printed_code' AND c.status = 'active' AND c.expires_on >= $2 \
             AND p.status = 'active' \
             AND (p.class_id = $3 OR $3 IS NULL) AND (c.person_id = $4 OR $4 IS NULL) \
             AND (c.batch_id = $5 OR $5 IS NULL) AND (c.id > $6 OR $6 IS NULL) ORDER BY c.id LIMIT $7";
    SHEET_ONE = "SELECT c.id, c.person_id, p.name, p.number, k.name, c.serial, c.issue_number, c.status, c.issued_at, \
                 c.expires_on, c.lost_at, c.text_sealed, c.kind, p.has_photo FROM credential c \
                 JOIN person p ON p.school_id = c.school_id AND p.id = c.person_id \
                 LEFT JOIN class k ON k.school_id = p.school_id AND k.id = p.class_id \
                 WHERE c.school_id = $1 AND c.kind = 'printed_code' AND c.status = 'active' AND c.expires_on >= $2 \
                 AND p.status = 'active' AND c.id = $3";
    COUNT_SHEET = "SELECT CAST(COUNT(*) AS BIGINT) FROM credential c \
                   JOIN person p ON p.school_id = c.school_id AND p.id = c.person_id \
                   WHERE c.school_id = $1 AND c.kind = 'printed_code' AND c.status = 'active' AND c.expires_on >= $2 \
                   AND p.status = 'active' AND (p.class_id = $3 OR $3 IS NULL) AND (c.person_id = $4 OR $4 IS NULL) \
                   AND (c.batch_id = $5 OR $5 IS NULL)";
    EXTEND = "UPDATE credential SET expires_on = $3 WHERE school_id = $1 AND id = $2";
    SET_STATUS = "UPDATE credential SET status = $3, lost_at = $4, lost_by = NULL WHERE school_id = $1 AND id = $2";
}

pub fn keys(tx: &mut Tx<'_>) -> Result<Vec<TrustedKey>, DbError> {
    let key = |row: &Row| {
        let purpose = Purpose::from_word(&row.text(5)?).ok_or_else(|| broken("a key's purpose is unknown"))?;
        let key = suite(&row.text(6)?).and_then(|suite| {
            KeyBytes::new(suite, &row.blob(2)?).ok_or_else(|| broken("a public key has another length"))
        })?;
        let caps = super::caps_of(purpose);
        Ok(TrustedKey {
            kid: u32::try_from(row.int(0)?).unwrap_or(0),
            school: *row.id(1)?.as_bytes(),
            purpose,
            key,
            use_cap_yuan: caps.0,
            total_cap_5yuan: caps.1,
            uses: caps.2,
            valid_from: row.int(3)?,
            valid_until: row.int(4)?,
        })
    };
    tx.query(&KEYS, &[])?.iter().map(key).collect()
}

pub(super) fn next_kid(tx: &mut Tx<'_>) -> Result<u32, DbError> {
    let kid = tx.one(&NEXT_KID, &[])?.int(0)?;
    u32::try_from(kid).map_err(|_| DbError::Broken("there are no key numbers left".into()))
}

fn broken(what: &str) -> DbError {
    DbError::Broken(what.into())
}

fn suite(word: &str) -> Result<Suite, DbError> {
    Suite::from_word(word).ok_or_else(|| broken("a key's suite is unknown"))
}

pub(super) struct CurrentKey {
    pub(super) kid: u32,
    pub(super) suite: Suite,
    pub(super) secret_sealed: Vec<u8>,
}

pub(super) fn current_key(
    tx: &mut Tx<'_>,
    school: SchoolId,
    purpose: &str,
    valid_after: Timestamp,
) -> Result<Option<CurrentKey>, DbError> {
    let params = [school.into(), purpose.into(), valid_after.into()];
    let key = |row: Row| {
        let kid = u32::try_from(row.int(0)?).map_err(|_| broken("a key number is out of its range"))?;
        Ok(CurrentKey { kid, suite: suite(&row.text(1)?)?, secret_sealed: row.blob(2)? })
    };
    tx.opt(&CURRENT_KEY, &params)?.map(key).transpose()
}

pub(super) struct NewKey {
    pub(super) school: SchoolId,
    /// The print batch that it signed, and nothing else.
    pub(super) batch: Option<PrintBatchId>,
    pub(super) kid: u32,
    pub(super) purpose: &'static str,
    pub(super) key: KeyBytes,
    pub(super) secret_sealed: Option<Vec<u8>>,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

pub(super) fn insert_key(tx: &mut Tx<'_>, new: &NewKey) -> Result<(), DbError> {
    let batch = new.batch.map_or(uuid::Uuid::nil(), |batch| batch.uuid());
    let params = [
        new.kid.into(),
        new.school.into(),
        batch.into(),
        new.key.as_bytes().into(),
        new.from.into(),
        new.until.into(),
        new.purpose.into(),
        new.key.suite().word().into(),
        new.secret_sealed.clone().into(),
    ];
    tx.execute(&INSERT_KEY, &params)?;
    changes::record(tx, new.school, [], Lists::Changed)
}

pub(super) fn next_serial(tx: &mut Tx<'_>, school: SchoolId) -> Result<i64, DbError> {
    tx.one(&NEXT_SERIAL, &[school.into()])?.int(0)
}

pub(super) fn next_account(tx: &mut Tx<'_>, school: SchoolId) -> Result<i64, DbError> {
    tx.one(&NEXT_ACCOUNT, &[school.into()])?.int(0)
}

/// The account number that a person's earlier codes carry, and how many codes there were.
pub(super) fn account_of(tx: &mut Tx<'_>, school: SchoolId, person: PersonId) -> Result<Option<(i64, i64)>, DbError> {
    tx.opt(&ACCOUNT_OF, &[school.into(), person.into()])?.map(|row| Ok((row.int(0)?, row.int(1)?))).transpose()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Printed,
    Phone,
    /// Printed by the system before.
    Legacy,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::Printed => "printed_code",
            Kind::Phone => "dynamic_code",
            Kind::Legacy => "legacy_code",
        }
    }
}

pub(super) struct NewCredential {
    pub(super) id: CredentialId,
    pub(super) person: PersonId,
    pub(super) account: i64,
    pub(super) serial: i64,
    pub(super) issue_number: i64,
    pub(super) kind: Kind,
    pub(super) batch: PrintBatchId,
    pub(super) sealed: Vec<u8>,
    /// Of another system's text.
    pub(super) fingerprint: Option<[u8; 16]>,
    pub(super) issued_at: Timestamp,
    pub(super) expires_on: BusinessDay,
}

pub(super) fn insert(tx: &mut Tx<'_>, school: SchoolId, new: &NewCredential) -> Result<(), DbError> {
    let params = [
        school.into(),
        new.id.into(),
        new.person.into(),
        new.account.into(),
        new.serial.into(),
        new.issue_number.into(),
        new.batch.into(),
        new.sealed.clone().into(),
        new.issued_at.into(),
        new.expires_on.into(),
        new.kind.word().into(),
        new.fingerprint.map(|print| print.to_vec()).into(),
    ];
    tx.execute(&INSERT_CREDENTIAL, &params)?;
    // A first code gives the person a number that codes carry.
    changes::record(tx, school, [new.person], Lists::Changed)
}

/// Who a batch is for: a class, one person, or with neither everyone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scope {
    pub class: Option<uuid::Uuid>,
    pub person: Option<uuid::Uuid>,
}

pub(super) fn without_code(
    tx: &mut Tx<'_>,
    school: SchoolId,
    scope: Scope,
    today: BusinessDay,
    limit: i64,
) -> Result<Vec<PersonId>, DbError> {
    let params = [school.into(), scope.class.into(), scope.person.into(), today.into(), limit.into()];
    tx.query(&WITHOUT_CODE, &params)?.iter().map(|row| row.id(0).map(PersonId::new)).collect()
}

pub(super) fn count_scope(tx: &mut Tx<'_>, school: SchoolId, scope: Scope) -> Result<i64, DbError> {
    tx.one(&COUNT_SCOPE, &[school.into(), scope.class.into(), scope.person.into()])?.int(0)
}

pub fn count_without_code(tx: &mut Tx<'_>, school: SchoolId, today: BusinessDay) -> Result<i64, DbError> {
    tx.one(&COUNT_WITHOUT, &[school.into(), today.into()])?.int(0)
}

/// Codes reported lost since this moment.
pub fn lost_on(tx: &mut Tx<'_>, school: SchoolId, since: Timestamp) -> Result<i64, DbError> {
    tx.one(&LOST_ON, &[school.into(), since.into()])?.int(0)
}

/// What a purchase asks about a verified code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialFacts {
    pub id: CredentialId,
    pub person: PersonId,
    /// active, lost or replaced
    pub status: String,
    pub expires_on: BusinessDay,
}

pub fn find_by_serial(tx: &mut Tx<'_>, school: SchoolId, serial: u32) -> Result<Option<CredentialFacts>, DbError> {
    let facts = |row: Row| {
        Ok(CredentialFacts {
            id: row.id(0)?.into(),
            person: row.id(1)?.into(),
            status: row.text(2)?,
            expires_on: row.day(3)?,
        })
    };
    tx.opt(&BY_SERIAL, &[school.into(), serial.into()])?.map(facts).transpose()
}

pub(super) fn by_fingerprint(
    tx: &mut Tx<'_>,
    school: SchoolId,
    fingerprint: &[u8; 16],
) -> Result<Option<(u32, BusinessDay)>, DbError> {
    let found = tx.opt(&BY_FINGERPRINT, &[school.into(), fingerprint.as_slice().into()])?;
    let read =
        |row: Row| Ok((u32::try_from(row.int(0)?).map_err(|_| broken("a serial is out of its range"))?, row.day(1)?));
    found.map(read).transpose()
}

pub(super) struct CredentialRow {
    pub(super) id: CredentialId,
    pub(super) person: PersonId,
    pub(super) name: String,
    pub(super) number: String,
    pub(super) class: Option<String>,
    pub(super) serial: i64,
    pub(super) issue_number: i64,
    pub(super) status: String,
    pub(super) issued_at: Timestamp,
    pub(super) expires_on: BusinessDay,
    pub(super) lost_at: Option<Timestamp>,
    pub(super) sealed: Option<Vec<u8>>,
    pub(super) kind: String,
}

fn credential(row: &Row) -> Result<CredentialRow, DbError> {
    Ok(CredentialRow {
        id: row.id(0)?.into(),
        person: row.id(1)?.into(),
        name: row.text(2)?,
        number: row.text(3)?,
        class: row.opt_text(4)?,
        serial: row.int(5)?,
        issue_number: row.int(6)?,
        status: row.text(7)?,
        issued_at: row.time(8)?,
        expires_on: row.day(9)?,
        lost_at: row.opt_time(10)?,
        sealed: row.opt_blob(11)?,
        kind: row.text(12)?,
    })
}

pub(super) fn find(tx: &mut Tx<'_>, school: SchoolId, id: CredentialId) -> Result<Option<CredentialRow>, DbError> {
    tx.opt(&FIND, &[school.into(), id.into()])?.map(|row| credential(&row)).transpose()
}

pub(super) fn list(tx: &mut Tx<'_>, params: &[Value]) -> Result<Vec<CredentialRow>, DbError> {
    tx.query(&LIST, params)?.iter().map(credential).collect()
}

/// Which codes are printed; with nothing named, all of the school.
#[derive(Clone, Copy, Debug)]
pub(super) struct PrintScope {
    pub(super) class: Option<uuid::Uuid>,
    pub(super) person: Option<uuid::Uuid>,
    pub(super) batch: Option<uuid::Uuid>,
}

pub(super) struct PrintRow {
    pub(super) credential: CredentialRow,
    pub(super) has_photo: bool,
}

fn printed(row: &Row) -> Result<PrintRow, DbError> {
    Ok(PrintRow { credential: credential(row)?, has_photo: row.flag(13)? })
}

/// In the order of their ids, so that codes issued meanwhile come last and none is left out between two pages.
pub(super) fn sheet(
    tx: &mut Tx<'_>,
    school: SchoolId,
    today: BusinessDay,
    scope: &PrintScope,
    after: Option<CredentialId>,
    rows: i64,
) -> Result<Vec<PrintRow>, DbError> {
    let PrintScope { class, person, batch } = *scope;
    let after = after.map(CredentialId::uuid);
    let params = [school.into(), today.into(), class.into(), person.into(), batch.into(), after.into(), rows.into()];
    tx.query(&SHEET, &params)?.iter().map(printed).collect()
}

pub(super) fn sheet_one(
    tx: &mut Tx<'_>,
    school: SchoolId,
    today: BusinessDay,
    id: CredentialId,
) -> Result<Option<PrintRow>, DbError> {
    tx.opt(&SHEET_ONE, &[school.into(), today.into(), id.into()])?.map(|row| printed(&row)).transpose()
}

pub(super) fn count_sheet(
    tx: &mut Tx<'_>,
    school: SchoolId,
    today: BusinessDay,
    scope: &PrintScope,
) -> Result<i64, DbError> {
    let PrintScope { class, person, batch } = *scope;
    tx.one(&COUNT_SHEET, &[school.into(), today.into(), class.into(), person.into(), batch.into()])?.int(0)
}

pub(super) fn set_status(
    tx: &mut Tx<'_>,
    school: SchoolId,
    id: CredentialId,
    status: &str,
    lost_at: Option<Timestamp>,
) -> Result<(), DbError> {
    tx.execute(&SET_STATUS, &[school.into(), id.into(), status.into(), lost_at.into()])?;
    changes::record(tx, school, [], Lists::Changed)
}

pub(super) fn extend(
    tx: &mut Tx<'_>,
    school: SchoolId,
    id: CredentialId,
    expires_on: BusinessDay,
) -> Result<(), DbError> {
    tx.execute(&EXTEND, &[school.into(), id.into(), expires_on.into()]).map(|_| ())
}

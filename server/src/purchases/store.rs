//! Rows of the hot path: what was answered before, who pays, what was refused, what others hear of. One look-up joins
//! credential, person, class and account instead of asking three slices: a purchase costs microseconds, mostly for its
//! reads.

use super::ask::{Payer, Versions};
use super::outcome::{KeptRefusal, Known, Seen};
use crate::credentials::Kind;
use crate::people::allergens_of;
use crate::plumbing::db::{Asked, Column, DbError, Row, Tx, Value};
use crate::policies::GuardianRule;
use crate::wallets::{self, AccountState};
use std::sync::Arc;
use yitong_rules::PersonState;
use yitong_values::{BusinessDay, Cents, ClassId, EntryId, PersonId, SchoolId, StallId, Timestamp};

crate::sql! {
    ANSWERED = {
        sqlite: "SELECT id, kind, person_id, at, booked_at, amount, detail, NULL FROM entry \
                 WHERE school_id = $1 AND id = $2 UNION ALL \
                 SELECT id, 'refused', person_id, at, at, amount, detail, digest FROM refused_purchase \
                 WHERE school_id = $1 AND id = $2",
        postgres: "WITH k AS (SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS k(s, i)) \
                   SELECT e.id, e.kind, e.person_id, e.at, e.booked_at, e.amount, e.detail, NULL::bytea FROM k \
                   JOIN entry e ON e.school_id = k.s AND e.id = k.i UNION ALL \
                   SELECT r.id, 'refused', r.person_id, r.at, r.at, r.amount, r.detail, r.digest FROM k \
                   JOIN refused_purchase r ON r.school_id = k.s AND r.id = k.i"
    };
    /// School, serial and person, of which one is not NULL. The account comes first in the row.
    PAYERS = {
        sqlite: "SELECT a.school_id, a.person_id, wallet_0, wallet_1, wallet_2, wallet_3, wallet_4, wallet_5, wallet_6, \
                 wallet_7, arrears, a.frozen, counters, last_entry, last_at, asked.n, c.status, c.expires_on, p.status, \
                 c.kind, c.last_use, p.class_id, p.allergens, p.name, p.number, k.name, p.has_photo, g.frozen, g.body \
                 FROM (SELECT $1 AS s, $2 AS n, $3 AS i) asked \
                 LEFT JOIN credential c ON c.school_id = asked.s AND c.serial = asked.n \
                 JOIN person p ON p.school_id = asked.s AND p.id = COALESCE(asked.i, c.person_id) \
                 LEFT JOIN class k ON k.school_id = p.school_id AND k.id = p.class_id \
                 LEFT JOIN guardian_rule g ON g.school_id = p.school_id AND g.person_id = p.id \
                 JOIN account a ON a.school_id = p.school_id AND a.person_id = p.id",
        // Locked in the order of the key, so that two batches never wait for each other in a ring.
        postgres: "SELECT a.school_id, a.person_id, wallet_0, wallet_1, wallet_2, wallet_3, wallet_4, wallet_5, wallet_6, \
                   wallet_7, arrears, a.frozen, counters, last_entry, last_at, asked.n, c.status, c.expires_on, p.status, \
                   c.kind, c.last_use, p.class_id, p.allergens, p.name, p.number, k.name, p.has_photo, g.frozen, g.body \
                   FROM unnest($1::uuid[], $2::bigint[], $3::uuid[]) AS asked(s, n, i) \
                   LEFT JOIN credential c ON c.school_id = asked.s AND c.serial = asked.n \
                   JOIN person p ON p.school_id = asked.s AND p.id = COALESCE(asked.i, c.person_id) \
                   LEFT JOIN class k ON k.school_id = p.school_id AND k.id = p.class_id \
                   LEFT JOIN guardian_rule g ON g.school_id = p.school_id AND g.person_id = p.id \
                   JOIN account a ON a.school_id = p.school_id AND a.person_id = p.id \
                   ORDER BY a.school_id, a.person_id FOR UPDATE OF a"
    };
    VERSIONS = "SELECT s.version, COALESCE(p.version, 0), COALESCE(m.version, 0) FROM school s \
                LEFT JOIN policy p ON p.school_id = s.id LEFT JOIN menu_version m ON m.school_id = s.id WHERE s.id = $1";
    INSERT_REFUSED = {
        sqlite: "INSERT INTO refused_purchase (school_id, id, day, at, person_id, stall_id, amount, code, detail, digest) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        postgres: "INSERT INTO refused_purchase (school_id, id, day, at, person_id, stall_id, amount, code, detail, digest) \
                   SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::uuid[], $6::uuid[], \
                   $7::bigint[], $8::text[], $9::text[], $10::bytea[])"
    };
    FORGET_REFUSED = "DELETE FROM refused_purchase WHERE school_id = $1 AND id = $2";
    /// Only forward: whoever used the phone's code meanwhile makes this change nothing.
    MARK_USED = "UPDATE credential SET last_use = $3 WHERE school_id = $1 AND serial = $2 AND last_use < $3";
}

/// What a name was answered with before.
pub(super) enum Answered {
    Entry { kind: String, person: Option<PersonId>, at: Timestamp, booked_at: Timestamp, amount: Cents, detail: String },
    Refused { person: Option<PersonId>, detail: KeptRefusal, digest: Vec<u8> },
}

pub(super) fn ask_answered(tx: &mut Tx<'_>, names: &[(SchoolId, EntryId)]) -> Result<Asked, DbError> {
    let rows: Vec<_> = names.iter().map(|(school, id)| vec![Value::from(*school), Value::from(*id)]).collect();
    tx.ask_columns(&ANSWERED, &[Column::Id, Column::Id], &rows)
}

pub(super) fn hear_answered(tx: &mut Tx<'_>, asked: Asked) -> Result<Vec<(EntryId, Answered)>, DbError> {
    let found = tx.hear(asked)?;
    let read = |row: &Row| {
        let id = EntryId::new(row.id(0)?);
        let person = row.opt_id(2)?.map(PersonId::new);
        let answered = match row.text(1)?.as_str() {
            "refused" => {
                let detail = serde_json::from_str(&row.text(6)?).unwrap_or_default();
                Answered::Refused { person, detail, digest: row.blob(7)? }
            }
            kind => Answered::Entry {
                kind: kind.to_owned(),
                person,
                at: row.time(3)?,
                booked_at: row.time(4)?,
                amount: row.cents(5)?,
                detail: row.text(6)?,
            },
        };
        Ok((id, answered))
    };
    found.iter().map(read).collect()
}

/// Who a payer turned out to be.
#[derive(Clone, Debug)]
pub(super) struct PayerRow {
    pub(super) person: PersonId,
    pub(super) state: PersonState,
    pub(super) class: Option<ClassId>,
    /// Those on the school's record.
    pub(super) allergens: Vec<String>,
    pub(super) guardian: GuardianRule,
    pub(super) seen: Arc<Seen>,
    /// `None` when the person was picked.
    pub(super) credential: Option<Shown>,
}

/// The credential that was shown.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// active, lost or replaced
    pub(super) status: String,
    pub(super) last_day: BusinessDay,
    pub(super) is_phone: bool,
    /// Of a phone: the order of the last use.
    pub(super) last_use: i64,
}

/// Who was asked for, who that is, and the account.
pub(super) type FoundPayer = ((SchoolId, Payer), PayerRow, AccountState);

/// Looks the payers up and locks their accounts. What is asked after it sees what was committed before the locks were
/// had.
pub(super) fn ask_payers(tx: &mut Tx<'_>, asked: impl Iterator<Item = (SchoolId, Payer)>) -> Result<Asked, DbError> {
    let row = |(school, payer): (SchoolId, Payer)| match payer {
        Payer::Serial(serial) => Some(vec![school.into(), serial.into(), Value::Null]),
        Payer::Person(person) => Some(vec![school.into(), Value::Null, person.into()]),
        Payer::Refused(_) => None,
    };
    let rows: Vec<Vec<Value>> = asked.filter_map(row).collect();
    tx.ask_columns(&PAYERS, &[Column::Id, Column::Int, Column::Id], &rows)
}

pub(super) fn hear_payers(tx: &mut Tx<'_>, asked: Asked) -> Result<Vec<FoundPayer>, DbError> {
    tx.hear(asked)?.iter().map(payer).collect()
}

fn payer(row: &Row) -> Result<FoundPayer, DbError> {
    let account = wallets::account(row)?;
    let asked = match row.opt_int(15)? {
        Some(serial) => Payer::Serial(u32::try_from(serial).unwrap_or(0)),
        None => Payer::Person(account.person),
    };
    let shown = |status| {
        let is_phone = row.text(19)? == Kind::Phone.word();
        Ok(Shown { status, last_day: row.day(17)?, is_phone, last_use: row.int(20)? })
    };
    let credential = row.opt_text(16)?.map(shown).transpose()?;
    let state = match row.text(18)?.as_str() {
        "active" => PersonState::Active,
        "left" => PersonState::Left,
        _ => PersonState::Suspended,
    };
    let class = row.opt_id(21)?.map(ClassId::new);
    let (allergens, guardian) = (allergens_of(&row.text(22)?), GuardianRule::read(row, 27, 28)?);
    let noted = guardian.allergens.iter().filter(|word| !allergens.contains(word));
    let seen = Arc::new(Seen {
        allergens: allergens.iter().chain(noted).cloned().collect(),
        name: row.text(23)?,
        number: row.text(24)?,
        class: row.opt_text(25)?,
        has_photo: row.flag(26)?,
    });
    let found = PayerRow { person: account.person, state, class, allergens, guardian, seen, credential };
    Ok(((account.school, asked), found, account))
}

impl PayerRow {
    pub(super) fn known(&self) -> Known {
        Known { id: self.person, seen: Some(Arc::clone(&self.seen)) }
    }
}

pub(super) fn ask_versions(tx: &mut Tx<'_>, school: SchoolId) -> Result<Asked, DbError> {
    tx.ask(&VERSIONS, &[school.into()])
}

/// What every purchase of the school has to be decided on now; `None` when there is no such school.
pub(super) fn hear_versions(tx: &mut Tx<'_>, asked: Asked) -> Result<Option<Versions>, DbError> {
    let row = tx.hear(asked)?;
    row.first().map(|row| Ok(Versions(row.int(0)?, row.int(1)?, row.int(2)?))).transpose()
}

pub(super) struct RefusedRow {
    pub(super) school: SchoolId,
    pub(super) id: EntryId,
    pub(super) now: Timestamp,
    pub(super) person: Option<PersonId>,
    pub(super) stall: StallId,
    pub(super) amount: Cents,
    pub(super) kept: KeptRefusal,
    pub(super) digest: [u8; 16],
}

pub(super) fn insert_refused(tx: &mut Tx<'_>, refused: &[RefusedRow]) -> Result<(), DbError> {
    use Column::{Blob, Id, Int, Text};
    if refused.is_empty() {
        return Ok(());
    }
    let row = |r: &RefusedRow| {
        let detail = serde_json::to_string(&r.kept).expect("our own detail is JSON");
        let head =
            [r.school.into(), r.id.into(), r.now.china_day().into(), r.now.into(), r.person.into(), r.stall.into()];
        let mut row: Vec<Value> = head.to_vec();
        row.extend([r.amount.into(), r.kept.code.as_str().into(), detail.into(), r.digest.as_slice().into()]);
        row
    };
    let rows: Vec<_> = refused.iter().map(row).collect();
    tx.send_columns(&INSERT_REFUSED, &[Id, Id, Int, Int, Id, Id, Int, Text, Text, Blob], &rows)
}

/// A refusal that nobody heard, of a sale that was made all the same.
pub(super) fn forget_refused(tx: &mut Tx<'_>, school: SchoolId, id: EntryId) -> Result<(), DbError> {
    tx.execute(&FORGET_REFUSED, &[school.into(), id.into()]).map(|_| ())
}

/// Keeps the order of each phone's last use. False: another unit took a code of one of them since it was looked up.
pub(super) fn mark_used(tx: &mut Tx<'_>, uses: impl Iterator<Item = (SchoolId, u32, i64)>) -> Result<bool, DbError> {
    for (school, serial, order) in uses {
        if tx.execute(&MARK_USED, &[school.into(), serial.into(), order.into()])? != 1 {
            return Ok(false);
        }
    }
    Ok(true)
}

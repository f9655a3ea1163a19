//! Rows that terminals mirror: people as a counter needs them, cashiers, and the versions of everything.

use super::settings::{Lend, SchoolLend, Screen, Settings};
use crate::people::allergens_of;
use crate::plumbing::db::{Column, DbError, Row, Tx, Value};
use crate::policies::GuardianRule;
use crate::signin::Scope;
use std::collections::HashMap;
use uuid::Uuid;
use yitong_values::{Cents, ClassId, PersonId, SchoolId, TerminalId, Timestamp, UserId};

crate::sql! {
    /// Nobody is ever removed, and whoever is new comes last or is met twice: a page after so many misses nobody.
    PEOPLE_PAGE = "SELECT p.id, (SELECT MAX(c.account) FROM credential c WHERE c.school_id = p.school_id \
                   AND c.person_id = p.id), p.name, p.number, p.class_id, k.name, p.kind, p.status, p.allergens, \
                   p.has_photo, p.photo_hash, a.frozen, a.arrears, a.counters, g.frozen, g.body, a.wallet_0, a.wallet_1, \
                   a.wallet_2, a.wallet_3, a.wallet_4, a.wallet_5, a.wallet_6, a.wallet_7 \
                   FROM (SELECT id AS i FROM person WHERE school_id = $1 ORDER BY id LIMIT $2 OFFSET $3) asked \
                   JOIN person p ON p.school_id = $1 AND p.id = asked.i \
                   JOIN account a ON a.school_id = p.school_id AND a.person_id = p.id \
                   LEFT JOIN class k ON k.school_id = p.school_id AND k.id = p.class_id \
                   LEFT JOIN guardian_rule g ON g.school_id = p.school_id AND g.person_id = p.id ORDER BY p.id";
    PEOPLE = {
        sqlite: "SELECT p.id, (SELECT MAX(c.account) FROM credential c WHERE c.school_id = p.school_id \
                 AND c.person_id = p.id), p.name, p.number, p.class_id, k.name, p.kind, p.status, p.allergens, \
                 p.has_photo, p.photo_hash, a.frozen, a.arrears, a.counters, g.frozen, g.body, a.wallet_0, a.wallet_1, \
                 a.wallet_2, a.wallet_3, a.wallet_4, a.wallet_5, a.wallet_6, a.wallet_7 FROM person p \
                 JOIN account a ON a.school_id = p.school_id AND a.person_id = p.id \
                 LEFT JOIN class k ON k.school_id = p.school_id AND k.id = p.class_id \
                 LEFT JOIN guardian_rule g ON g.school_id = p.school_id AND g.person_id = p.id \
                 WHERE p.school_id = $1 AND p.id = $2",
        postgres: "SELECT p.id, (SELECT MAX(c.account) FROM credential c WHERE c.school_id = p.school_id \
                   AND c.person_id = p.id), p.name, p.number, p.class_id, k.name, p.kind, p.status, p.allergens, \
                   p.has_photo, p.photo_hash, a.frozen, a.arrears, a.counters, g.frozen, g.body, a.wallet_0, a.wallet_1, \
                   a.wallet_2, a.wallet_3, a.wallet_4, a.wallet_5, a.wallet_6, a.wallet_7 \
                   FROM unnest($1::uuid[], $2::uuid[]) AS asked(s, i) \
                   JOIN person p ON p.school_id = asked.s AND p.id = asked.i \
                   JOIN account a ON a.school_id = p.school_id AND a.person_id = p.id \
                   LEFT JOIN class k ON k.school_id = p.school_id AND k.id = p.class_id \
                   LEFT JOIN guardian_rule g ON g.school_id = p.school_id AND g.person_id = p.id"
    };
    COUNT_PEOPLE = "SELECT CAST(COUNT(*) AS BIGINT) FROM person WHERE school_id = $1 AND status = 'active'";
    CASHIERS = "SELECT u.id, u.name, g.scope_kind, g.scope_id, c.hash, u.username, c.set_at, c.set_by \
                FROM role_grant g \
                JOIN app_user u ON u.id = g.user_id \
                LEFT JOIN cashier_pin c ON c.school_id = g.school_id AND c.user_id = u.id \
                WHERE g.school_id = $1 AND g.role = 'cashier' AND u.disabled = 0 ORDER BY u.name, u.id";
    /// Of everything that a set-up is made of, except for people and cashiers.
    VERSIONS = "SELECT s.version, COALESCE(p.version, 0), COALESCE(m.version, 0), COALESCE(t.version, 0) FROM school s \
                LEFT JOIN policy p ON p.school_id = s.id LEFT JOIN menu_version m ON m.school_id = s.id \
                LEFT JOIN terminal_policy t ON t.school_id = s.id AND t.terminal_id = $2 WHERE s.id = $1";
    TERMINALS = "SELECT t.id, t.version, COALESCE((SELECT MAX(c.number) FROM terminal_command c \
                 WHERE c.school_id = t.school_id AND c.terminal_id = t.id), 0) FROM terminal t \
                 WHERE t.school_id = $1 AND t.revoked_at IS NULL";
    SETTINGS = "SELECT version, lend, screen FROM terminal_policy WHERE school_id = $1 AND terminal_id = $2";
    OWN_LENDS = "SELECT terminal_id, lend FROM terminal_policy WHERE school_id = $1 AND lend IS NOT NULL";
    PUT_LEND = "INSERT INTO terminal_policy (school_id, terminal_id, version, lend) VALUES ($1, $2, 1, $3) \
                ON CONFLICT (school_id, terminal_id) DO UPDATE SET version = terminal_policy.version + 1, \
                lend = excluded.lend";
    PUT_SCREEN = "INSERT INTO terminal_policy (school_id, terminal_id, version, screen) VALUES ($1, $2, 1, $3) \
                  ON CONFLICT (school_id, terminal_id) DO UPDATE SET version = terminal_policy.version + 1, \
                  screen = excluded.screen";
    BUMP = "INSERT INTO terminal_policy (school_id, terminal_id, version) VALUES ($1, $2, 1) \
            ON CONFLICT (school_id, terminal_id) DO UPDATE SET version = terminal_policy.version + 1";
    PUT_PIN = "INSERT INTO cashier_pin (school_id, user_id, hash, set_at, set_by) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (school_id, user_id) DO UPDATE SET hash = excluded.hash, set_at = excluded.set_at, \
               set_by = excluded.set_by";
    DROP_PIN = "DELETE FROM cashier_pin WHERE school_id = $1 AND user_id = $2";
}

/// Somebody as a counter needs to know.
#[derive(Clone, Debug)]
pub(super) struct Mirrored {
    pub(super) id: PersonId,
    pub(super) account: u32,
    pub(super) name: String,
    pub(super) number: String,
    pub(super) class: Option<ClassId>,
    pub(super) class_name: Option<String>,
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) allergens: Vec<String>,
    /// Empty for a photo from before photos had one.
    pub(super) photo: Option<String>,
    pub(super) frozen: bool,
    pub(super) arrears: Cents,
    pub(super) counters: String,
    pub(super) guardian: GuardianRule,
    pub(super) wallets: Vec<(u8, i64)>,
}

fn mirrored(row: &Row) -> Result<Mirrored, DbError> {
    let mut wallets = Vec::with_capacity(1);
    for slot in 0..8u8 {
        let fen = row.int(16 + usize::from(slot))?;
        if fen != 0 || slot == 0 {
            wallets.push((slot, fen));
        }
    }
    Ok(Mirrored {
        id: row.id(0)?.into(),
        account: row.opt_int(1)?.and_then(|account| u32::try_from(account).ok()).unwrap_or(0),
        name: row.text(2)?,
        number: row.text(3)?,
        class: row.opt_id(4)?.map(ClassId::new),
        class_name: row.opt_text(5)?,
        kind: row.text(6)?,
        state: row.text(7)?,
        allergens: allergens_of(&row.text(8)?),
        photo: row.flag(9)?.then(|| row.text(10)).transpose()?,
        frozen: row.flag(11)?,
        arrears: row.cents(12)?,
        counters: row.text(13)?,
        guardian: GuardianRule::read(row, 14, 15)?,
        wallets,
    })
}

/// So many after the first `passed`, in the order of their ids.
pub(super) fn people_page(
    tx: &mut Tx<'_>,
    school: SchoolId,
    passed: i64,
    limit: i64,
) -> Result<Vec<Mirrored>, DbError> {
    tx.query(&PEOPLE_PAGE, &[school.into(), limit.into(), passed.into()])?.iter().map(mirrored).collect()
}

pub(super) fn people(tx: &mut Tx<'_>, school: SchoolId, ids: &[PersonId]) -> Result<Vec<Mirrored>, DbError> {
    let rows: Vec<_> = ids.iter().map(|id| vec![Value::from(school), Value::from(*id)]).collect();
    tx.query_columns(&PEOPLE, &[Column::Id, Column::Id], &rows)?.iter().map(mirrored).collect()
}

pub(super) fn count_active(tx: &mut Tx<'_>, school: SchoolId) -> Result<i64, DbError> {
    tx.one(&COUNT_PEOPLE, &[school.into()])?.int(0)
}

#[derive(Clone, Debug)]
pub(super) struct CashierRow {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) username: String,
    pub(super) scope: Option<Scope>,
    pub(super) pin: Option<String>,
    /// When the number was set or taken back, and by whom.
    pub(super) set: Option<(Timestamp, Option<Uuid>)>,
}

/// A line for each grant.
pub(super) fn cashiers(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<CashierRow>, DbError> {
    let read = |row: &Row| {
        let scope = Scope::from_parts(&row.text(2)?, row.id(3)?);
        let (id, name, username) = (row.id(0)?, row.text(1)?, row.text(5)?);
        let (pin, by) = (row.opt_text(4)?, row.opt_id(7)?);
        let set = row.opt_time(6)?.filter(|at| at.ms() > 0).map(|at| (at, by));
        Ok(CashierRow { id, name, username, scope, pin, set })
    };
    tx.query(&CASHIERS, &[school.into()])?.iter().map(read).collect()
}

/// Of school, policy, menu and the terminals' settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp(pub(super) [i64; 4]);

pub(super) fn stamp(tx: &mut Tx<'_>, school: SchoolId) -> Result<Option<Stamp>, DbError> {
    let row = tx.opt(&VERSIONS, &[school.into(), TerminalId::new(Uuid::nil()).into()])?;
    row.map(|row| Ok(Stamp([row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?]))).transpose()
}

/// Of each terminal: the version of its place, and the number of its last command.
pub(super) fn terminals(tx: &mut Tx<'_>, school: SchoolId) -> Result<HashMap<TerminalId, (i64, i64)>, DbError> {
    let read = |row: &Row| Ok((TerminalId::new(row.id(0)?), (row.int(1)?, row.int(2)?)));
    tx.query(&TERMINALS, &[school.into()])?.iter().map(read).collect()
}

fn kept<T: for<'de> serde::Deserialize<'de> + Default>(text: Option<String>) -> Result<T, DbError> {
    let read = |text: String| serde_json::from_str(&text);
    text.map_or(Ok(T::default()), read).map_err(|why| DbError::Broken(format!("settings can't be read: {why}")))
}

pub(super) fn settings(tx: &mut Tx<'_>, school: SchoolId) -> Result<Settings, DbError> {
    let row = tx.opt(&SETTINGS, &[school.into(), TerminalId::new(Uuid::nil()).into()])?;
    let Some(row) = row else { return Ok(Settings::default()) };
    Ok(Settings { version: row.int(0)?, lend: kept(row.opt_text(1)?)?, screen: kept(row.opt_text(2)?)? })
}

/// Of terminals that have their own.
pub(super) fn own_lends(tx: &mut Tx<'_>, school: SchoolId) -> Result<HashMap<TerminalId, Lend>, DbError> {
    let rows = tx.query(&OWN_LENDS, &[school.into()])?;
    let own = rows.iter().filter(|row| row.id(0).is_ok_and(|id| !id.is_nil()));
    own.map(|row| Ok((TerminalId::new(row.id(0)?), kept(row.opt_text(1)?)?))).collect()
}

fn json(of: &impl serde::Serialize) -> String {
    serde_json::to_string(of).expect("settings of ours are JSON")
}

pub(super) fn put_school_lend(tx: &mut Tx<'_>, school: SchoolId, lend: &SchoolLend) -> Result<(), DbError> {
    let nil = TerminalId::new(Uuid::nil());
    tx.execute(&PUT_LEND, &[school.into(), nil.into(), json(lend).into()]).map(|_| ())
}

/// `None`: the school's again. The school's version goes up in any case: leases name it.
pub(super) fn put_own_lend(
    tx: &mut Tx<'_>,
    school: SchoolId,
    id: TerminalId,
    lend: Option<&Lend>,
) -> Result<(), DbError> {
    tx.execute(&PUT_LEND, &[school.into(), id.into(), lend.map(json).into()])?;
    bump(tx, school)
}

pub(super) fn put_screen(tx: &mut Tx<'_>, school: SchoolId, screen: &Screen) -> Result<(), DbError> {
    let nil = TerminalId::new(Uuid::nil());
    tx.execute(&PUT_SCREEN, &[school.into(), nil.into(), json(screen).into()]).map(|_| ())
}

/// Something else of the set-up changed.
pub(super) fn bump(tx: &mut Tx<'_>, school: SchoolId) -> Result<(), DbError> {
    tx.execute(&BUMP, &[school.into(), TerminalId::new(Uuid::nil()).into()]).map(|_| ())
}

/// `None`: the cashier opens a shift without a number. By whom, and when.
pub(super) fn put_pin(
    tx: &mut Tx<'_>,
    school: SchoolId,
    user: Uuid,
    hash: Option<&str>,
    (by, at): (UserId, Timestamp),
) -> Result<(), DbError> {
    match hash {
        Some(hash) => tx.execute(&PUT_PIN, &[school.into(), user.into(), hash.into(), at.into(), by.into()])?,
        None => tx.execute(&DROP_PIN, &[school.into(), user.into()])?,
    };
    bump(tx, school)
}

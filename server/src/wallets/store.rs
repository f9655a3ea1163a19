//! Rows of accounts and entries.

use super::AccountState;
use super::booking::{Total, TotalKey};
use crate::plumbing::changes::{self, Lists};
use crate::plumbing::db::{Column, DbError, Row, Tx, Value};
use std::collections::BTreeMap;
use yitong_ledger::{Entry, Kind, WALLETS_MAX};
use yitong_values::{Cents, EntryId, PersonId, SchoolId, StallId};

crate::sql! {
    OPEN_ACCOUNT = {
        sqlite: "INSERT INTO account (school_id, person_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        postgres: "INSERT INTO account (school_id, person_id) \
                   SELECT s, p FROM unnest($1::uuid[], $2::uuid[]) AS k(s, p) ON CONFLICT DO NOTHING"
    };
    FIND_ACCOUNT = "SELECT school_id, person_id, wallet_0, wallet_1, wallet_2, wallet_3, wallet_4, wallet_5, wallet_6, \
                    wallet_7, arrears, frozen, counters, last_entry, last_at \
                    FROM account WHERE school_id = $1 AND person_id = $2";
    /// The name of the account's holder, for the pages of accounts.
    HOLDER = "SELECT p.name, p.number, c.name, a.frozen_reason FROM person p \
              JOIN account a ON a.school_id = p.school_id AND a.person_id = p.id \
              LEFT JOIN class c ON c.school_id = p.school_id AND c.id = p.class_id WHERE p.school_id = $1 AND p.id = $2";
    SET_FROZEN = "UPDATE account SET frozen = $3, frozen_reason = $4 WHERE school_id = $1 AND person_id = $2";
    SUMS = "SELECT CAST(COALESCE(SUM(arrears), 0) AS BIGINT), CAST(COUNT(CASE WHEN arrears > 0 THEN 1 END) AS BIGINT), \
            CAST(COALESCE(SUM(frozen), 0) AS BIGINT) FROM account WHERE school_id = $1";
    LOCK_ACCOUNTS = {
        sqlite: "SELECT school_id, person_id, wallet_0, wallet_1, wallet_2, wallet_3, wallet_4, wallet_5, wallet_6, \
                 wallet_7, arrears, frozen, counters, last_entry, last_at \
                 FROM account WHERE school_id = $1 AND person_id = $2",
        // Locked in the order of the key, so that two batches never wait for each other in a ring.
        postgres: "SELECT a.school_id, a.person_id, wallet_0, wallet_1, wallet_2, wallet_3, wallet_4, wallet_5, wallet_6, \
                   wallet_7, arrears, frozen, counters, last_entry, last_at \
                   FROM unnest($1::uuid[], $2::uuid[]) AS k(s, p) \
                   JOIN account a ON a.school_id = k.s AND a.person_id = k.p \
                   ORDER BY a.school_id, a.person_id FOR UPDATE OF a"
    };
    UPDATE_ACCOUNT = {
        sqlite: "UPDATE account SET wallet_0 = $3, wallet_1 = $4, wallet_2 = $5, wallet_3 = $6, wallet_4 = $7, \
                 wallet_5 = $8, wallet_6 = $9, wallet_7 = $10, arrears = $11, counters = $12, last_entry = $13, \
                 last_at = $14 WHERE school_id = $1 AND person_id = $2",
        postgres: "UPDATE account a SET wallet_0 = v.w0, wallet_1 = v.w1, wallet_2 = v.w2, wallet_3 = v.w3, \
                   wallet_4 = v.w4, wallet_5 = v.w5, wallet_6 = v.w6, wallet_7 = v.w7, arrears = v.arrears, \
                   counters = v.counters, last_entry = v.last_entry, last_at = v.last_at \
                   FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], \
                   $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::uuid[], \
                   $14::bigint[]) \
                   AS v(s, p, w0, w1, w2, w3, w4, w5, w6, w7, arrears, counters, last_entry, last_at) \
                   WHERE a.school_id = v.s AND a.person_id = v.p"
    };
    INSERT_ENTRY = {
        sqlite: "INSERT INTO entry (school_id, id, kind, day, at, booked_at, person_id, stall_id, amount, postings, \
                 corrects, previous_id, detail, hash) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        postgres: "INSERT INTO entry (school_id, id, kind, day, at, booked_at, person_id, stall_id, amount, postings, \
                   corrects, previous_id, detail, hash) \
                   SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], \
                   $7::uuid[], $8::uuid[], $9::bigint[], $10::text[], $11::uuid[], $12::uuid[], $13::text[], $14::bytea[])"
    };
    ADD_TOTAL = {
        sqlite: "INSERT INTO day_total (school_id, day, account, lane, entries, debit, credit) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (school_id, day, account, lane) DO UPDATE SET \
                 entries = day_total.entries + excluded.entries, debit = day_total.debit + excluded.debit, \
                 credit = day_total.credit + excluded.credit",
        postgres: "INSERT INTO day_total (school_id, day, account, lane, entries, debit, credit) \
                   SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], \
                   $7::bigint[]) ON CONFLICT (school_id, day, account, lane) DO UPDATE SET \
                   entries = day_total.entries + excluded.entries, debit = day_total.debit + excluded.debit, \
                   credit = day_total.credit + excluded.credit"
    };
}

const KEY: [Column; 2] = [Column::Id, Column::Id];

/// Every person has an account from the start; asking again changes nothing.
pub fn open_accounts(tx: &mut Tx<'_>, school: SchoolId, persons: &[PersonId]) -> Result<(), DbError> {
    let rows: Vec<_> = persons.iter().map(|person| vec![school.into(), Value::from(*person)]).collect();
    tx.send_columns(&OPEN_ACCOUNT, &KEY, &rows)
}

pub fn load_account(tx: &mut Tx<'_>, school: SchoolId, person: PersonId) -> Result<Option<AccountState>, DbError> {
    tx.opt(&FIND_ACCOUNT, &[school.into(), person.into()])?.map(|row| account(&row)).transpose()
}

pub(super) struct Holder {
    pub(super) name: String,
    pub(super) number: String,
    pub(super) class: Option<String>,
    pub(super) frozen_reason: Option<String>,
}

pub(super) fn holder(tx: &mut Tx<'_>, school: SchoolId, person: PersonId) -> Result<Option<Holder>, DbError> {
    let holder = |row: Row| {
        Ok(Holder {
            name: row.text(0)?,
            number: row.text(1)?,
            class: row.opt_text(2)?,
            frozen_reason: row.opt_text(3)?,
        })
    };
    tx.opt(&HOLDER, &[school.into(), person.into()])?.map(holder).transpose()
}

pub(super) fn set_frozen(
    tx: &mut Tx<'_>,
    school: SchoolId,
    person: PersonId,
    frozen: bool,
    reason: Option<&str>,
) -> Result<(), DbError> {
    tx.execute(&SET_FROZEN, &[school.into(), person.into(), frozen.into(), reason.into()])?;
    changes::record(tx, school, [person], Lists::Changed)
}

/// Arrears of all, how many persons have some, how many accounts are frozen.
pub fn sums(tx: &mut Tx<'_>, school: SchoolId) -> Result<(Cents, i64, i64), DbError> {
    let row = tx.one(&SUMS, &[school.into()])?;
    Ok((row.cents(0)?, row.int(1)?, row.int(2)?))
}

pub(super) fn lock_accounts(tx: &mut Tx<'_>, keys: &[(SchoolId, PersonId)]) -> Result<Vec<AccountState>, DbError> {
    let rows: Vec<_> = keys.iter().map(|(school, person)| vec![Value::from(*school), Value::from(*person)]).collect();
    tx.query_columns(&LOCK_ACCOUNTS, &KEY, &rows)?.iter().map(account).collect()
}

/// Reads an account from the first fifteen columns of a row: those of `FIND_ACCOUNT`.
pub fn account(row: &Row) -> Result<AccountState, DbError> {
    let mut wallets = [Cents::ZERO; WALLETS_MAX];
    for (slot, wallet) in wallets.iter_mut().enumerate() {
        *wallet = row.cents(2 + slot)?;
    }
    Ok(AccountState {
        school: row.id(0)?.into(),
        person: row.id(1)?.into(),
        wallets,
        arrears: row.cents(10)?,
        frozen: row.flag(11)?,
        counters: row.text(12)?,
        last_entry: row.opt_id(13)?.map(EntryId::new),
        last_at: row.opt_time(14)?,
    })
}

/// Keeps accounts as they stand after the entries of a unit; whoever mirrors people hears of it.
pub(super) fn update_accounts(tx: &mut Tx<'_>, states: &[&AccountState]) -> Result<(), DbError> {
    use Column::{Id, Int, Text};
    const TYPES: [Column; 14] = [Id, Id, Int, Int, Int, Int, Int, Int, Int, Int, Int, Text, Id, Int];
    let rows: Vec<Vec<Value>> = states
        .iter()
        .map(|state| {
            let mut row = Vec::with_capacity(TYPES.len());
            row.extend([state.school.into(), state.person.into()]);
            row.extend(state.wallets.iter().map(|wallet| Value::from(*wallet)));
            let counters = state.counters.as_str();
            row.extend([state.arrears.into(), counters.into(), state.last_entry.into(), state.last_at.into()]);
            row
        })
        .collect();
    tx.send_columns(&UPDATE_ACCOUNT, &TYPES, &rows)?;
    // They stand in the order of their schools.
    for of_school in states.chunk_by(|a, b| a.school == b.school) {
        let persons = of_school.iter().map(|state| state.person);
        changes::record(tx, of_school[0].school, persons, Lists::Same)?;
    }
    Ok(())
}

pub(super) fn insert_entries(tx: &mut Tx<'_>, entries: &[Entry]) -> Result<(), DbError> {
    use Column::{Blob, Id, Int, Text};
    const TYPES: [Column; 14] = [Id, Id, Text, Int, Int, Int, Id, Id, Int, Text, Id, Id, Text, Blob];
    let rows: Vec<Vec<Value>> = entries.iter().map(entry_values).collect();
    tx.send_columns(&INSERT_ENTRY, &TYPES, &rows)
}

fn entry_values(entry: &Entry) -> Vec<Value> {
    vec![
        entry.school.into(),
        entry.id.into(),
        entry.kind.word().into(),
        entry.day.into(),
        entry.at.into(),
        entry.booked_at.into(),
        entry.person.into(),
        entry.stall.into(),
        entry.amount.into(),
        entry.postings.text().into(),
        entry.corrects.into(),
        entry.previous.into(),
        entry.detail.as_str().into(),
        Value::Blob(entry.hash().to_vec()),
    ]
}

/// The fourteen columns of an entry, from the first on, and its kept hash.
pub(super) fn entry(row: &Row) -> Result<(Entry, Vec<u8>), DbError> {
    let broken = |what: &str| DbError::Broken(format!("an entry has an unreadable {what}"));
    let entry = Entry {
        school: row.id(0)?.into(),
        id: row.id(1)?.into(),
        kind: Kind::from_word(&row.text(2)?).ok_or_else(|| broken("kind"))?,
        day: row.day(3)?,
        at: row.time(4)?,
        booked_at: row.time(5)?,
        person: row.opt_id(6)?.map(PersonId::new),
        stall: row.opt_id(7)?.map(StallId::new),
        amount: row.cents(8)?,
        postings: row.text(9)?.parse().map_err(|_| broken("list of postings"))?,
        corrects: row.opt_id(10)?.map(EntryId::new),
        previous: row.opt_id(11)?.map(EntryId::new),
        detail: row.text(12)?,
    };
    Ok((entry, row.blob(13)?))
}

pub(super) fn add_totals(tx: &mut Tx<'_>, totals: &BTreeMap<TotalKey, Total>) -> Result<(), DbError> {
    use Column::{Id, Int, Text};
    const TYPES: [Column; 7] = [Id, Int, Text, Int, Int, Int, Int];
    let lane = tx.lane();
    let rows: Vec<Vec<Value>> = totals
        .iter()
        .map(|((school, day, account), total)| {
            let counts = [lane.into(), total.entries.into(), total.debit.into(), total.credit.into()];
            let mut row = vec![(*school).into(), (*day).into(), account.into()];
            row.extend(counts);
            row
        })
        .collect();
    tx.send_columns(&ADD_TOTAL, &TYPES, &rows)
}

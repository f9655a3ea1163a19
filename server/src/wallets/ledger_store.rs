//! Rows of the ledger as it is read back: entries in order, totals of days, closed days, the database's guards.

use super::account::AccountState;
use super::days::ClosedDay;
use super::store::{account, entry};
use crate::plumbing::db::{DbError, Row, Tx};
use yitong_ledger::{Entry, Root};
use yitong_values::{BusinessDay, Cents, EntryId, PersonId, SchoolId, Timestamp, UserId};

crate::sql! {
    ENTRIES_AFTER = "SELECT school_id, id, kind, day, at, booked_at, person_id, stall_id, amount, postings, corrects, \
                     previous_id, detail, hash FROM entry WHERE school_id = $1 AND id > $2 ORDER BY id LIMIT $3";
    FIND_ENTRY = "SELECT school_id, id, kind, day, at, booked_at, person_id, stall_id, amount, postings, corrects, \
                  previous_id, detail, hash FROM entry WHERE school_id = $1 AND id = $2";
    ENTRIES_OF_DAY = "SELECT school_id, id, kind, day, at, booked_at, person_id, stall_id, amount, postings, corrects, \
                      previous_id, detail, hash FROM entry \
                      WHERE school_id = $1 AND day = $2 AND id > $3 AND (kind = $4 OR $4 IS NULL) ORDER BY id LIMIT $5";
    CORRECTION_OF = "SELECT id FROM entry WHERE school_id = $1 AND corrects = $2";
    /// Along the chain, newest first: twenty steps are twenty look-ups by key, and no index grows with every purchase.
    STATEMENT = "WITH RECURSIVE chain(school_id, id, kind, day, at, booked_at, person_id, stall_id, amount, postings, \
                 corrects, previous_id, detail, hash, step) AS ( \
                 SELECT school_id, id, kind, day, at, booked_at, person_id, stall_id, amount, postings, corrects, \
                 previous_id, detail, hash, CAST(1 AS BIGINT) FROM entry WHERE school_id = $1 AND id = $2 \
                 UNION ALL \
                 SELECT e.school_id, e.id, e.kind, e.day, e.at, e.booked_at, e.person_id, e.stall_id, e.amount, \
                 e.postings, e.corrects, e.previous_id, e.detail, e.hash, c.step + 1 \
                 FROM chain c JOIN entry e ON e.school_id = c.school_id AND e.id = c.previous_id WHERE c.step < $3) \
                 SELECT school_id, id, kind, day, at, booked_at, person_id, stall_id, amount, postings, corrects, \
                 previous_id, detail, hash FROM chain ORDER BY step";
    ACCOUNTS_AFTER = "SELECT school_id, person_id, wallet_0, wallet_1, wallet_2, wallet_3, wallet_4, wallet_5, wallet_6, \
                      wallet_7, arrears, frozen, counters, last_entry, last_at \
                      FROM account WHERE school_id = $1 AND person_id > $2 ORDER BY person_id LIMIT $3";
    SCHOOLS_WITH_BOOKS = "SELECT DISTINCT school_id FROM account ORDER BY school_id";
    DAY_TOTALS = "SELECT day, account, CAST(SUM(entries) AS BIGINT), CAST(SUM(debit) AS BIGINT), \
                  CAST(SUM(credit) AS BIGINT) FROM day_total WHERE school_id = $1 GROUP BY day, account ORDER BY day, account";
    TRIAL_BALANCE = "SELECT account, CAST(SUM(debit) AS BIGINT), CAST(SUM(credit) AS BIGINT) FROM day_total \
                     WHERE school_id = $1 AND day <= $2 GROUP BY account ORDER BY account";
    HASHES_OF_DAY = "SELECT id, hash, amount FROM entry WHERE school_id = $1 AND day = $2 AND id > $3 ORDER BY id LIMIT $4";
    FIRST_DAY_AFTER = "SELECT MIN(day) FROM entry WHERE school_id = $1 AND day > $2";
    FIND_CLOSED_DAY = "SELECT day, entries, amount, previous, root, closed_at, closed_by FROM closed_day \
                       WHERE school_id = $1 AND day = $2";
    LAST_CLOSED_DAY = "SELECT day, entries, amount, previous, root, closed_at, closed_by FROM closed_day \
                       WHERE school_id = $1 ORDER BY day DESC LIMIT 1";
    CLOSED_DAYS = "SELECT day, entries, amount, previous, root, closed_at, closed_by FROM closed_day \
                   WHERE school_id = $1 ORDER BY day";
    INSERT_CLOSED_DAY = "INSERT INTO closed_day (school_id, day, entries, amount, previous, root, closed_at, closed_by) \
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    NEWEST_ENTRY = "SELECT id, booked_at FROM entry WHERE school_id = $1 ORDER BY id DESC LIMIT 1";
    OPEN_DAYS = "SELECT day, CAST(COUNT(*) AS BIGINT), CAST(SUM(amount) AS BIGINT) FROM entry \
                 WHERE school_id = $1 AND day > $2 GROUP BY day ORDER BY day";
    GUARDS = {
        sqlite: "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        postgres: "SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    };
    /// Waits until nobody adds an entry to the school, and lets nobody until the unit ends. SQLite has one writer.
    HOLD_ENTRIES = {
        sqlite: "SELECT $1",
        postgres: "SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 0))::text"
    };
    ENGINE = { sqlite: "SELECT 'sqlite'", postgres: "SELECT 'postgres'::text" };
}

const SQLITE_GUARDS: [&str; 6] = [
    "entry_is_balanced",
    "entry_day_is_open",
    "entry_is_never_changed",
    "entry_is_never_removed",
    "closed_day_is_never_changed",
    "closed_day_is_never_removed",
];
const POSTGRES_GUARDS: [&str; 3] = ["entry_may_be_added", "entry_is_immutable", "closed_day_is_immutable"];
const HASHES_PAGE: i64 = 10_000;

/// An entry as it was found; one that can't be read any more still has its id.
pub struct ReadEntry {
    pub id: EntryId,
    pub entry: Result<Entry, DbError>,
    pub hash: Vec<u8>,
}

fn read(row: &Row) -> Result<ReadEntry, DbError> {
    let id = EntryId::new(row.id(1)?);
    Ok(match entry(row) {
        Ok((entry, hash)) => ReadEntry { id, entry: Ok(entry), hash },
        Err(why) => ReadEntry { id, entry: Err(why), hash: Vec::new() },
    })
}

pub(super) fn entries_after(
    tx: &mut Tx<'_>,
    school: SchoolId,
    after: EntryId,
    limit: i64,
) -> Result<Vec<ReadEntry>, DbError> {
    tx.query(&ENTRIES_AFTER, &[school.into(), after.into(), limit.into()])?.iter().map(read).collect()
}

pub(super) fn entries_of_day(
    tx: &mut Tx<'_>,
    school: SchoolId,
    day: BusinessDay,
    kind: Option<&str>,
    after: EntryId,
    limit: i64,
) -> Result<Vec<ReadEntry>, DbError> {
    let params = [school.into(), day.into(), after.into(), kind.into(), limit.into()];
    tx.query(&ENTRIES_OF_DAY, &params)?.iter().map(read).collect()
}

pub fn find_entry(tx: &mut Tx<'_>, school: SchoolId, id: EntryId) -> Result<Option<ReadEntry>, DbError> {
    tx.opt(&FIND_ENTRY, &[school.into(), id.into()])?.map(|row| read(&row)).transpose()
}

pub fn correction_of(tx: &mut Tx<'_>, school: SchoolId, id: EntryId) -> Result<Option<EntryId>, DbError> {
    tx.opt(&CORRECTION_OF, &[school.into(), id.into()])?.map(|row| row.id(0).map(EntryId::new)).transpose()
}

/// So many entries of a chain from this one backwards. Whoever was given the first one checks whose it is.
pub fn statement(tx: &mut Tx<'_>, school: SchoolId, from: EntryId, limit: i64) -> Result<Vec<ReadEntry>, DbError> {
    tx.query(&STATEMENT, &[school.into(), from.into(), limit.into()])?.iter().map(read).collect()
}

pub(super) fn accounts_after(
    tx: &mut Tx<'_>,
    school: SchoolId,
    after: PersonId,
    limit: i64,
) -> Result<Vec<AccountState>, DbError> {
    tx.query(&ACCOUNTS_AFTER, &[school.into(), after.into(), limit.into()])?.iter().map(account).collect()
}

pub fn schools_with_books(tx: &mut Tx<'_>) -> Result<Vec<SchoolId>, DbError> {
    tx.query(&SCHOOLS_WITH_BOOKS, &[])?.iter().map(|row| row.id(0).map(SchoolId::new)).collect()
}

/// Everyone with an account.
pub fn everyone(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<PersonId>, DbError> {
    let all = accounts_after(tx, school, PersonId::new(uuid::Uuid::nil()), i64::from(u32::MAX))?;
    Ok(all.into_iter().map(|state| state.person).collect())
}

type DayTotal = ((i64, String), (i64, i64, i64));

pub(super) fn day_totals(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<DayTotal>, DbError> {
    let total = |row: &Row| Ok(((row.int(0)?, row.text(1)?), (row.int(2)?, row.int(3)?, row.int(4)?)));
    tx.query(&DAY_TOTALS, &[school.into()])?.iter().map(total).collect()
}

/// Account, debit, credit of all days up to this one.
pub(super) fn trial_balance(
    tx: &mut Tx<'_>,
    school: SchoolId,
    day: BusinessDay,
) -> Result<Vec<(String, Cents, Cents)>, DbError> {
    let line = |row: &Row| Ok((row.text(0)?, row.cents(1)?, row.cents(2)?));
    tx.query(&TRIAL_BALANCE, &[school.into(), day.into()])?.iter().map(line).collect()
}

pub(super) fn each_hash_of_day(
    tx: &mut Tx<'_>,
    school: SchoolId,
    day: BusinessDay,
    each: &mut dyn FnMut(&[u8], Cents),
) -> Result<(), DbError> {
    let mut after = EntryId::new(uuid::Uuid::nil());
    loop {
        let page = tx.query(&HASHES_OF_DAY, &[school.into(), day.into(), after.into(), HASHES_PAGE.into()])?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id(0)?.into();
        for row in &page {
            each(&row.blob(1)?, row.cents(2)?);
        }
    }
}

/// The first day with entries after this one.
pub(super) fn first_open_day(tx: &mut Tx<'_>, school: SchoolId, after: i64) -> Result<Option<BusinessDay>, DbError> {
    let row = tx.one(&FIRST_DAY_AFTER, &[school.into(), after.into()])?;
    row.opt_int(0)?.map(|_| row.day(0)).transpose()
}

fn closed_day(row: &Row) -> Result<ClosedDay, DbError> {
    let root = |i| Root::from_slice(&row.blob(i)?).ok_or_else(|| DbError::Broken("a root is not 32 bytes".into()));
    Ok(ClosedDay {
        day: row.day(0)?,
        entries: row.int(1)?,
        amount: row.cents(2)?,
        previous: root(3)?,
        root: root(4)?,
        closed_at: row.time(5)?,
        closed_by: UserId::new(row.id(6)?),
    })
}

pub(super) fn find_closed_day(
    tx: &mut Tx<'_>,
    school: SchoolId,
    day: BusinessDay,
) -> Result<Option<ClosedDay>, DbError> {
    tx.opt(&FIND_CLOSED_DAY, &[school.into(), day.into()])?.map(|row| closed_day(&row)).transpose()
}

pub fn last_closed_day(tx: &mut Tx<'_>, school: SchoolId) -> Result<Option<ClosedDay>, DbError> {
    tx.opt(&LAST_CLOSED_DAY, &[school.into()])?.map(|row| closed_day(&row)).transpose()
}

pub(super) fn closed_days(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<ClosedDay>, DbError> {
    tx.query(&CLOSED_DAYS, &[school.into()])?.iter().map(closed_day).collect()
}

/// The roots of all closed days of all schools, in their order.
pub fn day_roots(tx: &mut Tx<'_>) -> Result<Vec<(SchoolId, BusinessDay, Root)>, DbError> {
    let mut roots = Vec::new();
    for school in schools_with_books(tx)? {
        roots.extend(closed_days(tx, school)?.into_iter().map(|closed| (school, closed.day, closed.root)));
    }
    Ok(roots)
}

pub(super) fn insert_closed_day(tx: &mut Tx<'_>, school: SchoolId, closed: &ClosedDay) -> Result<(), DbError> {
    let (previous, root) = (closed.previous.0.as_slice(), closed.root.0.as_slice());
    let numbers = [closed.entries.into(), closed.amount.into(), previous.into(), root.into()];
    let mut params = vec![school.into(), closed.day.into()];
    params.extend(numbers);
    params.extend([closed.closed_at.into(), closed.closed_by.into()]);
    tx.execute(&INSERT_CLOSED_DAY, &params).map(|_| ())
}

/// What is read after this is all there will be of a day that is over.
pub(super) fn hold_entries(tx: &mut Tx<'_>, school: SchoolId) -> Result<(), DbError> {
    tx.one(&HOLD_ENTRIES, &[school.into()]).map(|_| ())
}

/// The number of the last closed day, or zero.
pub fn last_closed(tx: &mut Tx<'_>, school: SchoolId) -> Result<i64, DbError> {
    Ok(last_closed_day(tx, school)?.map_or(0, |closed| closed.day.number()))
}

/// The first day with entries after the last that was closed.
pub fn first_open(tx: &mut Tx<'_>, school: SchoolId) -> Result<Option<BusinessDay>, DbError> {
    let last = last_closed(tx, school)?;
    first_open_day(tx, school, last)
}

/// The newest entry by its name, and when it was booked.
pub fn newest_entry(tx: &mut Tx<'_>, school: SchoolId) -> Result<Option<(EntryId, Timestamp)>, DbError> {
    let row = tx.opt(&NEWEST_ENTRY, &[school.into()])?;
    row.map(|row| Ok((EntryId::new(row.id(0)?), row.time(1)?))).transpose()
}

/// Days with entries after the last that was closed: day, entries, amount.
pub fn open_days(tx: &mut Tx<'_>, school: SchoolId, after: i64) -> Result<Vec<(BusinessDay, i64, Cents)>, DbError> {
    let line = |row: &Row| Ok((row.day(0)?, row.int(1)?, row.cents(2)?));
    tx.query(&OPEN_DAYS, &[school.into(), after.into()])?.iter().map(line).collect()
}

pub(super) fn missing_guards(tx: &mut Tx<'_>) -> Result<Vec<&'static str>, DbError> {
    let names: Vec<String> = tx.query(&GUARDS, &[])?.iter().map(|row| row.text(0)).collect::<Result<_, _>>()?;
    let wanted: &[&str] = match tx.one(&ENGINE, &[])?.text(0)?.as_str() {
        "sqlite" => &SQLITE_GUARDS,
        _ => &POSTGRES_GUARDS,
    };
    Ok(wanted.iter().copied().filter(|guard| !names.iter().any(|name| name == guard)).collect())
}

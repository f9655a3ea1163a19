//! Rows that only guardians' pages and the worker read and write: the state of the low-balance alert, and who is to be
//! told of meals.

use crate::plumbing::db::{DbError, Row, Tx};
use yitong_values::{BusinessDay, PersonId, SchoolId, Timestamp};

crate::sql! {
    FIND_LOW = "SELECT below, crossings FROM low_balance WHERE school_id = $1 AND person_id = $2";
    PUT_LOW = "INSERT INTO low_balance (school_id, person_id, below, crossings) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (school_id, person_id) DO UPDATE SET below = excluded.below, crossings = excluded.crossings";
    /// Pupils whose meals some guardian may be told of, and who have bought something lately.
    MEALS_WATCHED = "SELECT p.id FROM person p JOIN account a ON a.school_id = p.school_id AND a.person_id = p.id \
                     WHERE p.school_id = $1 AND p.kind = 'student' AND p.status = 'active' AND a.last_at >= $2 AND EXISTS \
                     (SELECT 1 FROM binding b WHERE b.school_id = p.school_id AND b.person_id = p.id \
                     AND b.state = 'active' AND b.locked = 0 AND b.may_see = 1 AND b.meals = 1)";
    BOUGHT_ON = "SELECT e.id, e.person_id, e.at, e.detail FROM entry e \
                 WHERE e.school_id = $1 AND e.day = $2 AND e.id > $3 AND e.kind = 'purchase' AND NOT EXISTS \
                 (SELECT 1 FROM entry r WHERE r.school_id = e.school_id AND r.corrects = e.id) ORDER BY e.id LIMIT $4";
    SCHOOLS = "SELECT id FROM school ORDER BY id";
}

const ROWS_AT_ONCE: i64 = 1_000;

/// Whether the balance was below the line when it was looked at, and how often it has crossed it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Low {
    pub(super) below: bool,
    pub(super) crossings: i64,
}

pub(super) fn low(tx: &mut Tx<'_>, school: SchoolId, person: PersonId) -> Result<Low, DbError> {
    let row = tx.opt(&FIND_LOW, &[school.into(), person.into()])?;
    row.map_or(Ok(Low::default()), |row| Ok(Low { below: row.flag(0)?, crossings: row.int(1)? }))
}

pub(super) fn put_low(tx: &mut Tx<'_>, school: SchoolId, person: PersonId, low: Low) -> Result<(), DbError> {
    tx.execute(&PUT_LOW, &[school.into(), person.into(), low.below.into(), low.crossings.into()]).map(|_| ())
}

pub(super) fn meals_watched(tx: &mut Tx<'_>, school: SchoolId, since: Timestamp) -> Result<Vec<PersonId>, DbError> {
    tx.query(&MEALS_WATCHED, &[school.into(), since.into()])?.iter().map(|row| row.id(0).map(PersonId::new)).collect()
}

/// Hands over every purchase of a day that still stands: who, when, and its detail.
pub(super) fn each_bought(
    tx: &mut Tx<'_>,
    school: SchoolId,
    day: BusinessDay,
    mut each: impl FnMut(PersonId, Timestamp, &str),
) -> Result<(), DbError> {
    let mut after = uuid::Uuid::nil();
    loop {
        let rows = tx.query(&BOUGHT_ON, &[school.into(), day.into(), after.into(), ROWS_AT_ONCE.into()])?;
        for row in &rows {
            if let Some(person) = row.opt_id(1)? {
                each(person.into(), row.time(2)?, &row.text(3)?);
            }
        }
        match rows.last() {
            Some(last) if rows.len() as i64 == ROWS_AT_ONCE => after = last.id(0)?,
            _ => return Ok(()),
        }
    }
}

pub(super) fn schools(tx: &mut Tx<'_>) -> Result<Vec<SchoolId>, DbError> {
    tx.query(&SCHOOLS, &[])?.iter().map(|row: &Row| row.id(0).map(SchoolId::new)).collect()
}

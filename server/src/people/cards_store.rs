//! Rows of cards' numbers.

use super::cards::{CardHolder, CardState};
use crate::plumbing::changes::{self, Lists};
use crate::plumbing::db::{Column, DbError, Row, Tx, Value};
use uuid::Uuid;
use yitong_values::{PersonId, SchoolId, Timestamp, UserId};

crate::sql! {
    OF_PERSON = "SELECT id, person_id, mask, state, bound_at, lost_at, ended_at FROM person_card WHERE school_id = $1 \
                 AND person_id = $2 ORDER BY bound_at DESC, id DESC";
    FIND = "SELECT id, person_id, mask, state, bound_at, lost_at, ended_at FROM person_card WHERE school_id = $1 \
            AND id = $2";
    /// One that can still be shown comes before those that ended: a card is given to the next child.
    HOLDER = "SELECT person_id, state, lost_at FROM person_card WHERE school_id = $1 AND hash = $2 \
              ORDER BY CASE WHEN state = 'ended' THEN 1 ELSE 0 END, bound_at DESC LIMIT 1";
    BY_HASH = "SELECT id, person_id, mask, state, bound_at, lost_at, ended_at FROM person_card WHERE school_id = $1 \
               AND hash = $2 AND state <> 'ended'";
    ANY = "SELECT 1 FROM person_card WHERE school_id = $1 LIMIT 1";
    SEALED = {
        sqlite: "SELECT person_id, sealed FROM person_card WHERE school_id = $1 AND person_id = $2 \
                 AND state = 'active'",
        postgres: "SELECT c.person_id, c.sealed FROM unnest($1::uuid[], $2::uuid[]) AS asked(s, i) \
                   JOIN person_card c ON c.school_id = asked.s AND c.person_id = asked.i AND c.state = 'active'"
    };
    INSERT = "INSERT INTO person_card (school_id, id, person_id, hash, sealed, mask, state, bound_at, bound_by) \
              VALUES ($1, $2, $3, $4, $5, $6, 'active', $7, $8)";
    LOSE = "UPDATE person_card SET state = 'lost', lost_at = $3 WHERE school_id = $1 AND id = $2 AND state = 'active'";
    REINSTATE = "UPDATE person_card SET state = 'active', lost_at = NULL WHERE school_id = $1 AND id = $2 \
                 AND state = 'lost'";
    END = "UPDATE person_card SET state = 'ended', ended_at = $3 WHERE school_id = $1 AND id = $2 AND state <> 'ended'";
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CardRow {
    pub(super) id: Uuid,
    pub(super) person: PersonId,
    pub(super) mask: String,
    pub(super) state: CardState,
    pub(super) bound_at: Timestamp,
    pub(super) lost_at: Option<Timestamp>,
    pub(super) ended_at: Option<Timestamp>,
}

fn card(row: &Row) -> Result<CardRow, DbError> {
    Ok(CardRow {
        id: row.id(0)?,
        person: row.id(1)?.into(),
        mask: row.text(2)?,
        state: CardState::from_word(&row.text(3)?),
        bound_at: row.time(4)?,
        lost_at: row.opt_time(5)?,
        ended_at: row.opt_time(6)?,
    })
}

pub(super) fn of_person(tx: &mut Tx<'_>, school: SchoolId, person: PersonId) -> Result<Vec<CardRow>, DbError> {
    tx.query(&OF_PERSON, &[school.into(), person.into()])?.iter().map(card).collect()
}

pub(super) fn find(tx: &mut Tx<'_>, school: SchoolId, id: Uuid) -> Result<Option<CardRow>, DbError> {
    tx.opt(&FIND, &[school.into(), id.into()])?.map(|row| card(&row)).transpose()
}

/// The card of this number that did not end.
pub(super) fn by_hash(tx: &mut Tx<'_>, school: SchoolId, hash: &[u8]) -> Result<Option<CardRow>, DbError> {
    tx.opt(&BY_HASH, &[school.into(), hash.into()])?.map(|row| card(&row)).transpose()
}

pub(super) fn holder(tx: &mut Tx<'_>, school: SchoolId, hash: &[u8]) -> Result<Option<CardHolder>, DbError> {
    let read = |row: Row| {
        Ok(CardHolder {
            person: row.id(0)?.into(),
            state: CardState::from_word(&row.text(1)?),
            lost_at: row.opt_time(2)?,
        })
    };
    tx.opt(&HOLDER, &[school.into(), hash.into()])?.map(read).transpose()
}

pub(super) fn any(tx: &mut Tx<'_>, school: SchoolId) -> Result<bool, DbError> {
    Ok(tx.opt(&ANY, &[school.into()])?.is_some())
}

pub(super) fn sealed_of(
    tx: &mut Tx<'_>,
    school: SchoolId,
    persons: &[PersonId],
) -> Result<Vec<(PersonId, Vec<u8>)>, DbError> {
    let rows: Vec<_> = persons.iter().map(|person| vec![Value::from(school), Value::from(*person)]).collect();
    let found = tx.query_columns(&SEALED, &[Column::Id, Column::Id], &rows)?;
    found.iter().map(|row| Ok((row.id(0)?.into(), row.blob(1)?))).collect()
}

/// A number as it is kept.
#[derive(Clone, Debug)]
pub(super) struct NewCard {
    pub(super) id: Uuid,
    pub(super) person: PersonId,
    pub(super) hash: Vec<u8>,
    pub(super) sealed: Vec<u8>,
    pub(super) mask: String,
}

pub(super) fn insert(
    tx: &mut Tx<'_>,
    school: SchoolId,
    new: &NewCard,
    (by, now): (UserId, Timestamp),
) -> Result<(), DbError> {
    let params = [
        school.into(),
        new.id.into(),
        new.person.into(),
        new.hash.as_slice().into(),
        new.sealed.as_slice().into(),
        new.mask.as_str().into(),
        now.into(),
        by.into(),
    ];
    tx.execute(&INSERT, &params)?;
    changes::record(tx, school, [new.person], Lists::Same)
}

/// Says whether it was otherwise before.
pub(super) fn put_state(
    tx: &mut Tx<'_>,
    school: SchoolId,
    card: &CardRow,
    state: CardState,
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = match state {
        CardState::Active => tx.execute(&REINSTATE, &[school.into(), card.id.into()])?,
        CardState::Lost => tx.execute(&LOSE, &[school.into(), card.id.into(), now.into()])?,
        CardState::Ended => tx.execute(&END, &[school.into(), card.id.into(), now.into()])?,
    };
    changes::record(tx, school, [card.person], Lists::Same)?;
    Ok(changed > 0)
}

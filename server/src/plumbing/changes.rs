//! The feed of people who changed: whoever writes to somebody's row, wallet, codes, limits or rules says so in the same
//! transaction, and whoever mirrors people reads what came since. A row a unit, so that a batch of purchases costs one.

use super::db::{Column, DbError, Row, Tx, Value};
use uuid::Uuid;
use yitong_values::{PersonId, SchoolId, Timestamp};

crate::sql! {
    /// On SQLite units run one after the other, so the next number is the next commit. On PostgreSQL the number is the
    /// transaction's own, and readers stop before the oldest that is still open. The moment is the database's: it only
    /// serves to forget what is old.
    RECORD = {
        sqlite: "INSERT INTO person_change (school_id, position, lists, persons, at) \
                 SELECT $1, COALESCE(MAX(position), 0) + 1, $2, $3, CAST(unixepoch('subsec') * 1000 AS INTEGER) \
                 FROM person_change WHERE school_id = $1",
        postgres: "INSERT INTO person_change (school_id, lists, persons, at) \
                   SELECT s, l, p, (extract(epoch FROM clock_timestamp()) * 1000)::bigint \
                   FROM unnest($1::uuid[], $2::bigint[], $3::bytea[]) AS r(s, l, p)"
    };
    /// Everything below it is known: the engine, the number, and the moment of the last row below it.
    HORIZON = {
        sqlite: "SELECT 0, COALESCE(MAX(position), 0) + 1 FROM person_change WHERE school_id = $1",
        postgres: "SELECT 1::bigint, pg_snapshot_xmin(pg_current_snapshot())::text::bigint \
                   FROM (SELECT $1::uuid) AS asked"
    };
    LAST_BELOW = "SELECT position, at FROM person_change WHERE school_id = $1 AND position < $2 \
                  ORDER BY position DESC, part DESC LIMIT 1";
    LISTS = "SELECT position FROM person_change WHERE school_id = $1 AND position < $2 AND lists = 1 \
             ORDER BY position DESC LIMIT 1";
    SINCE = "SELECT position, persons FROM person_change WHERE school_id = $1 AND position >= $2 AND position < $3 \
             ORDER BY position, part LIMIT $4";
    SCHOOLS = "SELECT school_id, MAX(position) FROM person_change GROUP BY school_id";
    /// Never the last row of a school, nor the last that changed its lists: versions don't go back.
    FORGET = "DELETE FROM person_change WHERE school_id = $1 AND at < $2 AND position < $3 AND position <> $4";
}

/// Rows of one page: a unit of an import has some hundreds.
const ROWS_MAX: i64 = 4_096;

/// What else changes with the people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lists {
    Same,
    /// Codes, keys or who is stopped: readers fetch their lists again.
    Changed,
}

/// Says that these people changed. None at all is fine where only the lists did.
pub fn record(
    tx: &mut Tx<'_>,
    school: SchoolId,
    persons: impl IntoIterator<Item = PersonId>,
    lists: Lists,
) -> Result<(), DbError> {
    let persons: Vec<u8> = persons.into_iter().flat_map(|person| *person.uuid().as_bytes()).collect();
    if persons.is_empty() && lists == Lists::Same {
        return Ok(());
    }
    let row = vec![school.into(), Value::from(lists == Lists::Changed), persons.into()];
    tx.send_columns(&RECORD, &[Column::Id, Column::Int, Column::Blob], &[row])
}

/// How far the feed of a school can be read now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Horizon {
    /// Numbers of one engine mean nothing to the other: a school may have moved.
    engine: i64,
    pub position: i64,
}

pub fn horizon(tx: &mut Tx<'_>, school: SchoolId) -> Result<Horizon, DbError> {
    let row = tx.one(&HORIZON, &[school.into()])?;
    Ok(Horizon { engine: row.int(0)?, position: row.int(1)? })
}

impl Horizon {
    /// Of the row before `position`, eight bits: a cursor of another history (a restored copy, another engine) is known
    /// by them. `None`: nothing is kept from before.
    fn check(self, tx: &mut Tx<'_>, school: SchoolId, position: i64) -> Result<Option<(i64, i64)>, DbError> {
        let before = tx.opt(&LAST_BELOW, &[school.into(), position.into()])?;
        let read = |row: Row| {
            let (position, at) = (row.int(0)?, row.int(1)?);
            Ok((position, (at ^ (at >> 8) ^ (at >> 16) ^ (self.engine * 0x55)) & 0xff))
        };
        before.map(read).transpose()
    }

    /// The cursor of somebody who knows everything below `position`. Two who know the same have the same.
    pub fn cursor(self, tx: &mut Tx<'_>, school: SchoolId, position: i64) -> Result<i64, DbError> {
        Ok(self.check(tx, school, position)?.map_or(0, |(last, check)| (last + 1) << 8 | check))
    }

    /// Where to read on from; `None`: the cursor is unknown or too old, and everything is to be read.
    pub fn resume(self, tx: &mut Tx<'_>, school: SchoolId, cursor: i64) -> Result<Option<i64>, DbError> {
        let (position, check) = (cursor >> 8, cursor & 0xff);
        if cursor <= 0 || position > self.position {
            return Ok(None);
        }
        let before = self.check(tx, school, position)?;
        Ok(before.filter(|(_, known)| *known == check).map(|_| position))
    }

    /// The cursor of now: what the doorbell tells.
    pub fn newest(self, tx: &mut Tx<'_>, school: SchoolId) -> Result<i64, DbError> {
        self.cursor(tx, school, self.position)
    }

    /// The last change of the lists.
    pub fn lists(self, tx: &mut Tx<'_>, school: SchoolId) -> Result<i64, DbError> {
        tx.opt(&LISTS, &[school.into(), self.position.into()])?.map_or(Ok(0), |row| row.int(0))
    }

    /// Who changed from `from` on, about `persons_max` of them. `None`: one unit changed more than a page holds, and
    /// everything is to be read.
    pub fn since(
        self,
        tx: &mut Tx<'_>,
        school: SchoolId,
        from: i64,
        persons_max: usize,
    ) -> Result<Option<Changed>, DbError> {
        let rows = tx.query(&SINCE, &[school.into(), from.into(), self.position.into(), ROWS_MAX.into()])?;
        let positions = rows.iter().map(|row| row.int(0)).collect::<Result<Vec<_>, _>>()?;
        let (Some(first), Some(last)) = (positions.first().copied(), positions.last().copied()) else {
            return Ok(Some(Changed { persons: Vec::new(), next: from, more: false }));
        };
        let full = rows.len() as i64 == ROWS_MAX;
        if full && first == last {
            return Ok(None);
        }
        // Of a full page, the last position may go on: it begins the next page.
        let end = if full { last } else { last + 1 };
        let mut changed = Changed { persons: Vec::new(), next: end, more: full };
        for (i, row) in rows.iter().enumerate().filter(|(i, _)| positions[*i] < end) {
            if changed.persons.len() >= persons_max && positions[i] != positions[i - 1] {
                (changed.next, changed.more) = (positions[i], true);
                break;
            }
            let ids = row.blob(1)?;
            changed.persons.extend(ids.chunks_exact(16).filter_map(|id| Uuid::from_slice(id).ok().map(PersonId::new)));
        }
        changed.persons.sort_unstable();
        changed.persons.dedup();
        Ok(Some(changed))
    }
}

/// Who changed, each once, and where to read on from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub persons: Vec<PersonId>,
    pub next: i64,
    pub more: bool,
}

/// Forgets what is older, of every school. Whoever was away longer reads everything again.
pub fn forget(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, DbError> {
    let mut forgotten = 0;
    for row in tx.query(&SCHOOLS, &[])? {
        let (school, last) = (SchoolId::new(row.id(0)?), row.int(1)?);
        let lists = horizon(tx, school)?.lists(tx, school)?;
        forgotten += tx.execute(&FORGET, &[school.into(), before.into(), last.into(), lists.into()])?;
    }
    Ok(forgotten)
}

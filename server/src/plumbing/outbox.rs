//! Happenings: what guardians and partners will hear of, queued in the transaction of its cause and told later. A
//! happening that was taken is told at least once: whoever tells it makes repeats harmless.

use super::db::{Column, DbError, Row, Tx};
use std::borrow::Cow;
use uuid::Uuid;
use yitong_values::{PersonId, SchoolId, Timestamp};

crate::sql! {
    QUEUE = {
        sqlite: "INSERT INTO outbox (school_id, id, topic, person_id, body, at) VALUES ($1, $2, $3, $4, $5, $6)",
        postgres: "INSERT INTO outbox (school_id, id, topic, person_id, body, at) \
                   SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::bigint[])"
    };
    /// Several tellers take different ones.
    TAKE = {
        sqlite: "SELECT school_id, id, topic, person_id, body, at FROM outbox ORDER BY school_id, id LIMIT $1",
        postgres: "SELECT school_id, id, topic, person_id, body, at FROM outbox ORDER BY school_id, id LIMIT $1 \
                   FOR UPDATE SKIP LOCKED"
    };
    TOLD = "DELETE FROM outbox WHERE school_id = $1 AND id = $2";
    WAITING = "SELECT CAST(COUNT(*) AS BIGINT), MIN(at) FROM outbox";
}

/// How many are taken in one unit.
pub const TAKE_MAX: i64 = 200;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    pub school: SchoolId,
    /// Of its cause where that has only one happening, so that repeating the cause does not queue it twice.
    pub id: Uuid,
    pub topic: Cow<'static, str>,
    pub person: Option<PersonId>,
    /// A JSON object; ids and amounts, no names.
    pub body: String,
    pub at: Timestamp,
}

pub fn queue(tx: &mut Tx<'_>, happenings: &[Happening]) -> Result<(), DbError> {
    use Column::{Id, Int, Text};
    if happenings.is_empty() {
        return Ok(());
    }
    let row = |h: &Happening| {
        vec![
            h.school.into(),
            h.id.into(),
            h.topic.as_ref().into(),
            h.person.into(),
            h.body.as_str().into(),
            h.at.into(),
        ]
    };
    let rows: Vec<_> = happenings.iter().map(row).collect();
    tx.send_columns(&QUEUE, &[Id, Id, Text, Id, Text, Int], &rows)
}

/// The next ones, held until the unit ends. Those that are told in it are removed by `told`.
pub fn take(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Happening>, DbError> {
    let read = |row: &Row| {
        Ok(Happening {
            school: row.id(0)?.into(),
            id: row.id(1)?,
            topic: row.text(2)?.into(),
            person: row.opt_id(3)?.map(PersonId::new),
            body: row.text(4)?,
            at: row.time(5)?,
        })
    };
    tx.query(&TAKE, &[limit.clamp(1, TAKE_MAX).into()])?.iter().map(read).collect()
}

pub fn told(tx: &mut Tx<'_>, happening: &Happening) -> Result<(), DbError> {
    tx.execute(&TOLD, &[happening.school.into(), happening.id.into()]).map(|_| ())
}

/// How many wait, and since when.
pub fn waiting(tx: &mut Tx<'_>) -> Result<(i64, Option<Timestamp>), DbError> {
    let row = tx.one(&WAITING, &[])?;
    Ok((row.int(0)?, row.opt_int(1)?.map(Timestamp::from_ms)))
}

//! Rows of leases.

use super::lend::Lent;
use crate::plumbing::db::{DbError, Row, Tx};
use yitong_values::{Cents, SchoolId, TerminalId, Timestamp};

crate::sql! {
    OPEN = "SELECT terminal_id, serial, journal, sum, count, person_meal, person_day, used, uses, policy, issued_at, \
            expires_at, held_at, closed_at FROM terminal_lease WHERE school_id = $1 AND closed_at IS NULL \
            ORDER BY terminal_id, serial";
    LAST_SERIAL = "SELECT COALESCE(MAX(serial), 0) FROM terminal_lease WHERE school_id = $1 AND terminal_id = $2";
    INSERT = "INSERT INTO terminal_lease (school_id, terminal_id, serial, journal, sum, count, person_meal, person_day, \
              policy, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    HELD = "UPDATE terminal_lease SET held_at = $4 WHERE school_id = $1 AND terminal_id = $2 AND serial = $3 \
            AND held_at IS NULL";
    /// A lease ends those before it; whoever holds it has given them up, and everything that was sold on them is here.
    CLOSE_BEFORE = "UPDATE terminal_lease SET closed_at = $5 WHERE school_id = $1 AND terminal_id = $2 AND journal = $3 \
                    AND serial < $4 AND closed_at IS NULL";
    CLOSE_EXPIRED = "UPDATE terminal_lease SET closed_at = $5 WHERE school_id = $1 AND terminal_id = $2 AND journal = $3 \
                     AND expires_at < $4 AND closed_at IS NULL";
    CLOSE_OLD = "UPDATE terminal_lease SET closed_at = $2 WHERE expires_at < $1 AND closed_at IS NULL";
    USED = "UPDATE terminal_lease SET used = used + $4, uses = uses + $5 WHERE school_id = $1 AND terminal_id = $2 \
            AND serial = $3";
    FIND = "SELECT terminal_id, serial, journal, sum, count, person_meal, person_day, used, uses, policy, issued_at, \
            expires_at, held_at, closed_at FROM terminal_lease WHERE school_id = $1 AND terminal_id = $2 AND serial = $3";
}

fn small(n: i64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn lent(row: &Row) -> Result<Lent, DbError> {
    Ok(Lent {
        terminal: row.id(0)?.into(),
        serial: small(row.int(1)?),
        journal: small(row.int(2)?),
        sum: row.cents(3)?,
        count: small(row.int(4)?),
        person_meal: row.cents(5)?,
        person_day: row.cents(6)?,
        used: row.cents(7)?,
        uses: small(row.int(8)?),
        policy: row.int(9)?,
        issued_at: row.time(10)?,
        expires_at: row.time(11)?,
        held_at: row.opt_time(12)?,
        closed_at: row.opt_time(13)?,
    })
}

/// All of a school that are not closed.
pub(super) fn open(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<Lent>, DbError> {
    tx.query(&OPEN, &[school.into()])?.iter().map(lent).collect()
}

pub(super) fn last_serial(tx: &mut Tx<'_>, school: SchoolId, id: TerminalId) -> Result<u32, DbError> {
    tx.one(&LAST_SERIAL, &[school.into(), id.into()])?.int(0).map(small)
}

pub(super) fn find(tx: &mut Tx<'_>, school: SchoolId, id: TerminalId, serial: u32) -> Result<Option<Lent>, DbError> {
    tx.opt(&FIND, &[school.into(), id.into(), serial.into()])?.map(|row| lent(&row)).transpose()
}

pub(super) fn insert(tx: &mut Tx<'_>, school: SchoolId, new: &Lent) -> Result<(), DbError> {
    let params = [
        school.into(),
        new.terminal.into(),
        new.serial.into(),
        new.journal.into(),
        new.sum.into(),
        new.count.into(),
        new.person_meal.into(),
        new.person_day.into(),
        new.policy.into(),
        new.issued_at.into(),
        new.expires_at.into(),
    ];
    tx.execute(&INSERT, &params).map(|_| ())
}

/// The terminal says that it has this lease.
pub(super) fn held(
    tx: &mut Tx<'_>,
    school: SchoolId,
    id: TerminalId,
    serial: u32,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.execute(&HELD, &[school.into(), id.into(), serial.into(), now.into()]).map(|_| ())
}

pub(super) fn close_before(
    tx: &mut Tx<'_>,
    (school, id, journal): (SchoolId, TerminalId, u32),
    serial: u32,
    now: Timestamp,
) -> Result<(), DbError> {
    let params = [school.into(), id.into(), journal.into(), serial.into(), now.into()];
    tx.execute(&CLOSE_BEFORE, &params).map(|_| ())
}

/// Those that ended before a moment: nothing can be sold on them, and all that was is here.
pub(super) fn close_expired(
    tx: &mut Tx<'_>,
    (school, id, journal): (SchoolId, TerminalId, u32),
    before: Timestamp,
    now: Timestamp,
) -> Result<(), DbError> {
    let params = [school.into(), id.into(), journal.into(), before.into(), now.into()];
    tx.execute(&CLOSE_EXPIRED, &params).map(|_| ())
}

/// Of machines that nobody has heard of since.
pub(super) fn close_old(tx: &mut Tx<'_>, before: Timestamp, now: Timestamp) -> Result<u64, DbError> {
    tx.execute(&CLOSE_OLD, &[before.into(), now.into()])
}

pub(super) fn used(
    tx: &mut Tx<'_>,
    (school, id): (SchoolId, TerminalId),
    serial: u32,
    fen: Cents,
    uses: u32,
) -> Result<(), DbError> {
    tx.execute(&USED, &[school.into(), id.into(), serial.into(), fen.into(), uses.into()]).map(|_| ())
}

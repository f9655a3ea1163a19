//! Rows of alarms. One of a kind is open for a terminal at a time.

use super::alarm::Alarm;
use crate::plumbing::db::{DbError, Row, Tx};
use uuid::Uuid;
use yitong_values::{SchoolId, TerminalId, Timestamp, UserId};

crate::sql! {
    RAISE = "INSERT INTO terminal_alarm (school_id, id, terminal_id, kind, detail, raised_at, last_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (school_id, terminal_id, kind) WHERE cleared_at IS NULL \
             DO UPDATE SET last_at = excluded.last_at, detail = excluded.detail";
    CLEAR = "UPDATE terminal_alarm SET cleared_at = $4 WHERE school_id = $1 AND terminal_id = $2 AND kind = $3 \
             AND cleared_at IS NULL";
    SETTLE = "UPDATE terminal_alarm SET cleared_at = $3, cleared_by = $4 WHERE school_id = $1 AND id = $2 \
              AND cleared_at IS NULL";
    OPEN = "SELECT id, terminal_id, kind, detail, raised_at, last_at, cleared_at FROM terminal_alarm \
            WHERE school_id = $1 AND cleared_at IS NULL ORDER BY raised_at DESC, id DESC";
    OF_TERMINAL = "SELECT id, terminal_id, kind, detail, raised_at, last_at, cleared_at FROM terminal_alarm \
                   WHERE school_id = $1 AND terminal_id = $2 \
                   ORDER BY CASE WHEN cleared_at IS NULL THEN 0 ELSE 1 END, raised_at DESC, id DESC LIMIT 50";
    FIND = "SELECT id, terminal_id, kind, detail, raised_at, last_at, cleared_at FROM terminal_alarm \
            WHERE school_id = $1 AND id = $2";
    SCHOOLS = "SELECT DISTINCT school_id FROM terminal WHERE revoked_at IS NULL AND journal > 0";
}

#[derive(Clone, Debug)]
pub(super) struct AlarmRow {
    pub(super) id: Uuid,
    pub(super) terminal: TerminalId,
    pub(super) alarm: Option<Alarm>,
    /// Numbers and words of machines, no names.
    pub(super) detail: String,
    pub(super) raised_at: Timestamp,
    pub(super) last_at: Timestamp,
    pub(super) cleared_at: Option<Timestamp>,
}

fn alarm(row: &Row) -> Result<AlarmRow, DbError> {
    Ok(AlarmRow {
        id: row.id(0)?,
        terminal: row.id(1)?.into(),
        alarm: Alarm::from_word(&row.text(2)?),
        detail: row.text(3)?,
        raised_at: row.time(4)?,
        last_at: row.time(5)?,
        cleared_at: row.opt_time(6)?,
    })
}

pub(super) fn raise(
    tx: &mut Tx<'_>,
    (school, terminal): (SchoolId, TerminalId),
    alarm: Alarm,
    base: Uuid,
    detail: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    let params =
        [school.into(), alarm.id(base).into(), terminal.into(), alarm.word().into(), detail.into(), now.into()];
    tx.execute(&RAISE, &params).map(|_| ())
}

/// Its reason is gone. Says whether it was open.
pub(super) fn clear(
    tx: &mut Tx<'_>,
    (school, terminal): (SchoolId, TerminalId),
    alarm: Alarm,
    now: Timestamp,
) -> Result<bool, DbError> {
    Ok(tx.execute(&CLEAR, &[school.into(), terminal.into(), alarm.word().into(), now.into()])? > 0)
}

/// Somebody has looked.
pub(super) fn settle(tx: &mut Tx<'_>, school: SchoolId, id: Uuid, by: UserId, now: Timestamp) -> Result<bool, DbError> {
    Ok(tx.execute(&SETTLE, &[school.into(), id.into(), now.into(), by.into()])? > 0)
}

pub(super) fn open(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<AlarmRow>, DbError> {
    tx.query(&OPEN, &[school.into()])?.iter().map(alarm).collect()
}

/// Those that are open, then the last ones that were.
pub(super) fn of_terminal(tx: &mut Tx<'_>, school: SchoolId, id: TerminalId) -> Result<Vec<AlarmRow>, DbError> {
    tx.query(&OF_TERMINAL, &[school.into(), id.into()])?.iter().map(alarm).collect()
}

pub(super) fn find(tx: &mut Tx<'_>, school: SchoolId, id: Uuid) -> Result<Option<AlarmRow>, DbError> {
    tx.opt(&FIND, &[school.into(), id.into()])?.map(|row| alarm(&row)).transpose()
}

/// Schools that have machines at their tills.
pub(super) fn schools(tx: &mut Tx<'_>) -> Result<Vec<SchoolId>, DbError> {
    tx.query(&SCHOOLS, &[])?.iter().map(|row| row.id(0).map(SchoolId::new)).collect()
}

//! Rows of what the office asks of a terminal once.

use crate::plumbing::db::{DbError, Row, Tx};
use uuid::Uuid;
use yitong_sync::wire::fleet::CommandKind;
use yitong_values::{SchoolId, TerminalId, Timestamp, UserId};

crate::sql! {
    INSERT = "INSERT INTO terminal_command (school_id, id, terminal_id, number, kind, made_at, made_by, expires_at) \
              SELECT $1, $2, $3, COALESCE(MAX(number), 0) + 1, $4, $5, $6, $7 FROM terminal_command \
              WHERE school_id = $1 AND terminal_id = $3";
    WAITING = "SELECT id, kind, made_at, expires_at, done_at, result, CASE WHEN log IS NULL THEN 0 ELSE 1 END \
               FROM terminal_command WHERE school_id = $1 AND terminal_id = $2 AND done_at IS NULL AND expires_at > $3 \
               ORDER BY number";
    LAST = "SELECT id, kind, made_at, expires_at, done_at, result, CASE WHEN log IS NULL THEN 0 ELSE 1 END \
            FROM terminal_command WHERE school_id = $1 AND terminal_id = $2 ORDER BY number DESC LIMIT 20";
    LAST_NUMBER = "SELECT COALESCE(MAX(number), 0) FROM terminal_command WHERE school_id = $1 AND terminal_id = $2";
    DONE = "UPDATE terminal_command SET done_at = COALESCE(done_at, $4), result = COALESCE(result, $5) \
            WHERE school_id = $1 AND terminal_id = $2 AND id = $3";
    PUT_LOG = "UPDATE terminal_command SET log = $4 WHERE school_id = $1 AND terminal_id = $2 AND id = $3 \
               AND kind = 'send_log'";
    LOG = "SELECT log FROM terminal_command WHERE school_id = $1 AND terminal_id = $2 AND id = $3 AND log IS NOT NULL";
    FORGET_LOGS = "UPDATE terminal_command SET log = NULL WHERE made_at < $1 AND log IS NOT NULL";
}

#[derive(Clone, Debug)]
pub(super) struct CommandRow {
    pub(super) id: Uuid,
    pub(super) kind: String,
    pub(super) made_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) done_at: Option<Timestamp>,
    pub(super) result: Option<String>,
    pub(super) has_log: bool,
}

impl CommandRow {
    pub(super) fn wire(&self) -> CommandKind {
        match self.kind.as_str() {
            "restart" => CommandKind::Restart,
            "send_log" => CommandKind::SendLog,
            "locate" => CommandKind::Locate,
            "pull_again" => CommandKind::PullAgain,
            _ => CommandKind::Unknown,
        }
    }
}

pub(super) const KINDS: [&str; 4] = ["restart", "send_log", "locate", "pull_again"];

fn command(row: &Row) -> Result<CommandRow, DbError> {
    Ok(CommandRow {
        id: row.id(0)?,
        kind: row.text(1)?,
        made_at: row.time(2)?,
        expires_at: row.time(3)?,
        done_at: row.opt_time(4)?,
        result: row.opt_text(5)?,
        has_log: row.flag(6)?,
    })
}

/// Of a terminal: who asks, when, and until when it makes sense.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    (school, terminal): (SchoolId, TerminalId),
    id: Uuid,
    kind: &str,
    (by, now, expires_at): (UserId, Timestamp, Timestamp),
) -> Result<(), DbError> {
    let params = [school.into(), id.into(), terminal.into(), kind.into(), now.into(), by.into(), expires_at.into()];
    tx.execute(&INSERT, &params).map(|_| ())
}

pub(super) fn waiting(
    tx: &mut Tx<'_>,
    school: SchoolId,
    terminal: TerminalId,
    now: Timestamp,
) -> Result<Vec<CommandRow>, DbError> {
    tx.query(&WAITING, &[school.into(), terminal.into(), now.into()])?.iter().map(command).collect()
}

/// The last ones, newest first.
pub(super) fn last(tx: &mut Tx<'_>, school: SchoolId, terminal: TerminalId) -> Result<Vec<CommandRow>, DbError> {
    tx.query(&LAST, &[school.into(), terminal.into()])?.iter().map(command).collect()
}

pub(super) fn last_number(tx: &mut Tx<'_>, school: SchoolId, terminal: TerminalId) -> Result<i64, DbError> {
    tx.one(&LAST_NUMBER, &[school.into(), terminal.into()])?.int(0)
}

/// Whether there is such a command.
pub(super) fn done(
    tx: &mut Tx<'_>,
    (school, terminal): (SchoolId, TerminalId),
    id: Uuid,
    result: &str,
    now: Timestamp,
) -> Result<bool, DbError> {
    let params = [school.into(), terminal.into(), id.into(), now.into(), result.into()];
    Ok(tx.execute(&DONE, &params)? == 1)
}

/// Whether there is a command that asked for it.
pub(super) fn put_log(
    tx: &mut Tx<'_>,
    (school, terminal): (SchoolId, TerminalId),
    id: Uuid,
    log: &[u8],
) -> Result<bool, DbError> {
    Ok(tx.execute(&PUT_LOG, &[school.into(), terminal.into(), id.into(), log.into()])? == 1)
}

pub(super) fn log(
    tx: &mut Tx<'_>,
    school: SchoolId,
    terminal: TerminalId,
    id: Uuid,
) -> Result<Option<Vec<u8>>, DbError> {
    tx.opt(&LOG, &[school.into(), terminal.into(), id.into()])?.map(|row| row.blob(0)).transpose()
}

/// Logs are long, and nobody reads an old one.
pub(super) fn forget_logs(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, DbError> {
    tx.execute(&FORGET_LOGS, &[before.into()])
}

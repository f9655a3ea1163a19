//! From what is known about the server to sentences that somebody can act on who has never seen a database.

use super::{data_checks as data, machine_checks as machine};
use crate::plumbing::machine::Space;
use yitong_values::{BusinessDay, Timestamp};

/// The worst of several is the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Ok,
    Unknown,
    Warn,
    Bad,
}

impl Level {
    pub(super) fn word(self) -> &'static str {
        match self {
            Level::Ok => "ok",
            Level::Unknown => "unknown",
            Level::Warn => "warn",
            Level::Bad => "bad",
        }
    }
}

/// One sentence in two languages.
pub(super) type Words = (String, String);

#[derive(Clone, Debug)]
pub(super) struct Check {
    pub(super) code: &'static str,
    pub(super) level: Level,
    pub(super) name: (&'static str, &'static str),
    pub(super) says: Words,
    /// What to do; nothing where all is well.
    pub(super) advice: Option<Words>,
}

/// The clock went back while the server ran or stood still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Jump {
    pub(super) at: Timestamp,
    pub(super) back_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BackupFailure {
    pub(super) at: Timestamp,
    pub(super) why: Words,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Backups {
    /// PostgreSQL: made by its own means, which we can't see.
    Elsewhere,
    Off,
    On {
        newest: Option<Timestamp>,
        failure: Option<BackupFailure>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum KeyFile {
    Good,
    Missing,
    /// Not the key with which this server was started.
    Other,
    ReadableByOthers(u32),
}

/// What was found out. Times are milliseconds where the name says so.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) now: Timestamp,
    pub(super) started: Timestamp,
    pub(super) read_ms: Result<u64, String>,
    pub(super) write_ms: Result<u64, String>,
    pub(super) space: Option<Space>,
    pub(super) database_bytes: Option<u64>,
    pub(super) backups: Backups,
    pub(super) newest_entry: Option<Timestamp>,
    pub(super) jump: Option<Jump>,
    pub(super) synchronised: Option<bool>,
    pub(super) waiting: u64,
    pub(super) waiting_max: u64,
    /// The earliest day of any school that has entries and is not closed.
    pub(super) first_open_day: Option<BusinessDay>,
    /// Messages that are late, and since when the oldest of them is due.
    pub(super) late_messages: (i64, Option<Timestamp>),
    pub(super) key_file: KeyFile,
    pub(super) memory_bytes: Option<u64>,
}

pub(super) fn checks(facts: &Facts) -> Vec<Check> {
    vec![
        data::reading(facts),
        data::writing(facts),
        machine::disk(facts),
        data::backup(facts),
        machine::clock(facts),
        data::queue(facts),
        data::days(facts),
        data::messages(facts),
        machine::key_file(facts),
        machine::memory(facts),
        machine::running(facts),
    ]
}

pub(super) fn worst(checks: &[Check]) -> Level {
    // What can't be known is no alarm.
    let known = checks.iter().map(|check| check.level).filter(|level| *level != Level::Unknown);
    known.max().unwrap_or(Level::Ok)
}

pub(super) type Named = (&'static str, (&'static str, &'static str));

pub(super) fn check(named: Named, level: Level, zh: impl Into<String>, en: impl Into<String>) -> Check {
    Check { code: named.0, level, name: named.1, says: (zh.into(), en.into()), advice: None }
}

impl Check {
    pub(super) fn advise(self, zh: impl Into<String>, en: impl Into<String>) -> Check {
        Check { advice: Some((zh.into(), en.into())), ..self }
    }
}

#[cfg(test)]
#[path = "health_tests.rs"]
mod tests;

//! What the server said of the school, kept so that the counter can decide by itself: people, set-up, signed lists. It
//! can be thrown away and pulled again; money stands in the journal.

mod cards;
mod names;
mod people;
mod seal;

pub use people::Applied;
pub use seal::{Sealer, key_file, write_private};

use names::Names;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use std::path::Path;
use uuid::Uuid;
use yitong_sync::SealedLease;
use yitong_sync::wire::setup::Setup;

/// Raised when the tables change: an older mirror is thrown away and pulled again.
const FORM: i64 = 3;

/// 16 MB of changes that are not in the file yet.
const LOG_PAGES_MAX: u32 = 4_096;

/// Rows of one search: more than that nobody reads at a till.
pub const SEARCH_MAX: usize = 20;

const TABLES: &str = "
    CREATE TABLE kept (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE person (
        id BLOB PRIMARY KEY,
        account INTEGER NOT NULL,
        class BLOB,
        body BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE name (id BLOB PRIMARY KEY, round INTEGER NOT NULL, sealed BLOB NOT NULL) WITHOUT ROWID;
    CREATE INDEX person_account ON person (account);
    CREATE INDEX person_class ON person (class) WHERE class IS NOT NULL;
    CREATE TABLE card (hash BLOB PRIMARY KEY, person BLOB NOT NULL) WITHOUT ROWID;
    CREATE INDEX card_person ON card (person);
    CREATE TABLE photo (person BLOB PRIMARY KEY, hash TEXT NOT NULL, body BLOB NOT NULL, used INTEGER NOT NULL);
";

#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    #[error("the mirror's file")]
    Sqlite(#[source] rusqlite::Error),
    #[error("the mirror's folder")]
    Disk(#[source] std::io::Error),
}

fn sqlite(why: rusqlite::Error) -> MirrorError {
    MirrorError::Sqlite(why)
}

/// Each signed list as the server sent it: it is verified when it is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListKind {
    Trust,
    Status,
    Legacy,
}

impl ListKind {
    fn name(self) -> &'static str {
        match self {
            ListKind::Trust => "list trust",
            ListKind::Status => "list status",
            ListKind::Legacy => "list legacy",
        }
    }
}

#[derive(Debug)]
pub struct Mirror {
    db: Connection,
    sealer: Sealer,
    names: Names,
}

impl Mirror {
    /// A file that can't be read, or is of another version, is begun anew: everything in it can be pulled again.
    pub fn open(path: &Path, sealer: Sealer) -> Result<Mirror, MirrorError> {
        let db = match connect(path) {
            Ok(db) => db,
            Err(_) => {
                forget(path).map_err(MirrorError::Disk)?;
                connect(path).map_err(sqlite)?
            }
        };
        Ok(Mirror { db, sealer, names: Names::default() })
    }

    /// In memory, for a simulation.
    pub fn in_memory(sealer: Sealer) -> Result<Mirror, MirrorError> {
        let db = connect(Path::new(":memory:")).map_err(sqlite)?;
        Ok(Mirror { db, sealer, names: Names::default() })
    }

    /// Everything is forgotten, as after the command to pull again.
    pub fn clear(&mut self) -> Result<(), MirrorError> {
        let all = "DELETE FROM person; DELETE FROM name; DELETE FROM card; DELETE FROM photo; DELETE FROM kept";
        self.whole_or_nothing(|| self.db.execute_batch(all).map_err(sqlite))?;
        self.names = Names::default();
        Ok(())
    }

    /// Puts the log into the file: the one moment at which the mirror waits for the disk.
    pub fn settle(&self) -> Result<(), MirrorError> {
        self.db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).map_err(sqlite)
    }

    fn whole_or_nothing<T>(&self, what: impl FnOnce() -> Result<T, MirrorError>) -> Result<T, MirrorError> {
        self.db.execute_batch("BEGIN IMMEDIATE").map_err(sqlite)?;
        let done = what().and_then(|done| self.db.execute_batch("COMMIT").map(|()| done).map_err(sqlite));
        if done.is_err() {
            let _ = self.db.execute_batch("ROLLBACK");
        }
        done
    }

    fn kept(&self, name: &str) -> Result<Option<Vec<u8>>, MirrorError> {
        let mut found = self.db.prepare_cached("SELECT value FROM kept WHERE name = ?1").map_err(sqlite)?;
        let sealed: Option<Vec<u8>> = found.query_row([name], |row| row.get(0)).optional().map_err(sqlite)?;
        Ok(sealed.and_then(|sealed| self.sealer.open(name.as_bytes(), &sealed)))
    }

    fn keep(&self, name: &str, value: &[u8]) -> Result<(), MirrorError> {
        let sealed = self.sealer.seal(name.as_bytes(), value);
        let sql = "INSERT INTO kept (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value";
        self.db.prepare_cached(sql).map_err(sqlite)?.execute(params![name, sealed]).map_err(sqlite)?;
        Ok(())
    }

    fn number(&self, name: &str) -> Result<i64, MirrorError> {
        let bytes = self.kept(name)?.and_then(|bytes| bytes.try_into().ok());
        Ok(bytes.map_or(0, i64::from_be_bytes))
    }

    fn keep_number(&self, name: &str, number: i64) -> Result<(), MirrorError> {
        self.keep(name, &number.to_be_bytes())
    }

    /// As it was sent last; nothing when it can't be read by this version.
    pub fn setup(&self) -> Result<Option<Setup>, MirrorError> {
        Ok(self.kept("setup")?.and_then(|json| serde_json::from_slice(&json).ok()))
    }

    pub fn keep_setup(&self, setup: &Setup) -> Result<(), MirrorError> {
        self.keep("setup", &serde_json::to_vec(setup).expect("a set-up is plain JSON"))
    }

    pub fn list(&self, kind: ListKind) -> Result<Option<Vec<u8>>, MirrorError> {
        self.kept(kind.name())
    }

    pub fn keep_list(&self, kind: ListKind, bytes: &[u8]) -> Result<(), MirrorError> {
        self.keep(kind.name(), bytes)
    }

    /// The version of all lists together, from the doorbell.
    pub fn lists_version(&self) -> Result<i64, MirrorError> {
        self.number("lists version")
    }

    pub fn keep_lists_version(&self, version: i64) -> Result<(), MirrorError> {
        self.keep_number("lists version", version)
    }

    /// When the server last said that nothing is newer than what is here.
    pub fn synced_at(&self) -> Result<Option<i64>, MirrorError> {
        self.number("synced at").map(|at| (at > 0).then_some(at))
    }

    pub fn lease(&self) -> Result<Option<SealedLease>, MirrorError> {
        Ok(self.kept("lease")?.and_then(|json| serde_json::from_slice(&json).ok()))
    }

    pub fn keep_lease(&self, lease: &SealedLease) -> Result<(), MirrorError> {
        self.keep("lease", &serde_json::to_vec(lease).expect("a lease is plain JSON"))
    }

    pub fn keep_synced_at(&self, at: i64) -> Result<(), MirrorError> {
        self.keep_number("synced at", at)
    }
}

/// What a sealed text is, and of whom.
fn place(what: &str, id: Uuid) -> Vec<u8> {
    [what.as_bytes(), id.as_bytes()].concat()
}

fn sealed_row(row: &Row<'_>) -> rusqlite::Result<(Uuid, Vec<u8>)> {
    Ok((Uuid::from_bytes(row.get(0)?), row.get(1)?))
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(path)?;
    // What is lost with the power is pulled again, so nothing here waits for the disk.
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -4096; PRAGMA temp_store = FILE;
         PRAGMA secure_delete = ON; PRAGMA journal_size_limit = 4194304;",
    )?;
    // The agent puts the log away when nobody waits; this is for a log that grows too fast for that.
    db.pragma_update(None, "wal_autocheckpoint", LOG_PAGES_MAX)?;
    let form: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match form {
        0 => {
            db.execute_batch(&format!("BEGIN; {TABLES} PRAGMA user_version = {FORM}; COMMIT"))?;
            Ok(db)
        }
        FORM => Ok(db),
        _ => Err(rusqlite::Error::InvalidQuery),
    }
}

fn forget(path: &Path) -> std::io::Result<()> {
    for end in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        match std::fs::remove_file(&name) {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => return Err(why),
            _ => {}
        }
    }
    Ok(())
}

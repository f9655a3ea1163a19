//! SQLite: one writer's thread that commits many units together (group commit), and a few readers.

use super::{DbError, GROUP_UNITS_MAX, Job, Stats, Tx, WRITE_QUEUE_MAX, migrate};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::{Duration, Instant};

const READERS: usize = 4;
const STATEMENTS_CACHED: usize = 512;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// A backstop; the checkpoint thread keeps the log far below it (measured: fewer stalls than checkpoints in a commit).
const AUTOCHECKPOINT_PAGES: i64 = 20_000;
const CHECKPOINT_EVERY: Duration = Duration::from_millis(100);
/// The writer sees every purchase and deserves the memory; a reader's pages are in the system's cache as well.
const WRITER_CACHE_KIB: i64 = 64 * 1024;
const READER_CACHE_KIB: i64 = 8 * 1024;

type Queue = SyncSender<Box<dyn Job>>;

pub(super) struct Sqlite {
    write: Queue,
    read: Queue,
    /// When it goes, the checkpoint thread ends; the others end with their queues.
    _open: Arc<()>,
}

impl Sqlite {
    pub(super) fn open(path: &Path, stats: &Arc<Stats>) -> Result<Sqlite, DbError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| DbError::Unavailable(e.to_string()))?;
        }
        let mut writer = connect(path, false)?;
        migrate::sqlite(&mut writer)?;
        let (write, units) = sync_channel(WRITE_QUEUE_MAX);
        let told = Arc::clone(stats);
        spawn("db-writer", move || write_for_ever(&writer, &units, &told))?;
        let (read, questions) = sync_channel(WRITE_QUEUE_MAX);
        let questions = Arc::new(Mutex::new(questions));
        for _ in 0..READERS {
            let reader = connect(path, true)?;
            let questions = Arc::clone(&questions);
            spawn("db-reader", move || read_for_ever(&reader, &questions))?;
        }
        let log = connect(path, false)?;
        let open = Arc::new(());
        let still_open = Arc::downgrade(&open);
        spawn("db-checkpoint", move || checkpoint_while_open(&log, &still_open))?;
        Ok(Sqlite { write, read, _open: open })
    }

    pub(super) fn write(&self, job: Box<dyn Job>) -> Result<(), DbError> {
        offer(&self.write, job)
    }

    pub(super) fn read(&self, job: Box<dyn Job>) -> Result<(), DbError> {
        offer(&self.read, job)
    }
}

fn offer(queue: &Queue, job: Box<dyn Job>) -> Result<(), DbError> {
    queue.try_send(job).map_err(|refused| match refused {
        TrySendError::Full(_) => DbError::Busy,
        TrySendError::Disconnected(_) => DbError::Unavailable("the database thread has stopped".into()),
    })
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), DbError> {
    let made = thread::Builder::new().name(name.into()).spawn(body);
    made.map(|_| ()).map_err(|e| DbError::Unavailable(format!("no thread for {name}: {e}")))
}

pub(super) fn connect(path: &Path, read_only: bool) -> Result<Connection, DbError> {
    let flags = if read_only {
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX
    } else {
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX
    };
    let connection = Connection::open_with_flags(path, flags).map_err(|e| sort(&e))?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(|e| sort(&e))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    // Otherwise a statement may be planned anew whenever a bound value changes: measured at a third of a purchase.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(|e| sort(&e))?;
    let pragma = |name: &str, value: &str| connection.pragma_update(None, name, value).map_err(|e| sort(&e));
    if !read_only {
        pragma("journal_mode", "WAL")?;
        // NORMAL may lose an acknowledged commit when the power goes; under group commit it gains nothing.
        pragma("synchronous", "FULL")?;
        pragma("wal_autocheckpoint", &AUTOCHECKPOINT_PAGES.to_string())?;
    }
    pragma("foreign_keys", "ON")?;
    let cache_kib = if read_only { READER_CACHE_KIB } else { WRITER_CACHE_KIB };
    pragma("cache_size", &(-cache_kib).to_string())?;
    pragma("temp_store", "MEMORY")?;
    Ok(connection)
}

/// Takes what is queued now, never waits for more, commits it together, and only then answers.
fn write_for_ever(connection: &Connection, units: &Receiver<Box<dyn Job>>, stats: &Stats) {
    while let Ok(first) = units.recv() {
        let mut group = Vec::with_capacity(8);
        let begun = connection.execute_batch("BEGIN IMMEDIATE").map_err(|e| sort(&e));
        if let Err(why) = begun {
            first.answer(Err(why));
            continue;
        }
        run_in_savepoint(connection, first, &mut group);
        while group.len() < GROUP_UNITS_MAX {
            let Ok(next) = units.try_recv() else { break };
            run_in_savepoint(connection, next, &mut group);
        }
        let syncing = Instant::now();
        let committed = connection.execute_batch("COMMIT").map_err(|e| sort(&e));
        stats.committed(group.len(), syncing.elapsed(), committed.is_ok());
        if committed.is_err() && !connection.is_autocommit() {
            // Nothing of the group is kept; if even this fails, the next BEGIN says so.
            let _ = connection.execute_batch("ROLLBACK");
        }
        for (job, outcome) in group {
            job.answer(committed.clone().and(outcome));
        }
    }
}

type Ran = (Box<dyn Job>, Result<(), DbError>);

fn run_in_savepoint(connection: &Connection, mut job: Box<dyn Job>, group: &mut Vec<Ran>) {
    let step = |sql: &str| connection.prepare_cached(sql).and_then(|mut s| s.execute([])).map_err(|e| sort(&e));
    let outcome = step("SAVEPOINT unit").and_then(|_| run_caught(connection, job.as_mut()));
    let closed = match &outcome {
        Ok(()) => step("RELEASE unit"),
        Err(_) => step("ROLLBACK TO unit").and_then(|_| step("RELEASE unit")),
    };
    let outcome = outcome.and(closed.map(|_| ()));
    group.push((job, outcome));
}

fn run_caught(connection: &Connection, job: &mut dyn Job) -> Result<(), DbError> {
    let name = job.name();
    catch_unwind(AssertUnwindSafe(|| job.run(&mut Tx::sqlite(connection)))).unwrap_or(Err(DbError::Panicked(name)))
}

fn read_for_ever(connection: &Connection, questions: &Mutex<Receiver<Box<dyn Job>>>) {
    loop {
        let next = questions.lock().expect("a reader never panics while it holds the queue").recv();
        let Ok(mut job) = next else { return };
        let outcome = connection.execute_batch("BEGIN").map_err(|e| sort(&e));
        let outcome = outcome.and_then(|()| run_caught(connection, job.as_mut()));
        let closed = connection.execute_batch("COMMIT").map_err(|e| sort(&e));
        job.answer(outcome.and(closed));
    }
}

fn checkpoint_while_open(connection: &Connection, open: &Weak<()>) {
    while open.strong_count() > 0 {
        thread::sleep(CHECKPOINT_EVERY);
        // A failed checkpoint is no harm: the log grows, and the next one or the backstop takes it.
        let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    }
}

/// What SQLite said, sorted into what can be done about it.
pub(super) fn sort(error: &rusqlite::Error) -> DbError {
    match error {
        rusqlite::Error::SqliteFailure(code, text) => {
            let text = text.clone().unwrap_or_else(|| code.to_string());
            match code.code {
                ErrorCode::ConstraintViolation => DbError::Constraint(text),
                ErrorCode::DiskFull
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase => DbError::Unavailable(text),
                _ => DbError::Broken(text),
            }
        }
        other => DbError::Broken(other.to_string()),
    }
}

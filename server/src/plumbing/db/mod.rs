//! The database: two engines behind one transaction type. To write, hand over a re-runnable unit; it runs to its end
//! on a writer's thread even when the caller has gone, and the answer comes after the commit.

pub mod copy;
mod migrate;
mod postgres;
mod snapshot;
mod sql;
mod sqlite;
mod stats;
mod tx;
mod value;

pub use snapshot::{check_pages, in_use, read_file, snapshot};
pub use sql::{Registered, Sql};
pub use stats::Stats;
pub use tx::{Asked, Column, Tx};
pub use value::{Row, Value};

use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Units waiting for the writer; past this the answer is "busy, ask again with the same name".
pub const WRITE_QUEUE_MAX: usize = 4096;
/// Units that share one commit at the most.
pub const GROUP_UNITS_MAX: usize = 512;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DbError {
    #[error("the write queue is full; ask again with the same name")]
    Busy,
    #[error("the database can't be reached or can't write: {0}")]
    Unavailable(String),
    #[error("a rule of the database was broken: {0}")]
    Constraint(String),
    #[error("another transaction was in the way; the unit can be run again")]
    Conflict,
    #[error("the unit {0} panicked; nothing of it was kept")]
    Panicked(&'static str),
    #[error("broken: {0}")]
    Broken(String),
}

/// Where the data is.
#[derive(Clone, Debug)]
pub enum Place {
    File(PathBuf),
    Postgres(String),
}

/// A handle on the database; cloning it is cheap.
#[derive(Clone)]
pub struct Db {
    engine: Arc<Engine>,
    stats: Arc<Stats>,
}

enum Engine {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

/// How units that run at the same time see each other. SQLite runs one after the other in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// As if they ran one after the other; those that could not have are run again.
    Serial,
    /// Each statement sees what was committed before it; the unit itself locks what it decides on.
    Locking,
}

/// A unit of work with its caller's ear. `run` may be called again after a conflict; `answer` is called once.
pub(crate) trait Job: Send {
    fn name(&self) -> &'static str;
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError>;
    fn answer(self: Box<Self>, committed: Result<(), DbError>);
}

struct Unit<T, F> {
    name: &'static str,
    work: F,
    kept: Option<T>,
    reply: oneshot::Sender<Result<T, DbError>>,
    /// Only of units that write.
    _waiting: Option<stats::Waiting>,
}

impl<T: Send, F: Fn(&mut Tx<'_>) -> Result<T, DbError> + Send> Job for Unit<T, F> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        self.kept = None;
        self.kept = Some((self.work)(tx)?);
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), DbError>) {
        let kept = self.kept;
        let answer = committed.and_then(|()| kept.ok_or(DbError::Broken("a unit was answered before it ran".into())));
        // The caller may have gone away; what was committed stays committed.
        let _ = self.reply.send(answer);
    }
}

impl Db {
    /// Opens the database and brings its tables up to date.
    pub fn open(place: &Place) -> Result<Db, DbError> {
        let stats = Arc::new(Stats::default());
        match place {
            Place::File(path) => {
                let engine = Arc::new(Engine::Sqlite(sqlite::Sqlite::open(path, &stats)?));
                Ok(Db { engine, stats })
            }
            Place::Postgres(url) => {
                let engine = Arc::new(Engine::Postgres(postgres::Postgres::open(url, &stats)?));
                Ok(Db { engine, stats })
            }
        }
    }

    /// How many units can be written at the same time.
    pub fn writers(&self) -> usize {
        match &*self.engine {
            Engine::Sqlite(_) => 1,
            Engine::Postgres(engine) => engine.writers,
        }
    }

    /// What the writer is doing, as numbers.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Runs a unit that writes. It must be able to run again from its start, and so carries its own name in its data.
    pub async fn write<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Fn(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        self.hand_over(name, Isolation::Serial, work).await
    }

    /// The same for a unit that locks all that it decides on before it looks at it (`Booking::load` does, for accounts):
    /// then hundreds of them at the same time need not be kept from seeing each other.
    pub async fn write_locking<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Fn(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        self.hand_over(name, Isolation::Locking, work).await
    }

    async fn hand_over<T: Send + 'static>(
        &self,
        name: &'static str,
        isolation: Isolation,
        work: impl Fn(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Unit { name, work, kept: None, reply, _waiting: Some(self.stats.wait()) });
        let offered = match &*self.engine {
            Engine::Sqlite(engine) => engine.write(job),
            Engine::Postgres(engine) => engine.write(job, isolation),
        };
        offered.inspect_err(|_| self.stats.busy())?;
        answer.await.map_err(|_| DbError::Unavailable("the writer has stopped".into()))?
    }

    /// Runs a unit that only reads, on one unmoving picture and a connection that can't write.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Unit { name: "read", work, kept: None, reply, _waiting: None });
        match &*self.engine {
            Engine::Sqlite(engine) => engine.read(job)?,
            Engine::Postgres(engine) => engine.read(job)?,
        }
        answer.await.map_err(|_| DbError::Unavailable("the readers have stopped".into()))?
    }
}

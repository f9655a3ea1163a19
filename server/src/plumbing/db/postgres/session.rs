//! One connection with its runtime. What is asked is sent at once and in order; its answer is fetched when somebody
//! needs it, so that statements which do not depend on each other share one trip to the server and back.

use super::super::{Column, DbError, Row, Sql, Value};
use super::connect::Address;
use super::types::{self, Param};
use std::collections::HashMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, Statement};

use futures_util::TryStreamExt;

/// What became of a statement.
#[derive(Default)]
pub(in super::super) struct Done {
    pub(in super::super) rows: Vec<Row>,
    pub(in super::super) changed: u64,
}

/// Writers run few statements, by their keys. An array of one row looks so cheap to the planner that it plans it anew
/// each time (measured, interleaved: a sixth more purchases a second where each has its own transaction). Lists that
/// readers fetch have many filters, and are better planned for each.
const PLANS: &str = "SET plan_cache_mode = force_generic_plan";

type Pending = Pin<Box<dyn Future<Output = Result<Done, Error>>>>;

/// Why a transaction failed, as far as it says what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failing {
    /// The connection is gone, or the server can't write any more: connect again, and run the unit again.
    Lost,
    /// Another transaction was in the way: run the unit again.
    Conflict,
    /// Another transaction may have committed the same key meanwhile; run again, the unit sees what that was.
    Taken,
    /// Running it again would fail again.
    Final,
}

pub(in super::super) struct Session {
    runtime: Runtime,
    address: Address,
    client: Option<Arc<Client>>,
    statements: HashMap<&'static str, Statement>,
    /// Sent, and not answered yet: ticket, name of the statement, answer to come.
    waiting: Vec<(usize, &'static str, Pending)>,
    answered: HashMap<usize, Done>,
    next_ticket: usize,
    failed: Option<(Failing, DbError)>,
    reads_only: bool,
    pub(in super::super) lane: i64,
}

impl Session {
    pub(super) fn new(address: Address, lane: i64, reads_only: bool) -> Result<Session, DbError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        Ok(Session {
            runtime: runtime.map_err(|why| DbError::Unavailable(why.to_string()))?,
            address,
            client: None,
            statements: HashMap::new(),
            waiting: Vec::new(),
            answered: HashMap::new(),
            next_ticket: 0,
            failed: None,
            reads_only,
            lane,
        })
    }

    /// Connects when there is no sound connection.
    pub(super) fn ready(&mut self) -> Result<(), DbError> {
        if self.client.as_ref().is_some_and(|client| !client.is_closed()) {
            return Ok(());
        }
        self.hang_up();
        self.client = Some(Arc::new(self.address.connect(&self.runtime)?));
        if self.reads_only {
            return Ok(());
        }
        self.script(PLANS).inspect_err(|_| self.hang_up())
    }

    /// Forgets a connection whose state nobody knows.
    pub(super) fn hang_up(&mut self) {
        self.waiting.clear();
        self.answered.clear();
        self.statements.clear();
        self.client = None;
    }

    /// Begins a transaction; it travels with the first statement.
    pub(super) fn begin(&mut self, text: &'static str) -> Result<(), DbError> {
        self.failed = None;
        self.waiting.clear();
        self.answered.clear();
        self.order(text)
    }

    /// Ends the transaction that all of its statements succeeded in.
    pub(super) fn commit(&mut self) -> Result<(), (Failing, DbError)> {
        let ended = match self.failed {
            // The server would answer a commit of a failed transaction with a rollback, and call that a success.
            Some(_) => Err(DbError::Conflict),
            None => self.order("COMMIT").and_then(|()| self.settle()),
        };
        match ended {
            Ok(()) => Ok(()),
            Err(why) => Err(self.failed.clone().unwrap_or((Failing::Final, why))),
        }
    }

    /// Leaves nothing of the transaction; says why it failed, when that was the database's word.
    pub(super) fn roll_back(&mut self) -> Option<(Failing, DbError)> {
        let _ = self.settle();
        let failed = self.failed.take();
        let sound = !matches!(failed, Some((Failing::Lost, _)));
        if !sound || self.order("ROLLBACK").and_then(|()| self.settle()).is_err() {
            self.hang_up();
        }
        failed
    }

    /// A text of several statements, outside any transaction of ours: migrations.
    pub(in super::super) fn script(&mut self, text: &str) -> Result<(), DbError> {
        let client = self.client()?;
        self.runtime.block_on(client.batch_execute(text)).map_err(|why| sort("script", &why).1)
    }

    pub(in super::super) fn send(&mut self, sql: &'static Sql, values: &[Value]) -> Result<usize, DbError> {
        let params = types::scalars(values);
        self.ask(sql, params)
    }

    pub(in super::super) fn send_columns(
        &mut self,
        sql: &'static Sql,
        columns: &[Column],
        rows: &[Vec<Value>],
    ) -> Result<usize, DbError> {
        let params = types::columns(columns, rows)?;
        self.ask(sql, params)
    }

    /// Waits for everything that was sent, and hands out the answer that was asked for.
    pub(in super::super) fn hear(&mut self, ticket: usize) -> Result<Done, DbError> {
        self.settle()?;
        Ok(self.answered.remove(&ticket).unwrap_or_default())
    }

    /// Once for each connection.
    pub(in super::super) fn prepare(&mut self, sql: &'static Sql) -> Result<Statement, DbError> {
        if let Some(statement) = self.statements.get(sql.name) {
            return Ok(statement.clone());
        }
        self.settle()?;
        let client = self.client()?;
        match self.runtime.block_on(client.prepare(sql.postgres())) {
            Ok(statement) => {
                self.statements.insert(sql.name, statement.clone());
                Ok(statement)
            }
            Err(why) => Err(self.fail(sql.name, &why)),
        }
    }

    /// Waits for work on the client that this session has handed out.
    pub(super) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    pub(super) fn client(&self) -> Result<Arc<Client>, DbError> {
        self.client.clone().ok_or_else(|| DbError::Unavailable("there is no connection".into()))
    }

    fn ask(&mut self, sql: &'static Sql, params: Vec<Param>) -> Result<usize, DbError> {
        let statement = self.prepare(sql)?;
        if statement.params().len() != params.len() {
            let (wanted, given) = (statement.params().len(), params.len());
            return Err(DbError::Broken(format!("{} takes {wanted} parameters, not {given}", sql.name)));
        }
        let client = self.client()?;
        self.start(
            sql.name,
            Box::pin(async move {
                let mut stream = pin!(client.query_raw(&statement, params).await?);
                let mut rows = Vec::new();
                while let Some(row) = stream.try_next().await? {
                    rows.push(types::row(&row)?);
                }
                Ok(Done { rows, changed: stream.rows_affected().unwrap_or(0) })
            }),
        )
    }

    fn order(&mut self, text: &'static str) -> Result<(), DbError> {
        let client = self.client()?;
        let ordered = async move { client.batch_execute(text).await.map(|()| Done::default()) };
        self.start(text, Box::pin(ordered)).map(|_| ())
    }

    fn start(&mut self, name: &'static str, mut pending: Pending) -> Result<usize, DbError> {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        // Looked at once, the request is on its way in its order; nobody needs to be woken before somebody waits.
        match pending.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => self.waiting.push((ticket, name, pending)),
            Poll::Ready(Ok(done)) => drop(self.answered.insert(ticket, done)),
            Poll::Ready(Err(why)) => return Err(self.fail(name, &why)),
        }
        Ok(ticket)
    }

    fn settle(&mut self) -> Result<(), DbError> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut first = None;
        for (ticket, name, pending) in waiting {
            match self.runtime.block_on(pending) {
                Ok(done) => drop(self.answered.insert(ticket, done)),
                // What follows a failure in the same transaction fails for that reason alone.
                Err(why) => {
                    let said = self.fail(name, &why);
                    first.get_or_insert(said);
                }
            }
        }
        first.map_or(Ok(()), Err)
    }

    /// The first failure of a transaction is the one that counts, unless the connection was lost after it.
    fn fail(&mut self, name: &'static str, error: &Error) -> DbError {
        let (mut failing, said) = sort(name, error);
        if self.reads_only && error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION) {
            failing = Failing::Final;
        }
        if self.failed.is_none() || failing == Failing::Lost {
            self.failed = Some((failing, said.clone()));
        }
        said
    }
}

/// What PostgreSQL said, sorted into what can be done about it.
fn sort(name: &str, error: &Error) -> (Failing, DbError) {
    let said = words(error);
    let Some(code) = error.code() else {
        return match error.is_closed() || is_io(error) {
            true => (Failing::Lost, DbError::Unavailable(said)),
            false => (Failing::Final, DbError::Broken(format!("{name}: {said}"))),
        };
    };
    if [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::LOCK_NOT_AVAILABLE]
        .contains(code)
    {
        return (Failing::Conflict, DbError::Conflict);
    }
    if *code == SqlState::UNIQUE_VIOLATION {
        return (Failing::Taken, DbError::Constraint(said));
    }
    match (&code.code()[..2], code.code()) {
        ("23", _) => (Failing::Final, DbError::Constraint(said)),
        // The connection, a server that stops or starts, one that has become a standby.
        ("08" | "57", _) | (_, "25006" | "25P03" | "53300") => (Failing::Lost, DbError::Unavailable(said)),
        // A full disk, no memory, a failing device.
        ("53" | "58" | "F0" | "XX", _) => (Failing::Final, DbError::Unavailable(said)),
        _ => (Failing::Final, DbError::Broken(format!("{name}: {said}"))),
    }
}

fn is_io(error: &Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>())
}

/// Without the server's detail: that repeats the content of rows, and rows hold personal fields.
pub(super) fn words(error: &Error) -> String {
    match error.as_db_error() {
        Some(said) => {
            let constraint = said.constraint().map_or(String::new(), |name| format!(" [{name}]"));
            format!("{}{constraint} ({})", said.message(), said.code().code())
        }
        None => match std::error::Error::source(error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}

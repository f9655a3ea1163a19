//! The one transaction type. Holding it is the right to write.

use super::postgres::Session;
use super::{DbError, Row, Sql, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};

/// The type of a column that is handed over as an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Id,
    Int,
    Text,
    Blob,
}

pub struct Tx<'a> {
    engine: TxEngine<'a>,
}

enum TxEngine<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a mut Session),
}

/// An answer that may still be on its way; `Tx::hear` fetches it.
#[must_use = "an answer that nobody hears was asked for in vain"]
pub struct Asked(Answer);

enum Answer {
    Here(Vec<Row>),
    Coming(usize),
}

impl<'a> Tx<'a> {
    pub(super) fn sqlite(connection: &'a rusqlite::Connection) -> Tx<'a> {
        Tx { engine: TxEngine::Sqlite(connection) }
    }

    pub(super) fn postgres(session: &'a mut Session) -> Tx<'a> {
        Tx { engine: TxEngine::Postgres(session) }
    }

    pub fn query(&mut self, sql: &'static Sql, params: &[Value]) -> Result<Vec<Row>, DbError> {
        let asked = self.ask(sql, params)?;
        self.hear(asked)
    }

    pub fn opt(&mut self, sql: &'static Sql, params: &[Value]) -> Result<Option<Row>, DbError> {
        Ok(self.query(sql, params)?.into_iter().next())
    }

    pub fn one(&mut self, sql: &'static Sql, params: &[Value]) -> Result<Row, DbError> {
        self.opt(sql, params)?.ok_or_else(|| DbError::Broken(format!("{} should always find a row", sql.name)))
    }

    /// Says how many rows were changed.
    pub fn execute(&mut self, sql: &'static Sql, params: &[Value]) -> Result<u64, DbError> {
        match &mut self.engine {
            TxEngine::Sqlite(connection) => execute(connection, sql, params),
            TxEngine::Postgres(session) => {
                let ticket = session.send(sql, params)?;
                Ok(session.hear(ticket)?.changed)
            }
        }
    }

    /// Which of several writers this is: what spreads a hot row over them. SQLite has one.
    pub fn lane(&self) -> i64 {
        match &self.engine {
            TxEngine::Sqlite(_) => 0,
            TxEngine::Postgres(session) => session.lane,
        }
    }

    /// Asks without waiting: what is asked before anything is heard shares one trip to the server.
    pub fn ask(&mut self, sql: &'static Sql, params: &[Value]) -> Result<Asked, DbError> {
        Ok(Asked(match &mut self.engine {
            TxEngine::Sqlite(connection) => Answer::Here(query(connection, sql, params)?),
            TxEngine::Postgres(session) => Answer::Coming(session.send(sql, params)?),
        }))
    }

    /// The same for many rows: the SQLite text takes one row and runs for each; the PostgreSQL text takes an array a
    /// column (`unnest($1::uuid[], …)`) and runs once.
    pub fn ask_columns(&mut self, sql: &'static Sql, types: &[Column], rows: &[Vec<Value>]) -> Result<Asked, DbError> {
        Ok(Asked(match &mut self.engine {
            TxEngine::Sqlite(connection) => {
                let mut found = Vec::with_capacity(rows.len());
                for row in rows {
                    found.append(&mut query(connection, sql, row)?);
                }
                Answer::Here(found)
            }
            TxEngine::Postgres(session) => Answer::Coming(session.send_columns(sql, types, rows)?),
        }))
    }

    pub fn hear(&mut self, asked: Asked) -> Result<Vec<Row>, DbError> {
        match (asked.0, &mut self.engine) {
            (Answer::Here(rows), _) => Ok(rows),
            (Answer::Coming(ticket), TxEngine::Postgres(session)) => Ok(session.hear(ticket)?.rows),
            (Answer::Coming(_), TxEngine::Sqlite(_)) => Err(DbError::Broken("an answer of another engine".into())),
        }
    }

    pub fn query_columns(
        &mut self,
        sql: &'static Sql,
        types: &[Column],
        rows: &[Vec<Value>],
    ) -> Result<Vec<Row>, DbError> {
        let asked = self.ask_columns(sql, types, rows)?;
        self.hear(asked)
    }

    /// One statement over many rows that nobody counts: it is on its way, and the commit waits for it. A failure of it
    /// is a failure of the unit, heard at the next answer or at the commit.
    pub fn send_columns(&mut self, sql: &'static Sql, types: &[Column], rows: &[Vec<Value>]) -> Result<(), DbError> {
        match &mut self.engine {
            TxEngine::Sqlite(connection) => rows.iter().try_for_each(|row| execute(connection, sql, row).map(|_| ())),
            TxEngine::Postgres(_) if rows.is_empty() => Ok(()),
            TxEngine::Postgres(session) => session.send_columns(sql, types, rows).map(|_| ()),
        }
    }

    /// The same statement for many rows: prepared once here, one round trip on PostgreSQL.
    pub fn execute_many(&mut self, sql: &'static Sql, rows: &[Vec<Value>]) -> Result<u64, DbError> {
        match &mut self.engine {
            TxEngine::Sqlite(connection) => {
                rows.iter().try_fold(0, |changed, row| Ok(changed + execute(connection, sql, row)?))
            }
            TxEngine::Postgres(session) => {
                let tickets: Vec<_> = rows.iter().map(|row| session.send(sql, row)).collect::<Result<_, _>>()?;
                tickets.into_iter().try_fold(0, |changed, ticket| Ok(changed + session.hear(ticket)?.changed))
            }
        }
    }

    /// Makes the engine read the statement, and not run it: what a test does with every statement of the program.
    pub fn prepare(&mut self, sql: &'static Sql) -> Result<(), DbError> {
        match &mut self.engine {
            TxEngine::Sqlite(connection) => {
                connection.prepare_cached(sql.sqlite()).map(|_| ()).map_err(|e| broken(sql, &e))
            }
            TxEngine::Postgres(session) => session.prepare(sql).map(|_| ()),
        }
    }
}

fn query(connection: &rusqlite::Connection, sql: &'static Sql, params: &[Value]) -> Result<Vec<Row>, DbError> {
    let mut statement = connection.prepare_cached(sql.sqlite()).map_err(|e| broken(sql, &e))?;
    let columns = statement.column_count();
    let mut rows = statement.query(rusqlite::params_from_iter(params)).map_err(|e| broken(sql, &e))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(|e| broken(sql, &e))? {
        let cells = (0..columns).map(|i| row.get_ref(i).map(cell));
        found.push(Row(cells.collect::<Result<_, _>>().map_err(|e| broken(sql, &e))?));
    }
    Ok(found)
}

fn execute(connection: &rusqlite::Connection, sql: &'static Sql, params: &[Value]) -> Result<u64, DbError> {
    let mut statement = connection.prepare_cached(sql.sqlite()).map_err(|e| broken(sql, &e))?;
    let changed = statement.execute(rusqlite::params_from_iter(params)).map_err(|e| broken(sql, &e))?;
    Ok(changed as u64)
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(n) => ValueRef::Integer(*n),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
            Value::Id(id) => ValueRef::Blob(id.as_bytes()),
        }))
    }
}

pub(super) fn cell(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(n) => Value::Int(n),
        // No column of ours is a REAL; tables are STRICT.
        ValueRef::Real(_) => Value::Null,
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

/// What SQLite said, sorted into what the caller can do about it.
pub(super) fn broken(sql: &Sql, error: &rusqlite::Error) -> DbError {
    match super::sqlite::sort(error) {
        DbError::Constraint(what) => DbError::Constraint(what),
        DbError::Broken(what) => DbError::Broken(format!("{}: {what}", sql.name)),
        other => other,
    }
}

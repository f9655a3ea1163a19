//! The one transaction type. Holding it is the right to write.

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
}

impl<'a> Tx<'a> {
    pub(super) fn sqlite(connection: &'a rusqlite::Connection) -> Tx<'a> {
        Tx { engine: TxEngine::Sqlite(connection) }
    }

    pub fn query(&mut self, sql: &'static Sql, params: &[Value]) -> Result<Vec<Row>, DbError> {
        match &mut self.engine {
            TxEngine::Sqlite(connection) => {
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
        }
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
            TxEngine::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql.sqlite()).map_err(|e| broken(sql, &e))?;
                let changed = statement.execute(rusqlite::params_from_iter(params)).map_err(|e| broken(sql, &e))?;
                Ok(changed as u64)
            }
        }
    }

    /// Which of several writers this is: what spreads a hot row over them. SQLite has one.
    pub fn lane(&self) -> i64 {
        match &self.engine {
            TxEngine::Sqlite(_) => 0,
        }
    }

    /// One statement over many rows at once. The SQLite text takes one row and runs for each; the PostgreSQL text takes
    /// an array a column (`unnest($1::uuid[], …)`) and runs once.
    pub fn execute_columns(&mut self, sql: &'static Sql, _: &[Column], rows: &[Vec<Value>]) -> Result<u64, DbError> {
        match &mut self.engine {
            TxEngine::Sqlite(_) => self.execute_many(sql, rows),
        }
    }

    /// The same for a question; the rows found come back in one list.
    pub fn query_columns(&mut self, sql: &'static Sql, _: &[Column], rows: &[Vec<Value>]) -> Result<Vec<Row>, DbError> {
        match &mut self.engine {
            TxEngine::Sqlite(_) => {
                let mut found = Vec::with_capacity(rows.len());
                for row in rows {
                    found.append(&mut self.query(sql, row)?);
                }
                Ok(found)
            }
        }
    }

    /// The same statement for many rows: prepared once here, one round trip on PostgreSQL.
    pub fn execute_many(&mut self, sql: &'static Sql, rows: &[Vec<Value>]) -> Result<u64, DbError> {
        match &mut self.engine {
            TxEngine::Sqlite(_) => {
                let mut changed = 0;
                for row in rows {
                    changed += self.execute(sql, row)?;
                }
                Ok(changed)
            }
        }
    }
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

fn cell(value: ValueRef<'_>) -> Value {
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

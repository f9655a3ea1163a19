//! The empty PostgreSQL that a whole database is copied into: one transaction, which nobody else can look into.

use super::super::{DbError, Row, Value, migrate};
use super::connect::Address;
use super::session::{Session, words};
use super::types;
use futures_util::TryStreamExt;
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::{Client, Error};

const COLUMNS: &str = "SELECT table_name::text, column_name::text FROM information_schema.columns \
    WHERE table_schema = current_schema() AND table_name <> 'migration' ORDER BY table_name, ordinal_position";
const REFERENCES: &str = "SELECT c.relname::text, r.relname::text FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid \
    JOIN pg_class r ON r.oid = f.confrelid WHERE f.contype = 'f'";
/// Days are closed after their entries are there: the database refuses entries of a closed day.
const LAST: &str = "closed_day";

/// A table and its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Table {
    pub(in super::super) name: String,
    pub(in super::super) columns: Vec<String>,
}

impl Table {
    pub(in super::super) fn quoted_columns(&self) -> String {
        self.columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ")
    }
}

pub(in super::super) struct Target {
    session: Session,
    client: Arc<Client>,
}

fn failed(error: Error) -> DbError {
    DbError::Unavailable(words(&error))
}

impl Target {
    /// Connects, brings the tables up to date and begins; what is not committed is forgotten.
    pub(in super::super) fn open(url: &str) -> Result<Target, DbError> {
        let mut session = Session::new(Address::parse(url)?, 0, false)?;
        session.ready()?;
        migrate::postgres(&mut session)?;
        session.script("BEGIN ISOLATION LEVEL READ COMMITTED")?;
        let client = session.client()?;
        Ok(Target { session, client })
    }

    /// The tables, those that others refer to first.
    pub(in super::super) fn tables(&self) -> Result<Vec<Table>, DbError> {
        let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (table, column) in self.pairs(COLUMNS)? {
            tables.entry(table).or_default().push(column);
        }
        let references = self.pairs(REFERENCES)?;
        let mut ordered: Vec<Table> = Vec::new();
        while !tables.is_empty() {
            let waits = |name: &String| {
                let others = references.iter().filter(|(from, to)| from == name && from != to);
                name == LAST && tables.len() > 1 || others.into_iter().any(|(_, to)| tables.contains_key(to))
            };
            let next = tables.keys().find(|name| !waits(name)).cloned();
            let name = next.ok_or_else(|| DbError::Broken("tables refer to each other in a ring".into()))?;
            let columns = tables.remove(&name).unwrap_or_default();
            ordered.push(Table { name, columns });
        }
        Ok(ordered)
    }

    fn pairs(&self, text: &str) -> Result<Vec<(String, String)>, DbError> {
        let rows = self.session.wait(self.client.query(text, &[])).map_err(failed)?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Keeps everybody else out of the tables until the end; names the first that is not empty.
    pub(in super::super) fn hold(&mut self, tables: &[Table]) -> Result<Option<String>, DbError> {
        for table in tables {
            self.session.script(&format!("LOCK TABLE \"{}\" IN ACCESS EXCLUSIVE MODE", table.name))?;
            let text = format!("SELECT 1 FROM \"{}\" LIMIT 1", table.name);
            let found = self.session.wait(self.client.query(&text, &[])).map_err(failed)?;
            if !found.is_empty() {
                return Ok(Some(table.name.clone()));
            }
        }
        Ok(None)
    }

    pub(in super::super) fn fill(
        &self,
        table: &Table,
        next: &mut dyn FnMut() -> Result<Option<Vec<Value>>, DbError>,
    ) -> Result<u64, DbError> {
        let (name, columns) = (&table.name, table.quoted_columns());
        let client = &self.client;
        self.session.wait(async {
            let shape = client.prepare(&format!("SELECT {columns} FROM \"{name}\"")).await.map_err(failed)?;
            let kinds: Vec<_> = shape.columns().iter().map(|column| column.type_().clone()).collect();
            let copy = format!("COPY \"{name}\" ({columns}) FROM STDIN (FORMAT binary)");
            let sink = client.copy_in(&copy).await.map_err(failed)?;
            let mut writer = pin!(BinaryCopyInWriter::new(sink, &kinds));
            while let Some(values) = next()? {
                writer.as_mut().write_raw(types::scalars(&values)).await.map_err(failed)?;
            }
            writer.finish().await.map_err(failed)
        })
    }

    pub(in super::super) fn read(&self, table: &Table, each: &mut dyn FnMut(&Row)) -> Result<(), DbError> {
        let text = format!("SELECT {} FROM \"{}\"", table.quoted_columns(), table.name);
        self.session.wait(async {
            let none: [i64; 0] = [];
            let mut rows = pin!(self.client.query_raw(&text, none).await.map_err(failed)?);
            while let Some(row) = rows.try_next().await.map_err(failed)? {
                each(&types::row(&row).map_err(failed)?);
            }
            Ok(())
        })
    }

    pub(in super::super) fn commit(mut self) -> Result<(), DbError> {
        self.session.script("COMMIT")?;
        // So that the first questions find good plans; without it they are slow, not wrong.
        self.session.script("ANALYZE")
    }
}

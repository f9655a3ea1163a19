//! A whole embedded database into an empty PostgreSQL, table by table as the catalogs name them, in one transaction. It
//! is committed only when every table was read back and is the same.

use super::postgres::{Table, Target};
use super::{DbError, Value, migrate, sqlite, tx};
use sha2::{Digest, Sha256};
use std::path::Path;

/// What was copied of one table, and read back the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedTable {
    pub name: String,
    pub rows: u64,
    /// Over the content of all rows, whatever their order.
    pub digest: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    #[error("there is no database at this place")]
    Absent,
    #[error("the target is not empty: table {0} has rows")]
    NotEmpty(String),
    #[error("table {0} was read back with other content; nothing was kept")]
    Differs(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Rows after which somebody who waits is told how far it is.
const TELL_EVERY: u64 = 50_000;

/// Nobody can write to the file meanwhile. `tell` hears of a table and the rows that were copied so far.
pub fn copy(file: &Path, url: &str, tell: &mut dyn FnMut(&str, u64)) -> Result<Vec<CopiedTable>, CopyError> {
    if !file.exists() {
        return Err(CopyError::Absent);
    }
    let mut source = sqlite::connect(file, false)?;
    migrate::sqlite(&mut source)?;
    source.execute_batch("BEGIN IMMEDIATE").map_err(|why| sqlite::sort(&why))?;
    let mut target = Target::open(url)?;
    let tables = target.tables()?;
    same_tables(&source, &tables)?;
    if let Some(table) = target.hold(&tables)? {
        return Err(CopyError::NotEmpty(table));
    }
    let mut copied = Vec::with_capacity(tables.len());
    for table in &tables {
        let there = fill(&source, &target, table, tell)?;
        let mut back = Content::default();
        target.read(table, &mut |row| back.add(&row.0))?;
        if back != there {
            return Err(CopyError::Differs(table.name.clone()));
        }
        copied.push(CopiedTable { name: table.name.clone(), rows: there.rows, digest: there.digest() });
    }
    target.commit()?;
    Ok(copied)
}

fn fill(
    source: &rusqlite::Connection,
    target: &Target,
    table: &Table,
    tell: &mut dyn FnMut(&str, u64),
) -> Result<Content, DbError> {
    let failed = |why: rusqlite::Error| sqlite::sort(&why);
    let text = format!("SELECT {} FROM \"{}\"", table.quoted_columns(), table.name);
    let mut statement = source.prepare(&text).map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    let mut content = Content::default();
    let mut next = || {
        let Some(row) = rows.next().map_err(failed)? else { return Ok(None) };
        let cells = (0..table.columns.len()).map(|i| row.get_ref(i).map(tx::cell));
        let values: Vec<Value> = cells.collect::<Result<_, _>>().map_err(failed)?;
        content.add(&values);
        if content.rows.is_multiple_of(TELL_EVERY) {
            tell(&table.name, content.rows);
        }
        Ok(Some(values))
    };
    target.fill(table, &mut next)?;
    tell(&table.name, content.rows);
    Ok(content)
}

/// Both were brought up to date by the same program; a table that only one of them has was made by hand.
fn same_tables(source: &rusqlite::Connection, tables: &[Table]) -> Result<(), DbError> {
    let failed = |why: rusqlite::Error| sqlite::sort(&why);
    let text = "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c \
                WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> 'migration'";
    let mut statement = source.prepare(text).map_err(failed)?;
    let pairs = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(failed)?;
    let mut here: Vec<(String, String)> = pairs.collect::<Result<_, _>>().map_err(failed)?;
    let of = |table: &Table| table.columns.iter().map(|c| (table.name.clone(), c.clone())).collect::<Vec<_>>();
    let mut there: Vec<_> = tables.iter().flat_map(of).collect();
    here.sort();
    there.sort();
    let differing = here.iter().find(|pair| !there.contains(pair)).or(there.iter().find(|pair| !here.contains(pair)));
    match differing {
        None => Ok(()),
        Some((table, column)) => {
            Err(DbError::Broken(format!("column {column} of table {table} is in one of the databases only")))
        }
    }
}

/// How many rows, and a sum over the hashes of each: the same rows in another order give the same.
#[derive(Default, PartialEq, Eq)]
struct Content {
    rows: u64,
    sum: [u128; 2],
}

impl Content {
    fn add(&mut self, values: &[Value]) {
        let mut hash = Sha256::new();
        for value in values {
            // A kind and a length before each: two rows that differ never look the same.
            let (kind, bytes) = match value {
                Value::Null => (0u8, Vec::new()),
                Value::Int(n) => (1, n.to_be_bytes().to_vec()),
                Value::Text(text) => (2, text.clone().into_bytes()),
                // SQLite keeps an id as bytes.
                Value::Blob(bytes) => (3, bytes.clone()),
                Value::Id(id) => (3, id.as_bytes().to_vec()),
            };
            hash.update([kind]);
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        }
        let hash = hash.finalize();
        let half = |from: usize| u128::from_be_bytes(hash[from..from + 16].try_into().expect("a half is 16 bytes"));
        self.rows += 1;
        self.sum = [self.sum[0].wrapping_add(half(0)), self.sum[1].wrapping_add(half(16))];
    }

    fn digest(&self) -> String {
        format!("{:032x}{:032x}", self.sum[0], self.sum[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(rows: &[&[Value]]) -> String {
        let mut content = Content::default();
        rows.iter().for_each(|row| content.add(row));
        content.digest()
    }

    #[test]
    fn content_is_the_rows_whatever_their_order() {
        let (a, b): ([Value; 2], [Value; 2]) = (["a".into(), 1.into()], ["b".into(), Value::Null]);
        assert_eq!(digest(&[&a, &b]), digest(&[&b, &a]));
        assert_ne!(digest(&[&a, &b]), digest(&[&a, &a]));
        assert_ne!(digest(&[&["ab".into(), "c".into()]]), digest(&[&["a".into(), "bc".into()]]));
        let id = uuid::Uuid::from_u128(7);
        assert_eq!(digest(&[&[id.into()]]), digest(&[&[id.as_bytes().as_slice().into()]]));
    }
}

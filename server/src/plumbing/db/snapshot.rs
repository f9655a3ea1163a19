//! Copies of the embedded database: made while the server runs, and read without being changed.

use super::{DbError, Tx, sqlite};
use std::path::Path;

/// Writes one unmoving picture of the database to a new file. Purchases go on meanwhile: the copy reads the log of
/// writes up to its own beginning, and nobody waits for it.
pub fn snapshot(database: &Path, to: &Path) -> Result<(), DbError> {
    let from = sqlite::connect(database, true)?;
    let to = to.to_str().ok_or_else(|| DbError::Unavailable("the copy's path is not UTF-8".into()))?;
    from.execute("VACUUM INTO ?1", [to]).map(|_| ()).map_err(|e| sqlite::sort(&e))
}

/// Whether each page and index of a file is sound, as the engine sees it.
pub fn check_pages(file: &Path) -> Result<(), DbError> {
    let connection = sqlite::connect(file, true)?;
    let said = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0));
    match said.map_err(|e| sqlite::sort(&e))?.as_str() {
        "ok" => Ok(()),
        other => Err(DbError::Broken(format!("the file is damaged: {other}"))),
    }
}

/// Reads a file that no server has open.
pub fn read_file<T>(file: &Path, work: impl FnOnce(&mut Tx<'_>) -> Result<T, DbError>) -> Result<T, DbError> {
    let connection = sqlite::connect(file, true)?;
    work(&mut Tx::sqlite(&connection))
}

/// Whether another process has the database open. Takes the file for itself for a moment.
pub fn in_use(database: &Path) -> Result<bool, DbError> {
    let open = || {
        let connection = rusqlite::Connection::open(database)?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.execute_batch("BEGIN IMMEDIATE; COMMIT")
    };
    match open() {
        Ok(()) => Ok(false),
        Err(rusqlite::Error::SqliteFailure(code, _)) if code.code == rusqlite::ErrorCode::DatabaseBusy => Ok(true),
        Err(why) => Err(sqlite::sort(&why)),
    }
}

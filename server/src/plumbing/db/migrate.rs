//! Migrations: numbered, paired for both engines, checksummed, forward only; each in a transaction of its own.

use super::postgres::Session;
use super::{DbError, Value, sqlite::sort};
use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

#[derive(rust_embed::RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/migrations/sqlite"]
struct SqliteFiles;

#[derive(rust_embed::RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/migrations/postgres"]
struct PostgresFiles;

crate::sql! {
    KNOWN_MIGRATION = "SELECT checksum FROM migration WHERE name = $1";
}

/// Held from before the first look until after the last change: servers that start together wait for each other. The
/// number is any that nobody else uses.
const HOLD: &str = "SELECT pg_advisory_lock(7964601); SET client_min_messages = warning; \
    CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, checksum TEXT NOT NULL)";
const LET_GO: &str = "SELECT pg_advisory_unlock(7964601)";

pub(super) struct Migration {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) checksum: String,
}

fn load<Files: rust_embed::RustEmbed>() -> Vec<Migration> {
    let mut names: Vec<_> = Files::iter().filter(|name| name.ends_with(".sql")).collect();
    names.sort();
    let read = |name: &str| {
        let file = Files::get(name).expect("a listed file is embedded");
        let text = String::from_utf8_lossy(&file.data).into_owned();
        let checksum = hex::encode(Sha256::digest(text.as_bytes()));
        Migration { name: name.trim_end_matches(".sql").to_owned(), text, checksum }
    };
    names.iter().map(|name| read(name)).collect()
}

pub(super) fn sqlite(connection: &mut Connection) -> Result<(), DbError> {
    let fail = |e: rusqlite::Error| sort(&e);
    connection
        .execute_batch("CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, checksum TEXT NOT NULL) STRICT")
        .map_err(fail)?;
    for migration in load::<SqliteFiles>() {
        let tx = connection.transaction().map_err(fail)?;
        let find = "SELECT checksum FROM migration WHERE name = ?1";
        let known: Option<String> = tx.query_row(find, [&migration.name], |r| r.get(0)).optional().map_err(fail)?;
        match known {
            Some(checksum) if checksum == migration.checksum => continue,
            Some(_) => return Err(altered(&migration.name)),
            None => {}
        }
        tx.execute_batch(&migration.text).map_err(|e| DbError::Broken(format!("migration {}: {e}", migration.name)))?;
        let insert = "INSERT INTO migration (name, checksum) VALUES (?1, ?2)";
        tx.execute(insert, [&migration.name, &migration.checksum]).map_err(fail)?;
        tx.commit().map_err(fail)?;
    }
    Ok(())
}

pub(super) fn postgres(session: &mut Session) -> Result<(), DbError> {
    // Another server may be in the middle of a long change; it is waited for, and ends by itself when it dies.
    session.script("SET lock_timeout = 0")?;
    session.script(HOLD)?;
    for migration in load::<PostgresFiles>() {
        match known_to_postgres(session, &migration.name)? {
            Some(checksum) if checksum == migration.checksum => continue,
            Some(_) => return Err(altered(&migration.name)),
            None => {}
        }
        // Names and checksums are ours: letters, digits and underscores.
        let (name, checksum, text) = (&migration.name, &migration.checksum, &migration.text);
        let remember = format!("INSERT INTO migration (name, checksum) VALUES ('{name}', '{checksum}')");
        session.script(&format!("BEGIN;\n{text};\n{remember};\nCOMMIT")).map_err(|why| match why {
            DbError::Unavailable(why) => DbError::Unavailable(why),
            why => DbError::Broken(format!("migration {name}: {why}")),
        })?;
    }
    session.script(LET_GO)
}

fn known_to_postgres(session: &mut Session, name: &str) -> Result<Option<String>, DbError> {
    let ticket = session.send(&KNOWN_MIGRATION, &[Value::from(name)])?;
    session.hear(ticket)?.rows.first().map(|row| row.text(0)).transpose()
}

pub(super) fn altered(name: &str) -> DbError {
    DbError::Broken(format!("migration {name} was altered after it ran; write a new migration instead of changing it"))
}

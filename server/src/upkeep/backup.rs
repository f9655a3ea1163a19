//! A copy counts when it was proven: written under another name, synced, checked page by page, its books verified, and
//! only then given its name and its manifest.

use super::manifest::{self, FORMAT, Manifest, SchoolLine};
use super::spans::minute_text;
use crate::plumbing::db::{DbError, Tx, check_pages, read_file, snapshot};
use crate::wallets;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use yitong_values::{SchoolId, Timestamp};

const READ_BYTES: usize = 1 << 20;

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{doing} {path}")]
    File { doing: &'static str, path: PathBuf, source: io::Error },
    #[error("copying or reading the database")]
    Database(#[from] DbError),
    #[error("the books were altered: {findings} findings; see `yitong verify`")]
    Altered { findings: usize },
}

impl BackupError {
    /// For people: what happened, and the world's own words behind it.
    pub fn words(&self) -> (String, String) {
        match self {
            BackupError::File { path, source, .. } => {
                let path = path.display();
                (format!("无法写入或读取 {path}（{source}）。"), format!("{path} can't be written or read ({source})."))
            }
            BackupError::Database(why) => (format!("数据库出错（{why}）。"), format!("The database failed ({why}).")),
            BackupError::Altered { findings } => (
                format!("账目被改动过（{findings} 处），请运行 yitong verify 查看；未覆盖旧备份。"),
                format!("The books were altered ({findings} findings): run yitong verify. Older copies stay."),
            ),
        }
    }
}

pub(super) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::File { doing, path, source }
}

/// Copies, proves, names; then removes what is older than the `keep` newest.
pub fn make(
    database: &Path,
    folder: &Path,
    keep: u32,
    key_fingerprint: &str,
    now: Timestamp,
) -> Result<Manifest, BackupError> {
    fs::create_dir_all(folder).map_err(file("making", folder))?;
    let name = format!("yitong-{}.db", minute_text(now).replace(' ', "-").replace(':', "") + &seconds(now));
    let (named, part) = (folder.join(&name), folder.join(format!("{name}.part")));
    remove_parts(folder);
    let made = copy_and_prove(database, &part).inspect_err(|_| drop(fs::remove_file(&part)))?;
    fs::rename(&part, &named).map_err(file("naming", &named))?;
    let manifest = Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").into(),
        made_at: now.to_string(),
        made_at_ms: now.ms(),
        file: name,
        bytes: made.bytes,
        sha256: made.sha256,
        key_fingerprint: key_fingerprint.into(),
        entries: made.entries,
        schools: made.schools,
    };
    write_manifest(&named, &manifest)?;
    sync_folder(folder)?;
    prune(folder, keep);
    Ok(manifest)
}

struct Made {
    bytes: u64,
    sha256: String,
    entries: u64,
    schools: Vec<SchoolLine>,
}

fn copy_and_prove(database: &Path, part: &Path) -> Result<Made, BackupError> {
    snapshot(database, part)?;
    only_for_the_owner(part).map_err(file("protecting", part))?;
    File::open(part).and_then(|file| file.sync_all()).map_err(file("syncing", part))?;
    check_pages(part)?;
    let (report, schools) = read_file(part, |tx| Ok((wallets::verify_in(tx, None)?, lines(tx)?)))?;
    if !report.ok() {
        return Err(BackupError::Altered { findings: report.findings.len() });
    }
    let (bytes, sha256) = digest(part).map_err(file("reading", part))?;
    Ok(Made { bytes, sha256, entries: report.entries, schools })
}

fn lines(tx: &mut Tx<'_>) -> Result<Vec<SchoolLine>, DbError> {
    let line = |tx: &mut Tx<'_>, id: SchoolId| {
        let closed = wallets::last_closed_day(tx, id)?;
        Ok(SchoolLine {
            id,
            last_entry: wallets::newest_entry(tx, id)?.map(|(entry, _)| entry),
            last_closed_day: closed.as_ref().map(|closed| closed.day.to_string()),
            root: closed.map(|closed| hex::encode(closed.root.0)),
        })
    };
    wallets::schools_with_books(tx)?.into_iter().map(|id| line(tx, id)).collect()
}

/// Length and SHA-256 of a file.
pub(super) fn digest(path: &Path) -> io::Result<(u64, String)> {
    let (mut from, mut hash, mut bytes) = (File::open(path)?, Sha256::new(), 0);
    let mut piece = vec![0; READ_BYTES];
    loop {
        let n = from.read(&mut piece)?;
        if n == 0 {
            return Ok((bytes, hex::encode(hash.finalize())));
        }
        hash.update(&piece[..n]);
        bytes += n as u64;
    }
}

fn write_manifest(copy: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    let path = Manifest::path_of(copy);
    let part = path.with_extension("json.part");
    let text = serde_json::to_string_pretty(manifest).expect("a manifest is plain data");
    let write = || {
        let mut file = File::create(&part)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, &path)
    };
    write().map_err(file("writing", &path))
}

fn seconds(at: Timestamp) -> String {
    format!("{:02}", at.ms().rem_euclid(60_000) / 1000)
}

fn only_for_the_owner(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

/// A new name in a folder is kept through a power cut only when the folder is synced, too.
pub(super) fn sync_folder(folder: &Path) -> Result<(), BackupError> {
    File::open(folder).and_then(|file| file.sync_all()).map_err(file("syncing", folder))
}

/// Left behind by a copy that was cut off.
fn remove_parts(folder: &Path) {
    let Ok(files) = fs::read_dir(folder) else { return };
    for path in files.filter_map(|file| Some(file.ok()?.path())) {
        if path.extension() == Some("part".as_ref()) {
            // Still there the next time, and no harm.
            let _ = fs::remove_file(path);
        }
    }
}

/// The newest always stays, whatever `keep` says.
fn prune(folder: &Path, keep: u32) {
    for old in manifest::list(folder).into_iter().skip(keep.max(1) as usize) {
        let copy = folder.join(&old.file);
        for path in [&copy, &Manifest::path_of(&copy)] {
            if let Err(error) = fs::remove_file(path) {
                tracing::warn!(%error, "an old backup was not removed");
            }
        }
    }
}

//! Putting a copy back: only the one that its manifest describes, only with its key, never over a database in use.

use super::backup::{BackupError, digest, file, sync_folder};
use super::manifest::{FORMAT, Manifest};
use crate::plumbing::db::{check_pages, in_use, read_file};
use crate::plumbing::seal::Seal;
use crate::wallets::{self, Report};
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use yitong_values::Timestamp;

/// In order of precedence.
#[derive(Debug, thiserror::Error)]
pub enum RestoreRefusal {
    #[error("没有备份文件 {0} / there is no copy {0}")]
    NoCopy(PathBuf),
    #[error("备份旁缺少清单 {0}，请一并取回 / the manifest {0} is missing beside the copy; bring it as well")]
    NoManifest(PathBuf),
    #[error("此备份由更新的版本制作，请先升级 / a newer program made this copy; upgrade first (format {0})")]
    TooNew(u32),
    #[error("备份文件与清单不符，已损坏或被改动 / the copy is not what its manifest says: it is damaged or altered")]
    Damaged,
    #[error(
        "缺少密钥文件 {0}，请先从密钥的单独备份中取回 / the key file {0} is missing: bring it back from its own backup first"
    )]
    NoKey(PathBuf),
    #[error(
        "密钥文件不是此备份的密钥（备份 {wanted}，文件 {found}）/ the key file is not this copy's key ({wanted} is needed, {found} is there)"
    )]
    OtherKey { wanted: String, found: String },
    #[error("{0} 已存在；若要替换请加 --replace，旧数据会移到一旁 / {0} exists; with --replace it is moved aside")]
    Exists(PathBuf),
    #[error("服务器正在使用 {0}，请先停止 / a server has {0} open; stop it first")]
    InUse(PathBuf),
    #[error("{0}")]
    Failed(#[from] BackupError),
}

#[derive(Debug)]
pub struct Restored {
    pub manifest: Manifest,
    pub report: Report,
    /// Where the old database is now.
    pub aside: Option<PathBuf>,
}

/// What to do with a database that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    Refuse,
    MoveAside,
}

pub fn restore(
    copy: &Path,
    database: &Path,
    key_file: &Path,
    existing: Existing,
    now: Timestamp,
) -> Result<Restored, RestoreRefusal> {
    let manifest = believe(copy)?;
    right_key(key_file, &manifest)?;
    let aside = make_room(database, existing, now)?;
    let part = beside(database, ".part");
    let folder = database.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(file("making", folder))?;
    fs::copy(copy, &part).map_err(file("copying to", &part))?;
    File::open(&part).and_then(|file| file.sync_all()).map_err(file("syncing", &part))?;
    fs::rename(&part, database).map_err(file("naming", database))?;
    sync_folder(folder)?;
    check_pages(database).map_err(BackupError::from)?;
    let report = read_file(database, |tx| wallets::verify_in(tx, None)).map_err(BackupError::from)?;
    Ok(Restored { manifest, report, aside })
}

fn believe(copy: &Path) -> Result<Manifest, RestoreRefusal> {
    if !copy.is_file() {
        return Err(RestoreRefusal::NoCopy(copy.to_owned()));
    }
    let path = Manifest::path_of(copy);
    let manifest = Manifest::read(&path).map_err(|_| RestoreRefusal::NoManifest(path))?;
    if manifest.format > FORMAT {
        return Err(RestoreRefusal::TooNew(manifest.format));
    }
    let (bytes, sha256) = digest(copy).map_err(file("reading", copy))?;
    if (bytes, &sha256) != (manifest.bytes, &manifest.sha256) {
        return Err(RestoreRefusal::Damaged);
    }
    Ok(manifest)
}

fn right_key(key_file: &Path, manifest: &Manifest) -> Result<(), RestoreRefusal> {
    let seal = Seal::from_existing_file(key_file).map_err(|_| RestoreRefusal::NoKey(key_file.to_owned()))?;
    if seal.fingerprint() == manifest.key_fingerprint {
        return Ok(());
    }
    Err(RestoreRefusal::OtherKey { wanted: manifest.key_fingerprint.clone(), found: seal.fingerprint().into() })
}

/// The database with its logs goes aside as a whole: without its log it would not be the same database.
fn make_room(database: &Path, existing: Existing, now: Timestamp) -> Result<Option<PathBuf>, RestoreRefusal> {
    if !database.exists() {
        return Ok(None);
    }
    if existing == Existing::Refuse {
        return Err(RestoreRefusal::Exists(database.to_owned()));
    }
    // A damaged file can't be asked, and is what is being replaced.
    if in_use(database).unwrap_or(false) {
        return Err(RestoreRefusal::InUse(database.to_owned()));
    }
    let aside = beside(database, &format!(".replaced-{}", now.ms()));
    for end in ["-wal", "-shm", ""] {
        let (from, to) = (beside(database, end), beside(&aside, end));
        if from.exists() {
            fs::rename(&from, &to).map_err(file("moving aside", &from))?;
        }
    }
    Ok(Some(aside))
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

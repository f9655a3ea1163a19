//! What is known of a copy without opening it: a small JSON file beside it, written after the copy was proven whole.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use yitong_values::{EntryId, SchoolId, Timestamp};

/// Raised when an older program could not restore the copy.
pub const FORMAT: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The program that made it.
    pub version: String,
    pub made_at: String,
    pub made_at_ms: i64,
    /// The copy's file name, in the same folder.
    pub file: String,
    pub bytes: u64,
    pub sha256: String,
    /// Which key file opens its sealed fields. The key itself is elsewhere.
    pub key_fingerprint: String,
    pub entries: u64,
    pub schools: Vec<SchoolLine>,
}

/// A school as the copy has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolLine {
    pub id: SchoolId,
    pub last_entry: Option<EntryId>,
    pub last_closed_day: Option<String>,
    /// The root of that day, as hex: equal to what somebody wrote down means that nothing was rewritten.
    pub root: Option<String>,
}

impl Manifest {
    pub fn made_at(&self) -> Timestamp {
        Timestamp::from_ms(self.made_at_ms)
    }

    /// `….db` has its manifest in `….json`.
    pub fn path_of(copy: &Path) -> PathBuf {
        copy.with_extension("json")
    }

    pub fn read(path: &Path) -> std::io::Result<Manifest> {
        let text = std::fs::read_to_string(path)?;
        serde_json::from_str(&text).map_err(|why| std::io::Error::new(std::io::ErrorKind::InvalidData, why))
    }
}

/// The manifests of a folder whose copies are there, newest first. A folder that is not there holds none.
pub fn list(folder: &Path) -> Vec<Manifest> {
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    let json =
        files.filter_map(|file| Some(file.ok()?.path())).filter(|path| path.extension() == Some("json".as_ref()));
    let mut found: Vec<Manifest> = json.filter_map(|path| Manifest::read(&path).ok()).collect();
    found.retain(|manifest| folder.join(&manifest.file).is_file());
    found.sort_by_key(|manifest| std::cmp::Reverse(manifest.made_at_ms));
    found
}

//! The files of the repository: what git keeps, and what is new and not ignored.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

pub struct File {
    /// From the root, with `/` between the names.
    pub path: String,
    /// Empty when the file is not text.
    pub text: String,
    pub bytes: u64,
}

impl File {
    pub fn is(&self, ending: &str) -> bool {
        self.path.ends_with(ending)
    }

    pub fn under(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
    }

    /// Written by a program, or a lock file: nobody reads it for its style.
    pub fn is_generated(&self) -> bool {
        ["Cargo.lock", "package-lock.json", "schema.d.ts", "openapi.json"].iter().any(|end| self.is(end))
    }

    /// Code that people write.
    pub fn is_code(&self) -> bool {
        const CODE: [&str; 9] = [".rs", ".ts", ".vue", ".mjs", ".js", ".css", ".sql", ".html", ".sh"];
        CODE.iter().any(|end| self.is(end)) && !self.is_generated()
    }

    /// The lines with their numbers.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(i, line)| (i + 1, line))
    }
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the repository").to_owned()
}

/// All of them, read once.
pub fn files() -> &'static [File] {
    static FILES: OnceLock<Vec<File>> = OnceLock::new();
    FILES.get_or_init(|| {
        let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let listed = Command::new("git").args(arguments).current_dir(root()).output();
        let listed = listed.expect("git lists the files; the rules are checked in a clone");
        assert!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr));
        let names = String::from_utf8(listed.stdout).expect("our file names are UTF-8");
        names.split('\0').filter(|name| !name.is_empty()).filter_map(read).collect()
    })
}

/// `None` for a file that git still lists and that is gone.
fn read(path: &str) -> Option<File> {
    let bytes = std::fs::read(root().join(path)).ok()?;
    let length = bytes.len() as u64;
    Some(File { path: path.into(), text: String::from_utf8(bytes).unwrap_or_default(), bytes: length })
}

//! The pages: installed, built once for each state of their sources, tested, and typed from the server's document.

use crate::tools::{Outcome, ask, need_node, root, run, run_in};
use std::fs;
use std::path::{Path, PathBuf};

const APPS: [&str; 2] = ["admin", "counter"];

fn web() -> PathBuf {
    root().join("web")
}

/// Builds every app when a source has changed since the last build.
pub fn build() -> Outcome {
    need_node()?;
    packages(&web())?;
    let stamp_file = web().join("dist/.stamp");
    let stamp = stamp(&web())?;
    if fs::read_to_string(&stamp_file).is_ok_and(|known| known == stamp) {
        return Ok(());
    }
    for app in APPS {
        run_in(&web(), "npx", &["--no-install", "vite", "build", "--mode", app])?;
    }
    run_in(&web(), "node", &["scripts/compress.mjs"])?;
    fs::write(&stamp_file, stamp).map_err(|e| e.to_string())
}

/// Installs npm packages when the lock file has changed since the last time.
fn packages(folder: &Path) -> Outcome {
    let lock = fs::read_to_string(folder.join("package-lock.json")).map_err(|e| format!("package-lock.json: {e}"))?;
    let stamp = folder.join("node_modules/.lock-stamp");
    if fs::read_to_string(&stamp).is_ok_and(|known| known == lock) {
        return Ok(());
    }
    run_in(folder, "npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"])?;
    fs::write(&stamp, lock).map_err(|e| e.to_string())
}

/// A hash over the names and contents of all sources.
fn stamp(folder: &Path) -> Result<String, String> {
    let files = ask("git", &["ls-files", "--cached", "--others", "--exclude-standard", "web"])
        .ok_or("git can't list the sources of the pages")?;
    // FNV-1a, 128 bits: a stamp against accidents, not against an attacker.
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let mut eat = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    };
    for file in files.lines() {
        eat(file.as_bytes());
        if let Ok(bytes) = fs::read(root().join(file)) {
            eat(&bytes);
        }
    }
    let _ = folder;
    Ok(format!("{hash:032x}"))
}

const DOCUMENT: &str = "api/openapi.json";
const TYPES: &str = "web/src/shared/api/schema.d.ts";

/// Writes the document of the server and the pages' types.
pub fn generate() -> Outcome {
    fs::write(root().join(DOCUMENT), document()?).map_err(|e| e.to_string())?;
    packages(&web())?;
    run_in(
        &web(),
        "npx",
        &["--no-install", "openapi-typescript", "../api/openapi.json", "-o", "src/shared/api/schema.d.ts"],
    )
}

fn document() -> Result<String, String> {
    ask("cargo", &["run", "--quiet", "--package", "yitong", "--", "openapi"])
        .map(|text| text + "\n")
        .ok_or_else(|| "the server does not print its document".into())
}

/// The committed document and types must be the ones that the code makes.
pub fn drift() -> Outcome {
    let committed = fs::read_to_string(root().join(DOCUMENT)).unwrap_or_default();
    let types = fs::read_to_string(root().join(TYPES)).unwrap_or_default();
    generate()?;
    let same = committed == fs::read_to_string(root().join(DOCUMENT)).unwrap_or_default()
        && types == fs::read_to_string(root().join(TYPES)).unwrap_or_default();
    if same { Ok(()) } else { Err(format!("{DOCUMENT} or {TYPES} was stale; commit what `cargo xtask gen` wrote")) }
}

pub fn test() -> Outcome {
    run_in(&web(), "npm", &["run", "--silent", "check"])
}

/// The real server, the real pages, a real browser.
pub fn browser() -> Outcome {
    let e2e = root().join("e2e");
    packages(&e2e)?;
    run("cargo", &["build", "--quiet", "--package", "yitong"])?;
    run_in(&e2e, "npm", &["run", "--silent", "test"])
}

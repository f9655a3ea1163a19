//! The pages: installed, built once for each state of their sources, tested, and typed from the server's document.

use crate::tools::{self, Outcome, ask, finish, need_node, root, run_in};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const DOCUMENT: &str = "api/openapi.json";
/// What the screens of a counter speak with its agent.
const TERMINAL: &str = "api/terminal.json";
const TYPES: &str = "web/src/shared/api/schema.d.ts";
const TERMINAL_TYPES: &str = "web/src/kiosk/schema.d.ts";
/// What does not go into the pages, though it lies beside their sources.
const NOT_SOURCES: [&str; 2] = ["web/test/", "web/README.md"];

fn web() -> PathBuf {
    root().join("web")
}

/// Builds every app when a source has changed since the last build.
pub fn build() -> Outcome {
    need_node()?;
    let stamp_file = web().join("dist/.stamp");
    let stamp = stamp()?;
    if fs::read_to_string(&stamp_file).is_ok_and(|built| built == stamp) {
        return Ok(());
    }
    packages(&web())?;
    // A build that fails half-way must not look like a whole one.
    let _ = fs::remove_file(&stamp_file);
    run_in(&web(), "npm", &["run", "--silent", "build"])?;
    write(&stamp_file, &stamp)
}

/// Installs npm packages when the lock file has changed since the last time.
pub fn packages(folder: &Path) -> Outcome {
    let lock_file = folder.join("package-lock.json");
    let lock = fs::read_to_string(&lock_file).map_err(|why| format!("{}: {why}", lock_file.display()))?;
    let stamp = folder.join("node_modules/.lock-stamp");
    if fs::read_to_string(&stamp).is_ok_and(|known| known == lock) {
        return Ok(());
    }
    // No package of ours needs a script of its own to be installed, and a stranger's script is not run.
    run_in(folder, "npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"])?;
    // A package without dependencies gets no folder from npm.
    write(&stamp, &lock)
}

/// A hash over the names and contents of all sources.
fn stamp() -> Result<String, String> {
    let files = ask("git", &["ls-files", "--cached", "--others", "--exclude-standard", "web", "code/ts/src"])
        .ok_or("git can't list the sources of the pages; this must be a clone of the repository")?;
    // FNV-1a, 128 bits: a stamp against accidents, not against an attacker.
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let mut eat = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    };
    for file in files.lines().filter(|file| !NOT_SOURCES.iter().any(|not| file.starts_with(not))) {
        eat(file.as_bytes());
        match fs::read(root().join(file)) {
            Ok(bytes) => eat(&bytes),
            // Removed, but not yet from the index: its name alone has made the stamp another one.
            Err(_) => eat(b"\0"),
        }
    }
    Ok(format!("{hash:032x}"))
}

/// Writes the documents of the server and of the terminal, and the pages' types from them.
pub fn generate() -> Outcome {
    generate_from(|package, command| ask("cargo", &["run", "--quiet", "--package", package, "--", command]))
}

fn generate_from(says: impl Fn(&str, &str) -> Option<String>) -> Outcome {
    need_node()?;
    for (file, package, command) in [(DOCUMENT, "yitong", "openapi"), (TERMINAL, "yitong-terminal", "document")] {
        let text = says(package, command)
            .ok_or_else(|| format!("no document is printed: try `cargo run -p {package} -- {command}`"))?;
        write(&root().join(file), &(text + "\n"))?;
    }
    packages(&web())?;
    types(DOCUMENT, TYPES)?;
    types(TERMINAL, TERMINAL_TYPES)
}

fn write(file: &Path, text: &str) -> Outcome {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    }
    fs::write(file, text).map_err(|why| format!("{}: {why}", file.display()))
}

fn types(document: &str, file: &str) -> Outcome {
    let (document, file) = (root().join(document), root().join(file));
    let mut command = Command::new("npx");
    command.args(["--no-install", "openapi-typescript"]).arg(document).arg("--output").arg(file);
    finish(command.current_dir(web()).stdout(std::process::Stdio::null()))
}

/// The committed document and types must be the ones that the code makes. What the code makes is left behind, so that
/// mending it is one commit.
pub fn drift() -> Outcome {
    let all = [DOCUMENT, TERMINAL, TYPES, TERMINAL_TYPES];
    let kept = || all.map(|file| fs::read_to_string(root().join(file)).unwrap_or_default());
    let committed = kept();
    tools::built()?;
    generate_from(|program, command| ask(tools::program(program).to_str()?, &[command]))?;
    if committed == kept() {
        return Ok(());
    }
    Err(format!("one of {} was stale; look at what changed with `git diff` and commit it", all.join(", ")))
}

/// Types and unit tests.
pub fn test() -> Outcome {
    packages(&web())?;
    run_in(&web(), "npm", &["run", "--silent", "check"])
}

/// The campus code in TypeScript; then the Rust crate judges the codes that its tests signed, and their answers.
pub fn code() -> Outcome {
    let code = root().join("code/ts");
    packages(&code)?;
    run_in(&code, "npm", &["run", "--silent", "check"])?;
    let signed = root().join("target/typescript/codes.json");
    let vectors = [("YITONG_VECTORS", &*signed.to_string_lossy())];
    tools::tests_of("yitong-code", "code/rust", &vectors)?;
    // And it judges the codes of a running server, when its tests have written them.
    let served = crate::languages::of_server();
    if !served.exists() {
        return Ok(());
    }
    let mut command = Command::new("npx");
    command.args(["--no-install", "vitest", "run", "test/vectors.test.ts", "--testTimeout=60000"]);
    finish(command.env("YITONG_VECTORS", served).current_dir(&code))
}

/// The real server, the real pages, a real browser.
pub fn browser() -> Outcome {
    let e2e = root().join("e2e");
    packages(&e2e)?;
    tools::built()?;
    let mut command = Command::new("npm");
    command.args(["run", "--silent", "test"]).current_dir(&e2e);
    for (name, program) in [("YITONG_BIN", "yitong"), ("YITONG_TERMINAL_BIN", "yitong-terminal")] {
        command.env(name, tools::program(program));
    }
    finish(&mut command)
}

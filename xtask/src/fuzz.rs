//! Fuzzing with libFuzzer on the toolchain that builds everything else: coverage needs only flags of the compiler.

use crate::tools::{Outcome, ask, finish, root};
use std::process::Command;

const TARGETS: [&str; 9] = [
    "campus_code",
    "campus_lists",
    "campus_text",
    "channel_files",
    "device_wires",
    "kept_text",
    "legacy_code",
    "relay_datagram",
    "school_list",
];
/// Those that need the whole server built.
const OF_THE_SERVER: [&str; 2] = ["kept_text", "school_list"];
/// The same instrumentation that `cargo fuzz` asks for, without a sanitizer: our code has no `unsafe`.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

pub fn run(rest: &[String]) -> Outcome {
    let [target, args @ ..] = rest else { return Err(format!("say which target: {}", TARGETS.join(", "))) };
    if !TARGETS.contains(&target.as_str()) {
        return Err(format!("there is no target {target:?}; there are {}", TARGETS.join(", ")));
    }
    let corpus = root().join("target/fuzz-corpus").join(target);
    std::fs::create_dir_all(&corpus).map_err(|why| format!("{}: {why}", corpus.display()))?;
    let mut command = Command::new("cargo");
    command.args(["run", "--release", "--quiet", "--manifest-path", "fuzz/Cargo.toml", "--target", &host()?]);
    if OF_THE_SERVER.contains(&target.as_str()) {
        command.args(["--features", "server"]);
    }
    command.args(["--bin", target, "--"]);
    // What made it fail is kept beside what was found before, so that the next run begins with it.
    command.arg(format!("-artifact_prefix={}/", corpus.display())).arg(&corpus);
    // Texts and lists worth trying again, kept with the sources.
    let kept = root().join("fuzz/corpus").join(target);
    if kept.is_dir() {
        command.arg(kept);
    }
    command.args(args).current_dir(root());
    command.env("RUSTFLAGS", COVERAGE).env("CARGO_TARGET_DIR", root().join("target/fuzz"));
    finish(&mut command)
}

/// With a target named, even our own, the flags are kept from build scripts.
fn host() -> Result<String, String> {
    let version = ask("rustc", &["-vV"]).unwrap_or_default();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned);
    host.ok_or_else(|| "rustc -vV does not name its host".into())
}

//! Other people's code judges what ours writes: each oracle is a script with packages of its own, given a program of
//! ours to ask.

use crate::tools::{self, Outcome, finish, root, run};
use std::path::PathBuf;
use std::process::Command;

struct Oracle {
    /// With `package.json` and its lock file.
    folder: &'static str,
    script: &'static str,
    /// The package and the example in it that the script starts.
    package: &'static str,
    example: &'static str,
}

const ORACLES: [Oracle; 1] =
    [Oracle { folder: "channels/oracles", script: "web_push.mjs", package: "yitong-channels", example: "web_push" }];

/// On a machine without Node this is a skip that is seen; the build machine may not skip.
pub fn run_all() -> Outcome {
    if let Err(why) = tools::need_node() {
        if std::env::var_os("CI").is_some() {
            return Err(why);
        }
        eprintln!("!! SKIPPED: nobody else's code has judged ours.\n!! {why}");
        return Ok(());
    }
    for oracle in &ORACLES {
        let folder = root().join(oracle.folder);
        crate::pages::packages(&folder)?;
        run("cargo", &["build", "--quiet", "--package", oracle.package, "--example", oracle.example])?;
        finish(Command::new("node").arg(oracle.script).arg(built(oracle.example)).current_dir(&folder))?;
    }
    Ok(())
}

fn built(example: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    root().join(target).join("debug/examples").join(example)
}

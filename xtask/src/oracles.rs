//! Other people's code judges what ours writes: each oracle is a script with packages of its own, given a program of
//! ours to ask.

use crate::tools::{self, Outcome, finish, root, run, run_in};
use std::path::{Path, PathBuf};
use std::process::Command;

struct Oracle {
    /// With `package.json` and its lock file, or with `requirements.txt`.
    folder: &'static str,
    script: &'static str,
    /// What the script starts.
    example: &'static str,
}

const fn of_sandbox(script: &'static str) -> Oracle {
    Oracle { folder: "sandbox/oracles", script, example: "serve" }
}

const IN_NODE: [Oracle; 4] = [
    Oracle { folder: "channels/oracles", script: "web_push.mjs", example: "web_push" },
    of_sandbox("wechat.mjs"),
    of_sandbox("alipay.mjs"),
    of_sandbox("emitted.mjs"),
];
const IN_PYTHON: [Oracle; 1] = [of_sandbox("wechat.py")];

pub fn run_all() -> Outcome {
    // The examples are among it; the script in Node also starts the one beside its own.
    tools::built()?;
    unless_skipped(tools::need_node(), || {
        IN_NODE.iter().try_for_each(|oracle| {
            let folder = root().join(oracle.folder);
            crate::pages::packages(&folder)?;
            judge(oracle, Path::new("node"))
        })
    })?;
    unless_skipped(need_venv(), || {
        IN_PYTHON.iter().try_for_each(|oracle| judge(oracle, &python(&root().join(oracle.folder))?))
    })
}

/// On a machine without the language this is a skip that is seen; the build machine may not skip.
fn unless_skipped(needed: Outcome, work: impl FnOnce() -> Outcome) -> Outcome {
    match needed {
        Ok(()) => work(),
        Err(why) if std::env::var_os("CI").is_some() => Err(why),
        Err(why) => {
            eprintln!("!! SKIPPED: nobody else's code has judged ours.\n!! {why}");
            Ok(())
        }
    }
}

fn judge(oracle: &Oracle, program: &Path) -> Outcome {
    let folder = root().join(oracle.folder);
    let mut command = Command::new(program);
    // Nothing is left beside the sources.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    finish(command.arg(oracle.script).arg(built(oracle.example)).current_dir(&folder))
}

fn target() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    root().join(target)
}

fn built(example: &str) -> PathBuf {
    target().join("debug/examples").join(example)
}

fn need_venv() -> Outcome {
    let there = tools::ask("python3", &["-m", "ensurepip", "--version"]).is_some();
    if there {
        Ok(())
    } else {
        Err("Python 3 with its module venv is needed; 需要 Python 3 及其 venv 模块".into())
    }
}

/// A Python of its own with exactly the packages that the folder pins.
fn python(folder: &Path) -> Result<PathBuf, String> {
    let wanted = folder.join("requirements.txt");
    let read = |path: &Path| std::fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()));
    let pinned = read(&wanted)?;
    let own = target().join("oracles-python");
    let (program, stamp) = (own.join("bin/python3"), own.join("requirements.stamp"));
    if !read(&stamp).is_ok_and(|known| known == pinned) {
        let at = own.to_string_lossy();
        run("python3", &["-m", "venv", "--clear", &at])?;
        let pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--requirement", "requirements.txt"];
        run_in(folder, &program.to_string_lossy(), &pip)?;
        std::fs::write(&stamp, pinned).map_err(|why| format!("{}: {why}", stamp.display()))?;
    }
    Ok(program)
}

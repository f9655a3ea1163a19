//! Running programs, and getting those that are missing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

pub type Outcome = Result<(), String>;

/// The root of the repository, wherever the command was given.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the repository").to_owned()
}

pub fn run(program: &str, args: &[&str]) -> Outcome {
    run_in(&root(), program, args)
}

pub fn run_in(folder: &Path, program: &str, args: &[&str]) -> Outcome {
    let status = Command::new(program).args(args).current_dir(folder).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program} {} ended with {status}", args.join(" "))),
        Err(why) => Err(format!("{program} can't be started: {why}")),
    }
}

/// What the program prints.
pub fn ask(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).current_dir(root()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A named step with its time, so that a slow one is seen.
pub fn step(name: &str, work: impl FnOnce() -> Outcome) -> Outcome {
    println!("── {name}");
    let begun = Instant::now();
    let outcome = work();
    println!("── {name}: {} in {} s", if outcome.is_ok() { "ok" } else { "FAILED" }, begun.elapsed().as_secs());
    outcome.map_err(|why| format!("{name}: {why}"))
}

/// Node builds and tests the pages; Chromium and a Chinese font show them.
pub fn install() -> Outcome {
    need_node()?;
    let missing: Vec<&str> = [("chromium", "/usr/bin/chromium"), ("fonts-noto-cjk", "/usr/share/fonts/opentype/noto")]
        .into_iter()
        .filter(|(_, proof)| !Path::new(proof).exists())
        .map(|(package, _)| package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let am_root = ask("id", &["-u"]).as_deref() == Some("0");
    if !am_root || ask("apt-get", &["--version"]).is_none() {
        return Err(format!("please install: {} (Debian: apt-get install {0})", missing.join(" ")));
    }
    run("apt-get", &["update", "-qq"])?;
    let mut args = vec!["install", "-y", "-qq", "--no-install-recommends"];
    args.extend(missing);
    run("apt-get", &args)
}

pub fn need_node() -> Outcome {
    const WANTED: (u32, u32) = (20, 19);
    let version = ask("node", &["--version"]).ok_or("Node.js 20.19 or later is needed (需要 Node.js ≥ 20.19)")?;
    let mut numbers = version.trim_start_matches('v').split('.').map(|n| n.parse::<u32>().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found >= WANTED { Ok(()) } else { Err(format!("Node.js {version} is too old; 20.19 or later is needed")) }
}

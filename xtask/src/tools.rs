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
    run_with(program, args, &[])
}

pub fn run_with(program: &str, args: &[&str], environment: &[(&str, &str)]) -> Outcome {
    finish(Command::new(program).args(args).envs(environment.iter().copied()).current_dir(root()))
}

pub fn run_in(folder: &Path, program: &str, args: &[&str]) -> Outcome {
    finish(Command::new(program).args(args).current_dir(folder))
}

/// Runs a command to its end; its words go to our own output.
pub fn finish(command: &mut Command) -> Outcome {
    let status = command.status();
    let said = || {
        let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy()).collect();
        format!("{} {}", command.get_program().to_string_lossy(), args.join(" "))
    };
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{}` ended with {status}", said())),
        Err(why) => Err(format!("`{}` can't be started: {why}", said())),
    }
}

/// What the program prints, when it is there and content.
pub fn ask(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).current_dir(root()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The programs, tests and examples as `cargo test --workspace` builds them. Every step of a run uses these: for another
/// selection of packages cargo chooses other features of what they share, and builds up to half of it once more.
const BUILD: [&str; 4] = ["test", "--workspace", "--no-run", "--quiet"];

pub fn built() -> Outcome {
    run("cargo", &BUILD)
}

/// Runs the tests of one package, as they were built with all others.
pub fn tests_of(package: &str, folder: &str, environment: &[(&str, &str)]) -> Outcome {
    built()?;
    let listed = ask("cargo", &[&BUILD[..], &["--message-format=json"]].concat()).ok_or("cargo lists no tests")?;
    let programs: Vec<_> = listed.lines().filter_map(|line| test_program(line, package)).collect();
    if programs.is_empty() {
        return Err(format!("no test of {package} is among what was built"));
    }
    programs.iter().try_for_each(|program| {
        finish(Command::new(program).envs(environment.iter().copied()).current_dir(root().join(folder)))
    })
}

/// Of a line of cargo's JSON, which has one artifact in each.
fn test_program<'a>(line: &'a str, package: &str) -> Option<&'a str> {
    let (_, profile) = line.split_once("\"profile\":{")?;
    let is_test = profile.split_once('}')?.0.contains("\"test\":true");
    let (_, after) = line.split_once("\"executable\":\"")?;
    (is_test && line.contains(&format!("#{package}@"))).then(|| after.split('"').next())?
}

/// A program of ours, built beside this one wherever cargo puts what it builds.
pub fn program(name: &str) -> PathBuf {
    std::env::current_exe().unwrap_or_default().with_file_name(name)
}

/// A named step with its time, so that a slow one is seen.
pub fn step(name: &str, work: impl FnOnce() -> Outcome) -> Outcome {
    println!("── {name}");
    let begun = Instant::now();
    let outcome = work();
    println!("── {name}: {} in {} s", if outcome.is_ok() { "ok" } else { "FAILED" }, begun.elapsed().as_secs());
    outcome.map_err(|why| format!("{name}: {why}"))
}

/// What the whole test needs beside Rust and Node, as packages of Debian, without those that are there already.
fn missing() -> Vec<&'static str> {
    let mut needed = vec![
        ("chromium", browser().is_some()),
        ("fonts-noto-cjk", chinese_font()),
        ("poppler-utils", find("pdftoppm").is_some()),
        ("postgresql", crate::postgres::programs().is_some()),
    ];
    needed.extend(crate::languages::needed());
    needed.into_iter().filter(|(_, there)| !there).map(|(package, _)| package).collect()
}

/// Gets what is missing where that can be done without asking, and says exactly what is missing elsewhere.
pub fn install() -> Outcome {
    need_node()?;
    get(&missing())
}

pub fn get(missing: &[&str]) -> Outcome {
    if missing.is_empty() {
        return Ok(());
    }
    if !am_root() || ask("apt-get", &["--version"]).is_none() {
        return Err(format!(
            "the tests need {0}; please install (on Debian: sudo apt-get install -y {0}), or run `cargo xtask test \
             --quick` without them\n测试需要先安装：{0}（Debian：sudo apt-get install -y {0}）；或用 `cargo xtask test \
             --quick` 只跑不需要它们的测试",
            missing.join(" ")
        ));
    }
    run("apt-get", &["update", "-qq"])?;
    let mut args = vec!["install", "-y", "-qq", "--no-install-recommends"];
    args.extend(missing.iter());
    run_with("apt-get", &args, &[("DEBIAN_FRONTEND", "noninteractive")])
}

pub fn am_root() -> bool {
    ask("id", &["-u"]).as_deref() == Some("0")
}

/// Where a program is, on the path.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn browser() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].into_iter().find_map(find)
}

/// Without one, a screenshot of a Chinese page shows boxes.
fn chinese_font() -> bool {
    match ask("fc-list", &[":lang=zh", "family"]) {
        Some(fonts) => !fonts.is_empty(),
        None => Path::new("/usr/share/fonts/opentype/noto").exists(),
    }
}

/// Node builds and tests the pages.
pub fn need_node() -> Outcome {
    const WANTED: (u32, u32) = (20, 19);
    let how = "get it from https://nodejs.org or your system's packages\n\
               需要 Node.js 20.19 或更高版本，可从 https://nodejs.org 或系统软件源安装";
    let version = ask("node", &["--version"]).ok_or_else(|| format!("Node.js 20.19 or later is needed; {how}"))?;
    if ask("npm", &["--version"]).is_none() {
        return Err(format!("npm is missing beside Node.js; {how}"));
    }
    let mut numbers = version.trim_start_matches('v').split('.').map(|n| n.parse::<u32>().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found >= WANTED { Ok(()) } else { Err(format!("Node.js {version} is too old, 20.19 or later is needed; {how}")) }
}

#[cfg(test)]
mod tests {
    use super::test_program;

    fn line(package: &str, test: bool) -> String {
        let id = format!(r##""package_id":"path+file:///w/server#{package}@0.1.0","target":{{"test":true}}"##);
        let profile = format!(r#""profile":{{"opt_level":"0","test":{test}}}"#);
        format!(r#"{{"reason":"compiler-artifact",{id},{profile},"executable":"/w/target/all-1","fresh":true}}"#)
    }

    #[test]
    fn only_the_tests_of_the_package_are_run() {
        assert_eq!(test_program(&line("yitong", true), "yitong"), Some("/w/target/all-1"));
        assert_eq!(test_program(&line("yitong", false), "yitong"), None, "its program is no test");
        assert_eq!(test_program(&line("yitong-code", true), "yitong"), None);
        let library = line("yitong", true).replace(r#""/w/target/all-1""#, "null");
        assert_eq!(test_program(&library, "yitong"), None);
    }
}

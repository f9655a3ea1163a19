//! What any file must keep to: a readable size and width, nothing half done, nothing of one machine, nothing huge.

use crate::edges::has_reason;
use crate::tree::File;

const LINES_MAX: usize = 450;
const WIDTH_MAX: usize = 120;
const BYTES_MAX: u64 = 1024 * 1024;

pub fn size(files: &[File]) -> Vec<String> {
    let long = |file: &&File| file.is_code() && file.text.lines().count() > LINES_MAX;
    let unexplained = files.iter().filter(long).filter(|file| !has_reason(&file.text, "long because"));
    unexplained
        .map(|file| {
            format!(
                "{}: {} lines. Split it by idea where there is one; where there is none, say so in its first lines: \
                 `long because …`.",
                file.path,
                file.text.lines().count()
            )
        })
        .collect()
}

pub fn width(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_code()) {
        for (n, line) in file.lines().filter(|(_, line)| line.chars().count() > WIDTH_MAX) {
            // The formatter breaks Rust, but neither its comments nor its texts; a text and an address are left whole.
            let formatted = file.is(".rs") && !line.trim_start().starts_with("//");
            if !formatted && !line.contains(['"', '\'', '`']) && !line.contains("https://") {
                let width = line.chars().count();
                findings.push(format!("{}:{n}: {width} characters; break it at {WIDTH_MAX}.", file.path));
            }
        }
    }
    findings
}

/// Put together here, so that this file does not hold them itself.
const HALF_DONE: &[(&str, &str)] = &[
    (concat!("to", "do!("), "build it, or leave the room out"),
    (concat!("unimple", "mented!("), "build it, or leave the room out"),
    (concat!("db", "g!("), "take it out, or log it with a reason"),
    (concat!("FIX", "ME"), "mend it, or write down in an issue what is wrong"),
    (concat!("XX", "X:"), "mend it, or write down in an issue what is wrong"),
    (concat!("#[ig", "nore]"), "say why: `#[ignore = \"…\"]`, or mend the test"),
    (concat!("test.on", "ly("), "run all tests"),
    (concat!("it.on", "ly("), "run all tests"),
    (concat!("describe.on", "ly("), "run all tests"),
    (concat!("debug", "ger;"), "take it out"),
];

pub fn banned(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_code() || file.is(".toml")) {
        for (n, line) in file.lines() {
            for (word, instead) in HALF_DONE.iter().filter(|(word, _)| line.contains(word)) {
                findings.push(format!("{}:{n}: `{word}` is half done: {instead}.", file.path));
            }
        }
    }
    findings
}

/// Folders and hosts that mean something on one machine only.
const MACHINES: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/tmp/", "wt"),
    concat!("/home/", "user"),
    concat!("/Us", "ers/"),
    concat!("registry.npm", "js.org"),
    concat!("registry.npm", "mirror.com"),
    concat!("static.crates", ".io"),
    concat!("index.crates", ".io"),
    concat!("\"resol", "ved\": \"http"),
];

pub fn machines(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files {
        for (n, line) in file.lines() {
            for word in MACHINES.iter().filter(|word| line.contains(**word)) {
                findings.push(format!(
                    "{}:{n}: `{word}` belongs to one machine or one mirror. Name the thing, not the place; for npm \
                     lock files set `omit-lockfile-registry-resolved=true` in .npmrc.",
                    file.path
                ));
            }
        }
    }
    findings
}

pub fn huge(files: &[File]) -> Vec<String> {
    let heavy = files.iter().filter(|file| file.bytes > BYTES_MAX);
    heavy
        .map(|file| {
            format!("{}: {} KiB. Make it in a build or a test, or make it smaller.", file.path, file.bytes / 1024)
        })
        .collect()
}

#[test]
fn texts_are_checked() {
    let long = "a\n".repeat(LINES_MAX + 1);
    crate::check(size, "a/b.rs", &long, &format!("//! All kinds. long because they are one list.\n{long}"));
    crate::check(width, "a/b.rs", &format!("//{}", "字".repeat(WIDTH_MAX)), &"字".repeat(WIDTH_MAX));
    crate::check(banned, "a/b.rs", concat!("to", "do!()"), "todo()");
    crate::check(banned, "a/b.test.ts", concat!("it.on", "ly('x')"), "it('x')");
    crate::check(machines, "a/b.md", concat!("see /wo", "rk/main"), "see work/main");
    let heavy = File { path: "a.bin".into(), text: String::new(), bytes: BYTES_MAX + 1 };
    assert_eq!(huge(&[heavy]).len(), 1);
}

//! Slices stand in reading order in server/src/lib.rs; a slice uses only slices above it.

use crate::source::code;
use crate::tree::File;

const LIB: &str = "server/src/lib.rs";
/// Names at the root of the crate that a slice may use though they are no slices.
const SHARED: [&str; 2] = ["App", "sql"];

/// Rooms that are programs of the binary: they stand on top, use everything and are edges from end to end.
pub const PROGRAMS: [&str; 3] = ["demo", "bench", "copy"];

/// In reading order: the modules of lib.rs that are folders with a front door.
pub fn slices(files: &[File]) -> Vec<String> {
    let Some(lib) = files.iter().find(|file| file.path == LIB) else { return Vec::new() };
    let modules = lib.text.lines().filter_map(|line| {
        let line = line.trim().trim_start_matches("pub ").trim_start_matches("mod ");
        line.strip_suffix(';').map(str::to_owned)
    });
    modules.filter(|name| files.iter().any(|file| file.path == format!("server/src/{name}/mod.rs"))).collect()
}

pub fn check(files: &[File]) -> Vec<String> {
    let order = slices(files);
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.under("server/src/") && file.is(".rs")) {
        let Some((slice, _)) = file.path["server/src/".len()..].split_once('/') else { continue };
        let Some(place) = order.iter().position(|name| name == slice) else {
            continue;
        };
        for (line, name) in used(&code(&file.text)) {
            let why = match order.iter().position(|other| *other == name) {
                Some(other) if other > place => format!("`{slice}` uses `{name}`, which stands below it in {LIB}"),
                None if name == "routes" && !PROGRAMS.contains(&slice) => {
                    format!("`{slice}` uses the routes of everybody")
                }
                None if slice == "plumbing" && !SHARED.contains(&name.as_str()) && name != "plumbing" => {
                    format!("plumbing knows no capability, and uses `{name}`")
                }
                _ => continue,
            };
            findings.push(format!(
                "{}:{line}: {why}. Let the lower slice call the upper one and hand in what is needed, or move the \
                 shared piece up.",
                file.path
            ));
        }
    }
    findings
}

/// What is named after `crate::`, with its line: one name, or the first names of a group in braces.
fn used(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        // `$crate::` in a macro is the macro's own business.
        if code[..at].ends_with('$') {
            continue;
        }
        let line = code[..at].matches('\n').count() + 1;
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(first_names(group).into_iter().map(|name| (line, name))),
            None => found.push((line, name_at(rest))),
        }
    }
    found
}

fn name_at(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn first_names(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut names = vec![name_at(group)];
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(name_at(&group[at + 1..])),
            _ => {}
        }
    }
    names
}

#[test]
fn order_is_kept() {
    let found = |path: &str, text: &str| {
        let lib = "pub mod plumbing;\n\npub mod people;\n\npub mod wallets;\n\nmod app;\n";
        let rooms = ["plumbing", "people", "wallets"].map(|s| crate::file(&format!("server/src/{s}/mod.rs"), ""));
        let mut files: Vec<File> = rooms.into();
        files.push(crate::file(LIB, lib));
        files.push(crate::file(path, text));
        check(&files).len()
    };
    assert_eq!(found("server/src/wallets/store.rs", "use crate::people::Person; use crate::App;"), 0);
    assert_eq!(found("server/src/people/store.rs", "use crate::wallets::Account;"), 1);
    assert_eq!(found("server/src/people/store.rs", "use crate::{plumbing::{a, b}, wallets};"), 1);
    assert_eq!(found("server/src/people/store.rs", "// use crate::wallets;\nuse crate::people::x;"), 0);
    assert_eq!(found("server/src/plumbing/db.rs", "use crate::signin::State;"), 1);
    assert_eq!(found("server/src/people/http.rs", "crate::routes::openapi()"), 1);
}

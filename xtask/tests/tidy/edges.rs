//! What stays at the edges: the world outside the core, waiting outside the slices' thinking, SQL inside the stores,
//! floats away from money.

use crate::source::{code, has_word, without_tests};
use crate::tree::File;

/// The core decides; it does not look at the world.
const WORLD: &[(&str, &str)] = &[
    ("SystemTime", "take `now: Timestamp` as an argument"),
    ("Instant", "take `now: Timestamp` as an argument"),
    ("getrandom", "take the id or the seed as an argument"),
    ("rand", "take the id or the seed as an argument"),
    ("fs", "let the edge read it and hand it in"),
    ("net", "let the edge do the talking"),
    ("env", "let the edge read it and hand it in"),
    ("process", "the core starts and ends nothing"),
    ("thread", "the core is plain functions"),
    ("HashMap", "its order differs from run to run; use BTreeMap"),
    ("HashSet", "its order differs from run to run; use BTreeSet"),
    ("async", "return what is to be done, and let the edge do it"),
    ("f32", "count in whole fen (Cents)"),
    ("f64", "count in whole fen (Cents)"),
    ("println", "return it"),
    ("unsafe", "there is a safe way"),
];

pub fn core_is_pure(files: &[File]) -> Vec<String> {
    const PURE: [&str; 3] = ["core/", "code/rust/src/", "code/legacy/src/"];
    let core = |file: &&File| file.is(".rs") && PURE.iter().any(|folder| file.under(folder));
    let mut findings = Vec::new();
    for file in files.iter().filter(core).filter(|file| !file.path.contains("/tests")) {
        let code = code(&file.text);
        for (i, line) in without_tests(&code).lines().enumerate() {
            for (word, instead) in WORLD.iter().filter(|(word, _)| has_word(line, word)) {
                findings.push(format!("{}:{}: `{word}` in the pure core: {instead}.", file.path, i + 1));
            }
        }
    }
    findings
}

/// Where a slice meets the outside.
fn is_edge(path: &str) -> bool {
    let Some((slice, rest)) = path["server/src/".len()..].split_once('/') else { return true };
    let name = rest.rsplit('/').next().unwrap_or(rest);
    let edges = ["http.rs", "jobs.rs", "events.rs", "guard.rs"];
    slice == "plumbing" || edges.iter().any(|edge| name == *edge || name.ends_with(&format!("_{edge}")))
}

/// What a slice may wait for between its edges: the database, or the request that it is handed.
const WAITED_FOR: [&str; 4] = ["App", "Db", "State", "Parts"];

pub fn async_at_the_edges(files: &[File]) -> Vec<String> {
    let slices = crate::slices::slices(files);
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.under("server/src/") && file.is(".rs") && !is_edge(&file.path)) {
        let slice = file.path["server/src/".len()..].split('/').next().unwrap_or_default();
        let program = crate::slices::PROGRAMS.contains(&slice);
        if program || !slices.iter().any(|name| name == slice) || has_reason(&file.text, "async because") {
            continue;
        }
        let code = code(&file.text);
        let code = without_tests(&code);
        for (at, _) in code.match_indices("async ").filter(|(at, _)| !code[..*at].ends_with(is_name)) {
            let signature = code[at..].split(['{', ';']).next().unwrap_or_default();
            if is_function(signature) && WAITED_FOR.iter().any(|word| has_word(signature, word)) {
                continue;
            }
            findings.push(format!(
                "{}:{}: `{}` waits in the middle of a slice, and not for the database. Do it in http.rs or jobs.rs \
                 and keep this a plain function, or say why in the file's first lines: `//! async because …`.",
                file.path,
                code[..at].matches('\n').count() + 1,
                signature.lines().next().unwrap_or_default().trim()
            ));
        }
    }
    findings
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_function(signature: &str) -> bool {
    signature.trim_start_matches("async ").starts_with("fn ")
}

/// A line near the top that says why the file is an exception.
pub fn has_reason(text: &str, words: &str) -> bool {
    text.lines().take(8).any(|line| line.split_once(words).is_some_and(|(_, why)| why.trim().len() > 10))
}

pub fn sql_in_stores(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.under("server/src/") && file.is(".rs")) {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let store = name.starts_with("store") || name.ends_with("_store.rs") || file.path.contains("/store/");
        if store || file.under("server/src/plumbing/") || is_test_module(files, &file.path) {
            continue;
        }
        let code = code(&file.text);
        for (i, line) in without_tests(&code).lines().enumerate() {
            if line.contains("sql! {") || line.contains("sql!{") || line.contains("sql!(") {
                findings.push(format!(
                    "{}:{}: SQL outside a store. Move the statement to the slice's store.rs and give it a function \
                     over `&mut Tx`.",
                    file.path,
                    i + 1
                ));
            }
        }
    }
    findings
}

/// A file that its front door takes in for tests only.
fn is_test_module(files: &[File], path: &str) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else { return false };
    let front_door = files.iter().find(|file| file.path == format!("{folder}/mod.rs"));
    let taken_in = format!("#[cfg(test)]\nmod {};", name.trim_end_matches(".rs"));
    front_door.is_some_and(|file| file.text.contains(&taken_in))
}

/// The slices through which money passes.
const MONEY: [&str; 6] = ["wallets", "policies", "menu", "topups", "purchases", "insights"];

pub fn no_float_near_money(files: &[File]) -> Vec<String> {
    let near = |file: &&File| file.is(".rs") && MONEY.iter().any(|slice| file.under(&format!("server/src/{slice}/")));
    let mut findings = Vec::new();
    for file in files.iter().filter(near).filter(|file| !has_reason(&file.text, "float because")) {
        for (i, line) in code(&file.text).lines().enumerate() {
            if has_word(line, "f32") || has_word(line, "f64") {
                findings.push(format!(
                    "{}:{}: a float near money. Count in `Cents`; a share is a whole number of basis points. Where a foreign \
                     format knows nothing else, say so on top: `//! float because …`.",
                    file.path,
                    i + 1
                ));
            }
        }
    }
    findings
}

#[test]
fn edges_are_seen() {
    crate::check(core_is_pure, "core/rules/src/x.rs", "let t = std::time::Instant::now();", "// Instant\nlet t = now;");
    crate::check(
        core_is_pure,
        "core/ledger/src/x.rs",
        "fn f(a: f64) {}",
        "let s = \"f64\";\n#[cfg(test)]\nmod t { f64 }",
    );
    crate::check(sql_in_stores, "server/src/a/http.rs", "crate::sql! { A = \"…\"; }", "// crate::sql! { }");
    crate::check(no_float_near_money, "server/src/topups/a.rs", "let a = x as f64;", "let a = x as i64;");
    let waits = |path: &str, text: &str| {
        let lib = crate::file("server/src/lib.rs", "pub mod a;");
        async_at_the_edges(&[lib, crate::file("server/src/a/mod.rs", ""), crate::file(path, text)]).len()
    };
    assert_eq!(waits("server/src/a/plan.rs", "async fn f() {}"), 1);
    assert_eq!(waits("server/src/a/plan.rs", "fn f(app: App) { spawn(async move { sleep().await }) }"), 1);
    assert_eq!(waits("server/src/a/plan.rs", "pub async fn f(\n    db: &Db,\n) {}"), 0);
    assert_eq!(waits("server/src/a/http.rs", "async fn f() {}"), 0);
    assert_eq!(waits("server/src/a/plan.rs", "//! A.\n//! async because it feeds a stream.\nasync fn f() {}"), 0);
}

//! The vectors as lines of words, for runners in languages whose library reads no JSON. Made from `codes.json` by each
//! run of the tests, so there is nothing to keep in step.
//!
//! A line is a name and its fields; bytes and texts are hex, with `-` for none; the last field of a case is its
//! comment.

use crate::world::{FILE, suite};
use serde_json::Value;
use std::fmt::Write as _;

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_else(|| panic!("{name} of {of}"))
}

/// Texts in the file are texts, not hex.
fn hex_of(text: &Value) -> String {
    let text = text.as_str().expect("a text");
    or_none(&text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>()).to_owned()
}

fn or_none(hex: &str) -> &str {
    if hex.is_empty() { "-" } else { hex }
}

fn case(out: &mut String, case: &Value) {
    let (id, memory, now, uncertain) = (&case["id"], &case["memory"], &case["now"], &case["uncertainty_ms"]);
    let status = text(case, "status").replace(' ', "_");
    let mut line = |args: core::fmt::Arguments<'_>| writeln!(out, "{args}").expect("a String takes every text");
    line(format_args!("case {id} {status} {memory} {now} {uncertain} {}", text(case, "comment")));
    for before in case["before"].as_array().expect("texts") {
        line(format_args!("before {}", hex_of(before)));
    }
    line(format_args!("text {}", hex_of(&case["text"])));
    let said = &case["expected"];
    if let Some(reason) = said["reason"].as_str() {
        return line(format_args!("refused {reason} {}", said["seconds"].as_u64().unwrap_or(0)));
    }
    line(format_args!(
        "verified {} {} {} {} {} {} {} {} {}",
        text(said, "kind"),
        said["class"],
        said["ends_ms"],
        said["protection"].as_i64().unwrap_or(-1),
        text(said, "allowance"),
        said["use_fen"],
        said["total_fen"],
        said["uses"],
        text(said, "pairwise"),
    ));
}

#[test]
fn the_vectors_are_written_as_lines() {
    let mut out = String::new();
    let mut line = |args: core::fmt::Arguments<'_>| writeln!(out, "{args}").expect("a String takes every text");
    line(format_args!("school {}", text(&FILE, "school")));
    line(format_args!("integrator_key {}", text(&FILE, "integrator_key")));
    for root in FILE["roots"].as_array().expect("roots") {
        line(format_args!("root {} {} {}", root["kid"], suite(text(root, "suite")), text(root, "key")));
    }
    line(format_args!("trust {}", text(&FILE, "trust")));
    line(format_args!("legacy {}", text(&FILE, "legacy")));
    for (name, bytes) in FILE["status"].as_object().expect("lists") {
        line(format_args!("status {} {}", name.replace(' ', "_"), bytes.as_str().expect("hex")));
    }
    let (cases, lists) = (FILE["cases"].as_array().expect("cases"), FILE["list_cases"].as_array().expect("cases"));
    cases.iter().for_each(|of| case(&mut out, of));
    for of in lists {
        let base = of["base"].as_str().unwrap_or("-");
        let bytes = or_none(text(of, "bytes"));
        let (kind, held, expected) = (text(of, "kind"), &of["held"], text(of, "expected"));
        writeln!(out, "list {kind} {held} {expected} {base} {bytes} {}", text(of, "comment")).expect("as above");
    }
    // Runners count what they ran and compare: a runner that reads nothing must not pass.
    writeln!(out, "end {} {}", cases.len(), lists.len()).expect("as above");
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/codes.txt"), out).expect("the folder of the target");
}

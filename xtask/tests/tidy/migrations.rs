//! Migrations come in pairs, one number once, named after the slice they belong to.

use crate::slices::slices;
use crate::tree::File;
use std::collections::{BTreeMap, BTreeSet};

const FOLDER: &str = "server/migrations/";
const ENGINES: [&str; 2] = ["sqlite", "postgres"];

pub fn check(files: &[File]) -> Vec<String> {
    let known = slices(files);
    let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.under(FOLDER) && file.is(".sql")) {
        let Some((engine, name)) = file.path[FOLDER.len()..].split_once('/') else { continue };
        names.entry(name).or_default().insert(engine);
        findings.extend(strict(file, engine));
    }
    let mut numbers: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, engines) in &names {
        for engine in ENGINES.iter().filter(|engine| !engines.contains(*engine)) {
            findings.push(format!(
                "{FOLDER}{engine}/{name} is missing: a migration is written for both engines under one name."
            ));
        }
        let (number, rest) = name.split_once('_').unwrap_or((name, ""));
        if number.len() != 4 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            findings.push(format!("{name}: call it NNNN_slice_what.sql, with four digits."));
        }
        if let Some(other) = numbers.insert(number, name) {
            findings.push(format!("{other} and {name} have the same number: give the later one the next free number."));
        }
        if !known.is_empty() && !known.iter().any(|slice| rest.starts_with(&format!("{slice}_"))) {
            findings.push(format!("{name}: name it after its slice: {number}_<slice>_<what>.sql."));
        }
    }
    findings
}

/// SQLite checks the types of a column only in a STRICT table.
fn strict(file: &File, engine: &str) -> Vec<String> {
    if engine != "sqlite" {
        return Vec::new();
    }
    let statements = file.text.split(';').filter(|statement| statement.contains("CREATE TABLE"));
    let loose = statements.filter(|statement| !statement.contains("STRICT"));
    loose.map(|_| format!("{}: a table is not STRICT; without it SQLite takes any text as money.", file.path)).collect()
}

#[test]
fn pairs_are_whole() {
    let pair = |a: &str, b: &str, sql: &str| {
        check(&[crate::file(&format!("{FOLDER}sqlite/{a}"), sql), crate::file(&format!("{FOLDER}postgres/{b}"), "")])
    };
    let table = "CREATE TABLE a (b INTEGER) STRICT;";
    assert!(pair("0010_people_roster.sql", "0010_people_roster.sql", table).is_empty());
    assert_eq!(pair("0010_people_roster.sql", "0010_people_roster.sql", "CREATE TABLE a (b);").len(), 1);
    assert!(!pair("0010_people_roster.sql", "0010_people_plans.sql", table).is_empty());
    assert!(!pair("10_people.sql", "10_people.sql", table).is_empty());
}

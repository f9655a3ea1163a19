//! `code/vectors/legacy.json` is what every reader of legacy codes is held against: this crate, and a Python program of
//! its own (`code/python/check_legacy.py`).

use crate::vector_cases::{Case, PROFILES, cases};
use crate::{Chance, KEY_1024, KEY_2048, day, profile, reader};
use serde_json::{Map, Value, json};
use yitong_legacy::{Day, LegacyFields, Refusal};

const ABOUT: &str = "Texts of the earlier system's codes. `today` is the day on which they are read. `expected` is what \
                     is answered to whoever shows one, `inside` what the console is told. The keys are TEST ONLY: \
                     published, worth nothing, never to be used for a card.";

/// Written anew when `YITONG_WRITE_VECTORS` is set; compared otherwise.
fn file() -> Value {
    let profiles: Map<String, Value> =
        PROFILES.iter().map(|(name, words)| ((*name).to_owned(), json!(words))).collect();
    let cases: Vec<_> = cases()
        .into_iter()
        .enumerate()
        .map(|(i, Case { profile, comment, text, today, expected, inside })| {
            json!({"id": i + 1, "profile": profile, "comment": comment, "text": text, "today": iso(today),
                   "expected": expected, "inside": inside})
        })
        .collect();
    let keys = json!({"TEST ONLY rsa1024": KEY_1024, "TEST ONLY rsa2048": KEY_2048});
    json!({"about": ABOUT, "keys": keys, "profiles": profiles, "cases": cases})
}

fn iso(day: Day) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day())
}

fn parse_iso(text: &str) -> Day {
    let mut parts = text.split('-').map(|part| part.parse::<u16>().expect("a number"));
    let mut next = || parts.next().expect("three parts");
    day(next(), next() as u8, next() as u8)
}

fn said(answer: Result<LegacyFields, Refusal>) -> String {
    match answer {
        Ok(LegacyFields { school, student, random, expiry }) => {
            format!("ok school {school} student {student} random {random} expiry {}", iso(expiry))
        }
        Err(refusal) => refusal.code().to_owned(),
    }
}

#[test]
fn the_vectors_are_what_this_code_makes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/legacy.json");
    let made = serde_json::to_string_pretty(&file()).expect("JSON") + "\n";
    if std::env::var_os("YITONG_WRITE_VECTORS").is_some() {
        std::fs::write(path, &made).expect("the folder of the vectors");
    }
    assert!(std::fs::read_to_string(path).expect("the vectors") == made, "write them with YITONG_WRITE_VECTORS=1");
}

#[test]
fn every_vector_is_answered_as_expected() {
    let file: Value = serde_json::from_str(include_str!("../../../vectors/legacy.json")).expect("JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut seen = std::collections::BTreeSet::new();
    for case in file["cases"].as_array().expect("cases") {
        let comment = format!("{} {} ({})", case["id"], text(&case["comment"]), text(&case["profile"]));
        let reader = reader(profile(&text(&file["profiles"][text(&case["profile"])])));
        let shown = text(&case["text"]);
        let answer = said(reader.read(&shown, parse_iso(&text(&case["today"])), &mut Chance(1)));
        assert_eq!(answer, text(&case["expected"]), "{comment}");
        assert_eq!(said(reader.inspect(&shown, &mut Chance(2))), text(&case["inside"]), "{comment}");
        seen.insert(answer.split(' ').next().unwrap_or_default().to_owned());
    }
    let reasons = Refusal::ALL.iter().all(|refusal| seen.contains(refusal.code()));
    assert!(reasons && seen.contains("ok"), "a reason without a vector: {seen:?}");
}

#[test]
fn reasons_are_listed_in_their_order_and_said_in_both_languages() {
    assert!(Refusal::ALL.is_sorted());
    for refusal in Refusal::ALL {
        assert!(!refusal.zh().is_ascii() && refusal.en().is_ascii(), "{refusal}");
    }
}

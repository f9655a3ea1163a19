//! `code/vectors/codes.json` is the only truth: every language reads the same file. This makes it, and reads it as a stranger.

mod cases;
mod lists;
mod read;
mod world;

use serde_json::{Value, json};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/codes.json");
/// Another file of the same form, with codes that another language made and its answers to them.
const OTHER_FILE: &str = "YITONG_VECTORS";

fn made() -> Value {
    let world = world::World::new();
    let reader = read::Reader::new(&world.wire());
    let cases: Vec<Value> = cases::all(&world)
        .into_iter()
        .enumerate()
        .map(|(at, case)| {
            let mut wire = case.wire(at + 1);
            wire["expected"] = reader.expected(&wire);
            wire
        })
        .collect();
    let mut file = world.wire();
    file["about"] = json!(
        "Campus codes (code/SPEC.md). Verify the texts of `before` and then `text` with one memory of `memory` \
         credentials; `expected` is the reason, or what a verified code says. Bytes are hex, times Unix ms."
    );
    file["cases"] = json!(cases);
    file["list_cases"] = json!(lists::all(&world));
    file
}

/// Good codes and, mostly, bad ones. Written anew when `YITONG_WRITE_VECTORS` is set; compared otherwise.
#[test]
fn the_vectors_are_what_this_code_makes() {
    let made = serde_json::to_string_pretty(&made()).expect("JSON") + "\n";
    if std::env::var_os("YITONG_WRITE_VECTORS").is_some() {
        std::fs::write(PATH, &made).expect("the folder of the vectors");
    }
    assert!(std::fs::read_to_string(PATH).expect("the vectors") == made, "write them with YITONG_WRITE_VECTORS=1");
}

#[test]
fn every_vector_is_answered_as_expected() {
    let path = std::env::var_os(OTHER_FILE).unwrap_or_else(|| PATH.into());
    let file: Value = serde_json::from_slice(&std::fs::read(path).expect("the vectors")).expect("JSON");
    let reader = read::Reader::new(&file);
    // What the case was made to show, so that vectors written anew can't quietly turn a refusal into a yes.
    for case in file["cases"].as_array().expect("cases") {
        let comment = case["comment"].as_str().expect("a comment");
        let said = reader.expected(case);
        assert_eq!(said, case["expected"], "{comment}");
        let meant = case["meant"].as_str().expect("what it shows");
        assert_eq!(said["reason"].as_str().unwrap_or("ok"), meant, "{comment}");
    }
    for case in file["list_cases"].as_array().expect("cases of lists") {
        assert_eq!(reader.list(case), case["expected"].as_str().expect("a word"), "{}", case["comment"]);
    }
}

#[test]
fn every_reason_has_a_vector() {
    let file = made();
    let shown: Vec<_> = file["cases"].as_array().expect("cases").iter().filter_map(|c| c["meant"].as_str()).collect();
    use yitong_code::Reason::*;
    let all = [
        NotACampusCode,
        Malformed,
        UnsupportedVersion,
        UnknownKey,
        WrongSchool,
        WrongPurpose,
        KeyNotValidNow,
        BadSignature,
        BadDeviceSignature,
        ClockWrong,
        Expired,
        Lost,
        Cancelled,
        AccountStopped,
        FromTheFuture { seconds: 0 },
        Stale { seconds: 0 },
        Replayed,
        MemoryFull,
    ];
    for reason in all {
        assert!(shown.contains(&reason.code()), "{} has no vector", reason.code());
    }
}

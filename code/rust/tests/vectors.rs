//! `code/vectors/static.json` is the only truth: every language reads the same file.

use serde_json::{Value, json};
use yitong_code::{EPOCH_MS, Purpose, Signer, StaticFields, TrustList, TrustedKey, verify};

const NOW: i64 = EPOCH_MS + 2_500 * 86_400_000;

fn signer() -> Signer {
    Signer::new(7, &[1; 32]).expect("a small key id")
}

fn key(kid: u32, public_key: [u8; 32]) -> TrustedKey {
    TrustedKey {
        kid,
        school: [9; 16],
        purpose: Purpose::PrintedCode,
        public_key,
        valid_from: EPOCH_MS,
        valid_until: i64::MAX,
    }
}

fn trust(of: &Value) -> TrustList {
    let keys = of.as_array().expect("a list of keys").iter().map(|k| {
        let bytes = hex(k["public_key"].as_str().expect("hex"));
        TrustedKey {
            valid_from: k["valid_from"].as_i64().expect("ms"),
            valid_until: k["valid_until"].as_i64().expect("ms"),
            ..key(k["kid"].as_u64().expect("a kid") as u32, bytes.try_into().expect("32 bytes"))
        }
    });
    TrustList::new(keys)
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hex digits")).collect()
}

fn text_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn answer(text: &str, keys: &TrustList, now: i64) -> String {
    match verify(text, keys, now) {
        Ok(ok) => format!(
            "ok account {} serial {} class {} expiry {}",
            ok.fields.account, ok.fields.serial, ok.fields.class, ok.fields.expiry
        ),
        Err(refusal) => refusal.code().to_owned(),
    }
}

/// Good codes and, mostly, bad ones. Written anew when `YITONG_WRITE_VECTORS` is set; compared otherwise.
fn make() -> Value {
    let fields = StaticFields { account: 123_456, serial: 42, class: 1, expiry: 3_000 };
    let good = signer().static_code(&fields);
    let keys = json!([
        {"kid": 7, "public_key": text_hex(&signer().public_key()), "valid_from": EPOCH_MS, "valid_until": i64::MAX},
        {"kid": 8, "public_key": text_hex(&{ let mut k = [0; 32]; k[0] = 1; k }), "valid_from": EPOCH_MS, "valid_until": i64::MAX},
        {"kid": 9, "public_key": text_hex(&signer().public_key()), "valid_from": NOW + 1, "valid_until": i64::MAX},
        {"kid": 10, "public_key": text_hex(&signer().public_key()), "valid_from": EPOCH_MS, "valid_until": NOW},
    ]);
    let replace = |at: usize, with: &str| format!("{}{with}{}", &good[..at], &good[at + with.len()..]);
    let other = |kid| Signer::new(kid, &[1; 32]).expect("a small key id").static_code(&fields);
    let forged = Signer::new(7, &[2; 32]).expect("a small key id").static_code(&fields);
    let swapped = format!("{}{}", &good[..2 + 30], &forged[2 + 30..]);
    let expired = signer().static_code(&StaticFields { expiry: 2_499, ..fields });
    let last_day = signer().static_code(&StaticFields { expiry: 2_500, ..fields });
    let most = StaticFields { account: u32::MAX, serial: u32::MAX, class: 255, expiry: u16::MAX };
    let cases = [
        ("a good code", good.clone(), NOW),
        ("every field at its most", signer().static_code(&most), NOW),
        (
            "every field zero, on the first day",
            signer().static_code(&StaticFields { account: 0, serial: 0, class: 0, expiry: 0 }),
            EPOCH_MS,
        ),
        ("on its last day", last_day.clone(), NOW + 86_399_999),
        ("the moment after its last day", last_day, NOW + 86_400_000),
        ("expired yesterday", expired, NOW),
        ("signed by another key under our id", forged, NOW),
        ("the signature of another code", swapped, NOW),
        ("an unknown key", other(11), NOW),
        ("a key id with high bits", other(0xff_ff_ff), NOW),
        ("a key of small order", other(8), NOW),
        ("a key that is not valid yet", other(9), NOW),
        ("a key that is no longer valid", other(10), NOW),
        ("a digit of the account changed", replace(15, if &good[15..16] == "1" { "2" } else { "1" }), NOW),
        ("the last digit changed", replace(good.len() - 1, if good.ends_with('1') { "2" } else { "1" }), NOW),
        ("one digit short", good[..good.len() - 1].to_owned(), NOW),
        ("one byte short", good[..good.len() - 3].to_owned(), NOW),
        ("one byte long", format!("{good}000"), NOW),
        ("a chunk above its bytes", replace(2, "999999999999999"), NOW),
        ("a space at the end", format!("{good} "), NOW),
        ("full-width digits", good.replace('1', "１"), NOW),
        ("another prefix", format!("96{}", &good[2..]), NOW),
        ("another type", replace(2, "054"), NOW),
        ("nothing", String::new(), NOW),
        ("a dish", "2000000000015".into(), NOW),
        ("a payment code of WeChat's shape", "134567890123456789".into(), NOW),
        ("very long", format!("97{}", "0".repeat(5_000)), NOW),
    ];
    let list = trust(&keys);
    let cases: Vec<_> = cases
        .iter()
        .enumerate()
        .map(|(i, (comment, text, now))| {
            json!({"id": i + 1, "comment": comment, "text": text, "now": now, "expected": answer(text, &list, *now)})
        })
        .collect();
    json!({"about": "Static codes (type 0x11). `expected` is `ok …` or the stable code of the refusal.", "keys": keys, "cases": cases})
}

#[test]
fn the_vectors_are_what_this_code_makes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/static.json");
    let made = serde_json::to_string_pretty(&make()).expect("JSON") + "\n";
    if std::env::var_os("YITONG_WRITE_VECTORS").is_some() {
        std::fs::write(path, &made).expect("the folder of the vectors");
    }
    assert_eq!(std::fs::read_to_string(path).expect("the vectors"), made, "write them with YITONG_WRITE_VECTORS=1");
}

#[test]
fn every_vector_is_answered_as_expected() {
    let file: Value = serde_json::from_str(include_str!("../../vectors/static.json")).expect("JSON");
    let keys = trust(&file["keys"]);
    // The expectations of the names, so that a vector written anew can't quietly turn a refusal into a yes.
    let good = ["a good code", "every field at its most", "every field zero, on the first day", "on its last day"];
    for case in file["cases"].as_array().expect("cases") {
        let comment = case["comment"].as_str().expect("a comment");
        let said = answer(case["text"].as_str().expect("a text"), &keys, case["now"].as_i64().expect("a time"));
        assert_eq!(said, case["expected"].as_str().expect("an expectation"), "{comment}");
        assert_eq!(said.starts_with("ok "), good.contains(&comment), "{comment}");
    }
}

#[test]
fn a_code_is_79_bytes_and_fits_a_small_picture() {
    let code = signer().static_code(&StaticFields { account: 1, serial: 1, class: 0, expiry: 1 });
    assert_eq!(code.len(), 2 + 13 * 15 + 3);
}

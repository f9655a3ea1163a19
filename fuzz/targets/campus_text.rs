//! The decoders of texts and lists alone, without a key to believe: a hundred times as many tries as with signatures.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use yitong_code::*;

const SCHOOL: School = [9; 16];

static TRUST: LazyLock<Trust> = LazyLock::new(Trust::default);

/// The text of these bytes, as SPEC.md says it: what the fuzzer invents then reaches past the armour.
fn armour(bytes: &[u8]) -> String {
    let mut text = String::from("97");
    for chunk in bytes.chunks(6) {
        let value = chunk.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        text.push_str(&format!("{value:0width$}", width = [0, 3, 5, 8, 10, 13, 15][chunk.len()]));
    }
    text
}

fn reason(text: &str) -> Option<Reason> {
    verify(text, &TRUST, Status::Elsewhere(SCHOOL), Replay::Elsewhere, EPOCH_MS).err()
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(reason(text).is_some(), "nobody is believed");
    }
    let text = armour(&bytes[..bytes.len().min(398)]);
    let said = reason(&text);
    let expected = match (text.len(), bytes.first(), bytes.len()) {
        (..90, ..) => Reason::NotACampusCode,
        (_, Some(0x11), 79) | (_, Some(0x12), 187) => Reason::UnknownKey,
        (_, Some(0x11 | 0x12), _) => Reason::Malformed,
        _ => Reason::UnsupportedVersion,
    };
    // A credential may also have a field that does not exist.
    assert!(said == Some(expected) || (expected == Reason::UnknownKey && said == Some(Reason::Malformed)), "{said:?}");
    assert!(Trust::from_signed(bytes, &[], 0).is_err());
    assert!(StatusList::from_signed(bytes, &TRUST, 0).is_err());
    assert!(LegacyList::from_signed(bytes, &TRUST, 0).is_err());
});

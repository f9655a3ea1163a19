//! Codes, good and mostly bad. `meant` is what each was made to show.

use crate::world::{LEGACY_TEXT, NOW, PHONE, PRINT, World, device, signer};
use serde_json::{Value, json};
use yitong_code::*;

pub struct Case {
    comment: &'static str,
    text: String,
    meant: &'static str,
    now: i64,
    uncertainty_ms: i64,
    status: &'static str,
    before: Vec<String>,
    memory: usize,
}

fn case(comment: &'static str, text: impl Into<String>, meant: &'static str) -> Case {
    Case { comment, text: text.into(), meant, now: NOW, uncertainty_ms: 0, status: "fresh", before: vec![], memory: 16 }
}

impl Case {
    fn at(self, now: i64) -> Case {
        Case { now, ..self }
    }

    fn list(self, status: &'static str) -> Case {
        Case { status, ..self }
    }

    fn after(self, before: &[&String]) -> Case {
        Case { before: before.iter().map(|text| (*text).clone()).collect(), ..self }
    }

    pub fn wire(&self, id: usize) -> Value {
        json!({
            "id": id,
            "comment": self.comment,
            "text": self.text,
            "now": self.now,
            "uncertainty_ms": self.uncertainty_ms,
            "status": self.status,
            "before": self.before,
            "memory": self.memory,
            "meant": self.meant,
        })
    }
}

pub const CARD: StaticFields = StaticFields { account: 1_234, serial: 42, class: 1, expiry: 3_000 };

pub fn phone() -> CredentialFields {
    CredentialFields {
        account: 1_234,
        serial: 4_000,
        not_before: ((NOW - 2 * HOUR_MS - EPOCH_MS) / MINUTE_MS) as u32,
        life_hours: 48,
        class: 2,
        use_cap_yuan: 100,
        total_cap_5yuan: 40,
        uses: 10,
        protection: Protection::Browser,
        device_key: device(60).public_key(),
    }
}

/// A code that a phone shows at a moment.
fn shown(fields: &CredentialFields, kid: u32, suite: Suite, at: i64, counter: u16) -> String {
    let credential = signer(kid, suite).credential(fields).expect("sound fields");
    device(60).dynamic_code(&credential, fields.starts_ms(), at, counter).expect("a moment in its time")
}

fn ours(at: i64, counter: u16) -> String {
    shown(&phone(), PHONE, Suite::Ed25519, at, counter)
}

pub fn all(_: &World) -> Vec<Case> {
    let mut cases = printed();
    cases.extend(printed_bent());
    cases.extend(ages());
    cases.extend(dynamic());
    cases.extend(dynamic_bent());
    cases.extend(dynamic_time());
    cases.extend(replays());
    cases.extend(others());
    cases
}

fn card(kid: u32, fields: StaticFields) -> String {
    signer(kid, Suite::Ed25519).static_code(&fields)
}

/// A code under one number, signed by the key of another.
fn signed_by(kid: u32, suite: Suite, secret: u8) -> String {
    Signer::new(kid, suite, &[secret; 32]).expect("a small key number").static_code(&CARD)
}

fn printed() -> Vec<Case> {
    let most = StaticFields { account: u32::MAX, serial: u32::MAX, class: 255, expiry: u16::MAX };
    let least = StaticFields { account: 0, serial: 0, class: 0, expiry: 2_500 };
    let last_day = card(PRINT, StaticFields { expiry: 2_500, ..CARD });
    let end = EPOCH_MS + 2_501 * DAY_MS;
    vec![
        case("a good printed code", card(PRINT, CARD), "ok"),
        case("every field at its most", card(PRINT, most), "ok"),
        case("every number zero", card(PRINT, least), "ok"),
        case(
            "a card that was issued after the list was made",
            card(PRINT, StaticFields { serial: 9_999, ..CARD }),
            "ok",
        ),
        case("the moment before its last day ends", last_day.clone(), "ok").at(end - 1),
        case("the moment after its last day", last_day, "expired").at(end),
        case("expired yesterday", card(PRINT, StaticFields { expiry: 2_499, ..CARD }), "expired"),
        case("lost", card(PRINT, StaticFields { serial: 100, ..CARD }), "lost"),
        case("replaced", card(PRINT, StaticFields { serial: 101, ..CARD }), "cancelled"),
        case("an account that was stopped", card(PRINT, StaticFields { account: 50, ..CARD }), "account_stopped"),
        case("lost, of a stopped account", card(PRINT, StaticFields { account: 50, serial: 100, ..CARD }), "lost"),
        case("expired and lost", card(PRINT, StaticFields { serial: 100, expiry: 2_499, ..CARD }), "expired"),
        case("printed, the same twice", card(PRINT, CARD), "ok").after(&[&card(PRINT, CARD)]),
        case("signed with SM2", signer(12, Suite::Sm2).static_code(&CARD), "ok"),
        case("signed with SM2, every field at its most", signer(12, Suite::Sm2).static_code(&most), "ok"),
        case("signed by another key under our number", signed_by(PRINT, Suite::Ed25519, 2), "bad_signature"),
        case("signed by another SM2 key under our number", signed_by(12, Suite::Sm2, 2), "bad_signature"),
        case("signed with Ed25519 under the number of an SM2 key", signed_by(12, Suite::Ed25519, 13), "bad_signature"),
        case("signed with SM2 under the number of an Ed25519 key", signed_by(PRINT, Suite::Sm2, 8), "bad_signature"),
        case("a key that is no point of the curve", card(5, CARD), "bad_signature"),
        case("a key of small order", card(8, CARD), "bad_signature"),
        case("a key that nobody knows", card(200, CARD), "unknown_key"),
        case("a key number with high bits", signed_by(0xff_ff_ff, Suite::Ed25519, 8), "unknown_key"),
        case("a key that is not valid yet", signed_by(9, Suite::Ed25519, 8), "key_not_valid_now"),
        case("a key that is no longer valid", signed_by(10, Suite::Ed25519, 8), "key_not_valid_now"),
        case("the last moment of a key", signed_by(10, Suite::Ed25519, 8), "ok").at(NOW - 1),
        case("another school's card", card(11, CARD), "wrong_school"),
        case("signed with a key for credentials", card(PHONE, CARD), "wrong_purpose"),
        case("signed with a key for lists", card(40, CARD), "wrong_purpose"),
        case("signed with a key for another system's codes", card(50, CARD), "wrong_purpose"),
    ]
}

fn put(text: &str, at: usize, with: &str) -> String {
    format!("{}{with}{}", &text[..at], &text[at + with.len()..])
}

fn other_digit(text: &str, at: usize) -> String {
    put(text, at, if &text[at..=at] == "1" { "2" } else { "1" })
}

fn printed_bent() -> Vec<Case> {
    let good = card(PRINT, CARD);
    let forged = signed_by(PRINT, Suite::Ed25519, 2);
    let sm2 = signer(12, Suite::Sm2).static_code(&CARD);
    vec![
        case("the signature of another code", put(&good, 47, &forged[47..]), "bad_signature"),
        case("the account changed", bent(&good, |bytes| bytes[7] ^= 1), "bad_signature"),
        case("a digit of the serial changed", other_digit(&good, 30), "bad_signature"),
        case("a digit in the middle of the signature changed", other_digit(&good, 120), "bad_signature"),
        case("a digit of an SM2 signature changed", other_digit(&sm2, 120), "bad_signature"),
        case("one digit short", &good[..good.len() - 1], "malformed"),
        case("one byte short", &good[..good.len() - 3], "malformed"),
        case("half of it", &good[..107], "malformed"),
        case("one byte long", format!("{good}000"), "malformed"),
        case("its text twice", format!("{good}{}", &good[2..]), "malformed"),
        case("a chunk above its bytes", put(&good, 2, "999999999999999"), "malformed"),
        case("a tail above its byte", put(&good, good.len() - 3, "256"), "malformed"),
        case("a space at the end", format!("{good} "), "not_a_campus_code"),
        case("a line end", format!("{good}\n"), "not_a_campus_code"),
        case("full-width digits", good.replace('1', "１"), "not_a_campus_code"),
        case("Arabic-Indic digits", good.replace('1', "١"), "not_a_campus_code"),
        case("another prefix", put(&good, 0, "96"), "not_a_campus_code"),
        case("the next version", bent(&good, |bytes| bytes[0] = 0x21), "unsupported_version"),
        case("a reserved type", bent(&good, |bytes| bytes[0] = 0x14), "unsupported_version"),
        case("type 0", bent(&good, |bytes| bytes[0] = 0x10), "unsupported_version"),
        case("a printed code that says it is dynamic", bent(&good, |bytes| bytes[0] = 0x12), "malformed"),
    ]
}

fn ages() -> Vec<Case> {
    let printed = card(PRINT, CARD);
    let shown = ours(NOW, 1);
    vec![
        case("printed, the list a day old", printed.clone(), "ok").list("a day old"),
        case("printed, the list over a day old", printed.clone(), "ok").list("over a day old"),
        case("printed, the list over three days old: identity only", printed.clone(), "ok").list("over three days old"),
        case("printed, the list over a week old: identity only", printed.clone(), "ok").list("over a week old"),
        case("dynamic, the list over a day old", shown.clone(), "ok").list("over a day old"),
        case("dynamic, the list over three days old: the minimum", shown.clone(), "ok").list("over three days old"),
        case("dynamic, the list over a week old: identity only", shown.clone(), "ok").list("over a week old"),
        case("the reader's clock is a day behind its list", printed.clone(), "clock_wrong").list("from tomorrow"),
        case("the same, a dynamic code", shown, "clock_wrong").list("from tomorrow"),
        case("somebody else knows the status", card(PRINT, StaticFields { serial: 100, ..CARD }), "ok")
            .list("elsewhere"),
        case("somebody else knows the status, another school's card", card(11, CARD), "wrong_school").list("elsewhere"),
        case("a changed code and a wrong clock", other_digit(&printed, 120), "bad_signature").list("from tomorrow"),
    ]
}

fn dynamic() -> Vec<Case> {
    let caps = CredentialFields { use_cap_yuan: 255, total_cap_5yuan: 255, uses: 255, ..phone() };
    let none = CredentialFields { use_cap_yuan: 0, total_cap_5yuan: 0, uses: 0, ..phone() };
    let by = |fields: &CredentialFields| shown(fields, PHONE, Suite::Ed25519, NOW, 1);
    let other = |kid| shown(&phone(), kid, Suite::Ed25519, NOW, 1);
    vec![
        case("a good dynamic code", ours(NOW, 1), "ok"),
        case("the school signs with SM2", shown(&phone(), 21, Suite::Sm2, NOW, 1), "ok"),
        case("the key's caps are below the credential's", by(&caps), "ok"),
        case("nothing may be spent offline", by(&none), "ok"),
        case("a key that a script holds", by(&CredentialFields { protection: Protection::Script, ..phone() }), "ok"),
        case("a key in a secure element", by(&CredentialFields { protection: Protection::Hardware, ..phone() }), "ok"),
        case("counter 0", ours(NOW, 0), "ok"),
        case("the highest counter", ours(NOW, u16::MAX), "ok"),
        case("a phone reported lost", by(&CredentialFields { serial: 100, ..phone() }), "lost"),
        case("a credential taken back", by(&CredentialFields { serial: 101, ..phone() }), "cancelled"),
        case("an account that was stopped", by(&CredentialFields { account: 50, ..phone() }), "account_stopped"),
        case("another school's phone", other(22), "wrong_school"),
        case("a credential signed with a key for print", other(PRINT), "wrong_purpose"),
        case("a credential signed with a key for lists", other(40), "wrong_purpose"),
        case("a key that nobody knows", other(201), "unknown_key"),
    ]
}

/// Bytes of a text, changed, as a text again.
fn bent(text: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut bytes = Vec::new();
    for chunk in text.as_bytes()[2..].chunks(15) {
        let length = [0, 3, 5, 8, 10, 13, 15].iter().position(|digits| *digits == chunk.len()).expect("a chunk");
        let value: u64 = std::str::from_utf8(chunk).expect("digits").parse().expect("a number");
        bytes.extend_from_slice(&value.to_be_bytes()[8 - length..]);
    }
    change(&mut bytes);
    let mut text = String::from("97");
    for chunk in bytes.chunks(6) {
        let value = chunk.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        text.push_str(&format!("{value:0width$}", width = [0, 3, 5, 8, 10, 13, 15][chunk.len()]));
    }
    text
}

/// The other signature over the same bytes: s becomes the order less s.
pub fn twin(text: &str) -> String {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad,
        0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    bent(text, |bytes| {
        let s = &mut bytes[155..];
        let mut borrow = 0;
        for at in (0..32).rev() {
            let left = i32::from(ORDER[at]) - i32::from(s[at]) - borrow;
            borrow = i32::from(left < 0);
            s[at] = left.rem_euclid(256) as u8;
        }
    })
}

fn dynamic_bent() -> Vec<Case> {
    let good = ours(NOW, 1);
    let own_key = {
        // The credential "signed" by the phone itself, as a terminal accepts that believes the key inside the code.
        let fields = phone();
        let forged = Signer::new(PHONE, Suite::Ed25519, &[60; 32]).expect("a small key number");
        let credential = forged.credential(&fields).expect("sound fields");
        device(60).dynamic_code(&credential, fields.starts_ms(), NOW, 1).expect("a moment in its time")
    };
    let stranger = {
        let credential = signer(PHONE, Suite::Ed25519).credential(&phone()).expect("sound fields");
        device(61).dynamic_code(&credential, phone().starts_ms(), NOW, 1).expect("a moment in its time")
    };
    let fetched_again = {
        // The credential of an hour later, with the device's signature over the earlier one.
        let later = CredentialFields { not_before: phone().not_before + 60, serial: 4_001, ..phone() };
        let later = shown(&later, PHONE, Suite::Ed25519, NOW, 1);
        let device_part = bytes(&good)[118..].to_vec();
        bent(&later, |all| all[118..].copy_from_slice(&device_part))
    };
    let first = ours(NOW, 7);
    let sign = |text: &str, at: usize, value: u8| bent(text, |bytes| bytes[at] = value);
    vec![
        case("the twin of a device's signature", twin(&good), "ok"),
        case("the twin of a code that was taken", twin(&first), "replayed").after(&[&first]),
        case("a credential signed by the phone itself", own_key, "bad_signature"),
        case("shown by another phone", stranger, "bad_device_signature"),
        case("the device's part of another credential", fetched_again, "bad_device_signature"),
        case("the counter raised", sign(&good, 122, 9), "bad_device_signature"),
        case("the step raised", sign(&good, 120, 0xff), "bad_device_signature"),
        case("the caps raised", sign(&good, 17, 200), "bad_signature"),
        case("the life raised", sign(&good, 15, 47), "bad_signature"),
        case(
            "the device's key exchanged",
            bent(&good, |all| all[21..54].copy_from_slice(&device(61).public_key())),
            "bad_signature",
        ),
        case("a life of 0 hours", sign(&good, 15, 0), "malformed"),
        case("a life of 49 hours", sign(&good, 15, 49), "malformed"),
        case("an unknown protection of the key", sign(&good, 20, 3), "malformed"),
        case("an unknown algorithm of the device", sign(&good, 20, 0x11), "malformed"),
        case("a device's key in another form", sign(&good, 21, 4), "malformed"),
        case("a device's signature of zeros", bent(&good, |all| all[123..].fill(0)), "bad_device_signature"),
        case("a device's signature above the order", bent(&good, |all| all[123..].fill(0xff)), "bad_device_signature"),
        case("an issuer's signature of zeros", bent(&good, |all| all[54..118].fill(0)), "bad_signature"),
        case("one byte short", &good[..good.len() - 3], "malformed"),
        case("without the device's part", bent(&good, |all| all.truncate(118)), "malformed"),
        case("a dynamic code that says it is printed", sign(&good, 0, 0x11), "malformed"),
        case("a dynamic code of the next version", sign(&good, 0, 0x22), "unsupported_version"),
    ]
}

pub fn bytes(text: &str) -> Vec<u8> {
    let mut all = Vec::new();
    bent(text, |bytes| all = bytes.clone());
    all
}

fn dynamic_time() -> Vec<Case> {
    let step = NOW - (NOW - phone().starts_ms()) % STEP_MS;
    let at = |ms: i64| case("", ours(step, 1), "ok").at(step + ms);
    let named = |comment, meant, case: Case| Case { comment, meant, ..case };
    let uncertain = |case: Case, uncertainty_ms| Case { uncertainty_ms, ..case };
    let ends = phone().ends_ms();
    let short = CredentialFields { life_hours: 3, ..phone() };
    let over = shown(&short, PHONE, Suite::Ed25519, short.ends_ms(), 1);
    let last = shown(&short, PHONE, Suite::Ed25519, short.ends_ms() - STEP_MS, 1);
    vec![
        named("60 seconds old", "ok", at(60_000)),
        named("60.001 seconds old", "stale", at(60_001)),
        named("61 seconds old", "stale", at(61_000)),
        named("30 seconds ahead", "ok", at(-30_000)),
        named("30.001 seconds ahead", "from_the_future", at(-30_001)),
        named("eight hours old", "stale", at(8 * HOUR_MS)),
        named("eight hours ahead", "from_the_future", at(-8 * HOUR_MS).list("over a day old")),
        named("61 seconds old, the reader is uncertain by 10", "ok", uncertain(at(61_000), 10_000)),
        named("300 seconds old, the reader says it is uncertain by an hour", "stale", uncertain(at(300_000), HOUR_MS)),
        named("240 seconds old, uncertain by the most that counts", "ok", uncertain(at(240_000), HOUR_MS)),
        named("an uncertainty below zero counts as none", "ok", uncertain(at(60_000), -1_000_000)),
        case("a step after the credential's end", over.clone(), "expired").at(short.ends_ms() - 1),
        case("the same, the reader's clock is a day behind its list", over, "clock_wrong")
            .at(short.ends_ms() - 1)
            .list("from tomorrow"),
        case("the last step of a credential", last.clone(), "ok").at(short.ends_ms() - 1),
        case("the credential ended while the code was on the screen", last, "expired").at(short.ends_ms()),
        case("an old code of a credential that has ended", ours(step, 1), "expired").at(ends),
        case(
            "a stale code of a lost phone",
            shown(&CredentialFields { serial: 100, ..phone() }, PHONE, Suite::Ed25519, NOW, 1),
            "lost",
        )
        .at(NOW + 100_000),
        case("the first moment of a credential", ours(phone().starts_ms(), 1), "ok")
            .at(phone().starts_ms())
            .list("over a day old"),
        case("before the credential, within the clocks' difference", ours(phone().starts_ms(), 1), "ok")
            .at(phone().starts_ms() - 30_000)
            .list("over a day old"),
    ]
}

fn replays() -> Vec<Case> {
    let [five, six, seven] = [5, 6, 7].map(|counter| ours(NOW, counter));
    let later = CredentialFields { not_before: phone().not_before + 1, ..phone() };
    let refreshed = shown(&later, PHONE, Suite::Ed25519, NOW, 1);
    let other = shown(&CredentialFields { serial: 4_001, ..phone() }, PHONE, Suite::Ed25519, NOW, 1);
    let late = shown(&phone(), PHONE, Suite::Ed25519, NOW - 61_000, 9);
    let memory = |case: Case, memory| Case { memory, ..case };
    vec![
        case("the same text twice", five.clone(), "replayed").after(&[&five]),
        case("the same counter at a later step", ours(NOW + STEP_MS, 5), "replayed").after(&[&five]),
        case("an earlier counter", five.clone(), "replayed").after(&[&six]),
        case("a later counter", seven.clone(), "ok").after(&[&five, &six]),
        case("a refreshed credential counts anew", refreshed.clone(), "ok").after(&[&seven]),
        case("the credential before a refreshed one", seven.clone(), "replayed").after(&[&refreshed]),
        case("another phone of the account", other.clone(), "ok").after(&[&seven]),
        case("a stale code does not use up its counter", seven.clone(), "ok").after(&[&late]),
        case("stale comes before replayed", late.clone(), "stale").after(&[&late]),
        memory(case("the reader's memory is full", other.clone(), "memory_full").after(&[&five]), 1),
        memory(case("a full memory still knows whom it knows", five.clone(), "replayed").after(&[&five]), 1),
        memory(case("no memory at all", five, "memory_full"), 0),
    ]
}

fn others() -> Vec<Case> {
    let key = |text: &str, meant| case("", text, meant);
    let named = |comment, of: Case| Case { comment, ..of };
    vec![
        named("another system's code that is on the list", key(LEGACY_TEXT, "ok")),
        named("the same with a line end", key(&format!("{LEGACY_TEXT}\r\n"), "ok")),
        named(
            "the same, the list over three days old: identity only",
            key(LEGACY_TEXT, "ok").list("over three days old"),
        ),
        named("another system's code that was lost", key("an old card that was lost, in some form", "lost")),
        named("another system's code that ended", key("an old card that ended", "expired")),
        named("another system's form, not on the list", key("#S12345002023010142126E#20310831#", "not_a_campus_code")),
        named("minted with the old system's public key", key("#S12345009999999999D9F9#20991231#", "not_a_campus_code")),
        named("nothing", key("", "not_a_campus_code")),
        named("a space", key(" ", "not_a_campus_code")),
        named("a dish", key("2000000000015", "not_a_campus_code")),
        named("WeChat's payment code", key("134567890123456789", "not_a_campus_code")),
        named("Alipay's payment code", key("281234567890123456", "not_a_campus_code")),
        named("a payment code that begins like ours", key("971234567890123456", "not_a_campus_code")),
        named("an address", key("https://example.com/pay?a=97", "not_a_campus_code")),
        named("89 digits", key(&format!("97{}", "0".repeat(87)), "not_a_campus_code")),
        named("90 digits", key(&format!("97{}", "0".repeat(88)), "unsupported_version")),
        named("1,000 digits", key(&format!("97{}", "0".repeat(998)), "unsupported_version")),
        named("91 digits, a tail that stands for no bytes", key(&format!("97{}", "0".repeat(89)), "malformed")),
        named("1,001 digits", key(&format!("97{}", "0".repeat(999)), "not_a_campus_code")),
        named("very long", key(&format!("97{}", "0".repeat(20_000)), "not_a_campus_code")),
        named("zero bytes", key("97\u{0}\u{0}\u{0}", "not_a_campus_code")),
        named("a sign outside of the basic plane", key("97😀", "not_a_campus_code")),
    ]
}

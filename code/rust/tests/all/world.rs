//! The school of the vectors: its keys from fixed seeds, and its signed lists.

use serde_json::{Value, json};
use yitong_code::*;

pub const SCHOOL: School = [9; 16];
pub const OTHER_SCHOOL: School = [8; 16];
/// 2026-11-05 04:00 UTC: noon in China.
pub const NOW: i64 = EPOCH_MS + 2_500 * DAY_MS + 4 * HOUR_MS;
pub const PRINT: u32 = 7;
pub const PHONE: u32 = 20;
pub const LEGACY_TEXT: &str = "#S12345002023010142126E#20300831#";

pub struct World {
    pub keys: Vec<TrustedKey>,
    pub trust: Vec<u8>,
    pub lists: Vec<(&'static str, Vec<u8>)>,
    pub legacy: Vec<u8>,
}

pub fn signer(kid: u32, suite: Suite) -> Signer {
    Signer::new(kid, suite, &[kid as u8 + 1; 32]).expect("a small key number and a secret of the suite")
}

pub fn root(suite: Suite) -> Signer {
    signer(if suite == Suite::Ed25519 { 1 } else { 2 }, suite)
}

pub fn device(of: u8) -> Device {
    Device::new(&[of; 32]).expect("a secret below the order")
}

fn key(kid: u32, purpose: Purpose, suite: Suite) -> TrustedKey {
    TrustedKey {
        kid,
        school: SCHOOL,
        purpose,
        key: signer(kid, suite).public_key(),
        valid_from: EPOCH_MS,
        valid_until: EPOCH_MS + 20_000 * DAY_MS,
        use_cap_yuan: 30,
        total_cap_5yuan: 12,
        uses: 4,
    }
}

pub fn head(version: u32, issued_at: i64) -> StatusHead {
    StatusHead { school: SCHOOL, version, issued_at }
}

/// Serial 100 is lost, 101 cancelled; account 50 is stopped.
pub fn status(version: u32, issued_at: i64) -> StatusList {
    let mut list = StatusList::new(head(version, issued_at), 5_000, 3_000).expect("a small list");
    list.set(Change::Card { serial: 100, state: CardState::Lost });
    list.set(Change::Card { serial: 101, state: CardState::Cancelled });
    list.set(Change::Account { account: 50, stopped: true });
    list
}

pub fn status_signer() -> Signer {
    signer(40, Suite::Ed25519)
}

impl World {
    pub fn new() -> World {
        use Purpose::*;
        use Suite::*;
        let small_order = {
            let mut bytes = [0; 32];
            bytes[0] = 1;
            KeyBytes::Ed25519(bytes)
        };
        let print = key(PRINT, PrintedCode, Ed25519);
        let keys = vec![
            TrustedKey { kid: 5, key: KeyBytes::Ed25519([0xff; 32]), ..print.clone() },
            print.clone(),
            TrustedKey { kid: 8, key: small_order, ..print.clone() },
            TrustedKey { kid: 9, valid_from: NOW + 1, ..print.clone() },
            TrustedKey { kid: 10, valid_until: NOW, ..print.clone() },
            TrustedKey { kid: 11, school: OTHER_SCHOOL, ..print.clone() },
            key(12, PrintedCode, Sm2),
            // The same bytes as number 7 under the other suite's number would have to be another key.
            TrustedKey { kid: 13, key: signer(13, Sm2).public_key(), ..print },
            TrustedKey { use_cap_yuan: 200, total_cap_5yuan: 60, uses: 20, ..key(PHONE, Credential, Ed25519) },
            key(21, Credential, Sm2),
            TrustedKey { school: OTHER_SCHOOL, ..key(22, Credential, Ed25519) },
            key(40, StatusList, Ed25519),
            TrustedKey { kid: 41, school: OTHER_SCHOOL, ..key(41, StatusList, Ed25519) },
            key(42, StatusList, Sm2),
            key(50, LegacyList, Ed25519),
        ];
        let trust = Trust::sign(&keys, TrustHead { version: 3, issued_at: NOW - HOUR_MS }, &root(Ed25519));
        let ages = [
            ("fresh", HOUR_MS),
            ("a day old", 24 * HOUR_MS),
            ("over a day old", 24 * HOUR_MS + 1),
            ("over three days old", 72 * HOUR_MS + 1),
            ("over a week old", 7 * DAY_MS + 1),
            ("from tomorrow", -DAY_MS),
        ];
        let lists = ages.map(|(name, age)| (name, status(10, NOW - age).sign(&status_signer())));
        let entries = vec![
            LegacyEntry { fingerprint: fingerprint(LEGACY_TEXT), account: 300, serial: 400, expiry: 3_895 },
            LegacyEntry {
                fingerprint: fingerprint("an old card that was lost, in some form"),
                account: 301,
                serial: 100,
                expiry: 3_895,
            },
            LegacyEntry {
                fingerprint: fingerprint("an old card that ended"),
                account: 302,
                serial: 402,
                expiry: 2_499,
            },
        ];
        let legacy_head = LegacyHead { school: SCHOOL, version: 2, issued_at: NOW - HOUR_MS };
        World {
            keys,
            trust: trust.expect("few keys"),
            lists: lists.to_vec(),
            legacy: yitong_code::LegacyList::sign(entries, legacy_head, &signer(50, Ed25519)).expect("few entries"),
        }
    }

    /// Everything that a reader is given.
    pub fn wire(&self) -> Value {
        let roots = Suite::ALL.map(|suite| {
            let root = root(suite);
            json!({"kid": root.kid(), "suite": suite.word(), "key": hex(root.public_key().as_bytes())})
        });
        let lists: serde_json::Map<String, Value> =
            self.lists.iter().map(|(name, bytes)| ((*name).into(), json!(hex(bytes)))).collect();
        let keys: Vec<Value> = self.keys.iter().map(wire_key).collect();
        json!({
            "school": hex(&SCHOOL),
            "roots": roots,
            "trust": hex(&self.trust),
            "trust_keys": keys,
            "status": lists,
            "legacy": hex(&self.legacy),
            "integrator_key": hex(&[0x77; 32]),
        })
    }
}

/// What the trust list says, for checkers that want to compare.
fn wire_key(key: &TrustedKey) -> Value {
    json!({
        "kid": key.kid,
        "school": hex(&key.school),
        "purpose": key.purpose.word(),
        "suite": key.key.suite().word(),
        "key": hex(key.key.as_bytes()),
        "valid_from": key.valid_from,
        "valid_until": key.valid_until,
        "use_cap_yuan": key.use_cap_yuan,
        "total_cap_5yuan": key.total_cap_5yuan,
        "uses": key.uses,
    })
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hex digits")).collect()
}

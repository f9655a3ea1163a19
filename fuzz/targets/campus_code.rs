//! What a scanner reads: no text may panic the verifier, and none but those that were signed may pass.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use yitong_code::*;

const NOW: i64 = EPOCH_MS + 2_500 * DAY_MS;
const SCHOOL: School = [9; 16];

struct Known {
    trust: Trust,
    status: StatusList,
    good: [String; 3],
}

fn signer(kid: u32, suite: Suite) -> Signer {
    Signer::new(kid, suite, &[kid as u8; 32]).expect("a small key number")
}

fn key(kid: u32, suite: Suite, purpose: Purpose) -> TrustedKey {
    TrustedKey {
        kid,
        school: SCHOOL,
        purpose,
        key: signer(kid, suite).public_key(),
        valid_from: EPOCH_MS,
        valid_until: i64::MAX,
        use_cap_yuan: 30,
        total_cap_5yuan: 20,
        uses: 4,
    }
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let device = Device::new(&[3; 32]).expect("a secret below the order");
    let fields = CredentialFields {
        account: 1,
        serial: 3,
        not_before: 2_500 * 1_440 - 60,
        life_hours: 48,
        class: 0,
        use_cap_yuan: 30,
        total_cap_5yuan: 20,
        uses: 9,
        protection: Protection::Browser,
        device_key: device.public_key(),
    };
    let credential = signer(9, Suite::Ed25519).credential(&fields).expect("sound fields");
    let card = StaticFields { account: 1, serial: 2, class: 3, expiry: 3_000 };
    let keys = [
        key(7, Suite::Ed25519, Purpose::PrintedCode),
        key(8, Suite::Sm2, Purpose::PrintedCode),
        key(9, Suite::Ed25519, Purpose::Credential),
    ];
    let head = StatusHead { school: SCHOOL, version: 1, issued_at: NOW };
    Known {
        trust: Trust::new(keys),
        status: StatusList::new(head, 100, 100).expect("a small list"),
        good: [
            signer(7, Suite::Ed25519).static_code(&card),
            signer(8, Suite::Sm2).static_code(&card),
            device.dynamic_code(&credential, fields.starts_ms(), NOW, 1).expect("a moment in its time"),
        ],
    }
});

fn passes(text: &str) -> bool {
    let known = &*KNOWN;
    let mut memory = Memory::new(4);
    verify(text, &known.trust, Status::List(&known.status), Replay::Here(&mut memory), NOW).is_ok()
}

fuzz_target!(|bytes: &[u8]| {
    let known = &*KNOWN;
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(!passes(text) || known.good.iter().any(|good| good == text), "a code that nobody signed");
    }
    // Most bytes are no digits: let them alter a good code instead.
    let Some((which, changes)) = bytes.split_first() else { return };
    let good = &known.good[usize::from(*which) % known.good.len()];
    let mut altered = good.clone().into_bytes();
    for change in changes.chunks_exact(3) {
        let at = usize::from(u16::from_be_bytes([change[0], change[1]])) % altered.len();
        altered[at] = b'0' + change[2] % 10;
    }
    let altered = String::from_utf8(altered).expect("digits");
    assert_eq!(passes(&altered), altered == *good);
});

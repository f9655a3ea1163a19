//! What a reader fetches: no bytes may panic the readers of lists, and none that nobody signed may be taken.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use yitong_code::*;

const SCHOOL: School = [9; 16];

struct Known {
    roots: [(u32, KeyBytes); 1],
    trust: Trust,
    base: StatusList,
    good: [Vec<u8>; 4],
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let root = Signer::new(1, Suite::Ed25519, &[1; 32]).expect("a small key number");
    let lists = Signer::new(4, Suite::Ed25519, &[4; 32]).expect("a small key number");
    let key = |kid, purpose| TrustedKey {
        kid,
        school: SCHOOL,
        purpose,
        key: lists.public_key(),
        valid_from: 0,
        valid_until: i64::MAX,
        use_cap_yuan: 0,
        total_cap_5yuan: 0,
        uses: 0,
    };
    let keys = [key(4, Purpose::StatusList), key(5, Purpose::LegacyList)];
    let legacy = Signer::new(5, Suite::Ed25519, &[4; 32]).expect("a small key number");
    let head = |version| StatusHead { school: SCHOOL, version, issued_at: 0 };
    let base = StatusList::new(head(1), 64, 64).expect("a small list");
    let mut next = StatusList::new(head(2), 80, 70).expect("a small list");
    next.set(Change::Card { serial: 9, state: CardState::Lost });
    let entry = LegacyEntry { fingerprint: [1; 16], account: 1, serial: 2, expiry: 3 };
    let legacy_head = LegacyHead { school: SCHOOL, version: 1, issued_at: 0 };
    let good = [
        Trust::sign(&keys, TrustHead { version: 1, issued_at: 0 }, &root).expect("few keys"),
        base.sign(&lists),
        next.sign_delta(&base, &lists).expect("few changes"),
        LegacyList::sign(vec![entry], legacy_head, &legacy).expect("few entries"),
    ];
    Known { roots: [(1, root.public_key())], trust: Trust::new(keys), base, good }
});

fn taken(bytes: &[u8]) -> bool {
    let known = &*KNOWN;
    Trust::from_signed(bytes, &known.roots, 0).is_ok()
        || StatusList::from_signed(bytes, &known.trust, 0).is_ok()
        || known.base.with_delta(bytes, &known.trust).is_ok()
        || LegacyList::from_signed(bytes, &known.trust, 0).is_ok()
}

fuzz_target!(|bytes: &[u8]| {
    let known = &*KNOWN;
    let signed = |bytes: &[u8]| known.good.iter().any(|good| good == bytes);
    assert!(!taken(bytes) || signed(bytes), "a list that nobody signed");
    let Some((which, changes)) = bytes.split_first() else { return };
    let mut altered = known.good[usize::from(*which) % known.good.len()].clone();
    for change in changes.chunks_exact(3) {
        let at = usize::from(u16::from_be_bytes([change[0], change[1]])) % altered.len();
        altered[at] = change[2];
    }
    assert_eq!(taken(&altered), signed(&altered));
});

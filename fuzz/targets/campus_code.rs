//! What a scanner types: no text may panic the verifier, and none but the signed one may pass.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use yitong_code::{EPOCH_MS, Purpose, Signer, StaticFields, TrustList, TrustedKey, verify};

const NOW: i64 = EPOCH_MS + 2_500 * 86_400_000;

static KNOWN: LazyLock<(TrustList, String)> = LazyLock::new(|| {
    let signer = Signer::new(7, &[1; 32]).expect("a small key id");
    let public_key = signer.public_key();
    let key = TrustedKey {
        kid: 7,
        school: [9; 16],
        purpose: Purpose::PrintedCode,
        public_key,
        valid_from: EPOCH_MS,
        valid_until: i64::MAX,
    };
    let good = signer.static_code(&StaticFields { account: 1, serial: 2, class: 3, expiry: 3_000 });
    (TrustList::new([key]), good)
});

fuzz_target!(|bytes: &[u8]| {
    let (keys, good) = &*KNOWN;
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(verify(text, keys, NOW).is_err() || text == good, "a code that nobody signed");
    }
    // Most bytes are no digits: let them alter a good code instead.
    let mut altered = good.clone().into_bytes();
    for pair in bytes.chunks_exact(2) {
        let at = usize::from(pair[0]) % altered.len();
        altered[at] = b'0' + pair[1] % 10;
    }
    let altered = String::from_utf8(altered).expect("digits");
    assert_eq!(verify(&altered, keys, NOW).is_ok(), altered == *good);
});

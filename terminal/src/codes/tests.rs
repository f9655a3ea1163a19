//! A code that is shown again before its sale had an end.

use super::*;
use uuid::Uuid;
use yitong_code::{CardState, Change, Purpose, Signer, StaticFields, StatusHead, TrustHead, TrustedKey};

const NOW_MS: i64 = 1_795_492_800_000;

fn signer(kid: u32) -> Signer {
    Signer::new(kid, Suite::Ed25519, &[kid as u8; 32]).expect("a signer")
}

/// A status list in which the card of serial 1 is in this state.
fn status(school: Uuid, version: u32, state: CardState) -> Vec<u8> {
    let head = StatusHead { school: *school.as_bytes(), version, issued_at: NOW_MS };
    let mut list = StatusList::new(head, 10, 10).expect("small");
    list.set(Change::Card { serial: 1, state });
    list.sign(&signer(3))
}

fn codes(school: Uuid) -> Codes {
    let key = |kid, purpose| TrustedKey {
        kid,
        school: *school.as_bytes(),
        purpose,
        key: signer(kid).public_key(),
        valid_from: 0,
        valid_until: NOW_MS + 1_000_000_000,
        use_cap_yuan: 50,
        total_cap_5yuan: 100,
        uses: 200,
    };
    let keys = [key(2, Purpose::PrintedCode), key(3, Purpose::StatusList)];
    let root = signer(1);
    let bytes = Trust::sign(&keys, TrustHead { version: 1, issued_at: NOW_MS }, &root).expect("few keys");
    let mut codes = Codes::new(school.into(), &[]);
    codes.roots = vec![(root.kid(), root.public_key())];
    codes.take_trust(&bytes).expect("a trust list");
    codes.take_status(&status(school, 1, CardState::Good)).expect("a status list");
    codes
}

#[test]
fn a_card_that_is_lost_now_is_not_good_because_it_was() {
    let school = Uuid::from_u128(77);
    let mut codes = codes(school);
    let card = signer(2).static_code(&StaticFields { account: 1, serial: 1, class: 0, expiry: u16::MAX });
    assert!(matches!(codes.read(&card, NOW_MS.into()), Read::Good(_)));
    // The server refused that sale, so it never settled; then the list came.
    codes.take_status(&status(school, 2, CardState::Lost)).expect("a newer list");
    assert_eq!(codes.read(&card, (NOW_MS + 2_000).into()), Read::Refused(CredentialState::Lost));
}

#[test]
fn the_same_sale_may_go_on() {
    let mut codes = codes(Uuid::from_u128(77));
    let card = signer(2).static_code(&StaticFields { account: 1, serial: 1, class: 0, expiry: u16::MAX });
    let first = codes.read(&card, NOW_MS.into());
    assert_eq!(codes.read(&card, (NOW_MS + 30_000).into()), first);
}

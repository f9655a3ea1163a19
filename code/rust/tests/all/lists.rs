//! Signed lists, good and bad.

use crate::world::{NOW, World, hex, root, signer, status, status_signer};
use serde_json::{Value, json};
use yitong_code::*;

pub fn all(world: &World) -> Vec<Value> {
    let reader = crate::read::Reader::new(&world.wire());
    let mut cases = Vec::new();
    let mut add = |kind: &str, comment: &str, bytes: &[u8], held: u32, base: Option<&[u8]>, meant: &str| {
        let mut case = json!({"kind": kind, "comment": comment, "bytes": hex(bytes), "held": held, "expected": meant});
        if let Some(base) = base {
            case["base"] = json!(hex(base));
        }
        assert_eq!(reader.list(&case), meant, "{comment}");
        cases.push(case);
    };
    trust_cases(world, &mut add);
    status_cases(world, &mut add);
    delta_cases(&mut add);
    let bent = |bytes: &[u8], at: usize| bend(bytes, at);
    add("legacy", "a good list", &world.legacy, 0, None, "ok");
    add("legacy", "held already", &world.legacy, 2, None, "not_newer");
    add("legacy", "an entry changed", &bent(&world.legacy, 60), 0, None, "bad_signature");
    add("legacy", "one byte short", &world.legacy[..world.legacy.len() - 1], 0, None, "bad_signature");
    cases
}

fn bend(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bent = bytes.to_vec();
    bent[at] ^= 1;
    bent
}

type Add<'a> = dyn FnMut(&str, &str, &[u8], u32, Option<&[u8]>, &str) + 'a;

fn trust_cases(world: &World, add: &mut Add<'_>) {
    let head = |version| TrustHead { version, issued_at: NOW };
    let sm2 = Trust::sign(&world.keys, head(4), &root(Suite::Sm2)).expect("few keys");
    let stranger = Trust::sign(&world.keys, head(4), &signer(99, Suite::Ed25519)).expect("few keys");
    let forged = {
        let other = Signer::new(1, Suite::Ed25519, &[0x55; 32]).expect("a small key number");
        Trust::sign(&world.keys, head(4), &other).expect("few keys")
    };
    add("trust", "a good list", &world.trust, 0, None, "ok");
    add("trust", "a good list, signed with SM2", &sm2, 3, None, "ok");
    add("trust", "no keys at all", &Trust::sign(&[], head(4), &root(Suite::Ed25519)).expect("none"), 3, None, "ok");
    add("trust", "held already", &world.trust, 3, None, "not_newer");
    add("trust", "older than what is held", &world.trust, 4, None, "not_newer");
    add("trust", "a root that is not pinned", &stranger, 0, None, "unknown_key");
    add("trust", "another key under the root's number", &forged, 0, None, "bad_signature");
    add("trust", "a validity changed", &bend(&world.trust, 18 + 55), 0, None, "bad_signature");
    add("trust", "the version raised", &bend(&world.trust, 7), 3, None, "bad_signature");
    add("trust", "cut", &world.trust[..world.trust.len() - 73], 0, None, "bad_signature");
    add("trust", "nothing", &[], 0, None, "malformed");
    add("trust", "a status list", &world.lists[0].1, 0, None, "malformed");
}

fn status_cases(world: &World, add: &mut Add<'_>) {
    let (good, list) = (&world.lists[0].1, status(11, NOW));
    add("status", "a good list", good, 0, None, "ok");
    add("status", "held already", good, 10, None, "not_newer");
    add("status", "signed with SM2", &list.sign(&signer(42, Suite::Sm2)), 10, None, "ok");
    add("status", "the lost card's bit cleared", &bend(good, 40 + 25), 0, None, "bad_signature");
    add("status", "the moment changed", &bend(good, 30), 0, None, "bad_signature");
    add("status", "a key that nobody knows", &list.sign(&signer(98, Suite::Ed25519)), 0, None, "unknown_key");
    add("status", "a key for print", &list.sign(&signer(7, Suite::Ed25519)), 0, None, "wrong_purpose");
    add("status", "another school's key", &list.sign(&signer(41, Suite::Ed25519)), 0, None, "wrong_purpose");
    add("status", "one byte short", &good[..good.len() - 1], 0, None, "bad_signature");
    add(
        "status",
        "a byte in front of the signature",
        &[&good[..good.len() - 64], &[0], &good[good.len() - 64..]].concat(),
        0,
        None,
        "bad_signature",
    );
    add("status", "a trust list", &world.trust, 0, None, "malformed");
}

fn delta_cases(add: &mut Add<'_>) {
    let base = status(10, NOW - HOUR_MS);
    let mut next = status(11, NOW);
    next.set(Change::Card { serial: 100, state: CardState::Good });
    next.set(Change::Card { serial: 4_999, state: CardState::Lost });
    next.set(Change::Account { account: 2_999, stopped: true });
    let delta = next.sign_delta(&base, &status_signer()).expect("few changes");
    let whole = base.sign(&status_signer());
    add("delta", "two cards and an account", &delta, 0, Some(&whole), "ok");
    let other = status(9, NOW - HOUR_MS).sign(&status_signer());
    add("delta", "for another version", &delta, 0, Some(&other), "need_whole");
    let differs = {
        let mut list = status(10, NOW - HOUR_MS);
        list.set(Change::Card { serial: 1, state: CardState::Lost });
        list.sign(&status_signer())
    };
    add("delta", "for another list of that number", &delta, 0, Some(&differs), "need_whole");
    add("delta", "a change changed", &bend(&delta, 84), 0, Some(&whole), "bad_signature");
    add("delta", "a whole list", &whole, 0, Some(&whole), "malformed");
    let unknown = next.sign_delta(&base, &signer(97, Suite::Ed25519)).expect("few changes");
    add("delta", "a key that nobody knows", &unknown, 0, Some(&whole), "unknown_key");
}

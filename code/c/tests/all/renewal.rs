//! A reader over the years: newer lists, keys that go, being switched off, and no memory asked for while it verifies.

use crate::world::{FILE, Handle, bytes, now, roots, status, text, unhex};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use yitong_code as code;
use yitong_code_c::*;

fn signer(kid: u32) -> code::Signer {
    let suite = if kid == 2 { code::Suite::Sm2 } else { code::Suite::Ed25519 };
    code::Signer::new(kid, suite, &[kid as u8 + 1; 32]).expect("a small key number and a secret of the suite")
}

/// The trust list of the vectors with other keys, as its root signs it.
fn trust(version: u32, change: impl Fn(code::TrustedKey) -> Option<code::TrustedKey>) -> Vec<u8> {
    let roots = [(1, signer(1).public_key())];
    let held = code::Trust::from_signed(&bytes("trust"), &roots, 0).expect("the vectors' list");
    let keys: Vec<_> = held.keys().cloned().filter_map(change).collect();
    let head = code::TrustHead { version, issued_at: now() };
    code::Trust::sign(&keys, head, &signer(1)).expect("few keys")
}

fn verify(reader: &Handle, comment: &str) -> Reason {
    reader.verify(text(comment).as_bytes(), now()).0
}

#[test]
fn a_newer_trust_list_keeps_what_is_still_believed() {
    let reader = Handle::ready(4);
    assert_eq!(verify(&reader, "counter 0"), Reason::Verified);
    let shorter = |key: code::TrustedKey| Some(code::TrustedKey { valid_until: key.valid_until - 1, ..key });
    assert_eq!(reader.load(yitong_load_trust, &trust(4, shorter)), Problem::Ok);
    assert_eq!(reader.head(List::Trust).version, 4);
    assert_eq!(verify(&reader, "a good printed code"), Reason::Verified);
    assert_eq!(verify(&reader, "another system's code that is on the list"), Reason::Verified);
    assert_eq!(verify(&reader, "counter 0"), Reason::Replayed, "the memory stays");
    assert_eq!(reader.load(yitong_load_trust, &bytes("trust")), Problem::NotNewer);
    let no_print = |key: code::TrustedKey| (key.kid != 7).then_some(key);
    assert_eq!(reader.load(yitong_load_trust, &trust(5, no_print)), Problem::Ok);
    assert_eq!(verify(&reader, "a good printed code"), Reason::UnknownKey);
}

/// A stolen key could have signed a list in which nothing is lost, with the highest version there is.
#[test]
fn lists_go_with_the_key_that_signed_them() {
    let without = |kid: u32| move |key: code::TrustedKey| (key.kid != kid).then_some(key);
    let reader = Handle::ready(4);
    assert_eq!(reader.load(yitong_load_trust, &trust(4, without(40))), Problem::Ok);
    assert_eq!(verify(&reader, "a good printed code"), Reason::NoStatusList);
    assert_eq!(reader.head(List::Status).version, 0);
    let other = |key: code::TrustedKey| match key.kid {
        40 => Some(code::TrustedKey { key: signer(97).public_key(), ..key }),
        _ => Some(key),
    };
    let reader = Handle::ready(4);
    assert_eq!(reader.load(yitong_load_trust, &trust(4, other)), Problem::Ok);
    assert_eq!(verify(&reader, "a good printed code"), Reason::NoStatusList, "another key under the same number");
    let reader = Handle::ready(4);
    assert_eq!(reader.load(yitong_load_trust, &trust(4, without(50))), Problem::Ok);
    assert_eq!(verify(&reader, "another system's code that is on the list"), Reason::NotACampusCode);
    assert_eq!(verify(&reader, "a good printed code"), Reason::Verified);
    assert_eq!(reader.head(List::Legacy).version, 0);
}

#[test]
fn an_exchanged_file_is_refused_after_being_switched_off() {
    let reader = Handle::empty(4);
    for (list, version) in [(List::Trust, 3), (List::Status, 11), (List::Legacy, 2)] {
        // SAFETY: a live reader.
        assert_eq!(unsafe { yitong_require(reader.0, list as i32, version) }, Problem::Ok);
        assert_eq!(reader.head(list), Head { issued_ms: 0, version: 0, required: version });
    }
    assert_eq!(reader.load(yitong_load_trust, &bytes("trust")), Problem::Ok, "3 is what was required");
    assert_eq!(reader.load(yitong_load_status, &status("fresh")), Problem::NotNewer, "10 is older than 11");
    assert_eq!(reader.load(yitong_load_legacy, &bytes("legacy")), Problem::Ok);
    assert_eq!(verify(&reader, "a good printed code"), Reason::NoStatusList);
}

#[test]
fn a_delta_builds_on_what_is_held() {
    let cases = FILE["list_cases"].as_array().expect("cases");
    let good = cases.iter().find(|case| case["comment"] == "two cards and an account").expect("a good delta");
    let [base, delta] = ["base", "bytes"].map(|name| unhex(good[name].as_str().expect("hex")));
    let reader = Handle::empty(4);
    assert_eq!(reader.load(yitong_load_trust, &bytes("trust")), Problem::Ok);
    assert_eq!(reader.load(yitong_load_status, &base), Problem::Ok);
    assert_eq!(verify(&reader, "lost"), Reason::Lost);
    assert_eq!(reader.load(yitong_load_delta, &delta), Problem::Ok);
    assert_eq!(reader.head(List::Status).version, 11);
    assert_eq!(verify(&reader, "lost"), Reason::Verified, "the delta says that it was found");
    assert_eq!(reader.load(yitong_load_delta, &delta), Problem::NeedWhole);
    assert_eq!(reader.load(yitong_load_status, &base), Problem::NotNewer);
}

#[test]
fn another_schools_lists_are_not_taken() {
    let reader = Handle::ready(4);
    let head = code::StatusHead { school: [8; 16], version: 90, issued_at: now() };
    let list = code::StatusList::new(head, 10, 10).expect("a small list").sign(&signer(41));
    assert_eq!(reader.load(yitong_load_status, &list), Problem::WrongSchool);
    assert_eq!(reader.head(List::Status).version, 10);
    assert_eq!(verify(&reader, "lost"), Reason::Lost);
}

#[test]
fn uses_are_known_after_being_switched_off() {
    let reader = Handle::ready(4);
    assert_eq!(verify(&reader, "counter 0"), Reason::Verified);
    let written = reader.export();
    let again = Handle::ready(4);
    assert_eq!(again.load(yitong_memory_restore, &written), Problem::Ok);
    assert_eq!(verify(&again, "counter 0"), Reason::Replayed);
    assert_eq!(again.load(yitong_memory_restore, &written), Problem::Ok, "twice is the same as once");
    assert_eq!(again.export(), written);
    for at in 0..written.len() {
        let mut bent = written.clone();
        bent[at] ^= 1;
        assert_eq!(again.load(yitong_memory_restore, &bent), Problem::Malformed, "byte {at}");
        assert_eq!(again.load(yitong_memory_restore, &written[..at]), Problem::Malformed, "cut at {at}");
    }
    assert_eq!(Handle::ready(0).load(yitong_memory_restore, &written), Problem::NoRoom);
}

#[test]
fn a_memory_of_another_school_is_not_taken() {
    let (roots, key) = (roots(), bytes("integrator_key"));
    // SAFETY: vectors and arrays that live as long as the call.
    let other = Handle(unsafe { yitong_reader_new(roots.as_ptr(), roots.len(), [8; 16].as_ptr(), key.as_ptr(), 4) });
    assert_eq!(Handle::ready(4).load(yitong_memory_restore, &other.export()), Problem::WrongSchool);
}

/// Counts what a thread asks for while it is told to.
struct Counting;

thread_local! {
    static ASKED: Cell<Option<usize>> = const { Cell::new(None) };
}

// SAFETY: everything is handed on to the system's allocator; counting touches a cell without a destructor only.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.with(|asked| asked.set(asked.get().map(|count| count + 1)));
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn verifying_asks_for_no_memory() {
    let reader = Handle::ready(16);
    // SM2 makes its table of the base point once.
    verify(&reader, "signed with SM2");
    let mut verified = 0;
    for case in FILE["cases"].as_array().expect("cases") {
        let text = case["text"].as_str().expect("a text").as_bytes();
        ASKED.set(Some(0));
        let (reason, _) = reader.verify(text, now());
        assert_eq!(ASKED.take(), Some(0), "{}: {reason:?}", case["comment"]);
        verified += usize::from(reason == Reason::Verified);
    }
    assert!(verified > 10, "only {verified} were verified");
    ASKED.set(Some(0));
    drop(Vec::<u8>::with_capacity(1));
    assert_eq!(ASKED.take(), Some(1), "the count counts");
}

//! Arguments that a C program may get wrong without noticing.

use crate::world::{Handle, bytes, now, roots, text};
use core::ptr::{null, null_mut};
use yitong_code_c::*;

#[test]
fn a_reader_is_not_made_from_nonsense() {
    let (roots, school, key) = (roots(), bytes("school"), bytes("integrator_key"));
    let made = |roots: *const Root, count, school: *const u8, key: *const u8, capacity| {
        // SAFETY: each pointer is null or one of the vectors above, or its count is impossible and refused.
        let reader = unsafe { yitong_reader_new(roots, count, school, key, capacity) };
        let there = !reader.is_null();
        // SAFETY: null, or just made.
        unsafe { yitong_reader_free(reader) };
        there
    };
    let good = (roots.as_ptr(), roots.len(), school.as_ptr(), key.as_ptr());
    assert!(made(good.0, good.1, good.2, good.3, 0));
    assert!(!made(null(), 1, good.2, good.3, 1), "no roots");
    assert!(!made(good.0, 0, good.2, good.3, 1), "none of them");
    assert!(!made(good.0, usize::MAX, good.2, good.3, 1), "more than there is memory");
    assert!(!made(good.0, good.1, null(), good.3, 1), "no school");
    assert!(!made(good.0, good.1, good.2, null(), 1), "no key");
    assert!(!made(good.0, good.1, good.2, [0; 32].as_ptr(), 1), "a key of zeros");
    assert!(!made(good.0, good.1, good.2, good.3, MEMORY_CAPACITY_MAX + 1), "too large a memory");
    let of =
        |kid, suite, last| Root { kid, suite, key: { [[1; 32].as_slice(), &[last]].concat().try_into().expect("33") } };
    for wrong in [[of(1, 1, 0), of(1, 1, 0)], [of(1, 3, 0); 2], [of(1, 1, 1); 2], [of(1 << 24, 1, 0); 2]] {
        assert!(!made(wrong.as_ptr(), 2, good.2, good.3, 1));
    }
}

#[test]
fn null_and_impossible_arguments_get_a_number() {
    let reader = Handle::ready(4);
    let mut out = core::mem::MaybeUninit::<Verified>::uninit();
    let (at, code) = (out.as_mut_ptr(), text("a good printed code").as_bytes());
    let (start, length) = (code.as_ptr().cast(), code.len());
    let aside = at.cast::<u8>().wrapping_add(1).cast::<Verified>();
    let mut size = 0_usize;
    let mut head = Head { issued_ms: 0, version: 0, required: 0 };
    // SAFETY: what is wrong here is what is refused; what is not refused is right.
    unsafe {
        for (reader, text, length, out) in [
            (null_mut(), start, length, at),
            (reader.0, null(), length, at),
            (reader.0, null(), 0, at),
            (reader.0, start, usize::MAX, at),
            (reader.0, start, length, null_mut()),
            (reader.0, start, length, aside),
            (reader.0.cast::<u8>().wrapping_add(1).cast(), start, length, at),
        ] {
            assert_eq!(yitong_verify(reader, text, length, now(), 0, out), Reason::BadArgument);
        }
        for load in
            [yitong_load_trust, yitong_load_status, yitong_load_delta, yitong_load_legacy, yitong_memory_restore]
        {
            assert_eq!(load(null_mut(), code.as_ptr(), length), Problem::BadArgument);
            assert_eq!(load(reader.0, null(), length), Problem::BadArgument);
            assert_eq!(load(reader.0, code.as_ptr(), usize::MAX), Problem::BadArgument);
            assert_eq!(load(reader.0, code.as_ptr(), 0), Problem::Malformed);
        }
        assert_eq!(yitong_require(reader.0, 4, 1), Problem::BadArgument);
        assert_eq!(yitong_list_head(reader.0, 0, &mut head), Problem::BadArgument);
        assert_eq!(yitong_list_head(reader.0, 1, null_mut()), Problem::BadArgument);
        assert_eq!(yitong_memory_export(reader.0, null_mut(), 9, &mut size), Problem::BadArgument);
        assert_eq!(yitong_memory_export(reader.0, null_mut(), 0, null_mut()), Problem::BadArgument);
        yitong_reader_free(null_mut());
    }
    assert_eq!(reader.verify(code, now()).0, Reason::Verified, "nothing was lost");
}

#[test]
fn a_reader_that_is_not_ready_verifies_nothing() {
    let reader = Handle::empty(4);
    let code = text("a good printed code").as_bytes();
    assert_eq!(reader.verify(code, now()).0, Reason::NoTrustList);
    assert_eq!(reader.load(yitong_load_status, &crate::world::status("fresh")), Problem::NoTrustList);
    assert_eq!(reader.load(yitong_load_trust, &bytes("trust")), Problem::Ok);
    let (reason, said) = reader.verify(code, now());
    assert_eq!((reason, said.kind, said.protection), (Reason::NoStatusList, Kind::None, -1));
    assert_eq!((said.allowance, said.pairwise), (Allowance::IdentityOnly, [0; 16]));
    assert_eq!(reader.load(yitong_load_delta, &bytes("legacy")), Problem::NeedWhole);
}

#[test]
fn bytes_that_are_no_text_are_somebody_elses_code() {
    let reader = Handle::ready(4);
    for text in [&b"\xff\xfe"[..], b"97\x80", b"\xd2\xbb\xcd\xa8\xc2\xeb", b""] {
        assert_eq!(reader.verify(text, now()).0, Reason::NotACampusCode);
    }
}

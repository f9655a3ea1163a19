//! The functions of the C library. Each turns what it was handed into Rust's references or refuses it, and keeps a
//! panic inside.
//!
//! Nothing here can see whether a pointer that is neither null nor misaligned points to what it should; the header says
//! what each function expects.
#![allow(unsafe_code)]

use crate::answers::{Language, List, Problem, Reason};
use crate::reader::{Head, Reader, Root, Verified};
use core::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};
use yitong_code::Now;

/// What a function answers when it was handed nonsense, and when it failed by a bug.
trait Answer {
    const BAD_ARGUMENT: Self;
    const BROKEN: Self;
}

impl Answer for Reason {
    const BAD_ARGUMENT: Reason = Reason::BadArgument;
    const BROKEN: Reason = Reason::Broken;
}

impl Answer for Problem {
    const BAD_ARGUMENT: Problem = Problem::BadArgument;
    const BROKEN: Problem = Problem::Broken;
}

/// Version of the library, such as "0.1.0". Lives as long as the program.
#[unsafe(no_mangle)]
pub extern "C" fn yitong_version() -> *const c_char {
    const { concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast() }
}

/// Makes a reader for one school, from the public keys of its roots (1 to 16), the id of the school, the key that the
/// school gave to this integrator, and the number of phones that it can remember at once: as many as pass in 48 hours;
/// each takes 40 bytes.
///
/// NULL: an argument is null or out of its range, two roots have one number, or the integrator's key is all zeros.
///
/// # Safety
/// `roots` points to `roots_count` roots, `school` to 16 bytes, `integrator_key` to 32 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yitong_reader_new(
    roots: *const Root,
    roots_count: usize,
    school: *const u8,
    integrator_key: *const u8,
    memory_capacity: usize,
) -> *mut Reader {
    // SAFETY: the caller's promise above; null, misaligned and oversized ones are refused inside.
    let (roots, school, key) = unsafe { (slice(roots, roots_count), slice(school, 16), slice(integrator_key, 32)) };
    let made = || {
        let (school, key) = (school?.try_into().ok()?, key?.try_into().ok()?);
        Reader::new(roots?, school, key, memory_capacity)
    };
    match catch_unwind(AssertUnwindSafe(made)) {
        Ok(Some(reader)) => Box::into_raw(Box::new(reader)),
        Ok(None) | Err(_) => core::ptr::null_mut(),
    }
}

/// Frees a reader; NULL is nothing to free. Write its memory down first.
///
/// # Safety
/// `reader` comes from `yitong_reader_new`, was not freed, and is not used by another thread or later.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yitong_reader_free(reader: *mut Reader) {
    if !reader.is_null() && reader.is_aligned() {
        // SAFETY: the caller's promise above. Freeing runs no code that could panic: plain vectors and maps.
        drop(unsafe { Box::from_raw(reader) });
    }
}

/// Loads a trust list. Status and legacy list stay, unless the key that signed them is no longer in it: then
/// `yitong_verify` says `no_status_list` until a new one is loaded.
///
/// # Safety
/// `reader` is a live reader, `bytes` points to `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yitong_load_trust(reader: *mut Reader, bytes: *const u8, length: usize) -> Problem {
    // SAFETY: the caller's promise above.
    unsafe { with_bytes(reader, bytes, length, Reader::load_trust) }
}

/// Loads a whole status list.
///
/// # Safety
/// As for `yitong_load_trust`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yitong_load_status(reader: *mut Reader, bytes: *const u8, length: usize) -> Problem {
    // SAFETY: the caller's promise above.
    unsafe { with_bytes(reader, bytes, length, Reader::load_status) }
}

/// Loads the difference to the status list that is held. `need_whole`: fetch the whole list instead.
///
/// # Safety
/// As for `yitong_load_trust`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yitong_load_delta(reader: *mut Reader, bytes: *const u8, length: usize) -> Problem {
    // SAFETY: the caller's promise above.
    unsafe { with_bytes(reader, bytes, length, Reader::load_delta) }
}

/// Loads the list of another system's printed codes. Only schools that still use those have one.
///
/// # Safety
/// As for `yitong_load_trust`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yitong_load_legacy(reader: *mut Reader, bytes: *const u8, length: usize) -> Problem {
    // SAFETY: the caller's promise above.
    unsafe { with_bytes(reader, bytes, length, Reader::load_legacy) }
}

/// Refuses lists below `version` from now on. A reader that was switched off says here which versions it had, before it
/// loads files that somebody may have exchanged for older ones. `list` is a `yitong_list`.
///
/// # Safety
/// `reader` is a live reader.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yitong_require(reader: *mut Reader, list: i32, version: u32) -> Problem {
    // SAFETY: the caller's promise above.
    unsafe {
        with(reader, |reader| match List::numbered(list) {
            Some(list) => {
                reader.require(list, version);
                Problem::Ok
            }
            None => Problem::BadArgument,
        })
    }
}

/// Which version of a list is held, to know what to fetch. `list` is a `yitong_list`.
///
/// # Safety
/// `reader` is a live reader, `out` has room for a head.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yitong_list_head(reader: *mut Reader, list: i32, out: *mut Head) -> Problem {
    // SAFETY: the caller's promise above; null and misaligned ones are refused.
    unsafe {
        with(reader, |reader| match List::numbered(list) {
            Some(list) if writable(out) => {
                out.write(reader.head(list));
                Problem::Ok
            }
            _ => Problem::BadArgument,
        })
    }
}

/// Verifies what a scanner read. A dynamic code that is taken is remembered, so the same text is `replayed` the next
/// time. `now_ms` is the Unix clock; `uncertainty_ms` says how far off that may be (0 to 180,000; more counts as that).
/// Writes `out` always, except for `bad_argument` and `broken`. Asks for no memory.
///
/// # Safety
/// `reader` is a live reader, `text` points to `length` bytes (UTF-8, no zero at the end needed), `out` has room for
/// one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yitong_verify(
    reader: *mut Reader,
    text: *const c_char,
    length: usize,
    now_ms: i64,
    uncertainty_ms: i64,
    out: *mut Verified,
) -> Reason {
    // SAFETY: the caller's promise above; null, misaligned and oversized ones are refused.
    unsafe {
        with(reader, |reader| match slice(text.cast::<u8>(), length) {
            Some(text) if writable(out) => {
                let (reason, verified) = reader.verify(text, Now { ms: now_ms, uncertainty_ms });
                out.write(verified);
                reason
            }
            _ => Reason::BadArgument,
        })
    }
}

/// Writes down the memory of uses, to be kept while the reader is switched off. `length` becomes the number of bytes,
/// also for `no_room`; with `out` NULL and `room` 0 that is all it does.
///
/// # Safety
/// `reader` is a live reader, `out` has `room` bytes or is NULL, `length` has room for a number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yitong_memory_export(
    reader: *mut Reader,
    out: *mut u8,
    room: usize,
    length: *mut usize,
) -> Problem {
    // SAFETY: the caller's promise above; null and misaligned ones are refused.
    unsafe {
        with(reader, |reader| {
            if !writable(length) || out.is_null() && room > 0 {
                return Problem::BadArgument;
            }
            let bytes = reader.export();
            length.write(bytes.len());
            if room < bytes.len() {
                return Problem::NoRoom;
            }
            out.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            Problem::Ok
        })
    }
}

/// Takes back what `yitong_memory_export` wrote; of each phone the later use counts. `malformed`: not written by it,
/// or cut; then no dynamic code from before can be told from a new one, and the reader has to wait, as README.md says.
///
/// # Safety
/// As for `yitong_load_trust`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yitong_memory_restore(reader: *mut Reader, bytes: *const u8, length: usize) -> Problem {
    // SAFETY: the caller's promise above.
    unsafe { with_bytes(reader, bytes, length, Reader::restore) }
}

/// The stable word of a reason, such as "bad_signature"; "unknown" for other numbers. Lives as long as the program.
#[unsafe(no_mangle)]
pub extern "C" fn yitong_reason_word(reason: i32) -> *const c_char {
    Reason::numbered(reason).map_or(c"unknown", |reason| reason.texts().0).as_ptr()
}

/// What a screen may show for a reason, UTF-8; `language` is a `yitong_language`. Empty for other numbers. Lives as
/// long as the program.
#[unsafe(no_mangle)]
pub extern "C" fn yitong_reason_text(reason: i32, language: i32) -> *const c_char {
    let text = Reason::numbered(reason).map_or(c"", |reason| match language {
        language if language == Language::Chinese as i32 => reason.texts().1,
        language if language == Language::English as i32 => reason.texts().2,
        _ => c"",
    });
    text.as_ptr()
}

/// The stable word of a problem, such as "not_newer"; "unknown" for other numbers. Lives as long as the program.
#[unsafe(no_mangle)]
pub extern "C" fn yitong_problem_word(problem: i32) -> *const c_char {
    Problem::numbered(problem).map_or(c"unknown", Problem::word).as_ptr()
}

/// # Safety
/// `reader` is null or a live reader that no other thread uses, `bytes` points to `length` bytes.
unsafe fn with_bytes(
    reader: *mut Reader,
    bytes: *const u8,
    length: usize,
    work: impl FnOnce(&mut Reader, &[u8]) -> Result<(), Problem>,
) -> Problem {
    // SAFETY: the caller's promise above.
    unsafe {
        with(reader, |reader| match slice(bytes, length) {
            Some(bytes) => work(reader, bytes).err().unwrap_or(Problem::Ok),
            None => Problem::BadArgument,
        })
    }
}

/// # Safety
/// `reader` is null or a live reader that no other thread uses.
unsafe fn with<A: Answer>(reader: *mut Reader, work: impl FnOnce(&mut Reader) -> A) -> A {
    if !reader.is_aligned() {
        return A::BAD_ARGUMENT;
    }
    // SAFETY: the caller's promise above; null and misaligned are excluded.
    let Some(reader) = (unsafe { reader.as_mut() }) else { return A::BAD_ARGUMENT };
    if reader.broken {
        return A::BROKEN;
    }
    let answer = catch_unwind(AssertUnwindSafe(|| work(reader)));
    answer.unwrap_or_else(|_| {
        reader.broken = true;
        A::BROKEN
    })
}

/// # Safety
/// `at` is null, misaligned or points to `length` values that do not change while the slice lives.
unsafe fn slice<'a, T>(at: *const T, length: usize) -> Option<&'a [T]> {
    let fits = length.checked_mul(size_of::<T>()).is_some_and(|bytes| isize::try_from(bytes).is_ok());
    // SAFETY: the caller's promise above, and what was just checked.
    (!at.is_null() && at.is_aligned() && fits).then(|| unsafe { core::slice::from_raw_parts(at, length) })
}

fn writable<T>(out: *mut T) -> bool {
    !out.is_null() && out.is_aligned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_stays_inside_and_the_reader_answers_nothing_else() {
        let mut root = Root { kid: 1, suite: 1, key: [7; 33] };
        root.key[32] = 0;
        // SAFETY: everything lives until the end of the test.
        unsafe {
            let reader = yitong_reader_new(&root, 1, [9; 16].as_ptr(), [7; 32].as_ptr(), 4);
            assert!(!reader.is_null());
            assert_eq!(with::<Problem>(reader, |_| panic!("on purpose, in a test")), Problem::Broken);
            let mut out = core::mem::MaybeUninit::<Verified>::uninit();
            assert_eq!(yitong_verify(reader, c"1".as_ptr(), 1, 0, 0, out.as_mut_ptr()), Reason::Broken);
            assert_eq!(yitong_require(reader, 1, 1), Problem::Broken);
            yitong_reader_free(reader);
        }
    }

    /// The header says that a reader may be handed from thread to thread.
    #[test]
    fn a_reader_can_move_between_threads() {
        fn moves<T: Send>() {}
        moves::<Reader>();
    }
}

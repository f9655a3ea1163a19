//! Readers made from `code/vectors/codes.json`, through the exported functions.

use serde_json::Value;
use std::sync::LazyLock;
use yitong_code_c::*;

pub static FILE: LazyLock<Value> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/codes.json");
    serde_json::from_slice(&std::fs::read(path).expect("the vectors")).expect("JSON")
});

pub fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hex digits")).collect()
}

pub fn bytes(name: &str) -> Vec<u8> {
    unhex(FILE[name].as_str().expect("hex"))
}

pub fn status(name: &str) -> Vec<u8> {
    unhex(FILE["status"][name].as_str().expect("hex"))
}

/// The case that a comment names.
pub fn case(comment: &str) -> &'static Value {
    let cases = FILE["cases"].as_array().expect("cases");
    cases.iter().find(|case| case["comment"] == comment).unwrap_or_else(|| panic!("no case {comment:?}"))
}

pub fn text(comment: &str) -> &'static str {
    case(comment)["text"].as_str().expect("a text")
}

pub fn suite(word: &str) -> i32 {
    match word {
        "ed25519" => 1,
        "sm2" => 2,
        other => panic!("no suite is called {other}"),
    }
}

pub fn roots() -> Vec<Root> {
    let read = |root: &Value| {
        let bytes = unhex(root["key"].as_str().expect("hex"));
        let mut key = [0; 33];
        key[..bytes.len()].copy_from_slice(&bytes);
        let kid = root["kid"].as_u64().expect("a number") as u32;
        Root { kid, suite: suite(root["suite"].as_str().expect("a word")), key }
    };
    FILE["roots"].as_array().expect("roots").iter().map(read).collect()
}

/// A handle that frees itself.
pub struct Handle(pub *mut Reader);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: made below, and freed only here.
        unsafe { yitong_reader_free(self.0) }
    }
}

impl Handle {
    pub fn empty(capacity: usize) -> Handle {
        let roots = roots();
        let (school, key) = (bytes("school"), bytes("integrator_key"));
        // SAFETY: three vectors that live as long as the call, of the lengths that it expects.
        let reader = unsafe { yitong_reader_new(roots.as_ptr(), roots.len(), school.as_ptr(), key.as_ptr(), capacity) };
        assert!(!reader.is_null());
        Handle(reader)
    }

    pub fn ready(capacity: usize) -> Handle {
        let reader = Handle::empty(capacity);
        assert_eq!(reader.load(yitong_load_trust, &bytes("trust")), Problem::Ok);
        assert_eq!(reader.load(yitong_load_status, &status("fresh")), Problem::Ok);
        assert_eq!(reader.load(yitong_load_legacy, &bytes("legacy")), Problem::Ok);
        reader
    }

    pub fn load(&self, with: unsafe extern "C" fn(*mut Reader, *const u8, usize) -> Problem, bytes: &[u8]) -> Problem {
        // SAFETY: a live reader and a slice.
        unsafe { with(self.0, bytes.as_ptr(), bytes.len()) }
    }

    pub fn verify(&self, text: &[u8], now: i64) -> (Reason, Verified) {
        let mut out = core::mem::MaybeUninit::uninit();
        // SAFETY: a live reader, a slice and a place; `out` was written unless the reason is below zero, and that fails
        // here.
        unsafe {
            let reason = yitong_verify(self.0, text.as_ptr().cast(), text.len(), now, 0, out.as_mut_ptr());
            assert!(reason as i32 >= 0, "{reason:?}");
            (reason, out.assume_init())
        }
    }

    pub fn head(&self, list: List) -> Head {
        let mut out = Head { issued_ms: 0, version: 0, required: 0 };
        // SAFETY: a live reader and a place.
        assert_eq!(unsafe { yitong_list_head(self.0, list as i32, &mut out) }, Problem::Ok);
        out
    }

    pub fn export(&self) -> Vec<u8> {
        let mut length = 0;
        // SAFETY: a live reader; the second call has the room that the first one asked for.
        unsafe {
            assert_eq!(yitong_memory_export(self.0, core::ptr::null_mut(), 0, &mut length), Problem::NoRoom);
            let mut bytes = vec![0; length];
            assert_eq!(yitong_memory_export(self.0, bytes.as_mut_ptr(), length - 1, &mut length), Problem::NoRoom);
            assert_eq!(yitong_memory_export(self.0, bytes.as_mut_ptr(), length, &mut length), Problem::Ok);
            bytes
        }
    }
}

pub fn now() -> i64 {
    case("a good printed code")["now"].as_i64().expect("a moment")
}

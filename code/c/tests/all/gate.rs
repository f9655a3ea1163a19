//! What the sample gates in C, Java and Python are given, and what each of them has to say, twice: the second time they
//! were switched off in between.

use crate::world::{Handle, bytes, now, roots, status, text};
use core::ffi::CStr;
use std::fmt::Write as _;
use std::path::Path;
use yitong_code_c::*;

/// The gates' clock is off by so much at most.
const UNCERTAINTY_MS: i64 = 2_000;
const CODES: [&str; 8] = [
    "a good printed code",
    "counter 0",
    "counter 0",
    "lost",
    "a dish",
    "stale comes before replayed",
    "another system's code that is on the list",
    "the account changed",
];

fn say(reader: &Handle, text: &str) -> String {
    let mut out = core::mem::MaybeUninit::<Verified>::uninit();
    // SAFETY: a live reader, a text and a place; `out` was written when the reason is not below zero, and that fails
    // here.
    let (reason, said) = unsafe {
        let (at, length) = (text.as_ptr().cast(), text.len());
        let reason = yitong_verify(reader.0, at, length, now(), UNCERTAINTY_MS, out.as_mut_ptr());
        assert!(reason as i32 >= 0, "{reason:?}");
        (reason, out.assume_init())
    };
    if reason == Reason::Verified {
        return format!("open {} class {}", hex(&said.pairwise), said.holder_class);
    }
    let words =
        [yitong_reason_word(reason as i32), yitong_reason_text(reason as i32, 0), yitong_reason_text(reason as i32, 1)];
    // SAFETY: constants with a zero at the end.
    let [word, zh, en] = words.map(|of| unsafe { CStr::from_ptr(of) }.to_str().expect("UTF-8"));
    let seconds = if said.seconds > 0 { format!(" ({} s)", said.seconds) } else { String::new() };
    format!("refused {word} {zh} / {en}{seconds}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_samples_have_something_to_say() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gate");
    std::fs::create_dir_all(&folder).expect("the folder of the target");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).expect("the folder was made");
    let root = roots()[0];
    write("root", format!("{} {} {}\n", root.kid, root.suite, hex(&root.key[..32])).as_bytes());
    write("school", hex(&bytes("school")).as_bytes());
    write("integrator", hex(&bytes("integrator_key")).as_bytes());
    write("trust", &bytes("trust"));
    write("status", &status("fresh"));
    write("legacy", &bytes("legacy"));
    write("now", now().to_string().as_bytes());
    write("codes", CODES.map(|comment| text(comment).to_owned() + "\n").concat().as_bytes());
    let reader = Handle::ready(20_000);
    for file in ["first", "again"] {
        let mut said = String::new();
        for comment in CODES {
            writeln!(said, "{}", say(&reader, text(comment))).expect("a String takes every text");
        }
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines[0].starts_with("open ") && lines[2].starts_with("refused replayed "), "{said}");
        assert_eq!(lines[1].starts_with("open "), file == "first", "{said}");
        assert!(lines[5].contains("stale") && lines[5].ends_with(" s)"), "{said}");
        write(file, said.as_bytes());
    }
}

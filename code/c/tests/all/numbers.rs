//! Numbers that other languages hold on to, and the table that integrators read.

use core::ffi::CStr;
use yitong_code_c::*;

fn word(of: *const core::ffi::c_char) -> &'static str {
    // SAFETY: the functions that give words give constants with a zero at the end.
    unsafe { CStr::from_ptr(of) }.to_str().expect("UTF-8")
}

/// Written out once more on purpose: a number that moved would be understood as another reason by every gate in the
/// field.
#[test]
fn reasons_keep_their_numbers() {
    const WORDS: [&str; 19] = [
        "verified",
        "not_a_campus_code",
        "malformed",
        "unsupported_version",
        "unknown_key",
        "wrong_school",
        "wrong_purpose",
        "key_not_valid_now",
        "bad_signature",
        "bad_device_signature",
        "clock_wrong",
        "expired",
        "lost",
        "cancelled",
        "account_stopped",
        "from_the_future",
        "stale",
        "replayed",
        "memory_full",
    ];
    let others = [(64, "no_trust_list"), (65, "no_status_list"), (-1, "bad_argument"), (-2, "broken")];
    let all = (0..).zip(WORDS).chain(others);
    let mut count = 0;
    for (number, expected) in all {
        assert_eq!(word(yitong_reason_word(number)), expected, "{number}");
        assert_eq!(Reason::numbered(number).map(|reason| reason as i32), Some(number));
        count += 1;
    }
    assert_eq!(count, Reason::ALL.len(), "a reason that is not in this table");
    for unknown in [19, 63, 66, -3, i32::MIN, i32::MAX] {
        assert_eq!(word(yitong_reason_word(unknown)), "unknown");
        assert_eq!(word(yitong_reason_text(unknown, 1)), "");
    }
}

/// The Rust verifier's own words, in its own order of precedence.
#[test]
fn every_reason_of_the_verifier_has_the_number_of_its_place() {
    use yitong_code::Reason::*;
    let all = [
        NotACampusCode,
        Malformed,
        UnsupportedVersion,
        UnknownKey,
        WrongSchool,
        WrongPurpose,
        KeyNotValidNow,
        BadSignature,
        BadDeviceSignature,
        ClockWrong,
        Expired,
        Lost,
        Cancelled,
        AccountStopped,
        FromTheFuture { seconds: 1 },
        Stale { seconds: 1 },
        Replayed,
        MemoryFull,
    ];
    assert!(all.is_sorted());
    for (number, reason) in (1..).zip(all) {
        assert_eq!(Reason::from(reason) as i32, number);
        assert_eq!(word(yitong_reason_word(number)), reason.code());
    }
}

#[test]
fn problems_keep_their_numbers() {
    const WORDS: [&str; 9] = [
        "ok",
        "malformed",
        "unknown_key",
        "wrong_purpose",
        "bad_signature",
        "not_newer",
        "need_whole",
        "wrong_school",
        "no_room",
    ];
    let all: Vec<_> = (0..).zip(WORDS).chain([(64, "no_trust_list"), (-1, "bad_argument"), (-2, "broken")]).collect();
    for (number, expected) in &all {
        assert_eq!(word(yitong_problem_word(*number)), *expected, "{number}");
    }
    assert_eq!(all.len(), Problem::ALL.len(), "a problem that is not in this table");
    assert_eq!(word(yitong_problem_word(9)), "unknown");
    use yitong_code::ListProblem::*;
    for problem in [Malformed, UnknownKey, WrongPurpose, BadSignature, NotNewer, NeedWhole] {
        assert_eq!(word(yitong_problem_word(Problem::from(problem) as i32)), problem.word());
    }
}

/// What a screen shows is in the table that integrators read, in both languages.
#[test]
fn the_readme_has_every_reason() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).expect("code/README.md");
    for reason in Reason::ALL {
        let number = reason as i32;
        let [zh, en] = [0, 1].map(|language| word(yitong_reason_text(number, language)));
        let row = format!("| {number} | `{}` | {zh} | {en} |", word(yitong_reason_word(number)));
        assert!(readme.contains(&row), "code/README.md has no row {row}");
    }
}

#[test]
fn the_version_is_the_crates() {
    assert_eq!(word(yitong_version()), env!("CARGO_PKG_VERSION"));
}

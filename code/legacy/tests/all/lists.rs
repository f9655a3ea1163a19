//! The earlier system's list of cards.

use crate::{Chance, day, issuer, profile, reader};
use yitong_legacy::{Entry, Known, LIST_ROWS_MAX, Profile, Source, entries};

const PLAIN: &str = "12345 crc16-xmodem hex-check yyyymmdd plain";
const SEALED: &str = "12345 crc16-xmodem hex-check yyyymmdd rsa1024 oaep-sha1 cbc-zero-iv key-first base64";
const A: &str = "#S12345002023010142126E#20300831#";

fn text(profile: &Profile, student: &str, seed: u64) -> String {
    let (student, random) = (student.parse().expect("ten digits"), "07".parse().expect("two digits"));
    issuer(*profile).issue(student, random, day(2030, 8, 31), &mut Chance(seed)).expect("a year that fits")
}

fn shown(source: Source, csv: &str) -> Vec<String> {
    let (entries, problems) = entries(source, csv, &mut Chance(9));
    let entry = |Entry { line, known, .. }: &Entry| match known {
        Known::Fields(fields) => (*line, format!("{line} code says {}", fields.student)),
        Known::Student(student) => (*line, format!("{line} list says {student}")),
    };
    let mut all: Vec<_> = entries.iter().map(entry).collect();
    all.extend(problems.iter().map(|problem| (problem.line, format!("{} {}", problem.line, problem.reason.code()))));
    all.sort_unstable();
    all.into_iter().map(|(_, said)| said).collect()
}

fn check(source: Source, csv: &str, expected: &[&str]) {
    assert_eq!(shown(source, csv), expected, "{csv}");
}

#[test]
fn codes_that_can_be_read_name_the_student_themselves() {
    let plain = profile(PLAIN);
    let b = text(&plain, "2023010143", 0);
    let wrong_check = A.replace("126E", "126F");
    let csv =
        format!("\u{feff}{A}\r\n\r\n{b},2023010143\n{b}\n{wrong_check}\n{A},2023010143\n9787\n,2023010142\n{A} , ,x");
    let expected = [
        "1 code says 0020230101",
        "3 code says 2023010143",
        "4 seen",
        "5 bad_check",
        "6 seen",
        "7 not_legacy",
        "8 no_text",
        "9 too_many_cells",
    ];
    check(Source::Readable(&reader(plain)), &csv, &expected);
    // A plain card hides nothing from whoever has no key.
    check(Source::Sealed(&plain), &csv, &expected);
}

#[test]
fn a_column_that_says_another_student_is_a_problem() {
    let reader = reader(profile(PLAIN));
    check(Source::Readable(&reader), &format!("{A},0020230102"), &["1 student_differs"]);
    // A spreadsheet took it for a number.
    check(Source::Readable(&reader), &format!("{A},20230101"), &["1 code says 0020230101"]);
    check(Source::Readable(&reader), &format!("{A},2023 0101"), &["1 student_malformed"]);
    check(Source::Readable(&reader), &format!("{A},{}", "1".repeat(21)), &["1 student_malformed"]);
}

#[test]
fn sealed_codes_need_the_key_or_the_column() {
    let sealed = profile(SEALED);
    let (a, b) = (text(&sealed, "2023010142", 1), text(&sealed, "2023010143", 2));
    let csv = format!("学号,姓名,码文\n2023010142,甲,{a}\n,乙,{b}\n2023010144,丙,{}\n", &a[1..]);
    let reader = reader(sealed);
    let with_key = ["2 code says 2023010142", "3 code says 2023010143", "4 not_legacy"];
    check(Source::Readable(&reader), &csv, &with_key);
    check(Source::Sealed(&sealed), &csv, &["2 list says 2023010142", "3 no_student", "4 not_legacy"]);
    // The console is told the exact reason, where `read` would say cannot_decrypt.
    let other_crc = crate::reader(profile(&SEALED.replace("crc16-xmodem", "crc16-arc")));
    check(Source::Readable(&other_crc), &a, &["1 bad_check"]);
}

#[test]
fn cells_may_be_quoted_or_parted_by_tabs_and_names_are_optional() {
    let reader = reader(profile(PLAIN));
    let one = ["2 code says 0020230101"];
    check(Source::Readable(&reader), &format!("\"Text\"\t\"Student\"\n\"{A}\"\t\"0020230101\""), &one);
    check(Source::Readable(&reader), &format!("text\n{A}\n"), &one);
    // Names that nobody knows are a row that can't be read: better than to guess.
    check(Source::Readable(&reader), &format!("whatever\n{A}\n"), &["1 not_legacy", "2 code says 0020230101"]);
    check(Source::Readable(&reader), "", &[]);
}

#[test]
fn limits_are_named_in_both_languages() {
    let reader = reader(profile(PLAIN));
    let long = "#".repeat(1_001);
    check(Source::Readable(&reader), &long, &["1 text_too_long"]);
    let many = "x\n".repeat(LIST_ROWS_MAX + 2);
    let (read, problems) = entries(Source::Readable(&reader), &many, &mut Chance(0));
    assert!(read.is_empty());
    assert_eq!(problems.len(), LIST_ROWS_MAX + 1);
    let last = problems.last().expect("one says that there were too many");
    assert_eq!((last.line, last.reason.code()), (LIST_ROWS_MAX + 1, "too_many_rows"));
    assert!(last.zh().starts_with("第 200001 行：") && last.en().starts_with("line 200001: "));
}

//! The rules about the code itself. Each rule is a plain function from files to findings, tried on a small bad input
//! beside it; the tests here hold the repository against all of them. A finding says what to do instead.

mod arrows;
mod docs;
mod edges;
mod endpoints;
mod map;
mod migrations;
mod slices;
mod source;
mod text;
mod tree;
mod words;

use tree::{File, files};

/// Fails with every finding at once, so that one run shows all there is to mend.
fn hold(findings: Vec<String>) {
    assert!(findings.is_empty(), "\n\n{}\n", findings.join("\n"));
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $rule:path;)*) => {$(
        #[test]
        fn $name() {
            hold($rule(&files()));
        }
    )*};
}

rules! {
    crates_follow_the_arrows = arrows::check;
    slices_use_only_slices_above = slices::check;
    the_core_is_pure = edges::core_is_pure;
    async_stays_at_the_edges = edges::async_at_the_edges;
    sql_stays_in_stores = edges::sql_in_stores;
    money_is_never_a_float = edges::no_float_near_money;
    the_map_names_what_there_is = map::check;
    docs_point_at_what_exists = docs::paths_exist;
    documents_have_one_title = docs::one_title;
    migrations_are_paired = migrations::check;
    every_operation_is_guarded_or_listed = endpoints::check;
    files_stay_readable = text::size;
    lines_stay_readable = text::width;
    nothing_is_left_half_done = text::banned;
    nothing_of_one_machine = text::machines;
    nothing_huge_is_committed = text::huge;
    nobody_is_called_a_debtor = words::no_debtors;
    pages_take_their_words_from_messages = words::no_text_in_pages;
    pages_leave_money_to_one_formatter = words::no_sums_in_pages;
}

/// A file for a rule to be tried on.
fn file(path: &str, text: &str) -> File {
    File { path: path.into(), text: text.into(), bytes: text.len() as u64 }
}

/// The rule finds something in the bad text, and nothing in the good one.
#[track_caller]
fn check(rule: fn(&[File]) -> Vec<String>, path: &str, bad: &str, good: &str) {
    assert!(!rule(&[file(path, bad)]).is_empty(), "this should be found in {path}:\n{bad}");
    let findings = rule(&[file(path, good)]);
    assert!(findings.is_empty(), "this should be left alone in {path}:\n{good}\n{findings:#?}");
}

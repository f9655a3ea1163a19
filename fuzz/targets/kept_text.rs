//! What stands in the database may have been written by somebody else: reading it never panics, and what is read is
//! written back as the same text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use yitong_ledger::{Account, Postings};
use yitong_rules::{Counters, Trace};

fuzz_target!(|text: &str| {
    if let Ok(postings) = text.parse::<Postings>() {
        assert_eq!(postings.text(), text);
        assert_eq!(postings.iter().map(|posting| i128::from(posting.amount.fen())).sum::<i128>(), 0);
    }
    if let Ok(account) = text.parse::<Account>() {
        assert_eq!(account.to_string(), text);
    }
    let counters = Counters::from_text(text);
    assert_eq!(Counters::from_text(&counters.text()), counters);
    let trace = Trace::from_text(text);
    assert_eq!(Trace::from_text(&trace.text()), trace);
    for line in trace.0 {
        assert!(!line.words().zh.is_empty());
    }
});

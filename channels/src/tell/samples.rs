//! What the tests of the channels send, and what is answered.

use super::Message;
use crate::{Headers, Moment, Reply};
use std::collections::BTreeMap;
use yitong_values::Timestamp;

/// 2026-11-27, noon in China.
pub fn moment() -> Moment {
    Moment { now: Timestamp::from_ms(1_795_752_000_000), nonce: [7; 16] }
}

pub fn fields<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

pub fn message(fields: BTreeMap<String, String>) -> Message {
    Message {
        dedupe: "notice-1".into(),
        title: "午餐".into(),
        text: "李同学在第一食堂消费 12.50 元".into(),
        template: Some("template-1".into()),
        fields,
        link: None,
        life_s: 3_600,
        urgent: false,
    }
}

pub fn reply(status: u16, body: &str) -> Reply {
    Reply::new(status, Headers::default(), body)
}

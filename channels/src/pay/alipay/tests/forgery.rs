//! Cut, altered and foreign bytes say nothing.

use super::*;
use crate::pay::alipay::orders::{CLOSE, CREATE, PRECREATE, QUERY};
use crate::pay::alipay::refunds::{REFUND, REFUND_QUERY};

/// Everything that can be said about an answer: none of it may come from other bytes.
fn says_something(alipay: &Alipay, reply: &Reply) -> bool {
    let at = at(NOW);
    matches!(alipay.created(&order(Scene::InApp), reply, &at), Outcome::Done(_) | Outcome::Refused { .. })
        || matches!(alipay.created(&order(Scene::Qr), reply, &at), Outcome::Done(_) | Outcome::Refused { .. })
        || matches!(alipay.queried(&key(), reply, &at), Outcome::Done(_) | Outcome::Refused { .. })
        || matches!(alipay.closed(&key(), reply, &at), Outcome::Done(_) | Outcome::Refused { .. })
        || matches!(alipay.refunded(&refund(), reply, &at), Outcome::Done(_) | Outcome::Refused { .. })
        || matches!(alipay.refund_queried(&refund_key(), reply, &at), Outcome::Done(_) | Outcome::Refused { .. })
}

fn good(which: usize, key_of: &str) -> Reply {
    let number = key().number;
    let (method, body) = match which {
        0 => (QUERY, trade("TRADE_SUCCESS")),
        1 => (PRECREATE, json!({ "code": "10000", "out_trade_no": number, "qr_code": "https://qr.alipay.com/x" })),
        2 => (CREATE, json!({ "code": "10000", "out_trade_no": number, "trade_no": "2026112022" })),
        3 => (CLOSE, json!({ "code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST", "sub_msg": "交易不存在" })),
        4 => (REFUND, json!({ "code": "10000", "out_trade_no": number, "fund_change": "Y" })),
        _ => (
            REFUND_QUERY,
            json!({
                "code": "10000", "out_trade_no": number, "out_request_no": refund().number,
                "refund_status": "REFUND_SUCCESS", "refund_amount": "2.50",
            }),
        ),
    };
    signed_by(key_of, method, &body.to_string())
}

/// What the signature covers, taken out of an answer, with the signature: equal if only spacing around them differs.
fn signed_part(reply: &Reply) -> Option<(String, String)> {
    let members: serde_json::Map<String, Value> = serde_json::from_slice(&reply.body).ok()?;
    let (_, body) = members.iter().find(|(name, _)| *name != "sign")?;
    Some((body.to_string(), members.get("sign")?.to_string()))
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    #[test]
    fn cut_or_altered_answers_say_nothing(which in 0usize..6, at_byte in 0usize..1000, flip in 1u8..=255, cut: bool) {
        let alipay = alipay();
        let good = good(which, ALIPAY);
        proptest::prop_assert!(says_something(&alipay, &good));
        let mut bad = good.clone();
        let at_byte = at_byte % bad.body.len();
        if cut { bad.body.truncate(at_byte) } else { bad.body[at_byte] ^= flip }
        proptest::prop_assert!(!says_something(&alipay, &bad) || signed_part(&bad) == signed_part(&good));
    }

    #[test]
    fn foreign_and_unsigned_answers_say_nothing(which in 0usize..6) {
        let alipay = alipay();
        proptest::prop_assert!(!says_something(&alipay, &good(which, FOREIGN)));
        let text = good(which, ALIPAY).text().unwrap().to_owned();
        let bare = text.rsplit_once(",\"sign\"").unwrap().0.to_owned() + "}";
        proptest::prop_assert!(!says_something(&alipay, &Reply::new(200, Headers::default(), bare)));
    }

    #[test]
    fn cut_or_altered_notifications_are_not_believed(at_byte in 0usize..1500, flip in 1u8..=255, cut: bool) {
        let good = notice(&[]);
        let mut bad = good.clone();
        let at_byte = at_byte % bad.len();
        if cut { bad.truncate(at_byte) } else { bad[at_byte] ^= flip }
        // `%2B` and `%2b` are the same letter: then it is the same notification.
        let pairs = |body: &[u8]| std::str::from_utf8(body).ok().and_then(query_pairs);
        let same = pairs(&bad) == pairs(&good);
        proptest::prop_assert!(told(&alipay(), &bad).is_err() || same);
    }
}

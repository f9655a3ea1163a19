//! Cut, altered and foreign bytes say nothing.

use super::*;

/// Everything that can be said about an answer of success: none of it may come from other bytes.
fn says_something(wechat: &Wechat, reply: &Reply) -> bool {
    let at = at(NOW);
    matches!(wechat.created(&order(Scene::Qr), reply, &at), Outcome::Done(_) | Outcome::Refused { .. })
        || matches!(wechat.queried(&key(), reply, &at), Outcome::Done(_) | Outcome::Refused { .. })
        || matches!(wechat.closed(&key(), reply, &at), Outcome::Done(_) | Outcome::Refused { .. })
        || matches!(wechat.refunded(&refund(), reply, &at), Outcome::Done(_) | Outcome::Refused { .. })
        || matches!(wechat.refund_queried(&refund_key(), reply, &at), Outcome::Done(_) | Outcome::Refused { .. })
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    #[test]
    fn cut_or_altered_answers_say_nothing(which in 0usize..5, at_byte in 0usize..1000, flip in 1u8..=255, cut: bool) {
        let wechat = wechat();
        let good = match which {
            0 => answer(200, transaction("SUCCESS")),
            1 => answer(200, refund_body("SUCCESS")),
            2 => answer(200, json!({ "code_url": "weixin://wxpay/bizpayurl?pr=1" })),
            3 => error(404, "ORDER_NOT_EXIST"),
            _ => error(400, "ORDERPAID"),
        };
        proptest::prop_assert!(says_something(&wechat, &good));
        let mut bad = good;
        let at_byte = at_byte % bad.body.len();
        if cut { bad.body.truncate(at_byte) } else { bad.body[at_byte] ^= flip }
        proptest::prop_assert!(!says_something(&wechat, &bad));
    }

    #[test]
    fn foreign_answers_say_nothing(state in "SUCCESS|NOTPAY|CLOSED", bare: bool) {
        let wechat = wechat();
        let body = transaction(&state).to_string();
        let reply = match bare {
            true => Reply::new(200, Headers::default(), body),
            false => signed_by(FOREIGN, PUBLIC_KEY_ID, NOW, 200, body.as_bytes()),
        };
        proptest::prop_assert!(!says_something(&wechat, &reply));
    }

    #[test]
    fn cut_or_altered_call_backs_are_not_believed(at_byte in 0usize..1500, flip in 1u8..=255, cut: bool) {
        let mut body = notice("TRANSACTION.SUCCESS", &transaction("SUCCESS"), APIV3);
        let headers = headers(&body);
        let at_byte = at_byte % body.len();
        if cut { body.truncate(at_byte) } else { body[at_byte] ^= flip }
        proptest::prop_assert_eq!(wechat().notified(&headers, &body, &at(NOW)), Err(NotifyRefusal::BadSignature));
    }
}

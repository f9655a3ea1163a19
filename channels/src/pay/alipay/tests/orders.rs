//! Orders and refunds: what is asked, and what each answer means.

use super::*;
use crate::pay::alipay::orders::{CANCEL, CLOSE, CREATE, PRECREATE, QUERY};
use crate::pay::alipay::refunds::{REFUND, REFUND_QUERY};

fn sent(start: Start) -> Call {
    match start {
        Start::Send(call) => call,
        Start::Show(_) => panic!("a request is sent here"),
    }
}

/// All parameters of a request, wherever they stand.
pub(super) fn parameters(url: &str, body: &[u8]) -> Vec<(String, String)> {
    let mut pairs = query_pairs(url.split_once('?').unwrap().1).unwrap();
    pairs.extend(query_pairs(std::str::from_utf8(body).unwrap()).unwrap());
    pairs
}

pub(super) fn part<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    &pairs.iter().find(|(known, _)| known == name).unwrap().1
}

pub(super) fn is_ours(pairs: &[(String, String)]) -> bool {
    let key = Verifier::read(APP_PUBLIC).unwrap();
    key.verifies_base64(signing_text(pairs).as_bytes(), part(pairs, "sign"))
}

#[test]
fn a_request_is_signed_over_all_its_parameters() {
    let call = sent(alipay().create(&order(Scene::InApp), &at(NOW)).unwrap());
    let pairs = parameters(&call.url, &call.body);
    assert!(is_ours(&pairs));
    assert_eq!((part(&pairs, "method"), part(&pairs, "timestamp")), (CREATE, "2026-11-20 12:00:00"));
    let biz: Value = serde_json::from_str(part(&pairs, "biz_content")).unwrap();
    assert_eq!((biz["total_amount"].as_str(), biz["subject"].as_str()), (Some("12.50"), Some("午餐 充值 1")));
    assert_eq!(biz["time_expire"], "2026-11-20 12:15:00");
    assert!(biz["buyer_open_id"].is_string() && biz["buyer_id"].is_null());
    let again = sent(alipay().create(&order(Scene::InApp), &at(NOW)).unwrap());
    assert!(call == again, "the same arguments build the same request");
    let by_account = Order { payer: Some("2088102146225135".to_owned()), ..order(Scene::InApp) };
    let call = sent(alipay().create(&by_account, &at(NOW)).unwrap());
    assert!(part(&parameters(&call.url, &call.body), "biz_content").contains("\"buyer_id\":\"2088102146225135\""));
    let altered: Vec<_> = pairs.iter().filter(|(name, _)| name != "notify_url").cloned().collect();
    assert!(!is_ours(&altered));
}

#[test]
fn each_scene_goes_on_in_its_own_way() {
    let alipay = alipay();
    let Start::Show(Presented::Redirect { url }) = alipay.create(&order(Scene::MobileWeb), &at(NOW)).unwrap() else {
        panic!("a page")
    };
    let pairs = parameters(&url, b"");
    assert!(is_ours(&pairs) && part(&pairs, "return_url") == order(Scene::Qr).return_url);
    let body = json!({ "code": "10000", "msg": "Success", "out_trade_no": key().number, "trade_no": "2026112022" });
    let created = alipay.created(&order(Scene::InApp), &answer(CREATE, body), &at(NOW));
    let Outcome::Done(Presented::InApp { bridge, arguments }) = created else { panic!("{created:?}") };
    assert_eq!((bridge.as_str(), arguments["tradeNO"].as_str()), ("tradePay", "2026112022"));
    let text = "https://qr.alipay.com/bax03431ljhokirwl38f00a7".to_owned();
    let body = json!({ "code": "10000", "msg": "Success", "out_trade_no": key().number, "qr_code": text });
    let created = |body: &Value| alipay.created(&order(Scene::Qr), &answer(PRECREATE, body.clone()), &at(NOW));
    assert_eq!(created(&body), Outcome::Done(Presented::Qr { text }));
    for (name, value) in [("out_trade_no", json!("P2")), ("qr_code", Value::Null), ("code", json!("10003"))] {
        let mut altered = body.clone();
        altered[name] = value;
        assert!(matches!(created(&altered), Outcome::Unknown { .. }), "{name}");
    }
}

#[test]
fn every_code_of_an_order_means_what_the_documents_say() {
    let alipay = alipay();
    let created = |code, sub: &str| alipay.created(&order(Scene::Qr), &error(PRECREATE, code, sub), &at(NOW));
    for (code, sub) in [
        ("40001", "isv.missing-app-id"),
        ("40002", "isv.invalid-parameter"),
        ("40006", "isv.insufficient-isv-permissions"),
        ("40004", "ACQ.INVALID_PARAMETER"),
        ("40004", "ACQ.TRADE_HAS_CLOSE"),
        ("40004", "ACQ.BUYER_BALANCE_NOT_ENOUGH"),
    ] {
        assert!(matches!(created(code, sub), Outcome::Refused { code, .. } if code == sub), "{sub}");
    }
    for (code, sub) in [
        ("20000", "isp.unknow-error"),
        ("20000", "ACQ.INVALID_PARAMETER"),
        ("10003", ""),
        ("40004", "ACQ.SYSTEM_ERROR"),
        ("40004", "ACQ.TRADE_HAS_SUCCESS"),
        ("40004", "ACQ.CONTEXT_INCONSISTENT"),
        ("40004", "ACQ.SOMETHING_NEW"),
        ("50000", ""),
    ] {
        assert!(matches!(created(code, sub), Outcome::Unknown { .. }), "{code} {sub}");
    }
    let ill = Reply::new(502, Headers::default(), error(PRECREATE, "40002", "x").body);
    assert!(matches!(alipay.created(&order(Scene::Qr), &ill, &at(NOW)), Outcome::Unknown { .. }));
    let closed = |reply: Reply| alipay.closed(&key(), &reply, &at(NOW));
    let body = json!({ "code": "10000", "msg": "Success", "out_trade_no": key().number, "trade_no": "1" });
    assert_eq!(closed(answer(CLOSE, body)), Outcome::Done(Closed::Closed));
    assert_eq!(closed(error(CLOSE, "40004", "ACQ.TRADE_NOT_EXIST")), Outcome::Done(Closed::Absent));
    assert_eq!(closed(error(CLOSE, "40004", "ACQ.TRADE_HAS_SUCCESS")), Outcome::Done(Closed::AlreadyPaid));
    assert_eq!(closed(error(CLOSE, "40004", "ACQ.TRADE_HAS_CLOSE")), Outcome::Done(Closed::Closed));
    assert!(matches!(closed(error(CLOSE, "40004", "ACQ.TRADE_STATUS_ERROR")), Outcome::Unknown { .. }));
    assert!(matches!(closed(error(CLOSE, "40004", "ACQ.SYSTEM_ERROR")), Outcome::Unknown { .. }));
    let another = json!({ "code": "10000", "msg": "Success", "out_trade_no": "P2" });
    assert!(matches!(closed(answer(CLOSE, another)), Outcome::Unknown { .. }));
}

#[test]
fn a_query_says_what_became_of_an_order() {
    let alipay = alipay();
    let queried = |reply: Reply| alipay.queried(&key(), &reply, &at(NOW));
    for (word, state) in [
        ("WAIT_BUYER_PAY", OrderState::Waiting),
        ("TRADE_SUCCESS", OrderState::Paid),
        ("TRADE_FINISHED", OrderState::Paid),
        ("TRADE_CLOSED", OrderState::Refunded),
    ] {
        let Outcome::Done(order) = queried(answer(QUERY, trade(word))) else { panic!("{word}") };
        assert_eq!((order.state, order.amount), (state, Some(Cents::new(1250))));
        assert_eq!(order.paid_at.unwrap().to_string(), "2026-11-20T12:00:01.000+08:00");
    }
    let altered = |status: &str, name: &str, value: Value| {
        let mut body = trade(status);
        body[name] = value;
        queried(answer(QUERY, body))
    };
    let Outcome::Done(closed) = altered("TRADE_CLOSED", "send_pay_date", Value::Null) else { panic!("closed") };
    assert_eq!(closed.state, OrderState::Closed);
    let Outcome::Done(absent) = queried(error(QUERY, "40004", "ACQ.TRADE_NOT_EXIST")) else { panic!("absent") };
    assert_eq!(absent.state, OrderState::Absent);
    for (name, value) in [
        ("trade_status", json!("SOMETHING_NEW")),
        ("out_trade_no", json!("P2")),
        ("total_amount", Value::Null),
        ("total_amount", json!("12.505")),
        ("total_amount", json!(12.5)),
        ("trade_no", json!("")),
    ] {
        assert!(matches!(altered("TRADE_SUCCESS", name, value), Outcome::Unknown { .. }), "{name}");
    }
    // A question that was refused says nothing about what it asked for.
    assert!(matches!(queried(error(QUERY, "40006", "isv.insufficient-isv-permissions")), Outcome::Unknown { .. }));
}

#[test]
fn a_refund_keeps_its_number() {
    let alipay = alipay();
    let call = alipay.refund(&refund(), &at(NOW)).unwrap();
    let pairs = parameters(&call.url, &call.body);
    let biz: Value = serde_json::from_str(part(&pairs, "biz_content")).unwrap();
    assert_eq!(
        (biz["out_request_no"].as_str(), biz["refund_amount"].as_str()),
        (Some("R26112000000000001"), Some("2.50"))
    );
    let refunded = |reply: Reply| alipay.refunded(&refund(), &reply, &at(NOW));
    for (change, state) in [("Y", RefundState::Done), ("N", RefundState::Processing)] {
        let body = json!({
            "code": "10000", "msg": "Success", "out_trade_no": key().number, "fund_change": change, "refund_fee": "5.00",
        });
        let Outcome::Done(refund) = refunded(answer(REFUND, body)) else { panic!("{change}") };
        assert_eq!((refund.state, refund.amount), (state, None), "the sum of all refunds is not this one's");
    }
    assert!(matches!(refunded(error(REFUND, "40004", "ACQ.SELLER_BALANCE_NOT_ENOUGH")), Outcome::Refused { .. }));
    assert!(matches!(refunded(error(REFUND, "40004", "ACQ.TRADE_NOT_EXIST")), Outcome::Refused { .. }));
    assert!(matches!(refunded(error(REFUND, "40004", "ACQ.DISCORDANT_REPEAT_REQUEST")), Outcome::Unknown { .. }));
    assert!(matches!(refunded(error(REFUND, "20000", "isp.unknow-error")), Outcome::Unknown { .. }));
    let too_much = Refund { amount: Cents::new(1251), ..refund() };
    assert_eq!(alipay.refund(&too_much, &at(NOW)).unwrap_err().field, "refund.amount");
    let asked = |body: Value| alipay.refund_queried(&refund_key(), &answer(REFUND_QUERY, body), &at(NOW));
    let done = json!({
        "code": "10000", "msg": "Success", "out_trade_no": key().number, "out_request_no": refund().number,
        "refund_status": "REFUND_SUCCESS", "refund_amount": "2.50", "total_amount": "12.50",
    });
    let Outcome::Done(found) = asked(done.clone()) else { panic!("done") };
    assert_eq!((found.state, found.amount), (RefundState::Done, Some(Cents::new(250))));
    let Outcome::Done(found) = asked(json!({ "code": "10000", "msg": "Success" })) else { panic!("absent") };
    assert_eq!(found.state, RefundState::Absent);
    for (name, value) in
        [("out_request_no", json!("R2")), ("out_trade_no", json!("P2")), ("out_request_no", Value::Null)]
    {
        let mut altered = done.clone();
        altered[name] = value;
        assert!(matches!(asked(altered), Outcome::Unknown { .. }), "{name}");
    }
}

#[test]
fn a_cancel_says_what_it_did() {
    let alipay = alipay();
    let cancelled = |body: Value| alipay.cancelled(&key(), &answer(CANCEL, body), &at(NOW));
    let done = |action: &str, retry: &str| {
        let number = key().number;
        cancelled(json!({ "code": "10000", "msg": "", "out_trade_no": number, "retry_flag": retry, "action": action }))
    };
    assert_eq!(done("close", "N"), Outcome::Done(Cancelled::Closed));
    assert_eq!(done("refund", "N"), Outcome::Done(Cancelled::Refunded));
    assert_eq!(done("", "N"), Outcome::Done(Cancelled::Nothing));
    assert!(matches!(done("close", "Y"), Outcome::Unknown { .. }));
    assert!(alipay.cancel(&key(), &at(NOW)).unwrap().url.contains("method=alipay.trade.cancel"));
}

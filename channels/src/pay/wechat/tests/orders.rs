//! Orders and refunds: what is asked, and what each answer means.

use super::*;

#[test]
fn a_request_is_signed_over_what_is_sent() {
    let call = sent(wechat().create(&order(Scene::InApp), &at(NOW)).unwrap());
    assert_eq!(call.url, "http://127.0.0.1:1/v3/pay/transactions/jsapi");
    let read = Authorization::read(header(&call, "authorization")).unwrap();
    assert_eq!(read.serial, "3775B6A45ACD588826D15E583A95F5DD00000001");
    let text = request_text("POST", "/v3/pay/transactions/jsapi", NOW, &read.nonce, &call.body);
    let public = crate::crypto::Verifier::read(MERCHANT_PUBLIC).unwrap();
    assert!(public.verifies_base64(&text, &read.signature));
    assert_eq!(header(&call, "wechatpay-serial"), PUBLIC_KEY_ID);
    assert_eq!(header(&call, "accept"), "application/json");
    assert!(!header(&call, "user-agent").is_empty());
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(body["amount"], json!({ "total": 1250, "currency": "CNY" }));
    assert_eq!(body["time_expire"], "2026-11-20T12:15:00+08:00");
    let again = sent(wechat().create(&order(Scene::InApp), &at(NOW)).unwrap());
    assert!(call == again, "the same arguments build the same request");
}

#[test]
fn each_scene_goes_on_in_its_own_way() {
    let wechat = wechat();
    let created = |scene, body| wechat.created(&order(scene), &answer(200, body), &at(NOW));
    let Outcome::Done(Presented::InApp { bridge, arguments }) =
        created(Scene::InApp, json!({ "prepay_id": "wx201410272009395522657a690389285100" }))
    else {
        panic!("the cashier inside WeChat")
    };
    assert_eq!(bridge, "getBrandWCPayRequest");
    let text = format!("wxd678efh567hg6787\n{NOW}\n{}\n{}\n", arguments["nonceStr"], arguments["package"]);
    let public = crate::crypto::Verifier::read(MERCHANT_PUBLIC).unwrap();
    assert!(public.verifies_base64(text.as_bytes(), &arguments["paySign"]));
    let code = json!({ "code_url": "weixin://wxpay/bizpayurl?pr=1" });
    let text = "weixin://wxpay/bizpayurl?pr=1".to_owned();
    assert_eq!(created(Scene::Qr, code.clone()), Outcome::Done(Presented::Qr { text }));
    let url =
        "https://wx.tenpay.com/h5?a=1&redirect_url=https%3A%2F%2Fschool.example%2Fpay%2Fdone%3Forder%3D1".to_owned();
    let h5 = json!({ "h5_url": "https://wx.tenpay.com/h5?a=1" });
    assert_eq!(created(Scene::MobileWeb, h5), Outcome::Done(Presented::Redirect { url }));
    assert!(matches!(created(Scene::InApp, code), Outcome::Unknown { .. }));
}

#[test]
fn every_code_of_an_order_means_what_the_documents_say() {
    let wechat = wechat();
    let created = |reply: &Reply| wechat.created(&order(Scene::Qr), reply, &at(NOW));
    for (status, code) in [(400, "PARAM_ERROR"), (401, "SIGN_ERROR"), (403, "NO_AUTH"), (400, "ORDER_CLOSED")] {
        assert!(matches!(created(&error(status, code)), Outcome::Refused { .. }), "{code}");
    }
    for (status, code) in [
        (400, "ORDERPAID"),
        (403, "OUT_TRADE_NO_USED"),
        (400, "INVALID_REQUEST"),
        (429, "FREQUENCY_LIMITED"),
        (429, "RATELIMIT_EXCEEDED"),
        (500, "SYSTEM_ERROR"),
        (502, "BANK_ERROR"),
        (503, ""),
        (400, "SOMETHING_NEW"),
    ] {
        assert!(matches!(created(&error(status, code)), Outcome::Unknown { .. }), "{code}");
    }
    // "Too often" is no refusal, whatever the code beside it says.
    assert!(matches!(created(&error(429, "PARAM_ERROR")), Outcome::Unknown { .. }));
    let closed = |reply: &Reply| wechat.closed(&key(), reply, &at(NOW));
    let no_content = signed_by(WECHAT, PUBLIC_KEY_ID, NOW, 204, b"");
    assert_eq!(closed(&no_content), Outcome::Done(Closed::Closed));
    assert_eq!(closed(&error(400, "ORDERPAID")), Outcome::Done(Closed::AlreadyPaid));
    assert_eq!(closed(&error(400, "ORDER_CLOSED")), Outcome::Done(Closed::Closed));
    assert_eq!(closed(&error(404, "ORDER_NOT_EXIST")), Outcome::Done(Closed::Absent));
    assert!(matches!(closed(&error(500, "SYSTEM_ERROR")), Outcome::Unknown { .. }));
    assert!(matches!(closed(&Reply::new(204, Headers::default(), b"")), Outcome::Unknown { .. }));
}

#[test]
fn a_query_says_what_became_of_an_order() {
    let wechat = wechat();
    assert!(wechat.query(&key(), &at(NOW)).unwrap().url.ends_with("/out-trade-no/P26112000000000001?mchid=1900000109"));
    let queried = |reply: &Reply| wechat.queried(&key(), reply, &at(NOW));
    for (word, state) in [
        ("SUCCESS", OrderState::Paid),
        ("REFUND", OrderState::Refunded),
        ("NOTPAY", OrderState::Waiting),
        ("USERPAYING", OrderState::Paying),
        ("CLOSED", OrderState::Closed),
        ("REVOKED", OrderState::Closed),
        ("PAYERROR", OrderState::Failed),
    ] {
        let Outcome::Done(order) = queried(&answer(200, transaction(word))) else { panic!("{word}") };
        assert_eq!((order.state, order.amount), (state, Some(Cents::new(1250))));
    }
    let Outcome::Done(paid) = queried(&answer(200, transaction("SUCCESS"))) else { panic!("paid") };
    assert_eq!(paid.paid_at.unwrap().to_string(), "2026-11-20T12:00:01.000+08:00");
    let Outcome::Done(ChannelOrder { state, .. }) = queried(&error(404, "ORDER_NOT_EXIST")) else { panic!("absent") };
    assert_eq!(state, OrderState::Absent);
    let altered = |name: &str, value: Value| {
        let mut body = transaction("SUCCESS");
        body[name] = value;
        queried(&answer(200, body))
    };
    for (name, value) in [
        ("trade_state", json!("SOMETHING_NEW")),
        ("out_trade_no", json!("P26112000000000002")),
        ("mchid", json!("1900000110")),
        ("appid", json!("wx0")),
        ("amount", Value::Null),
        ("amount", json!({ "total": 1250, "currency": "USD" })),
    ] {
        assert!(matches!(altered(name, value), Outcome::Unknown { .. }), "{name}");
    }
    // Neither does the reason name what stood there.
    let Outcome::Unknown { why } = altered("payer", json!("oUpF8uMuAJO")) else { panic!("unknown") };
    assert!(!why.contains("oUpF8uMuAJO"), "{why}");
    // A question that was refused says nothing about what it asked for.
    assert!(matches!(queried(&error(401, "SIGN_ERROR")), Outcome::Unknown { .. }));
    assert!(matches!(queried(&error(400, "ORDER_NOT_EXIST")), Outcome::Unknown { .. }));
}

#[test]
fn a_refund_keeps_its_number() {
    let wechat = wechat();
    let body: Value = serde_json::from_slice(&wechat.refund(&refund(), &at(NOW)).unwrap().body).unwrap();
    assert_eq!(body["out_refund_no"], "R26112000000000001");
    assert_eq!(body["amount"], json!({ "refund": 250, "total": 1250, "currency": "CNY" }));
    let refunded = |reply: &Reply| wechat.refunded(&refund(), reply, &at(NOW));
    for (word, state) in [
        ("PROCESSING", RefundState::Processing),
        ("SUCCESS", RefundState::Done),
        ("CLOSED", RefundState::Closed),
        ("ABNORMAL", RefundState::Abnormal),
    ] {
        let Outcome::Done(refund) = refunded(&answer(200, refund_body(word))) else { panic!("{word}") };
        assert_eq!((refund.state, refund.amount), (state, Some(Cents::new(250))));
    }
    assert!(matches!(refunded(&answer(200, refund_body("NEW"))), Outcome::Unknown { .. }));
    assert!(matches!(refunded(&error(403, "NOT_ENOUGH")), Outcome::Refused { .. }));
    assert!(matches!(refunded(&error(400, "INVALID_REQUEST")), Outcome::Unknown { .. }));
    assert!(matches!(refunded(&error(500, "SYSTEM_ERROR")), Outcome::Unknown { .. }));
    let asked = |reply: &Reply| wechat.refund_queried(&refund_key(), reply, &at(NOW));
    let Outcome::Done(absent) = asked(&error(404, "RESOURCE_NOT_EXISTS")) else { panic!("absent") };
    assert_eq!(absent.state, RefundState::Absent);
    let too_much = Refund { amount: Cents::new(1251), ..refund() };
    assert_eq!(wechat.refund(&too_much, &at(NOW)).unwrap_err().field, "refund.amount");
}

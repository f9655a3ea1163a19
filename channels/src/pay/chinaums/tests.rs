//! A merchant of the tests, and China UMS as it would answer.

use super::sign::{Authorization, NotifyDigest, notify_sign};
use super::*;
use crate::pay::stamp::from_stamp14;
use crate::pay::{Event, OrderState, RefundState};
use crate::{percent_encode, query_pairs};
use proptest::prelude::*;
use serde_json::{Value, json};
use yitong_values::{Cents, Timestamp};

const KEY: &str = "67890123456789012345678901234567";
const OLD_KEY: &str = "00000123456789012345678901234567";
const NOTIFY_KEY: &str = "worthless-notify-key";

fn at(text: &str) -> Timestamp {
    from_stamp14(text).expect("a moment in a test is well written")
}

fn now() -> Moment {
    Moment { now: at("20270301120000"), nonce: [7; 16] }
}

fn config() -> Config {
    serde_json::from_value(json!({
        "app_id": "12345678901234567890123456789012",
        "app_keys": [KEY, OLD_KEY],
        "notify_keys": ["another-notify-key", NOTIFY_KEY],
        "mid": "898201612345678",
        "tid": "88880001",
        "inst_mid": "H5DEFAULT",
        "source": "3194",
        "base_url": "https://ums.example/",
        "mobile_web": { "path": "/v1/netpay/trade/h5-pay", "extra": { "sceneType": "AND_WAP", "mid": "0" } },
        "qr": {},
        "in_app": { "sub_app_id": "wx1234567890abcdef" },
    }))
    .expect("the settings of the tests can be read")
}

fn ums() -> ChinaUms {
    ChinaUms::read(&config()).expect("the settings of the tests are good")
}

fn strict() -> ChinaUms {
    ChinaUms::read(&Config { answers: AnswerTrust::MustBeSigned, ..config() }).expect("good as well")
}

fn order(scene: Scene) -> Order {
    Order {
        number: "01J9ZB3Q7M5T2V8W".to_owned(),
        scene,
        amount: Cents::new(1250),
        description: "食堂充值".to_owned(),
        made_at: at("20270301120000"),
        expires_at: at("20270301121500"),
        notify_url: "https://school.example/hooks/ums".to_owned(),
        return_url: "https://school.example/paid?x=1&y=2".to_owned(),
        payer: Some("o1234567890abcdef".to_owned()),
        payer_ip: String::new(),
    }
}

fn order_key() -> OrderKey {
    let Order { number, made_at, amount, .. } = order(Scene::Qr);
    OrderKey { number, channel_number: None, made_at, amount }
}

fn refund() -> Refund {
    Refund {
        order: order_key(),
        number: "01J9ZB3Q7M5T2V8WR1".to_owned(),
        amount: Cents::new(250),
        reason: "转学".to_owned(),
        made_at: at("20270305090000"),
        notify_url: String::new(),
    }
}

fn refund_key() -> RefundKey {
    RefundKey { order: order_key(), number: refund().number, channel_number: None, made_at: refund().made_at }
}

/// An answer with further fields, over TLS only.
fn answer(more: Value) -> Reply {
    let mut body = json!({
        "errCode": "SUCCESS",
        "mid": "898201612345678",
        "tid": "88880001",
        "merOrderId": "319401J9ZB3Q7M5T2V8W",
    });
    more.as_object().expect("an object").iter().for_each(|(name, value)| body[name] = value.clone());
    Reply::new(200, Headers::default(), body.to_string())
}

fn signed(reply: Reply, key: &str) -> Reply {
    let made = Authorization::sign("12345678901234567890123456789012", key, "20270301120001", "1", &reply.body);
    Reply { headers: Headers::new([("Authorization".to_owned(), made.header())]), ..reply }
}

fn paid() -> Value {
    json!({
        "status": "TRADE_SUCCESS",
        "totalAmount": 1250,
        "targetOrderId": "2027030122001004390523564333",
        "payTime": "2027-03-01 12:01:07",
        "buyerId": "2088",
    })
}

fn body_of(call: &Call) -> Value {
    let header = call.headers.iter().find(|(name, _)| name == "authorization").expect("it is signed");
    assert!(Authorization::read(&header.1).expect("a header of ours").verifies(KEY, &call.body));
    serde_json::from_slice(&call.body).expect("JSON")
}

#[test]
fn a_browser_goes_to_a_signed_address() {
    let started = ums().create(&order(Scene::MobileWeb), &now()).unwrap();
    let Start::Show(Presented::Redirect { url }) = started else { panic!("an address") };
    let (address, query) = url.split_once('?').unwrap();
    assert_eq!(address, "https://ums.example/v1/netpay/trade/h5-pay");
    let pairs = query_pairs(query).unwrap();
    let get = |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap();
    assert_eq!(get("authorization"), "OPEN-FORM-PARAM");
    let made = Authorization {
        app_id: get("appId").to_owned(),
        timestamp: get("timestamp").to_owned(),
        nonce: get("nonce").to_owned(),
        signature: get("signature").to_owned(),
    };
    assert_eq!(made.timestamp, "20270301120000");
    assert!(made.verifies(KEY, get("content").as_bytes()));
    let content: Value = serde_json::from_str(get("content")).unwrap();
    let expected = json!({
        "requestTimestamp": "2027-03-01 12:00:00",
        "merOrderId": "319401J9ZB3Q7M5T2V8W",
        "mid": "898201612345678",
        "tid": "88880001",
        "instMid": "H5DEFAULT",
        "totalAmount": 1250,
        "notifyUrl": "https://school.example/hooks/ums",
        "returnUrl": "https://school.example/paid?x=1&y=2",
        "expireTime": "2027-03-01 12:15:00",
        "orderDesc": "食堂充值",
        "sceneType": "AND_WAP",
    });
    assert_eq!(content, expected);
}

#[test]
fn a_code_and_a_web_view_are_asked_for() {
    let ums = ums();
    let (qr, in_app) = (order(Scene::Qr), order(Scene::InApp));
    let sent = |order: &Order| match ums.create(order, &now()) {
        Ok(Start::Send(call)) => call,
        other => panic!("a call, not {other:?}"),
    };
    assert_eq!(sent(&qr).url, "https://ums.example/v1/netpay/trade/precreate");
    let body = body_of(&sent(&in_app));
    assert_eq!((&body["subOpenId"], &body["tradeType"]), (&json!("o1234567890abcdef"), &json!("JSAPI")));
    let read = |order: &Order, more: Value| ums.created(order, &answer(more), &now());
    let text = "https://qr.alipay.com/bax00001".to_owned();
    assert_eq!(read(&qr, json!({ "qrCode": text })), Outcome::Done(Presented::Qr { text }));
    let Outcome::Done(Presented::InApp { bridge, arguments }) =
        read(&in_app, json!({ "jsPayRequest": { "paySign": "x", "package": "prepay_id=1" } }))
    else {
        panic!("arguments")
    };
    assert_eq!((bridge.as_str(), arguments["package"].as_str()), ("WeixinJSBridge", "prepay_id=1"));
    for unknown in [
        json!({}),
        json!({ "errCode": "TARGET_FAIL", "qrCode": "x", "jsPayRequest": { "paySign": "x" } }),
        json!({ "merOrderId": "319401J9ZB3Q7M5T2V8X", "qrCode": "x", "jsPayRequest": { "paySign": "x" } }),
        json!({ "jsPayRequest": { "paySign": 1 } }),
    ] {
        for order in [&qr, &in_app] {
            assert!(matches!(read(order, unknown.clone()), Outcome::Unknown { .. }), "{unknown}");
        }
    }
    let refused = read(&qr, json!({ "errCode": "NO_MERCHANT", "errMsg": "商户不存在" }));
    assert_eq!(refused, Outcome::refused("NO_MERCHANT", "商户不存在"));
}

#[test]
fn what_can_not_be_asked_is_said_before() {
    let check = |field: &str, change: fn(&mut Order)| {
        let mut order = order(Scene::InApp);
        change(&mut order);
        let said = ums().create(&order, &now()).map_err(|misuse| misuse.field);
        assert_eq!(said.err(), Some(field));
    };
    check("order.number", |order| order.number = "0".repeat(29));
    check("order.number", |order| order.number = "a-b".to_owned());
    check("amount", |order| order.amount = Cents::ZERO);
    check("payer", |order| order.payer = None);
    check("expires_at", |order| order.expires_at = order.made_at);
    let check = |field: &'static str, change: fn(&mut Config)| {
        let mut config = config();
        change(&mut config);
        assert_eq!(ChinaUms::read(&config).err().map(|misuse| misuse.field), Some(field));
    };
    check("app_id", |config| config.app_id = "a\",b".to_owned());
    check("app_keys", |config| config.app_keys.clear());
    check("notify_keys", |config| config.notify_keys.push(String::new()));
    check("source", |config| config.source = "319".to_owned());
    check("base_url", |config| config.base_url = "http://ums.example".to_owned());
    check("path", |config| config.qr = Some(Code { path: "precreate".to_owned() }));
    let none = Config { in_app: None, qr: None, ..config() };
    let none = ChinaUms::read(&none).unwrap();
    assert_eq!(none.scenes(), &[Scene::MobileWeb]);
    assert!(none.create(&order(Scene::Qr), &now()).is_err());
    assert_eq!(format!("{none:?}"), "ChinaUms(898201612345678 H5DEFAULT)");
}

#[test]
fn a_query_tells_what_became_of_it() {
    let ums = ums();
    let call = ums.query(&order_key(), &now()).unwrap();
    assert_eq!(call.url, "https://ums.example/v1/netpay/query");
    assert_eq!(body_of(&call)["merOrderId"], "319401J9ZB3Q7M5T2V8W");
    let read = |reply: Reply| ums.queried(&order_key(), &reply, &now());
    let expected = ChannelOrder {
        number: "01J9ZB3Q7M5T2V8W".to_owned(),
        state: OrderState::Paid,
        channel_number: Some("2027030122001004390523564333".to_owned()),
        amount: Some(Cents::new(1250)),
        paid_at: Some(at("20270301120107")),
        payer: Some("2088".to_owned()),
    };
    assert_eq!(read(answer(paid())), Outcome::Done(expected));
    let state = |more: Value| match read(answer(more)) {
        Outcome::Done(order) => Some(order.state),
        _ => None,
    };
    for (word, expected) in [
        ("NEW_ORDER", Some(OrderState::Waiting)),
        ("WAIT_BUYER_PAY", Some(OrderState::Waiting)),
        ("TRADE_CLOSED", Some(OrderState::Closed)),
        ("TRADE_FAIL", Some(OrderState::Failed)),
        ("TRADE_REFUND", Some(OrderState::Refunded)),
        ("UNKNOWN", None),
        ("SUCCESS", None),
        ("", None),
    ] {
        assert_eq!(state(json!({ "status": word })), expected, "{word}");
    }
    assert_eq!(state(json!({ "status": "TRADE_SUCCESS" })), None, "paid without an amount");
    assert_eq!(state(json!({ "errCode": "NO_ORDER", "merOrderId": null })), Some(OrderState::Absent));
    assert_eq!(state(json!({ "errCode": "NO_ORDER", "merOrderId": "3194X" })), None);
    assert_eq!(state(json!({ "errCode": "TIMEOUT", "status": "TRADE_SUCCESS" })), None);
}

#[test]
fn a_close_is_closed_only_in_its_own_words() {
    let ums = ums();
    assert_eq!(ums.close(&order_key(), &now()).unwrap().url, "https://ums.example/v1/netpay/close");
    let read = |more: Value| ums.closed(&order_key(), &answer(more), &now());
    assert_eq!(read(json!({ "status": "TRADE_CLOSED" })), Outcome::Done(Closed::Closed));
    assert_eq!(read(paid()), Outcome::Done(Closed::AlreadyPaid));
    assert_eq!(read(json!({ "errCode": "NO_ORDER" })), Outcome::Done(Closed::Absent));
    for unknown in [json!({ "errCode": "OPERATION_NOT_ALLOWED", "status": "TRADE_CLOSED" }), json!({})] {
        assert!(matches!(read(unknown.clone()), Outcome::Unknown { .. }), "{unknown}");
    }
}

#[test]
fn a_refund_is_judged_by_its_own_status() {
    let ums = ums();
    let call = ums.refund(&refund(), &now()).unwrap();
    let body = body_of(&call);
    assert_eq!((&body["refundAmount"], &body["refundOrderId"]), (&json!("250"), &json!("319401J9ZB3Q7M5T2V8WR1")));
    let refund_number = "319401J9ZB3Q7M5T2V8WR1";
    let with = |more: Value| {
        let mut all = json!({ "refundOrderId": refund_number, "refundTargetOrderId": "5000", "refundAmount": 250 });
        more.as_object().unwrap().iter().for_each(|(name, value)| all[name] = value.clone());
        all
    };
    let read = |more: Value| ums.refunded(&refund(), &answer(with(more)), &now());
    let expected = |state, amount| ChannelRefund {
        number: "01J9ZB3Q7M5T2V8WR1".to_owned(),
        state,
        channel_number: Some("5000".to_owned()),
        amount,
    };
    let whole = Some(Cents::new(250));
    for (word, state) in
        [("SUCCESS", RefundState::Done), ("PROCESSING", RefundState::Processing), ("FAIL", RefundState::Closed)]
    {
        assert_eq!(read(json!({ "refundStatus": word })), Outcome::Done(expected(state, whole)));
    }
    let done = json!({ "errCode": "TARGET_FAIL", "refundStatus": "SUCCESS" });
    assert_eq!(read(done), Outcome::Done(expected(RefundState::Done, whole)), "not by errCode");
    let sum = json!({ "refundStatus": "SUCCESS", "refundAmount": 500 });
    assert_eq!(read(sum), Outcome::Done(expected(RefundState::Done, None)), "the sum of two refunds");
    for unknown in [
        json!({}),
        json!({ "refundStatus": "UNKNOWN" }),
        json!({ "errCode": "NO_ORDER" }),
        json!({ "refundStatus": "SUCCESS", "refundOrderId": "319401J9ZB3Q7M5T2V8WR2" }),
        json!({ "refundStatus": "SUCCESS", "refundOrderId": null }),
        json!({ "refundStatus": "SUCCESS", "refundAmount": 249 }),
    ] {
        assert!(matches!(read(unknown.clone()), Outcome::Unknown { .. }), "{unknown}");
    }
    assert!(ums.refund(&Refund { amount: Cents::new(1251), ..refund() }, &now()).is_err());
}

#[test]
fn a_refund_is_asked_about_by_its_number() {
    let ums = ums();
    let call = ums.query_refund(&refund_key(), &now()).unwrap();
    assert_eq!(body_of(&call)["merOrderId"], "319401J9ZB3Q7M5T2V8WR1");
    let state = |more: Value| match ums.refund_queried(&refund_key(), &answer(more), &now()) {
        Outcome::Done(refund) => Some(refund.state),
        _ => None,
    };
    let number = "319401J9ZB3Q7M5T2V8WR1";
    assert_eq!(state(json!({ "refundStatus": "SUCCESS", "merOrderId": number })), Some(RefundState::Done));
    assert_eq!(state(json!({ "refundStatus": "SUCCESS", "refundOrderId": number })), Some(RefundState::Done));
    assert_eq!(state(json!({ "refundStatus": "FAIL", "merOrderId": number })), Some(RefundState::Closed));
    assert_eq!(state(json!({ "errCode": "NO_ORDER" })), Some(RefundState::Absent));
    assert_eq!(state(json!({ "refundStatus": "SUCCESS" })), None, "which refund of the order?");
    assert_eq!(state(json!({ "refundStatus": "SUCCESS", "mid": "1", "merOrderId": number })), None);
}

#[test]
fn an_answer_that_is_signed_is_verified() {
    let done = |ums: &ChinaUms, reply: Reply| matches!(ums.queried(&order_key(), &reply, &now()), Outcome::Done(_));
    for ums in [&ums(), &strict()] {
        assert!(done(ums, signed(answer(paid()), KEY)));
        assert!(done(ums, signed(answer(paid()), OLD_KEY)));
        assert!(!done(ums, signed(answer(paid()), "another")));
        let altered = Reply { body: answer(json!({ "status": "NEW_ORDER" })).body, ..signed(answer(paid()), KEY) };
        assert!(!done(ums, altered));
        let others = json!({ "mid": "898201612345679", "status": "TRADE_CLOSED" });
        assert!(!done(ums, signed(answer(others), KEY)));
        assert!(!done(ums, Reply { status: 500, ..signed(answer(paid()), KEY) }));
    }
    assert!(done(&ums(), answer(paid())));
    assert!(!done(&strict(), answer(paid())));
}

fn notice(more: &[(&str, &str)], key: &str, digest: NotifyDigest) -> String {
    let mut fields: Vec<(String, String)> = Vec::new();
    let usual = [
        ("mid", "898201612345678"),
        ("merOrderId", "319401J9ZB3Q7M5T2V8W"),
        ("status", "TRADE_SUCCESS"),
        ("totalAmount", "1250"),
        ("targetOrderId", "2027030122001004390523564333"),
        ("payTime", "2027-03-01 12:01:07"),
        ("signType", if digest == NotifyDigest::Md5 { "MD5" } else { "SHA256" }),
    ];
    for (name, value) in usual.iter().chain(more) {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    let sign = notify_sign(&fields, key, digest);
    fields.push(("sign".to_owned(), sign));
    let pairs: Vec<_> =
        fields.iter().map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value))).collect();
    pairs.join("&")
}

fn notified(body: &str) -> Result<Notice, NotifyRefusal> {
    ums().notified(&Headers::default(), body.as_bytes(), &now())
}

#[test]
fn a_call_back_is_verified_and_read() {
    for digest in [NotifyDigest::Md5, NotifyDigest::Sha256] {
        let read = notified(&notice(&[], NOTIFY_KEY, digest)).unwrap();
        let Event::Order(order) = read.what else { panic!("an order") };
        assert_eq!(read.event, "order:01J9ZB3Q7M5T2V8W:TRADE_SUCCESS");
        assert_eq!((order.number.as_str(), order.amount), ("01J9ZB3Q7M5T2V8W", Some(Cents::new(1250))));
    }
    let read = |more: &[(&str, &str)]| notified(&notice(more, NOTIFY_KEY, NotifyDigest::Sha256));
    let refund = [("refundOrderId", "319401J9ZB3Q7M5T2V8WR1"), ("refundStatus", "SUCCESS")];
    let Event::Refund { order_number, refund } = read(&refund).unwrap().what else { panic!("a refund") };
    assert_eq!((order_number.as_str(), refund.number.as_str()), ("01J9ZB3Q7M5T2V8W", "01J9ZB3Q7M5T2V8WR1"));
    assert_eq!(refund.state, RefundState::Done);
    assert!(matches!(read(&[("status", "WAIT_BUYER_PAY")]).unwrap().what, Event::Other { .. }));
    assert_eq!(read(&[("mid", "1")]).err(), Some(NotifyRefusal::OtherMerchant("mid")));
    let other_source = read(&[("merOrderId", "320001J9ZB3Q7M5T2V8W")]).err();
    assert_eq!(other_source, Some(NotifyRefusal::OtherMerchant("merOrderId")));
    assert!(matches!(read(&[("totalAmount", "")]).err(), Some(NotifyRefusal::Unreadable(_))));
    let foreign = notified(&notice(&[], "another", NotifyDigest::Sha256));
    assert_eq!(foreign.err(), Some(NotifyRefusal::BadSignature));
    assert!(matches!(read(&[("signType", "NONE")]).err(), Some(NotifyRefusal::Unreadable(_))));
    assert_eq!(notified("mid=898201612345678").err(), Some(NotifyRefusal::Missing("sign")));
    let twice = format!("{}&status=TRADE_CLOSED", notice(&[], NOTIFY_KEY, NotifyDigest::Md5));
    assert!(matches!(notified(&twice).err(), Some(NotifyRefusal::Unreadable(_))));
    assert_eq!(ums().acknowledge(true).text(), Some("SUCCESS"));
    assert_eq!(ums().acknowledge(false).text(), Some("FAILED"));
}

proptest! {
    #[test]
    fn what_was_cut_off_or_altered_is_not_believed(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let whole = signed(answer(paid()), KEY);
        let at = place.index(whole.body.len());
        let mut altered = whole.clone();
        altered.body[at] = byte;
        prop_assume!(altered != whole);
        let cut = Reply { body: whole.body[..at].to_vec(), ..whole.clone() };
        let cut_unsigned = Reply { headers: Headers::default(), ..cut.clone() };
        for lie in [&altered, &cut, &cut_unsigned] {
            let unknown = matches!(ums().queried(&order_key(), lie, &now()), Outcome::Unknown { .. });
            prop_assert!(unknown);
        }
    }

    #[test]
    fn a_call_back_that_was_touched_is_refused(place in any::<prop::sample::Index>(), byte in 0x20_u8..0x7F) {
        let body = notice(&[], NOTIFY_KEY, NotifyDigest::Sha256);
        let at = place.index(body.len());
        prop_assert!(notified(&body[..at]).is_err());
        let mut altered = body.clone().into_bytes();
        altered[at] = byte;
        let altered = String::from_utf8(altered).unwrap();
        // Escapes and the signature read the same in upper and lower case.
        prop_assume!(!altered.eq_ignore_ascii_case(&body));
        prop_assert!(notified(&altered).is_err());
    }

    #[test]
    fn no_bytes_can_break_it(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let reply = Reply::new(200, Headers::default(), body.clone());
        let unknown = matches!(strict().queried(&order_key(), &reply, &now()), Outcome::Unknown { .. });
        prop_assert!(unknown);
        prop_assert!(ums().notified(&Headers::default(), &body, &now()).is_err());
    }
}

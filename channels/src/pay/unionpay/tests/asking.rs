//! What is sent, and what is understood of answers that UnionPay signed.

use super::super::CLOSE_GRACE_MS;
use super::*;
use crate::pay::{
    ChannelOrder, ChannelRefund, Closed, Connector, Event, Misuse, OrderState, Presented, RefundState, Start,
};
use crate::{Call, Outcome};

fn fields_of(call: &Call) -> Fields {
    sign::from_form_text(&call.body).expect("a request is a form")
}

fn get<'a>(fields: &'a Fields, name: &str) -> &'a str {
    sign::field(fields, name).unwrap_or_default()
}

fn is_ours(fields: &Fields) {
    let signer = Signer::read(key!("merchant_key")).unwrap();
    assert!(sign::verifies(&signer.public(), fields));
}

#[test]
fn a_phone_brings_a_signed_form() {
    let started = unionpay().create(&order(Scene::MobileWeb), &moment("20270301120000")).unwrap();
    let Start::Show(Presented::Form { action, fields }) = started else { panic!("a form") };
    assert_eq!(action, "https://gateway.example/gateway/api/frontTransReq.do");
    is_ours(&fields);
    let expected = [
        ("txnType", "01"),
        ("txnSubType", "01"),
        ("bizType", "000201"),
        ("channelType", "08"),
        ("orderId", "01J9ZB3Q7M5T2V8W"),
        ("txnTime", "20270301120000"),
        ("txnAmt", "1250"),
        ("currencyCode", "156"),
        ("payTimeout", "20270301121500"),
        ("orderDesc", "食堂充值王小明"),
        ("certId", "68719476742"),
        ("frontUrl", "https://school.example/paid"),
    ];
    for (name, value) in expected {
        assert_eq!(get(&fields, name), value, "{name}");
    }
}

#[test]
fn a_code_is_asked_for() {
    let unionpay = unionpay();
    let order = order(Scene::Qr);
    let now = moment("20270301120000");
    let Start::Send(call) = unionpay.create(&order, &now).unwrap() else { panic!("a call") };
    assert_eq!(call.url, "https://gateway.example/gateway/api/backTransReq.do");
    assert_eq!(get(&fields_of(&call), "txnSubType"), "07");
    let read = |more: &[(&str, &str)]| unionpay.created(&order, &answer(&by_unionpay(about_order(more))), &now);
    let text = "https://qr.95516.com/00010000/01462410577035304057810240124827".to_owned();
    assert_eq!(read(&[("qrCode", &text)]), Outcome::Done(Presented::Qr { text: text.clone() }));
    assert_eq!(read(&[("respCode", "32"), ("respMsg", "无此交易权限")]), Outcome::refused("32", "无此交易权限"));
    for unknown in [&[("respCode", "12")][..], &[("respCode", "03")], &[("respCode", "99")], &[]] {
        assert!(matches!(read(unknown), Outcome::Unknown { .. }), "{unknown:?}");
    }
}

#[test]
fn what_can_not_be_asked_is_said_before() {
    let check = |field: &str, change: fn(&mut Order)| {
        let mut order = order(Scene::MobileWeb);
        change(&mut order);
        let Err(Misuse { field: said, .. }) = unionpay().create(&order, &moment("20270301120000")) else {
            panic!("{field}")
        };
        assert_eq!(said, field);
    };
    check("scene", |order| order.scene = Scene::InApp);
    check("order.number", |order| order.number = "a-b_c-d_e".to_owned());
    check("amount", |order| order.amount = Cents::ZERO);
    check("expires_at", |order| order.expires_at = order.made_at);
    check("expires_at", |order| order.expires_at = order.made_at.plus_ms(31 * 60_000));
    assert!(unionpay().create(&order(Scene::Qr), &moment("20280101000000")).is_err(), "every key has ended");
    let mut later = config();
    later.signing.remove(0);
    later.products.qr = None;
    assert_eq!(UnionPay::read(&later).unwrap().scenes(), &[Scene::MobileWeb]);
}

#[test]
fn settings_are_read_strictly() {
    let text = serde_json::json!({
        "mer_id": MERCHANT,
        "signing": [{ "cert_id": "68719476741", "private_key": key!("merchant_key") }],
        "middle": [key!("middle")],
        "root": [key!("root")],
    });
    let read: Config = serde_json::from_value(text.clone()).unwrap();
    assert_eq!(format!("{:?}", UnionPay::read(&read).unwrap()), "UnionPay(700000000000001)");
    let mut slip = text;
    slip["pay_windw_minutes"] = 5.into();
    assert!(serde_json::from_value::<Config>(slip).is_err());
    let check = |field: &'static str, change: fn(&mut Config)| {
        let mut config = config();
        change(&mut config);
        assert_eq!(UnionPay::read(&config).err().map(|misuse| misuse.field), Some(field));
    };
    check("mer_id", |config| config.mer_id = "1".to_owned());
    check("gateway", |config| config.gateway = "http://gateway.example".to_owned());
    check("signing", |config| config.signing.clear());
    check("signing.private_key", |config| config.signing[0].private_key = key!("middle").to_owned());
    check("signing.cert_id", |config| config.signing[0].cert_id = "10469A".to_owned());
    check("signing.not_after", |config| config.signing[0].not_after = Some("2026".to_owned()));
    check("middle", |config| config.middle = vec![key!("foreign").to_owned()]);
    check("pay_window_minutes", |config| config.pay_window_minutes = 0);
}

#[test]
fn a_query_tells_what_became_of_it() {
    let unionpay = unionpay();
    let now = moment("20270301120500");
    let call = unionpay.query(&order_key(None), &now).unwrap();
    assert_eq!(call.url, "https://gateway.example/gateway/api/queryTrans.do");
    is_ours(&fields_of(&call));
    let read =
        |more: &[(&str, &str)]| unionpay.queried(&order_key(None), &answer(&by_unionpay(about_order(more))), &now);
    let with_paid = |more: &[(&'static str, &'static str)]| [&PAID, more].concat();
    let paid = ChannelOrder {
        number: "01J9ZB3Q7M5T2V8W".to_owned(),
        state: OrderState::Paid,
        channel_number: Some(QUERY_ID.to_owned()),
        amount: Some(Cents::new(1250)),
        paid_at: Some(at("20270301120107")),
        payer: None,
    };
    assert_eq!(read(&with_paid(&[("origRespCode", "00")])), Outcome::Done(paid.clone()));
    assert_eq!(read(&with_paid(&[("origRespCode", "A6")])), Outcome::Done(paid));
    let state = |more: &[(&str, &str)]| match read(more) {
        Outcome::Done(order) => Some(order.state),
        _ => None,
    };
    assert_eq!(state(&[("respCode", "34"), ("txnType", "00")]), Some(OrderState::Absent));
    assert_eq!(state(&[("origRespCode", "05")]), Some(OrderState::Paying));
    assert_eq!(state(&[("origRespCode", "61")]), Some(OrderState::Failed));
    for unknown in ["03", "04", "06", "42", "98", "99", "xx", "6", "7１"] {
        assert_eq!(state(&[("origRespCode", unknown)]), None, "{unknown}");
    }
    assert_eq!(state(&[]), None, "a query that worked and says nothing");
    assert_eq!(state(&[("respCode", "37")]), None);
    assert_eq!(state(&with_paid(&[("origRespCode", "00"), ("currencyCode", "840")])), None);
    assert_eq!(state(&with_paid(&[("origRespCode", "00"), ("txnAmt", "")])), None);
    assert_eq!(state(&with_paid(&[("origRespCode", "00"), ("queryId", "")])), None);
}

#[test]
fn an_order_closes_when_nobody_can_pay_it_any_more() {
    let unionpay = unionpay();
    let read = |more: &[(&str, &str)], now: &Moment| {
        unionpay.closed(&order_key(None), &answer(&by_unionpay(about_order(more))), now)
    };
    let early = moment("20270301123500");
    let late = Moment { now: at("20270301123000").plus_ms(CLOSE_GRACE_MS + 1), ..early };
    let absent = [("respCode", "34")];
    assert_eq!(read(&absent, &early), Outcome::Done(Closed::Absent));
    assert_eq!(read(&absent, &late), Outcome::Done(Closed::Closed));
    assert!(matches!(read(&[("origRespCode", "61")], &early), Outcome::Unknown { .. }));
    assert_eq!(read(&[("origRespCode", "61")], &late), Outcome::Done(Closed::Closed));
    for under_way in ["05", "03", "42"] {
        assert!(matches!(read(&[("origRespCode", under_way)], &late), Outcome::Unknown { .. }), "{under_way}");
    }
    let paid = [&PAID[..], &[("origRespCode", "00")]].concat();
    assert_eq!(read(&paid, &late), Outcome::Done(Closed::AlreadyPaid));
}

#[test]
fn money_goes_back_by_the_number_of_unionpay() {
    let unionpay = unionpay();
    let ask = |fen: i64, made_at: &str| {
        let call = unionpay.refund(&refund(fen, made_at), &moment("20270305090100")).unwrap();
        let fields = fields_of(&call);
        is_ours(&fields);
        assert_eq!(get(&fields, "origQryId"), QUERY_ID);
        get(&fields, "txnType").to_owned()
    };
    assert_eq!(ask(1250, "20270301130000"), "31", "the whole, the same day");
    assert_eq!(ask(1250, "20270301220000"), "04", "the day of UnionPay may be over");
    assert_eq!(ask(1250, "20270305090000"), "04");
    assert_eq!(ask(1, "20270301130000"), "04");
    let mut unknown = refund(1250, "20270305090000");
    unknown.order.channel_number = None;
    let asked = unionpay.refund(&unknown, &moment("20270305090100"));
    assert_eq!(asked.map_err(|misuse| misuse.field), Err("order.channel_number"));
    let asked = unionpay.refund(&refund(1251, "20270305090000"), &moment("20270305090100"));
    assert_eq!(asked.map_err(|misuse| misuse.field), Err("amount"));
}

#[test]
fn a_refund_is_done_when_the_query_says_so() {
    let unionpay = unionpay();
    let now = moment("20270305090100");
    let asked = refund(1250, "20270305090000");
    let read = |more: &[(&str, &str)]| unionpay.refunded(&asked, &answer(&by_unionpay(about_refund(more))), &now);
    let expected = |state| ChannelRefund {
        number: asked.number.clone(),
        state,
        channel_number: Some("782703050900000674029".to_owned()),
        amount: Some(Cents::new(1250)),
    };
    assert_eq!(read(&[]), Outcome::Done(expected(RefundState::Processing)));
    assert_eq!(read(&[("respCode", "11"), ("respMsg", "验证签名失败")]), Outcome::refused("11", "验证签名失败"));
    for unknown in ["12", "35", "03", "05", "98"] {
        assert!(matches!(read(&[("respCode", unknown)]), Outcome::Unknown { .. }), "{unknown}");
    }
    assert!(matches!(read(&[("txnAmt", "1")]), Outcome::Unknown { .. }));
    assert!(matches!(read(&[("txnType", "31")]), Outcome::Unknown { .. }));
    let query =
        |more: &[(&str, &str)]| unionpay.refund_queried(&refund_key(), &answer(&by_unionpay(about_refund(more))), &now);
    assert_eq!(query(&[("origRespCode", "00")]), Outcome::Done(expected(RefundState::Done)));
    assert_eq!(query(&[("origRespCode", "05")]), Outcome::Done(expected(RefundState::Processing)));
    assert_eq!(query(&[("origRespCode", "61")]), Outcome::Done(expected(RefundState::Closed)));
    assert_eq!(query(&[("respCode", "34")]), Outcome::Done(expected(RefundState::Absent)));
    for unknown in [&[("origRespCode", "03")][..], &[("origRespCode", "00"), ("txnAmt", "")], &[]] {
        assert!(matches!(query(unknown), Outcome::Unknown { .. }), "{unknown:?}");
    }
}

#[test]
fn a_call_back_is_verified_and_read() {
    let unionpay = unionpay();
    let now = moment("20270305090100");
    let read = |fields: Fields| {
        let body = sign::form_text(&by_unionpay(fields));
        unionpay.notified(&Headers::default(), body.as_bytes(), &now)
    };
    let paid = read(about_order(&PAID)).unwrap();
    assert_eq!(paid.event, format!("01:{QUERY_ID}:00"));
    let Event::Order(order) = paid.what else { panic!("an order") };
    assert_eq!((order.state, order.amount), (OrderState::Paid, Some(Cents::new(1250))));
    let traced = [("traceNo", "1"), ("settleDate", "0305")];
    let Event::Refund { order_number, refund } = read(about_refund(&traced)).unwrap().what else { panic!("a refund") };
    assert_eq!((order_number.as_str(), refund.state), ("01J9ZB3Q7M5T2V8W", RefundState::Done));
    let by_hand = [&traced[..], &[("reqReserved", "")]].concat();
    assert!(matches!(read(about_refund(&by_hand)).unwrap().what, Event::Other { .. }));
    let declined = [&PAID[..], &[("respCode", "61")]].concat();
    assert!(matches!(read(about_order(&declined)).unwrap().what, Event::Other { .. }));
    let of_query = [&PAID[..], &[("origRespCode", "61")]].concat();
    assert!(read(about_order(&of_query)).is_err(), "the answer to a query is no call-back");
    assert!(read(about_refund(&[])).is_err(), "the answer to a refund is no call-back");
    assert_eq!(unionpay.acknowledge(true).status, 200);
    assert_eq!(unionpay.acknowledge(false).status, 500);
}

/// Answers of UnionPay's test system, as yansongda/pay (MIT) keeps them.
#[test]
fn real_answers_are_understood() {
    let text = |text: &str| vec![text.to_owned()];
    let unionpay = UnionPay::read(&Config {
        mer_id: "777290058167151".to_owned(),
        middle: text(published!("middle.pem")),
        root: text(published!("root.pem")),
        chain_digest: super::super::trust::ChainDigest::Sha1Too,
        ..config()
    });
    let unionpay = unionpay.unwrap();
    let reply = |text: &str| Reply::new(200, Headers::default(), text);
    let now = moment("20240105170000");
    let key = |number: &str, made_at: &str| OrderKey {
        number: number.to_owned(),
        channel_number: None,
        made_at: at(made_at),
        amount: Cents::new(1),
    };
    let asked = key("pay20240105145046", "20240105145046");
    let Outcome::Done(paid) = unionpay.queried(&asked, &reply(published!("query.answer")), &now) else {
        panic!("it was paid")
    };
    assert_eq!((paid.state, paid.amount), (OrderState::Paid, Some(Cents::new(1))));
    assert_eq!(paid.channel_number.as_deref(), Some("442401051450467846498"));
    assert_eq!(paid.paid_at, Some(at("20240105145046")));
    let refund = |number: &str, made_at: &str, fen: i64| Refund {
        order: OrderKey { amount: Cents::new(fen), ..key("pay20240105145046", "20240105145046") },
        number: number.to_owned(),
        amount: Cents::new(1),
        reason: String::new(),
        made_at: at(made_at),
        notify_url: String::new(),
    };
    let undo = refund("cancelpay20240105164725", "20240105164725", 1);
    let back = refund("refundpay20240105165842", "20240105165842", 2);
    for (asked, text) in [(undo, published!("undo.answer")), (back, published!("refund.answer"))] {
        let Outcome::Done(read) = unionpay.refunded(&asked, &reply(text), &now) else { panic!("it was accepted") };
        assert_eq!(read.state, RefundState::Processing);
    }
    let body = published!("callback.form").as_bytes();
    let notice = unionpay.notified(&Headers::default(), body, &moment("20220908132210")).unwrap();
    let Event::Order(order) = notice.what else { panic!("an order") };
    assert_eq!((order.number.as_str(), order.amount), ("yansongda20220908132206", Some(Cents::new(1))));
}

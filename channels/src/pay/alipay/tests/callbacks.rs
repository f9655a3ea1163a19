//! Notifications, and why one is not believed.

use super::*;

#[test]
fn a_notification_is_verified_and_compared() {
    let alipay = alipay();
    let Event::Order(order) = told(&alipay, &notice(&[])).unwrap().what else { panic!("an order") };
    assert_eq!((order.state, order.amount), (OrderState::Paid, Some(Cents::new(1250))));
    assert_eq!(told(&alipay, &notice(&[])).unwrap().event, "2026112001222120001000010000000001");
    for (more, state) in [
        (&[("trade_status", "TRADE_FINISHED")][..], OrderState::Paid),
        (&[("refund_fee", "2.50"), ("gmt_refund", "2026-11-20 12:30:00.123")], OrderState::Refunded),
        (&[("refund_fee", "0.00")], OrderState::Paid),
        (&[("trade_status", "TRADE_CLOSED"), ("refund_fee", "12.50")], OrderState::Refunded),
        (&[("trade_status", "TRADE_CLOSED"), ("gmt_payment", "")], OrderState::Closed),
        (&[("trade_status", "WAIT_BUYER_PAY"), ("gmt_payment", "")], OrderState::Waiting),
    ] {
        let Event::Order(order) = told(&alipay, &notice(more)).unwrap().what else { panic!("an order") };
        assert_eq!(order.state, state, "{more:?}");
    }
    let other = notice_by(ALIPAY, &[("notify_type", "servicemarket_order_notify")], &[]);
    assert_eq!(told(&alipay, &other).unwrap().what, Event::Other { what: "servicemarket_order_notify".to_owned() });
    assert_eq!((alipay.acknowledge(true).text(), alipay.acknowledge(false).text()), (Some("success"), Some("fail")));
}

#[test]
fn a_notification_that_is_not_believed_says_why() {
    let alipay = alipay();
    let refused = |body: &[u8]| told(&alipay, body).unwrap_err();
    for (field, value) in [("app_id", "2021000000000002"), ("seller_id", "2088000000000002")] {
        assert_eq!(refused(&notice(&[(field, value)])), NotifyRefusal::OtherMerchant(field));
    }
    for field in ["app_id", "notify_id", "seller_id", "out_trade_no", "trade_status"] {
        assert_eq!(refused(&notice(&[(field, "")])), NotifyRefusal::Missing(field));
    }
    assert_eq!(refused(&notice_by(FOREIGN, &[], &["sign_type"])), NotifyRefusal::BadSignature);
    assert_eq!(refused(&notice(&[("sign_type", "RSA")])), NotifyRefusal::BadSignature);
    assert_eq!(refused(b"app_id=2021000000000001"), NotifyRefusal::Missing("sign"));
    assert_eq!(refused(b""), NotifyRefusal::Missing("sign"));
    for unreadable in [&b"a=%zz"[..], b"a=\xff", b"sign=x&sign=y"] {
        assert!(matches!(refused(unreadable), NotifyRefusal::Unreadable(_)));
    }
    assert!(matches!(refused(&notice(&[("trade_status", "SOMETHING_NEW")])), NotifyRefusal::Unreadable(_)));
    assert!(matches!(refused(&notice(&[("total_amount", "12.505")])), NotifyRefusal::Unreadable(_)));
    assert!(matches!(refused(&notice(&[("total_amount", "")])), NotifyRefusal::Unreadable(_)));
}

#[test]
fn with_certificates_the_one_that_signed_is_named() {
    let alipay = read(settings_with_certificates());
    let named = |number: &str| notice_by(ALIPAY, &[("alipay_cert_sn", number)], &["sign_type"]);
    assert!(told(&alipay, &named(ALIPAY_NUMBER)).is_ok());
    assert_eq!(told(&alipay, &named("00ff")), Err(NotifyRefusal::UnknownKey("00ff".to_owned())));
    let foreign = notice_by(FOREIGN, &[("alipay_cert_sn", ALIPAY_NUMBER)], &["sign_type"]);
    assert_eq!(told(&alipay, &foreign), Err(NotifyRefusal::BadSignature));
}

#[test]
fn the_published_notification_is_believed() {
    let mut settings = settings();
    settings["app_id"] = json!("2019073166072302");
    settings["seller_id"] = json!("2088531891668739");
    settings["public_keys"] =
        json!([ALIPAY_PUBLIC, include_str!("../../../../vectors/alipay/nodejs_trade_notice_key.txt")]);
    let body = include_str!("../../../../vectors/alipay/nodejs_trade_notice.txt");
    let alipay = read(settings);
    let notice = told(&alipay, body.as_bytes()).unwrap();
    let Event::Order(order) = notice.what else { panic!("an order") };
    assert_eq!((order.number.as_str(), order.state), ("20190815155618536-564-57", OrderState::Paid));
    assert_eq!(order.amount, Some(Cents::new(10)));
    let altered = body.replace("total_amount=0.10", "total_amount=0.01");
    assert!(altered != body);
    assert_eq!(told(&alipay, altered.as_bytes()), Err(NotifyRefusal::BadSignature));
}

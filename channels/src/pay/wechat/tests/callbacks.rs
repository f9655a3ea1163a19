//! Call-backs, and why one is not believed.

use super::*;

#[test]
fn a_call_back_is_verified_decrypted_and_compared() {
    let wechat = wechat();
    let told = |body: &[u8]| wechat.notified(&headers(body), body, &at(NOW));
    for apiv3 in [APIV3, OLD_APIV3] {
        let notice = told(&notice("TRANSACTION.SUCCESS", &transaction("SUCCESS"), apiv3)).unwrap();
        assert_eq!(notice.event, "EV-2018022511223320873");
        assert!(matches!(notice.what, Event::Order(ref order) if order.state == OrderState::Paid));
    }
    let mut refund = refund_body("SUCCESS");
    refund["mchid"] = json!("1900000109");
    refund["refund_status"] = refund.as_object_mut().unwrap().remove("status").unwrap();
    let Event::Refund { order_number, refund } = told(&notice("REFUND.SUCCESS", &refund, APIV3)).unwrap().what else {
        panic!("a refund")
    };
    assert_eq!((order_number, refund.state), (key().number, RefundState::Done));
    let other = told(&notice("PAYSCORE.USER_OPEN_SERVICE", &json!({ "mchid": "1900000109" }), APIV3)).unwrap();
    assert_eq!(other.what, Event::Other { what: "PAYSCORE.USER_OPEN_SERVICE".to_owned() });
    for (field, value) in [("mchid", "1900000110"), ("appid", "wx0")] {
        let mut body = transaction("SUCCESS");
        body[field] = json!(value);
        assert_eq!(told(&notice("TRANSACTION.SUCCESS", &body, APIV3)), Err(NotifyRefusal::OtherMerchant(field)));
    }
    let foreign = notice("TRANSACTION.SUCCESS", &transaction("SUCCESS"), "foreign789abcdef0123456789ABCDEF");
    assert_eq!(told(&foreign), Err(NotifyRefusal::BadCipher));
    assert_eq!((wechat.acknowledge(true).status, wechat.acknowledge(false).status), (204, 500));
    assert!(wechat.acknowledge(true).body.is_empty());
}

#[test]
fn a_call_back_that_is_not_believed_says_why() {
    let wechat = wechat();
    let body = notice("TRANSACTION.SUCCESS", &transaction("SUCCESS"), APIV3);
    let good = headers(&body);
    for seconds in [NOW - 301, NOW + 301] {
        assert_eq!(wechat.notified(&good, &body, &at(seconds)), Err(NotifyRefusal::Stale));
    }
    assert!(wechat.notified(&good, &body, &at(NOW + 300)).is_ok());
    assert_eq!(
        wechat.notified(&Headers::default(), &body, &at(NOW)),
        Err(NotifyRefusal::Missing("Wechatpay-Timestamp"))
    );
    let with = |name: &str, value: &str| {
        let pairs = answer_headers(PUBLIC_KEY_ID, &Signer::read(WECHAT).unwrap(), NOW, "n", &body);
        Headers::new(pairs.into_iter().map(|(known, old)| match known == name {
            true => (known, value.to_owned()),
            false => (known, old),
        }))
    };
    let probe = with("Wechatpay-Signature", "WECHATPAY/SIGNTEST/cHJvYmU=");
    assert_eq!(wechat.notified(&probe, &body, &at(NOW)), Err(NotifyRefusal::BadSignature));
    let unknown = with("Wechatpay-Serial", "7132D72A03E93CDDF8C03BBD1F37EEDF");
    let refusal = NotifyRefusal::UnknownKey("7132D72A03E93CDDF8C03BBD1F37EEDF".to_owned());
    assert_eq!(wechat.notified(&unknown, &body, &at(NOW)), Err(refusal));
    let foreign = Headers::new(answer_headers(PUBLIC_KEY_ID, &Signer::read(FOREIGN).unwrap(), NOW, "n", &body));
    assert_eq!(wechat.notified(&foreign, &body, &at(NOW)), Err(NotifyRefusal::BadSignature));
    // While a merchant moves to the public key, call-backs of the certificate arrive as well.
    let certificate =
        Headers::new(answer_headers(&SERIAL.to_lowercase(), &Signer::read(WECHAT).unwrap(), NOW, "n", &body));
    assert!(wechat.notified(&certificate, &body, &at(NOW)).is_ok());
}

#[test]
fn the_published_call_back_is_verified_and_opened() {
    let body = include_bytes!("../../../../vectors/wechat/go_notify_body.json");
    let headers = Headers::new([
        ("Wechatpay-Nonce".to_owned(), "EcZ9Cmy4Xyx1i6RlJQzLcCyEqDa26NBz".to_owned()),
        ("Wechatpay-Timestamp".to_owned(), "1624523846".to_owned()),
        ("Wechatpay-Serial".to_owned(), "D7CE59D1F522D701".to_owned()),
        (
            "Wechatpay-Signature".to_owned(),
            include_str!("../../../../vectors/wechat/go_notify_signature.txt").to_owned(),
        ),
    ]);
    let mut settings = settings();
    let certificate = include_str!("../../../../vectors/wechat/go_notify_certificate.pem");
    settings["verify_keys"] = json!([{ "id": "D7CE59D1F522D701", "key": certificate }]);
    settings["mchid"] = json!("1234567890");
    settings["appid"] = json!("054aa7d7a2a54ab5898df65bd96f001c");
    let mut wechat = Wechat::new(&serde_json::from_value(settings).unwrap()).unwrap();
    assert_eq!(wechat.notified(&headers, body, &at(1_624_523_846)), Err(NotifyRefusal::BadCipher));
    // The key of that test has 16 characters, which no merchant's has; so it can't come from the settings.
    wechat.api_v3_keys = vec![b"testMchAPIv3Key0".to_vec()];
    let notice = wechat.notified(&headers, body, &at(1_624_523_846)).unwrap();
    assert_eq!(notice.event, "3119dfba-e649-5eec-ab1e-3412bc4d2e17");
    assert_eq!(notice.what, Event::Other { what: "PAYSCORE.USER_OPEN_SERVICE".to_owned() });
    assert_eq!(wechat.notified(&headers, body, &at(NOW)), Err(NotifyRefusal::Stale));
}

//! Mandates: agreed to, asked for, ended, told of; and what each answer to a debit means.

use super::orders::{is_ours, parameters, part};
use super::*;
use crate::pay::alipay::mandates::{AGREEMENT_QUERY, PAGE_SIGN, PAY, UNSIGN};
use crate::pay::mandate::{ChannelMandate, Debit, DebitRefusal, Debited, Mandate, MandateKey, MandateState};

fn with_product() -> Alipay {
    let mut settings = settings();
    settings["mandates"] = json!({ "sign_scene": "INDUSTRY|EDU" });
    read(settings)
}

fn mandate(scene: Scene) -> Mandate {
    Mandate {
        number: "M26112000000000001".to_owned(),
        scene,
        shown_as: "一通卡 0001".to_owned(),
        single_cap: Cents::new(20_000),
        made_at: Timestamp::from_ms(NOW * 1000),
        notify_url: "https://school.example/notify/alipay/1".to_owned(),
        return_url: "https://school.example/back?x=1".to_owned(),
        payer: None,
    }
}

fn mandate_key() -> MandateKey {
    MandateKey { number: mandate(Scene::Qr).number, channel_number: Some("20265533000000000001".to_owned()) }
}

fn debit() -> Debit {
    Debit {
        number: order(Scene::Auto).number,
        mandate: mandate_key(),
        amount: Cents::new(1250),
        description: "自动充值".to_owned(),
        made_at: Timestamp::from_ms(NOW * 1000),
        expires_at: Timestamp::from_ms((NOW + 900) * 1000),
        notify_url: "https://school.example/notify/alipay/1".to_owned(),
    }
}

fn agreement(status: &str) -> Value {
    json!({
        "code": "10000", "msg": "Success", "external_agreement_no": mandate_key().number, "status": status,
        "agreement_no": "20265533000000000001", "sign_time": "2026-11-20 12:00:01",
        "alipay_user_id": "2088102146225135", "personal_product_code": "GENERAL_WITHHOLDING_P",
    })
}

fn biz(call: &Call) -> Value {
    let pairs = parameters(&call.url, &call.body);
    assert!(is_ours(&pairs));
    serde_json::from_str(part(&pairs, "biz_content")).unwrap()
}

#[test]
fn without_a_product_in_the_settings_there_are_no_mandates() {
    assert!(alipay().mandates().is_none());
    let alipay = with_product();
    let mandates = alipay.mandates().unwrap();
    assert!(!alipay.scenes().contains(&Scene::Auto) && !mandates.mandate_scenes().contains(&Scene::Auto));
    assert!(alipay.create(&order(Scene::Auto), &at(NOW)).is_err(), "a debit is no order that somebody pays");
}

#[test]
fn somebody_agrees_on_a_page_of_alipay() {
    let alipay = with_product();
    let Start::Show(Presented::Redirect { url }) = alipay.sign(&mandate(Scene::MobileWeb), &at(NOW)).unwrap() else {
        panic!("a page")
    };
    let pairs = parameters(&url, b"");
    assert!(is_ours(&pairs));
    assert_eq!(part(&pairs, "method"), PAGE_SIGN);
    assert_eq!(part(&pairs, "return_url"), mandate(Scene::Qr).return_url);
    let biz: Value = serde_json::from_str(part(&pairs, "biz_content")).unwrap();
    assert_eq!(biz["external_agreement_no"], mandate_key().number);
    assert_eq!((biz["sign_scene"].as_str(), biz["access_params"]["channel"].as_str()), {
        (Some("INDUSTRY|EDU"), Some("ALIPAYAPP"))
    });
    let Start::Show(Presented::Qr { text }) = alipay.sign(&mandate(Scene::Qr), &at(NOW)).unwrap() else {
        panic!("a code")
    };
    assert!(part(&parameters(&text, b""), "biz_content").contains("QRCODE"));
}

#[test]
fn what_alipay_says_of_a_mandate() {
    let alipay = with_product();
    let call = alipay.query_mandate(&mandate_key(), &at(NOW)).unwrap();
    assert_eq!(biz(&call)["external_agreement_no"], mandate_key().number);
    let said = |reply: &Reply| alipay.mandate_queried(&mandate_key(), reply, &at(NOW));
    for (status, state) in
        [("TEMP", MandateState::Waiting), ("NORMAL", MandateState::Signed), ("STOP", MandateState::Ended)]
    {
        let Outcome::Done(of) = said(&answer(AGREEMENT_QUERY, agreement(status))) else { panic!("{status}") };
        assert_eq!((of.state, of.channel_number.as_deref()), (state, Some("20265533000000000001")));
    }
    let absent = said(&error(AGREEMENT_QUERY, "40004", "USER_AGREEMENT_NOT_EXIST"));
    assert!(matches!(absent, Outcome::Done(ChannelMandate { state: MandateState::Absent, .. })));
    let mut other = agreement("NORMAL");
    other["external_agreement_no"] = json!("M2");
    let mut bare = agreement("NORMAL");
    bare["agreement_no"] = json!("");
    for reply in [
        answer(AGREEMENT_QUERY, other),
        answer(AGREEMENT_QUERY, bare),
        answer(AGREEMENT_QUERY, agreement("SOON")),
        error(AGREEMENT_QUERY, "20000", "isp.unknow-error"),
        error(AGREEMENT_QUERY, "40006", "isv.insufficient-isv-permissions"),
        signed_by(FOREIGN, AGREEMENT_QUERY, &agreement("NORMAL").to_string()),
    ] {
        assert!(matches!(said(&reply), Outcome::Unknown { .. }), "{reply:?}");
    }
}

#[test]
fn an_end_is_an_end_and_silence_is_not() {
    let alipay = with_product();
    let call = alipay.end_mandate(&mandate_key(), &at(NOW)).unwrap();
    assert_eq!(biz(&call), json!({ "agreement_no": "20265533000000000001" }));
    let said = |reply: &Reply| alipay.mandate_ended(&mandate_key(), reply, &at(NOW));
    assert_eq!(said(&answer(UNSIGN, json!({ "code": "10000" }))), Outcome::Done(MandateState::Ended));
    let gone = error(UNSIGN, "40004", "USER_AGREEMENT_NOT_EXIST");
    assert_eq!(said(&gone), Outcome::Done(MandateState::Absent));
    assert!(matches!(said(&error(UNSIGN, "40004", "SYSTEM_ERROR")), Outcome::Unknown { .. }));
    assert!(matches!(said(&Reply::new(502, Headers::default(), "")), Outcome::Unknown { .. }));
}

#[test]
fn a_debit_names_the_mandate_and_only_explicit_words_move_money() {
    let alipay = with_product();
    let call = alipay.debit(&debit(), &at(NOW)).unwrap();
    let asked = biz(&call);
    assert_eq!(asked["agreement_params"]["agreement_no"], "20265533000000000001");
    assert_eq!((asked["total_amount"].as_str(), asked["product_code"].as_str()), {
        (Some("12.50"), Some("GENERAL_WITHHOLDING"))
    });
    let unsigned = Debit { mandate: MandateKey { channel_number: None, ..mandate_key() }, ..debit() };
    assert!(alipay.debit(&unsigned, &at(NOW)).is_err());
    let said = |reply: &Reply| alipay.debited(&debit(), reply, &at(NOW));
    let paid = json!({
        "code": "10000", "msg": "Success", "out_trade_no": debit().number, "trade_no": "2026112022001400010000000001",
        "total_amount": "12.50", "gmt_payment": "2026-11-20 12:00:01", "buyer_user_id": "2088102146225135",
    });
    let Outcome::Done(Debited::Paid(of)) = said(&answer(PAY, paid.clone())) else { panic!("paid") };
    assert_eq!((of.state, of.amount), (OrderState::Paid, Some(Cents::new(1250))));
    let mut bare = paid.clone();
    bare["total_amount"] = Value::Null;
    let mut other = paid;
    other["out_trade_no"] = json!("P2");
    for reply in [
        answer(PAY, bare),
        answer(PAY, other),
        error(PAY, "10003", ""),
        error(PAY, "20000", "ACQ.SYSTEM_ERROR"),
        error(PAY, "40004", "ACQ.SYSTEM_ERROR"),
        error(PAY, "40004", "ACQ.TRADE_HAS_SUCCESS"),
        Reply::new(500, Headers::default(), ""),
    ] {
        assert!(matches!(said(&reply), Outcome::Unknown { .. }), "{reply:?}");
    }
    for (code, why) in [
        ("ACQ.BUYER_BALANCE_NOT_ENOUGH", DebitRefusal::NotEnough),
        ("ACQ.AGREEMENT_NOT_EXIST", DebitRefusal::MandateGone),
        ("ACQ.BEYOND_PAY_RESTRICTION", DebitRefusal::Limit),
        ("ACQ.PAYMENT_REQUEST_HAS_RISK", DebitRefusal::Other),
    ] {
        assert!(matches!(said(&error(PAY, "40004", code)), Outcome::Refused { .. }), "{code}");
        assert_eq!(alipay.debit_refusal(code), why, "{code}");
    }
}

#[test]
fn a_notification_about_a_mandate_signs_its_sign_type() {
    let alipay = with_product();
    let body = |kind: &str, status: &str| {
        let more = [
            ("notify_type", kind),
            ("external_agreement_no", "M26112000000000001"),
            ("agreement_no", "20265533000000000001"),
            ("status", status),
            ("sign_time", "2026-11-20 12:00:01"),
            ("alipay_user_id", "2088102146225135"),
        ];
        notice_by(ALIPAY, &more, &[])
    };
    for (kind, status, state) in
        [("dut_user_sign", "NORMAL", MandateState::Signed), ("dut_user_unsign", "UNSIGN", MandateState::Ended)]
    {
        let Event::Mandate(of) = told(&alipay, &body(kind, status)).unwrap().what else { panic!("a mandate") };
        assert_eq!((of.state, of.number.as_str()), (state, "M26112000000000001"));
        assert_eq!(of.channel_number.as_deref(), Some("20265533000000000001"));
    }
    let forged = notice_by(FOREIGN, &[("notify_type", "dut_user_unsign"), ("status", "UNSIGN")], &[]);
    assert_eq!(told(&alipay, &forged), Err(NotifyRefusal::BadSignature));
}

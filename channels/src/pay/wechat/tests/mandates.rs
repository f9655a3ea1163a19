//! Mandates: agreed to, asked for, ended, told of; and what each answer to a debit means.

use super::*;
use crate::pay::mandate::{ChannelMandate, Debit, DebitRefusal, Debited, Mandate, MandateKey, MandateState};

fn with_plan() -> Wechat {
    let mut settings = settings();
    settings["mandates"] = json!({ "plan_id": 12535 });
    Wechat::new(&serde_json::from_value(settings).unwrap()).unwrap()
}

fn mandate(scene: Scene) -> Mandate {
    Mandate {
        number: "M26112000000000001".to_owned(),
        scene,
        shown_as: "一通卡 0001".to_owned(),
        single_cap: Cents::new(20_000),
        made_at: Timestamp::from_ms(NOW * 1000),
        notify_url: "https://school.example/notify/wechat/1".to_owned(),
        return_url: "https://school.example/back".to_owned(),
        payer: Some("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o".to_owned()),
    }
}

fn mandate_key() -> MandateKey {
    MandateKey { number: mandate(Scene::InApp).number, channel_number: Some("202611200000000001".to_owned()) }
}

fn debit() -> Debit {
    Debit {
        number: order(Scene::Auto).number,
        mandate: mandate_key(),
        amount: Cents::new(1250),
        description: "自动充值".to_owned(),
        made_at: Timestamp::from_ms(NOW * 1000),
        expires_at: Timestamp::from_ms((NOW + 900) * 1000),
        notify_url: "https://school.example/notify/wechat/1".to_owned(),
    }
}

fn contract(state: &str) -> Value {
    json!({
        "mchid": "1900000109", "appid": "wxd678efh567hg6787", "plan_id": 12535, "contract_state": state,
        "out_contract_code": mandate_key().number, "contract_id": "202611200000000001", "openid": "oUpF8u",
        "contract_signed_time": "2026-11-20T12:00:01+08:00", "contract_display_account": "一通卡",
    })
}

fn body(call: &Call) -> Value {
    serde_json::from_slice(&call.body).unwrap()
}

#[test]
fn somebody_agrees_on_a_page_of_wechat() {
    assert!(wechat().mandates().is_none());
    let wechat = with_plan();
    for (scene, path, openid) in [(Scene::InApp, "jsapi", true), (Scene::MobileWeb, "h5", false)] {
        let call = sent(wechat.sign(&mandate(scene), &at(NOW)).unwrap());
        assert!(call.url.ends_with(&format!("/pre-entrust-sign/{path}")));
        let asked = body(&call);
        assert_eq!((asked["plan_id"].as_u64(), asked["openid"].is_string()), (Some(12_535), openid));
        assert_eq!(asked["deduct_schedule"]["estimated_deduct_amount"]["total"], 20_000);
    }
    assert!(wechat.sign(&mandate(Scene::Qr), &at(NOW)).is_err());
    let begun = answer(200, json!({ "redirect_url": "https://payapp.example/sign?x=1" }));
    let shown = wechat.sign_begun(&mandate(Scene::MobileWeb), &begun, &at(NOW));
    let Outcome::Done(Presented::Redirect { url }) = shown else { panic!("a page") };
    assert!(url.starts_with("https://payapp.example/sign?x=1&redirect_url=https%3A%2F%2Fschool"));
    let empty = answer(200, json!({}));
    assert!(matches!(wechat.sign_begun(&mandate(Scene::InApp), &empty, &at(NOW)), Outcome::Unknown { .. }));
}

#[test]
fn what_wechat_says_of_a_mandate() {
    let wechat = with_plan();
    let call = wechat.query_mandate(&mandate_key(), &at(NOW)).unwrap();
    assert!(call.url.ends_with("/v3/papay/sign/contracts/plan-id/12535/out-contract-code/M26112000000000001"));
    let said = |reply: &Reply| wechat.mandate_queried(&mandate_key(), reply, &at(NOW));
    for (word, state) in
        [("SIGNED", MandateState::Signed), ("TERMINATED", MandateState::Ended), ("SIGN_FAILED", MandateState::Ended)]
    {
        let Outcome::Done(of) = said(&answer(200, contract(word))) else { panic!("{word}") };
        assert_eq!((of.state, of.channel_number.as_deref()), (state, Some("202611200000000001")));
    }
    let absent = said(&error(404, "RESOURCE_NOT_EXISTS"));
    assert!(matches!(absent, Outcome::Done(ChannelMandate { state: MandateState::Absent, .. })));
    let altered = |field: &str, value: Value| {
        let mut of = contract("SIGNED");
        of[field] = value;
        answer(200, of)
    };
    for reply in [
        altered("mchid", json!("1900000110")),
        altered("plan_id", json!(1)),
        altered("out_contract_code", json!("M2")),
        altered("contract_id", Value::Null),
        altered("contract_state", json!("TO_BE_RENEWED")),
        error(404, "SOMETHING_ELSE"),
        error(500, "SYSTEM_ERROR"),
        signed_by(FOREIGN, PUBLIC_KEY_ID, NOW, 200, contract("SIGNED").to_string().as_bytes()),
    ] {
        assert!(matches!(said(&reply), Outcome::Unknown { .. }), "{reply:?}");
    }
}

#[test]
fn an_end_is_an_end_and_silence_is_not() {
    let wechat = with_plan();
    assert!(wechat.end_mandate(&mandate_key(), &at(NOW)).unwrap().url.ends_with("/terminate"));
    let said = |reply: &Reply| wechat.mandate_ended(&mandate_key(), reply, &at(NOW));
    assert_eq!(said(&signed_by(WECHAT, PUBLIC_KEY_ID, NOW, 204, b"")), Outcome::Done(MandateState::Ended));
    assert_eq!(said(&answer(200, contract("TERMINATED"))), Outcome::Done(MandateState::Ended));
    assert_eq!(said(&error(404, "RESOURCE_NOT_EXISTS")), Outcome::Done(MandateState::Absent));
    assert!(matches!(said(&answer(200, contract("SIGNED"))), Outcome::Unknown { .. }));
    assert!(matches!(said(&error(502, "")), Outcome::Unknown { .. }));
}

#[test]
fn a_debit_is_taken_first_and_told_later() {
    let wechat = with_plan();
    let call = wechat.debit(&debit(), &at(NOW)).unwrap();
    let asked = body(&call);
    assert_eq!((asked["contract_id"].as_str(), asked["amount"]["total"].as_i64()), {
        (Some("202611200000000001"), Some(1250))
    });
    let said = |reply: &Reply| wechat.debited(&debit(), reply, &at(NOW));
    for reply in [answer(200, json!({})), signed_by(WECHAT, PUBLIC_KEY_ID, NOW, 204, b"")] {
        assert_eq!(said(&reply), Outcome::Done(Debited::Accepted));
    }
    assert!(matches!(said(&answer(200, transaction("SUCCESS"))), Outcome::Done(Debited::Paid(_))));
    assert_eq!(said(&answer(200, transaction("ACCEPT"))), Outcome::Done(Debited::Accepted));
    for reply in [error(500, "SYSTEM_ERROR"), error(400, "INVALID_REQUEST"), error(400, "ORDERPAID")] {
        assert!(matches!(said(&reply), Outcome::Unknown { .. }), "{reply:?}");
    }
    assert!(matches!(said(&error(403, "NOT_ENOUGH")), Outcome::Refused { .. }));
    assert_eq!(wechat.debit_refusal("NOT_ENOUGH"), DebitRefusal::NotEnough);
}

#[test]
fn a_call_back_about_a_mandate_is_compared_with_ours() {
    let wechat = with_plan();
    let told = |event: &str, of: &Value| {
        let body = notice(event, of, APIV3);
        wechat.notified(&headers(&body), &body, &at(NOW))
    };
    for (event, word, state) in
        [("ENTRUST.SIGN", "SIGNED", MandateState::Signed), ("ENTRUST.TERMINATE", "TERMINATED", MandateState::Ended)]
    {
        let Event::Mandate(of) = told(event, &contract(word)).unwrap().what else { panic!("a mandate") };
        assert_eq!((of.state, of.number), (state, mandate_key().number));
    }
    let mut other = contract("SIGNED");
    other["mchid"] = json!("1900000110");
    assert_eq!(told("ENTRUST.SIGN", &other), Err(NotifyRefusal::OtherMerchant("mchid")));
    // A debit that failed, whatever its event is called.
    let Event::Order(of) = told("TRANSACTION.FAIL", &transaction("PAYERROR")).unwrap().what else { panic!("an order") };
    assert_eq!(of.state, OrderState::Failed);
}

//! What Alipay is sent, and what its answers mean.

use super::super::samples::{fields, message, moment, reply};
use super::*;
use crate::query_pairs;
use std::collections::BTreeMap;

/// Ours, and Alipay's.
const KEY: &str = include_str!("../../../vectors/keys/app.pem");
const ALIPAY_KEY: &str = include_str!("../../../vectors/keys/alipay.pem");
const ALIPAY_PUBLIC: &str = include_str!("../../../vectors/keys/alipay.pub.pem");

fn channel(product: &str) -> Alipay {
    let config =
        json!({"app_id": "2021001", "private_key": KEY, "alipay_public_key": ALIPAY_PUBLIC, "product": product});
    Alipay::new(serde_json::from_value(config).unwrap()).unwrap()
}

/// All parameters of a request, its signature verified.
fn parameters(call: &Call) -> BTreeMap<String, String> {
    let mut pairs = query_pairs(call.url.split_once('?').unwrap().1).unwrap();
    pairs.extend(query_pairs(std::str::from_utf8(&call.body).unwrap()).unwrap());
    let parameters: BTreeMap<String, String> = pairs.into_iter().collect();
    let text = parameters.iter().filter(|(name, _)| *name != "sign").map(|(name, value)| format!("{name}={value}"));
    let text = text.collect::<Vec<_>>().join("&");
    let verifier = Signer::read(KEY).unwrap().public();
    assert!(verifier.verifies_base64(text.as_bytes(), &parameters["sign"]));
    parameters
}

#[test]
fn a_mini_program_sends_a_template() {
    let values = fields([("keyword1", "12.50"), ("keyword2", "第一食堂")]);
    let message = Message { link: Some("pages/index".into()), ..message(values) };
    let call = channel("mini_program").send(&message, "2088102122458832", None, &moment()).unwrap();
    let sent = parameters(&call);
    assert_eq!(sent["method"], "alipay.open.app.mini.templatemessage.send");
    assert_eq!((sent["timestamp"].as_str(), sent["sign_type"].as_str()), ("2026-11-27 12:00:00", "RSA2"));
    let content: Value = serde_json::from_str(&sent["biz_content"]).unwrap();
    let expected = json!({
        "to_user_id": "2088102122458832",
        "user_template_id": "template-1",
        "page": "pages/index",
        "data": r#"{"keyword1":{"value":"12.50"},"keyword2":{"value":"第一食堂"}}"#,
    });
    assert_eq!(content, expected);
    let open =
        channel("mini_program").send(&message, "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5", None, &moment());
    let content: Value = serde_json::from_str(&parameters(&open.unwrap())["biz_content"]).unwrap();
    assert!(content.get("to_open_id").is_some() && content.get("to_user_id").is_none());
    let shown = format!("{call:?} {:?}", channel("mini_program"));
    assert!(!shown.contains("2088102122458832") && !shown.contains(&KEY[40..80]), "{shown}");
}

#[test]
fn a_guardian_is_told_of_lunch() {
    let values = fields([
        ("operator_name", "李同学"),
        ("school_name", "实验小学"),
        ("school_stdcode", "3135000001"),
        ("memo", "消费 12.50 元"),
        ("operator_userid", "2088000000000001"),
        ("contact_info", "0591-00000000"),
    ]);
    let template = Some("school_facepay".to_owned());
    let message = Message { template, link: Some("alipays://platformapi/startapp?appId=1".into()), ..message(values) };
    let sent = parameters(&channel("kids").send(&message, "2088000000000002", None, &moment()).unwrap());
    let content: Value = serde_json::from_str(&sent["biz_content"]).unwrap();
    assert_eq!(
        (content["out_biz_no"].as_str(), content["biz_time"].as_str()),
        (Some("notice-1"), Some("2026-11-27 12:00:00"))
    );
    let data: Value = serde_json::from_str(content["biz_data"].as_str().unwrap()).unwrap();
    assert_eq!(
        (data["target_userid"].as_str(), data["operator_name"].as_str()),
        (Some("2088000000000002"), Some("李同学"))
    );
    let mut fewer = message.clone();
    fewer.fields.remove("memo");
    let refusal = channel("kids").send(&fewer, "2088000000000002", None, &moment()).unwrap_err();
    assert_eq!(refusal.to_string(), "fields: memo: it is missing");
    let other = Message { template: Some("lunch".into()), ..message };
    assert_eq!(channel("kids").send(&other, "2088000000000002", None, &moment()).unwrap_err().field, "template");
}

#[test]
fn only_a_signed_yes_is_a_yes() {
    let name = "alipay_open_app_mini_templatemessage_send_response";
    let part = r#"{"code":"10000","msg":"Success", "x":"a\/b"}"#;
    let answer = |part: &str, sign: &str| reply(200, &format!(r#"{{"{name}":{part},"sign":"{sign}"}}"#));
    let sign = Signer::read(ALIPAY_KEY).unwrap().sign_base64(part.as_bytes());
    let sent = |reply: &Reply| channel("mini_program").sent(reply);
    assert_eq!(sent(&answer(part, &sign)), Sent::Accepted { provider_id: None });
    let unproven = unknown("an answer whose signature does not fit");
    assert_eq!(sent(&answer(&part.replace("Success", "success"), &sign)), unproven);
    assert_eq!(sent(&reply(200, &format!(r#"{{"{name}":{part}}}"#))), unproven);
    assert_eq!(sent(&reply(200, r#"{"other_response":{"code":"10000"}}"#)), unknown("an answer to something else"));
}

#[test]
fn every_answer_has_its_class() {
    let class = |code: &str, sub_code: &str| {
        let error = json!({"code": code, "msg": "m", "sub_code": sub_code, "sub_msg": "用户未订阅"});
        match channel("mini_program").sent(&reply(200, &json!({"error_response": error}).to_string())) {
            Sent::NotSent { class, .. } => Some(class),
            _ => None,
        }
    };
    assert_eq!(class("40002", "isv.invalid-signature"), Some(ErrorClass::Permanent));
    assert_eq!(class("40006", "isv.insufficient-isv-permissions"), Some(ErrorClass::Permanent));
    assert_eq!(class("40004", "USER_UNSUBSCRIBE"), Some(ErrorClass::AddressGone));
    assert_eq!(class("40004", "TEMPLATE_NOT_EXIST"), Some(ErrorClass::Permanent));
    assert_eq!(class("40004", "SYSTEM_ERROR"), None);
    assert_eq!(class("40005", "isv.app-call-limited"), Some(ErrorClass::Throttled { after_s: 60 }));
    assert_eq!(class("20000", "isp.unknow-error"), None);
}

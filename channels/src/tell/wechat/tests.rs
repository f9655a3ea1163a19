//! What WeChat is sent, and what its answers mean.

use super::super::samples::{fields, message, moment, reply};
use super::*;

fn channel(account: &str) -> Wechat {
    let settings = format!(r#"{{"app_id": "wx1", "app_secret": "c0ffee-secret", "account": {account}}}"#);
    Wechat::new(serde_json::from_str(&settings).unwrap()).unwrap()
}

const MINI_PROGRAM: &str = r#"{"kind": "mini_program", "web_page": "pages/web/index?url="}"#;

fn body(call: &Call) -> Value {
    serde_json::from_slice(&call.body).unwrap()
}

#[test]
fn a_mini_program_is_led_to_a_page_of_its_own() {
    let values = fields([
        ("thing1", "第一食堂\n红烧肉、青菜、米饭、番茄蛋汤、水果"),
        ("amount2", "￥12.50元"),
        ("time3", "12:05"),
    ]);
    let message = Message { link: Some("https://yitong.example/parent/?a=b".into()), ..message(values) };
    let call = channel(MINI_PROGRAM).send(&message, "oAbC-1_2", Some("to ken"), &moment()).unwrap();
    assert_eq!(call.url, "https://api.weixin.qq.com/cgi-bin/message/subscribe/send?access_token=to%20ken");
    let expected = json!({
        "touser": "oAbC-1_2",
        "template_id": "template-1",
        "page": "pages/web/index?url=https%3A%2F%2Fyitong.example%2Fparent%2F%3Fa%3Db",
        "miniprogram_state": "formal",
        "lang": "zh_CN",
        "data": {
            "thing1": {"value": "第一食堂 红烧肉、青菜、米饭、番茄蛋汤…"},
            "amount2": {"value": "￥12.50元"},
            "time3": {"value": "12:05"},
        },
    });
    assert_eq!(body(&call), expected);
    let without = channel(r#"{"kind": "mini_program"}"#).send(&message, "oAbC", Some("t"), &moment()).unwrap();
    assert_eq!(body(&without).get("page"), None);
}

#[test]
fn a_service_account_has_two_ways() {
    let message =
        Message { link: Some("https://yitong.example/".into()), ..message(fields([("phrase1", "已取餐")])) };
    let call = channel(r#"{"kind": "service_account"}"#).send(&message, "o1", Some("t"), &moment()).unwrap();
    assert!(call.url.contains("/subscribe/bizsend?"));
    assert_eq!(body(&call)["page"], "https://yitong.example/");
    let older = Message { fields: fields([("first", "您好"), ("keyword1", "一".repeat(30).as_str())]), ..message };
    let call = channel(r#"{"kind": "service_account_template"}"#).send(&older, "o1", Some("t"), &moment()).unwrap();
    assert!(call.url.contains("/template/send?"));
    assert_eq!(body(&call)["url"], "https://yitong.example/");
    assert_eq!(body(&call)["data"]["keyword1"]["value"], format!("{}…", "一".repeat(19)));
    assert_eq!(body(&call)["client_msg_id"].as_str().map(str::len), Some(32));
}

#[test]
fn what_wechat_would_refuse_is_refused_before_by_name() {
    let why = |name: &str, value: &str| {
        let message = message(fields([(name, value)]));
        channel(MINI_PROGRAM).send(&message, "o1", Some("t"), &moment()).unwrap_err().to_string()
    };
    assert_eq!(why("phrase1", "正在等待取餐"), "fields: phrase1: it is not one to five Chinese characters");
    assert_eq!(why("amount2", "12块5"), "fields: amount2: it is not an amount of up to ten digits");
    assert_eq!(why("site3", "x"), "fields: site3: WeChat knows no field of this kind");
    let outcome = |address: &str, token| channel(MINI_PROGRAM).send(&message(fields([])), address, token, &moment());
    assert_eq!(outcome("o1", None).unwrap_err().field, "token");
    assert_eq!(outcome("o 1", Some("t")).unwrap_err().field, "address");
}

#[test]
fn a_token_is_fetched_and_read() {
    let call = channel(MINI_PROGRAM).token(&moment()).unwrap();
    assert_eq!(call.url, "https://api.weixin.qq.com/cgi-bin/stable_token");
    assert_eq!(body(&call)["grant_type"], "client_credential");
    let read = |text: &str| channel(MINI_PROGRAM).token_read(&reply(200, text));
    let token = Token { text: "T".into(), life_s: 7_200 };
    assert_eq!(read(r#"{"access_token": "T", "expires_in": 7200}"#), Ok(token));
    let refusal = read(r#"{"errcode": 40164, "errmsg": "invalid ip 203.0.113.9, not in whitelist"}"#).unwrap_err();
    let Sent::NotSent { class: ErrorClass::Permanent, code, .. } = refusal else { panic!("{refusal:?}") };
    assert_eq!(code, "40164");
    assert_eq!(read("{}"), Err(unknown("an answer without a token")));
}

#[test]
fn every_answer_has_its_class() {
    let sent = |text: &str| channel(MINI_PROGRAM).sent(&reply(200, text));
    let accepted = Sent::Accepted { provider_id: Some("1".into()) };
    assert_eq!(sent(r#"{"errcode": 0, "errmsg": "ok", "msgid": 1}"#), accepted);
    for (code, expected) in [
        (43101, ErrorClass::AddressGone),
        (40003, ErrorClass::AddressGone),
        (43004, ErrorClass::AddressGone),
        (40001, ErrorClass::TokenStale),
        (42001, ErrorClass::TokenStale),
        (40037, ErrorClass::Permanent),
        (45103, ErrorClass::Permanent),
        (47003, ErrorClass::Permanent),
        (48001, ErrorClass::Permanent),
        (99999, ErrorClass::Permanent),
        (-1, ErrorClass::Transient),
        (45011, ErrorClass::Throttled { after_s: 60 }),
        (45009, ErrorClass::Throttled { after_s: 86_400 }),
    ] {
        let message = "user refuse to accept the msg rid: 5f-1";
        let expected = Sent::NotSent { class: expected, code: code.to_string(), message: message.into() };
        assert_eq!(sent(&json!({"errcode": code, "errmsg": message}).to_string()), expected);
    }
    assert_eq!(sent("{}"), unknown("an answer without a code"));
}

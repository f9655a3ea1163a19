//! A merchant and Alipay talk to each other with the keys of `vectors/keys`; then somebody else joins in.

mod callbacks;
mod forgery;
mod mandates;
mod orders;
mod settings;

use super::*;
use crate::crypto::{Signer, Verifier};
use crate::pay::alipay::sign::{answer_name, signing_text};
use crate::pay::{Event, OrderState, RefundState};
use crate::query_pairs;
use serde_json::{Value, json};
use yitong_values::Timestamp;

const APP: &str = include_str!("../../../../vectors/keys/app.pem");
const APP_PUBLIC: &str = include_str!("../../../../vectors/keys/app.pub.pem");
const APP_CERTIFICATE: &str = include_str!("../../../../vectors/keys/app.crt");
const ALIPAY: &str = include_str!("../../../../vectors/keys/alipay.pem");
const ALIPAY_PUBLIC: &str = include_str!("../../../../vectors/keys/alipay.pub.pem");
const ALIPAY_CERTIFICATE: &str = include_str!("../../../../vectors/keys/alipay.crt");
const ROOT: &str = include_str!("../../../../vectors/keys/root.crt");
const FOREIGN: &str = include_str!("../../../../vectors/keys/foreign.pem");
const ALIPAY_NUMBER: &str = "5d3563783d445681be14b8596c355edd";

/// 2026-11-20 12:00:00 in China.
const NOW: i64 = 1_795_147_200;

fn settings() -> Value {
    json!({
        "app_id": "2021000000000001",
        "seller_id": "2088000000000001",
        "gateway": "http://127.0.0.1:1/gateway.do",
        "signing": [{ "private_key": APP }],
        "public_keys": [ALIPAY_PUBLIC],
    })
}

fn settings_with_certificates() -> Value {
    json!({
        "app_id": "2021000000000001",
        "gateway": "http://127.0.0.1:1/gateway.do",
        "signing": [{ "private_key": APP, "certificate": APP_CERTIFICATE }],
        "certificates": [ALIPAY_CERTIFICATE],
        "root_certificates": ROOT,
    })
}

fn read(settings: Value) -> Alipay {
    Alipay::new(&serde_json::from_value(settings).unwrap()).unwrap()
}

fn alipay() -> Alipay {
    read(settings())
}

fn at(seconds: i64) -> Moment {
    Moment { now: Timestamp::from_ms(seconds * 1000), nonce: *b"0123456789abcdef" }
}

fn signed_by(key: &str, method: &str, body: &str) -> Reply {
    let sign = Signer::read(key).unwrap().sign_base64(body.as_bytes());
    Reply::new(200, Headers::default(), format!("{{\"{}\":{body},\"sign\":\"{sign}\"}}", answer_name(method)))
}

fn answer(method: &str, body: Value) -> Reply {
    signed_by(ALIPAY, method, &body.to_string())
}

fn error(method: &str, code: &str, sub_code: &str) -> Reply {
    answer(method, json!({ "code": code, "msg": "Business Failed", "sub_code": sub_code, "sub_msg": "…" }))
}

fn order(scene: Scene) -> Order {
    Order {
        number: "P26112000000000001".to_owned(),
        scene,
        amount: Cents::new(1250),
        description: "午餐/充值=1".to_owned(),
        made_at: Timestamp::from_ms(NOW * 1000),
        expires_at: Timestamp::from_ms((NOW + 900) * 1000),
        notify_url: "https://school.example/notify/alipay/1".to_owned(),
        return_url: "https://school.example/pay/done?order=1&a=饭".to_owned(),
        payer: Some("074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5".to_owned()),
        payer_ip: "203.0.113.7".to_owned(),
    }
}

fn key() -> OrderKey {
    let made_at = Timestamp::from_ms(NOW * 1000);
    OrderKey { number: order(Scene::Qr).number, channel_number: None, made_at, amount: Cents::new(1250) }
}

fn refund() -> Refund {
    Refund {
        order: key(),
        number: "R26112000000000001".to_owned(),
        amount: Cents::new(250),
        reason: "退一份汤".to_owned(),
        made_at: Timestamp::from_ms(NOW * 1000),
        notify_url: String::new(),
    }
}

fn refund_key() -> RefundKey {
    RefundKey { order: key(), number: refund().number, channel_number: None, made_at: refund().made_at }
}

fn trade(status: &str) -> Value {
    json!({
        "code": "10000", "msg": "Success", "out_trade_no": key().number, "trade_no": "2026112022001400010000000001",
        "trade_status": status, "total_amount": "12.50", "send_pay_date": "2026-11-20 12:00:01",
        "buyer_open_id": "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5",
    })
}

/// The form of a notification about a trade, its signature over all but `sign` and `sign_type`.
fn notice(more: &[(&str, &str)]) -> Vec<u8> {
    notice_by(ALIPAY, more, &["sign_type"])
}

fn notice_by(key: &str, more: &[(&str, &str)], unsigned: &[&str]) -> Vec<u8> {
    let mut pairs: Vec<(String, String)> = [
        ("app_id", "2021000000000001"),
        ("charset", "utf-8"),
        ("gmt_payment", "2026-11-20 12:00:01"),
        ("notify_id", "2026112001222120001000010000000001"),
        ("notify_type", "trade_status_sync"),
        ("out_trade_no", "P26112000000000001"),
        ("seller_id", "2088000000000001"),
        ("sign_type", "RSA2"),
        ("subject", "饭 100%+1"),
        ("total_amount", "12.50"),
        ("trade_no", "2026112022001400010000000001"),
        ("trade_status", "TRADE_SUCCESS"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    for (name, value) in more {
        pairs.retain(|(known, _)| known != name);
        pairs.push(((*name).to_owned(), (*value).to_owned()));
    }
    let signed: Vec<_> = pairs.iter().filter(|(name, _)| !unsigned.contains(&name.as_str())).cloned().collect();
    let sign = Signer::read(key).unwrap().sign_base64(signing_text(&signed).as_bytes());
    pairs.push(("sign".to_owned(), sign));
    encoded(&pairs).into_bytes()
}

fn told(alipay: &Alipay, body: &[u8]) -> Result<Notice, NotifyRefusal> {
    alipay.notified(&Headers::default(), body, &at(NOW))
}

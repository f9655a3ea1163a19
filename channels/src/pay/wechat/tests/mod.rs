//! A merchant and WeChat Pay talk to each other with the keys of `vectors/keys`; then somebody else joins in.

mod callbacks;
mod forgery;
mod mandates;
mod orders;
mod settings;

use super::*;
use crate::crypto::{Signer, base64, gcm_seal};
use crate::pay::wechat::sign::{Authorization, answer_headers, request_text};
use crate::pay::{ChannelOrder, Event, OrderState, RefundState};
use serde_json::{Value, json};
use yitong_values::{Cents, Timestamp};

const MERCHANT: &str = include_str!("../../../../vectors/keys/merchant.pem");
const MERCHANT_PUBLIC: &str = include_str!("../../../../vectors/keys/merchant.pub.pem");
const WECHAT: &str = include_str!("../../../../vectors/keys/wechat.pem");
const WECHAT_PUBLIC: &str = include_str!("../../../../vectors/keys/wechat.pub.pem");
const WECHAT_CERTIFICATE: &str = include_str!("../../../../vectors/keys/wechat.crt");
const FOREIGN: &str = include_str!("../../../../vectors/keys/foreign.pem");

const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_0119000001092026112000000001";
const SERIAL: &str = "5157F09EFDC096DE15EBE81A47057A7200000001";
const APIV3: &str = "0123456789abcdef0123456789ABCDEF";
const OLD_APIV3: &str = "old3456789abcdef0123456789ABCDEF";
/// 2026-11-20 12:00:00 in China.
const NOW: i64 = 1_795_147_200;

fn settings() -> Value {
    json!({
        "mchid": "1900000109",
        "appid": "wxd678efh567hg6787",
        "base_url": "http://127.0.0.1:1/",
        "api_v3_keys": [APIV3, OLD_APIV3],
        "signing": [{ "serial": "3775b6a45acd588826d15e583a95f5dd00000001", "private_key": MERCHANT }],
        "verify_keys": [
            { "id": PUBLIC_KEY_ID, "key": WECHAT_PUBLIC },
            { "id": SERIAL, "key": WECHAT_CERTIFICATE },
        ],
    })
}

fn wechat() -> Wechat {
    Wechat::new(&serde_json::from_value(settings()).unwrap()).unwrap()
}

fn at(seconds: i64) -> Moment {
    Moment { now: Timestamp::from_ms(seconds * 1000), nonce: *b"0123456789abcdef" }
}

fn signed_by(key: &str, serial: &str, seconds: i64, status: u16, body: &[u8]) -> Reply {
    let headers = answer_headers(serial, &Signer::read(key).unwrap(), seconds, "n", body);
    Reply::new(status, Headers::new(headers), body)
}

fn answer(status: u16, body: Value) -> Reply {
    signed_by(WECHAT, PUBLIC_KEY_ID, NOW, status, body.to_string().as_bytes())
}

fn error(status: u16, code: &str) -> Reply {
    answer(status, json!({ "code": code, "message": "…" }))
}

fn order(scene: Scene) -> Order {
    Order {
        number: "P26112000000000001".to_owned(),
        scene,
        amount: Cents::new(1250),
        description: "午餐充值".to_owned(),
        made_at: Timestamp::from_ms(NOW * 1000),
        expires_at: Timestamp::from_ms((NOW + 900) * 1000),
        notify_url: "https://school.example/notify/wechat/1".to_owned(),
        return_url: "https://school.example/pay/done?order=1".to_owned(),
        payer: Some("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o".to_owned()),
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

fn transaction(state: &str) -> Value {
    json!({
        "appid": "wxd678efh567hg6787", "mchid": "1900000109", "out_trade_no": key().number,
        "transaction_id": "4200001234202611201234567890", "trade_type": "JSAPI", "trade_state": state,
        "success_time": "2026-11-20T12:00:01+08:00", "payer": { "openid": "oUpF8u" },
        "amount": { "total": 1250, "payer_total": 1250, "currency": "CNY", "payer_currency": "CNY" },
    })
}

fn refund_body(status: &str) -> Value {
    json!({
        "refund_id": "50000000382026112000000001", "out_refund_no": refund().number, "out_trade_no": key().number,
        "transaction_id": "4200001234202611201234567890", "status": status,
        "amount": { "total": 1250, "refund": 250, "currency": "CNY" },
    })
}

fn notice(event_type: &str, resource: &Value, apiv3: &str) -> Vec<u8> {
    let sealed = gcm_seal(apiv3.as_bytes(), b"123456789012", b"transaction", resource.to_string().as_bytes()).unwrap();
    let body = json!({
        "id": "EV-2018022511223320873", "create_time": "2026-11-20T12:00:01+08:00", "event_type": event_type,
        "resource_type": "encrypt-resource", "summary": "支付成功",
        "resource": {
            "original_type": "transaction", "algorithm": "AEAD_AES_256_GCM", "ciphertext": base64(&sealed),
            "associated_data": "transaction", "nonce": "123456789012",
        },
    });
    body.to_string().into_bytes()
}

fn sent(start: Start) -> Call {
    match start {
        Start::Send(call) => call,
        Start::Show(_) => panic!("WeChat has a request for every scene"),
    }
}

fn header<'a>(call: &'a Call, name: &str) -> &'a str {
    &call.headers.iter().find(|(known, _)| known == name).unwrap().1
}

fn headers(body: &[u8]) -> Headers {
    Headers::new(answer_headers(PUBLIC_KEY_ID, &Signer::read(WECHAT).unwrap(), NOW, "n", body))
}

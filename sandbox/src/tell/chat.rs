//! WeCom's application and robot, and DingTalk's robot.

use super::{AGENT_ID, Arrived, CORP_ID, TokenIs, errcode, object, text};
use crate::Sandbox;
use crate::wire::{Incoming, Outgoing, random_hex};
use serde_json::{Value, json};
use yitong_channels::crypto::{base64, hmac_sha256, same};

const SERVICE: &str = "wecom";
const HOUR_MS: i64 = 3_600_000;
/// Longer than that, and WeCom cuts or refuses.
const TEXT_BYTES_MAX: usize = 2048;

pub fn wecom_token(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    if incoming.asked("corpid").as_deref() != Some(CORP_ID) {
        return errcode(40013, "invalid corpid");
    }
    let secret = incoming.asked("corpsecret").unwrap_or_default();
    if !same(secret.as_bytes(), sandbox.id().message_secret.as_bytes()) {
        return errcode(40001, "invalid credential");
    }
    let (token, life_s) = sandbox.give_token(SERVICE);
    Outgoing::json(200, &json!({"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": life_s}))
}

pub fn wecom_app(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    match sandbox.token_is(SERVICE, &incoming.asked("access_token").unwrap_or_default()) {
        TokenIs::Good => {}
        TokenIs::Over => return errcode(42001, "access_token expired"),
        TokenIs::Unknown => return errcode(40014, "invalid access_token"),
    }
    let Some(body) = object(incoming) else { return errcode(47001, "invalid json") };
    if body["agentid"].as_u64() != Some(u64::from(AGENT_ID)) {
        return errcode(301_002, "not allow operate another agent with this accesstoken");
    }
    let to = text(&body, "/touser");
    if to.is_empty() {
        return errcode(40031, "invalid userid list");
    }
    let mut message = Arrived::new("wecom", to);
    if let Err(refused) = content(&body, &mut message) {
        return refused;
    }
    if !sandbox.arrive(message) {
        return errcode(81013, "user & party & tag all invalid");
    }
    Outgoing::json(200, &json!({"errcode": 0, "errmsg": "ok", "msgid": random_hex(16), "invaliduser": ""}))
}

pub fn wecom_robot(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let key = incoming.asked("key").unwrap_or_default();
    if !same(key.as_bytes(), sandbox.id().message_secret.as_bytes()) {
        return errcode(93_000, "invalid webhook url");
    }
    let Some(body) = object(incoming) else { return errcode(47001, "invalid json") };
    let mentioned = body.pointer("/text/mentioned_list/0").and_then(Value::as_str).unwrap_or("群");
    let mut message = Arrived::new("wecom_robot", mentioned);
    if let Err(refused) = content(&body, &mut message) {
        return refused;
    }
    sandbox.arrive(message);
    errcode(0, "ok")
}

pub fn dingtalk(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let secret = &sandbox.id().message_secret;
    let of = |name| incoming.asked(name).unwrap_or_default();
    if !same(of("access_token").as_bytes(), secret.as_bytes()) {
        return errcode(300_001, "token is not exist");
    }
    let sent_at: Option<i64> = of("timestamp").parse().ok();
    let Some(sent_at) = sent_at.filter(|ms| (sandbox.now().ms() - ms).abs() <= HOUR_MS) else {
        return errcode(310_000, "invalid timestamp");
    };
    let expected = base64(&hmac_sha256(secret.as_bytes(), format!("{sent_at}\n{secret}").as_bytes()));
    if !same(expected.as_bytes(), of("sign").as_bytes()) {
        return errcode(310_000, "sign not match");
    }
    let Some(body) = object(incoming) else { return errcode(40_035, "不合法的参数") };
    let named = body.pointer("/at/atMobiles/0").and_then(Value::as_str).unwrap_or("群");
    let mut message = Arrived::new("dingtalk", named);
    if let Err(refused) = content(&body, &mut message) {
        return refused;
    }
    sandbox.arrive(message);
    errcode(0, "ok")
}

/// The kinds of messages that a school sends.
fn content(body: &Value, message: &mut Arrived) -> Result<(), Outgoing> {
    let of = |path| text(body, path).to_owned();
    match text(body, "/msgtype") {
        "text" => message.text = of("/text/content"),
        "textcard" => {
            message.title = of("/textcard/title");
            message.text = of("/textcard/description");
            message.link = of("/textcard/url");
        }
        "link" => {
            message.title = of("/link/title");
            message.text = of("/link/text");
            message.link = of("/link/messageUrl");
        }
        "markdown" => {
            message.title = of("/markdown/title");
            message.text = [of("/markdown/text"), of("/markdown/content")].concat();
        }
        _ => return Err(errcode(40008, "invalid message type")),
    }
    if message.text.is_empty() {
        return Err(errcode(44004, "empty content"));
    }
    let is_wecom = message.channel.starts_with("wecom");
    if is_wecom && message.text.len() > TEXT_BYTES_MAX {
        return Err(errcode(45002, "content size out of limit"));
    }
    Ok(())
}

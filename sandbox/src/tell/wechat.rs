//! Tokens, subscribe messages and template messages of WeChat.

use super::{Arrived, TokenIs, errcode, object, text};
use crate::Sandbox;
use crate::identity::WECHAT_APPID;
use crate::wire::{Incoming, Outgoing};
use serde_json::json;
use yitong_channels::crypto::same;

const SERVICE: &str = "wechat";

pub fn stable_token(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let Some(body) = object(incoming) else { return errcode(47001, "data format error") };
    let of = |path| text(&body, path);
    issue(sandbox, of("/grant_type"), of("/appid"), of("/secret"))
}

pub fn token(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let of = |name| incoming.asked(name).unwrap_or_default();
    issue(sandbox, &of("grant_type"), &of("appid"), &of("secret"))
}

fn issue(sandbox: &Sandbox, grant: &str, appid: &str, secret: &str) -> Outgoing {
    if grant != "client_credential" {
        return errcode(40002, "invalid grant_type");
    }
    if appid != WECHAT_APPID {
        return errcode(40013, "invalid appid");
    }
    if !same(secret.as_bytes(), sandbox.id().message_secret.as_bytes()) {
        return errcode(40125, "invalid appsecret");
    }
    let (token, life_s) = sandbox.give_token(SERVICE);
    Outgoing::json(200, &json!({"access_token": token, "expires_in": life_s}))
}

/// All three ways of sending: they differ in where a tap leads.
pub fn subscribe(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    match sandbox.token_is(SERVICE, &incoming.asked("access_token").unwrap_or_default()) {
        TokenIs::Good => {}
        TokenIs::Over => return errcode(42001, "access_token expired"),
        TokenIs::Unknown => return errcode(40001, "invalid credential, access_token is invalid or not latest"),
    }
    let Some(body) = object(incoming) else { return errcode(47001, "data format error") };
    let (to, template) = (text(&body, "/touser"), text(&body, "/template_id"));
    if to.is_empty() {
        return errcode(40003, "invalid openid");
    }
    if template.is_empty() {
        return errcode(40037, "invalid template_id");
    }
    let Some(data) = body["data"].as_object().filter(|data| !data.is_empty()) else {
        return errcode(47003, "argument invalid! data");
    };
    let mut message = Arrived::new("wechat", to);
    for (name, value) in data {
        let Some(value) = value["value"].as_str().filter(|value| fits(name, value)) else {
            return errcode(47003, &format!("argument invalid! data.{name}.value invalid"));
        };
        message.fields.insert(name.clone(), value.to_owned());
    }
    message.template = template.to_owned();
    message.link = [text(&body, "/page"), text(&body, "/url")].concat();
    if !sandbox.arrive(message) {
        return errcode(43101, "user refuse to accept the msg");
    }
    Outgoing::json(200, &json!({"errcode": 0, "errmsg": "ok", "msgid": sandbox.now().ms()}))
}

/// What WeChat checks of the kinds that a name begins with.
fn fits(name: &str, value: &str) -> bool {
    let length = value.chars().count();
    let most = match name.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "thing" => 20,
        "name" if value.is_ascii() => 20,
        "name" => 10,
        "phrase" => 5,
        "number" | "letter" | "character_string" => 32,
        "symbol" => 5,
        "phone_number" => 17,
        "car_number" => 8,
        _ => 200,
    };
    (1..=most).contains(&length) && !value.contains(['\n', '\r'])
}

#[cfg(test)]
mod tests {
    #[test]
    fn values_are_as_long_as_their_kind_allows() {
        assert!(super::fits("thing1", &"饭".repeat(20)) && !super::fits("thing1", &"饭".repeat(21)));
        assert!(
            super::fits("phrase12", "已扣款") && !super::fits("phrase12", "延迟扣款提醒") && !super::fits("name3", "")
        );
    }
}

//! Message channels from the other side: who sends is verified, what would be refused is refused, and what arrives can
//! be read by a person and by a test.

mod alipay;
mod chat;
mod mime;
mod sms;
mod smtp;
mod wechat;

pub use alipay::send as send_by_alipay;
pub use smtp::USER as MAIL_USER;

use crate::Sandbox;
use crate::control::json_of;
use crate::wire::{Incoming, Outgoing, random_hex};
use axum::Router;
use axum::routing::{get, post};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use yitong_channels::pay::china_time::china_text;
use yitong_values::Timestamp;

/// So many are remembered.
pub const MESSAGES_MAX: usize = 1000;
pub const SIGN_NAME: &str = "一通沙箱";
pub const ACCESS_KEY_ID: &str = "sandboxAccessKeyId";
pub const TENCENT_APP_ID: &str = "1400999999";
pub const CORP_ID: &str = "wwsandbox0000000001";
pub const AGENT_ID: u32 = 1_000_002;
const TOKEN_LIFE_S: i64 = 7200;

/// One that arrived. It has no `Debug`: it is somebody's mail.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Arrived {
    pub at: String,
    pub channel: &'static str,
    pub to: String,
    pub template: String,
    pub title: String,
    pub text: String,
    /// Values of the template, by its names.
    pub fields: BTreeMap<String, String>,
    pub link: String,
}

impl Arrived {
    fn new(channel: &'static str, to: impl Into<String>) -> Arrived {
        Arrived {
            at: String::new(),
            channel,
            to: to.into(),
            template: String::new(),
            title: String::new(),
            text: String::new(),
            fields: BTreeMap::new(),
            link: String::new(),
        }
    }
}

pub fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/cgi-bin/stable_token", post(json_of(wechat::stable_token)))
        .route("/cgi-bin/token", get(json_of(wechat::token)))
        .route("/cgi-bin/message/subscribe/{kind}", post(json_of(wechat::subscribe)))
        .route("/cgi-bin/message/template/send", post(json_of(wechat::subscribe)))
        .route("/cgi-bin/gettoken", get(json_of(chat::wecom_token)))
        .route("/cgi-bin/message/send", post(json_of(chat::wecom_app)))
        .route("/cgi-bin/webhook/send", post(json_of(chat::wecom_robot)))
        .route("/robot/send", post(json_of(chat::dingtalk)))
}

/// Both SMS clouds are called at the root; their headers tell them apart.
pub fn at_root(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    if !incoming.header("x-acs-action").is_empty() {
        sms::aliyun(sandbox, incoming)
    } else if !incoming.header("x-tc-action").is_empty() {
        sms::tencent(sandbox, incoming)
    } else {
        Outgoing::json(404, &json!({"code": "no_such_service"}))
    }
}

impl Sandbox {
    /// Newest first; of one address, or of all.
    pub fn messages(&self, to: Option<&str>) -> Vec<Arrived> {
        let state = self.state();
        let of = state.messages.iter().rev().filter(|message| to.is_none_or(|to| message.to == to));
        of.cloned().collect()
    }

    /// False when the address is one of those that are not reached, by the faults.
    fn arrive(&self, mut message: Arrived) -> bool {
        message.at = china_text(self.now());
        if self.is_out_of_reach(&message.to) {
            return false;
        }
        let mut state = self.state();
        if state.messages.len() >= MESSAGES_MAX {
            state.messages.pop_front();
        }
        state.messages.push_back(message);
        true
    }

    fn is_out_of_reach(&self, to: &str) -> bool {
        let faults = self.faults();
        faults.strikes(faults.message_refused_percent, "message", to)
    }

    /// The token of a service, the same for whoever asks while it lives.
    fn give_token(&self, service: &'static str) -> (String, i64) {
        let now = self.now();
        let mut state = self.state();
        let token = state.tokens.entry(service).or_insert_with(|| Token::new(now));
        if token.until <= now {
            *token = Token::new(now);
        }
        (token.text.clone(), token.until.since(now) / 1000)
    }

    fn token_is(&self, service: &'static str, given: &str) -> TokenIs {
        let now = self.now();
        match self.state().tokens.get(service) {
            Some(token) if token.text == given && token.until > now => TokenIs::Good,
            Some(token) if token.text == given => TokenIs::Over,
            _ => TokenIs::Unknown,
        }
    }
}

pub struct Token {
    text: String,
    until: Timestamp,
}

impl Token {
    fn new(now: Timestamp) -> Token {
        Token { text: random_hex(32), until: now.plus_ms(TOKEN_LIFE_S * 1000) }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TokenIs {
    Good,
    Over,
    Unknown,
}

/// As WeChat, WeCom and DingTalk answer: always 200, and a number inside.
fn errcode(code: i64, words: &str) -> Outgoing {
    Outgoing::json(200, &json!({"errcode": code, "errmsg": words}))
}

fn object(incoming: &Incoming) -> Option<Value> {
    serde_json::from_slice::<Value>(&incoming.body).ok().filter(Value::is_object)
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

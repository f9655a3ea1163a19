//! Messages inside WeChat: to users of a mini-program or a service account who granted it, and the older template
//! message of service accounts.

mod fields;

use super::answer::{self, not_sent, unknown};
use super::rate::{DAY_S, Limit, MINUTE_S, Rate};
use super::{ErrorClass, Message, Messenger, Sent, Token, host, text};
use crate::pay::Misuse;
use crate::{Call, Moment, Reply, percent_encode};
use serde_json::{Value, json};

pub use fields::{FieldKind, fitted};

/// Without payments in the mini-program; with them it is three times as much.
pub const WECHAT_PER_DAY_MAX: u32 = 10_000_000;
const LIMITS: [Limit; 1] = [Limit::new(WECHAT_PER_DAY_MAX, DAY_S)];
const PAGE_BYTES_MAX: usize = 1_024;
/// Letters of `client_msg_id`, by which the older template message drops repeats for ten minutes.
const REPEAT_ID_CHARS: usize = 32;

#[derive(Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    #[serde(default = "base_url")]
    pub base_url: String,
    pub app_id: String,
    pub app_secret: String,
    pub account: Account,
}

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "kind")]
pub enum Account {
    /// 小程序订阅消息
    MiniProgram {
        #[serde(default)]
        state: MiniProgramState,
        /// The page with a web view that shows a link of ours; the encoded link is put behind it, as in
        /// `pages/web/index?url=`. Without one, links to the web are left out.
        web_page: Option<String>,
    },
    /// 服务号订阅通知
    ServiceAccount,
    /// 服务号模板消息: WeChat narrows it down; new accounts take `ServiceAccount`.
    ServiceAccountTemplate,
}

#[derive(Clone, Copy, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MiniProgramState {
    #[default]
    Formal,
    Trial,
    Developer,
}

fn base_url() -> String {
    "https://api.weixin.qq.com".into()
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "wechat::Config({}, {}, {:?})", self.base_url, self.app_id, self.account)
    }
}

#[derive(Clone, Debug)]
pub struct Wechat {
    base: String,
    config: Config,
}

impl Wechat {
    pub fn new(config: Config) -> Result<Wechat, Misuse> {
        let base = host::base(&config.base_url)?;
        for (field, value) in [("app_id", &config.app_id), ("app_secret", &config.app_secret)] {
            if value.trim().is_empty() {
                return Err(Misuse::new(field, "it is empty"));
            }
        }
        Ok(Wechat { base, config })
    }

    fn path(&self) -> &'static str {
        match self.config.account {
            Account::MiniProgram { .. } => "/cgi-bin/message/subscribe/send",
            Account::ServiceAccount => "/cgi-bin/message/subscribe/bizsend",
            Account::ServiceAccountTemplate => "/cgi-bin/message/template/send",
        }
    }

    /// What differs between the three: where a tap leads, and what drops repeats.
    fn with_link(&self, mut body: Value, message: &Message) -> Result<Value, Misuse> {
        let link = message.link.as_deref();
        match &self.config.account {
            Account::MiniProgram { state, web_page } => {
                let page = link.and_then(|link| page_of(link, web_page.as_deref()));
                body["page"] = checked(page)?;
                body["miniprogram_state"] = match state {
                    MiniProgramState::Formal => "formal",
                    MiniProgramState::Trial => "trial",
                    MiniProgramState::Developer => "developer",
                }
                .into();
                body["lang"] = "zh_CN".into();
            }
            Account::ServiceAccount => body["page"] = checked(link.map(str::to_owned))?,
            Account::ServiceAccountTemplate => {
                body["url"] = checked(link.map(str::to_owned))?;
                let digest = hex::encode(crate::crypto::sha256(message.dedupe.as_bytes()));
                body["client_msg_id"] = digest[..REPEAT_ID_CHARS].into();
            }
        }
        if let Some(fields) = body.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        Ok(body)
    }
}

/// A link to the web becomes a page of the mini-program, or none.
fn page_of(link: &str, web_page: Option<&str>) -> Option<String> {
    if link.contains("://") {
        return web_page.map(|page| format!("{page}{}", percent_encode(link)));
    }
    Some(link.trim_start_matches('/').to_owned())
}

fn checked(page: Option<String>) -> Result<Value, Misuse> {
    match page {
        Some(page) if page.len() > PAGE_BYTES_MAX => Err(Misuse::new("link", "it is too long for WeChat")),
        Some(page) => Ok(page.into()),
        None => Ok(Value::Null),
    }
}

impl Messenger for Wechat {
    fn rate(&self) -> Rate {
        Rate::new(&LIMITS, &[])
    }

    /// `stable_token` gives the same token to everybody who asks, so that two holders don't take it from each other.
    fn token(&self, _at: &Moment) -> Option<Call> {
        let body = json!({
            "grant_type": "client_credential",
            "appid": self.config.app_id,
            "secret": self.config.app_secret,
            "force_refresh": false,
        });
        Some(Call::post(format!("{}/cgi-bin/stable_token", self.base), JSON, body.to_string()))
    }

    fn token_read(&self, reply: &Reply) -> Result<Token, Sent> {
        let answer = answer::json(reply)?;
        let token = answer::text(&answer, "access_token");
        let life = answer::number(&answer, "expires_in").and_then(|life| u32::try_from(life).ok());
        match (token, life) {
            ("", _) | (_, None) => Err(match answer::number(&answer, "errcode") {
                Some(code) => refused(code, &answer),
                None => unknown("an answer without a token"),
            }),
            (token, Some(life_s)) => Ok(Token { text: token.to_owned(), life_s }),
        }
    }

    fn send(&self, message: &Message, address: &str, token: Option<&str>, _at: &Moment) -> Result<Call, Misuse> {
        let token = token.ok_or_else(|| Misuse::new("token", "WeChat wants one with every message"))?;
        let template = message.template.as_deref().ok_or_else(|| Misuse::new("template", "WeChat needs one"))?;
        let is_id =
            !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        if !is_id {
            return Err(Misuse::new("address", "it is not an open id"));
        }
        let mut data = serde_json::Map::new();
        for (name, value) in &message.fields {
            let value = match self.config.account {
                // Its fields have free names, of which nothing is known but their length.
                Account::ServiceAccountTemplate if FieldKind::of(name).is_none() => {
                    text::value(value, FieldKind::Thing.units_max())
                }
                _ => fitted(name, value),
            };
            let value = value.map_err(|why| Misuse::new("fields", format!("{name}: {why}")))?;
            data.insert(name.clone(), json!({"value": value}));
        }
        let body = json!({"touser": address, "template_id": template, "data": data});
        let body = self.with_link(body, message)?;
        let url = format!("{}{}?access_token={}", self.base, self.path(), percent_encode(token));
        Ok(Call::post(url, JSON, body.to_string()))
    }

    fn sent(&self, reply: &Reply) -> Sent {
        let answer = match answer::json(reply) {
            Ok(answer) => answer,
            Err(sent) => return sent,
        };
        match answer::number(&answer, "errcode") {
            Some(0) => Sent::Accepted { provider_id: answer::number(&answer, "msgid").map(|id| id.to_string()) },
            Some(code) => refused(code, &answer),
            None => unknown("an answer without a code"),
        }
    }
}

const JSON: &str = "application/json; charset=utf-8";

fn refused(code: i64, answer: &Value) -> Sent {
    not_sent(class(code), code, answer::text(answer, "errmsg"))
}

fn class(code: i64) -> ErrorClass {
    match code {
        // The token is wrong, belongs to nobody, or ran out.
        40001 | 40014 | 42001 => ErrorClass::TokenStale,
        // No such user, one that does not follow, one whose grant is used up or was refused.
        40003 | 43004 | 43101 => ErrorClass::AddressGone,
        // Busy; or two messages to one user at the same moment.
        -1 | 43108 => ErrorClass::Transient,
        45011 => ErrorClass::Throttled { after_s: MINUTE_S },
        // The day's amount for the account, for this call or for this user.
        45009 | 40038 => ErrorClass::Throttled { after_s: DAY_S },
        // 40037 template, 41030 page, 43107 switched off, 45103 the retired uniform message, 45168 words that WeChat
        // does not like, 47003 an argument, 48001 a right, 40125 the secret, 40164 our address; and what is not known:
        // a repeat of it would be a guess.
        _ => ErrorClass::Permanent,
    }
}

#[cfg(test)]
mod tests;

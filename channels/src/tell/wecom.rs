//! Messages inside WeCom (企业微信): an application's to a member, and a robot's to a group.

use super::answer::{self, not_sent, unknown, wait_s};
use super::rate::{HOUR_S, Limit, MINUTE_S, Rate};
use super::{ErrorClass, Message, Messenger, Sent, Token, host, text};
use crate::pay::Misuse;
use crate::{Call, Moment, Reply, percent_encode};
use serde_json::{Value, json};

/// To one member; what is above is dropped without a word.
pub const WECOM_PER_MINUTE_MAX: u32 = 30;
pub const WECOM_PER_HOUR_MAX: u32 = 1_000;
/// A robot in its group.
pub const WECOM_ROBOT_PER_MINUTE_MAX: u32 = 20;
/// The same text to the same member within this time is sent once.
pub const WECOM_REPEAT_S: u32 = 1_800;
const TITLE_BYTES_MAX: usize = 128;
const DESCRIPTION_BYTES_MAX: usize = 512;
const TEXT_BYTES_MAX: usize = 2_048;
const LINK_BYTES_MAX: usize = 2_048;

const MEMBER_LIMITS: [Limit; 2] = [Limit::new(WECOM_PER_MINUTE_MAX, MINUTE_S), Limit::new(WECOM_PER_HOUR_MAX, HOUR_S)];
const ROBOT_LIMITS: [Limit; 1] = [Limit::new(WECOM_ROBOT_PER_MINUTE_MAX, MINUTE_S)];

#[derive(Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    #[serde(default = "base_url")]
    pub base_url: String,
    pub corp_id: String,
    /// The application's.
    pub secret: String,
    pub agent_id: u32,
}

#[derive(Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RobotConfig {
    #[serde(default = "base_url")]
    pub base_url: String,
    /// From the robot's web hook; whoever has it can write to the group.
    pub key: String,
}

fn base_url() -> String {
    "https://qyapi.weixin.qq.com".into()
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "wecom::Config({}, {}, {})", self.base_url, self.corp_id, self.agent_id)
    }
}

impl std::fmt::Debug for RobotConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "wecom::RobotConfig({})", self.base_url)
    }
}

/// To a member of the organisation. The address is the member's id.
#[derive(Clone, Debug)]
pub struct WecomApp {
    base: String,
    config: Config,
}

impl WecomApp {
    pub fn new(config: Config) -> Result<WecomApp, Misuse> {
        let base = host::base(&config.base_url)?;
        for (field, value) in [("corp_id", &config.corp_id), ("secret", &config.secret)] {
            if value.trim().is_empty() {
                return Err(Misuse::new(field, "it is empty"));
            }
        }
        Ok(WecomApp { base, config })
    }
}

impl Messenger for WecomApp {
    fn rate(&self) -> Rate {
        Rate::new(&[], &MEMBER_LIMITS)
    }

    fn token(&self, _at: &Moment) -> Option<Call> {
        let (id, secret) = (percent_encode(&self.config.corp_id), percent_encode(&self.config.secret));
        Some(Call::get(format!("{}/cgi-bin/gettoken?corpid={id}&corpsecret={secret}", self.base)))
    }

    fn token_read(&self, reply: &Reply) -> Result<Token, Sent> {
        let answer = answer::json(reply)?;
        match (answer::number(&answer, "errcode"), answer::text(&answer, "access_token")) {
            (Some(0), "") | (None, _) => Err(unknown("an answer without a token")),
            (Some(0), token) => {
                let life = answer::number(&answer, "expires_in").and_then(|life| u32::try_from(life).ok());
                let life_s = life.ok_or_else(|| unknown("a token without its life"))?;
                Ok(Token { text: token.to_owned(), life_s })
            }
            // A secret that is wrong stays wrong, whatever the same number means elsewhere.
            (Some(code @ (40001 | 40013 | 40091)), _) => Err(refused(ErrorClass::Permanent, code, &answer)),
            (Some(code), _) => Err(refused(class(code, reply), code, &answer)),
        }
    }

    fn send(&self, message: &Message, address: &str, token: Option<&str>, _at: &Moment) -> Result<Call, Misuse> {
        let token = token.ok_or_else(|| Misuse::new("token", "WeCom wants one with every message"))?;
        let mut body = json!({
            "touser": member(address)?,
            "agentid": self.config.agent_id,
            "enable_duplicate_check": 1,
            "duplicate_check_interval": WECOM_REPEAT_S,
        });
        let title = text::cut_bytes(&text::one_line(&message.title), TITLE_BYTES_MAX);
        match link(message)? {
            Some(url) => {
                body["msgtype"] = "textcard".into();
                let description = text::cut_bytes(&message.text, DESCRIPTION_BYTES_MAX);
                body["textcard"] = json!({"title": title, "description": description, "url": url});
            }
            None => {
                body["msgtype"] = "text".into();
                body["text"] = json!({"content": text::cut_bytes(&message.text, TEXT_BYTES_MAX)});
            }
        }
        let url = format!("{}/cgi-bin/message/send?access_token={}", self.base, percent_encode(token));
        Ok(Call::post(url, JSON, body.to_string()))
    }

    /// Code 0 with the member among the invalid ones is no message sent.
    fn sent(&self, reply: &Reply) -> Sent {
        let answer = match answer::json(reply) {
            Ok(answer) => answer,
            Err(sent) => return sent,
        };
        match answer::number(&answer, "errcode") {
            Some(0) if !answer::text(&answer, "invaliduser").is_empty() => {
                not_sent(ErrorClass::AddressGone, "invaliduser", "")
            }
            Some(0) if !answer::text(&answer, "unlicenseduser").is_empty() => {
                not_sent(ErrorClass::AddressGone, "unlicenseduser", "")
            }
            Some(0) => {
                let id = answer::text(&answer, "msgid");
                Sent::Accepted { provider_id: (!id.is_empty()).then(|| id.to_owned()) }
            }
            Some(code) => refused(class(code, reply), code, &answer),
            None => unknown("an answer without a code"),
        }
    }
}

/// To the group that the robot stands in. The address is a member to be named in it, or nothing.
#[derive(Clone, Debug)]
pub struct WecomRobot {
    base: String,
    config: RobotConfig,
}

impl WecomRobot {
    pub fn new(config: RobotConfig) -> Result<WecomRobot, Misuse> {
        let base = host::base(&config.base_url)?;
        if config.key.trim().is_empty() {
            return Err(Misuse::new("key", "it is empty"));
        }
        Ok(WecomRobot { base, config })
    }
}

impl Messenger for WecomRobot {
    fn rate(&self) -> Rate {
        Rate::new(&ROBOT_LIMITS, &[])
    }

    fn send(&self, message: &Message, address: &str, _token: Option<&str>, _at: &Moment) -> Result<Call, Misuse> {
        let link = link(message)?.map_or(String::new(), |link| format!("\n{link}"));
        let words = text::cut_bytes(&format!("{}\n{}", message.title, message.text), TEXT_BYTES_MAX - link.len());
        let mut content = json!({"content": format!("{words}{link}")});
        if !address.is_empty() {
            content["mentioned_list"] = json!([member(address)?]);
        }
        let url = format!("{}/cgi-bin/webhook/send?key={}", self.base, percent_encode(&self.config.key));
        Ok(Call::post(url, JSON, json!({"msgtype": "text", "text": content}).to_string()))
    }

    fn sent(&self, reply: &Reply) -> Sent {
        let answer = match answer::json(reply) {
            Ok(answer) => answer,
            Err(sent) => return sent,
        };
        match answer::number(&answer, "errcode") {
            Some(0) => Sent::Accepted { provider_id: None },
            Some(code) => refused(class(code, reply), code, &answer),
            None => unknown("an answer without a code"),
        }
    }
}

const JSON: &str = "application/json; charset=utf-8";

/// One member, never several and never everybody (`@all`).
fn member(address: &str) -> Result<&str, Misuse> {
    const CHARS_MAX: usize = 64;
    let plain = address.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-@.".contains(&byte));
    let is_one = plain && (1..=CHARS_MAX).contains(&address.len()) && !address.starts_with('@');
    if is_one { Ok(address) } else { Err(Misuse::new("address", "it is not the id of a member")) }
}

fn link(message: &Message) -> Result<Option<&str>, Misuse> {
    const ROOM: usize = TEXT_BYTES_MAX / 2;
    match message.link.as_deref() {
        Some(link) if link.len() > LINK_BYTES_MAX.min(ROOM) => Err(Misuse::new("link", "it is too long for WeCom")),
        link => Ok(link),
    }
}

fn refused(class: ErrorClass, code: i64, answer: &Value) -> Sent {
    not_sent(class, code, answer::text(answer, "errmsg"))
}

fn class(code: i64, reply: &Reply) -> ErrorClass {
    match code {
        40014 | 41001 | 42001 => ErrorClass::TokenStale,
        // No such member, one whom the application may not see, all of them invalid.
        40003 | 46004 | 60111 | 81013 | 82001 => ErrorClass::AddressGone,
        -1 => ErrorClass::Transient,
        45009 | 45033 => ErrorClass::Throttled { after_s: wait_s(reply) },
        // 40056 agent, 45002 length, 48002 and 60011 rights, 60020 our address, 93000 the robot's key, 301002 not ours.
        _ => ErrorClass::Permanent,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{message, moment, reply};
    use super::*;
    use std::collections::BTreeMap;

    fn app() -> WecomApp {
        let settings = r#"{"corp_id": "ww1", "secret": "c0ffee-secret", "agent_id": 1000002}"#;
        WecomApp::new(serde_json::from_str(settings).unwrap()).unwrap()
    }

    fn robot() -> WecomRobot {
        WecomRobot::new(serde_json::from_str(r#"{"key": "c0ffee-key"}"#).unwrap()).unwrap()
    }

    fn body(call: &Call) -> Value {
        serde_json::from_slice(&call.body).unwrap()
    }

    #[test]
    fn a_member_gets_a_card_or_a_text() {
        let plain = app().send(&message(BTreeMap::new()), "teacher_li", Some("t"), &moment()).unwrap();
        assert_eq!(plain.url, "https://qyapi.weixin.qq.com/cgi-bin/message/send?access_token=t");
        assert_eq!(
            (body(&plain)["msgtype"].as_str(), body(&plain)["touser"].as_str()),
            (Some("text"), Some("teacher_li"))
        );
        assert_eq!(body(&plain)["enable_duplicate_check"], 1);
        let long =
            Message { text: "字".repeat(400), link: Some("https://a.example/".into()), ..message(BTreeMap::new()) };
        let card = body(&app().send(&long, "li", Some("t"), &moment()).unwrap());
        assert_eq!(card["msgtype"], "textcard");
        assert_eq!(card["textcard"]["description"].as_str().unwrap().len(), 510);
        for everybody in ["@all", "a|b", "", "李"] {
            let refusal = app().send(&long, everybody, Some("t"), &moment()).unwrap_err();
            assert_eq!(refusal.field, "address", "{everybody}");
        }
    }

    #[test]
    fn a_robot_writes_to_its_group() {
        let link = Some("https://a.example/".to_owned());
        let long = Message { text: "字".repeat(1_000), link, ..message(BTreeMap::new()) };
        let call = robot().send(&long, "li", None, &moment()).unwrap();
        let content = body(&call)["text"]["content"].as_str().unwrap().to_owned();
        assert!(
            content.len() <= 2_048 && content.starts_with("午餐\n字") && content.ends_with("…\nhttps://a.example/")
        );
        assert_eq!(body(&call)["text"]["mentioned_list"], json!(["li"]));
        assert_eq!(body(&robot().send(&long, "", None, &moment()).unwrap())["text"].get("mentioned_list"), None);
        assert!(call.url.contains("/webhook/send?key=") && !format!("{call:?} {:?}", robot()).contains("c0ffee"));
    }

    #[test]
    fn a_token_is_fetched_and_read() {
        let call = app().token(&moment()).unwrap();
        assert!(!format!("{call:?}").contains("c0ffee"));
        let read = |text: &str| app().token_read(&reply(200, text));
        let token = Token { text: "T".into(), life_s: 7_200 };
        assert_eq!(read(r#"{"errcode":0,"errmsg":"ok","access_token":"T","expires_in":7200}"#), Ok(token));
        let Err(Sent::NotSent { class, .. }) = read(r#"{"errcode":40001,"errmsg":"invalid credential"}"#) else {
            panic!()
        };
        assert_eq!(class, ErrorClass::Permanent);
    }

    #[test]
    fn every_answer_has_its_class() {
        let class = |text: Value| match app().sent(&reply(200, &text.to_string())) {
            Sent::NotSent { class, .. } => Some(class),
            _ => None,
        };
        let accepted = Sent::Accepted { provider_id: Some("m1".into()) };
        assert_eq!(app().sent(&reply(200, r#"{"errcode":0,"invaliduser":"","msgid":"m1"}"#)), accepted);
        assert_eq!(class(json!({"errcode": 0, "invaliduser": "li"})), Some(ErrorClass::AddressGone));
        for (code, expected) in [
            (81013, ErrorClass::AddressGone),
            (60111, ErrorClass::AddressGone),
            (42001, ErrorClass::TokenStale),
            (40014, ErrorClass::TokenStale),
            (45009, ErrorClass::Throttled { after_s: 60 }),
            (-1, ErrorClass::Transient),
            (60020, ErrorClass::Permanent),
            (93000, ErrorClass::Permanent),
        ] {
            assert_eq!(class(json!({"errcode": code, "errmsg": ""})), Some(expected), "{code}");
        }
        let of_robot = robot().sent(&reply(200, r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#));
        let throttled = ErrorClass::Throttled { after_s: 60 };
        assert_eq!(of_robot, not_sent(throttled, 45009, "api freq out of limit"));
        assert_eq!(app().sent(&reply(200, "{}")), unknown("an answer without a code"));
    }
}

//! A robot in a group of DingTalk (钉钉), with its signature.

use super::answer::{self, not_sent, unknown};
use super::phone::Phone;
use super::rate::{Limit, MINUTE_S, Rate};
use super::{ErrorClass, Message, Messenger, Sent, host, text};
use crate::pay::Misuse;
use crate::{Call, Moment, Reply, crypto, percent_encode};
use serde_json::json;

/// Above it the robot is silent for ten minutes, so it is better to wait, or to put messages together.
pub const DINGTALK_PER_MINUTE_MAX: u32 = 20;
pub const DINGTALK_SILENCE_S: u32 = 600;
const LIMITS: [Limit; 1] = [Limit::new(DINGTALK_PER_MINUTE_MAX, MINUTE_S)];
const TEXT_BYTES_MAX: usize = 18_000;
const TITLE_CHARS_MAX: usize = 100;
const LINK_BYTES_MAX: usize = 1_024;

#[derive(Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    #[serde(default = "base_url")]
    pub base_url: String,
    /// From the robot's web hook.
    pub access_token: String,
    /// `SEC…`: the robot's security is set to signatures.
    pub secret: String,
}

fn base_url() -> String {
    "https://oapi.dingtalk.com".into()
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "dingtalk::Config({})", self.base_url)
    }
}

/// To the group that the robot stands in. The address is a member's phone number to be named in it, or nothing.
#[derive(Clone, Debug)]
pub struct DingtalkRobot {
    base: String,
    config: Config,
}

impl DingtalkRobot {
    pub fn new(config: Config) -> Result<DingtalkRobot, Misuse> {
        let base = host::base(&config.base_url)?;
        for (field, value) in [("access_token", &config.access_token), ("secret", &config.secret)] {
            if value.trim().is_empty() {
                return Err(Misuse::new(field, "it is empty"));
            }
        }
        Ok(DingtalkRobot { base, config })
    }
}

impl Messenger for DingtalkRobot {
    fn rate(&self) -> Rate {
        Rate::new(&LIMITS, &[])
    }

    fn send(&self, message: &Message, address: &str, _token: Option<&str>, at: &Moment) -> Result<Call, Misuse> {
        let phones = match address {
            "" => Vec::new(),
            address => vec![Phone::read(address)?.without_plus().to_owned()],
        };
        if message.link.as_ref().is_some_and(|link| link.len() > LINK_BYTES_MAX) {
            return Err(Misuse::new("link", "it is too long for DingTalk"));
        }
        let title = text::cut(&text::one_line(&message.title), TITLE_CHARS_MAX);
        let words = text::cut_bytes(&message.text, TEXT_BYTES_MAX);
        let body = match message.link.as_deref() {
            // A number is named in a group only where it stands in the text.
            Some(link) if phones.is_empty() => json!({
                "msgtype": "link",
                "link": {"title": title, "text": words, "messageUrl": link},
            }),
            link => {
                let link = link.map_or(String::new(), |link| format!("\n{link}"));
                json!({
                    "msgtype": "text",
                    "text": {"content": format!("{title}\n{words}{link}")},
                    "at": {"atMobiles": phones, "isAtAll": false},
                })
            }
        };
        let ms = at.now.ms();
        let url = format!(
            "{}/robot/send?access_token={}&timestamp={ms}&sign={}",
            self.base,
            percent_encode(&self.config.access_token),
            percent_encode(&signature(&self.config.secret, ms))
        );
        Ok(Call::post(url, "application/json; charset=utf-8", body.to_string()))
    }

    fn sent(&self, reply: &Reply) -> Sent {
        let answer = match answer::json(reply) {
            Ok(answer) => answer,
            Err(sent) => return sent,
        };
        match answer::number(&answer, "errcode") {
            Some(0) => Sent::Accepted { provider_id: None },
            Some(code) => not_sent(class(code), code, answer::text(&answer, "errmsg")),
            None => unknown("an answer without a code"),
        }
    }
}

fn signature(secret: &str, ms: i64) -> String {
    crypto::base64(&crypto::hmac_sha256(secret.as_bytes(), format!("{ms}\n{secret}").as_bytes()))
}

fn class(code: i64) -> ErrorClass {
    match code {
        130101 | 302033 | 410100 => ErrorClass::Throttled { after_s: DINGTALK_SILENCE_S },
        -1 | 500 => ErrorClass::Transient,
        // 310000 signature, word or our address; 300001 and 400101 the token, 400102 the robot is switched off, 400013
        // the group is gone, 430101 to 430104 the content.
        _ => ErrorClass::Permanent,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{message, moment, reply};
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeMap;

    fn robot() -> DingtalkRobot {
        let settings = r#"{"access_token": "c0ffee-token", "secret": "SEC000c0ffee"}"#;
        DingtalkRobot::new(serde_json::from_str(settings).unwrap()).unwrap()
    }

    /// `node -e 'const s="SEC000c0ffee",t=1795752000000;
    /// console.log(require("crypto").createHmac("sha256",s).update(t+"\n"+s).digest("base64"))'`
    #[test]
    fn the_signature_is_that_of_another_program() {
        assert_eq!(signature("SEC000c0ffee", 1_795_752_000_000), "2tnIPDFlHfpVg+fnrV+QjKrCwsY97iuJ2CIb2Pn+S/I=");
    }

    #[test]
    fn a_message_becomes_one_request() {
        let call = robot().send(&message(BTreeMap::new()), "+86 13800138000", None, &moment()).unwrap();
        let query = crate::query_pairs(call.url.split_once('?').unwrap().1).unwrap();
        assert_eq!(query[1], ("timestamp".into(), "1795752000000".into()));
        assert_eq!(query[2].1, signature("SEC000c0ffee", 1_795_752_000_000));
        let body: Value = serde_json::from_slice(&call.body).unwrap();
        assert_eq!(body["at"], json!({"atMobiles": ["13800138000"], "isAtAll": false}));
        let linked = Message { link: Some("https://a.example/".into()), ..message(BTreeMap::new()) };
        let body: Value = serde_json::from_slice(&robot().send(&linked, "", None, &moment()).unwrap().body).unwrap();
        assert_eq!(body["link"]["messageUrl"], "https://a.example/");
        assert!(!format!("{call:?} {:?}", robot()).contains("c0ffee"));
    }

    #[test]
    fn every_answer_has_its_class() {
        let class = |code: i64| match robot().sent(&reply(200, &json!({"errcode": code, "errmsg": ""}).to_string())) {
            Sent::NotSent { class, .. } => Some(class),
            _ => None,
        };
        assert_eq!(class(0), None);
        assert_eq!(class(130101), Some(ErrorClass::Throttled { after_s: 600 }));
        assert_eq!(class(310000), Some(ErrorClass::Permanent));
        assert_eq!(class(-1), Some(ErrorClass::Transient));
        assert_eq!(robot().sent(&reply(200, "[]")), unknown("an answer of status 200 that can't be read"));
    }
}

//! Signing in through WeChat and Alipay: the address to which the browser is sent, what the channel is asked when the
//! browser comes back, and what its answer says. Plain functions; nothing here sends.

use crate::plumbing::config::{AlipaySignIn, WechatSignIn};
use yitong_channels::crypto::{Signer, Verifier};
use yitong_channels::{Call, Reply, percent_encode};
use yitong_values::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    Wechat,
    Alipay,
}

impl Provider {
    pub const ALL: [Provider; 2] = [Provider::Wechat, Provider::Alipay];

    pub fn word(self) -> &'static str {
        match self {
            Provider::Wechat => "wechat",
            Provider::Alipay => "alipay",
        }
    }

    pub fn from_word(word: &str) -> Option<Provider> {
        Provider::ALL.into_iter().find(|provider| provider.word() == word)
    }
}

/// Why the channel's answer names nobody. It is told to the log, never with the channel's words: they may hold a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAccount {
    /// It refused the code: used before, or over.
    Refused,
    /// It answered something else, or nobody can say that it was the channel.
    Unclear,
}

fn query(pairs: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| format!("{name}={}", percent_encode(value));
    pairs.iter().map(pair).collect::<Vec<_>>().join("&")
}

pub fn wechat_page(of: &WechatSignIn, back: &str, state: &str) -> String {
    let scope = [("response_type", "code"), ("scope", "snsapi_base"), ("state", state)];
    let pairs = [&[("appid", of.app_id.as_str()), ("redirect_uri", back)][..], &scope].concat();
    format!("{}?{}#wechat_redirect", of.authorize, query(&pairs))
}

pub fn wechat_call(of: &WechatSignIn, code: &str) -> Call {
    let asked = [("code", code), ("grant_type", "authorization_code")];
    let pairs = [&[("appid", of.app_id.as_str()), ("secret", of.secret.reveal())][..], &asked].concat();
    Call::get(format!("{}/sns/oauth2/access_token?{}", of.api, query(&pairs)))
}

/// The open id.
pub fn wechat_answer(reply: &Reply) -> Result<String, NoAccount> {
    let json: serde_json::Value = reply.text().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    match (json["openid"].as_str(), json["errcode"].as_i64()) {
        (Some(id), None | Some(0)) if !id.is_empty() => Ok(id.to_owned()),
        (_, Some(_)) => Err(NoAccount::Refused),
        _ => Err(NoAccount::Unclear),
    }
}

pub fn alipay_page(of: &AlipaySignIn, back: &str, state: &str) -> String {
    let pairs = [("app_id", of.app_id.as_str()), ("scope", "auth_base"), ("redirect_uri", back), ("state", state)];
    format!("{}?{}", of.authorize, query(&pairs))
}

/// As Alipay writes a moment: 2026-11-24 12:00:00 in China.
fn moment(now: Timestamp) -> String {
    let text = now.to_string();
    text.chars().take(19).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

pub fn alipay_call(of: &AlipaySignIn, signer: &Signer, code: &str, now: Timestamp) -> Call {
    let at = moment(now);
    // In the order of their names, as they are signed.
    let mut pairs = vec![
        ("app_id", of.app_id.as_str()),
        ("charset", "utf-8"),
        ("code", code),
        ("format", "JSON"),
        ("grant_type", "authorization_code"),
        ("method", "alipay.system.oauth.token"),
        ("sign_type", "RSA2"),
        ("timestamp", at.as_str()),
        ("version", "1.0"),
    ];
    let text = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let sign = signer.sign_base64(text.as_bytes());
    pairs.push(("sign", &sign));
    Call::post(of.gateway.clone(), "application/x-www-form-urlencoded; charset=utf-8", query(&pairs))
}

/// The user, when Alipay signed the answer.
pub fn alipay_answer(verifier: &Verifier, reply: &Reply) -> Result<String, NoAccount> {
    const ANSWER: &str = "\"alipay_system_oauth_token_response\":";
    let text = reply.text().ok_or(NoAccount::Unclear)?;
    let json: serde_json::Value = serde_json::from_str(text).map_err(|_| NoAccount::Unclear)?;
    if json["error_response"].is_object() {
        return Err(NoAccount::Refused);
    }
    // What is signed is the answer as it stands in the text, not as it would be written again.
    let (_, rest) = text.split_once(ANSWER).ok_or(NoAccount::Unclear)?;
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<serde_json::Value>();
    let answer = values.next().and_then(Result::ok).ok_or(NoAccount::Unclear)?;
    let raw = rest.get(..values.byte_offset()).ok_or(NoAccount::Unclear)?.trim();
    let sign = json["sign"].as_str().unwrap_or_default();
    if !verifier.verifies_base64(raw.as_bytes(), sign) {
        return Err(NoAccount::Unclear);
    }
    let id = answer["open_id"].as_str().or(answer["user_id"].as_str()).filter(|id| !id.is_empty());
    id.map(str::to_owned).ok_or(NoAccount::Refused)
}

/// A page of ours to come back to; anything else would send the browser to a stranger.
pub fn return_to(text: &str) -> Option<&str> {
    let own = text.starts_with("/parent/") && text.len() <= 500;
    let plain = text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\') && !text.contains("//");
    (own && plain && !text.contains("..")).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plumbing::config::Secret;
    use yitong_channels::Headers;

    fn reply(text: &str) -> Reply {
        Reply::new(200, Headers::new([]), text)
    }

    #[test]
    fn only_pages_of_ours_are_come_back_to() {
        for good in ["/parent/", "/parent/bind?x=1", "/parent/topup/0193#a"] {
            assert_eq!(return_to(good), Some(good));
        }
        for bad in [
            "",
            "/",
            "/admin/",
            "//evil.example/parent/",
            "/parent//evil.example",
            "/parent/\\evil",
            "https://evil.example/parent/",
            "/parent/../admin/",
            "/parent/\u{e9}",
            "/parent/ a",
        ] {
            assert_eq!(return_to(bad), None, "{bad}");
        }
    }

    #[test]
    fn wechat_is_asked_and_read() {
        let of = WechatSignIn { app_id: "wx1".into(), secret: Secret::new("s/1"), ..WechatSignIn::default() };
        let page = wechat_page(&of, "https://a.example/b?c", "st");
        assert!(
            page.starts_with(
                "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1&redirect_uri=https%3A%2F%2F"
            )
        );
        assert!(page.ends_with("&response_type=code&scope=snsapi_base&state=st#wechat_redirect"), "{page}");
        let url = wechat_call(&of, "c d").url;
        let asked = "https://api.weixin.qq.com/sns/oauth2/access_token?appid=wx1&secret=s%2F1&code=c%20d&grant_type=authorization_code";
        assert_eq!(url, asked);
        assert_eq!(wechat_answer(&reply("{\"openid\":\"o1\",\"access_token\":\"t\"}")), Ok("o1".into()));
        assert_eq!(wechat_answer(&reply("{\"errcode\":40029,\"errmsg\":\"x\"}")), Err(NoAccount::Refused));
        assert_eq!(wechat_answer(&reply("<html>")), Err(NoAccount::Unclear));
        assert!(!format!("{of:?}").contains("s/1"));
    }

    #[test]
    fn a_moment_is_written_as_alipay_wants_it() {
        assert_eq!(moment(Timestamp::from_ms(1_795_492_800_000)), "2026-11-24 12:00:00");
    }
}

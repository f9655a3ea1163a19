//! Messages inside Alipay: a mini-program's template message, and the notice to a guardian of what a pupil did at
//! school (K12), over the form gateway.

use super::answer::{self, WAIT_S, not_sent, unknown};
use super::rate::Rate;
use super::{ErrorClass, Message, Messenger, Sent, host, text};
use crate::crypto::{Signer, Verifier};
use crate::pay::Misuse;
use crate::pay::alipay::sign::{Answer, signing_text};
use crate::pay::china_time::china_text;
use crate::{Call, Moment, Reply, percent_encode};
use serde_json::{Value, json};

/// A value of a template.
pub const ALIPAY_VALUE_CHARS_MAX: usize = 50;
const PAGE_CHARS_MAX: usize = 128;
const OUT_NO_CHARS_MAX: usize = 64;

#[derive(Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The gateway.
    #[serde(default = "base_url")]
    pub base_url: String,
    pub app_id: String,
    /// Ours: PKCS#1 or PKCS#8, PEM or bare base64.
    pub private_key: String,
    /// Alipay's, with which its answers are verified.
    pub alipay_public_key: String,
    /// Where we send for a school's own application.
    pub app_auth_token: Option<String>,
    /// Where the application uses certificates.
    pub app_cert_sn: Option<String>,
    pub alipay_root_cert_sn: Option<String>,
    pub product: Product,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Product {
    /// `alipay.open.app.mini.templatemessage.send`, to somebody who subscribed to the template.
    MiniProgram,
    /// `alipay.commerce.kids.msg.scene.send`, to the guardian of a pupil.
    Kids,
}

fn base_url() -> String {
    "https://openapi.alipay.com/gateway.do".into()
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "alipay::Config({}, {}, {:?})", self.base_url, self.app_id, self.product)
    }
}

#[derive(Clone, Debug)]
pub struct Alipay {
    base: String,
    config: Config,
    signer: Signer,
    verifier: Verifier,
}

impl Alipay {
    pub fn new(config: Config) -> Result<Alipay, Misuse> {
        let base = host::base(&config.base_url)?;
        let signer = Signer::read(&config.private_key).map_err(|why| Misuse::new("private_key", why.to_string()))?;
        let verifier = Verifier::read(&config.alipay_public_key);
        let verifier = verifier.map_err(|why| Misuse::new("alipay_public_key", why.to_string()))?;
        if config.app_id.trim().is_empty() {
            return Err(Misuse::new("app_id", "it is empty"));
        }
        Ok(Alipay { base, config, signer, verifier })
    }

    fn method(&self) -> &'static str {
        match self.config.product {
            Product::MiniProgram => "alipay.open.app.mini.templatemessage.send",
            Product::Kids => "alipay.commerce.kids.msg.scene.send",
        }
    }

    /// Public parameters in the query, the content in the body; the signature covers both.
    fn call(&self, content: &Value, at: &Moment) -> Call {
        let content = content.to_string();
        let mut pairs: Vec<(String, String)> = [
            ("app_id", self.config.app_id.as_str()),
            ("method", self.method()),
            ("format", "JSON"),
            ("charset", "utf-8"),
            ("sign_type", "RSA2"),
            ("timestamp", &china_text(at.now)),
            ("version", "1.0"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let more = [
            ("app_auth_token", &self.config.app_auth_token),
            ("app_cert_sn", &self.config.app_cert_sn),
            ("alipay_root_cert_sn", &self.config.alipay_root_cert_sn),
        ];
        pairs.extend(more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))));
        let body = format!("biz_content={}", percent_encode(&content));
        let mut signed = pairs.clone();
        signed.push(("biz_content".to_owned(), content));
        pairs.push(("sign".to_owned(), self.signer.sign_base64(signing_text(&signed).as_bytes())));
        let query: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}={}", percent_encode(value))).collect();
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        Call::post(format!("{}?{}", self.base, query.join("&")), form, body)
    }
}

impl Messenger for Alipay {
    /// None is published.
    fn rate(&self) -> Rate {
        Rate::UNLIMITED
    }

    fn send(&self, message: &Message, address: &str, _token: Option<&str>, at: &Moment) -> Result<Call, Misuse> {
        let is_id =
            !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        if !is_id {
            return Err(Misuse::new("address", "it is not the id of a user"));
        }
        let content = match self.config.product {
            Product::MiniProgram => template_message(message, address)?,
            Product::Kids => kids_message(message, address, at)?,
        };
        Ok(self.call(&content, at))
    }

    /// That a message was taken is believed with Alipay's signature only. A refusal is believed without: what is wrong
    /// with our own signature or application is answered unsigned.
    fn sent(&self, reply: &Reply) -> Sent {
        // What is no JSON at all is judged first: it may come from something in between.
        if let Err(sent) = answer::json(reply) {
            return sent;
        }
        let Some(answer) = reply.text().and_then(|text| Answer::read(text, self.method())) else {
            return unknown("an answer to something else");
        };
        let part: Value = serde_json::from_str(answer.raw).unwrap_or_default();
        let part = &part;
        let code = answer::text(part, "code");
        if code == "10000" {
            let signature = answer.sign.as_deref();
            let verified = signature.is_some_and(|sign| self.verifier.verifies_base64(answer.raw.as_bytes(), sign));
            return match verified {
                true => Sent::Accepted { provider_id: None },
                false => unknown("an answer whose signature does not fit"),
            };
        }
        let sub_code = answer::text(part, "sub_code");
        let said = if sub_code.is_empty() { code } else { sub_code };
        let words =
            [answer::text(part, "sub_msg"), answer::text(part, "msg")].into_iter().find(|text| !text.is_empty());
        match class(code, sub_code) {
            Some(class) => not_sent(class, said, words.unwrap_or_default()),
            None => unknown(format!("the channel does not say whether it sent: {}", answer::code(said))),
        }
    }
}

fn template_message(message: &Message, address: &str) -> Result<Value, Misuse> {
    let template = message.template.as_deref().ok_or_else(|| Misuse::new("template", "Alipay needs one"))?;
    let page = message.link.as_deref().ok_or_else(|| Misuse::new("link", "Alipay needs a page of the mini-program"))?;
    if text::length(page) > PAGE_CHARS_MAX {
        return Err(Misuse::new("link", format!("it has more than {PAGE_CHARS_MAX} characters")));
    }
    let mut data = serde_json::Map::new();
    for (name, value) in &message.fields {
        data.insert(name.clone(), json!({"value": fitted(name, value)?}));
    }
    // A user id is 16 digits and begins with 2088; an open id is longer and has letters.
    let is_user_id = address.len() == 16 && address.starts_with("2088") && address.bytes().all(|b| b.is_ascii_digit());
    let to = if is_user_id { "to_user_id" } else { "to_open_id" };
    Ok(json!({to: address, "user_template_id": template, "page": page, "data": Value::Object(data).to_string()}))
}

/// What a notice to a guardian has to say, by the names of Alipay.
const KIDS_FIELDS: [&str; 6] =
    ["operator_name", "school_name", "school_stdcode", "memo", "operator_userid", "contact_info"];
/// Eating, coming, leaving, being present.
const KIDS_TEMPLATES: [&str; 4] = ["school_facepay", "school_entrance_in", "school_entrance_out", "school_sign"];
/// Fields that stand beside the others: what is not said is left to Alipay.
const KIDS_OUTER: [&str; 2] = ["biz_code", "biz_time"];

fn kids_message(message: &Message, address: &str, at: &Moment) -> Result<Value, Misuse> {
    let template = message.template.as_deref().filter(|template| KIDS_TEMPLATES.contains(template));
    let template = template.ok_or_else(|| Misuse::new("template", format!("it is none of {KIDS_TEMPLATES:?}")))?;
    let link = message.link.as_deref().ok_or_else(|| Misuse::new("link", "Alipay needs one"))?;
    if let Some(missing) = KIDS_FIELDS.iter().find(|name| message.fields.get(**name).is_none_or(String::is_empty)) {
        return Err(Misuse::new("fields", format!("{missing}: it is missing")));
    }
    let mut data = serde_json::Map::new();
    for (name, value) in message.fields.iter().filter(|(name, _)| !KIDS_OUTER.contains(&name.as_str())) {
        data.insert(name.clone(), fitted(name, value)?.into());
    }
    data.insert("link".into(), link.into());
    data.insert("target_userid".into(), address.into());
    let happened = message.fields.get("biz_time").cloned().unwrap_or_else(|| china_text(at.now));
    let mut content = json!({
        "template_code": template,
        "template_code_version": "1.0",
        "biz_data": Value::Object(data).to_string(),
        "biz_time": happened,
        // A repeat under the same number is refused.
        "out_biz_no": text::beginning(&message.dedupe, OUT_NO_CHARS_MAX),
    });
    if let Some(code) = message.fields.get("biz_code") {
        content["biz_code"] = code.as_str().into();
    }
    Ok(content)
}

fn fitted(name: &str, value: &str) -> Result<String, Misuse> {
    text::value(value, ALIPAY_VALUE_CHARS_MAX).map_err(|why| Misuse::new("fields", format!("{name}: {why}")))
}

/// `None`: the channel does not say whether the message was sent.
fn class(code: &str, sub_code: &str) -> Option<ErrorClass> {
    match code {
        "40004" if sub_code.contains("SYSTEM_ERROR") || sub_code.contains("UNKNOWN") => None,
        // A user who is unknown, took the subscription back, or never gave it.
        "40004" if sub_code.contains("SUBSCRIBE") || sub_code.contains("USER_NOT_EXIST") => {
            Some(ErrorClass::AddressGone)
        }
        // Rights, arguments, a template, a business rule.
        "20001" | "40001" | "40002" | "40003" | "40004" | "40006" => Some(ErrorClass::Permanent),
        "40005" => Some(ErrorClass::Throttled { after_s: WAIT_S }),
        // 20000: the service is not there, or does not know.
        _ => None,
    }
}

#[cfg(test)]
mod tests;

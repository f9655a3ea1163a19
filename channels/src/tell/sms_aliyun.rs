//! SMS over Aliyun: `SendSms` of 2017-05-25, signed with ACS3-HMAC-SHA256.

use super::answer::{self, not_sent, unknown};
use super::host::{self, Place};
use super::phone::Phone;
use super::rate::{DAY_S, HOUR_S, Limit, MINUTE_S, Rate};
use super::{ErrorClass, Message, Messenger, Sent, text};
use crate::pay::Misuse;
use crate::{Call, Method, Moment, Reply, crypto, percent_encode};
use std::collections::BTreeMap;

/// To one number under one signature, as long as nothing else was agreed with Aliyun.
pub const ALIYUN_SMS_PER_NUMBER_MINUTE_MAX: u32 = 1;
pub const ALIYUN_SMS_PER_NUMBER_HOUR_MAX: u32 = 5;
pub const ALIYUN_SMS_PER_NUMBER_DAY_MAX: u32 = 10;
/// A value of a template.
pub const ALIYUN_SMS_VALUE_CHARS_MAX: usize = 35;
const OUT_ID_CHARS_MAX: usize = 256;

const LIMITS: [Limit; 3] = [
    Limit::new(ALIYUN_SMS_PER_NUMBER_MINUTE_MAX, MINUTE_S),
    Limit::new(ALIYUN_SMS_PER_NUMBER_HOUR_MAX, HOUR_S),
    Limit::new(ALIYUN_SMS_PER_NUMBER_DAY_MAX, DAY_S),
];

#[derive(Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    #[serde(default = "base_url")]
    pub base_url: String,
    pub access_key_id: String,
    pub access_key_secret: String,
    /// The signature that stands in front of the text, as it was approved.
    pub sign_name: String,
}

fn base_url() -> String {
    "https://dysmsapi.aliyuncs.com".into()
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sms_aliyun::Config({}, {})", self.base_url, self.sign_name)
    }
}

#[derive(Clone, Debug)]
pub struct AliyunSms {
    base: String,
    config: Config,
}

impl AliyunSms {
    pub fn new(config: Config) -> Result<AliyunSms, Misuse> {
        let base = host::base(&config.base_url)?;
        for (field, value) in [
            ("access_key_id", &config.access_key_id),
            ("access_key_secret", &config.access_key_secret),
            ("sign_name", &config.sign_name),
        ] {
            if value.trim().is_empty() {
                return Err(Misuse::new(field, "it is empty"));
            }
        }
        Ok(AliyunSms { base, config })
    }
}

impl Messenger for AliyunSms {
    fn rate(&self) -> Rate {
        Rate::new(&[], &LIMITS)
    }

    fn send(&self, message: &Message, address: &str, _token: Option<&str>, at: &Moment) -> Result<Call, Misuse> {
        let phone = Phone::read(address)?;
        let template = message.template.as_deref().ok_or_else(|| Misuse::new("template", "an SMS needs one"))?;
        let mut values = serde_json::Map::new();
        for (name, value) in &message.fields {
            let value = text::value(value, ALIYUN_SMS_VALUE_CHARS_MAX);
            let value = value.map_err(|why| Misuse::new("fields", format!("{name}: {why}")))?;
            values.insert(name.clone(), value.into());
        }
        let mut query = BTreeMap::from([
            ("PhoneNumbers", phone.without_plus().to_owned()),
            ("SignName", self.config.sign_name.clone()),
            ("TemplateCode", template.to_owned()),
            ("OutId", text::beginning(&message.dedupe, OUT_ID_CHARS_MAX)),
        ]);
        if !values.is_empty() {
            query.insert("TemplateParam", serde_json::Value::Object(values).to_string());
        }
        // Parameters of this operation stand in the query; `Call` never shows a query in a log.
        let url = format!("{}/?{}", self.base, canonical_query(&query));
        let call = Call { method: Method::Post, url, headers: Vec::new(), body: Vec::new() };
        let key = Key { id: &self.config.access_key_id, secret: &self.config.access_key_secret };
        Ok(signed(call, &key, ("SendSms", "2017-05-25"), at))
    }

    fn sent(&self, reply: &Reply) -> Sent {
        let answer = match answer::json(reply) {
            Ok(answer) => answer,
            Err(sent) => return sent,
        };
        match answer::text(&answer, "Code") {
            "OK" => {
                let id = answer::text(&answer, "BizId");
                Sent::Accepted { provider_id: (!id.is_empty()).then(|| id.to_owned()) }
            }
            "" => unknown("an answer without a code"),
            code => match class(code, answer::text(&answer, "Message")) {
                Some(class) => not_sent(class, code, answer::text(&answer, "Message")),
                None => unknown(format!("the channel failed inside: {}", answer::code(code))),
            },
        }
    }
}

/// `None`: the channel does not say whether the message was taken.
fn class(code: &str, message: &str) -> Option<ErrorClass> {
    // The same code stands for three limits; only the words tell which.
    let after_s = match message {
        words if words.contains("天级") || code.contains("DAY") => DAY_S,
        words if words.contains("小时级") || code.contains("HOUR") => HOUR_S,
        _ => MINUTE_S,
    };
    match code {
        "isv.MOBILE_NUMBER_ILLEGAL" | "isv.MOBILE_COUNT_OVER_LIMIT" | "MOBILE_NOT_ON_SERVICE" => {
            Some(ErrorClass::AddressGone)
        }
        // The number asked to get none, or its operator closed it.
        "isv.BLACK_LIST" | "isv.UNSUBSCRIBED_NUMBER" | "MOBILE_IN_BLACK" => Some(ErrorClass::AddressGone),
        code if code.contains("BUSINESS_LIMIT") || code.contains("DAY_LIMIT") => {
            Some(ErrorClass::Throttled { after_s })
        }
        code if code.starts_with("Throttling") => Some(ErrorClass::Throttled { after_s: MINUTE_S }),
        "ServiceUnavailable" | "isp.GATEWAY_ERROR" => Some(ErrorClass::Transient),
        "isp.SYSTEM_ERROR" | "isp.UNKNOWN" | "InternalError" => None,
        // A template, a signature, the account's money, a right.
        _ => Some(ErrorClass::Permanent),
    }
}

struct Key<'a> {
    id: &'a str,
    secret: &'a str,
}

fn canonical_query(query: &BTreeMap<&str, String>) -> String {
    let pairs = query.iter().map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// The headers of ACS3-HMAC-SHA256: every one of them is covered, with the query and the body.
fn signed(call: Call, key: &Key<'_>, (action, version): (&str, &str), at: &Moment) -> Call {
    let digest = hex::encode(crypto::sha256(&call.body));
    let host = Place::read(&call.url).map_or(String::new(), |place| place.authority());
    let headers = [
        ("host", host),
        ("x-acs-action", action.to_owned()),
        ("x-acs-content-sha256", digest.clone()),
        ("x-acs-date", utc(at)),
        ("x-acs-signature-nonce", at.nonce_text()),
        ("x-acs-version", version.to_owned()),
    ];
    let names = headers.each_ref().map(|(name, _)| *name).join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let (path, query) = call.path_and_query().split_once('?').unwrap_or((call.path_and_query(), ""));
    let request = format!("{}\n{path}\n{query}\n{lines}\n{names}\n{digest}", call.method.word());
    let digest = hex::encode(crypto::sha256(request.as_bytes()));
    let signature = crypto::hmac_sha256(key.secret.as_bytes(), format!("ACS3-HMAC-SHA256\n{digest}").as_bytes());
    let credential = format!("Credential={},SignedHeaders={names},Signature={}", key.id, hex::encode(signature));
    // The host goes along by itself.
    let call = headers.into_iter().skip(1).fold(call, |call, (name, value)| call.header(name, value));
    call.header("authorization", format!("ACS3-HMAC-SHA256 {credential}"))
}

/// `2023-10-26T10:22:32Z`.
fn utc(at: &Moment) -> String {
    let second = at.seconds().rem_euclid(86_400);
    let day = yitong_values::BusinessDay::from_epoch_days(at.seconds().div_euclid(86_400));
    format!("{day}T{:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{fields, message, moment, reply};
    use super::*;

    fn channel() -> AliyunSms {
        let config = Config {
            base_url: base_url(),
            access_key_id: "id".into(),
            access_key_secret: "c0ffee-secret".into(),
            sign_name: "一通".into(),
        };
        AliyunSms::new(config).unwrap()
    }

    /// The example of Aliyun's page on signatures ("V3 request structure and signature").
    #[test]
    fn the_published_signature_comes_out() {
        let at = Moment {
            now: yitong_values::Timestamp::from_ms(1_698_315_752_000),
            nonce: hex::decode("3156853299f313e23d1673dc12e1703d").unwrap().try_into().unwrap(),
        };
        let query = BTreeMap::from([
            ("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd".to_owned()),
            ("RegionId", "cn-shanghai".to_owned()),
        ]);
        let url = format!("https://ecs.cn-shanghai.aliyuncs.com/?{}", canonical_query(&query));
        let call = Call { method: Method::Post, url, headers: Vec::new(), body: Vec::new() };
        let key = Key { id: "YourAccessKeyId", secret: "YourAccessKeySecret" };
        let call = signed(call, &key, ("RunInstances", "2014-05-26"), &at);
        let expected = "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;\
                        x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,\
                        Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0";
        assert_eq!(call.headers.last(), Some(&("authorization".to_owned(), expected.to_owned())));
        assert_eq!(call.headers[2].1, "2023-10-26T10:22:32Z");
    }

    #[test]
    fn a_message_becomes_one_request() {
        let message = Message { template: Some("SMS_1".into()), ..message(fields([("code", "123456")])) };
        let call = channel().send(&message, "+8613800138000", None, &moment()).unwrap();
        let query = crate::query_pairs(call.url.split_once('?').unwrap().1).unwrap();
        let expected = [
            ("OutId", "notice-1"),
            ("PhoneNumbers", "13800138000"),
            ("SignName", "一通"),
            ("TemplateCode", "SMS_1"),
            ("TemplateParam", r#"{"code":"123456"}"#),
        ];
        assert_eq!(query, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let none = Message { template: None, ..message.clone() };
        assert_eq!(channel().send(&none, "13800138000", None, &moment()).unwrap_err().field, "template");
        let long = Message { fields: fields([("code", &"1".repeat(36))]), ..message };
        let refusal = channel().send(&long, "13800138000", None, &moment()).unwrap_err();
        assert!(refusal.to_string().starts_with("fields: code: it has 36 characters"), "{refusal}");
    }

    #[test]
    fn every_answer_has_its_class() {
        let sent = |body: &str| channel().sent(&reply(200, body));
        let accepted = Sent::Accepted { provider_id: Some("900619746936498440^0".into()) };
        assert_eq!(sent(r#"{"Code":"OK","Message":"OK","BizId":"900619746936498440^0"}"#), accepted);
        let class = |code: &str, message: &str| match sent(&format!(r#"{{"Code":"{code}","Message":"{message}"}}"#)) {
            Sent::NotSent { class, .. } => Some(class),
            _ => None,
        };
        let throttled = |after_s| Some(ErrorClass::Throttled { after_s });
        assert_eq!(class("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1"), throttled(60));
        assert_eq!(class("isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5"), throttled(3_600));
        assert_eq!(class("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:10"), throttled(86_400));
        assert_eq!(class("isv.DAY_LIMIT_CONTROL", ""), throttled(86_400));
        assert_eq!(class("Throttling.User", ""), throttled(60));
        assert_eq!(class("isv.MOBILE_NUMBER_ILLEGAL", ""), Some(ErrorClass::AddressGone));
        assert_eq!(class("isv.SMS_TEMPLATE_ILLEGAL", ""), Some(ErrorClass::Permanent));
        assert_eq!(class("isv.AMOUNT_NOT_ENOUGH", ""), Some(ErrorClass::Permanent));
        assert_eq!(class("SignatureDoesNotMatch", ""), Some(ErrorClass::Permanent));
        assert_eq!(class("ServiceUnavailable", ""), Some(ErrorClass::Transient));
        assert_eq!(class("isp.SYSTEM_ERROR", ""), None);
        assert_eq!(sent("{}"), unknown("an answer without a code"));
    }
}

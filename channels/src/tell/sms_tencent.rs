//! SMS over Tencent Cloud: `SendSms` of 2021-01-11, signed with TC3-HMAC-SHA256.

use super::answer::{self, not_sent, unknown};
use super::host::{self, Place};
use super::phone::Phone;
use super::rate::{DAY_S, HOUR_S, Limit, MINUTE_S, Rate};
use super::{ErrorClass, Message, Messenger, Sent, text};
use crate::pay::Misuse;
use crate::{Call, Moment, Reply, crypto};
use serde_json::{Value, json};

/// The account's requests.
pub const TENCENT_SMS_PER_SECOND_MAX: u32 = 3_000;
/// To one number, as long as nothing else was set at Tencent.
pub const TENCENT_SMS_PER_NUMBER_HALF_MINUTE_MAX: u32 = 1;
pub const TENCENT_SMS_PER_NUMBER_HOUR_MAX: u32 = 5;
pub const TENCENT_SMS_PER_NUMBER_DAY_MAX: u32 = 10;
/// A value of a template.
pub const TENCENT_SMS_VALUE_CHARS_MAX: usize = 12;
const SESSION_CHARS_MAX: usize = 512;
const HALF_MINUTE_S: u32 = 30;

const ACCOUNT_LIMITS: [Limit; 1] = [Limit::new(TENCENT_SMS_PER_SECOND_MAX, 1)];
const NUMBER_LIMITS: [Limit; 3] = [
    Limit::new(TENCENT_SMS_PER_NUMBER_HALF_MINUTE_MAX, HALF_MINUTE_S),
    Limit::new(TENCENT_SMS_PER_NUMBER_HOUR_MAX, HOUR_S),
    Limit::new(TENCENT_SMS_PER_NUMBER_DAY_MAX, DAY_S),
];

#[derive(Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    #[serde(default = "base_url")]
    pub base_url: String,
    pub secret_id: String,
    pub secret_key: String,
    #[serde(default = "region")]
    pub region: String,
    /// The application's number, `1400…`.
    pub sdk_app_id: String,
    /// The signature that stands in front of the text, as it was approved.
    pub sign_name: String,
    /// How long a template's value may be. Twelve for notices and six for codes, unless a template was approved for
    /// more.
    #[serde(default = "value_chars_max")]
    pub value_chars_max: usize,
}

fn base_url() -> String {
    "https://sms.tencentcloudapi.com".into()
}

fn region() -> String {
    "ap-guangzhou".into()
}

fn value_chars_max() -> usize {
    TENCENT_SMS_VALUE_CHARS_MAX
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sms_tencent::Config({}, {}, {})", self.base_url, self.sdk_app_id, self.sign_name)
    }
}

#[derive(Clone, Debug)]
pub struct TencentSms {
    base: String,
    config: Config,
}

impl TencentSms {
    pub fn new(config: Config) -> Result<TencentSms, Misuse> {
        let base = host::base(&config.base_url)?;
        for (field, value) in [
            ("secret_id", &config.secret_id),
            ("secret_key", &config.secret_key),
            ("sdk_app_id", &config.sdk_app_id),
            ("sign_name", &config.sign_name),
        ] {
            if value.trim().is_empty() {
                return Err(Misuse::new(field, "it is empty"));
            }
        }
        Ok(TencentSms { base, config })
    }
}

impl Messenger for TencentSms {
    fn rate(&self) -> Rate {
        Rate::new(&ACCOUNT_LIMITS, &NUMBER_LIMITS)
    }

    fn send(&self, message: &Message, address: &str, _token: Option<&str>, at: &Moment) -> Result<Call, Misuse> {
        let phone = Phone::read(address)?;
        let template = message.template.as_deref().ok_or_else(|| Misuse::new("template", "an SMS needs one"))?;
        let body = json!({
            "PhoneNumberSet": [phone.e164()],
            "SmsSdkAppId": self.config.sdk_app_id,
            "SignName": self.config.sign_name,
            "TemplateId": template,
            "TemplateParamSet": in_order(message, self.config.value_chars_max)?,
            // It comes back with the answer.
            "SessionContext": text::beginning(&message.dedupe, SESSION_CHARS_MAX),
        });
        let call = Call::post(format!("{}/", self.base), JSON, body.to_string());
        let key = Key { id: &self.config.secret_id, secret: &self.config.secret_key, service: "sms" };
        let call = signed(call, &key, at)
            .header("x-tc-action", "SendSms")
            .header("x-tc-version", "2021-01-11")
            .header("x-tc-region", self.config.region.as_str());
        Ok(call)
    }

    fn sent(&self, reply: &Reply) -> Sent {
        let answer = match answer::json(reply) {
            Ok(answer) => answer,
            Err(sent) => return sent,
        };
        let response = &answer["Response"];
        if let Some(error) = response.get("Error") {
            return refused(answer::text(error, "Code"), answer::text(error, "Message"));
        }
        let Some(status) = response["SendStatusSet"].get(0) else {
            return unknown("an answer without a status");
        };
        match answer::text(status, "Code") {
            "Ok" => {
                let id = answer::text(status, "SerialNo");
                Sent::Accepted { provider_id: (!id.is_empty()).then(|| id.to_owned()) }
            }
            code => refused(code, answer::text(status, "Message")),
        }
    }
}

const JSON: &str = "application/json; charset=utf-8";

/// Templates number their values: `{1}`, `{2}`, …
fn in_order(message: &Message, units_max: usize) -> Result<Vec<Value>, Misuse> {
    (1..=message.fields.len())
        .map(|number| {
            let value = message.fields.get(&number.to_string()).ok_or_else(|| {
                let count = message.fields.len();
                Misuse::new("fields", format!("{number}: it is missing; {count} values are named 1 to {count}"))
            })?;
            let value = text::value(value, units_max);
            value.map(Value::from).map_err(|why| Misuse::new("fields", format!("{number}: {why}")))
        })
        .collect()
}

fn refused(code: &str, message: &str) -> Sent {
    match class(code) {
        Some(class) => not_sent(class, code, message),
        None => unknown(format!("the channel failed inside: {}", answer::code(code))),
    }
}

/// `None`: the channel does not say whether the message was taken.
fn class(code: &str) -> Option<ErrorClass> {
    let throttled = |after_s| Some(ErrorClass::Throttled { after_s });
    match code {
        "" | "InternalError.Timeout" | "InternalError.SendAndRecvFail" | "InternalError" => None,
        "FailedOperation.PhoneNumberInBlacklist" | "InvalidParameterValue.IncorrectPhoneNumber" => {
            Some(ErrorClass::AddressGone)
        }
        "LimitExceeded.PhoneNumberThirtySecondLimit" => throttled(HALF_MINUTE_S),
        "LimitExceeded.PhoneNumberOneHourLimit" => throttled(HOUR_S),
        code if code.starts_with("LimitExceeded.") && code.contains("Daily") => throttled(DAY_S),
        code if code.starts_with("LimitExceeded") || code.starts_with("RequestLimitExceeded") => throttled(MINUTE_S),
        code if code.starts_with("InternalError.") || code.starts_with("ResourceUnavailable") => {
            Some(ErrorClass::Transient)
        }
        // A template, a signature, the package that ran out, a right.
        _ => Some(ErrorClass::Permanent),
    }
}

struct Key<'a> {
    id: &'a str,
    secret: &'a str,
    service: &'a str,
}

/// TC3-HMAC-SHA256 over the body, its type and the host. The key is one of the day (UTC) and the service.
fn signed(call: Call, key: &Key<'_>, at: &Moment) -> Call {
    let host = Place::read(&call.url).map_or(String::new(), |place| place.authority());
    let digest = |bytes: &[u8]| hex::encode(crypto::sha256(bytes));
    let (path, query) = call.path_and_query().split_once('?').unwrap_or((call.path_and_query(), ""));
    let names = "content-type;host";
    let request = format!(
        "{}\n{path}\n{query}\ncontent-type:{JSON}\nhost:{host}\n\n{names}\n{}",
        call.method.word(),
        digest(&call.body)
    );
    let day = yitong_values::BusinessDay::from_epoch_days(at.seconds().div_euclid(86_400));
    let scope = format!("{day}/{}/tc3_request", key.service);
    let what = format!("TC3-HMAC-SHA256\n{}\n{scope}\n{}", at.seconds(), digest(request.as_bytes()));
    let first = format!("TC3{}", key.secret).into_bytes();
    let of_day = [day.to_string().as_str(), key.service, "tc3_request"]
        .iter()
        .fold(first, |key, part| crypto::hmac_sha256(&key, part.as_bytes()));
    let signature = hex::encode(crypto::hmac_sha256(&of_day, what.as_bytes()));
    let credential = format!("Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", key.id);
    call.header("x-tc-timestamp", at.seconds().to_string())
        .header("authorization", format!("TC3-HMAC-SHA256 {credential}"))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{fields, message, moment, reply};
    use super::*;

    fn channel() -> TencentSms {
        let settings = r#"{"secret_id": "id", "secret_key": "c0ffee-secret", "sdk_app_id": "1400006666",
                           "sign_name": "一通"}"#;
        TencentSms::new(serde_json::from_str(settings).unwrap()).unwrap()
    }

    /// The example of Tencent Cloud's page on signatures ("Signature v3"): the body's escapes are part of it.
    #[test]
    fn the_published_signature_comes_out() {
        let body = r#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
        let at = Moment { now: yitong_values::Timestamp::from_ms(1_551_113_065_000), nonce: [0; 16] };
        let key = Key {
            id: "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
            secret: "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
            service: "cvm",
        };
        let call = signed(Call::post("https://cvm.tencentcloudapi.com/", JSON, body), &key, &at);
        let expected = "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, \
                        SignedHeaders=content-type;host, \
                        Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168";
        assert_eq!(call.headers.last(), Some(&("authorization".to_owned(), expected.to_owned())));
    }

    #[test]
    fn values_stand_in_the_order_of_their_numbers() {
        let numbered = fields([("2", "二"), ("10", "十"), ("1", "一")]);
        let message = Message { template: Some("1110".into()), ..message(numbered) };
        let refusal = channel().send(&message, "13800138000", None, &moment()).unwrap_err();
        assert_eq!(refusal.to_string(), "fields: 3: it is missing; 3 values are named 1 to 3");
        let message = Message {
            fields: fields([("2", "第一食堂一号档口（东区新校区）"), ("1", "12.50")]), ..message
        };
        let call = channel().send(&message, "138 0013 8000", None, &moment()).unwrap();
        let body: Value = serde_json::from_slice(&call.body).unwrap();
        assert_eq!(body["TemplateParamSet"], json!(["12.50", "第一食堂一号档口（东区…"]));
        assert_eq!(body["PhoneNumberSet"], json!(["+8613800138000"]));
        assert_eq!(body["SessionContext"], "notice-1");
    }

    #[test]
    fn every_answer_has_its_class() {
        let sent = |body: Value| channel().sent(&reply(200, &body.to_string()));
        let of_number = |code: &str| sent(json!({"Response": {"SendStatusSet": [{"Code": code, "SerialNo": "s:1"}]}}));
        let of_request = |code: &str| sent(json!({"Response": {"Error": {"Code": code, "Message": "m"}}}));
        let class = |sent: Sent| match sent {
            Sent::NotSent { class, .. } => Some(class),
            _ => None,
        };
        let throttled = |after_s| Some(ErrorClass::Throttled { after_s });
        assert_eq!(of_number("Ok"), Sent::Accepted { provider_id: Some("s:1".into()) });
        assert_eq!(class(of_number("LimitExceeded.PhoneNumberThirtySecondLimit")), throttled(30));
        assert_eq!(class(of_number("LimitExceeded.PhoneNumberOneHourLimit")), throttled(3_600));
        assert_eq!(class(of_number("LimitExceeded.PhoneNumberSameContentDailyLimit")), throttled(86_400));
        assert_eq!(class(of_request("RequestLimitExceeded")), throttled(60));
        assert_eq!(class(of_number("FailedOperation.PhoneNumberInBlacklist")), Some(ErrorClass::AddressGone));
        assert_eq!(class(of_number("InvalidParameterValue.IncorrectPhoneNumber")), Some(ErrorClass::AddressGone));
        assert_eq!(class(of_number("FailedOperation.InsufficientBalanceInSmsPackage")), Some(ErrorClass::Permanent));
        assert_eq!(class(of_request("AuthFailure.SignatureFailure")), Some(ErrorClass::Permanent));
        assert_eq!(class(of_request("InternalError.OtherError")), Some(ErrorClass::Transient));
        assert_eq!(class(of_request("InternalError.Timeout")), None);
        assert_eq!(sent(json!({"Response": {}})), unknown("an answer without a status"));
    }
}

//! SMS at Aliyun (ACS3) and at Tencent Cloud (TC3). The signatures are written here once more on purpose: what our
//! connectors compute is not asked of the same code.

use super::{ACCESS_KEY_ID, Arrived, SIGN_NAME, TENCENT_APP_ID, object, text};
use crate::Sandbox;
use crate::wire::{Incoming, Outgoing, random_hex};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use yitong_channels::crypto::{hmac_sha256, same, sha256};
use yitong_channels::pay::china_time::from_rfc3339;
use yitong_channels::{percent_encode, query_pairs};
use yitong_values::BusinessDay;

/// How far a request's time may be away.
const WINDOW_MS: i64 = 15 * 60_000;
const WINDOW_S: i64 = 300;

pub fn aliyun(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let told = aliyun_verified(sandbox, incoming).and_then(|fields| aliyun_taken(sandbox, &fields));
    match told {
        Ok(()) => {
            let id = random_hex(8);
            Outgoing::json(200, &json!({"Code": "OK", "Message": "OK", "BizId": id, "RequestId": random_hex(16)}))
        }
        Err((status, code, words)) => {
            Outgoing::json(status, &json!({"Code": code, "Message": words, "RequestId": random_hex(16)}))
        }
    }
}

type Refused = (u16, &'static str, &'static str);
type Fields = Vec<(String, String)>;

fn aliyun_verified(sandbox: &Sandbox, incoming: &Incoming) -> Result<Fields, Refused> {
    let authorization = incoming.header("authorization");
    let parts = authorization.strip_prefix("ACS3-HMAC-SHA256 ").ok_or((400, "MissingAuthorization", "no ACS3"))?;
    let part = |name: &str| parts.split(',').find_map(|part| part.trim().strip_prefix(name)).unwrap_or_default();
    let (names, signature) = (part("SignedHeaders="), part("Signature="));
    if part("Credential=") != ACCESS_KEY_ID {
        return Err((404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."));
    }
    let needed =
        ["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"];
    let signed: Vec<&str> = names.split(';').collect();
    if needed.iter().any(|name| !signed.contains(name)) {
        return Err((400, "IncompleteSignature", "a header is not signed"));
    }
    let sent_at = from_rfc3339(incoming.header("x-acs-date"));
    if sent_at.is_none_or(|at| at.since(sandbox.now()).abs() > WINDOW_MS) {
        return Err((400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."));
    }
    let digest = hex::encode(sha256(&incoming.body));
    let pairs = query_pairs(&incoming.query).ok_or((400, "InvalidParameter", "the query can't be read"))?;
    let query = pairs.iter().map(|(name, value)| (percent_encode(name), percent_encode(value)));
    let query: BTreeMap<String, String> = query.collect();
    let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let lines: String = signed.iter().map(|name| format!("{name}:{}\n", incoming.header(name).trim())).collect();
    let request = format!("{}\n{}\n{}\n{lines}\n{names}\n{digest}", incoming.method, incoming.path, query.join("&"));
    let what = format!("ACS3-HMAC-SHA256\n{}", hex::encode(sha256(request.as_bytes())));
    let expected = hex::encode(hmac_sha256(sandbox.id().message_secret.as_bytes(), what.as_bytes()));
    let fits = same(expected.as_bytes(), signature.as_bytes()) && incoming.header("x-acs-content-sha256") == digest;
    if fits { Ok(pairs) } else { Err((400, "SignatureDoesNotMatch", "Specified signature does not match.")) }
}

fn aliyun_taken(sandbox: &Sandbox, fields: &Fields) -> Result<(), Refused> {
    let of = |name: &str| fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    if of("SignName") != SIGN_NAME {
        return Err((200, "isv.SMS_SIGNATURE_ILLEGAL", "该账号下找不到对应签名"));
    }
    if !of("TemplateCode").starts_with("SMS_") {
        return Err((200, "isv.SMS_TEMPLATE_ILLEGAL", "该账号下找不到对应模板"));
    }
    let number = of("PhoneNumbers");
    if !is_mobile(number.strip_prefix("86").filter(|rest| rest.len() == 11).unwrap_or(number)) {
        return Err((200, "isv.MOBILE_NUMBER_ILLEGAL", "手机号码格式错误"));
    }
    let values = match of("TemplateParam") {
        "" => json!({}),
        text => serde_json::from_str(text).map_err(|_| (200, "isv.INVALID_JSON_PARAM", "参数格式错误"))?,
    };
    let Value::Object(values) = values else { return Err((200, "isv.INVALID_JSON_PARAM", "参数格式错误")) };
    let mut message = Arrived::new("sms_aliyun", number);
    message.template = of("TemplateCode").to_owned();
    message.fields = values.into_iter().map(|(name, value)| (name, plain(value))).collect();
    if sandbox.arrive(message) { Ok(()) } else { Err((200, "isv.BLACK_LIST", "黑名单管控")) }
}

fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Of the mainland.
fn is_mobile(number: &str) -> bool {
    number.len() == 11 && number.starts_with('1') && number.bytes().all(|byte| byte.is_ascii_digit())
}

pub fn tencent(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let response = match tencent_verified(sandbox, incoming) {
        Ok(body) => json!({"SendStatusSet": tencent_taken(sandbox, &body), "RequestId": random_hex(16)}),
        Err((code, words)) => json!({"Error": {"Code": code, "Message": words}, "RequestId": random_hex(16)}),
    };
    Outgoing::json(200, &json!({ "Response": response }))
}

fn tencent_verified(sandbox: &Sandbox, incoming: &Incoming) -> Result<Value, (&'static str, &'static str)> {
    let failed = |words| ("AuthFailure.SignatureFailure", words);
    let header = incoming.header("authorization").strip_prefix("TC3-HMAC-SHA256 ").ok_or(failed("no TC3"))?;
    let part = |name: &str| header.split(',').find_map(|part| part.trim().strip_prefix(name)).unwrap_or_default();
    let (credential, names, signature) = (part("Credential="), part("SignedHeaders="), part("Signature="));
    let (id, scope) = credential.split_once('/').ok_or(failed("no scope"))?;
    if id != ACCESS_KEY_ID {
        return Err(("AuthFailure.SecretIdNotFound", "The SecretId is not found."));
    }
    let seconds: i64 = incoming.header("x-tc-timestamp").parse().map_err(|_| failed("no timestamp"))?;
    if (sandbox.now().ms().div_euclid(1000) - seconds).abs() > WINDOW_S {
        return Err(("AuthFailure.SignatureExpire", "Signature expired."));
    }
    let day = BusinessDay::from_epoch_days(seconds.div_euclid(86_400));
    if scope != format!("{day}/sms/tc3_request") || !["content-type", "host"].iter().all(|name| names.contains(name)) {
        return Err(failed("another scope, or a header that is not signed"));
    }
    let lines: String =
        names.split(';').map(|name| format!("{name}:{}\n", incoming.header(name).trim().to_lowercase())).collect();
    let digest = |bytes: &[u8]| hex::encode(sha256(bytes));
    let request = format!(
        "{}\n{}\n{}\n{lines}\n{names}\n{}",
        incoming.method,
        incoming.path,
        incoming.query,
        digest(&incoming.body)
    );
    let what = format!("TC3-HMAC-SHA256\n{seconds}\n{scope}\n{}", digest(request.as_bytes()));
    let key = hmac_sha256(format!("TC3{}", sandbox.id().message_secret).as_bytes(), day.to_string().as_bytes());
    let key = hmac_sha256(&hmac_sha256(&key, b"sms"), b"tc3_request");
    let expected = hex::encode(hmac_sha256(&key, what.as_bytes()));
    if !same(expected.as_bytes(), signature.as_bytes()) {
        return Err(failed("The provided credentials could not be validated."));
    }
    if incoming.header("x-tc-action") != "SendSms" || incoming.header("x-tc-version") != "2021-01-11" {
        return Err(("InvalidAction", "The action is not found."));
    }
    if incoming.header("x-tc-region").is_empty() {
        return Err(("MissingParameter", "X-TC-Region"));
    }
    object(incoming).ok_or(("InvalidParameter", "the body is not an object"))
}

/// A state for each number; a request is taken whole whatever became of its numbers.
fn tencent_taken(sandbox: &Sandbox, body: &Value) -> Vec<Value> {
    let numbers = body["PhoneNumberSet"].as_array().cloned().unwrap_or_default();
    let one = |number: &Value| {
        let number = number.as_str().unwrap_or_default();
        let status = |code: &str, serial: String| json!({"PhoneNumber": number, "Code": code, "SerialNo": serial, "Fee": 1, "Message": code});
        if text(body, "/SmsSdkAppId") != TENCENT_APP_ID {
            return status("UnauthorizedOperation.SmsSdkAppIdVerifyFail", String::new());
        }
        if text(body, "/SignName") != SIGN_NAME {
            return status("FailedOperation.SignatureIncorrectOrUnapproved", String::new());
        }
        if !number.strip_prefix("+86").is_some_and(is_mobile) {
            return status("InvalidParameterValue.IncorrectPhoneNumber", String::new());
        }
        let values = body["TemplateParamSet"].as_array().cloned().unwrap_or_default();
        let mut message = Arrived::new("sms_tencent", number);
        message.template = text(body, "/TemplateId").to_owned();
        message.fields = (1..).map(|n: u32| n.to_string()).zip(values.into_iter().map(plain)).collect();
        match sandbox.arrive(message) {
            true => status("Ok", random_hex(8)),
            false => status("FailedOperation.PhoneNumberInBlacklist", String::new()),
        }
    };
    numbers.iter().map(one).collect()
}

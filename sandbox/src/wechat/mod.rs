//! WeChat Pay v3 from the other side: who calls is verified before anything is read, and every answer is signed.

mod bills;
mod contracts;
mod notices;
mod orders;
mod refunds;

pub use notices::{mandate, paid, refunded};

use crate::Sandbox;
use crate::identity::{MCHID, Pair};
use crate::wire::{self, Incoming, Outgoing, random_hex};
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Value, json};
use yitong_channels::crypto::{base64, gcm_seal};
use yitong_channels::pay::china_time;
use yitong_channels::pay::wechat::sign::{Authorization, WINDOW_S, answer_headers, request_text};

pub async fn speak(State(sandbox): State<Sandbox>, request: Request) -> Response {
    wire::speak(sandbox, request, answer).await
}

/// An answer in the words of WeChat Pay.
pub struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
}

impl Refusal {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal { status, code, message: message.into() }
    }

    fn param(field: &str) -> Refusal {
        Refusal::new(400, "PARAM_ERROR", format!("参数错误：{field}"))
    }
}

/// What a protocol function gives back.
pub enum Answer {
    Json(Value),
    NoContent,
    /// Files are not signed; their digest was named before.
    File(Vec<u8>),
}

type Said = Result<Answer, Refusal>;

fn answer(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let said = verify(sandbox, incoming).and_then(|()| route(sandbox, incoming));
    let outgoing = match said {
        Ok(Answer::Json(value)) => Outgoing::json(200, &value),
        Ok(Answer::NoContent) => Outgoing { status: 204, headers: Vec::new(), body: Vec::new() },
        Ok(Answer::File(bytes)) => return Outgoing::new(200, "text/plain", bytes),
        Err(refusal) => Outgoing::json(refusal.status, &json!({"code": refusal.code, "message": refusal.message})),
    };
    signed(sandbox, incoming, outgoing)
}

fn signed(sandbox: &Sandbox, incoming: &Incoming, mut outgoing: Outgoing) -> Outgoing {
    let (serial, pair) = signing(sandbox, incoming.header("wechatpay-serial"));
    let nonce = random_hex(16);
    let seconds = sandbox.now().ms().div_euclid(1000);
    outgoing.headers.extend(answer_headers(&serial, &pair.signer, seconds, &nonce, &outgoing.body));
    outgoing.header("Request-ID", random_hex(16))
}

/// The caller chooses by naming the public key; otherwise it is the platform's certificate.
fn signing<'a>(sandbox: &'a Sandbox, asked: &str) -> (String, &'a Pair) {
    let wechat = &sandbox.id().wechat;
    if asked == wechat.public_key_id {
        (wechat.public_key_id.clone(), &wechat.public_key)
    } else {
        (wechat.platform.serial_hex(), &wechat.platform.pair)
    }
}

fn verify(sandbox: &Sandbox, incoming: &Incoming) -> Result<(), Refusal> {
    let wechat = &sandbox.id().wechat;
    let sign_error = |message: &str| Refusal::new(401, "SIGN_ERROR", message);
    if incoming.header("user-agent").is_empty() {
        return Err(Refusal::new(403, "PARAM_ERROR", "Http头缺少User-Agent"));
    }
    let accepted = incoming.header("accept");
    if !accepted.contains("application/json") && !accepted.contains("*/*") {
        return Err(Refusal::new(406, "PARAM_ERROR", "Http头Accept应为application/json"));
    }
    if !incoming.body.is_empty() && !incoming.header("content-type").starts_with("application/json") {
        return Err(Refusal::new(415, "PARAM_ERROR", "Http头Content-Type应为application/json"));
    }
    let header = incoming.header("authorization");
    let authorization = Authorization::read(header).ok_or_else(|| sign_error("Http头Authorization认证类型不正确"))?;
    if authorization.mchid != MCHID || !authorization.serial.eq_ignore_ascii_case(&wechat.merchant.serial_hex()) {
        return Err(sign_error("商户证书序列号有误。请使用签名私钥匹配的证书序列号"));
    }
    let now = sandbox.now().ms().div_euclid(1000);
    if now.saturating_sub(authorization.seconds).saturating_abs() > WINDOW_S {
        return Err(sign_error("Http头Authorization中的timestamp与发起请求的时间不得超过5分钟"));
    }
    let path = incoming.path_and_query();
    let text = request_text(&incoming.method, &path, authorization.seconds, &authorization.nonce, &incoming.body);
    if !wechat.merchant.pair.verifier.verifies_base64(&text, &authorization.signature) {
        return Err(sign_error("签名错误，请检查后再试"));
    }
    let named = incoming.header("wechatpay-serial");
    let known = [wechat.public_key_id.clone(), wechat.platform.serial_hex()];
    if !named.is_empty() && !known.iter().any(|serial| serial.eq_ignore_ascii_case(named)) {
        return Err(Refusal::new(400, "PARAM_ERROR", "Wechatpay-Serial 不是有效的公钥ID或平台证书序列号"));
    }
    Ok(())
}

fn route(sandbox: &Sandbox, incoming: &Incoming) -> Said {
    let parts: Vec<&str> = incoming.path.trim_start_matches("/v3/").split('/').collect();
    match (incoming.method.as_str(), parts.as_slice()) {
        ("POST", ["pay", "transactions", kind @ ("jsapi" | "native" | "h5" | "app")]) => {
            orders::create(sandbox, kind, incoming)
        }
        ("GET", ["pay", "transactions", "out-trade-no", number]) => orders::query(sandbox, incoming, Ok(number)),
        ("GET", ["pay", "transactions", "id", id]) => orders::query(sandbox, incoming, Err(id)),
        ("POST", ["pay", "transactions", "out-trade-no", number, "close"]) => orders::close(sandbox, incoming, number),
        ("POST", ["refund", "domestic", "refunds"]) => refunds::create(sandbox, incoming),
        ("GET", ["refund", "domestic", "refunds", number]) => refunds::query(sandbox, number),
        ("POST", ["papay", "scheduled-deduct-sign", "contracts", "pre-entrust-sign", kind @ ("jsapi" | "h5")]) => {
            contracts::pre_sign(sandbox, kind, incoming)
        }
        ("GET", ["papay", "sign", "contracts", "plan-id", plan, "out-contract-code", number]) => {
            contracts::query(sandbox, plan, number)
        }
        ("POST", ["papay", "sign", "contracts", "plan-id", plan, "out-contract-code", number, "terminate"]) => {
            contracts::terminate(sandbox, incoming, plan, number)
        }
        ("POST", ["papay", "pay", "transactions", "apply"]) => contracts::apply(sandbox, incoming),
        ("GET", ["certificates"]) => Ok(certificates(sandbox)),
        ("GET", ["bill", kind @ ("tradebill" | "fundflowbill")]) => bills::ask(sandbox, incoming, kind),
        ("GET", ["billdownload", "file"]) => bills::download(sandbox, incoming),
        _ => Err(Refusal::new(404, "RESOURCE_NOT_EXISTS", "接口不存在")),
    }
}

/// The platform's certificates, readable for who holds the APIv3 key.
fn certificates(sandbox: &Sandbox) -> Answer {
    let platform = &sandbox.id().wechat.platform;
    let sealed = sealed(sandbox, "certificate", platform.pem.as_bytes());
    Answer::Json(json!({"data": [{
        "serial_no": platform.serial_hex(),
        "effective_time": "2020-01-01T08:00:00+08:00",
        "expire_time": "2050-01-01T07:59:59+08:00",
        "encrypt_certificate": sealed,
    }]}))
}

/// `AEAD_AES_256_GCM` under the merchant's APIv3 key.
fn sealed(sandbox: &Sandbox, about: &str, plain: &[u8]) -> Value {
    let nonce = random_hex(6);
    let key = sandbox.id().wechat.apiv3_key.as_bytes();
    let sealed = gcm_seal(key, nonce.as_bytes(), about.as_bytes(), plain).expect("the key has 32 bytes, the nonce 12");
    json!({
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64(&sealed),
        "associated_data": about,
        "nonce": nonce,
    })
}

/// A body that is a JSON object.
fn body(incoming: &Incoming) -> Result<Value, Refusal> {
    let value: Value =
        serde_json::from_slice(&incoming.body).map_err(|_| Refusal::new(400, "PARAM_ERROR", "请求体不是合法的JSON"))?;
    if value.is_object() { Ok(value) } else { Err(Refusal::new(400, "PARAM_ERROR", "请求体不是合法的JSON")) }
}

/// A text of so many characters; absent is refused.
fn text<'a>(value: &'a Value, path: &'static str, length: std::ops::RangeInclusive<usize>) -> Result<&'a str, Refusal> {
    let text = value.pointer(path).and_then(Value::as_str).ok_or_else(|| Refusal::param(path))?;
    if length.contains(&text.chars().count()) { Ok(text) } else { Err(Refusal::param(path)) }
}

fn whole(value: &Value, path: &'static str) -> Result<i64, Refusal> {
    value.pointer(path).and_then(Value::as_i64).filter(|fen| *fen > 0).ok_or_else(|| Refusal::param(path))
}

fn is_number(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-|*@".contains(&byte);
    length.contains(&text.len()) && text.bytes().all(allowed)
}

fn time(at: yitong_values::Timestamp) -> String {
    china_time::rfc3339(at)
}

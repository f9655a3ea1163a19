//! China UMS from the other side: JSON whose digest is signed in a header, or in the address that a browser brings.

mod notices;
mod orders;
mod refunds;

pub use notices::{paid, refunded};

use crate::Sandbox;
use crate::control::json_of;
use crate::identity::{CHINAUMS_APP_ID, CHINAUMS_MID, CHINAUMS_SOURCE, CHINAUMS_TID};
use crate::wire::{Incoming, Outgoing, random_hex};
use axum::Router;
use axum::routing::any;
use serde_json::{Value, json};
use yitong_channels::pay::chinaums::sign::{Authorization, FORM_SCHEME};
use yitong_channels::pay::stamp::{from_stamp14, from_stamp19, stamp14, stamp19};

pub fn routes() -> Router<Sandbox> {
    Router::new().route("/v1/netpay/{*rest}", any(json_of(answer)))
}

/// How far a request's time may be away.
const WINDOW_MS: i64 = 10 * 60_000;
const WAYS: [&str; 4] = ["H5DEFAULT", "QRPAYDEFAULT", "YUEDANDEFAULT", "MINIDEFAULT"];

/// `errCode` and its words.
pub struct Refusal(&'static str, &'static str);

type Said = Result<Value, Refusal>;

fn answer(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    if incoming.method == "GET" {
        return orders::open(sandbox, in_address(sandbox, incoming));
    }
    let header = Authorization::read(incoming.header("authorization"));
    if !header.is_some_and(|header| is_signed(sandbox, &header, &incoming.body)) {
        return Outgoing::json(401, &json!({"errCode": "SIGN_ERROR", "errMsg": "签名验证失败"}));
    }
    let said = read(sandbox, &incoming.body).and_then(|body| route(sandbox, &incoming.path, &body));
    let told = match said {
        Ok(mut told) => {
            told["errCode"] = json!("SUCCESS");
            told["responseTimestamp"] = json!(stamp19(sandbox.now()));
            told
        }
        Err(Refusal(code, words)) => json!({"errCode": code, "errMsg": words}),
    };
    signed(sandbox, &told)
}

fn signed(sandbox: &Sandbox, told: &Value) -> Outgoing {
    let mut told = told.clone();
    told["mid"] = json!(CHINAUMS_MID);
    let answer = Outgoing::json(200, &told);
    let (time, nonce) = (stamp14(sandbox.now()), random_hex(16));
    let authorization = Authorization::sign(CHINAUMS_APP_ID, &sandbox.id().chinaums_key, &time, &nonce, &answer.body);
    answer.header("authorization", authorization.header())
}

fn is_signed(sandbox: &Sandbox, header: &Authorization, body: &[u8]) -> bool {
    let recent = from_stamp14(&header.timestamp).is_some_and(|at| at.since(sandbox.now()).abs() <= WINDOW_MS);
    header.app_id == CHINAUMS_APP_ID && recent && header.verifies(&sandbox.id().chinaums_key, body)
}

/// A page that a browser opens: what was signed stands in the address.
fn in_address(sandbox: &Sandbox, incoming: &Incoming) -> Said {
    let of = |name: &str| incoming.asked(name).unwrap_or_default();
    let content = of("content");
    let header = Authorization {
        app_id: of("appId"),
        timestamp: of("timestamp"),
        nonce: of("nonce"),
        signature: of("signature"),
    };
    if of("authorization") != FORM_SCHEME || !is_signed(sandbox, &header, content.as_bytes()) {
        return Err(Refusal("SIGN_ERROR", "签名验证失败"));
    }
    read(sandbox, content.as_bytes())
}

/// What every request carries.
fn read(sandbox: &Sandbox, body: &[u8]) -> Said {
    let body: Value = serde_json::from_slice(body).map_err(|_| Refusal("BAD_REQUEST", "请求报文有错"))?;
    if text(&body, "mid") != CHINAUMS_MID || text(&body, "tid") != CHINAUMS_TID {
        return Err(Refusal("NO_MERCHANT", "无此商户"));
    }
    if !WAYS.contains(&text(&body, "instMid")) {
        return Err(Refusal("BAD_REQUEST", "instMid"));
    }
    let sent_at = from_stamp19(text(&body, "requestTimestamp"));
    if sent_at.is_none_or(|at| at.since(sandbox.now()).abs() > WINDOW_MS) {
        return Err(Refusal("ABNORMAL_REQUEST_TIME", "请求时间异常"));
    }
    if !is_number(text(&body, "merOrderId")) {
        return Err(Refusal("BAD_REQUEST", "merOrderId"));
    }
    Ok(body)
}

/// Four letters that say whose numbers these are, then the merchant's own.
fn is_number(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.starts_with(CHINAUMS_SOURCE) && (6..=64).contains(&text.len()) && plain
}

fn route(sandbox: &Sandbox, path: &str, body: &Value) -> Said {
    match path.trim_start_matches("/v1/netpay/") {
        "wx/unified-order" => orders::in_app(sandbox, body),
        "trade/precreate" => orders::precreate(sandbox, body),
        "query" => orders::query(sandbox, body),
        "close" => orders::close(sandbox, body),
        "refund" => refunds::create(sandbox, body),
        "refund-query" => refunds::query(sandbox, body),
        _ => Err(Refusal("BAD_REQUEST", "无此接口")),
    }
}

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body.get(name).and_then(Value::as_str).unwrap_or_default()
}

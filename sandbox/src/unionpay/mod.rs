//! UnionPay 5.1 from the other side: forms that are signed over their sorted fields, answered in plain text that brings
//! its own certificate.

mod bills;
mod notices;
mod pays;
mod refunds;

pub use notices::{paid, refunded};

use crate::Sandbox;
use crate::control::json_of;
use crate::identity::UNIONPAY_MER_ID;
use crate::wire::{Incoming, Outgoing, is_loopback};
use axum::Router;
use axum::routing::post;
use yitong_channels::pay::stamp::from_stamp14;
use yitong_channels::pay::unionpay::sign::{
    CERTIFICATE, Fields, answer_text, field, from_form_text, signed, signed_text, verifies,
};
use yitong_values::{Cents, Timestamp};

pub fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/gateway/api/frontTransReq.do", post(json_of(pays::open)))
        .route("/gateway/api/backTransReq.do", post(json_of(back)))
        .route("/gateway/api/queryTrans.do", post(json_of(query)))
        .route("/unionpay-files/", post(json_of(bills::ask)))
}

/// `respCode` and its words.
pub struct Refusal(&'static str, &'static str);

const FORMAT: Refusal = Refusal("10", "报文格式错误");
const SIGNATURE: Refusal = Refusal("11", "验证签名失败");
const REPEATED: Refusal = Refusal("12", "重复交易");
const MISSING: Refusal = Refusal("13", "报文交易要素缺失");
const MERCHANT: Refusal = Refusal("31", "商户状态不正确");
const RIGHT: Refusal = Refusal("32", "无此交易权限");
const ABSENT: Refusal = Refusal("34", "查无此交易");
const ORIGINAL: Refusal = Refusal("35", "原交易不存在或状态不正确");
const TOO_MUCH: Refusal = Refusal("36", "与原交易信息不符");

/// What an answer says beside the echo of the request.
type Said = Result<Vec<(&'static str, String)>, Refusal>;

/// A verified request.
pub struct Asked(pub Fields);

impl Asked {
    pub fn get(&self, name: &str) -> &str {
        field(&self.0, name).unwrap_or_default()
    }

    fn need(&self, name: &str) -> Result<&str, Refusal> {
        field(&self.0, name).ok_or(MISSING)
    }

    /// Number and moment together name a transaction.
    fn identity(&self) -> Result<(String, String), Refusal> {
        let (number, time) = (self.need("orderId")?, self.need("txnTime")?);
        let plain = (8..=40).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if plain && from_stamp14(time).is_some() { Ok((number.to_owned(), time.to_owned())) } else { Err(FORMAT) }
    }

    fn amount(&self) -> Result<Cents, Refusal> {
        let digits = self.need("txnAmt")?;
        let shaped = digits.len() <= 12 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let fen: i64 = digits.parse().ok().filter(|fen| shaped && *fen > 0).ok_or(FORMAT)?;
        if self.need("currencyCode")? == "156" { Ok(Cents::new(fen)) } else { Err(FORMAT) }
    }

    /// A new transaction is made now, by the merchant's clock.
    fn is_recent(&self, now: Timestamp) -> bool {
        from_stamp14(self.get("txnTime")).is_some_and(|at| at.since(now).abs() <= 86_400_000)
    }

    /// Where a notification goes.
    fn back_url(&self) -> Result<&str, Refusal> {
        let url = self.need("backUrl")?;
        if is_loopback(url) { Ok(url) } else { Err(FORMAT) }
    }

    /// Everything that a repeat has to bring again.
    fn fingerprint(&self) -> String {
        let kept: Fields = self.0.iter().filter(|(name, _)| name != "certId").cloned().collect();
        signed_text(&kept)
    }
}

fn verify(sandbox: &Sandbox, incoming: &Incoming) -> Result<Asked, Refusal> {
    let asked = Asked(from_form_text(&incoming.body).ok_or(FORMAT)?);
    if asked.need("merId")? != UNIONPAY_MER_ID {
        return Err(MERCHANT);
    }
    let fixed = [("version", "5.1.0"), ("encoding", "UTF-8"), ("signMethod", "01"), ("accessType", "0")];
    for (name, expected) in fixed {
        if asked.need(name)? != expected {
            return Err(FORMAT);
        }
    }
    let merchant = &sandbox.id().unionpay.merchant;
    if asked.need("certId")? != merchant.serial_decimal() || !verifies(&merchant.pair.verifier, &asked.0) {
        return Err(SIGNATURE);
    }
    ["txnType", "txnSubType", "bizType"].iter().try_for_each(|name| asked.need(name).map(|_| ()))?;
    Ok(asked)
}

fn back(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    answered(sandbox, incoming, |asked| match asked.get("txnType") {
        "01" if asked.get("txnSubType") == "07" => pays::qr(sandbox, asked),
        "04" | "31" => refunds::create(sandbox, asked),
        _ => Err(RIGHT),
    })
}

/// A payment or a refund, by its own number and moment.
fn query(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    answered(sandbox, incoming, |asked| {
        if asked.get("txnType") != "00" {
            return Err(RIGHT);
        }
        let (number, time) = asked.identity()?;
        pays::query(sandbox, &number, &time).or_else(|_| refunds::query(sandbox, &number, &time))
    })
}

fn answered(sandbox: &Sandbox, incoming: &Incoming, work: impl FnOnce(&Asked) -> Said) -> Outgoing {
    let verified = verify(sandbox, incoming);
    let echoed = from_form_text(&incoming.body).unwrap_or_default();
    let said = verified.and_then(|asked| work(&asked));
    let told = said.unwrap_or_else(|Refusal(code, words)| vec![("respCode", code.into()), ("respMsg", words.into())]);
    let told = told.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Outgoing::new(200, "text/plain; charset=utf-8", answer_text(&spoken(sandbox, echo(&echoed), told)))
}

/// What every answer repeats of the request.
fn echo(asked: &Fields) -> Fields {
    const ECHOED: [&str; 12] = [
        "version",
        "encoding",
        "signMethod",
        "txnType",
        "txnSubType",
        "bizType",
        "accessType",
        "merId",
        "orderId",
        "txnTime",
        "settleDate",
        "reqReserved",
    ];
    asked.iter().filter(|(name, _)| ECHOED.contains(&name.as_str())).cloned().collect()
}

/// Signed, with the certificate inside; what is told takes the place of what is echoed.
fn spoken(sandbox: &Sandbox, echo: Fields, told: Fields) -> Fields {
    let platform = &sandbox.id().unionpay.platform;
    let mut fields: Fields = echo.into_iter().filter(|(name, _)| field(&told, name).is_none()).collect();
    fields.extend(told);
    // The real one breaks its lines with both signs.
    fields.push((CERTIFICATE.to_owned(), platform.pem.replace('\n', "\r\n")));
    signed(&platform.pair.signer, fields)
}

/// The last digits of UnionPay's number serve as its trace number.
fn trace_number(channel_number: &str) -> String {
    channel_number[channel_number.len().saturating_sub(6)..].to_owned()
}

/// `MMddHHmmss`, without a year.
fn trace_time(at: Timestamp) -> String {
    yitong_channels::pay::stamp::stamp14(at)[4..].to_owned()
}

fn settle_date(at: Timestamp) -> String {
    let day = at.china_day();
    format!("{:02}{:02}", day.month(), day.day())
}

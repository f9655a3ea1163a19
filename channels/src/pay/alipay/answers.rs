//! Reads answers of Alipay: verified over their exact bytes first, understood second, and unknown otherwise.

use super::Alipay;
use super::sign::Answer as Raw;
use crate::{Moment, Outcome, Reply};

pub(super) enum Answer {
    /// The object that was signed.
    Done(String),
    Error(ChannelError),
    Unknown(String),
}

/// An error that Alipay signed.
pub(super) struct ChannelError {
    pub code: String,
    pub sub_code: String,
    pub message: String,
}

#[derive(serde::Deserialize)]
struct Common {
    code: String,
    #[serde(default)]
    msg: String,
    #[serde(default)]
    sub_code: String,
    #[serde(default)]
    sub_msg: String,
}

/// Errors of a request as such: parameters, rights, tokens. It was never looked at.
const NOT_LOOKED_AT: [&str; 4] = ["20001", "40001", "40002", "40006"];

/// Words of 40004 with which Alipay says that it did not do it. What is missing here is unknown, among it
/// `ACQ.SYSTEM_ERROR`, `ACQ.TRADE_HAS_SUCCESS`, `ACQ.TRADE_STATUS_ERROR`, and the two that mean that the number is
/// known with other content, `ACQ.CONTEXT_INCONSISTENT` and `ACQ.DISCORDANT_REPEAT_REQUEST`: all of them are asked
/// about. After `ACQ.SELLER_BALANCE_NOT_ENOUGH` the same refund may be sent again under its number.
const REFUSALS: [&str; 30] = [
    "ACQ.ACCESS_FORBIDDEN",
    "ACQ.AGREEMENT_INVALID",
    "ACQ.AGREEMENT_NOT_EXIST",
    "ACQ.AGREEMENT_STATUS_NOT_NORMAL",
    "ACQ.BEYOND_PAY_RESTRICTION",
    "ACQ.BEYOND_PER_RECEIPT_RESTRICTION",
    "ACQ.BUYER_BALANCE_NOT_ENOUGH",
    "ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH",
    "ACQ.BUYER_ENABLE_STATUS_FORBID",
    "ACQ.BUYER_ERROR",
    "ACQ.BUYER_NOT_EXIST",
    "ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR",
    "ACQ.BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR",
    "ACQ.BUYER_SELLER_EQUAL",
    "ACQ.ERROR_BALANCE_PAYMENT_DISABLE",
    "ACQ.EXIST_FORBIDDEN_WORD",
    "ACQ.INVALID_PARAMETER",
    "ACQ.NOT_ALLOW_PARTIAL_REFUND",
    "ACQ.NO_PAYMENT_INSTRUMENTS_AVAILABLE",
    "ACQ.PARTNER_ERROR",
    "ACQ.PAYMENT_REQUEST_HAS_RISK",
    "ACQ.REASON_TRADE_REFUND_FEE_ERR",
    "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
    "ACQ.REFUND_FEE_ERROR",
    "ACQ.SELLER_BALANCE_NOT_ENOUGH",
    "ACQ.TOTAL_FEE_EXCEED",
    "ACQ.TRADE_BUYER_NOT_MATCH",
    "ACQ.TRADE_HAS_CLOSE",
    "ACQ.TRADE_HAS_FINISHED",
    "ACQ.TRADE_NOT_ALLOW_REFUND",
];

impl ChannelError {
    pub fn is_missing(&self) -> bool {
        self.sub_code == "ACQ.TRADE_NOT_EXIST"
    }

    /// For requests that change something.
    pub fn outcome<T>(self) -> Outcome<T> {
        let said_no = match self.code.as_str() {
            "40004" => REFUSALS.contains(&self.sub_code.as_str()),
            code => NOT_LOOKED_AT.contains(&code),
        };
        if !said_no {
            return self.unknown();
        }
        let code = if self.sub_code.is_empty() { self.code } else { self.sub_code };
        Outcome::refused(code, self.message)
    }

    /// For questions: one that was refused says nothing about what it asked for.
    pub fn unknown<T>(self) -> Outcome<T> {
        Outcome::unknown(format!("{} {}: {}", self.code, self.sub_code, self.message))
    }
}

impl Alipay {
    pub(super) fn open(&self, method: &str, reply: &Reply, at: &Moment) -> Answer {
        if !reply.is_success() {
            return Answer::Unknown(format!("status {}", reply.status));
        }
        let Some(raw) = reply.text().and_then(|text| Raw::read(text, method)) else {
            return Answer::Unknown("it is not an answer to this method".to_owned());
        };
        let Some(sign) = &raw.sign else {
            return Answer::Unknown("it is not signed".to_owned());
        };
        if let Err(refusal) = self.trust.verify(&[raw.raw.to_owned()], sign, raw.alipay_cert_sn.as_deref(), at) {
            return Answer::Unknown(refusal.to_string());
        }
        let Ok(common) = serde_json::from_str::<Common>(raw.raw) else {
            return Answer::Unknown("it has no code".to_owned());
        };
        match common.code.as_str() {
            // An error can't be a success, whatever it says.
            "10000" if raw.named => Answer::Done(raw.raw.to_owned()),
            "20001" | "40001" | "40002" | "40004" | "40006" => Answer::Error(ChannelError {
                code: common.code,
                message: if common.sub_msg.is_empty() { common.msg } else { common.sub_msg },
                sub_code: common.sub_code,
            }),
            _ => Answer::Unknown(format!("{} {}: {}", common.code, common.sub_code, common.sub_msg)),
        }
    }

    /// An answer to a request that changes something.
    pub(super) fn read<T: serde::de::DeserializeOwned>(&self, method: &str, reply: &Reply, at: &Moment) -> Outcome<T> {
        match self.open(method, reply, at) {
            Answer::Done(raw) => read_json(&raw),
            Answer::Error(error) => error.outcome(),
            Answer::Unknown(why) => Outcome::Unknown { why },
        }
    }
}

pub(super) fn read_json<T: serde::de::DeserializeOwned>(raw: &str) -> Outcome<T> {
    match serde_json::from_str(raw) {
        Ok(read) => Outcome::Done(read),
        Err(err) => Outcome::unknown(format!("JSON at line {}, column {}", err.line(), err.column())),
    }
}

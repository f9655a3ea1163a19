//! Refunds at WeChat Pay. The number of a refund is its name: every repeat carries the same one.

use super::Wechat;
use super::answers::{Answer, read_json};
use super::orders::{check_amount, check_number, cut};
use crate::pay::{ChannelRefund, Misuse, Refund, RefundKey, RefundState};
use crate::{Call, Moment, Outcome, Reply, percent_encode};
use serde_json::json;
use yitong_values::Cents;

const REASON_MAX: usize = 80;

/// A refund as answers and call-backs describe it; the former say `status`, the latter `refund_status`.
#[derive(serde::Deserialize)]
pub(super) struct ReadRefund {
    #[serde(default)]
    pub mchid: Option<String>,
    pub out_trade_no: String,
    pub out_refund_no: String,
    #[serde(default)]
    refund_id: Option<String>,
    #[serde(alias = "refund_status")]
    status: String,
    #[serde(default)]
    amount: Option<RefundAmount>,
}

#[derive(serde::Deserialize)]
struct RefundAmount {
    refund: Option<i64>,
    #[serde(default)]
    currency: Option<String>,
}

impl Wechat {
    pub(super) fn send_refund(&self, refund: &Refund, at: &Moment) -> Result<Call, Misuse> {
        check_number("refund.number", &refund.number, 1, 64)?;
        check_number("order.number", &refund.order.number, 6, 32)?;
        check_amount("refund.amount", refund.amount)?;
        if refund.amount > refund.order.amount {
            return Err(Misuse::new("refund.amount", "it is more than was paid"));
        }
        let mut body = json!({
            "out_trade_no": refund.order.number,
            "out_refund_no": refund.number,
            "amount": {
                "refund": refund.amount.fen(),
                "total": refund.order.amount.fen(),
                "currency": "CNY",
            },
        });
        if !refund.reason.trim().is_empty() {
            body["reason"] = json!(cut("reason", &refund.reason, REASON_MAX)?);
        }
        if !refund.notify_url.is_empty() {
            body["notify_url"] = json!(refund.notify_url);
        }
        self.post("/v3/refund/domestic/refunds", &body, at)
    }

    pub(super) fn refund_sent(&self, refund: &Refund, reply: &Reply, at: &Moment) -> Outcome<ChannelRefund> {
        match self.open(reply, at) {
            Answer::Body(body) => refund_of(body, &refund.number, &refund.order.number),
            // There is no such order to give back from.
            Answer::Error(error) if error.is_missing() => Outcome::refused(error.code, error.message),
            Answer::Error(error) => error.outcome(),
            Answer::Unknown(why) => Outcome::Unknown { why },
        }
    }

    pub(super) fn ask_refund(&self, key: &RefundKey, at: &Moment) -> Result<Call, Misuse> {
        check_number("refund.number", &key.number, 1, 64)?;
        self.get(&format!("/v3/refund/domestic/refunds/{}", percent_encode(&key.number)), at)
    }

    pub(super) fn refund_asked(&self, key: &RefundKey, reply: &Reply, at: &Moment) -> Outcome<ChannelRefund> {
        match self.open(reply, at) {
            Answer::Body(body) => refund_of(body, &key.number, &key.order.number),
            Answer::Error(error) if error.is_missing() => Outcome::Done(ChannelRefund {
                number: key.number.clone(),
                state: RefundState::Absent,
                channel_number: None,
                amount: None,
            }),
            Answer::Error(error) => error.unknown(),
            Answer::Unknown(why) => Outcome::Unknown { why },
        }
    }
}

fn refund_of(body: &[u8], number: &str, order: &str) -> Outcome<ChannelRefund> {
    let read = match read_json::<ReadRefund>(body) {
        Ok(read) => read,
        Err(why) => return Outcome::Unknown { why },
    };
    if read.out_refund_no != number || read.out_trade_no != order {
        return Outcome::unknown("the answer is about another refund");
    }
    read.into_refund().map_or_else(Outcome::unknown, Outcome::Done)
}

impl ReadRefund {
    pub(super) fn into_refund(self) -> Result<ChannelRefund, String> {
        let state = match self.status.as_str() {
            "PROCESSING" => RefundState::Processing,
            "SUCCESS" => RefundState::Done,
            "CLOSED" => RefundState::Closed,
            "ABNORMAL" => RefundState::Abnormal,
            _ => return Err("its state is not one that we know".to_owned()),
        };
        if self.amount.as_ref().and_then(|amount| amount.currency.as_deref()).is_some_and(|currency| currency != "CNY")
        {
            return Err("it is in another currency".to_owned());
        }
        Ok(ChannelRefund {
            number: self.out_refund_no,
            state,
            channel_number: self.refund_id.filter(|id| !id.is_empty()),
            amount: self.amount.and_then(|amount| amount.refund).map(Cents::new),
        })
    }
}

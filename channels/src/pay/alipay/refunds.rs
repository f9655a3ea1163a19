//! Refunds at Alipay. `out_request_no` is the name of a refund: every repeat carries the same one.

use super::answers::{Answer, read_json};
use super::{Alipay, amount, check_number};
use crate::pay::amounts::from_yuan;
use crate::pay::{ChannelRefund, Misuse, Refund, RefundKey, RefundState};
use crate::{Call, Moment, Outcome, Reply};
use serde_json::json;

pub(super) const REFUND: &str = "alipay.trade.refund";
pub(super) const REFUND_QUERY: &str = "alipay.trade.fastpay.refund.query";

const REASON_MAX: usize = 256;

#[derive(serde::Deserialize)]
struct Refunded {
    out_trade_no: String,
    fund_change: Option<String>,
}

#[derive(serde::Deserialize)]
struct Asked {
    out_trade_no: Option<String>,
    out_request_no: Option<String>,
    refund_status: Option<String>,
    refund_amount: Option<String>,
}

impl Alipay {
    pub(super) fn send_refund(&self, refund: &Refund, at: &Moment) -> Result<Call, Misuse> {
        check_number("order.number", &refund.order.number)?;
        check_number("refund.number", &refund.number)?;
        if refund.amount > refund.order.amount {
            return Err(Misuse::new("refund.amount", "it is more than was paid"));
        }
        let mut biz = json!({
            "out_trade_no": refund.order.number,
            "refund_amount": amount("refund.amount", refund.amount)?,
            "out_request_no": refund.number,
        });
        let reason = refund.reason.trim();
        if !reason.is_empty() {
            biz["refund_reason"] = json!(reason[..reason.floor_char_boundary(REASON_MAX)]);
        }
        self.call(REFUND, &biz, &[], at)
    }

    /// `fund_change` is Y when money moved with this very request. N is a repeat of one that did, or one that still
    /// goes on: which of them, only the query says. The amount in the answer is that of all refunds together, so it is
    /// not handed on as this one's.
    pub(super) fn refund_sent(&self, refund: &Refund, reply: &Reply, at: &Moment) -> Outcome<ChannelRefund> {
        match self.open(REFUND, reply, at) {
            Answer::Done(raw) => match read_json::<Refunded>(&raw) {
                Outcome::Done(read) if read.out_trade_no != refund.order.number => {
                    Outcome::unknown("the answer is about another order")
                }
                read => read.map(|read| ChannelRefund {
                    number: refund.number.clone(),
                    state: match read.fund_change.as_deref() {
                        Some("Y") => RefundState::Done,
                        _ => RefundState::Processing,
                    },
                    channel_number: None,
                    amount: None,
                }),
            },
            // There is no such trade to give back from.
            Answer::Error(error) if error.is_missing() => Outcome::refused(error.sub_code, error.message),
            Answer::Error(error) => error.outcome(),
            Answer::Unknown(why) => Outcome::Unknown { why },
        }
    }

    /// To be asked ten seconds after the refund at the earliest.
    pub(super) fn ask_refund(&self, key: &RefundKey, at: &Moment) -> Result<Call, Misuse> {
        check_number("order.number", &key.order.number)?;
        check_number("refund.number", &key.number)?;
        self.call(REFUND_QUERY, &json!({ "out_trade_no": key.order.number, "out_request_no": key.number }), &[], at)
    }

    /// Without a state Alipay did not get the refund or could not do it; sending it again under its number is safe.
    pub(super) fn refund_asked(&self, key: &RefundKey, reply: &Reply, at: &Moment) -> Outcome<ChannelRefund> {
        let found = |state, amount| ChannelRefund { number: key.number.clone(), state, channel_number: None, amount };
        let read = match self.open(REFUND_QUERY, reply, at) {
            Answer::Done(raw) => match read_json::<Asked>(&raw) {
                Outcome::Done(read) => read,
                other => return other.map(|_| found(RefundState::Absent, None)),
            },
            Answer::Error(error) if error.is_missing() => return Outcome::Done(found(RefundState::Absent, None)),
            Answer::Error(error) => return error.unknown(),
            Answer::Unknown(why) => return Outcome::Unknown { why },
        };
        let another =
            |said: &Option<String>, ours: &str| said.as_deref().is_some_and(|said| !said.is_empty() && said != ours);
        if another(&read.out_request_no, &key.number) || another(&read.out_trade_no, &key.order.number) {
            return Outcome::unknown("the answer is about another refund");
        }
        let amount = read.refund_amount.as_deref().and_then(from_yuan);
        match read.refund_status.as_deref() {
            // What is done names itself: an answer without the numbers could be about anything.
            Some("REFUND_SUCCESS") if read.out_request_no.is_none() || read.out_trade_no.is_none() => {
                Outcome::unknown("a refund without its numbers")
            }
            Some("REFUND_SUCCESS") if amount.is_none() => Outcome::unknown("a refund without an amount"),
            Some("REFUND_SUCCESS") => Outcome::Done(found(RefundState::Done, amount)),
            Some("REFUND_PROCESSING") => Outcome::Done(found(RefundState::Processing, amount)),
            Some("REFUND_FAIL") => Outcome::Done(found(RefundState::Abnormal, amount)),
            None | Some("") => Outcome::Done(found(RefundState::Absent, None)),
            Some(_) => Outcome::unknown("its state is not one that we know"),
        }
    }
}

//! What China UMS says. `errCode` is about the request; what became of money stands in `status` and `refundStatus`.

use super::config::{AnswerTrust, Config};
use super::sign::{Authorization, NotifyDigest, SIGN, notify_sign};
use crate::crypto::same;
use crate::pay::stamp::from_stamp19;
use crate::pay::{
    ChannelOrder, ChannelRefund, Closed, Event, Notice, NotifyRefusal, Order, OrderKey, OrderState, Presented, Refund,
    RefundKey, RefundState, Scene,
};
use crate::{Outcome, Reply, query_pairs};
use serde_json::Value;
use std::collections::BTreeMap;
use yitong_values::Cents;

pub const NOTICE_BYTES_MAX: usize = 64 * 1024;
const NO_ORDER: &str = "NO_ORDER";
/// Nothing was made, and nobody saw anything that could be paid.
const NOT_MADE: [&str; 4] = ["ABNORMAL_REQUEST_TIME", "BAD_REQUEST", "INACTIVE_MERCHANT", "NO_MERCHANT"];

/// Fields of an answer or of a call-back: numbers come as numbers or as text.
struct Said(BTreeMap<String, String>);

impl Said {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn cents(&self, name: &str) -> Option<Cents> {
        let digits = self.get(name).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
        digits.parse().ok().map(Cents::new).filter(|amount| *amount > Cents::ZERO)
    }

    fn words(&self) -> String {
        let word = |name| self.get(name).unwrap_or("-");
        format!("{} {} {}", word("errCode"), word("status"), word("errMsg"))
    }
}

impl Config {
    /// An answer of China UMS to this merchant, with the object that it is.
    fn verified(&self, reply: &Reply) -> Result<(Said, Value), String> {
        if !reply.is_success() {
            return Err(format!("HTTP {}", reply.status));
        }
        let header = reply.headers.get("authorization").filter(|header| !header.is_empty());
        match (header, self.answers) {
            (None, AnswerTrust::MustBeSigned) => return Err("the answer is not signed".to_owned()),
            (None, AnswerTrust::WhenSigned) => {}
            (Some(header), _) => {
                let read = Authorization::read(header).filter(|read| read.app_id == self.app_id);
                let fits = |read: Authorization| self.app_keys.iter().any(|key| read.verifies(key, &reply.body));
                if !read.is_some_and(fits) {
                    return Err("the signature of the answer does not fit".to_owned());
                }
            }
        }
        let value: Value = serde_json::from_slice(&reply.body).map_err(|_| "the answer can't be read")?;
        let Value::Object(fields) = &value else { return Err("the answer is no object".to_owned()) };
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let said = fields.iter().filter_map(|(name, value)| Some((name.clone(), text(value)?)));
        let said = Said(said.collect());
        match said.get("mid") {
            Some(mid) if mid != self.mid => Err("the answer is about another merchant".to_owned()),
            _ => Ok((said, value)),
        }
    }

    /// One that is about this order, or says that there is none.
    fn about(&self, reply: &Reply, number: &str) -> Result<Said, String> {
        let (said, _) = self.verified(reply)?;
        match said.get("merOrderId").map(|theirs| self.ours(theirs)) {
            None if said.get("errCode") == Some(NO_ORDER) => Ok(said),
            Some(Some(ours)) if ours == number => Ok(said),
            _ => Err(format!("the answer is about another order, or about none: {}", said.words())),
        }
    }

    pub(super) fn read_created(&self, order: &Order, reply: &Reply) -> Outcome<Presented> {
        let (said, value) = match self.verified(reply) {
            Ok(read) => read,
            Err(why) => return Outcome::unknown(why),
        };
        let code = said.get("errCode").unwrap_or_default();
        if NOT_MADE.contains(&code) {
            return Outcome::refused(code, said.get("errMsg").unwrap_or_default());
        }
        let ours = said.get("merOrderId").and_then(|theirs| self.ours(theirs));
        if code != "SUCCESS" || ours != Some(order.number.as_str()) {
            return Outcome::unknown(said.words());
        }
        let presented = match order.scene {
            Scene::Qr => said.get("qrCode").map(|text| Presented::Qr { text: text.to_owned() }),
            Scene::InApp => self.in_app.as_ref().and_then(|in_app| {
                let (field, bridge) = in_app.trade_type.field_and_bridge();
                let arguments = value.get(field)?.as_object()?.iter();
                let arguments: Option<BTreeMap<_, _>> =
                    arguments.map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
                let arguments = arguments.filter(|arguments| arguments.contains_key("paySign"))?;
                Some(Presented::InApp { bridge: bridge.to_owned(), arguments })
            }),
            Scene::MobileWeb | Scene::Auto => None,
        };
        presented.map_or_else(|| Outcome::unknown("made, but without anything to show"), Outcome::Done)
    }

    pub(super) fn read_queried(&self, key: &OrderKey, reply: &Reply) -> Outcome<ChannelOrder> {
        let said = match self.about(reply, &key.number) {
            Ok(said) => said,
            Err(why) => return Outcome::unknown(why),
        };
        match said.get("errCode") {
            Some("SUCCESS") => order_in(&said, &key.number).map_or_else(Outcome::unknown, Outcome::Done),
            Some(NO_ORDER) => Outcome::Done(bare(&key.number, OrderState::Absent)),
            _ => Outcome::unknown(said.words()),
        }
    }

    /// `OPERATION_NOT_ALLOWED` may mean paid, closed, or too early: the order is asked about instead.
    pub(super) fn read_closed(&self, key: &OrderKey, reply: &Reply) -> Outcome<Closed> {
        let said = match self.about(reply, &key.number) {
            Ok(said) => said,
            Err(why) => return Outcome::unknown(why),
        };
        match (said.get("errCode"), said.get("status")) {
            (Some("SUCCESS"), Some("TRADE_CLOSED")) => Outcome::Done(Closed::Closed),
            (Some("SUCCESS"), Some("TRADE_SUCCESS" | "TRADE_REFUND")) => Outcome::Done(Closed::AlreadyPaid),
            (Some(NO_ORDER), _) => Outcome::Done(Closed::Absent),
            _ => Outcome::unknown(said.words()),
        }
    }

    pub(super) fn read_refunded(&self, refund: &Refund, reply: &Reply) -> Outcome<ChannelRefund> {
        match self.refund_in(&refund.order.number, &refund.number, reply) {
            Err(why) => Outcome::unknown(why),
            // What is repeated hears of the first refund; less than was asked for is not this one.
            Ok((said, _)) if said.cents("refundAmount").is_some_and(|amount| amount < refund.amount) => {
                Outcome::unknown("the answer names a smaller amount")
            }
            Ok((said, refunded)) => {
                let amount = said.cents("refundAmount").filter(|amount| *amount == refund.amount);
                Outcome::Done(ChannelRefund { amount, ..refunded })
            }
        }
    }

    pub(super) fn read_refund_queried(&self, key: &RefundKey, reply: &Reply) -> Outcome<ChannelRefund> {
        let read = self.verified(reply).map(|(said, _)| said);
        if read.is_ok_and(|said| said.get("errCode") == Some(NO_ORDER) && said.get("refundStatus").is_none()) {
            let (state, number) = (RefundState::Absent, key.number.clone());
            return Outcome::Done(ChannelRefund { number, state, channel_number: None, amount: None });
        }
        self.refund_in(&key.order.number, &key.number, reply)
            .map_or_else(Outcome::unknown, |(_, refunded)| Outcome::Done(refunded))
    }

    /// `refundAmount` can be the sum of all refunds of an order, so it is not handed on as the amount of this one.
    fn refund_in(&self, order: &str, refund: &str, reply: &Reply) -> Result<(Said, ChannelRefund), String> {
        let (said, _) = self.verified(reply)?;
        let ours = |name| said.get(name).and_then(|theirs| self.ours(theirs));
        let same = match (ours("merOrderId"), ours("refundOrderId")) {
            (Some(number), Some(refunded)) => refunded == refund && (number == order || number == refund),
            (Some(number), None) => number == refund,
            _ => false,
        };
        if !same {
            return Err(format!("the answer is about another refund, or about none: {}", said.words()));
        }
        let state = refund_state(said.get("refundStatus")).ok_or_else(|| said.words())?;
        let channel_number = said.get("refundTargetOrderId").map(str::to_owned);
        Ok((said, ChannelRefund { number: refund.to_owned(), state, channel_number, amount: None }))
    }

    pub(super) fn read_notified(&self, body: &[u8]) -> Result<Notice, NotifyRefusal> {
        let said = self.believed(body)?;
        let theirs = said.get("merOrderId").ok_or(NotifyRefusal::Missing("merOrderId"))?;
        let number = self.ours(theirs).ok_or(NotifyRefusal::OtherMerchant("merOrderId"))?;
        let status = said.get("status").unwrap_or("-");
        let unreadable = |why: String| NotifyRefusal::Unreadable(why);
        if let Some(theirs) = said.get("refundOrderId") {
            let refund = self.ours(theirs).ok_or(NotifyRefusal::OtherMerchant("refundOrderId"))?;
            let event = format!("refund:{refund}:{}", said.get("refundStatus").unwrap_or(status));
            let channel_number = said.get("refundTargetOrderId").map(str::to_owned);
            let what = match refund_state(said.get("refundStatus")) {
                Some(state) => Event::Refund {
                    order_number: number.to_owned(),
                    refund: ChannelRefund { number: refund.to_owned(), state, channel_number, amount: None },
                },
                None => Event::Other { what: format!("a refund without refundStatus, {status}") },
            };
            return Ok(Notice { event, what });
        }
        let event = format!("order:{number}:{status}");
        let what = match status {
            "TRADE_SUCCESS" | "TRADE_REFUND" | "TRADE_CLOSED" => {
                Event::Order(order_in(&said, number).map_err(unreadable)?)
            }
            _ => Event::Other { what: format!("status {status}") },
        };
        Ok(Notice { event, what })
    }

    /// The fields of a call-back that was signed with one of our notify keys, for this merchant.
    fn believed(&self, body: &[u8]) -> Result<Said, NotifyRefusal> {
        let unreadable = |why: &str| NotifyRefusal::Unreadable(why.to_owned());
        let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= NOTICE_BYTES_MAX);
        let fields = text.and_then(query_pairs).ok_or_else(|| unreadable("it is not a form"))?;
        let said = Said(fields.iter().cloned().collect());
        if said.0.len() != fields.len() {
            // It could be signed with one value and read with the other.
            return Err(unreadable("a name occurs twice"));
        }
        let given = said.get(SIGN).ok_or(NotifyRefusal::Missing(SIGN))?.to_ascii_uppercase();
        let digest = NotifyDigest::of(&fields).ok_or_else(|| unreadable("signType is neither MD5 nor SHA256"))?;
        let fits = |key: &String| same(notify_sign(&fields, key, digest).as_bytes(), given.as_bytes());
        if !self.notify_keys.iter().any(fits) {
            return Err(NotifyRefusal::BadSignature);
        }
        match said.get("mid") {
            Some(mid) if mid == self.mid => Ok(said),
            Some(_) => Err(NotifyRefusal::OtherMerchant("mid")),
            None => Err(NotifyRefusal::Missing("mid")),
        }
    }
}

fn bare(number: &str, state: OrderState) -> ChannelOrder {
    ChannelOrder { number: number.to_owned(), state, channel_number: None, amount: None, paid_at: None, payer: None }
}

fn order_in(said: &Said, number: &str) -> Result<ChannelOrder, String> {
    let state = match said.get("status") {
        Some("NEW_ORDER" | "WAIT_BUYER_PAY") => OrderState::Waiting,
        Some("TRADE_SUCCESS") => OrderState::Paid,
        Some("TRADE_REFUND") => OrderState::Refunded,
        Some("TRADE_CLOSED") => OrderState::Closed,
        Some("TRADE_FAIL") => OrderState::Failed,
        _ => return Err(said.words()),
    };
    let channel_number = said.get("targetOrderId").or_else(|| said.get("seqId")).map(str::to_owned);
    let amount = said.cents("totalAmount");
    if state == OrderState::Paid && (amount.is_none() || channel_number.is_none()) {
        return Err("paid, but without an amount or a number".to_owned());
    }
    Ok(ChannelOrder {
        channel_number,
        amount,
        paid_at: said.get("payTime").and_then(from_stamp19),
        payer: said.get("subBuyerId").or_else(|| said.get("buyerId")).map(str::to_owned),
        ..bare(number, state)
    })
}

fn refund_state(word: Option<&str>) -> Option<RefundState> {
    match word {
        Some("SUCCESS") => Some(RefundState::Done),
        Some("PROCESSING") => Some(RefundState::Processing),
        Some("FAIL") => Some(RefundState::Closed),
        _ => None,
    }
}

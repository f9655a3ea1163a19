//! Orders at Alipay: created or shown, asked for, closed.

use super::answers::{Answer, read_json};
use super::{Alipay, amount, check_number};
use crate::pay::amounts::from_yuan;
use crate::pay::{ChannelOrder, Closed, Misuse, Order, OrderKey, OrderState, Presented, Scene, Start, china_time};
use crate::{Call, Moment, Outcome, Reply};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What the payer reads, in bytes.
const SUBJECT_MAX: usize = 256;

pub(super) const CREATE: &str = "alipay.trade.create";
pub(super) const PRECREATE: &str = "alipay.trade.precreate";
pub(super) const WAP: &str = "alipay.trade.wap.pay";
pub(super) const QUERY: &str = "alipay.trade.query";
pub(super) const CLOSE: &str = "alipay.trade.close";
pub(super) const CANCEL: &str = "alipay.trade.cancel";

#[derive(serde::Deserialize)]
struct Created {
    out_trade_no: String,
    trade_no: Option<String>,
    qr_code: Option<String>,
}

#[derive(serde::Deserialize)]
struct Named {
    out_trade_no: Option<String>,
}

/// A trade as Alipay describes it in answers; notifications have other names for the same.
#[derive(serde::Deserialize)]
pub(super) struct Trade {
    pub out_trade_no: String,
    pub trade_no: Option<String>,
    pub trade_status: String,
    pub total_amount: Option<String>,
    pub send_pay_date: Option<String>,
    pub gmt_refund: Option<String>,
    /// All that was given back so far.
    pub refund_fee: Option<String>,
    pub buyer_open_id: Option<String>,
    pub buyer_user_id: Option<String>,
}

/// What `cancel` did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// It was not paid, and can't be any more.
    Closed,
    /// It was paid; the money goes back.
    Refunded,
    /// There was nothing to undo: it was closed, or the payer never arrived.
    Nothing,
}

#[derive(serde::Deserialize)]
struct Undone {
    out_trade_no: Option<String>,
    retry_flag: Option<String>,
    action: Option<String>,
}

impl Alipay {
    pub(super) fn create_order(&self, order: &Order, at: &Moment) -> Result<Start, Misuse> {
        check_number("number", &order.number)?;
        let mut biz = json!({
            "out_trade_no": order.number,
            "total_amount": amount("amount", order.amount)?,
            "subject": subject(&order.description)?,
            "time_expire": china_time::china_text(order.expires_at),
        });
        let notify = ("notify_url", order.notify_url.clone());
        match order.scene {
            Scene::InApp => {
                let payer = order.payer.as_deref().filter(|payer| !payer.is_empty());
                let payer = payer.ok_or_else(|| Misuse::new("payer", "inside Alipay the payer's id is needed"))?;
                // Ids of accounts are 16 digits from 2088 on; what is not one is an open id.
                let is_user =
                    payer.len() == 16 && payer.starts_with("2088") && payer.bytes().all(|b| b.is_ascii_digit());
                biz[if is_user { "buyer_id" } else { "buyer_open_id" }] = json!(payer);
                biz["product_code"] = json!("JSAPI_PAY");
                biz["op_app_id"] = json!(self.app_id);
                self.call(CREATE, &biz, &[notify], at).map(Start::Send)
            }
            Scene::Auto => Err(Misuse::new("scene", "a debit is asked for under its mandate")),
            Scene::Qr => self.call(PRECREATE, &biz, &[notify], at).map(Start::Send),
            Scene::MobileWeb => {
                biz["product_code"] = json!("QUICK_WAP_WAY");
                if !order.return_url.is_empty() {
                    biz["quit_url"] = json!(order.return_url);
                }
                let back = ("return_url", order.return_url.clone());
                let url = self.page(WAP, &biz, &[notify, back], at)?;
                Ok(Start::Show(Presented::Redirect { url }))
            }
        }
    }

    pub(super) fn order_created(&self, order: &Order, reply: &Reply, at: &Moment) -> Outcome<Presented> {
        let method = match order.scene {
            Scene::InApp => CREATE,
            Scene::Qr => PRECREATE,
            Scene::MobileWeb | Scene::Auto => return Outcome::unknown("a page is shown, not asked for"),
        };
        let created = match self.read::<Created>(method, reply, at) {
            Outcome::Done(created) => created,
            Outcome::Refused { code, message } => return Outcome::Refused { code, message },
            Outcome::Unknown { why } => return Outcome::Unknown { why },
        };
        if created.out_trade_no != order.number {
            return Outcome::unknown("the answer is about another order");
        }
        let presented = match order.scene {
            Scene::Qr => created.qr_code.map(|text| Presented::Qr { text }),
            _ => created.trade_no.map(|number| Presented::InApp {
                bridge: "tradePay".to_owned(),
                arguments: BTreeMap::from([("tradeNO".to_owned(), number)]),
            }),
        };
        presented.map_or_else(|| Outcome::unknown("the answer does not say how to go on"), Outcome::Done)
    }

    pub(super) fn query_order(&self, key: &OrderKey, at: &Moment) -> Result<Call, Misuse> {
        self.call(QUERY, &numbered(key)?, &[], at)
    }

    /// A trade that was given back in part is `Paid` here: only notifications say how much was given back.
    pub(super) fn order_queried(&self, key: &OrderKey, reply: &Reply, at: &Moment) -> Outcome<ChannelOrder> {
        match self.open(QUERY, reply, at) {
            Answer::Done(raw) => match read_json::<Trade>(&raw) {
                Outcome::Done(trade) if trade.out_trade_no != key.number => {
                    Outcome::unknown("the answer is about another order")
                }
                Outcome::Done(trade) => trade.into_order().map_or_else(Outcome::unknown, Outcome::Done),
                Outcome::Refused { code, .. } => Outcome::unknown(code),
                Outcome::Unknown { why } => Outcome::Unknown { why },
            },
            // Before the payer opens the cashier Alipay knows of nothing.
            Answer::Error(error) if error.is_missing() => Outcome::Done(ChannelOrder {
                number: key.number.clone(),
                state: OrderState::Absent,
                channel_number: None,
                amount: None,
                paid_at: None,
                payer: None,
            }),
            Answer::Error(error) => error.unknown(),
            Answer::Unknown(why) => Outcome::Unknown { why },
        }
    }

    pub(super) fn close_order(&self, key: &OrderKey, at: &Moment) -> Result<Call, Misuse> {
        self.call(CLOSE, &numbered(key)?, &[], at)
    }

    pub(super) fn order_closed(&self, key: &OrderKey, reply: &Reply, at: &Moment) -> Outcome<Closed> {
        match self.open(CLOSE, reply, at) {
            Answer::Done(raw) => match read_json::<Named>(&raw) {
                Outcome::Done(Named { out_trade_no: Some(number) }) if number != key.number => {
                    Outcome::unknown("the answer is about another order")
                }
                read => read.map(|_| Closed::Closed),
            },
            Answer::Error(error) => match error.sub_code.as_str() {
                "ACQ.TRADE_NOT_EXIST" => Outcome::Done(Closed::Absent),
                "ACQ.TRADE_HAS_SUCCESS" | "ACQ.TRADE_HAS_FINISHED" => Outcome::Done(Closed::AlreadyPaid),
                "ACQ.TRADE_HAS_CLOSE" => Outcome::Done(Closed::Closed),
                // "Of a wrong state" is a paid trade as well as a closed one: asked about.
                _ => error.outcome(),
            },
            Answer::Unknown(why) => Outcome::Unknown { why },
        }
    }

    /// Undoes an order of today whose result is unknown: unpaid it is closed, paid it is given back.
    pub fn cancel(&self, key: &OrderKey, at: &Moment) -> Result<Call, Misuse> {
        self.call(CANCEL, &numbered(key)?, &[], at)
    }

    pub fn cancelled(&self, key: &OrderKey, reply: &Reply, at: &Moment) -> Outcome<Cancelled> {
        match self.read::<Undone>(CANCEL, reply, at) {
            Outcome::Done(undone) if undone.retry_flag.as_deref() == Some("Y") => Outcome::unknown("Alipay asks again"),
            Outcome::Done(undone) if undone.out_trade_no.as_ref().is_some_and(|number| *number != key.number) => {
                Outcome::unknown("the answer is about another order")
            }
            Outcome::Done(undone) => match undone.action.as_deref() {
                Some("close") => Outcome::Done(Cancelled::Closed),
                Some("refund") => Outcome::Done(Cancelled::Refunded),
                None | Some("") => Outcome::Done(Cancelled::Nothing),
                Some(_) => Outcome::unknown("it did something that we don't know"),
            },
            Outcome::Refused { code, message } => Outcome::Refused { code, message },
            Outcome::Unknown { why } => Outcome::Unknown { why },
        }
    }
}

impl Trade {
    /// `TRADE_CLOSED` is two things: never paid, or paid and given back whole; when it was paid tells them apart. And
    /// a trade that was given back in part goes on as `TRADE_SUCCESS`, with `refund_fee` in the notifications.
    pub(super) fn into_order(self) -> Result<ChannelOrder, String> {
        let fee = self.refund_fee.as_deref().filter(|fee| !fee.is_empty());
        let fee = fee.map(|fee| from_yuan(fee).ok_or("its refund can't be read")).transpose()?;
        let given_back = fee.is_some_and(|fee| !fee.is_zero()) || has(&self.gmt_refund);
        let state = match self.trade_status.as_str() {
            "WAIT_BUYER_PAY" => OrderState::Waiting,
            "TRADE_SUCCESS" | "TRADE_FINISHED" if given_back => OrderState::Refunded,
            "TRADE_SUCCESS" | "TRADE_FINISHED" => OrderState::Paid,
            "TRADE_CLOSED" if given_back || has(&self.send_pay_date) => OrderState::Refunded,
            "TRADE_CLOSED" => OrderState::Closed,
            _ => return Err("its state is not one that we know".to_owned()),
        };
        let total = self.total_amount.as_deref().filter(|total| !total.is_empty());
        let amount = total.map(|total| from_yuan(total).ok_or("its amount can't be read")).transpose()?;
        let has_money = matches!(state, OrderState::Paid | OrderState::Refunded);
        if has_money && (amount.is_none() || !has(&self.trade_no)) {
            return Err("it is paid, but without an amount or a number".to_owned());
        }
        Ok(ChannelOrder {
            number: self.out_trade_no,
            state,
            channel_number: self.trade_no.filter(|number| !number.is_empty()),
            amount,
            paid_at: self.send_pay_date.as_deref().and_then(china_time::from_china_text),
            payer: self.buyer_open_id.or(self.buyer_user_id).filter(|payer| !payer.is_empty()),
        })
    }
}

fn has(text: &Option<String>) -> bool {
    text.as_deref().is_some_and(|text| !text.is_empty())
}

fn numbered(key: &OrderKey) -> Result<Value, Misuse> {
    check_number("number", &key.number)?;
    Ok(json!({ "out_trade_no": key.number }))
}

/// Without the characters that Alipay does not take, and no longer than it takes: a text must not keep anybody from
/// paying.
pub(super) fn subject(description: &str) -> Result<String, Misuse> {
    let plain: String =
        description.chars().map(|c| if "/=&".contains(c) || c.is_control() { ' ' } else { c }).collect();
    let plain = plain.trim();
    let cut = &plain[..plain.floor_char_boundary(SUBJECT_MAX)];
    if cut.is_empty() { Err(Misuse::new("description", "it is empty")) } else { Ok(cut.to_owned()) }
}

//! Orders at WeChat Pay: created, asked for, closed.

use super::Wechat;
use super::answers::{Answer, read_json};
use super::sign::bridge_text;
use crate::pay::{ChannelOrder, Closed, Misuse, Order, OrderKey, OrderState, Presented, Scene, china_time};
use crate::{Call, Moment, Outcome, Reply, percent_encode};
use serde_json::json;
use std::collections::BTreeMap;
use yitong_values::Cents;

/// What the payer reads, in bytes.
pub(super) const DESCRIPTION_MAX: usize = 127;

#[derive(serde::Deserialize)]
struct Created {
    prepay_id: Option<String>,
    code_url: Option<String>,
    h5_url: Option<String>,
}

/// An order as WeChat describes it, in answers and in call-backs.
#[derive(serde::Deserialize)]
pub(super) struct Transaction {
    pub mchid: String,
    #[serde(default)]
    pub appid: Option<String>,
    pub out_trade_no: String,
    pub trade_state: String,
    #[serde(default)]
    transaction_id: Option<String>,
    #[serde(default)]
    success_time: Option<String>,
    #[serde(default)]
    payer: Option<Payer>,
    #[serde(default)]
    amount: Option<Amount>,
}

#[derive(serde::Deserialize)]
struct Payer {
    openid: Option<String>,
}

#[derive(serde::Deserialize)]
struct Amount {
    total: Option<i64>,
    currency: Option<String>,
}

impl Wechat {
    pub(super) fn create_order(&self, order: &Order, at: &Moment) -> Result<Call, Misuse> {
        check_number("number", &order.number, 6, 32)?;
        check_amount("amount", order.amount)?;
        if order.notify_url.contains('?') {
            return Err(Misuse::new("notify_url", "WeChat wants it without a query"));
        }
        let mut body = json!({
            "appid": self.appid,
            "mchid": self.mchid,
            "description": cut("description", &order.description, DESCRIPTION_MAX)?,
            "out_trade_no": order.number,
            "time_expire": china_time::rfc3339(order.expires_at),
            "notify_url": order.notify_url,
            "amount": { "total": order.amount.fen(), "currency": "CNY" },
        });
        let kind = match order.scene {
            Scene::InApp => {
                let payer = order.payer.as_deref().filter(|payer| !payer.is_empty());
                let payer = payer.ok_or_else(|| Misuse::new("payer", "inside WeChat the payer's openid is needed"))?;
                body["payer"] = json!({ "openid": payer });
                "jsapi"
            }
            Scene::MobileWeb => {
                body["scene_info"] = json!({ "payer_client_ip": order.payer_ip, "h5_info": { "type": "Wap" } });
                "h5"
            }
            Scene::Qr => "native",
            Scene::Auto => return Err(Misuse::new("scene", "a debit is asked for under its mandate")),
        };
        self.post(&format!("/v3/pay/transactions/{kind}"), &body, at)
    }

    pub(super) fn order_created(&self, order: &Order, reply: &Reply, at: &Moment) -> Outcome<Presented> {
        let created = match self.read::<Created>(reply, at) {
            Outcome::Done(created) => created,
            Outcome::Refused { code, message } => return Outcome::Refused { code, message },
            Outcome::Unknown { why } => return Outcome::Unknown { why },
        };
        let presented = match order.scene {
            Scene::InApp => created.prepay_id.map(|id| self.bridge(&id, at)).transpose(),
            Scene::Qr => Ok(created.code_url.map(|text| Presented::Qr { text })),
            Scene::MobileWeb => {
                Ok(created.h5_url.map(|url| Presented::Redirect { url: and_back(url, &order.return_url) }))
            }
            Scene::Auto => Ok(None),
        };
        match presented {
            Ok(Some(presented)) => Outcome::Done(presented),
            Ok(None) => Outcome::unknown("the answer does not say how to go on"),
            Err(misuse) => Outcome::unknown(misuse.to_string()),
        }
    }

    fn bridge(&self, prepay_id: &str, at: &Moment) -> Result<Presented, Misuse> {
        let (seconds, nonce, package) = (at.seconds(), at.nonce_text(), format!("prepay_id={prepay_id}"));
        let text = bridge_text(&self.appid, seconds, &nonce, &package);
        let sign = self.author(at)?.signer.sign_base64(text.as_bytes());
        let arguments = [
            ("appId", self.appid.clone()),
            ("timeStamp", seconds.to_string()),
            ("nonceStr", nonce),
            ("package", package),
            ("signType", "RSA".to_owned()),
            ("paySign", sign),
        ];
        let arguments: BTreeMap<_, _> = arguments.map(|(name, value)| (name.to_owned(), value)).into();
        Ok(Presented::InApp { bridge: "getBrandWCPayRequest".to_owned(), arguments })
    }

    pub(super) fn query_order(&self, key: &OrderKey, at: &Moment) -> Result<Call, Misuse> {
        check_number("number", &key.number, 6, 32)?;
        let (number, mchid) = (percent_encode(&key.number), &self.mchid);
        self.get(&format!("/v3/pay/transactions/out-trade-no/{number}?mchid={mchid}"), at)
    }

    pub(super) fn order_queried(&self, key: &OrderKey, reply: &Reply, at: &Moment) -> Outcome<ChannelOrder> {
        match self.open(reply, at) {
            Answer::Body(body) => {
                let read = read_json::<Transaction>(body).and_then(|read| self.order_of(read, &key.number));
                read.map_or_else(Outcome::unknown, Outcome::Done)
            }
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

    fn order_of(&self, read: Transaction, number: &str) -> Result<ChannelOrder, String> {
        if read.mchid != self.mchid || read.appid.as_ref().is_some_and(|appid| *appid != self.appid) {
            return Err("the answer is about another merchant".to_owned());
        }
        if read.out_trade_no != number {
            return Err("the answer is about another order".to_owned());
        }
        read.into_order()
    }

    pub(super) fn close_order(&self, key: &OrderKey, at: &Moment) -> Result<Call, Misuse> {
        check_number("number", &key.number, 6, 32)?;
        let path = format!("/v3/pay/transactions/out-trade-no/{}/close", percent_encode(&key.number));
        self.post(&path, &json!({ "mchid": self.mchid }), at)
    }

    pub(super) fn order_closed(&self, reply: &Reply, at: &Moment) -> Outcome<Closed> {
        match self.open(reply, at) {
            Answer::Body(b"") => Outcome::Done(Closed::Closed),
            Answer::Body(_) => Outcome::unknown("a close is answered without a body"),
            Answer::Error(error) => match error.code.as_str() {
                "ORDERPAID" | "ORDER_PAID" => Outcome::Done(Closed::AlreadyPaid),
                "ORDER_CLOSED" | "ORDERCLOSED" => Outcome::Done(Closed::Closed),
                _ if error.is_missing() => Outcome::Done(Closed::Absent),
                _ => error.outcome(),
            },
            Answer::Unknown(why) => Outcome::Unknown { why },
        }
    }
}

impl Transaction {
    pub(super) fn into_order(self) -> Result<ChannelOrder, String> {
        let state = match self.trade_state.as_str() {
            "SUCCESS" => OrderState::Paid,
            "REFUND" => OrderState::Refunded,
            "NOTPAY" => OrderState::Waiting,
            "USERPAYING" | "ACCEPT" => OrderState::Paying,
            // Revoked is the undo of a code at a counter: it gives back what was paid and can't be paid again.
            "CLOSED" | "REVOKED" => OrderState::Closed,
            "PAYERROR" => OrderState::Failed,
            _ => return Err("its state is not one that we know".to_owned()),
        };
        if self.amount.as_ref().and_then(|amount| amount.currency.as_deref()).is_some_and(|currency| currency != "CNY")
        {
            return Err("it is in another currency".to_owned());
        }
        let amount = self.amount.and_then(|amount| amount.total).map(Cents::new);
        let has_money = matches!(state, OrderState::Paid | OrderState::Refunded);
        if has_money && (amount.is_none() || self.transaction_id.is_none()) {
            return Err("it is paid, but without an amount or a number".to_owned());
        }
        Ok(ChannelOrder {
            number: self.out_trade_no,
            state,
            channel_number: self.transaction_id.filter(|id| !id.is_empty()),
            amount,
            paid_at: self.success_time.as_deref().and_then(china_time::from_rfc3339),
            payer: self.payer.and_then(|payer| payer.openid).filter(|openid| !openid.is_empty()),
        })
    }
}

/// WeChat's page comes back here when the payer is done or gave up; whether money moved is asked for, never read there.
pub(super) fn and_back(url: String, return_url: &str) -> String {
    if return_url.is_empty() {
        return url;
    }
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}redirect_url={}", percent_encode(return_url))
}

pub(super) fn check_number(field: &'static str, number: &str, least: usize, most: usize) -> Result<(), Misuse> {
    let fits = (least..=most).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-|*@".contains(&b));
    if fits { Ok(()) } else { Err(Misuse::new(field, format!("{least} to {most} letters and digits"))) }
}

pub(super) fn check_amount(field: &'static str, amount: Cents) -> Result<(), Misuse> {
    let fits = amount > Cents::ZERO && amount <= Cents::INPUT_MAX;
    if fits { Ok(()) } else { Err(Misuse::new(field, "an amount above zero")) }
}

/// The longest beginning that the channel takes: a long text must not keep anybody from paying.
pub(super) fn cut<'a>(field: &'static str, text: &'a str, bytes_max: usize) -> Result<&'a str, Misuse> {
    let text = &text[..text.floor_char_boundary(bytes_max)];
    if text.trim().is_empty() { Err(Misuse::new(field, "it is empty")) } else { Ok(text) }
}

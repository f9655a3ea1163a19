//! WeChat Pay, API v3: inside WeChat (JSAPI), from a phone's browser (H5), and by code (native).

mod answers;
mod bills;
mod certificates;
mod config;
mod mandates;
mod notify;
mod orders;
mod refunds;
pub mod sign;
#[cfg(test)]
mod tests;

pub use config::{Config, SigningKey, VerifyKey};
pub use mandates::MandateSettings;

use super::dated::{Dated, newest};
use super::mandate::Mandates;
use super::{
    Bill, BillError, BillKind, BillStep, ChannelOrder, ChannelRefund, Closed, Connector, Misuse, Notice, NotifyRefusal,
    Order, OrderKey, Presented, Refund, RefundKey, Scene, Start,
};
use crate::{Call, Headers, Moment, Outcome, Reply};
use config::{Author, Trusted, is_public_key_id};
use yitong_values::BusinessDay;

const JSON: &str = "application/json";
/// An empty one is refused by WeChat.
const USER_AGENT: &str = "yitong/1";

/// A merchant's account at WeChat Pay.
pub struct Wechat {
    mchid: String,
    appid: String,
    base_url: String,
    api_v3_keys: Vec<Vec<u8>>,
    signing: Vec<Dated<Author>>,
    trusted: Vec<Dated<Trusted>>,
    mandates: Option<MandateSettings>,
}

impl Wechat {
    fn author(&self, at: &Moment) -> Result<&Author, Misuse> {
        newest(&self.signing, at.now).ok_or_else(|| Misuse::new("signing", "every key has run out"))
    }

    fn get(&self, path: &str, at: &Moment) -> Result<Call, Misuse> {
        self.signed(Call::get(format!("{}{path}", self.base_url)), at)
    }

    fn post(&self, path: &str, body: &serde_json::Value, at: &Moment) -> Result<Call, Misuse> {
        self.signed(Call::post(format!("{}{path}", self.base_url), JSON, body.to_string()), at)
    }

    fn signed(&self, call: Call, at: &Moment) -> Result<Call, Misuse> {
        let Author { serial, signer } = self.author(at)?;
        let (seconds, nonce) = (at.seconds(), at.nonce_text());
        let text = sign::request_text(call.method.word(), call.path_and_query(), seconds, &nonce, &call.body);
        let author = sign::Author { mchid: &self.mchid, serial, signer };
        let authorization = sign::authorization(author, seconds, &nonce, &text);
        let call = call.header("authorization", authorization).header("accept", JSON).header("user-agent", USER_AGENT);
        // Names the key with which the answer is to be signed; without it a certificate signs.
        let mut public_keys = self.trusted.iter().filter(|key| key.is_active(at.now) && is_public_key_id(&key.what.id));
        Ok(match public_keys.next_back() {
            Some(key) => call.header("wechatpay-serial", key.what.id.clone()),
            None => call,
        })
    }
}

impl Connector for Wechat {
    fn scenes(&self) -> &'static [Scene] {
        &[Scene::InApp, Scene::MobileWeb, Scene::Qr]
    }

    fn create(&self, order: &Order, at: &Moment) -> Result<Start, Misuse> {
        self.create_order(order, at).map(Start::Send)
    }

    fn created(&self, order: &Order, reply: &Reply, at: &Moment) -> Outcome<Presented> {
        self.order_created(order, reply, at)
    }

    fn query(&self, key: &OrderKey, at: &Moment) -> Result<Call, Misuse> {
        self.query_order(key, at)
    }

    fn queried(&self, key: &OrderKey, reply: &Reply, at: &Moment) -> Outcome<ChannelOrder> {
        self.order_queried(key, reply, at)
    }

    fn close(&self, key: &OrderKey, at: &Moment) -> Result<Call, Misuse> {
        self.close_order(key, at)
    }

    fn closed(&self, _key: &OrderKey, reply: &Reply, at: &Moment) -> Outcome<Closed> {
        self.order_closed(reply, at)
    }

    fn refund(&self, refund: &Refund, at: &Moment) -> Result<Call, Misuse> {
        self.send_refund(refund, at)
    }

    fn refunded(&self, refund: &Refund, reply: &Reply, at: &Moment) -> Outcome<ChannelRefund> {
        self.refund_sent(refund, reply, at)
    }

    fn query_refund(&self, key: &RefundKey, at: &Moment) -> Result<Call, Misuse> {
        self.ask_refund(key, at)
    }

    fn refund_queried(&self, key: &RefundKey, reply: &Reply, at: &Moment) -> Outcome<ChannelRefund> {
        self.refund_asked(key, reply, at)
    }

    fn notified(&self, headers: &Headers, body: &[u8], at: &Moment) -> Result<Notice, NotifyRefusal> {
        self.read_notice(headers, body, at)
    }

    fn acknowledge(&self, taken: bool) -> Reply {
        notify::acknowledgement(taken)
    }

    fn bill(&self, day: BusinessDay, kind: BillKind, so_far: &[Reply], at: &Moment) -> BillStep {
        self.bill_step(day, kind, so_far, at)
    }

    fn read_bill(&self, day: BusinessDay, kind: BillKind, file: &[u8]) -> Result<Bill, BillError> {
        bills::read(kind, file, Some(&self.mchid))?.of_day(day)
    }

    fn mandates(&self) -> Option<&dyn Mandates> {
        self.mandates.as_ref().map(|_| self as &dyn Mandates)
    }
}

//! UnionPay's gateway, version 5.1 (全渠道): pages for phones, QR codes, refunds, bills.
//!
//! A transaction is known by merchant, number and the moment of its making, so `made_at` goes with every question.
//! There is no request to close an order: an unpaid one is closed when its time to pay is over, which `close` finds out
//! by asking (`answer::CLOSE_GRACE_MS` after the pay window of the settings). Refunds name UnionPay's own `queryId`,
//! which a notification or a query tells.

mod answer;
mod bill;
mod config;
mod request;
pub mod sign;
pub mod trust;

#[cfg(test)]
mod tests;

pub use answer::CLOSE_GRACE_MS;
pub use bill::{FILE_BYTES_MAX, ZIP_BYTES_MAX, packed, read_zm};
pub use config::{Config, PAY_WINDOW_MINUTES_MAX, Product, Products, SigningKey};

use super::{
    Bill, BillError, BillKind, BillStep, ChannelOrder, ChannelRefund, Closed, Connector, Misuse, Notice, NotifyRefusal,
    Order, OrderKey, Presented, Refund, RefundKey, Scene, Start,
};
use crate::{Call, Headers, Moment, Outcome, Reply};
use config::Account;
use yitong_values::BusinessDay;

/// A merchant account at UnionPay.
pub struct UnionPay(Account);

impl UnionPay {
    pub fn read(config: &Config) -> Result<UnionPay, Misuse> {
        Account::read(config).map(UnionPay)
    }
}

impl std::fmt::Debug for UnionPay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UnionPay({})", self.0.mer_id)
    }
}

impl Connector for UnionPay {
    fn scenes(&self) -> &'static [Scene] {
        match (self.0.product(Scene::MobileWeb), self.0.product(Scene::Qr)) {
            (Some(_), Some(_)) => &[Scene::MobileWeb, Scene::Qr],
            (Some(_), None) => &[Scene::MobileWeb],
            (None, Some(_)) => &[Scene::Qr],
            (None, None) => &[],
        }
    }

    fn create(&self, order: &Order, at: &Moment) -> Result<Start, Misuse> {
        self.0.ask_to_pay(order, at)
    }

    fn created(&self, order: &Order, reply: &Reply, at: &Moment) -> Outcome<Presented> {
        self.0.read_created(order, reply, at)
    }

    fn query(&self, key: &OrderKey, at: &Moment) -> Result<Call, Misuse> {
        self.0.ask_about(key, at)
    }

    fn queried(&self, key: &OrderKey, reply: &Reply, at: &Moment) -> Outcome<ChannelOrder> {
        self.0.read_queried(key, reply, at)
    }

    fn close(&self, key: &OrderKey, at: &Moment) -> Result<Call, Misuse> {
        self.0.ask_about(key, at)
    }

    fn closed(&self, key: &OrderKey, reply: &Reply, at: &Moment) -> Outcome<Closed> {
        self.0.read_closed(key, reply, at)
    }

    fn refund(&self, refund: &Refund, at: &Moment) -> Result<Call, Misuse> {
        self.0.ask_to_refund(refund, at)
    }

    fn refunded(&self, refund: &Refund, reply: &Reply, at: &Moment) -> Outcome<ChannelRefund> {
        self.0.read_refunded(refund, reply, at)
    }

    fn query_refund(&self, key: &RefundKey, at: &Moment) -> Result<Call, Misuse> {
        self.0.ask_about_refund(key, at)
    }

    fn refund_queried(&self, key: &RefundKey, reply: &Reply, at: &Moment) -> Outcome<ChannelRefund> {
        self.0.read_refund_queried(key, reply, at)
    }

    fn notified(&self, _headers: &Headers, body: &[u8], at: &Moment) -> Result<Notice, NotifyRefusal> {
        self.0.read_notified(body, at)
    }

    fn acknowledge(&self, taken: bool) -> Reply {
        // Only the status counts.
        let (status, text) = if taken { (200, "ok") } else { (500, "fail") };
        Reply::new(status, Headers::default(), text)
    }

    fn bill(&self, day: BusinessDay, kind: BillKind, so_far: &[Reply], at: &Moment) -> BillStep {
        self.0.bill_step(day, kind, so_far, at)
    }

    fn read_bill(&self, day: BusinessDay, kind: BillKind, file: &[u8]) -> Result<Bill, BillError> {
        bill::read(&self.0.mer_id, day, kind, file)
    }
}

//! China UMS (银联商务, 全民付): one account for WeChat, Alipay and UnionPay's app, cleared by UnionPay.
//!
//! Every number goes out with the merchant's source code before it and is read back without. There is no bill to fetch:
//! it is downloaded by hand from the console.

mod answer;
mod config;
mod request;
pub mod sign;

#[cfg(test)]
mod tests;

pub use answer::NOTICE_BYTES_MAX;
pub use config::{AnswerTrust, Code, Config, InApp, MER_ORDER_ID_MAX, Page, TradeType};

use super::{
    Bill, BillError, BillKind, BillStep, ChannelOrder, ChannelRefund, Closed, Connector, Misuse, Notice, NotifyRefusal,
    Order, OrderKey, Presented, Refund, RefundKey, Scene, Start,
};
use crate::{Call, Headers, Moment, Outcome, Reply};
use yitong_values::BusinessDay;

/// A merchant account at China UMS.
pub struct ChinaUms(Config);

impl ChinaUms {
    pub fn read(config: &Config) -> Result<ChinaUms, Misuse> {
        config.checked().map(ChinaUms)
    }
}

impl std::fmt::Debug for ChinaUms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ChinaUms({} {})", self.0.mid, self.0.inst_mid)
    }
}

impl Connector for ChinaUms {
    fn scenes(&self) -> &'static [Scene] {
        self.0.scenes()
    }

    fn create(&self, order: &Order, at: &Moment) -> Result<Start, Misuse> {
        self.0.ask_to_pay(order, at)
    }

    fn created(&self, order: &Order, reply: &Reply, _at: &Moment) -> Outcome<Presented> {
        self.0.read_created(order, reply)
    }

    fn query(&self, key: &OrderKey, at: &Moment) -> Result<Call, Misuse> {
        self.0.ask_about(key, at)
    }

    fn queried(&self, key: &OrderKey, reply: &Reply, _at: &Moment) -> Outcome<ChannelOrder> {
        self.0.read_queried(key, reply)
    }

    fn close(&self, key: &OrderKey, at: &Moment) -> Result<Call, Misuse> {
        self.0.ask_to_close(key, at)
    }

    fn closed(&self, key: &OrderKey, reply: &Reply, _at: &Moment) -> Outcome<Closed> {
        self.0.read_closed(key, reply)
    }

    fn refund(&self, refund: &Refund, at: &Moment) -> Result<Call, Misuse> {
        self.0.ask_to_refund(refund, at)
    }

    fn refunded(&self, refund: &Refund, reply: &Reply, _at: &Moment) -> Outcome<ChannelRefund> {
        self.0.read_refunded(refund, reply)
    }

    fn query_refund(&self, key: &RefundKey, at: &Moment) -> Result<Call, Misuse> {
        self.0.ask_about_refund(key, at)
    }

    fn refund_queried(&self, key: &RefundKey, reply: &Reply, _at: &Moment) -> Outcome<ChannelRefund> {
        self.0.read_refund_queried(key, reply)
    }

    fn notified(&self, _headers: &Headers, body: &[u8], _at: &Moment) -> Result<Notice, NotifyRefusal> {
        self.0.read_notified(body)
    }

    fn acknowledge(&self, taken: bool) -> Reply {
        let headers = Headers::new([("content-type".to_owned(), "text/plain; charset=utf-8".to_owned())]);
        Reply::new(200, headers, if taken { "SUCCESS" } else { "FAILED" })
    }

    fn bill(&self, _day: BusinessDay, _kind: BillKind, _so_far: &[Reply], _at: &Moment) -> BillStep {
        BillStep::None
    }

    fn read_bill(&self, _day: BusinessDay, _kind: BillKind, _file: &[u8]) -> Result<Bill, BillError> {
        Err(BillError::NotABill("China UMS has no bill that is fetched".to_owned()))
    }
}

//! Payment channels: WeChat Pay, Alipay, UnionPay, China UMS. What each can do is one trait; what it is told and what
//! it answers are the same words for all of them.

mod address;
pub mod alipay;
pub mod amounts;
pub mod bank_file;
pub mod china_time;
pub mod chinaums;
mod dated;
pub mod mandate;
mod order;
pub mod stamp;
pub mod unionpay;
pub mod wechat;

pub use order::{
    ChannelOrder, ChannelRefund, Closed, Event, Notice, NotifyRefusal, Order, OrderKey, OrderState, Presented, Refund,
    RefundKey, RefundState, Scene, Start,
};

use crate::{Call, Headers, Moment, Outcome, Reply};
use mandate::Mandates;
use yitong_values::BusinessDay;

/// Who moves the money between banks for a channel account. A school may allow one of them only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClearingOrg {
    /// 银联
    UnionPay,
    /// 网联
    Nucc,
    /// The bank itself.
    Bank,
    /// No clearing: cash, or money inside the school's own books.
    Internal,
}

/// A bad setting of a channel account or of an order: nothing was sent, and nothing would be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Misuse {
    pub field: &'static str,
    pub why: String,
}

impl Misuse {
    pub fn new(field: &'static str, why: impl Into<String>) -> Misuse {
        Misuse { field, why: why.into() }
    }
}

/// A channel account that was read from its settings and whose keys are good. It keeps no state; the same arguments
/// build the same request, so repeating one after a crash is the same request under the same number.
pub trait Connector: Send + Sync {
    /// In what ways somebody can be asked to pay here.
    fn scenes(&self) -> &'static [Scene];

    /// A request that creates the order, or what the payer's browser is shown when the channel has no such request.
    fn create(&self, order: &Order, at: &Moment) -> Result<Start, Misuse>;
    fn created(&self, order: &Order, reply: &Reply, at: &Moment) -> Outcome<Presented>;

    fn query(&self, key: &OrderKey, at: &Moment) -> Result<Call, Misuse>;
    fn queried(&self, key: &OrderKey, reply: &Reply, at: &Moment) -> Outcome<ChannelOrder>;

    fn close(&self, key: &OrderKey, at: &Moment) -> Result<Call, Misuse>;
    fn closed(&self, key: &OrderKey, reply: &Reply, at: &Moment) -> Outcome<Closed>;

    fn refund(&self, refund: &Refund, at: &Moment) -> Result<Call, Misuse>;
    fn refunded(&self, refund: &Refund, reply: &Reply, at: &Moment) -> Outcome<ChannelRefund>;

    fn query_refund(&self, key: &RefundKey, at: &Moment) -> Result<Call, Misuse>;
    fn refund_queried(&self, key: &RefundKey, reply: &Reply, at: &Moment) -> Outcome<ChannelRefund>;

    /// Verifies a call-back before it reads it.
    fn notified(&self, headers: &Headers, body: &[u8], at: &Moment) -> Result<Notice, NotifyRefusal>;
    /// What the channel wants to hear: taken (also for what is not booked but understood), or not.
    fn acknowledge(&self, taken: bool) -> Reply;

    /// The next request for the bill of a day, from the answers so far.
    fn bill(&self, day: BusinessDay, kind: BillKind, so_far: &[Reply], at: &Moment) -> BillStep;
    fn read_bill(&self, day: BusinessDay, kind: BillKind, file: &[u8]) -> Result<Bill, BillError>;

    /// Agreeing once and being debited without a password, where the account has such a product.
    fn mandates(&self) -> Option<&dyn Mandates> {
        None
    }
}

/// Which list of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BillKind {
    /// Payments and refunds.
    Trades,
    /// The movements of the merchant's account at the channel.
    Funds,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BillStep {
    Send(Call),
    /// The file, its digest compared where the channel names one.
    Ready(Vec<u8>),
    /// Too early, or being made: later.
    NotReady,
    /// The channel says that the day has no trades; before the evening it may only be too early.
    Empty,
    Failed {
        why: String,
    },
    /// This channel has no such bill.
    None,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BillError {
    #[error("line {line}: {why}")]
    Line { line: usize, why: String },
    #[error("the totals of the file ({stated}) are not those of its lines ({counted}): it was cut off or altered")]
    Totals { stated: String, counted: String },
    #[error("it is not a bill of this channel: {0}")]
    NotABill(String),
}

/// A bill as it is compared with our own books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    pub lines: Vec<BillLine>,
}

impl Bill {
    /// A bill of another day would make every order of this one look missing. A line or two may belong to a neighbour
    /// (channels cut their days in their own ways), but not all of them.
    fn of_day(self, day: BusinessDay) -> Result<Bill, BillError> {
        if self.lines.is_empty() || self.lines.iter().any(|line| line.at.china_day() == day) {
            return Ok(self);
        }
        Err(BillError::NotABill("it is of another day".to_owned()))
    }
}

/// Amounts are never negative; `kind` says the direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillLine {
    pub kind: BillLineKind,
    /// Our number of the payment order.
    pub number: String,
    /// Our number of the refund.
    pub refund_number: Option<String>,
    /// The channel's own number.
    pub channel_number: String,
    pub amount: yitong_values::Cents,
    /// What the channel keeps, in thousandths of a fen; negative when it gives back.
    pub fee_milli: i64,
    pub at: yitong_values::Timestamp,
    /// The channel's word for the state.
    pub state: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillLineKind {
    Payment,
    Refund,
    /// Neither: a line of a funds bill, an adjustment.
    Other,
}

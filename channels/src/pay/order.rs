//! What a channel is told about an order, and what it says about it.

use super::mandate::ChannelMandate;
use crate::Call;
use yitong_values::{Cents, Timestamp};

/// In which way the payer is asked. A channel account offers some of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scene {
    /// Inside the web view of WeChat or Alipay: the payer is known there (`Order::payer`).
    InApp,
    /// The browser of a phone goes to the channel's page, which opens its app.
    MobileWeb,
    /// A code that is scanned with another device.
    Qr,
    /// Nobody is asked: a debit under a mandate.
    Auto,
}

impl Scene {
    pub fn word(self) -> &'static str {
        match self {
            Scene::InApp => "in_app",
            Scene::MobileWeb => "mobile_web",
            Scene::Qr => "qr",
            Scene::Auto => "auto",
        }
    }

    pub fn from_word(word: &str) -> Option<Scene> {
        [Scene::InApp, Scene::MobileWeb, Scene::Qr, Scene::Auto].into_iter().find(|scene| scene.word() == word)
    }
}

/// A payment order as a channel sees it. Its number is kept for every repeat.
#[derive(Clone, PartialEq, Eq)]
pub struct Order {
    /// 16 to 32 of `0-9A-Z`; never used again, also after a close.
    pub number: String,
    pub scene: Scene,
    pub amount: Cents,
    /// What the payer reads at the channel.
    pub description: String,
    /// When it was first made: some channels want it in every later request.
    pub made_at: Timestamp,
    pub expires_at: Timestamp,
    /// Where the channel reports.
    pub notify_url: String,
    /// Where the browser goes afterwards.
    pub return_url: String,
    /// The payer's id at the channel, where the scene is `InApp`.
    pub payer: Option<String>,
    /// The address of the payer's browser.
    pub payer_ip: String,
}

/// Finds an order again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderKey {
    pub number: String,
    pub channel_number: Option<String>,
    pub made_at: Timestamp,
    pub amount: Cents,
}

/// How the payer's browser goes on.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Presented {
    /// Arguments of the web view's own pay function (`WeixinJSBridge` `getBrandWCPayRequest`, or Alipay's `tradePay`).
    InApp {
        bridge: String,
        arguments: std::collections::BTreeMap<String, String>,
    },
    Redirect {
        url: String,
    },
    /// A form that the browser posts by itself.
    Form {
        action: String,
        fields: Vec<(String, String)>,
    },
    /// The text of a QR code.
    Qr {
        text: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    Send(Call),
    /// The channel has no such request: it learns of the order when the payer arrives.
    Show(Presented),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// The channel does not know the number (yet): the payer may not have arrived.
    Absent,
    Waiting,
    /// The payer is busy with it: a password, a bank.
    Paying,
    Paid,
    /// Paid and then given back, whole or in part.
    Refunded,
    Closed,
    /// The channel says that this try failed; the payer may try again until it is closed.
    Failed,
}

/// What a channel says about an order, after its signature was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelOrder {
    pub number: String,
    pub state: OrderState,
    pub channel_number: Option<String>,
    /// What the channel says the order is about; compared with ours before anything is booked.
    pub amount: Option<Cents>,
    pub paid_at: Option<Timestamp>,
    /// The payer's id at the channel.
    pub payer: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It can't be paid any more.
    Closed,
    /// It was paid before; ask for it.
    AlreadyPaid,
    /// The channel never heard of it: it can still arrive there until it expires.
    Absent,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub order: OrderKey,
    /// Its own number, the same in every repeat.
    pub number: String,
    pub amount: Cents,
    pub reason: String,
    pub made_at: Timestamp,
    pub notify_url: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundKey {
    pub order: OrderKey,
    pub number: String,
    pub channel_number: Option<String>,
    pub made_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundState {
    /// The channel does not know the number.
    Absent,
    Processing,
    Done,
    /// The channel gave up; the money stays here, and only now another number may be tried.
    Closed,
    /// The payer's account can't take it: somebody has to look.
    Abnormal,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelRefund {
    pub number: String,
    pub state: RefundState,
    pub channel_number: Option<String>,
    pub amount: Option<Cents>,
}

/// A call-back that was verified. `event` is the channel's own name of it: the second one with the same name is a
/// repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub event: String,
    pub what: Event,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Order(ChannelOrder),
    Mandate(ChannelMandate),
    Refund {
        order_number: String,
        refund: ChannelRefund,
    },
    /// Understood, and nothing that we act on.
    Other {
        what: String,
    },
}

/// Why a call-back is not believed. It is answered as not taken, and the order is asked about instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotifyRefusal {
    #[error("a header or field is missing: {0}")]
    Missing(&'static str),
    #[error("it is signed with a key that we don't hold: {0}")]
    UnknownKey(String),
    #[error("its time is more than five minutes away from ours")]
    Stale,
    #[error("the signature does not fit")]
    BadSignature,
    #[error("its content can't be decrypted")]
    BadCipher,
    #[error("it is about another merchant: {0}")]
    OtherMerchant(&'static str),
    #[error("it can't be read: {0}")]
    Unreadable(String),
}

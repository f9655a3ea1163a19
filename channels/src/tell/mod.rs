//! Message channels: one message to one person over SMS, WeChat, Alipay, WeCom, DingTalk or Web Push.

pub mod alipay;
mod answer;
pub mod dingtalk;
mod host;
pub mod mail;
mod phone;
mod rate;
#[cfg(test)]
mod samples;
pub mod sms_aliyun;
pub mod sms_tencent;
mod text;
pub mod web_push;
pub mod wechat;
pub mod wecom;

pub use host::is_public;
pub use rate::{Limit, Rate};

use crate::pay::Misuse;
use crate::{Call, Moment, Reply};
use std::collections::BTreeMap;

/// A message as it leaves: rendered from its template, with the fields that channels with templates of their own want.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The same in every repeat, so that a channel which can drop repeats does.
    pub dedupe: String,
    pub title: String,
    pub text: String,
    /// The channel's own name of the template, where it has templates.
    pub template: Option<String>,
    /// Values by the names that the channel's template gives them.
    pub fields: BTreeMap<String, String>,
    /// Where a tap leads.
    pub link: Option<String>,
    /// Seconds after which nobody wants it any more.
    pub life_s: u32,
    pub urgent: bool,
}

/// Neither words nor values: both are about a person.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let template = self.template.as_deref().unwrap_or("no template");
        write!(f, "Message({}, {template}, {} fields)", self.dedupe, self.fields.len())
    }
}

/// What became of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Taken by the channel; whether it arrives is the channel's to say.
    Accepted { provider_id: Option<String> },
    /// Not taken: `class` says what may help.
    NotSent { class: ErrorClass, code: String, message: String },
    /// No answer that can be understood. Repeating may send it twice, which `Message::dedupe` is for.
    Unknown { why: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// Never, however often: a wrong template, a missing right.
    Permanent,
    /// This person can't be reached here (any more): no grant, a number that does not exist, a subscription that is
    /// gone.
    AddressGone,
    /// Too often: after `after_s`.
    Throttled { after_s: u32 },
    /// The other side is ill: again after a while.
    Transient,
    /// The access token ran out: fetch one, then again at once.
    TokenStale,
}

/// A short-lived token that some channels want with every call. One holder fetches it for all.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub life_s: u32,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token({} s)", self.life_s)
    }
}

/// A message channel whose settings were read. It keeps no state.
pub trait Messenger: Send + Sync {
    /// How much the channel takes: whoever sends waits before it is refused.
    fn rate(&self) -> Rate;

    /// The request for an access token, where the channel has such a thing.
    fn token(&self, at: &Moment) -> Option<Call> {
        let _ = at;
        None
    }
    fn token_read(&self, reply: &Reply) -> Result<Token, Sent> {
        let _ = reply;
        Err(Sent::Unknown { why: "this channel has no access tokens".into() })
    }

    /// `address` is the person's at this channel: a phone number, an open id, a user id, a subscription.
    fn send(&self, message: &Message, address: &str, token: Option<&str>, at: &Moment) -> Result<Call, Misuse>;
    fn sent(&self, reply: &Reply) -> Sent;
}

#[cfg(test)]
mod tests;

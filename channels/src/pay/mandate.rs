//! A mandate: somebody has agreed at a channel that a school may take money without asking each time. What a channel is
//! told about one, what it says, and the debit that rests on it.

use super::{ChannelOrder, Misuse, Presented, Scene, Start};
use crate::{Call, Moment, Outcome, Reply};
use yitong_values::{Cents, Timestamp};

/// What somebody is asked to agree to.
#[derive(Clone, PartialEq, Eq)]
pub struct Mandate {
    /// Ours, at most 32 letters and digits; never used again, also after its end.
    pub number: String,
    pub scene: Scene,
    /// What stands for the payer on the channel's page. No name: the page may be looked at by others.
    pub shown_as: String,
    /// The most that one debit takes, where the channel shows or checks it.
    pub single_cap: Cents,
    pub made_at: Timestamp,
    pub notify_url: String,
    pub return_url: String,
    /// The payer's id at the channel, where the scene is `InApp`.
    pub payer: Option<String>,
}

/// Finds a mandate again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MandateKey {
    pub number: String,
    /// The channel's own number, once it is signed.
    pub channel_number: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MandateState {
    /// The channel does not know the number: nobody has agreed yet, or it ended so long ago that it is forgotten.
    Absent,
    /// Begun there, and not agreed to.
    Waiting,
    Signed,
    Ended,
}

/// What a channel says about a mandate, after its signature was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelMandate {
    pub number: String,
    pub state: MandateState,
    /// What debits name.
    pub channel_number: Option<String>,
    /// The payer's id at the channel.
    pub payer: Option<String>,
    /// When it was signed, or ended.
    pub at: Option<Timestamp>,
}

/// One debit. Its order number is kept for every repeat, as with any order.
#[derive(Clone, PartialEq, Eq)]
pub struct Debit {
    pub number: String,
    pub mandate: MandateKey,
    pub amount: Cents,
    /// What the payer reads at the channel.
    pub description: String,
    pub made_at: Timestamp,
    pub expires_at: Timestamp,
    pub notify_url: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Debited {
    /// The money is here.
    Paid(ChannelOrder),
    /// Taken, and being worked on: whether money moves is told later, or asked for.
    Accepted,
}

/// Why a channel refused a debit: decides what the payer is told, and whether trying again makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DebitRefusal {
    /// Not enough money in whatever the payer pays from.
    NotEnough,
    /// The payer has ended the mandate, or it is not valid any more.
    MandateGone,
    /// A cap of the payer's account: per day, per month, per payment.
    Limit,
    Other,
}

/// What an account offers whose settings name a product for debits.
pub trait Mandates: Send + Sync {
    /// In what ways somebody can be asked to agree.
    fn mandate_scenes(&self) -> &'static [Scene];

    fn sign(&self, mandate: &Mandate, at: &Moment) -> Result<Start, Misuse>;
    fn sign_begun(&self, mandate: &Mandate, reply: &Reply, at: &Moment) -> Outcome<Presented>;

    fn query_mandate(&self, key: &MandateKey, at: &Moment) -> Result<Call, Misuse>;
    fn mandate_queried(&self, key: &MandateKey, reply: &Reply, at: &Moment) -> Outcome<ChannelMandate>;

    fn end_mandate(&self, key: &MandateKey, at: &Moment) -> Result<Call, Misuse>;
    /// `Ended` or `Absent` when it can't be debited any more.
    fn mandate_ended(&self, key: &MandateKey, reply: &Reply, at: &Moment) -> Outcome<MandateState>;

    fn debit(&self, debit: &Debit, at: &Moment) -> Result<Call, Misuse>;
    fn debited(&self, debit: &Debit, reply: &Reply, at: &Moment) -> Outcome<Debited>;
    /// What the code of a refused debit means.
    fn debit_refusal(&self, code: &str) -> DebitRefusal;
}

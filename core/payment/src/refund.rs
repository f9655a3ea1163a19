//! A refund: asked by one, approved by another, sent under its own number until the channel has a final word.

use crate::order::words;
use yitong_values::Cents;

words! {
    RefundState {
        /// Waits for a second person.
        Asked = "asked",
        /// The second person said no.
        Declined = "declined",
        /// Approved, and its money is set aside; not sent yet.
        Created = "created",
        /// On its way, or no answer understood: it is asked about, and sent again under the same number.
        Sent = "sent",
        Processing = "processing",
        Done = "done",
        /// The channel gave up; the money is back where it was. Only now another number may be tried.
        Closed = "closed",
        /// The channel can't finish it or refused it: somebody has to look. The money stays set aside.
        Abnormal = "abnormal",
    }
}

impl RefundState {
    /// Whether the channel still has to be asked about it.
    pub fn is_open(self) -> bool {
        matches!(self, RefundState::Created | RefundState::Sent | RefundState::Processing)
    }

    /// Whether money is set aside for it.
    pub fn holds_money(self) -> bool {
        self.is_open() || self == RefundState::Abnormal
    }
}

/// What a paid attempt has left to give back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refundable {
    pub paid: Cents,
    pub refunded: Cents,
    /// Asked or on its way.
    pub refunding: Cents,
}

/// Ordered by precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundRefusal {
    NothingPaid,
    BadAmount,
    OverPaid { room: Cents },
}

/// Whether so much may be given back.
pub fn ask_refund(of: &Refundable, amount: Cents) -> Result<(), RefundRefusal> {
    if of.paid <= Cents::ZERO {
        return Err(RefundRefusal::NothingPaid);
    }
    if amount <= Cents::ZERO {
        return Err(RefundRefusal::BadAmount);
    }
    let gone = of.refunded.plus(of.refunding).unwrap_or(of.paid);
    let room = of.paid.minus(gone).unwrap_or(Cents::ZERO).max(Cents::ZERO);
    if amount > room { Err(RefundRefusal::OverPaid { room }) } else { Ok(()) }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundSaid {
    Nothing,
    /// The channel does not know the number: it is sent again.
    Absent,
    Processing,
    Done {
        amount: Option<Cents>,
    },
    Closed,
    Abnormal,
    /// It refused the request in explicit words.
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundHeard {
    pub state: RefundState,
    pub amount: Cents,
    pub said: RefundSaid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundBooking {
    Nothing,
    /// What was set aside has left through the channel.
    Leave,
    /// What was set aside goes back where it was.
    Return,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundMoved {
    pub state: RefundState,
    pub booking: RefundBooking,
    pub alarm: bool,
}

/// The next state, and what is booked. Hearing the same again changes nothing.
pub fn hear_refund(heard: &RefundHeard) -> RefundMoved {
    let stay = RefundMoved { state: heard.state, booking: RefundBooking::Nothing, alarm: false };
    if !heard.state.holds_money() {
        // A final word that is followed by another: the books can't follow, somebody must.
        let contradicts = matches!(
            (heard.state, heard.said),
            (RefundState::Done, RefundSaid::Closed) | (RefundState::Closed, RefundSaid::Done { .. })
        );
        return RefundMoved { alarm: contradicts, ..stay };
    }
    match heard.said {
        RefundSaid::Nothing | RefundSaid::Absent => {
            let state = if heard.state == RefundState::Created { RefundState::Sent } else { heard.state };
            RefundMoved { state, ..stay }
        }
        RefundSaid::Processing => RefundMoved { state: RefundState::Processing, ..stay },
        RefundSaid::Done { amount: Some(amount) } if amount != heard.amount => {
            RefundMoved { state: RefundState::Abnormal, booking: RefundBooking::Nothing, alarm: true }
        }
        RefundSaid::Done { .. } => {
            RefundMoved { state: RefundState::Done, booking: RefundBooking::Leave, alarm: false }
        }
        RefundSaid::Closed => RefundMoved { state: RefundState::Closed, booking: RefundBooking::Return, alarm: true },
        // What is processed can't be refused any more; the word is about the repeat.
        RefundSaid::Refused if heard.state == RefundState::Processing => stay,
        RefundSaid::Abnormal | RefundSaid::Refused => {
            let fresh = heard.state != RefundState::Abnormal;
            RefundMoved { state: RefundState::Abnormal, booking: RefundBooking::Nothing, alarm: fresh }
        }
    }
}

//! An order and its attempts. Only an attempt talks to a channel; only the first paid attempt pays the order.

use yitong_values::Cents;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$state_doc:meta])* $state:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$state_doc])* $state,)* }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$state,)*];

            pub fn word(self) -> &'static str {
                match self { $($name::$state => $word,)* }
            }

            pub fn from_word(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|state| state.word() == word)
            }
        }
    };
}
pub(crate) use words;

words! {
    /// An order, as its payer and the school see it.
    OrderState {
        /// Written down; no channel has answered yet.
        Created = "created",
        /// The channel knows it and waits for the payer.
        Paying = "paying",
        /// The channel's last word was none: it is asked until there is one.
        Unknown = "unknown",
        /// We asked the channel to close it, and wait for its word.
        Closing = "closing",
        /// Paid, and booked where it was meant to go.
        Success = "success",
        PartRefunded = "part_refunded",
        Refunded = "refunded",
        /// It can't be paid any more, says the channel.
        Closed = "closed",
        /// The channel refused it from the start.
        Failed = "failed",
        /// Paid after it was closed: the money waits in suspense.
        LateSuccess = "late_success",
        /// Paid late, and then booked where it was meant to go.
        Applied = "applied",
        /// The channel's word and ours differ in the amount: somebody has to look.
        Disputed = "disputed",
    }
}

words! {
    AttemptState {
        /// Written down with its number, not sent.
        New = "new",
        /// On its way: from here on the channel may know it.
        Sent = "sent",
        Accepted = "accepted",
        Unknown = "unknown",
        Success = "success",
        Failed = "failed",
        Closed = "closed",
    }
}

impl OrderState {
    /// Whether the channel still has to be asked about it.
    pub fn is_open(self) -> bool {
        use OrderState::{Closing, Created, Paying, Unknown};
        matches!(self, Created | Paying | Unknown | Closing)
    }

    /// Whether its money was booked where it was meant to go.
    pub fn is_paid(self) -> bool {
        use OrderState::{Applied, PartRefunded, Refunded, Success};
        matches!(self, Success | PartRefunded | Refunded | Applied)
    }
}

impl AttemptState {
    /// Whether the channel may still take money for it.
    pub fn is_open(self) -> bool {
        use AttemptState::{Accepted, Sent, Unknown};
        matches!(self, Sent | Accepted | Unknown)
    }
}

/// What a channel said about an attempt, after it was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// No answer, or none that was understood.
    Nothing,
    /// It does not know the number. `final_word`: it expired so long ago that the number can't arrive any more.
    Absent { final_word: bool },
    /// It has it, and waits for the payer.
    Waiting,
    /// It refused to take it, in explicit words.
    Refused,
    /// A debit without money behind it: nobody but us could try again, and we don't under this number.
    Failed,
    /// It can't be paid any more.
    Closed,
    /// Paid. A channel that does not say how much has not said enough.
    Paid { amount: Option<Cents> },
}

/// What is known when something is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    pub order: OrderState,
    pub amount: Cents,
    pub attempt: AttemptState,
    /// Whether another attempt of the same order may still be paid.
    pub others_open: bool,
    pub said: Said,
}

/// What is written into the books, in the same unit as the new states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Booking {
    Nothing,
    /// From the channel to where the order was meant to go.
    Credit,
    /// From the channel into suspense: paid after the close. `late_fate` says what becomes of it.
    Suspend,
    /// From the channel into suspense: this order was paid before, by another attempt. It goes back.
    SuspendTwice,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    pub order: OrderState,
    pub attempt: AttemptState,
    pub booking: Booking,
    /// Somebody has to look.
    pub alarm: bool,
}

/// The next states, and what is booked. Hearing the same again changes nothing.
pub fn hear(heard: &Heard) -> Moved {
    let Heard { order, attempt, .. } = *heard;
    let stay = Moved { order, attempt, booking: Booking::Nothing, alarm: false };
    // A paid attempt is paid: whatever is heard afterwards (its refund looks like a close to some channels) is about
    // the refunds.
    if attempt == AttemptState::Success {
        return stay;
    }
    match heard.said {
        Said::Paid { amount } => paid(heard, amount),
        // The last word about a closed attempt was final; only money changes that.
        _ if !attempt.is_open() => stay,
        Said::Nothing => {
            let order = if order == OrderState::Created { OrderState::Unknown } else { order };
            let attempt = if attempt == AttemptState::Sent { AttemptState::Unknown } else { attempt };
            Moved { order, attempt, ..stay }
        }
        Said::Absent { final_word: true } | Said::Closed => {
            Moved { order: ended(heard, OrderState::Closed), attempt: AttemptState::Closed, ..stay }
        }
        Said::Absent { final_word: false } => stay,
        Said::Waiting => {
            let waits = matches!(order, OrderState::Created | OrderState::Unknown);
            let order = if waits { OrderState::Paying } else { order };
            Moved { order, attempt: AttemptState::Accepted, ..stay }
        }
        Said::Failed => Moved { order: ended(heard, OrderState::Failed), attempt: AttemptState::Failed, ..stay },
        // An accepted number that is refused when it is repeated is known to the channel: it is asked instead.
        Said::Refused if attempt == AttemptState::Accepted => stay,
        Said::Refused => Moved { order: ended(heard, OrderState::Failed), attempt: AttemptState::Failed, ..stay },
    }
}

/// The order ends with its last open attempt.
fn ended(heard: &Heard, end: OrderState) -> OrderState {
    if heard.order.is_open() && !heard.others_open { end } else { heard.order }
}

fn paid(heard: &Heard, amount: Option<Cents>) -> Moved {
    let Heard { order, attempt, .. } = *heard;
    let Some(amount) = amount else {
        let order = if order == OrderState::Created { OrderState::Unknown } else { order };
        return Moved { order, attempt, booking: Booking::Nothing, alarm: false };
    };
    if amount != heard.amount {
        // A paid order stays paid; what this attempt says about it is looked at by somebody.
        let order = if order.is_paid() || order == OrderState::LateSuccess { order } else { OrderState::Disputed };
        // Once: hearing it again is no news to whoever has looked.
        let alarm = heard.order != OrderState::Disputed;
        return Moved { order, attempt, booking: Booking::Nothing, alarm };
    }
    let attempt = AttemptState::Success;
    use OrderState::{Applied, Closed, Closing, Created, Disputed, Failed, LateSuccess, Paying, Success, Unknown};
    match order {
        Created | Paying | Unknown | Closing | Disputed => {
            Moved { order: Success, attempt, booking: Booking::Credit, alarm: false }
        }
        // The payer was told that it would not be paid any more.
        Closed | Failed => Moved { order: LateSuccess, attempt, booking: Booking::Suspend, alarm: false },
        Success | OrderState::PartRefunded | OrderState::Refunded | LateSuccess | Applied => {
            Moved { order, attempt, booking: Booking::SuspendTwice, alarm: false }
        }
    }
}

/// What is known about money that came late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LateFacts {
    /// The same payer has paid another order for the same person since this one was made: most likely instead of it.
    pub paid_again: bool,
    /// The person can still be credited.
    pub person_here: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LateFate {
    /// Booked where it was meant to go.
    Apply,
    /// Refunded whole, by itself.
    GiveBack,
}

pub fn late_fate(facts: LateFacts) -> LateFate {
    if facts.person_here && !facts.paid_again { LateFate::Apply } else { LateFate::GiveBack }
}

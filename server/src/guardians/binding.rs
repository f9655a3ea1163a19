//! A guardian tied to a person: its states, and the rights and consents that hang on it.

use serde::{Deserialize, Serialize};
use yitong_values::{BindingId, GuardianId, PersonId, SchoolId, Timestamp};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingState {
    /// The guardian asked, and the school has not answered.
    Pending,
    Active,
    Refused,
    /// By the guardian, another one with the right, or the school.
    Ended,
}

impl BindingState {
    pub const ALL: [BindingState; 4] =
        [BindingState::Pending, BindingState::Active, BindingState::Refused, BindingState::Ended];

    pub fn word(self) -> &'static str {
        match self {
            BindingState::Pending => "pending",
            BindingState::Active => "active",
            BindingState::Refused => "refused",
            BindingState::Ended => "ended",
        }
    }

    pub fn from_word(word: &str) -> Option<BindingState> {
        BindingState::ALL.into_iter().find(|state| state.word() == word)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Father,
    Mother,
    Grandparent,
    Other,
}

impl Relation {
    pub const ALL: [Relation; 4] = [Relation::Father, Relation::Mother, Relation::Grandparent, Relation::Other];

    pub fn word(self) -> &'static str {
        match self {
            Relation::Father => "father",
            Relation::Mother => "mother",
            Relation::Grandparent => "grandparent",
            Relation::Other => "other",
        }
    }

    pub fn from_word(word: &str) -> Option<Relation> {
        Relation::ALL.into_iter().find(|relation| relation.word() == word)
    }
}

/// What a guardian may do for one child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Rights {
    pub see: bool,
    pub pay: bool,
    pub control: bool,
}

impl Rights {
    pub const NONE: Rights = Rights { see: false, pay: false, control: false };
    /// Of those who come after the first.
    pub const LATER: Rights = Rights { see: true, pay: true, control: false };
    pub const ALL: Rights = Rights { see: true, pay: true, control: true };

    pub fn has(self, word: &str) -> bool {
        match word {
            "see" => self.see,
            "pay" => self.pay,
            "control" => self.control,
            _ => false,
        }
    }
}

/// Markers for `OfChild<right::…>`.
pub mod right {
    /// A right as a type, so that a route's guard is part of its signature.
    pub trait Right: Send + Sync + 'static {
        const WORD: &'static str;
    }
    pub struct See;
    pub struct Pay;
    pub struct Control;
    impl Right for See {
        const WORD: &'static str = "see";
    }
    impl Right for Pay {
        const WORD: &'static str = "pay";
    }
    impl Right for Control {
        const WORD: &'static str = "control";
    }
}

/// The answers that count now, beside the one to `account`, without which there is no binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Consents {
    /// Purchases may be shown and told.
    pub meals: bool,
    /// Messages may leave for outside channels.
    pub messages: bool,
    pub photo: bool,
}

/// What the guardian typed when asking the school.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Typed {
    pub name: String,
    pub number: String,
    pub message: String,
}

impl std::fmt::Debug for Typed {
    /// A name and perhaps an ID number: neither is for logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Typed(…)")
    }
}

#[derive(Clone, Debug)]
pub struct Binding {
    pub id: BindingId,
    pub guardian: GuardianId,
    pub school: SchoolId,
    /// Whom the school agreed to; `None` before.
    pub person: Option<PersonId>,
    pub state: BindingState,
    pub relation: Relation,
    pub rights: Rights,
    /// The school keeps this guardian out of this child.
    pub locked: bool,
    pub consents: Consents,
    /// Sealed for the place of `typed_place`.
    pub typed: Option<Vec<u8>>,
    /// What the school answered; empty when nothing.
    pub answer: String,
    pub asked_at: Timestamp,
    pub answered_at: Option<Timestamp>,
}

impl Binding {
    /// Whose child it is, as long as the binding gives anything.
    pub fn open_child(&self) -> Option<PersonId> {
        self.person.filter(|_| self.state == BindingState::Active && !self.locked)
    }
}

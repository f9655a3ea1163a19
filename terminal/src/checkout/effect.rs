//! What the state machine is told, and what it wants done. It touches nothing itself.

use super::act::{Act, CounterMode};
use super::rest::Shift;
use super::tray::TrayLine;
use uuid::Uuid;
use yitong_rules::{Question, Split, Words};
use yitong_values::{Cents, EntryId, MealPeriodId, PersonId, Timestamp, UserId};

/// Who pays, as it was shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shown {
    /// The text of a scanned code.
    Code(String),
    /// Picked from the list; the cashier compared the photo.
    Person(PersonId),
    /// The number of a card, in hexadecimal: it names, and proves nothing.
    Card(String),
}

/// A sale with everything that was entered. Named once; the name is kept through every retry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sale {
    pub id: EntryId,
    pub at: Timestamp,
    pub mode: CounterMode,
    pub lines: Vec<TrayLine>,
    /// What both screens showed.
    pub total: Cents,
    pub shown: Shown,
    /// Chosen by the cashier because the clock is in doubt.
    pub period: Option<MealPeriodId>,
    pub collect_later: bool,
    pub duplicate_confirmed: bool,
    pub photo_checked: bool,
    pub training: bool,
    pub cashier: Option<UserId>,
}

/// What the screens may say of a person. The customer's screen gets the mask only.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Payer {
    pub person: Uuid,
    pub name: String,
    pub name_mask: String,
    pub number_mask: String,
    pub class: Option<String>,
    pub kind: String,
    pub photo: bool,
    pub balance: Cents,
    pub arrears: Cents,
    pub allergens: Vec<String>,
}

/// What this terminal would do by itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Local {
    pub payer: Option<Payer>,
    pub verdict: LocalVerdict,
    pub trace: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LocalVerdict {
    Allow {
        split: Split,
        balance_after: Cents,
        arrears_after: Cents,
        /// Why it may not be sold without the server, if so: lease, caps, age of the lists.
        offline: Result<(), Refused>,
    },
    Ask(Question),
    Refuse(Refused),
}

/// A refusal, whoever said it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    pub code: String,
    pub words: Words,
    /// For the customer's screen: polite, and says nothing that the queue should not read.
    pub public: Words,
    pub may_collect_later: bool,
}

/// The server's word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    Paid {
        amount: Cents,
        balance_after: Option<Cents>,
        arrears_after: Option<Cents>,
        payer: Option<Payer>,
        trace: String,
    },
    Refused {
        refused: Refused,
        payer: Option<Payer>,
        trace: String,
    },
    Ask {
        question: Question,
        payer: Option<Payer>,
    },
}

/// What is written into the journal. Green comes after the disk has it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(clippy::large_enum_variant, reason = "an entry is made, written and gone; none are kept")]
pub enum Entry {
    Intent { sale: Sale },
    Confirmed { sale: Sale, amount: Cents },
    Sale { sale: Sale, person: Uuid, split: Split, trace: String },
    Refused { sale: Sale, refused: Refused, trace: String, online: bool },
    GivenUp { purchase: EntryId },
    Undone { purchase: EntryId, amount: Cents, by: Option<UserId> },
    ShiftOpened { shift: Shift },
    ShiftClosed { shift: Shift, counted: Cents },
}

impl Entry {
    /// What the acknowledgement is known by.
    pub fn purchase(&self) -> Option<EntryId> {
        match self {
            Entry::Intent { sale }
            | Entry::Confirmed { sale, .. }
            | Entry::Sale { sale, .. }
            | Entry::Refused { sale, .. } => Some(sale.id),
            Entry::GivenUp { purchase } | Entry::Undone { purchase, .. } => Some(*purchase),
            Entry::ShiftOpened { .. } | Entry::ShiftClosed { .. } => None,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(clippy::large_enum_variant, reason = "an input is made, taken and gone; none are kept")]
pub enum Input {
    /// An act with its id: a repeated id is overlooked.
    Act(Uuid, Act),
    /// A code that a device read.
    Scan(String),
    /// The number of a card that a reader read.
    Card(String),
    /// A key of a keypad that the agent reads itself.
    Key(super::act::Key),
    Weight {
        grams: u32,
        stable: bool,
    },
    Decided(EntryId, Box<Local>),
    /// `None`: no answer within the budget.
    Answered(EntryId, Option<Box<Answer>>),
    /// The journal is on disk (or is not).
    Written(Result<(), ()>),
    /// The server's word on an undo; `None`: no answer.
    UndoAnswered(EntryId, Option<Result<(), Words>>),
    Balance(Result<Payer, Refused>),
    Found(Vec<Payer>),
    Roster(Vec<(Payer, bool)>),
    PinChecked(bool),
    /// A word to the operator that belongs to no sale.
    Say(Words),
    /// Time passed, the link changed, a device was plugged: draw again.
    Tick,
}

#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(clippy::large_enum_variant, reason = "an effect is made, done and gone; none are kept")]
pub enum Effect {
    /// Verify, look up, decide: answered by `Decided`.
    Decide(Sale),
    /// Answered by `Written`, in the same order.
    Write(Entry),
    /// Answered by `Answered` within the budget.
    Ask(Sale),
    AskUndo {
        purchase: EntryId,
        by: Option<UserId>,
    },
    LookUp(Shown),
    Search(String),
    OpenRoster(Uuid),
    CheckPin {
        cashier: UserId,
        pin: String,
    },
    Enrol(String),
    TestDevice(super::DeviceKind),
    Print(Receipt),
    Light(Light),
    OpenDrawer,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Light {
    Ready,
    Busy,
    Good,
    Bad,
}

/// What a printer prints of a sale.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    pub purchase: EntryId,
    pub at: Timestamp,
    pub lines: Vec<TrayLine>,
    pub total: Cents,
    pub name_mask: String,
    pub balance_after: Option<Cents>,
    pub offline: bool,
}

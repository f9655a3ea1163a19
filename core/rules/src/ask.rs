//! What is asked at a counter, and what is known of the one who asks.

use crate::Counters;
use yitong_values::{CanteenId, Cents, StallId, Timestamp};

/// How the price came about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Mode {
    /// Dishes were scanned or picked.
    Dish,
    /// The cashier keyed an amount.
    Amount,
    /// Every meal has the same price.
    Fixed,
    /// Identity only: the meal is free, it is counted and not charged.
    Count,
}

impl Mode {
    pub const ALL: [Mode; 4] = [Mode::Dish, Mode::Amount, Mode::Fixed, Mode::Count];

    pub fn word(self) -> &'static str {
        match self {
            Mode::Dish => "dish",
            Mode::Amount => "amount",
            Mode::Fixed => "fixed",
            Mode::Count => "count",
        }
    }

    pub fn from_word(word: &str) -> Option<Mode> {
        Mode::ALL.into_iter().find(|mode| mode.word() == word)
    }
}

/// A dish on the tray, as far as rules look at it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    pub category: String,
    pub allergens: Vec<String>,
    /// Price times count.
    pub amount: Cents,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ask {
    pub stall: StallId,
    pub canteen: CanteenId,
    pub at: Timestamp,
    pub mode: Mode,
    pub lines: Vec<Line>,
    pub amount: Cents,
    /// The cashier chose "let eat, collect later".
    pub collect_later: bool,
    /// The cashier said that a second identical purchase is meant.
    pub duplicate_confirmed: bool,
    /// The cashier compared the photo with who stands there.
    pub photo_checked: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CredentialState {
    Active,
    Unknown,
    Lost,
    Replaced,
    Expired,
    /// A dynamic code that is older than a minute, or (below zero) from a phone whose clock is ahead.
    Stale {
        seconds: i32,
    },
    /// A dynamic code that was taken before.
    Used,
    /// No credential was shown: the cashier picked the person from the list.
    PickedByCashier,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PersonState {
    Active,
    Left,
    Suspended,
}

/// One pocket of the account. Wallets are used in the order in which they stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wallet {
    pub slot: u8,
    pub balance: Cents,
    /// What may be taken from it for this purchase (its scope and its own cap were looked at before).
    pub usable: Cents,
}

impl Wallet {
    /// A wallet without a scope.
    pub fn free(slot: u8, balance: Cents) -> Wallet {
        Wallet { slot, balance, usable: balance }
    }
}

/// The purchase before this one, for the duplicate guard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LastPurchase {
    pub stall: StallId,
    pub amount: Cents,
    pub at: Timestamp,
}

/// Facts about the person, as values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    pub credential: CredentialState,
    /// Whoever copies the picture of this credential can show it: print, not a phone.
    pub copyable: bool,
    /// The last purchase was at another stall of the same canteen.
    pub last_was_near: bool,
    pub person: PersonState,
    /// By the school; what guardians froze stands with their rules.
    pub frozen: bool,
    pub wallets: Vec<Wallet>,
    /// 延迟扣款 so far, zero or more.
    pub arrears: Cents,
    pub counters: Counters,
    /// What the school has on record.
    pub allergens: Vec<String>,
}

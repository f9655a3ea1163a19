//! The chart of accounts of a school. An account's text form is its name in every export.

use std::fmt;
use std::str::FromStr;
use yitong_values::{ChannelAccountId, PersonId, StallId};

/// Wallets that a person can have at once: slot 0 is cash, the others are what the school sets up.
pub const WALLETS_MAX: usize = 8;

/// Which pocket of a person's account. Slot 0 is cash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WalletSlot(u8);

impl WalletSlot {
    pub const CASH: WalletSlot = WalletSlot(0);

    pub fn new(slot: u8) -> Option<WalletSlot> {
        (usize::from(slot) < WALLETS_MAX).then_some(WalletSlot(slot))
    }

    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// An account of the school's books. A posting adds to it; liabilities carry what the school owes as a positive sum
/// of the person's side: a top-up adds to the wallet and takes from the cash desk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Account {
    /// What the school owes a person (liability).
    Wallet(PersonId, WalletSlot),
    /// What a person owes the school (延迟扣款; asset). Its sum is zero or negative.
    Arrears(PersonId),
    /// What the school owes the seller (liability).
    Merchant(StallId),
    /// Money that came in over the counter of the cash desk (asset). Its sum is zero or negative.
    CashDesk,
    /// Money that a payment channel took for the school and has not paid out yet (asset). Its sum is zero or negative.
    Channel(ChannelAccountId),
    /// Refunds on their way back through a channel: left a wallet, not yet the channel (liability).
    Refunding,
    /// Between two wallets of a family, within one unit: its sum is zero.
    Transfer,
    /// Where the money of a day before this system came from.
    Opening,
    /// Differences that are being looked into.
    Suspense,
    /// What the school pays for its own mistakes.
    Compensation,
    /// What counters sold while nobody heard them, and nobody can be charged for (expense). Its sum is zero or
    /// negative.
    Risk,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AccountKind {
    Wallet,
    Arrears,
    Merchant,
    CashDesk,
    Channel,
    Refunding,
    Transfer,
    Opening,
    Suspense,
    Compensation,
    Risk,
}

impl Account {
    pub fn kind(self) -> AccountKind {
        match self {
            Account::Wallet(..) => AccountKind::Wallet,
            Account::Arrears(_) => AccountKind::Arrears,
            Account::Merchant(_) => AccountKind::Merchant,
            Account::CashDesk => AccountKind::CashDesk,
            Account::Channel(_) => AccountKind::Channel,
            Account::Refunding => AccountKind::Refunding,
            Account::Transfer => AccountKind::Transfer,
            Account::Opening => AccountKind::Opening,
            Account::Suspense => AccountKind::Suspense,
            Account::Compensation => AccountKind::Compensation,
            Account::Risk => AccountKind::Risk,
        }
    }

    /// Whose money it is, when it is a person's.
    pub fn person(self) -> Option<PersonId> {
        match self {
            Account::Wallet(person, _) | Account::Arrears(person) => Some(person),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the name of an account")]
pub struct AccountError(pub String);

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Account::Wallet(person, slot) => write!(f, "wallet/{person}/{}", slot.0),
            Account::Arrears(person) => write!(f, "arrears/{person}"),
            Account::Merchant(stall) => write!(f, "merchant/{stall}"),
            Account::CashDesk => f.write_str("cash-desk"),
            Account::Channel(account) => write!(f, "channel/{account}"),
            Account::Refunding => f.write_str("refunding"),
            Account::Transfer => f.write_str("transfer"),
            Account::Opening => f.write_str("opening"),
            Account::Suspense => f.write_str("suspense"),
            Account::Compensation => f.write_str("compensation"),
            Account::Risk => f.write_str("risk"),
        }
    }
}

impl FromStr for Account {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Account, AccountError> {
        let wrong = || AccountError(text.to_owned());
        let mut parts = text.split('/');
        let kind = parts.next().unwrap_or_default();
        let id = parts.next();
        let slot = parts.next();
        let account = match (kind, id, slot) {
            ("wallet", Some(person), Some(slot)) => {
                let slot = slot.parse().ok().and_then(WalletSlot::new).ok_or_else(wrong)?;
                Account::Wallet(person.parse().map_err(|_| wrong())?, slot)
            }
            ("arrears", Some(person), None) => Account::Arrears(person.parse().map_err(|_| wrong())?),
            ("merchant", Some(stall), None) => Account::Merchant(stall.parse().map_err(|_| wrong())?),
            ("cash-desk", None, None) => Account::CashDesk,
            ("channel", Some(account), None) => Account::Channel(account.parse().map_err(|_| wrong())?),
            ("refunding", None, None) => Account::Refunding,
            ("transfer", None, None) => Account::Transfer,
            ("opening", None, None) => Account::Opening,
            ("suspense", None, None) => Account::Suspense,
            ("compensation", None, None) => Account::Compensation,
            ("risk", None, None) => Account::Risk,
            _ => return Err(wrong()),
        };
        // One account has one name: another spelling of the same id would be another key.
        if parts.next().is_none() && account.to_string() == text { Ok(account) } else { Err(wrong()) }
    }
}

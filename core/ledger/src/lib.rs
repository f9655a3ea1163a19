//! Money moves; it is never made or lost. Accounts, postings, entries that sum to zero, and the chain of days.

mod account;
mod chain;
mod entry;

pub use account::{Account, AccountError, AccountKind, WALLETS_MAX, WalletSlot};
pub use chain::{DayChain, Root};
pub use entry::{Entry, EntryError, Kind, POSTINGS_MAX, Posting, Postings};

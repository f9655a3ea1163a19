//! Balances and statements: the only door to the ledger. Money moves here or it does not move.

mod account;
mod booking;
mod store;

pub use account::{AccountState, Overdrawn};
pub use booking::{BookError, Booking, Draft};
pub use store::{load_account, open_accounts};

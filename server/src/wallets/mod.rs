//! Balances and statements: the only door to the ledger. Money moves here or it does not move.

mod account;
mod booking;
mod days;
mod ledger_store;
mod store;
mod verify;

pub use account::{AccountState, Overdrawn};
pub use booking::{BookError, Booking, Draft};
pub use days::{CLOSE_GRACE_MS, CloseRefusal, ClosedDay, close_day};
pub use store::{load_account, open_accounts};
pub use verify::{Finding, Report, verify};

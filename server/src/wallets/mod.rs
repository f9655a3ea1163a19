//! Balances and statements: the only door to the ledger. Money moves here or it does not move.

mod account;
mod booking;
mod days;
mod http;
mod ledger_http;
mod ledger_store;
mod store;
mod verify;

pub use account::{AccountState, Overdrawn};
pub use booking::{BookError, Booking, Draft};
pub use days::{CLOSE_GRACE_MS, CloseRefusal, ClosedDay, close_day};
pub use ledger_store::{
    ReadEntry, correction_of, day_roots, everyone, find_entry, first_open, last_closed, last_closed_day, newest_entry,
    open_days, schools_with_books, statement,
};
pub use store::{account, load_account, open_accounts, sums};
pub use verify::{Finding, Report, verify, verify_in};

use crate::App;
use utoipa_axum::router::OpenApiRouter;

pub fn routes() -> OpenApiRouter<App> {
    http::routes().merge(ledger_http::routes())
}

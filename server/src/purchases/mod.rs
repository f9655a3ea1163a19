//! Lunch: from a scan to the ledger. Many purchases share one unit; each is decided by the rules alone.

mod alarms;
mod alarms_http;
mod alarms_store;
mod ask;
mod book;
mod counter_http;
mod eaten;
mod export;
mod http;
mod lane;
mod list_store;
mod live;
mod outcome;
mod sell_http;
mod selling;
mod store;
mod undo;

pub use ask::{Ask, Basis, Payer, Picked, Sent};
pub use book::book;
pub use eaten::{
    Booked, Eaten, TurnedAway, balance_of, book_eaten, booked, keep_refused, lock_accounts, paid_with, standing,
    take_back,
};
pub use http::{TraceWire, stalls_below, trace_wire};
pub use lane::{Lanes, LanesConfig};
pub use list_store::{Listed, find as find_purchase, refused_of};
pub use live::{Live, Sale};
pub use outcome::{Kept, KeptItem, KeptRefusal, Known, Outcome, Sold};
pub use selling::{Selling, Shown, sell};
pub use undo::{CHARGED_TWICE, Undo, UndoOutcome, Until, undo};

use crate::App;
use utoipa_axum::router::OpenApiRouter;

pub fn routes() -> OpenApiRouter<App> {
    counter_http::routes()
        .merge(sell_http::routes())
        .merge(http::routes())
        .merge(export::routes())
        .merge(alarms_http::routes())
}

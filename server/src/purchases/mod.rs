//! Lunch: from a scan to the ledger. Many purchases share one unit; each is decided by the rules alone.

mod alarms_http;
mod alarms_store;
mod ask;
mod book;
mod counter_http;
mod export;
mod http;
mod lane;
mod list_store;
mod live;
mod outcome;
mod sell_http;
mod store;
mod undo;

pub use ask::{Ask, Basis, Payer, Sent};
pub use book::book;
pub use http::{TraceWire, stalls_below, trace_wire};
pub use lane::{Lanes, LanesConfig};
pub use list_store::{Listed, find as find_purchase, refused_of};
pub use live::{Live, Sale};
pub use outcome::{Kept, KeptItem, KeptRefusal, Outcome, Sold};
pub use undo::{Undo, UndoOutcome, undo};

use crate::App;
use utoipa_axum::router::OpenApiRouter;

pub fn routes() -> OpenApiRouter<App> {
    counter_http::routes()
        .merge(sell_http::routes())
        .merge(http::routes())
        .merge(export::routes())
        .merge(alarms_http::routes())
}

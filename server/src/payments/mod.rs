//! Payment orders through a channel: made for a guardian, followed until the channel has a final word, refunded with
//! two pairs of eyes. Connectors build and read; this slice sends, remembers and books.

mod account_store;
mod accounts;
mod accounts_http;
mod auto;
mod auto_consent;
mod auto_http;
mod auto_sign_http;
mod auto_store;
mod begin;
mod counts;
mod engine;
mod guardian_http;
mod hear;
mod mandate_store;
mod mandates;
mod mandates_http;
mod notify_http;
mod numbers;
mod orders_http;
mod orders_store;
mod payer;
mod refund_store;
mod refunds;
mod refunds_http;
mod setting_words;
mod staff;
mod store;
mod sweep;

pub use accounts::{AccountKind, open_account};
pub use auto::{auto_state, wake_auto};
pub use begin::{open_order, paid_by};
pub use counts::Counts;
pub use store::open_of_guardian;
pub use sweep::once as sweep_once;

use crate::App;
use utoipa_axum::router::OpenApiRouter;

/// What payments keep in memory.
#[derive(Default)]
pub struct State {
    pub(crate) connectors: accounts::Connectors,
    pub counts: Counts,
}

pub fn routes() -> OpenApiRouter<App> {
    notify_http::routes()
        .merge(accounts_http::routes())
        .merge(orders_http::routes())
        .merge(refunds_http::routes())
        .merge(guardian_http::routes())
        .merge(auto_http::routes())
        .merge(auto_sign_http::routes())
        .merge(mandates_http::routes())
}

/// Begins to look after open orders and refunds.
pub fn start(app: &App) {
    tokio::spawn(sweep::run(app.clone()));
}

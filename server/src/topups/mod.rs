//! Money into a wallet at the cash desk, with a receipt. Arrears are repaid first.

mod http;
mod store;

pub use store::{TopupAsk, TopupOutcome, top_up};

use crate::App;
use utoipa_axum::router::OpenApiRouter;

pub fn routes() -> OpenApiRouter<App> {
    http::routes()
}

//! Money into a wallet, with a receipt: at the cash desk, or from a payment channel. Arrears are repaid first.

mod http;
mod store;

pub use http::refused;
pub use store::{Credit, Receipt, TopupAsk, TopupOutcome, credit, receipt, top_up};

use crate::App;
use utoipa_axum::router::OpenApiRouter;

pub fn routes() -> OpenApiRouter<App> {
    http::routes()
}

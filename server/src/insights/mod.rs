//! What is going on: sales of the day by place and time, told again with every purchase; the numbers of the first page.

mod http;
mod store;
mod sums;

pub use sums::SharedSums;

use crate::App;
use utoipa_axum::router::OpenApiRouter;

pub fn routes() -> OpenApiRouter<App> {
    http::routes()
}

//! What is sold: dishes with barcodes, and revisions of their names and prices.

mod barcode;
mod edit;
mod http;
mod store;

pub use barcode::{ean13, made_code};
pub use store::{DishRow, Menu, MenuCache, dishes, put_dish};

use crate::App;
use utoipa_axum::router::OpenApiRouter;

pub fn routes() -> OpenApiRouter<App> {
    http::routes()
}

//! Readers of codes that are not our pages: terminals, and gates and buses of other makers. What they fetch (signed
//! lists), how they are let in, and what a code means to them.

mod check_http;
mod integrators_http;
mod lists_http;
mod published;
mod store;

pub use published::{Newness, Published, root, signed_legacy, signed_status, signed_trust};

use crate::App;
use utoipa_axum::router::OpenApiRouter;

pub fn routes() -> OpenApiRouter<App> {
    lists_http::routes().merge(integrators_http::routes()).merge(check_http::routes())
}

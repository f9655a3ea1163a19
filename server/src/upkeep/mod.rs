//! What the one who runs the server needs: is it well, what is to be done, and copies that were proven to be whole.

mod data_checks;
mod health;
mod http;
mod jobs;
mod machine_checks;
mod manifest;
mod spans;
mod state;
mod store;

pub use jobs::start;
pub use state::State;

use crate::App;
use utoipa_axum::router::OpenApiRouter;

pub fn routes() -> OpenApiRouter<App> {
    http::routes()
}

/// What a monitor asks without signing in.
pub fn probes() -> axum::Router<App> {
    http::probes()
}

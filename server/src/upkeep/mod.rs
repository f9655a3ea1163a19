//! What the one who runs the server needs: is it well, what is to be done, and copies that were proven to be whole.

mod backup;
mod data_checks;
mod health;
mod http;
mod jobs;
mod machine_checks;
mod manifest;
mod metrics_http;
mod restore;
mod spans;
mod state;
mod store;

pub use backup::{BackupError, make as back_up};
pub use jobs::start;
pub use manifest::Manifest;
pub use restore::{Existing, RestoreRefusal, Restored, restore};
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

//! Who is asking, and what they may do: sessions, roles over the tree of places, the guard of every route, the audit trail.

pub mod audit;
mod guard;
pub mod permission;
mod principal;

pub use guard::{Allowed, SignedIn};
pub use permission::{Permission, perm};
pub use principal::{Grant, Principal, Scope};

/// What signin keeps in memory.
#[derive(Default)]
pub struct State {}

mod store;

use crate::App;
use crate::plumbing::http::Problem;
use axum::http::request::Parts;
use std::sync::Arc;

/// The principal of the session in the request's cookie.
async fn sessions_principal(_app: &App, _parts: &Parts) -> Result<Arc<Principal>, Problem> {
    Err(Problem::signed_out())
}

/// The routes of sign-in.
pub fn routes() -> utoipa_axum::router::OpenApiRouter<App> {
    utoipa_axum::router::OpenApiRouter::new()
}

//! Who is asking, and what they may do: sessions, roles over the tree of places, each route's guard, the audit trail.

mod account_http;
pub mod audit;
mod audit_http;
mod guard;
mod http;
#[cfg(test)]
mod leaks;
mod lockout;
pub mod password;
pub mod permission;
mod principal;
pub mod roles;
mod sessions;
mod store;
pub mod totp;
mod user_changes_http;
mod users;
mod users_http;

pub use account_http::confirm_password;
pub use guard::{Allowed, Operator, SignedIn};
pub use http::{Session, open_session, session_answer};
pub use lockout::{FORGET_MS, Failures, after_failure_of, house_of};
pub use password::hash as hash_secret;
pub use permission::{Permission, perm};
pub use principal::{Grant, Principal, Pupils, Scope};
pub use sessions::{COOKIE, SameSite, TokenHash, cookie, hash_token, peer, still};
pub use users::{
    NewGrant, NewUser, changeable_user, create_user, enrol_totp, holders, insert_first, no_user_yet, prepare,
    replace_grants,
};

use crate::App;
use utoipa_axum::router::OpenApiRouter;

/// What signin keeps in memory.
#[derive(Default)]
pub struct State {
    pub(crate) sessions: sessions::Remembered,
    pub(crate) doors: lockout::Doors,
}

pub fn routes() -> OpenApiRouter<App> {
    http::routes()
        .merge(account_http::routes())
        .merge(users_http::routes())
        .merge(user_changes_http::routes())
        .merge(audit_http::routes())
}

//! Guardians: who stands behind a child, what they may see, pay and control, and what they agreed to.

mod binding;
mod bindings_store;
mod child;
mod guard;
mod others_http;
mod session_http;
mod sessions;
mod store;

pub use binding::{Binding, BindingState, Consents, Relation, Rights, Typed, right};
pub use bindings_store::{Watcher, find_binding, insert_binding, watchers};
pub use child::{Child, children, typed_place};
pub use guard::{Guardian, GuardianNote, OfChild, right_missing};
pub use sessions::{COOKIE, open_session};
pub use store::{GuardianRow, find_guardian, guardian_by_phone, put_guardian};

use crate::App;
use utoipa_axum::router::OpenApiRouter;

pub fn routes() -> OpenApiRouter<App> {
    session_http::routes().merge(others_http::routes())
}

//! Guardians: who stands behind a child, what they may see, pay and control, and what they agreed to.

mod account_http;
mod bind;
mod bind_http;
mod binding;
mod bindings_store;
mod by_hand;
mod child;
mod codes_store;
mod consents;
mod consents_http;
mod consents_store;
mod erase;
mod guard;
mod limits;
mod look_up;
mod mail_http;
mod messages_http;
mod oauth;
mod oauth_http;
mod oauth_store;
mod office_changes_http;
mod office_codes_http;
mod office_erase_http;
mod office_http;
mod office_store;
mod others_http;
mod paper;
mod refusal;
mod reports_http;
mod reports_store;
mod session_http;
mod sessions;
mod signin_code;
mod signin_http;
mod signin_store;
mod store;
mod tell;

pub use binding::{Binding, BindingState, Consents, Relation, Rights, Typed, right};
pub use bindings_store::{Watcher, find_binding, insert_binding, watchers};
pub use by_hand::{Paper, bind_by_paper, child_on_paper, put_papers};
pub use child::{Child, children, typed_place};
pub use erase::{Going, confirmed, erase};
pub use guard::{Guardian, GuardianNote, OfChild, right_missing};
pub use sessions::{COOKIE, open_session, signed_out};
pub use signin_http::{code_wrong, knock_with_code};
pub use store::{GuardianRow, find_guardian, guardian_by_phone, put_guardian};

use crate::App;
use utoipa_axum::router::OpenApiRouter;

/// What guardians keep in memory.
#[derive(Default)]
pub struct State {
    pub(crate) doors: limits::Doors,
}

pub fn routes() -> OpenApiRouter<App> {
    signin_http::routes()
        .merge(session_http::routes())
        .merge(account_http::routes())
        .merge(oauth_http::routes())
        .merge(bind_http::routes())
        .merge(consents_http::routes())
        .merge(others_http::routes())
        .merge(mail_http::routes())
        .merge(messages_http::routes())
        .merge(reports_http::routes())
        .merge(office_codes_http::routes())
        .merge(office_http::routes())
        .merge(office_changes_http::routes())
        .merge(office_erase_http::routes())
}

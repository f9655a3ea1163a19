//! What a person shows: codes issued for print, reported lost, reinstated, reissued. Verifying is `yitong_code`'s work.

mod http;
mod issue;
mod store;
mod trust;

pub use issue::{Issue, issue_codes};
pub use store::{CredentialFacts, count_without_code, find_by_serial, lost_on};
pub use trust::TrustCache;

use crate::App;
use utoipa_axum::router::OpenApiRouter;

pub fn routes() -> OpenApiRouter<App> {
    http::routes()
}

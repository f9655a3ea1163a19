//! What the school has decided: caps, limits, arrears, the duplicate guard. Edited here, read by the rules.

mod codes_wire;
mod family_wire;
mod guardian_store;
mod http;
mod policy;
mod store;

pub use guardian_store::{GuardianRule, KeptRule, guardian_rule, put_guardian_rule};
pub use policy::{CodePolicy, FamilyPolicy, OwnLimit, PolicyCache, SchoolPolicy, Snapshot};
pub use store::{load, put_policy};

use crate::App;
use utoipa_axum::router::OpenApiRouter;

pub fn routes() -> OpenApiRouter<App> {
    http::routes()
}

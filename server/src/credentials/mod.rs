//! What a person shows: codes issued for print, reported lost, reinstated, reissued. Verifying is `yitong_code`'s work.

mod http;
mod issue;
mod keys;
mod legacy;
pub mod loss_store;
mod phone_code;
mod sheet_cursor;
mod sheet_http;
mod store;
mod trust;

pub use issue::{Issue, issue_codes};
pub use keys::{Use, signer};
pub use legacy::{LegacyCard, Mode as TakeOver, TakenOver, legacy_serial, take_over};
pub use phone_code::{PhoneCaps, PhoneNumbers, cancel_phone, credential_fields, enrol_phone, keep_phone};
pub use store::{CredentialFacts, Kind, count_without_code, find_by_serial, keys, lost_on};
pub use trust::TrustCache;

use crate::App;
use utoipa_axum::router::OpenApiRouter;

/// What a key's codes may spend offline: whole yuan in one use, five yuan each in all, and uses. Printed codes can be
/// copied, so theirs are small; a credential for phones carries its own, which are never above these.
fn caps_of(purpose: yitong_code::Purpose) -> (u8, u8, u8) {
    use yitong_code::Purpose::*;
    match purpose {
        PrintedCode | LegacyList => (30, 12, 4),
        Credential => (200, 100, 40),
        StatusList => (0, 0, 0),
    }
}

pub fn routes() -> OpenApiRouter<App> {
    http::routes().merge(sheet_http::routes())
}

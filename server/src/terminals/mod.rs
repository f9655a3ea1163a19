//! Terminals: tills whose agents sell by themselves when nobody hears them. Enrolment and the fleet, what they mirror,
//! what they sell while the link is up, journals of what they sold when it was down, and what they may lend meanwhile.

mod alarm;
mod alarm_store;
mod authority;
mod behind;
mod bells;
mod cashiers_http;
mod commands_store;
mod doorbell_http;
mod enrol;
mod enrol_http;
mod findings_http;
mod fleet;
mod fleet_changes_http;
mod fleet_http;
mod guard;
mod jobs;
mod journal;
mod journal_file_http;
mod journal_http;
mod journal_store;
mod lend;
mod lend_http;
mod lend_office_http;
mod lend_store;
mod limits;
mod mirror;
mod mirror_http;
mod mirror_store;
mod neighbours;
mod office_http;
mod open;
mod pin;
mod reports_http;
mod sales_http;
mod screen_http;
mod settings;
mod slips;
mod slips_store;
mod store;
mod ticket;

pub use fleet::Placed;
pub use jobs::{look, start};
pub use open::{add, code, enrol, ring, take_journal, waiting};
pub use ticket::Ticket;

use crate::App;
use std::collections::HashMap;
use std::sync::Mutex;
use utoipa_axum::router::OpenApiRouter;
use yitong_sync::DeviceKey;
use yitong_values::SchoolId;

/// What terminals keep in memory.
#[derive(Default)]
pub struct State {
    pub(crate) doors: limits::Doors,
    pub(crate) bells: bells::Bells,
    marks: behind::Marks,
    authorities: Mutex<HashMap<SchoolId, DeviceKey>>,
}

impl State {
    fn authority(&self, school: SchoolId) -> Option<DeviceKey> {
        self.authorities.lock().expect("nobody panics with the keys").get(&school).cloned()
    }

    fn keep_authority(&self, school: SchoolId, key: &DeviceKey) {
        self.authorities.lock().expect("nobody panics with the keys").insert(school, key.clone());
    }
}

pub fn routes() -> OpenApiRouter<App> {
    enrol_http::routes()
        .merge(mirror_http::routes())
        .merge(doorbell_http::routes())
        .merge(sales_http::routes())
        .merge(journal_http::routes())
        .merge(lend_http::routes())
        .merge(reports_http::routes())
        .merge(fleet_http::routes())
        .merge(fleet_changes_http::routes())
        .merge(office_http::routes())
        .merge(findings_http::routes())
        .merge(journal_file_http::routes())
        .merge(lend_office_http::routes())
        .merge(screen_http::routes())
        .merge(cashiers_http::routes())
}

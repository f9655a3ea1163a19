//! Codes on phones: a ticket from the office makes a browser a person's phone; it then fetches credentials ahead, by
//! the proof of its own key. What a phone shows is made without us (`code/SPEC.md`, type 2).

mod answer;
mod enrol;
mod http;
mod limits;
mod office_http;
mod refusal;
mod store;

use crate::App;
use utoipa_axum::router::OpenApiRouter;

/// What phones keep in memory.
#[derive(Default)]
pub struct State {
    pub(crate) doors: limits::Doors,
}

pub fn routes() -> OpenApiRouter<App> {
    http::routes().merge(office_http::routes())
}

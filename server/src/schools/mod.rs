//! Schools and their places, meal periods and calendar: what every other slice asks for by name or by time.

mod calendar_http;
mod canteens_http;
mod facts;
mod http;
pub mod places;
mod places_http;
mod setup;
mod stalls_http;
mod store;

pub use calendar_http::clock_text;
pub use facts::{Canteen, Facts, FactsCache, Stall, facts};
pub use places::{canteen_scope, stall_scope};
pub use places_http::facts_of;
pub use setup::{NewSchool, create_school};
pub use store::{
    add_campus, add_canteen, add_special_day, add_stall, add_term, bump, name_and_phone, put_period, school_by_number,
    search_schools,
};

use crate::App;
use utoipa_axum::router::OpenApiRouter;

pub fn routes() -> OpenApiRouter<App> {
    setup::routes().merge(http::routes()).merge(places_http::routes()).merge(calendar_http::routes())
}

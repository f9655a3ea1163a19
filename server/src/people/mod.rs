//! Students, staff and visitors: the roster, its classes, and plans that change many people after they were shown.

mod apply;
mod cards;
mod cards_http;
mod cards_store;
mod class_year;
mod classes_http;
mod http;
pub mod import;
mod moves;
mod moves_http;
mod photo_http;
mod plan_jobs;
#[cfg(test)]
mod plan_jobs_tests;
mod plan_store;
mod plan_wire;
mod plans;
mod plans_http;
mod promotion;
mod secrets;
mod store;

pub use cards::{CardHolder, CardState, card_hash, card_holder, card_number, cards_of};
pub use secrets::{hash as field_hash, seal_field};
pub use store::{
    ClassRow, PersonRow, PutPerson, allergens_of, classes, count_people, find_person, find_photo, person_by_id_hash,
    person_by_number, pupils_of, put_class, put_person, put_photo, search_active,
};

use crate::App;
use utoipa_axum::router::OpenApiRouter;

pub fn routes() -> OpenApiRouter<App> {
    http::routes()
        .merge(classes_http::routes())
        .merge(photo_http::routes())
        .merge(cards_http::routes())
        .merge(plans_http::routes())
        .merge(moves_http::routes())
}

pub use plan_jobs::resume_plans;
pub use plans::forget_old_plans;

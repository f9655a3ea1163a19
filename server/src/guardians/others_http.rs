//! The guardians of one child, as the guardian who controls its account sees them.

use super::binding::right;
use super::bindings_store::{self, OtherRow};
use super::child::{ChildRights, mask_name};
use super::guard::OfChild;
use crate::App;
use crate::plumbing::http::Problem;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Serialize, ToSchema)]
struct ChildGuardians {
    items: Vec<ChildGuardian>,
}

/// Another guardian of the same child, or oneself.
#[derive(Serialize, ToSchema)]
struct ChildGuardian {
    binding: Uuid,
    own: bool,
    name_mask: String,
    phone_mask: String,
    /// father, mother, grandparent or other
    relation: String,
    rights: ChildRights,
    /// The school keeps this guardian out; nobody else can change that.
    locked: bool,
    bound_at: String,
}

fn wire(row: OtherRow, own: Uuid) -> ChildGuardian {
    ChildGuardian {
        binding: row.binding.id.uuid(),
        own: row.binding.id.uuid() == own,
        name_mask: mask_name(&row.name),
        phone_mask: row.phone_mask,
        relation: row.binding.relation.word().to_owned(),
        rights: row.binding.rights.into(),
        locked: row.binding.locked,
        bound_at: row.binding.answered_at.unwrap_or(row.binding.asked_at).to_string(),
    }
}

/// Who else is bound to this child.
#[utoipa::path(get, path = "/guardian/children/{binding}/guardians", tag = "guardians",
    params(("binding" = Uuid, Path)), responses((status = 200, body = ChildGuardians)),
    security(("guardian" = ["control"])))]
async fn list(State(app): State<App>, who: OfChild<right::Control>) -> Result<Json<ChildGuardians>, Problem> {
    let (school, person, own) = (who.school, who.person, who.binding.uuid());
    let rows = app.db.read(move |tx| bindings_store::of_person(tx, school, person)).await?;
    Ok(Json(ChildGuardians { items: rows.into_iter().map(|row| wire(row, own)).collect() }))
}

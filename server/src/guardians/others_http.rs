//! The guardians of one child, as the guardian who controls its account sees them.

use super::binding::{Binding, BindingState, Rights, right};
use super::bindings_store::{self, OtherRow};
use super::child::{ChildRights, mask_name};
use super::guard::OfChild;
use super::office_changes_http::PutRights;
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Path, Problem};
use crate::signin::audit::Subject;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{BindingId, PersonId, SchoolId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(set_rights, remove))
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

#[derive(Deserialize)]
struct OtherPath {
    #[allow(dead_code, reason = "read by the guard")]
    binding: Uuid,
    other: Uuid,
}

/// The binding of another guardian of the same child, which this one may change.
fn other_of(
    tx: &mut Tx<'_>,
    (school, person, own): (SchoolId, PersonId, BindingId),
    other: BindingId,
) -> Result<Result<Binding, Problem>, DbError> {
    let found = bindings_store::find_binding(tx, other)?;
    let same = |binding: &Binding| {
        binding.school == school && binding.person == Some(person) && binding.state == BindingState::Active
    };
    let Some(binding) = found.filter(same) else { return Ok(Err(Problem::absent())) };
    if binding.id == own {
        let (zh, en) = (
            "不能修改自己的权限；不再需要时请解除绑定。",
            "Your own rights can't be changed; end the binding instead.",
        );
        return Ok(Err(Problem::conflict("own_binding", zh, en)));
    }
    if binding.locked {
        let (zh, en) = (
            "学校已锁定这位家长，只有学校可以更改。",
            "The school keeps this guardian out; only the school can change that.",
        );
        return Ok(Err(Problem::conflict("locked_by_school", zh, en)));
    }
    Ok(Ok(binding))
}

/// Change what another guardian of the child may do.
#[utoipa::path(put, path = "/guardian/children/{binding}/guardians/{other}", tag = "guardians",
    params(("binding" = Uuid, Path), ("other" = Uuid, Path)), request_body = PutRights,
    responses((status = 200, body = ChildGuardians), (status = 404), (status = 409)),
    security(("guardian" = ["control"])))]
async fn set_rights(
    State(app): State<App>,
    who: OfChild<right::Control>,
    Path(path): Path<OtherPath>,
    Body(ask): Body<PutRights>,
) -> Result<Json<ChildGuardians>, Problem> {
    let (child, other, note) = ((who.school, who.person, who.binding), BindingId::new(path.other), who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        let binding = match other_of(tx, child, other)? {
            Ok(binding) => binding,
            Err(problem) => return Ok(Err(problem)),
        };
        let rights = Rights::from(ask);
        bindings_store::set_rights(tx, other, rights)?;
        let name = bindings_store::name_of(tx, &binding)?;
        let (before, after) = (json!({"rights": words(binding.rights)}), json!({"rights": words(rights)}));
        note.record(tx, "binding.rights", Subject("binding", &other.to_string(), &name), before, after)?;
        Ok(Ok(()))
    };
    app.db.write("rights of a guardian", write).await??;
    list(State(app), who).await
}

fn words(Rights { see, pay, control }: Rights) -> Vec<&'static str> {
    let all = [("see", see), ("pay", pay), ("control", control)];
    all.into_iter().filter(|(_, has)| *has).map(|(word, _)| word).collect()
}

/// Remove another guardian from the child.
#[utoipa::path(delete, path = "/guardian/children/{binding}/guardians/{other}", tag = "guardians",
    params(("binding" = Uuid, Path), ("other" = Uuid, Path)),
    responses((status = 204), (status = 404), (status = 409)), security(("guardian" = ["control"])))]
async fn remove(
    State(app): State<App>,
    who: OfChild<right::Control>,
    Path(path): Path<OtherPath>,
) -> Result<StatusCode, Problem> {
    let (child, other, note) = ((who.school, who.person, who.binding), BindingId::new(path.other), who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        let binding = match other_of(tx, child, other)? {
            Ok(binding) => binding,
            Err(problem) => return Ok(Err(problem)),
        };
        bindings_store::end(tx, other, note.at)?;
        let name = bindings_store::name_of(tx, &binding)?;
        let before = json!({"state": binding.state.word()});
        note.record(tx, "binding.end", Subject("binding", &other.to_string(), &name), before, json!({}))?;
        Ok(Ok(()))
    };
    app.db.write("remove a guardian", write).await??;
    Ok(StatusCode::NO_CONTENT)
}

//! The school itself.

use super::store::{self, SchoolRow};
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Problem};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, change))
}

#[derive(Serialize, ToSchema)]
struct School {
    id: Uuid,
    name: String,
    short: String,
    number: String,
    district: String,
    address: String,
    phone: String,
    created_at: String,
}

fn wire(row: SchoolRow) -> School {
    School {
        id: row.id.uuid(),
        name: row.name,
        short: row.short,
        number: row.number,
        district: row.district,
        address: row.address,
        phone: row.phone,
        created_at: row.created_at.to_string(),
    }
}

/// The school.
#[utoipa::path(get, path = "/schools/{school}", tag = "schools", params(("school" = Uuid, Path)),
    responses((status = 200, body = School), (status = 404)), security(("session" = [])))]
async fn show(State(app): State<App>, who: Allowed<perm::AnyGrant>) -> Result<Json<School>, Problem> {
    let row = app.db.read(move |tx| store::find_school(tx, who.school)).await?;
    row.map(|row| Json(wire(row))).ok_or_else(Problem::absent)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeSchool {
    name: Option<String>,
    short: Option<String>,
    address: Option<String>,
    phone: Option<String>,
}

/// Change the school's name or address.
#[utoipa::path(patch, path = "/schools/{school}", tag = "schools", params(("school" = Uuid, Path)),
    request_body = ChangeSchool, responses((status = 200, body = School), (status = 422)),
    security(("session" = ["school.edit"])))]
async fn change(
    State(app): State<App>,
    who: Allowed<perm::SchoolEdit>,
    Body(ask): Body<ChangeSchool>,
) -> Result<Json<School>, Problem> {
    let long = |text: &Option<String>, most| text.as_ref().is_some_and(|text| text.chars().count() > most);
    let empty = |text: &Option<String>| text.as_ref().is_some_and(|text| text.trim().is_empty());
    if empty(&ask.name) || empty(&ask.short) || long(&ask.name, 60) || long(&ask.short, 20) {
        let (zh, en) =
            ("校名 1 至 60 个字，简称 1 至 20 个字。", "A name has 1 to 60 characters, a short one 1 to 20.");
        return Err(Problem::bad("bad_school_name", zh, en).field("name"));
    }
    if long(&ask.address, 200) || long(&ask.phone, 40) {
        return Err(Problem::bad("too_long", "地址或电话过长。", "The address or phone is too long.").field("address"));
    }
    let (school, note) = (who.school, who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        let Some(mut row) = store::find_school(tx, school)? else { return Ok(None) };
        let before = json!({"name": row.name, "short": row.short, "address": row.address, "phone": row.phone});
        let ask = ask.clone();
        row.name = ask.name.unwrap_or(row.name).trim().to_owned();
        row.short = ask.short.unwrap_or(row.short).trim().to_owned();
        row.address = ask.address.unwrap_or(row.address).trim().to_owned();
        row.phone = ask.phone.unwrap_or(row.phone).trim().to_owned();
        store::update_school(tx, &row)?;
        let after = json!({"name": row.name, "short": row.short, "address": row.address, "phone": row.phone});
        let id = school.to_string();
        note.record(tx, "school.edit", Subject("school", &id, &row.name), before, after)?;
        Ok(Some(row))
    };
    let row = app.db.write("change school", write).await?;
    row.map(|row| Json(wire(row))).ok_or_else(Problem::absent)
}

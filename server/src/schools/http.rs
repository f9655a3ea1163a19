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
    for (field, text, most) in [("name", &ask.name, 60), ("short", &ask.short, 20)] {
        if empty(text) || long(text, most) {
            let (zh, en) = (format!("须为 1 至 {most} 个字。"), format!("It has 1 to {most} characters."));
            return Err(Problem::bad("bad_school_name", zh, en).field(field));
        }
    }
    for (field, text, most) in [("address", &ask.address, 200), ("phone", &ask.phone, 40)] {
        if long(text, most) {
            let (zh, en) = (format!("最多 {most} 个字。"), format!("It has at most {most} characters."));
            return Err(Problem::bad("too_long", zh, en).field(field));
        }
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

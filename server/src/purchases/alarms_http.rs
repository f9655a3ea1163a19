//! Alarms over HTTP: printed codes that were at two places too soon, and what somebody found about each.

use super::alarms_store::{self, AlarmRow};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Page, Params, Path, Problem};
use crate::schools::{Facts, facts_of};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::StallId;

const NOTE_SIGNS_MAX: usize = 200;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(settle))
}

#[derive(Serialize, ToSchema)]
struct CopyAlarm {
    /// The purchase that was asked for, whether or not it was sold.
    id: Uuid,
    person: AlarmPerson,
    /// RFC 3339.
    at: String,
    stall: String,
    /// Where the code was before.
    last_stall: String,
    seconds: i64,
    sold: bool,
    photo_checked: bool,
    credential: Option<AlarmCredential>,
    /// same_person or copied; null while nobody has looked.
    finding: Option<String>,
    note: Option<String>,
    found_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct AlarmPerson {
    id: Uuid,
    name: String,
    number: String,
    class: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct AlarmCredential {
    id: Uuid,
    /// active, lost or replaced
    status: String,
}

fn stall_name(facts: &Facts, stall: StallId) -> String {
    let Some(stall) = facts.stalls.get(&stall) else { return String::new() };
    let canteen = facts.canteens.get(&stall.canteen).map_or("", |canteen| canteen.name.as_str());
    format!("{canteen} · {}", stall.name)
}

fn wire(row: AlarmRow, facts: &Facts) -> CopyAlarm {
    CopyAlarm {
        id: row.id,
        person: AlarmPerson { id: row.person, name: row.name, number: row.number, class: row.class },
        at: row.at.to_string(),
        stall: stall_name(facts, row.stall),
        last_stall: stall_name(facts, row.last_stall),
        seconds: row.seconds,
        sold: row.sold,
        photo_checked: row.photo_checked,
        credential: row.credential.map(|(id, status)| AlarmCredential { id, status }),
        finding: row.finding,
        note: row.note,
        found_at: row.found_at.map(|at| at.to_string()),
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only those that nobody has looked at.
    #[serde(default)]
    open: bool,
    person: Option<Uuid>,
    limit: Option<i64>,
    cursor: Option<Uuid>,
}

/// Alarms, newest first.
#[utoipa::path(get, path = "/schools/{school}/copy-alarms", tag = "purchases", params(("school" = Uuid, Path), Filter),
    responses((status = 200, body = Page<CopyAlarm>)), security(("session" = ["credentials.read"])))]
async fn list(
    State(app): State<App>,
    who: Allowed<perm::CredentialsRead>,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<CopyAlarm>>, Problem> {
    let rows = filter.limit.unwrap_or(50).clamp(1, 200);
    let params = [who.school.into(), filter.cursor.into(), filter.open.into(), filter.person.into(), (rows + 1).into()];
    let facts = facts_of(&app, who.school).await?;
    let found = app.db.read(move |tx| alarms_store::list(tx, &params)).await?;
    let items = found.into_iter().map(|row| wire(row, &facts)).collect();
    Ok(Json(Page::cut(items, rows, |alarm| alarm.id.to_string())))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AlarmFinding {
    /// same_person (it was the same child after all), copied, or null: nobody has looked yet.
    finding: Option<String>,
    note: Option<String>,
}

#[derive(Deserialize)]
struct IdPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

/// Say what was found. Null takes it back.
#[utoipa::path(put, path = "/schools/{school}/copy-alarms/{id}/finding", tag = "purchases",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = AlarmFinding,
    responses((status = 200, body = CopyAlarm), (status = 404), (status = 422)),
    security(("session" = ["credentials.manage"])))]
async fn settle(
    State(app): State<App>,
    who: Allowed<perm::CredentialsManage>,
    Path(path): Path<IdPath>,
    Body(ask): Body<AlarmFinding>,
) -> Result<Json<CopyAlarm>, Problem> {
    if !matches!(ask.finding.as_deref(), None | Some("same_person" | "copied")) {
        let (zh, en) = ("结论应为 same_person、copied 或空。", "A finding is same_person, copied or null.");
        return Err(Problem::bad("bad_finding", zh, en).field("finding"));
    }
    let note = ask.note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty());
    if note.as_ref().is_some_and(|note| note.chars().count() > NOTE_SIGNS_MAX) {
        let (zh, en) = ("备注不超过 200 字。", "A note has at most 200 characters.");
        return Err(Problem::bad("too_long", zh, en).field("note"));
    }
    let (school, id, trail) = (who.school, path.id, who.note(&app));
    let (by, finding) = ((app.now(), who.principal.user), ask.finding);
    let write = move |tx: &mut Tx<'_>| {
        let Some(before) = alarms_store::find(tx, school, id)? else { return Ok(None) };
        alarms_store::settle(tx, school, id, finding.as_deref(), note.as_deref(), by)?;
        let subject = Subject("copy_alarm", &id.to_string(), &before.name);
        trail.record(
            tx,
            "copy_alarm.finding",
            subject,
            json!({"finding": before.finding}),
            json!({"finding": finding}),
        )?;
        alarms_store::find(tx, school, id)?.ok_or(DbError::Broken("an alarm was just changed".into())).map(Some)
    };
    let row = app.db.write("settle an alarm", write).await?.ok_or_else(Problem::absent)?;
    let facts = facts_of(&app, school).await?;
    Ok(Json(wire(row, &facts)))
}

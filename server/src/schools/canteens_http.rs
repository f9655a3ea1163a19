//! Canteens: add, change, close.

use super::places;
use super::places_http::{CanteenWire, Edited, PlacePath, canteen_wire, edit};
use super::{Canteen, store};
use crate::App;
use crate::plumbing::http::{Body, Path, Problem};
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use yitong_values::{CampusId, CanteenId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(add_canteen)).routes(routes!(change_canteen, close_canteen))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCanteen {
    campus: Uuid,
    name: String,
    #[serde(default)]
    seats: i64,
}

#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeCanteen {
    campus: Option<Uuid>,
    name: Option<String>,
    seats: Option<i64>,
    closed: Option<bool>,
}

fn told(canteen: &Canteen) -> Value {
    json!({"name": canteen.name, "campus": canteen.campus.uuid(), "seats": canteen.seats, "closed": canteen.closed})
}

async fn save(
    app: &App,
    who: &Allowed<perm::SchoolEdit>,
    id: CanteenId,
    make: impl Fn(Option<&Canteen>) -> Result<Canteen, Problem> + Send + 'static,
) -> Result<CanteenWire, Problem> {
    let school = who.school;
    edit(app, who, move |tx, facts| {
        let before = facts.canteens.get(&id);
        let made = make(before).and_then(|new| places::check_canteen(facts, &new).map(|()| new).map_err(Problem::from));
        let new = match made {
            Ok(new) => new,
            Err(problem) => return Ok(Err(problem)),
        };
        store::add_canteen(tx, school, &new)?;
        let (before, after, answer) = (json!(before.map(told)), told(&new), canteen_wire(facts, &new));
        Ok(Ok(Edited { kind: "canteen", id: id.uuid(), name: new.name, before, after, answer }))
    })
    .await
}

/// Add a canteen.
#[utoipa::path(post, path = "/schools/{school}/canteens", tag = "schools", params(("school" = Uuid, Path)),
    request_body = NewCanteen, responses((status = 201, body = CanteenWire), (status = 409), (status = 422)),
    security(("session" = ["school.edit"])))]
async fn add_canteen(
    State(app): State<App>,
    who: Allowed<perm::SchoolEdit>,
    Body(ask): Body<NewCanteen>,
) -> Result<(StatusCode, Json<CanteenWire>), Problem> {
    let id = CanteenId::new(app.new_id());
    let (campus, name) = (CampusId::new(ask.campus), ask.name.trim().to_owned());
    let new = Canteen { id, campus, name, seats: ask.seats, closed: false };
    let made = save(&app, &who, id, move |_| Ok(new.clone())).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

async fn alter(
    app: &App,
    who: &Allowed<perm::SchoolEdit>,
    id: Uuid,
    ask: ChangeCanteen,
) -> Result<CanteenWire, Problem> {
    save(app, who, CanteenId::new(id), move |before| {
        let before = before.ok_or_else(Problem::absent)?.clone();
        let ask = ask.clone();
        Ok(Canteen {
            id: before.id,
            campus: ask.campus.map_or(before.campus, CampusId::new),
            name: ask.name.map_or(before.name, |name| name.trim().to_owned()),
            seats: ask.seats.unwrap_or(before.seats),
            closed: ask.closed.unwrap_or(before.closed),
        })
    })
    .await
}

/// Change a canteen, or open it again.
#[utoipa::path(patch, path = "/schools/{school}/canteens/{id}", tag = "schools",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = ChangeCanteen,
    responses((status = 200, body = CanteenWire), (status = 404), (status = 409), (status = 422)),
    security(("session" = ["school.edit"])))]
async fn change_canteen(
    State(app): State<App>,
    who: Allowed<perm::SchoolEdit>,
    Path(path): Path<PlacePath>,
    Body(ask): Body<ChangeCanteen>,
) -> Result<Json<CanteenWire>, Problem> {
    alter(&app, &who, path.id, ask).await.map(Json)
}

/// Close a canteen; its stalls are closed before.
#[utoipa::path(delete, path = "/schools/{school}/canteens/{id}", tag = "schools",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 204), (status = 404), (status = 409)), security(("session" = ["school.edit"])))]
async fn close_canteen(
    State(app): State<App>,
    who: Allowed<perm::SchoolEdit>,
    Path(path): Path<PlacePath>,
) -> Result<StatusCode, Problem> {
    alter(&app, &who, path.id, ChangeCanteen { closed: Some(true), ..ChangeCanteen::default() }).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! What a terminal mirrors, over HTTP: its set-up, people, photos, and the lists that every reader of codes has.

use super::fleet::Terminal;
use super::guard::Device;
use super::mirror::{self, Sources};
use super::mirror_store::{self, Stamp};
use super::neighbours;
use super::store;
use crate::App;
use crate::people;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Params, Path, Problem};
use crate::readers;
use crate::schools::facts_of;
use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_sync::wire::people::{PEOPLE_MAX, PeoplePage};
use yitong_sync::wire::setup::Setup;
use yitong_values::{BusinessDay, PersonId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show_setup))
        .routes(routes!(people_since))
        .routes(routes!(photo))
        .routes(routes!(trust))
        .routes(routes!(status))
        .routes(routes!(legacy))
}

/// What a set-up was made of: as long as it stands, so does the set-up.
pub(super) type MadeOf = (Stamp, i64, BusinessDay);

/// The set-up of now, and what it was made of.
pub(super) async fn setup_of(app: &App, device: &Device) -> Result<(Setup, MadeOf), Problem> {
    let (school, id) = (device.school, device.id);
    let read = move |tx: &mut Tx<'_>| {
        let terminal: Option<Terminal> = store::find(tx, school, id)?;
        let (stamp, cashiers) = (mirror_store::stamp(tx, school)?, mirror_store::cashiers(tx, school)?);
        let standing = (store::standing(tx, school)?, store::machines_left(tx, school)?);
        Ok((terminal, stamp, cashiers, mirror_store::settings(tx, school)?, standing))
    };
    let (terminal, stamp, cashiers, settings, (standing, left)) = app.db.read(read).await?;
    let (terminal, stamp) = terminal.zip(stamp).ok_or_else(Problem::absent)?;
    let facts = facts_of(app, school).await?;
    let policy = app.policies.get(&app.db, school).await?;
    let menu = app.menu.get(&app.db, school).await?;
    let relay = neighbours::circle(app, &facts, terminal.stall, (&standing, left)).await?;
    let today = app.now().china_day();
    let made_of = (stamp, terminal.version, today);
    let sources = Sources {
        facts: &facts,
        policy: &policy,
        menu: &menu,
        settings: &settings,
        cashiers: &cashiers,
        terminal: &terminal,
        today,
        relay: relay.as_ref(),
    };
    let setup = mirror::setup(sources).ok_or_else(Problem::absent)?;
    // A bell that rings says which set-up is the newest: the one that was made now.
    app.terminals.bells.keep_setup(id, made_of, setup.version);
    Ok((setup, made_of))
}

/// Everything of the terminal's stall that is not a person.
#[utoipa::path(get, path = "/terminal/setup", tag = "terminals",
    responses((status = 200, body = serde_json::Value)), security(("device" = [])))]
async fn show_setup(State(app): State<App>, device: Device) -> Result<Json<Setup>, Problem> {
    Ok(Json(setup_of(&app, &device).await?.0))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PeopleAsk {
    /// `next` of the page before; 0: everybody.
    #[serde(default)]
    since: i64,
    /// 1 to 2000.
    limit: Option<i64>,
}

/// Who changed since; or everybody, in pages.
#[utoipa::path(get, path = "/terminal/people", tag = "terminals", params(PeopleAsk),
    responses((status = 200, body = serde_json::Value)), security(("device" = [])))]
async fn people_since(
    State(app): State<App>,
    device: Device,
    Params(ask): Params<PeopleAsk>,
) -> Result<Json<PeoplePage>, Problem> {
    let (school, limit) = (device.school, ask.limit.unwrap_or(PEOPLE_MAX as i64));
    let policy = app.policies.get(&app.db, school).await?;
    // Before the picture is taken: what was booked before it is in the picture.
    let (as_of, seal) = (app.now(), app.seal.clone());
    let read = move |tx: &mut Tx<'_>| {
        let photos = mirror_store::settings(tx, school)?.screen.photos;
        mirror::people_page(tx, school, ask.since, limit, (&policy, photos, as_of), &seal)
    };
    Ok(Json(app.db.read(read).await?))
}

#[derive(Deserialize)]
struct PersonPath {
    person: Uuid,
}

/// A person's photo, for the cashier's eyes.
#[utoipa::path(get, path = "/terminal/photos/{person}", tag = "terminals", params(("person" = Uuid, Path)),
    responses((status = 200, content_type = "image/*"), (status = 404)), security(("device" = [])))]
async fn photo(State(app): State<App>, device: Device, Path(path): Path<PersonPath>) -> Result<Response, Problem> {
    let school = device.school;
    let read = move |tx: &mut Tx<'_>| {
        if !mirror_store::settings(tx, school)?.screen.photos {
            return Ok(None);
        }
        people::find_photo(tx, school, PersonId::new(path.person))
    };
    let (kind, bytes) = app.db.read(read).await?.ok_or_else(Problem::absent)?;
    let kind = HeaderValue::from_str(&kind).map_err(|_| DbError::Broken("a photo has an odd kind".into()))?;
    Ok(([(CONTENT_TYPE, kind), (CACHE_CONTROL, HeaderValue::from_static("no-store"))], bytes).into_response())
}

fn bytes(body: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "application/octet-stream"), (CACHE_CONTROL, "no-store")], body).into_response()
}

fn or_nothing(body: Option<Vec<u8>>) -> Response {
    body.map_or_else(|| StatusCode::NO_CONTENT.into_response(), bytes)
}

/// The school's keys, signed by the root; see code/SPEC.md.
#[utoipa::path(get, path = "/terminal/lists/trust", tag = "terminals",
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")), security(("device" = [])))]
async fn trust(State(app): State<App>, device: Device) -> Result<Response, Problem> {
    Ok(bytes(readers::signed_trust(&app, device.school).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Since {
    /// The version that the terminal has.
    since: Option<u32>,
}

/// Lost and cancelled cards, stopped accounts: whole or what changed. 204: nothing newer.
#[utoipa::path(get, path = "/terminal/lists/status", tag = "terminals", params(Since),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), (status = 204)),
    security(("device" = [])))]
async fn status(State(app): State<App>, device: Device, Params(ask): Params<Since>) -> Result<Response, Problem> {
    // The doorbell tells of a change once: what is fetched after it must have it.
    let newness = readers::Newness::EveryChange;
    Ok(or_nothing(readers::signed_status(&app, device.school, ask.since, newness).await?))
}

/// Another system's printed codes. 204: the school took none over.
#[utoipa::path(get, path = "/terminal/lists/legacy", tag = "terminals",
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), (status = 204)),
    security(("device" = [])))]
async fn legacy(State(app): State<App>, device: Device) -> Result<Response, Problem> {
    Ok(or_nothing(readers::signed_legacy(&app, device.school).await?))
}

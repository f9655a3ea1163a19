//! The numbers with which cashiers open a shift at a terminal. The office gives one or takes it back, the cashier sets
//! the own one; nobody reads it.

use super::mirror_store::{self, CashierRow};
use super::pin;
use super::screen_http::whole_school;
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Path, Problem};
use crate::schools::{Facts, facts_of, stall_scope};
use crate::signin::audit::{Note, Subject};
use crate::signin::{self, Allowed, Scope, perm};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(put_pin, reset_pin)).routes(routes!(own, put_own))
}

#[derive(Serialize, ToSchema)]
struct Cashiers {
    items: Vec<Cashier>,
}

#[derive(Serialize, ToSchema)]
struct Cashier {
    id: Uuid,
    name: String,
    username: String,
    /// Where the cashier may open a shift; empty: at every stall of the school.
    places: Vec<String>,
    pin: PinState,
}

#[derive(Serialize, ToSchema)]
struct PinState {
    /// none (no number is asked for), set, or reset (no shift until the cashier has set a new one)
    state: String,
    at: Option<String>,
    /// Whether the cashier set it, and nobody else knows it.
    by_self: bool,
}

fn state(of: &CashierRow) -> PinState {
    let state = match of.pin.as_deref() {
        None => "none",
        Some(pin::RESET) => "reset",
        Some(_) => "set",
    };
    PinState {
        state: state.into(),
        at: of.set.map(|(at, _)| at.to_string()),
        by_self: of.set.is_some_and(|(_, by)| by == Some(of.id)),
    }
}

fn place(scope: Scope, facts: &Facts) -> Option<String> {
    match scope {
        Scope::Operator | Scope::District(_) | Scope::School(_) => None,
        Scope::Campus(id) => facts.campuses.iter().find(|of| of.0.uuid() == id).map(|of| of.1.clone()),
        Scope::Canteen(id) => facts.canteens.get(&id.into()).map(|of| of.name.clone()),
        Scope::Stall(id) => facts.stall(id.into()).map(|(stall, canteen)| format!("{} · {}", canteen.name, stall.name)),
    }
}

/// Whether both reach some stall.
fn meet(one: &[Scope], other: &[Scope], facts: &Facts) -> bool {
    let whole = |of: &[Scope]| of.iter().any(|scope| scope.whole_school());
    let at = |of: &[Scope], stall| whole(of) || stall_scope(of, facts, stall);
    whole(one) || facts.stalls.keys().any(|stall| at(one, *stall) && at(other, *stall))
}

/// Whoever can open a shift at a terminal, and whether a number is asked for.
#[utoipa::path(get, path = "/schools/{school}/cashiers", tag = "terminals", params(("school" = Uuid, Path)),
    responses((status = 200, body = Cashiers)), security(("session" = ["terminals.read"])))]
async fn list(State(app): State<App>, who: Allowed<perm::TerminalsRead>) -> Result<Json<Cashiers>, Problem> {
    let (school, scopes) = (who.school, who.scopes());
    let facts = facts_of(&app, school).await?;
    let rows = app.db.read(move |tx| mirror_store::cashiers(tx, school)).await?;
    // A line for each grant: what one person was granted comes together.
    let mut each: BTreeMap<(String, Uuid), (CashierRow, Vec<Scope>)> = BTreeMap::new();
    for row in rows {
        let scope = row.scope;
        each.entry((row.name.clone(), row.id)).or_insert_with(|| (row, Vec::new())).1.extend(scope);
    }
    let one = |(row, granted): (CashierRow, Vec<Scope>)| {
        let whole = granted.iter().any(|scope| scope.whole_school());
        let places = granted.iter().filter(|_| !whole).filter_map(|scope| place(*scope, &facts)).collect();
        let pin = state(&row);
        Cashier { id: row.id, name: row.name, username: row.username, places, pin }
    };
    let seen = each.into_values().filter(|(_, granted)| meet(&scopes, granted, &facts));
    Ok(Json(Cashiers { items: seen.map(one).collect() }))
}

#[derive(Deserialize)]
struct CashierPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CashierPin {
    /// 4 to 6 digits; null: no number is asked for.
    pin: Option<String>,
}

/// Give a cashier a number for opening shifts, or ask for none. Nobody can read it afterwards.
#[utoipa::path(put, path = "/schools/{school}/cashiers/{id}/pin", tag = "terminals",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = CashierPin,
    responses((status = 204), (status = 403), (status = 404), (status = 422)),
    security(("session" = ["terminals.manage"])))]
async fn put_pin(
    State(app): State<App>,
    who: Allowed<perm::TerminalsManage>,
    Path(path): Path<CashierPath>,
    Body(ask): Body<CashierPin>,
) -> Result<StatusCode, Problem> {
    whole_school(&who)?;
    ask.pin.as_deref().map_or(Ok(()), pin::check_new)?;
    let hash = match ask.pin {
        Some(pin) => Some(signin::hash_secret(pin).await),
        None => None,
    };
    keep(&app, who.note(&app), path.id, hash).await
}

/// Take a cashier's number back: no shift until the cashier has set a new one.
#[utoipa::path(delete, path = "/schools/{school}/cashiers/{id}/pin", tag = "terminals",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 204), (status = 403), (status = 404)),
    security(("session" = ["terminals.manage"])))]
async fn reset_pin(
    State(app): State<App>,
    who: Allowed<perm::TerminalsManage>,
    Path(path): Path<CashierPath>,
) -> Result<StatusCode, Problem> {
    whole_school(&who)?;
    keep(&app, who.note(&app), path.id, Some(pin::RESET.into())).await
}

async fn keep(app: &App, note: Note, id: Uuid, hash: Option<String>) -> Result<StatusCode, Problem> {
    let write = move |tx: &mut Tx<'_>| keep_now(tx, &note, id, hash.as_deref());
    match app.db.write("set a cashier's number", write).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::absent()),
    }
}

/// False: there is no such cashier.
fn keep_now(tx: &mut Tx<'_>, note: &Note, id: Uuid, hash: Option<&str>) -> Result<bool, DbError> {
    let Some(before) = find(tx, note.school, id)? else { return Ok(false) };
    mirror_store::put_pin(tx, note.school, id, hash, (note.actor.user, note.at))?;
    let word = match hash {
        None => "none",
        Some(pin::RESET) => "reset",
        Some(_) => "set",
    };
    let subject = Subject("user", &id.to_string(), &before.name);
    note.record(tx, "cashier.pin", subject, json!({"pin": state(&before).state}), json!({"pin": word}))?;
    Ok(true)
}

fn find(tx: &mut Tx<'_>, school: yitong_values::SchoolId, id: Uuid) -> Result<Option<CashierRow>, DbError> {
    Ok(mirror_store::cashiers(tx, school)?.into_iter().find(|of| of.id == id))
}

#[derive(Serialize, ToSchema)]
struct OwnPin {
    /// Null: this user is no cashier here.
    pin: Option<PinState>,
}

/// Whether one's own number is set.
#[utoipa::path(get, path = "/schools/{school}/own-pin", tag = "terminals", params(("school" = Uuid, Path)),
    responses((status = 200, body = OwnPin)), security(("session" = [])))]
async fn own(State(app): State<App>, who: Allowed<perm::AnyGrant>) -> Result<Json<OwnPin>, Problem> {
    let (school, user) = (who.school, who.principal.user.uuid());
    let found = app.db.read(move |tx| find(tx, school, user)).await?;
    Ok(Json(OwnPin { pin: found.as_ref().map(state) }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewOwnPin {
    /// One's password: an open page is not enough.
    password: String,
    /// 4 to 6 digits.
    pin: String,
}

/// Set one's own number for opening shifts.
#[utoipa::path(put, path = "/schools/{school}/own-pin", tag = "terminals", params(("school" = Uuid, Path)),
    request_body = NewOwnPin, responses((status = 204), (status = 404), (status = 422), (status = 429)),
    security(("session" = [])))]
async fn put_own(
    State(app): State<App>,
    who: Allowed<perm::AnyGrant>,
    parts: Parts,
    Body(ask): Body<NewOwnPin>,
) -> Result<StatusCode, Problem> {
    pin::check_new(&ask.pin)?;
    signin::confirm_password(&app, &who.principal, &parts, ask.password).await?;
    let hash = signin::hash_secret(ask.pin).await;
    keep(&app, who.note(&app), who.principal.user.uuid(), Some(hash)).await
}

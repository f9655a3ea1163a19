//! Stalls: add, change, close.

use super::places;
use super::places_http::{Edited, PlacePath, StallWire, edit, stall_wire};
use super::{Stall, store};
use crate::App;
use crate::plumbing::http::{Body, Money, Path, Problem};
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_rules::Mode;
use yitong_values::{CanteenId, Cents, StallId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(add_stall)).routes(routes!(change_stall, close_stall))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewStall {
    canteen: Uuid,
    name: String,
    number: i64,
    /// dish, amount, fixed, count
    modes: Vec<String>,
    fixed_price: Option<Money>,
}

#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeStall {
    canteen: Option<Uuid>,
    name: Option<String>,
    number: Option<i64>,
    modes: Option<Vec<String>>,
    /// Left out: unchanged; `null`: none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Money>)]
    fixed_price: Option<Option<Money>>,
    closed: Option<bool>,
}

/// A field that is there, even as `null`.
fn given<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<Money>>, D::Error> {
    Option::<Money>::deserialize(from).map(Some)
}

fn told(stall: &Stall) -> Value {
    let modes: Vec<_> = stall.modes.iter().map(|mode| mode.word()).collect();
    let price = stall.fixed_price.map(|price| price.fen());
    let (name, number, closed) = (&stall.name, stall.number, stall.closed);
    let canteen = stall.canteen.uuid();
    json!({"name": name, "canteen": canteen, "number": number, "modes": modes, "fixed_price": price, "closed": closed})
}

async fn save(
    app: &App,
    who: &Allowed<perm::SchoolEdit>,
    id: StallId,
    make: impl Fn(Option<&Stall>) -> Result<Stall, Problem> + Send + 'static,
) -> Result<StallWire, Problem> {
    let school = who.school;
    edit(app, who, move |tx, facts| {
        let before = facts.stalls.get(&id);
        let made = make(before).and_then(|new| places::check_stall(facts, &new).map(|()| new).map_err(Problem::from));
        let new = match made {
            Ok(new) => new,
            Err(problem) => return Ok(Err(problem)),
        };
        store::add_stall(tx, school, &new)?;
        let (before, after, answer) = (json!(before.map(told)), told(&new), stall_wire(&new));
        Ok(Ok(Edited { kind: "stall", id: id.uuid(), name: new.name, before, after, answer }))
    })
    .await
}

/// An unknown word is as wrong as no mode at all.
fn modes_of(words: &[String]) -> Result<Vec<Mode>, Problem> {
    let modes: Option<Vec<Mode>> = words.iter().map(|word| Mode::from_word(word)).collect();
    modes.ok_or_else(|| places::Refusal::BadModes.into())
}

/// Add a stall.
#[utoipa::path(post, path = "/schools/{school}/stalls", tag = "schools", params(("school" = Uuid, Path)),
    request_body = NewStall, responses((status = 201, body = StallWire), (status = 409), (status = 422)),
    security(("session" = ["school.edit"])))]
async fn add_stall(
    State(app): State<App>,
    who: Allowed<perm::SchoolEdit>,
    Body(ask): Body<NewStall>,
) -> Result<(StatusCode, Json<StallWire>), Problem> {
    let id = StallId::new(app.new_id());
    let new = Stall {
        id,
        canteen: CanteenId::new(ask.canteen),
        name: ask.name.trim().to_owned(),
        number: ask.number,
        modes: modes_of(&ask.modes)?,
        fixed_price: ask.fixed_price.map(Cents::from),
        closed: false,
    };
    let made = save(&app, &who, id, move |_| Ok(new.clone())).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

async fn alter(app: &App, who: &Allowed<perm::SchoolEdit>, id: Uuid, ask: ChangeStall) -> Result<StallWire, Problem> {
    save(app, who, StallId::new(id), move |before| {
        let before = before.ok_or_else(Problem::absent)?.clone();
        let ask = ask.clone();
        Ok(Stall {
            id: before.id,
            canteen: ask.canteen.map_or(before.canteen, CanteenId::new),
            name: ask.name.map_or(before.name, |name| name.trim().to_owned()),
            number: ask.number.unwrap_or(before.number),
            modes: ask.modes.map_or(Ok(before.modes), |words| modes_of(&words))?,
            fixed_price: ask.fixed_price.map_or(before.fixed_price, |price| price.map(Cents::from)),
            closed: ask.closed.unwrap_or(before.closed),
        })
    })
    .await
}

/// Change a stall, or open it again.
#[utoipa::path(patch, path = "/schools/{school}/stalls/{id}", tag = "schools",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = ChangeStall,
    responses((status = 200, body = StallWire), (status = 404), (status = 409), (status = 422)),
    security(("session" = ["school.edit"])))]
async fn change_stall(
    State(app): State<App>,
    who: Allowed<perm::SchoolEdit>,
    Path(path): Path<PlacePath>,
    Body(ask): Body<ChangeStall>,
) -> Result<Json<StallWire>, Problem> {
    alter(&app, &who, path.id, ask).await.map(Json)
}

/// Close a stall.
#[utoipa::path(delete, path = "/schools/{school}/stalls/{id}", tag = "schools",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 204), (status = 404), (status = 409)), security(("session" = ["school.edit"])))]
async fn close_stall(
    State(app): State<App>,
    who: Allowed<perm::SchoolEdit>,
    Path(path): Path<PlacePath>,
) -> Result<StatusCode, Problem> {
    alter(&app, &who, path.id, ChangeStall { closed: Some(true), ..ChangeStall::default() }).await?;
    Ok(StatusCode::NO_CONTENT)
}

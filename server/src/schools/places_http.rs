//! The places as a tree, its campuses, and how any place is edited. A place is closed, not removed: purchases name it.

use super::places::{self, Campus, Refusal};
use super::{Canteen, Facts, Stall, store};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Money, Path, Problem};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{CampusId, SchoolId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(add_campus))
        .routes(routes!(change_campus, close_campus))
        .merge(super::canteens_http::routes())
        .merge(super::stalls_http::routes())
}

#[derive(Serialize, ToSchema)]
struct Places {
    campuses: Vec<CampusWire>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Campus)]
struct CampusWire {
    id: Uuid,
    name: String,
    closed: bool,
    canteens: Vec<CanteenWire>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Canteen)]
pub(super) struct CanteenWire {
    id: Uuid,
    name: String,
    seats: i64,
    closed: bool,
    stalls: Vec<StallWire>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Stall)]
pub(super) struct StallWire {
    id: Uuid,
    name: String,
    number: i64,
    /// dish, amount, fixed, count
    modes: Vec<String>,
    fixed_price: Option<Money>,
    closed: bool,
}

pub async fn facts_of(app: &App, school: SchoolId) -> Result<Arc<Facts>, Problem> {
    app.schools.get(&app.db, school).await?.ok_or_else(Problem::absent)
}

pub(super) fn stall_wire(stall: &Stall) -> StallWire {
    StallWire {
        id: stall.id.uuid(),
        name: stall.name.clone(),
        number: stall.number,
        modes: stall.modes.iter().map(|mode| mode.word().to_owned()).collect(),
        fixed_price: stall.fixed_price.map(Money::from),
        closed: stall.closed,
    }
}

pub(super) fn canteen_wire(facts: &Facts, canteen: &Canteen) -> CanteenWire {
    let mut stalls: Vec<_> = facts.stalls.values().filter(|stall| stall.canteen == canteen.id).collect();
    stalls.sort_by_key(|stall| stall.number);
    CanteenWire {
        id: canteen.id.uuid(),
        name: canteen.name.clone(),
        seats: canteen.seats,
        closed: canteen.closed,
        stalls: stalls.into_iter().map(stall_wire).collect(),
    }
}

fn campus_wire(facts: &Facts, campus: &Campus) -> CampusWire {
    let below = facts.canteens.values().filter(|of| of.campus == campus.id);
    CampusWire {
        id: campus.id.uuid(),
        name: campus.name.clone(),
        closed: campus.closed,
        canteens: below.map(|canteen| canteen_wire(facts, canteen)).collect(),
    }
}

fn campuses(facts: &Facts) -> impl Iterator<Item = Campus> {
    facts.campuses.iter().map(|(id, name, closed)| Campus { id: *id, name: name.clone(), closed: *closed })
}

/// The places of the school as a tree.
#[utoipa::path(get, path = "/schools/{school}/places", tag = "schools", params(("school" = Uuid, Path)),
    responses((status = 200, body = Places)), security(("session" = [])))]
async fn show(State(app): State<App>, who: Allowed<perm::AnyGrant>) -> Result<Json<Places>, Problem> {
    let facts = facts_of(&app, who.school).await?;
    let tree = campuses(&facts).map(|campus| campus_wire(&facts, &campus)).collect();
    Ok(Json(Places { campuses: tree }))
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        let bad = |code, zh: &str, en: &str, field| Problem::bad(code, zh, en).field(field);
        let taken = |zh: &str, en: &str, field| Problem::conflict("name_taken", zh, en).field(field);
        match refusal {
            Refusal::BadName => bad("bad_name", "名称为 1 至 40 个字。", "A name has 1 to 40 characters.", "name"),
            Refusal::NameTaken => taken("此处已有同名的。", "Something of this name is there already.", "name"),
            Refusal::NumberTaken => taken("该食堂已有此档口号。", "The canteen has a stall of this number.", "number"),
            Refusal::BadNumber => bad("bad_number", "档口号为 1 至 999。", "A stall's number is 1 to 999.", "number"),
            Refusal::BadSeats => bad("bad_seats", "座位数应为 0 至 100000。", "Seats are 0 to 100,000.", "seats"),
            Refusal::BadModes => {
                let en = "Choose modes, each once: dish, amount, fixed or count.";
                bad("bad_modes", "请选择计价方式（不重复）：菜品、金额、定额或计次。", en, "modes")
            }
            Refusal::BadPrice => {
                bad("bad_fixed_price", "价格须大于零且不超过上限。", "A price is above zero.", "fixed_price")
            }
            Refusal::NoPrice => {
                bad("bad_fixed_price", "定额方式需要一个价格。", "The fixed mode needs a price.", "fixed_price")
            }
            Refusal::UnknownCampus => bad("unknown_campus", "校区不存在。", "There is no such campus.", "campus"),
            Refusal::UnknownCanteen => bad("unknown_canteen", "食堂不存在。", "There is no such canteen.", "canteen"),
            Refusal::InUse => {
                let zh = "其下还有营业中的食堂或档口，请先停用它们。";
                Problem::conflict("in_use", zh, "Something below it is still open; close that first.")
            }
            Refusal::Within => {
                let zh = "所属的校区或食堂已停用，请先启用。";
                Problem::conflict("closed_above", zh, "What it stands in is closed; open that first.")
            }
        }
    }
}

/// What an edit of one place came to: its kind, id and name, how it was, how it is, and the answer.
pub(super) struct Edited<T> {
    pub(super) kind: &'static str,
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) before: Value,
    pub(super) after: Value,
    pub(super) answer: T,
}

/// One unit: look at the places as they are now, with nobody else editing them, change one, note it.
pub(super) async fn edit<T: Send + 'static>(
    app: &App,
    who: &Allowed<perm::SchoolEdit>,
    work: impl Fn(&mut Tx<'_>, &Facts) -> Result<Result<Edited<T>, Problem>, DbError> + Send + 'static,
) -> Result<T, Problem> {
    let (school, note) = (who.school, who.note(app));
    let unit = move |tx: &mut Tx<'_>| {
        let Some(facts) = store::lock_facts(tx, school)? else { return Ok(Err(Problem::absent())) };
        let edited = match work(tx, &facts)? {
            Ok(edited) => edited,
            Err(problem) => return Ok(Err(problem)),
        };
        store::bump(tx, school)?;
        let action = match (&edited.before, edited.after["closed"] == true) {
            (Value::Null, _) => "add",
            (_, true) => "close",
            _ => "edit",
        };
        let subject = Subject(edited.kind, &edited.id.to_string(), &edited.name);
        note.record(tx, &format!("{}.{action}", edited.kind), subject, edited.before, edited.after)?;
        Ok(Ok(edited.answer))
    };
    app.db.write("edit a place", unit).await?
}

#[derive(Deserialize)]
pub(super) struct PlacePath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    pub(super) id: Uuid,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCampus {
    name: String,
}

#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeCampus {
    name: Option<String>,
    closed: Option<bool>,
}

fn told_campus(campus: &Campus) -> Value {
    json!({"name": campus.name, "closed": campus.closed})
}

async fn save_campus(
    app: &App,
    who: &Allowed<perm::SchoolEdit>,
    id: CampusId,
    make: impl Fn(Option<Campus>) -> Result<Campus, Problem> + Send + 'static,
) -> Result<CampusWire, Problem> {
    let school = who.school;
    edit(app, who, move |tx, facts| {
        let before = campuses(facts).find(|campus| campus.id == id);
        let told = json!(before.as_ref().map(told_campus));
        let made = make(before).and_then(|new| places::check_campus(facts, &new).map(|()| new).map_err(Problem::from));
        let new = match made {
            Ok(new) => new,
            Err(problem) => return Ok(Err(problem)),
        };
        store::add_campus(tx, school, new.id, &new.name, new.closed)?;
        let (after, answer) = (told_campus(&new), campus_wire(facts, &new));
        Ok(Ok(Edited { kind: "campus", id: new.id.uuid(), name: new.name, before: told, after, answer }))
    })
    .await
}

/// Add a campus.
#[utoipa::path(post, path = "/schools/{school}/campuses", tag = "schools", params(("school" = Uuid, Path)),
    request_body = NewCampus, responses((status = 201, body = CampusWire), (status = 409), (status = 422)),
    security(("session" = ["school.edit"])))]
async fn add_campus(
    State(app): State<App>,
    who: Allowed<perm::SchoolEdit>,
    Body(ask): Body<NewCampus>,
) -> Result<(StatusCode, Json<CampusWire>), Problem> {
    let id = CampusId::new(app.new_id());
    let name = ask.name.trim().to_owned();
    let made = save_campus(&app, &who, id, move |_| Ok(Campus { id, name: name.clone(), closed: false })).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

async fn alter_campus(
    app: &App,
    who: &Allowed<perm::SchoolEdit>,
    id: Uuid,
    ask: ChangeCampus,
) -> Result<CampusWire, Problem> {
    save_campus(app, who, CampusId::new(id), move |before| {
        let mut campus = before.ok_or_else(Problem::absent)?;
        let ask = ask.clone();
        campus.name = ask.name.map_or(campus.name, |name| name.trim().to_owned());
        campus.closed = ask.closed.unwrap_or(campus.closed);
        Ok(campus)
    })
    .await
}

/// Rename a campus, or open it again.
#[utoipa::path(patch, path = "/schools/{school}/campuses/{id}", tag = "schools",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = ChangeCampus,
    responses((status = 200, body = CampusWire), (status = 404), (status = 409), (status = 422)),
    security(("session" = ["school.edit"])))]
async fn change_campus(
    State(app): State<App>,
    who: Allowed<perm::SchoolEdit>,
    Path(path): Path<PlacePath>,
    Body(ask): Body<ChangeCampus>,
) -> Result<Json<CampusWire>, Problem> {
    alter_campus(&app, &who, path.id, ask).await.map(Json)
}

/// Close a campus; its canteens are closed before.
#[utoipa::path(delete, path = "/schools/{school}/campuses/{id}", tag = "schools",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 204), (status = 404), (status = 409)), security(("session" = ["school.edit"])))]
async fn close_campus(
    State(app): State<App>,
    who: Allowed<perm::SchoolEdit>,
    Path(path): Path<PlacePath>,
) -> Result<StatusCode, Problem> {
    alter_campus(&app, &who, path.id, ChangeCampus { closed: Some(true), ..ChangeCampus::default() }).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! Campuses, canteens and stalls: one tree, edited place by place. A place is closed, never removed: purchases name it.

use super::{Canteen, Facts, Stall, store};
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Money, Path, Problem};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_rules::Mode;
use yitong_values::{CampusId, CanteenId, Cents, SchoolId, StallId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(put_campus))
        .routes(routes!(put_canteen))
        .routes(routes!(put_stall))
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
struct CanteenWire {
    id: Uuid,
    name: String,
    seats: i64,
    closed: bool,
    stalls: Vec<StallWire>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Stall)]
struct StallWire {
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

fn tree(facts: &Facts) -> Places {
    let stall = |stall: &Stall| StallWire {
        id: stall.id.uuid(),
        name: stall.name.clone(),
        number: stall.number,
        modes: stall.modes.iter().map(|mode| mode.word().to_owned()).collect(),
        fixed_price: stall.fixed_price.map(Money::from),
        closed: stall.closed,
    };
    let canteen = |canteen: &Canteen| {
        let mut stalls: Vec<_> = facts.stalls.values().filter(|stall| stall.canteen == canteen.id).collect();
        stalls.sort_by_key(|stall| stall.number);
        CanteenWire {
            id: canteen.id.uuid(),
            name: canteen.name.clone(),
            seats: canteen.seats,
            closed: canteen.closed,
            stalls: stalls.into_iter().map(stall).collect(),
        }
    };
    let campus = |(id, name, closed): &(CampusId, String, bool)| CampusWire {
        id: id.uuid(),
        name: name.clone(),
        closed: *closed,
        canteens: facts.canteens.values().filter(|of| of.campus == *id).map(canteen).collect(),
    };
    Places { campuses: facts.campuses.iter().map(campus).collect() }
}

/// The places of the school as a tree.
#[utoipa::path(get, path = "/schools/{school}/places", tag = "schools", params(("school" = Uuid, Path)),
    responses((status = 200, body = Places)), security(("session" = [])))]
async fn show(State(app): State<App>, who: Allowed<perm::AnyGrant>) -> Result<Json<Places>, Problem> {
    Ok(Json(tree(&*facts_of(&app, who.school).await?)))
}

#[derive(Deserialize)]
struct PlacePath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

fn name_of(name: &str) -> Result<String, Problem> {
    let name = name.trim().to_owned();
    if (1..=40).contains(&name.chars().count()) {
        return Ok(name);
    }
    Err(Problem::bad("bad_name", "名称为 1 至 40 个字。", "A name has 1 to 40 characters.").field("name"))
}

fn taken(zh: &str, en: &str, field: &str) -> Problem {
    Problem::conflict("name_taken", zh, en).field(field)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutCampus {
    name: String,
    #[serde(default)]
    closed: bool,
}

/// Add a campus under an id of your own, or change it.
#[utoipa::path(put, path = "/schools/{school}/campuses/{id}", tag = "schools",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = PutCampus,
    responses((status = 200, body = Places), (status = 409), (status = 422)), security(("session" = ["school.edit"])))]
async fn put_campus(
    State(app): State<App>,
    who: Allowed<perm::SchoolEdit>,
    Path(path): Path<PlacePath>,
    Body(ask): Body<PutCampus>,
) -> Result<Json<Places>, Problem> {
    let name = name_of(&ask.name)?;
    let facts = facts_of(&app, who.school).await?;
    let id = CampusId::new(path.id);
    if facts.campuses.iter().any(|(other, known, _)| *other != id && *known == name) {
        return Err(taken("已有同名校区。", "There is a campus of this name.", "name"));
    }
    if ask.closed && facts.canteens.values().any(|canteen| canteen.campus == id && !canteen.closed) {
        return Err(in_use());
    }
    let (school, note) = (who.school, who.note(&app));
    let before = facts
        .campuses
        .iter()
        .find(|(known, ..)| *known == id)
        .map(|(_, name, closed)| json!({"name": name, "closed": closed}));
    let write = move |tx: &mut Tx<'_>| {
        store::add_campus(tx, school, id, &name, ask.closed)?;
        store::bump(tx, school)?;
        let after = json!({"name": name, "closed": ask.closed});
        note.record(tx, "campus.put", Subject("campus", &id.to_string(), &name), json!(before), after)
    };
    app.db.write("put campus", write).await?;
    Ok(Json(tree(&*facts_of(&app, who.school).await?)))
}

fn in_use() -> Problem {
    let (zh, en) =
        ("其下还有营业中的食堂或档口，请先停用它们。", "Something below it is still open; close that first.");
    Problem::conflict("in_use", zh, en).field("closed")
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutCanteen {
    campus: Uuid,
    name: String,
    #[serde(default)]
    seats: i64,
    #[serde(default)]
    closed: bool,
}

/// Add a canteen under an id of your own, or change it.
#[utoipa::path(put, path = "/schools/{school}/canteens/{id}", tag = "schools",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = PutCanteen,
    responses((status = 200, body = Places), (status = 409), (status = 422)), security(("session" = ["school.edit"])))]
async fn put_canteen(
    State(app): State<App>,
    who: Allowed<perm::SchoolEdit>,
    Path(path): Path<PlacePath>,
    Body(ask): Body<PutCanteen>,
) -> Result<Json<Places>, Problem> {
    let name = name_of(&ask.name)?;
    let facts = facts_of(&app, who.school).await?;
    let (id, campus) = (CanteenId::new(path.id), CampusId::new(ask.campus));
    if !facts.campuses.iter().any(|(known, ..)| *known == campus) {
        return Err(Problem::bad("unknown_campus", "校区不存在。", "There is no such campus.").field("campus"));
    }
    if !(0..=100_000).contains(&ask.seats) {
        return Err(Problem::bad("bad_seats", "座位数应为 0 至 100000。", "Seats are 0 to 100,000.").field("seats"));
    }
    if facts.canteens.values().any(|other| other.id != id && other.campus == campus && other.name == name) {
        return Err(taken("该校区已有同名食堂。", "The campus has a canteen of this name.", "name"));
    }
    if ask.closed && facts.stalls.values().any(|stall| stall.canteen == id && !stall.closed) {
        return Err(in_use());
    }
    let canteen = Canteen { id, campus, name, seats: ask.seats, closed: ask.closed };
    let before = facts.canteens.get(&id).map(|of| json!({"name": of.name, "seats": of.seats, "closed": of.closed}));
    let (school, note) = (who.school, who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        store::add_canteen(tx, school, &canteen)?;
        store::bump(tx, school)?;
        let after = json!({"name": canteen.name, "seats": canteen.seats, "closed": canteen.closed});
        note.record(tx, "canteen.put", Subject("canteen", &id.to_string(), &canteen.name), json!(before), after)
    };
    app.db.write("put canteen", write).await?;
    Ok(Json(tree(&*facts_of(&app, who.school).await?)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutStall {
    canteen: Uuid,
    name: String,
    number: i64,
    modes: Vec<String>,
    fixed_price: Option<Money>,
    #[serde(default)]
    closed: bool,
}

fn stall_of(id: StallId, ask: &PutStall, facts: &Facts) -> Result<Stall, Problem> {
    let name = name_of(&ask.name)?;
    let canteen = CanteenId::new(ask.canteen);
    if !facts.canteens.contains_key(&canteen) {
        return Err(Problem::bad("unknown_canteen", "食堂不存在。", "There is no such canteen.").field("canteen"));
    }
    if !(1..=999).contains(&ask.number) {
        return Err(Problem::bad("bad_number", "档口号为 1 至 999。", "A stall's number is 1 to 999.").field("number"));
    }
    if facts.stalls.values().any(|other| other.id != id && other.canteen == canteen && other.number == ask.number) {
        return Err(taken("该食堂已有此档口号。", "The canteen has a stall of this number.", "number"));
    }
    let modes: Vec<Mode> = ask.modes.iter().filter_map(|word| Mode::from_word(word)).collect();
    if modes.is_empty() || modes.len() != ask.modes.len() {
        let (zh, en) = ("请选择计价方式：菜品、金额、定额或计次。", "Choose modes: dish, amount, fixed or count.");
        return Err(Problem::bad("bad_modes", zh, en).field("modes"));
    }
    let price = ask.fixed_price.map(Cents::from);
    if price.is_some_and(|price| price.is_negative() || price > Cents::INPUT_MAX)
        || (modes.contains(&Mode::Fixed) && price.is_none())
    {
        let (zh, en) = ("定额方式需要一个价格。", "The fixed mode needs a price.");
        return Err(Problem::bad("bad_fixed_price", zh, en).field("fixed_price"));
    }
    Ok(Stall { id, canteen, name, number: ask.number, modes, fixed_price: price, closed: ask.closed })
}

/// Add a stall under an id of your own, or change it.
#[utoipa::path(put, path = "/schools/{school}/stalls/{id}", tag = "schools",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = PutStall,
    responses((status = 200, body = Places), (status = 409), (status = 422)), security(("session" = ["school.edit"])))]
async fn put_stall(
    State(app): State<App>,
    who: Allowed<perm::SchoolEdit>,
    Path(path): Path<PlacePath>,
    Body(ask): Body<PutStall>,
) -> Result<Json<Places>, Problem> {
    let facts = facts_of(&app, who.school).await?;
    let id = StallId::new(path.id);
    let stall = stall_of(id, &ask, &facts)?;
    let told = |of: &Stall| {
        let modes: Vec<_> = of.modes.iter().map(|mode| mode.word()).collect();
        json!({"name": of.name, "number": of.number, "modes": modes, "closed": of.closed, "fixed_price": of.fixed_price.map(|p| p.fen())})
    };
    let before = facts.stalls.get(&id).map(told);
    let after = told(&stall);
    let (school, note) = (who.school, who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        store::add_stall(tx, school, &stall)?;
        store::bump(tx, school)?;
        let subject = Subject("stall", &id.to_string(), &stall.name);
        note.record(tx, "stall.put", subject, json!(before), after.clone())
    };
    app.db.write("put stall", write).await?;
    Ok(Json(tree(&*facts_of(&app, who.school).await?)))
}

//! Cards of a person over HTTP: bind a number, report it lost, find it again, replace it, take it away.

use super::cards::{self, CARDS_MAX, CardState};
use super::cards_store::{self, CardRow, NewCard};
use super::store;
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Params, Path, Problem};
use crate::signin::audit::{Note, Subject};
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{PersonId, SchoolId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(bind))
        .routes(routes!(whose))
        .routes(routes!(lose, reinstate))
        .routes(routes!(end))
}

#[derive(Serialize, ToSchema)]
struct Cards {
    items: Vec<Card>,
}

/// A card that names a person. Its number is not given out again.
#[derive(Serialize, ToSchema)]
#[schema(as = PersonCard)]
struct Card {
    id: Uuid,
    person: Uuid,
    /// The last four signs of its number.
    mask: String,
    /// active, lost or ended (replaced or taken away)
    state: String,
    bound_at: String,
    lost_at: Option<String>,
    ended_at: Option<String>,
}

fn wire(row: CardRow) -> Card {
    Card {
        id: row.id,
        person: row.person.uuid(),
        mask: row.mask,
        state: row.state.word().into(),
        bound_at: row.bound_at.to_string(),
        lost_at: row.lost_at.map(|at| at.to_string()),
        ended_at: row.ended_at.map(|at| at.to_string()),
    }
}

#[derive(Deserialize)]
struct PersonPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

/// The cards of a person, newest first.
#[utoipa::path(get, path = "/schools/{school}/people/{id}/cards", tag = "people",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 200, body = Cards), (status = 404)),
    security(("session" = ["credentials.read"])))]
async fn list(
    State(app): State<App>,
    who: Allowed<perm::CredentialsRead>,
    Path(path): Path<PersonPath>,
) -> Result<Json<Cards>, Problem> {
    let (school, person) = (who.school, PersonId::new(path.id));
    let read = move |tx: &mut Tx<'_>| {
        let here = store::find_person(tx, school, person)?.is_some();
        Ok(here.then_some(cards_store::of_person(tx, school, person)?))
    };
    let found = app.db.read(read).await?.ok_or_else(Problem::absent)?;
    Ok(Json(Cards { items: found.into_iter().map(wire).collect() }))
}

#[derive(Deserialize)]
struct BindPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
    card: Uuid,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BindCard {
    /// As a reader says it: hexadecimal; blanks, dashes and colons are overlooked.
    number: String,
    /// The card whose place it takes.
    replaces: Option<Uuid>,
}

/// Bind a card's number to a person. The client names the card; the same again changes nothing.
#[utoipa::path(put, path = "/schools/{school}/people/{id}/cards/{card}", tag = "people",
    params(("school" = Uuid, Path), ("id" = Uuid, Path), ("card" = Uuid, Path)), request_body = BindCard,
    responses((status = 200, body = Card), (status = 404), (status = 409), (status = 422)),
    security(("session" = ["credentials.manage"])))]
async fn bind(
    State(app): State<App>,
    who: Allowed<perm::CredentialsManage>,
    Path(path): Path<BindPath>,
    Body(ask): Body<BindCard>,
) -> Result<Json<Card>, Problem> {
    let number = cards::card_number(&ask.number).ok_or_else(cards::malformed)?;
    let (school, person) = (who.school, PersonId::new(path.id));
    let new = NewCard {
        id: path.card,
        person,
        hash: cards::card_hash(&app.seal, school, &number),
        sealed: app.seal.seal(&cards::place(school, person), number.as_bytes()),
        mask: cards::mask(&number),
    };
    let (note, replaces) = (who.note(&app), ask.replaces);
    let bound = app.db.write("bind a card", move |tx| bind_now(tx, &note, &new, replaces)).await??;
    Ok(Json(wire(bound)))
}

fn bind_now(
    tx: &mut Tx<'_>,
    note: &Note,
    new: &NewCard,
    replaces: Option<Uuid>,
) -> Result<Result<CardRow, Problem>, DbError> {
    let school = note.school;
    let Some(person) = store::find_person(tx, school, new.person)? else { return Ok(Err(Problem::absent())) };
    let known = cards_store::by_hash(tx, school, &new.hash)?;
    if let Some(known) = known {
        if known.id == new.id && known.person == new.person {
            return Ok(Ok(known));
        }
        let (zh, en) = match known.person == new.person {
            true => ("此卡已绑定给本人。", "The card is this person's already."),
            false => {
                ("此卡已绑定给另一人，请先在该人名下停用。", "The card is somebody else's: take it away there first.")
            }
        };
        return Ok(Err(Problem::conflict("card_taken", zh, en).field("number")));
    }
    if cards_store::find(tx, school, new.id)?.is_some() {
        let (zh, en) = ("此编号已用于另一张卡。", "The id belongs to another card.");
        return Ok(Err(Problem::conflict("name_taken", zh, en).field("card")));
    }
    let own = cards_store::of_person(tx, school, new.person)?;
    let old = match replaces {
        Some(id) => match own.iter().find(|card| card.id == id) {
            Some(old) => Some(old),
            None => return Ok(Err(Problem::absent())),
        },
        None => None,
    };
    let open = own.iter().filter(|card| card.state != CardState::Ended).count();
    if old.is_none() && open >= CARDS_MAX {
        let zh = format!("每人最多 {CARDS_MAX} 张卡，请先停用不用的。");
        let en = format!("A person has {CARDS_MAX} cards at the most: take one away first.");
        return Ok(Err(Problem::bad("too_many", zh, en).field("number")));
    }
    if let Some(old) = old {
        cards_store::put_state(tx, school, old, CardState::Ended, note.at)?;
    }
    cards_store::insert(tx, school, new, (note.actor.user, note.at))?;
    let subject = Subject("person", &new.person.to_string(), &person.name);
    let before = old.map(|old| json!({"card": old.mask}));
    note.record(tx, "card.bind", subject, json!(before), json!({"card": new.mask}))?;
    let bound = cards_store::find(tx, school, new.id)?;
    Ok(Ok(bound.ok_or_else(|| DbError::Broken("a card that was bound just now is gone".into()))?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WhoseAsk {
    number: String,
}

#[derive(Serialize, ToSchema)]
struct WhoseCard {
    card: Card,
    name: String,
    number: String,
    class: Option<String>,
}

/// Whose card was found: by its number, as a reader says it.
#[utoipa::path(get, path = "/schools/{school}/cards", tag = "people", params(("school" = Uuid, Path), WhoseAsk),
    responses((status = 200, body = WhoseCard), (status = 404), (status = 422)),
    security(("session" = ["credentials.read"])))]
async fn whose(
    State(app): State<App>,
    who: Allowed<perm::CredentialsRead>,
    Params(ask): Params<WhoseAsk>,
) -> Result<Json<WhoseCard>, Problem> {
    let number = cards::card_number(&ask.number).ok_or_else(cards::malformed)?;
    let (school, hash) = (who.school, cards::card_hash(&app.seal, who.school, &number));
    let read = move |tx: &mut Tx<'_>| {
        let Some(card) = cards_store::by_hash(tx, school, &hash)? else { return Ok(None) };
        let person = store::find_person(tx, school, card.person)?;
        Ok(person.map(|person| (card, person)))
    };
    let (card, person) = app.db.read(read).await?.ok_or_else(Problem::absent)?;
    let class = person.class.map(|(_, name)| name);
    Ok(Json(WhoseCard { card: wire(card), name: person.name, number: person.number, class }))
}

#[derive(Deserialize)]
struct CardPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    card: Uuid,
}

/// A card is lost: terminals refuse it within seconds while they are online.
#[utoipa::path(put, path = "/schools/{school}/cards/{card}/loss", tag = "people",
    params(("school" = Uuid, Path), ("card" = Uuid, Path)), responses((status = 204), (status = 404)),
    security(("session" = ["credentials.manage"])))]
async fn lose(
    State(app): State<App>,
    who: Allowed<perm::CredentialsManage>,
    Path(path): Path<CardPath>,
) -> Result<StatusCode, Problem> {
    put_state(&app, who.note(&app), path.card, CardState::Lost).await
}

/// A lost card was found.
#[utoipa::path(delete, path = "/schools/{school}/cards/{card}/loss", tag = "people",
    params(("school" = Uuid, Path), ("card" = Uuid, Path)), responses((status = 204), (status = 404)),
    security(("session" = ["credentials.manage"])))]
async fn reinstate(
    State(app): State<App>,
    who: Allowed<perm::CredentialsManage>,
    Path(path): Path<CardPath>,
) -> Result<StatusCode, Problem> {
    put_state(&app, who.note(&app), path.card, CardState::Active).await
}

/// Take a card away: it can be given to somebody else.
#[utoipa::path(delete, path = "/schools/{school}/cards/{card}", tag = "people",
    params(("school" = Uuid, Path), ("card" = Uuid, Path)), responses((status = 204), (status = 404)),
    security(("session" = ["credentials.manage"])))]
async fn end(
    State(app): State<App>,
    who: Allowed<perm::CredentialsManage>,
    Path(path): Path<CardPath>,
) -> Result<StatusCode, Problem> {
    put_state(&app, who.note(&app), path.card, CardState::Ended).await
}

async fn put_state(app: &App, note: Note, id: Uuid, state: CardState) -> Result<StatusCode, Problem> {
    let write = move |tx: &mut Tx<'_>| put_state_now(tx, &note, note.school, id, state);
    match app.db.write("change a card", write).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::absent()),
    }
}

/// False: there is no such card. One that ended stays ended.
fn put_state_now(tx: &mut Tx<'_>, note: &Note, school: SchoolId, id: Uuid, state: CardState) -> Result<bool, DbError> {
    let Some(card) = cards_store::find(tx, school, id)? else { return Ok(false) };
    if cards_store::put_state(tx, school, &card, state, note.at)? {
        let person = store::find_person(tx, school, card.person)?;
        let name = person.map_or(String::new(), |person| person.name);
        let action = match state {
            CardState::Active => "card.reinstate",
            CardState::Lost => "card.lost",
            CardState::Ended => "card.end",
        };
        let subject = Subject("person", &card.person.to_string(), &name);
        note.record(
            tx,
            action,
            subject,
            json!({"card": card.mask, "state": card.state.word()}),
            json!({"state": state.word()}),
        )?;
    }
    Ok(true)
}

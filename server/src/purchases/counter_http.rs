//! The counter over HTTP: what a cashier needs before selling, and the last sales of the stall.

use super::http::{Purchase, PurchasePlace, cashiers, stalls_below, wire};
use super::list_store::{self, Filter};
use super::outcome::Seen;
use crate::App;
use crate::people;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Money, Params, Path, Problem};
use crate::schools::{Canteen, Facts, Stall, clock_text, facts_of};
use crate::signin::{Allowed, Scope, perm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_rules::period_at;
use yitong_values::{Cents, PersonId, StallId, Timestamp};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(stalls))
        .routes(routes!(counter))
        .routes(routes!(recent))
        .routes(routes!(find_people))
}

#[derive(Serialize, ToSchema)]
struct CounterStalls {
    items: Vec<CounterStall>,
}

#[derive(Serialize, ToSchema)]
struct CounterStall {
    id: Uuid,
    name: String,
    number: i64,
    canteen: PurchasePlace,
}

fn stall_wire(stall: &Stall, canteen: &Canteen) -> CounterStall {
    CounterStall {
        id: stall.id.uuid(),
        name: stall.name.clone(),
        number: stall.number,
        canteen: PurchasePlace { id: canteen.id.uuid(), name: canteen.name.clone() },
    }
}

/// The stalls at which this user may sell.
#[utoipa::path(get, path = "/schools/{school}/counter/stalls", tag = "purchases", params(("school" = Uuid, Path)),
    responses((status = 200, body = CounterStalls)), security(("session" = ["counter.sell"])))]
async fn stalls(State(app): State<App>, who: Allowed<perm::CounterSell>) -> Result<Json<CounterStalls>, Problem> {
    let facts = facts_of(&app, who.school).await?;
    let own = stalls_below(&who.scopes(), &facts);
    let open =
        facts.stalls.values().filter(|stall| !stall.closed && own.as_ref().is_none_or(|own| own.contains(&stall.id)));
    let mut items: Vec<_> = open.filter_map(|stall| facts.stall(stall.id)).map(|(s, c)| stall_wire(s, c)).collect();
    items.sort_by(|a, b| (&a.canteen.name, a.number).cmp(&(&b.canteen.name, b.number)));
    Ok(Json(CounterStalls { items }))
}

#[derive(Deserialize)]
struct StallPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    stall: Uuid,
}

/// Everything that a counter shows before the first sale.
#[derive(Serialize, ToSchema)]
struct CounterSetup {
    school: PurchasePlace,
    stall: CounterStall,
    server_time: String,
    period: Option<CounterPeriod>,
    modes: Vec<String>,
    fixed_price: Option<Money>,
    dishes: Vec<CounterDish>,
    policy: CounterPolicy,
}

#[derive(Serialize, ToSchema)]
struct CounterPeriod {
    id: Uuid,
    name_zh: String,
    name_en: String,
    ends: String,
    free: bool,
}

#[derive(Serialize, ToSchema)]
struct CounterDish {
    id: Uuid,
    revision: Uuid,
    name: String,
    name_en: Option<String>,
    category: String,
    price: Money,
    barcode: String,
    allergens: Vec<String>,
    /// Sold in this meal period.
    available: bool,
}

#[derive(Serialize, ToSchema)]
struct CounterPolicy {
    undo_minutes: i64,
    duplicate_window_s: i64,
    arrears_allowed: bool,
}

pub(super) fn own_stall<'a>(facts: &'a Facts, scopes: &[Scope], id: Uuid) -> Result<(&'a Stall, &'a Canteen), Problem> {
    let id = StallId::new(id);
    let own = stalls_below(scopes, facts).is_none_or(|own| own.contains(&id));
    facts.stall(id).filter(|_| own).ok_or_else(Problem::absent)
}

/// The price of a meal where prices are fixed: the period's, else the stall's.
pub(super) fn fixed_price(facts: &Facts, stall: &Stall, at: Timestamp) -> Option<Cents> {
    let period = period_at(&facts.periods, facts.day_kind(at.china_day()), at);
    period.and_then(|period| period.fixed_price).or(stall.fixed_price)
}

/// A stall's counter: modes, dishes with prices of now, the meal period.
#[utoipa::path(get, path = "/schools/{school}/counter/{stall}", tag = "purchases",
    params(("school" = Uuid, Path), ("stall" = Uuid, Path)), responses((status = 200, body = CounterSetup), (status = 404)),
    security(("session" = ["counter.sell"])))]
async fn counter(
    State(app): State<App>,
    who: Allowed<perm::CounterSell>,
    Path(path): Path<StallPath>,
) -> Result<Json<CounterSetup>, Problem> {
    let facts = facts_of(&app, who.school).await?;
    let (stall, canteen) = own_stall(&facts, &who.scopes(), path.stall)?;
    let menu = app.menu.get(&app.db, who.school).await?;
    let policy = app.policies.get(&app.db, who.school).await?;
    let now = app.now();
    let period = period_at(&facts.periods, facts.day_kind(now.china_day()), now);
    // A page has no scale: what is sold by weight is sold at a terminal.
    let here = menu.dishes.values().filter(|dish| dish.sold_at(stall.id, canteen.id) && !dish.weighed);
    let dish = |dish: &crate::menu::DishRow| CounterDish {
        id: dish.id.uuid(),
        revision: dish.revision_id.uuid(),
        name: dish.name.clone(),
        name_en: (!dish.name_en.is_empty()).then(|| dish.name_en.clone()),
        category: dish.category.clone(),
        price: dish.price.into(),
        barcode: dish.barcode.clone(),
        allergens: dish.allergens.clone(),
        available: dish.sold_in(period.map(|period| period.id.uuid())),
    };
    let mut dishes: Vec<_> = here.map(dish).collect();
    dishes.sort_by(|a, b| (&a.category, &a.name).cmp(&(&b.category, &b.name)));
    Ok(Json(CounterSetup {
        school: PurchasePlace { id: who.school.uuid(), name: facts.name.clone() },
        stall: stall_wire(stall, canteen),
        server_time: now.to_string(),
        period: period.map(|period| CounterPeriod {
            id: period.id.uuid(),
            name_zh: period.name_zh.clone(),
            name_en: period.name_en.clone(),
            ends: clock_text(period.end),
            free: period.free,
        }),
        modes: stall.modes.iter().map(|mode| mode.word().to_owned()).collect(),
        fixed_price: fixed_price(&facts, stall, now).map(Money::from),
        dishes,
        policy: CounterPolicy {
            undo_minutes: policy.school.undo_minutes,
            duplicate_window_s: policy.school.duplicate_window_s,
            arrears_allowed: policy.school.arrears_allowed,
        },
    }))
}

#[derive(Serialize, ToSchema)]
struct RecentPurchases {
    items: Vec<Purchase>,
}

const RECENT: i64 = 20;

/// The last sales of this stall today.
#[utoipa::path(get, path = "/schools/{school}/counter/{stall}/recent", tag = "purchases",
    params(("school" = Uuid, Path), ("stall" = Uuid, Path)), responses((status = 200, body = RecentPurchases), (status = 404)),
    security(("session" = ["counter.sell"])))]
async fn recent(
    State(app): State<App>,
    who: Allowed<perm::CounterSell>,
    Path(path): Path<StallPath>,
) -> Result<Json<RecentPurchases>, Problem> {
    let facts = facts_of(&app, who.school).await?;
    own_stall(&facts, &who.scopes(), path.stall)?;
    let today = app.now().china_day().number();
    let filter =
        Filter { from: today, to: today, stall: Some(path.stall), max: i64::MAX, limit: RECENT, ..Filter::default() };
    let read = move |tx: &mut Tx<'_>| {
        let rows = list_store::list(tx, who.school, &filter)?;
        let names = cashiers(tx, &rows)?;
        Ok((rows, names))
    };
    let (rows, names) = app.db.read(read).await?;
    Ok(Json(RecentPurchases { items: rows.into_iter().map(|row| wire(row, &facts, &names)).collect() }))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct FindAsk {
    /// A part of the name or number.
    q: String,
}

#[derive(Serialize, ToSchema)]
struct FoundPeople {
    items: Vec<PayerWire>,
}

/// Somebody for the cashier's eyes: who it is, not what is in the wallet.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Payer)]
pub(super) struct PayerWire {
    id: Uuid,
    pub(super) name: String,
    pub(super) number: String,
    pub(super) class: Option<String>,
    has_photo: bool,
    allergens: Vec<String>,
}

impl PayerWire {
    pub(super) fn of(id: PersonId, seen: &Seen) -> PayerWire {
        let Seen { name, number, class, has_photo, allergens } = seen.clone();
        PayerWire { id: id.uuid(), name, number, class, has_photo, allergens }
    }
}

pub(super) fn payer_wire(row: people::PersonRow) -> PayerWire {
    PayerWire {
        id: row.id.uuid(),
        name: row.name,
        number: row.number,
        class: row.class.map(|(_, name)| name),
        has_photo: row.has_photo,
        allergens: row.allergens,
    }
}

/// Find somebody who forgot the code, by name or number.
#[utoipa::path(get, path = "/schools/{school}/counter/people", tag = "purchases", params(("school" = Uuid, Path), FindAsk),
    responses((status = 200, body = FoundPeople)), security(("session" = ["counter.sell"])))]
async fn find_people(
    State(app): State<App>,
    who: Allowed<perm::CounterSell>,
    Params(ask): Params<FindAsk>,
) -> Result<Json<FoundPeople>, Problem> {
    let q = ask.q.trim().to_owned();
    // Two characters at least: a counter is no place to read the roster.
    if q.chars().count() < 2 {
        return Ok(Json(FoundPeople { items: Vec::new() }));
    }
    let found = app.db.read(move |tx| people::search_active(tx, who.school, &q, 8)).await?;
    Ok(Json(FoundPeople { items: found.into_iter().map(payer_wire).collect() }))
}

//! Dishes over HTTP: list, edit by revisions, withdraw and restore, barcodes to print.

use super::barcode;
use super::store::{self, DishRow};
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Money, Page, Params, Path, Problem};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{CanteenId, Cents, DishId, DishRevisionId, StallId};

pub const DISHES_MAX: usize = 5_000;
const PRICE_MAX: i64 = 1_000_000;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(change))
        .routes(routes!(withdraw))
        .routes(routes!(restore))
        .routes(routes!(revisions))
        .routes(routes!(categories))
        .routes(routes!(picture))
        .routes(routes!(sheet))
}

#[derive(Serialize, ToSchema)]
struct Dish {
    id: Uuid,
    name: String,
    name_en: Option<String>,
    category: String,
    price: Money,
    barcode: String,
    canteen: Option<Uuid>,
    /// Empty: every stall.
    stalls: Vec<Uuid>,
    /// Empty: every meal period.
    periods: Vec<Uuid>,
    allergens: Vec<String>,
    revision: i64,
    revision_id: Uuid,
    withdrawn: bool,
}

fn wire(dish: &DishRow) -> Dish {
    Dish {
        id: dish.id.uuid(),
        name: dish.name.clone(),
        name_en: (!dish.name_en.is_empty()).then(|| dish.name_en.clone()),
        category: dish.category.clone(),
        price: dish.price.into(),
        barcode: dish.barcode.clone(),
        canteen: dish.canteen.map(|id| id.uuid()),
        stalls: dish.stalls.clone(),
        periods: dish.periods.clone(),
        allergens: dish.allergens.clone(),
        revision: dish.revision,
        revision_id: dish.revision_id.uuid(),
        withdrawn: dish.withdrawn,
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// A part of the name, or a whole barcode.
    q: Option<String>,
    category: Option<String>,
    canteen: Option<Uuid>,
    stall: Option<Uuid>,
    #[serde(default)]
    withdrawn: bool,
    limit: Option<i64>,
    /// How many rows were seen.
    cursor: Option<usize>,
}

async fn matching(app: &App, school: yitong_values::SchoolId, filter: &Filter) -> Result<Vec<DishRow>, Problem> {
    let menu = app.menu.get(&app.db, school).await?;
    let facts = crate::schools::facts_of(app, school).await?;
    let q = filter.q.as_deref().unwrap_or_default().trim().to_lowercase();
    let at_stall = |dish: &DishRow| match filter.stall.and_then(|id| facts.stall(StallId::new(id))) {
        Some((stall, canteen)) => dish.sold_at(stall.id, canteen.id),
        None => filter.stall.is_none(),
    };
    let fits = |dish: &&DishRow| {
        dish.withdrawn == filter.withdrawn
            && filter.category.as_ref().is_none_or(|c| c.is_empty() || dish.category == *c)
            && filter.canteen.is_none_or(|c| dish.canteen.is_none_or(|of| of == CanteenId::new(c)))
            && at_stall(dish)
            && (q.is_empty()
                || dish.name.to_lowercase().contains(&q)
                || dish.name_en.to_lowercase().contains(&q)
                || dish.barcode == q)
    };
    let mut found: Vec<DishRow> = menu.dishes.values().filter(fits).cloned().collect();
    found.sort_by(|a, b| (&a.category, &a.name, a.id).cmp(&(&b.category, &b.name, b.id)));
    Ok(found)
}

/// Dishes by category and name.
#[utoipa::path(get, path = "/schools/{school}/dishes", tag = "menu", params(("school" = Uuid, Path), Filter),
    responses((status = 200, body = Page<Dish>)), security(("session" = ["menu.read"])))]
async fn list(
    State(app): State<App>,
    who: Allowed<perm::MenuRead>,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<Dish>>, Problem> {
    let rows = filter.limit.unwrap_or(50).clamp(1, 200) as usize;
    let seen = filter.cursor.unwrap_or(0);
    let found = matching(&app, who.school, &filter).await?;
    let next = (found.len() > seen.saturating_add(rows)).then(|| (seen + rows).to_string());
    Ok(Json(Page { items: found.iter().skip(seen).take(rows).map(wire).collect(), next }))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutDish {
    name: Option<String>,
    name_en: Option<String>,
    category: Option<String>,
    price: Option<Money>,
    /// Left out for a new dish: one is made.
    barcode: Option<String>,
    canteen: Option<Uuid>,
    stalls: Option<Vec<Uuid>>,
    periods: Option<Vec<Uuid>>,
    allergens: Option<Vec<String>>,
}

fn text(field: &'static str, value: &str, most: usize) -> Result<String, Problem> {
    let value = value.trim().to_owned();
    if (1..=most).contains(&value.chars().count()) && !value.contains(',') {
        return Ok(value);
    }
    let (zh, en) =
        (format!("应为 1 至 {most} 个字，不含逗号。"), format!("It has 1 to {most} characters and no comma."));
    Err(Problem::bad("bad_text", zh, en).field(field))
}

/// The dish with what is asked put over it; a new name or price is a new revision.
fn merged(app: &App, mut dish: DishRow, ask: &PutDish, is_new: bool) -> Result<DishRow, Problem> {
    let before = (dish.name.clone(), dish.price);
    if let Some(name) = &ask.name {
        dish.name = text("name", name, 40)?;
    }
    if let Some(name) = &ask.name_en {
        dish.name_en = name.trim().chars().take(60).collect();
    }
    if let Some(category) = &ask.category {
        dish.category = text("category", category, 20)?;
    }
    if let Some(price) = ask.price {
        if !(0..=PRICE_MAX).contains(&price.fen) {
            let (zh, en) = ("价格须在 0 至 10000 元之间。", "A price is ¥0 to ¥10,000.");
            return Err(Problem::bad("bad_price", zh, en).field("price"));
        }
        dish.price = Cents::from(price);
    }
    if let Some(code) = ask.barcode.as_deref().map(str::trim).filter(|code| !code.is_empty()) {
        if !barcode::acceptable(code) {
            let (zh, en) = (
                "条形码应为校验位正确的 EAN-13，或 4 至 32 位字母数字。",
                "A barcode is an EAN-13 with a right check digit, or 4 to 32 letters and digits.",
            );
            return Err(Problem::bad("bad_barcode", zh, en).field("barcode"));
        }
        dish.barcode = code.to_owned();
    }
    dish.canteen = ask.canteen.map(CanteenId::new).or(dish.canteen);
    dish.stalls = ask.stalls.clone().unwrap_or(dish.stalls);
    dish.periods = ask.periods.clone().unwrap_or(dish.periods);
    if let Some(allergens) = &ask.allergens {
        dish.allergens = allergens.iter().map(|a| text("allergens", a, 20)).collect::<Result<_, _>>()?;
    }
    if is_new || before != (dish.name.clone(), dish.price) {
        dish.revision += 1;
        dish.revision_id = DishRevisionId::new(app.new_id());
    }
    Ok(dish)
}

async fn keep(app: &App, who: &Allowed<perm::MenuEdit>, dish: DishRow, action: &'static str) -> Result<Dish, Problem> {
    let (school, note, by, now) = (who.school, who.note(app), who.principal.user, app.now());
    let kept = dish.clone();
    let write = move |tx: &mut Tx<'_>| {
        let all = store::dishes(tx, school)?;
        if all.iter().any(|other| other.id != kept.id && other.barcode == kept.barcode) {
            let (zh, en) = ("此条形码已用于其他菜品。", "The barcode belongs to another dish.");
            return Ok(Err(Problem::conflict("barcode_taken", zh, en).field("barcode")));
        }
        let old = all.iter().find(|other| other.id == kept.id);
        if old.is_none() && all.len() >= DISHES_MAX {
            return Ok(Err(Problem::bad("too_many", "菜品过多，请先停售不用的。", "There are too many dishes.")));
        }
        store::put_dish(tx, school, &kept, by, now)?;
        let told = |dish: &DishRow| json!({"name": dish.name, "price": dish.price.fen(), "category": dish.category, "withdrawn": dish.withdrawn, "revision": dish.revision});
        note.record(tx, action, Subject("dish", &kept.id.to_string(), &kept.name), json!(old.map(told)), told(&kept))?;
        Ok(Ok(()))
    };
    app.db.write(action, write).await??;
    Ok(wire(&dish))
}

/// Add a dish.
#[utoipa::path(post, path = "/schools/{school}/dishes", tag = "menu", params(("school" = Uuid, Path)),
    request_body = PutDish, responses((status = 201, body = Dish), (status = 409), (status = 422)),
    security(("session" = ["menu.edit"])))]
async fn create(
    State(app): State<App>,
    who: Allowed<perm::MenuEdit>,
    Body(ask): Body<PutDish>,
) -> Result<(StatusCode, Json<Dish>), Problem> {
    let menu = app.menu.get(&app.db, who.school).await?;
    let made = (menu.dishes.len() as i64 + 1..)
        .filter_map(barcode::made_code)
        .find(|code| menu.dishes.values().all(|dish| dish.barcode != *code));
    let id = app.new_id();
    let empty = DishRow {
        id: DishId::new(id),
        name: String::new(),
        name_en: String::new(),
        category: String::new(),
        price: Cents::ZERO,
        barcode: made.unwrap_or_default(),
        canteen: None,
        stalls: Vec::new(),
        periods: Vec::new(),
        allergens: Vec::new(),
        revision: 0,
        revision_id: DishRevisionId::new(id),
        withdrawn: false,
    };
    let nothing = String::new;
    let ask = PutDish {
        name: Some(ask.name.unwrap_or_else(nothing)),
        category: Some(ask.category.unwrap_or_else(nothing)),
        price: Some(ask.price.unwrap_or(Money { fen: -1 })),
        ..ask
    };
    let dish = merged(&app, empty, &ask, true)?;
    keep(&app, &who, dish, "dish.create").await.map(|dish| (StatusCode::CREATED, Json(dish)))
}

#[derive(Deserialize)]
struct IdPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

async fn find(app: &App, school: yitong_values::SchoolId, id: Uuid) -> Result<DishRow, Problem> {
    let menu = app.menu.get(&app.db, school).await?;
    menu.dishes.get(&DishId::new(id)).cloned().ok_or_else(Problem::absent)
}

/// Change a dish. A new name or price is a new revision; old purchases keep theirs.
#[utoipa::path(patch, path = "/schools/{school}/dishes/{id}", tag = "menu",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = PutDish,
    responses((status = 200, body = Dish), (status = 404), (status = 409), (status = 422)),
    security(("session" = ["menu.edit"])))]
async fn change(
    State(app): State<App>,
    who: Allowed<perm::MenuEdit>,
    Path(path): Path<IdPath>,
    Body(ask): Body<PutDish>,
) -> Result<Json<Dish>, Problem> {
    let dish = merged(&app, find(&app, who.school, path.id).await?, &ask, false)?;
    keep(&app, &who, dish, "dish.edit").await.map(Json)
}

/// Take a dish off the menu. It can be restored.
#[utoipa::path(post, path = "/schools/{school}/dishes/{id}/withdraw", tag = "menu",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 200, body = Dish), (status = 404)),
    security(("session" = ["menu.edit"])))]
async fn withdraw(
    State(app): State<App>,
    who: Allowed<perm::MenuEdit>,
    Path(path): Path<IdPath>,
) -> Result<Json<Dish>, Problem> {
    let dish = DishRow { withdrawn: true, ..find(&app, who.school, path.id).await? };
    keep(&app, &who, dish, "dish.withdraw").await.map(Json)
}

/// Put a dish back on the menu.
#[utoipa::path(post, path = "/schools/{school}/dishes/{id}/restore", tag = "menu",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 200, body = Dish), (status = 404)),
    security(("session" = ["menu.edit"])))]
async fn restore(
    State(app): State<App>,
    who: Allowed<perm::MenuEdit>,
    Path(path): Path<IdPath>,
) -> Result<Json<Dish>, Problem> {
    let dish = DishRow { withdrawn: false, ..find(&app, who.school, path.id).await? };
    keep(&app, &who, dish, "dish.restore").await.map(Json)
}

#[derive(Serialize, ToSchema)]
struct DishRevisions {
    items: Vec<DishRevision>,
}

#[derive(Serialize, ToSchema)]
struct DishRevision {
    id: Uuid,
    revision: i64,
    name: String,
    price: Money,
    from: String,
    by: String,
}

/// Names and prices of a dish, newest first.
#[utoipa::path(get, path = "/schools/{school}/dishes/{id}/revisions", tag = "menu",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 200, body = DishRevisions), (status = 404)),
    security(("session" = ["menu.read"])))]
async fn revisions(
    State(app): State<App>,
    who: Allowed<perm::MenuRead>,
    Path(path): Path<IdPath>,
) -> Result<Json<DishRevisions>, Problem> {
    let dish = find(&app, who.school, path.id).await?.id;
    let rows = app.db.read(move |tx| store::revisions(tx, who.school, dish)).await?;
    let wire = |row: store::RevisionRow| DishRevision {
        id: row.id.uuid(),
        revision: row.revision,
        name: row.name,
        price: row.price.into(),
        from: row.from.to_string(),
        by: row.by,
    };
    Ok(Json(DishRevisions { items: rows.into_iter().map(wire).collect() }))
}

#[derive(Serialize, ToSchema)]
struct DishCategories {
    items: Vec<DishCategory>,
}

#[derive(Serialize, ToSchema)]
struct DishCategory {
    name: String,
    count: usize,
}

/// Categories of the menu.
#[utoipa::path(get, path = "/schools/{school}/dish-categories", tag = "menu", params(("school" = Uuid, Path)),
    responses((status = 200, body = DishCategories)), security(("session" = ["menu.read"])))]
async fn categories(State(app): State<App>, who: Allowed<perm::MenuRead>) -> Result<Json<DishCategories>, Problem> {
    let menu = app.menu.get(&app.db, who.school).await?;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for dish in menu.dishes.values().filter(|dish| !dish.withdrawn) {
        *counts.entry(&dish.category).or_default() += 1;
    }
    let items = counts.into_iter().map(|(name, count)| DishCategory { name: name.into(), count }).collect();
    Ok(Json(DishCategories { items }))
}

/// The barcode of a dish as a picture.
#[utoipa::path(get, path = "/schools/{school}/dishes/{id}/barcode.svg", tag = "menu",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 200, content_type = "image/svg+xml"), (status = 404)), security(("session" = ["menu.read"])))]
async fn picture(
    State(app): State<App>,
    who: Allowed<perm::MenuRead>,
    Path(path): Path<IdPath>,
) -> Result<Response, Problem> {
    let dish = find(&app, who.school, path.id).await?;
    let svg = barcode::svg(&dish.barcode).ok_or_else(Problem::absent)?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}

#[derive(Serialize, ToSchema)]
struct BarcodeSheet {
    items: Vec<BarcodeCard>,
}

#[derive(Serialize, ToSchema)]
struct BarcodeCard {
    dish: Uuid,
    name: String,
    price: Money,
    barcode: String,
    svg: String,
}

/// Barcodes to print and put on the counter.
#[utoipa::path(get, path = "/schools/{school}/dishes/barcodes", tag = "menu", params(("school" = Uuid, Path), Filter),
    responses((status = 200, body = BarcodeSheet)), security(("session" = ["menu.read"])))]
async fn sheet(
    State(app): State<App>,
    who: Allowed<perm::MenuRead>,
    Params(filter): Params<Filter>,
) -> Result<Json<BarcodeSheet>, Problem> {
    let found = matching(&app, who.school, &filter).await?;
    let card = |dish: DishRow| {
        let svg = barcode::svg(&dish.barcode)?;
        Some(BarcodeCard {
            dish: dish.id.uuid(),
            name: dish.name,
            price: dish.price.into(),
            barcode: dish.barcode,
            svg,
        })
    };
    Ok(Json(BarcodeSheet { items: found.into_iter().filter_map(card).collect() }))
}

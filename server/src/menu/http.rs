//! Dishes over HTTP: list, edit by revisions, withdraw and restore, barcodes to print.

use super::barcode;
use super::edit::{self, Change, PutDish};
use super::store::{self, DishRow};
use crate::App;
use crate::plumbing::http::{Body, Money, Page, Params, Path, Problem};
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{CanteenId, DishId, StallId};

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
    /// Sold by weight: the price is for a kilogram.
    weighed: bool,
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
        weighed: dish.weighed,
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

/// Add a dish.
#[utoipa::path(post, path = "/schools/{school}/dishes", tag = "menu", params(("school" = Uuid, Path)),
    request_body = PutDish, responses((status = 201, body = Dish), (status = 403), (status = 409), (status = 422)),
    security(("session" = ["menu.edit"])))]
async fn create(
    State(app): State<App>,
    who: Allowed<perm::MenuEdit>,
    Body(ask): Body<PutDish>,
) -> Result<(StatusCode, Json<Dish>), Problem> {
    let dish = edit::change(&app, &who, None, Change::Add(ask)).await?;
    Ok((StatusCode::CREATED, Json(wire(&dish))))
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

/// Change a dish. A new name, price or way of pricing is a new revision; old purchases keep theirs.
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
    edit(&app, &who, path, Change::Edit(ask)).await
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
    edit(&app, &who, path, Change::Withdraw).await
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
    edit(&app, &who, path, Change::Restore).await
}

async fn edit(app: &App, who: &Allowed<perm::MenuEdit>, path: IdPath, change: Change) -> Result<Json<Dish>, Problem> {
    edit::change(app, who, Some(DishId::new(path.id)), change).await.map(|dish| Json(wire(&dish)))
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
    /// The price is for a kilogram.
    weighed: bool,
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
        weighed: row.weighed,
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
    weighed: bool,
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
            weighed: dish.weighed,
            barcode: dish.barcode,
            svg,
        })
    };
    Ok(Json(BarcodeSheet { items: found.into_iter().filter_map(card).collect() }))
}

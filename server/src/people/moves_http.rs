//! Plans without a file, over HTTP: the yearly promotion, a transfer, a leaving.

use super::moves::{self, Move, last_day, readable_class};
use super::plan_store::{self, PlanRow};
use super::plan_wire::{Plan, wire};
use super::plans::{self, Summary};
use super::plans_http::keep_plan;
use super::promotion::{self, Warning};
use super::store;
use crate::App;
use crate::plumbing::http::{Body, Problem};
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{PersonId, PlanId, SchoolId, Timestamp};

const REASON_CHARS_MAX: usize = 100;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(promote)).routes(routes!(transfer)).routes(routes!(leave))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Promotion {
    /// The last day of those who graduate.
    on: String,
    /// Classes whose next name does not follow from their own; null graduates.
    #[serde(default)]
    mapping: Vec<PromotedClass>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PromotedClass {
    from_class: String,
    to_name: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Transfer {
    people: Vec<Uuid>,
    to_class: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Leaving {
    people: Vec<Uuid>,
    /// The last day at the school.
    on: String,
    reason: Option<String>,
}

async fn plan_move(
    app: &App,
    who: &Allowed<perm::PeopleImport>,
    kind: &str,
    name: String,
    moving: Move,
) -> Result<(StatusCode, Json<Plan>), Problem> {
    let school = who.school;
    let known = app.db.read(move |tx| store::roster(tx, school)).await?;
    let classes = app.db.read(move |tx| store::classes(tx, school)).await?;
    moves::check(&moving, &known, &classes)?;
    let (rows, mut warnings) = moves::plan_move(&moving, known);
    if matches!(moving, Move::Promotion { .. }) {
        warnings.extend(promoted_before(app, school).await?);
    }
    let summary = Summary { warnings, ..plans::summary_of(&rows, &classes) };
    let plan = PlanRow {
        id: PlanId::new(app.new_id()),
        kind: kind.into(),
        person_kind: "student".into(),
        state: "ready".into(),
        file_name: name,
        sheets: None,
        mapping: String::new(),
        summary: String::new(),
        done: 0,
        total: 0,
        created_at: app.now(),
        created_by: who.principal.user,
        created_by_name: who.principal.name.clone(),
    };
    let plan = keep_plan(app, school, plan, rows, summary, true).await?;
    Ok((StatusCode::CREATED, Json(wire(app, school, plan)?)))
}

async fn promoted_before(app: &App, school: SchoolId) -> Result<Option<Warning>, Problem> {
    let begun = app.db.read(move |tx| plan_store::promotions(tx, school)).await?;
    let moved = begun.into_iter().filter_map(|(summary, made)| {
        let summary: Summary = serde_json::from_str(&summary).unwrap_or_default();
        (summary.change > 0).then_some(summary.applied_at_ms.map_or(made, Timestamp::from_ms))
    });
    Ok(promotion::again(moved.max(), app.now()))
}

fn next_name(i: usize, class: PromotedClass) -> Result<promotion::Named, Problem> {
    let bad = || {
        let (zh, en) =
            ("班级名称为 1 至 40 个字，不能只有符号。", "A class name has 1 to 40 characters, not only signs.");
        Problem::bad("bad_class_name", zh, en).field(&format!("mapping[{i}].to_name"))
    };
    let to = class.to_name.map(|name| readable_class(&name).ok_or_else(bad)).transpose()?;
    Ok((class.from_class, to))
}

/// Plan the yearly promotion: each class goes up a year, the last one leaves.
#[utoipa::path(post, path = "/schools/{school}/plans/promotion", tag = "people", params(("school" = Uuid, Path)),
    request_body = Promotion, responses((status = 201, body = Plan), (status = 422)),
    security(("session" = ["people.import"])))]
async fn promote(
    State(app): State<App>,
    who: Allowed<perm::PeopleImport>,
    Body(ask): Body<Promotion>,
) -> Result<(StatusCode, Json<Plan>), Problem> {
    let on = last_day(&ask.on, app.now().china_day())?;
    let named = ask.mapping.into_iter().enumerate().map(|(i, class)| next_name(i, class)).collect::<Result<_, _>>()?;
    let moving = Move::Promotion { on, named };
    plan_move(&app, &who, "promotion", format!("升级 {}", ask.on), moving).await
}

/// Plan a transfer of people to a class.
#[utoipa::path(post, path = "/schools/{school}/plans/transfer", tag = "people", params(("school" = Uuid, Path)),
    request_body = Transfer, responses((status = 201, body = Plan), (status = 422)),
    security(("session" = ["people.import"])))]
async fn transfer(
    State(app): State<App>,
    who: Allowed<perm::PeopleImport>,
    Body(ask): Body<Transfer>,
) -> Result<(StatusCode, Json<Plan>), Problem> {
    let to_class = readable_class(&ask.to_class).ok_or_else(|| {
        Problem::bad("bad_class", "请填写班级，1 至 40 个字。", "Name the class, in 1 to 40 characters.")
            .field("to_class")
    })?;
    let people = ask.people.into_iter().map(PersonId::new).collect();
    plan_move(&app, &who, "transfer", format!("转入 {to_class}"), Move::Transfer { people, to_class: to_class.clone() })
        .await
}

/// Plan that people leave the school.
#[utoipa::path(post, path = "/schools/{school}/plans/leaving", tag = "people", params(("school" = Uuid, Path)),
    request_body = Leaving, responses((status = 201, body = Plan), (status = 422)),
    security(("session" = ["people.import"])))]
async fn leave(
    State(app): State<App>,
    who: Allowed<perm::PeopleImport>,
    Body(ask): Body<Leaving>,
) -> Result<(StatusCode, Json<Plan>), Problem> {
    let on = last_day(&ask.on, app.now().china_day())?;
    let people = ask.people.into_iter().map(PersonId::new).collect();
    let reason = ask.reason.unwrap_or_default().trim().to_owned();
    if reason.chars().count() > REASON_CHARS_MAX {
        let zh = format!("原因最多 {REASON_CHARS_MAX} 个字。");
        let en = format!("A reason has at most {REASON_CHARS_MAX} characters.");
        return Err(Problem::bad("bad_reason", zh, en).field("reason"));
    }
    let name = format!("离校 {} {reason}", ask.on).trim().to_owned();
    plan_move(&app, &who, "leaving", name, Move::Leaving { people, on }).await
}

//! Plans over HTTP: upload, map, look, apply, fetch what was refused.

use super::import::columns::{Field, Mapping};
use super::import::plan::PlannedRow;
use super::import::read;
use super::import::sheet::{self, Sheet};
use super::import::workbook;
use super::plan_jobs;
use super::plan_store::{self, PlanRow};
use super::plan_wire::{Plan, PlanRowWire, row_wire, wire};
use super::plans::{self, Summary, open_json, place, seal_json};
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Page, Params, Path, Problem};
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{PlanId, SchoolId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(upload))
        .routes(routes!(list))
        .routes(routes!(template))
        .routes(routes!(show, discard))
        .routes(routes!(map))
        .routes(routes!(rows))
        .routes(routes!(apply_plan))
        .routes(routes!(refused))
}

/// A file and who is in it.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the shape of a multipart body, for the document")]
struct Upload {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// student or staff
    kind: String,
}

fn bad_upload() -> Problem {
    let (zh, en) = ("请选择一个文件上传。", "Choose a file to upload.");
    Problem::bad("no_file", zh, en).field("file")
}

async fn parts_of(mut form: Multipart) -> Result<(String, Vec<u8>, String), Problem> {
    let (mut name, mut bytes, mut kind) = (String::new(), Vec::new(), String::from("student"));
    while let Some(field) = form.next_field().await.map_err(|_| bad_upload())? {
        match field.name() {
            Some("file") => {
                name = field.file_name().unwrap_or("upload").chars().take(120).collect();
                bytes = field.bytes().await.map_err(|_| bad_upload())?.to_vec();
            }
            Some("kind") => kind = field.text().await.map_err(|_| bad_upload())?,
            _ => {}
        }
    }
    if bytes.is_empty() {
        return Err(bad_upload());
    }
    if !["student", "staff"].contains(&kind.as_str()) {
        return Err(Problem::bad("bad_kind", "请选择学生或教职工。", "Choose students or staff.").field("kind"));
    }
    Ok((name, bytes, kind))
}

/// Upload the school's own list. Nothing is changed; a plan comes back.
#[utoipa::path(post, path = "/schools/{school}/plans/import", tag = "people", params(("school" = Uuid, Path)),
    request_body(content = Upload, content_type = "multipart/form-data"),
    responses((status = 201, body = Plan), (status = 422)), security(("session" = ["people.import"])))]
async fn upload(
    State(app): State<App>,
    who: Allowed<perm::PeopleImport>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<(StatusCode, Json<Plan>), Problem> {
    let (file_name, bytes, person_kind) = parts_of(form.map_err(|_| bad_upload())?).await?;
    let read = tokio::task::spawn_blocking(move || read::read(&bytes)).await;
    // A reader that panics on a broken file is a broken file.
    let read = read.unwrap_or(Err(sheet::SheetError::Unreadable));
    let sheets = read.map_err(|why| {
        let (zh, en) = why.words();
        Problem::bad(why.code(), zh, en).field("file")
    })?;
    let mapping = plans::propose_mapping(&sheets);
    let plan = PlanRow {
        id: PlanId::new(app.new_id()),
        kind: "import".into(),
        person_kind,
        state: String::new(),
        file_name,
        sheets: None,
        mapping: String::new(),
        summary: String::new(),
        done: 0,
        total: 0,
        created_at: app.now(),
        created_by: who.principal.user,
        created_by_name: who.principal.name.clone(),
    };
    let plan = with_mapping(&app, who.school, plan, sheets, mapping, true).await?;
    Ok((StatusCode::CREATED, Json(wire(&app, who.school, plan)?)))
}

/// Plans the file under this mapping and keeps both.
async fn with_mapping(
    app: &App,
    school: SchoolId,
    mut plan: PlanRow,
    sheets: Vec<Sheet>,
    mapping: Mapping,
    is_new: bool,
) -> Result<PlanRow, Problem> {
    plan.state = plans::state_after(&mapping, plan.person_kind == "student").into();
    plan.sheets = Some(seal_json(&app.seal, &place(school, plan.id, "sheets"), &sheets));
    plan.mapping = serde_json::to_string(&mapping).expect("a mapping is JSON");
    let (rows, summary) = if plan.state == "ready" {
        plans::plan_file(app, school, &plan.person_kind, sheets, mapping).await?
    } else {
        (Vec::new(), Summary::default())
    };
    keep_plan(app, school, plan, rows, summary, is_new).await
}

pub(super) async fn keep_plan(
    app: &App,
    school: SchoolId,
    mut plan: PlanRow,
    rows: Vec<PlannedRow>,
    summary: Summary,
    is_new: bool,
) -> Result<PlanRow, Problem> {
    plan.summary = summary.text();
    plan.total = rows.len() as i64;
    let sealed = plans::sealed_rows(&app.seal, school, plan.id, &rows);
    let kept = plan.clone();
    let kept = app.db.write("keep a plan", move |tx| plans::keep(tx, school, &kept, &sealed, is_new)).await?;
    kept.map(|()| plan).map_err(|state| not_open(&state))
}

#[derive(Deserialize)]
struct PlanPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

async fn find(app: &App, school: SchoolId, id: Uuid) -> Result<PlanRow, Problem> {
    let id = PlanId::new(id);
    app.db.read(move |tx| plan_store::find(tx, school, id)).await?.ok_or_else(Problem::absent)
}

/// A plan.
#[utoipa::path(get, path = "/schools/{school}/plans/{id}", tag = "people",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 200, body = Plan), (status = 404)),
    security(("session" = ["people.import"])))]
async fn show(
    State(app): State<App>,
    who: Allowed<perm::PeopleImport>,
    Path(path): Path<PlanPath>,
) -> Result<Json<Plan>, Problem> {
    let row = find(&app, who.school, path.id).await?;
    wire(&app, who.school, row).map(Json)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PlanList {
    limit: Option<i64>,
    cursor: Option<Uuid>,
}

/// Plans, newest first.
#[utoipa::path(get, path = "/schools/{school}/plans", tag = "people", params(("school" = Uuid, Path), PlanList),
    responses((status = 200, body = Page<Plan>)), security(("session" = ["people.import"])))]
async fn list(
    State(app): State<App>,
    who: Allowed<perm::PeopleImport>,
    Params(ask): Params<PlanList>,
) -> Result<Json<Page<Plan>>, Problem> {
    let (rows, before) = (ask.limit.unwrap_or(20).clamp(1, 200), ask.cursor.map(PlanId::new));
    let found = app.db.read(move |tx| plan_store::list(tx, who.school, before, rows + 1)).await?;
    let plans = found.into_iter().map(|row| wire(&app, who.school, row)).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(Page::cut(plans, rows, |plan| plan.id.to_string())))
}

/// Why a plan in this state does not take what was asked.
fn not_open(state: &str) -> Problem {
    let (code, zh, en) = match state {
        "mapping" => ("mapping_missing", "请先确认各列的对应关系。", "Confirm the columns first."),
        "applying" => {
            ("plan_started", "此方案正在执行，不能再改动。", "This plan is being applied and can't be changed.")
        }
        _ => {
            ("plan_finished", "此方案已执行或已放弃，请重新上传。", "This plan was applied or discarded; upload again.")
        }
    };
    Problem::conflict(code, zh, en).with("state", state)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutMapping {
    columns: Vec<MappedColumn>,
    /// The row of the headers, from 1.
    header_row: Option<usize>,
    /// The name of another sheet of the file.
    sheet: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MappedColumn {
    index: usize,
    field: Option<String>,
}

/// Say which column is which.
#[utoipa::path(put, path = "/schools/{school}/plans/{id}/mapping", tag = "people",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = PutMapping,
    responses((status = 200, body = Plan), (status = 409), (status = 422)), security(("session" = ["people.import"])))]
async fn map(
    State(app): State<App>,
    who: Allowed<perm::PeopleImport>,
    Path(path): Path<PlanPath>,
    Body(ask): Body<PutMapping>,
) -> Result<Json<Plan>, Problem> {
    let plan = find(&app, who.school, path.id).await?;
    let sealed = plan.sheets.clone().filter(|_| ["mapping", "ready"].contains(&plan.state.as_str()));
    let sealed = sealed.ok_or_else(|| not_open(&plan.state))?;
    let sheets: Vec<Sheet> = open_json(&app.seal, &place(who.school, plan.id, "sheets"), &sealed)?;
    let old: Mapping = serde_json::from_str(&plan.mapping).map_err(|_| Problem::absent())?;
    let sheet = match &ask.sheet {
        Some(name) => sheets.iter().position(|sheet| sheet.name == *name).ok_or_else(|| {
            Problem::bad("unknown_sheet", "文件中没有此工作表。", "The file has no such sheet.").field("sheet")
        })?,
        None => old.sheet,
    };
    let header_row = ask.header_row.map_or(old.header_row, |row| row.saturating_sub(1));
    if header_row >= sheets[sheet].rows.len() {
        let (zh, en) = ("标题行超出了表格。", "The header row lies outside the sheet.");
        return Err(Problem::bad("bad_header_row", zh, en).field("header_row"));
    }
    let mut columns = vec![None; sheet::COLUMNS_MAX];
    for (i, column) in ask.columns.iter().enumerate() {
        let unknown = || {
            let (zh, en) = ("列或字段不存在，或字段重复。", "No such column or field, or a field twice.");
            Problem::bad("bad_mapping", zh, en).field(&format!("columns[{i}]"))
        };
        let field = column.field.as_deref().map(|word| Field::from_word(word).ok_or_else(unknown)).transpose()?;
        let word = field.map(|field| field.word().to_owned());
        if column.index >= columns.len() || (word.is_some() && columns.contains(&word)) {
            return Err(unknown());
        }
        columns[column.index] = word;
    }
    let mapping = Mapping { sheet, header_row, columns, headers: Vec::new() }.with_headers(&sheets);
    let plan = with_mapping(&app, who.school, plan, sheets, mapping, false).await?;
    wire(&app, who.school, plan).map(Json)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RowFilter {
    /// add, change, same or refuse
    verdict: Option<String>,
    limit: Option<i64>,
    cursor: Option<i64>,
}

/// The rows of a plan with their verdicts.
#[utoipa::path(get, path = "/schools/{school}/plans/{id}/rows", tag = "people",
    params(("school" = Uuid, Path), ("id" = Uuid, Path), RowFilter),
    responses((status = 200, body = Page<PlanRowWire>), (status = 404)), security(("session" = ["people.import"])))]
async fn rows(
    State(app): State<App>,
    who: Allowed<perm::PeopleImport>,
    Path(path): Path<PlanPath>,
    Params(filter): Params<RowFilter>,
) -> Result<Json<Page<PlanRowWire>>, Problem> {
    let plan = find(&app, who.school, path.id).await?.id;
    let (limit, after) = (filter.limit.unwrap_or(50).clamp(1, 200), filter.cursor.unwrap_or(0));
    let sealed = app
        .db
        .read(move |tx| plan_store::rows(tx, who.school, plan, after, filter.verdict.as_deref(), limit + 1))
        .await?;
    let place = place(who.school, plan, "row");
    let open = |(_, body): &(i64, Vec<u8>)| open_json(&app.seal, &place, body).map(row_wire);
    let rows = sealed.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(Page::cut(rows, limit, |row| row.row.to_string())))
}

/// Apply the plan. Answers at once; ask for the plan to see its progress. Asking again goes on where it stopped.
#[utoipa::path(post, path = "/schools/{school}/plans/{id}/apply", tag = "people",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 202, body = Plan), (status = 409)), security(("session" = ["people.import"])))]
async fn apply_plan(
    State(app): State<App>,
    who: Allowed<perm::PeopleImport>,
    Path(path): Path<PlanPath>,
) -> Result<(StatusCode, Json<Plan>), Problem> {
    let (school, id, note) = (who.school, PlanId::new(path.id), who.note(&app));
    let start = move |tx: &mut Tx<'_>| {
        let Some(plan) = plan_store::find(tx, school, id)? else { return Ok(None) };
        if plan.state == "ready" {
            let summary = Summary { asked_by: Some(note.actor.user), ..Summary::of(&plan) };
            plan_store::set_progress(tx, school, id, "applying", plan.done, &summary.text())?;
        }
        Ok(Some(plan.state))
    };
    let state = app.db.write("start a plan", start).await?.ok_or_else(Problem::absent)?;
    match state.as_str() {
        "ready" | "applying" => {
            plan_jobs::begin(&app, school, id, note);
        }
        "applied" => {}
        other => return Err(not_open(other)),
    }
    let row = find(&app, school, path.id).await?;
    Ok((StatusCode::ACCEPTED, Json(wire(&app, school, row)?)))
}

/// Discard a plan that was not applied.
#[utoipa::path(delete, path = "/schools/{school}/plans/{id}", tag = "people",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 204), (status = 409)),
    security(("session" = ["people.import"])))]
async fn discard(
    State(app): State<App>,
    who: Allowed<perm::PeopleImport>,
    Path(path): Path<PlanPath>,
) -> Result<StatusCode, Problem> {
    let (school, id) = (who.school, PlanId::new(path.id));
    let write = move |tx: &mut Tx<'_>| {
        let Some(plan) = plan_store::find(tx, school, id)? else { return Ok(None) };
        if ["mapping", "ready"].contains(&plan.state.as_str()) {
            plan_store::set_progress(tx, school, id, "discarded", 0, &plan.summary)?;
            plan_store::forget_sheets(tx, school, id)?;
            plan_store::replace_rows(tx, school, id, &[])?;
        }
        Ok(Some(plan.state))
    };
    match app.db.write("discard a plan", write).await?.ok_or_else(Problem::absent)?.as_str() {
        "mapping" | "ready" | "discarded" => Ok(StatusCode::NO_CONTENT),
        other => Err(not_open(other)),
    }
}

fn workbook_answer(bytes: Result<Vec<u8>, rust_xlsxwriter::XlsxError>, name: &str) -> Result<Response, Problem> {
    let bytes = bytes.map_err(|why| {
        tracing::error!(%why, "a workbook can't be written");
        Problem::absent()
    })?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let disposition = format!("attachment; filename=\"{name}\"");
    Ok(([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response())
}

/// The refused rows as an Excel file with a column of reasons.
#[utoipa::path(get, path = "/schools/{school}/plans/{id}/refused.xlsx", tag = "people",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = 404)),
    security(("session" = ["people.import"])))]
async fn refused(
    State(app): State<App>,
    who: Allowed<perm::PeopleImport>,
    Path(path): Path<PlanPath>,
) -> Result<Response, Problem> {
    let plan = find(&app, who.school, path.id).await?;
    let (school, id) = (who.school, plan.id);
    let limit = sheet::ROWS_MAX as i64;
    let sealed = app.db.read(move |tx| plan_store::rows(tx, school, id, 0, Some("refuse"), limit)).await?;
    let place_of_rows = place(school, id, "row");
    let open = |(_, body): &(i64, Vec<u8>)| open_json::<PlannedRow>(&app.seal, &place_of_rows, body);
    let rows = sealed.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    // A move has no file, and so no headers of its own.
    let mapping = serde_json::from_str::<Mapping>(&plan.mapping).ok().filter(|_| plan.kind == "import");
    let headers = mapping.map_or(vec!["学号".to_owned(), "姓名".to_owned()], |mapping| mapping.headers);
    workbook_answer(workbook::refused(&headers, &rows), "refused.xlsx")
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TemplateAsk {
    /// student or staff
    kind: Option<String>,
}

/// An empty sheet with the headers, and notes with an example.
#[utoipa::path(get, path = "/schools/{school}/plans/template.xlsx", tag = "people",
    params(("school" = Uuid, Path), TemplateAsk),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")),
    security(("session" = ["people.import"])))]
async fn template(who: Allowed<perm::PeopleImport>, Params(ask): Params<TemplateAsk>) -> Result<Response, Problem> {
    let _ = who;
    workbook_answer(workbook::template(ask.kind.as_deref() != Some("staff")), "template.xlsx")
}

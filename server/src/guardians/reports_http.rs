//! Wrong data: a guardian says so, the office answers.

use super::binding::right;
use super::guard::OfChild;
use super::reports_store::{self as store, NewReport, ReportRow};
use super::{bindings_store, tell};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Page, Params, Path, Problem, like, named};
use crate::plumbing::seal::Seal;
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{DataReportId, NoticeId};

/// What can be wrong, with its words for messages.
const FIELDS: [(&str, &str, &str); 5] = [
    ("name", "姓名", "name"),
    ("class", "班级", "class"),
    ("number", "学号", "number"),
    ("phone", "手机号", "phone"),
    ("other", "其他信息", "other data"),
];

/// A field in both languages.
pub(super) fn field_words(word: &str) -> (&'static str, &'static str) {
    FIELDS.iter().find(|(known, ..)| *known == word).map_or(("信息", "data"), |(_, zh, en)| (*zh, *en))
}

const TEXT_CHARS_MAX: usize = 500;
/// Of one guardian for one child, waiting for an answer.
const OPEN_MAX: usize = 10;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(own, report)).routes(routes!(list)).routes(routes!(answer))
}

fn text_place(id: DataReportId) -> String {
    format!("data_report.text/{id}")
}

fn answer_place(id: DataReportId) -> String {
    format!("data_report.answer/{id}")
}

fn opened(seal: &Seal, place: &str, sealed: &[u8]) -> String {
    seal.open(place, sealed).ok().and_then(|plain| String::from_utf8(plain).ok()).unwrap_or_default()
}

fn said(field: &str, text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if (2..=TEXT_CHARS_MAX).contains(&text.chars().count()) {
        return Ok(text.to_owned());
    }
    let (zh, en) = ("请填写 2 至 500 个字。", "Write 2 to 500 characters.");
    Err(Problem::bad("bad_text", zh, en).field(field))
}

/// What a guardian says is wrong, and what the school answered.
#[derive(Serialize, ToSchema)]
struct DataReport {
    id: Uuid,
    /// name, class, number, phone or other
    field: String,
    text: String,
    /// open or answered
    state: String,
    answer: Option<String>,
    at: String,
    answered_at: Option<String>,
}

fn wire(seal: &Seal, row: &ReportRow) -> DataReport {
    DataReport {
        id: row.id.uuid(),
        field: row.field.clone(),
        text: opened(seal, &text_place(row.id), &row.text),
        state: if row.answered_at.is_some() { "answered" } else { "open" }.to_owned(),
        answer: row.answer.as_deref().map(|sealed| opened(seal, &answer_place(row.id), sealed)),
        at: row.at.to_string(),
        answered_at: row.answered_at.map(|at| at.to_string()),
    }
}

#[derive(Serialize, ToSchema)]
struct DataReports {
    items: Vec<DataReport>,
}

/// What this guardian told the school about this child, the newest first.
#[utoipa::path(get, path = "/guardian/children/{binding}/data-reports", tag = "guardians",
    params(("binding" = Uuid, Path)), responses((status = 200, body = DataReports)),
    security(("guardian" = ["see"])))]
async fn own(State(app): State<App>, who: OfChild<right::See>) -> Result<Json<DataReports>, Problem> {
    let binding = who.binding;
    let rows = app.db.read(move |tx| store::of_binding(tx, binding)).await?;
    Ok(Json(DataReports { items: rows.iter().map(|row| wire(&app.seal, row)).collect() }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewDataReport {
    id: Uuid,
    /// name, class, number, phone or other
    field: String,
    /// What is wrong, and what would be right.
    text: String,
}

/// Tell the school that something is wrong. The same name with the same content gets the first answer.
#[utoipa::path(post, path = "/guardian/children/{binding}/data-reports", tag = "guardians",
    params(("binding" = Uuid, Path)), request_body = NewDataReport,
    responses((status = 201, body = DataReport), (status = 409), (status = 422)), security(("guardian" = ["see"])))]
async fn report(
    State(app): State<App>,
    who: OfChild<right::See>,
    Body(ask): Body<NewDataReport>,
) -> Result<(StatusCode, Json<DataReport>), Problem> {
    let id: DataReportId = named("id", ask.id)?;
    let field = FIELDS.iter().find(|(word, ..)| *word == ask.field).map(|(word, ..)| *word).ok_or_else(|| {
        let (zh, en) = ("请选择哪一项有误。", "Choose what is wrong.");
        Problem::bad("unknown_field", zh, en).field("field")
    })?;
    let text = said("text", &ask.text)?;
    let sealed = app.seal.seal(&text_place(id), text.as_bytes());
    let new = NewReport {
        id,
        school: who.school,
        person: who.person,
        binding: who.binding,
        guardian: who.guardian.id(),
        field,
        text: sealed,
        at: app.now(),
    };
    let (note, seal) = (who.note(&app), app.seal.clone());
    let write = move |tx: &mut Tx<'_>| {
        if let Some(row) = store::find_report(tx, id)? {
            let same = row.binding == new.binding && row.field == field && wire(&seal, &row).text == text;
            let (zh, en) = ("此编号已用于另一条报告。", "This name stands for another report.");
            return Ok(if same { Ok(row) } else { Err(Problem::conflict("name_taken", zh, en)) });
        }
        let open = store::of_binding(tx, new.binding)?.iter().filter(|row| row.answered_at.is_none()).count();
        if open >= OPEN_MAX {
            let (zh, en) = ("已有 10 条报告等待学校答复。", "Ten reports wait for the school's answer.");
            return Ok(Err(Problem::bad("too_many_reports", zh, en)));
        }
        store::insert_report(tx, &new)?;
        tell::data_reported(tx, &new)?;
        let row = store::find_report(tx, id)?.ok_or(DbError::Broken("a report was just put".into()))?;
        let subject = Subject("data_report", &id.to_string(), &row.name);
        note.record(tx, "data_report.make", subject, json!(null), json!({"field": field}))?;
        Ok(Ok(row))
    };
    let row = app.db.write("report wrong data", write).await??;
    Ok((StatusCode::CREATED, Json(wire(&app.seal, &row))))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// open or answered
    state: Option<String>,
    /// A part of the child's name or number.
    q: Option<String>,
    limit: Option<i64>,
    cursor: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
struct SchoolDataReports {
    items: Vec<SchoolDataReport>,
    next: Option<String>,
    /// How many wait for an answer.
    open: i64,
}

#[derive(Serialize, ToSchema)]
struct SchoolDataReport {
    report: DataReport,
    person: Uuid,
    name: String,
    number: String,
    class: Option<String>,
    phone_mask: String,
}

fn of_school(seal: &Seal, row: ReportRow) -> SchoolDataReport {
    let report = wire(seal, &row);
    let ReportRow { person, name, number, class, phone_mask, .. } = row;
    SchoolDataReport { report, person: person.uuid(), name, number, class, phone_mask }
}

/// What guardians say is wrong, the newest first.
#[utoipa::path(get, path = "/schools/{school}/data-reports", tag = "guardians",
    params(("school" = Uuid, Path), Filter), responses((status = 200, body = SchoolDataReports)),
    security(("session" = ["bindings.read"])))]
async fn list(
    State(app): State<App>,
    who: Allowed<perm::BindingsRead>,
    Params(filter): Params<Filter>,
) -> Result<Json<SchoolDataReports>, Problem> {
    let rows = filter.limit.unwrap_or(50).clamp(1, 200);
    let ask = store::Filter {
        state: filter.state.unwrap_or_default(),
        like: like(filter.q.as_deref()),
        before: filter.cursor,
        limit: rows + 1,
        pupils: who.pupils(),
    };
    let school = who.school;
    let read = move |tx: &mut Tx<'_>| Ok((store::list(tx, school, &ask)?, store::open(tx, school, ask.pupils)?));
    let (found, open) = app.db.read(read).await?;
    let items = found.into_iter().map(|row| of_school(&app.seal, row)).collect();
    let page = Page::cut(items, rows, |one: &SchoolDataReport| one.report.id.to_string());
    Ok(Json(SchoolDataReports { items: page.items, next: page.next, open }))
}

#[derive(Deserialize)]
struct ReportPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AnswerReport {
    /// The guardian reads it.
    answer: String,
}

/// Answer a report; the guardian is told. (The data itself is changed where people are changed.)
#[utoipa::path(put, path = "/schools/{school}/data-reports/{id}/answer", tag = "guardians",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = AnswerReport,
    responses((status = 200, body = SchoolDataReport), (status = 404), (status = 409), (status = 422)),
    security(("session" = ["bindings.manage"])))]
async fn answer(
    State(app): State<App>,
    who: Allowed<perm::BindingsManage>,
    Path(path): Path<ReportPath>,
    Body(ask): Body<AnswerReport>,
) -> Result<Json<SchoolDataReport>, Problem> {
    let (school, id, note) = (who.school, DataReportId::new(path.id), who.note(&app));
    let text = said("answer", &ask.answer)?;
    let (seal, notice) = (app.seal.clone(), NoticeId::new(app.new_id()));
    let write = move |tx: &mut Tx<'_>| {
        let Some(row) = store::find_report(tx, id)?.filter(|row| row.school == school) else {
            return Ok(Err(Problem::absent()));
        };
        if row.answered_at.is_some() {
            let same = wire(&seal, &row).answer.as_deref() == Some(&text);
            let (zh, en) = ("这条报告已答复。", "This report was answered.");
            return Ok(if same { Ok(row) } else { Err(Problem::conflict("already_answered", zh, en)) });
        }
        store::answer(tx, id, &seal.seal(&answer_place(id), text.as_bytes()), note.at, note.actor.user)?;
        // Who is not bound any more is not told.
        let open = bindings_store::find_binding(tx, row.binding)?.filter(|binding| binding.open_child().is_some());
        if let Some(binding) = open {
            let words = FIELDS.iter().find(|(word, ..)| *word == row.field).map_or(("", ""), |(_, zh, en)| (zh, en));
            tell::report_answered(tx, &binding, &row.name, (words, &text), (notice, note.at))?;
        }
        let subject = Subject("data_report", &id.to_string(), &row.name);
        note.record(tx, "data_report.answer", subject, json!({"state": "open"}), json!({"state": "answered"}))?;
        let row = store::find_report(tx, id)?.ok_or(DbError::Broken("a report was just answered".into()))?;
        Ok(Ok(row))
    };
    let row = app.db.write("answer a report", write).await??;
    Ok(Json(of_school(&app.seal, row)))
}

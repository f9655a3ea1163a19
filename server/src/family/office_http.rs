//! Complaints as the office works them off: list, answer, and giving the money back while an undo is still possible.

use super::complaint::Answer;
use super::complaints_http::ComplaintWire;
use super::complaints_store::{self as store, Filter, OfficeRow};
use super::lines;
use super::told::{About, Message, To};
use crate::App;
use crate::guardians;
use crate::notices::{self, Kind};
use crate::people;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Money, Page, PageAsk, Params, Path, Problem, like, named};
use crate::purchases::{Kept, Sale, Undo, UndoOutcome, Until, undo};
use crate::schools::{Facts, facts_of};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, Permission, perm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_purchase::UndoRefusal;
use yitong_values::{ComplaintId, EntryId, SchoolId, StallId, Timestamp};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show)).routes(routes!(answer))
}

/// A complaint as the office reads it.
#[derive(Serialize, ToSchema)]
struct OfficeComplaint {
    #[serde(flatten)]
    complaint: ComplaintWire,
    overdue: bool,
    person: ComplaintPerson,
    guardian: ComplaintGuardian,
    /// What was bought; null when the entry can't be read.
    bought: Option<ComplaintPurchase>,
    answered_by: Option<String>,
    refund: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
struct ComplaintPerson {
    id: Uuid,
    name: String,
    number: String,
    class: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ComplaintGuardian {
    name: String,
    phone_mask: String,
    /// father, mother, grandparent or other
    relation: String,
}

#[derive(Serialize, ToSchema)]
struct ComplaintPurchase {
    at: String,
    amount: Money,
    place: String,
    /// 红烧肉×1、米饭×1
    dishes: String,
}

fn wire(row: OfficeRow, facts: &Facts, now: Timestamp) -> OfficeComplaint {
    let of = row.complaint;
    let kept: Kept = serde_json::from_str(&row.detail).unwrap_or_default();
    let dishes: Vec<_> = kept.items.iter().map(|item| format!("{}×{}", item.n, item.c)).collect();
    let bought = row.bought_at.map(|at| ComplaintPurchase {
        at: at.to_string(),
        amount: Money { fen: row.amount },
        place: lines::place(facts, row.stall.map(StallId::new), &kept.stall_name),
        dishes: dishes.join("、"),
    });
    OfficeComplaint {
        overdue: of.answer.is_none() && of.due_at < now,
        person: ComplaintPerson { id: of.person.uuid(), name: row.name, number: row.number, class: row.class },
        guardian: ComplaintGuardian { name: row.guardian_name, phone_mask: row.phone_mask, relation: row.relation },
        bought,
        answered_by: row.answered_by,
        refund: of.answer.as_ref().and_then(|answer| answer.refund).map(EntryId::uuid),
        complaint: of.into(),
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ComplaintsAsk {
    /// A part of the child's name or number, or of the text.
    q: Option<String>,
    /// open, answered or refunded
    state: Option<String>,
    /// Only those that should have been answered by now.
    overdue: Option<bool>,
}

/// A page of complaints with what waits in all.
#[derive(Serialize, ToSchema)]
struct Complaints {
    items: Vec<OfficeComplaint>,
    next: Option<String>,
    open: i64,
    overdue: i64,
}

fn cursor(text: &str) -> Result<(Timestamp, Uuid), Problem> {
    let read = || {
        let (at, id) = text.split_once('.')?;
        Some((Timestamp::from_ms(at.parse().ok()?), id.parse().ok()?))
    };
    let (zh, en) = ("翻页参数有误。", "A cursor is the `next` of the page before.");
    read().ok_or_else(|| Problem::bad("bad_cursor", zh, en).field("cursor"))
}

/// Complaints of guardians, newest first.
#[utoipa::path(get, path = "/schools/{school}/complaints", tag = "family",
    params(("school" = Uuid, Path), ComplaintsAsk, PageAsk), responses((status = 200, body = Complaints)),
    security(("session" = ["complaints.answer"])))]
async fn list(
    State(app): State<App>,
    who: Allowed<perm::ComplaintsAnswer>,
    Params(ask): Params<ComplaintsAsk>,
    Params(page): Params<PageAsk>,
) -> Result<Json<Complaints>, Problem> {
    let (school, now, rows) = (who.school, app.now(), page.rows());
    let overdue = ask.overdue == Some(true);
    let state = ask.state.unwrap_or_default();
    if !["", "open", "answered", "refunded"].contains(&state.as_str()) {
        let (zh, en) = ("状态为 open、answered 或 refunded。", "A state is open, answered or refunded.");
        return Err(Problem::bad("bad_state", zh, en).field("state"));
    }
    let filter = Filter {
        before: page.cursor.as_deref().map(cursor).transpose()?,
        state: if overdue { "open".into() } else { state },
        due_before: overdue.then_some(now),
        id: None,
        like: like(ask.q.as_deref()),
        limit: rows + 1,
    };
    let facts = facts_of(&app, school).await?;
    let read = move |tx: &mut Tx<'_>| Ok((store::list(tx, school, &filter)?, store::open(tx, school, now)?));
    let (found, (open, overdue)) = app.db.read(read).await?;
    let next = |row: &OfficeRow| format!("{}.{}", row.complaint.at.ms(), row.complaint.id);
    let Page { items, next } = Page::cut(found, rows, next).map(|row| wire(row, &facts, now));
    Ok(Json(Complaints { items, next, open, overdue }))
}

#[derive(Deserialize)]
struct IdPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

async fn one(app: &App, school: SchoolId, id: ComplaintId) -> Result<Json<OfficeComplaint>, Problem> {
    let facts = facts_of(app, school).await?;
    let filter = Filter { id: Some(id), limit: 1, ..Filter::default() };
    let row = app.db.read(move |tx| store::list(tx, school, &filter)).await?.into_iter().next();
    row.map(|row| Json(wire(row, &facts, app.now()))).ok_or_else(Problem::absent)
}

/// One complaint.
#[utoipa::path(get, path = "/schools/{school}/complaints/{id}", tag = "family",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = OfficeComplaint), (status = 404)),
    security(("session" = ["complaints.answer"])))]
async fn show(
    State(app): State<App>,
    who: Allowed<perm::ComplaintsAnswer>,
    Path(path): Path<IdPath>,
) -> Result<Json<OfficeComplaint>, Problem> {
    one(&app, who.school, ComplaintId::new(path.id)).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ComplaintAnswer {
    /// What the guardian reads, 2 to 500 characters.
    text: String,
    /// To give the money back: the name of the reversal, made by the client. The purchase is undone as at the counter;
    /// when it can't be any more, nothing is answered and the reason is said.
    refund: Option<Uuid>,
}

fn too_late(refusal: UndoRefusal) -> Problem {
    match refusal {
        UndoRefusal::AlreadyReversed => {
            let (zh, en) = ("这笔消费已撤销，请直接答复。", "The purchase was undone already; just answer.");
            Problem::conflict("already_reversed", zh, en).field("refund")
        }
        UndoRefusal::DayOver => {
            let zh = "当天之后不能撤销消费。请答复处理办法，款项另由财务处理。";
            let en = "A purchase can be undone on its day only. Answer what will be done; finance settles the money.";
            Problem::conflict("too_late", zh, en).field("refund")
        }
        UndoRefusal::TooLate { minutes } => {
            let zh = format!("已超过 {minutes} 分钟，需由财务人员退款答复。");
            let en = format!("More than {minutes} minutes have passed: a finance officer gives the money back.");
            Problem::conflict("too_late", zh, en).field("refund")
        }
    }
}

/// The stall that sold it and the fen that went back, unless the undo was refused.
type Back = Option<(Option<StallId>, i64)>;

fn undone(outcome: UndoOutcome) -> Result<Back, Problem> {
    match outcome {
        UndoOutcome::Done { stall, fen } => Ok(Some((stall, fen))),
        UndoOutcome::Again => Ok(None),
        UndoOutcome::NameTaken => {
            let (zh, en) = ("此编号已用于另一笔业务。", "This name belongs to something else.");
            Err(Problem::conflict("name_taken", zh, en).field("refund"))
        }
        UndoOutcome::Absent | UndoOutcome::OtherStall => Err(Problem::absent().field("refund")),
        UndoOutcome::Refused(refusal) => Err(too_late(refusal)),
    }
}

/// Answer a complaint, and give the money back if that is the answer. The guardian is told.
#[utoipa::path(put, path = "/schools/{school}/complaints/{id}/answer", tag = "family",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = ComplaintAnswer,
    responses((status = 200, body = OfficeComplaint), (status = 403), (status = 404), (status = 409), (status = 422)),
    security(("session" = ["complaints.answer"])))]
async fn answer(
    State(app): State<App>,
    who: Allowed<perm::ComplaintsAnswer>,
    Path(path): Path<IdPath>,
    Body(ask): Body<ComplaintAnswer>,
) -> Result<Json<OfficeComplaint>, Problem> {
    let text = ask.text.trim().to_owned();
    if !(2..=500).contains(&text.chars().count()) {
        let (zh, en) = ("答复为 2 至 500 个字。", "An answer has 2 to 500 characters.");
        return Err(Problem::bad("bad_text", zh, en).field("text"));
    }
    if ask.refund.is_some() && !who.principal.may(Permission::PurchasesUndo, who.school) {
        return Err(Problem::forbidden(Permission::PurchasesUndo.word()));
    }
    let (school, id, now) = (who.school, ComplaintId::new(path.id), app.now());
    let refund: Option<EntryId> = ask.refund.map(|id| named("refund", id)).transpose()?;
    let new = Answer { text, at: now, by: who.principal.user, refund };
    let finance = who.principal.may(Permission::WalletsManage, school);
    let minutes = app.policies.get(&app.db, school).await?.school.undo_minutes;
    let work = Work {
        school,
        id,
        new,
        until: if finance { Until::DayEnds } else { Until::Minutes(minutes) },
        note: who.note(&app),
    };
    // Giving back books an entry, which only a unit that locks what it decides on may: the account, and the row that is
    // still open.
    if let Some((stall, fen)) = app.db.write_locking("answer a complaint", move |tx| work.run(tx)).await?? {
        app.live.tell(school, Sale { stall, fen: -fen, at: now, outcome: "reversed" });
    }
    app.notices.wake();
    one(&app, school, id).await
}

struct Work {
    school: SchoolId,
    id: ComplaintId,
    new: Answer,
    /// `None` for finance, whom only the end of the day stops.
    until: Until,
    note: crate::signin::audit::Note,
}

impl Work {
    fn run(&self, tx: &mut Tx<'_>) -> Result<Result<Back, Problem>, DbError> {
        let (school, id, new) = (self.school, self.id, &self.new);
        let Some(complaint) = store::find(tx, school, id)? else { return Ok(Err(Problem::absent())) };
        if let Some(known) = &complaint.answer {
            let same = (&known.text, known.refund) == (&new.text, new.refund);
            let (zh, en) = ("这件投诉已经答复。", "The complaint was answered already.");
            return Ok(if same { Ok(None) } else { Err(Problem::conflict("already_answered", zh, en)) });
        }
        let mut back = None;
        if let Some(refund) = new.refund {
            let reason = "投诉退款".to_owned();
            let (purchase, now, until) = (complaint.purchase, new.at, self.until);
            let ask = Undo { school, purchase, id: refund, reason, now, until, stalls: None };
            back = match undone(undo(tx, &ask)?) {
                Ok(back) => back,
                Err(problem) => return Ok(Err(problem)),
            };
        }
        if !store::answer(tx, school, id, new)? {
            return Err(DbError::Conflict);
        }
        let subject = Subject("complaint", &id.to_string(), "投诉");
        let after = json!({"state": if new.refund.is_some() { "refunded" } else { "answered" }});
        self.note.record(tx, "complaint.answer", subject, json!(null), after)?;
        let child = people::find_person(tx, school, complaint.person)?.map_or(String::new(), |person| person.name);
        let binding = guardians::find_binding(tx, complaint.binding)?;
        let consents = binding.map(|binding| binding.consents).unwrap_or_default();
        let message = Message {
            cause: format!("complaint:{id}"),
            kind: Kind::ComplaintAnswered,
            params: vec![("child", child), ("answer", new.text.clone())],
            link: format!("/parent/complaints/{id}?child={}", complaint.binding),
        };
        let about = About { school, person: complaint.person, at: new.at };
        notices::queue(tx, &about.notice(To::new(complaint.guardian, consents), &message))?;
        Ok(Ok(back))
    }
}

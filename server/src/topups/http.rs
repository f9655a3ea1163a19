//! The cash desk over HTTP.

use super::store::{self, ReversalOutcome, TopupAsk, TopupOutcome, TopupRow};
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, DayCursor, Money, Page, Params, Path, Problem, day_param, like, named};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_rules::TopupRefusal;
use yitong_values::{BusinessDay, Cents, EntryId, SchoolId};

const NOTE_CHARS_MAX: usize = 100;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(put, show)).routes(routes!(reverse))
}

#[derive(Serialize, ToSchema)]
struct Topup {
    id: Uuid,
    person: TopupPerson,
    amount: Money,
    /// The part that repaid arrears.
    repaid: Money,
    balance_after: Money,
    arrears_after: Money,
    at: String,
    business_day: String,
    receipt_number: String,
    /// desk (a cashier took it) or channel (a guardian paid it; the payment order has the same id)
    source: String,
    /// Nobody, where a channel brought it.
    cashier: TopupCashier,
    note: String,
    reversed_by: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
struct TopupPerson {
    id: Uuid,
    name: String,
    number: String,
    class: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct TopupCashier {
    id: Uuid,
    name: String,
}

fn wire(row: TopupRow) -> Topup {
    let receipt_number = row.receipt_number();
    Topup {
        id: row.id.uuid(),
        person: TopupPerson { id: row.person.uuid(), name: row.name, number: row.number, class: row.class },
        amount: row.amount.into(),
        repaid: row.repaid.into(),
        balance_after: row.balance_after.into(),
        arrears_after: row.arrears_after.into(),
        at: row.at.to_string(),
        business_day: row.day.to_string(),
        receipt_number,
        source: row.source,
        cashier: TopupCashier { id: row.cashier.uuid(), name: row.cashier_name },
        note: row.note,
        reversed_by: row.reversed_by.map(|id| id.uuid()),
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutTopup {
    person: Uuid,
    amount: Money,
    note: Option<String>,
}

#[derive(Deserialize)]
struct IdPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

/// Which cap stands in the way, in words.
pub fn refused(refusal: TopupRefusal) -> Problem {
    let problem = match refusal {
        TopupRefusal::UnderMinimum { min } => {
            Problem::bad(refusal.code(), format!("每次至少充值 ¥{min}。"), format!("At least ¥{min} each time."))
                .with("cap", min.fen())
        }
        TopupRefusal::OverSingleCap { cap } => {
            let (zh, en) = (
                format!("超过单笔充值上限 ¥{cap}，请改小金额。"),
                format!("Over the cap of ¥{cap} a top-up; enter less."),
            );
            Problem::bad(refusal.code(), zh, en).with("cap", cap.fen())
        }
        TopupRefusal::OverBalanceCap { cap, room } => {
            let zh = format!("充值后将超过余额上限 ¥{cap}，本次最多可充 ¥{room}。");
            let en = format!("The balance would pass its cap of ¥{cap}; at most ¥{room} now.");
            Problem::bad(refusal.code(), zh, en).with("cap", cap.fen()).with("room", room.fen())
        }
    };
    problem.field("amount")
}

async fn one(app: &App, school: SchoolId, id: EntryId) -> Result<Topup, Problem> {
    app.db.read(move |tx| store::find(tx, school, id)).await?.map(wire).ok_or_else(Problem::absent)
}

/// Take money at the cash desk. The client names the top-up; asking again with the same name is safe.
#[utoipa::path(put, path = "/schools/{school}/topups/{id}", tag = "topups",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = PutTopup,
    responses((status = 200, body = Topup), (status = 404), (status = 409), (status = 422)),
    security(("session" = ["topups.make"])))]
async fn put(
    State(app): State<App>,
    who: Allowed<perm::TopupsMake>,
    Path(path): Path<IdPath>,
    Body(body): Body<PutTopup>,
) -> Result<Json<Topup>, Problem> {
    let note_text = body.note.unwrap_or_default().trim().to_owned();
    if note_text.chars().count() > NOTE_CHARS_MAX {
        return Err(Problem::bad("too_long", "备注最多 100 个字。", "A note has at most 100 characters.").field("note"));
    }
    let amount = Cents::from(body.amount);
    let ask = TopupAsk {
        school: who.school,
        id: named("id", path.id)?,
        person: body.person.into(),
        amount,
        note: note_text,
        cashier: who.principal.user,
        now: app.now(),
    };
    let (note, id, school) = (who.note(&app), ask.id, ask.school);
    let write = move |tx: &mut Tx<'_>| {
        let outcome = store::top_up(tx, &ask)?;
        if outcome == TopupOutcome::Booked {
            let subject = Subject("topup", &ask.id.to_string(), "充值");
            note.record(
                tx,
                "topup.make",
                subject,
                json!(null),
                json!({"fen": amount.fen(), "person": ask.person.to_string()}),
            )?;
        }
        Ok(outcome)
    };
    match app.db.write_locking("top up", write).await? {
        TopupOutcome::Booked | TopupOutcome::Again => one(&app, school, id).await.map(Json),
        TopupOutcome::NameTaken => {
            let (zh, en) = ("此编号已用于另一笔业务。", "This name belongs to something else.");
            Err(Problem::conflict("name_taken", zh, en))
        }
        TopupOutcome::NoSuchPerson => Err(Problem::absent().field("person")),
        TopupOutcome::PersonLeft => {
            Err(Problem::bad("person_left", "此人已离校，不能充值。", "The person has left the school.")
                .field("person"))
        }
        TopupOutcome::Refused(refusal) => Err(refused(refusal)),
    }
}

/// One top-up with its receipt.
#[utoipa::path(get, path = "/schools/{school}/topups/{id}", tag = "topups",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 200, body = Topup), (status = 404)),
    security(("session" = ["topups.read"])))]
async fn show(
    State(app): State<App>,
    who: Allowed<perm::TopupsRead>,
    Path(path): Path<IdPath>,
) -> Result<Json<Topup>, Problem> {
    one(&app, who.school, EntryId::new(path.id)).await.map(Json)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// First day.
    from: Option<String>,
    /// Last day.
    to: Option<String>,
    person: Option<Uuid>,
    /// A part of the name or number.
    q: Option<String>,
    limit: Option<i64>,
    /// `next` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<DayCursor<i64>>,
}

/// Top-ups, newest first.
#[utoipa::path(get, path = "/schools/{school}/topups", tag = "topups", params(("school" = Uuid, Path), Filter),
    responses((status = 200, body = Page<Topup>)), security(("session" = ["topups.read"])))]
async fn list(
    State(app): State<App>,
    who: Allowed<perm::TopupsRead>,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<Topup>>, Problem> {
    let rows = filter.limit.unwrap_or(50).clamp(1, 200);
    let number = |day: Option<BusinessDay>, or: i64| day.map_or(or, BusinessDay::number);
    let to = number(day_param("to", filter.to.as_deref())?, 99_991_231);
    let params = [
        who.school.into(),
        filter.cursor.map(|left| left.key).into(),
        number(day_param("from", filter.from.as_deref())?, 0).into(),
        filter.cursor.map_or(to, |left| left.day.number().min(to)).into(),
        filter.person.into(),
        like(filter.q.as_deref()).into(),
        (rows + 1).into(),
    ];
    let found = app.db.read(move |tx| store::list(tx, &params)).await?;
    let left = |row: &TopupRow| DayCursor { day: row.day, key: row.receipt }.to_string();
    Ok(Json(Page::cut(found, rows, left).map(wire)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReverseTopup {
    /// The name of the reversal, made by the client.
    id: Uuid,
    reason: String,
}

/// Take a top-up back, on the same day and while the money is there.
#[utoipa::path(put, path = "/schools/{school}/topups/{id}/reversal", tag = "topups",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = ReverseTopup,
    responses((status = 200, body = Topup), (status = 404), (status = 409), (status = 422)),
    security(("session" = ["topups.make"])))]
async fn reverse(
    State(app): State<App>,
    who: Allowed<perm::TopupsMake>,
    Path(path): Path<IdPath>,
    Body(ask): Body<ReverseTopup>,
) -> Result<Json<Topup>, Problem> {
    let reason = ask.reason.trim().to_owned();
    if !(2..=200).contains(&reason.chars().count()) {
        let (zh, en) = ("请填写原因（2 至 200 个字）。", "Say why (2 to 200 characters).");
        return Err(Problem::bad("reason_missing", zh, en).field("reason"));
    }
    let (school, topup, id, now, note) =
        (who.school, EntryId::new(path.id), named("id", ask.id)?, app.now(), who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        let outcome = store::reverse(tx, school, topup, id, &reason, now)?;
        if outcome == ReversalOutcome::Booked {
            let subject = Subject("topup", &topup.to_string(), "充值");
            note.record(tx, "topup.reverse", subject, json!(null), json!({"reason": reason}))?;
        }
        Ok(outcome)
    };
    let refused = |code, zh: &str, en: &str| Err(Problem::conflict(code, zh, en));
    match app.db.write_locking("reverse a top-up", write).await? {
        ReversalOutcome::Booked | ReversalOutcome::Again => one(&app, school, topup).await.map(Json),
        ReversalOutcome::Absent => Err(Problem::absent()),
        ReversalOutcome::NameTaken => {
            refused("name_taken", "此编号已用于另一笔业务。", "This name belongs to something else.")
        }
        ReversalOutcome::AlreadyReversed => refused("already_reversed", "这笔充值已撤销。", "It was reversed already."),
        ReversalOutcome::DayOver => {
            refused("too_late", "只能撤销当天的充值。", "Only a top-up of today can be reversed.")
        }
        ReversalOutcome::Channel => refused(
            "paid_online",
            "这笔是线上支付的充值，请在支付单中申请退款。",
            "A payment channel brought this top-up: ask for a refund of its payment order.",
        ),
        ReversalOutcome::Spent => {
            refused("already_spent", "余额不足以撤销：钱已消费。", "The money was spent already.")
        }
    }
}

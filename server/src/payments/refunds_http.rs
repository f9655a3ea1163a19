//! Refunds over HTTP: ask, decide by a second person, list, send again.

use super::engine;
use super::orders_http::SettleAlarm;
use super::refund_store::{self, RefundLine};
use super::refunds::{self, AskOutcome, Asked, Decide, DecideOutcome, Decision};
use super::staff;
use super::store;
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Money, Page, Params, Path, Problem, like, named};
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
use yitong_payment::{RefundRefusal, RefundState};
use yitong_values::{Cents, EntryId, PaymentOrderId, RefundId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(ask))
        .routes(routes!(decide))
        .routes(routes!(again))
        .routes(routes!(settle))
}

#[derive(Serialize, ToSchema)]
struct RefundItem {
    id: Uuid,
    order: Uuid,
    number: String,
    person_name: String,
    person_number: String,
    amount: Money,
    /// asked, declined, created, sent, processing, done, closed or abnormal
    state: String,
    alarm: bool,
    reason: String,
    /// wallet or suspense
    source: String,
    /// Nobody, where it was made by itself.
    asked_by: Option<String>,
    asked_at: String,
    decided_by: Option<String>,
    decided_at: Option<String>,
    done_at: Option<String>,
    word: String,
}

fn item(of: RefundLine) -> RefundItem {
    let refund = of.refund;
    RefundItem {
        id: refund.id.uuid(),
        order: refund.order.uuid(),
        number: refund.number,
        person_name: of.person_name,
        person_number: of.person_number,
        amount: refund.amount.into(),
        state: refund.state.word().into(),
        alarm: refund.alarm,
        reason: refund.reason,
        source: refund.source,
        asked_by: of.asked_name,
        asked_at: refund.asked_at.to_string(),
        decided_by: of.decided_name,
        decided_at: refund.decided_at.map(|at| at.to_string()),
        done_at: refund.done_at.map(|at| at.to_string()),
        word: refund.word,
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    state: Option<String>,
    /// A part of the person's name or number, or of the refund's number.
    q: Option<String>,
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<Uuid>,
}

/// Refunds, newest first.
#[utoipa::path(get, path = "/schools/{school}/refunds", tag = "payments", params(("school" = Uuid, Path), Filter),
    responses((status = 200, body = Page<RefundItem>)), security(("session" = ["payments.read"])))]
async fn list(
    State(app): State<App>,
    who: Allowed<perm::PaymentsRead>,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<RefundItem>>, Problem> {
    let rows = filter.limit.unwrap_or(50).clamp(1, 200);
    let state = filter.state.as_deref().filter(|word| !word.is_empty()).map(|word| {
        let (zh, en) = ("没有这种状态。", "There is no such state.");
        RefundState::from_word(word).ok_or_else(|| Problem::bad("bad_state", zh, en).field("state"))
    });
    let state = state.transpose()?.map(RefundState::word);
    let params =
        [who.school.into(), filter.cursor.into(), state.into(), like(filter.q.as_deref()).into(), (rows + 1).into()];
    let found = app.db.read(move |tx| refund_store::list(tx, &params)).await?;
    Ok(Json(Page::cut(found, rows, |of| of.refund.id.to_string()).map(item)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AskRefund {
    amount: Money,
    reason: String,
}

#[derive(Deserialize)]
struct RefundPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    order: Uuid,
    id: Uuid,
}

/// Ask for a refund of a paid order. Nothing moves until a second person approves.
#[utoipa::path(put, path = "/schools/{school}/payment-orders/{order}/refunds/{id}", tag = "payments",
    params(("school" = Uuid, Path), ("order" = Uuid, Path), ("id" = Uuid, Path)), request_body = AskRefund,
    responses((status = 204), (status = 404), (status = 409), (status = 422)),
    security(("session" = ["refunds.ask"])))]
async fn ask(
    State(app): State<App>,
    who: Allowed<perm::RefundsAsk>,
    Path(path): Path<RefundPath>,
    Body(body): Body<AskRefund>,
) -> Result<StatusCode, Problem> {
    let reason = body.reason.trim().to_owned();
    if !(2..=200).contains(&reason.chars().count()) {
        let (zh, en) = ("请填写退款原因（2 至 200 个字）。", "Say why (2 to 200 characters).");
        return Err(Problem::bad("reason_missing", zh, en).field("reason"));
    }
    let asked = Asked {
        school: who.school,
        id: named("id", path.id)?,
        order: PaymentOrderId::new(path.order),
        amount: Cents::from(body.amount),
        reason,
        by: who.principal.user,
        now: app.now(),
        event: app.new_id(),
    };
    let (note, by) = (who.note(&app), who.principal.name.clone());
    let unit = move |tx: &mut Tx<'_>| {
        let outcome = refunds::ask(tx, &asked)?;
        if outcome == AskOutcome::Asked {
            let subject = Subject("refund", &asked.id.to_string(), "退款");
            let after = json!({"order": asked.order.to_string(), "fen": asked.amount.fen(), "reason": asked.reason});
            note.record(tx, "refund.ask", subject, json!(null), after)?;
            staff::refund_asked(tx, &asked, &by)?;
        }
        Ok(outcome)
    };
    match app.db.write_locking("ask for a refund", unit).await? {
        AskOutcome::Asked | AskOutcome::Again => Ok(StatusCode::NO_CONTENT),
        AskOutcome::NameTaken => {
            let (zh, en) = ("此编号已用于另一笔退款。", "This name belongs to another refund.");
            Err(Problem::conflict("name_taken", zh, en))
        }
        AskOutcome::NoSuchOrder => Err(Problem::absent()),
        AskOutcome::Refused(refusal) => Err(refused(refusal)),
    }
}

fn refused(refusal: RefundRefusal) -> Problem {
    match refusal {
        RefundRefusal::NothingPaid => {
            let (zh, en) = ("这张支付单没有可退的款项。", "Nothing was paid that could be given back.");
            Problem::bad("nothing_paid", zh, en)
        }
        RefundRefusal::BadAmount => {
            let (zh, en) = ("退款金额须大于零。", "The amount must be more than nothing.");
            Problem::bad("bad_amount", zh, en).field("amount")
        }
        RefundRefusal::OverPaid { room } => {
            let zh = format!("超过可退金额，最多还可退 ¥{room}（含处理中的退款）。");
            let en = format!("More than is left: at most ¥{room}, refunds under way counted.");
            Problem::bad("over_paid", zh, en).field("amount").with("room", room.fen())
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecideRefund {
    /// approve or decline
    decision: String,
}

#[derive(Deserialize)]
struct IdPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

/// Approve a refund that somebody else asked for, or decline it. Approved, its money leaves the wallet at once and goes
/// to the channel.
#[utoipa::path(post, path = "/schools/{school}/refunds/{id}/decision", tag = "payments",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = DecideRefund,
    responses((status = 204), (status = 404), (status = 409), (status = 422)),
    security(("session" = ["refunds.approve"])))]
async fn decide(
    State(app): State<App>,
    who: Allowed<perm::RefundsApprove>,
    Path(path): Path<IdPath>,
    Body(ask): Body<DecideRefund>,
) -> Result<StatusCode, Problem> {
    let decision = match ask.decision.as_str() {
        "approve" => Decision::Approve,
        "decline" => Decision::Decline,
        _ => {
            let (zh, en) = ("请选择同意或驳回。", "The decision is approve or decline.");
            return Err(Problem::bad("bad_decision", zh, en).field("decision"));
        }
    };
    let asked = Decide {
        school: who.school,
        id: RefundId::new(path.id),
        decision,
        by: who.principal.user,
        now: app.now(),
        entry: EntryId::new(app.new_id()),
        event: app.new_id(),
    };
    let note = who.note(&app);
    let unit = move |tx: &mut Tx<'_>| {
        let outcome = refunds::decide(tx, &asked)?;
        if outcome == DecideOutcome::Decided {
            let action = if asked.decision == Decision::Approve { "refund.approve" } else { "refund.decline" };
            note.record(tx, action, Subject("refund", &asked.id.to_string(), "退款"), json!(null), json!(null))?;
        }
        Ok(outcome)
    };
    let conflict = |code, zh: &str, en: &str| Err(Problem::conflict(code, zh, en));
    match app.db.write_locking("decide about a refund", unit).await? {
        DecideOutcome::Decided if decision == Decision::Approve => {
            // Sent now rather than at the sweeper's next round; a crash leaves it to the sweeper.
            let (app, school, id) = (app.clone(), asked.school, asked.id);
            tokio::spawn(async move {
                if let Err(error) = engine::push_refund(&app, school, id).await {
                    tracing::warn!(refund = %id, %error, "a refund was not sent yet");
                }
            });
            Ok(StatusCode::NO_CONTENT)
        }
        DecideOutcome::Decided | DecideOutcome::Again => Ok(StatusCode::NO_CONTENT),
        DecideOutcome::Absent => Err(Problem::absent()),
        DecideOutcome::SamePerson => conflict(
            "same_person",
            "申请人不能审批自己的退款，请由另一位同事审批。",
            "Who asked can't approve: a second person has to.",
        ),
        DecideOutcome::Over => conflict("decided_before", "这笔退款已被处理。", "It was decided before."),
        DecideOutcome::Spent => conflict(
            "already_spent",
            "余额不足，钱已消费，不能原路退回。",
            "The balance does not hold it any more: the money was spent.",
        ),
    }
}

/// Send a refund that the channel could not finish once more, under the same number.
#[utoipa::path(post, path = "/schools/{school}/refunds/{id}/again", tag = "payments",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 204), (status = 404)),
    security(("session" = ["refunds.approve"])))]
async fn again(
    State(app): State<App>,
    who: Allowed<perm::RefundsApprove>,
    Path(path): Path<IdPath>,
) -> Result<StatusCode, Problem> {
    let (school, id, event, note) = (who.school, RefundId::new(path.id), app.new_id(), who.note(&app));
    let unit = move |tx: &mut Tx<'_>| {
        let sent = refunds::send_again(tx, school, id, note.actor.user, note.at, event)?;
        if sent.is_some() {
            note.record(tx, "refund.again", Subject("refund", &id.to_string(), "退款"), json!(null), json!(null))?;
        }
        Ok(sent.is_some())
    };
    if app.db.write_locking("send a refund again", unit).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::absent())
    }
}

/// Say that somebody has looked into the alarm of a refund, and what was found. No money moves.
#[utoipa::path(post, path = "/schools/{school}/refunds/{id}/looked", tag = "payments",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = SettleAlarm,
    responses((status = 204), (status = 404), (status = 422)), security(("session" = ["payments.manage"])))]
async fn settle(
    State(app): State<App>,
    who: Allowed<perm::PaymentsManage>,
    Path(path): Path<IdPath>,
    Body(ask): Body<SettleAlarm>,
) -> Result<StatusCode, Problem> {
    let words = ask.words()?;
    let (school, id, event, note) = (who.school, RefundId::new(path.id), app.new_id(), who.note(&app));
    let unit = move |tx: &mut Tx<'_>| {
        let Some(refund) = refund_store::find(tx, school, id)? else { return Ok(false) };
        let Some(order) = store::hold_order(tx, school, refund.order)? else { return Ok(false) };
        if refund_store::settle_alarm(tx, school, id)? {
            super::hear::note(tx, &order, event, note.at, "office", order.state, &words, Some(note.actor.user.uuid()))?;
            let subject = Subject("refund", &id.to_string(), "退款");
            note.record(tx, "refund.looked", subject, json!(null), json!({"note": words}))?;
        }
        Ok(true)
    };
    let known = app.db.write_locking("settle a refund's alarm", unit).await?;
    if known { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::absent()) }
}

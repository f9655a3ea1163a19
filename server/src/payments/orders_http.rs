//! Payment orders for the office: the list, one with everything that happened to it, asking the channel by hand.

use super::engine;
use super::orders_store::{self, OrderLine};
use super::refund_store::{self, RefundRow};
use super::store::{self, AttemptRow, EventRow};
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Money, Page, Params, Path, Problem, day_param, like};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use crate::topups::{self, Receipt};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_payment::OrderState;
use yitong_values::{EntryId, PaymentOrderId, SchoolId};

const REASON_CHARS: std::ops::RangeInclusive<usize> = 2..=200;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show)).routes(routes!(query)).routes(routes!(settle))
}

#[derive(Serialize, ToSchema)]
struct PaymentOrderLine {
    id: Uuid,
    /// What the channel knows it by; of the last attempt.
    number: String,
    channel_number: Option<String>,
    person: OrderPerson,
    amount: Money,
    /// created, paying, unknown, closing, success, part_refunded, refunded, closed, failed, late_success, applied or
    /// disputed
    state: String,
    /// Somebody has to look.
    alarm: bool,
    account: String,
    /// wechat, alipay, unionpay or chinaums
    kind: String,
    scene: String,
    made_at: String,
    expires_at: String,
    paid_at: Option<String>,
    /// The channel's last word.
    word: String,
}

#[derive(Serialize, ToSchema)]
struct OrderPerson {
    id: Uuid,
    name: String,
    number: String,
    class: Option<String>,
}

fn line(of: OrderLine) -> PaymentOrderLine {
    let person =
        OrderPerson { id: of.order.person.uuid(), name: of.person_name, number: of.person_number, class: of.class };
    PaymentOrderLine {
        id: of.order.id.uuid(),
        number: of.number,
        channel_number: of.channel_number,
        person,
        amount: of.order.amount.into(),
        state: of.order.state.word().into(),
        alarm: of.order.alarm,
        account: of.account_name,
        kind: of.account_kind,
        scene: of.scene,
        made_at: of.order.made_at.to_string(),
        expires_at: of.order.expires_at.to_string(),
        paid_at: of.order.paid_at.map(|at| at.to_string()),
        word: of.word,
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// First day.
    from: Option<String>,
    /// Last day.
    to: Option<String>,
    state: Option<String>,
    /// Only those that somebody has to look at.
    #[serde(default)]
    alarm: bool,
    person: Option<Uuid>,
    /// A part of the person's name or number, or of a number of the order.
    q: Option<String>,
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<Uuid>,
}

/// Payment orders, newest first.
#[utoipa::path(get, path = "/schools/{school}/payment-orders", tag = "payments", params(("school" = Uuid, Path), Filter),
    responses((status = 200, body = Page<PaymentOrderLine>)), security(("session" = ["payments.read"])))]
async fn list(
    State(app): State<App>,
    who: Allowed<perm::PaymentsRead>,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<PaymentOrderLine>>, Problem> {
    let rows = filter.limit.unwrap_or(50).clamp(1, 200);
    let state = filter.state.as_deref().filter(|word| !word.is_empty()).map(|word| {
        let (zh, en) = ("没有这种状态。", "There is no such state.");
        OrderState::from_word(word).ok_or_else(|| Problem::bad("bad_state", zh, en).field("state"))
    });
    let state = state.transpose()?.map(OrderState::word);
    let from = day_param("from", filter.from.as_deref())?.map_or(0, |day| day.start().ms());
    let to = day_param("to", filter.to.as_deref())?.map_or(i64::MAX, |day| day.plus_days(1).start().ms());
    let params = [
        who.school.into(),
        filter.cursor.into(),
        state.into(),
        filter.alarm.into(),
        from.into(),
        to.into(),
        filter.person.into(),
        like(filter.q.as_deref()).into(),
        (rows + 1).into(),
    ];
    let found = app.db.read(move |tx| orders_store::list(tx, &params)).await?;
    Ok(Json(Page::cut(found, rows, |of| of.order.id.to_string()).map(line)))
}

#[derive(Serialize, ToSchema)]
struct PaymentOrderDetail {
    order: PaymentOrderLine,
    attempts: Vec<Attempt>,
    history: Vec<HistoryLine>,
    refunds: Vec<OrderRefund>,
    /// What can still be given back.
    refundable: Money,
    /// How it was booked, once it was.
    booked: Option<Booked>,
    next_look: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PaymentAttempt)]
struct Attempt {
    seq: i64,
    number: String,
    account: String,
    scene: String,
    /// sent, accepted, unknown, success, failed or closed
    state: String,
    channel_number: Option<String>,
    word: String,
    heard_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PaymentHistoryLine)]
struct HistoryLine {
    at: String,
    /// made, created, query, notify, close, another_way, refund_asked, refund_approved, refund_declined, refund_again,
    /// refund or office
    what: String,
    before: String,
    after: String,
    word: String,
    /// Who, where somebody did it.
    actor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct OrderRefund {
    id: Uuid,
    number: String,
    amount: Money,
    /// asked, declined, created, sent, processing, done, closed or abnormal
    state: String,
    alarm: bool,
    /// Somebody's words; late, twice or no_account where it was made by itself.
    reason: String,
    asked_at: String,
    done_at: Option<String>,
    word: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PaymentBooked)]
struct Booked {
    repaid: Money,
    balance_after: Money,
    receipt_number: String,
}

fn order_refund(of: &RefundRow) -> OrderRefund {
    OrderRefund {
        id: of.id.uuid(),
        number: of.number.clone(),
        amount: of.amount.into(),
        state: of.state.word().into(),
        alarm: of.alarm,
        reason: of.reason.clone(),
        asked_at: of.asked_at.to_string(),
        done_at: of.done_at.map(|at| at.to_string()),
        word: of.word.clone(),
    }
}

struct Read {
    line: OrderLine,
    attempts: Vec<AttemptRow>,
    events: Vec<EventRow>,
    refunds: Vec<RefundRow>,
    names: HashMap<Uuid, String>,
    receipt: Option<Receipt>,
}

fn read(tx: &mut Tx<'_>, school: SchoolId, id: PaymentOrderId) -> Result<Option<Read>, crate::plumbing::db::DbError> {
    let Some(order) = store::find_order(tx, school, id)? else { return Ok(None) };
    let attempts = store::attempts(tx, school, id)?;
    // The list's own statement, narrowed to the one: the next id below is not looked at.
    let params = [
        school.into(),
        Uuid::from_u128(id.uuid().as_u128().saturating_add(1)).into(),
        Option::<&str>::None.into(),
        false.into(),
        order.made_at.into(),
        order.made_at.plus_ms(1).into(),
        order.person.uuid().into(),
        "".into(),
        1.into(),
    ];
    let Some(line) = orders_store::list(tx, &params)?.into_iter().find(|line| line.order.id == id) else {
        return Ok(None);
    };
    let events = store::events(tx, school, id)?;
    let mut names = HashMap::new();
    for actor in events.iter().filter_map(|event| event.actor) {
        if let Some(name) = orders_store::user_name(tx, actor)? {
            names.insert(actor, name);
        }
    }
    let refunds = refund_store::of_order(tx, school, id)?;
    let receipt = topups::receipt(tx, school, EntryId::new(id.uuid()))?;
    Ok(Some(Read { line, attempts, events, refunds, names, receipt }))
}

async fn detail(app: &App, school: SchoolId, id: PaymentOrderId) -> Result<Json<PaymentOrderDetail>, Problem> {
    let found = app.db.read(move |tx| read(tx, school, id)).await?.ok_or_else(Problem::absent)?;
    let mut attempts = Vec::new();
    for of in &found.attempts {
        let account = app.payments.connectors.get(app, of.account).await?;
        attempts.push(Attempt {
            seq: of.seq,
            number: of.number.clone(),
            account: account.map_or_else(String::new, |ready| ready.row.name),
            scene: of.scene.word().into(),
            state: of.state.word().into(),
            channel_number: of.channel_number.clone(),
            word: of.word.clone(),
            heard_at: of.heard_at.map(|at| at.to_string()),
        });
    }
    let history = found.events.into_iter().map(|event| HistoryLine {
        at: event.at.to_string(),
        actor: event.actor.and_then(|actor| found.names.get(&actor).cloned()),
        what: event.what,
        before: event.before,
        after: event.after,
        word: event.word,
    });
    let order = &found.line.order;
    let left = super::refunds::left(order, &found.attempts, &found.refunds);
    Ok(Json(PaymentOrderDetail {
        next_look: order.next_look.map(|at| at.to_string()),
        refundable: left.into(),
        history: history.collect(),
        refunds: found.refunds.iter().map(order_refund).collect(),
        booked: found.receipt.map(|of| Booked {
            repaid: of.repaid.into(),
            balance_after: of.balance_after.into(),
            receipt_number: of.number,
        }),
        attempts,
        order: line(found.line),
    }))
}

#[derive(Deserialize)]
struct IdPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

/// One payment order with its attempts, its refunds and everything that happened to it.
#[utoipa::path(get, path = "/schools/{school}/payment-orders/{id}", tag = "payments",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = PaymentOrderDetail), (status = 404)), security(("session" = ["payments.read"])))]
async fn show(
    State(app): State<App>,
    who: Allowed<perm::PaymentsRead>,
    Path(path): Path<IdPath>,
) -> Result<Json<PaymentOrderDetail>, Problem> {
    detail(&app, who.school, path.id.into()).await
}

/// Ask the channel now, and hear what it says.
#[utoipa::path(post, path = "/schools/{school}/payment-orders/{id}/query", tag = "payments",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = PaymentOrderDetail), (status = 404)), security(("session" = ["payments.read"])))]
async fn query(
    State(app): State<App>,
    who: Allowed<perm::PaymentsRead>,
    Path(path): Path<IdPath>,
) -> Result<Json<PaymentOrderDetail>, Problem> {
    let (school, id) = (who.school, PaymentOrderId::new(path.id));
    let Some((order, attempts)) = engine::load(&app, school, id).await? else { return Err(Problem::absent()) };
    for attempt in &attempts {
        // Closed ones, too: money that came late shows here.
        if let Some(account) = app.payments.connectors.get(&app, attempt.account).await? {
            engine::look(&app, &account, &order, attempt).await?;
        }
    }
    detail(&app, school, id).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SettleAlarm {
    /// What was found.
    note: String,
}

impl SettleAlarm {
    pub(super) fn words(&self) -> Result<String, Problem> {
        let words = self.note.trim().to_owned();
        if REASON_CHARS.contains(&words.chars().count()) {
            return Ok(words);
        }
        let (zh, en) = ("请写明核查结果（2 至 200 个字）。", "Say what was found (2 to 200 characters).");
        Err(Problem::bad("reason_missing", zh, en).field("note"))
    }
}

/// Say that somebody has looked, and what was found. No money moves.
#[utoipa::path(post, path = "/schools/{school}/payment-orders/{id}/looked", tag = "payments",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = SettleAlarm,
    responses((status = 200, body = PaymentOrderDetail), (status = 404), (status = 422)),
    security(("session" = ["payments.manage"])))]
async fn settle(
    State(app): State<App>,
    who: Allowed<perm::PaymentsManage>,
    Path(path): Path<IdPath>,
    Body(ask): Body<SettleAlarm>,
) -> Result<Json<PaymentOrderDetail>, Problem> {
    let words = ask.words()?;
    let (school, id, event, note) = (who.school, PaymentOrderId::new(path.id), app.new_id(), who.note(&app));
    let unit = move |tx: &mut Tx<'_>| {
        let Some(order) = store::hold_order(tx, school, id)? else { return Ok(false) };
        if orders_store::settle_alarm(tx, &[school.into(), id.into()])? {
            super::hear::note(tx, &order, event, note.at, "office", order.state, &words, Some(note.actor.user.uuid()))?;
            let subject = Subject("payment_order", &id.to_string(), "支付单");
            note.record(tx, "payment_order.looked", subject, json!(null), json!({"note": words}))?;
        }
        Ok(true)
    };
    if !app.db.write_locking("settle an alarm", unit).await? {
        return Err(Problem::absent());
    }
    detail(&app, school, id).await
}

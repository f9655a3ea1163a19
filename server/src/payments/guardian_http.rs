//! Paying as a guardian: what may be paid how, an order, its result as far as it is known, closing it.

use super::account_store;
use super::begin::{self, Begin, BeginRefusal};
use super::engine;
use super::store::{self, AttemptRow, OrderRow};
use crate::App;
use crate::guardians::{OfChild, right};
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Caller, Money, Page, Params, Path, Problem, named};
use crate::policies;
use crate::topups::{self, Receipt};
use crate::wallets;
use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_channels::pay::{Presented, Scene};
use yitong_values::{Cents, ChannelAccountId, EntryId, PaymentOrderId};

/// A result page that asks more often hears the last word again.
const ASK_AGAIN_MS: i64 = 3_000;
/// Such a page gets an answer by then; the channel's word may come later.
const LOOK_WITHIN: Duration = Duration::from_secs(4);

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(options)).routes(routes!(list)).routes(routes!(put, show, close))
}

#[derive(Serialize, ToSchema)]
struct TopupOptions {
    /// Amounts of the buttons, in fen; those over `room` are not worth offering.
    buttons: Vec<i64>,
    min: Money,
    single_cap: Money,
    balance_cap: Money,
    balance: Money,
    arrears: Money,
    /// What can still be paid in, arrears and orders under way counted.
    room: Money,
    channels: Vec<TopupChannel>,
}

#[derive(Serialize, ToSchema)]
struct TopupChannel {
    account: Uuid,
    /// wechat, alipay, unionpay or chinaums
    kind: String,
    name: String,
    /// in_app, mobile_web, qr
    scenes: Vec<String>,
}

/// How much may be paid in now, and through what.
#[utoipa::path(get, path = "/guardian/children/{binding}/topup", tag = "payments", params(("binding" = Uuid, Path)),
    responses((status = 200, body = TopupOptions), (status = 404)), security(("guardian" = ["pay"])))]
async fn options(State(app): State<App>, of: OfChild<right::Pay>) -> Result<Json<TopupOptions>, Problem> {
    let (school, person) = (of.school, of.person);
    let nobody = PaymentOrderId::new(Uuid::nil());
    let read = move |tx: &mut Tx<'_>| {
        let Some(state) = wallets::load_account(tx, school, person)? else { return Ok(None) };
        let policy = policies::load(tx, school)?.school.topup();
        let (coming, _) = store::coming(tx, school, person, nobody)?;
        Ok(Some((state, policy, coming, account_store::policy(tx, school)?, account_store::all(tx, school)?)))
    };
    let (state, policy, coming, own, accounts) = app.db.read(read).await?.ok_or_else(Problem::absent)?;
    let mut channels = Vec::new();
    for row in accounts.iter().filter(|row| row.active) {
        let clears = own.clearing_orgs.is_empty() || own.clearing_orgs.contains(&row.clearing_org);
        // An account whose settings can't be read is the office's trouble, not the guardian's.
        let Some(ready) = app.payments.connectors.get(&app, row.id).await?.filter(|_| clears) else { continue };
        let scenes = ready.connector.scenes().iter().map(|scene| scene.word().to_owned()).collect();
        let (kind, name) = (row.kind.word().to_owned(), row.name.clone());
        channels.push(TopupChannel { account: row.id.uuid(), kind, name, scenes });
    }
    let held = state.balance().fen() + coming.fen();
    let room = (policy.balance_cap.fen() - held).max(0) + state.arrears.fen();
    Ok(Json(TopupOptions {
        buttons: own.buttons,
        min: policy.min.into(),
        single_cap: policy.single_cap.into(),
        balance_cap: policy.balance_cap.into(),
        balance: state.balance().into(),
        arrears: state.arrears.into(),
        room: Money { fen: room },
        channels,
    }))
}

#[derive(Serialize, ToSchema)]
struct GuardianOrder {
    id: Uuid,
    binding: Uuid,
    number: String,
    /// created, paying, unknown, closing, success, part_refunded, refunded, closed, failed, late_success, applied or
    /// disputed
    state: String,
    amount: Money,
    account: Uuid,
    /// What the school calls it; also of one that is not offered any more.
    account_name: String,
    /// in_app, mobile_web or qr
    scene: String,
    /// How the browser goes on, while it can be paid.
    #[schema(value_type = Option<PresentedWire>)]
    presented: Option<Presented>,
    expires_at: String,
    at: String,
    paid_at: Option<String>,
    /// Once it is booked.
    balance_after: Option<Money>,
    /// The part that repaid arrears.
    repaid: Option<Money>,
    receipt_number: Option<String>,
}

/// One of: in_app {bridge, arguments}, redirect {url}, form {action, fields}, qr {text}.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only the shape of what the channels' crate writes")]
#[schema(as = Presented)]
struct PresentedWire {
    kind: String,
    /// The web view's own pay function: wechat (getBrandWCPayRequest) or alipay (tradePay).
    bridge: Option<String>,
    arguments: Option<std::collections::BTreeMap<String, String>>,
    url: Option<String>,
    action: Option<String>,
    /// Names and values, in their order.
    fields: Option<Vec<Vec<String>>>,
    text: Option<String>,
}

fn wire(
    binding: Uuid,
    order: &OrderRow,
    (attempt, account_name): (&AttemptRow, String),
    receipt: Option<Receipt>,
) -> GuardianOrder {
    let payable = order.state.is_open() && attempt.state.is_open();
    GuardianOrder {
        id: order.id.uuid(),
        binding,
        number: attempt.number.clone(),
        state: order.state.word().into(),
        amount: order.amount.into(),
        account: attempt.account.uuid(),
        account_name,
        scene: attempt.scene.word().into(),
        presented: attempt.presented.clone().filter(|_| payable),
        expires_at: order.expires_at.to_string(),
        at: order.made_at.to_string(),
        paid_at: order.paid_at.map(|at| at.to_string()),
        balance_after: receipt.as_ref().map(|of| of.balance_after.into()),
        repaid: receipt.as_ref().map(|of| of.repaid.into()),
        receipt_number: receipt.map(|of| of.number),
    }
}

fn refused(refusal: BeginRefusal) -> Problem {
    let (code, zh, en) = match refusal {
        BeginRefusal::Topup(refusal) => return topups::refused(refusal),
        BeginRefusal::NameTaken => {
            let (zh, en) = ("此编号已用于另一笔支付。", "This name belongs to another payment.");
            return Problem::conflict("name_taken", zh, en);
        }
        BeginRefusal::NoSuchPerson => return Problem::absent(),
        BeginRefusal::PersonLeft => {
            ("person_left", "孩子已离校，不能充值。", "The child has left the school: nothing can be paid in.")
        }
        BeginRefusal::NoSuchAccount => {
            ("channel_gone", "此支付方式已停用，请换一种。", "This way to pay is not offered any more; choose another.")
        }
        BeginRefusal::Clearing => (
            "clearing_not_allowed",
            "学校暂不接受此支付方式，请换一种。",
            "The school does not take payments this way; choose another.",
        ),
        BeginRefusal::Scene => (
            "scene_not_offered",
            "此支付方式不能在这里使用，请换一种。",
            "This channel can't be used in this way; choose another.",
        ),
        BeginRefusal::PayerUnknown => (
            "payer_unknown",
            "请先用微信（支付宝）登录，再在应用内支付；或选择其他支付方式。",
            "Sign in through this app first to pay inside it, or choose another way.",
        ),
        BeginRefusal::TooManyOpen => (
            "too_many_open",
            "有多笔未完成的支付，请先完成或关闭它们。",
            "Several payments are still open; finish or close them first.",
        ),
    };
    Problem::bad(code, zh, en)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutOrder {
    amount: Money,
    /// The channel account.
    account: Uuid,
    /// in_app, mobile_web or qr
    scene: String,
}

#[derive(Deserialize)]
struct OrderPath {
    #[allow(dead_code, reason = "read by the guard")]
    binding: Uuid,
    id: Uuid,
}

/// Begin to pay. Asking again with the same name shows the same order, or offers another way to pay it; it is never
/// paid twice: what comes twice goes back by itself.
#[utoipa::path(put, path = "/guardian/children/{binding}/payment-orders/{id}", tag = "payments",
    params(("binding" = Uuid, Path), ("id" = Uuid, Path)), request_body = PutOrder,
    responses((status = 200, body = GuardianOrder), (status = 404), (status = 409), (status = 422)),
    security(("guardian" = ["pay"])))]
async fn put(
    State(app): State<App>,
    of: OfChild<right::Pay>,
    caller: Option<Extension<Caller>>,
    Path(path): Path<OrderPath>,
    Body(ask): Body<PutOrder>,
) -> Result<Json<GuardianOrder>, Problem> {
    let id: PaymentOrderId = named("id", path.id)?;
    let scene = Scene::from_word(&ask.scene).ok_or_else(|| {
        let (zh, en) = ("支付场景不存在。", "There is no such scene.");
        Problem::bad("bad_scene", zh, en).field("scene")
    })?;
    let account = app.payments.connectors.get(&app, ChannelAccountId::new(ask.account)).await?;
    let account = account.filter(|ready| ready.row.school == of.school);
    let account = account.ok_or_else(|| refused(BeginRefusal::NoSuchAccount))?;
    let begin = Begin {
        school: of.school,
        id,
        person: of.person,
        guardian: Some(of.guardian.id()),
        amount: Cents::from(ask.amount),
        account: account.row.id,
        scene,
        offered: account.connector.scenes(),
        payer: super::payer::of(&app, &of.guardian, account.row.kind, scene).await?,
        payer_ip: caller.map_or_else(|| "127.0.0.1".to_owned(), |Extension(Caller(from))| from.to_string()),
        now: app.now(),
        event: app.new_id(),
    };
    let begun = app.db.write_locking("begin a payment order", move |tx| begin::begin(tx, &begin)).await?;
    let (order, attempt) = begun.map_err(refused)?;
    let mine = order.state.is_open() && attempt.state.is_open() && app.now() < order.expires_at;
    if mine && attempt.presented.is_none() {
        // It goes on when the guardian's phone has gone: the order is written down.
        let (on, ready) = (app.clone(), account.clone());
        let told = tokio::spawn(async move { engine::present(&on, &ready, &order, &attempt).await });
        told.await.map_err(|_| broken())??;
    }
    answer(&app, &of, id, Some(ask.account)).await
}

fn broken() -> Problem {
    crate::plumbing::db::DbError::Broken("an order was not presented".into()).into()
}

fn account_name(tx: &mut Tx<'_>, account: ChannelAccountId) -> Result<String, DbError> {
    Ok(account_store::find(tx, account)?.map_or_else(String::new, |row| row.name))
}

/// The order as it is now, by the attempt of this account or the newest.
async fn answer<R>(
    app: &App,
    of: &OfChild<R>,
    id: PaymentOrderId,
    account: Option<Uuid>,
) -> Result<Json<GuardianOrder>, Problem> {
    let school = of.school;
    let found = engine::load(app, school, id).await?;
    let own = found.filter(|(order, _)| order.guardian == Some(of.guardian.id()) && order.person == of.person);
    let (order, attempts) = own.ok_or_else(Problem::absent)?;
    let wanted = attempts.iter().rev().find(|attempt| account == Some(attempt.account.uuid()));
    let attempt = wanted.or(attempts.last()).ok_or_else(Problem::absent)?;
    let account = attempt.account;
    let read =
        move |tx: &mut Tx<'_>| Ok((topups::receipt(tx, school, EntryId::new(id.uuid()))?, account_name(tx, account)?));
    let (receipt, name) = app.db.read(read).await?;
    Ok(Json(wire(of.binding.uuid(), &order, (attempt, name), receipt)))
}

/// What is known of the order. The channel is asked again when its last word is some seconds old.
#[utoipa::path(get, path = "/guardian/children/{binding}/payment-orders/{id}", tag = "payments",
    params(("binding" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = GuardianOrder), (status = 404)), security(("guardian" = ["pay"])))]
async fn show(
    State(app): State<App>,
    of: OfChild<right::Pay>,
    Path(path): Path<OrderPath>,
) -> Result<Json<GuardianOrder>, Problem> {
    let id = PaymentOrderId::new(path.id);
    let own = answer(&app, &of, id, None).await?;
    let Some((order, attempts)) = engine::load(&app, of.school, id).await? else { return Err(Problem::absent()) };
    let heard = attempts.iter().filter_map(|attempt| attempt.heard_at).max();
    let old = heard.is_none_or(|at| app.now().since(at) >= ASK_AGAIN_MS);
    if !order.state.is_open() || !old {
        return Ok(own);
    }
    let (on, school) = (app.clone(), of.school);
    let look = tokio::spawn(async move { engine::look_at(&on, school, id).await });
    // A slow channel is heard when it speaks; the page asks again.
    if let Ok(Ok(Err(error))) = tokio::time::timeout(LOOK_WITHIN, look).await {
        return Err(error.into());
    }
    answer(&app, &of, id, None).await
}

/// Give up: the channel is asked to close the order. When it was paid meanwhile, it is paid.
#[utoipa::path(delete, path = "/guardian/children/{binding}/payment-orders/{id}", tag = "payments",
    params(("binding" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = GuardianOrder), (status = 404)), security(("guardian" = ["pay"])))]
async fn close(
    State(app): State<App>,
    of: OfChild<right::Pay>,
    Path(path): Path<OrderPath>,
) -> Result<Json<GuardianOrder>, Problem> {
    let id = PaymentOrderId::new(path.id);
    // Somebody else's order looks absent before anything is closed.
    let Json(_) = answer(&app, &of, id, None).await?;
    let (on, school) = (app.clone(), of.school);
    let closing = tokio::spawn(async move { engine::close_all(&on, school, id).await });
    closing.await.map_err(|_| broken())??;
    answer(&app, &of, id, None).await
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<Uuid>,
}

/// The guardian's own payments for this child, newest first.
#[utoipa::path(get, path = "/guardian/children/{binding}/payment-orders", tag = "payments",
    params(("binding" = Uuid, Path), Filter),
    responses((status = 200, body = Page<GuardianOrder>), (status = 404)), security(("guardian" = ["pay"])))]
async fn list(
    State(app): State<App>,
    of: OfChild<right::Pay>,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<GuardianOrder>>, Problem> {
    let rows = filter.limit.unwrap_or(20).clamp(1, 100);
    let (school, person, guardian) = (of.school, of.person, of.guardian.id());
    let before = filter.cursor.map(PaymentOrderId::new);
    let read = move |tx: &mut Tx<'_>| {
        let mut found = Vec::new();
        for order in store::of_person(tx, school, person, guardian, before, rows + 1)? {
            let attempts = store::attempts(tx, school, order.id)?;
            let receipt = topups::receipt(tx, school, EntryId::new(order.id.uuid()))?;
            let Some(attempt) = attempts.last().cloned() else { continue };
            let name = account_name(tx, attempt.account)?;
            found.push((order, attempt, name, receipt));
        }
        Ok(found)
    };
    let found = app.db.read(read).await?;
    let binding = of.binding.uuid();
    let page = Page::cut(found, rows, |(order, ..)| order.id.to_string());
    Ok(Json(page.map(|(order, attempt, name, receipt)| wire(binding, &order, (&attempt, name), receipt))))
}

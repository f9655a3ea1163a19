//! Channel accounts over HTTP. Keys go in and never come out; a button asks the channel whether it knows us.

use super::account_store::{self, AccountRow, PaymentPolicy};
use super::accounts::{self, AccountKind, CLEARING, clearing_from, clearing_word};
use super::begin;
use super::engine;
use super::setting_words;
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Path, Problem, named};
use crate::plumbing::outside::ANSWER_BYTES_MAX;
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_channels::Outcome;
use yitong_channels::pay::{OrderKey, OrderState};
use yitong_values::{Cents, ChannelAccountId};

const NAME_CHARS_MAX: usize = 40;
const BUTTONS_MAX: usize = 8;
const BUTTON_FEN_MAX: i64 = 1_000_000;
const TEST_WITHIN: Duration = Duration::from_secs(10);
/// Settings that are no secret: shown, so that a person sees which merchant it is.
const SHOWN: [&str; 12] = [
    "files",
    "mchid",
    "appid",
    "app_id",
    "seller_id",
    "mer_id",
    "mid",
    "tid",
    "inst_mid",
    "source",
    "base_url",
    "gateway",
];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(put))
        .routes(routes!(test))
        .routes(routes!(policy, put_policy))
}

#[derive(Serialize, ToSchema)]
struct ChannelAccount {
    id: Uuid,
    /// wechat, alipay, unionpay or chinaums
    kind: String,
    name: String,
    /// union_pay, nucc, bank or internal
    clearing_org: String,
    active: bool,
    /// What it offers: in_app, mobile_web, qr. Empty when its settings can't be used.
    scenes: Vec<String>,
    settings: Vec<ShownSetting>,
    /// Where the channel reports: enter it in the channel's console if it asks.
    notify_url: String,
    made_at: String,
    changed_at: String,
    tested_at: Option<String>,
    /// ok, or what went wrong.
    test_result: Option<String>,
}

/// One setting: its value where it is no secret, else only that it is there.
#[derive(Serialize, ToSchema)]
struct ShownSetting {
    key: String,
    value: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ChannelAccounts {
    items: Vec<ChannelAccount>,
}

fn shown_settings(settings: &Value) -> Vec<ShownSetting> {
    let pairs = settings.as_object().into_iter().flatten();
    let shown = |(key, value): (&String, &Value)| ShownSetting {
        key: key.clone(),
        value: value.as_str().filter(|_| SHOWN.contains(&key.as_str())).map(str::to_owned),
    };
    pairs.map(shown).collect()
}

fn wire(app: &App, row: &AccountRow) -> ChannelAccount {
    let settings = accounts::open(app, row).unwrap_or(Value::Null);
    let connector = accounts::connector(row.kind, &settings);
    let scenes = connector.map(|of| of.scenes().iter().map(|scene| scene.word().to_owned()).collect());
    let base = app.config.public_base();
    ChannelAccount {
        id: row.id.uuid(),
        kind: row.kind.word().into(),
        name: row.name.clone(),
        clearing_org: row.clearing_org.clone(),
        active: row.active,
        scenes: scenes.unwrap_or_default(),
        settings: shown_settings(&settings),
        notify_url: format!("{base}/api/v1/channels/{}/notify", row.id),
        made_at: row.made_at.to_string(),
        changed_at: row.changed_at.to_string(),
        tested_at: row.tested_at.map(|at| at.to_string()),
        test_result: row.test_result.clone(),
    }
}

/// Channel accounts of the school.
#[utoipa::path(get, path = "/schools/{school}/channel-accounts", tag = "payments", params(("school" = Uuid, Path)),
    responses((status = 200, body = ChannelAccounts)), security(("session" = ["payments.read"])))]
async fn list(State(app): State<App>, who: Allowed<perm::PaymentsRead>) -> Result<Json<ChannelAccounts>, Problem> {
    let school = who.school;
    let rows = app.db.read(move |tx| account_store::all(tx, school)).await?;
    Ok(Json(ChannelAccounts { items: rows.iter().map(|row| wire(&app, row)).collect() }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutChannelAccount {
    /// Can't be changed later.
    kind: String,
    name: String,
    /// Left out: what is usual for the kind.
    clearing_org: Option<String>,
    active: bool,
    /// The whole settings of the channel, or those that change: what is left out stays as it is, null removes.
    settings: Option<Value>,
}

#[derive(Deserialize)]
struct IdPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

fn bad_kind() -> Problem {
    let (zh, en) = ("渠道类型不存在。", "There is no such kind of channel.");
    Problem::bad("bad_kind", zh, en).field("kind")
}

/// Settings that come over those that are kept.
fn merged(kept: Value, changes: Option<Value>) -> Value {
    let (Value::Object(mut kept), Some(Value::Object(changes))) = (kept, changes) else { return Value::Null };
    for (key, value) in changes {
        match value {
            Value::Null => kept.remove(&key),
            value => kept.insert(key, value),
        };
    }
    Value::Object(kept)
}

/// Make or change a channel account. Its settings are tried before they are kept: keys that can't be read are refused.
#[utoipa::path(put, path = "/schools/{school}/channel-accounts/{id}", tag = "payments",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = PutChannelAccount,
    responses((status = 200, body = ChannelAccount), (status = 404), (status = 409), (status = 422)),
    security(("session" = ["payments.manage"])))]
async fn put(
    State(app): State<App>,
    who: Allowed<perm::PaymentsManage>,
    Path(path): Path<IdPath>,
    Body(ask): Body<PutChannelAccount>,
) -> Result<Json<ChannelAccount>, Problem> {
    let (school, id): (_, ChannelAccountId) = (who.school, named("id", path.id)?);
    let kind = AccountKind::from_word(&ask.kind).ok_or_else(bad_kind)?;
    let name = ask.name.trim().to_owned();
    if !(1..=NAME_CHARS_MAX).contains(&name.chars().count()) {
        let (zh, en) = ("名称须为 1 至 40 个字。", "A name has 1 to 40 characters.");
        return Err(Problem::bad("bad_name", zh, en).field("name"));
    }
    let org = ask.clearing_org.as_deref().map_or(Some(kind.usual_clearing()), clearing_from);
    let clearing_org = clearing_word(org.ok_or_else(|| {
        let (zh, en) = ("清算机构不存在。", "There is no such clearing organisation.");
        Problem::bad("bad_clearing_org", zh, en).field("clearing_org")
    })?);
    let known = app.db.read(move |tx| account_store::find(tx, id)).await?;
    if known.as_ref().is_some_and(|row| row.school != school) {
        return Err(Problem::absent());
    }
    if known.as_ref().is_some_and(|row| row.kind != kind) {
        let (zh, en) = ("渠道类型不能更改，请新建账户。", "The kind can't be changed; make another account.");
        return Err(Problem::conflict("kind_fixed", zh, en).field("kind"));
    }
    let kept = match &known {
        Some(row) => accounts::open(&app, row).unwrap_or_else(|_| json!({})),
        None => json!({}),
    };
    let settings = merged(kept, Some(ask.settings.unwrap_or_else(|| json!({}))));
    accounts::connector(kind, &settings).map_err(|why| {
        let zh = format!("渠道参数“{}”有误。请按渠道控制台的内容重新填写。", setting_words::setting(why.field));
        let en =
            format!("A setting of the channel is wrong ({}): {}. Copy it again from the console.", why.field, why.why);
        Problem::bad("bad_settings", zh, en).field("settings").with("setting", why.field)
    })?;
    let now = app.now();
    let row = AccountRow {
        school,
        id,
        kind,
        name,
        clearing_org: clearing_org.to_owned(),
        settings: accounts::seal(&app, id, &settings),
        active: ask.active,
        version: known.as_ref().map_or(1, |row| row.version + 1),
        made_at: known.as_ref().map_or(now, |row| row.made_at),
        changed_at: now,
        tested_at: known.as_ref().and_then(|row| row.tested_at),
        test_result: known.as_ref().and_then(|row| row.test_result.clone()),
    };
    let (note, kept) = (who.note(&app), row.clone());
    let unit = move |tx: &mut Tx<'_>| {
        if row.active && !begin::may_clear(tx, school, &row.clearing_org)? {
            return Ok(false);
        }
        account_store::put(tx, &row)?;
        let after =
            json!({"kind": row.kind.word(), "name": row.name, "clearing_org": row.clearing_org, "active": row.active});
        let subject = Subject("channel_account", &row.id.to_string(), &row.name);
        note.record(tx, "channel_account.put", subject, Value::Null, after)?;
        Ok(true)
    };
    if !app.db.write("put a channel account", unit).await? {
        return Err(clearing_refused());
    }
    Ok(Json(wire(&app, &kept)))
}

fn clearing_refused() -> Problem {
    let (zh, en) = (
        "学校规定不允许由该机构清算，账户不能启用。请改清算机构，或修改支付规则。",
        "The school's rule does not let this organisation clear payments: choose another, or change the rule.",
    );
    Problem::bad("clearing_not_allowed", zh, en).field("clearing_org")
}

#[derive(Serialize, ToSchema)]
struct ChannelAccountTest {
    /// The channel answered, its signature was right, and it took ours.
    ok: bool,
    /// What it said otherwise.
    word: String,
}

/// Ask the channel about a number that does not exist: whether it knows us, and we it. No money moves.
#[utoipa::path(post, path = "/schools/{school}/channel-accounts/{id}/test", tag = "payments",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 200, body = ChannelAccountTest), (status = 404)),
    security(("session" = ["payments.manage"])))]
async fn test(
    State(app): State<App>,
    who: Allowed<perm::PaymentsManage>,
    Path(path): Path<IdPath>,
) -> Result<Json<ChannelAccountTest>, Problem> {
    let (school, id) = (who.school, ChannelAccountId::new(path.id));
    let account = app.payments.connectors.get(&app, id).await?;
    let account = account.filter(|of| of.row.school == school).ok_or_else(Problem::absent)?;
    let at = engine::moment(&app);
    let number = super::numbers::attempt(app.new_id().into(), 1);
    let key = OrderKey { number, channel_number: None, made_at: at.now, amount: Cents::new(1) };
    let word = match account.connector.query(&key, &at) {
        Err(why) => why.to_string(),
        Ok(call) => match app.outside.send(&call, TEST_WITHIN, ANSWER_BYTES_MAX).await {
            Err(why) => why.to_string(),
            Ok(reply) => match account.connector.queried(&key, &reply, &at) {
                Outcome::Done(of) if of.state == OrderState::Absent => "ok".to_owned(),
                Outcome::Done(of) => format!("{:?}", of.state),
                Outcome::Refused { code, message } => format!("{code} {message}"),
                Outcome::Unknown { why } => why,
            },
        },
    };
    let (kept, now, note) = (word.clone(), app.now(), who.note(&app));
    let name = account.row.name.clone();
    let unit = move |tx: &mut Tx<'_>| {
        account_store::mark_tested(tx, school, id, now, &kept)?;
        let subject = Subject("channel_account", &id.to_string(), &name);
        note.record(tx, "channel_account.test", subject, Value::Null, json!({"result": kept}))
    };
    app.db.write("mark a channel account as tested", unit).await?;
    Ok(Json(ChannelAccountTest { ok: word == "ok", word }))
}

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = PaymentPolicy)]
#[serde(deny_unknown_fields)]
struct PolicyWire {
    /// Who may clear: union_pay, nucc, bank. None: anybody.
    clearing_orgs: Vec<String>,
    /// Amounts of the buttons, in fen, 1 to 8 of them.
    buttons: Vec<i64>,
}

/// What the school decided about paying.
#[utoipa::path(get, path = "/schools/{school}/payment-policy", tag = "payments", params(("school" = Uuid, Path)),
    responses((status = 200, body = PolicyWire)), security(("session" = ["payments.read"])))]
async fn policy(State(app): State<App>, who: Allowed<perm::PaymentsRead>) -> Result<Json<PolicyWire>, Problem> {
    let school = who.school;
    let kept = app.db.read(move |tx| account_store::policy(tx, school)).await?;
    Ok(Json(PolicyWire { clearing_orgs: kept.clearing_orgs, buttons: kept.buttons }))
}

/// Decide who may clear and which amounts are offered. Accounts that may not clear any more take no new orders.
#[utoipa::path(put, path = "/schools/{school}/payment-policy", tag = "payments", params(("school" = Uuid, Path)),
    request_body = PolicyWire, responses((status = 200, body = PolicyWire), (status = 422)),
    security(("session" = ["payments.manage"])))]
async fn put_policy(
    State(app): State<App>,
    who: Allowed<perm::PaymentsManage>,
    Body(ask): Body<PolicyWire>,
) -> Result<Json<PolicyWire>, Problem> {
    let known = |word: &String| CLEARING.iter().any(|(org, _)| org == word);
    if !ask.clearing_orgs.iter().all(known) {
        let (zh, en) = ("清算机构不存在。", "There is no such clearing organisation.");
        return Err(Problem::bad("bad_clearing_org", zh, en).field("clearing_orgs"));
    }
    let good = |fen: &i64| (100..=BUTTON_FEN_MAX).contains(fen);
    if !(1..=BUTTONS_MAX).contains(&ask.buttons.len()) || !ask.buttons.iter().all(good) {
        let (zh, en) = ("请设置 1 至 8 个金额，每个 1 元至 1 万元。", "Set 1 to 8 amounts of ¥1 to ¥10,000.");
        return Err(Problem::bad("bad_buttons", zh, en).field("buttons"));
    }
    let policy = PaymentPolicy { clearing_orgs: ask.clearing_orgs.clone(), buttons: ask.buttons.clone() };
    let (school, note) = (who.school, who.note(&app));
    let unit = move |tx: &mut Tx<'_>| {
        let before = account_store::policy(tx, school)?;
        account_store::put_policy(tx, school, &policy)?;
        let show = |of: &PaymentPolicy| json!({"clearing_orgs": of.clearing_orgs, "buttons": of.buttons});
        let subject = Subject("payment_policy", &school.to_string(), "支付规则");
        note.record(tx, "payment_policy.put", subject, show(&before), show(&policy))
    };
    app.db.write("put a payment policy", unit).await?;
    Ok(Json(ask))
}

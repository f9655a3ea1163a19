//! The policy and the limits over HTTP.

use super::codes_wire::{self, CodesWire};
use super::family_wire::{self, FamilyWire, GuardianLimits};
use super::guardian_store::guardian_rule;
use super::policy::{KeptLimit, KeptLimits, OwnLimit, SchoolPolicy};
use super::store;
use crate::App;
use crate::people;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Money, Path, Problem};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, Permission, Principal, perm};
use crate::wallets;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_rules::{Counters, period_at};
use yitong_values::{ClassId, PersonId, SchoolId};

const AMOUNT_MAX: i64 = 10_000_000;
const CATEGORIES_MAX: usize = 50;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show, put))
        .routes(routes!(class_limits, put_class_limits))
        .routes(routes!(person_limits, put_person_limits))
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Policy {
    topup: TopupWire,
    purchase: PurchaseWire,
    limits: LimitsWire,
    arrears: ArrearsWire,
    duplicate_window_s: i64,
    undo_minutes: i64,
    require_meal_period: bool,
    /// Left out when putting: stays as it is.
    codes: Option<CodesWire>,
    /// The same.
    family: Option<FamilyWire>,
    /// Goes up by one with every change; left out when putting.
    #[serde(default)]
    version: i64,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = PolicyTopup)]
#[serde(deny_unknown_fields)]
struct TopupWire {
    single_cap: Money,
    balance_cap: Money,
    min: Money,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = PolicyPurchase)]
#[serde(deny_unknown_fields)]
struct PurchaseWire {
    single_cap: Money,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = PolicyArrears)]
#[serde(deny_unknown_fields)]
struct ArrearsWire {
    allowed: bool,
    cap: Money,
}

#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[schema(as = Limits)]
#[serde(deny_unknown_fields)]
struct LimitsWire {
    meal: LimitWire,
    day: LimitWire,
    month: LimitWire,
}

/// Null is no limit, or what stands above.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[schema(as = Limit)]
#[serde(deny_unknown_fields)]
struct LimitWire {
    amount: Option<Money>,
    count: Option<u32>,
}

fn limits_wire(limits: &KeptLimits) -> LimitsWire {
    let wire = |kept: KeptLimit| LimitWire { amount: kept.amount.map(|fen| Money { fen }), count: kept.count };
    LimitsWire { meal: wire(limits.meal), day: wire(limits.day), month: wire(limits.month) }
}

fn limits_kept(wire: &LimitsWire) -> Result<KeptLimits, Problem> {
    let kept = |name: &str, wire: LimitWire| {
        if wire.amount.is_some_and(|m| !(0..=AMOUNT_MAX).contains(&m.fen)) || wire.count.is_some_and(|n| n > 10_000) {
            let (zh, en) = (
                "限额须在 0 至 10 万元之间，次数不超过 10000。",
                "A limit is ¥0 to ¥100,000 and at most 10,000 times.",
            );
            return Err(Problem::bad("bad_limit", zh, en).field(&format!("limits.{name}")));
        }
        Ok(KeptLimit { amount: wire.amount.map(|m| m.fen), count: wire.count })
    };
    Ok(KeptLimits { meal: kept("meal", wire.meal)?, day: kept("day", wire.day)?, month: kept("month", wire.month)? })
}

fn wire(policy: &SchoolPolicy, version: i64) -> Policy {
    let money = |fen| Money { fen };
    Policy {
        topup: TopupWire {
            single_cap: money(policy.topup_single_cap),
            balance_cap: money(policy.balance_cap),
            min: money(policy.topup_min),
        },
        purchase: PurchaseWire { single_cap: money(policy.purchase_cap) },
        limits: limits_wire(&policy.limits),
        arrears: ArrearsWire { allowed: policy.arrears_allowed, cap: money(policy.arrears_cap) },
        duplicate_window_s: policy.duplicate_window_s,
        undo_minutes: policy.undo_minutes,
        require_meal_period: policy.require_meal_period,
        codes: Some(codes_wire::wire(&policy.codes)),
        family: Some(family_wire::wire(&policy.family)),
        version,
    }
}

fn kept(ask: &Policy) -> Result<SchoolPolicy, Problem> {
    let amount = |field: &str, money: Money| {
        let (zh, en) = ("金额须在 0 至 10 万元之间。", "An amount is ¥0 to ¥100,000.");
        if (0..=AMOUNT_MAX).contains(&money.fen) {
            Ok(money.fen)
        } else {
            Err(Problem::bad("bad_amount", zh, en).field(field))
        }
    };
    let within = |field: &str, n: i64, most: i64| {
        let (zh, en) = (format!("须在 0 至 {most} 之间。"), format!("It is 0 to {most}."));
        if (0..=most).contains(&n) { Ok(n) } else { Err(Problem::bad("bad_number", zh, en).field(field)) }
    };
    let policy = SchoolPolicy {
        topup_min: amount("topup.min", ask.topup.min)?,
        topup_single_cap: amount("topup.single_cap", ask.topup.single_cap)?,
        balance_cap: amount("topup.balance_cap", ask.topup.balance_cap)?,
        purchase_cap: amount("purchase.single_cap", ask.purchase.single_cap)?,
        limits: limits_kept(&ask.limits)?,
        arrears_allowed: ask.arrears.allowed,
        arrears_cap: amount("arrears.cap", ask.arrears.cap)?,
        duplicate_window_s: within("duplicate_window_s", ask.duplicate_window_s, 600)?,
        undo_minutes: within("undo_minutes", ask.undo_minutes, 1440)?,
        require_meal_period: ask.require_meal_period,
        codes: ask.codes.as_ref().map(codes_wire::kept).transpose()?.unwrap_or_default(),
        family: ask.family.as_ref().map(family_wire::kept).transpose()?.unwrap_or_default(),
    };
    if policy.topup_min > policy.topup_single_cap || policy.topup_single_cap > policy.balance_cap {
        let (zh, en) = ("最低充值 ≤ 单笔上限 ≤ 余额上限。", "Minimum ≤ single cap ≤ balance cap.");
        return Err(Problem::bad("caps_out_of_order", zh, en).field("topup.single_cap"));
    }
    Ok(policy)
}

/// The policy of the school.
#[utoipa::path(get, path = "/schools/{school}/policy", tag = "policies", params(("school" = Uuid, Path)),
    responses((status = 200, body = Policy)), security(("session" = ["policies.read"])))]
async fn show(State(app): State<App>, who: Allowed<perm::PoliciesRead>) -> Result<Json<Policy>, Problem> {
    let snapshot = app.policies.get(&app.db, who.school).await?;
    Ok(Json(wire(&snapshot.school, snapshot.version)))
}

/// Change the policy. The next purchase follows it.
#[utoipa::path(put, path = "/schools/{school}/policy", tag = "policies", params(("school" = Uuid, Path)),
    request_body = Policy, responses((status = 200, body = Policy), (status = 422)),
    security(("session" = ["policies.edit"])))]
async fn put(
    State(app): State<App>,
    who: Allowed<perm::PoliciesEdit>,
    Body(ask): Body<Policy>,
) -> Result<Json<Policy>, Problem> {
    let (policy, says_codes, says_family) = (kept(&ask)?, ask.codes.is_some(), ask.family.is_some());
    let (school, note) = (who.school, who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        let held = store::load(tx, school)?.school;
        let codes = if says_codes { policy.codes.clone() } else { held.codes.clone() };
        let family = if says_family { policy.family.clone() } else { held.family.clone() };
        let policy = SchoolPolicy { codes, family, ..policy.clone() };
        let before = json!(held);
        store::put_policy(tx, school, &policy)?;
        note.record(tx, "policy.put", Subject("policy", &school.to_string(), "消费规则"), before, json!(policy))
    };
    app.db.write("put policy", write).await?;
    let snapshot = app.policies.get(&app.db, school).await?;
    Ok(Json(wire(&snapshot.school, snapshot.version)))
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OwnLimits {
    limits: LimitsWire,
    #[serde(default)]
    no_buy_categories: Vec<String>,
}

/// A person's limits, what holds with those of school and class, and what was spent.
#[derive(Serialize, ToSchema)]
struct PersonLimits {
    limits: LimitsWire,
    no_buy_categories: Vec<String>,
    effective: LimitsWire,
    effective_no_buy: Vec<String>,
    /// Beside these, what guardians set.
    guardian: GuardianLimits,
    /// What was spent; null for those who may not see wallets.
    counters: Option<SpentWire>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Spent)]
struct SpentWire {
    meal: CounterWire,
    day: CounterWire,
    month: CounterWire,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SpentCounter)]
struct CounterWire {
    spent: Money,
    count: u32,
}

#[derive(Deserialize)]
struct IdPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

fn own_kept(ask: &OwnLimits) -> Result<OwnLimit, Problem> {
    let categories: Vec<String> =
        ask.no_buy_categories.iter().map(|c| c.trim().to_owned()).filter(|c| !c.is_empty()).collect();
    if categories.len() > CATEGORIES_MAX || categories.iter().any(|category| category.chars().count() > 20) {
        let (zh, en) = ("类别最多 50 个，每个不超过 20 个字。", "At most 50 categories of 20 characters.");
        return Err(Problem::bad("bad_categories", zh, en).field("no_buy_categories"));
    }
    Ok(OwnLimit { limits: limits_kept(&ask.limits)?, no_buy_categories: categories })
}

async fn put_own(
    app: &App,
    who: &Allowed<perm::PoliciesEdit>,
    kind: &'static str,
    owner: Uuid,
    ask: &OwnLimits,
) -> Result<(), Problem> {
    let own = own_kept(ask)?;
    let (school, note) = (who.school, who.note(app));
    let write = move |tx: &mut Tx<'_>| {
        let name = match kind {
            "class" => people::classes(tx, school)?.into_iter().find(|c| c.id.uuid() == owner).map(|c| c.name),
            _ => people::find_person(tx, school, PersonId::new(owner))?.map(|p| p.name),
        };
        let Some(name) = name else { return Ok(Err(Problem::absent())) };
        let before = json!(store::find_limit(tx, school, kind, owner)?);
        store::put_limit(tx, school, kind, owner, &own)?;
        note.record(tx, "limits.put", Subject(kind, &owner.to_string(), &name), before, json!(own))?;
        Ok(Ok(()))
    };
    app.db.write("put limits", write).await?
}

async fn class_wire(app: &App, school: SchoolId, id: Uuid) -> Result<Json<OwnLimits>, Problem> {
    let read = move |tx: &mut Tx<'_>| {
        let known = people::classes(tx, school)?.iter().any(|class| class.id == ClassId::new(id));
        Ok(if known { Some(store::find_limit(tx, school, "class", id)?) } else { None })
    };
    let own = app.db.read(read).await?.ok_or_else(Problem::absent)?;
    Ok(Json(OwnLimits { limits: limits_wire(&own.limits), no_buy_categories: own.no_buy_categories }))
}

/// Limits of a class.
#[utoipa::path(get, path = "/schools/{school}/classes/{id}/limits", tag = "policies",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 200, body = OwnLimits), (status = 404)),
    security(("session" = ["policies.read"])))]
async fn class_limits(
    State(app): State<App>,
    who: Allowed<perm::PoliciesRead>,
    Path(path): Path<IdPath>,
) -> Result<Json<OwnLimits>, Problem> {
    class_wire(&app, who.school, path.id).await
}

/// Set the limits of a class.
#[utoipa::path(put, path = "/schools/{school}/classes/{id}/limits", tag = "policies",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = OwnLimits,
    responses((status = 200, body = OwnLimits), (status = 404), (status = 422)),
    security(("session" = ["policies.edit"])))]
async fn put_class_limits(
    State(app): State<App>,
    who: Allowed<perm::PoliciesEdit>,
    Path(path): Path<IdPath>,
    Body(ask): Body<OwnLimits>,
) -> Result<Json<OwnLimits>, Problem> {
    put_own(&app, &who, "class", path.id, &ask).await?;
    class_wire(&app, who.school, path.id).await
}

async fn person_wire(app: &App, who: &Principal, school: SchoolId, id: Uuid) -> Result<Json<PersonLimits>, Problem> {
    let (person, may_see_wallets) = (PersonId::new(id), who.may(Permission::WalletsRead, school));
    let read = move |tx: &mut Tx<'_>| {
        let Some(row) = people::find_person(tx, school, person)? else { return Ok(None) };
        let account = wallets::load_account(tx, school, person)?;
        let guardian = guardian_rule(tx, school, person)?;
        Ok(Some((row, account, store::find_limit(tx, school, "person", id)?, guardian)))
    };
    let (row, account, own, guardian) = app.db.read(read).await?.ok_or_else(Problem::absent)?;
    let snapshot = app.policies.get(&app.db, school).await?;
    let (limits, effective_no_buy) = snapshot.of(row.class.map(|(class, _)| class), person);
    let facts = crate::schools::facts_of(app, school).await?;
    let (now, today) = (app.now(), app.now().china_day());
    let meal = period_at(&facts.periods, facts.day_kind(today), now).map(|period| period.id);
    let counters = account.map_or_else(Counters::default, |account| Counters::from_text(&account.counters));
    let (meal, day, month) = counters.at(today, meal);
    let counter = |c: yitong_rules::Counter| CounterWire { spent: c.amount.into(), count: c.count };
    let limit = |l: yitong_rules::Limit| LimitWire { amount: l.amount.map(Money::from), count: l.count };
    Ok(Json(PersonLimits {
        limits: limits_wire(&own.limits),
        no_buy_categories: own.no_buy_categories,
        effective: LimitsWire { meal: limit(limits.meal), day: limit(limits.day), month: limit(limits.month) },
        effective_no_buy,
        guardian: GuardianLimits::of(guardian),
        counters: may_see_wallets.then(|| SpentWire { meal: counter(meal), day: counter(day), month: counter(month) }),
    }))
}

/// Limits of a person, and what was spent.
#[utoipa::path(get, path = "/schools/{school}/people/{id}/limits", tag = "policies",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 200, body = PersonLimits), (status = 404)),
    security(("session" = ["policies.read"])))]
async fn person_limits(
    State(app): State<App>,
    who: Allowed<perm::PoliciesRead>,
    Path(path): Path<IdPath>,
) -> Result<Json<PersonLimits>, Problem> {
    person_wire(&app, &who.principal, who.school, path.id).await
}

/// Set the limits of a person.
#[utoipa::path(put, path = "/schools/{school}/people/{id}/limits", tag = "policies",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = OwnLimits,
    responses((status = 200, body = PersonLimits), (status = 404), (status = 422)),
    security(("session" = ["policies.edit"])))]
async fn put_person_limits(
    State(app): State<App>,
    who: Allowed<perm::PoliciesEdit>,
    Path(path): Path<IdPath>,
    Body(ask): Body<OwnLimits>,
) -> Result<Json<PersonLimits>, Problem> {
    put_own(&app, &who, "person", path.id, &ask).await?;
    person_wire(&app, &who.principal, who.school, path.id).await
}

//! Purchases over HTTP: the list, one of them with its reasons in words, and undoing.

use super::list_store::{self, Filter, Listed};
use super::outcome::{Kept, KeptItem};
use super::undo::{Undo, UndoOutcome, Until, undo};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, DayCursor, Money, Page, Params, Path, Problem, day_param, like, named};
use crate::schools::{Facts, facts_of};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, Permission, Scope, perm};
use crate::wallets;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_purchase::UndoRefusal;
use yitong_values::{EntryId, SchoolId, StallId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_all)).routes(routes!(show)).routes(routes!(reverse))
}

#[derive(Clone, Serialize, ToSchema)]
pub struct Purchase {
    id: Uuid,
    at: String,
    business_day: String,
    person: Option<PurchasePerson>,
    stall: PurchasePlace,
    canteen: Option<PurchasePlace>,
    period: Option<PurchasePeriod>,
    /// dish, amount, fixed or count
    mode: String,
    items: Vec<PurchaseItem>,
    amount: Money,
    from: Vec<PurchasePart>,
    /// The part to be collected later.
    arrears: Money,
    /// paid, reversed or refused
    status: String,
    refusal: Option<RefusalWire>,
    reversed_by: Option<Uuid>,
    cashier: PurchasePlace,
    collect_later: bool,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct PurchasePerson {
    pub id: Uuid,
    pub name: String,
    pub number: String,
    pub class: Option<String>,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct PurchasePlace {
    pub id: Uuid,
    pub name: String,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct PurchasePeriod {
    pub id: Uuid,
    pub name_zh: String,
    pub name_en: String,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct PurchaseItem {
    dish: Uuid,
    revision: Uuid,
    name: String,
    count: u32,
    price: Money,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct PurchasePart {
    wallet: u8,
    amount: Money,
}

/// Why, in words for the cashier and for the guardian.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Refusal)]
pub struct RefusalWire {
    pub code: String,
    pub cashier_zh: String,
    pub cashier_en: String,
    pub guardian_zh: String,
    pub guardian_en: String,
    pub missing: Option<Money>,
    pub may_collect_later: bool,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct TraceWire {
    pub zh: String,
    pub en: String,
    pub ok: bool,
}

pub fn refusal_wire(refusal: &yitong_rules::Refusal) -> RefusalWire {
    let (cashier, guardian) = (refusal.to_cashier(), refusal.to_guardian());
    let (missing, may) = match refusal {
        yitong_rules::Refusal::TooLittleMoney { missing, may_collect_later } => (Some(*missing), *may_collect_later),
        _ => (None, false),
    };
    RefusalWire {
        code: refusal.code().into(),
        cashier_zh: cashier.zh,
        cashier_en: cashier.en,
        guardian_zh: guardian.zh,
        guardian_en: guardian.en,
        missing: missing.map(Money::from),
        may_collect_later: may,
    }
}

pub fn trace_wire(trace: &yitong_rules::Trace) -> Vec<TraceWire> {
    let line = |line: &yitong_rules::TraceLine| {
        let words = line.words();
        TraceWire { zh: words.zh, en: words.en, ok: line.ok() }
    };
    trace.0.iter().map(line).collect()
}

pub fn period_wire(facts: &Facts, id: Uuid) -> Option<PurchasePeriod> {
    let period = facts.periods.iter().find(|period| period.id.uuid() == id)?;
    Some(PurchasePeriod { id, name_zh: period.name_zh.clone(), name_en: period.name_en.clone() })
}

pub(super) fn wire(row: Listed, facts: &Facts, cashiers: &BTreeMap<Uuid, String>) -> Purchase {
    let status = match (&row.refusal, row.reversed_by) {
        (Some(_), _) => "refused",
        (None, Some(_)) => "reversed",
        (None, None) => "paid",
    };
    let canteen =
        facts.stall(row.stall).map(|(_, canteen)| PurchasePlace { id: canteen.id.uuid(), name: canteen.name.clone() });
    let item = |item: KeptItem| PurchaseItem {
        dish: item.d,
        revision: item.r,
        name: item.n,
        count: item.c,
        price: Money { fen: item.p },
    };
    let person = |(id, name, number, class): (yitong_values::PersonId, String, String, Option<String>)| {
        PurchasePerson { id: id.uuid(), name, number, class }
    };
    Purchase {
        id: row.id.uuid(),
        at: row.at.to_string(),
        business_day: row.day.to_string(),
        person: row.person.map(person),
        stall: PurchasePlace { id: row.stall.uuid(), name: row.stall_name },
        canteen,
        period: row.period.and_then(|id| period_wire(facts, id)),
        mode: row.mode,
        items: row.items.into_iter().map(item).collect(),
        amount: row.amount.into(),
        from: row.from.into_iter().map(|(wallet, fen)| PurchasePart { wallet, amount: Money { fen } }).collect(),
        arrears: Money { fen: row.arrears },
        status: status.into(),
        refusal: row.refusal.and_then(|kept| kept.refusal()).map(|refusal| refusal_wire(&refusal)),
        reversed_by: row.reversed_by.map(|id| id.uuid()),
        cashier: PurchasePlace { id: row.cashier, name: cashiers.get(&row.cashier).cloned().unwrap_or_default() },
        collect_later: row.later,
    }
}

/// The names of the cashiers of these purchases.
pub(super) fn cashiers(tx: &mut Tx<'_>, rows: &[Listed]) -> Result<BTreeMap<Uuid, String>, DbError> {
    let mut names = BTreeMap::new();
    for row in rows {
        if let Entry::Vacant(unnamed) = names.entry(row.cashier) {
            unnamed.insert(list_store::user_name(tx, row.cashier)?);
        }
    }
    Ok(names)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PurchaseFilter {
    /// First day; today when left out.
    from: Option<String>,
    /// Last day.
    to: Option<String>,
    stall: Option<Uuid>,
    person: Option<Uuid>,
    /// A part of the name or number.
    q: Option<String>,
    /// paid, reversed or refused
    status: Option<String>,
    /// Fen.
    min: Option<i64>,
    /// Fen.
    max: Option<i64>,
    limit: Option<i64>,
    /// `next` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<DayCursor<Uuid>>,
}

impl PurchaseFilter {
    pub(super) fn rows(&self, app: &App, limit: i64) -> Result<Filter, Problem> {
        let today = app.now().china_day();
        let from = day_param("from", self.from.as_deref())?.unwrap_or(today);
        let to = day_param("to", self.to.as_deref())?.unwrap_or(today.max(from));
        let status = self.status.clone().unwrap_or_default();
        if !["", "paid", "reversed", "refused"].contains(&status.as_str()) {
            let (zh, en) = ("状态为 paid、reversed 或 refused。", "A status is paid, reversed or refused.");
            return Err(Problem::bad("bad_status", zh, en).field("status"));
        }
        Ok(Filter {
            from: from.number(),
            to: self.cursor.map_or(to, |left| left.day.min(to)).number(),
            before: self.cursor.map(|left| left.key),
            stall: self.stall,
            person: self.person,
            min: self.min.unwrap_or(0),
            max: self.max.unwrap_or(i64::MAX),
            like: like(self.q.as_deref()),
            status,
            limit,
        })
    }
}

/// Purchases of some days, newest first.
#[utoipa::path(get, path = "/schools/{school}/purchases", tag = "purchases", params(("school" = Uuid, Path), PurchaseFilter),
    responses((status = 200, body = Page<Purchase>)), security(("session" = ["purchases.read"])))]
async fn list_all(
    State(app): State<App>,
    who: Allowed<perm::PurchasesRead>,
    Params(filter): Params<PurchaseFilter>,
) -> Result<Json<Page<Purchase>>, Problem> {
    let rows = filter.limit.unwrap_or(50).clamp(1, 200);
    let ask = filter.rows(&app, rows + 1)?;
    let school = who.school;
    let facts = facts_of(&app, school).await?;
    let own = stalls_below(&who.scopes(), &facts);
    let read = move |tx: &mut Tx<'_>| {
        let found = list_store::list_at(tx, school, &ask, own.as_deref())?;
        let names = cashiers(tx, &found)?;
        Ok((found, names))
    };
    let (found, names) = app.db.read(read).await?;
    let left = |row: &Listed| DayCursor { day: row.day, key: row.id.uuid() }.to_string();
    Ok(Json(Page::cut(found, rows, left).map(|row| wire(row, &facts, &names))))
}

#[derive(Deserialize)]
struct IdPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

/// A purchase with everything that was looked at.
#[derive(Serialize, ToSchema)]
struct PurchaseDetail {
    #[serde(flatten)]
    purchase: Purchase,
    trace: Vec<TraceWire>,
    /// As it stood right after; absent when it was refused.
    balance_after: Option<Money>,
    arrears_after: Option<Money>,
    /// Account and fen.
    #[schema(value_type = Vec<Object>)]
    postings: serde_json::Value,
    hash: Option<String>,
}

/// What was sold outside these places looks absent.
async fn detail(app: &App, school: SchoolId, id: Uuid, scopes: &[Scope]) -> Result<PurchaseDetail, Problem> {
    let id = EntryId::new(id);
    let facts = facts_of(app, school).await?;
    let own = stalls_below(scopes, &facts);
    let seen = move |row: &Listed| own.as_ref().is_none_or(|own| own.contains(&row.stall));
    let read = move |tx: &mut Tx<'_>| {
        let Some(row) = list_store::find(tx, school, id)?.filter(&seen) else { return Ok(None) };
        let names = cashiers(tx, std::slice::from_ref(&row))?;
        Ok(Some((row, names, wallets::find_entry(tx, school, id)?)))
    };
    let (row, names, entry) = app.db.read(read).await?.ok_or_else(Problem::absent)?;
    let booked = entry.as_ref().and_then(|read| read.entry.as_ref().ok());
    let postings = booked.map_or("[]".into(), |entry| entry.postings.text());
    let kept = booked.and_then(|entry| serde_json::from_str::<Kept>(&entry.detail).ok());
    Ok(PurchaseDetail {
        balance_after: kept.as_ref().map(|kept| Money { fen: kept.balance_after }),
        arrears_after: kept.as_ref().map(|kept| Money { fen: kept.arrears_after }),
        trace: trace_wire(&row.trace),
        purchase: wire(row, &facts, &names),
        postings: serde_json::from_str(&postings).unwrap_or_default(),
        hash: entry.map(|read| hex::encode(read.hash)),
    })
}

/// One purchase: what was bought, who paid from where, and why it was allowed or refused.
#[utoipa::path(get, path = "/schools/{school}/purchases/{id}", tag = "purchases",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 200, body = PurchaseDetail), (status = 404)),
    security(("session" = ["purchases.read"])))]
async fn show(
    State(app): State<App>,
    who: Allowed<perm::PurchasesRead>,
    Path(path): Path<IdPath>,
) -> Result<Json<PurchaseDetail>, Problem> {
    detail(&app, who.school, path.id, &who.scopes()).await.map(Json)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReversePurchase {
    /// The name of the reversal, made by the client.
    id: Uuid,
    reason: String,
}

/// The stalls below these scopes; `None` is the whole school.
pub fn stalls_below(scopes: &[Scope], facts: &Facts) -> Option<Vec<StallId>> {
    if scopes.iter().any(|scope| scope.whole_school()) {
        return None;
    }
    let covered = |stall: &&crate::schools::Stall| {
        let Some((_, canteen)) = facts.stall(stall.id) else { return false };
        scopes.iter().any(|scope| match scope {
            Scope::Stall(id) => *id == stall.id.uuid(),
            Scope::Canteen(id) => *id == canteen.id.uuid(),
            Scope::Campus(id) => *id == canteen.campus.uuid(),
            _ => false,
        })
    };
    Some(facts.stalls.values().filter(covered).map(|stall| stall.id).collect())
}

/// Undo a purchase: a cashier within minutes at an own stall, finance while the day lasts.
#[utoipa::path(put, path = "/schools/{school}/purchases/{id}/reversal", tag = "purchases",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = ReversePurchase,
    responses((status = 200, body = PurchaseDetail), (status = 404), (status = 409), (status = 422)),
    security(("session" = ["purchases.undo"])))]
async fn reverse(
    State(app): State<App>,
    who: Allowed<perm::PurchasesUndo>,
    Path(path): Path<IdPath>,
    Body(ask): Body<ReversePurchase>,
) -> Result<Json<PurchaseDetail>, Problem> {
    let reason = ask.reason.trim().to_owned();
    if !(2..=200).contains(&reason.chars().count()) {
        let (zh, en) = ("请填写原因（2 至 200 个字）。", "Say why (2 to 200 characters).");
        return Err(Problem::bad("reason_missing", zh, en).field("reason"));
    }
    let facts = facts_of(&app, who.school).await?;
    let policy = app.policies.get(&app.db, who.school).await?;
    let finance = who.principal.may(Permission::WalletsManage, who.school);
    let todo = Undo {
        school: who.school,
        purchase: EntryId::new(path.id),
        id: named("id", ask.id)?,
        reason: reason.clone(),
        now: app.now(),
        until: if finance { Until::DayEnds } else { Until::Minutes(policy.school.undo_minutes) },
        stalls: stalls_below(&who.scopes(), &facts),
    };
    let note = who.note(&app);
    let write = move |tx: &mut Tx<'_>| {
        let outcome = undo(tx, &todo)?;
        if let UndoOutcome::Done { fen, .. } = &outcome {
            let subject = Subject("purchase", &todo.purchase.to_string(), "消费");
            note.record(tx, "purchase.reverse", subject, json!({"fen": fen}), json!({"reason": todo.reason}))?;
        }
        Ok(outcome)
    };
    let refused = |code, zh: String, en: String| Err(Problem::conflict(code, zh, en));
    match app.db.write_locking("undo a purchase", write).await? {
        UndoOutcome::Done { stall, fen } => {
            app.live.tell(who.school, super::live::Sale { stall, fen: -fen, at: app.now(), outcome: "reversed" });
            detail(&app, who.school, path.id, &who.scopes()).await.map(Json)
        }
        UndoOutcome::Again => detail(&app, who.school, path.id, &who.scopes()).await.map(Json),
        UndoOutcome::NameTaken => {
            refused("name_taken", "此编号已用于另一笔业务。".into(), "This name belongs to something else.".into())
        }
        UndoOutcome::Absent | UndoOutcome::OtherStall => Err(Problem::absent()),
        UndoOutcome::Refused(UndoRefusal::AlreadyReversed) => refused(
            "already_reversed",
            "这笔消费已撤销或已无法撤销。".into(),
            "It was reversed already, or can't be any more.".into(),
        ),
        UndoOutcome::Refused(UndoRefusal::DayOver) => {
            refused("too_late", "只能撤销当天的消费。".into(), "Only a purchase of today can be undone.".into())
        }
        UndoOutcome::Refused(UndoRefusal::TooLate { minutes }) => refused(
            "too_late",
            format!("已超过 {minutes} 分钟，请联系财务撤销。"),
            format!("More than {minutes} minutes have passed; ask the finance officer."),
        ),
    }
}

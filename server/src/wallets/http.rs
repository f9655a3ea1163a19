//! Accounts and statements over HTTP; freezing.

use super::ledger_store::{self, ReadEntry};
use super::store;
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Money, Page, Params, Path, Problem, day_param};
use crate::plumbing::outbox::{self, Happening};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_ledger::Kind;
use yitong_values::{BusinessDay, EntryId, PersonId, SchoolId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(account))
        .routes(routes!(statement))
        .routes(routes!(freeze))
        .routes(routes!(unfreeze))
}

#[derive(Serialize, ToSchema)]
struct Account {
    person: AccountPerson,
    wallets: Vec<WalletWire>,
    balance: Money,
    /// 延迟扣款: what is still to be collected.
    arrears: Money,
    frozen: bool,
    frozen_reason: Option<String>,
    last_entry_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct AccountPerson {
    id: Uuid,
    name: String,
    number: String,
    class: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Wallet)]
struct WalletWire {
    slot: usize,
    key: String,
    name_zh: String,
    name_en: String,
    balance: Money,
}

#[derive(Deserialize)]
struct IdPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

/// Slot 0 is cash; the others get their names when subsidies are set up.
fn wallet(slot: usize, balance: yitong_values::Cents) -> WalletWire {
    let (key, zh, en) = if slot == 0 {
        ("cash".to_owned(), "现金钱包".to_owned(), "Cash".to_owned())
    } else {
        (format!("wallet_{slot}"), format!("钱包 {slot}"), format!("Wallet {slot}"))
    };
    WalletWire { slot, key, name_zh: zh, name_en: en, balance: balance.into() }
}

/// Balance and arrears of a person.
#[utoipa::path(get, path = "/schools/{school}/people/{id}/account", tag = "wallets",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 200, body = Account), (status = 404)),
    security(("session" = ["wallets.read"])))]
async fn account(
    State(app): State<App>,
    who: Allowed<perm::WalletsRead>,
    Path(path): Path<IdPath>,
) -> Result<Json<Account>, Problem> {
    let (school, id) = (who.school, PersonId::new(path.id));
    let read = move |tx: &mut Tx<'_>| {
        let (Some(state), Some(holder)) = (store::load_account(tx, school, id)?, store::holder(tx, school, id)?) else {
            return Ok(None);
        };
        Ok(Some((state, holder)))
    };
    let (state, holder) = app.db.read(read).await?.ok_or_else(Problem::absent)?;
    let used = |(slot, balance): &(usize, &yitong_values::Cents)| *slot == 0 || !balance.is_zero();
    Ok(Json(Account {
        person: AccountPerson { id: path.id, name: holder.name, number: holder.number, class: holder.class },
        wallets: state.wallets.iter().enumerate().filter(used).map(|(slot, balance)| wallet(slot, *balance)).collect(),
        balance: state.balance().into(),
        arrears: state.arrears.into(),
        frozen: state.frozen,
        frozen_reason: holder.frozen_reason,
        last_entry_at: state.last_at.map(|at| at.to_string()),
    }))
}

/// A line of the statement.
#[derive(Serialize, ToSchema)]
struct StatementLine {
    id: Uuid,
    /// purchase, topup, reversal, opening, adjustment or transfer
    kind: String,
    at: String,
    business_day: String,
    /// From the person's side: a purchase is negative.
    amount: Money,
    balance_after: Money,
    arrears_after: Money,
    summary_zh: String,
    summary_en: String,
    stall: Option<Uuid>,
    reversed_by: Option<Uuid>,
    corrects: Option<Uuid>,
}

fn line(tx: &mut Tx<'_>, person: PersonId, read: ReadEntry) -> Result<StatementLine, DbError> {
    let entry = read.entry?;
    let reversed_by = ledger_store::correction_of(tx, entry.school, entry.id)?;
    let detail: Value = serde_json::from_str(&entry.detail).unwrap_or_default();
    let fen = |key: &str| Money { fen: detail[key].as_i64().unwrap_or(0) };
    // Wallets and arrears together: what the person has more or less.
    let own = entry.postings.iter().filter(|p| p.account.person() == Some(person));
    let amount = Money { fen: own.map(|p| p.amount.fen()).sum() };
    let text = |key: &str| detail[key].as_str().unwrap_or_default().to_owned();
    let (zh, en) = match entry.kind {
        Kind::Purchase => (text("stall_name"), text("stall_name")),
        Kind::Topup => ("充值".into(), "Top-up".into()),
        Kind::Reversal => ("撤销".into(), "Reversal".into()),
        Kind::Opening => ("期初余额".into(), "Opening balance".into()),
        Kind::Adjustment => ("调整".into(), "Adjustment".into()),
        Kind::Late => ("迟到支付（待查）".into(), "Late payment, in suspense".into()),
        Kind::Refund => ("退款（处理中）".into(), "Refund set aside".into()),
        Kind::RefundSent => ("退款已退回付款人".into(), "Refund sent".into()),
        Kind::RefundReturned => ("退款未成，已退回余额".into(), "Refund returned to the balance".into()),
        Kind::Transfer => ("家庭内转账".into(), "Transfer within the family".into()),
    };
    Ok(StatementLine {
        id: entry.id.uuid(),
        kind: entry.kind.word().into(),
        at: entry.at.to_string(),
        business_day: entry.day.to_string(),
        amount,
        balance_after: fen("balance_after"),
        arrears_after: fen("arrears_after"),
        summary_zh: zh,
        summary_en: en,
        stall: entry.stall.map(|id| id.uuid()),
        reversed_by: reversed_by.map(|id| id.uuid()),
        corrects: entry.corrects.map(|id| id.uuid()),
    })
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct StatementAsk {
    /// First business day.
    from: Option<String>,
    /// Last business day.
    to: Option<String>,
    /// purchase, topup, reversal, opening, adjustment or transfer
    kind: Option<String>,
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<Uuid>,
}

/// Entries that one page looks through for what the filter names; the page then ends, and its `next` goes on.
const STATEMENT_SCAN_MAX: i64 = 2_000;

/// Part of a statement.
struct Part {
    rows: i64,
    from: Option<BusinessDay>,
    to: Option<BusinessDay>,
    kind: Option<Kind>,
}

impl Part {
    fn of(ask: &StatementAsk) -> Result<Part, Problem> {
        let kind = ask.kind.as_deref().filter(|kind| !kind.is_empty()).map(|word| {
            let (zh, en) = ("类型不存在。", "There is no such kind.");
            Kind::from_word(word).ok_or_else(|| Problem::bad("bad_kind", zh, en).field("kind"))
        });
        let (from, to) = (day_param("from", ask.from.as_deref())?, day_param("to", ask.to.as_deref())?);
        Ok(Part { rows: ask.limit.unwrap_or(20).clamp(1, 200), from, to, kind: kind.transpose()? })
    }

    /// Lines from this entry backwards, and where the next page begins.
    fn read(
        &self,
        tx: &mut Tx<'_>,
        school: SchoolId,
        person: PersonId,
        newest: EntryId,
    ) -> Result<(Vec<StatementLine>, Option<EntryId>), DbError> {
        let (mut lines, mut next, mut looked) = (Vec::new(), Some(newest), 0);
        while let Some(from) = next.filter(|_| (lines.len() as i64) < self.rows && looked < STATEMENT_SCAN_MAX) {
            let page = ledger_store::statement(tx, school, from, self.rows)?;
            next = None;
            looked += page.len() as i64;
            for read in page {
                // A cursor that names somebody else's entry shows nothing of it.
                let Some(entry) = read.entry.as_ref().ok().filter(|entry| entry.person == Some(person)) else {
                    continue;
                };
                if self.from.is_some_and(|first| entry.day < first) {
                    return Ok((lines, None));
                }
                next = entry.previous;
                if self.to.is_none_or(|last| entry.day <= last) && self.kind.is_none_or(|kind| entry.kind == kind) {
                    lines.push(line(tx, person, read)?);
                }
                if lines.len() as i64 == self.rows {
                    break;
                }
            }
        }
        Ok((lines, next))
    }
}

/// The statement of a person, newest first.
#[utoipa::path(get, path = "/schools/{school}/people/{id}/statement", tag = "wallets",
    params(("school" = Uuid, Path), ("id" = Uuid, Path), StatementAsk),
    responses((status = 200, body = Page<StatementLine>), (status = 404), (status = 422)),
    security(("session" = ["wallets.read"])))]
async fn statement(
    State(app): State<App>,
    who: Allowed<perm::WalletsRead>,
    Path(path): Path<IdPath>,
    Params(ask): Params<StatementAsk>,
) -> Result<Json<Page<StatementLine>>, Problem> {
    let (school, id, part) = (who.school, PersonId::new(path.id), Part::of(&ask)?);
    let read = move |tx: &mut Tx<'_>| {
        let Some(state) = store::load_account(tx, school, id)? else { return Ok(None) };
        match ask.cursor.map(EntryId::new).or(state.last_entry) {
            Some(newest) => part.read(tx, school, id, newest).map(Some),
            None => Ok(Some((Vec::new(), None))),
        }
    };
    let (items, next) = app.db.read(read).await?.ok_or_else(Problem::absent)?;
    Ok(Json(Page { items, next: next.map(|id| id.to_string()) }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FreezeReason {
    reason: String,
}

async fn set_frozen(
    app: &App,
    who: &Allowed<perm::WalletsManage>,
    id: Uuid,
    reason: &str,
    action: &'static str,
) -> Result<axum::http::StatusCode, Problem> {
    let reason = reason.trim().to_owned();
    if !(2..=200).contains(&reason.chars().count()) {
        let (zh, en) = ("请填写原因（2 至 200 个字）。", "Say why (2 to 200 characters).");
        return Err(Problem::bad("reason_missing", zh, en).field("reason"));
    }
    let (school, id, note) = (who.school, PersonId::new(id), who.note(app));
    let frozen = action == "account.freeze";
    let happening = Happening {
        school,
        id: app.new_id(),
        topic: "freeze".into(),
        person: Some(id),
        body: json!({"frozen": frozen, "by": "school"}).to_string(),
        at: note.at,
    };
    let write = move |tx: &mut Tx<'_>| {
        let (Some(state), Some(holder)) = (store::load_account(tx, school, id)?, store::holder(tx, school, id)?) else {
            return Ok(false);
        };
        store::set_frozen(tx, school, id, frozen, frozen.then_some(reason.as_str()))?;
        let after = json!({"frozen": frozen, "reason": reason});
        note.record(
            tx,
            action,
            Subject("person", &id.to_string(), &holder.name),
            json!({"frozen": state.frozen}),
            after,
        )?;
        if state.frozen != frozen {
            outbox::queue(tx, std::slice::from_ref(&happening))?;
        }
        Ok(true)
    };
    if app.db.write(action, write).await? { Ok(axum::http::StatusCode::NO_CONTENT) } else { Err(Problem::absent()) }
}

/// Freeze an account: no purchase until it is unfrozen.
#[utoipa::path(post, path = "/schools/{school}/people/{id}/freeze", tag = "wallets",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = FreezeReason,
    responses((status = 204), (status = 404), (status = 422)), security(("session" = ["wallets.manage"])))]
async fn freeze(
    State(app): State<App>,
    who: Allowed<perm::WalletsManage>,
    Path(path): Path<IdPath>,
    Body(ask): Body<FreezeReason>,
) -> Result<axum::http::StatusCode, Problem> {
    set_frozen(&app, &who, path.id, &ask.reason, "account.freeze").await
}

/// Unfreeze an account.
#[utoipa::path(post, path = "/schools/{school}/people/{id}/unfreeze", tag = "wallets",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = FreezeReason,
    responses((status = 204), (status = 404), (status = 422)), security(("session" = ["wallets.manage"])))]
async fn unfreeze(
    State(app): State<App>,
    who: Allowed<perm::WalletsManage>,
    Path(path): Path<IdPath>,
    Body(ask): Body<FreezeReason>,
) -> Result<axum::http::StatusCode, Problem> {
    set_frozen(&app, &who, path.id, &ask.reason, "account.unfreeze").await
}

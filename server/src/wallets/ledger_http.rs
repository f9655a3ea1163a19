//! The books over HTTP: trial balance, days, entries, export, and the proof.

use super::days::{CloseRefusal, ClosedDay, close_day};
use super::ledger_store::{self, ReadEntry};
use super::verify::verify;
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Money, Page, Params, Path, Problem, day_param, streamed};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Instant;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{BusinessDay, EntryId};

/// Entries of one export; a longer time is exported in parts.
const EXPORT_PAGE: i64 = 2_000;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(accounts))
        .routes(routes!(days))
        .routes(routes!(close))
        .routes(routes!(entries))
        .routes(routes!(export))
        .routes(routes!(prove))
}

#[derive(Serialize, ToSchema)]
struct TrialBalance {
    day: String,
    items: Vec<TrialLine>,
    total_debit: Money,
    total_credit: Money,
}

#[derive(Serialize, ToSchema)]
struct TrialLine {
    account: String,
    kind: String,
    name_zh: String,
    name_en: String,
    debit: Money,
    credit: Money,
    balance: Money,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DayAsk {
    /// Up to and including this day; today when left out.
    day: Option<String>,
}

fn account_names(account: &str, stall: Option<&str>) -> (String, String, String) {
    let (kind, zh, en) = match account.split('/').next().unwrap_or_default() {
        "wallets" => ("wallets", "个人钱包合计", "Wallets of all persons"),
        "arrears" => ("arrears", "延迟扣款合计", "Payments to be collected later"),
        "merchant" => ("merchant", "应付档口", "Payable to stall"),
        "cash-desk" => ("cash-desk", "现金充值点", "Cash desk"),
        "channel" => ("channel", "支付渠道待结算", "Payment channel"),
        "refunding" => ("refunding", "退款途中", "Refunds on their way"),
        "transfer" => ("transfer", "家庭内转账", "Transfers within families"),
        "opening" => ("opening", "期初", "Opening"),
        "suspense" => ("suspense", "待查差额", "Suspense"),
        "risk" => ("risk", "离线风险", "Offline risk"),
        _ => ("compensation", "赔付", "Compensation"),
    };
    let with = |name: &str, colon: &str| stall.map_or(name.to_owned(), |stall| format!("{name}{colon}{stall}"));
    (kind.into(), with(zh, "："), with(en, ": "))
}

/// Debit and credit of every account, up to a day. Both sides are equal.
#[utoipa::path(get, path = "/schools/{school}/ledger/accounts", tag = "ledger", params(("school" = Uuid, Path), DayAsk),
    responses((status = 200, body = TrialBalance)), security(("session" = ["ledger.read"])))]
async fn accounts(
    State(app): State<App>,
    who: Allowed<perm::LedgerRead>,
    Params(ask): Params<DayAsk>,
) -> Result<Json<TrialBalance>, Problem> {
    let day = day_param("day", ask.day.as_deref())?.unwrap_or_else(|| app.now().china_day());
    let lines = app.db.read(move |tx| ledger_store::trial_balance(tx, who.school, day)).await?;
    let facts = crate::schools::facts_of(&app, who.school).await?;
    let (mut total_debit, mut total_credit) = (0, 0);
    let line = |(account, debit, credit): (String, yitong_values::Cents, yitong_values::Cents)| {
        let stall = account.strip_prefix("merchant/").and_then(|id| id.parse().ok());
        let name =
            stall.and_then(|id| facts.stall(id)).map(|(stall, canteen)| format!("{} {}", canteen.name, stall.name));
        let (kind, name_zh, name_en) = account_names(&account, name.as_deref());
        total_debit += debit.fen();
        total_credit += credit.fen();
        let balance = Money { fen: credit.fen() - debit.fen() };
        TrialLine { account, kind, name_zh, name_en, debit: debit.into(), credit: credit.into(), balance }
    };
    let items = lines.into_iter().map(line).collect();
    let totals = (Money { fen: total_debit }, Money { fen: total_credit });
    Ok(Json(TrialBalance { day: day.to_string(), items, total_debit: totals.0, total_credit: totals.1 }))
}

#[derive(Serialize, ToSchema)]
struct LedgerDays {
    items: Vec<LedgerDay>,
    open: Vec<OpenDay>,
}

#[derive(Serialize, ToSchema)]
struct LedgerDay {
    day: String,
    entries: i64,
    amount: Money,
    root: String,
    previous: String,
    closed_at: String,
    closed_by: Uuid,
}

#[derive(Serialize, ToSchema)]
struct OpenDay {
    day: String,
    entries: i64,
    amount: Money,
    /// When it may be closed.
    closes_at: String,
    over: bool,
}

fn day_wire(day: &ClosedDay) -> LedgerDay {
    LedgerDay {
        day: day.day.to_string(),
        entries: day.entries,
        amount: day.amount.into(),
        root: day.root.to_string(),
        previous: day.previous.to_string(),
        closed_at: day.closed_at.to_string(),
        closed_by: day.closed_by.uuid(),
    }
}

/// Closed days with their roots, newest first, and days that wait to be closed.
#[utoipa::path(get, path = "/schools/{school}/ledger/days", tag = "ledger", params(("school" = Uuid, Path)),
    responses((status = 200, body = LedgerDays)), security(("session" = ["ledger.read"])))]
async fn days(State(app): State<App>, who: Allowed<perm::LedgerRead>) -> Result<Json<LedgerDays>, Problem> {
    let school = who.school;
    let read = move |tx: &mut Tx<'_>| {
        let closed = ledger_store::closed_days(tx, school)?;
        let after = closed.last().map_or(0, |day| day.day.number());
        Ok((closed, ledger_store::open_days(tx, school, after)?))
    };
    let (mut closed, open) = app.db.read(read).await?;
    closed.reverse();
    let now = app.now();
    let open_wire = |(day, entries, amount): (BusinessDay, i64, yitong_values::Cents)| {
        let closes_at = day.plus_days(1).start().plus_ms(super::CLOSE_GRACE_MS);
        let over = closes_at <= now;
        OpenDay { day: day.to_string(), entries, amount: amount.into(), over, closes_at: closes_at.to_string() }
    };
    let items = closed.iter().map(day_wire).collect();
    Ok(Json(LedgerDays { items, open: open.into_iter().map(open_wire).collect() }))
}

#[derive(Deserialize)]
struct DayPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    day: String,
}

/// Close a day that is over. Closing it again answers with what was closed.
#[utoipa::path(put, path = "/schools/{school}/ledger/days/{day}", tag = "ledger",
    params(("school" = Uuid, Path), ("day" = String, Path)), responses((status = 200, body = LedgerDay), (status = 409)),
    security(("session" = ["ledger.close"])))]
async fn close(
    State(app): State<App>,
    who: Allowed<perm::LedgerClose>,
    Path(path): Path<DayPath>,
) -> Result<Json<LedgerDay>, Problem> {
    let day: BusinessDay = path.day.parse().map_err(|_| Problem::absent())?;
    let (school, by, now, note) = (who.school, who.principal.user, app.now(), who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        let closed = close_day(tx, school, day, by, now)?;
        if let Ok(closed) = &closed
            && closed.closed_at == now
        {
            let after = json!({"entries": closed.entries, "root": closed.root.to_string()});
            note.record(tx, "day.close", Subject("day", &day.to_string(), "日结"), json!(null), after)?;
        }
        Ok(closed)
    };
    match app.db.write_locking("close a day", write).await? {
        Ok(closed) => Ok(Json(day_wire(&closed))),
        Err(CloseRefusal::NotOver { closes_at }) => {
            let zh = format!("{day} 尚未结束，{closes_at} 之后可以日结。");
            let en = format!("{day} is not over; it can be closed after {closes_at}.");
            Err(Problem::conflict("day_not_over", zh, en))
        }
        Err(CloseRefusal::EarlierOpen(earlier)) => {
            let zh = format!("请先日结 {earlier}：日结须按日期顺序进行。");
            let en = format!("Close {earlier} first: days are closed in their order.");
            Err(Problem::conflict("earlier_day_open", zh, en).with("day", earlier.to_string()))
        }
    }
}

/// An entry as the ledger keeps it.
#[derive(Serialize, ToSchema)]
struct LedgerEntry {
    id: Uuid,
    kind: String,
    day: String,
    at: String,
    booked_at: String,
    person: Option<Uuid>,
    stall: Option<Uuid>,
    amount: Money,
    /// Account and fen.
    #[schema(value_type = Vec<Object>)]
    postings: serde_json::Value,
    corrects: Option<Uuid>,
    previous: Option<Uuid>,
    #[schema(value_type = Object)]
    detail: serde_json::Value,
    /// SHA-256 over all of it.
    hash: String,
}

fn entry_wire(read: ReadEntry) -> Option<LedgerEntry> {
    let entry = read.entry.ok()?;
    Some(LedgerEntry {
        id: entry.id.uuid(),
        kind: entry.kind.word().into(),
        day: entry.day.to_string(),
        at: entry.at.to_string(),
        booked_at: entry.booked_at.to_string(),
        person: entry.person.map(|id| id.uuid()),
        stall: entry.stall.map(|id| id.uuid()),
        amount: entry.amount.into(),
        postings: serde_json::from_str(&entry.postings.text()).unwrap_or_default(),
        corrects: entry.corrects.map(|id| id.uuid()),
        previous: entry.previous.map(|id| id.uuid()),
        detail: serde_json::from_str(&entry.detail).unwrap_or_default(),
        hash: hex::encode(read.hash),
    })
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct EntryFilter {
    /// Today when left out.
    day: Option<String>,
    /// purchase, topup, reversal, opening or adjustment
    kind: Option<String>,
    limit: Option<i64>,
    cursor: Option<Uuid>,
}

/// Entries of a day in the order of their ids.
#[utoipa::path(get, path = "/schools/{school}/ledger/entries", tag = "ledger", params(("school" = Uuid, Path), EntryFilter),
    responses((status = 200, body = Page<LedgerEntry>)), security(("session" = ["ledger.read"])))]
async fn entries(
    State(app): State<App>,
    who: Allowed<perm::LedgerRead>,
    Params(filter): Params<EntryFilter>,
) -> Result<Json<Page<LedgerEntry>>, Problem> {
    let day = day_param("day", filter.day.as_deref())?.unwrap_or_else(|| app.now().china_day());
    let rows = filter.limit.unwrap_or(50).clamp(1, 200);
    let after = EntryId::new(filter.cursor.unwrap_or_default());
    let kind = filter.kind.filter(|kind| !kind.is_empty());
    let read =
        move |tx: &mut Tx<'_>| ledger_store::entries_of_day(tx, who.school, day, kind.as_deref(), after, rows + 1);
    let items = app.db.read(read).await?.into_iter().filter_map(entry_wire).collect();
    Ok(Json(Page::cut(items, rows, |entry: &LedgerEntry| entry.id.to_string())))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportAsk {
    from: Option<String>,
    to: Option<String>,
}

/// The entries of some days, a JSON object a line, however many: with it anyone can compute every balance again.
#[utoipa::path(get, path = "/schools/{school}/ledger/export.jsonl", tag = "ledger", params(("school" = Uuid, Path), ExportAsk),
    responses((status = 200, content_type = "application/jsonl"), (status = 422)), security(("session" = ["ledger.read"])))]
async fn export(
    State(app): State<App>,
    who: Allowed<perm::LedgerRead>,
    Params(ask): Params<ExportAsk>,
) -> Result<Response, Problem> {
    let today = app.now().china_day();
    let from = day_param("from", ask.from.as_deref())?.unwrap_or(today);
    let to = day_param("to", ask.to.as_deref())?.unwrap_or(from);
    let school = who.school;
    let begin = (from, EntryId::new(Uuid::nil()));
    let body = streamed((app, begin), move |(app, (mut day, mut after))| async move {
        while day <= to && day <= today {
            let read = move |tx: &mut Tx<'_>| ledger_store::entries_of_day(tx, school, day, None, after, EXPORT_PAGE);
            let page = app.db.read(read).await?;
            if let Some(last) = page.last().map(|last| last.id) {
                return Ok(Some((lines(page), (app, (day, last)))));
            }
            (day, after) = (day.plus_days(1), EntryId::new(Uuid::nil()));
        }
        Ok(None)
    });
    let disposition = format!("attachment; filename=\"ledger-{from}-{to}.jsonl\"");
    Ok(([(header::CONTENT_TYPE, "application/jsonl".to_owned()), (header::CONTENT_DISPOSITION, disposition)], body)
        .into_response())
}

/// An entry that was altered until it can't be read is not left out: its line says so.
fn lines(page: Vec<ReadEntry>) -> Vec<u8> {
    let line = |read: ReadEntry| {
        let unreadable = serde_json::json!({"id": read.id.uuid(), "unreadable": true}).to_string();
        let entry = entry_wire(read).map_or(Ok(unreadable), |entry| serde_json::to_string(&entry));
        format!("{}\n", entry.expect("our own entry is JSON"))
    };
    page.into_iter().map(line).collect::<String>().into_bytes()
}

#[derive(Serialize, ToSchema)]
struct Verification {
    ok: bool,
    checked: Checked,
    took_ms: i64,
    findings: Vec<FindingWire>,
}

#[derive(Serialize, ToSchema)]
struct Checked {
    entries: u64,
    postings: u64,
    days: u64,
    accounts: u64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Finding)]
struct FindingWire {
    zh: String,
    en: String,
    entry: Option<Uuid>,
    day: Option<String>,
    account: Option<String>,
}

/// Compute every balance, total and root again from the entries alone.
#[utoipa::path(post, path = "/schools/{school}/ledger/verifications", tag = "ledger", params(("school" = Uuid, Path)),
    responses((status = 200, body = Verification)), security(("session" = ["ledger.read"])))]
async fn prove(State(app): State<App>, who: Allowed<perm::LedgerRead>) -> Result<Json<Verification>, Problem> {
    let begun = Instant::now();
    let report = verify(&app.db, Some(who.school)).await?;
    let finding = |f: &super::Finding| FindingWire {
        zh: f.zh.clone(),
        en: f.en.clone(),
        entry: f.entry.map(|id| id.uuid()),
        day: f.day.map(|day| day.to_string()),
        account: f.account.clone(),
    };
    Ok(Json(Verification {
        ok: report.ok(),
        checked: Checked {
            entries: report.entries,
            postings: report.postings,
            days: report.days,
            accounts: report.accounts,
        },
        took_ms: begun.elapsed().as_millis() as i64,
        findings: report.findings.iter().map(finding).collect(),
    }))
}

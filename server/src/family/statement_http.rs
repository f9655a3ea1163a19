//! The statement of a child over HTTP: every movement of money, on pages and as a file.

use super::export::{self, Row};
use super::history::{Undone, Walk};
use super::lines;
use crate::App;
use crate::guardians::{OfChild, right};
use crate::notices::Locale;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Money, Page, Params, Problem, day_param};
use crate::schools::{Facts, facts_of};
use crate::wallets;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_ledger::{Entry, Kind};
use yitong_values::{BusinessDay, EntryId, PersonId, SchoolId};

/// Days of a file at the most: a year and a day.
const EXPORT_DAYS_MAX: i64 = 367;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(statement)).routes(routes!(file))
}

/// A movement of the child's money.
#[derive(Serialize, ToSchema)]
#[schema(as = GuardianStatementLine)]
struct StatementLine {
    id: Uuid,
    /// purchase, undo (a purchase given back), topup, reversal (a top-up taken back), transfer, opening, adjustment, or
    /// of a refund to the payer: refund, refund_sent, refund_returned
    kind: &'static str,
    at: String,
    /// From the child's side: a purchase is negative.
    amount: Money,
    balance_after: Money,
    arrears_after: Money,
    title_zh: String,
    title_en: String,
    /// It was taken back by a later line.
    undone: bool,
}

/// What the line is called: its word for programs, and its title.
fn titled(entry: &Entry, amount: i64, facts: &Facts) -> (&'static str, String, String) {
    let both = |kind: &'static str, zh: &str, en: &str| (kind, zh.to_owned(), en.to_owned());
    match entry.kind {
        Kind::Purchase => {
            let place = lines::place(facts, entry.stall, &lines::kept(entry).stall_name);
            ("purchase", place.clone(), place)
        }
        Kind::Reversal if entry.stall.is_some() => both("undo", "消费撤销退回", "Purchase given back"),
        Kind::Reversal => both("reversal", "充值撤销", "Top-up taken back"),
        Kind::Topup => both("topup", "充值", "Top-up"),
        Kind::Transfer if amount < 0 => both("transfer", "转给家人", "To a sibling"),
        Kind::Transfer => both("transfer", "家人转入", "From a sibling"),
        Kind::Opening => both("opening", "期初余额", "Opening balance"),
        Kind::Adjustment => both("adjustment", "调整", "Adjustment"),
        Kind::Refund => both("refund", "退款（退回原付款方式）", "Refund to where it was paid from"),
        Kind::RefundSent => both("refund_sent", "退款已退回付款人", "Refund sent"),
        Kind::RefundReturned => both("refund_returned", "退款未成，已退回余额", "Refund returned to the balance"),
        Kind::Late => both("late", "迟到支付", "Late payment"),
    }
}

fn line(entry: &Entry, undone: Undone, person: PersonId, facts: &Facts) -> StatementLine {
    let own = entry.postings.iter().filter(|posting| posting.account.person() == Some(person));
    // Wallets and arrears together: what the child has more or less.
    let amount: i64 = own.map(|posting| posting.amount.fen()).sum();
    let (kind, title_zh, title_en) = titled(entry, amount, facts);
    let after: serde_json::Value = serde_json::from_str(&entry.detail).unwrap_or_default();
    let fen = |key: &str| Money { fen: after[key].as_i64().unwrap_or(0) };
    StatementLine {
        id: entry.id.uuid(),
        kind,
        at: entry.at.to_string(),
        amount: Money { fen: amount },
        balance_after: fen("balance_after"),
        arrears_after: fen("arrears_after"),
        title_zh,
        title_en,
        undone: undone == Undone::Yes,
    }
}

/// Part of a statement.
#[derive(Clone, Copy)]
struct Part {
    school: SchoolId,
    person: PersonId,
    from: Option<BusinessDay>,
    to: Option<BusinessDay>,
    rows: usize,
}

type Lines = (Vec<(Entry, Undone)>, Option<EntryId>);

impl Part {
    /// Newest first, from this entry or the newest one, and where the next page begins.
    fn read(&self, tx: &mut Tx<'_>, cursor: Option<EntryId>) -> Result<Lines, DbError> {
        let first = match cursor {
            Some(cursor) => Some(cursor),
            None => wallets::load_account(tx, self.school, self.person)?.and_then(|state| state.last_entry),
        };
        let Some(first) = first else { return Ok((Vec::new(), None)) };
        let (mut found, mut next) = (Vec::new(), None);
        Walk::from(self.school, self.person, first).each(tx, |entry, undone| {
            if self.from.is_some_and(|from| entry.day < from) {
                next = None;
                return ControlFlow::Break(());
            }
            next = entry.previous;
            if self.to.is_none_or(|to| entry.day <= to) {
                found.push((entry, undone));
            }
            if found.len() == self.rows { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok((found, next))
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct StatementAsk {
    /// First business day.
    from: Option<String>,
    /// Last business day.
    to: Option<String>,
    /// Lines of a page, 1 to 100.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<Uuid>,
}

/// Every movement of the child's money, newest first.
#[utoipa::path(get, path = "/guardian/children/{binding}/statement", tag = "family",
    params(("binding" = Uuid, Path), StatementAsk), responses((status = 200, body = Page<StatementLine>)),
    security(("guardian" = ["see"])))]
async fn statement(
    State(app): State<App>,
    who: OfChild<right::See>,
    Params(ask): Params<StatementAsk>,
) -> Result<Json<Page<StatementLine>>, Problem> {
    who.agreed_to_meals()?;
    let part = Part {
        school: who.school,
        person: who.person,
        from: day_param("from", ask.from.as_deref())?,
        to: day_param("to", ask.to.as_deref())?,
        rows: ask.limit.unwrap_or(20).clamp(1, 100),
    };
    let facts = facts_of(&app, who.school).await?;
    let (found, next) = app.db.read(move |tx| part.read(tx, ask.cursor.map(EntryId::new))).await?;
    let items = found.iter().map(|(entry, undone)| line(entry, *undone, who.person, &facts)).collect();
    Ok(Json(Page { items, next: next.map(|id| id.to_string()) }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FileAsk {
    /// First business day; the first of this month when left out.
    from: Option<String>,
    /// Last business day; today when left out.
    to: Option<String>,
    /// xlsx or csv; a PDF is what the browser prints of the statement page.
    format: Option<String>,
}

fn bad(code: &'static str, field: &str, zh: &str, en: &str) -> Problem {
    Problem::bad(code, zh, en).field(field)
}

/// The statement of up to a year as a file, oldest first.
#[utoipa::path(get, path = "/guardian/children/{binding}/statement/export", tag = "family",
    params(("binding" = Uuid, Path), FileAsk),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (status = 422)),
    security(("guardian" = ["see"])))]
async fn file(
    State(app): State<App>,
    who: OfChild<right::See>,
    Params(ask): Params<FileAsk>,
) -> Result<Response, Problem> {
    who.agreed_to_meals()?;
    let today = app.now().china_day();
    let to = day_param("to", ask.to.as_deref())?.unwrap_or(today);
    let from = day_param("from", ask.from.as_deref())?.unwrap_or(to.plus_days(1 - i64::from(to.day())));
    if from > to || to.epoch_days() - from.epoch_days() >= EXPORT_DAYS_MAX {
        let (zh, en) = ("一次最多导出一年。", "A file holds one year at the most.");
        return Err(bad("too_many_days", "from", zh, en));
    }
    let format = export::Format::from_word(ask.format.as_deref().unwrap_or("xlsx")).ok_or_else(|| {
        let zh = "格式为 xlsx 或 csv；需要 PDF 请在对账单页面打印。";
        let en = "A format is xlsx or csv; for a PDF print the statement page.";
        bad("bad_format", "format", zh, en)
    })?;
    let (school, person) = (who.school, who.person);
    let facts = facts_of(&app, school).await?;
    let part = Part { school, person, from: Some(from), to: Some(to), rows: usize::MAX };
    let (found, _) = app.db.read(move |tx| part.read(tx, None)).await?;
    let locale = lines::locale(&who.guardian.row);
    let rows = found.iter().rev().map(|(entry, undone)| {
        let line = line(entry, *undone, person, &facts);
        let dishes: Vec<_> = lines::kept(entry).items.iter().map(|item| format!("{}×{}", item.n, item.c)).collect();
        Row {
            at: line.at[..19].replace('T', " "),
            title: if locale == Locale::En { line.title_en } else { line.title_zh },
            dishes: dishes.join("、"),
            amount: line.amount.fen,
            balance: line.balance_after.fen,
            arrears: line.arrears_after.fen,
        }
    });
    let rows: Vec<_> = rows.collect();
    let name = format!("statement-{from}-{to}");
    let made = tokio::task::spawn_blocking(move || export::file(format, &rows, locale, &name)).await;
    made.map_err(|_| DbError::Panicked("statement file"))?.map_err(Problem::from)
}

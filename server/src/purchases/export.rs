//! Purchases as a file: CSV for any program, Excel for the finance office.
//! async because a page is read while the one before it is being sent.
//! float because Excel knows no other number; an amount with two decimals is exact in it.

use super::http::{PurchaseFilter, stalls_below};
use super::list_store::{self, Filter, Listed};
use crate::App;
use crate::plumbing::db::DbError;
use crate::plumbing::http::{Params, Problem, streamed};
use crate::schools::{Facts, facts_of};
use crate::signin::{Allowed, perm};
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use serde::Deserialize;
use std::sync::Arc;
use tokio::sync::mpsc;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use yitong_values::{Cents, SchoolId, StallId};

/// Rows that are read and written at once: however long the time, no more of it is in memory.
const PAGE_ROWS: i64 = 1_000;
/// Rows of an Excel file; a longer time is exported in parts, or as CSV.
const EXCEL_ROWS_MAX: usize = 100_000;
const COLUMNS: usize = 11;

/// What stands in the file besides the data.
struct Words {
    titles: [&'static str; COLUMNS],
    sheet: &'static str,
    paid: &'static str,
    undone: &'static str,
    refused: &'static str,
    english: bool,
}

const CHINESE: Words = Words {
    titles: [
        "时间",
        "学号／工号",
        "姓名",
        "班级",
        "食堂",
        "档口",
        "菜品",
        "金额（元）",
        "延迟扣款（元）",
        "状态",
        "编号",
    ],
    sheet: "消费明细",
    paid: "已支付",
    undone: "已撤销",
    refused: "已拒绝：",
    english: false,
};

const ENGLISH: Words = Words {
    titles: [
        "Time",
        "Number",
        "Name",
        "Class",
        "Canteen",
        "Stall",
        "Dishes",
        "Amount (CNY)",
        "Collect later (CNY)",
        "Outcome",
        "Id",
    ],
    sheet: "Purchases",
    paid: "Paid",
    undone: "Reversed",
    refused: "Refused: ",
    english: true,
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Language {
    /// zh or en: of the titles and outcomes; Chinese when left out.
    lang: Option<String>,
}

impl Language {
    fn words(&self) -> &'static Words {
        if self.lang.as_deref() == Some("en") { &ENGLISH } else { &CHINESE }
    }
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(csv_file)).routes(routes!(xlsx_file))
}

/// The rows, newest first, page by page.
struct Pages {
    app: App,
    school: SchoolId,
    own: Option<Vec<StallId>>,
    facts: Arc<Facts>,
    words: &'static Words,
    /// What is left; `None` at the end.
    left: Option<Filter>,
}

impl Pages {
    async fn of(
        app: App,
        who: &Allowed<perm::PurchasesRead>,
        filter: &PurchaseFilter,
        language: &Language,
    ) -> Result<Pages, Problem> {
        let (left, facts) = (Some(filter.rows(&app, PAGE_ROWS)?), facts_of(&app, who.school).await?);
        let own = stalls_below(&who.scopes(), &facts);
        Ok(Pages { app, school: who.school, own, facts, words: language.words(), left })
    }

    /// Empty at the end.
    async fn next(&mut self) -> Result<Vec<Listed>, DbError> {
        let Some(ask) = self.left.take() else { return Ok(Vec::new()) };
        let (school, own, asked) = (self.school, self.own.clone(), ask.clone());
        let page = self.app.db.read(move |tx| list_store::list_at(tx, school, &asked, own.as_deref())).await?;
        if let Some(last) = page.last().filter(|_| page.len() as i64 == PAGE_ROWS) {
            self.left = Some(Filter { to: last.day.number(), before: Some(last.id.uuid()), ..ask });
        }
        Ok(page)
    }
}

fn cells(row: &Listed, facts: &Facts, words: &Words) -> [String; COLUMNS] {
    let (name, number, class) = match &row.person {
        Some((_, name, number, class)) => (name.clone(), number.clone(), class.clone().unwrap_or_default()),
        None => Default::default(),
    };
    let canteen = facts.stall(row.stall).map_or(String::new(), |(_, canteen)| canteen.name.clone());
    let items: Vec<_> = row.items.iter().map(|item| format!("{}×{}", item.n, item.c)).collect();
    let status = match (&row.refusal, row.reversed_by) {
        (Some(kept), _) => {
            let said = kept.refusal().map(|refusal| refusal.to_cashier());
            let said = said.map_or(kept.code.clone(), |said| if words.english { said.en } else { said.zh });
            format!("{}{said}", words.refused)
        }
        (None, Some(_)) => words.undone.into(),
        (None, None) => words.paid.into(),
    };
    let at = row.at.to_string()[..19].replace('T', " ");
    let items = items.join(if words.english { ", " } else { "、" });
    let (amount, arrears) = (row.amount.to_string(), Cents::new(row.arrears).to_string());
    [at, number, name, class, canteen, row.stall_name.clone(), items, amount, arrears, status, row.id.to_string()]
}

/// A cell that begins like a formula is none: Excel must not run what somebody typed as a name.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

fn file(body: Body, kind: &'static str, name: &str) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], body).into_response()
}

fn unwritten(why: impl std::fmt::Display) -> DbError {
    DbError::Broken(format!("an export can't be written: {why}"))
}

/// Lines of CSV, the titles before the first.
fn lines(rows: &[Listed], pages: &Pages, begins: bool) -> Result<Vec<u8>, DbError> {
    // UTF-8 with a mark, so that Excel reads it.
    let mut writer = csv::Writer::from_writer(if begins { vec![0xef, 0xbb, 0xbf] } else { Vec::new() });
    if begins {
        writer.write_record(pages.words.titles).map_err(unwritten)?;
    }
    for row in rows {
        let cells = cells(row, &pages.facts, pages.words);
        writer.write_record(cells.iter().map(|cell| harmless(cell))).map_err(unwritten)?;
    }
    writer.into_inner().map_err(|why| unwritten(why.error()))
}

/// The list as CSV (UTF-8 with a mark, so that Excel reads it), of any length.
#[utoipa::path(get, path = "/schools/{school}/purchases/export.csv", tag = "purchases",
    params(("school" = Uuid, Path), PurchaseFilter, Language),
    responses((status = 200, content_type = "text/csv"), (status = 422)),
    security(("session" = ["purchases.read"])))]
async fn csv_file(
    State(app): State<App>,
    who: Allowed<perm::PurchasesRead>,
    Params(filter): Params<PurchaseFilter>,
    Params(language): Params<Language>,
) -> Result<Response, Problem> {
    let mut pages = Pages::of(app, &who, &filter, &language).await?;
    // The first page comes before the answer: what can't be read at all is said with its status.
    let first = pages.next().await?;
    let begin = Some(lines(&first, &pages, true)?);
    let body = streamed((pages, begin), |(mut pages, begin)| async move {
        if let Some(begin) = begin {
            return Ok(Some((begin, (pages, None))));
        }
        let page = pages.next().await?;
        let text = lines(&page, &pages, false)?;
        Ok((!page.is_empty()).then_some((text, (pages, None))))
    });
    Ok(file(body, "text/csv; charset=utf-8", "purchases.csv"))
}

/// Writes what comes, row by row to a temporary file: a sheet of many rows is never in memory.
fn workbook(mut coming: mpsc::Receiver<Vec<[String; COLUMNS]>>, words: &Words) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let (bold, money) = (Format::new().set_bold(), Format::new().set_num_format("0.00"));
    let sheet = book.add_worksheet_with_constant_memory()?.set_name(words.sheet)?;
    for (c, title) in (0u16..).zip(words.titles) {
        sheet.set_column_width(c, if c == 6 { 40 } else { 16 })?;
        sheet.write_with_format(0, c, title, &bold)?;
    }
    let mut r = 0;
    while let Some(page) = coming.blocking_recv() {
        for row in page {
            r += 1;
            for (c, cell) in (0u16..).zip(row) {
                match c {
                    // Excel knows numbers only as floats; two decimals of an amount are exact to far beyond any lunch.
                    7 | 8 => sheet.write_with_format(r, c, cell.parse::<f64>().unwrap_or_default(), &money)?,
                    _ => sheet.write(r, c, cell)?,
                };
            }
        }
    }
    book.save_to_buffer()
}

/// The list as an Excel file, of at most 100,000 rows.
#[utoipa::path(get, path = "/schools/{school}/purchases/export.xlsx", tag = "purchases",
    params(("school" = Uuid, Path), PurchaseFilter, Language),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = 422)),
    security(("session" = ["purchases.read"])))]
async fn xlsx_file(
    State(app): State<App>,
    who: Allowed<perm::PurchasesRead>,
    Params(filter): Params<PurchaseFilter>,
    Params(language): Params<Language>,
) -> Result<Response, Problem> {
    let mut pages = Pages::of(app, &who, &filter, &language).await?;
    let words = pages.words;
    let (send, coming) = mpsc::channel(2);
    let writing = tokio::task::spawn_blocking(move || workbook(coming, words));
    let mut rows = 0;
    loop {
        let page = pages.next().await?;
        rows += page.len();
        if rows > EXCEL_ROWS_MAX {
            let zh = "超过 10 万行：请缩短日期范围分段导出，或导出 CSV。";
            let en = "Over 100,000 rows: export fewer days at once, or as CSV.";
            return Err(Problem::bad("too_many", zh, en).field("from"));
        }
        let cells: Vec<_> = page.iter().map(|row| cells(row, &pages.facts, words)).collect();
        // A writer that is gone says why below.
        if cells.is_empty() || send.send(cells).await.is_err() {
            break;
        }
    }
    drop(send);
    let bytes = writing.await.map_err(unwritten)?.map_err(unwritten)?;
    Ok(file(bytes.into(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "purchases.xlsx"))
}

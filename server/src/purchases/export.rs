//! Purchases as a file: CSV for any program, Excel for the finance office.
//! float because Excel knows no other number; an amount with two decimals is exact in it.

use super::http::{PurchaseFilter, stalls_below};
use super::list_store::{self, Listed};
use crate::App;
use crate::plumbing::http::{Params, Problem};
use crate::schools::{Facts, facts_of};
use crate::signin::{Allowed, perm};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use utoipa_axum::{router::OpenApiRouter, routes};

/// Rows of one file; a longer time is exported in parts.
const EXPORT_ROWS_MAX: i64 = 100_000;
const TITLES: [&str; 11] =
    ["时间", "学号／工号", "姓名", "班级", "食堂", "档口", "菜品", "金额（元）", "延迟扣款（元）", "状态", "编号"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(csv_file)).routes(routes!(xlsx_file))
}

async fn rows(app: &App, who: &Allowed<perm::PurchasesRead>, filter: &PurchaseFilter) -> Result<Vec<Listed>, Problem> {
    let ask = filter.rows(app, EXPORT_ROWS_MAX + 1)?;
    let school = who.school;
    let facts = facts_of(app, school).await?;
    let own = stalls_below(&who.scopes(), &facts);
    let found = app.db.read(move |tx| list_store::list_at(tx, school, &ask, own.as_deref())).await?;
    if found.len() as i64 > EXPORT_ROWS_MAX {
        let (zh, en) = ("超过 10 万行，请缩短日期范围分段导出。", "Over 100,000 rows; export fewer days at once.");
        return Err(Problem::bad("too_many", zh, en).field("from"));
    }
    Ok(found)
}

fn cells(row: &Listed, facts: &Facts) -> [String; 11] {
    let (name, number, class) = match &row.person {
        Some((_, name, number, class)) => (name.clone(), number.clone(), class.clone().unwrap_or_default()),
        None => Default::default(),
    };
    let canteen = facts.stall(row.stall).map_or(String::new(), |(_, canteen)| canteen.name.clone());
    let items: Vec<_> = row.items.iter().map(|item| format!("{}×{}", item.n, item.c)).collect();
    let status = match (&row.refusal, row.reversed_by) {
        (Some(kept), _) => format!("已拒绝：{}", kept.refusal().map_or(kept.code.clone(), |r| r.to_cashier().zh)),
        (None, Some(_)) => "已撤销".into(),
        (None, None) => "已支付".into(),
    };
    let at = row.at.to_string()[..19].replace('T', " ");
    let (amount, arrears) = (row.amount.to_string(), yitong_values::Cents::new(row.arrears).to_string());
    [
        at,
        number,
        name,
        class,
        canteen,
        row.stall_name.clone(),
        items.join("、"),
        amount,
        arrears,
        status,
        row.id.to_string(),
    ]
}

/// A cell that begins like a formula is none: Excel must not run what somebody typed as a name.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t']) { format!("'{cell}") } else { cell.to_owned() }
}

fn file(bytes: Vec<u8>, kind: &'static str, name: &str) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response()
}

/// The list as CSV (UTF-8 with a mark, so that Excel reads it).
#[utoipa::path(get, path = "/schools/{school}/purchases/export.csv", tag = "purchases",
    params(("school" = Uuid, Path), PurchaseFilter), responses((status = 200, content_type = "text/csv"), (status = 422)),
    security(("session" = ["purchases.read"])))]
async fn csv_file(
    State(app): State<App>,
    who: Allowed<perm::PurchasesRead>,
    Params(filter): Params<PurchaseFilter>,
) -> Result<Response, Problem> {
    let found = rows(&app, &who, &filter).await?;
    let facts = facts_of(&app, who.school).await?;
    let mut writer = csv::Writer::from_writer(vec![0xef, 0xbb, 0xbf]);
    let broken = |why: csv::Error| {
        tracing::error!(%why, "a CSV file can't be written");
        Problem::absent()
    };
    writer.write_record(TITLES).map_err(broken)?;
    for row in &found {
        writer.write_record(cells(row, &facts).iter().map(|cell| harmless(cell))).map_err(broken)?;
    }
    let bytes = writer.into_inner().map_err(|_| Problem::absent())?;
    Ok(file(bytes, "text/csv; charset=utf-8", "purchases.csv"))
}

fn workbook(found: &[Listed], facts: &Facts) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let (bold, money) = (Format::new().set_bold(), Format::new().set_num_format("0.00"));
    let sheet = book.add_worksheet().set_name("消费明细")?;
    for (c, title) in (0u16..).zip(TITLES) {
        sheet.write_with_format(0, c, title, &bold)?;
        sheet.set_column_width(c, if c == 6 { 40 } else { 16 })?;
    }
    for (r, row) in (1u32..).zip(found) {
        for (c, cell) in (0u16..).zip(cells(row, facts)) {
            match c {
                // Excel knows numbers only as floats; two decimals of an amount are exact to far beyond any lunch.
                7 | 8 => sheet.write_with_format(r, c, cell.parse::<f64>().unwrap_or_default(), &money)?,
                _ => sheet.write(r, c, cell)?,
            };
        }
    }
    book.save_to_buffer()
}

/// The list as an Excel file.
#[utoipa::path(get, path = "/schools/{school}/purchases/export.xlsx", tag = "purchases",
    params(("school" = Uuid, Path), PurchaseFilter),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = 422)),
    security(("session" = ["purchases.read"])))]
async fn xlsx_file(
    State(app): State<App>,
    who: Allowed<perm::PurchasesRead>,
    Params(filter): Params<PurchaseFilter>,
) -> Result<Response, Problem> {
    let found = rows(&app, &who, &filter).await?;
    let facts = facts_of(&app, who.school).await?;
    let made = tokio::task::spawn_blocking(move || workbook(&found, &facts)).await.map_err(|_| Problem::absent())?;
    let bytes = made.map_err(|why| {
        tracing::error!(%why, "a workbook can't be written");
        Problem::absent()
    })?;
    Ok(file(bytes, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "purchases.xlsx"))
}

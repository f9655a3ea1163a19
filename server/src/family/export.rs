//! A statement as a file: Excel for the family's books, CSV for any program.
//! float because Excel knows no other number; an amount with two decimals is exact in it.

use crate::notices::Locale;
use crate::plumbing::db::DbError;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rust_xlsxwriter::{Format as Style, Workbook, XlsxError};
use yitong_values::Cents;

const COLUMNS: usize = 6;
const CHINESE: [&str; COLUMNS] = ["时间", "项目", "菜品", "金额（元）", "余额（元）", "延迟扣款（元）"];
const ENGLISH: [&str; COLUMNS] = ["Time", "What", "Dishes", "Amount (CNY)", "Balance (CNY)", "Collect later (CNY)"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Xlsx,
    Csv,
}

impl Format {
    pub(super) fn from_word(word: &str) -> Option<Format> {
        [("xlsx", Format::Xlsx), ("csv", Format::Csv)].into_iter().find(|(of, _)| *of == word).map(|(_, format)| format)
    }
}

/// One line; amounts in fen.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) at: String,
    pub(super) title: String,
    pub(super) dishes: String,
    pub(super) amount: i64,
    pub(super) balance: i64,
    pub(super) arrears: i64,
}

impl Row {
    fn texts(&self) -> [&str; 3] {
        [&self.at, &self.title, &self.dishes]
    }

    fn amounts(&self) -> [String; 3] {
        [self.amount, self.balance, self.arrears].map(|fen| Cents::new(fen).to_string())
    }
}

pub(super) fn file(format: Format, rows: &[Row], locale: Locale, name: &str) -> Result<Response, DbError> {
    let titles = if locale == Locale::En { ENGLISH } else { CHINESE };
    let unwritten = |why: &dyn std::fmt::Display| DbError::Broken(format!("a statement can't be written: {why}"));
    let (bytes, kind, end) = match format {
        Format::Xlsx => {
            let bytes = workbook(rows, titles).map_err(|why| unwritten(&why))?;
            (bytes, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx")
        }
        Format::Csv => (lines(rows, titles).map_err(|why| unwritten(&why))?, "text/csv; charset=utf-8", "csv"),
    };
    let disposition = format!("attachment; filename=\"{name}.{end}\"");
    Ok(([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response())
}

fn workbook(rows: &[Row], titles: [&str; COLUMNS]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let (bold, money) = (Style::new().set_bold(), Style::new().set_num_format("0.00"));
    let sheet = book.add_worksheet();
    for (c, title) in (0u16..).zip(titles) {
        sheet.set_column_width(c, if c == 2 { 40 } else { 20 })?;
        sheet.write_with_format(0, c, title, &bold)?;
    }
    for (r, row) in (1u32..).zip(rows) {
        for (c, text) in (0u16..).zip(row.texts()) {
            sheet.write(r, c, text)?;
        }
        for (c, amount) in (3u16..).zip(row.amounts()) {
            // Excel knows numbers only as floats; two decimals of an amount are exact to far beyond any lunch.
            sheet.write_with_format(r, c, amount.parse::<f64>().unwrap_or_default(), &money)?;
        }
    }
    book.save_to_buffer()
}

/// A cell that begins like a formula is none: Excel must not run what somebody typed as a name.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

fn lines(rows: &[Row], titles: [&str; COLUMNS]) -> Result<Vec<u8>, csv::Error> {
    // UTF-8 with a mark, so that Excel reads it.
    let mut writer = csv::Writer::from_writer(vec![0xef, 0xbb, 0xbf]);
    writer.write_record(titles)?;
    for row in rows {
        let texts = row.texts().map(harmless);
        writer.write_record(texts.iter().chain(&row.amounts()))?;
    }
    writer.into_inner().map_err(|why| why.into_error().into())
}

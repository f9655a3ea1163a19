//! Reading a school's own file: Excel of any age, or text with separators in any encoding, into rows of clean cells.

use calamine::{Data, Reader, Sheets, open_workbook_auto_from_rs};
use std::io::Cursor;

pub const FILE_BYTES_MAX: usize = 10 * 1024 * 1024;
/// What a packed file may unpack to.
const UNPACKED_BYTES_MAX: u64 = 200 * 1024 * 1024;
pub const ROWS_MAX: usize = 50_000;
pub const COLUMNS_MAX: usize = 100;
const CELL_CHARS_MAX: usize = 200;
/// Above this a floating-point number no longer holds every digit.
const EXACT_MAX: f64 = 1e15;

/// What went wrong with a cell when its value was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Flaw {
    /// A formula without a usable value.
    Formula,
    /// A number with more digits than Excel keeps; the last ones are lost.
    LostDigits,
    /// A text like 1.0E+09: digits were lost before the file was saved.
    Scientific,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Cell {
    pub text: String,
    pub flaw: Option<Flaw>,
}

#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Sheet {
    pub name: String,
    pub rows: Vec<Vec<Cell>>,
    /// Cells were merged; each was read with the value of all.
    pub merged: bool,
    /// Some cells are formulas; their last value was read.
    pub formulas: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SheetError {
    TooLarge,
    TooManyRows,
    Protected,
    Unreadable,
    Empty,
}

impl SheetError {
    pub fn code(self) -> &'static str {
        match self {
            SheetError::TooLarge => "file_too_large",
            SheetError::TooManyRows => "too_many_rows",
            SheetError::Protected => "file_protected",
            SheetError::Unreadable => "file_unreadable",
            SheetError::Empty => "file_empty",
        }
    }

    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            SheetError::TooLarge => ("文件超过 10 MB，请分成几个文件。", "The file is over 10 MB; split it."),
            SheetError::TooManyRows => {
                ("表格超过 50000 行或 100 列，请分成几个文件。", "Over 50,000 rows or 100 columns; split it.")
            }
            SheetError::Protected => {
                ("文件有密码保护，请另存为无密码的文件。", "The file is protected; save it without a password.")
            }
            SheetError::Unreadable => (
                "无法读取此文件。支持 .xlsx、.xls、.ods 和 .csv，请用 Excel 或 WPS 另存后再试。",
                "The file can't be read. Use .xlsx, .xls, .ods or .csv; save it anew with Excel or WPS.",
            ),
            SheetError::Empty => ("文件中没有数据。", "There is no data in the file."),
        }
    }
}

/// All sheets that hold anything.
pub fn read(bytes: &[u8]) -> Result<Vec<Sheet>, SheetError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(SheetError::TooLarge);
    }
    let sheets = match bytes {
        [b'P', b'K', 3, 4, ..] => workbook(bytes)?,
        // A compound file: an old .xls, or a new one behind a password.
        [0xd0, 0xcf, 0x11, 0xe0, ..] => workbook(bytes)?,
        _ => vec![text_sheet(bytes)?],
    };
    let mut kept: Vec<Sheet> = sheets.into_iter().map(trim).filter(|sheet| !sheet.rows.is_empty()).collect();
    let large = |sheet: &Sheet| sheet.rows.len() > ROWS_MAX || sheet.rows.iter().any(|row| row.len() > COLUMNS_MAX);
    if kept.iter().any(large) {
        return Err(SheetError::TooManyRows);
    }
    if kept.is_empty() { Err(SheetError::Empty) } else { Ok(std::mem::take(&mut kept)) }
}

fn workbook(bytes: &[u8]) -> Result<Vec<Sheet>, SheetError> {
    if unpacked_size(bytes) > UNPACKED_BYTES_MAX {
        return Err(SheetError::TooLarge);
    }
    let wide: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if bytes.windows(wide.len()).any(|window| window == wide) {
        return Err(SheetError::Protected);
    }
    let opened = open_workbook_auto_from_rs(Cursor::new(bytes.to_vec()));
    let mut book = opened.map_err(|why| {
        let text = why.to_string().to_lowercase();
        if text.contains("password") || text.contains("encrypt") {
            SheetError::Protected
        } else {
            SheetError::Unreadable
        }
    })?;
    let mut sheets = Vec::new();
    for name in book.sheet_names() {
        if !fits(&mut book, &name)? {
            return Err(SheetError::TooManyRows);
        }
        let Ok(range) = book.worksheet_range(&name) else { continue };
        let formulas = book.worksheet_formula(&name).ok();
        let is_formula = |row: u32, column: u32| {
            formulas.as_ref().and_then(|all| all.get_value((row, column))).is_some_and(|text| !text.is_empty())
        };
        let (top, left) = range.start().unwrap_or_default();
        // What is blank above and beside the list stays there, so that rows are told as Excel counts them.
        let mut sheet = Sheet { name: name.clone(), ..Sheet::default() };
        sheet.rows.resize(top as usize, Vec::new());
        for (r, row) in (top..).zip(range.rows()) {
            let mut cells = vec![Cell::default(); left as usize];
            for (c, data) in (left..).zip(row) {
                let formula = is_formula(r, c);
                sheet.formulas |= formula;
                cells.push(cell(data, formula));
            }
            sheet.rows.push(cells);
        }
        for (start, end) in merged_areas(&mut book, &name) {
            sheet.merged |= fill(&mut sheet.rows, start, end);
        }
        sheets.push(sheet);
    }
    Ok(sheets)
}

/// Whether the cells lie close enough together. A table is read as a full rectangle, and two cells in opposite corners
/// of a sheet would fill all memory; so they are looked at one by one first.
fn fits(book: &mut Sheets<Cursor<Vec<u8>>>, name: &str) -> Result<bool, SheetError> {
    let Sheets::Xlsx(xlsx) = book else { return Ok(true) };
    let Ok(mut cells) = xlsx.worksheet_cells_reader(name) else { return Ok(true) };
    let (mut height, mut width) = (0, 0);
    while let Some(cell) = cells.next_cell().map_err(|_| SheetError::Unreadable)? {
        if *cell.get_value() != calamine::DataRef::Empty {
            let (row, column) = cell.get_position();
            (height, width) = (height.max(row as usize + 1), width.max(column as usize + 1));
        }
    }
    Ok(height * width <= ROWS_MAX * COLUMNS_MAX)
}

/// Row and column, from zero.
type Corner = (u32, u32);

fn merged_areas(book: &mut Sheets<Cursor<Vec<u8>>>, name: &str) -> Vec<(Corner, Corner)> {
    let Sheets::Xlsx(xlsx) = book else { return Vec::new() };
    let areas = xlsx.merge_cells_by_sheet_name(name).unwrap_or_default();
    areas.iter().map(|area| (area.start, area.end)).collect()
}

/// A merged cell means its value in every row. A title over the whole width stays where it is.
fn fill(rows: &mut [Vec<Cell>], (r1, c1): Corner, (r2, c2): Corner) -> bool {
    if r1 == r2 || c1 != c2 {
        return false;
    }
    let (from, to, column) = (r1 as usize, r2 as usize, c1 as usize);
    let Some(value) = rows.get(from).and_then(|row| row.get(column)).cloned() else { return false };
    for row in rows.iter_mut().take(to + 1).skip(from + 1) {
        if let Some(cell) = row.get_mut(column) {
            *cell = value.clone();
        }
    }
    !value.text.is_empty()
}

/// The sum of the sizes that the zip directory states.
fn unpacked_size(bytes: &[u8]) -> u64 {
    let entry = b"PK\x01\x02";
    let sizes = bytes.windows(28).filter(|window| window.starts_with(entry));
    sizes.map(|w| u64::from(u32::from_le_bytes([w[24], w[25], w[26], w[27]]))).sum()
}

fn cell(data: &Data, formula: bool) -> Cell {
    let plain = |text: String| Cell { text, flaw: None };
    match data {
        Data::Empty => Cell { text: String::new(), flaw: formula.then_some(Flaw::Formula) },
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => from_text(text),
        Data::Int(n) => plain(n.to_string()),
        Data::Float(n) => number(*n),
        Data::Bool(b) => plain(if *b { "1".into() } else { "0".into() }),
        Data::DateTime(at) => plain(serial_day(at.as_f64())),
        Data::Error(_) => Cell { text: String::new(), flaw: Some(Flaw::Formula) },
    }
}

/// What Excel shows as 1.0E+09 is a number; up to fifteen digits it is still whole.
fn number(n: f64) -> Cell {
    if n.fract() == 0.0 && n.abs() < EXACT_MAX {
        return Cell { text: format!("{n:.0}"), flaw: None };
    }
    let flaw = (n.abs() >= EXACT_MAX).then_some(Flaw::LostDigits);
    Cell { text: if flaw.is_some() { format!("{n:.0}") } else { n.to_string() }, flaw }
}

/// Days since 1899-12-30, as Excel counts them.
fn serial_day(serial: f64) -> String {
    if !(1.0..2_900_000.0).contains(&serial) {
        return serial.to_string();
    }
    yitong_values::BusinessDay::from_epoch_days(serial as i64 - 25_569).to_string()
}

fn from_text(text: &str) -> Cell {
    let text = clean(text);
    let scientific = text.split_once(['E', 'e']).is_some_and(|(mantissa, exponent)| {
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        let exponent = exponent.strip_prefix('+').unwrap_or_default();
        digits(exponent) && mantissa.contains('.') && digits(&mantissa.replace('.', ""))
    });
    Cell { text, flaw: scientific.then_some(Flaw::Scientific) }
}

/// Full-width letters and digits become half-width; invisible signs go; spaces at the ends go.
pub fn clean(text: &str) -> String {
    let fold = |c: char| match c {
        '\u{3000}' | '\u{a0}' | '\t' | '\r' | '\n' => Some(' '),
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}' => None,
        '！'..='～' => char::from_u32(c as u32 - 0xfee0),
        other => Some(other).filter(|c| !c.is_control()),
    };
    let folded: String = text.chars().filter_map(fold).take(CELL_CHARS_MAX).collect();
    let trimmed = folded.trim();
    trimmed.strip_prefix('\'').unwrap_or(trimmed).trim_end_matches('\'').trim().to_owned()
}

/// Text with separators, in UTF-8, UTF-16 or the encodings of Chinese Windows.
fn text_sheet(bytes: &[u8]) -> Result<Sheet, SheetError> {
    let mut text = decode(bytes).ok_or(SheetError::Unreadable)?;
    text.push('\n');
    let separator = [b',', b'\t', b';'].into_iter().max_by_key(|s| {
        let first_lines = text.lines().take(5);
        first_lines.map(|line| line.bytes().filter(|b| b == s).count()).sum::<usize>()
    });
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator.unwrap_or(b','))
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let (mut record, mut line) = (csv::StringRecord::new(), reader.position().line());
    while reader.read_record(&mut record).map_err(|_| SheetError::Unreadable)? {
        // The reader steps over blank lines; they are rows for whoever looks at the file in Excel.
        let own = 1 + record.iter().map(|cell| cell.matches('\n').count() as u64).sum::<u64>();
        let blank = (reader.position().line() - line).saturating_sub(own);
        line = reader.position().line();
        rows.resize(rows.len() + blank.min(2 * ROWS_MAX as u64) as usize, Vec::new());
        rows.push(record.iter().map(from_text).collect());
        if rows.len() > 2 * ROWS_MAX {
            return Err(SheetError::TooManyRows);
        }
    }
    Ok(Sheet { name: String::new(), rows, ..Sheet::default() })
}

fn decode(bytes: &[u8]) -> Option<String> {
    if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(bytes) {
        let (text, _, broken) = encoding.decode(bytes);
        return (!broken).then(|| text.into_owned());
    }
    if bytes.contains(&0) {
        return None;
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_owned());
    }
    let (text, _, broken) = encoding_rs::GB18030.decode(bytes);
    (!broken).then(|| text.into_owned())
}

/// Blank rows at the end and blank columns at the right are nobody's data.
fn trim(mut sheet: Sheet) -> Sheet {
    let blank = |row: &Vec<Cell>| row.iter().all(|cell| cell.text.is_empty() && cell.flaw.is_none());
    while sheet.rows.last().is_some_and(blank) {
        sheet.rows.pop();
    }
    for row in &mut sheet.rows {
        while row.last().is_some_and(|cell| cell.text.is_empty() && cell.flaw.is_none()) {
            row.pop();
        }
    }
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, bytes: &[u8], expected: Result<&str, SheetError>) {
        let read = read(bytes).map(|sheets| {
            let rows =
                sheets[0].rows.iter().map(|row| row.iter().map(|c| c.text.as_str()).collect::<Vec<_>>().join("|"));
            rows.collect::<Vec<_>>().join("/")
        });
        assert_eq!(read.as_deref(), expected.as_deref(), "{name}");
    }

    #[test]
    fn text_in_any_encoding() {
        let expected = Ok("姓名|学号/王小明|20230101");
        let text = "姓名,学号\n王小明,20230101\n,,\n";
        check("UTF-8", text.as_bytes(), expected);
        check("UTF-8 with a mark", &[b"\xef\xbb\xbf", text.as_bytes()].concat(), expected);
        check("GBK", &encoding_rs::GBK.encode(text).0, expected);
        let utf16: Vec<u8> = std::iter::once(0xfeffu16).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        check("UTF-16", &utf16, expected);
        check("tabs", text.replace(',', "\t").as_bytes(), expected);
        check("full width", "姓名,学号\n　王小明 ,２０２３０１０１\n".as_bytes(), expected);
        check("an apostrophe before digits", "姓名,学号\n王小明,'20230101\n".as_bytes(), expected);
    }

    #[test]
    fn files_that_are_none() {
        check("nothing", b"", Err(SheetError::Empty));
        check("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Err(SheetError::Unreadable));
        check("half a workbook", b"PK\x03\x04 and then nothing", Err(SheetError::Unreadable));
        check("too large", &vec![b'x'; FILE_BYTES_MAX + 1], Err(SheetError::TooLarge));
    }

    #[test]
    fn numbers_as_excel_keeps_them() {
        assert_eq!(number(1e9), Cell { text: "1000000000".into(), flaw: None });
        assert_eq!(number(440_524_188_001_010_014.0).flaw, Some(Flaw::LostDigits));
        assert_eq!(from_text("1.0E+09").flaw, Some(Flaw::Scientific));
        assert_eq!(from_text("3E5").flaw, None, "a class may be called so");
        assert_eq!(serial_day(46_350.0), "2026-11-24");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400), head in 0usize..3) {
            let head: &[u8] = [&b""[..], b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"][head];
            let _ = read(&[head, &bytes].concat());
        }
    }
}

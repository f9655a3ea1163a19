//! Excel files, read cell by cell: a table that is read as a rectangle costs what its farthest cell says.

use super::sheet::{COLUMNS_MAX, Cell, Flaw, ROWS_MAX, Sheet, SheetError, from_text};
use calamine::{Data, Dimensions, Reader, SheetType, SheetVisible, Xls, XlsError, Xlsx, XlsxError};
use std::io::{Cursor, Read};

/// What a packed file may unpack to.
const UNPACKED_BYTES_MAX: u64 = 200 * 1024 * 1024;
/// Above this a floating-point number no longer holds every digit.
const EXACT_MAX: f64 = 1e15;
/// Cells that merged areas may fill.
const FILLED_MAX: usize = 4 * ROWS_MAX;

type Bytes = Cursor<Vec<u8>>;

/// A new workbook, which is a zip archive.
pub(super) fn new_workbook(bytes: &[u8]) -> Result<Vec<Sheet>, SheetError> {
    if unpacked_size(bytes) > UNPACKED_BYTES_MAX {
        return Err(SheetError::TooLarge);
    }
    let mut book: Xlsx<Bytes> = Xlsx::new(Cursor::new(bytes.to_vec())).map_err(|why| match why {
        XlsxError::Password => SheetError::Protected,
        _ => SheetError::Unreadable,
    })?;
    let mut sheets = Vec::new();
    for mut sheet in listed(book.sheets_metadata()) {
        let merged = book.merge_cells_by_sheet_name(&sheet.name).unwrap_or_default();
        let Ok(mut cells) = book.worksheet_cells_reader(&sheet.name) else { continue };
        while let Some(found) = cells.next_cell_with_formula_metadata().map_err(|_| SheetError::Unreadable)? {
            let formula = found.formula.is_some();
            sheet.formulas |= formula;
            put(&mut sheet, found.pos, cell(&found.value.into(), formula))?;
        }
        fill(&mut sheet, &merged)?;
        sheets.push(sheet);
    }
    Ok(sheets)
}

/// A compound file: an old workbook, or a new one behind a password.
pub(super) fn old_workbook(bytes: &[u8]) -> Result<Vec<Sheet>, SheetError> {
    let wide: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if bytes.windows(wide.len()).any(|window| window == wide) {
        return Err(SheetError::Protected);
    }
    look_before(bytes)?;
    let mut book: Xls<Bytes> = Xls::new(Cursor::new(bytes.to_vec())).map_err(|why| match why {
        XlsError::Password => SheetError::Protected,
        _ => SheetError::Unreadable,
    })?;
    let mut sheets = Vec::new();
    for mut sheet in listed(book.sheets_metadata()) {
        let (Ok(range), Ok(formulas)) = (book.worksheet_range(&sheet.name), book.worksheet_formula(&sheet.name)) else {
            continue;
        };
        let (top, left) = range.start().unwrap_or_default();
        for (row, column, data) in range.used_cells() {
            let at = (top + row as u32, left + column as u32);
            let formula = formulas.get_value(at).is_some_and(|text| !text.is_empty());
            sheet.formulas |= formula;
            put(&mut sheet, at, cell(data, formula))?;
        }
        let merged = book.merge_cells_by_sheet_name(&sheet.name).unwrap_or_default();
        fill(&mut sheet, &merged)?;
        sheets.push(sheet);
    }
    Ok(sheets)
}

fn listed(all: &[calamine::Sheet]) -> Vec<Sheet> {
    let tables = all.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let empty = |sheet: &calamine::Sheet| {
        let hidden = sheet.visible != SheetVisible::Visible;
        Sheet { name: sheet.name.clone(), hidden, ..Sheet::default() }
    };
    tables.map(empty).collect()
}

/// What is blank is nowhere, however far away it was formatted.
fn put(sheet: &mut Sheet, (row, column): (u32, u32), cell: Cell) -> Result<(), SheetError> {
    if cell.text.is_empty() && cell.flaw.is_none() {
        return Ok(());
    }
    let (row, column) = (row as usize, column as usize);
    if row >= ROWS_MAX || column >= COLUMNS_MAX {
        return Err(SheetError::TooManyRows);
    }
    if sheet.rows.len() <= row {
        sheet.rows.resize(row + 1, Vec::new());
    }
    let cells = &mut sheet.rows[row];
    if cells.len() <= column {
        cells.resize(column + 1, Cell::default());
    }
    cells[column] = cell;
    Ok(())
}

/// A merged cell means its value in every row. A title over the whole width stays where it is.
fn fill(sheet: &mut Sheet, merged: &[Dimensions]) -> Result<(), SheetError> {
    let mut filled = 0;
    for area in merged.iter().filter(|area| area.start.1 == area.end.1 && area.start.0 < area.end.0) {
        let (from, to, column) = (area.start.0 as usize, area.end.0 as usize, area.start.1);
        let value = sheet.rows.get(from).and_then(|row| row.get(column as usize)).cloned().unwrap_or_default();
        let last = to.min(sheet.rows.len().saturating_sub(1));
        if value.text.is_empty() || last <= from {
            continue;
        }
        filled += last - from;
        if filled > FILLED_MAX {
            return Err(SheetError::TooManyRows);
        }
        sheet.merged = true;
        for row in from + 1..=last {
            // Below the list nobody is: an area that goes on there makes no new rows of people.
            if !sheet.rows[row].is_empty() {
                put(sheet, (row as u32, column), value.clone())?;
            }
        }
    }
    Ok(())
}

/// The sum of the sizes that the zip directory states.
fn unpacked_size(bytes: &[u8]) -> u64 {
    let entry = b"PK\x01\x02";
    let sizes = bytes.windows(28).filter(|window| window.starts_with(entry));
    sizes.map(|w| u64::from(u32::from_le_bytes([w[24], w[25], w[26], w[27]]))).sum()
}

/// Records of an old workbook that hold a cell, by their numbers in [MS-XLS] 2.3.
const CELL_RECORDS: [u16; 8] = [0x0006, 0x00bd, 0x00d6, 0x00fd, 0x0203, 0x0204, 0x0205, 0x027e];
const DIMENSIONS: u16 = 0x0200;
const BEGIN: u16 = 0x0809;

/// An old workbook is read into full rectangles by our reader, so where its cells lie is looked at first.
fn look_before(bytes: &[u8]) -> Result<(), SheetError> {
    let unreadable = |_| SheetError::Unreadable;
    let mut file = cfb::CompoundFile::open(Cursor::new(bytes)).map_err(unreadable)?;
    let name = if file.is_stream("/Workbook") { "/Workbook" } else { "/Book" };
    let mut stream = Vec::new();
    file.open_stream(name).and_then(|mut from| from.read_to_end(&mut stream)).map_err(unreadable)?;
    let (mut at, mut height, mut width, mut cells) = (0, 0, 0, 0);
    while let Some([kind_low, kind_high, size_low, size_high]) = stream.get(at..at + 4) {
        let kind = u16::from_le_bytes([*kind_low, *kind_high]);
        let size = usize::from(u16::from_le_bytes([*size_low, *size_high]));
        let data = stream.get(at + 4..at + 4 + size).unwrap_or_default();
        at += 4 + size;
        let number = |i: usize| data.get(i..i + 2).map_or(0, |two| usize::from(u16::from_le_bytes([two[0], two[1]])));
        match kind {
            BEGIN => {
                cells += height * width;
                (height, width) = (0, 0);
            }
            // Rows are counted in four bytes there, but a sheet has never had more than two hold.
            DIMENSIONS if data.len() >= 14 && number(2) + number(6) > 1 => return Err(SheetError::Unreadable),
            _ if CELL_RECORDS.contains(&kind) && data.len() >= 4 => {
                // The last column of a record with many cells stands at its end.
                let last = if kind == 0x00bd { number(data.len() - 2) } else { number(2) };
                (height, width) = (height.max(number(0) + 1), width.max(last.max(number(2)) + 1));
            }
            _ => {}
        }
    }
    if cells + height * width > ROWS_MAX * COLUMNS_MAX { Err(SheetError::TooManyRows) } else { Ok(()) }
}

fn cell(data: &Data, formula: bool) -> Cell {
    let plain = |text: String| Cell { text, flaw: None };
    match data {
        Data::Empty => Cell { text: String::new(), flaw: formula.then_some(Flaw::Formula) },
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => from_text(text),
        Data::Int(n) => plain(n.to_string()),
        Data::Float(n) => number(*n),
        Data::Bool(b) => plain(if *b { "TRUE".into() } else { "FALSE".into() }),
        Data::DateTime(at) if at.is_duration() => number(at.as_f64()),
        Data::DateTime(at) => {
            let (year, month, day, ..) = at.to_ymd_hms_milli();
            Cell { text: format!("{year:04}-{month:02}-{day:02}"), flaw: Some(Flaw::Date) }
        }
        Data::Error(_) => Cell { text: String::new(), flaw: Some(Flaw::Formula) },
    }
}

/// What Excel shows as 1.0E+09 is a number; up to fifteen digits it is still whole. Beyond, its digits would be made
/// up, also in a file that gives the row back.
fn number(n: f64) -> Cell {
    if n.abs() >= EXACT_MAX {
        let text = format!("{n:.5E}").replace('E', "E+");
        return Cell { text, flaw: Some(Flaw::LostDigits) };
    }
    let text = if n.fract() == 0.0 { format!("{n:.0}") } else { n.to_string() };
    Cell { text, flaw: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(write: impl Fn(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
        let mut book = rust_xlsxwriter::Workbook::new();
        write(book.add_worksheet().set_name("七1班").expect("a name"));
        book.save_to_buffer().expect("a workbook")
    }

    fn check(name: &str, bytes: &[u8], expected: Result<&str, SheetError>) {
        let read = new_workbook(bytes).map(|sheets| {
            let row = |row: &Vec<Cell>| row.iter().map(|c| c.text.as_str()).collect::<Vec<_>>().join("|");
            sheets[0].rows.iter().map(row).collect::<Vec<_>>().join("/")
        });
        assert_eq!(read.as_deref(), expected.as_deref(), "{name}");
    }

    #[test]
    fn a_cell_far_away_costs_nothing() {
        let far = |formula: &'static str| {
            file(move |sheet| {
                sheet.write(0, 0, "学号").expect("a cell");
                let formula = rust_xlsxwriter::Formula::new(formula).set_result("");
                sheet.write_formula(1_048_575, 16_383, formula).expect("a cell");
            })
        };
        check("a formula in the last corner", &far("=1"), Err(SheetError::TooManyRows));
        let blank = file(|sheet| {
            sheet.write(0, 0, "学号").expect("a cell");
            sheet.write(1_048_575, 16_383, "  ").expect("a cell");
        });
        check("a blank in the last corner", &blank, Ok("学号"));
    }

    #[test]
    fn merged_cells_and_days() {
        let format = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
        let bytes = file(move |sheet| {
            sheet.write(0, 0, "班级").expect("a cell").write(0, 1, "学号").expect("a cell");
            sheet.merge_range(1, 0, 8, 0, "七1班", &rust_xlsxwriter::Format::new()).expect("an area");
            sheet.write(1, 1, "1").expect("a cell").write(2, 1, "2").expect("a cell");
            sheet.write_with_format(3, 1, 46_266.0, &format).expect("a cell");
        });
        check("down the list, and no further", &bytes, Ok("班级|学号/七1班|1/七1班|2/七1班|2026-09-01"));
        let sheets = new_workbook(&bytes).expect("a workbook");
        assert!(sheets[0].merged);
        assert_eq!(sheets[0].rows[3][1].flaw, Some(Flaw::Date), "a day is no number");
    }

    #[test]
    fn an_old_workbook_is_looked_at_before_it_is_read() {
        let head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
        assert_eq!(look_before(head), Err(SheetError::Unreadable));
        let workbook = |records: &[(u16, &[u8])]| {
            let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("a file");
            let mut stream = Vec::new();
            for (kind, data) in records {
                stream.extend(kind.to_le_bytes());
                stream.extend((data.len() as u16).to_le_bytes());
                stream.extend(*data);
            }
            std::io::Write::write_all(&mut file.create_stream("/Workbook").expect("a stream"), &stream)
                .expect("written");
            file.into_inner().into_inner()
        };
        let near = workbook(&[(BEGIN, &[0; 16]), (0x0203, &[4, 0, 2, 0, 0, 0])]);
        assert_eq!(look_before(&near), Ok(()));
        let far = workbook(&[(BEGIN, &[0; 16]), (0x0204, &[0xff, 0xff, 0xff, 0, 0, 0])]);
        assert_eq!(look_before(&far), Err(SheetError::TooManyRows));
        let wide = workbook(&[(BEGIN, &[0; 16]), (0x00bd, &[0xff, 0xff, 0, 0, 0, 0, 0xff, 0])]);
        assert_eq!(look_before(&wide), Err(SheetError::TooManyRows));
        let boast = workbook(&[(BEGIN, &[0; 16]), (DIMENSIONS, &[0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0])]);
        assert_eq!(look_before(&boast), Err(SheetError::Unreadable));
    }

    #[test]
    fn numbers_as_excel_keeps_them() {
        assert_eq!(number(1e9), Cell { text: "1000000000".into(), flaw: None });
        let lost = number(440_524_188_001_010_014.0);
        assert_eq!((lost.text.as_str(), lost.flaw), ("4.40524E+17", Some(Flaw::LostDigits)));
        assert_eq!(from_text(&lost.text).flaw, Some(Flaw::Scientific), "given back, it is still no number");
        assert_eq!(number(2.5).text, "2.5");
    }
}

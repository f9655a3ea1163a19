//! Reading a school's own file: Excel of any age, or text with separators in any encoding, into rows of clean cells.

use super::combine::combined;
use super::excel;
use super::sheet::{COLUMNS_MAX, Cell, ROWS_MAX, Sheet, SheetError, from_text};

pub const FILE_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Line breaks of one cell; more of them are a quotation mark that nobody closed.
const CELL_LINES_MAX: u64 = 20;

/// All sheets that hold anything.
pub fn read(bytes: &[u8]) -> Result<Vec<Sheet>, SheetError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(SheetError::TooLarge);
    }
    let sheets = match bytes {
        [b'P', b'K', 3, 4, ..] => excel::new_workbook(bytes)?,
        [0xd0, 0xcf, 0x11, 0xe0, ..] => excel::old_workbook(bytes)?,
        _ => vec![text_sheet(bytes)?],
    };
    let kept: Vec<Sheet> = sheets.into_iter().map(trim).filter(|sheet| !sheet.rows.is_empty()).collect();
    let large = |sheet: &Sheet| sheet.rows.len() > ROWS_MAX || sheet.rows.iter().any(|row| row.len() > COLUMNS_MAX);
    if kept.iter().any(large) {
        return Err(SheetError::TooManyRows);
    }
    if kept.is_empty() { Err(SheetError::Empty) } else { Ok(combined(kept)) }
}

/// Text with separators, in UTF-8, UTF-16 or the encodings of Chinese Windows.
fn text_sheet(bytes: &[u8]) -> Result<Sheet, SheetError> {
    let mut text = decode(bytes).ok_or(SheetError::Unreadable)?;
    let begin = text.trim_start().get(..200).unwrap_or(text.trim_start()).to_lowercase();
    if begin.starts_with('<') && ["<html", "<table", "<?xml", "<!doctype"].iter().any(|tag| begin.contains(tag)) {
        return Err(SheetError::Markup);
    }
    if begin.starts_with("%pdf") {
        return Err(SheetError::Unreadable);
    }
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
        if own > CELL_LINES_MAX {
            return Err(SheetError::OpenQuote);
        }
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
        check("a web page", "<html><table><tr><td>学号".as_bytes(), Err(SheetError::Markup));
        let open = format!("学号,姓名\n1,\"王\n{}", "2,李\n".repeat(40));
        check("a quotation mark that stays open", open.as_bytes(), Err(SheetError::OpenQuote));
        check("too large", &vec![b'x'; FILE_BYTES_MAX + 1], Err(SheetError::TooLarge));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400), head in 0usize..3) {
            let head: &[u8] = [&b""[..], b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"][head];
            let _ = read(&[head, &bytes].concat());
        }
    }
}

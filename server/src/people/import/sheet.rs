//! A school's own list as rows of clean cells, whatever file it came from.

pub const ROWS_MAX: usize = 50_000;
pub const COLUMNS_MAX: usize = 100;
const CELL_CHARS_MAX: usize = 200;

/// What went wrong with a cell when its value was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Flaw {
    /// A formula without a usable value.
    Formula,
    /// A number with more digits than Excel keeps; the last ones are lost.
    LostDigits,
    /// A text like 1.0E+09: digits were lost before the file was saved.
    Scientific,
    /// A day: Excel makes one of 7-1, and a class or number is none.
    Date,
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
    /// Not shown in Excel; never chosen unless somebody asks for it.
    #[serde(default)]
    pub hidden: bool,
    /// What several sheets with the same headers were read together from: name, first and last row here.
    #[serde(default)]
    pub parts: Vec<(String, usize, usize)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SheetError {
    TooLarge,
    TooManyRows,
    Protected,
    Markup,
    OpenQuote,
    Unreadable,
    Empty,
}

impl SheetError {
    pub fn code(self) -> &'static str {
        match self {
            SheetError::TooLarge => "file_too_large",
            SheetError::TooManyRows => "too_many_rows",
            SheetError::Protected => "file_protected",
            SheetError::Markup => "file_is_markup",
            SheetError::OpenQuote => "quote_not_closed",
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
            SheetError::Markup => (
                "这是网页或 XML 格式的表格（常由学籍系统导出）：请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传。",
                "This is a web page or XML, as some systems export: open it in Excel or WPS and save it as .xlsx.",
            ),
            SheetError::OpenQuote => (
                "CSV 中有未成对的英文引号，后面各行被连成了一格：请改正后再上传，或另存为 .xlsx。",
                "A quotation mark in the CSV is not closed, so rows run together: mend it, or save the file as .xlsx.",
            ),
            SheetError::Unreadable => (
                "无法读取此文件。支持 .xlsx、.xls 和 .csv，请用 Excel 或 WPS 另存后再试。",
                "The file can't be read. Use .xlsx, .xls or .csv; save it anew with Excel or WPS.",
            ),
            SheetError::Empty => ("文件中没有数据。", "There is no data in the file."),
        }
    }
}

pub(super) fn from_text(text: &str) -> Cell {
    let text = clean(text);
    let scientific = text.split_once(['E', 'e']).is_some_and(|(mantissa, exponent)| {
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        let (plus, exponent) = (exponent.starts_with('+'), exponent.strip_prefix('+').unwrap_or(exponent));
        // 3E5 may be what a class is called; 1E+09 and 2.02E9 are numbers.
        (plus || mantissa.contains('.')) && digits(exponent) && digits(&mantissa.replace('.', ""))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_lost_their_digits() {
        for (text, flaw) in [("1.0E+09", true), ("1E+09", true), ("2.02E9", true), ("3E5", false), ("E+09", false)] {
            assert_eq!(from_text(text).flaw.is_some(), flaw, "{text}");
        }
    }
}

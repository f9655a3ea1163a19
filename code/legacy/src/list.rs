//! The earlier system's list of cards, so that printed cards go on working: each row gives a code's text and whose it
//! is, read from the text where we can, from a column beside it where we can't.
//!
//! One code a line, or two columns, text and student number, with a comma or a tab between. A first line of names
//! (`码文,学号`, `text,student`) may put them in another order and among others. There is no quoting to parse: neither
//! a code nor a number can contain a comma, so quotes around a cell are only dropped.

use crate::card::sealed_bytes;
use crate::{LegacyFields, Profile, Reader, Refusal, TEXT_MAX, Wrapping};
use rsa::rand_core::CryptoRng;
use std::collections::BTreeMap;
use std::fmt;

pub const LIST_ROWS_MAX: usize = 200_000;
/// As long as the number of a person may be.
pub const STUDENT_MAX: usize = 20;

/// What the rows are read with.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    Readable(&'a Reader),
    /// Without the private key: only the form of a text can be looked at, and the list has to name the student.
    Sealed(&'a Profile),
}

/// `text` is the card's constant; its hash finds the card when it is shown. Not `Debug`: it says whose it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    pub line: usize,
    pub text: String,
    pub known: Known,
}

#[derive(Clone, PartialEq, Eq)]
pub enum Known {
    Fields(LegacyFields),
    /// As the list writes the number.
    Student(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    /// From 1, the line of names included.
    pub line: usize,
    pub reason: RowReason,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowReason {
    /// Rows from this one on are not read.
    TooManyRows,
    TooManyCells,
    NoText,
    TextTooLong,
    /// The exact reason: whoever imports a list has the key.
    Refused(Refusal),
    /// The text can't be read without the key, and no column says whose it is.
    NoStudent,
    StudentMalformed,
    /// The code says another student number than the column.
    StudentDiffers,
    /// The same text stands on an earlier line.
    SeenOnLine(usize),
}

/// Rows that are fine and rows that are not; an empty line is neither. Whether a card has expired is not looked at.
pub fn entries<R: CryptoRng + ?Sized>(source: Source, csv: &str, rng: &mut R) -> (Vec<Entry>, Vec<RowProblem>) {
    let mut lines = csv.trim_start_matches('\u{feff}').lines().enumerate().peekable();
    let names = lines.peek().and_then(|(_, line)| Columns::named(line));
    if names.is_some() {
        lines.next();
    }
    let columns = names.unwrap_or(Columns { text: 0, student: Some(1), named: false });
    let (mut entries, mut problems) = (Vec::new(), Vec::new());
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let filled = lines.map(|(i, line)| (i + 1, cells(line))).filter(|(_, cells)| cells.iter().any(|c| !c.is_empty()));
    for (row, (line, cells)) in filled.enumerate() {
        if row == LIST_ROWS_MAX {
            problems.push(RowProblem { line, reason: RowReason::TooManyRows });
            break;
        }
        let known = columns.pick(&cells).and_then(|(text, student)| match seen.get(text) {
            Some(earlier) => Err(RowReason::SeenOnLine(*earlier)),
            None => whose(source, text, student, rng).map(|known| (text, known)),
        });
        match known {
            Ok((text, known)) => {
                entries.push(Entry { line, text: text.to_owned(), known });
                seen.insert(text, line);
            }
            Err(reason) => problems.push(RowProblem { line, reason }),
        }
    }
    (entries, problems)
}

fn whose<R: CryptoRng + ?Sized>(source: Source, text: &str, student: &str, rng: &mut R) -> Result<Known, RowReason> {
    if student.len() > STUDENT_MAX || !student.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(RowReason::StudentMalformed);
    }
    let fields = match source {
        Source::Readable(reader) => Some(reader.inspect(text, rng)),
        Source::Sealed(profile) if profile.wrapping == Wrapping::Plain => {
            Some(crate::plain::parse(profile, text.as_bytes()))
        }
        Source::Sealed(profile) if sealed_bytes(profile, text).is_none() => Some(Err(Refusal::NotLegacy)),
        Source::Sealed(_) => None,
    };
    match fields.transpose().map_err(RowReason::Refused)? {
        Some(fields) if student.is_empty() || same_number(student, fields.student.as_str()) => {
            Ok(Known::Fields(fields))
        }
        Some(_) => Err(RowReason::StudentDiffers),
        None if student.is_empty() => Err(RowReason::NoStudent),
        None => Ok(Known::Student(student.to_owned())),
    }
}

/// Spreadsheets drop the zeros in front.
fn same_number(a: &str, b: &str) -> bool {
    a.trim_start_matches('0') == b.trim_start_matches('0')
}

fn cells(line: &str) -> Vec<&str> {
    line.split([',', '\t']).map(|cell| cell.trim().trim_matches('"').trim()).collect()
}

/// Where the list has what.
struct Columns {
    text: usize,
    student: Option<usize>,
    named: bool,
}

impl Columns {
    /// `None` when the first line is a row already.
    fn named(line: &str) -> Option<Columns> {
        const TEXT: [&str; 6] = ["码文", "个人码", "二维码", "二维码内容", "text", "code"];
        const STUDENT: [&str; 4] = ["学号", "student", "student number", "student_number"];
        let names: Vec<_> = cells(line).iter().map(|name| name.to_lowercase()).collect();
        let find = |known: &[&str]| names.iter().position(|name| known.contains(&name.as_str()));
        find(&TEXT).map(|text| Columns { text, student: find(&STUDENT), named: true })
    }

    /// The text, and the student number or nothing.
    fn pick<'a>(&self, cells: &[&'a str]) -> Result<(&'a str, &'a str), RowReason> {
        if !self.named && cells.len() > 2 {
            return Err(RowReason::TooManyCells);
        }
        let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
        match cell(self.text) {
            "" => Err(RowReason::NoText),
            text if text.len() > TEXT_MAX => Err(RowReason::TextTooLong),
            text => Ok((text, self.student.map_or("", cell))),
        }
    }
}

impl RowReason {
    /// Stable, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            RowReason::TooManyRows => "too_many_rows",
            RowReason::TooManyCells => "too_many_cells",
            RowReason::NoText => "no_text",
            RowReason::TextTooLong => "text_too_long",
            RowReason::Refused(refusal) => refusal.code(),
            RowReason::NoStudent => "no_student",
            RowReason::StudentMalformed => "student_malformed",
            RowReason::StudentDiffers => "student_differs",
            RowReason::SeenOnLine(_) => "seen",
        }
    }
}

impl RowProblem {
    pub fn zh(&self) -> String {
        let said = match &self.reason {
            RowReason::TooManyRows => format!("一次最多 {LIST_ROWS_MAX} 行，从此行起未读取"),
            RowReason::TooManyCells => "列数过多：每行只写码文，或写码文与学号两列".to_owned(),
            RowReason::NoText => "没有码文".to_owned(),
            RowReason::TextTooLong => format!("码文超过 {TEXT_MAX} 字节"),
            RowReason::Refused(refusal) => refusal.zh().to_owned(),
            RowReason::NoStudent => "没有学号列，也没有私钥可以读出学号".to_owned(),
            RowReason::StudentMalformed => format!("学号只能是 1 至 {STUDENT_MAX} 位字母或数字"),
            RowReason::StudentDiffers => "码中的学号与学号列不一致".to_owned(),
            RowReason::SeenOnLine(earlier) => format!("与第 {earlier} 行的码文相同"),
        };
        format!("第 {} 行：{said}", self.line)
    }

    pub fn en(&self) -> String {
        let said = match &self.reason {
            RowReason::TooManyRows => format!("at most {LIST_ROWS_MAX} rows at a time; not read from this one on"),
            RowReason::TooManyCells => "too many columns: the text alone, or text and student number".to_owned(),
            RowReason::NoText => "no text of a code".to_owned(),
            RowReason::TextTooLong => format!("the text has more than {TEXT_MAX} bytes"),
            RowReason::Refused(refusal) => refusal.en().to_owned(),
            RowReason::NoStudent => "no student number, and no private key to read it from the code".to_owned(),
            RowReason::StudentMalformed => format!("a student number has 1 to {STUDENT_MAX} letters or digits"),
            RowReason::StudentDiffers => "the code says another student number than its column".to_owned(),
            RowReason::SeenOnLine(earlier) => format!("the same text as on line {earlier}"),
        };
        format!("line {}: {said}", self.line)
    }
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en())
    }
}

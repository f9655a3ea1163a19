//! How a bank wants its files: settings, checked before the first line.

use super::problem::Problem;
use super::{COLUMNS_MAX, LINE_BYTES_MAX};
use serde::Deserialize;

/// The files of one bank. What is left out is not exchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bank {
    #[serde(default)]
    pub debit: Option<Layout>,
    #[serde(default)]
    pub refund: Option<Layout>,
    #[serde(default)]
    pub payout: Option<Layout>,
    #[serde(default)]
    pub result: Option<Layout>,
    #[serde(default)]
    pub statement: Option<Layout>,
}

/// What a file is for decides which columns it can't be without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A batch that goes out.
    Batch,
    /// What became of the lines of a batch.
    Results,
    /// The movements of the school's account.
    Statement,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    pub encoding: Encoding,
    pub shape: Shape,
    #[serde(default)]
    pub line_end: LineEnd,
    #[serde(default)]
    pub final_end: FinalEnd,
    #[serde(default)]
    pub titles: Titles,
    pub columns: Vec<Column<LineField>>,
    #[serde(default)]
    pub totals: Option<Totals>,
    /// Of results: a word that is in none of the lists means unknown.
    #[serde(default)]
    pub status: StatusWords,
    /// Of statements, for the column `direction`.
    #[serde(default)]
    pub directions: Directions,
    /// Of statements, for the balances.
    #[serde(default)]
    pub order: Order,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    Gbk,
    Utf8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Shape {
    /// Widths in bytes, nothing between.
    Fixed,
    Csv {
        separator: char,
        #[serde(default)]
        quotes: Quotes,
    },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quotes {
    /// A value that holds the separator can't be written.
    #[default]
    Never,
    Double,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineEnd {
    #[default]
    Crlf,
    Lf,
}

/// Without an end behind the last line nobody can tell whether it was cut off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinalEnd {
    #[default]
    Required,
    Optional,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Titles {
    #[default]
    None,
    /// A line with the titles of the columns, behind a first line with totals.
    Line,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column<F> {
    pub field: F,
    #[serde(default)]
    pub title: Option<String>,
    /// In bytes. In a CSV the most that the bank takes.
    #[serde(default)]
    pub width: Option<usize>,
    /// Left out: zeros before numbers, blanks behind texts.
    #[serde(default)]
    pub pad: Option<Pad>,
    #[serde(default)]
    pub unit: Unit,
    #[serde(default)]
    pub day: DayFormat,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineField {
    /// 1, 2, 3.
    Sequence,
    /// Our number of the order, the refund or the payout.
    Number,
    Account,
    Name,
    BankCode,
    Amount,
    /// What the holder of the account reads.
    Purpose,
    Day,
    Constant(String),
    Status,
    Reason,
    BankNumber,
    Balance,
    Direction,
    /// Two columns instead of an amount and a direction.
    AmountIn,
    AmountOut,
    CounterAccount,
    CounterName,
    /// Written empty, read over.
    Ignored,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pad {
    BlanksBehind,
    BlanksBefore,
    ZerosBefore,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// `12.50`
    #[default]
    Yuan,
    /// `1,250.00`, as some statements have it.
    YuanGrouped,
    /// `1250`
    Fen,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayFormat {
    /// `20261127`
    #[default]
    Compact,
    /// `2026-11-27`
    Dashes,
    /// `2026/11/27`
    Slashes,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    pub place: Place,
    pub columns: Vec<Column<TotalField>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    First,
    Last,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TotalField {
    /// A word by which the line is known.
    Mark(String),
    BatchNumber,
    Day,
    Count,
    Sum,
    DoneCount,
    DoneSum,
    FailedCount,
    FailedSum,
    InSum,
    OutSum,
    Opening,
    Closing,
    Ignored,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusWords {
    #[serde(default)]
    pub done: Vec<String>,
    #[serde(default)]
    pub failed: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directions {
    #[serde(default, rename = "in")]
    pub into: Vec<String>,
    #[serde(default)]
    pub out: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    OldestFirst,
    NewestFirst,
}

/// What both kinds of columns have in common.
pub trait Field {
    fn word(&self) -> &'static str;
    fn is_number(&self) -> bool;
}

impl Field for LineField {
    fn word(&self) -> &'static str {
        match self {
            LineField::Sequence => "sequence",
            LineField::Number => "number",
            LineField::Account => "account",
            LineField::Name => "name",
            LineField::BankCode => "bank_code",
            LineField::Amount => "amount",
            LineField::Purpose => "purpose",
            LineField::Day => "day",
            LineField::Constant(_) => "constant",
            LineField::Status => "status",
            LineField::Reason => "reason",
            LineField::BankNumber => "bank_number",
            LineField::Balance => "balance",
            LineField::Direction => "direction",
            LineField::AmountIn => "amount_in",
            LineField::AmountOut => "amount_out",
            LineField::CounterAccount => "counter_account",
            LineField::CounterName => "counter_name",
            LineField::Ignored => "ignored",
        }
    }

    fn is_number(&self) -> bool {
        use LineField::{Amount, AmountIn, AmountOut, Balance, Sequence};
        matches!(self, Sequence | Amount | Balance | AmountIn | AmountOut)
    }
}

impl Field for TotalField {
    fn word(&self) -> &'static str {
        match self {
            TotalField::Mark(_) => "mark",
            TotalField::BatchNumber => "batch_number",
            TotalField::Day => "day",
            TotalField::Count => "count",
            TotalField::Sum => "sum",
            TotalField::DoneCount => "done_count",
            TotalField::DoneSum => "done_sum",
            TotalField::FailedCount => "failed_count",
            TotalField::FailedSum => "failed_sum",
            TotalField::InSum => "in_sum",
            TotalField::OutSum => "out_sum",
            TotalField::Opening => "opening",
            TotalField::Closing => "closing",
            TotalField::Ignored => "ignored",
        }
    }

    fn is_number(&self) -> bool {
        !matches!(self, TotalField::Mark(_) | TotalField::BatchNumber | TotalField::Day | TotalField::Ignored)
    }
}

impl<F: Field> Column<F> {
    pub(super) fn name(&self) -> &str {
        self.title.as_deref().unwrap_or(self.field.word())
    }

    pub(super) fn padding(&self) -> Pad {
        let usual = if self.field.is_number() { Pad::ZerosBefore } else { Pad::BlanksBehind };
        self.pad.unwrap_or(usual)
    }
}

impl Layout {
    /// Whether files of this purpose can be written or read by it.
    pub fn check(&self, purpose: Purpose) -> Result<(), Problem> {
        self.check_columns(&self.columns)?;
        if let Some(totals) = &self.totals {
            self.check_columns(&totals.columns)?;
        }
        self.check_shape()?;
        let has = |field: &LineField| self.columns.iter().any(|column| column.field == *field);
        let needs = |fields: &[LineField]| match fields.iter().find(|field| !has(field)) {
            Some(field) => Err(missing(field.word())),
            None => Ok(()),
        };
        match purpose {
            Purpose::Batch => needs(&[LineField::Number, LineField::Account, LineField::Amount]),
            Purpose::Results if self.status.done.is_empty() => Err(missing("status.done")),
            Purpose::Results => needs(&[LineField::Number, LineField::Amount, LineField::Status]),
            Purpose::Statement if has(&LineField::Amount) => needs(&[LineField::Day]),
            Purpose::Statement => needs(&[LineField::Day, LineField::AmountIn, LineField::AmountOut]),
        }
    }

    fn check_shape(&self) -> Result<(), Problem> {
        let untitled = self.titles == Titles::Line && self.columns.iter().any(|column| column.title.is_none());
        if untitled {
            return Err(missing("columns.title"));
        }
        let Shape::Csv { separator, .. } = self.shape else { return Ok(()) };
        let usable = separator.is_ascii() && !separator.is_ascii_alphanumeric() && !"\"'.-\r\n ".contains(separator);
        if usable {
            Ok(())
        } else {
            Err(Problem::new("分隔符不可用", "this character can't separate columns").column("shape.separator"))
        }
    }

    fn check_columns<F: Field + PartialEq>(&self, columns: &[Column<F>]) -> Result<(), Problem> {
        if columns.is_empty() || columns.len() > COLUMNS_MAX {
            return Err(Problem::new("列数应为 1 到 64", "between 1 and 64 columns").column("columns"));
        }
        let widths: Vec<_> = columns.iter().map(|column| column.width).collect();
        let unknown = widths.contains(&None) && self.shape == Shape::Fixed;
        let total = widths.iter().flatten().try_fold(0_usize, |sum, width| sum.checked_add(*width));
        if unknown || widths.contains(&Some(0)) || total.is_none_or(|total| total > LINE_BYTES_MAX) {
            return Err(Problem::new("列宽缺失或过大", "a width is missing, zero or too large").column("columns.width"));
        }
        for (index, column) in columns.iter().enumerate() {
            let free = ["constant", "mark", "ignored"].contains(&column.field.word());
            if !free && columns[..index].iter().any(|before| before.field == column.field) {
                return Err(Problem::new("列重复", "a field has two columns").column(column.name()));
            }
        }
        Ok(())
    }
}

fn missing(name: &str) -> Problem {
    Problem::new("设置里缺少此项", "the settings lack this").column(name)
}

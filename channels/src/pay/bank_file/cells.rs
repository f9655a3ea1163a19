//! A line as cells and back. A fixed line is cut into bytes before it is decoded; a CSV is decoded before it is split,
//! because the second byte of a GBK character can look like a separator.

use super::LINE_BYTES_MAX;
use super::layout::{Column, DayFormat, Encoding, Field, Layout, Pad, Quotes, Shape, Unit};
use super::problem::Problem;
use yitong_values::{BusinessDay, Cents};

type Cells = Vec<String>;

impl Layout {
    /// The cells of a line, as many as there are columns.
    pub(super) fn cut<F: Field>(&self, line: &[u8], columns: &[Column<F>]) -> Result<Cells, Problem> {
        if line.len() > LINE_BYTES_MAX {
            return Err(Problem::new("行太长", "the line is too long"));
        }
        match self.shape {
            Shape::Fixed => self.cut_fixed(line, columns),
            Shape::Csv { separator, quotes } => {
                let text = self.decode(line)?;
                let cells = split(&text, separator, quotes)?;
                if cells.len() == columns.len() {
                    Ok(cells)
                } else {
                    let (found, wanted) = (cells.len(), columns.len());
                    Err(Problem::new(
                        format!("应有 {wanted} 列，实有 {found} 列"),
                        format!("{wanted} columns are needed, {found} were found"),
                    ))
                }
            }
        }
    }

    fn cut_fixed<F: Field>(&self, line: &[u8], columns: &[Column<F>]) -> Result<Cells, Problem> {
        let wanted: usize = columns.iter().filter_map(|column| column.width).sum();
        if line.len() != wanted {
            let found = line.len();
            return Err(Problem::new(
                format!("应有 {wanted} 字节，实有 {found} 字节"),
                format!("{wanted} bytes are needed, {found} were found"),
            ));
        }
        let mut rest = line;
        let mut cells = Vec::with_capacity(columns.len());
        for column in columns {
            let (cell, behind) = rest.split_at(column.width.unwrap_or_default());
            rest = behind;
            let text = self.decode(cell).map_err(|problem| problem.column(column.name()))?;
            let text = match column.padding() {
                Pad::BlanksBehind => text.trim_end_matches(' '),
                Pad::BlanksBefore => text.trim_start_matches(' '),
                Pad::ZerosBefore => text.trim(),
            };
            cells.push(text.to_owned());
        }
        Ok(cells)
    }

    fn decode(&self, bytes: &[u8]) -> Result<String, Problem> {
        let text = match self.encoding {
            Encoding::Utf8 => std::str::from_utf8(bytes).ok().map(str::to_owned),
            Encoding::Gbk => {
                encoding_rs::GBK.decode_without_bom_handling_and_without_replacement(bytes).map(Into::into)
            }
        };
        text.ok_or_else(|| Problem::new("不是约定的字符集", "it is not in the letters that were agreed"))
    }

    /// One line with its end; `cells` are as many as `columns`.
    pub(super) fn join<F: Field>(&self, cells: &[String], columns: &[Column<F>]) -> Result<Vec<u8>, Problem> {
        let mut line = Vec::new();
        for (index, (cell, column)) in cells.iter().zip(columns).enumerate() {
            if index > 0
                && let Shape::Csv { separator, .. } = self.shape
            {
                line.extend(separator.to_string().bytes());
            }
            let bytes = self.cell(cell, column).map_err(|problem| problem.column(column.name()))?;
            line.extend(bytes);
        }
        line.extend(match self.line_end {
            super::LineEnd::Crlf => b"\r\n".as_slice(),
            super::LineEnd::Lf => b"\n",
        });
        Ok(line)
    }

    fn cell<F: Field>(&self, text: &str, column: &Column<F>) -> Result<Vec<u8>, Problem> {
        if text.chars().any(char::is_control) {
            return Err(Problem::new("含有换行或控制符", "it holds a line break or a control character"));
        }
        let bytes = self.encode(text)?;
        if let Some(width) = column.width
            && bytes.len() > width
        {
            // Never cut: a shorter name or number is another one.
            let found = bytes.len();
            return Err(Problem::new(
                format!("最多 {width} 字节，实有 {found} 字节"),
                format!("at most {width} bytes, and it has {found}"),
            ));
        }
        match self.shape {
            Shape::Fixed => Ok(padded(bytes, column)),
            Shape::Csv { separator, quotes } => match (text.contains([separator, '"']), quotes) {
                (false, _) => Ok(bytes),
                (true, Quotes::Double) => self.encode(&format!("\"{}\"", text.replace('"', "\"\""))),
                (true, Quotes::Never) => {
                    Err(Problem::new("含有分隔符或引号", "it holds the separator or a quotation mark"))
                }
            },
        }
    }

    fn encode(&self, text: &str) -> Result<Vec<u8>, Problem> {
        if self.encoding == Encoding::Utf8 {
            return Ok(text.as_bytes().to_vec());
        }
        for (index, character) in text.chars().enumerate() {
            if encoding_rs::GBK.encode(&character.to_string()).2 {
                let place = index + 1;
                return Err(Problem::new(
                    format!("第 {place} 个字不在银行的字符集（GBK）里，请与银行约定写法"),
                    format!("character {place} is not among the bank's letters (GBK): agree with it how to write it"),
                ));
            }
        }
        Ok(encoding_rs::GBK.encode(text).0.into_owned())
    }
}

fn padded<F: Field>(bytes: Vec<u8>, column: &Column<F>) -> Vec<u8> {
    let missing = column.width.unwrap_or_default().saturating_sub(bytes.len());
    match column.padding() {
        Pad::BlanksBehind => [bytes, vec![b' '; missing]].concat(),
        Pad::BlanksBefore => [vec![b' '; missing], bytes].concat(),
        Pad::ZerosBefore => [vec![b'0'; missing], bytes].concat(),
    }
}

fn split(text: &str, separator: char, quotes: Quotes) -> Result<Cells, Problem> {
    if quotes == Quotes::Never {
        return Ok(text.split(separator).map(|cell| cell.trim().to_owned()).collect());
    }
    let broken = || Problem::new("引号不成对", "a quotation mark stands where none should");
    let mut cells = Vec::new();
    let mut rest = text;
    loop {
        let (cell, behind) = match rest.strip_prefix('"') {
            Some(quoted) => unquoted(quoted).ok_or_else(broken)?,
            None => {
                let end = rest.find(separator).unwrap_or(rest.len());
                let (cell, behind) = rest.split_at(end);
                if cell.contains('"') {
                    return Err(broken());
                }
                (cell.trim().to_owned(), behind)
            }
        };
        cells.push(cell);
        match behind.strip_prefix(separator) {
            Some(next) => rest = next,
            None if behind.is_empty() => return Ok(cells),
            None => return Err(broken()),
        }
    }
}

/// The text before the closing mark, with doubled marks halved, and what stands behind it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut cell = String::new();
    let mut rest = text;
    loop {
        let (before, behind) = rest.split_once('"')?;
        cell.push_str(before);
        match behind.strip_prefix('"') {
            Some(next) => {
                cell.push('"');
                rest = next;
            }
            None => return Some((cell, behind)),
        }
    }
}

pub(super) fn amount_text(amount: Cents, unit: Unit) -> String {
    match unit {
        Unit::Fen => amount.fen().to_string(),
        // Grouping is read where banks do it; nobody asks for it.
        Unit::Yuan | Unit::YuanGrouped => amount.to_string(),
    }
}

pub(super) fn read_amount(text: &str, unit: Unit) -> Result<Cents, Problem> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let amount = match unit {
        Unit::Fen if digits.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok().map(Cents::new),
        Unit::Fen => None,
        Unit::Yuan => text.parse().ok(),
        Unit::YuanGrouped if is_grouped(digits) => text.replace(',', "").parse().ok(),
        Unit::YuanGrouped => None,
    };
    let within = |amount: &Cents| amount.fen().unsigned_abs() <= Cents::INPUT_MAX.fen().unsigned_abs() * 100;
    amount.filter(within).ok_or_else(|| Problem::new("不是金额", "it is no amount"))
}

/// Three digits behind each comma, or no comma at all.
fn is_grouped(digits: &str) -> bool {
    let yuan = digits.split('.').next().unwrap_or_default();
    let mut groups = yuan.split(',');
    let first = groups.next().unwrap_or_default().len();
    (1..=3).contains(&first) && groups.all(|group| group.len() == 3) || !yuan.contains(',')
}

pub(super) fn day_text(day: BusinessDay, format: DayFormat) -> String {
    match format {
        DayFormat::Compact => format!("{:08}", day.number()),
        DayFormat::Dashes => day.to_string(),
        DayFormat::Slashes => day.to_string().replace('-', "/"),
    }
}

pub(super) fn read_day(text: &str, format: DayFormat) -> Result<BusinessDay, Problem> {
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let day = match format {
        DayFormat::Compact => {
            text.parse().ok().filter(|_| digits).and_then(|number| BusinessDay::from_number(number).ok())
        }
        DayFormat::Dashes => text.parse().ok(),
        DayFormat::Slashes if !text.contains('-') => text.replace('/', "-").parse().ok(),
        DayFormat::Slashes => None,
    };
    day.ok_or_else(|| Problem::new("不是日期", "it is no day"))
}

//! What the bank answers: results of a batch, and statements of the account.

use super::cells::{read_amount, read_day};
use super::layout::{Column, Encoding, FinalEnd, Layout, LineField, Order, Place, Purpose, Titles, TotalField, Totals};
use super::problem::Problem;
use super::tally::{Proof, Stated, Tally};
use super::{FILE_BYTES_MAX, LINES_MAX, PROBLEMS_MAX};
use std::collections::HashSet;
use yitong_values::{BusinessDay, Cents};

/// What became of one instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultLine {
    pub line: usize,
    pub number: String,
    pub amount: Cents,
    pub outcome: LineOutcome,
    pub bank_number: Option<String>,
    pub day: Option<BusinessDay>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineOutcome {
    Done,
    Failed {
        word: String,
        reason: String,
    },
    /// A word that the settings don't explain: money may have moved or not.
    Unknown {
        word: String,
    },
}

/// A movement of the school's account. Its `Debug` does not show the other side.
#[derive(Clone, PartialEq, Eq)]
pub struct StatementLine {
    pub line: usize,
    pub day: BusinessDay,
    /// Never negative.
    pub amount: Cents,
    pub direction: Direction,
    pub balance: Option<Cents>,
    pub bank_number: Option<String>,
    pub number: Option<String>,
    pub purpose: String,
    pub counter_account: String,
    pub counter_name: String,
}

impl std::fmt::Debug for StatementLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StatementLine({} {} {:?} {})", self.line, self.day, self.direction, self.amount)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    In,
    Out,
}

/// A file that was read to its end and fits together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole<L> {
    pub lines: Vec<L>,
    pub tally: Tally,
    pub proof: Proof,
}

/// Whether a line end stood behind the last line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    Ended,
    Open,
}

pub fn read_results(layout: &Layout, batch_number: &str, file: &[u8]) -> Result<Whole<ResultLine>, Vec<Problem>> {
    let reading = Reading::results(layout, batch_number).map_err(|problem| vec![problem])?;
    read_whole(reading, file)
}

pub fn read_statement(layout: &Layout, file: &[u8]) -> Result<Whole<StatementLine>, Vec<Problem>> {
    let reading = Reading::statement(layout).map_err(|problem| vec![problem])?;
    read_whole(reading, file)
}

fn read_whole<L>(mut reading: Reading<'_, L>, file: &[u8]) -> Result<Whole<L>, Vec<Problem>> {
    if file.len() > FILE_BYTES_MAX {
        return Err(vec![Problem::new("文件太大", "the file is too large")]);
    }
    let (texts, tail) = lines(file);
    let (mut read, mut problems) = (Vec::new(), Vec::new());
    for line in texts {
        match reading.line(line) {
            Some(Ok(line)) => read.push(line),
            Some(Err(problem)) => problems.push(problem),
            None => {}
        }
        if problems.len() == PROBLEMS_MAX {
            break;
        }
    }
    // Sums of lines that could not be read would only be a second complaint about the same.
    if !problems.is_empty() {
        return Err(problems);
    }
    let (tally, proof) = reading.end(tail).map_err(|problem| vec![problem])?;
    Ok(Whole { lines: read, tally, proof })
}

/// The lines of a file in memory, without their ends.
pub fn lines(file: &[u8]) -> (impl Iterator<Item = &[u8]>, Tail) {
    let (whole, tail) = match file.strip_suffix(b"\n") {
        Some(whole) => (whole, Tail::Ended),
        None => (file, Tail::Open),
    };
    (whole.split(|byte| *byte == b'\n'), tail)
}

/// What a line is, how much it moves, and to which sums it adds.
type Parse<L> = fn(&Layout, &[String], usize) -> Result<Parsed<L>, Problem>;

struct Parsed<L> {
    line: L,
    /// It stands in the file once.
    number: Option<String>,
    amount: Cents,
    sums: Vec<TotalField>,
    balance: Option<Cents>,
}

/// A file as it is read, line by line. Nothing of it counts before `end` said that it is whole.
pub struct Reading<'a, L> {
    layout: &'a Layout,
    parse: Parse<L>,
    batch_number: Option<&'a str>,
    line: usize,
    stated: Option<Stated>,
    titled: bool,
    /// Where totals come last, only the end tells which line they are.
    held: Option<(usize, Vec<u8>)>,
    tally: Tally,
    numbers: HashSet<String>,
    chain: Chain,
}

/// The balances so far: `None` inside before the first.
enum Chain {
    Unbroken(Option<(Cents, Cents)>),
    /// A line had no balance.
    Broken,
}

impl<'a> Reading<'a, ResultLine> {
    /// Results that name another batch are refused.
    pub fn results(layout: &'a Layout, batch_number: &'a str) -> Result<Reading<'a, ResultLine>, Problem> {
        layout.check(Purpose::Results)?;
        Ok(Reading::new(layout, result_line, Some(batch_number)))
    }
}

impl<'a> Reading<'a, StatementLine> {
    pub fn statement(layout: &'a Layout) -> Result<Reading<'a, StatementLine>, Problem> {
        layout.check(Purpose::Statement)?;
        Ok(Reading::new(layout, statement_line, None))
    }
}

impl<'a, L> Reading<'a, L> {
    fn new(layout: &'a Layout, parse: Parse<L>, batch_number: Option<&'a str>) -> Reading<'a, L> {
        Reading {
            layout,
            parse,
            batch_number,
            line: 0,
            stated: None,
            titled: false,
            held: None,
            tally: Tally::default(),
            numbers: HashSet::new(),
            chain: Chain::Unbroken(None),
        }
    }

    /// The next line, without its end. `None` for totals, titles and empty lines, and while a line is held back.
    pub fn line(&mut self, line: &[u8]) -> Option<Result<L, Problem>> {
        self.line += 1;
        let mut line = line.strip_suffix(b"\r").unwrap_or(line);
        if self.line == 1 && self.layout.encoding == Encoding::Utf8 {
            line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        }
        if line.is_empty() {
            return None;
        }
        let number = self.line;
        let place = self.layout.totals.as_ref().map(|totals| totals.place);
        if place == Some(Place::First) && self.stated.is_none() {
            self.stated = Some(Stated::default());
            return self.read_totals(line).map_err(|problem| problem.at(number)).err().map(Err);
        }
        if self.layout.titles == Titles::Line && !self.titled {
            self.titled = true;
            return self.read_titles(line).map_err(|problem| problem.at(number)).err().map(Err);
        }
        let (number, line) = match place {
            Some(Place::Last) => self.held.replace((number, line.to_vec()))?,
            _ => (number, line.to_vec()),
        };
        Some(self.read_line(&line, number).map_err(|problem| problem.at(number)))
    }

    /// Compares what was read with what the file says of itself.
    pub fn end(mut self, tail: Tail) -> Result<(Tally, Proof), Problem> {
        if tail == Tail::Open && self.layout.final_end == FinalEnd::Required {
            return Err(Problem::new("末行没有换行：文件可能被截断", "no end behind the last line: it may be cut off"));
        }
        if let Some((number, line)) = self.held.take() {
            self.read_totals(&line).map_err(|problem| problem.at(number))?;
        }
        let untitled = self.layout.titles == Titles::Line && !self.titled;
        if untitled || (self.layout.totals.is_some() && self.stated.is_none()) {
            return Err(Problem::new("缺少合计行或标题行", "the line with totals or titles is missing"));
        }
        let stated = self.stated.unwrap_or_default();
        if let (Some(wanted), Some(named)) = (self.batch_number, stated.batch_number.as_deref())
            && wanted != named
        {
            return Err(Problem::new("不是这一批的结果", "these are the results of another batch"));
        }
        self.tally.compare(&stated)?;
        let proof = match self.chain {
            _ if stated.proves() => Proof::Totals,
            Chain::Unbroken(Some(_)) => Proof::Balances,
            _ => Proof::Nothing,
        };
        Ok((self.tally, proof))
    }

    fn read_line(&mut self, line: &[u8], number: usize) -> Result<L, Problem> {
        if self.tally.count == LINES_MAX {
            return Err(Problem::new("行数过多", "too many lines"));
        }
        let cells = self.layout.cut(line, &self.layout.columns)?;
        for (column, cell) in self.layout.columns.iter().zip(&cells) {
            if matches!(&column.field, LineField::Constant(text) if text != cell) {
                let problem = Problem::new("不是约定的固定值", "it is not the word that was agreed");
                return Err(problem.column(column.name()));
            }
        }
        let parsed = (self.parse)(self.layout, &cells, number)?;
        if let Some(once) = parsed.number
            && !self.numbers.insert(once)
        {
            return Err(Problem::new("编号重复", "the number stands in the file twice").column("number"));
        }
        self.tally.add(parsed.amount, &parsed.sums)?;
        self.follow(parsed.balance, parsed.amount, &parsed.sums)?;
        Ok(parsed.line)
    }

    /// Each balance is the older one and the movement of the newer line.
    fn follow(&mut self, balance: Option<Cents>, amount: Cents, sums: &[TotalField]) -> Result<(), Problem> {
        let (Chain::Unbroken(before), Some(balance)) = (&self.chain, balance) else {
            self.chain = Chain::Broken;
            return Ok(());
        };
        let moved = if sums.contains(&TotalField::OutSum) { amount.negated() } else { Ok(amount) };
        let too_large = |_| Problem::new("金额超出范围", "an amount is too large");
        let moved = moved.map_err(too_large)?;
        if let Some((last, last_moved)) = before {
            let expected = match self.layout.order {
                Order::OldestFirst => last.plus(moved),
                Order::NewestFirst => last.minus(*last_moved),
            };
            if expected != Ok(balance) {
                return Err(Problem::new(
                    "余额与上一行接不上：中间缺行或被改动",
                    "the balance does not follow from the line before: lines are missing or altered",
                )
                .column("balance"));
            }
        }
        self.chain = Chain::Unbroken(Some((balance, moved)));
        Ok(())
    }

    fn read_titles(&self, line: &[u8]) -> Result<(), Problem> {
        let cells = self.layout.cut(line, &self.layout.columns)?;
        match self.layout.columns.iter().zip(&cells).find(|(column, cell)| column.name() != cell.as_str()) {
            Some((column, _)) => {
                Err(Problem::new("标题与设置不同", "the title is not that of the settings").column(column.name()))
            }
            None => Ok(()),
        }
    }

    fn read_totals(&mut self, line: &[u8]) -> Result<(), Problem> {
        let Some(totals) = &self.layout.totals else { return Ok(()) };
        let cells = self.layout.cut(line, &totals.columns)?;
        self.stated = Some(stated(totals, &cells)?);
        Ok(())
    }
}

fn stated(totals: &Totals, cells: &[String]) -> Result<Stated, Problem> {
    let mut stated = Stated::default();
    let counted = Tally::default();
    for (column, cell) in totals.columns.iter().zip(cells) {
        let named = |problem: Problem| problem.column(column.name());
        match &column.field {
            TotalField::Ignored => {}
            TotalField::Mark(text) if text == cell => {}
            TotalField::Mark(_) => {
                return Err(named(Problem::new("不是合计行", "it is not the line with totals")));
            }
            TotalField::BatchNumber => stated.batch_number = Some(cell.clone()),
            TotalField::Day => stated.day = Some(read_day(cell, column.day).map_err(named)?),
            field if counted.count_of(field).is_some() => {
                let digits = !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit());
                let count = cell.parse().ok().filter(|_| digits);
                let count = count.ok_or_else(|| named(Problem::new("不是笔数", "it is no count")))?;
                stated.counts.push((field.clone(), count));
            }
            field => stated.sums.push((field.clone(), read_amount(cell, column.unit).map_err(named)?)),
        }
    }
    Ok(stated)
}

/// The cells of a line by their fields.
struct Row<'a> {
    layout: &'a Layout,
    cells: &'a [String],
}

impl<'a> Row<'a> {
    fn column(&self, field: &LineField) -> Option<(&'a Column<LineField>, &'a str)> {
        let columns = self.layout.columns.iter().zip(self.cells);
        columns.into_iter().find(|(column, _)| column.field == *field).map(|(column, cell)| (column, cell.as_str()))
    }

    fn text(&self, field: &LineField) -> &'a str {
        self.column(field).map(|(_, cell)| cell).unwrap_or_default()
    }

    fn some(&self, field: &LineField) -> Option<String> {
        Some(self.text(field)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// `None` where there is no such column, or nothing in it.
    fn amount(&self, field: &LineField) -> Result<Option<Cents>, Problem> {
        let filled = self.column(field).filter(|(_, cell)| !cell.is_empty());
        let read = |(column, cell): (&Column<LineField>, &str)| {
            read_amount(cell, column.unit).map_err(|problem| problem.column(column.name()))
        };
        filled.map(read).transpose()
    }

    fn day(&self) -> Result<Option<BusinessDay>, Problem> {
        let filled = self.column(&LineField::Day).filter(|(_, cell)| !cell.is_empty());
        let read = |(column, cell): (&Column<LineField>, &str)| {
            read_day(cell, column.day).map_err(|problem| problem.column(column.name()))
        };
        filled.map(read).transpose()
    }
}

fn result_line(layout: &Layout, cells: &[String], line: usize) -> Result<Parsed<ResultLine>, Problem> {
    let row = Row { layout, cells };
    let number = row.some(&LineField::Number).ok_or_else(|| Problem::new("编号为空", "no number").column("number"))?;
    let amount = row.amount(&LineField::Amount)?.filter(|amount| *amount > Cents::ZERO);
    let amount =
        amount.ok_or_else(|| Problem::new("金额应大于零", "an amount is more than nothing").column("amount"))?;
    let word = row.text(&LineField::Status).to_owned();
    let (outcome, sums) = if layout.status.done.contains(&word) {
        (LineOutcome::Done, vec![TotalField::DoneSum])
    } else if layout.status.failed.contains(&word) {
        let reason = row.text(&LineField::Reason).to_owned();
        (LineOutcome::Failed { word, reason }, vec![TotalField::FailedSum])
    } else {
        (LineOutcome::Unknown { word }, Vec::new())
    };
    let bank_number = row.some(&LineField::BankNumber);
    let read = ResultLine { line, number: number.clone(), amount, outcome, bank_number, day: row.day()? };
    Ok(Parsed { line: read, number: Some(number), amount, sums, balance: None })
}

fn statement_line(layout: &Layout, cells: &[String], line: usize) -> Result<Parsed<StatementLine>, Problem> {
    let row = Row { layout, cells };
    let day = row.day()?.ok_or_else(|| Problem::new("日期为空", "no day").column("day"))?;
    let (direction, amount) = movement(&row)?;
    let balance = row.amount(&LineField::Balance)?;
    let sum = match direction {
        Direction::In => TotalField::InSum,
        Direction::Out => TotalField::OutSum,
    };
    let read = StatementLine {
        line,
        day,
        amount,
        direction,
        balance,
        bank_number: row.some(&LineField::BankNumber),
        number: row.some(&LineField::Number),
        purpose: row.text(&LineField::Purpose).to_owned(),
        counter_account: row.text(&LineField::CounterAccount).to_owned(),
        counter_name: row.text(&LineField::CounterName).to_owned(),
    };
    // The bank's own number can stand in two lines: a movement and its fee.
    Ok(Parsed { line: read, number: None, amount, sums: vec![sum], balance })
}

/// Which way money went: by two columns, by a word, or by a sign.
fn movement(row: &Row<'_>) -> Result<(Direction, Cents), Problem> {
    let unclear = |column: &str| {
        let why = "看不出是收入还是支出，或金额为零";
        Problem::new(why, "it is not clear whether it came or went, or it is nothing").column(column)
    };
    let moved = |amount: Option<Cents>| amount.filter(|amount| !amount.is_zero());
    let two = (moved(row.amount(&LineField::AmountIn)?), moved(row.amount(&LineField::AmountOut)?));
    let (direction, amount) = match (two, moved(row.amount(&LineField::Amount)?)) {
        ((Some(amount), None), None) => (Direction::In, amount),
        ((None, Some(amount)), None) => (Direction::Out, amount),
        ((None, None), Some(amount)) => match row.column(&LineField::Direction) {
            Some((column, word)) => {
                let is = |words: &[String]| words.iter().any(|known| known == word);
                let words = &row.layout.directions;
                match (is(&words.into), is(&words.out)) {
                    (true, false) => (Direction::In, amount),
                    (false, true) => (Direction::Out, amount),
                    _ => return Err(unclear(column.name())),
                }
            }
            None if amount.is_negative() => (Direction::Out, amount.negated().map_err(|_| unclear("amount"))?),
            None => (Direction::In, amount),
        },
        _ => return Err(unclear("amount")),
    };
    if amount.is_negative() { Err(unclear("amount")) } else { Ok((direction, amount)) }
}

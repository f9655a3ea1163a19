//! A batch for the bank: debits, refunds or payouts, with control totals that were fixed before the first line.

use super::cells::{amount_text, day_text};
use super::layout::{Column, Layout, LineField, Place, Purpose, Titles, TotalField};
use super::problem::Problem;
use super::tally::Tally;
use super::{LINES_MAX, PROBLEMS_MAX};
use std::collections::HashSet;
use yitong_values::{BusinessDay, Cents};

/// One line of a batch. Its `Debug` shows neither account nor name.
#[derive(Clone, PartialEq, Eq)]
pub struct Instruction {
    /// Ours; the same in every repeat, and once in a batch.
    pub number: String,
    pub account: String,
    pub name: String,
    pub bank_code: String,
    pub amount: Cents,
    pub purpose: String,
}

impl std::fmt::Debug for Instruction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Instruction({} {})", self.number, self.amount)
    }
}

/// What was approved. A file whose lines do not add up to it is not finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchHead {
    pub number: String,
    pub day: BusinessDay,
    pub count: usize,
    pub sum: Cents,
}

/// A batch as it is written, line by line. After an error the file is thrown away.
#[derive(Debug)]
pub struct Writing<'a> {
    layout: &'a Layout,
    head: &'a BatchHead,
    tally: Tally,
    numbers: HashSet<String>,
}

impl<'a> Writing<'a> {
    pub fn begin(layout: &'a Layout, head: &'a BatchHead, out: &mut Vec<u8>) -> Result<Writing<'a>, Problem> {
        layout.check(Purpose::Batch)?;
        if head.count == 0 || head.count > LINES_MAX {
            return Err(Problem::new("笔数应为 1 到 100000", "between 1 and 100,000 lines").column("count"));
        }
        let writing = Writing { layout, head, tally: Tally::default(), numbers: HashSet::new() };
        writing.totals(Place::First, out)?;
        if layout.titles == Titles::Line {
            let titles: Vec<_> = layout.columns.iter().map(|column| column.name().to_owned()).collect();
            // A title may be wider than its column, so it is not measured by it.
            let free: Vec<_> = layout.columns.iter().map(|column| Column { width: None, ..column.clone() }).collect();
            out.extend(layout.join(&titles, &free)?);
        }
        Ok(writing)
    }

    pub fn line(&mut self, instruction: &Instruction, out: &mut Vec<u8>) -> Result<(), Problem> {
        let line = self.tally.count + 1;
        self.add(instruction, out).map_err(|problem| problem.at(line))
    }

    fn add(&mut self, instruction: &Instruction, out: &mut Vec<u8>) -> Result<(), Problem> {
        if instruction.amount <= Cents::ZERO || instruction.amount > Cents::INPUT_MAX {
            return Err(Problem::new("金额应大于零", "an amount is more than nothing").column("amount"));
        }
        for (column, value) in [("number", &instruction.number), ("account", &instruction.account)] {
            if value.trim().is_empty() || value.trim() != value {
                return Err(Problem::new("不能为空，前后不能有空格", "empty, or with blanks around").column(column));
            }
        }
        if !self.numbers.insert(instruction.number.clone()) {
            return Err(Problem::new("同一批里编号重复", "the number stands in the batch twice").column("number"));
        }
        let sequence = self.tally.count + 1;
        let cells: Vec<_> = self.layout.columns.iter().map(|column| self.cell(column, instruction, sequence)).collect();
        out.extend(self.layout.join(&cells, &self.layout.columns)?);
        self.tally.add(instruction.amount, &[])
    }

    fn cell(&self, column: &Column<LineField>, instruction: &Instruction, sequence: usize) -> String {
        match &column.field {
            LineField::Sequence => sequence.to_string(),
            LineField::Number => instruction.number.clone(),
            LineField::Account => instruction.account.clone(),
            LineField::Name => instruction.name.clone(),
            LineField::BankCode => instruction.bank_code.clone(),
            LineField::Amount => amount_text(instruction.amount, column.unit),
            LineField::Purpose => instruction.purpose.clone(),
            LineField::Day => day_text(self.head.day, column.day),
            LineField::Constant(text) => text.clone(),
            // What only the bank can fill in.
            _ => String::new(),
        }
    }

    /// The end, and the sums: only after it the file is one.
    pub fn end(self, out: &mut Vec<u8>) -> Result<Tally, Problem> {
        if (self.tally.count, self.tally.sum) != (self.head.count, self.head.sum) {
            return Err(Problem::new(
                "写出的明细与批准的笔数、金额不一致",
                "the lines are not those whose count and sum were approved",
            ));
        }
        self.totals(Place::Last, out)?;
        Ok(self.tally)
    }

    fn totals(&self, place: Place, out: &mut Vec<u8>) -> Result<(), Problem> {
        let Some(totals) = self.layout.totals.as_ref().filter(|totals| totals.place == place) else { return Ok(()) };
        let cell = |column: &Column<TotalField>| match &column.field {
            TotalField::Mark(text) => text.clone(),
            TotalField::BatchNumber => self.head.number.clone(),
            TotalField::Day => day_text(self.head.day, column.day),
            TotalField::Count => self.head.count.to_string(),
            TotalField::Sum => amount_text(self.head.sum, column.unit),
            _ => String::new(),
        };
        let cells: Vec<_> = totals.columns.iter().map(cell).collect();
        out.extend(self.layout.join(&cells, &totals.columns)?);
        Ok(())
    }
}

/// A whole file, or what is wrong with each line.
pub fn write(
    layout: &Layout,
    number: &str,
    day: BusinessDay,
    instructions: &[Instruction],
) -> Result<Vec<u8>, Vec<Problem>> {
    let sum = Cents::sum(instructions.iter().map(|instruction| instruction.amount));
    let sum = sum.map_err(|_| vec![Problem::new("合计超出范围", "the sum is larger than an amount can be")])?;
    let head = BatchHead { number: number.to_owned(), day, count: instructions.len(), sum };
    let mut out = Vec::new();
    let mut writing = Writing::begin(layout, &head, &mut out).map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    for (index, instruction) in instructions.iter().enumerate() {
        if let Err(problem) = writing.line(instruction, &mut out) {
            problems.push(problem.at(index + 1));
            if problems.len() == PROBLEMS_MAX {
                break;
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    writing.end(&mut out).map_err(|problem| vec![problem])?;
    Ok(out)
}

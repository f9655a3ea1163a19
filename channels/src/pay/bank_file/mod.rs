//! Files that a school and its bank exchange: batches out (debits, refunds, payouts), results and statements back.
//! There is no common form, so a bank is a setting: which columns, how wide, in which letters, with which totals.
//!
//! Nothing is believed by halves: a file is whole, or a list of problems with line, column and reason. Who has files
//! larger than memory goes line by line (`Writing`, `Reading`) and keeps nothing until the end said that it is whole.

mod cells;
mod layout;
mod problem;
mod read;
mod tally;
mod write;

#[cfg(test)]
mod tests;

pub use layout::{
    Bank, Column, DayFormat, Directions, Encoding, FinalEnd, Layout, LineEnd, LineField, Order, Pad, Place, Purpose,
    Quotes, Shape, StatusWords, Titles, TotalField, Totals, Unit,
};
pub use problem::Problem;
pub use read::{
    Direction, LineOutcome, Reading, ResultLine, StatementLine, Tail, Whole, lines, read_results, read_statement,
};
pub use tally::{Proof, Tally};
pub use write::{BatchHead, Instruction, Writing, write};

/// Lines of one file.
pub const LINES_MAX: usize = 100_000;
/// A file that is read at once.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;
pub const LINE_BYTES_MAX: usize = 4096;
pub const COLUMNS_MAX: usize = 64;
/// Problems that are listed; a file with the wrong layout has one in each line.
pub const PROBLEMS_MAX: usize = 100;

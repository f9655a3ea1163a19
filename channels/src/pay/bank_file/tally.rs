//! What the lines of a file add up to, and whether the file says the same of itself.

use super::layout::TotalField;
use super::problem::Problem;
use yitong_values::{BusinessDay, Cents, MoneyError};

/// Counted from the lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub count: usize,
    pub sum: Cents,
    pub done_count: usize,
    pub done_sum: Cents,
    pub failed_count: usize,
    pub failed_sum: Cents,
    pub in_sum: Cents,
    pub out_sum: Cents,
}

/// What showed that a file is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Count or sum stand in the file, and fit.
    Totals,
    /// Each balance is the one before it and the movement: nothing is missing between, but lines at the end could be.
    Balances,
    /// The bank gives nothing to compare with: a line could be missing.
    Nothing,
}

/// What a line of totals says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stated {
    pub counts: Vec<(TotalField, usize)>,
    pub sums: Vec<(TotalField, Cents)>,
    pub batch_number: Option<String>,
    pub day: Option<BusinessDay>,
}

impl Tally {
    /// A movement in or out adds to `sum`, too.
    pub(super) fn add(&mut self, amount: Cents, to: &[TotalField]) -> Result<(), Problem> {
        let added = |sum: &mut Cents| -> Result<(), MoneyError> {
            *sum = sum.plus(amount)?;
            Ok(())
        };
        let mut all = || -> Result<(), MoneyError> {
            self.count += 1;
            added(&mut self.sum)?;
            for field in to {
                match field {
                    TotalField::DoneSum => {
                        self.done_count += 1;
                        added(&mut self.done_sum)?;
                    }
                    TotalField::FailedSum => {
                        self.failed_count += 1;
                        added(&mut self.failed_sum)?;
                    }
                    TotalField::InSum => added(&mut self.in_sum)?,
                    TotalField::OutSum => added(&mut self.out_sum)?,
                    _ => {}
                }
            }
            Ok(())
        };
        all().map_err(|_| Problem::new("合计超出范围", "the sum is larger than an amount can be"))
    }

    pub(super) fn count_of(&self, field: &TotalField) -> Option<usize> {
        match field {
            TotalField::Count => Some(self.count),
            TotalField::DoneCount => Some(self.done_count),
            TotalField::FailedCount => Some(self.failed_count),
            _ => None,
        }
    }

    pub(super) fn sum_of(&self, field: &TotalField) -> Option<Cents> {
        match field {
            TotalField::Sum => Some(self.sum),
            TotalField::DoneSum => Some(self.done_sum),
            TotalField::FailedSum => Some(self.failed_sum),
            TotalField::InSum => Some(self.in_sum),
            TotalField::OutSum => Some(self.out_sum),
            _ => None,
        }
    }

    /// The first of the totals that is not what was counted.
    pub(super) fn compare(&self, stated: &Stated) -> Result<(), Problem> {
        use super::layout::Field;
        let differs = |field: &TotalField, stated: String, counted: String| {
            Err(Problem::new(
                format!("文件写的是 {stated}，逐行合计是 {counted}：文件被截断或改动"),
                format!("the file states {stated}, its lines give {counted}: it was cut off or altered"),
            )
            .column(field.word()))
        };
        for (field, count) in &stated.counts {
            let counted = self.count_of(field).unwrap_or(*count);
            if counted != *count {
                return differs(field, count.to_string(), counted.to_string());
            }
        }
        for (field, sum) in &stated.sums {
            let counted = self.sum_of(field).unwrap_or(*sum);
            if counted != *sum {
                return differs(field, sum.to_string(), counted.to_string());
            }
        }
        self.compare_balances(stated)
    }

    fn compare_balances(&self, stated: &Stated) -> Result<(), Problem> {
        let balance =
            |wanted: &TotalField| stated.sums.iter().find(|(field, _)| field == wanted).map(|(_, balance)| *balance);
        let (Some(opening), Some(closing)) = (balance(&TotalField::Opening), balance(&TotalField::Closing)) else {
            return Ok(());
        };
        let moved = opening.plus(self.in_sum).and_then(|sum| sum.minus(self.out_sum));
        if moved == Ok(closing) {
            Ok(())
        } else {
            Err(Problem::new(
                "期初、收入、支出与期末对不上：文件被截断或改动",
                "opening, in, out and closing do not fit together: it was cut off or altered",
            )
            .column("closing"))
        }
    }
}

impl Stated {
    /// A name, a day or a mark proves nothing about the lines.
    pub fn proves(&self) -> bool {
        let balances = [TotalField::Opening, TotalField::Closing];
        let both = balances.iter().all(|wanted| self.sums.iter().any(|(field, _)| field == wanted));
        both || !self.counts.is_empty() || self.sums.iter().any(|(field, _)| !balances.contains(field))
    }
}

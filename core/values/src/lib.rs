//! The words of the domain: money, ids, days and moments, each a type of its own with one text form.

mod cents;
mod day;
mod id;

pub use cents::{Cents, MoneyError};
pub use day::{BusinessDay, CHINA_OFFSET_MS, DAY_MS, DayError, Timestamp, Weekday};
pub use id::*;

//! `POST /journal`: records up, and how far they are taken.

use super::forms::ms;
use crate::{Head, Problem, Sealed};
use serde::{Deserialize, Serialize};
use yitong_values::Timestamp;

/// In one request.
pub const RECORDS_MAX: usize = 500;
pub const BYTES_MAX: usize = 1024 * 1024;

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Batch {
    pub journal: u32,
    pub records: Vec<Sealed>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Receipt {
    /// The last record that is booked and kept: the terminal may forget it after some days.
    pub head: Head,
    pub quarantined: Vec<Quarantined>,
    pub problem: Option<Problem>,
    #[serde(with = "ms")]
    pub server: Timestamp,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Quarantined {
    pub seq: u64,
    pub why: String,
}

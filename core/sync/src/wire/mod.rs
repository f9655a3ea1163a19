//! The wire between terminal and server: JSON shapes, nothing else. Money is a whole number of fen, a moment ms UTC, a
//! day `yyyymmdd`; this is a machine's protocol.
//!
//! Every shape reads more than it knows: a field that is new on one side is overlooked on the other.

pub mod fleet;
pub mod forms;
pub mod journal;
pub mod people;
pub mod purchase;
pub mod setup;

/// Below this every path begins.
pub const BASE: &str = "/api/v1/terminal";

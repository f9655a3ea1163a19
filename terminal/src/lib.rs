//! The agent of a counter: it owns the state machine, the journal, the mirror of the school and the devices, and two
//! screens draw what it says. It sells with or without a network.

#![allow(clippy::result_large_err, reason = "a refusal carries its words, and is made once for each that is shown")]

pub mod agent;
pub mod checkout;
pub mod codes;
pub mod facts;
pub mod home;
pub mod link;
pub mod local_api;
pub mod log;
pub mod machines;
pub mod mirror;
pub mod own;
pub mod relay;
pub mod shop;

/// What the QR code of the office page begins with.
pub const ENROL_PREFIX: &str = "yitong-terminal:";

//! The agent of a counter: it owns the state machine, the journal, the mirror of the school and the devices, and two
//! screens draw what it says. It sells with or without a network.

pub mod checkout;
pub mod shop;

/// What the QR code of the office page begins with.
pub const ENROL_PREFIX: &str = "yitong-terminal:";

//! A school day from a seed: a server, tills, phones, a bad network, power cuts and a cashier who presses twice, in one
//! process and under one clock; and an auditor who recounts every fen.

pub mod auditor;
pub mod cashier;
pub mod day;
pub mod disk;
pub mod hall;
pub mod luck;
pub mod lunch;
pub mod network;
pub mod plan;
pub mod school;
pub mod till;

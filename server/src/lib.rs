//! Yitong: the slices in reading order. A slice uses only slices above it.
//! (A blank line between them keeps the formatter from sorting them.)

pub mod plumbing;

pub mod signin;

pub mod schools;

pub mod wallets;

pub mod people;

pub mod notices;

pub mod guardians;

pub mod credentials;

pub mod policies;

pub mod phones;

pub mod readers;

pub mod menu;

pub mod topups;

pub mod payments;

pub mod purchases;

pub mod terminals;

pub mod insights;

pub mod family;

pub mod upkeep;

pub mod demo;

pub mod bench;

pub mod copy;

mod app;

mod document;

pub mod routes;

pub use app::App;

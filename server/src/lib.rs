//! Yitong: the slices in reading order. A slice uses only slices above it.

pub mod plumbing;
pub mod schools;
pub mod signin;
pub mod wallets;

mod app;
pub mod routes;

pub use app::App;

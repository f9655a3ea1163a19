//! What every slice stands on: the database, HTTP, the clock, sealed fields. Knows no capability.

pub mod changes;
pub mod clock;
pub mod config;
pub mod db;
pub mod http;
pub mod logs;
pub mod machine;
pub mod measure;
pub mod outbox;
pub mod outside;
pub mod qr;
pub mod seal;
pub mod smtp;

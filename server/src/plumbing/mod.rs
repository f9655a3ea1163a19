//! What every slice stands on: the database, HTTP, the clock, sealed fields. Knows no capability.

pub mod clock;
pub mod db;
pub mod http;
pub mod seal;

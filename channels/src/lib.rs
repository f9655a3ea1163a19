//! Payment channels and message channels: build a request, read an answer, verify a call-back, read a bill. Nothing
//! here sends: whoever sends keeps what was asked before and what came back after, so a crash in between can be asked
//! about.

mod call;
pub mod crypto;
mod outcome;
pub mod pay;
pub mod tell;

pub use call::{Call, Headers, Method, Moment, Reply, percent_encode, query_pairs};
pub use outcome::Outcome;

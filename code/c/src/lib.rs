//! The verifier of campus codes for programs in other languages, as a C library: `include/yitong_code.h`, made from
//! `abi`.
//!
//! `abi` is the only file with `unsafe`: it turns pointers into Rust's references or refuses, and keeps panics inside.
//! `Reader` is what a handle points to, and all of it is safe Rust over `yitong-code`.

mod abi;
mod answers;
mod reader;
mod written;

pub use abi::*;
pub use answers::{Allowance, Kind, Language, List, Problem, Reason};
pub use reader::{Head, MEMORY_CAPACITY_MAX, Reader, Root, Verified};

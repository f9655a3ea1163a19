//! From a school's own file to the roster: read, recognise, plan, show, apply.

pub mod columns;
pub mod fields;
pub mod plan;
pub mod sheet;
pub mod workbook;

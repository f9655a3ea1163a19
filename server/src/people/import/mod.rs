//! From a school's own file to the roster: read, recognise, plan, show, apply.

pub mod class;
pub mod columns;
pub mod combine;
mod excel;
pub mod fields;
pub mod plan;
pub mod read;
pub mod remarks;
pub mod sheet;
pub mod workbook;

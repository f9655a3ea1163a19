//! Whole-server tests over HTTP, one file per slice, one binary.

mod cast;
mod lunch;
mod testkit;

mod access;
mod books;
mod codes;
mod edge;
mod hostile;
mod imports;
mod killed;
mod purchases;
mod schools;
mod signin;
mod undo;
mod users;

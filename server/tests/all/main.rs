//! Whole-server tests over HTTP, one file per slice, one binary.

mod cast;
mod testkit;

mod access;
mod backup;
mod copy;
mod database;
mod edge;
mod repeats;
mod schools;
mod side_by_side;
mod signin;
mod upkeep;
mod users;

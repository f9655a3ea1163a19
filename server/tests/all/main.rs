//! Whole-server tests over HTTP, one file per slice, one binary.

mod cast;
mod testkit;

mod access;
mod backup;
mod edge;
mod schools;
mod signin;
mod upkeep;
mod users;

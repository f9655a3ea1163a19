//! Whole-server tests over HTTP, one file per slice, one binary.

mod testkit;

mod edge;

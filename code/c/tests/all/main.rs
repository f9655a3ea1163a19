//! The C library, seen from Rust: its header, its numbers, its answers to nonsense, and that verifying asks for no
//! memory.

// Pointers are what is tried here.
#![allow(unsafe_code)]

mod gate;
mod header;
mod layout;
mod lines;
mod nonsense;
mod numbers;
mod renewal;
mod world;

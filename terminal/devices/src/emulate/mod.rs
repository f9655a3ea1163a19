//! Pretend devices: the other end of each wire, for tests, end-to-end runs and demonstrations. What a device answers
//! is a plain function over bytes; a pseudo terminal, a socket or a pipe carries them.

mod cards;
mod device;
mod pty;
mod scale;
mod serve;

pub use cards::Cards;
pub use device::{Board, Device, Keys, Roll, Scanner};
pub use pty::Pty;
pub use scale::Scale;
pub use serve::{serve_cards, serve_printer, serve_pty};

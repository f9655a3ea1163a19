//! Card readers, by PC/SC. Only the number of a card is read: it finds a person, it proves nothing.

mod session;
pub mod wire;

pub use session::{Pcsc, Turn};

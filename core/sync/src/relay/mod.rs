//! The relay: terminals of one canteen tell each other what was spent at them, so that one wallet is not spent twice
//! while nobody hears the server. Small datagrams, sealed with a key of the canteen and signed by the device that
//! sends them; each fact is signed by the terminal that it happened at, so anybody may pass it on.
//!
//! What is held only ever grows towards one state: order, repetition and loss of messages don't change where it ends.
//! Nothing heard makes a terminal more generous than it is alone. It waits for nobody.

mod board;
mod circle;
mod lists;
mod message;
mod node;
mod spent;

#[cfg(test)]
mod tests;

pub use board::{LIFE_MS, RECORDS_SPAN};
pub use circle::{Circle, NEIGHBOURS_MAX, Neighbour, RelayKey, SealedCircle};
pub use lists::LIST_BYTES_MAX;
pub use message::{DATAGRAM_BYTES_MAX, Message, NONCE_BYTES, Said, Unheard, seal_said};
pub use node::{FRESH_MS, HEARD_MS, News, Relay};
pub use spent::{CodeUse, Origin, Spent, Told};

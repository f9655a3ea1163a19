//! What a terminal and the server say to each other, and what each makes of it. Pure: no socket, no clock, no chance.
//!
//! A terminal writes what happened into a journal of records: numbered, chained by hashes, signed by the device. The
//! server takes records in their order and never decides again. Everything downward is state with a version.

mod clock;
mod key;
mod lease;
pub mod link;
mod receive;
mod record;
pub mod relay;
mod request;
pub mod wire;

#[cfg(test)]
mod tests;

pub use clock::{Clock, ClockToken, Reading, SealedToken};
pub use key::{DeviceKey, PublicKey, Signature};
pub use lease::{Lease, LeaseRefusal, Offline, PersonUsed, SealedLease, Used, left, worst_loss};
pub use receive::{Fate, Held, Problem, Received, receive};
pub use record::{
    Body, CashCount, Hash, Head, How, Item, PaidBy, PayerShown, ReadError, Record, Sale, Sealed, Shift, Stamp, Story,
};
pub use request::{AUTH_HEADERS, REQUEST, SIGNED_AT_MS_MAX, request_text};

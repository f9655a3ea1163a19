//! Talking to the server: signed requests, one after another. What to say when is `yitong_sync::link`'s decision.

mod enrol;
mod http;
mod socket;

pub use enrol::{EnrolError, Ticket, enrol};
pub use http::{Heard, Request, Signer};
pub use socket::Client;

//! Messages to people: queued in the transaction of their cause, sent by a worker over the channels that each person
//! reads, kept as an inbox.

mod address;
mod kind;
mod notice;
mod store;

pub use address::{Channel, Habits, Locale, NewAddress, Scope, SealedAddress};
pub use kind::Kind;
pub use notice::{Confidential, NewNotice, Reach, Recipient};
pub use store::{drop_address, drop_addresses, put_address, put_habits, queue, unread};

use tokio::sync::Notify;

/// What notices keep in memory.
#[derive(Default)]
pub struct State {
    wake: Notify,
}

impl State {
    /// Something urgent was queued and committed: the worker looks at once and not within the next second.
    pub fn wake(&self) {
        self.wake.notify_one();
    }
}

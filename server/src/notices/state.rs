//! What notices keep in memory: what wakes the worker, what is asked before sending, and how much was sent.

use super::accounts::Accounts;
use super::delivery::Tried;
use super::queue_store::Waiting;
use super::take::{Hooks, StillTrue};
use super::{Channel, Kind};
use std::collections::BTreeMap;
use std::sync::Mutex;
use tokio::sync::Notify;
use yitong_channels::tell::Sent;
use yitong_values::Timestamp;

#[derive(Default)]
pub struct State {
    wake: Notify,
    hooks: Mutex<Hooks>,
    seen: Mutex<Seen>,
    pub(super) accounts: Accounts,
}

/// Numbers of the worker, for the health page and `/metrics`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub waiting: i64,
    pub oldest: Option<Timestamp>,
    /// How many are due and not sent, and since when the first of them is due.
    pub late: (i64, Option<Timestamp>),
    /// Tries since the start, by the words of their channel and outcome.
    pub tries: BTreeMap<(&'static str, &'static str), u64>,
}

impl State {
    /// Something urgent was queued and committed: the worker looks at once and not within the next second.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    pub(super) fn woken(&self) -> impl Future<Output = ()> {
        self.wake.notified()
    }

    /// Whoever queues messages that may be overtaken (a balance that was low) says how to look again, in the unit that
    /// is about to send one. One that is not true any more is dropped, and leaves the inbox.
    pub fn look_again(&self, kind: Kind, still_true: StillTrue) {
        self.hooks.lock().expect("nobody panics with the hooks").insert(kind, still_true);
    }

    pub(super) fn hooks(&self) -> Hooks {
        self.hooks.lock().expect("nobody panics with the hooks").clone()
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().expect("nobody panics with the numbers").clone()
    }

    pub(super) fn seen_waiting(&self, waiting: Waiting) {
        let mut seen = self.seen.lock().expect("nobody panics with the numbers");
        (seen.waiting, seen.oldest, seen.late) = (waiting.all, waiting.oldest, waiting.late);
    }

    pub(super) fn count(&self, channel: Channel, tried: &Tried) {
        let outcome = match tried {
            Tried::Answered(Sent::Accepted { .. }) => "accepted",
            Tried::Answered(Sent::NotSent { .. }) => "refused",
            Tried::Answered(Sent::Unknown { .. }) => "unknown",
            Tried::NotSent(_) => "not_sent",
            Tried::Held { .. } => "held",
            Tried::Misused(_) => "settings",
        };
        let mut seen = self.seen.lock().expect("nobody panics with the numbers");
        *seen.tries.entry((channel.word(), outcome)).or_default() += 1;
    }
}

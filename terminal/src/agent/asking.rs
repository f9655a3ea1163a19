//! Requests on their way: what each is for, and what follows when it is answered.

use super::linking::Fetched;
use super::{Agent, Do};
use crate::link::Heard;
use std::collections::VecDeque;
use tokio::sync::oneshot;
use yitong_journal::Files;
use yitong_sync::link::Call;
use yitong_values::{EntryId, PersonId};

/// Method, path below the base, body.
pub(super) type Plain = (&'static str, String, Vec<u8>);

/// What an answer is for.
pub(super) enum For {
    Link(Call),
    Sale(EntryId),
    Undo(EntryId),
    Photo {
        person: PersonId,
        hash: String,
        reply: oneshot::Sender<Option<Vec<u8>>>,
    },
    /// Nobody waits for it; it is repeated when the server asks again.
    Nobody,
}

impl For {
    fn about(&self) -> &'static str {
        match self {
            For::Link(Call::Journal { .. }) => "journal sent",
            For::Link(Call::People { .. }) => "people came",
            For::Link(Call::Lists) => "lists came",
            For::Link(Call::Setup) => "set-up came",
            For::Link(_) => "link",
            For::Sale(_) => "sale answered",
            For::Undo(_) => "undo answered",
            For::Photo { .. } => "photo came",
            For::Nobody => "answer",
        }
    }
}

pub(super) struct Waiting {
    purpose: For,
    now: Plain,
    rest: VecDeque<Plain>,
    fetched: Fetched,
    within_ms: u64,
    again: bool,
}

impl<F: Files> Agent<F> {
    /// One request after another; the answer is all of them, or the first that is not good.
    pub(super) fn send(&mut self, requests: Vec<Plain>, within_ms: u64, purpose: For) {
        let mut rest: VecDeque<Plain> = requests.into();
        let Some(now) = rest.pop_front() else { return };
        let fetched = Fetched { heard: Vec::new(), asked: self.wall, sent_mono_ms: self.mono_ms };
        self.go(Waiting { purpose, now, rest, fetched, within_ms, again: false });
    }

    fn go(&mut self, mut waiting: Waiting) {
        let Some(inside) = &self.inside else { return };
        let at = self.wall.plus_ms(self.drift_ms);
        let (method, path, body) = waiting.now.clone();
        let request = inside.signer.request(method, &path, body, at);
        let server = inside.identity.server.clone();
        (waiting.fetched.asked, waiting.fetched.sent_mono_ms) = (at, self.mono_ms);
        self.request += 1;
        self.outbox.push(Do::Request { id: self.request, server, request, within_ms: waiting.within_ms });
        self.waiting.insert(self.request, waiting);
    }

    pub(super) fn answered(&mut self, id: u64, heard: Heard) {
        let Some(mut waiting) = self.waiting.remove(&id) else { return };
        if let Heard::ClockDrift { server_ms } = heard {
            self.drift_ms = server_ms - self.wall.ms();
            if !std::mem::replace(&mut waiting.again, true) {
                return self.go(waiting);
            }
        }
        let good = matches!(heard, Heard::Good(_));
        waiting.fetched.heard.push(heard);
        match waiting.rest.pop_front() {
            Some(next) if good => {
                waiting.now = next;
                self.go(waiting);
            }
            _ => self.done(waiting.purpose, waiting.fetched),
        }
    }

    fn done(&mut self, purpose: For, fetched: Fetched) {
        self.about = purpose.about();
        match purpose {
            For::Link(call) => self.heard(call, fetched),
            For::Sale(purchase) => self.sale_heard(purchase, fetched.last()),
            For::Undo(purchase) => self.undo_heard(purchase, fetched.last()),
            For::Photo { person, hash, reply } => {
                let bytes = match fetched.last() {
                    Heard::Good(bytes) if !bytes.is_empty() => Some(bytes),
                    _ => None,
                };
                self.photo_heard(person, &hash, bytes, reply);
            }
            For::Nobody => {}
        }
    }
}

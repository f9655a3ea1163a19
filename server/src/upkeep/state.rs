//! What only the running process knows about itself.

use super::health::{BackupFailure, Jump};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use yitong_values::Timestamp;

/// A stranger who asks whether the server is ready must not be able to keep the writer busy.
const READY_BELIEVED: Duration = Duration::from_secs(2);

pub struct State {
    pub(super) started: Timestamp,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    jump: Option<Jump>,
    backup_failure: Option<BackupFailure>,
    ready: Option<(Instant, bool)>,
}

impl State {
    pub fn new(started: Timestamp) -> State {
        State { started, memory: Mutex::default() }
    }

    fn with<T>(&self, look: impl FnOnce(&mut Memory) -> T) -> T {
        look(&mut self.memory.lock().expect("nobody panics while holding what is remembered"))
    }

    pub(super) fn clock_jumped(&self, jump: Jump) {
        self.with(|memory| memory.jump = Some(jump));
    }

    pub(super) fn jump(&self) -> Option<Jump> {
        self.with(|memory| memory.jump)
    }

    /// How the last copy ended: `None` when it is whole.
    pub(super) fn backup_ended(&self, failure: Option<BackupFailure>) {
        self.with(|memory| memory.backup_failure = failure);
    }

    pub(super) fn backup_failure(&self) -> Option<BackupFailure> {
        self.with(|memory| memory.backup_failure.clone())
    }

    pub(super) fn believed_ready(&self) -> Option<bool> {
        self.with(|memory| memory.ready.filter(|(at, _)| at.elapsed() < READY_BELIEVED).map(|(_, ready)| ready))
    }

    pub(super) fn is_ready(&self, ready: bool) {
        self.with(|memory| memory.ready = Some((Instant::now(), ready)));
    }
}

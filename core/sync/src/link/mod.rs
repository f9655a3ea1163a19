//! The terminal's side of the conversation as a step machine: what happened goes in, what is to be done comes out. It
//! opens no socket and never sleeps, so a year of bad Wi-Fi runs in a second.
//!
//! Two lanes run beside each other, one call each: *up* (the journal before all else, then a lease, then a report) and
//! *down* (what the doorbell said has changed, then the doorbell again). Any answer means online, any silence offline;
//! no switch is thrown by hand. Nothing that is called here can do harm by being called twice.

mod pause;

#[cfg(test)]
mod tests;

use crate::Problem;
use crate::wire::fleet::Versions;
use pause::Pause;

/// A report is sent at least this often.
pub const REPORT_EVERY_MS: u64 = 30_000;
/// While nobody answers, somebody is asked at least this often.
const RETRY_MS_MAX: u64 = 5_000;
/// After a journal was stopped by a problem, the server is asked again in case somebody has looked.
const STOPPED_RETRY_MS: u64 = 60_000;
/// A lease that was not given is asked for again.
const LEASE_RETRY_MS: u64 = 20_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call {
    /// Records after this one, oldest first, as many as a request takes.
    Journal {
        after: u64,
    },
    Lease,
    Report,
    Doorbell {
        held: Versions,
    },
    Setup,
    People {
        since: i64,
    },
    /// Trust, status and legacy lists.
    Lists,
    Commands,
}

impl Call {
    fn is_up(self) -> bool {
        matches!(self, Call::Journal { .. } | Call::Lease | Call::Report)
    }
}

/// What came of a call, after the shell has kept what the answer brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The server has everything up to this record, and what stops it from taking the next.
    Journal {
        up_to: u64,
        problem: Option<Problem>,
    },
    Lease {
        granted: bool,
    },
    Report,
    Doorbell {
        now: Versions,
    },
    Setup {
        version: i64,
    },
    People {
        next: i64,
        more: bool,
    },
    Lists {
        version: i64,
    },
    Commands {
        version: i64,
    },
    /// Nobody answered in time, or what came was not an answer of ours.
    Silence,
    /// The server answered that it has too much to do.
    Busy {
        retry_ms: u64,
    },
    /// The server answered, and refused this call: a mistake in it or in the server. It is tried again, slowly.
    Refused,
    /// The server doesn't know this device any more.
    Revoked,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input {
    Answered {
        call: Call,
        answer: Answer,
    },
    /// The journal grew.
    Wrote {
        seq: u64,
    },
    /// A sale was answered by the server in time, or was not.
    SaleHeard(bool),
    /// The lease is missing, used up for the most part, or near its end.
    LeaseWanted(bool),
    /// Somebody asked for a report at once, or the device woke up.
    Hurry,
    Tick,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    Call(Call),
    Went(State),
    /// The journal is stopped; somebody has to look. Said once for each problem.
    Stopped(Problem),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Nobody has answered since the start.
    Never,
    Online,
    Offline,
    /// This device was taken out of service. It says so, sells nothing, and keeps its journal for whoever loads it.
    Revoked,
}

#[derive(Clone, Debug)]
pub struct Link {
    state: State,
    held: Versions,
    /// As the doorbell said last.
    wanted: Versions,
    written: u64,
    acknowledged: u64,
    stopped: Option<Problem>,
    lease_wanted: bool,
    more_people: bool,
    up: Option<Call>,
    down: Option<Call>,
    pause: Pause,
    journal_at: u64,
    lease_at: u64,
    report_at: u64,
    down_at: u64,
}

impl Link {
    /// `seed` spreads the tries of many terminals that lost the network at the same moment.
    pub fn new(held: Versions, written: u64, acknowledged: u64, seed: u64) -> Link {
        Link {
            state: State::Never,
            held,
            wanted: held,
            written,
            acknowledged,
            stopped: None,
            lease_wanted: false,
            more_people: false,
            up: None,
            down: None,
            pause: Pause::new(seed),
            journal_at: 0,
            lease_at: 0,
            report_at: 0,
            down_at: 0,
        }
    }

    pub fn state(&self) -> State {
        self.state
    }

    pub fn unsent(&self) -> u64 {
        self.written.saturating_sub(self.acknowledged)
    }

    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// `now` is the device's clock that never goes back, in ms.
    pub fn step(&mut self, now: u64, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::Answered { call, answer } => self.answered(now, call, answer, &mut effects),
            Input::Wrote { seq } => self.written = self.written.max(seq),
            Input::SaleHeard(true) => self.went(State::Online, &mut effects),
            Input::SaleHeard(false) => self.silence(now, &mut effects),
            Input::LeaseWanted(wanted) => self.lease_wanted = wanted,
            Input::Hurry => {
                (self.report_at, self.down_at, self.journal_at) = (now, now, now);
                self.pause.over();
            }
            Input::Tick => {}
        }
        self.call_next(now, &mut effects);
        effects
    }

    fn answered(&mut self, now: u64, call: Call, answer: Answer, effects: &mut Vec<Effect>) {
        let lane = if call.is_up() { &mut self.up } else { &mut self.down };
        // An answer to a call that nobody waits for any more says nothing new.
        if *lane != Some(call) {
            return;
        }
        *lane = None;
        match answer {
            Answer::Silence => return self.silence(now, effects),
            Answer::Revoked => return self.went(State::Revoked, effects),
            Answer::Busy { retry_ms } => {
                self.put_off(call, now + retry_ms.clamp(1_000, STOPPED_RETRY_MS));
            }
            Answer::Refused => self.put_off(call, now + STOPPED_RETRY_MS),
            Answer::Journal { up_to, problem } => self.taken(now, call, up_to, problem, effects),
            Answer::Lease { granted } => {
                self.lease_wanted = self.lease_wanted && !granted;
                self.lease_at = now + LEASE_RETRY_MS;
            }
            Answer::Report => self.report_at = now + REPORT_EVERY_MS,
            Answer::Doorbell { now: versions } => self.wanted = versions,
            // What was fetched may be newer than what the doorbell said: that is all there is to fetch.
            Answer::Setup { version } => (self.held.setup, self.wanted.setup) = (version, version),
            Answer::People { next, more } => {
                (self.held.people, self.wanted.people, self.more_people) = (next, next, more);
            }
            Answer::Lists { version } => (self.held.lists, self.wanted.lists) = (version, version),
            Answer::Commands { version } => (self.held.commands, self.wanted.commands) = (version, version),
        }
        self.pause.over();
        self.went(State::Online, effects);
    }

    fn taken(&mut self, now: u64, call: Call, up_to: u64, problem: Option<Problem>, effects: &mut Vec<Effect>) {
        let forward = up_to > self.acknowledged;
        // A server that was set back to yesterday's copy asks for what it had before, and gets it again.
        let from_there = call == (Call::Journal { after: up_to });
        self.acknowledged = up_to.min(self.written);
        let stops = problem.filter(|problem| *problem != Problem::Gap || from_there);
        if stops.is_some() || (!forward && from_there) {
            self.journal_at = now + STOPPED_RETRY_MS;
        }
        if let Some(problem) = stops.filter(|_| self.stopped != stops) {
            effects.push(Effect::Stopped(problem));
        }
        self.stopped = stops;
    }

    fn put_off(&mut self, call: Call, until: u64) {
        match call {
            Call::Journal { .. } => self.journal_at = until,
            Call::Lease => self.lease_at = until,
            Call::Report => self.report_at = until,
            _ => self.down_at = until,
        }
    }

    fn silence(&mut self, now: u64, effects: &mut Vec<Effect>) {
        let again = now + self.pause.next(RETRY_MS_MAX);
        (self.journal_at, self.report_at) = (self.journal_at.max(again), again);
        (self.lease_at, self.down_at) = (self.lease_at.max(again), again);
        if self.state != State::Never {
            self.went(State::Offline, effects);
        }
    }

    fn went(&mut self, state: State, effects: &mut Vec<Effect>) {
        if self.state == state || self.state == State::Revoked {
            return;
        }
        self.state = state;
        effects.push(Effect::Went(state));
    }

    fn call_next(&mut self, now: u64, effects: &mut Vec<Effect>) {
        if self.state == State::Revoked {
            return;
        }
        if self.up.is_none() {
            self.up = self.next_up(now);
            effects.extend(self.up.map(Effect::Call));
        }
        // While nobody answers one lane knocks; the other would only knock on the same door.
        if self.down.is_none() && self.state == State::Online && now >= self.down_at {
            let call = self.next_down();
            self.down = Some(call);
            effects.push(Effect::Call(call));
        }
    }

    fn next_up(&self, now: u64) -> Option<Call> {
        if self.unsent() > 0 && now >= self.journal_at {
            return Some(Call::Journal { after: self.acknowledged });
        }
        let all_is_sent = self.unsent() == 0;
        if self.lease_wanted && all_is_sent && self.state == State::Online && now >= self.lease_at {
            return Some(Call::Lease);
        }
        (now >= self.report_at).then_some(Call::Report)
    }

    fn next_down(&self) -> Call {
        let (held, wanted) = (self.held, self.wanted);
        if held.lists != wanted.lists {
            Call::Lists
        } else if held.setup != wanted.setup {
            Call::Setup
        } else if held.people != wanted.people || self.more_people {
            Call::People { since: held.people }
        } else if held.commands != wanted.commands {
            Call::Commands
        } else {
            Call::Doorbell { held }
        }
    }
}

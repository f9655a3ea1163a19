//! The life of a message on its way: which address is tried when, what an answer means for the next try, and when the
//! message is at its end. Pure: the moment and the jitter are handed in.

use super::Channel;
use uuid::Uuid;
use yitong_channels::tell::{ErrorClass, Sent};
use yitong_values::Timestamp;

/// Tries of one address after which the next channel has its turn.
pub const ATTEMPTS_MAX: u32 = 8;
/// Tries that may each have arrived: a third one would be heard as noise.
pub const UNKNOWN_ATTEMPTS_MAX: u32 = 2;
pub const BACKOFF_FIRST_MS: i64 = 5_000;
pub const BACKOFF_MS_MAX: i64 = 15 * 60_000;
/// A channel that wants to be left alone for longer than this gives its turn to the next one.
pub const THROTTLED_MS_MAX: i64 = 15 * 60_000;

/// What became of one address so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not tried yet, or to be tried again.
    Waiting,
    /// The channel took it.
    Accepted,
    /// The channel will not take it.
    Failed,
    /// The person can't be reached at this address any more.
    Gone,
    /// It may have arrived, and is not sent again.
    Unknown,
}

impl State {
    pub const ALL: [State; 5] = [State::Waiting, State::Accepted, State::Failed, State::Gone, State::Unknown];

    pub fn word(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Accepted => "accepted",
            State::Failed => "failed",
            State::Gone => "gone",
            State::Unknown => "unknown",
        }
    }

    pub fn from_word(word: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// One address of one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub channel: Channel,
    pub address: Uuid,
    pub state: State,
    pub attempts: u32,
    /// While waiting: not before this.
    pub next_at: Timestamp,
}

/// What came of one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// A whole answer, as the channel's reader understands it.
    Answered(Sent),
    /// It did not leave: no connection, or no token.
    NotSent(String),
    /// Our own budget for the channel or the person is used up for so long.
    Held { for_ms: i64 },
    /// The message can't be put into the channel's form, or its settings are wrong.
    Misused(String),
}

impl Delivery {
    pub fn new(channel: Channel, address: Uuid, at: Timestamp) -> Delivery {
        Delivery { channel, address, state: State::Waiting, attempts: 0, next_at: at }
    }

    /// The delivery after a try. `jitter` is any number; it spreads what failed together.
    pub fn after(&self, tried: &Tried, now: Timestamp, jitter: u64) -> Delivery {
        let attempts = self.attempts + u32::from(!matches!(tried, Tried::Held { .. }));
        let end = |state| Delivery { state, attempts, next_at: now, ..self.clone() };
        let wait = |ms: i64| Delivery { state: State::Waiting, attempts, next_at: now.plus_ms(ms), ..self.clone() };
        let again = |most: u32, last: State| match attempts < most {
            true => wait(backoff_ms(attempts, jitter)),
            false => end(last),
        };
        let later = |ms: i64| match ms <= THROTTLED_MS_MAX && attempts < ATTEMPTS_MAX {
            true => wait(ms.max(1_000) + (jitter % 1_000) as i64),
            false => end(State::Failed),
        };
        match tried {
            Tried::Answered(Sent::Accepted { .. }) => end(State::Accepted),
            Tried::Answered(Sent::NotSent { class, .. }) => match class {
                ErrorClass::Permanent => end(State::Failed),
                ErrorClass::AddressGone => end(State::Gone),
                ErrorClass::Throttled { after_s } => later(i64::from(*after_s) * 1_000),
                ErrorClass::Transient | ErrorClass::TokenStale => again(ATTEMPTS_MAX, State::Failed),
            },
            Tried::Answered(Sent::Unknown { .. }) => again(UNKNOWN_ATTEMPTS_MAX, State::Unknown),
            Tried::NotSent(_) => again(ATTEMPTS_MAX, State::Failed),
            Tried::Held { for_ms } => later(*for_ms),
            Tried::Misused(_) => end(State::Failed),
        }
    }
}

/// 5 s, 10 s, 20 s … up to a quarter of an hour, each up to half longer.
fn backoff_ms(attempts: u32, jitter: u64) -> i64 {
    let doublings = attempts.saturating_sub(1).min(16);
    let base = (BACKOFF_FIRST_MS << doublings).min(BACKOFF_MS_MAX);
    base + (jitter % (base as u64 / 2)) as i64
}

/// How a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A channel took it.
    Sent,
    /// It lies in the inbox; there is no channel for it.
    Kept,
    Failed,
    /// Some channel may have delivered it.
    Unknown,
    Expired,
    /// Not true any more when its turn came.
    Dropped,
}

impl End {
    pub fn word(self) -> &'static str {
        match self {
            End::Sent => "sent",
            End::Kept => "kept",
            End::Failed => "failed",
            End::Unknown => "unknown",
            End::Expired => "expired",
            End::Dropped => "dropped",
        }
    }
}

/// What is to be done with a message now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Try these (their place in the list).
    Try(Vec<usize>),
    Wait(Timestamp),
    End(End),
}

/// Whether a message that may have arrived goes to the next channel, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenUnknown {
    Stop,
    /// Better twice than not at all: somebody waits for it.
    GoOn,
}

/// `deliveries` stand in the order in which their channels are tried; those of one channel stand together and are all
/// tried: somebody reads whichever of several browsers is at hand.
pub fn step(deliveries: &[Delivery], now: Timestamp, expires_at: Timestamp, when_unknown: WhenUnknown) -> Step {
    let mut unknown = false;
    let mut start = 0;
    while start < deliveries.len() {
        let channel = deliveries[start].channel;
        let end = start + deliveries[start..].iter().take_while(|delivery| delivery.channel == channel).count();
        let of_channel = &deliveries[start..end];
        let any = |state: State| of_channel.iter().any(|delivery| delivery.state == state);
        let accepted = any(State::Accepted);
        // Another browser that takes longer is not waited for once one has it.
        let waits = |delivery: &&Delivery| delivery.state == State::Waiting && !(accepted && delivery.attempts > 0);
        if let Some(first) = of_channel.iter().filter(waits).map(|delivery| delivery.next_at).min() {
            if now >= expires_at {
                return Step::End(if accepted { End::Sent } else { End::Expired });
            }
            if first > now {
                return if accepted { Step::End(End::Sent) } else { wait(first, expires_at) };
            }
            let due = |i: &usize| waits(&&deliveries[*i]) && deliveries[*i].next_at <= now;
            return Step::Try((start..end).filter(due).collect());
        }
        if accepted {
            return Step::End(End::Sent);
        }
        if any(State::Unknown) {
            unknown = true;
            if when_unknown == WhenUnknown::Stop {
                return Step::End(End::Unknown);
            }
        }
        start = end;
    }
    Step::End(match (deliveries.is_empty(), unknown) {
        (true, _) => End::Kept,
        (false, true) => End::Unknown,
        (false, false) => End::Failed,
    })
}

fn wait(until: Timestamp, expires_at: Timestamp) -> Step {
    Step::Wait(until.min(expires_at))
}

#[cfg(test)]
#[path = "delivery_tests.rs"]
mod tests;

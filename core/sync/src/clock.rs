//! What time it is at a counter that may not have heard from anybody for hours. The server's word counts from the
//! moment it was heard, along the device's clock that never goes back; how far off that may be grows with its age.

use crate::wire::forms::ms;
use crate::{DeviceKey, PublicKey, Signature};
use serde::{Deserialize, Serialize};
use yitong_values::{TerminalId, Timestamp};

const KIND: &str = "clock 1";
/// A quartz drifts by fifty parts in a million or less.
const DRIFT_PER_MILLION: i64 = 50;
/// What is doubted in the best of cases.
const UNCERTAINTY_MS_MIN: i64 = 2_000;
/// A word of the server that took longer on its way says too little.
const ROUND_TRIP_MS_MAX: i64 = 10_000;
/// Beyond this difference between the device's clock and the server's, nobody guesses the meal period.
pub const DRIFT_MS_MAX: i64 = 2 * 60_000;
/// A clock that was set back by more than this, without the server, is not believed.
const BACK_MS_MAX: i64 = 5_000;

/// The server's word about the time, for one terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClockToken {
    pub terminal: TerminalId,
    /// The moment that stood in the request, so that an old answer is not a new word.
    #[serde(with = "ms")]
    pub asked: Timestamp,
    #[serde(with = "ms")]
    pub server: Timestamp,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SealedToken {
    pub payload: String,
    pub signature: Signature,
}

impl SealedToken {
    pub fn seal(token: &ClockToken, authority: &DeviceKey) -> SealedToken {
        let payload = serde_json::to_string(token).expect("a token is plain JSON");
        let signature = authority.sign(KIND, payload.as_bytes());
        SealedToken { payload, signature }
    }

    pub fn open(&self, authority: &PublicKey) -> Option<ClockToken> {
        let sound = authority.verifies(KIND, self.payload.as_bytes(), &self.signature);
        sound.then(|| serde_json::from_str(&self.payload).ok()).flatten()
    }
}

/// The server's word, tied to the device's clock that never goes back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Heard {
    server: Timestamp,
    mono_ms: u64,
    round_trip_ms: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Clock {
    heard: Option<Heard>,
    /// The latest moment that stands in the journal: time was never before it.
    floor: Timestamp,
    /// The last known difference of the device's own clock, from before it started.
    offset_ms: Option<i64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reading {
    pub at: Timestamp,
    pub uncertainty_ms: i64,
    /// Age of the server's word; none since the device started.
    pub token_age_ms: Option<i64>,
    /// How far the device's own clock is from the time.
    pub drift_ms: i64,
    /// Too uncertain to know the meal period: the cashier is asked.
    pub doubt: bool,
}

impl Clock {
    /// After a start: what the journal and the settings remember.
    pub fn remembered(floor: Timestamp, offset_ms: Option<i64>) -> Clock {
        Clock { heard: None, floor, offset_ms }
    }

    /// The server's word arrived. One that was long on its way, or answers another question, changes nothing.
    pub fn hear(self, token: &ClockToken, asked: Timestamp, sent_mono_ms: u64, mono_ms: u64) -> Clock {
        let round_trip_ms = i64::try_from(mono_ms.saturating_sub(sent_mono_ms)).unwrap_or(i64::MAX);
        if token.asked != asked || round_trip_ms > ROUND_TRIP_MS_MAX {
            return self;
        }
        // The answer was written somewhere between: the middle is off by half of the way at most.
        let server = token.server.plus_ms(round_trip_ms / 2);
        Clock { heard: Some(Heard { server, mono_ms, round_trip_ms }), ..self }
    }

    /// Something was written into the journal at this moment.
    pub fn wrote(self, at: Timestamp) -> Clock {
        Clock { floor: self.floor.max(at), ..self }
    }

    pub fn read(&self, wall: Timestamp, mono_ms: u64) -> Reading {
        match self.heard {
            Some(heard) => {
                let age = i64::try_from(mono_ms.saturating_sub(heard.mono_ms)).unwrap_or(i64::MAX);
                let at = heard.server.plus_ms(age);
                let uncertainty_ms =
                    heard.round_trip_ms / 2 + age / 1_000 * DRIFT_PER_MILLION / 1_000 + UNCERTAINTY_MS_MIN;
                let drift_ms = wall.since(at);
                let doubt = uncertainty_ms > DRIFT_MS_MAX;
                Reading { at, uncertainty_ms, token_age_ms: Some(age), drift_ms, doubt }
            }
            None => self.by_itself(wall),
        }
    }

    /// Nobody was heard since the device started: its own clock, corrected by what was known of it, and never before
    /// what stands in the journal.
    fn by_itself(&self, wall: Timestamp) -> Reading {
        let corrected = wall.plus_ms(-self.offset_ms.unwrap_or(0));
        let back = self.floor.since(corrected) > BACK_MS_MAX;
        let at = corrected.max(self.floor);
        let doubt = back || self.offset_ms.is_none();
        let uncertainty_ms = if doubt { DRIFT_MS_MAX * 2 } else { DRIFT_MS_MAX };
        Reading { at, uncertainty_ms, token_age_ms: None, drift_ms: wall.since(at), doubt }
    }
}

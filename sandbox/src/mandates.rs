//! Mandates of all channels, in memory: who has agreed to what, and whether a debit may rest on it. Each protocol only
//! says it in its own words.

use crate::books::Channel;
use std::collections::BTreeMap;
use yitong_values::Timestamp;

/// So long a page can be agreed to after it was asked for.
pub const SIGN_WITHIN_MS: i64 = 10 * 60_000;
/// Above it the lowest numbers are forgotten.
const MANDATES_MAX: usize = 20_000;

/// What a caller asks somebody to agree to. Its `fingerprint` holds every parameter that a repeat must bring again.
#[derive(Clone)]
pub struct MandateAsk {
    pub channel: Channel,
    pub number: String,
    pub shown_as: String,
    pub notify_url: String,
    pub return_url: Option<String>,
    pub payer: Option<String>,
    /// Which key the caller named, where it names one.
    pub signed_with: String,
    pub fingerprint: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MandateState {
    Waiting,
    Signed { at: Timestamp },
    Ended { at: Timestamp },
}

#[derive(Clone)]
pub struct Mandate {
    pub ask: MandateAsk,
    /// The channel's own number: what debits name.
    pub channel_number: String,
    pub asked_at: Timestamp,
    /// Kept after its end.
    pub signed_at: Option<Timestamp>,
    pub state: MandateState,
}

impl Mandate {
    pub fn state_word(&self) -> &'static str {
        match self.state {
            MandateState::Waiting => "waiting",
            MandateState::Signed { .. } => "signed",
            MandateState::Ended { .. } => "ended",
        }
    }

    pub fn can_be_agreed_to(&self, now: Timestamp) -> bool {
        self.state == MandateState::Waiting && now.since(self.asked_at) < SIGN_WITHIN_MS
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MandateRefusal {
    Absent,
    /// It was signed before, or has ended, or the page is too old.
    Over,
    OtherParameters,
}

#[derive(Default)]
pub struct Mandates {
    all: BTreeMap<(Channel, String), Mandate>,
    last_number: u64,
}

impl Mandates {
    /// The same ask again is the same mandate, and its page can be agreed to again for a while.
    pub fn ask(&mut self, ask: MandateAsk, now: Timestamp) -> Result<&Mandate, MandateRefusal> {
        self.last_number += 1;
        if self.all.len() >= MANDATES_MAX {
            self.all.pop_first();
        }
        let channel_number = format!("{}55{:010}", now.china_day().number(), self.last_number);
        let fingerprint = ask.fingerprint.clone();
        let known = self.all.entry((ask.channel, ask.number.clone())).or_insert_with(|| Mandate {
            ask,
            channel_number,
            asked_at: now,
            signed_at: None,
            state: MandateState::Waiting,
        });
        if known.ask.fingerprint != fingerprint {
            return Err(MandateRefusal::OtherParameters);
        }
        if known.state != MandateState::Waiting {
            return Err(MandateRefusal::Over);
        }
        known.asked_at = now;
        Ok(known)
    }

    pub fn find(&self, channel: Channel, number: &str) -> Option<&Mandate> {
        self.all.get(&(channel, number.to_owned()))
    }

    pub fn find_by_channel_number(&self, channel: Channel, number: &str) -> Option<&Mandate> {
        self.all.values().find(|of| of.ask.channel == channel && of.channel_number == number)
    }

    /// By our number, whatever the channel: for the pages and for tests.
    pub fn find_anywhere(&self, number: &str) -> Option<&Mandate> {
        self.all.values().find(|of| of.ask.number == number)
    }

    pub fn all(&self) -> impl Iterator<Item = &Mandate> {
        self.all.values()
    }

    pub fn agree(&mut self, number: &str, now: Timestamp) -> Result<Mandate, MandateRefusal> {
        let of = self.all.values_mut().find(|of| of.ask.number == number).ok_or(MandateRefusal::Absent)?;
        if !of.can_be_agreed_to(now) {
            return Err(MandateRefusal::Over);
        }
        of.state = MandateState::Signed { at: now };
        of.signed_at = Some(now);
        Ok(of.clone())
    }

    /// By the payer or by the merchant. `Over`: there was nothing to end.
    pub fn end(&mut self, number: &str, now: Timestamp) -> Result<Mandate, MandateRefusal> {
        let of = self.all.values_mut().find(|of| of.ask.number == number).ok_or(MandateRefusal::Absent)?;
        if !matches!(of.state, MandateState::Signed { .. }) {
            return Err(MandateRefusal::Over);
        }
        of.state = MandateState::Ended { at: now };
        Ok(of.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_ms(1_795_492_800_000);

    fn ask() -> MandateAsk {
        MandateAsk {
            channel: Channel::Alipay,
            number: "M1".into(),
            shown_as: String::new(),
            notify_url: String::new(),
            return_url: None,
            payer: None,
            signed_with: String::new(),
            fingerprint: "one".into(),
        }
    }

    #[test]
    fn a_mandate_is_signed_once_and_ends_once() {
        let mut mandates = Mandates::default();
        assert_eq!(mandates.agree("M1", NOON).err(), Some(MandateRefusal::Absent));
        assert!(mandates.ask(ask(), NOON).is_ok() && mandates.ask(ask(), NOON).is_ok());
        let other = MandateAsk { fingerprint: "two".into(), ..ask() };
        assert_eq!(mandates.ask(other, NOON).err(), Some(MandateRefusal::OtherParameters));
        assert_eq!(mandates.end("M1", NOON).err(), Some(MandateRefusal::Over));
        assert!(mandates.agree("M1", NOON).is_ok());
        assert_eq!(mandates.agree("M1", NOON).err(), Some(MandateRefusal::Over));
        assert_eq!(mandates.ask(ask(), NOON).err(), Some(MandateRefusal::Over));
        assert!(mandates.end("M1", NOON).is_ok());
        assert_eq!(mandates.end("M1", NOON).err(), Some(MandateRefusal::Over));
    }

    #[test]
    fn an_old_page_is_not_agreed_to() {
        let mut mandates = Mandates::default();
        assert!(mandates.ask(ask(), NOON).is_ok());
        let late = NOON.plus_ms(SIGN_WITHIN_MS);
        assert_eq!(mandates.agree("M1", late).err(), Some(MandateRefusal::Over));
        assert!(mandates.ask(ask(), late).is_ok() && mandates.agree("M1", late).is_ok());
    }
}

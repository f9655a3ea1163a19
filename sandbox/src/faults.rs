//! What goes wrong on purpose. Chance comes from a seed and from what it happens to, so a run can be repeated.

use crate::books::RefundFate;
use serde::{Deserialize, Serialize};
use yitong_channels::crypto::sha256;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    pub seed: u64,
    /// Of each attempt to deliver a notification.
    pub lost_percent: u8,
    pub doubled_percent: u8,
    pub delayed_percent: u8,
    pub delay_ms: u32,
    /// Held back until another notification has gone.
    pub reordered_percent: u8,
    /// One byte is altered after it was signed.
    pub corrupted_percent: u8,
    /// Signed with the prefix of a probe: a receiver has to refuse it.
    pub probe_percent: u8,
    /// The work is done, but the answer is a 500.
    pub server_error_percent: u8,
    /// Of the addresses: those are never reached.
    pub message_refused_percent: u8,
    /// How far the sandbox's clock is ahead.
    pub clock_shift_s: i32,
    pub bill_missing_line: bool,
    pub bill_extra_line: bool,
    pub bill_other_amount: bool,
    pub bill_other_fee: bool,
    /// Bills of today, and at once: for a person who looks. Otherwise they come the next morning, as they do.
    pub bills_at_once: bool,
    /// The last line is gone, the totals are not: a file that was cut off.
    pub bill_cut: bool,
    pub refund_fate: RefundFate,
    pub debit_fate: DebitFate,
    /// How long a refund is worked on.
    pub refund_ms: u32,
    /// Thousandths of the channels' own schedule of repeats: 1000 is real time, 0 sends once.
    pub schedule_scale: u32,
}

/// How debits under a mandate end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DebitFate {
    #[default]
    Done,
    NotEnough,
    /// Taken, and nothing more is said until the payer's hand pays it.
    Hang,
}

impl Default for Faults {
    fn default() -> Faults {
        Faults {
            seed: 1,
            lost_percent: 0,
            doubled_percent: 0,
            delayed_percent: 0,
            delay_ms: 3000,
            reordered_percent: 0,
            corrupted_percent: 0,
            probe_percent: 0,
            server_error_percent: 0,
            message_refused_percent: 0,
            clock_shift_s: 0,
            bill_missing_line: false,
            bill_extra_line: false,
            bill_other_amount: false,
            bill_other_fee: false,
            bills_at_once: false,
            bill_cut: false,
            refund_fate: RefundFate::Done,
            debit_fate: DebitFate::Done,
            refund_ms: 0,
            schedule_scale: 1000,
        }
    }
}

impl Faults {
    /// A sentence when a number is beyond what it can be.
    pub fn check(&self) -> Result<(), &'static str> {
        let percents = [
            self.lost_percent,
            self.doubled_percent,
            self.delayed_percent,
            self.reordered_percent,
            self.corrupted_percent,
            self.probe_percent,
            self.server_error_percent,
            self.message_refused_percent,
        ];
        if percents.iter().any(|percent| *percent > 100) {
            return Err("a percentage is 0 to 100");
        }
        if self.schedule_scale > 1000 {
            return Err("schedule_scale is 0 to 1000 thousandths");
        }
        Ok(())
    }

    /// Whether it strikes this time: the same seed, kind and name give the same answer.
    pub fn strikes(&self, percent: u8, kind: &str, name: &str) -> bool {
        percent > 0 && self.draw(kind, name) % 100 < u64::from(percent)
    }

    pub fn draw(&self, kind: &str, name: &str) -> u64 {
        let digest = sha256(format!("{}\n{kind}\n{name}", self.seed).as_bytes());
        u64::from_be_bytes(digest[..8].try_into().expect("a digest is longer than eight bytes"))
    }

    /// One letter or digit in the second half of the body becomes another.
    pub fn corrupt(&self, name: &str, body: &mut [u8]) {
        let half = body.len() / 2;
        let places: Vec<usize> = (half..body.len()).filter(|at| body[*at].is_ascii_alphanumeric()).collect();
        let Some(at) = (self.draw("where", name) as usize).checked_rem(places.len()) else { return };
        let byte = &mut body[places[at]];
        *byte = if *byte == b'7' { b'3' } else { b'7' };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_faults_again() {
        let (one, two) = (Faults { seed: 1, ..Faults::default() }, Faults { seed: 2, ..Faults::default() });
        let hits =
            |faults: &Faults| -> Vec<bool> { (0..1000).map(|n| faults.strikes(30, "lost", &n.to_string())).collect() };
        assert_eq!(hits(&one), hits(&one));
        assert_ne!(hits(&one), hits(&two));
        let struck = hits(&one).into_iter().filter(|hit| *hit).count();
        assert!((240..360).contains(&struck), "{struck} of 1000 at 30 %");
        assert!(!one.strikes(0, "lost", "x") && one.strikes(100, "lost", "x"));
    }

    #[test]
    fn what_is_corrupted_differs_in_one_byte() {
        let mut body = *b"a=1&b=22222&c=333333";
        let before = body;
        Faults::default().corrupt("n", &mut body);
        assert_eq!(body.iter().zip(before).filter(|(a, b)| **a != *b).count(), 1);
    }
}

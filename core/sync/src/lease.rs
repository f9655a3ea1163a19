//! What a terminal may sell while nobody hears it: signed by the server, counted by the terminal, and the sum of it all
//! is the most that the school can lose.

use crate::wire::forms::{fen, ms};
use crate::{DeviceKey, PublicKey, Signature};
use serde::{Deserialize, Serialize};
use yitong_values::{Cents, TerminalId, Timestamp};

const KIND: &str = "lease 1";

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Lease {
    pub terminal: TerminalId,
    /// Each lease of a terminal has the next number, and ends the one before.
    pub serial: u32,
    /// All sales that the server hasn't confirmed, together.
    #[serde(with = "fen")]
    pub sum: Cents,
    pub count: u32,
    /// One person in one meal period, at this terminal and at those of the canteen that it hears.
    #[serde(with = "fen")]
    pub person_meal: Cents,
    /// One person in one day, there as well.
    #[serde(with = "fen")]
    pub person_day: Cents,
    #[serde(with = "ms")]
    pub issued_at: Timestamp,
    #[serde(with = "ms")]
    pub expires_at: Timestamp,
    /// Version of the policy that it was made by.
    pub policy: i64,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SealedLease {
    pub payload: String,
    pub signature: Signature,
}

impl SealedLease {
    pub fn seal(lease: &Lease, authority: &DeviceKey) -> SealedLease {
        let payload = serde_json::to_string(lease).expect("a lease is plain JSON");
        let signature = authority.sign(KIND, payload.as_bytes());
        SealedLease { payload, signature }
    }

    /// The lease, if the server made it for this terminal.
    pub fn open(&self, authority: &PublicKey, terminal: TerminalId) -> Option<Lease> {
        if !authority.verifies(KIND, self.payload.as_bytes(), &self.signature) {
            return None;
        }
        let lease: Lease = serde_json::from_str(&self.payload).ok()?;
        (lease.terminal == terminal && !lease.sum.is_negative()).then_some(lease)
    }
}

/// What was sold on one lease.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Used {
    pub sum: Cents,
    pub count: u32,
}

/// What one person bought without the server's word, as far as this terminal knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PersonUsed {
    pub meal: Cents,
    pub day: Cents,
}

/// What a sale offline is measured by.
#[derive(Clone, Copy, Debug)]
pub struct Offline<'a> {
    pub lease: Option<&'a Lease>,
    pub used: Used,
    pub person: PersonUsed,
    pub now: Timestamp,
}

/// Why a terminal can't sell by itself, in the order of precedence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LeaseRefusal {
    None,
    Expired,
    Count,
    Sum { left: Cents },
    PersonMeal { left: Cents },
    PersonDay { left: Cents },
}

impl LeaseRefusal {
    /// Stable, for programs.
    pub fn code(self) -> &'static str {
        match self {
            LeaseRefusal::None => "no_lease",
            LeaseRefusal::Expired => "lease_expired",
            LeaseRefusal::Count => "lease_count_used",
            LeaseRefusal::Sum { .. } => "lease_sum_used",
            LeaseRefusal::PersonMeal { .. } => "offline_meal_cap",
            LeaseRefusal::PersonDay { .. } => "offline_day_cap",
        }
    }

    pub fn words(self) -> yitong_rules::Words {
        let (zh, en) = match self {
            LeaseRefusal::None => {
                ("本机没有离线额度，请等待网络恢复".into(), "No offline allowance; wait for the network".into())
            }
            LeaseRefusal::Expired => (
                "离线额度已到期，请等待网络恢复".into(),
                "The offline allowance has ended; wait for the network".into(),
            ),
            LeaseRefusal::Count => ("本机离线笔数已用完".into(), "No offline sales are left on this terminal".into()),
            LeaseRefusal::Sum { left } => (
                format!("本机离线额度只剩 {left} 元"),
                format!("Only ¥{left} is left of this terminal's offline allowance"),
            ),
            LeaseRefusal::PersonMeal { left } => (
                format!("此人本餐离线只剩 {left} 元可用"),
                format!("Offline, this person has ¥{left} left for this meal"),
            ),
            LeaseRefusal::PersonDay { left } => {
                (format!("此人今天离线只剩 {left} 元可用"), format!("Offline, this person has ¥{left} left today"))
            }
        };
        yitong_rules::Words { zh, en }
    }
}

impl Offline<'_> {
    /// May this amount be sold on the lease? Nothing charged needs no lease.
    pub fn allows(&self, amount: Cents) -> Result<Option<&Lease>, LeaseRefusal> {
        if amount.is_zero() {
            return Ok(None);
        }
        let lease = self.lease.ok_or(LeaseRefusal::None)?;
        if self.now >= lease.expires_at {
            return Err(LeaseRefusal::Expired);
        }
        if self.used.count >= lease.count {
            return Err(LeaseRefusal::Count);
        }
        let room = |cap: Cents, used: Cents| cap.minus(used).unwrap_or(Cents::ZERO).max(Cents::ZERO);
        let checks = [
            (room(lease.sum, self.used.sum), LeaseRefusal::Sum { left: Cents::ZERO }),
            (room(lease.person_meal, self.person.meal), LeaseRefusal::PersonMeal { left: Cents::ZERO }),
            (room(lease.person_day, self.person.day), LeaseRefusal::PersonDay { left: Cents::ZERO }),
        ];
        for (left, refusal) in checks {
            if amount > left {
                return Err(match refusal {
                    LeaseRefusal::Sum { .. } => LeaseRefusal::Sum { left },
                    LeaseRefusal::PersonMeal { .. } => LeaseRefusal::PersonMeal { left },
                    _ => LeaseRefusal::PersonDay { left },
                });
            }
        }
        Ok(Some(lease))
    }
}

/// What may still be sold on a lease.
pub fn left(lease: &Lease, used: Used, now: Timestamp) -> Cents {
    if now >= lease.expires_at || used.count >= lease.count {
        return Cents::ZERO;
    }
    lease.sum.minus(used.sum).unwrap_or(Cents::ZERO).max(Cents::ZERO)
}

/// The most that can be lost before anybody hears of it: what is left of each lease, but no more than all persons
/// together may buy at that terminal in a day.
pub fn worst_loss(leases: impl IntoIterator<Item = (Cents, Cents)>, persons: u32) -> Cents {
    let each = |(left, person_day): (Cents, Cents)| {
        let all = person_day.times(i64::from(persons)).unwrap_or(left);
        left.min(all)
    };
    Cents::sum(leases.into_iter().map(each)).unwrap_or(Cents::INPUT_MAX)
}

//! Top-ups: what may be paid in, and that arrears are repaid first.

use crate::TopupPolicy;
use yitong_values::Cents;

/// Ordered by precedence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TopupRefusal {
    UnderMinimum {
        min: Cents,
    },
    OverSingleCap {
        cap: Cents,
    },
    /// `room` is what could still be paid in.
    OverBalanceCap {
        cap: Cents,
        room: Cents,
    },
}

impl TopupRefusal {
    pub fn code(self) -> &'static str {
        match self {
            TopupRefusal::UnderMinimum { .. } => "topup_under_minimum",
            TopupRefusal::OverSingleCap { .. } => "topup_over_single_cap",
            TopupRefusal::OverBalanceCap { .. } => "topup_over_balance_cap",
        }
    }
}

pub fn decide_topup(
    amount: Cents,
    balance: Cents,
    arrears: Cents,
    policy: &TopupPolicy,
) -> Result<(Cents, Cents), TopupRefusal> {
    if amount < policy.min || amount <= Cents::ZERO {
        return Err(TopupRefusal::UnderMinimum { min: policy.min });
    }
    if amount > policy.single_cap {
        return Err(TopupRefusal::OverSingleCap { cap: policy.single_cap });
    }
    let (repaid, credited) = split_topup(amount, arrears);
    let after = balance.plus(credited).unwrap_or(Cents::new(i64::MAX));
    if after > policy.balance_cap {
        let room = policy.balance_cap.minus(balance).unwrap_or(Cents::ZERO).max(Cents::ZERO);
        let room = room.plus(arrears).unwrap_or(room);
        return Err(TopupRefusal::OverBalanceCap { cap: policy.balance_cap, room });
    }
    Ok((repaid, credited))
}

/// Arrears are repaid first; the rest is credited.
pub fn split_topup(amount: Cents, arrears: Cents) -> (Cents, Cents) {
    let repaid = amount.min(arrears).max(Cents::ZERO);
    (repaid, Cents::new(amount.fen() - repaid.fen()))
}

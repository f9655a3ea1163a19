//! One rule engine for the counter and the server: from facts to an answer, with the reason in words. No clock, no I/O.

mod ask;
mod counters;
mod decide;
mod policy;
mod refusal;
mod slips;
mod topup;
mod trace;

#[cfg(test)]
mod tests;

pub use ask::{Ask, CredentialState, Known, LastPurchase, Line, Mode, PersonState, Wallet};
pub use counters::{Counter, Counters};
pub use decide::{Decision, Question, Split, Verdict, decide};
pub use policy::{
    ArrearsPolicy, By, CopyPolicy, DayKind, GuardianRules, Limit, Limits, MealPeriod, Policy, TopupPolicy, period_at,
};
pub use refusal::{Refusal, Words};
pub use slips::{Slip, Stands, slips_among};
pub use topup::{TopupRefusal, decide_topup, split_topup};
pub use trace::{Span, Trace, TraceLine};

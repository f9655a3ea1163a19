//! A payment order through a channel, from made to paid, closed or given back, as two small machines: what is heard
//! about one attempt moves the attempt, its order and the books; what is heard about a refund moves the refund and the
//! books. What was not understood moves nothing to an end: unknown is a state.

mod auto;
mod mandate;
mod order;
mod pace;
mod refund;
#[cfg(test)]
mod tests;

pub use auto::{
    AutoCaps, AutoFacts, AutoRule, MONTH_CAP_MAX, NotDue, RETRY_AFTER_MS, RuleRefusal, TRIES_A_DAY_MAX, WINDOWS,
    check_rule, due, in_window,
};
pub use mandate::{MandateSaid, MandateState, Wish, hear_mandate, wish};
pub use order::{AttemptState, Booking, Heard, LateFacts, LateFate, Moved, OrderState, Said, hear, late_fate};
pub use pace::{EXPIRY_GRACE_MS, ORDER_LIFE_MS, next_look, refund_look};
pub use refund::{
    RefundBooking, RefundHeard, RefundMoved, RefundRefusal, RefundSaid, RefundState, Refundable, ask_refund,
    hear_refund,
};

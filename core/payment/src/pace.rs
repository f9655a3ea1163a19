//! When an order is looked at again: often while the payer stands before the result page, then ever more seldom, and
//! never not at all.

use yitong_values::Timestamp;

/// How long a payer may take.
pub const ORDER_LIFE_MS: i64 = 15 * 60_000;
/// An order that the channel did not know so long after it expired can't arrive any more.
pub const EXPIRY_GRACE_MS: i64 = 10 * 60_000;

const SECOND: i64 = 1_000;
/// After the n-th look, the wait before the next one.
const WAITS_MS: [i64; 12] = [
    5 * SECOND,
    5 * SECOND,
    5 * SECOND,
    5 * SECOND,
    5 * SECOND,
    10 * SECOND,
    20 * SECOND,
    60 * SECOND,
    120 * SECOND,
    240 * SECOND,
    480 * SECOND,
    600 * SECOND,
];
/// An order that nobody could say anything about for a day is asked about each hour, and stands in the office's list.
const HOURLY_AFTER: i64 = 150;
const HOUR: i64 = 3_600 * SECOND;

/// The next look at an order after `looks` of them; not later than its end, when it has to be closed.
pub fn next_look(looks: i64, now: Timestamp, expires_at: Timestamp) -> Timestamp {
    let next = now.plus_ms(wait(looks));
    if now < expires_at { next.min(expires_at) } else { next }
}

/// A refund takes minutes to days.
pub fn refund_look(looks: i64, now: Timestamp) -> Timestamp {
    now.plus_ms(wait(looks.saturating_add(5)))
}

fn wait(looks: i64) -> i64 {
    if looks >= HOURLY_AFTER {
        return HOUR;
    }
    let last = WAITS_MS[WAITS_MS.len() - 1];
    usize::try_from(looks).ok().and_then(|i| WAITS_MS.get(i)).copied().unwrap_or(last)
}

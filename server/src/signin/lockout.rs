//! Guessing is slow: a user name locks after wrong passwords, and an address may only knock so often.

use crate::plumbing::http::Problem;
use axum::http::StatusCode;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::IpAddr;
use std::num::NonZeroU32;
use yitong_values::Timestamp;

/// Wrong passwords in a row before the user name is locked.
pub const FAILURES_MAX: i64 = 5;
/// The first lock; each further wrong password doubles it.
pub const LOCK_MS: i64 = 15 * 60_000;
pub const LOCK_MS_MAX: i64 = 24 * 3_600_000;
/// Sign-ins from one address: a school's staff share one, so it is generous, and a machine that guesses needs more.
const KNOCKS_A_MINUTE: NonZeroU32 = NonZeroU32::new(60).expect("sixty is not zero");

pub struct Doors(DefaultKeyedRateLimiter<IpAddr>);

impl Default for Doors {
    fn default() -> Doors {
        Doors(RateLimiter::keyed(Quota::per_minute(KNOCKS_A_MINUTE)))
    }
}

impl Doors {
    pub fn knock(&self, from: Option<IpAddr>) -> Result<(), Problem> {
        let Some(from) = from else { return Ok(()) };
        self.0.check_key(&from).map_err(|_| too_often(60))
    }
}

/// Until when the name is locked after so many failures.
pub fn locked_until(failures: i64, now: Timestamp) -> Timestamp {
    if failures < FAILURES_MAX {
        return Timestamp::from_ms(0);
    }
    let doublings = u32::try_from(failures - FAILURES_MAX).unwrap_or(u32::MAX).min(10);
    now.plus_ms((LOCK_MS << doublings).min(LOCK_MS_MAX))
}

pub fn too_often(retry_after_s: i64) -> Problem {
    let minutes = (retry_after_s + 59) / 60;
    let zh = format!("尝试次数过多，请 {minutes} 分钟后再试，或请管理员解锁。");
    let en = format!("Too many attempts; try again in {minutes} min, or ask an administrator to unlock you.");
    Problem::refused(StatusCode::TOO_MANY_REQUESTS, "locked_out", zh, en).with("retry_after_s", retry_after_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_doubles_and_ends() {
        let now = Timestamp::from_ms(1_000_000);
        let lock = |failures| locked_until(failures, now).since(now);
        assert!(lock(4) < 0);
        assert_eq!(lock(5), LOCK_MS);
        assert_eq!(lock(6), 2 * LOCK_MS);
        assert_eq!(lock(1_000_000), LOCK_MS_MAX);
    }
}

//! Guessing is slow: a user name locks after wrong passwords, and an address may only knock so often.

use crate::plumbing::http::Problem;
use axum::http::StatusCode;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use yitong_values::Timestamp;

/// Wrong passwords within `WINDOW_MS` before the user name is locked.
pub const FAILURES_MAX: i64 = 5;
pub const WINDOW_MS: i64 = 15 * 60_000;
/// The first lock; each further wrong password doubles it.
pub const LOCK_MS: i64 = 15 * 60_000;
pub const LOCK_MS_MAX: i64 = 24 * 3_600_000;
/// So long after a lock has ended, its failures are forgotten.
pub const FORGET_MS: i64 = 24 * 3_600_000;
/// Sign-ins from one address: a school's staff share one, so it is generous, and a machine that guesses needs more.
const KNOCKS_A_MINUTE: NonZeroU32 = NonZeroU32::new(60).expect("sixty is not zero");
const ADDRESSES_KEPT: usize = 10_000;

pub struct Doors(DefaultKeyedRateLimiter<IpAddr>);

impl Default for Doors {
    fn default() -> Doors {
        Doors(RateLimiter::keyed(Quota::per_minute(KNOCKS_A_MINUTE)))
    }
}

impl Doors {
    pub fn knock(&self, from: Option<IpAddr>) -> Result<(), Problem> {
        let Some(from) = from else { return Ok(()) };
        if self.0.len() > ADDRESSES_KEPT {
            self.0.retain_recent();
        }
        self.0.check_key(&house_of(from)).map_err(|_| crowded())
    }
}

/// One household or machine holds a whole /64 of IPv6; it counts once.
pub fn house_of(from: IpAddr) -> IpAddr {
    match from {
        IpAddr::V4(_) => from,
        IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & !u128::from(u64::MAX))),
    }
}

/// The wrong passwords of one user name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    pub count: i64,
    pub first_at: Timestamp,
    pub locked_until: Timestamp,
}

impl Failures {
    pub fn locked(&self, now: Timestamp) -> bool {
        self.locked_until > now
    }
}

/// What is known after one more wrong password.
pub fn after_failure(before: Option<Failures>, now: Timestamp) -> Failures {
    after_failure_of(FAILURES_MAX, before, now)
}

/// The same where so many failures lock.
pub fn after_failure_of(most: i64, before: Option<Failures>, now: Timestamp) -> Failures {
    let counts = |kept: &Failures| {
        let (since, within) =
            if kept.count < most { (kept.first_at, WINDOW_MS) } else { (kept.locked_until, FORGET_MS) };
        now.since(since) <= within
    };
    let kept = before.filter(counts).unwrap_or(Failures { count: 0, first_at: now, locked_until: now });
    let count = kept.count + 1;
    Failures { count, first_at: kept.first_at, locked_until: locked_until(count - most, now) }
}

fn locked_until(over: i64, now: Timestamp) -> Timestamp {
    if over < 0 {
        return now;
    }
    let doublings = u32::try_from(over).unwrap_or(u32::MAX).min(10);
    now.plus_ms((LOCK_MS << doublings).min(LOCK_MS_MAX))
}

/// The answer while a name is locked.
pub fn locked_out(failures: &Failures, now: Timestamp) -> Problem {
    too_often(failures.locked_until.since(now) / 1000 + 1)
}

/// Many sign-ins from one network: a whole school may stand behind one address, and none of them is to blame.
fn crowded() -> Problem {
    let zh = "此网络的登录次数过多，请 1 分钟后再试（与您的账号和密码无关）。";
    let en = "Too many sign-ins from this network; try again in a minute. Your name and password are not the reason.";
    Problem::refused(StatusCode::TOO_MANY_REQUESTS, "locked_out", zh, en).with("retry_after_s", 60)
}

fn too_often(retry_after_s: i64) -> Problem {
    let minutes = (retry_after_s + 59) / 60;
    let zh = format!("尝试次数过多，请 {minutes} 分钟后再试，或请管理员解锁。");
    let en = format!("Too many attempts; try again in {minutes} min, or ask an administrator to unlock you.");
    Problem::refused(StatusCode::TOO_MANY_REQUESTS, "locked_out", zh, en).with("retry_after_s", retry_after_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_ms(1_000_000_000);

    /// Wrong passwords at these minutes; how long the name is locked after the last, in minutes.
    #[track_caller]
    fn check(minutes: &[i64], locked_for: i64) {
        let mut kept = None;
        let mut last = START;
        for minute in minutes {
            last = START.plus_ms(minute * 60_000);
            kept = Some(after_failure(kept, last));
        }
        let kept = kept.expect("each case has a failure");
        assert_eq!(kept.locked_until.since(last), locked_for * 60_000, "after {minutes:?}");
        assert_eq!(kept.locked(last), locked_for > 0);
        assert!(!kept.locked(last.plus_ms(locked_for * 60_000)), "a lock ends");
    }

    #[test]
    fn the_fifth_wrong_password_within_a_quarter_of_an_hour_locks() {
        check(&[0, 1, 2, 3], 0);
        check(&[0, 1, 2, 3, 4], 15);
        check(&[0, 1, 2, 3, 15], 15);
        check(&[0, 1, 2, 3, 16], 0);
        check(&[0, 1, 2, 3, 16, 17, 18, 19], 0);
        check(&[0, 1, 2, 3, 16, 17, 18, 19, 20], 15);
    }

    #[test]
    fn each_further_one_doubles_the_lock_up_to_a_day() {
        check(&[0, 0, 0, 0, 0, 15], 30);
        check(&[0, 0, 0, 0, 0, 15, 45], 60);
        check(&[0; 100], 24 * 60);
        check(&[0, 0, 0, 0, 0, 15 + 24 * 60], 30);
        check(&[0, 0, 0, 0, 0, 16 + 24 * 60], 0);
    }

    #[test]
    fn a_machine_is_one_address() {
        let same = |a: &str, b: &str| house_of(a.parse().expect("an address")) == house_of(b.parse().expect("one"));
        assert!(same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"));
        assert!(!same("2001:db8:1:2::1", "2001:db8:1:3::1"));
        assert!(!same("10.0.0.1", "10.0.0.2"));
    }

    #[test]
    fn an_address_knocks_sixty_times_a_minute() {
        let doors = Doors::default();
        let from = |text: &str| Some(text.parse().expect("an address"));
        assert!((0..60).all(|_| doors.knock(from("10.0.0.1")).is_ok()));
        assert_eq!(doors.knock(from("10.0.0.1")).expect_err("the 61st").code(), "locked_out");
        assert!(doors.knock(from("10.0.0.2")).is_ok(), "another address is another door");
    }
}

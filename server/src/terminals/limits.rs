//! Guessing an enrolment code is slow: an address may only try so often.

use crate::plumbing::http::Problem;
use crate::signin::house_of;
use axum::http::StatusCode;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::IpAddr;
use std::num::NonZeroU32;

/// A canteen's tills share one address. Against 2^40 codes that live half an hour.
const TRIES_A_MINUTE: NonZeroU32 = NonZeroU32::new(20).expect("twenty is not zero");
const KEPT_MAX: usize = 10_000;

pub struct Doors(DefaultKeyedRateLimiter<IpAddr>);

impl Default for Doors {
    fn default() -> Doors {
        Doors(RateLimiter::keyed(Quota::per_minute(TRIES_A_MINUTE)))
    }
}

impl Doors {
    pub fn knock(&self, from: Option<IpAddr>) -> Result<(), Problem> {
        let Some(from) = from else { return Ok(()) };
        if self.0.len() > KEPT_MAX {
            self.0.retain_recent();
        }
        self.0.check_key(&house_of(from)).map_err(|_| {
            let (zh, en) = ("尝试次数过多，请 1 分钟后再试。", "Too many attempts; try again in a minute.");
            Problem::refused(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", zh, en).with("retry_after_s", 60)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Doors;

    #[test]
    fn an_address_is_heard_so_often() {
        let doors = Doors::default();
        let from = |text: &str| Some(text.parse().expect("an address"));
        assert!((0..20).all(|_| doors.knock(from("10.0.0.1")).is_ok()));
        assert_eq!(doors.knock(from("10.0.0.1")).expect_err("the 21st").code(), "too_many_attempts");
        assert!(doors.knock(from("10.0.0.2")).is_ok(), "another address is another door");
    }
}

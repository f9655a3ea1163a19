//! Guessing a ticket is slow: an address may only try so often, and so may a ticket.

use crate::plumbing::http::Problem;
use crate::signin::house_of;
use axum::http::StatusCode;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::IpAddr;
use std::num::NonZeroU32;

/// A staff meeting that enrols together shares one address. Against 10^12 tickets, of which perhaps a thousand are
/// live, it takes one address a lifetime to find one.
const KNOCKS_A_MINUTE: NonZeroU32 = NonZeroU32::new(30).expect("thirty is not zero");
/// Somebody who corrects the name of the phone needs two or three.
const TRIES_A_MINUTE: NonZeroU32 = NonZeroU32::new(6).expect("six is not zero");
const KEPT_MAX: usize = 10_000;

pub struct Doors {
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    tickets: DefaultKeyedRateLimiter<Vec<u8>>,
}

impl Default for Doors {
    fn default() -> Doors {
        Doors {
            addresses: RateLimiter::keyed(Quota::per_minute(KNOCKS_A_MINUTE)),
            tickets: RateLimiter::keyed(Quota::per_minute(TRIES_A_MINUTE)),
        }
    }
}

impl Doors {
    pub fn knock(&self, from: Option<IpAddr>) -> Result<(), Problem> {
        let Some(from) = from else { return Ok(()) };
        if self.addresses.len() > KEPT_MAX {
            self.addresses.retain_recent();
        }
        self.addresses.check_key(&house_of(from)).map_err(|_| too_often())
    }

    pub fn try_ticket(&self, hash: &[u8]) -> Result<(), Problem> {
        if self.tickets.len() > KEPT_MAX {
            self.tickets.retain_recent();
        }
        self.tickets.check_key(&hash.to_vec()).map_err(|_| too_often())
    }
}

fn too_often() -> Problem {
    let (zh, en) = ("尝试次数过多，请 1 分钟后再试。", "Too many attempts; try again in a minute.");
    Problem::refused(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", zh, en).with("retry_after_s", 60)
}

#[cfg(test)]
mod tests {
    use super::Doors;

    #[test]
    fn an_address_and_a_ticket_are_each_tried_so_often() {
        let doors = Doors::default();
        let from = |text: &str| Some(text.parse().expect("an address"));
        assert!((0..30).all(|_| doors.knock(from("10.0.0.1")).is_ok()));
        assert_eq!(doors.knock(from("10.0.0.1")).expect_err("the 31st").code(), "too_many_attempts");
        assert!(doors.knock(from("10.0.0.2")).is_ok(), "another address is another door");
        assert!((0..6).all(|_| doors.try_ticket(b"a").is_ok()));
        assert!(doors.try_ticket(b"a").is_err() && doors.try_ticket(b"b").is_ok());
    }
}

//! How often one address may ask for codes, try them, and look for schools. What is counted for a phone or a paper code
//! is in the database; this only keeps one machine from trying many.

use crate::plumbing::http::Problem;
use crate::signin::house_of;
use axum::http::StatusCode;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::IpAddr;
use std::num::NonZeroU32;

/// A parents' evening signs in behind one address; a machine that makes us send codes needs far more.
const CODES_AN_HOUR: NonZeroU32 = NonZeroU32::new(120).expect("it is not zero");
/// A phone network hides many behind one address. Against 10^6 codes that live five minutes and five tries each.
const TRIES_A_MINUTE: NonZeroU32 = NonZeroU32::new(60).expect("it is not zero");
const LOOKS_A_MINUTE: NonZeroU32 = NonZeroU32::new(60).expect("it is not zero");
const KEPT_MAX: usize = 10_000;

/// What somebody wants at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knock {
    /// To be sent a sign-in code.
    SendCode,
    /// To try one.
    TryCode,
    /// To find a school by its name.
    FindSchool,
}

pub struct Doors {
    send: DefaultKeyedRateLimiter<IpAddr>,
    tries: DefaultKeyedRateLimiter<IpAddr>,
    schools: DefaultKeyedRateLimiter<IpAddr>,
}

impl Default for Doors {
    fn default() -> Doors {
        Doors {
            send: RateLimiter::keyed(Quota::per_hour(CODES_AN_HOUR)),
            tries: RateLimiter::keyed(Quota::per_minute(TRIES_A_MINUTE)),
            schools: RateLimiter::keyed(Quota::per_minute(LOOKS_A_MINUTE)),
        }
    }
}

impl Doors {
    pub fn knock(&self, from: Option<IpAddr>, knock: Knock) -> Result<(), Problem> {
        let Some(from) = from else { return Ok(()) };
        let door = match knock {
            Knock::SendCode => &self.send,
            Knock::TryCode => &self.tries,
            Knock::FindSchool => &self.schools,
        };
        if door.len() > KEPT_MAX {
            door.retain_recent();
        }
        door.check_key(&house_of(from)).map_err(|_| too_often(60))
    }
}

pub fn too_often(retry_after_s: i64) -> Problem {
    let minutes = (retry_after_s + 59) / 60;
    let (zh, en) = match retry_after_s {
        ..60 => (format!("请 {retry_after_s} 秒后再试。"), format!("Try again in {retry_after_s} s.")),
        _ => (format!("次数过多，请 {minutes} 分钟后再试。"), format!("Too often; try again in {minutes} min.")),
    };
    let problem = Problem::refused(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", zh, en);
    problem.with("retry_after_s", retry_after_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_doors_of_its_own() {
        let doors = Doors::default();
        let from = |text: &str| Some(text.parse().expect("an address"));
        assert!((0..120).all(|_| doors.knock(from("10.0.0.1"), Knock::SendCode).is_ok()));
        let late = doors.knock(from("10.0.0.1"), Knock::SendCode).expect_err("the 121st");
        assert_eq!(late.code(), "too_many_attempts");
        assert!(doors.knock(from("10.0.0.2"), Knock::SendCode).is_ok(), "another address");
        assert!(doors.knock(from("10.0.0.1"), Knock::TryCode).is_ok(), "another wish");
    }
}

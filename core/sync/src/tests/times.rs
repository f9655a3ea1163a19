//! What time it is at a counter.

use super::*;
use crate::{Clock, ClockToken, SealedToken};

fn heard(at: Timestamp, sent: u64, arrived: u64) -> Clock {
    let token = ClockToken { terminal: terminal(), asked: LUNCH, server: at };
    Clock::default().hear(&token, LUNCH, sent, arrived)
}

#[test]
fn the_servers_word_counts_from_when_it_was_heard() {
    let clock = heard(LUNCH, 1_000, 1_200);
    let reading = clock.read(LUNCH.plus_ms(600_000), 61_200);
    assert_eq!(reading.at, LUNCH.plus_ms(60_100));
    assert_eq!(reading.drift_ms, 600_000 - 60_100);
    assert_eq!(reading.token_age_ms, Some(60_000));
    assert!(!reading.doubt, "the device's own clock may be as wrong as it likes");
    let later = clock.read(LUNCH, 1_200 + 7 * 86_400_000);
    assert_eq!(later.uncertainty_ms, 100 + 30_240 + 2_000);
    assert!(!later.doubt);
}

#[test]
fn a_slow_or_old_answer_says_nothing() {
    assert_eq!(heard(LUNCH, 0, 10_001), Clock::default());
    let token = ClockToken { terminal: terminal(), asked: LUNCH.plus_ms(-1), server: LUNCH };
    assert_eq!(Clock::default().hear(&token, LUNCH, 0, 10), Clock::default());
    let authority = DeviceKey::from_seed(&[9; 32]);
    let sealed = SealedToken::seal(&token, &authority);
    assert_eq!(sealed.open(&authority.public()), Some(token));
    assert_eq!(sealed.open(&key().public()), None);
}

#[test]
fn after_a_start_without_the_server() {
    let day = 86_400_000;
    let known = Clock::remembered(LUNCH, Some(90_000));
    let reading = known.read(LUNCH.plus_ms(3_690_000), 10);
    assert_eq!((reading.at, reading.doubt), (LUNCH.plus_ms(3_600_000), false), "corrected by what was known of it");
    let reading = known.read(LUNCH.plus_ms(-day), 10);
    assert_eq!((reading.at, reading.doubt), (LUNCH, true), "set back: never before what stands in the journal");
    let unknown = Clock::remembered(LUNCH, None).read(LUNCH.plus_ms(day), 10);
    assert!(unknown.doubt, "nobody ever compared this clock");
    assert_eq!(Clock::default().wrote(LUNCH).read(Timestamp::from_ms(0), 5).at, LUNCH);
}

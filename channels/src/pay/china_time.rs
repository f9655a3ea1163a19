//! Moments as the channels write them: China's wall clock, or RFC 3339.

use yitong_values::{BusinessDay, DAY_MS, Timestamp};

/// `2026-11-24 12:05:00`, in China.
pub fn china_text(at: Timestamp) -> String {
    format!("{} {}", at.china_day(), clock(at))
}

/// `2026-11-24T12:05:00+08:00`: RFC 3339 without milliseconds, which some channels refuse.
pub fn rfc3339(at: Timestamp) -> String {
    format!("{}T{}+08:00", at.china_day(), clock(at))
}

fn clock(at: Timestamp) -> String {
    let seconds = at.since(at.china_day().start()).rem_euclid(DAY_MS) / 1000;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// `2026-11-24 12:05:00`, in China.
pub fn from_china_text(text: &str) -> Option<Timestamp> {
    let (day, clock) = text.split_once(' ')?;
    let day: BusinessDay = day.parse().ok()?;
    Some(day.start().plus_ms(clock_ms(clock)?))
}

/// RFC 3339 with any offset; a fraction of a second is left out.
pub fn from_rfc3339(text: &str) -> Option<Timestamp> {
    let (day, rest) = text.split_once(['T', 't'])?;
    let day: BusinessDay = day.parse().ok()?;
    let clock = rest.get(..8)?;
    let mut zone = rest.get(8..)?;
    if let Some(fraction) = zone.strip_prefix('.') {
        zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    let utc_midnight = day.epoch_days() * DAY_MS;
    Some(Timestamp::from_ms(utc_midnight + clock_ms(clock)? - offset_ms(zone)?))
}

/// A moment of the settings: RFC 3339, or a day, which then counts whole.
pub fn end_of(text: &str) -> Option<Timestamp> {
    let whole_day = text.parse::<BusinessDay>().ok().map(|day| day.plus_days(1).start());
    whole_day.or_else(|| from_rfc3339(text))
}

fn offset_ms(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    Some(sign * (two_digits(hours, 23)? * 60 + two_digits(minutes, 59)?) * 60_000)
}

fn clock_ms(clock: &str) -> Option<i64> {
    let mut parts = clock.split(':');
    let hours = two_digits(parts.next()?, 23)?;
    let minutes = two_digits(parts.next()?, 59)?;
    let seconds = two_digits(parts.next()?, 60)?;
    parts.next().is_none().then_some(((hours * 60 + minutes) * 60 + seconds) * 1000)
}

fn two_digits(text: &str, most: i64) -> Option<i64> {
    let shaped = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    shaped.then(|| text.parse().ok()).flatten().filter(|number| *number <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_and_written() {
        let noon = Timestamp::from_ms(1_795_493_100_000);
        assert_eq!(china_text(noon), "2026-11-24 12:05:00");
        assert_eq!(rfc3339(noon), "2026-11-24T12:05:00+08:00");
        assert_eq!(from_china_text("2026-11-24 12:05:00"), Some(noon));
        for same in ["2026-11-24T12:05:00+08:00", "2026-11-24T04:05:00Z", "2026-11-24T12:05:00.999+08:00"] {
            assert_eq!(from_rfc3339(same), Some(noon), "{same}");
        }
        for wrong in ["", "2026-11-24", "2026-11-24 12:05", "2026-11-24 24:05:00", "2026-13-24 12:05:00"] {
            assert_eq!(from_china_text(wrong), None, "{wrong}");
        }
        for wrong in ["2026-11-24T12:05:00", "2026-11-24T12:05:00+0800", "2026-11-24T1:05:00Z", "2026-11-24T12:05é0Z"]
        {
            assert_eq!(from_rfc3339(wrong), None, "{wrong}");
        }
        assert_eq!(end_of("2026-11-24").map(china_text).as_deref(), Some("2026-11-25 00:00:00"));
        assert_eq!(end_of("2026-11-24T04:05:00Z"), Some(noon));
        assert_eq!(end_of("soon"), None);
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_can_be_read(seconds in 0i64..4_000_000_000) {
            let at = Timestamp::from_ms(seconds * 1000);
            proptest::prop_assert_eq!(from_china_text(&china_text(at)), Some(at));
            proptest::prop_assert_eq!(from_rfc3339(&rfc3339(at)), Some(at));
        }
    }
}

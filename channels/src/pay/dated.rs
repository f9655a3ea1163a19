//! Keys that run out: the old and the new one are held side by side for a while.

use super::{Misuse, china_time};
use yitong_values::Timestamp;

/// Something with an end, or without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dated<T> {
    pub what: T,
    pub end: Option<Timestamp>,
}

impl<T> Dated<T> {
    /// `not_after` as it stands in the settings.
    pub fn read(what: T, not_after: Option<&str>, field: &'static str) -> Result<Dated<T>, Misuse> {
        let end = not_after.map(|text| {
            china_time::end_of(text).ok_or_else(|| Misuse::new(field, "an end is a day or a moment of RFC 3339"))
        });
        Ok(Dated { what, end: end.transpose()? })
    }

    pub fn is_active(&self, now: Timestamp) -> bool {
        self.end.is_none_or(|end| now < end)
    }
}

/// Of those that have not run out the one that lasts longest; of two that last as long the later in the list.
pub(crate) fn newest<T>(list: &[Dated<T>], now: Timestamp) -> Option<&T> {
    let active = list.iter().filter(|one| one.is_active(now));
    active.max_by_key(|one| one.end.map_or(i64::MAX, Timestamp::ms)).map(|one| &one.what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_that_still_counts_is_taken() {
        let one = |what: &'static str, not_after| Dated::read(what, not_after, "signing").unwrap();
        let at = |day: &str| day.parse::<yitong_values::BusinessDay>().unwrap().start();
        let list = [one("old", Some("2026-12-31")), one("new", Some("2031-11-24"))];
        assert_eq!(newest(&list, at("2026-11-24")), Some(&"new"));
        assert_eq!(newest(&list, at("2031-11-24")), Some(&"new"));
        assert_eq!(newest(&list, at("2031-11-25")), None);
        assert_eq!(newest(&[one("a", None), one("b", None)], at("2026-11-24")), Some(&"b"));
        assert_eq!(newest(&[one("endless", None), list[1].clone()], at("2026-11-24")), Some(&"endless"));
        assert!(Dated::read((), Some("soon"), "signing").is_err());
    }
}

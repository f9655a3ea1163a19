//! How far a terminal's mirror is behind. In a busy school something changes all the time, so that a terminal which is
//! well is nearly always a moment behind: what counts is whether it comes to know what the school stood at.

use super::alarm::STALE_MS;
use std::collections::HashMap;
use std::sync::Mutex;
use yitong_sync::wire::fleet::Versions;
use yitong_values::{TerminalId, Timestamp};

/// What each terminal has to reach, and since when. Forgotten at a restart: then it begins to count again.
#[derive(Default)]
pub(super) struct Marks {
    of: Mutex<HashMap<TerminalId, (Versions, Timestamp)>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mirror {
    /// It knows what was there at its last report.
    Follows,
    /// It does not, and for how long is not known or not long.
    Behind,
    Stale {
        minutes: i64,
    },
}

impl Marks {
    /// A terminal says what it has, and this is what there is.
    pub(super) fn heard(&self, id: TerminalId, held: Versions, there: Versions, now: Timestamp) -> Mirror {
        let mut all = self.of.lock().expect("nobody panics with the marks");
        let mark = all.get(&id).copied();
        let follows = reached(held, there, there) || mark.is_some_and(|(mark, _)| reached(held, mark, there));
        let (_, since) = match mark.filter(|_| !follows) {
            Some(mark) => mark,
            None => {
                all.insert(id, (there, now));
                (there, now)
            }
        };
        let behind_ms = now.since(since);
        match follows {
            true => Mirror::Follows,
            false if behind_ms > STALE_MS => Mirror::Stale { minutes: behind_ms / 60_000 },
            false => Mirror::Behind,
        }
    }
}

/// Numbers of people and lists rise; a set-up is this one or another.
fn reached(held: Versions, mark: Versions, there: Versions) -> bool {
    let setup = held.setup == mark.setup || held.setup == there.setup;
    setup && held.people >= mark.people && held.lists >= mark.lists
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const MINUTE_MS: i64 = 60_000;

    fn at(setup: i64, people: i64) -> Versions {
        Versions { setup, people, lists: 1, commands: 0 }
    }

    #[test]
    fn a_mirror_is_stale_when_it_stands_still() {
        let check = |name: &str, reports: &[(i64, Versions, Versions)], expected: Mirror| {
            let (marks, id) = (Marks::default(), TerminalId::new(Uuid::from_u128(1)));
            let hear = |(minute, held, there): &(i64, Versions, Versions)| {
                marks.heard(id, *held, *there, Timestamp::from_ms(minute * MINUTE_MS))
            };
            assert_eq!(reports.iter().map(hear).last(), Some(expected), "{name}");
        };
        check("it has everything", &[(0, at(7, 1), at(7, 1))], Mirror::Follows);
        check("a moment behind", &[(0, at(7, 1), at(7, 2))], Mirror::Behind);
        let busy: Vec<_> = (0..30).map(|n| (n, at(7, n), at(7, n + 1))).collect();
        check("always a moment behind", &busy, Mirror::Follows);
        let still: Vec<_> = (0..13).map(|n| (n, at(7, 5), at(7, 5 + n))).collect();
        check("nothing comes any more", &still, Mirror::Stale { minutes: 11 });
        let old_setup = [(0, at(7, 5), at(7, 5)), (1, at(7, 6), at(8, 6)), (12, at(7, 9), at(8, 9))];
        check("people come, the set-up does not", &old_setup, Mirror::Stale { minutes: 11 });
        let new_setup = [(0, at(7, 5), at(8, 5)), (12, at(9, 5), at(9, 5))];
        check("a newer one came in its place", &new_setup, Mirror::Follows);
    }
}

//! How much may be sent: to one address, over one account of a channel, to one person. Kept in memory: a restart
//! forgets it, and the channel's own refusal is then what tells.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use yitong_channels::tell::Limit;
use yitong_values::Timestamp;

/// Messages to one person over all channels, sign-in codes and safety excepted.
pub const PERSON_LIMITS: [Limit; 2] = [Limit::new(20, 3_600), Limit::new(60, 86_400)];
/// Names remembered before those that were quiet for long are forgotten.
const NAMES_MAX: usize = 20_000;
const DAY_MS: i64 = 86_400_000;

/// When each name was used.
pub struct Budget<K> {
    used: HashMap<K, VecDeque<i64>>,
}

impl<K> Default for Budget<K> {
    fn default() -> Budget<K> {
        Budget { used: HashMap::new() }
    }
}

impl<K: Hash + Eq + Clone> Budget<K> {
    /// How long to wait, in milliseconds, until one more may be sent; zero: now.
    pub fn wait_ms(&self, key: &K, limits: &[Limit], now: Timestamp) -> i64 {
        let Some(used) = self.used.get(key) else { return 0 };
        let wait = |limit: &Limit| {
            let most = limit.most as usize;
            let nth_last = used.len().checked_sub(most).and_then(|i| used.get(i));
            nth_last.map_or(0, |at| at + i64::from(limit.within_s) * 1_000 - now.ms()).max(0)
        };
        limits.iter().map(wait).max().unwrap_or(0)
    }

    pub fn used(&mut self, key: K, limits: &[Limit], now: Timestamp) {
        let Some(most) = limits.iter().map(|limit| limit.most as usize).max() else { return };
        if self.used.len() >= NAMES_MAX {
            self.used.retain(|_, used| used.back().is_some_and(|at| now.ms() - at < DAY_MS));
        }
        let used = self.used.entry(key).or_default();
        used.push_back(now.ms());
        while used.len() > most {
            used.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_holds_over_any_stretch_of_time() {
        let limits = [Limit::new(1, 60), Limit::new(3, 3_600)];
        let start = Timestamp::from_ms(1_795_492_800_000);
        let mut budget = Budget::default();
        let mut ask = |second: i64| {
            let now = start.plus_ms(second * 1_000);
            let wait = budget.wait_ms(&"a", &limits, now) / 1_000;
            if wait == 0 {
                budget.used("a", &limits, now);
            }
            wait
        };
        let asked = [(0, 0), (1, 59), (59, 1), (60, 0), (120, 0), (180, 3_420), (3_599, 1), (3_600, 0), (3_660, 0)];
        for (second, wait) in asked {
            assert_eq!(ask(second), wait, "at {second} s");
        }
        assert_eq!(budget.wait_ms(&"b", &limits, start), 0);
    }
}

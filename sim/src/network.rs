//! The wire between a till and the server: messages that arrive late, twice, in another order, or never. Time is handed
//! in; nothing sleeps.

use crate::luck::Luck;
use std::collections::BTreeMap;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Weather {
    /// One way, from and to.
    pub delay_ms: (u64, u64),
    /// Of a thousand messages, lost on one way.
    pub lost: u64,
    /// Of a thousand, arriving a second time, later.
    pub doubled: u64,
}

impl Weather {
    pub const FAIR: Weather = Weather { delay_ms: (2, 20), lost: 0, doubled: 0 };
    pub const POOR: Weather = Weather { delay_ms: (20, 1_500), lost: 80, doubled: 60 };
    pub const STORM: Weather = Weather { delay_ms: (200, 6_000), lost: 350, doubled: 200 };
}

/// Messages that are under way, by when they arrive; each has a delay of its own, so they overtake each other.
#[derive(Debug)]
pub struct Network<M> {
    luck: Luck,
    under_way: BTreeMap<(u64, u64), M>,
    sent: u64,
    pub weather: Weather,
    /// Nothing passes, in either direction.
    pub cut: bool,
}

impl<M: Clone> Network<M> {
    pub fn new(luck: Luck) -> Network<M> {
        Network { luck, under_way: BTreeMap::new(), sent: 0, weather: Weather::FAIR, cut: false }
    }

    pub fn send(&mut self, now_ms: u64, message: M) {
        if self.cut || self.luck.permille(self.weather.lost) {
            return;
        }
        let copies = if self.luck.permille(self.weather.doubled) { 2 } else { 1 };
        for _ in 0..copies {
            let (low, high) = self.weather.delay_ms;
            let at = now_ms + self.luck.between(low, high);
            self.sent += 1;
            self.under_way.insert((at, self.sent), message.clone());
        }
    }

    /// What has arrived by now. A cut also takes what was under way.
    pub fn arrived(&mut self, now_ms: u64) -> Vec<M> {
        if self.cut {
            self.under_way.clear();
            return Vec::new();
        }
        let later = self.under_way.split_off(&(now_ms + 1, 0));
        std::mem::replace(&mut self.under_way, later).into_values().collect()
    }

    /// Those that are under way and are meant never arrive.
    #[cfg(test)]
    pub fn lose(&mut self, is_meant: impl Fn(&M) -> bool) {
        self.under_way.retain(|_, message| !is_meant(message));
    }

    pub fn next_at(&self) -> Option<u64> {
        self.under_way.first_key_value().map(|((at, _), _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_late_twice_and_overtake_each_other() {
        let mut network = Network::new(Luck::new(5));
        network.weather = Weather { delay_ms: (0, 50), lost: 100, doubled: 300 };
        (0..100).for_each(|n| network.send(0, n));
        assert!(network.next_at().is_some_and(|at| at <= 50));
        let arrived: Vec<i32> = (0..=50).flat_map(|now| network.arrived(now)).collect();
        let mut sorted = arrived.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert!(sorted.len() < 100, "some are lost");
        assert!(arrived.len() > sorted.len(), "some come twice");
        assert!(arrived.windows(2).any(|pair| pair[0] > pair[1]), "some overtake");
        network.send(60, 7);
        network.cut = true;
        assert!(network.arrived(1_000).is_empty());
        network.cut = false;
        assert!(network.arrived(2_000).is_empty(), "what was under way is gone");
    }
}

//! What will go wrong on a day, and who comes to eat: all of it from the seed, before the day begins.

use crate::luck::Luck;
use crate::network::Weather;
use std::collections::{BTreeMap, VecDeque};
use yitong_journal::Fault;

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
/// From the first diner to the last.
pub const LUNCH_MS: i64 = 12 * MINUTE;

/// How somebody pays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shows {
    Card,
    Phone,
    /// A photo of somebody's phone, taken a moment ago.
    Photo,
}

/// Somebody in the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Visit {
    pub at: i64,
    pub person: usize,
    pub fen: i64,
    pub shows: Shows,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Happening {
    /// The wire of one till, or of all.
    Cut {
        till: Option<usize>,
        on: bool,
    },
    Weather {
        till: usize,
        weather: Weather,
    },
    /// The canteen's own network, at one till.
    Lan {
        till: usize,
        weather: Weather,
        cut: bool,
    },
    PowerCut {
        till: usize,
        kept: usize,
        off_ms: i64,
    },
    /// The disk of a till fails at its next write; a torn one takes the power with it.
    Fault {
        till: usize,
        fault: Fault,
    },
    Free {
        till: usize,
        bytes: u64,
    },
    Clock {
        till: usize,
        by_ms: i64,
    },
    MirrorLost {
        till: usize,
    },
    /// Nobody will ever start it again; its disk is carried to the office.
    Dies {
        till: usize,
    },
    ServerDown {
        ms: i64,
    },
    TopUp {
        person: usize,
        fen: i64,
    },
    Lost {
        person: usize,
    },
}

#[derive(Clone, Debug)]
pub struct Plan {
    pub happenings: BTreeMap<i64, Vec<Happening>>,
    pub queues: Vec<VecDeque<Visit>>,
    pub money: Vec<i64>,
    /// What one terminal may sell by itself, one person there, and all terminals together.
    pub lend: (i64, i64, i64),
}

pub struct Size {
    pub tills: usize,
    pub diners: usize,
    /// Of the diners, the last so many have phones.
    pub phones: usize,
    pub visits: usize,
}

impl Plan {
    pub fn of(luck: &Luck, size: &Size) -> Plan {
        let mut plan = Plan {
            happenings: BTreeMap::new(),
            queues: vec![VecDeque::new(); size.tills],
            money: Vec::new(),
            lend: (0, 0, 0),
        };
        plan.draw_people(&mut luck.of("people"), size);
        plan.draw_trouble(&mut luck.of("trouble"), size);
        plan
    }

    fn at(&mut self, at: i64, what: Happening) {
        self.happenings.entry(at).or_default().push(what);
    }

    fn draw_people(&mut self, luck: &mut Luck, size: &Size) {
        // Some can pay for everything, some for one meal, some for nothing.
        let purse = |luck: &mut Luck| match luck.between(0, 9) {
            0 => 0,
            1..=3 => luck.between(100, 1_500) as i64,
            _ => luck.between(1_500, 20_000) as i64,
        };
        self.money = (0..size.diners).map(|_| purse(luck)).collect();
        let lend = *luck.pick(&[1_500, 5_000, 20_000, 200_000]);
        let person = *luck.pick(&[1_000, 3_000, 6_000]);
        let ceiling = *luck.pick(&[4_000, 30_000, 400_000]);
        self.lend = (lend, person, ceiling);
        for _ in 0..size.visits {
            let person = luck.between(0, size.diners as u64 - 1) as usize;
            let shows = match (person >= size.diners - size.phones, luck.between(0, 9)) {
                (true, 0..=7) => Shows::Phone,
                (_, 9) => Shows::Photo,
                _ => Shows::Card,
            };
            let at = luck.between(0, LUNCH_MS as u64) as i64;
            let fen = if luck.permille(30) { 9_900 } else { luck.between(1, 16) as i64 * 100 };
            let till = luck.between(0, size.tills as u64 - 1) as usize;
            self.queues[till].push_back(Visit { at, person, fen, shows });
            // The same again at the other till of the stall: somebody lent the card, or holds it to both.
            if till < 2 && luck.permille(80) {
                let at = at + luck.between(0, 9) as i64 * SECOND;
                self.queues[1 - till].push_back(Visit { at, person, fen, shows });
            }
        }
        for queue in &mut self.queues {
            queue.make_contiguous().sort_by_key(|visit| visit.at);
        }
    }

    fn draw_trouble(&mut self, luck: &mut Luck, size: &Size) {
        // A calm day, a bad one, or everything at once.
        let much = *luck.pick(&[1, 4, 4, 9]);
        let moment = |luck: &mut Luck| luck.between(0, LUNCH_MS as u64) as i64;
        for _ in 0..luck.between(0, much) {
            let (from, till) = (moment(luck), luck.between(0, size.tills as u64) as usize);
            let till = (till < size.tills).then_some(till);
            self.at(from, Happening::Cut { till, on: true });
            self.at(from + luck.between(5, 600) as i64 * SECOND, Happening::Cut { till, on: false });
        }
        for _ in 0..luck.between(0, much) {
            let till = luck.between(0, size.tills as u64 - 1) as usize;
            let weather = *luck.pick(&[Weather::FAIR, Weather::POOR, Weather::STORM]);
            let from = moment(luck);
            self.at(from, Happening::Weather { till, weather });
        }
        for _ in 0..luck.between(0, much) {
            let (at, till) = (moment(luck), luck.between(0, size.tills as u64 - 1) as usize);
            let (kept, off_ms) = (luck.between(0, 3_000) as usize, luck.between(1, 200) as i64 * SECOND);
            let what = match luck.between(0, 9) {
                0 | 1 => Happening::Fault { till, fault: Fault::SyncFails },
                2 | 3 => Happening::Fault { till, fault: Fault::Full { bytes: kept % 400 } },
                4 | 5 => Happening::Fault { till, fault: Fault::TornAppend { bytes: kept % 900 } },
                _ => Happening::PowerCut { till, kept, off_ms },
            };
            self.at(at, what);
        }
        for _ in 0..luck.between(0, much / 2) {
            let (at, till) = (moment(luck), luck.between(0, size.tills as u64 - 1) as usize);
            let what = match luck.between(0, 9) {
                0..=2 => Happening::Clock { till, by_ms: luck.between(0, 1_200) as i64 * SECOND - 600 * SECOND },
                3 => Happening::Clock { till, by_ms: -6 * 365 * 86_400 * SECOND },
                4 => Happening::Clock { till, by_ms: 40 * 86_400 * SECOND },
                5 => Happening::MirrorLost { till },
                6 => Happening::Free { till, bytes: 40 * 1024 * 1024 },
                7 => Happening::Free { till, bytes: 8 * 1024 * 1024 + luck.between(0, 8_000) },
                8 => Happening::Dies { till },
                _ => Happening::ServerDown { ms: luck.between(2, 240) as i64 * SECOND },
            };
            self.at(at, what);
            if matches!(what, Happening::Free { .. }) {
                self.at(at + 4 * MINUTE, Happening::Free { till, bytes: 1 << 40 });
            }
        }
        for _ in 0..luck.between(0, 2) {
            let (at, till) = (moment(luck), luck.between(0, size.tills as u64 - 1) as usize);
            let weather = *luck.pick(&[Weather::FAIR, Weather::POOR, Weather::STORM]);
            let cut = luck.permille(400);
            self.at(at, Happening::Lan { till, weather, cut });
        }
        for _ in 0..luck.between(0, 4) {
            let (at, person) = (moment(luck), luck.between(0, size.diners as u64 - 1) as usize);
            self.at(at, Happening::TopUp { person, fen: luck.between(1, 50) as i64 * 100 });
        }
        for _ in 0..luck.between(0, 2) {
            let (at, person) = (moment(luck), luck.between(0, size.diners as u64 - 1) as usize);
            self.at(at, Happening::Lost { person });
        }
    }
}

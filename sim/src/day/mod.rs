//! A day, from a seed: one clock, one thread, and an order of things that is the same at each run.

mod counter;
mod evening;
mod seen;
mod trouble;
mod wire;

use crate::auditor::{Auditor, Violation};
use crate::cashier::Cashier;
use crate::hall::Hall;
use crate::luck::Luck;
use crate::network::{Network, Weather};
use crate::plan::{Happening, LUNCH_MS, MINUTE, Plan, SECOND, Size, Visit};
use crate::school::School;
use crate::till::{Ask, Till};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use uuid::Uuid;
use yitong_sync::wire::fleet::Versions;
use yitong_terminal::checkout::{LinkState, Phase, RecentState};
use yitong_terminal::link::Heard;
use yitong_values::Timestamp;

/// Tuesday 2026-11-24 11:30 in China.
pub const BEGIN: i64 = 1_795_491_000_000;
/// Tills are started before the first diner comes, so that they know the school.
const WARM_UP_MS: i64 = 90 * SECOND;
/// By then everything must be where it belongs, once nothing goes wrong any more.
const EVENING_MS: i64 = 90 * MINUTE;
const DOORBELL_MS: i64 = 55 * SECOND;
const DOORBELL_LOOK_MS: i64 = 500;
const ROOM_BYTES: u64 = 1 << 40;
/// What the office changed is known at a till whose line is good after so long at the latest.
const NEWS_MS: i64 = 20 * SECOND;
/// A till waits so long for an answer.
const ANSWER_MS: i64 = SECOND;

#[derive(Clone)]
struct Up {
    boot: u32,
    ask: Ask,
}

#[derive(Clone)]
struct Down {
    boot: u32,
    id: u64,
    heard: Heard,
}

/// A terminal that listens for changes.
struct Listening {
    boot: u32,
    id: u64,
    held: Versions,
    until: i64,
    look_at: i64,
    /// What had happened at the server when it looked last.
    looked: Option<u64>,
}

/// One counter with everything of it.
struct Counter {
    till: Till,
    cashier: Cashier,
    up: Network<Up>,
    down: Network<Down>,
    /// What neighbours say, over the canteen's own network.
    lan: Network<Vec<u8>>,
    timeouts: BTreeSet<(i64, u32, u64)>,
    listening: Option<Listening>,
    tick_at: i64,
    /// When it is switched on again.
    on_at: Option<i64>,
    dead: bool,
    /// A torn write takes the power with it.
    tears: bool,
    /// Its line was bad, or it was dark, at this moment for the last time.
    trouble_at: i64,
    seen: BTreeMap<Uuid, RecentState>,
    last_result: Option<(String, i64)>,
    /// What is held before the scanner, and since when.
    held_up: Option<(Visit, String, i64)>,
    /// The cashier was asked something about this sale.
    asked: bool,
    leases: BTreeMap<u32, i64>,
}

/// What a day came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub violations: Vec<Violation>,
    pub greens: usize,
    pub offline: usize,
    pub reds: u64,
    pub undone: usize,
    pub went_away: u32,
    pub power_cuts: u32,
    pub findings: usize,
    /// Second charges that the night gave back.
    pub given_back: usize,
    /// The most that stood at tills at one moment without the server's word.
    pub worst_open: i64,
    /// The same for the same seed.
    pub story: u64,
}

pub struct Day {
    now: i64,
    school: Option<School>,
    hall_diners: Vec<crate::hall::Diner>,
    counters: Vec<Counter>,
    auditor: Auditor,
    luck: Luck,
    ids: Luck,
    happenings: VecDeque<(i64, Happening)>,
    server_up_at: i64,
    lost: BTreeMap<usize, i64>,
    photos: VecDeque<(usize, String, i64)>,
    /// Whose phone showed a text.
    owners: BTreeMap<String, usize>,
    outcome: Outcome,
    signed_in_at: i64,
    /// How many requests the server has answered.
    requests: u64,
    story: u64,
    telling: bool,
    ceiling: i64,
    person_cap: i64,
}

impl Day {
    pub fn size(seed: u64) -> Size {
        let mut luck = Luck::new(seed).of("size");
        let phones = luck.between(1, 3) as usize;
        Size { tills: 3, diners: 12, phones, visits: luck.between(30, 90) as usize }
    }

    /// The hall that every day takes a copy of.
    pub async fn hall() -> Hall {
        Hall::build(Timestamp::from_ms(BEGIN - 60 * MINUTE), 3, 9, 3).await
    }

    pub async fn run(hall: &Hall, seed: u64, telling: bool) -> Outcome {
        let luck = Luck::new(seed);
        let size = Day::size(seed);
        let plan = Plan::of(&luck, &size);
        let hall = hall.copy();
        let mut day = Day::begin(hall, &plan, luck, telling).await;
        day.lunch().await;
        day.evening().await;
        day.finish().await
    }

    async fn begin(hall: Hall, plan: &Plan, luck: Luck, telling: bool) -> Day {
        let machines = hall.machines(&luck);
        let Hall { school, diners, .. } = hall;
        let counters = machines.into_iter().zip(&plan.queues).enumerate().map(|(n, (till, queue))| Counter {
            till,
            cashier: Cashier::new(luck.of(&format!("cashier {n}")), queue.clone()),
            up: Network::new(luck.of(&format!("up {n}"))),
            down: Network::new(luck.of(&format!("down {n}"))),
            lan: Network::new(luck.of(&format!("lan {n}"))),
            timeouts: BTreeSet::new(),
            listening: None,
            tick_at: 0,
            on_at: Some(-WARM_UP_MS),
            dead: false,
            tears: false,
            trouble_at: -WARM_UP_MS,
            seen: BTreeMap::new(),
            last_result: None,
            held_up: None,
            asked: false,
            leases: BTreeMap::new(),
        });
        let happenings = plan.happenings.iter().flat_map(|(at, all)| all.iter().map(|what| (*at, *what))).collect();
        let (each, person, ceiling) = plan.lend;
        let mut day = Day {
            now: -WARM_UP_MS,
            counters: counters.collect(),
            school: Some(school),
            hall_diners: diners,
            auditor: Auditor::default(),
            ids: luck.of("ids"),
            luck: luck.of("day"),
            happenings,
            server_up_at: i64::MIN,
            lost: BTreeMap::new(),
            photos: VecDeque::new(),
            owners: BTreeMap::new(),
            outcome: Outcome::default(),
            signed_in_at: -WARM_UP_MS,
            requests: 0,
            story: 0,
            telling,
            ceiling,
            person_cap: person,
        };
        day.set_clock();
        let sums = json!({"sum": {"fen": each}, "count": 400, "person_meal": {"fen": person},
            "person_day": {"fen": person}, "hours": 12});
        let lend = json!({"each": sums, "ceiling": {"fen": ceiling}});
        let school = day.school();
        school.put(&school.path("terminal-lending"), lend).await.expect(204);
        for (at, fen) in plan.money.iter().enumerate().filter(|(_, fen)| **fen > 0) {
            day.top_up(at, *fen).await;
        }
        day
    }

    fn school(&self) -> &School {
        self.school.as_ref().expect("a day has a school")
    }

    fn wall(&self) -> i64 {
        BEGIN + self.now
    }

    fn set_clock(&self) {
        self.school().set_clock(Timestamp::from_ms(self.wall()));
    }

    fn tell(&mut self, what: impl FnOnce() -> String) {
        let text = what();
        for byte in text.bytes().chain(self.now.to_be_bytes()) {
            self.story = (self.story ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if self.telling {
            let (minutes, rest) = (self.now.div_euclid(MINUTE), self.now.rem_euclid(MINUTE));
            println!("{minutes:3}:{:06.3}  {text}", rest as f64 / 1000.0);
        }
    }

    async fn lunch(&mut self) {
        while self.now < LUNCH_MS + 2 * MINUTE {
            self.go_on().await;
        }
    }

    /// Nothing goes wrong any more: all that was sold must reach the books.
    async fn evening(&mut self) {
        self.happenings.clear();
        for counter in &mut self.counters {
            counter.cashier.close();
            for weather in [&mut counter.up.weather, &mut counter.down.weather, &mut counter.lan.weather] {
                *weather = Weather::FAIR;
            }
            (counter.up.cut, counter.down.cut, counter.lan.cut) = (false, false, false);
            counter.till.disk.set_free(ROOM_BYTES);
            if counter.dead || counter.till.is_on() {
                continue;
            }
            counter.on_at = Some(self.now);
        }
        let end = self.now + EVENING_MS;
        let mut quiet_since = None;
        while self.now < end {
            self.go_on().await;
            if !self.is_quiet() {
                quiet_since = None;
            } else if self.now - *quiet_since.get_or_insert(self.now) > MINUTE {
                return;
            }
        }
        for number in 0..self.counters.len() {
            let counter = &self.counters[number];
            if counter.dead || counter.is_quiet() {
                continue;
            }
            let seen = counter.till.view().map(|view| (view.screen, view.link.state, view.link.unsent));
            self.tell(|| format!("till {number} is not quiet: {seen:?}"));
            self.auditor.stuck(number);
        }
    }

    fn is_quiet(&self) -> bool {
        self.counters.iter().all(Counter::is_quiet)
    }

    /// The next moment at which something happens, and all that happens then.
    async fn go_on(&mut self) {
        let next = self.counters.iter().filter_map(|counter| counter.next_at(self.now)).min();
        let next = [next, self.happenings.front().map(|(at, _)| *at)].into_iter().flatten().min();
        self.now = next.unwrap_or(self.now + SECOND).max(self.now + 1).min(self.now + SECOND);
        self.set_clock();
        while self.happenings.front().is_some_and(|(at, _)| *at <= self.now) {
            let (_, what) = self.happenings.pop_front().expect("it was there");
            self.happens(what).await;
        }
        for number in 0..self.counters.len() {
            self.arrivals(number).await;
            self.machine(number).await;
            self.serve(number);
        }
    }
}

impl Counter {
    fn is_quiet(&self) -> bool {
        let quiet = || {
            let view = self.till.view()?;
            let calm = !matches!(view.screen, Phase::Deciding | Phase::Question | Phase::Result);
            Some(calm && view.link.state == LinkState::Online && view.link.unsent == 0)
        };
        self.dead || quiet().unwrap_or(false)
    }

    fn next_at(&self, now: i64) -> Option<i64> {
        let net = |at: Option<u64>| at.map(|at| at as i64 - WARM_UP_MS);
        let nets = [self.up.next_at(), self.down.next_at(), self.lan.next_at()];
        let mut all: Vec<Option<i64>> = nets.into_iter().map(net).collect();
        all.push(self.on_at);
        all.push(self.timeouts.first().map(|(at, ..)| *at));
        all.push(self.listening.as_ref().map(|ear| ear.look_at));
        all.push(self.till.is_on().then_some(self.tick_at));
        all.push((now >= 0 && !self.dead).then_some(self.cashier.next_at));
        all.into_iter().flatten().filter(|at| *at > now).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yitong_terminal::agent::Event;
    use yitong_terminal::checkout::Act;

    /// So many days in each run of the tests; `cargo xtask sim` plays as many as are asked for.
    const SEEDS: std::ops::Range<u64> = 1_000..1_012;

    #[tokio::test]
    async fn days_end_with_books_that_an_auditor_believes() {
        let hall = Day::hall().await;
        let mut all = Outcome::default();
        for seed in SEEDS {
            let day = Day::run(&hall, seed, false).await;
            assert_eq!(day.violations, [], "cargo xtask sim tell {seed}");
            all.greens += day.greens;
            all.offline += day.offline;
            all.power_cuts += day.power_cuts;
        }
        assert!(all.greens > 200 && all.offline > 20 && all.power_cuts > 3, "these days prove little: {all:?}");
    }

    /// A day on which one person comes to the first till.
    async fn one_sale() -> Day {
        let visit = Visit { at: 0, person: 0, fen: 800, shows: crate::plan::Shows::Card };
        let queues = vec![VecDeque::from([visit]), VecDeque::new(), VecDeque::new()];
        let (money, lend) = (vec![5_000; 12], (5_000, 3_000, 30_000));
        let plan = Plan { happenings: BTreeMap::new(), queues, money, lend };
        Day::begin(Day::hall().await.copy(), &plan, Luck::new(1), false).await
    }

    /// The server has the intent, the question was lost, and the disk did not take the sale as the till's own. Days
    /// found that the giving up was written, and not sent before the next sale.
    #[tokio::test]
    async fn what_a_failed_write_gives_up_is_sent_at_once() {
        let mut day = one_sale().await;
        while day.counters[0].till.view().is_none_or(|view| view.screen != Phase::Deciding) {
            assert!(day.now < LUNCH_MS, "nobody came");
            day.go_on().await;
        }
        day.counters[0].up.lose(|up| up.ask.request.target.contains("/purchases/"));
        day.counters[0].till.disk.fail_next(yitong_journal::Fault::SyncFails);
        while day.counters[0].till.view().is_some_and(|view| view.screen == Phase::Deciding) {
            day.go_on().await;
        }
        day.evening().await;
        let outcome = day.finish().await;
        assert_eq!((outcome.violations, outcome.greens, outcome.reds), (vec![], 0, 1));
    }

    /// The server gave the money back, and the disk failed at that moment. Days found that the cashier was told "not
    /// charged", and nothing of the undo.
    #[tokio::test]
    async fn an_undo_that_the_disk_did_not_take_is_written_once_more() {
        let mut day = one_sale().await;
        let paid = |day: &Day| {
            let recent = day.counters[0].till.view()?.recent.first()?.clone();
            (recent.state == RecentState::Paid).then_some(recent.purchase)
        };
        let purchase = loop {
            assert!(day.now < LUNCH_MS, "nobody paid");
            day.go_on().await;
            if let Some(purchase) = paid(&day) {
                break purchase;
            }
        };
        while day.counters[0].till.view().is_some_and(|view| view.screen == Phase::Result) {
            day.go_on().await;
        }
        day.counters[0].till.disk.fail_next(yitong_journal::Fault::SyncFails);
        day.step(0, Event::Act { id: Uuid::from_u128(1), act: Act::Undo { purchase } });
        day.evening().await;
        let outcome = day.finish().await;
        assert_eq!((outcome.violations, outcome.greens, outcome.undone), (vec![], 1, 1));
    }

    #[tokio::test]
    async fn a_seed_is_the_same_day_again() {
        let hall = Day::hall().await;
        let first = Day::run(&hall, 7, false).await;
        let again = Day::run(&hall, 7, false).await;
        assert_eq!((first.story, first.greens, first.reds), (again.story, again.greens, again.reds));
        assert_ne!(first.story, Day::run(&hall, 8, false).await.story);
    }
}

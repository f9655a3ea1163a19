//! At a counter: power, ticks, what the cashier presses and the customer shows, and what comes of it.

use super::{Day, Up};
use crate::cashier::Deed;
use crate::plan::{MINUTE, SECOND, Shows, Visit};
use crate::till::Came;
use uuid::Uuid;
use yitong_terminal::agent::Event;
use yitong_terminal::checkout::{Input, Phase};

impl Day {
    /// Power and ticks.
    pub(super) async fn machine(&mut self, number: usize) {
        let (now, wall) = (self.now, self.wall());
        let counter = &mut self.counters[number];
        if counter.on_at.is_some_and(|at| at <= now) {
            counter.on_at = None;
            match counter.till.power_on(wall) {
                Ok(came) => {
                    counter.tick_at = now + SECOND;
                    self.tell(|| format!("till {number} is on"));
                    self.came(number, came);
                }
                Err(why) => self.auditor.broken(format!("till {number} does not start: {why}")),
            }
        }
        let counter = &mut self.counters[number];
        if counter.till.is_on() && counter.tick_at <= now {
            let busy = counter.till.view().is_some_and(|view| matches!(view.screen, Phase::Deciding | Phase::Result));
            counter.tick_at = now + if busy { 200 } else { SECOND };
            self.step(number, Event::Tick);
        }
    }

    /// The cashier and the customer.
    pub(super) fn serve(&mut self, number: usize) {
        let now = self.now;
        let counter = &mut self.counters[number];
        if counter.dead || counter.cashier.next_at > now || now < 0 {
            return;
        }
        let view = counter.till.view().cloned();
        for deed in counter.cashier.look(now, view.as_ref()) {
            match deed {
                Deed::Press(acts) => {
                    for act in acts {
                        let id = Uuid::from_u128(u128::from(self.ids.any()));
                        self.step(number, Event::Act { id, act: act.clone() });
                        // A page that heard no answer posts the same act again.
                        if self.luck.permille(50) {
                            self.step(number, Event::Act { id, act });
                        }
                    }
                }
                Deed::Scan(visit) => {
                    if let Some(text) = self.held_up(number, visit) {
                        self.step(number, Event::Device(Input::Scan(text)));
                    }
                }
            }
        }
    }

    /// The text before the scanner. Whoever holds a phone there does not change its code between two looks, nor while
    /// the till asks about it.
    pub(super) fn held_up(&mut self, number: usize, visit: Visit) -> Option<String> {
        let (now, wall) = (self.now, self.wall());
        let counter = &self.counters[number];
        let asks = counter.till.view().is_some_and(|view| view.screen == Phase::Deciding);
        let same = counter.held_up.clone().filter(|(of, _, at)| *of == visit && (asks || now - at < 4 * SECOND));
        if let Some((_, text, _)) = same {
            return Some(text);
        }
        let diner = &mut self.hall_diners[visit.person];
        let text = match (visit.shows, &mut diner.phone) {
            (Shows::Phone, Some(phone)) => {
                let text = phone.show(wall);
                self.owners.insert(text.clone(), visit.person);
                self.photos.push_front((visit.person, text.clone(), now));
                self.photos.truncate(4);
                text
            }
            (Shows::Photo, _) => self.photos.front().filter(|(_, _, at)| now - at < MINUTE)?.1.clone(),
            _ => diner.card.clone(),
        };
        self.counters[number].held_up = Some((visit, text.clone(), now));
        Some(text)
    }

    pub(super) fn step(&mut self, number: usize, event: Event) {
        let wall = self.wall();
        let counter = &mut self.counters[number];
        if !counter.till.is_on() {
            return;
        }
        let came = counter.till.step(wall, event);
        if counter.tears && counter.till.disk.has_failed() {
            // The power went in the middle of the write: nothing of this step was seen or sent.
            counter.tears = false;
            self.power_off(number, 0, 20 * SECOND);
            return;
        }
        self.came(number, came);
    }

    pub(super) fn came(&mut self, number: usize, came: Came) {
        let now = self.net_now();
        let counter = &mut self.counters[number];
        let boot = counter.till.boot;
        for ask in came.asks {
            counter.timeouts.insert((self.now + ask.within_ms as i64, boot, ask.id));
            counter.up.send(now, Up { boot, ask });
        }
        for datagram in came.told {
            for (other, counter) in self.counters.iter_mut().enumerate() {
                if other != number {
                    counter.lan.send(now, datagram.clone());
                }
            }
        }
        for pictures in came.shown {
            self.watch(number, &pictures);
        }
        if came.restart {
            self.power_off(number, usize::MAX, 3 * SECOND);
        }
    }

    pub(super) fn power_off(&mut self, number: usize, kept: usize, off_ms: i64) {
        let counter = &mut self.counters[number];
        counter.till.power_off(kept);
        counter.on_at = (!counter.dead).then_some(self.now + off_ms);
        counter.trouble_at = self.now + off_ms;
        counter.listening = None;
        counter.timeouts.clear();
        self.outcome.power_cuts += 1;
        self.tell(|| format!("till {number} loses power for {} s", off_ms / SECOND));
    }
}

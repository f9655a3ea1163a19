//! What goes wrong, and what the office does meanwhile.

use super::Day;
use crate::plan::{Happening, MINUTE, SECOND};
use serde_json::json;
use yitong_journal::Fault;

impl Day {
    pub(super) async fn happens(&mut self, what: Happening) {
        self.tell(|| format!("{what:?}"));
        match what {
            Happening::Cut { till, on } => {
                for (number, counter) in self.counters.iter_mut().enumerate() {
                    if till.is_none_or(|till| till == number) {
                        (counter.up.cut, counter.down.cut, counter.trouble_at) = (on, on, self.now);
                        counter.listening = counter.listening.take().filter(|_| !on);
                    }
                }
            }
            Happening::Weather { till, weather } => {
                let counter = &mut self.counters[till];
                (counter.up.weather, counter.down.weather, counter.trouble_at) = (weather, weather, self.now);
            }
            Happening::Lan { till, weather, cut } => {
                let counter = &mut self.counters[till];
                (counter.lan.weather, counter.lan.cut) = (weather, cut);
            }
            Happening::PowerCut { till, kept, off_ms } if self.counters[till].till.is_on() => {
                self.power_off(till, kept, off_ms);
            }
            Happening::Fault { till, fault } => {
                self.counters[till].tears = matches!(fault, Fault::TornAppend { .. });
                self.counters[till].till.disk.fail_next(fault);
            }
            Happening::Free { till, bytes } => self.counters[till].till.disk.set_free(bytes),
            Happening::Clock { till, by_ms } => self.counters[till].till.clock_off_ms += by_ms,
            Happening::MirrorLost { till } if self.counters[till].till.is_on() => {
                self.power_off(till, 0, 5 * SECOND);
                self.counters[till].till.lose_mirror();
            }
            Happening::Dies { till } => {
                self.counters[till].dead = true;
                self.power_off(till, 0, 0);
            }
            Happening::ServerDown { ms } => {
                self.server_up_at = self.now + ms;
                let school = self.school.take().expect("a day has a school");
                self.school = Some(school.restart());
                self.counters.iter_mut().for_each(|counter| counter.listening = None);
            }
            Happening::TopUp { person, fen } if self.now >= self.server_up_at => self.top_up(person, fen).await,
            Happening::Lost { person } if self.now >= self.server_up_at => self.lose(person).await,
            Happening::PowerCut { .. }
            | Happening::MirrorLost { .. }
            | Happening::TopUp { .. }
            | Happening::Lost { .. } => {}
        }
    }

    pub(super) async fn office(&mut self) {
        self.requests += 1;
        if self.now - self.signed_in_at > 10 * MINUTE {
            self.signed_in_at = self.now;
            self.school().sign_in().await;
        }
    }

    pub(super) async fn top_up(&mut self, person: usize, fen: i64) {
        self.office().await;
        let id = self.hall_diners[person].id;
        self.school().top_up(id, fen).await;
        self.auditor.paid_in(id, fen);
    }

    pub(super) async fn lose(&mut self, person: usize) {
        if self.lost.contains_key(&person) {
            return;
        }
        self.office().await;
        let school = self.school();
        let path = school.path(&format!("credentials/{}/report-lost", self.hall_diners[person].credential));
        school.post(&path, json!({})).await.expect(200);
        self.lost.insert(person, self.now);
    }
}

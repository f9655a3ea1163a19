//! What stands on the screens, as somebody in the hall sees it and tells the auditor.

use super::{ANSWER_MS, Day, NEWS_MS};
use crate::auditor::Green;
use crate::hall::stall_of;
use crate::network::Weather;
use crate::plan::{Shows, Visit};
use uuid::Uuid;
use yitong_terminal::agent::Pictures;
use yitong_terminal::checkout::{Phase, RecentState, ResultKind};

impl Day {
    /// What stands on the screens, as somebody in the hall sees it.
    pub(super) fn watch(&mut self, number: usize, pictures: &Pictures) {
        let view = &pictures.operator;
        let counter = &mut self.counters[number];
        match view.screen {
            Phase::Question => counter.asked = true,
            Phase::Idle | Phase::Pricing => counter.asked = false,
            _ => {}
        }
        let customer = self.counters[number].cashier.customer();
        for recent in view.recent.iter().rev() {
            let before = self.counters[number].seen.insert(recent.purchase, recent.state);
            if before == Some(recent.state) {
                continue;
            }
            match recent.state {
                RecentState::Paid | RecentState::Offline => {
                    if before == Some(RecentState::Undone) {
                        self.auditor.broken(format!("{} was undone and is paid", recent.purchase));
                    }
                    if before.is_none() {
                        self.green(
                            number,
                            recent.purchase,
                            recent.amount,
                            recent.state == RecentState::Offline,
                            customer,
                        );
                    }
                }
                RecentState::Undone => {
                    self.outcome.undone += 1;
                    self.auditor.undone(recent.purchase);
                    self.tell(|| format!("till {number} undoes {}", recent.amount));
                }
                RecentState::Refused => {}
            }
        }
        let Some(result) = view.result.as_ref().filter(|_| view.screen == Phase::Result) else {
            self.counters[number].last_result = None;
            return;
        };
        let this = Some((result.zh.clone(), result.until));
        if self.counters[number].last_result == this {
            return;
        }
        self.counters[number].last_result = this;
        match result.kind {
            ResultKind::Refused | ResultKind::Failed => {
                self.auditor.red(number, &result.zh, &result.en);
                let polite = pictures.customer.result.as_ref();
                self.auditor.red_words(number, polite.map(|of| (of.zh.as_str(), of.en.as_str())));
                self.tell(|| format!("till {number} is red: {}", result.zh));
            }
            ResultKind::Paid if view.recent.first().is_none_or(|last| last.amount != result.amount) => {
                self.auditor.broken(format!("till {number} is green for {} without a sale", result.amount));
            }
            ResultKind::Paid | ResultKind::Undone | ResultKind::Balance => {}
        }
    }

    pub(super) fn green(&mut self, number: usize, purchase: Uuid, fen: i64, offline: bool, customer: Option<Visit>) {
        let held_up = self.counters[number].held_up.clone();
        // Whose code it was, and not who held it.
        let owner = match (&customer, &held_up) {
            (Some(visit), Some((_, text, _))) if visit.shows == Shows::Photo => self.owners.get(text).copied(),
            (Some(visit), _) => Some(visit.person),
            (None, _) => None,
        };
        let Some(owner) = owner else {
            return self.auditor.broken(format!("till {number} sold {fen} to nobody"));
        };
        let person = self.hall_diners[owner].id;
        self.tell(|| {
            format!("till {number} sells {fen} to {owner}{} ({purchase})", if offline { " by itself" } else { "" })
        });
        self.outcome.offline += usize::from(offline);
        let counter = &self.counters[number];
        let (stall, asked, clock_good) = (stall_of(number), counter.asked, counter.till.clock_off_ms == 0);
        let green = Green { till: number, stall, person, fen, offline, at_ms: self.now, asked, clock_good };
        self.auditor.green(purchase, green);
        let by_phone = held_up.filter(|_| customer.is_some_and(|visit| visit.shows != Shows::Card));
        if let Some((_, text, _)) = by_phone.filter(|(_, text, _)| *text != self.hall_diners[owner].card) {
            self.auditor.code_taken(number, &text, purchase, offline);
        } else if let Some(lost) = self.lost.get(&owner).copied() {
            let counter = &self.counters[number];
            let fair = !counter.up.cut && counter.up.weather == Weather::FAIR;
            let line_good = fair && self.now - counter.trouble_at.max(self.server_up_at) > NEWS_MS;
            // What the server said yes to may have been on its way to the till while somebody reported the card.
            let known_ms = if offline { NEWS_MS } else { ANSWER_MS };
            if (!offline || line_good) && self.now - lost > known_ms {
                self.auditor.lost_card(number, purchase);
            }
        }
        let open = self.auditor.open();
        if open > self.ceiling {
            self.auditor.over_ceiling(open, self.ceiling);
        }
        let by_person = self.auditor.open_of(number, person);
        if by_person > self.person_cap {
            self.auditor.over_person(number, person, by_person);
        }
    }
}

//! A cashier who looks at the screen and presses, sometimes twice, and sometimes changes her mind.

use crate::luck::Luck;
use crate::plan::Visit;
use std::collections::VecDeque;
use uuid::Uuid;
use yitong_terminal::checkout::{Act, Key, Phase, View};

/// Nobody stands at a counter longer.
const PATIENCE_MS: i64 = 60_000;

/// What the cashier does next.
#[derive(Clone, PartialEq, Debug)]
pub enum Deed {
    Press(Vec<Act>),
    /// The customer holds something before the scanner.
    Scan(Visit),
}

#[derive(Clone, Debug)]
struct Serving {
    visit: Visit,
    since: i64,
    keyed: bool,
    scanned: bool,
    seen_result: bool,
}

pub struct Cashier {
    luck: Luck,
    queue: VecDeque<Visit>,
    serving: Option<Serving>,
    scanned: Option<Visit>,
    pub next_at: i64,
    pub served: u32,
    pub went_away: u32,
}

impl Cashier {
    pub fn new(luck: Luck, queue: VecDeque<Visit>) -> Cashier {
        Cashier { luck, queue, serving: None, scanned: None, next_at: 0, served: 0, went_away: 0 }
    }

    /// Whose code was before the scanner last.
    pub fn customer(&self) -> Option<Visit> {
        self.scanned
    }

    pub fn is_done(&self) -> bool {
        self.queue.is_empty() && self.serving.is_none()
    }

    /// Everybody who still waits goes home.
    pub fn close(&mut self) {
        self.went_away += self.queue.len() as u32;
        self.queue.clear();
        self.serving = None;
    }

    pub fn look(&mut self, now: i64, view: Option<&View>) -> Vec<Deed> {
        self.next_at = now + self.luck.between(200, 1_800) as i64;
        let Some(view) = view.filter(|view| !matches!(view.screen, Phase::Setup | Phase::Broken)) else {
            return self.wait(now);
        };
        let free = matches!(view.screen, Phase::Idle | Phase::Pricing | Phase::Present);
        let done = free && self.serving.as_ref().is_some_and(|serving| serving.seen_result);
        if done {
            (self.serving, self.served) = (None, self.served + 1);
            if let Some(undo) = self.regret(view) {
                return vec![Deed::Press(vec![undo])];
            }
        }
        if self.serving.is_none() && view.screen == Phase::Question {
            // Whoever was asked is not here any more.
            return vec![Deed::Press(vec![Act::Cancel])];
        }
        if self.serving.is_none() {
            let Some(visit) = self.queue.front().copied().filter(|visit| visit.at <= now) else { return Vec::new() };
            self.queue.pop_front();
            self.serving = Some(Serving { visit, since: now, keyed: false, scanned: false, seen_result: false });
        }
        self.serve(now, view)
    }

    fn serve(&mut self, now: i64, view: &View) -> Vec<Deed> {
        let twice = self.luck.permille(60);
        let Some(serving) = &mut self.serving else { return Vec::new() };
        if now - serving.since > PATIENCE_MS {
            (self.serving, self.went_away) = (None, self.went_away + 1);
            return vec![Deed::Press(vec![Act::Cancel])];
        }
        match view.screen {
            Phase::Result => {
                serving.seen_result |= serving.scanned;
                // Impatience: the same code again, and the key again.
                let scan = serving.scanned && twice;
                if scan { vec![Deed::Scan(serving.visit), Deed::Press(vec![Act::Pay])] } else { Vec::new() }
            }
            Phase::Idle | Phase::Pricing if !serving.keyed || view.total == 0 => {
                serving.keyed = true;
                let mut keys = vec![key("clear")];
                keys.extend(yuan(serving.visit.fen).chars().map(|sign| key(&sign.to_string())));
                vec![Deed::Press(keys)]
            }
            Phase::Idle | Phase::Pricing => vec![Deed::Press(vec![Act::Pay; if twice { 2 } else { 1 }])],
            Phase::Present => {
                serving.scanned = true;
                self.scanned = Some(serving.visit);
                let scan = Deed::Scan(serving.visit);
                if twice { vec![scan.clone(), scan] } else { vec![scan] }
            }
            Phase::Question => {
                serving.seen_result = false;
                self.answer(view)
            }
            Phase::Deciding if twice => vec![Deed::Scan(serving.visit), Deed::Press(vec![Act::Cancel])],
            _ => Vec::new(),
        }
    }

    fn answer(&mut self, view: &View) -> Vec<Deed> {
        let Some(question) = &view.question else { return Vec::new() };
        if question.choices.is_empty() || self.luck.permille(80) {
            return vec![Deed::Press(vec![Act::Cancel])];
        }
        let choice = self.luck.pick(&question.choices).act.clone();
        vec![Deed::Press(vec![Act::Answer { choice }])]
    }

    /// Now and then the last sale was a mistake.
    fn regret(&mut self, view: &View) -> Option<Act> {
        let last = view.recent.first().filter(|last| last.undoable_until.is_some());
        let purchase: Uuid = last.filter(|_| self.luck.permille(60))?.purchase;
        Some(Act::Undo { purchase })
    }

    /// The screen is dark or says that it can't sell.
    fn wait(&mut self, now: i64) -> Vec<Deed> {
        self.next_at = now + self.luck.between(1_000, 4_000) as i64;
        if self.serving.as_ref().is_some_and(|serving| now - serving.since > PATIENCE_MS) {
            (self.serving, self.went_away) = (None, self.went_away + 1);
        }
        if let Some(serving) = &mut self.serving {
            // What was keyed is gone with the power.
            serving.keyed = false;
        }
        Vec::new()
    }
}

fn key(word: &str) -> Act {
    Act::Key { key: Key::from_word(word).expect("a key of the keypad") }
}

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

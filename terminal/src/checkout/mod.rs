//! The counter's one state machine. Screens draw its view and post acts; devices and the link report; it answers with
//! effects. It has no clock and touches nothing, so every conversation at a till can be played as a test.
//!
//! Two promises hold whatever comes in: nothing is shown as paid before the journal is on disk, and a purchase has one
//! name from the moment its price is shown until it is paid, refused or given up.

mod act;
mod effect;
pub mod keyed;
mod outcome;
mod picture;
mod question;
mod rest;
mod selling;
mod tray;
mod typed;
mod view;
pub mod voice;
pub mod words;

#[cfg(test)]
mod random;
#[cfg(test)]
mod tests;

pub use act::{Act, CounterMode, Key, Language};
pub use effect::{Answer, Effect, Entry, Input, Light, Local, LocalVerdict, Payer, Receipt, Refused, Sale, Shown};
pub use outcome::Outcome;
pub use picture::*;
pub use rest::{Recent, RecentState, Shift};
pub use tray::{Tray, TrayLine};

use crate::shop::Shop;
use effect::Input as In;
use rest::Roster;
use selling::{After, Selling};
use std::collections::VecDeque;
use uuid::Uuid;
use yitong_rules::{MealPeriod, Words};
use yitong_values::{Cents, EntryId, MealPeriodId, Timestamp, UserId};

/// The same code so soon after it paid is still in front of the scanner: no second sale, not even a question.
pub const STILL_THERE_MS: i64 = 2_000;
/// How long results stay.
const GOOD_MS: i64 = 3_000;
const BAD_MS: i64 = 6_000;
const HINT_MS: i64 = 2_500;
/// A meal that the cashier chose because the clock is in doubt holds for so long.
const PERIOD_CHOICE_MS: i64 = 3 * 3_600_000;
/// So many ids of acts are remembered: more than anybody can press while a page reloads.
const ACTS_MAX: usize = 512;
pub const RECENT_MAX: usize = 20;

/// What the machine needs to know at the moment of a step.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub now: Timestamp,
    pub shop: Option<&'a Shop>,
    /// The server answered lately: ask it.
    pub online: bool,
    /// The clock may be so wrong that the meal has to be asked for.
    pub clock_doubt: bool,
    /// A name that nobody has used, for the purchase that may begin in this step.
    pub fresh: EntryId,
}

impl<'a> Facts<'a> {
    fn period(&self, chosen: Option<MealPeriodId>) -> Option<&'a MealPeriod> {
        let shop = self.shop?;
        chosen.map_or_else(|| shop.period_at(self.now), |id| shop.period(id))
    }
}

#[derive(Debug)]
enum State {
    /// Idle while there is nothing on the tray.
    Pricing,
    /// The price stands; a code is awaited.
    Presenting,
    Selling(Box<Selling>),
    Showing(Box<Outcome>),
}

#[derive(Debug)]
pub struct Checkout {
    state: State,
    tray: Tray,
    /// The tray has the mode of this counter: it starts in the set-up's, and keeps what the cashier chose.
    settled: bool,
    /// The cashier's choice before a restart.
    before: Option<CounterMode>,
    /// Named when pricing begins.
    name: Option<EntryId>,
    training: bool,
    /// The next code only shows its balance.
    querying: bool,
    language: Language,
    volume: u8,
    shift: Option<Shift>,
    /// The shift that was closed last, until the next customer.
    closed: Option<ClosedView>,
    opening: Option<(UserId, Cents)>,
    /// Wrong numbers of cashiers in a row, and until when none is taken.
    wrong_pins: (u32, Timestamp),
    recent: VecDeque<Recent>,
    acts: VecDeque<Uuid>,
    last_paid: Option<(Shown, Timestamp)>,
    last_receipt: Option<Receipt>,
    period: Option<(MealPeriodId, Timestamp)>,
    found: Vec<Payer>,
    roster: Option<Roster>,
    weight: Option<(u32, bool)>,
    typed: typed::Typed,
    undoing: Option<EntryId>,
    /// What each write that is on its way means, in their order.
    writing: VecDeque<After>,
}

impl Default for Checkout {
    fn default() -> Checkout {
        Checkout {
            state: State::Pricing,
            tray: Tray::default(),
            settled: false,
            before: None,
            name: None,
            training: false,
            querying: false,
            language: Language::Zh,
            volume: 7,
            shift: None,
            closed: None,
            opening: None,
            wrong_pins: (0, Timestamp::default()),
            recent: VecDeque::new(),
            acts: VecDeque::new(),
            last_paid: None,
            last_receipt: None,
            period: None,
            found: Vec::new(),
            roster: None,
            weight: None,
            typed: typed::Typed::default(),
            undoing: None,
            writing: VecDeque::new(),
        }
    }
}

impl Checkout {
    /// After a restart: what the journal says of the sales and the shift before, and how the cashier priced.
    pub fn restored(recent: Vec<Recent>, shift: Option<Shift>, mode: Option<CounterMode>) -> Checkout {
        let recent = recent.into_iter().rev().take(RECENT_MAX).collect();
        Checkout { recent, shift, before: mode, ..Checkout::default() }
    }

    /// How this counter prices; nothing while it knows no stall.
    pub fn mode(&self) -> Option<CounterMode> {
        self.settled.then_some(self.tray.mode)
    }

    pub fn step(&mut self, input: Input, facts: &Facts<'_>) -> Vec<Effect> {
        let mut effects = self.pass(facts);
        effects.extend(self.hear(input, facts));
        effects
    }

    fn hear(&mut self, input: Input, facts: &Facts<'_>) -> Vec<Effect> {
        match input {
            In::Act(id, act) => {
                if self.acts.contains(&id) {
                    return Vec::new();
                }
                self.acts.push_back(id);
                if self.acts.len() > ACTS_MAX {
                    self.acts.pop_front();
                }
                self.act(id, act, facts)
            }
            In::Scan(text) => self.scanned(&text, facts),
            In::Card(number) => self.carded(number, facts),
            In::Key(key) => self.key(key, facts),
            In::Weight { grams, stable } => self.weighed(grams, stable, facts),
            In::Decided(id, local) => self.decided(id, *local, facts),
            In::Answered(id, answer) => self.answered(id, answer.map(|answer| *answer), facts),
            In::Written(done) => self.written(done.is_ok(), facts),
            In::UndoAnswered(purchase, answer) => self.undo_answered(purchase, answer, facts),
            In::Balance(found) => self.show_balance(found, facts),
            In::Found(found) => {
                self.found = found;
                Vec::new()
            }
            In::Roster(people) => self.roster_opened(people),
            In::PinChecked(right) => self.pin_checked(right, facts),
            In::Say(said) => self.hint(said, facts),
            In::Tick => Vec::new(),
        }
    }

    /// What only time does: results go, and the mode is one that this counter has.
    fn pass(&mut self, facts: &Facts<'_>) -> Vec<Effect> {
        let over = matches!(&self.state, State::Showing(outcome) if outcome.until <= facts.now);
        if over {
            self.state = State::Pricing;
        }
        if self.period.is_some_and(|(_, at)| facts.now.since(at) > PERIOD_CHOICE_MS) || !facts.clock_doubt {
            self.period = None;
        }
        if let Some(shop) = facts.shop
            && (!self.settled || !shop.modes.contains(&self.tray.mode))
            && !self.busy()
        {
            self.settled = true;
            let before = self.before.take().filter(|mode| shop.modes.contains(mode));
            self.tray = Tray::of(before.or(shop.modes.first().copied()).unwrap_or_default());
        }
        over.then_some(Effect::Light(Light::Ready)).into_iter().collect()
    }

    fn act(&mut self, id: Uuid, act: Act, facts: &Facts<'_>) -> Vec<Effect> {
        match act {
            Act::Key { key } => self.key_of_screen(id, key, facts),
            Act::Mode { mode } => self.set_mode(mode, facts),
            Act::Dish { id, count } => self.dish(id, count, facts),
            Act::Line { key, count } => {
                if self.may_price() {
                    self.tray.set_count(&key, count);
                }
                Vec::new()
            }
            Act::Scan { text, not_keyed: None } => self.scanned(&text, facts),
            Act::Scan { text, not_keyed: Some(since) } => {
                if self.take_back(since) {
                    self.scanned(&text, facts)
                } else {
                    self.hint(words::muddled(), facts)
                }
            }
            Act::TakeBack { since: None } => self.unkey(),
            Act::TakeBack { since: Some(since) } => {
                if self.take_back(since) {
                    Vec::new()
                } else {
                    self.hint(words::muddled(), facts)
                }
            }
            Act::Pick { person } => self.pay(Shown::Person(person.into()), facts),
            Act::Search { text } if text.trim().is_empty() => {
                self.found.clear();
                Vec::new()
            }
            Act::Search { text } => vec![Effect::Search(text.trim().chars().take(40).collect())],
            Act::Answer { choice } => self.choose(&choice, facts),
            Act::Cancel => self.cancel(),
            Act::Pay => self.present(facts),
            Act::Undo { purchase } => self.undo(purchase.into(), facts),
            Act::Balance => {
                self.querying = !self.querying && !self.busy();
                Vec::new()
            }
            Act::ShiftOpen { cashier, pin, cash } => self.open_shift(cashier.into(), pin, Cents::new(cash), facts),
            Act::ShiftClose { cash_count } => self.close_shift(Cents::new(cash_count), facts),
            Act::Training { on } => self.train(on),
            Act::Volume { level } => {
                self.volume = level.min(10);
                Vec::new()
            }
            Act::Language { language } => {
                self.language = language;
                Vec::new()
            }
            Act::Roster { class, person } => self.roster(class, person, facts),
            Act::Enrol { text } => vec![Effect::Enrol(text)],
            Act::TestDevice { kind } => vec![Effect::TestDevice(kind)],
            Act::PrintLast => self.last_receipt.clone().map(Effect::Print).into_iter().collect(),
        }
    }

    /// A sale is between its code and its result.
    fn busy(&self) -> bool {
        matches!(self.state, State::Selling(_)) || !self.writing.is_empty()
    }

    /// Prices may be entered: a result on the screen gives way to the next customer.
    fn may_price(&mut self) -> bool {
        if self.busy() {
            return false;
        }
        self.state = State::Pricing;
        self.closed = None;
        true
    }

    fn key(&mut self, key: Key, facts: &Facts<'_>) -> Vec<Effect> {
        if key == Key::Enter {
            return self.present(facts);
        }
        if self.may_price() {
            self.tray.key(key);
        }
        Vec::new()
    }

    fn set_mode(&mut self, mode: CounterMode, facts: &Facts<'_>) -> Vec<Effect> {
        let has = facts.shop.is_some_and(|shop| shop.modes.contains(&mode));
        if has && self.may_price() {
            self.tray = Tray::of(mode);
            self.name = None;
        }
        Vec::new()
    }

    fn dish(&mut self, id: Uuid, count: u32, facts: &Facts<'_>) -> Vec<Effect> {
        let dish = facts.shop.and_then(|shop| shop.dish(id.into()));
        let Some(dish) = dish.filter(|dish| dish.sold_in(facts.period(self.chosen()))) else { return Vec::new() };
        if !matches!(self.tray.mode, CounterMode::Dish | CounterMode::Weigh) || !self.may_price() {
            return Vec::new();
        }
        if self.tray.keyed.count().is_some() {
            self.typed.spend();
        }
        match (dish.weighed, self.weight) {
            (false, _) => self.tray.add(dish, count, None),
            (true, Some((grams, true))) if grams > 0 => self.tray.add(dish, 1, Some(grams)),
            (true, _) => self.tray.weighing = Some(dish.id),
        }
        Vec::new()
    }

    fn weighed(&mut self, grams: u32, stable: bool, facts: &Facts<'_>) -> Vec<Effect> {
        self.weight = Some((grams, stable));
        let waiting = self.tray.weighing.and_then(|id| facts.shop?.dish(id));
        if let Some(dish) = waiting.filter(|_| stable && grams > 0)
            && self.may_price()
        {
            self.tray.weighing = None;
            self.tray.add(dish, 1, Some(grams));
        }
        Vec::new()
    }

    /// Enter: the price stands, show a code.
    fn present(&mut self, facts: &Facts<'_>) -> Vec<Effect> {
        // Enter once more while the green is on: a word about a missing price would take it off the screen.
        let was_paid = matches!(&self.state, State::Showing(outcome) if outcome.kind == ResultKind::Paid);
        if (was_paid && self.tray.is_empty()) || !self.may_price() {
            return Vec::new();
        }
        match self.total(facts) {
            Some(_) => {
                self.state = State::Presenting;
                Vec::new()
            }
            None => self.hint(self.what_is_missing(), facts),
        }
    }

    fn what_is_missing(&self) -> Words {
        if self.tray.mode == CounterMode::Fixed { words::no_fixed_price() } else { words::no_price() }
    }

    fn total(&self, facts: &Facts<'_>) -> Option<Cents> {
        self.tray.total(facts.shop?, facts.period(self.chosen()))
    }

    fn chosen(&self) -> Option<MealPeriodId> {
        self.period.map(|(id, _)| id)
    }

    fn scanned(&mut self, text: &str, facts: &Facts<'_>) -> Vec<Effect> {
        let text = text.trim();
        if text.is_empty() || text.len() > yitong_code::TEXT_MAX || self.busy() {
            return Vec::new();
        }
        if text.starts_with(crate::ENROL_PREFIX) {
            return vec![Effect::Enrol(text.into())];
        }
        let Some(shop) = facts.shop else { return Vec::new() };
        if let Some(dish) = shop.dish_of_barcode(text) {
            return self.dish(dish.id.into(), 1, facts);
        }
        self.shown(Shown::Code(text.into()), facts)
    }

    fn carded(&mut self, number: String, facts: &Facts<'_>) -> Vec<Effect> {
        if self.busy() || facts.shop.is_none() {
            return Vec::new();
        }
        self.shown(Shown::Card(number), facts)
    }

    fn shown(&mut self, shown: Shown, facts: &Facts<'_>) -> Vec<Effect> {
        if self.is_still_there(&shown, facts) {
            return Vec::new();
        }
        if self.querying {
            return vec![Effect::LookUp(shown)];
        }
        self.pay(shown, facts)
    }

    fn is_still_there(&self, shown: &Shown, facts: &Facts<'_>) -> bool {
        self.last_paid.as_ref().is_some_and(|(last, at)| last == shown && facts.now.since(*at) < STILL_THERE_MS)
    }

    fn cancel(&mut self) -> Vec<Effect> {
        self.querying = false;
        match &self.state {
            State::Selling(selling) if selling.is_asking() => self.give_up(),
            State::Selling(_) => Vec::new(),
            State::Presenting | State::Showing(_) => {
                self.state = State::Pricing;
                Vec::new()
            }
            State::Pricing => {
                self.tray = Tray::of(self.tray.mode);
                self.name = None;
                self.found.clear();
                Vec::new()
            }
        }
    }

    /// Practice starts and ends with an empty tray, and never in the middle of a sale.
    fn train(&mut self, on: bool) -> Vec<Effect> {
        if self.may_price() {
            self.training = on;
            self.tray = Tray::of(self.tray.mode);
            self.name = None;
        }
        Vec::new()
    }

    fn show(&mut self, outcome: Outcome) {
        self.state = State::Showing(Box::new(outcome));
    }

    /// A word to the cashier that is no result of a sale.
    fn hint(&mut self, words: Words, facts: &Facts<'_>) -> Vec<Effect> {
        if !self.busy() {
            self.show(Outcome::of(ResultKind::Failed, words, facts.now.plus_ms(HINT_MS)));
        }
        Vec::new()
    }
}

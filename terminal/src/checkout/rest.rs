//! What a counter does beside selling: undo, balance, shifts, and ticking off a class.

use super::effect::{Effect, Entry, Payer, Refused, Sale, Shown};
use super::picture::ClosedView;
use super::selling::After;
use super::{BAD_MS, Checkout, CounterMode, Facts, GOOD_MS, Outcome, RECENT_MAX, ResultKind, State, voice, words};
use uuid::Uuid;
use yitong_rules::Words;
use yitong_values::{Cents, EntryId, Timestamp, UserId};

/// So many wrong numbers in a row cost nothing; each one after them makes the counter wait twice as long.
const PINS_FREE: u32 = 5;
const PIN_WAIT_MS: i64 = 30_000;
const PIN_DOUBLINGS_MAX: u32 = 6;

#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RecentState {
    Paid,
    Offline,
    Undone,
    Refused,
}

/// One of the last sales, for the operator's list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recent {
    pub purchase: EntryId,
    pub at: Timestamp,
    pub amount: Cents,
    pub name_mask: String,
    pub state: RecentState,
}

impl Recent {
    pub(super) fn of(sale: &Sale, payer: Option<&Payer>, amount: Cents, state: RecentState) -> Recent {
        let name_mask = payer.map(|payer| payer.name_mask.clone()).unwrap_or_default();
        Recent { purchase: sale.id, at: sale.at, amount, name_mask, state }
    }

    /// Nothing when it can't be undone.
    pub fn undoable_until(&self, undo_minutes: i64) -> Option<Timestamp> {
        let paid = matches!(self.state, RecentState::Paid | RecentState::Offline);
        paid.then(|| self.at.plus_ms(undo_minutes * 60_000))
    }
}

/// From opening to closing, with what was sold in it so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shift {
    pub id: EntryId,
    pub cashier: UserId,
    pub since: Timestamp,
    /// In the drawer when it was opened. Purchases are paid from wallets, so it should be there at the end as well.
    pub cash: Cents,
    pub sales: u32,
    pub undone: u32,
    pub total: Cents,
}

impl Shift {
    pub fn count(&mut self, amount: Cents) {
        self.sales += 1;
        self.total = self.total.plus(amount).unwrap_or(self.total);
    }
}

/// A class whose list is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Roster {
    pub(super) class: Uuid,
    pub(super) people: Vec<(Payer, bool)>,
}

impl Checkout {
    pub(super) fn remember(&mut self, recent: Recent) {
        self.recent.retain(|old| old.purchase != recent.purchase);
        self.recent.push_front(recent);
        self.recent.truncate(RECENT_MAX);
    }

    pub(super) fn undo(&mut self, purchase: EntryId, facts: &Facts<'_>) -> Vec<Effect> {
        let minutes = facts.shop.map_or(0, |shop| shop.rules.undo_minutes);
        let found = self.recent.iter().find(|recent| recent.purchase == purchase);
        let Some(until) = found.and_then(|recent| recent.undoable_until(minutes)) else { return Vec::new() };
        if self.busy() || self.undoing.is_some() {
            return Vec::new();
        }
        let same_day = found.is_some_and(|recent| recent.at.china_day() == facts.now.china_day());
        if until <= facts.now || !same_day {
            return self.hint(words::too_late(), facts);
        }
        self.undoing = Some(purchase);
        match found.map(|recent| recent.state) {
            Some(RecentState::Paid) if facts.online => {
                let by = self.shift.as_ref().map(|shift| shift.cashier);
                vec![Effect::AskUndo { purchase, by }]
            }
            // The server has it from the journal, or will; the undo follows in the same order.
            _ => self.write_undo(purchase),
        }
    }

    fn write_undo(&mut self, purchase: EntryId) -> Vec<Effect> {
        let Some(recent) = self.recent.iter().find(|recent| recent.purchase == purchase) else { return Vec::new() };
        self.writing.push_back(After::Undone(purchase));
        let by = self.shift.as_ref().map(|shift| shift.cashier);
        vec![Effect::Write(Entry::Undone { purchase, amount: recent.amount, by })]
    }

    pub(super) fn undo_answered(
        &mut self,
        purchase: EntryId,
        answer: Option<Result<(), Words>>,
        facts: &Facts<'_>,
    ) -> Vec<Effect> {
        if self.undoing != Some(purchase) {
            return Vec::new();
        }
        match answer {
            Some(Err(why)) => {
                self.undoing = None;
                self.hint(words::not_undone(&why), facts)
            }
            // Without an answer the journal carries it: undoing twice is undoing once.
            Some(Ok(())) | None => self.write_undo(purchase),
        }
    }

    pub(super) fn undo_written(&mut self, purchase: EntryId, facts: &Facts<'_>) -> Vec<Effect> {
        self.undoing = None;
        let Some(recent) = self.recent.iter_mut().find(|recent| recent.purchase == purchase) else { return Vec::new() };
        recent.state = RecentState::Undone;
        let amount = recent.amount;
        if let Some(shift) = &mut self.shift {
            shift.undone += 1;
            shift.total = shift.total.minus(amount).unwrap_or(shift.total);
        }
        self.last_paid = None;
        if !self.busy() {
            let mut speak = vec![voice::UNDONE.to_owned()];
            speak.extend(voice::amount(amount));
            let outcome = Outcome::of(ResultKind::Undone, words::undone(), facts.now.plus_ms(GOOD_MS));
            self.show(Outcome { public: words::undone(), amount, speak, ..outcome });
        }
        Vec::new()
    }

    pub(super) fn show_balance(&mut self, found: Result<Payer, Refused>, facts: &Facts<'_>) -> Vec<Effect> {
        if !self.querying || self.busy() {
            return Vec::new();
        }
        self.querying = false;
        let outcome = match found {
            Ok(payer) => {
                let mut speak = vec![voice::BALANCE.to_owned()];
                speak.extend(voice::amount(payer.balance));
                let said = words::words("余额", "Balance");
                Outcome {
                    public: said.clone(),
                    amount: payer.balance,
                    balance_after: Some(payer.balance),
                    arrears_after: Some(payer.arrears).filter(|arrears| !arrears.is_zero()),
                    speak,
                    payer: Some(payer),
                    ..Outcome::of(ResultKind::Balance, said, facts.now.plus_ms(BAD_MS))
                }
            }
            Err(refused) => Outcome {
                speak: vec![voice::AGAIN.into()],
                ..Outcome::of(ResultKind::Refused, refused.words, facts.now.plus_ms(BAD_MS))
            },
        };
        self.show(outcome);
        Vec::new()
    }

    pub(super) fn open_shift(&mut self, cashier: UserId, pin: String, cash: Cents, facts: &Facts<'_>) -> Vec<Effect> {
        let known = facts.shop.and_then(|shop| shop.cashiers.iter().find(|known| known.id == cashier));
        let Some(known) = known.filter(|_| !cash.is_negative() && !self.busy() && self.shift.is_none()) else {
            return Vec::new();
        };
        if known.pin_hash.as_deref() == Some("") {
            return self.hint(words::pin_taken_back(), facts);
        }
        let wait = self.wrong_pins.1.since(facts.now);
        if known.pin_hash.is_some() && wait > 0 {
            return self.hint(words::too_many_pins((wait + 999) / 1_000), facts);
        }
        if known.pin_hash.is_none() {
            return self.begin_shift(cashier, cash, facts);
        }
        self.opening = Some((cashier, cash));
        vec![Effect::CheckPin { cashier, pin }]
    }

    pub(super) fn pin_checked(&mut self, right: bool, facts: &Facts<'_>) -> Vec<Effect> {
        let Some((cashier, cash)) = self.opening.take() else { return Vec::new() };
        if !right {
            let wrong = self.wrong_pins.0 + 1;
            // Four digits must not be found by trying.
            let rounds = wrong.saturating_sub(PINS_FREE - 1).min(PIN_DOUBLINGS_MAX);
            let wait = if wrong < PINS_FREE { 0 } else { PIN_WAIT_MS << (rounds - 1) };
            self.wrong_pins = (wrong, facts.now.plus_ms(wait));
            return self.hint(words::wrong_pin(), facts);
        }
        self.wrong_pins = (0, Timestamp::default());
        self.begin_shift(cashier, cash, facts)
    }

    fn begin_shift(&mut self, cashier: UserId, cash: Cents, facts: &Facts<'_>) -> Vec<Effect> {
        let (id, since, total) = (facts.fresh, facts.now, Cents::ZERO);
        let shift = Shift { id, cashier, since, cash, sales: 0, undone: 0, total };
        self.writing.push_back(After::ShiftOpened(shift.clone()));
        vec![Effect::Write(Entry::ShiftOpened { shift })]
    }

    pub(super) fn shift_opened(&mut self, shift: Shift, facts: &Facts<'_>) -> Vec<Effect> {
        let cash = shift.cash;
        self.shift = Some(shift);
        let outcome = Outcome::of(ResultKind::Balance, words::shift_opened(), facts.now.plus_ms(GOOD_MS));
        self.show(Outcome { amount: cash, public: words::shift_opened(), ..outcome });
        Vec::new()
    }

    pub(super) fn close_shift(&mut self, counted: Cents, facts: &Facts<'_>) -> Vec<Effect> {
        let Some(shift) = self.shift.clone().filter(|_| !self.busy() && !counted.is_negative()) else {
            return Vec::new();
        };
        let Ok(difference) = counted.minus(shift.cash) else {
            return self.hint(words::no_price(), facts);
        };
        let fen = Cents::fen;
        self.writing.push_back(After::ShiftClosed(ClosedView {
            sales: shift.sales,
            total: fen(shift.total),
            counted: fen(counted),
            expected: fen(shift.cash),
            difference: fen(difference),
        }));
        vec![Effect::Write(Entry::ShiftClosed { shift, counted })]
    }

    pub(super) fn shift_closed(&mut self, closed: ClosedView, facts: &Facts<'_>) -> Vec<Effect> {
        self.shift = None;
        let said = words::shift_closed(Cents::new(closed.difference));
        let outcome = Outcome::of(ResultKind::Balance, said, facts.now.plus_ms(2 * BAD_MS));
        self.show(Outcome { amount: Cents::new(closed.total), public: words::words("", ""), ..outcome });
        self.closed = Some(closed);
        Vec::new()
    }

    /// A class is ticked off by somebody who knows the children: the tick names the person, no photo is asked for.
    pub(super) fn roster(&mut self, class: Option<Uuid>, person: Option<Uuid>, facts: &Facts<'_>) -> Vec<Effect> {
        match (class, person) {
            (_, Some(person)) => {
                let listed = self.roster.as_ref().is_some_and(|roster| {
                    roster.people.iter().any(|(payer, ticked)| payer.person == person && !ticked)
                });
                if !listed || !self.tray.mode.has_its_price() {
                    return Vec::new();
                }
                let effects = self.pay(Shown::Person(person.into()), facts);
                if let State::Selling(selling) = &mut self.state {
                    selling.sale.photo_checked = true;
                }
                effects.into_iter().map(|effect| known_by_sight(effect, person)).collect()
            }
            (Some(class), None) if !self.busy() => {
                if !self.tray.mode.has_its_price() {
                    self.set_mode(CounterMode::Count, facts);
                }
                self.roster = Some(Roster { class, people: Vec::new() });
                vec![Effect::OpenRoster(class)]
            }
            _ => {
                self.roster = None;
                Vec::new()
            }
        }
    }

    pub(super) fn roster_opened(&mut self, people: Vec<(Payer, bool)>) -> Vec<Effect> {
        if let Some(roster) = &mut self.roster {
            roster.people = people;
        }
        Vec::new()
    }

    pub(super) fn tick_off(&mut self, payer: Option<&Payer>) {
        let people = self.roster.iter_mut().flat_map(|roster| &mut roster.people);
        for (listed, ticked) in people {
            *ticked |= payer.is_some_and(|payer| payer.person == listed.person);
        }
    }
}

/// The sale that is on its way to be decided says so as well.
fn known_by_sight(effect: Effect, person: Uuid) -> Effect {
    match effect {
        Effect::Decide(sale) if sale.shown == Shown::Person(person.into()) => {
            Effect::Decide(Sale { photo_checked: true, ..sale })
        }
        other => other,
    }
}

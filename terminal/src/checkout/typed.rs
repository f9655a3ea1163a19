//! Digits that a screen took for a hand's and that were a scanner's: they leave the tray as if they had never come.

use super::act::Key;
use super::effect::Effect;
use super::keyed::Keyed;
use super::tray::Tray;
use super::{Checkout, Facts, State};
use std::collections::VecDeque;
use uuid::Uuid;

/// More than a screen can take for a hand's before it knows better.
const PRESSED_MAX: usize = 32;

#[derive(Debug)]
struct Pressed {
    act: Uuid,
    before: Keyed,
    after: Keyed,
    /// It said how many of a dish.
    spent: bool,
}

/// The keys of screens, by the acts that brought them.
#[derive(Debug, Default)]
pub(super) struct Typed(VecDeque<Pressed>);

impl Typed {
    fn press(&mut self, act: Uuid, before: Keyed, after: Keyed) {
        if self.0.len() == PRESSED_MAX {
            self.0.pop_front();
        }
        self.0.push_back(Pressed { act, before, after, spent: false });
    }

    pub(super) fn spend(&mut self) {
        self.0.iter_mut().for_each(|pressed| pressed.spent = true);
    }
}

impl Checkout {
    pub(super) fn key_of_screen(&mut self, act: Uuid, key: Key, facts: &Facts<'_>) -> Vec<Effect> {
        let before = self.tray.keyed.clone();
        let effects = self.key(key, facts);
        self.typed.press(act, before, self.tray.keyed.clone());
        effects
    }

    /// The key of this act and those after it were nobody's. False: they have become something else already, so there
    /// is no price any more.
    pub(super) fn take_back(&mut self, act: Uuid) -> bool {
        let Some(at) = self.typed.0.iter().position(|pressed| pressed.act == act) else { return true };
        let gone = self.typed.0.split_off(at);
        if self.busy() {
            return true;
        }
        let (Some(first), Some(last)) = (gone.front(), gone.back()) else { return true };
        let clean = if gone.iter().any(|pressed| pressed.spent) {
            self.tray = Tray::of(self.tray.mode);
            self.name = None;
            false
        } else if self.tray.keyed == last.after {
            self.tray.keyed = first.before.clone();
            true
        } else {
            let is_empty = self.tray.keyed.is_empty();
            self.tray.keyed.clear();
            is_empty
        };
        self.price_again();
        clean
    }

    /// Nobody can say what of the keyed digits a hand typed.
    pub(super) fn unkey(&mut self) -> Vec<Effect> {
        if !self.busy() {
            self.tray.keyed.clear();
            self.price_again();
        }
        Vec::new()
    }

    /// A price that has changed must be said again before a code is awaited.
    fn price_again(&mut self) {
        if matches!(self.state, State::Presenting) {
            self.state = State::Pricing;
        }
    }
}

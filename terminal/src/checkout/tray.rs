//! What is being priced: keyed amount, dishes, weighed dishes. Its total is the only sum that either screen shows.

use super::act::{CounterMode, Key};
use super::keyed::{KEYED_MAX, Keyed};
use crate::shop::{Dish, Shop};
use yitong_purchase::{COUNT_MAX, GRAMS_MAX, LINES_MAX, weighed};
use yitong_rules::MealPeriod;
use yitong_values::{Cents, DishId, DishRevisionId};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrayLine {
    pub dish: DishId,
    pub revision: DishRevisionId,
    pub name: String,
    pub name_en: String,
    pub category: String,
    pub allergens: Vec<String>,
    pub price: Cents,
    pub count: u32,
    /// Of a weighed dish, whose price is for a kilogram.
    pub grams: Option<u32>,
}

impl TrayLine {
    pub fn amount(&self) -> Cents {
        let one = self.grams.map_or(Some(self.price), |grams| weighed(self.price, grams)).unwrap_or(KEYED_MAX);
        one.times(i64::from(self.count)).unwrap_or(KEYED_MAX)
    }

    /// Weighed portions of one dish stand on lines of their own.
    pub fn key(&self) -> String {
        match self.grams {
            Some(grams) => format!("{}/{grams}", self.dish),
            None => self.dish.to_string(),
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tray {
    pub mode: CounterMode,
    pub keyed: Keyed,
    pub lines: Vec<TrayLine>,
    /// A dish that waits for the scale to come to rest.
    pub weighing: Option<DishId>,
}

impl Tray {
    pub fn of(mode: CounterMode) -> Tray {
        Tray { mode, ..Tray::default() }
    }

    /// `None`: there is no price yet.
    pub fn total(&self, shop: &Shop, period: Option<&MealPeriod>) -> Option<Cents> {
        match self.mode {
            CounterMode::Dish | CounterMode::Weigh => {
                let sum = Cents::sum(self.lines.iter().map(TrayLine::amount)).ok()?;
                (!self.lines.is_empty() && sum <= KEYED_MAX).then_some(sum)
            }
            CounterMode::Amount => self.keyed.amount().filter(|amount| *amount > Cents::ZERO),
            CounterMode::Fixed => shop.fixed_price(period),
            CounterMode::Count => Some(Cents::ZERO),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.keyed.is_empty() && self.lines.is_empty() && self.weighing.is_none()
    }

    pub fn key(&mut self, key: Key) {
        match key {
            _ if self.mode.has_its_price() => {}
            // In the dish grid numbers say how many of the next dish; back takes the last line off.
            Key::Dot if self.mode != CounterMode::Amount => {}
            Key::Back if self.keyed.is_empty() => {
                self.lines.pop();
            }
            Key::Clear if self.keyed.is_empty() => *self = Tray::of(self.mode),
            key => self.keyed.press(key),
        }
    }

    /// Adds to the line of the same dish at the same price. What doesn't fit on a tray is not added.
    pub fn add(&mut self, dish: &Dish, count: u32, grams: Option<u32>) {
        let count = self.keyed.count().filter(|_| grams.is_none()).unwrap_or(count);
        self.keyed.clear();
        let same = |line: &&mut TrayLine| line.dish == dish.id && line.revision == dish.revision && grams.is_none();
        if let Some(line) = self.lines.iter_mut().find(same) {
            line.count = line.count.saturating_add(count).min(COUNT_MAX);
        } else if self.lines.len() < LINES_MAX && count > 0 && grams.is_none_or(|grams| grams <= GRAMS_MAX) {
            self.lines.push(TrayLine {
                dish: dish.id,
                revision: dish.revision,
                name: dish.name.clone(),
                name_en: dish.name_en.clone(),
                category: dish.category.clone(),
                allergens: dish.allergens.clone(),
                price: dish.price,
                count: count.min(COUNT_MAX),
                grams,
            });
        }
    }

    pub fn set_count(&mut self, key: &str, count: u32) {
        if let Some(line) = self.lines.iter_mut().find(|line| line.key() == key) {
            line.count = count.min(COUNT_MAX);
        }
        self.lines.retain(|line| line.count > 0);
    }
}

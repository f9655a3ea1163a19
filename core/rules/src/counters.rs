//! What a person has spent and how often, in this meal, day and month; and the last purchase, for the duplicate guard.

use crate::LastPurchase;
use yitong_values::{BusinessDay, Cents, MealPeriodId, StallId, Timestamp};

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counter {
    pub amount: Cents,
    pub count: u32,
}

impl Counter {
    fn plus(self, amount: Cents) -> Counter {
        // Sums of amounts that each passed the purchase cap don't overflow an i64 within a month.
        Counter { amount: self.amount.plus(amount).unwrap_or(Cents::new(i64::MAX)), count: self.count + 1 }
    }

    fn minus(self, amount: Cents) -> Counter {
        let left = self.amount.minus(amount).unwrap_or(Cents::ZERO).max(Cents::ZERO);
        Counter { amount: left, count: self.count.saturating_sub(1) }
    }
}

/// Counters with the key that they count for. A counter whose key is over counts nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    day_key: i64,
    meal_key: Option<MealPeriodId>,
    month: Counter,
    day: Counter,
    meal: Counter,
    pub last: Option<LastPurchase>,
}

impl Counters {
    /// As they stand for this day and meal: what counted for another month, day or meal is zero.
    pub fn at(&self, day: BusinessDay, meal: Option<MealPeriodId>) -> (Counter, Counter, Counter) {
        let same_day = self.day_key == day.number();
        let same_month = self.day_key / 100 == day.month_number();
        let meal_counter = if same_day && self.meal_key == meal { self.meal } else { Counter::default() };
        let day_counter = if same_day { self.day } else { Counter::default() };
        let month_counter = if same_month { self.month } else { Counter::default() };
        (meal_counter, day_counter, month_counter)
    }

    pub fn add(&self, day: BusinessDay, meal: Option<MealPeriodId>, last: LastPurchase) -> Counters {
        let (meal_counter, day_counter, month_counter) = self.at(day, meal);
        Counters {
            day_key: day.number(),
            meal_key: meal,
            month: month_counter.plus(last.amount),
            day: day_counter.plus(last.amount),
            meal: meal_counter.plus(last.amount),
            last: Some(last),
        }
    }

    /// A purchase that is heard of late: others of the person may have been counted since. What is over by now is not
    /// begun again, so that the meal and day that are being counted go on.
    pub fn add_late(&self, day: BusinessDay, meal: Option<MealPeriodId>, last: LastPurchase) -> Counters {
        let newer = self.last.is_none_or(|known| last.at >= known.at);
        if self.day_key < day.number() || newer && self.day_key == day.number() {
            return self.add(day, meal, last);
        }
        let mut after = *self;
        if self.day_key / 100 == day.month_number() {
            after.month = self.month.plus(last.amount);
        }
        if self.day_key == day.number() {
            after.day = self.day.plus(last.amount);
            if self.meal_key == meal {
                after.meal = self.meal.plus(last.amount);
            }
        }
        after
    }

    /// A purchase of this day and meal was undone.
    pub fn remove(&self, day: BusinessDay, meal: Option<MealPeriodId>, amount: Cents) -> Counters {
        let mut left = *self;
        if self.day_key / 100 == day.month_number() {
            left.month = self.month.minus(amount);
        }
        if self.day_key == day.number() {
            left.day = self.day.minus(amount);
            if self.meal_key == meal {
                left.meal = self.meal.minus(amount);
            }
        }
        left.last = None;
        left
    }

    /// The kept form: numbers with spaces between them, `-` for nothing.
    pub fn text(&self) -> String {
        let meal = self.meal_key.map_or("-".into(), |id| id.uuid().simple().to_string());
        let last = self.last.map_or("-".into(), |last| {
            format!("{} {} {}", last.stall.uuid().simple(), last.amount.fen(), last.at.ms())
        });
        let pair = |counter: Counter| format!("{} {}", counter.amount.fen(), counter.count);
        let (month, day, meal_counter) = (pair(self.month), pair(self.day), pair(self.meal));
        format!("{} {month} {day} {meal} {meal_counter} {last}", self.day_key)
    }

    /// Reads the kept form; what can't be read counts nothing, so that a child is never refused for our mistake.
    pub fn from_text(text: &str) -> Counters {
        Counters::read(text).unwrap_or_default()
    }

    fn read(text: &str) -> Option<Counters> {
        let mut words = text.split(' ');
        let mut int = || words.next()?.parse::<i64>().ok();
        let day_key = int()?;
        let mut counter = || Some(Counter { amount: Cents::new(int()?), count: u32::try_from(int()?).ok()? });
        let (month, day) = (counter()?, counter()?);
        let meal_key = match words.next()? {
            "-" => None,
            id => Some(id.parse::<MealPeriodId>().ok()?),
        };
        let mut int = || words.next()?.parse::<i64>().ok();
        let meal = Counter { amount: Cents::new(int()?), count: u32::try_from(int()?).ok()? };
        let last = match words.next()? {
            "-" => None,
            stall => {
                let stall: StallId = stall.parse().ok()?;
                let mut int = || words.next()?.parse::<i64>().ok();
                Some(LastPurchase { stall, amount: Cents::new(int()?), at: Timestamp::from_ms(int()?) })
            }
        };
        Some(Counters { day_key, meal_key, month, day, meal, last })
    }
}

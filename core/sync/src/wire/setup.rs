//! `GET /setup`: everything of a stall that is not a person. Small, so it is always sent whole.

use super::forms::{fen, fen_or_none, ms_or_none};
use crate::relay::SealedCircle;
use serde::{Deserialize, Serialize};
use yitong_values::{
    CanteenId, Cents, ClassId, DishId, DishRevisionId, MealPeriodId, SchoolId, StallId, Timestamp, UserId,
};

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Setup {
    pub version: i64,
    pub school: SchoolWire,
    pub canteen: CanteenWire,
    pub stall: StallWire,
    pub terminal: TerminalWire,
    /// Words of `yitong_rules::Mode`.
    pub modes: Vec<String>,
    #[serde(with = "fen_or_none", default)]
    pub fixed_price: Option<Cents>,
    pub periods: Vec<PeriodWire>,
    /// From yesterday to two months ahead; a day that isn't here is like its weekday says.
    pub days: Vec<DayWire>,
    pub policy: PolicyWire,
    pub class_limits: Vec<ClassLimits>,
    /// Other stalls of the same canteen: a code that was just there is not at two places.
    pub near_stalls: Vec<StallId>,
    pub dishes: Vec<DishWire>,
    pub cashiers: Vec<CashierWire>,
    /// For the idle screen.
    pub notices: Vec<NoticeWire>,
    /// The other terminals of the canteen; none: this one hears and tells nobody.
    #[serde(default)]
    pub relay: Option<SealedCircle>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SchoolWire {
    pub id: SchoolId,
    pub name: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CanteenWire {
    pub id: CanteenId,
    pub name: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StallWire {
    pub id: StallId,
    pub name: String,
    pub number: i64,
    pub closed: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TerminalWire {
    pub name: String,
    /// The mode that it starts in; a word of `yitong_rules::Mode`, or `roster`.
    pub mode: String,
    /// two or one
    pub screens: u8,
    /// Whether the customer screen shows the balance.
    pub show_balance: bool,
    /// How old an acknowledged record may get before it is put away.
    pub keep_days: u16,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PeriodWire {
    pub id: MealPeriodId,
    pub name_zh: String,
    pub name_en: String,
    /// Minutes since midnight; `end` is the first minute after.
    pub start: u16,
    pub end: u16,
    /// Monday first.
    pub weekdays: [bool; 7],
    #[serde(with = "fen_or_none", default)]
    pub fixed_price: Option<Cents>,
    pub free: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DayWire {
    /// `yyyymmdd`
    pub day: i64,
    /// ordinary, make_up or closed
    pub kind: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PolicyWire {
    pub version: i64,
    pub require_meal_period: bool,
    #[serde(with = "fen")]
    pub purchase_cap: Cents,
    pub limits: LimitsWire,
    pub arrears_allowed: bool,
    #[serde(with = "fen")]
    pub arrears_cap: Cents,
    pub duplicate_window_ms: i64,
    pub copy_window_ms: i64,
    pub copy_near_window_ms: i64,
    pub copy_photo_check: bool,
    pub undo_minutes: i64,
    /// What one purchase with the number of a card may cost; nothing: they are not taken.
    #[serde(with = "fen", default)]
    pub card_cap: Cents,
    /// Whether the cashier compares the photo first: a number can be copied.
    #[serde(default = "yes")]
    pub card_photo_check: bool,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct LimitWire {
    #[serde(with = "fen_or_none", default)]
    pub amount: Option<Cents>,
    #[serde(default)]
    pub count: Option<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct LimitsWire {
    pub meal: LimitWire,
    pub day: LimitWire,
    pub month: LimitWire,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClassLimits {
    pub class: ClassId,
    pub limits: LimitsWire,
    pub no_buy: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DishWire {
    pub id: DishId,
    pub revision: DishRevisionId,
    pub name: String,
    pub name_en: String,
    pub category: String,
    /// Of one, or of a kilogram where it is weighed.
    #[serde(with = "fen")]
    pub price: Cents,
    pub barcode: String,
    pub allergens: Vec<String>,
    /// Empty: in each.
    pub periods: Vec<MealPeriodId>,
    #[serde(default)]
    pub weighed: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CashierWire {
    pub id: UserId,
    pub name: String,
    /// Argon2id of the number that opens a shift; empty: it was taken back, and no number fits; none: no number is
    /// asked for.
    pub pin: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NoticeWire {
    pub zh: String,
    pub en: String,
    #[serde(with = "ms_or_none", default)]
    pub from: Option<Timestamp>,
    #[serde(with = "ms_or_none", default)]
    pub to: Option<Timestamp>,
}

impl LimitsWire {
    pub fn rules(self) -> yitong_rules::Limits {
        let one = |limit: LimitWire| yitong_rules::Limit { amount: limit.amount, count: limit.count };
        yitong_rules::Limits { meal: one(self.meal), day: one(self.day), month: one(self.month) }
    }
}

impl From<yitong_rules::Limits> for LimitsWire {
    fn from(limits: yitong_rules::Limits) -> LimitsWire {
        let one = |limit: yitong_rules::Limit| LimitWire { amount: limit.amount, count: limit.count };
        LimitsWire { meal: one(limits.meal), day: one(limits.day), month: one(limits.month) }
    }
}

//! The counter as the school set it up: what is sold, when, how, and under which rules. Read-only; a new version
//! replaces the old one as a whole.

use crate::checkout::CounterMode;
use yitong_rules::{ArrearsPolicy, CopyPolicy, DayKind, Limits, MealPeriod, period_at};
use yitong_sync::wire::setup::{self, Setup};
use yitong_values::{
    BusinessDay, CanteenId, Cents, ClassId, DishId, DishRevisionId, MealPeriodId, SchoolId, StallId, Timestamp, UserId,
};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dish {
    pub id: DishId,
    pub revision: DishRevisionId,
    pub name: String,
    pub name_en: String,
    pub category: String,
    pub price: Cents,
    pub barcode: Option<String>,
    pub allergens: Vec<String>,
    /// Sold only then; empty: always.
    pub periods: Vec<MealPeriodId>,
    /// The price is for a kilogram.
    pub weighed: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cashier {
    pub id: UserId,
    pub name: String,
    /// Of a number that the cashier keys; empty: the office took it back; `None`: the name is enough.
    pub pin_hash: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    pub zh: String,
    pub en: String,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// What the school decided, before anything of a person is joined to it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rules {
    pub require_meal_period: bool,
    pub purchase_cap: Cents,
    pub limits: Limits,
    pub classes: Vec<(ClassId, Limits, Vec<String>)>,
    pub arrears: ArrearsPolicy,
    pub duplicate_window_ms: i64,
    pub copies: CopyPolicy,
    pub undo_minutes: i64,
    pub cards: CardRules,
}

/// What the number of a card may do. It can be copied.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CardRules {
    /// Of one purchase; nothing: numbers of cards are not taken.
    pub cap: Cents,
    /// Whether the cashier compares the photo first.
    pub photo_check: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shop {
    pub version: i64,
    pub school: SchoolId,
    pub school_name: String,
    pub canteen: CanteenId,
    pub canteen_name: String,
    pub stall: StallId,
    pub stall_name: String,
    /// Other stalls of this canteen.
    pub near_stalls: Vec<StallId>,
    pub terminal_name: String,
    pub show_balance: bool,
    /// How many days a record stays on this device after the server has it.
    pub keep_days: u16,
    pub modes: Vec<CounterMode>,
    pub fixed_price: Option<Cents>,
    pub periods: Vec<MealPeriod>,
    /// Days that are not like their weekday.
    pub days: Vec<(BusinessDay, DayKind)>,
    pub rules: Rules,
    pub dishes: Vec<Dish>,
    pub cashiers: Vec<Cashier>,
    pub notices: Vec<Notice>,
}

/// Why what the server sent can't be worked with.
#[derive(Debug, thiserror::Error)]
#[error("the set-up has no {0} that this version knows")]
pub struct NotUsable(&'static str);

impl TryFrom<Setup> for Shop {
    type Error = NotUsable;

    fn try_from(setup: Setup) -> Result<Shop, NotUsable> {
        let mut modes: Vec<_> = setup.modes.iter().filter_map(|word| CounterMode::from_word(word)).collect();
        if setup.dishes.iter().any(|dish| dish.weighed) && !modes.contains(&CounterMode::Weigh) {
            modes.push(CounterMode::Weigh);
        }
        // It starts in the mode of the terminal.
        if let Some(first) = CounterMode::from_word(&setup.terminal.mode)
            && let Some(at) = modes.iter().position(|mode| *mode == first)
        {
            modes.swap(0, at);
        }
        if modes.is_empty() {
            return Err(NotUsable("way of selling"));
        }
        let day = |day: &setup::DayWire| Some((BusinessDay::from_number(day.day).ok()?, day_kind(&day.kind)?));
        let notice = |n: setup::NoticeWire| Notice { zh: n.zh, en: n.en, from: n.from, to: n.to };
        let cashier = |c: setup::CashierWire| Cashier { id: c.id, name: c.name, pin_hash: c.pin };
        Ok(Shop {
            version: setup.version,
            school: setup.school.id,
            school_name: setup.school.name,
            canteen: setup.canteen.id,
            canteen_name: setup.canteen.name,
            stall: setup.stall.id,
            stall_name: setup.stall.name,
            near_stalls: setup.near_stalls,
            terminal_name: setup.terminal.name,
            show_balance: setup.terminal.show_balance,
            keep_days: setup.terminal.keep_days,
            modes,
            fixed_price: setup.fixed_price,
            periods: setup.periods.into_iter().map(period).collect(),
            days: setup.days.iter().filter_map(day).collect(),
            rules: rules(&setup.policy, setup.class_limits),
            dishes: setup.dishes.into_iter().map(dish).collect(),
            cashiers: setup.cashiers.into_iter().map(cashier).collect(),
            notices: setup.notices.into_iter().map(notice).collect(),
        })
    }
}

fn day_kind(word: &str) -> Option<DayKind> {
    Some(match word {
        "ordinary" => DayKind::Ordinary,
        "make_up" => DayKind::MakeUp,
        "closed" => DayKind::Closed,
        _ => return None,
    })
}

fn period(wire: setup::PeriodWire) -> MealPeriod {
    let setup::PeriodWire { id, name_zh, name_en, start, end, weekdays, fixed_price, free } = wire;
    MealPeriod { id, name_zh, name_en, start, end, weekdays, fixed_price, free }
}

fn dish(wire: setup::DishWire) -> Dish {
    Dish {
        id: wire.id,
        revision: wire.revision,
        name: wire.name,
        name_en: wire.name_en,
        category: wire.category,
        price: wire.price,
        barcode: Some(wire.barcode).filter(|code| !code.is_empty()),
        allergens: wire.allergens,
        periods: wire.periods,
        weighed: wire.weighed,
    }
}

fn rules(policy: &setup::PolicyWire, classes: Vec<setup::ClassLimits>) -> Rules {
    Rules {
        require_meal_period: policy.require_meal_period,
        purchase_cap: policy.purchase_cap,
        limits: policy.limits.rules(),
        classes: classes.into_iter().map(|of| (of.class, of.limits.rules(), of.no_buy)).collect(),
        arrears: ArrearsPolicy { allowed: policy.arrears_allowed, cap: policy.arrears_cap },
        duplicate_window_ms: policy.duplicate_window_ms,
        copies: CopyPolicy {
            window_ms: policy.copy_window_ms,
            near_window_ms: policy.copy_near_window_ms,
            photo_check: policy.copy_photo_check,
        },
        undo_minutes: policy.undo_minutes,
        cards: CardRules { cap: policy.card_cap, photo_check: policy.card_photo_check },
    }
}

impl Shop {
    pub fn day_kind(&self, day: BusinessDay) -> DayKind {
        self.days.iter().find(|(of, _)| *of == day).map_or(DayKind::Ordinary, |(_, kind)| *kind)
    }

    pub fn period_at(&self, at: Timestamp) -> Option<&MealPeriod> {
        period_at(&self.periods, self.day_kind(at.china_day()), at)
    }

    pub fn period(&self, id: MealPeriodId) -> Option<&MealPeriod> {
        self.periods.iter().find(|period| period.id == id)
    }

    pub fn dish(&self, id: DishId) -> Option<&Dish> {
        self.dishes.iter().find(|dish| dish.id == id)
    }

    pub fn dish_of_barcode(&self, text: &str) -> Option<&Dish> {
        self.dishes.iter().find(|dish| dish.barcode.as_deref() == Some(text))
    }

    /// The price of a meal: the period's, else the stall's.
    pub fn fixed_price(&self, period: Option<&MealPeriod>) -> Option<Cents> {
        period.and_then(|period| period.fixed_price).or(self.fixed_price)
    }
}

impl Dish {
    pub fn sold_in(&self, period: Option<&MealPeriod>) -> bool {
        self.periods.is_empty() || period.is_some_and(|period| self.periods.contains(&period.id))
    }
}

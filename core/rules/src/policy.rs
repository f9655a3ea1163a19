//! What the school has decided: meal periods, limits, arrears, caps.

use yitong_values::{BusinessDay, Cents, MealPeriodId, Timestamp};

/// An amount and a number of purchases, each of which may be open.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Limit {
    pub amount: Option<Cents>,
    pub count: Option<u32>,
}

impl Limit {
    /// The strictest of both.
    pub fn and(self, other: Limit) -> Limit {
        Limit { amount: least(self.amount, other.amount), count: least(self.count, other.count) }
    }
}

fn least<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    pub meal: Limit,
    pub day: Limit,
    pub month: Limit,
}

impl Limits {
    /// School, class and person may each set limits; the strictest of each counts.
    pub fn and(self, other: Limits) -> Limits {
        Limits { meal: self.meal.and(other.meal), day: self.day.and(other.day), month: self.month.and(other.month) }
    }
}

/// Who set a rule that may come from two sides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum By {
    #[default]
    School,
    Guardian,
}

/// What the guardians of one person add. It only makes things stricter: nothing in it allows what the school does not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct GuardianRules<'a> {
    pub frozen: bool,
    pub purchase_cap: Option<Cents>,
    pub meal: Option<Cents>,
    pub day: Option<Cents>,
    pub no_buy_categories: &'a [String],
    pub allergens: &'a [String],
}

/// The stricter of what the school and the guardians set. The school's counts when both are the same.
pub(crate) fn stricter(school: Option<Cents>, guardian: Option<Cents>) -> Option<(Cents, By)> {
    match (school, guardian) {
        (Some(school), Some(guardian)) if guardian < school => Some((guardian, By::Guardian)),
        (Some(school), _) => Some((school, By::School)),
        (None, guardian) => guardian.map(|guardian| (guardian, By::Guardian)),
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MealPeriod {
    pub id: MealPeriodId,
    pub name_zh: String,
    pub name_en: String,
    /// Minutes since midnight; `end` is the first minute after.
    pub start: u16,
    pub end: u16,
    /// Monday first.
    pub weekdays: [bool; 7],
    pub fixed_price: Option<Cents>,
    /// Meals of this period are counted, not charged.
    pub free: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DayKind {
    /// A day like its weekday says.
    Ordinary,
    /// A school day in place of another; it is served like a Monday.
    MakeUp,
    /// Holiday, or closed.
    Closed,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ArrearsPolicy {
    pub allowed: bool,
    /// All arrears of a person together.
    pub cap: Cents,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TopupPolicy {
    pub min: Cents,
    pub single_cap: Cents,
    pub balance_cap: Cents,
}

/// Everything that rules look at beside the person, already joined for this person (class and person limits included).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy<'a> {
    pub periods: &'a [MealPeriod],
    pub day: DayKind,
    pub require_meal_period: bool,
    pub purchase_cap: Cents,
    pub limits: Limits,
    pub no_buy_categories: &'a [String],
    pub arrears: ArrearsPolicy,
    pub duplicate_window_ms: i64,
    pub copies: CopyPolicy,
    pub guardian: GuardianRules<'a>,
}

/// When one printed code at two places is taken for two cards. Zero: nobody looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CopyPolicy {
    /// Between two canteens.
    pub window_ms: i64,
    /// Between two stalls of one canteen.
    pub near_window_ms: i64,
    /// Whether the cashier has to compare the photo first.
    pub photo_check: bool,
}

/// The period that is served at this moment, if any.
pub fn period_at(periods: &[MealPeriod], day: DayKind, at: Timestamp) -> Option<&MealPeriod> {
    let minute = at.china_minute();
    let weekday = match day {
        DayKind::Closed => return None,
        DayKind::MakeUp => 0,
        DayKind::Ordinary => weekday_index(at.china_day()),
    };
    periods.iter().find(|period| period.weekdays[weekday] && (period.start..period.end).contains(&minute))
}

fn weekday_index(day: BusinessDay) -> usize {
    day.weekday() as usize
}

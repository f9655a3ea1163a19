//! What terminals of a school may do and how they look: what finance lets them sell while nobody hears them, and what
//! stands on their screens.

use serde::{Deserialize, Serialize};

/// What one terminal may sell while nobody hears it. Amounts in fen. This is also the form in which it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lend {
    /// All sales that the server has not confirmed, together; 0: it sells nothing by itself.
    pub sum: i64,
    pub count: u32,
    /// Of one person in one meal period, and in one day.
    pub person_meal: i64,
    pub person_day: i64,
    pub hours: u32,
}

/// Lunch does not stop: a new school's tills sell one period by themselves, to everybody a little.
impl Default for Lend {
    fn default() -> Lend {
        Lend { sum: 200_000, count: 400, person_meal: 3_000, person_day: 6_000, hours: 12 }
    }
}

pub const SUM_FEN_MAX: i64 = 10_000_000;
pub const COUNT_MAX: u32 = 10_000;
pub const PERSON_FEN_MAX: i64 = 100_000;
pub const HOURS_MAX: u32 = 72;

impl Lend {
    pub fn is_sound(&self) -> bool {
        (0..=SUM_FEN_MAX).contains(&self.sum)
            && self.count <= COUNT_MAX
            && (0..=PERSON_FEN_MAX).contains(&self.person_meal)
            && (self.person_meal..=PERSON_FEN_MAX).contains(&self.person_day)
            && (1..=HOURS_MAX).contains(&self.hours)
    }
}

/// What the whole school lends, as it is kept in the school's row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SchoolLend {
    pub each: Lend,
    /// All leases that may still be sold on, together; none: what each may is the only bound.
    pub ceiling: Option<i64>,
}

/// How terminals look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Screen {
    /// Photos for the cashier's eyes.
    pub photos: bool,
    pub show_balance: bool,
    /// How long a terminal keeps records that the server has.
    pub keep_days: u16,
    pub notices: Vec<ScreenNotice>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScreenNotice {
    pub zh: String,
    pub en: String,
    pub from: Option<i64>,
    pub to: Option<i64>,
}

impl Default for Screen {
    fn default() -> Screen {
        Screen { photos: true, show_balance: true, keep_days: 30, notices: Vec::new() }
    }
}

/// Everything of a school, at one version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub version: i64,
    pub lend: SchoolLend,
    pub screen: Screen,
}

impl Settings {
    /// What one terminal may: its own, else the school's.
    pub fn lend_of(&self, own: Option<Lend>) -> Lend {
        own.unwrap_or(self.lend.each)
    }
}

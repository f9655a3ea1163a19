//! The policy of a school as a value, and all its limits in memory at one version.

use super::store;
use crate::plumbing::db::{Db, DbError};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use yitong_rules::{ArrearsPolicy, CopyPolicy, Limit, Limits, TopupPolicy};
use yitong_values::{Cents, ClassId, PersonId, SchoolId};

/// Amounts in fen. This is also the form in which it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SchoolPolicy {
    pub topup_min: i64,
    pub topup_single_cap: i64,
    pub balance_cap: i64,
    pub purchase_cap: i64,
    pub limits: KeptLimits,
    pub arrears_allowed: bool,
    pub arrears_cap: i64,
    pub duplicate_window_s: i64,
    pub undo_minutes: i64,
    pub require_meal_period: bool,
    pub codes: CodePolicy,
    pub family: FamilyPolicy,
}

/// What the school promises guardians.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FamilyPolicy {
    /// A complaint is answered within so many school days.
    pub complaint_days: i64,
    /// Whether guardians who want it are told of a meal that was not bought.
    pub meal_missed: bool,
}

impl Default for FamilyPolicy {
    fn default() -> FamilyPolicy {
        FamilyPolicy { complaint_days: 5, meal_missed: false }
    }
}

/// Who may show a code on a phone, what it may spend offline, and when a code is suspected to be a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CodePolicy {
    /// Phones stay at home in most primary and middle schools: pupils have printed codes only.
    pub pupils_phone: bool,
    pub staff_phone: bool,
    /// Offline: fen in one use, fen in all uses together, and how many.
    pub phone_use_cap: i64,
    pub phone_total_cap: i64,
    pub phone_uses: i64,
    /// How long a phone can do without a network.
    pub phone_life_h: i64,
    /// The same person at two canteens within so many seconds; 0: nobody looks.
    pub copy_window_s: i64,
    /// The same, at two stalls of one canteen.
    pub copy_near_window_s: i64,
    /// Whether the cashier is asked to compare the photo before the second one is sold.
    pub copy_photo_check: bool,
    /// What one purchase with the number of a card may cost; 0: they are not taken. A number can be copied.
    pub card_cap: i64,
    /// Whether the cashier compares the photo before it is sold.
    pub card_photo_check: bool,
}

impl Default for CodePolicy {
    fn default() -> CodePolicy {
        CodePolicy {
            pupils_phone: false,
            staff_phone: true,
            phone_use_cap: 10_000,
            phone_total_cap: 20_000,
            phone_uses: 20,
            phone_life_h: 24,
            copy_window_s: 300,
            copy_near_window_s: 15,
            copy_photo_check: true,
            card_cap: 2_000,
            card_photo_check: true,
        }
    }
}

/// What a new school starts with: careful, and changed by the school in a minute.
impl Default for SchoolPolicy {
    fn default() -> SchoolPolicy {
        SchoolPolicy {
            topup_min: 100,
            topup_single_cap: 50_000,
            balance_cap: 100_000,
            purchase_cap: 10_000,
            limits: KeptLimits::default(),
            arrears_allowed: true,
            arrears_cap: 3_000,
            duplicate_window_s: 10,
            undo_minutes: 10,
            require_meal_period: true,
            codes: CodePolicy::default(),
            family: FamilyPolicy::default(),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptLimit {
    pub amount: Option<i64>,
    pub count: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptLimits {
    pub meal: KeptLimit,
    pub day: KeptLimit,
    pub month: KeptLimit,
}

impl KeptLimits {
    pub fn rules(&self) -> Limits {
        let limit = |kept: KeptLimit| Limit { amount: kept.amount.map(Cents::new), count: kept.count };
        Limits { meal: limit(self.meal), day: limit(self.day), month: limit(self.month) }
    }
}

/// Limits of a class or a person, and what may not be bought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OwnLimit {
    pub limits: KeptLimits,
    pub no_buy_categories: Vec<String>,
}

impl SchoolPolicy {
    pub fn topup(&self) -> TopupPolicy {
        TopupPolicy {
            min: Cents::new(self.topup_min),
            single_cap: Cents::new(self.topup_single_cap),
            balance_cap: Cents::new(self.balance_cap),
        }
    }

    pub fn arrears(&self) -> ArrearsPolicy {
        ArrearsPolicy { allowed: self.arrears_allowed, cap: Cents::new(self.arrears_cap) }
    }
}

impl CodePolicy {
    pub fn copies(&self) -> CopyPolicy {
        CopyPolicy {
            window_ms: self.copy_window_s * 1000,
            near_window_ms: self.copy_near_window_s * 1000,
            photo_check: self.copy_photo_check,
        }
    }
}

/// Everything that limits a purchase, at one version.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub version: i64,
    pub school: SchoolPolicy,
    pub classes: HashMap<ClassId, OwnLimit>,
    pub persons: HashMap<PersonId, OwnLimit>,
}

impl Snapshot {
    /// School, class and person joined: the strictest of each, and every category that is not allowed.
    pub fn of(&self, class: Option<ClassId>, person: PersonId) -> (Limits, Vec<String>) {
        let mut limits = self.school.limits.rules();
        let mut no_buy = Vec::new();
        let own = [class.and_then(|class| self.classes.get(&class)), self.persons.get(&person)];
        for own in own.into_iter().flatten() {
            limits = limits.and(own.limits.rules());
            no_buy.extend(own.no_buy_categories.iter().cloned());
        }
        (limits, no_buy)
    }
}

#[derive(Default)]
pub struct PolicyCache(Mutex<HashMap<SchoolId, Arc<Snapshot>>>);

impl PolicyCache {
    /// As last seen; whoever decides with it compares the version inside the transaction.
    pub fn known(&self, school: SchoolId) -> Option<Arc<Snapshot>> {
        self.0.lock().expect("nobody panics with the policies").get(&school).cloned()
    }

    /// The policy of now: one small question says whether the one in memory still stands.
    pub async fn get(&self, db: &Db, school: SchoolId) -> Result<Arc<Snapshot>, DbError> {
        let known = self.known(school);
        let kept = known.as_ref().map(|snapshot| snapshot.version);
        let fresh =
            db.read(move |tx| {
                if Some(store::version(tx, school)?) == kept { Ok(None) } else { store::load(tx, school).map(Some) }
            })
            .await?;
        match (fresh, known) {
            (None, Some(known)) => Ok(known),
            (None, None) => Err(DbError::Broken("a policy can't be unchanged when none is known".into())),
            (Some(fresh), _) => {
                let fresh = Arc::new(fresh);
                self.0.lock().expect("nobody panics with the policies").insert(school, Arc::clone(&fresh));
                Ok(fresh)
            }
        }
    }
}

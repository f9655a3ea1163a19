//! What became of a purchase, and its form inside the entry: the first answer can always be given again.

use serde::{Deserialize, Serialize};
use std::sync::Arc;
use yitong_rules::{By, Question, Refusal};
use yitong_values::{Cents, EntryId, PersonId, Timestamp};

/// Kept as the detail of the entry. Short names, because it is kept millions of times. No name of a person is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    pub balance_after: i64,
    pub arrears_after: i64,
    pub mode: String,
    pub period: Option<uuid::Uuid>,
    pub items: Vec<KeptItem>,
    /// Slot and fen.
    pub from: Vec<(u8, i64)>,
    pub arrears: i64,
    pub later: bool,
    pub cashier: uuid::Uuid,
    pub trace: String,
    pub stall_name: String,
    /// Of the ask, in hex.
    pub digest: String,
    /// The terminal that sold it while nobody heard it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offline: Option<uuid::Uuid>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptItem {
    /// Dish.
    pub d: uuid::Uuid,
    /// Revision.
    pub r: uuid::Uuid,
    /// Name of the revision.
    pub n: String,
    /// Count.
    pub c: u32,
    /// Price of one, in fen.
    pub p: i64,
}

/// A booked purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sold {
    pub id: EntryId,
    pub payer: Known,
    pub at: Timestamp,
    pub booked_at: Timestamp,
    pub amount: Cents,
    /// A `Kept`, as the entry has it.
    pub detail: String,
}

impl Sold {
    pub fn kept(&self) -> Kept {
        serde_json::from_str(&self.detail).unwrap_or_default()
    }
}

/// Somebody whom a code or a cashier named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub id: PersonId,
    /// As the row said when this was decided; `None` when it was decided earlier, and has to be looked up.
    pub seen: Option<Arc<Seen>>,
}

/// What a cashier may see of somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub name: String,
    pub number: String,
    pub class: Option<String>,
    pub has_photo: bool,
    pub allergens: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// `first` is false when this name was asked before.
    Paid {
        sold: Box<Sold>,
        first: bool,
    },
    Refused {
        refusal: Refusal,
        trace: String,
        person: Option<Known>,
        first: bool,
    },
    Ask {
        question: Question,
        person: Known,
        trace: String,
    },
    /// The name belongs to another purchase.
    NameTaken,
    NoSuchPerson,
    /// The menu, the policy or the places changed since they were read: read them and ask again.
    Stale,
}

/// A refusal as it is kept: its code and its numbers, so that its words can be made again.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptRefusal {
    pub code: String,
    pub a: i64,
    pub b: i64,
    /// Set by guardians, not by the school.
    #[serde(skip_serializing_if = "is_false")]
    pub own: bool,
    pub text: String,
    pub trace: String,
    pub mode: String,
    pub items: Vec<KeptItem>,
    pub cashier: uuid::Uuid,
    pub stall_name: String,
}

impl KeptRefusal {
    pub fn of(refusal: &Refusal) -> KeptRefusal {
        use Refusal::*;
        let (a, b, text) = match refusal {
            OverPurchaseCap { cap, .. } | ArrearsCap { cap } => (cap.fen(), 0, ""),
            CategoryNotAllowed { category, .. } => (0, 0, category.as_str()),
            Allergen { allergen, .. } => (0, 0, allergen.as_str()),
            OverMealCount { limit } | OverDayCount { limit } | OverMonthCount { limit } => (i64::from(*limit), 0, ""),
            OverMealAmount { limit, spent, .. } | OverDayAmount { limit, spent, .. } => (limit.fen(), spent.fen(), ""),
            OverMonthAmount { limit, spent } => (limit.fen(), spent.fen(), ""),
            TooLittleMoney { missing, may_collect_later } => (missing.fen(), i64::from(*may_collect_later), ""),
            CodeStale { seconds } => (i64::from(*seconds), 0, ""),
            CodeUnknown | CodeLost | CodeReplaced | CodeExpired | CodeUsed => (0, 0, ""),
            PersonLeft | PersonSuspended | AccountFrozen { .. } => (0, 0, ""),
            ClosedToday | OutsideMealPeriod => (0, 0, ""),
        };
        let own = refusal.by() == By::Guardian;
        KeptRefusal { code: refusal.code().into(), a, b, own, text: text.into(), ..KeptRefusal::default() }
    }

    pub fn refusal(&self) -> Option<Refusal> {
        use Refusal::*;
        let (a, b) = (Cents::new(self.a), Cents::new(self.b));
        let count = u32::try_from(self.a).unwrap_or(0);
        let by = if self.own { By::Guardian } else { By::School };
        Some(match self.code.as_str() {
            "code_unknown" => CodeUnknown,
            "code_lost" => CodeLost,
            "code_replaced" => CodeReplaced,
            "code_expired" => CodeExpired,
            "code_stale" => CodeStale { seconds: i32::try_from(self.a).unwrap_or(i32::MAX) },
            "code_used" => CodeUsed,
            "person_left" => PersonLeft,
            "person_suspended" => PersonSuspended,
            "account_frozen" => AccountFrozen { by },
            "closed_today" => ClosedToday,
            "outside_meal_period" => OutsideMealPeriod,
            "over_purchase_cap" => OverPurchaseCap { cap: a, by },
            "category_not_allowed" => CategoryNotAllowed { category: self.text.clone(), by },
            "allergen" => Allergen { allergen: self.text.clone(), by },
            "over_meal_count" => OverMealCount { limit: count },
            "over_day_count" => OverDayCount { limit: count },
            "over_month_count" => OverMonthCount { limit: count },
            "over_meal_amount" => OverMealAmount { limit: a, spent: b, by },
            "over_day_amount" => OverDayAmount { limit: a, spent: b, by },
            "over_month_amount" => OverMonthAmount { limit: a, spent: b },
            "arrears_cap" => ArrearsCap { cap: a },
            "too_little_money" => TooLittleMoney { missing: a, may_collect_later: self.b == 1 },
            _ => return None,
        })
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_can_be_kept() {
        let (a, b) = (Cents::new(5), Cents::new(7));
        let (by, own) = (By::School, By::Guardian);
        let all = [
            Refusal::CodeUnknown,
            Refusal::CodeLost,
            Refusal::CodeReplaced,
            Refusal::CodeExpired,
            Refusal::CodeStale { seconds: -31 },
            Refusal::CodeUsed,
            Refusal::PersonLeft,
            Refusal::PersonSuspended,
            Refusal::AccountFrozen { by },
            Refusal::AccountFrozen { by: own },
            Refusal::ClosedToday,
            Refusal::OutsideMealPeriod,
            Refusal::OverPurchaseCap { cap: a, by },
            Refusal::OverPurchaseCap { cap: b, by: own },
            Refusal::CategoryNotAllowed { category: "零食".into(), by },
            Refusal::CategoryNotAllowed { category: "零食".into(), by: own },
            Refusal::Allergen { allergen: "花生".into(), by },
            Refusal::Allergen { allergen: "花生".into(), by: own },
            Refusal::OverMealCount { limit: 1 },
            Refusal::OverDayCount { limit: 2 },
            Refusal::OverMonthCount { limit: 3 },
            Refusal::OverMealAmount { limit: a, spent: b, by },
            Refusal::OverMealAmount { limit: a, spent: b, by: own },
            Refusal::OverDayAmount { limit: a, spent: b, by },
            Refusal::OverDayAmount { limit: a, spent: b, by: own },
            Refusal::OverMonthAmount { limit: a, spent: b },
            Refusal::ArrearsCap { cap: a },
            Refusal::TooLittleMoney { missing: a, may_collect_later: true },
        ];
        for refusal in all {
            assert_eq!(KeptRefusal::of(&refusal).refusal(), Some(refusal));
        }
    }
}

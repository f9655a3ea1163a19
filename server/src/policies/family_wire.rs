//! The part of the policy that is about guardians, over HTTP; and what guardians of one person set, for the office to
//! see.

use super::guardian_store::KeptRule;
use super::policy::FamilyPolicy;
use crate::plumbing::http::{Money, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const COMPLAINT_DAYS_MAX: i64 = 30;

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = PolicyFamily)]
#[serde(deny_unknown_fields)]
pub(super) struct FamilyWire {
    /// School days within which a complaint is answered.
    complaint_days: i64,
    /// Whether guardians who want it are told of a meal that was not bought.
    meal_missed: bool,
}

pub(super) fn wire(family: &FamilyPolicy) -> FamilyWire {
    FamilyWire { complaint_days: family.complaint_days, meal_missed: family.meal_missed }
}

pub(super) fn kept(ask: &FamilyWire) -> Result<FamilyPolicy, Problem> {
    if !(1..=COMPLAINT_DAYS_MAX).contains(&ask.complaint_days) {
        let (zh, en) = ("答复期限为 1 至 30 个上学日。", "A complaint is answered within 1 to 30 school days.");
        return Err(Problem::bad("bad_number", zh, en).field("family.complaint_days"));
    }
    Ok(FamilyPolicy { complaint_days: ask.complaint_days, meal_missed: ask.meal_missed })
}

/// What guardians set for a person; it counts where it is stricter than the school.
#[derive(Serialize, ToSchema)]
pub(super) struct GuardianLimits {
    frozen: bool,
    purchase: Option<Money>,
    meal: Option<Money>,
    day: Option<Money>,
    no_buy_categories: Vec<String>,
    allergens: Vec<String>,
}

impl GuardianLimits {
    pub(super) fn of(kept: KeptRule) -> GuardianLimits {
        let money = |fen: Option<i64>| fen.map(|fen| Money { fen });
        let rule = kept.rule;
        GuardianLimits {
            frozen: rule.frozen,
            purchase: money(rule.purchase_cap),
            meal: money(rule.meal),
            day: money(rule.day),
            no_buy_categories: rule.no_buy_categories,
            allergens: rule.allergens,
        }
    }
}

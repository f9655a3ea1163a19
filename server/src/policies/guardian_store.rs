//! What the guardians of one person decided: a layer of own limits beside the school's, which can only be stricter.
//! A row a person, read in the look-up that finds the payer: a guardian's change costs the others of the school nothing.

use crate::plumbing::changes::{self, Lists};
use crate::plumbing::db::{DbError, Row, Tx};
use serde::{Deserialize, Serialize};
use yitong_rules::GuardianRules;
use yitong_values::{Cents, PersonId, SchoolId};

crate::sql! {
    FIND_RULE = "SELECT frozen, body, version, low_balance FROM guardian_rule WHERE school_id = $1 AND person_id = $2";
    PUT_RULE = "INSERT INTO guardian_rule (school_id, person_id, version, frozen, low_balance, body) \
                VALUES ($1, $2, 1, $3, $4, $5) ON CONFLICT (school_id, person_id) DO UPDATE SET \
                version = guardian_rule.version + 1, frozen = excluded.frozen, low_balance = excluded.low_balance, \
                body = excluded.body";
}

/// As it is kept. Amounts in fen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GuardianRule {
    #[serde(skip)]
    pub frozen: bool,
    pub purchase_cap: Option<i64>,
    pub meal: Option<i64>,
    pub day: Option<i64>,
    pub no_buy_categories: Vec<String>,
    /// Beside those that the school has on record.
    pub allergens: Vec<String>,
}

impl GuardianRule {
    pub fn rules(&self) -> GuardianRules<'_> {
        GuardianRules {
            frozen: self.frozen,
            purchase_cap: self.purchase_cap.map(Cents::new),
            meal: self.meal.map(Cents::new),
            day: self.day.map(Cents::new),
            no_buy_categories: &self.no_buy_categories,
            allergens: &self.allergens,
        }
    }

    /// From two columns that an outer join may leave empty.
    pub fn read(row: &Row, frozen: usize, body: usize) -> Result<GuardianRule, DbError> {
        let Some(text) = row.opt_text(body)? else { return Ok(GuardianRule::default()) };
        let kept: GuardianRule = serde_json::from_str(&text)
            .map_err(|why| DbError::Broken(format!("a guardian's rule can't be read: {why}")))?;
        Ok(GuardianRule { frozen: row.opt_int(frozen)?.unwrap_or(0) != 0, ..kept })
    }
}

/// Until guardians say otherwise they are told when less than a day's meals is left.
const LOW_BALANCE_DEFAULT: Cents = Cents::new(2_000);

/// With what is no rule of the counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRule {
    pub rule: GuardianRule,
    /// The balance below which the guardians are told, once.
    pub low_balance: Option<Cents>,
    /// Zero before anything was set; goes up by one with every change.
    pub version: i64,
}

impl Default for KeptRule {
    fn default() -> KeptRule {
        KeptRule { rule: GuardianRule::default(), low_balance: Some(LOW_BALANCE_DEFAULT), version: 0 }
    }
}

pub fn guardian_rule(tx: &mut Tx<'_>, school: SchoolId, person: PersonId) -> Result<KeptRule, DbError> {
    let Some(row) = tx.opt(&FIND_RULE, &[school.into(), person.into()])? else { return Ok(KeptRule::default()) };
    let low_balance = row.opt_int(3)?.map(Cents::new);
    Ok(KeptRule { rule: GuardianRule::read(&row, 0, 1)?, low_balance, version: row.int(2)? })
}

/// Keeps it as it is given, whatever its version says.
pub fn put_guardian_rule(tx: &mut Tx<'_>, school: SchoolId, person: PersonId, kept: &KeptRule) -> Result<(), DbError> {
    let body = serde_json::to_string(&kept.rule).expect("our own rule is JSON");
    let params = [school.into(), person.into(), kept.rule.frozen.into(), kept.low_balance.into(), body.into()];
    tx.execute(&PUT_RULE, &params)?;
    changes::record(tx, school, [person], Lists::Changed)
}

//! What guardians decide for a child, over HTTP: limits, what is not bought, allergens, the low-balance line.

use super::low_balance;
use crate::App;
use crate::guardians::{OfChild, right};
use crate::people;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Money, Problem};
use crate::policies::{GuardianRule, KeptRule, Snapshot, guardian_rule, put_guardian_rule};
use crate::signin::audit::Subject;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yitong_values::{Cents, SchoolId};

const AMOUNT_MAX: i64 = 10_000_000;
const WORDS_MAX: usize = 30;
const WORD_CHARS_MAX: usize = 20;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, put))
}

/// What guardians set, beside what the school set; the stricter counts.
#[derive(Serialize, ToSchema)]
#[schema(as = GuardianLimitsPage)]
struct Limits {
    meal: Option<Money>,
    day: Option<Money>,
    purchase: Option<Money>,
    no_buy: Vec<String>,
    /// Beside those that the school has on record.
    allergens: Vec<String>,
    low_balance: Option<Money>,
    version: i64,
    school: SchoolLimits,
    /// All categories of dishes, to choose from.
    categories: Vec<String>,
    /// All allergens that dishes name.
    known_allergens: Vec<String>,
}

/// What the school set for this child: its own, the class's and the person's limits together.
#[derive(Serialize, ToSchema)]
#[schema(as = GuardianLimitsOfSchool)]
struct SchoolLimits {
    meal: Option<Money>,
    day: Option<Money>,
    month: Option<Money>,
    purchase: Money,
    no_buy: Vec<String>,
    allergens: Vec<String>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LimitsAsk {
    meal: Option<Money>,
    day: Option<Money>,
    purchase: Option<Money>,
    no_buy: Vec<String>,
    allergens: Vec<String>,
    /// Null: nobody is told of a low balance.
    low_balance: Option<Money>,
    /// As it was read: whoever changed it meanwhile is not overwritten.
    version: i64,
}

fn amount(field: &str, money: Option<Money>) -> Result<Option<i64>, Problem> {
    match money {
        Some(money) if !(0..=AMOUNT_MAX).contains(&money.fen) => {
            let (zh, en) = ("金额须在 0 至 10 万元之间。", "An amount is ¥0 to ¥100,000.");
            Err(Problem::bad("bad_amount", zh, en).field(field))
        }
        money => Ok(money.map(|money| money.fen)),
    }
}

/// Trimmed, each once, in the order in which they were chosen.
fn words(field: &str, words: &[String]) -> Result<Vec<String>, Problem> {
    let mut kept: Vec<String> = Vec::new();
    for word in words.iter().map(|word| word.trim()).filter(|word| !word.is_empty()) {
        if !kept.iter().any(|known| known == word) {
            kept.push(word.to_owned());
        }
    }
    let odd = |word: &String| word.chars().count() > WORD_CHARS_MAX || word.contains(',');
    if kept.len() > WORDS_MAX || kept.iter().any(odd) {
        let zh = format!("最多 {WORDS_MAX} 项，每项不超过 {WORD_CHARS_MAX} 个字，不含逗号。");
        let en = format!("At most {WORDS_MAX} words of {WORD_CHARS_MAX} characters, without commas.");
        return Err(Problem::bad("bad_words", zh, en).field(field));
    }
    Ok(kept)
}

impl LimitsAsk {
    /// Freezing is no part of the page, and stays as it is.
    fn kept(&self, frozen: bool) -> Result<KeptRule, Problem> {
        let rule = GuardianRule {
            frozen,
            purchase_cap: amount("purchase", self.purchase)?,
            meal: amount("meal", self.meal)?,
            day: amount("day", self.day)?,
            no_buy_categories: words("no_buy", &self.no_buy)?,
            allergens: words("allergens", &self.allergens)?,
        };
        let low_balance = amount("low_balance", self.low_balance)?.map(Cents::new);
        Ok(KeptRule { rule, low_balance, version: self.version })
    }
}

async fn page<R>(app: &App, who: &OfChild<R>) -> Result<Json<Limits>, Problem> {
    let (school, person) = (who.school, who.person);
    let read = move |tx: &mut Tx<'_>| {
        let Some(row) = people::find_person(tx, school, person)? else { return Ok(None) };
        Ok(Some((row, guardian_rule(tx, school, person)?)))
    };
    let (row, kept) = app.db.read(read).await?.ok_or_else(Problem::absent)?;
    let of_school = of_school(app, school, &row).await?;
    let menu = app.menu.get(&app.db, school).await?;
    let sold = menu.dishes.values().filter(|dish| !dish.withdrawn);
    let categories: BTreeSet<_> = sold.clone().map(|dish| dish.category.clone()).filter(|c| !c.is_empty()).collect();
    let known_allergens: BTreeSet<_> = sold.flat_map(|dish| dish.allergens.clone()).collect();
    let money = |fen: Option<i64>| fen.map(|fen| Money { fen });
    Ok(Json(Limits {
        meal: money(kept.rule.meal),
        day: money(kept.rule.day),
        purchase: money(kept.rule.purchase_cap),
        no_buy: kept.rule.no_buy_categories,
        allergens: kept.rule.allergens,
        low_balance: kept.low_balance.map(Money::from),
        version: kept.version,
        school: of_school,
        categories: categories.into_iter().collect(),
        known_allergens: known_allergens.into_iter().collect(),
    }))
}

async fn of_school(app: &App, school: SchoolId, row: &people::PersonRow) -> Result<SchoolLimits, DbError> {
    let snapshot: std::sync::Arc<Snapshot> = app.policies.get(&app.db, school).await?;
    let (limits, no_buy) = snapshot.of(row.class.as_ref().map(|(class, _)| *class), row.id);
    Ok(SchoolLimits {
        meal: limits.meal.amount.map(Money::from),
        day: limits.day.amount.map(Money::from),
        month: limits.month.amount.map(Money::from),
        purchase: Money { fen: snapshot.school.purchase_cap },
        no_buy,
        allergens: row.allergens.clone(),
    })
}

/// What the trail holds: what a child can't eat is nobody's business there, so lists are counted.
fn audited(kept: &KeptRule) -> Value {
    let rule = &kept.rule;
    json!({
        "purchase": rule.purchase_cap, "meal": rule.meal, "day": rule.day,
        "no_buy": rule.no_buy_categories.len(), "allergens": rule.allergens.len(),
        "low_balance": kept.low_balance.map(Cents::fen),
    })
}

/// Limits, what is not bought, allergens and the low-balance line of a child, with what the school set.
#[utoipa::path(get, path = "/guardian/children/{binding}/limits", tag = "family", params(("binding" = Uuid, Path)),
    responses((status = 200, body = Limits)), security(("guardian" = ["see"])))]
async fn show(State(app): State<App>, who: OfChild<right::See>) -> Result<Json<Limits>, Problem> {
    page(&app, &who).await
}

/// Set them. The next purchase follows them.
#[utoipa::path(put, path = "/guardian/children/{binding}/limits", tag = "family", params(("binding" = Uuid, Path)),
    request_body = LimitsAsk, responses((status = 200, body = Limits), (status = 409), (status = 422)),
    security(("guardian" = ["control"])))]
async fn put(
    State(app): State<App>,
    who: OfChild<right::Control>,
    Body(ask): Body<LimitsAsk>,
) -> Result<Json<Limits>, Problem> {
    ask.kept(false)?;
    let (school, person, note) = (who.school, who.person, who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        let known = guardian_rule(tx, school, person)?;
        let new = match ask.kept(known.rule.frozen) {
            Ok(new) => new,
            Err(problem) => return Ok(Err(problem)),
        };
        // The same again changes nothing, also when the first answer was not heard.
        if (&known.rule, known.low_balance) == (&new.rule, new.low_balance) {
            return Ok(Ok(()));
        }
        if known.version != ask.version {
            let zh = "设置已被另一位家长修改，请刷新后再改。";
            let en = "Another guardian has changed it meanwhile; reload and change it again.";
            return Ok(Err(Problem::conflict("changed_meanwhile", zh, en).with("version", known.version)));
        }
        put_guardian_rule(tx, school, person, &new)?;
        low_balance::moved(tx, school, person)?;
        let child = people::find_person(tx, school, person)?.map_or(String::new(), |row| row.name);
        let subject = Subject("person", &person.to_string(), &child);
        note.record(tx, "guardian.limits", subject, audited(&known), audited(&new))?;
        Ok(Ok(()))
    };
    app.db.write("guardian limits", write).await??;
    page(&app, &who).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_chosen_once() {
        let of = |texts: &[&str]| words("no_buy", &texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&[" 零食", "零食", "", "饮料 "]).ok(), Some(vec!["零食".to_owned(), "饮料".to_owned()]));
        for bad in [&["a,b"][..], &["字".repeat(21).as_str()][..], &vec!["一"; 1][..]] {
            let refused = of(bad).is_err();
            assert_eq!(refused, bad != ["一"], "{bad:?}");
        }
        let many: Vec<_> = (0..=WORDS_MAX).map(|n| n.to_string()).collect();
        assert!(words("no_buy", &many).is_err());
    }
}

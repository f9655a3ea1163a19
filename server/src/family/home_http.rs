//! The first page of a guardian: each child with money, meals of today and the latest purchases.

use super::history::{Undone, Walk};
use super::lines::{self, PurchaseLine};
use super::meals::{self, Eaten, Meal};
use super::purchases_http::Part;
use crate::App;
use crate::credentials::loss_store as loss;
use crate::guardians::{self, Child, Guardian};
use crate::notices::{self, Locale};
use crate::payments;
use crate::people;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Money, Problem};
use crate::policies::guardian_rule;
use crate::schools::{Facts, facts_of};
use crate::wallets;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yitong_ledger::Kind;
use yitong_values::{BusinessDay, PersonId, SchoolId, Timestamp};

const LATEST: usize = 3;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(home))
}

/// Everything that the first page shows.
#[derive(Serialize, ToSchema)]
#[schema(as = GuardianHome)]
struct Home {
    children: Vec<HomeChild>,
    /// Messages that were not read.
    unread: i64,
}

/// A child with what is true of the account now. Without an active binding the rest is null or empty.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = GuardianHomeChild)]
struct HomeChild {
    child: Child,
    balance: Option<Money>,
    /// 延迟扣款: what is still to be collected.
    arrears: Option<Money>,
    /// By the school or a guardian.
    frozen: bool,
    frozen_by_school: bool,
    code_lost: bool,
    lost_by_school: bool,
    /// Whether the school tells guardians who ask for it that a meal was not bought.
    meal_missed_offered: bool,
    /// Null without the consent to see purchases.
    spent_today: Option<Money>,
    meals_today: Vec<Meal>,
    latest: Vec<PurchaseLine>,
    /// on, paused, unsigned or refused; null when nothing is set up.
    auto_topup: Option<String>,
}

impl HomeChild {
    fn closed(child: Child) -> HomeChild {
        HomeChild {
            child,
            balance: None,
            arrears: None,
            frozen: false,
            frozen_by_school: false,
            code_lost: false,
            lost_by_school: false,
            meal_missed_offered: false,
            spent_today: None,
            meals_today: Vec::new(),
            latest: Vec::new(),
            auto_topup: None,
        }
    }
}

/// For whom it is read, and when.
struct Look {
    locale: Locale,
    now: Timestamp,
}

impl Look {
    fn child(&self, tx: &mut Tx<'_>, child: Child, facts: Option<&Facts>) -> Result<HomeChild, DbError> {
        let (Some(person), Some(facts)) = (child.person.map(PersonId::new), facts) else {
            return Ok(HomeChild::closed(child));
        };
        let binding = guardians::find_binding(tx, child.binding.into())?;
        let Some(binding) = binding.filter(|binding| binding.open_child() == Some(person) && binding.rights.see) else {
            return Ok(HomeChild::closed(child));
        };
        let (school, today) = (facts.school, self.now.china_day());
        let Some(account) = wallets::load_account(tx, school, person)? else { return Ok(HomeChild::closed(child)) };
        let rule = guardian_rule(tx, school, person)?.rule;
        let cards = loss::cards(tx, school, person, today)?;
        let mut home = HomeChild {
            balance: Some(account.balance().into()),
            arrears: Some(account.arrears.into()),
            frozen: account.frozen || rule.frozen,
            frozen_by_school: account.frozen,
            code_lost: cards.lost(),
            lost_by_school: cards.lost_by_school > 0,
            auto_topup: payments::auto_state(tx, school, person)?.map(str::to_owned),
            ..HomeChild::closed(child)
        };
        if binding.consents.meals {
            let mut eaten = Vec::new();
            Walk::of(&account).each(tx, |entry, undone| {
                if entry.day < today {
                    return ControlFlow::Break(());
                }
                if entry.kind == Kind::Purchase && undone == Undone::No {
                    eaten.push(lines::eaten(&entry));
                }
                ControlFlow::Continue(())
            })?;
            home.spent_today = Some(spent(&eaten));
            let known_from = joined(tx, school, person)?;
            home.meals_today = meals::of_day(facts, today, &eaten, known_from, self.now, self.locale);
            let part = Part { school, person, from: None, to: None, rows: LATEST };
            let latest = part.newest(tx)?.into_iter();
            home.latest = latest.map(|found| found.line(facts, self.locale)).collect();
        }
        Ok(home)
    }
}

pub(super) fn spent(eaten: &[Eaten]) -> Money {
    Money { fen: eaten.iter().map(|eaten| eaten.amount.fen()).sum() }
}

/// The day on which the person came, where the school wrote it down.
pub(super) fn joined(tx: &mut Tx<'_>, school: SchoolId, person: PersonId) -> Result<BusinessDay, DbError> {
    let number = people::find_person(tx, school, person)?.and_then(|row| row.joined_on);
    Ok(number.and_then(|number| BusinessDay::from_number(number).ok()).unwrap_or(BusinessDay::from_epoch_days(0)))
}

/// All children with balance, meals of today and the latest purchases.
#[utoipa::path(get, path = "/guardian/home", tag = "family", responses((status = 200, body = Home)),
    security(("guardian" = [])))]
async fn home(State(app): State<App>, who: Guardian) -> Result<Json<Home>, Problem> {
    let (id, seal) = (who.id(), app.seal.clone());
    let children = app.db.read(move |tx| guardians::children(tx, &seal, id)).await?;
    let mut facts: BTreeMap<SchoolId, Arc<Facts>> = BTreeMap::new();
    for child in children.iter().filter(|child| child.person.is_some()) {
        let school = SchoolId::new(child.school.id);
        if let std::collections::btree_map::Entry::Vacant(unknown) = facts.entry(school) {
            unknown.insert(facts_of(&app, school).await?);
        }
    }
    let mut offering = BTreeSet::new();
    for school in facts.keys() {
        if app.policies.get(&app.db, *school).await?.school.family.meal_missed {
            offering.insert(*school);
        }
    }
    let look = Look { locale: lines::locale(&who.row), now: app.now() };
    let read = move |tx: &mut Tx<'_>| {
        let each = children.iter().cloned().map(|child| {
            let facts = facts.get(&SchoolId::new(child.school.id)).map(Arc::as_ref);
            let offered = offering.contains(&SchoolId::new(child.school.id));
            look.child(tx, child, facts).map(|home| HomeChild { meal_missed_offered: offered, ..home })
        });
        let children = each.collect::<Result<Vec<_>, _>>()?;
        Ok(Home { children, unread: notices::unread(tx, id.uuid())? })
    };
    Ok(Json(app.db.read(read).await?))
}

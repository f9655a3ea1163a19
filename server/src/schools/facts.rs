//! What a purchase needs to know of its school, kept in memory and believed as long as the school's version stands.

use super::store;
use crate::plumbing::db::{Db, DbError, Tx};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use yitong_rules::{DayKind, MealPeriod, Mode};
use yitong_values::{BusinessDay, CampusId, CanteenId, Cents, SchoolId, StallId};

#[derive(Clone, Debug)]
pub struct Canteen {
    pub id: CanteenId,
    pub campus: CampusId,
    pub name: String,
    pub seats: i64,
    pub closed: bool,
}

#[derive(Clone, Debug)]
pub struct Stall {
    pub id: StallId,
    pub canteen: CanteenId,
    pub name: String,
    pub number: i64,
    pub modes: Vec<Mode>,
    pub fixed_price: Option<Cents>,
    pub closed: bool,
}

/// One school, as it is at one version.
#[derive(Clone, Debug)]
pub struct Facts {
    pub school: SchoolId,
    pub version: i64,
    pub name: String,
    pub campuses: Vec<(CampusId, String, bool)>,
    pub canteens: BTreeMap<CanteenId, Canteen>,
    pub stalls: BTreeMap<StallId, Stall>,
    pub periods: Vec<MealPeriod>,
    pub terms: Vec<(BusinessDay, BusinessDay, String)>,
    pub special_days: BTreeMap<BusinessDay, (String, String)>,
}

impl Facts {
    /// Outside every term the canteen is closed, unless no term was entered at all.
    pub fn day_kind(&self, day: BusinessDay) -> DayKind {
        match self.special_days.get(&day).map(|(kind, _)| kind.as_str()) {
            Some("make_up") => DayKind::MakeUp,
            Some(_) => DayKind::Closed,
            None => {
                let within = self.terms.iter().any(|(from, to, _)| (*from..=*to).contains(&day));
                if within || self.terms.is_empty() { DayKind::Ordinary } else { DayKind::Closed }
            }
        }
    }

    pub fn stall(&self, id: StallId) -> Option<(&Stall, &Canteen)> {
        let stall = self.stalls.get(&id)?;
        Some((stall, self.canteens.get(&stall.canteen)?))
    }
}

#[derive(Default)]
pub struct FactsCache(Mutex<HashMap<SchoolId, Arc<Facts>>>);

impl FactsCache {
    /// The facts of now: one small question says whether those in memory still stand.
    pub async fn get(&self, db: &Db, school: SchoolId) -> Result<Option<Arc<Facts>>, DbError> {
        let known = self.known(school);
        let kept = known.as_ref().map(|facts| facts.version);
        let fresh = db
            .read(move |tx| match store::version(tx, school)? {
                None => Ok(None),
                Some(version) if kept == Some(version) => Ok(Some(None)),
                Some(_) => store::load_facts(tx, school).map(Some),
            })
            .await?;
        Ok(match fresh {
            None => None,
            Some(None) => known,
            Some(Some(facts)) => {
                let facts = Arc::new(facts);
                self.0.lock().expect("nobody panics with the facts").insert(school, Arc::clone(&facts));
                Some(facts)
            }
        })
    }

    /// As last seen; whoever decides with it compares the version inside the transaction.
    pub fn known(&self, school: SchoolId) -> Option<Arc<Facts>> {
        self.0.lock().expect("nobody panics with the facts").get(&school).cloned()
    }
}

/// Inside a transaction: the facts of now, from memory if they still stand.
pub fn facts(tx: &mut Tx<'_>, cache: &FactsCache, school: SchoolId) -> Result<Option<Arc<Facts>>, DbError> {
    let Some(version) = store::version(tx, school)? else { return Ok(None) };
    if let Some(known) = cache.known(school).filter(|known| known.version == version) {
        return Ok(Some(known));
    }
    // Not kept: what this transaction has itself changed may still be rolled back.
    Ok(store::load_facts(tx, school)?.map(Arc::new))
}

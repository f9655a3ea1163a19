//! Who did not eat: some minutes after a meal period, guardians who asked for it are told that nothing was bought in
//! it. Only on days on which the canteen serves, and only where the school offers it. It says what is known, and no
//! more: a child may be ill, or have eaten something from home; leave is not known here, so who has bought nothing for
//! two weeks is not spoken of.
//! async because it waits for the next minute.

use super::meals::{self, Eaten};
use super::store;
use super::told::{About, Message};
use crate::App;
use crate::guardians::watchers;
use crate::notices::{self, GUARDIAN_WAYS, Kind};
use crate::people;
use crate::plumbing::db::{DbError, Tx};
use crate::purchases::Kept;
use crate::schools::{Facts, facts_of};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use yitong_rules::MealPeriod;
use yitong_values::{BusinessDay, Cents, DAY_MS, PersonId, SchoolId, Timestamp};

const LOOK_EVERY: Duration = Duration::from_secs(60);
/// A counter that could not reach the server brings its last sales within this.
const AFTER_MIN: i64 = 10;
/// Later than this nobody is told any more.
const UNTIL_MIN: i64 = 60;
/// A child who has bought nothing for so long eats elsewhere, and a message each day would be noise.
const LATELY_MS: i64 = 14 * DAY_MS;
/// Messages of one unit.
const CHILDREN_AT_ONCE: usize = 100;

pub(super) async fn run(app: App) {
    let stopping = app.stopping().wait();
    tokio::pin!(stopping);
    loop {
        if let Err(error) = tell_missed(&app).await {
            tracing::warn!(%error, "nobody was told of meals; tried again later");
        }
        tokio::select! {
            () = &mut stopping => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Tells of every period that has been over for some minutes; says how many messages were queued.
pub async fn tell_missed(app: &App) -> Result<usize, DbError> {
    let mut told = 0;
    for school in app.db.read(store::schools).await? {
        if !app.policies.get(&app.db, school).await?.school.family.meal_missed {
            continue;
        }
        let Ok(facts) = facts_of(app, school).await else { continue };
        let (now, today) = (app.now(), app.now().china_day());
        for period in over(&facts, now) {
            let key = (school, today, period.id);
            if app.family.meals_done.lock().expect("nobody panics with the meals").contains(&key) {
                continue;
            }
            told += one(app, &facts, period, now).await?;
            let mut done = app.family.meals_done.lock().expect("nobody panics with the meals");
            done.retain(|(_, day, _)| *day == today);
            done.insert(key);
        }
    }
    Ok(told)
}

/// The periods of today that ended a while ago.
fn over(facts: &Facts, now: Timestamp) -> Vec<&MealPeriod> {
    let minute = i64::from(now.china_minute());
    let due = |period: &&MealPeriod| (AFTER_MIN..UNTIL_MIN).contains(&(minute - i64::from(period.end)));
    meals::served(facts, now.china_day()).into_iter().filter(due).collect()
}

async fn one(app: &App, facts: &Arc<Facts>, period: &MealPeriod, now: Timestamp) -> Result<usize, DbError> {
    let (school, day, id) = (facts.school, now.china_day(), period.id.uuid());
    let of = Arc::clone(facts);
    let read = move |tx: &mut Tx<'_>| {
        let mut ate = HashSet::new();
        store::each_bought(tx, school, day, |person, at, detail| {
            let kept: Kept = serde_json::from_str(detail).unwrap_or_default();
            if meals::period_of(&of, &Eaten { at, period: kept.period, amount: Cents::ZERO }) == Some(id) {
                ate.insert(person);
            }
        })?;
        let watched = store::meals_watched(tx, school, now.plus_ms(-LATELY_MS))?;
        Ok(watched.into_iter().filter(|person| !ate.contains(person)).collect::<Vec<PersonId>>())
    };
    let missed = app.db.read(read).await?;
    let mut told = 0;
    for children in missed.chunks(CHILDREN_AT_ONCE) {
        let (children, period) = (children.to_vec(), period.clone());
        let write = move |tx: &mut Tx<'_>| {
            let each = children.iter().map(|child| tell(tx, school, *child, day, &period, now));
            each.sum::<Result<usize, DbError>>()
        };
        told += app.db.write("tell of missed meals", write).await?;
    }
    if told > 0 {
        app.notices.wake();
    }
    Ok(told)
}

fn tell(
    tx: &mut Tx<'_>,
    school: SchoolId,
    person: PersonId,
    day: BusinessDay,
    period: &MealPeriod,
    now: Timestamp,
) -> Result<usize, DbError> {
    let child = people::find_person(tx, school, person)?.map_or(String::new(), |row| row.name);
    let about = About { school, person, at: now };
    let mut told = 0;
    for to in watchers(tx, school, person)?.iter().filter(|watcher| watcher.consents.meals) {
        let chosen = notices::preferences(tx, to.guardian.uuid())?;
        if !chosen.wants_any(Kind::MealMissed, &GUARDIAN_WAYS) {
            continue;
        }
        let message = Message {
            cause: format!("missed:{person}:{day}:{}", period.id),
            kind: Kind::MealMissed,
            params: vec![
                ("child", child.clone()),
                ("meal_zh", period.name_zh.clone()),
                ("meal_en", period.name_en.to_lowercase()),
                ("day", day.to_string()[5..].to_owned()),
            ],
            link: format!("/parent/calendar?child={}", to.binding),
        };
        told += usize::from(notices::queue(tx, &about.notice(to.into(), &message))?);
    }
    Ok(told)
}

//! What the server does about terminals by itself: it notices who is silent, gives back what was charged twice, and
//! forgets what is old.

use super::alarm::{self, Alarm};
use super::{alarm_store, commands_store, fleet, lend_store, slips, store};
use crate::App;
use crate::plumbing::changes;
use crate::plumbing::db::{DbError, Tx};
use crate::schools::facts_of;
use std::time::Duration;
use yitong_rules::period_at;
use yitong_values::{DAY_MS, SchoolId};

const LOOK_EVERY: Duration = Duration::from_secs(30);
/// Looks between two times of forgetting: about six hours.
const FORGET_EVERY: u32 = 720;
/// A terminal that was away longer reads everybody again.
const CHANGES_KEPT_MS: i64 = 14 * DAY_MS;
const LOGS_KEPT_MS: i64 = 30 * DAY_MS;
/// What a machine that is gone may still have sold is written off: whoever finds it can still bring its journal.
const LEASES_KEPT_MS: i64 = 14 * DAY_MS;

/// Goes on as long as the server serves.
pub fn start(app: &App) {
    tokio::spawn(watch(app.clone()));
}

async fn watch(app: App) {
    let stopping = app.stopping().wait();
    tokio::pin!(stopping);
    let mut looks = 0u32;
    loop {
        if let Err(error) = look(&app).await {
            tracing::warn!(%error, "terminals were not looked after; tried again");
        }
        if looks.is_multiple_of(FORGET_EVERY)
            && let Err(error) = forget(&app).await
        {
            tracing::warn!(%error, "old changes were not forgotten");
        }
        looks = looks.wrapping_add(1);
        tokio::select! {
            () = &mut stopping => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Raises and clears what a silent terminal can't say itself; at night also what nobody saw at the tills.
pub async fn look(app: &App) -> Result<(), DbError> {
    for school in app.db.read(alarm_store::schools).await? {
        look_at(app, school).await?;
        // Whoever stands in the way of it must not hide a silent terminal of the next school.
        if let Err(error) = slips::give_back(app, school).await {
            tracing::warn!(%error, "second charges were not given back; tried again");
        }
    }
    Ok(())
}

async fn look_at(app: &App, school: SchoolId) -> Result<(), DbError> {
    let now = app.now();
    let Ok(facts) = facts_of(app, school).await else { return Ok(()) };
    let serving = period_at(&facts.periods, facts.day_kind(now.china_day()), now).is_some();
    let all = app.db.read(move |tx| store::all(tx, school)).await?;
    let there = all.into_iter().filter(|of| of.journal > 0 && of.revoked_at.is_none());
    let silent = |of: &fleet::Terminal| of.seen_at.is_none_or(|seen| now.since(seen) >= alarm::SILENT_MS);
    let (silent, heard): (Vec<_>, Vec<_>) = there.partition(silent);
    let base = app.new_id();
    let write = move |tx: &mut Tx<'_>| {
        for of in &heard {
            alarm_store::clear(tx, (school, of.id), Alarm::Silent, now)?;
        }
        for (n, of) in silent.iter().enumerate().filter(|_| serving) {
            let base = uuid::Uuid::from_u128(base.as_u128() ^ ((n as u128 + 1) << 8));
            let since = of.seen_at.map_or(0, |seen| now.since(seen) / 60_000);
            alarm_store::raise(tx, (school, of.id), Alarm::Silent, base, &format!("{since} min"), now)?;
        }
        Ok(())
    };
    app.db.write("look after terminals", write).await
}

async fn forget(app: &App) -> Result<(), DbError> {
    let now = app.now();
    let write = move |tx: &mut Tx<'_>| {
        changes::forget(tx, now.plus_ms(-CHANGES_KEPT_MS))?;
        commands_store::forget_logs(tx, now.plus_ms(-LOGS_KEPT_MS))?;
        lend_store::close_old(tx, now.plus_ms(-LEASES_KEPT_MS), now)?;
        Ok(())
    };
    app.db.write("forget old changes", write).await
}

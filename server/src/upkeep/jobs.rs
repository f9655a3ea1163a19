//! What the running server does by itself: it watches the clock, goes on with what was stopped, forgets what is old and
//! makes a copy each day.

use super::health::{BackupFailure, Jump};
use super::{backup, manifest, store};
use crate::App;
use crate::plumbing::db::Place;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use yitong_values::Timestamp;

/// The mark that carries the last time seen over a restart.
pub(super) const CLOCK_MARK: &str = "clock";
const MARK_EVERY: Duration = Duration::from_secs(60);
/// Time servers correct by less than this.
const JUMP_MS: i64 = 5_000;

/// Begins the work that goes on as long as the server serves.
pub fn start(app: &App) {
    crate::people::resume_plans(app);
    crate::payments::start(app);
    crate::notices::start(app);
    crate::terminals::start(app);
    tokio::spawn(watch_clock(app.clone()));
    tokio::spawn(forget_daily(app.clone()));
    if let Some(listen) = app.config.metrics_listen {
        tokio::spawn(super::metrics_http::serve(app.clone(), listen));
    }
    if let (Place::File(path), Some(minute)) = (&app.config.database, app.config.backup.daily_at) {
        tokio::spawn(back_up_daily(app.clone(), path.clone(), minute));
    }
}

/// Each minute the time is written down; a time before the last one means that the clock went back.
async fn watch_clock(app: App) {
    let kept = app.db.read(|tx| store::mark(tx, CLOCK_MARK)).await;
    if let Ok(Some(last)) = kept {
        look(&app, last);
    }
    let stopping = app.stopping().wait();
    tokio::pin!(stopping);
    loop {
        let (seen, since) = (app.now(), Instant::now());
        let marked = app.db.write("clock mark", move |tx| store::put_mark(tx, CLOCK_MARK, seen)).await;
        if let Err(error) = marked {
            // The health page says so as well; here it can be found later.
            tracing::warn!(%error, "the database did not take the mark of the minute");
        }
        tokio::select! {
            () = &mut stopping => return,
            () = tokio::time::sleep(MARK_EVERY) => {}
        }
        let passed = i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX);
        look(&app, seen.plus_ms(passed));
    }
}

const DAY: Duration = Duration::from_secs(86_400);

/// Rows of plans that were done long ago hold personal data that nobody needs any more.
async fn forget_daily(app: App) {
    let stopping = app.stopping().wait();
    tokio::pin!(stopping);
    loop {
        match crate::people::forget_old_plans(&app).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "rows of old plans were erased"),
            Err(error) => tracing::warn!(%error, "old plans were not erased"),
        }
        match crate::notices::forget_old(&app).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "old messages were erased"),
            Err(error) => tracing::warn!(%error, "old messages were not erased"),
        }
        tokio::select! {
            () = &mut stopping => return,
            () = tokio::time::sleep(DAY) => {}
        }
    }
}

/// A copy that failed is tried again after this.
const BACKUP_AGAIN_MS: i64 = 3_600_000;

async fn back_up_daily(app: App, database: PathBuf, minute: u16) {
    let stopping = app.stopping().wait();
    tokio::pin!(stopping);
    loop {
        let (work, from) = (app.clone(), database.clone());
        // Not in a request's thread: copying and proving reads the whole database.
        let _ = tokio::task::spawn_blocking(move || back_up_when_due(&work, &from, minute)).await;
        tokio::select! {
            () = &mut stopping => return,
            () = tokio::time::sleep(MARK_EVERY) => {}
        }
    }
}

fn back_up_when_due(app: &App, database: &std::path::Path, minute: u16) {
    let (now, config) = (app.now(), &app.config.backup);
    let newest = manifest::list(&config.folder).first().map(manifest::Manifest::made_at);
    let failed = app.upkeep.backup_failure().map(|failure| failure.at);
    if !due(now, newest.unwrap_or(app.upkeep.started), failed, minute) {
        return;
    }
    let made = backup::make(database, &config.folder, config.keep, app.seal.fingerprint(), now);
    match &made {
        Ok(copy) => tracing::info!(bytes = copy.bytes, entries = copy.entries, "a backup was made and proven"),
        Err(error) => tracing::error!(%error, why = error.words().1, "the backup failed"),
    }
    app.upkeep.backup_ended(made.err().map(|why| BackupFailure { at: now, why: why.words() }));
}

/// Whether a planned time has passed since the newest copy. One that was missed, because the machine was off, is made
/// up for at once.
fn due(now: Timestamp, newest: Timestamp, failed: Option<Timestamp>, minute: u16) -> bool {
    let planned = now.china_day().start().plus_ms(i64::from(minute) * 60_000);
    let last = if planned <= now { planned } else { planned.plus_ms(-86_400_000) };
    newest < last && failed.is_none_or(|at| now.since(at) >= BACKUP_AGAIN_MS)
}

/// Compares the clock with a time that it must have reached.
fn look(app: &App, reached: Timestamp) {
    let now = app.now();
    let back_ms = reached.since(now);
    if back_ms > JUMP_MS {
        tracing::warn!(back_ms, "the clock went back");
        app.upkeep.clock_jumped(Jump { at: now, back_ms });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_due_once_a_day() {
        // Noon in China; the plan says 03:30.
        let noon = Timestamp::from_ms(1_795_492_800_000);
        let hour = 3_600_000;
        let due_at =
            |newest_hours: i64, failed: Option<Timestamp>| due(noon, noon.plus_ms(newest_hours * hour), failed, 210);
        assert!(!due_at(-8, None), "made at 04:00 today");
        assert!(due_at(-9, None), "made at 03:00 today");
        assert!(due_at(-200, None), "the machine was off for days");
        assert!(!due_at(-9, Some(noon.plus_ms(-hour / 2))), "failed half an hour ago");
        assert!(due_at(-9, Some(noon.plus_ms(-2 * hour))), "failed two hours ago");
        let night = noon.plus_ms(-10 * hour);
        assert!(!due(night, night.plus_ms(-20 * hour), None, 210), "at 02:00 the copy of yesterday's 06:00 is enough");
    }
}

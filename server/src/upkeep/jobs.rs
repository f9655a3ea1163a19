//! What the running server does by itself: it watches the clock.

use super::health::Jump;
use super::store;
use crate::App;
use std::time::{Duration, Instant};
use yitong_values::Timestamp;

/// The mark that carries the last time seen over a restart.
pub(super) const CLOCK_MARK: &str = "clock";
const MARK_EVERY: Duration = Duration::from_secs(60);
/// Time servers correct by less than this.
const JUMP_MS: i64 = 5_000;

/// Begins the work that goes on as long as the server serves.
pub fn start(app: &App) {
    tokio::spawn(watch_clock(app.clone()));
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

/// Compares the clock with a time that it must have reached.
fn look(app: &App, reached: Timestamp) {
    let now = app.now();
    let back_ms = reached.since(now);
    if back_ms > JUMP_MS {
        tracing::warn!(back_ms, "the clock went back");
        app.upkeep.clock_jumped(Jump { at: now, back_ms });
    }
}

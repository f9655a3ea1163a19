//! How long the agent was deaf: each step holds everything else up, so the longest of every kind is remembered and said
//! at the end, and one that a queue would feel is said at once.

use std::collections::BTreeMap;
use std::time::Duration;

/// A cashier feels it.
const SLOW: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
pub(super) struct Pace(BTreeMap<&'static str, Longest>);

#[derive(Debug, Default)]
struct Longest {
    took: Duration,
    steps: u64,
}

impl Pace {
    pub(super) fn took(&mut self, what: &'static str, took: Duration) {
        let longest = self.0.entry(what).or_default();
        longest.steps += 1;
        if took > longest.took {
            longest.took = took;
            if took > SLOW {
                tracing::warn!(what, ms = took.as_millis(), "a long step");
            }
        }
    }

    pub(super) fn say(&self) {
        for (what, longest) in &self.0 {
            let ms = format!("{:.1}", longest.took.as_secs_f64() * 1_000.0);
            tracing::info!(what, steps = longest.steps, %ms, "the longest step");
        }
    }
}

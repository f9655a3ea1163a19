//! What the writer is doing, as numbers for the health page and the metrics. Both engines keep the same ones.

use crate::plumbing::measure::Histogram;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Microseconds from the commit's begin to its sync.
const COMMIT_BOUNDS_US: [u64; 12] =
    [250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000];
const GROUP_BOUNDS_UNITS: [u64; 10] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

pub struct Stats {
    waiting: AtomicU64,
    refused_busy: AtomicU64,
    failed_commits: AtomicU64,
    pub commit_us: Histogram<12>,
    pub group_units: Histogram<10>,
}

impl Default for Stats {
    fn default() -> Stats {
        Stats {
            waiting: AtomicU64::new(0),
            refused_busy: AtomicU64::new(0),
            failed_commits: AtomicU64::new(0),
            commit_us: Histogram::new(COMMIT_BOUNDS_US),
            group_units: Histogram::new(GROUP_BOUNDS_UNITS),
        }
    }
}

/// A unit that writes and is not answered yet.
pub(super) struct Waiting(Arc<Stats>);

impl Stats {
    pub(super) fn wait(self: &Arc<Stats>) -> Waiting {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(Arc::clone(self))
    }

    pub(super) fn busy(&self) {
        self.refused_busy.fetch_add(1, Ordering::Relaxed);
    }

    /// A group of units met the disk.
    pub(super) fn committed(&self, units: usize, took: Duration, kept: bool) {
        self.commit_us.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        self.group_units.add(units as u64);
        if !kept {
            self.failed_commits.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Units that write and are not answered yet.
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    pub fn refused_busy(&self) -> u64 {
        self.refused_busy.load(Ordering::Relaxed)
    }

    pub fn failed_commits(&self) -> u64 {
        self.failed_commits.load(Ordering::Relaxed)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

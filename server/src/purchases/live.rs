//! Sales as they happen, told to open pages. A page that reads too slowly misses some and reads the totals again.

use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::broadcast;
use yitong_values::{SchoolId, StallId, Timestamp};

/// Sales kept for a slow page.
const SALES_KEPT: usize = 256;

#[derive(Clone, Copy, Debug)]
pub struct Sale {
    pub stall: Option<StallId>,
    /// Negative for a reversal.
    pub fen: i64,
    pub at: Timestamp,
    /// paid, refused or reversed
    pub outcome: &'static str,
}

const OUTCOMES: [&str; 3] = ["paid", "refused", "reversed"];

pub struct Live {
    tell: broadcast::Sender<(SchoolId, Sale)>,
    counts: [AtomicU64; 3],
}

impl Default for Live {
    fn default() -> Live {
        Live { tell: broadcast::Sender::new(SALES_KEPT), counts: Default::default() }
    }
}

impl Live {
    pub fn tell(&self, school: SchoolId, sale: Sale) {
        if let Some(i) = OUTCOMES.iter().position(|outcome| *outcome == sale.outcome) {
            self.counts[i].fetch_add(1, Ordering::Relaxed);
        }
        // Nobody may be looking.
        let _ = self.tell.send((school, sale));
    }

    pub fn listen(&self) -> broadcast::Receiver<(SchoolId, Sale)> {
        self.tell.subscribe()
    }

    /// How many listen now.
    pub fn listeners(&self) -> usize {
        self.tell.receiver_count()
    }

    /// Outcomes since the start, of all schools together.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        OUTCOMES.iter().zip(&self.counts).map(|(outcome, count)| (*outcome, count.load(Ordering::Relaxed)))
    }
}

//! Sales as they happen, told to open pages. A page that reads too slowly misses some and reads the totals again.

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

pub struct Live(broadcast::Sender<(SchoolId, Sale)>);

impl Default for Live {
    fn default() -> Live {
        Live(broadcast::Sender::new(SALES_KEPT))
    }
}

impl Live {
    pub fn tell(&self, school: SchoolId, sale: Sale) {
        // Nobody may be looking.
        let _ = self.0.send((school, sale));
    }

    pub fn listen(&self) -> broadcast::Receiver<(SchoolId, Sale)> {
        self.0.subscribe()
    }
}

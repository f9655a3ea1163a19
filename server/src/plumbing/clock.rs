//! The one place that reads the clock. Below the edge a moment is an argument.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;
use yitong_values::Timestamp;

/// The time of the machine, or a time that a test or the demo's history sets by hand.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    Hand(Arc<AtomicI64>),
}

impl Clock {
    pub fn by_hand(start: Timestamp) -> Clock {
        Clock::Hand(Arc::new(AtomicI64::new(start.ms())))
    }

    pub fn now(&self) -> Timestamp {
        match self {
            Clock::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH);
                Timestamp::from_ms(since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
            }
            Clock::Hand(ms) => Timestamp::from_ms(ms.load(Ordering::SeqCst)),
        }
    }

    /// Moves a clock that is set by hand; the machine's clock can't be moved.
    pub fn set(&self, to: Timestamp) {
        if let Clock::Hand(ms) = self {
            ms.store(to.ms(), Ordering::SeqCst);
        }
    }

    /// A new id in time order, for what no client has named.
    pub fn new_id(&self) -> Uuid {
        let ms = self.now().ms().max(0) as u64;
        let stamp = uuid::Timestamp::from_unix(uuid::NoContext, ms / 1000, (ms % 1000) as u32 * 1_000_000);
        Uuid::new_v7(stamp)
    }
}

//! The three-colour light: which lamps burn at which moment.

use crate::face::{Blink, Color};
use std::time::Duration;

/// What the light was told last, and since when.
#[derive(Clone, Copy, Debug)]
pub struct Pattern {
    color: Option<Color>,
    blink: Blink,
    since_ms: u64,
}

impl Pattern {
    pub fn dark() -> Self {
        Pattern { color: None, blink: Blink::Steady, since_ms: 0 }
    }

    pub fn new(color: Option<Color>, blink: Blink, now_ms: u64) -> Self {
        Pattern { color, blink, since_ms: now_ms }
    }

    /// The lamp that burns now.
    pub fn burns(&self, now_ms: u64) -> Option<Color> {
        let Some(half) = self.half_ms() else { return self.color };
        let phase = now_ms.saturating_sub(self.since_ms) / half;
        self.color.filter(|_| phase.is_multiple_of(2))
    }

    /// How long it stays so; `None` is for ever.
    pub fn holds(&self, now_ms: u64) -> Option<Duration> {
        let half = self.half_ms()?;
        self.color?;
        Some(Duration::from_millis(half - now_ms.saturating_sub(self.since_ms) % half))
    }

    fn half_ms(&self) -> Option<u64> {
        match self.blink {
            Blink::Steady => None,
            Blink::Slow => Some(500),
            // Below three flashes a second, which nobody who is sensitive to them may be shown.
            Blink::Fast => Some(200),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blinks_from_the_moment_it_was_told() {
        let slow = Pattern::new(Some(Color::Blue), Blink::Slow, 1000);
        let burns = |at| slow.burns(at) == Some(Color::Blue);
        assert_eq!([1000, 1499, 1500, 1999, 2000].map(burns), [true, true, false, false, true]);
        assert_eq!(slow.holds(1400), Some(Duration::from_millis(100)));
        let steady = Pattern::new(Some(Color::Red), Blink::Steady, 1000);
        assert_eq!((steady.burns(u64::MAX), steady.holds(5)), (Some(Color::Red), None));
        assert_eq!((Pattern::dark().burns(9), Pattern::dark().holds(9)), (None, None));
    }
}

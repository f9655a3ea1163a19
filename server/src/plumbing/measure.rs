//! Numbers that the process keeps about itself: counters and histograms of whole numbers, never of persons.

use std::sync::atomic::{AtomicU64, Ordering};

/// How often a value was at most each bound. The last count is of what lies above all bounds.
pub struct Histogram<const N: usize> {
    bounds: [u64; N],
    counts: [AtomicU64; N],
    above: AtomicU64,
    sum: AtomicU64,
}

impl<const N: usize> Histogram<N> {
    pub const fn new(bounds: [u64; N]) -> Histogram<N> {
        Histogram { bounds, counts: [const { AtomicU64::new(0) }; N], above: AtomicU64::new(0), sum: AtomicU64::new(0) }
    }

    pub fn add(&self, value: u64) {
        let bucket = self.bounds.iter().position(|bound| value <= *bound);
        bucket.map_or(&self.above, |i| &self.counts[i]).fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// Each bound with the number of values up to it.
    pub fn steps(&self) -> Vec<(u64, u64)> {
        let mut so_far = 0;
        let step = |(bound, count): (&u64, &AtomicU64)| {
            so_far += count.load(Ordering::Relaxed);
            (*bound, so_far)
        };
        self.bounds.iter().zip(&self.counts).map(step).collect()
    }

    pub fn count(&self) -> u64 {
        let within: u64 = self.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum();
        within + self.above.load(Ordering::Relaxed)
    }

    pub fn sum(&self) -> u64 {
        self.sum.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_counts_at_its_bound_and_above() {
        let histogram = Histogram::new([10, 100]);
        for value in [1, 10, 11, 1000] {
            histogram.add(value);
        }
        assert_eq!(histogram.steps(), [(10, 2), (100, 3)]);
        assert_eq!((histogram.count(), histogram.sum()), (4, 1022));
    }
}

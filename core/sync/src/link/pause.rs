//! How long to wait after silence: twice as long each time, spread so that a hall of terminals does not knock as one.

const FIRST_MS: u64 = 500;

#[derive(Clone, Copy, Debug)]
pub(super) struct Pause {
    failures: u32,
    /// xorshift64; never zero.
    state: u64,
}

impl Pause {
    pub fn new(seed: u64) -> Pause {
        Pause { failures: 0, state: seed | 1 }
    }

    pub fn over(&mut self) {
        self.failures = 0;
    }

    /// Between three quarters and all of the doubled time.
    pub fn next(&mut self, most_ms: u64) -> u64 {
        let whole = (FIRST_MS << self.failures.min(16)).min(most_ms);
        self.failures = self.failures.saturating_add(1);
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        whole - whole / 4 * (self.state % 1_000) / 1_000
    }
}

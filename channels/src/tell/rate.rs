//! How much a channel takes before it refuses or goes silent.

/// At most `most` messages within any `within_s` seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub most: u32,
    pub within_s: u32,
}

impl Limit {
    pub const fn new(most: u32, within_s: u32) -> Limit {
        Limit { most, within_s }
    }
}

/// The limits that are known of a channel; all of them hold. Empty lists mean that none is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Over everything that the account sends.
    pub account: &'static [Limit],
    /// For each address.
    pub address: &'static [Limit],
}

impl Rate {
    pub const UNLIMITED: Rate = Rate { account: &[], address: &[] };

    pub const fn new(account: &'static [Limit], address: &'static [Limit]) -> Rate {
        Rate { account, address }
    }
}

pub(super) const MINUTE_S: u32 = 60;
pub(super) const HOUR_S: u32 = 3_600;
pub(super) const DAY_S: u32 = 86_400;

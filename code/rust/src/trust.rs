//! The trust list: which keys are believed, for which school and purpose, and how long. The code itself never says.

use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Codes printed on cards.
    PrintedCode,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKey {
    pub kid: u32,
    pub school: [u8; 16],
    pub purpose: Purpose,
    pub public_key: [u8; 32],
    /// Milliseconds of the Unix clock; the end is the first moment after.
    pub valid_from: i64,
    pub valid_until: i64,
}

#[derive(Clone, Debug, Default)]
pub struct TrustList(BTreeMap<u32, TrustedKey>);

impl TrustList {
    pub fn new(keys: impl IntoIterator<Item = TrustedKey>) -> TrustList {
        TrustList(keys.into_iter().map(|key| (key.kid, key)).collect())
    }

    pub fn find(&self, kid: u32) -> Option<&TrustedKey> {
        self.0.get(&kid)
    }
}

//! The chain of days: a day closes into a root over its entries in the order of their ids, on top of the root before.
//! The root before comes in last, so that many days can be added up in one pass over the entries.

use sha2::{Digest, Sha256};
use std::fmt;
use yitong_values::{BusinessDay, Cents};

/// The root hash of a closed day.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Root(pub [u8; 32]);

impl Root {
    /// Before the first day that was closed.
    pub const FIRST: Root = Root([0; 32]);
}

impl Root {
    pub fn from_slice(bytes: &[u8]) -> Option<Root> {
        bytes.try_into().ok().map(Root)
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Adds the entries' hashes one by one, so that a day of any size needs no memory.
pub struct DayChain {
    hash: Sha256,
    entries: u64,
    amount: i64,
}

impl DayChain {
    pub fn open(day: BusinessDay) -> DayChain {
        let mut hash = Sha256::new();
        hash.update(b"yitong day v1");
        hash.update(day.number().to_be_bytes());
        DayChain { hash, entries: 0, amount: 0 }
    }

    /// Entries come in the order of their ids.
    pub fn add(&mut self, entry_hash: &[u8], amount: Cents) {
        self.hash.update(entry_hash);
        self.entries += 1;
        self.amount = self.amount.wrapping_add(amount.fen());
    }

    pub fn entries(&self) -> u64 {
        self.entries
    }

    pub fn amount(&self) -> Cents {
        Cents::new(self.amount)
    }

    pub fn close(mut self, previous: Root) -> Root {
        self.hash.update(self.entries.to_be_bytes());
        self.hash.update(self.amount.to_be_bytes());
        self.hash.update(previous.0);
        Root(self.hash.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(previous: Root, hashes: &[[u8; 32]]) -> Root {
        let mut chain = DayChain::open(BusinessDay::new(2026, 11, 24).expect("a day"));
        for hash in hashes {
            chain.add(hash, Cents::new(1));
        }
        chain.close(previous)
    }

    #[test]
    fn order_number_and_past_all_count() {
        let base = root(Root::FIRST, &[[1; 32], [2; 32]]);
        assert_eq!(base, root(Root::FIRST, &[[1; 32], [2; 32]]));
        assert_ne!(base, root(Root::FIRST, &[[2; 32], [1; 32]]));
        assert_ne!(base, root(Root::FIRST, &[[1; 32]]));
        assert_ne!(base, root(Root([1; 32]), &[[1; 32], [2; 32]]));
    }
}

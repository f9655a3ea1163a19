//! What is known of all terminals together. Two boards that took the same facts, in whatever order and how often, are
//! the same; the limits are part of that, so they depend on what was taken and never on when.

use super::spent::{CodeUse, Origin, Spent, Told};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use yitong_values::{PersonId, Timestamp};

/// Older sales count at nobody's counter: a cut that lasts longer is one to talk about.
pub const LIFE_MS: i64 = 7 * 24 * 3_600_000;
/// Of one terminal: sales within so many records of its latest. A till writes fewer in two days.
pub const RECORDS_SPAN: u64 = 2_048;
/// Records whose sales are compared by one number.
const BLOCK: u64 = 64;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    told: Told,
    /// What it adds to the sum over a block.
    tag: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Of {
    highest: u64,
    sales: BTreeMap<u64, Kept>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Board(BTreeMap<Origin, Of>);

impl Board {
    /// Whether that said something new. The signature was verified.
    pub(super) fn take(&mut self, told: &Told, now: Timestamp) -> bool {
        let of = self.0.entry(told.origin).or_default();
        let seq = told.spent.seq;
        if told.spent.at.ms() < now.ms() - LIFE_MS || seq.saturating_add(RECORDS_SPAN) <= of.highest {
            return false;
        }
        if of.sales.get(&seq).is_some_and(|held| held.told.spent.rank() >= told.spent.rank()) {
            return false;
        }
        let hash: [u8; 32] = Sha256::digest(told.spent.bytes()).into();
        let tag = u64::from_be_bytes(hash[..8].try_into().expect("eight of 32"));
        of.sales.insert(seq, Kept { told: *told, tag });
        if seq > of.highest {
            of.highest = seq;
            of.sales = of.sales.split_off(&seq.saturating_sub(RECORDS_SPAN - 1));
        }
        true
    }

    /// What became too old.
    pub(super) fn sweep(&mut self, now: Timestamp) {
        let oldest = now.ms() - LIFE_MS;
        self.0.values_mut().for_each(|of| of.sales.retain(|_, kept| kept.told.spent.at.ms() >= oldest));
    }

    /// Of who is not in the circle any more nothing is kept.
    pub(super) fn retain(&mut self, is: impl Fn(&Origin) -> bool) {
        self.0.retain(|origin, _| is(origin));
    }

    pub(super) fn holds(&self, origin: &Origin, spent: &Spent) -> bool {
        let held = self.0.get(origin).and_then(|of| of.sales.get(&spent.seq));
        held.is_some_and(|held| held.told.spent.rank() >= spent.rank())
    }

    /// One number over what is held of an origin; 0: nothing.
    pub(super) fn digest(&self, origin: &Origin) -> u64 {
        self.0.get(origin).map_or(0, |of| of.sales.values().fold(0, |sum, kept| sum.wrapping_add(kept.tag)))
    }

    pub(super) fn rows(&self) -> Vec<(Origin, u64)> {
        let all = self.0.keys().map(|origin| (*origin, self.digest(origin)));
        all.filter(|(_, digest)| *digest != 0).collect()
    }

    /// Of each block that holds something: which, and one number over it.
    pub(super) fn blocks(&self, origin: &Origin) -> Vec<(u64, u64)> {
        let mut blocks = BTreeMap::new();
        for (seq, kept) in self.0.get(origin).iter().flat_map(|of| &of.sales) {
            let sum: &mut u64 = blocks.entry(seq / BLOCK).or_default();
            *sum = sum.wrapping_add(kept.tag);
        }
        blocks.into_iter().collect()
    }

    /// What somebody who holds these blocks may lack, the latest first.
    pub(super) fn beyond(&self, origin: &Origin, blocks: &[(u64, u64)]) -> Vec<Told> {
        let (ours, theirs): (BTreeMap<_, _>, BTreeMap<_, _>) =
            (self.blocks(origin).into_iter().collect(), blocks.iter().copied().collect());
        let sales = self.0.get(origin).into_iter().flat_map(|of| of.sales.iter().rev());
        let lacks = |seq: &u64| theirs.get(&(seq / BLOCK)) != ours.get(&(seq / BLOCK));
        sales.filter(|(seq, _)| lacks(seq)).map(|(_, kept)| kept.told).collect()
    }

    fn all(&self, but: Origin) -> impl Iterator<Item = (&Origin, &Spent)> {
        let others = self.0.iter().filter(move |(origin, _)| **origin != but);
        others.flat_map(|(origin, of)| of.sales.values().map(move |kept| (origin, &kept.told.spent)))
    }

    /// Elsewhere than at this terminal.
    pub(super) fn spent_by(&self, person: PersonId, but: Origin) -> impl Iterator<Item = (&Origin, &Spent)> {
        self.all(but).filter(move |(_, spent)| spent.person == person)
    }

    /// Where this code or a later one of the same phone was used; what was undone was used as well.
    pub(super) fn used_at(&self, code: CodeUse, but: Origin) -> Option<&Origin> {
        let later = |used: CodeUse| used.serial == code.serial && used.order >= code.order;
        self.all(but).find(|(_, spent)| spent.code.is_some_and(later)).map(|(origin, _)| origin)
    }

    pub(super) fn len(&self) -> usize {
        self.0.values().map(|of| of.sales.len()).sum()
    }
}

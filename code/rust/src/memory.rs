//! What a reader remembers of dynamic codes: the last use of each phone. Keyed on numbers, never on bytes: a P-256
//! signature has a twin, so the same use has more than one text.

use crate::School;
use alloc::vec::Vec;

/// Who makes sure that no code is taken twice.
pub enum Replay<'a> {
    /// This reader alone.
    Here(&'a mut Memory),
    /// The caller, who compares the counter where it books (the server).
    Elsewhere,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    school: School,
    serial: u32,
    order: u64,
    /// After this moment the credential itself is refused, so its counter may be forgotten.
    ends_ms: i64,
}

/// Holds so many credentials and takes no more memory after it was made.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Sorted by school and serial.
    seen: Vec<Seen>,
    capacity: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Replayed,
    /// Every place is taken by a credential that is still valid; forgetting one would let its codes be used again.
    Full,
}

impl Memory {
    pub fn new(credentials: usize) -> Memory {
        Memory { seen: Vec::with_capacity(credentials), capacity: credentials }
    }

    /// For a reader that was switched off: what it wrote down before.
    pub fn restore(&mut self, school: School, serial: u32, order: u64, ends_ms: i64) {
        let _ = self.accept(Use { school, serial, order, ends_ms }, i64::MIN);
    }

    /// What has to be written down to survive being switched off: school, serial, order of the last use, end.
    pub fn iter(&self) -> impl Iterator<Item = (School, u32, u64, i64)> + '_ {
        self.seen.iter().map(|of| (of.school, of.serial, of.order, of.ends_ms))
    }

    /// Only a use above the last one is new.
    pub(crate) fn accept(&mut self, of: Use, now: i64) -> Result<(), Refusal> {
        let key = (of.school, of.serial);
        let at = match self.seen.binary_search_by_key(&key, |seen| (seen.school, seen.serial)) {
            Ok(at) if of.order > self.seen[at].order => {
                (self.seen[at].order, self.seen[at].ends_ms) = (of.order, of.ends_ms);
                return Ok(());
            }
            Ok(_) => return Err(Refusal::Replayed),
            Err(at) => at,
        };
        let Use { school, serial, order, ends_ms } = of;
        let new = Seen { school, serial, order, ends_ms };
        if self.seen.len() < self.capacity {
            self.seen.insert(at, new);
            return Ok(());
        }
        // A margin, because a reader's clock may have been set back a little.
        self.seen.retain(|seen| seen.ends_ms + crate::HOUR_MS > now);
        if self.seen.len() >= self.capacity {
            return Err(Refusal::Full);
        }
        let at = self.seen.partition_point(|seen| (seen.school, seen.serial) < key);
        self.seen.insert(at, new);
        Ok(())
    }
}

/// One use of a credential.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use {
    pub(crate) school: School,
    pub(crate) serial: u32,
    /// Rises with each code that the phone shows (`use_order`).
    pub(crate) order: u64,
    pub(crate) ends_ms: i64,
}

/// A refreshed credential has the same serial and begins later, and its counter begins anew: the later credential comes
/// after all uses of the earlier one.
pub(crate) fn use_order(not_before: u32, counter: u16) -> u64 {
    u64::from(not_before) << 16 | u64::from(counter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn using(serial: u32, order: u64, ends_ms: i64) -> Use {
        Use { school: [1; 16], serial, order, ends_ms }
    }

    #[test]
    fn only_a_later_use_is_new() {
        let mut memory = Memory::new(2);
        assert_eq!(memory.accept(using(5, 7, 100), 0), Ok(()));
        assert_eq!(memory.accept(using(5, 7, 100), 0), Err(Refusal::Replayed));
        assert_eq!(memory.accept(using(5, 6, 100), 0), Err(Refusal::Replayed));
        assert_eq!(memory.accept(using(5, 8, 100), 0), Ok(()));
        let other = Use { school: [2; 16], ..using(5, 7, 100) };
        assert_eq!(memory.accept(other, 0), Ok(()), "another school numbers its own");
    }

    #[test]
    fn a_full_memory_forgets_only_what_has_ended() {
        let mut memory = Memory::new(2);
        assert_eq!(memory.accept(using(1, 1, 100), 0), Ok(()));
        assert_eq!(memory.accept(using(2, 1, 9_000_000), 0), Ok(()));
        assert_eq!(memory.accept(using(3, 1, 9_000_000), 0), Err(Refusal::Full));
        assert_eq!(memory.accept(using(3, 1, 9_000_000), 101 + crate::HOUR_MS), Ok(()));
        assert_eq!(memory.iter().map(|of| of.1).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(memory.accept(using(2, 1, 9_000_000), 0), Err(Refusal::Replayed));
    }
}

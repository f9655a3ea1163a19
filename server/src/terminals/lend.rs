//! Leases: what is lent to a terminal, and how much could be lost at the most. The sum of what may still be sold never
//! goes above the school's ceiling, whatever is asked in whatever order.

use super::settings::{Lend, SchoolLend};
use yitong_sync::{Lease, worst_loss};
use yitong_values::{Cents, TerminalId, Timestamp};

const HOUR_MS: i64 = 3_600_000;

/// A lease as the server keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lent {
    pub(super) terminal: TerminalId,
    pub(super) serial: u32,
    pub(super) journal: u32,
    pub(super) sum: Cents,
    pub(super) count: u32,
    pub(super) person_meal: Cents,
    pub(super) person_day: Cents,
    /// What is booked of it.
    pub(super) used: Cents,
    pub(super) uses: u32,
    pub(super) policy: i64,
    pub(super) issued_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) held_at: Option<Timestamp>,
    pub(super) closed_at: Option<Timestamp>,
}

impl Lent {
    /// What may still be heard of: until it is closed, that is whatever is not booked, also after its end, for it may
    /// have been sold before it.
    pub(super) fn open(&self) -> Cents {
        match self.closed_at {
            Some(_) => Cents::ZERO,
            None => self.sum.minus(self.used).unwrap_or(Cents::ZERO).max(Cents::ZERO),
        }
    }

    pub(super) fn lease(&self) -> Lease {
        Lease {
            terminal: self.terminal,
            serial: self.serial,
            sum: self.sum,
            count: self.count,
            person_meal: self.person_meal,
            person_day: self.person_day,
            issued_at: self.issued_at,
            expires_at: self.expires_at,
            policy: self.policy,
        }
    }
}

/// The most that can be lost before anybody hears of it, over all leases that are not closed.
pub(super) fn worst(lent: &[Lent], persons: u32) -> Cents {
    worst_loss(lent.iter().map(|lent| (lent.open(), lent.person_day)), persons)
}

/// What a terminal asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    pub(super) terminal: TerminalId,
    pub(super) journal: u32,
    pub(super) policy: i64,
    pub(super) now: Timestamp,
}

/// The next lease of a terminal. `all` are the school's leases that are not closed. `None`: nothing is left to lend.
pub(super) fn next(wish: &Wish, lend: Lend, school: SchoolLend, all: &[Lent], last_serial: u32) -> Option<Lent> {
    let open = |lent: &Lent| lent.open().fen();
    // A lease of this machine that the terminal may still hold counts as well: an answer can be lost on its way.
    let lent: i64 = all.iter().map(open).sum();
    let room = school.ceiling.map_or(i64::MAX, |ceiling| (ceiling - lent).max(0));
    let sum = lend.sum.min(room);
    if sum <= 0 || lend.count == 0 {
        return None;
    }
    Some(Lent {
        terminal: wish.terminal,
        serial: last_serial + 1,
        journal: wish.journal,
        sum: Cents::new(sum),
        count: lend.count,
        person_meal: Cents::new(lend.person_meal),
        person_day: Cents::new(lend.person_day),
        used: Cents::ZERO,
        uses: 0,
        policy: wish.policy,
        issued_at: wish.now,
        expires_at: wish.now.plus_ms(i64::from(lend.hours) * HOUR_MS),
        held_at: None,
        closed_at: None,
    })
}

/// Whether a terminal that has this lease is better given another: others rules, half its life gone, or a quarter used.
pub(super) fn worn(held: &Lent, policy: i64, now: Timestamp) -> bool {
    let life = held.expires_at.since(held.issued_at).max(1);
    let used = held.used.fen() * 4 >= held.sum.fen() || u64::from(held.uses) * 4 >= u64::from(held.count);
    held.policy != policy || now.since(held.issued_at) * 2 >= life || used
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_ms(1_795_492_800_000);

    fn wish(n: u128) -> Wish {
        Wish { terminal: TerminalId::new(Uuid::from_u128(n)), journal: 1, policy: 1, now: NOW }
    }

    #[test]
    fn what_is_lent_never_goes_above_the_ceiling() {
        let school = SchoolLend { each: Lend { sum: 40_000, ..Lend::default() }, ceiling: Some(100_000) };
        let mut all: Vec<Lent> = Vec::new();
        // Three terminals ask again and again, and answers are lost: nothing is closed.
        for round in 0..6u32 {
            for n in 1..=3 {
                all.extend(next(&wish(n), school.each, school, &all, round));
                let lent: i64 = all.iter().map(|lent| lent.open().fen()).sum();
                assert!(lent <= 100_000, "{lent} fen are lent");
            }
        }
        assert_eq!(all.len(), 3, "40,000, 40,000, and what is left: 20,000");
        all[0].used = Cents::new(40_000);
        all[0].closed_at = Some(NOW);
        let again = next(&wish(1), school.each, school, &all, 9).expect("what was booked can be lent again");
        assert_eq!((again.sum, again.serial), (Cents::new(40_000), 10));
    }

    #[test]
    fn the_worst_loss_is_bounded_by_what_persons_may_buy() {
        let each = Lend { sum: 40_000, person_day: 6_000, ..Lend::default() };
        let lent = next(&wish(1), each, SchoolLend { each, ceiling: None }, &[], 0).expect("a lease");
        assert_eq!(worst(&[lent, Lent { serial: 2, ..lent }], 1_000), Cents::new(80_000));
        assert_eq!(worst(&[lent], 3), Cents::new(18_000), "three persons, ¥60 each");
        let closed = Lent { closed_at: Some(NOW), ..lent };
        assert_eq!(worst(&[closed], 1_000), Cents::ZERO);
    }

    #[test]
    fn a_lease_is_renewed_in_time() {
        let each = Lend { hours: 12, count: 8, ..Lend::default() };
        let lent = next(&wish(1), each, SchoolLend { each, ceiling: None }, &[], 0).expect("a lease");
        assert!(!worn(&lent, 1, NOW.plus_ms(5 * HOUR_MS)));
        assert!(worn(&lent, 1, NOW.plus_ms(6 * HOUR_MS)));
        assert!(worn(&lent, 2, NOW));
        assert!(worn(&Lent { uses: 2, ..lent }, 1, NOW));
        assert!(next(&wish(1), Lend { sum: 0, ..each }, SchoolLend::default(), &[], 0).is_none());
    }
}

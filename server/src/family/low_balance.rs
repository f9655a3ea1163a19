//! The low-balance line: guardians are told when the balance falls below it, once for each time that it does.

use super::store::{self, Low};
use crate::plumbing::db::{DbError, Tx};
use crate::policies::guardian_rule;
use crate::wallets;
use yitong_values::{Cents, PersonId, SchoolId};

/// What the guardians are to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Crossing {
    pub(super) nth: i64,
    pub(super) balance: Cents,
    pub(super) line: Cents,
}

/// One step of the state: `Some` when it is to be kept, and whether it is a crossing.
fn step(known: Low, balance: Cents, line: Option<Cents>) -> Option<(Low, bool)> {
    let below = line.is_some_and(|line| balance < line);
    match (known.below, below) {
        (false, true) => Some((Low { below, crossings: known.crossings + 1 }, true)),
        (true, false) => Some((Low { below, ..known }, false)),
        _ => None,
    }
}

/// Looks at the account as it is now.
pub(super) fn look(tx: &mut Tx<'_>, school: SchoolId, person: PersonId) -> Result<Option<Crossing>, DbError> {
    let Some(account) = wallets::load_account(tx, school, person)? else { return Ok(None) };
    let (line, balance) = (guardian_rule(tx, school, person)?.low_balance, account.balance());
    let known = store::low(tx, school, person)?;
    let Some((now, crossed)) = step(known, balance, line) else { return Ok(None) };
    store::put_low(tx, school, person, now)?;
    Ok(line.filter(|_| crossed).map(|line| Crossing { nth: now.crossings, balance, line }))
}

/// A line that was moved tells nothing by itself: who moved it sees the balance.
pub(super) fn moved(tx: &mut Tx<'_>, school: SchoolId, person: PersonId) -> Result<(), DbError> {
    look(tx, school, person).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fen(n: i64) -> Cents {
        Cents::new(n)
    }

    #[test]
    fn told_once_for_each_crossing() {
        let line = Some(fen(2_000));
        let mut low = Low::default();
        let mut told = Vec::new();
        for balance in [5_000, 2_000, 1_999, 1_000, 0, 2_000, 1_999, 9_000, 100] {
            if let Some((next, crossed)) = step(low, fen(balance), line) {
                low = next;
                told.extend(crossed.then_some(balance));
            }
        }
        assert_eq!((told, low), (vec![1_999, 1_999, 100], Low { below: true, crossings: 3 }));
        assert_eq!(step(low, fen(100), None), Some((Low { below: false, crossings: 3 }, false)), "no line any more");
    }

    proptest! {
        #[test]
        fn never_twice_without_having_been_above(balances in proptest::collection::vec(0i64..4_000, 0..60)) {
            let (mut low, mut above) = (Low::default(), true);
            for balance in balances {
                let stepped = step(low, fen(balance), Some(fen(2_000)));
                let crossed = stepped.is_some_and(|(_, crossed)| crossed);
                prop_assert_eq!(crossed, above && balance < 2_000);
                above = balance >= 2_000;
                low = stepped.map_or(low, |(next, _)| next);
            }
        }
    }
}

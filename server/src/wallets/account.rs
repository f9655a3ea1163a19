//! One person's account as a value: eight wallets, arrears, and where the statement begins.

use yitong_ledger::{Account, Postings, WALLETS_MAX};
use yitong_values::{Cents, EntryId, PersonId, SchoolId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountState {
    pub school: SchoolId,
    pub person: PersonId,
    pub wallets: [Cents; WALLETS_MAX],
    /// What the person still has to pay (延迟扣款), zero or more.
    pub arrears: Cents,
    pub frozen: bool,
    /// Counters of the limits, in the rule engine's own text form.
    pub counters: String,
    pub last_entry: Option<EntryId>,
    pub last_at: Option<Timestamp>,
}

/// The account can't give what the postings take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overdrawn;

impl AccountState {
    pub fn new(school: SchoolId, person: PersonId) -> AccountState {
        AccountState {
            school,
            person,
            wallets: [Cents::ZERO; WALLETS_MAX],
            arrears: Cents::ZERO,
            frozen: false,
            counters: String::new(),
            last_entry: None,
            last_at: None,
        }
    }

    /// All wallets together.
    pub fn balance(&self) -> Cents {
        Cents::new(self.wallets.iter().map(|wallet| wallet.fen()).sum())
    }

    /// Applies this person's part of the postings, all or nothing.
    pub fn apply(&mut self, postings: &Postings) -> Result<(), Overdrawn> {
        let mut next = self.clone();
        for posting in postings.iter().filter(|posting| posting.account.person() == Some(self.person)) {
            match posting.account {
                Account::Wallet(_, slot) => {
                    let wallet = &mut next.wallets[slot.index()];
                    *wallet = wallet.plus(posting.amount).map_err(|_| Overdrawn)?;
                    if wallet.is_negative() {
                        return Err(Overdrawn);
                    }
                }
                // The account of arrears is an asset: a posting of −5 means that the person owes 5 more.
                Account::Arrears(_) => {
                    next.arrears = next.arrears.minus(posting.amount).map_err(|_| Overdrawn)?;
                    if next.arrears.is_negative() {
                        return Err(Overdrawn);
                    }
                }
                _ => {}
            }
        }
        *self = next;
        Ok(())
    }
}

//! Booking: entries are added one after the other on a picture of the accounts, then written together. A picture of
//! many accounts costs one look-up each, and a batch of purchases one write each.

use super::{AccountState, Overdrawn, store};
use crate::plumbing::db::{DbError, Tx};
use std::collections::{BTreeMap, HashMap};
use yitong_ledger::{Account, Entry, Kind, Postings};
use yitong_values::{BusinessDay, Cents, EntryId, PersonId, SchoolId, StallId, Timestamp};

/// An entry before it knows what stood before it.
#[derive(Clone, Debug)]
pub struct Draft {
    pub school: SchoolId,
    pub id: EntryId,
    pub kind: Kind,
    pub at: Timestamp,
    pub now: Timestamp,
    pub person: Option<PersonId>,
    pub stall: Option<StallId>,
    pub amount: Cents,
    pub postings: Postings,
    pub corrects: Option<EntryId>,
    /// The members of a JSON object, without its braces; the balances after are put before them.
    pub detail: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    #[error("the account does not hold what the entry takes")]
    Overdrawn,
    #[error("the account of the person was not loaded")]
    NoAccount,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Total {
    pub(super) entries: i64,
    pub(super) debit: i64,
    pub(super) credit: i64,
}

/// School, day, account: the key of a total of the day.
pub(super) type TotalKey = (SchoolId, BusinessDay, String);

/// Entries that are booked together.
pub struct Booking {
    states: HashMap<(SchoolId, PersonId), AccountState>,
    touched: Vec<(SchoolId, PersonId)>,
    entries: Vec<Entry>,
    totals: BTreeMap<TotalKey, Total>,
}

impl Booking {
    /// Loads and locks the accounts.
    pub fn load(tx: &mut Tx<'_>, keys: &[(SchoolId, PersonId)]) -> Result<Booking, DbError> {
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        keys.dedup();
        Ok(Booking::locked(store::lock_accounts(tx, &keys)?))
    }

    /// On accounts that the caller has locked in this transaction, in the order of their keys.
    pub fn locked(states: impl IntoIterator<Item = AccountState>) -> Booking {
        let states = states.into_iter().map(|state| ((state.school, state.person), state)).collect();
        Booking { states, touched: Vec::new(), entries: Vec::new(), totals: BTreeMap::new() }
    }

    pub fn state(&self, school: SchoolId, person: PersonId) -> Option<&AccountState> {
        self.states.get(&(school, person))
    }

    /// Counters of the limits belong to the account, and change with the purchase that they count.
    pub fn set_counters(&mut self, school: SchoolId, person: PersonId, counters: String) {
        if let Some(state) = self.states.get_mut(&(school, person)) {
            state.counters = counters;
            self.touched.push((school, person));
        }
    }

    /// Adds an entry, or changes nothing.
    pub fn add(&mut self, draft: Draft) -> Result<&Entry, BookError> {
        let mut entry = Entry {
            school: draft.school,
            id: draft.id,
            kind: draft.kind,
            // Money is booked on the day on which it is booked, so a day that is over gets no more entries.
            day: draft.now.china_day(),
            at: draft.at,
            booked_at: draft.now,
            person: draft.person,
            stall: draft.stall,
            amount: draft.amount,
            postings: draft.postings,
            corrects: draft.corrects,
            previous: None,
            detail: format!("{{{}}}", draft.detail),
        };
        if let Some(person) = draft.person {
            let state = self.states.get_mut(&(draft.school, person)).ok_or(BookError::NoAccount)?;
            state.apply(&entry.postings).map_err(|Overdrawn| BookError::Overdrawn)?;
            entry.previous = state.last_entry.replace(entry.id);
            state.last_at = Some(draft.now);
            let (balance, arrears) = (state.balance().fen(), state.arrears.fen());
            let comma = if draft.detail.is_empty() { "" } else { "," };
            entry.detail =
                format!("{{\"balance_after\":{balance},\"arrears_after\":{arrears}{comma}{}}}", draft.detail);
            self.touched.push((draft.school, person));
        }
        self.count(&entry);
        self.entries.push(entry);
        Ok(self.entries.last().expect("an entry was pushed above"))
    }

    fn count(&mut self, entry: &Entry) {
        for posting in entry.postings.iter() {
            let name = match posting.account {
                Account::Wallet(..) => "wallets".to_owned(),
                Account::Arrears(_) => "arrears".to_owned(),
                account => account.to_string(),
            };
            let total = self.totals.entry((entry.school, entry.day, name)).or_default();
            total.entries += 1;
            let fen = posting.amount.fen();
            total.credit += fen.max(0);
            total.debit += (-fen).max(0);
        }
    }

    /// Writes all that was added: entries, accounts, totals of the day.
    pub fn write(mut self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        self.touched.sort_unstable();
        self.touched.dedup();
        let states: Vec<_> = self.touched.iter().filter_map(|key| self.states.get(key)).collect();
        store::insert_entries(tx, &self.entries)?;
        store::update_accounts(tx, &states)?;
        store::add_totals(tx, &self.totals)
    }
}

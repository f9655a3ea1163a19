//! A person's entries, newest first along their chain: whatever a guardian sees of money is read from here, and no
//! index grows with a purchase.

use crate::plumbing::db::{DbError, Tx};
use crate::wallets::{self, AccountState};
use std::collections::HashSet;
use std::ops::ControlFlow;
use yitong_ledger::{Entry, Kind};
use yitong_values::{EntryId, PersonId, SchoolId};

/// Entries that one look reads at the most: years of lunches.
const ENTRIES_MAX: usize = 20_000;
const FIRST_PAGE: i64 = 24;
const PAGE: i64 = 240;

/// Why a walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It was told to.
    Stopped,
    /// There is nothing older.
    Beginning,
    /// There is more than one look reads.
    TooFar,
}

pub(super) struct Walk {
    school: SchoolId,
    person: PersonId,
    next: Option<EntryId>,
    /// What later entries took back. `None` where the walk began in the middle, and each one is asked for.
    corrected: Option<HashSet<EntryId>>,
}

impl Walk {
    /// From the newest entry.
    pub(super) fn of(state: &AccountState) -> Walk {
        let (school, person, next) = (state.school, state.person, state.last_entry);
        Walk { school, person, next, corrected: Some(HashSet::new()) }
    }

    /// From this entry on. One of somebody else shows nothing.
    pub(super) fn from(school: SchoolId, person: PersonId, entry: EntryId) -> Walk {
        Walk { school, person, next: Some(entry), corrected: None }
    }

    /// Hands over each entry, and whether it was taken back.
    pub(super) fn each(
        &mut self,
        tx: &mut Tx<'_>,
        mut look: impl FnMut(Entry, Undone) -> ControlFlow<()>,
    ) -> Result<End, DbError> {
        let (mut seen, mut rows) = (0, FIRST_PAGE);
        while let Some(from) = self.next {
            let page = wallets::statement(tx, self.school, from, rows)?;
            (self.next, rows) = (None, PAGE);
            for read in page {
                let entry = read.entry?;
                if entry.person != Some(self.person) {
                    return Ok(End::Beginning);
                }
                self.next = entry.previous;
                let undone = self.undone(tx, &entry)?;
                seen += 1;
                if look(entry, undone).is_break() {
                    return Ok(End::Stopped);
                }
                if seen == ENTRIES_MAX {
                    return Ok(End::TooFar);
                }
            }
        }
        Ok(End::Beginning)
    }

    fn undone(&mut self, tx: &mut Tx<'_>, entry: &Entry) -> Result<Undone, DbError> {
        let yes = match &mut self.corrected {
            Some(corrected) => {
                corrected.extend(entry.corrects);
                corrected.contains(&entry.id)
            }
            None if matches!(entry.kind, Kind::Purchase | Kind::Topup) => {
                wallets::correction_of(tx, self.school, entry.id)?.is_some()
            }
            None => false,
        };
        Ok(if yes { Undone::Yes } else { Undone::No })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Undone {
    Yes,
    No,
}

//! The list of lost and cancelled cards: two bits for each serial, one for each account. Serials are dense, so the
//! list is exact and small, and a card that was found again is a bit that is cleared.

use crate::layout::{header, i64_at, u32_at};
use crate::suite::{DELTA, STATUS};
use crate::trust::{ListProblem, Purpose, School, Trust};
use crate::{Signer, suite};
use alloc::vec;
use alloc::vec::Vec;
use sha2::{Digest as _, Sha256};

const LIST: u8 = 0x22;
const LIST_DELTA: u8 = 0x23;
/// Kind and kid, school, version, moment, serials, accounts.
const HEAD: usize = 4 + 16 + 4 + 8 + 4 + 4;
/// The same, the version before, the number of changes, the hash of the result.
const DELTA_HEAD: usize = HEAD + 4 + 4 + 32;
const CHANGE: usize = 5;
/// Serials or accounts of one school: 2.5 MB of list.
const NUMBERS_MAX: u32 = 10_000_000;
/// More changes than this, and the whole list is sent.
pub const CHANGES_MAX: usize = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CardState {
    Good,
    /// Reported lost; may be reinstated.
    Lost,
    /// Replaced or given back; never valid again.
    Cancelled,
}

impl CardState {
    fn from_bits(bits: u8) -> CardState {
        match bits {
            0 => CardState::Good,
            1 => CardState::Lost,
            // 3 is not written; a reader that meets it is careful.
            _ => CardState::Cancelled,
        }
    }
}

/// One difference between two versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    Card { serial: u32, state: CardState },
    Account { account: u32, stopped: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusHead {
    pub school: School,
    pub version: u32,
    /// The moment whose truth the list holds; its age decides how much a reader may risk.
    pub issued_at: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusList {
    head: StatusHead,
    /// How many serials and accounts the list speaks of. One that is higher was issued later, and is good.
    serials: u32,
    accounts: u32,
    cards: Vec<u8>,
    stopped: Vec<u8>,
}

impl StatusList {
    /// Everything good, for so many serials and accounts. `None`: more than a list holds.
    pub fn new(head: StatusHead, serials: u32, accounts: u32) -> Option<StatusList> {
        let fits = serials <= NUMBERS_MAX && accounts <= NUMBERS_MAX;
        let (cards, stopped) = (vec![0; bytes_of(serials, 2)], vec![0; bytes_of(accounts, 1)]);
        fits.then_some(StatusList { head, serials, accounts, cards, stopped })
    }

    /// Numbers that the list does not speak of are passed over.
    pub fn set(&mut self, change: Change) {
        match change {
            Change::Card { serial, state } if serial < self.serials => {
                let (byte, shift) = (&mut self.cards[serial as usize / 4], serial % 4 * 2);
                *byte = *byte & !(3 << shift) | (state as u8) << shift;
            }
            Change::Account { account, stopped } if account < self.accounts => {
                let (byte, bit) = (&mut self.stopped[account as usize / 8], 1 << (account % 8));
                *byte = if stopped { *byte | bit } else { *byte & !bit };
            }
            _ => {}
        }
    }

    pub fn card(&self, serial: u32) -> CardState {
        let byte = self.cards.get(serial as usize / 4).copied().unwrap_or(0);
        CardState::from_bits(byte >> (serial % 4 * 2) & 3)
    }

    pub fn is_stopped(&self, account: u32) -> bool {
        let byte = self.stopped.get(account as usize / 8).copied().unwrap_or(0);
        byte >> (account % 8) & 1 == 1
    }

    pub fn head(&self) -> StatusHead {
        self.head
    }

    /// Read from a list that the school signed. `held` is the version that the reader has; 0 for none.
    pub fn from_signed(bytes: &[u8], trust: &Trust, held: u32) -> Result<StatusList, ListProblem> {
        let (body, _) = trust.check(bytes, LIST, HEAD, Purpose::StatusList, STATUS)?;
        let (head, serials, accounts) = read_head(body)?;
        let cards = bytes_of(serials, 2);
        if body.len() != HEAD + cards + bytes_of(accounts, 1) {
            return Err(ListProblem::Malformed);
        }
        if head.version <= held {
            return Err(ListProblem::NotNewer);
        }
        let (cards, stopped) = body[HEAD..].split_at(cards);
        Ok(StatusList { head, serials, accounts, cards: cards.to_vec(), stopped: stopped.to_vec() })
    }

    pub fn sign(&self, signer: &Signer) -> Vec<u8> {
        signer.sign_list(suite::STATUS, [&self.written(LIST, signer.kid()), &*self.cards, &self.stopped].concat())
    }

    fn written(&self, kind: u8, kid: u32) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(DELTA_HEAD);
        bytes.extend_from_slice(&header(kind, kid));
        bytes.extend_from_slice(&self.head.school);
        bytes.extend_from_slice(&self.head.version.to_be_bytes());
        bytes.extend_from_slice(&self.head.issued_at.to_be_bytes());
        bytes.extend_from_slice(&self.serials.to_be_bytes());
        bytes.extend_from_slice(&self.accounts.to_be_bytes());
        bytes
    }

    /// From `base` to this list. `None`: so much changed that the whole list is better.
    pub fn sign_delta(&self, base: &StatusList, signer: &Signer) -> Option<Vec<u8>> {
        let changes = self.changes_since(base);
        if changes.len() > CHANGES_MAX || base.serials > self.serials || base.accounts > self.accounts {
            return None;
        }
        let mut bytes = self.written(LIST_DELTA, signer.kid());
        bytes.extend_from_slice(&base.head.version.to_be_bytes());
        bytes.extend_from_slice(&(changes.len() as u32).to_be_bytes());
        bytes.extend_from_slice(&self.result_hash());
        for change in changes {
            let (kind, number) = match change {
                Change::Card { serial, state } => (state as u8, serial),
                Change::Account { account, stopped } => (0x10 | u8::from(stopped), account),
            };
            bytes.push(kind);
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        Some(signer.sign_list(suite::DELTA, bytes))
    }

    fn changes_since(&self, base: &StatusList) -> Vec<Change> {
        let cards = (0..self.serials)
            .map(|serial| (serial, self.card(serial)))
            .filter(|(serial, state)| base.card(*serial) != *state)
            .map(|(serial, state)| Change::Card { serial, state });
        let accounts = (0..self.accounts)
            .map(|account| (account, self.is_stopped(account)))
            .filter(|(account, stopped)| base.is_stopped(*account) != *stopped)
            .map(|(account, stopped)| Change::Account { account, stopped });
        cards.chain(accounts).collect()
    }

    /// This list with a signed delta on top. Refused whole when it is for another version, or its result differs.
    pub fn with_delta(&self, bytes: &[u8], trust: &Trust) -> Result<StatusList, ListProblem> {
        let (body, _) = trust.check(bytes, LIST_DELTA, DELTA_HEAD, Purpose::StatusList, DELTA)?;
        let (head, serials, accounts) = read_head(body)?;
        let (base, count) = (u32_at(body, HEAD), u32_at(body, HEAD + 4) as usize);
        let changes = &body[DELTA_HEAD..];
        if count > CHANGES_MAX || changes.len() != count * CHANGE {
            return Err(ListProblem::Malformed);
        }
        if head.school != self.head.school || base != self.head.version {
            return Err(ListProblem::NeedWhole);
        }
        if head.version <= base {
            return Err(ListProblem::NotNewer);
        }
        let mut next = self.clone();
        next.head = head;
        next.grow(serials, accounts)?;
        for change in changes.chunks_exact(CHANGE) {
            next.set(read_change(change)?);
        }
        match next.result_hash() == body[HEAD + 8..DELTA_HEAD] {
            true => Ok(next),
            false => Err(ListProblem::NeedWhole),
        }
    }

    fn grow(&mut self, serials: u32, accounts: u32) -> Result<(), ListProblem> {
        if serials < self.serials || accounts < self.accounts {
            return Err(ListProblem::NeedWhole);
        }
        (self.serials, self.accounts) = (serials, accounts);
        self.cards.resize(bytes_of(serials, 2), 0);
        self.stopped.resize(bytes_of(accounts, 1), 0);
        Ok(())
    }

    fn result_hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(&self.cards);
        hash.update(&self.stopped);
        hash.finalize().into()
    }
}

fn bytes_of(numbers: u32, bits: usize) -> usize {
    (numbers as usize * bits).div_ceil(8)
}

fn read_head(body: &[u8]) -> Result<(StatusHead, u32, u32), ListProblem> {
    let school = body[4..20].try_into().expect("sixteen bytes of a head");
    let head = StatusHead { school, version: u32_at(body, 20), issued_at: i64_at(body, 24) };
    let (serials, accounts) = (u32_at(body, 32), u32_at(body, 36));
    match serials <= NUMBERS_MAX && accounts <= NUMBERS_MAX {
        true => Ok((head, serials, accounts)),
        false => Err(ListProblem::Malformed),
    }
}

fn read_change(bytes: &[u8]) -> Result<Change, ListProblem> {
    let number = u32_at(bytes, 1);
    match bytes[0] {
        bits @ 0..=2 => Ok(Change::Card { serial: number, state: CardState::from_bits(bits) }),
        kind @ (0x10 | 0x11) => Ok(Change::Account { account: number, stopped: kind == 0x11 }),
        _ => Err(ListProblem::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyBytes, Suite, TrustedKey};
    use proptest::prelude::*;

    const SCHOOL: School = [9; 16];

    fn signer() -> Signer {
        Signer::new(3, Suite::Ed25519, &[5; 32]).expect("a small key number")
    }

    fn trust(purpose: Purpose, key: KeyBytes) -> Trust {
        Trust::new([TrustedKey {
            kid: 3,
            school: SCHOOL,
            purpose,
            key,
            valid_from: 0,
            valid_until: i64::MAX,
            use_cap_yuan: 0,
            total_cap_5yuan: 0,
            uses: 0,
        }])
    }

    fn list(version: u32, serials: u32, changes: &[(u32, u8)]) -> StatusList {
        let head = StatusHead { school: SCHOOL, version, issued_at: i64::from(version) * 1_000 };
        let mut list = StatusList::new(head, serials, serials).expect("a small list");
        for (number, state) in changes {
            list.set(Change::Card { serial: *number, state: CardState::from_bits(*state % 3) });
            list.set(Change::Account { account: *number, stopped: state % 2 == 1 });
        }
        list
    }

    proptest! {
        #[test]
        fn a_delta_leads_to_the_same_list(
            before in prop::collection::vec((0u32..500, 0u8..6), 0..40),
            after in prop::collection::vec((0u32..600, 0u8..6), 0..40),
            grown in 0u32..100,
        ) {
            let trust = trust(Purpose::StatusList, signer().public_key());
            let (old, new) = (list(1, 500, &before), list(2, 500 + grown, &after));
            let held = StatusList::from_signed(&old.sign(&signer()), &trust, 0).expect("a whole list");
            prop_assert_eq!(&held, &old);
            let delta = new.sign_delta(&old, &signer()).expect("few changes");
            prop_assert_eq!(held.with_delta(&delta, &trust).expect("its own delta"), new);
        }
    }

    fn check(name: &str, result: Result<StatusList, ListProblem>, expected: ListProblem) {
        assert_eq!(result.err(), Some(expected), "{name}");
    }

    #[test]
    fn a_list_that_does_not_fit_is_refused_whole() {
        let good = trust(Purpose::StatusList, signer().public_key());
        let (one, two) = (list(1, 40, &[(3, 1)]), list(2, 40, &[(3, 0), (5, 1)]));
        let (whole, delta) = (one.sign(&signer()), two.sign_delta(&one, &signer()).expect("few changes"));
        let read = |bytes: &[u8], trust: &Trust, held| StatusList::from_signed(bytes, trust, held);
        check("again", read(&whole, &good, 1), ListProblem::NotNewer);
        check("no key", read(&whole, &Trust::default(), 0), ListProblem::UnknownKey);
        let printing = trust(Purpose::PrintedCode, signer().public_key());
        check("a key for print", read(&whole, &printing, 0), ListProblem::WrongPurpose);
        check("a delta as a list", read(&delta, &good, 0), ListProblem::Malformed);
        check("short", read(&whole[..20], &good, 0), ListProblem::Malformed);
        for at in 0..whole.len() {
            let mut bent = whole.clone();
            bent[at] ^= 1;
            assert!(read(&bent, &good, 0).is_err(), "byte {at}");
        }
        check("twice", two.with_delta(&delta, &good), ListProblem::NeedWhole);
        let mut other = one.clone();
        other.set(Change::Card { serial: 9, state: CardState::Lost });
        check("another list of that number", other.with_delta(&delta, &good), ListProblem::NeedWhole);
        assert_eq!(
            one.with_delta(&delta, &good).map(|list| (list.card(3), list.card(5))),
            Ok((CardState::Good, CardState::Lost))
        );
    }
}

//! Another system's printed codes, as a list of their hashes. Their texts never change, so a reader needs no secret to
//! know them, and what is not on the list is not a code, however well it was encrypted.

use crate::layout::{header, i64_at, u32_at};
use crate::suite::LEGACY;
use crate::trust::{ListProblem, Purpose, School, Trust};
use crate::{Signer, suite};
use alloc::vec::Vec;
use sha2::{Digest as _, Sha256};

const LIST: u8 = 0x24;
/// Kind and kid, school, version, moment, number of entries.
const HEAD: usize = 4 + 16 + 4 + 8 + 4;
const ENTRY: usize = 16 + 4 + 4 + 2;
const ENTRIES_MAX: usize = 1_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LegacyEntry {
    pub fingerprint: [u8; 16],
    pub account: u32,
    pub serial: u32,
    /// Last day of validity, days since 2020-01-01 UTC.
    pub expiry: u16,
}

/// Half of SHA-256. Eight bytes would do against chance, but not against somebody who searches for a text that hits
/// any of 50,000 entries: 2^48 tries.
pub fn fingerprint(text: &str) -> [u8; 16] {
    let whole: [u8; 32] = Sha256::digest(text.trim().as_bytes()).into();
    let mut half = [0; 16];
    half.copy_from_slice(&whole[..16]);
    half
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegacyHead {
    pub school: School,
    pub version: u32,
    pub issued_at: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegacyList {
    head: LegacyHead,
    kid: u32,
    /// Sorted by fingerprint.
    entries: Vec<LegacyEntry>,
}

impl LegacyList {
    pub fn sign(mut entries: Vec<LegacyEntry>, head: LegacyHead, signer: &Signer) -> Option<Vec<u8>> {
        entries.sort();
        entries.dedup_by_key(|entry| entry.fingerprint);
        if entries.len() > ENTRIES_MAX {
            return None;
        }
        let mut bytes = Vec::with_capacity(HEAD + entries.len() * ENTRY + crate::layout::SIGNATURE);
        bytes.extend_from_slice(&header(LIST, signer.kid()));
        bytes.extend_from_slice(&head.school);
        bytes.extend_from_slice(&head.version.to_be_bytes());
        bytes.extend_from_slice(&head.issued_at.to_be_bytes());
        bytes.extend_from_slice(&(entries.len() as u32).to_be_bytes());
        for entry in &entries {
            bytes.extend_from_slice(&entry.fingerprint);
            bytes.extend_from_slice(&entry.account.to_be_bytes());
            bytes.extend_from_slice(&entry.serial.to_be_bytes());
            bytes.extend_from_slice(&entry.expiry.to_be_bytes());
        }
        Some(signer.sign_list(suite::LEGACY, bytes))
    }

    /// Read from a list that the school signed. `held` is the version that the reader has; 0 for none.
    pub fn from_signed(bytes: &[u8], trust: &Trust, held: u32) -> Result<LegacyList, ListProblem> {
        let (body, key) = trust.check(bytes, LIST, HEAD, Purpose::LegacyList, LEGACY)?;
        let school = body[4..20].try_into().expect("sixteen bytes of a head");
        let head = LegacyHead { school, version: u32_at(body, 20), issued_at: i64_at(body, 24) };
        let count = u32_at(body, 32) as usize;
        if count > ENTRIES_MAX || body.len() - HEAD != count * ENTRY {
            return Err(ListProblem::Malformed);
        }
        if head.version <= held {
            return Err(ListProblem::NotNewer);
        }
        let entries: Vec<_> = body[HEAD..].chunks_exact(ENTRY).map(read_entry).collect();
        match entries.windows(2).all(|pair| pair[0].fingerprint < pair[1].fingerprint) {
            true => Ok(LegacyList { head, kid: key.kid, entries }),
            false => Err(ListProblem::Malformed),
        }
    }

    pub fn head(&self) -> LegacyHead {
        self.head
    }

    /// The key that signed it: its caps and its validity hold for every code of the list.
    pub(crate) fn kid(&self) -> u32 {
        self.kid
    }

    pub(crate) fn find(&self, fingerprint: &[u8; 16]) -> Option<LegacyEntry> {
        let at = self.entries.binary_search_by(|entry| entry.fingerprint.cmp(fingerprint)).ok()?;
        Some(self.entries[at])
    }
}

fn read_entry(bytes: &[u8]) -> LegacyEntry {
    LegacyEntry {
        fingerprint: bytes[..16].try_into().expect("sixteen bytes of an entry"),
        account: u32_at(bytes, 16),
        serial: u32_at(bytes, 20),
        expiry: u16::from_be_bytes([bytes[24], bytes[25]]),
    }
}

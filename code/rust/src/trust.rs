//! The trust list: which keys are believed, for which school and purpose, how long, and up to which amounts. Signed by
//! a root whose public key the reader was given when it was set up.

use crate::age::Caps;
use crate::layout::{SIGNATURE, header, i64_at, kid, u32_at};
use crate::legacy::LegacyList;
use crate::suite::{Domain, KeyBytes, Suite, TRUST, VerifyingKey};
use crate::{Signer, suite};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// A school's id (RFC 9562), as bytes.
pub type School = [u8; 16];

pub(crate) const LIST: u8 = 0x21;
const HEAD: usize = 4 + 4 + 8 + 2;
const ENTRY: usize = 3 + 16 + 1 + 1 + 33 + 8 + 8 + 3;
/// Keys of one list: a key a print batch, for many years of a large school.
const KEYS_MAX: usize = u16::MAX as usize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Codes printed on cards.
    PrintedCode,
    /// Credentials for phones.
    Credential,
    /// Lists of lost cards, and their deltas.
    StatusList,
    /// Lists of another system's printed codes.
    LegacyList,
}

impl Purpose {
    pub const ALL: [Purpose; 4] = [Purpose::PrintedCode, Purpose::Credential, Purpose::StatusList, Purpose::LegacyList];

    pub fn number(self) -> u8 {
        match self {
            Purpose::PrintedCode => 1,
            Purpose::Credential => 2,
            Purpose::StatusList => 3,
            Purpose::LegacyList => 4,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Purpose::PrintedCode => "printed_code",
            Purpose::Credential => "credential",
            Purpose::StatusList => "status_list",
            Purpose::LegacyList => "legacy_list",
        }
    }

    pub fn from_word(word: &str) -> Option<Purpose> {
        Purpose::ALL.into_iter().find(|purpose| purpose.word() == word)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKey {
    /// 24 bits.
    pub kid: u32,
    pub school: School,
    pub purpose: Purpose,
    pub key: KeyBytes,
    /// Milliseconds of the Unix clock; the end is the first moment after.
    pub valid_from: i64,
    pub valid_until: i64,
    /// Whole yuan in one use offline, five yuan each in all uses, and the number of uses.
    pub use_cap_yuan: u8,
    pub total_cap_5yuan: u8,
    pub uses: u8,
}

impl TrustedKey {
    pub fn caps(&self) -> Caps {
        Caps::from_bytes(self.use_cap_yuan, self.total_cap_5yuan, self.uses)
    }

    /// Whether lists that the other key signed are believed under this one: validity and caps may have changed, the key
    /// not.
    pub fn is_the_key(&self, other: &TrustedKey) -> bool {
        let of = |key: &TrustedKey| (key.kid, key.school, key.purpose, key.key);
        of(self) == of(other)
    }
}

/// Why a signed list was not taken. Nothing of the old one is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListProblem {
    Malformed,
    UnknownKey,
    WrongPurpose,
    BadSignature,
    /// Not newer than what the reader has: an old list could hide a loss.
    NotNewer,
    /// A delta for another version than the one at hand, or whose result differs: fetch the whole list.
    NeedWhole,
}

impl ListProblem {
    /// Stable, for programs; the same in every language.
    pub fn word(self) -> &'static str {
        match self {
            ListProblem::Malformed => "malformed",
            ListProblem::UnknownKey => "unknown_key",
            ListProblem::WrongPurpose => "wrong_purpose",
            ListProblem::BadSignature => "bad_signature",
            ListProblem::NotNewer => "not_newer",
            ListProblem::NeedWhole => "need_whole",
        }
    }
}

/// A key, read from its bytes once. Bytes that are no key stay in the list and verify nothing.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) of: TrustedKey,
    key: Option<VerifyingKey>,
}

impl Known {
    pub(crate) fn verifies(&self, domain: Domain, message: &[u8], signature: &[u8; SIGNATURE]) -> bool {
        self.key.as_ref().is_some_and(|key| key.verifies(domain, message, signature))
    }

    pub(crate) fn is_valid(&self, now: i64) -> bool {
        (self.of.valid_from..self.of.valid_until).contains(&now)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrustHead {
    pub version: u32,
    pub issued_at: i64,
}

#[derive(Clone, Default)]
pub struct Trust {
    head: TrustHead,
    keys: BTreeMap<u32, Known>,
    legacy: Vec<LegacyList>,
}

impl Trust {
    /// From a source that is believed without a signature: the server's own database.
    pub fn new(keys: impl IntoIterator<Item = TrustedKey>) -> Trust {
        let known = |of: TrustedKey| (of.kid, Known { key: VerifyingKey::read(&of.key), of });
        Trust { keys: keys.into_iter().map(known).collect(), ..Trust::default() }
    }

    /// From a list that one of the pinned roots signed. `held` is the version that the reader has; 0 for none.
    pub fn from_signed(bytes: &[u8], roots: &[(u32, KeyBytes)], held: u32) -> Result<Trust, ListProblem> {
        let (body, signature) = signed_parts(bytes, LIST, HEAD)?;
        let root = roots.iter().find(|(root, _)| *root == kid(body)).ok_or(ListProblem::UnknownKey)?;
        let root = VerifyingKey::read(&root.1).ok_or(ListProblem::BadSignature)?;
        if !root.verifies(TRUST, body, signature) {
            return Err(ListProblem::BadSignature);
        }
        let head = TrustHead { version: u32_at(body, 4), issued_at: i64_at(body, 8) };
        if head.version <= held {
            return Err(ListProblem::NotNewer);
        }
        let count = usize::from(u16::from_be_bytes([body[16], body[17]]));
        let entries = &body[HEAD..];
        if entries.len() != count * ENTRY {
            return Err(ListProblem::Malformed);
        }
        let keys = entries.chunks_exact(ENTRY).map(|entry| read_key(entry).ok_or(ListProblem::Malformed));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        // Ascending, so that a kid can't appear twice and every list has one form.
        if !keys.windows(2).all(|pair| pair[0].kid < pair[1].kid) {
            return Err(ListProblem::Malformed);
        }
        Ok(Trust { head, ..Trust::new(keys) })
    }

    /// What a root signs for readers. `None`: more keys than a list holds.
    pub fn sign(keys: &[TrustedKey], head: TrustHead, root: &Signer) -> Option<Vec<u8>> {
        if keys.len() > KEYS_MAX {
            return None;
        }
        let mut keys: Vec<_> = keys.iter().collect();
        keys.sort_by_key(|key| key.kid);
        keys.dedup_by_key(|key| key.kid);
        let mut bytes = Vec::with_capacity(HEAD + keys.len() * ENTRY + SIGNATURE);
        bytes.extend_from_slice(&header(LIST, root.kid()));
        bytes.extend_from_slice(&head.version.to_be_bytes());
        bytes.extend_from_slice(&head.issued_at.to_be_bytes());
        bytes.extend_from_slice(&(keys.len() as u16).to_be_bytes());
        keys.iter().for_each(|key| write_key(&mut bytes, key));
        Some(root.sign_list(suite::TRUST, bytes))
    }

    /// Another system's codes; a newer list of the same school takes the place of the older.
    pub fn add_legacy(&mut self, list: LegacyList) {
        self.legacy.retain(|held| held.head().school != list.head().school);
        self.legacy.push(list);
    }

    /// The newer list in the place of this one. Another system's codes stay while the key that signed their list is
    /// believed.
    pub fn renewed(mut self, newer: Trust) -> Trust {
        let mut legacy = core::mem::take(&mut self.legacy);
        legacy.retain(|list| match (self.find(list.kid()), newer.find(list.kid())) {
            (Some(before), Some(now)) => now.of.is_the_key(&before.of),
            _ => false,
        });
        Trust { legacy, ..newer }
    }

    pub fn head(&self) -> TrustHead {
        self.head
    }

    pub fn keys(&self) -> impl Iterator<Item = &TrustedKey> {
        self.keys.values().map(|known| &known.of)
    }

    pub(crate) fn find(&self, kid: u32) -> Option<&Known> {
        self.keys.get(&kid)
    }

    /// What was added of other systems' codes, a list for each school.
    pub fn legacy(&self) -> &[LegacyList] {
        &self.legacy
    }

    /// Checks a list that a school signed: kind, key, purpose, signature. Gives its body and its key.
    pub(crate) fn check<'b>(
        &self,
        bytes: &'b [u8],
        kind: u8,
        head: usize,
        purpose: Purpose,
        domain: Domain,
    ) -> Result<(&'b [u8], &TrustedKey), ListProblem> {
        let (body, signature) = signed_parts(bytes, kind, head)?;
        let known = self.find(kid(body)).ok_or(ListProblem::UnknownKey)?;
        let school: School = body[4..20].try_into().expect("sixteen bytes of a head");
        if known.of.purpose != purpose || known.of.school != school {
            return Err(ListProblem::WrongPurpose);
        }
        match known.verifies(domain, body, signature) {
            true => Ok((body, &known.of)),
            false => Err(ListProblem::BadSignature),
        }
    }
}

fn signed_parts(bytes: &[u8], kind: u8, head: usize) -> Result<(&[u8], &[u8; SIGNATURE]), ListProblem> {
    let (body, signature) = bytes.split_last_chunk::<SIGNATURE>().ok_or(ListProblem::Malformed)?;
    match body.len() >= head && body[0] == kind {
        true => Ok((body, signature)),
        false => Err(ListProblem::Malformed),
    }
}

fn write_key(bytes: &mut Vec<u8>, of: &TrustedKey) {
    bytes.extend_from_slice(&of.kid.to_be_bytes()[1..]);
    bytes.extend_from_slice(&of.school);
    bytes.push(of.purpose.number());
    bytes.push(of.key.suite().number());
    bytes.extend_from_slice(of.key.as_bytes());
    // An Ed25519 key is one byte shorter than its place.
    bytes.resize(bytes.len() + 33 - of.key.as_bytes().len(), 0);
    bytes.extend_from_slice(&of.valid_from.to_be_bytes());
    bytes.extend_from_slice(&of.valid_until.to_be_bytes());
    bytes.extend_from_slice(&[of.use_cap_yuan, of.total_cap_5yuan, of.uses]);
}

fn read_key(entry: &[u8]) -> Option<TrustedKey> {
    let number = entry[20];
    let suite = Suite::ALL.into_iter().find(|suite| suite.number() == number)?;
    let place = &entry[21..54];
    let key = match suite {
        Suite::Ed25519 if place[32] == 0 => KeyBytes::new(suite, &place[..32])?,
        Suite::Ed25519 => return None,
        Suite::Sm2 => KeyBytes::new(suite, place)?,
    };
    Some(TrustedKey {
        kid: u32::from_be_bytes([0, entry[0], entry[1], entry[2]]),
        school: entry[3..19].try_into().ok()?,
        purpose: Purpose::ALL.into_iter().find(|purpose| purpose.number() == entry[19])?,
        key,
        valid_from: i64_at(entry, 54),
        valid_until: i64_at(entry, 62),
        use_cap_yuan: entry[70],
        total_cap_5yuan: entry[71],
        uses: entry[72],
    })
}

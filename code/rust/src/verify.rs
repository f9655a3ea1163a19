//! The verifier: from a text to a verified code or the first reason against it, in the order of precedence.

use crate::age::{Allowance, Caps};
use crate::armour::Bytes;
use crate::layout::{self, CREDENTIAL_FIELDS, DYNAMIC_BYTES, Protection, SHOWN_BYTES, SIGNATURE, STATIC_BYTES};
use crate::legacy::fingerprint;
use crate::memory::{Memory, Refusal, Replay, Use, use_order};
use crate::sign::device_signed;
use crate::status::{CardState, StatusList};
use crate::suite;
use crate::trust::{Known, Purpose, School, Trust};
use crate::{AHEAD_MS_MAX, DAY_MS, EPOCH_MS, OLD_MS_MAX, STEP_MS, TEXT_MAX, UNCERTAINTY_MS_MAX, armour};

/// A signed list from this far ahead proves that the reader's clock is wrong.
const CLOCK_BEHIND_MS_MAX: i64 = 5 * 60_000;

/// The reader's time: it has no clock of its own.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Milliseconds of the Unix clock.
    pub ms: i64,
    /// How far off that may be: a reader that has long been without a network is less certain.
    pub uncertainty_ms: i64,
}

impl From<i64> for Now {
    fn from(ms: i64) -> Now {
        Now { ms, uncertainty_ms: 0 }
    }
}

/// Who knows what was lost.
#[derive(Clone, Copy)]
pub enum Status<'a> {
    /// This reader's list. It belongs to one school, so codes of others are refused.
    List(&'a StatusList),
    /// The caller, who looks the serial up where it books (the server). Codes of other schools are refused.
    Elsewhere(School),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Printed on a card.
    Static,
    /// Shown by a phone, for seconds.
    Dynamic,
    /// Another system's print.
    Legacy,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::Static => "static",
            Kind::Dynamic => "dynamic",
            Kind::Legacy => "legacy",
        }
    }
}

/// A code whose key, signatures, time, status and use were all checked. Only `verify` makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    kind: Kind,
    school: School,
    kid: u32,
    account: u32,
    serial: u32,
    class: u8,
    ends_ms: i64,
    protection: Option<Protection>,
    use_order: Option<u64>,
    caps: Caps,
    allowance: Allowance,
}

impl Verified {
    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn school(&self) -> School {
        self.school
    }

    pub fn kid(&self) -> u32 {
        self.kid
    }

    pub fn account(&self) -> u32 {
        self.account
    }

    pub fn serial(&self) -> u32 {
        self.serial
    }

    pub fn class(&self) -> u8 {
        self.class
    }

    /// The first moment at which the card or credential is no longer valid, Unix ms.
    pub fn ends_ms(&self) -> i64 {
        self.ends_ms
    }

    /// How the phone keeps its key; nothing for print.
    pub fn protection(&self) -> Option<Protection> {
        self.protection
    }

    /// Which use of its phone this is: every later code of the phone has a higher one. Nothing for print.
    pub fn use_order(&self) -> Option<u64> {
        self.use_order
    }

    /// Which code of its credential this is; nothing for print.
    pub fn counter(&self) -> Option<u16> {
        self.use_order.map(|order| order as u16)
    }

    pub fn allowance(&self) -> Allowance {
        self.allowance
    }

    /// What may be spent offline. Nothing at all: the code only says who somebody is.
    pub fn caps(&self) -> Option<Caps> {
        self.allowance.of(self.caps)
    }
}

/// Ordered by precedence: the first that holds is the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The text is of another kind: a dish, a payment code, somebody's web address.
    NotACampusCode,
    Malformed,
    /// A form of code that this reader does not know yet.
    UnsupportedVersion,
    UnknownKey,
    WrongSchool,
    WrongPurpose,
    KeyNotValidNow,
    BadSignature,
    /// The school signed the credential, but not this phone the code.
    BadDeviceSignature,
    /// The reader's own clock is behind a list that it holds.
    ClockWrong,
    Expired,
    Lost,
    /// Replaced by another card, or given back.
    Cancelled,
    AccountStopped,
    /// The phone's clock is ahead by so many seconds.
    FromTheFuture {
        seconds: u32,
    },
    /// A picture of a code, or a phone whose clock is behind by so many seconds.
    Stale {
        seconds: u32,
    },
    Replayed,
    /// The reader's memory of uses is full; it has to ask the server.
    MemoryFull,
}

impl Reason {
    /// Stable, for programs; the same in every language.
    pub fn code(self) -> &'static str {
        match self {
            Reason::NotACampusCode => "not_a_campus_code",
            Reason::Malformed => "malformed",
            Reason::UnsupportedVersion => "unsupported_version",
            Reason::UnknownKey => "unknown_key",
            Reason::WrongSchool => "wrong_school",
            Reason::WrongPurpose => "wrong_purpose",
            Reason::KeyNotValidNow => "key_not_valid_now",
            Reason::BadSignature => "bad_signature",
            Reason::BadDeviceSignature => "bad_device_signature",
            Reason::ClockWrong => "clock_wrong",
            Reason::Expired => "expired",
            Reason::Lost => "lost",
            Reason::Cancelled => "cancelled",
            Reason::AccountStopped => "account_stopped",
            Reason::FromTheFuture { .. } => "from_the_future",
            Reason::Stale { .. } => "stale",
            Reason::Replayed => "replayed",
            Reason::MemoryFull => "memory_full",
        }
    }

    /// By how much the phone's clock and the reader's differ, for those two reasons.
    pub fn seconds(self) -> Option<u32> {
        match self {
            Reason::FromTheFuture { seconds } | Reason::Stale { seconds } => Some(seconds),
            _ => None,
        }
    }
}

/// Verifies one text. A dynamic code that is taken is remembered, so the same text is refused the next time.
pub fn verify(
    text: &str,
    trust: &Trust,
    status: Status<'_>,
    replay: Replay<'_>,
    now: impl Into<Now>,
) -> Result<Verified, Reason> {
    let at = At { trust, status, now: now.into() };
    if !armour::looks_like_ours(text) {
        return at.legacy(text);
    }
    let bytes = armour::decode(text).ok_or(Reason::Malformed)?;
    match (bytes.first(), bytes.len()) {
        (Some(&layout::STATIC), STATIC_BYTES) => at.printed(&bytes),
        (Some(&layout::DYNAMIC), DYNAMIC_BYTES) => at.shown(&bytes, replay),
        (Some(&(layout::STATIC | layout::DYNAMIC)), _) => Err(Reason::Malformed),
        // Nothing is said about the length of what is not known yet.
        (Some(_), _) => Err(Reason::UnsupportedVersion),
        (None, _) => Err(Reason::Malformed),
    }
}

struct At<'a> {
    trust: &'a Trust,
    status: Status<'a>,
    now: Now,
}

/// What a code of every kind says.
struct Said {
    account: u32,
    serial: u32,
    ends_ms: i64,
}

impl At<'_> {
    fn printed(&self, bytes: &Bytes) -> Result<Verified, Reason> {
        let (fields, rest) = bytes.split_first_chunk().expect("the length was compared");
        let known = self.key(layout::kid(fields), Purpose::PrintedCode)?;
        let signature = rest.first_chunk().expect("the length was compared");
        if !known.verifies(suite::STATIC, fields, signature) {
            return Err(Reason::BadSignature);
        }
        let read = layout::read_static(fields);
        let said = Said { account: read.account, serial: read.serial, ends_ms: end_of_day(read.expiry) };
        self.good(&said, self.now.ms)?;
        Ok(Verified { class: read.class, ..self.verified(Kind::Static, known, &said, known.of.caps()) })
    }

    fn shown(&self, bytes: &Bytes, replay: Replay<'_>) -> Result<Verified, Reason> {
        let fields: &[u8; CREDENTIAL_FIELDS] = bytes.first_chunk().expect("the length was compared");
        let shown: &[u8; SHOWN_BYTES] = bytes.first_chunk().expect("the length was compared");
        let read = layout::read_credential(fields).ok_or(Reason::Malformed)?;
        let known = self.key(layout::kid(fields), Purpose::Credential)?;
        let issuer: &[u8; SIGNATURE] = bytes[CREDENTIAL_FIELDS..].first_chunk().expect("the length was compared");
        if !known.verifies(suite::CREDENTIAL, fields, issuer) {
            return Err(Reason::BadSignature);
        }
        let device: &[u8; SIGNATURE] = bytes[SHOWN_BYTES..].first_chunk().expect("the length was compared");
        if !device_signed(&read.device_key, shown, device) {
            return Err(Reason::BadDeviceSignature);
        }
        let (step, counter) = layout::read_shown(shown);
        let shown_at = read.starts_ms() + i64::from(step) * STEP_MS;
        let said = Said { account: read.account, serial: read.serial, ends_ms: read.ends_ms() };
        self.good(&said, shown_at)?;
        self.fresh(shown_at)?;
        let order = use_order(read.not_before, counter);
        if let Replay::Here(memory) = replay {
            self.once(memory, known.of.school, &said, order)?;
        }
        let caps = Caps::from_bytes(read.use_cap_yuan, read.total_cap_5yuan, read.uses).least(known.of.caps());
        Ok(Verified {
            class: read.class,
            protection: Some(read.protection),
            use_order: Some(order),
            ..self.verified(Kind::Dynamic, known, &said, caps)
        })
    }

    /// What is on no list is no code, whatever it looks like.
    fn legacy(&self, text: &str) -> Result<Verified, Reason> {
        let text = text.trim();
        if text.len() > TEXT_MAX || self.trust.legacy().is_empty() {
            return Err(Reason::NotACampusCode);
        }
        let fingerprint = fingerprint(text);
        let found = self.trust.legacy().iter().find_map(|list| Some((list.kid(), list.find(&fingerprint)?)));
        let (kid, entry) = found.ok_or(Reason::NotACampusCode)?;
        let known = self.key(kid, Purpose::LegacyList)?;
        let said = Said { account: entry.account, serial: entry.serial, ends_ms: end_of_day(entry.expiry) };
        self.good(&said, self.now.ms)?;
        Ok(self.verified(Kind::Legacy, known, &said, known.of.caps()))
    }

    /// The key, if it is believed here, for this, and now.
    fn key(&self, kid: u32, purpose: Purpose) -> Result<&Known, Reason> {
        let known = self.trust.find(kid).ok_or(Reason::UnknownKey)?;
        let school = match self.status {
            Status::List(list) => list.head().school,
            Status::Elsewhere(school) => school,
        };
        if known.of.school != school {
            return Err(Reason::WrongSchool);
        }
        if known.of.purpose != purpose {
            return Err(Reason::WrongPurpose);
        }
        match known.is_valid(self.now.ms) {
            true => Ok(known),
            false => Err(Reason::KeyNotValidNow),
        }
    }

    /// Time and status, after the signatures. `at`: the moment that the code itself is of.
    fn good(&self, said: &Said, at: i64) -> Result<(), Reason> {
        let list = match self.status {
            Status::List(list) => Some(list),
            Status::Elsewhere(_) => None,
        };
        if list.is_some_and(|list| list.head().issued_at.saturating_sub(self.now.ms) > CLOCK_BEHIND_MS_MAX) {
            return Err(Reason::ClockWrong);
        }
        if self.now.ms.max(at) >= said.ends_ms {
            return Err(Reason::Expired);
        }
        let Some(list) = list else { return Ok(()) };
        match list.card(said.serial) {
            CardState::Lost => Err(Reason::Lost),
            CardState::Cancelled => Err(Reason::Cancelled),
            CardState::Good if list.is_stopped(said.account) => Err(Reason::AccountStopped),
            CardState::Good => Ok(()),
        }
    }

    fn fresh(&self, shown_at: i64) -> Result<(), Reason> {
        let uncertain = self.now.uncertainty_ms.clamp(0, UNCERTAINTY_MS_MAX);
        let age = self.now.ms.saturating_sub(shown_at);
        let seconds = u32::try_from(age.unsigned_abs() / 1_000).unwrap_or(u32::MAX);
        if age < -(AHEAD_MS_MAX + uncertain) {
            return Err(Reason::FromTheFuture { seconds });
        }
        match age > OLD_MS_MAX + uncertain {
            true => Err(Reason::Stale { seconds }),
            false => Ok(()),
        }
    }

    fn once(&self, memory: &mut Memory, school: School, said: &Said, order: u64) -> Result<(), Reason> {
        let of = Use { school, serial: said.serial, order, ends_ms: said.ends_ms };
        memory.accept(of, self.now.ms).map_err(|refusal| match refusal {
            Refusal::Replayed => Reason::Replayed,
            Refusal::Full => Reason::MemoryFull,
        })
    }

    fn verified(&self, kind: Kind, known: &Known, said: &Said, caps: Caps) -> Verified {
        let allowance = match self.status {
            Status::List(list) => {
                let age = self.now.ms.saturating_sub(list.head().issued_at);
                Allowance::by_age(age, kind != Kind::Dynamic)
            }
            Status::Elsewhere(_) => Allowance::Full,
        };
        Verified {
            kind,
            school: known.of.school,
            kid: known.of.kid,
            account: said.account,
            serial: said.serial,
            class: 0,
            ends_ms: said.ends_ms,
            protection: None,
            use_order: None,
            caps,
            allowance,
        }
    }
}

/// The first moment after the last day of validity.
fn end_of_day(expiry: u16) -> i64 {
    EPOCH_MS + (i64::from(expiry) + 1) * DAY_MS
}

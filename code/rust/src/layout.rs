//! The fixed layouts. Everything is big-endian; nothing is optional; what is left over is refused.

use crate::{EPOCH_MS, HOUR_MS, LIFE_HOURS_MAX, MINUTE_MS};

pub(crate) const STATIC: u8 = 0x11;
pub(crate) const DYNAMIC: u8 = 0x12;

pub(crate) const SIGNATURE: usize = 64;
pub(crate) const STATIC_FIELDS: usize = 15;
pub(crate) const STATIC_BYTES: usize = STATIC_FIELDS + SIGNATURE;
pub(crate) const CREDENTIAL_FIELDS: usize = 54;
pub(crate) const CREDENTIAL_BYTES: usize = CREDENTIAL_FIELDS + SIGNATURE;
/// The credential, the step (3 bytes) and the counter (2 bytes): what the device signs.
pub(crate) const SHOWN_BYTES: usize = CREDENTIAL_BYTES + 5;
pub(crate) const DYNAMIC_BYTES: usize = SHOWN_BYTES + SIGNATURE;

/// What a printed code says: numbers that mean nothing to a stranger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaticFields {
    /// The account's number, shuffled at issue.
    pub account: u32,
    /// The card's number, never used twice.
    pub serial: u32,
    pub class: u8,
    /// Last day of validity, days since 2020-01-01 UTC.
    pub expiry: u16,
}

/// How the device keeps its key; it decides how much may be spent with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protection {
    /// A script can read it (a mini program without cryptography of its own).
    Script,
    /// WebCrypto, not extractable.
    Browser,
    /// A secure element, attested.
    Hardware,
}

/// What the school signs for a phone: an authority that lasts hours and is bound to the phone's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialFields {
    pub account: u32,
    pub serial: u32,
    /// Minutes since 2020-01-01 UTC; 24 bits.
    pub not_before: u32,
    pub life_hours: u8,
    pub class: u8,
    /// Whole yuan for one use offline.
    pub use_cap_yuan: u8,
    /// Five yuan each: all uses offline together.
    pub total_cap_5yuan: u8,
    /// Uses offline.
    pub uses: u8,
    pub protection: Protection,
    /// P-256, compressed (SEC 1).
    pub device_key: [u8; 33],
}

impl CredentialFields {
    pub fn starts_ms(&self) -> i64 {
        EPOCH_MS + i64::from(self.not_before) * MINUTE_MS
    }

    /// The first moment at which it is no longer valid.
    pub fn ends_ms(&self) -> i64 {
        self.starts_ms() + i64::from(self.life_hours) * HOUR_MS
    }

    /// Whether it can be written and will be read back.
    pub fn is_sound(&self) -> bool {
        self.not_before < 1 << 24
            && (1..=LIFE_HOURS_MAX).contains(&self.life_hours)
            && matches!(self.device_key[0], 2 | 3)
    }
}

pub(crate) fn header(kind: u8, kid: u32) -> [u8; 4] {
    let kid = kid.to_be_bytes();
    [kind, kid[1], kid[2], kid[3]]
}

pub(crate) fn kid(bytes: &[u8]) -> u32 {
    u32::from_be_bytes([0, bytes[1], bytes[2], bytes[3]])
}

pub(crate) fn write_static(kid: u32, of: &StaticFields) -> [u8; STATIC_FIELDS] {
    let mut bytes = [0; STATIC_FIELDS];
    bytes[..4].copy_from_slice(&header(STATIC, kid));
    bytes[4..8].copy_from_slice(&of.account.to_be_bytes());
    bytes[8..12].copy_from_slice(&of.serial.to_be_bytes());
    bytes[12] = of.class;
    bytes[13..].copy_from_slice(&of.expiry.to_be_bytes());
    bytes
}

pub(crate) fn read_static(bytes: &[u8; STATIC_FIELDS]) -> StaticFields {
    StaticFields {
        account: u32_at(bytes, 4),
        serial: u32_at(bytes, 8),
        class: bytes[12],
        expiry: u16::from_be_bytes([bytes[13], bytes[14]]),
    }
}

pub(crate) fn write_credential(kid: u32, of: &CredentialFields) -> [u8; CREDENTIAL_FIELDS] {
    let mut bytes = [0; CREDENTIAL_FIELDS];
    bytes[..4].copy_from_slice(&header(DYNAMIC, kid));
    bytes[4..8].copy_from_slice(&of.account.to_be_bytes());
    bytes[8..12].copy_from_slice(&of.serial.to_be_bytes());
    bytes[12..15].copy_from_slice(&of.not_before.to_be_bytes()[1..]);
    bytes[15] = of.life_hours;
    bytes[16] = of.class;
    bytes[17] = of.use_cap_yuan;
    bytes[18] = of.total_cap_5yuan;
    bytes[19] = of.uses;
    bytes[20] = P256 | of.protection as u8;
    bytes[21..].copy_from_slice(&of.device_key);
    bytes
}

/// High four bits: the algorithm of the device. Others are reserved.
const P256: u8 = 0x00;

/// `None`: a life, an algorithm or a key form that does not exist.
pub(crate) fn read_credential(bytes: &[u8; CREDENTIAL_FIELDS]) -> Option<CredentialFields> {
    let protection = match bytes[20] {
        0 => Protection::Script,
        1 => Protection::Browser,
        2 => Protection::Hardware,
        _ => return None,
    };
    let mut device_key = [0; 33];
    device_key.copy_from_slice(&bytes[21..]);
    let read = CredentialFields {
        account: u32_at(bytes, 4),
        serial: u32_at(bytes, 8),
        not_before: u32::from_be_bytes([0, bytes[12], bytes[13], bytes[14]]),
        life_hours: bytes[15],
        class: bytes[16],
        use_cap_yuan: bytes[17],
        total_cap_5yuan: bytes[18],
        uses: bytes[19],
        protection,
        device_key,
    };
    read.is_sound().then_some(read)
}

/// The step and the counter of a shown code, after its credential.
pub(crate) fn read_shown(bytes: &[u8; SHOWN_BYTES]) -> (u32, u16) {
    let at = CREDENTIAL_BYTES;
    let step = u32::from_be_bytes([0, bytes[at], bytes[at + 1], bytes[at + 2]]);
    (step, u16::from_be_bytes([bytes[at + 3], bytes[at + 4]]))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

pub(crate) fn i64_at(bytes: &[u8], at: usize) -> i64 {
    let mut held = [0; 8];
    held.copy_from_slice(&bytes[at..at + 8]);
    i64::from_be_bytes(held)
}

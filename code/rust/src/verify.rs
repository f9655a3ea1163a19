//! The verifier: from a text to a verified code or the first reason against it, in the order of precedence.

use crate::{
    DAY_MS, EPOCH_MS, Purpose, STATIC_BYTES, STATIC_FIELDS, StaticFields, TrustList, VERSION_TYPE_STATIC, armour,
    signed_message,
};
use ed25519_dalek::{Signature, VerifyingKey};

/// A code whose signature, key and validity were all checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub school: [u8; 16],
    pub kid: u32,
    pub fields: StaticFields,
}

/// Ordered by precedence: the first that holds is the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// The text is of another kind: a dish, a payment code, somebody's web address.
    NotACampusCode,
    Malformed,
    UnknownKey,
    WrongPurpose,
    KeyNotValidNow,
    BadSignature,
    Expired,
}

impl Refusal {
    /// Stable, for programs; the same in every language.
    pub fn code(self) -> &'static str {
        match self {
            Refusal::NotACampusCode => "not_a_campus_code",
            Refusal::Malformed => "malformed",
            Refusal::UnknownKey => "unknown_key",
            Refusal::WrongPurpose => "wrong_purpose",
            Refusal::KeyNotValidNow => "key_not_valid_now",
            Refusal::BadSignature => "bad_signature",
            Refusal::Expired => "expired",
        }
    }
}

/// `now` is milliseconds of the Unix clock: the verifier has no clock of its own.
pub fn verify(text: &str, keys: &TrustList, now: i64) -> Result<Verified, Refusal> {
    if !armour::looks_like_ours(text) {
        return Err(Refusal::NotACampusCode);
    }
    let bytes = armour::decode(text).ok_or(Refusal::Malformed)?;
    // Nothing optional and nothing after the end: one length, one layout.
    if bytes.len() != STATIC_BYTES || bytes[0] != VERSION_TYPE_STATIC {
        return Err(Refusal::Malformed);
    }
    let (fields, signature) = bytes.split_at(STATIC_FIELDS);
    let kid = u32::from_be_bytes([0, fields[1], fields[2], fields[3]]);
    let key = keys.find(kid).ok_or(Refusal::UnknownKey)?;
    if key.purpose != Purpose::PrintedCode {
        return Err(Refusal::WrongPurpose);
    }
    if !(key.valid_from..key.valid_until).contains(&now) {
        return Err(Refusal::KeyNotValidNow);
    }
    let public = VerifyingKey::from_bytes(&key.public_key).map_err(|_| Refusal::BadSignature)?;
    let signature = Signature::from_slice(signature).map_err(|_| Refusal::BadSignature)?;
    // Strict: a key of small order would otherwise accept a signature over anything.
    public.verify_strict(&signed_message(fields), &signature).map_err(|_| Refusal::BadSignature)?;
    let int = |at: usize| u32::from_be_bytes([fields[at], fields[at + 1], fields[at + 2], fields[at + 3]]);
    let read = StaticFields {
        account: int(4),
        serial: int(8),
        class: fields[12],
        expiry: u16::from_be_bytes([fields[13], fields[14]]),
    };
    if now >= EPOCH_MS + (i64::from(read.expiry) + 1) * DAY_MS {
        return Err(Refusal::Expired);
    }
    Ok(Verified { school: key.school, kid, fields: read })
}

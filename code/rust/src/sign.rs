//! Making codes for print. One key a print batch; its secret lives only while codes are made.

use crate::{SIGNATURE, STATIC_BYTES, STATIC_FIELDS, VERSION_TYPE_STATIC, armour, signed_message};
use ed25519_dalek::{Signer as _, SigningKey};

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

pub struct Signer {
    kid: u32,
    key: SigningKey,
}

impl Signer {
    /// `kid` has 24 bits.
    pub fn new(kid: u32, secret: &[u8; 32]) -> Option<Signer> {
        (kid < 1 << 24).then(|| Signer { kid, key: SigningKey::from_bytes(secret) })
    }

    pub fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    pub fn static_code(&self, fields: &StaticFields) -> String {
        let mut bytes = Vec::with_capacity(STATIC_BYTES);
        bytes.push(VERSION_TYPE_STATIC);
        bytes.extend_from_slice(&self.kid.to_be_bytes()[1..]);
        bytes.extend_from_slice(&fields.account.to_be_bytes());
        bytes.extend_from_slice(&fields.serial.to_be_bytes());
        bytes.push(fields.class);
        bytes.extend_from_slice(&fields.expiry.to_be_bytes());
        debug_assert_eq!(bytes.len(), STATIC_FIELDS, "the layout of SPEC.md");
        let signature = self.key.sign(&signed_message(&bytes)).to_bytes();
        debug_assert_eq!(signature.len(), SIGNATURE, "Ed25519");
        bytes.extend_from_slice(&signature);
        armour::encode(&bytes)
    }
}

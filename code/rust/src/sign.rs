//! Making codes. The school's secrets live only while they sign; a phone's secret never leaves the phone (the twin of
//! `Device` in TypeScript signs with WebCrypto).

use crate::layout::{
    CREDENTIAL_BYTES, CredentialFields, DYNAMIC_BYTES, SHOWN_BYTES, SIGNATURE, STATIC_BYTES, StaticFields,
    write_credential, write_static,
};
use crate::suite::{CREDENTIAL, Domain, KeyBytes, REFRESH, SHOWN, STATIC, SigningKey, Suite};
use crate::{STEP_MS, armour};
use alloc::string::String;
use alloc::vec::Vec;
use sha2::{Digest as _, Sha256};

/// A key of the school: for a print batch, for credentials, for lists, or the root.
pub struct Signer {
    kid: u32,
    key: SigningKey,
}

impl Signer {
    /// `kid` has 24 bits. `None` also when the bytes are no secret of the suite; other bytes will be.
    pub fn new(kid: u32, suite: Suite, secret: &[u8; 32]) -> Option<Signer> {
        let key = SigningKey::read(suite, secret)?;
        (kid < 1 << 24).then_some(Signer { kid, key })
    }

    pub fn kid(&self) -> u32 {
        self.kid
    }

    pub fn public_key(&self) -> KeyBytes {
        self.key.public()
    }

    /// The text of a printed card.
    pub fn static_code(&self, fields: &StaticFields) -> String {
        let fields = write_static(self.kid, fields);
        let mut bytes = [0; STATIC_BYTES];
        bytes[..fields.len()].copy_from_slice(&fields);
        bytes[fields.len()..].copy_from_slice(&self.key.sign(STATIC, &fields));
        armour::encode(&bytes)
    }

    /// What a phone fetches ahead. `None`: fields that no reader would accept.
    pub fn credential(&self, fields: &CredentialFields) -> Option<Credential> {
        if !fields.is_sound() {
            return None;
        }
        let written = write_credential(self.kid, fields);
        let mut bytes = [0; CREDENTIAL_BYTES];
        bytes[..written.len()].copy_from_slice(&written);
        bytes[written.len()..].copy_from_slice(&self.key.sign(CREDENTIAL, &written));
        Some(Credential(bytes))
    }

    pub(crate) fn sign_list(&self, domain: Domain, mut body: Vec<u8>) -> Vec<u8> {
        let signature = self.key.sign(domain, &body);
        body.extend_from_slice(&signature);
        body
    }
}

/// A credential as bytes, for the phone it was issued to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credential([u8; CREDENTIAL_BYTES]);

impl Credential {
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Credential> {
        bytes.try_into().ok().map(Credential)
    }
}

/// A phone, for tests, simulations and devices that run Rust.
pub struct Device(crrl::p256::PrivateKey);

impl Device {
    /// `None`: zero, or not below the order of the curve.
    pub fn new(secret: &[u8; 32]) -> Option<Device> {
        crrl::p256::PrivateKey::decode(secret).map(Device)
    }

    pub fn public_key(&self) -> [u8; 33] {
        self.0.to_public_key().encode_compressed()
    }

    /// The code for this moment. The counter goes up by one with each code that is shown, and is kept before it is
    /// shown. `None`: the moment is before the credential.
    pub fn dynamic_code(&self, credential: &Credential, starts_ms: i64, now: i64, counter: u16) -> Option<String> {
        let step = u32::try_from((now - starts_ms).div_euclid(STEP_MS)).ok().filter(|step| *step < 1 << 24)?;
        Some(self.shown(credential, step, counter))
    }

    fn shown(&self, credential: &Credential, step: u32, counter: u16) -> String {
        let mut bytes = [0; DYNAMIC_BYTES];
        bytes[..CREDENTIAL_BYTES].copy_from_slice(&credential.0);
        bytes[CREDENTIAL_BYTES..CREDENTIAL_BYTES + 3].copy_from_slice(&step.to_be_bytes()[1..]);
        bytes[CREDENTIAL_BYTES + 3..SHOWN_BYTES].copy_from_slice(&counter.to_be_bytes());
        let hash = named_hash(SHOWN, &bytes[..SHOWN_BYTES]);
        bytes[SHOWN_BYTES..].copy_from_slice(&self.0.sign_hash(&hash, &[]));
        armour::encode(&bytes)
    }

    /// Proves to the server that it is this device which asks for its next credential, at this moment by its clock.
    pub fn refresh_proof(&self, device: &[u8; 16], at: i64) -> [u8; SIGNATURE] {
        self.0.sign_hash(&named_hash(REFRESH, &refresh_ask(device, at)), &[])
    }
}

/// ECDSA signs a hash: of the name of the kind and the bytes, as everywhere.
fn named_hash(domain: Domain, bytes: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(domain.0);
    hash.update(bytes);
    hash.finalize().into()
}

fn refresh_ask(device: &[u8; 16], at: i64) -> [u8; 24] {
    let mut bytes = [0; 24];
    bytes[..16].copy_from_slice(device);
    bytes[16..].copy_from_slice(&at.to_be_bytes());
    bytes
}

/// Whether a device with this key asks for its next credential.
pub fn refresh_signed(device_key: &[u8; 33], device: &[u8; 16], at: i64, signature: &[u8; SIGNATURE]) -> bool {
    signed(device_key, &named_hash(REFRESH, &refresh_ask(device, at)), signature)
}

/// Whether these bytes are a key that a device could have: a compressed point of P-256.
pub fn is_device_key(bytes: &[u8; 33]) -> bool {
    crrl::p256::PublicKey::decode(bytes).is_some()
}

fn signed(device_key: &[u8; 33], hash: &[u8; 32], signature: &[u8; SIGNATURE]) -> bool {
    crrl::p256::PublicKey::decode(device_key).is_some_and(|key| key.verify_hash(signature, hash))
}

/// Whether the device's own signature is over these bytes. Either of a signature's twins will do: uses are counted by
/// their counter, and phones can't choose which twin WebCrypto makes.
pub(crate) fn device_signed(device_key: &[u8; 33], shown: &[u8], signature: &[u8; 64]) -> bool {
    signed(device_key, &named_hash(SHOWN, shown), signature)
}

//! Keys of devices and of the server that speaks to them: Ed25519 (RFC 8032), always checked strictly. What is signed
//! begins with a name for its kind, so that no signature serves for another kind.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// The secret half. It has no text form: whoever keeps it keeps its seed.
#[derive(Clone)]
pub struct DeviceKey(ed25519_dalek::SigningKey);

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceKey({:?})", self.public())
    }
}

impl DeviceKey {
    pub fn from_seed(seed: &[u8; 32]) -> DeviceKey {
        DeviceKey(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// 32 bytes that only the holder of this key can make, always the same for the same message.
    pub fn secret(&self, kind: &str, message: &[u8]) -> [u8; 32] {
        let seed = self.0.to_bytes();
        let hash = Sha256::new().chain_update(named("secret", kind.as_bytes())).chain_update([0]).chain_update(seed);
        hash.chain_update(message).finalize().into()
    }

    pub fn sign(&self, kind: &str, message: &[u8]) -> Signature {
        Signature(self.0.sign(&named(kind, message)).to_bytes())
    }
}

/// The public half; as text 43 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    pub fn from_bytes(bytes: [u8; 32]) -> PublicKey {
        PublicKey(bytes)
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub fn verifies(&self, kind: &str, message: &[u8], signature: &Signature) -> bool {
        let Ok(key) = ed25519_dalek::VerifyingKey::from_bytes(&self.0) else { return false };
        key.verify_strict(&named(kind, message), &ed25519_dalek::Signature::from_bytes(&signature.0)).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", String::from(*self))
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> String {
        URL_SAFE_NO_PAD.encode(key.0)
    }
}

impl TryFrom<String> for PublicKey {
    type Error = NotBytes;

    fn try_from(text: String) -> Result<PublicKey, NotBytes> {
        bytes(&text).map(PublicKey)
    }
}

/// As text 86 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Signature([u8; 64]);

impl Signature {
    pub fn from_bytes(bytes: [u8; 64]) -> Signature {
        Signature(bytes)
    }

    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

impl From<Signature> for String {
    fn from(signature: Signature) -> String {
        URL_SAFE_NO_PAD.encode(signature.0)
    }
}

impl TryFrom<String> for Signature {
    type Error = NotBytes;

    fn try_from(text: String) -> Result<Signature, NotBytes> {
        bytes(&text).map(Signature)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("keys and signatures are base64url without padding, of 32 and 64 bytes")]
pub struct NotBytes;

fn bytes<const N: usize>(text: &str) -> Result<[u8; N], NotBytes> {
    URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(NotBytes)
}

fn named(kind: &str, message: &[u8]) -> Vec<u8> {
    [b"yitong\0", kind.as_bytes(), b"\0", message].concat()
}

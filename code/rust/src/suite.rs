//! Signature suites. Which one a key belongs to is part of the key, and the key comes from the trust list: a code
//! can't choose how it is judged.

use crate::layout::SIGNATURE;
use ed25519_dalek::Signer as _;
use sm2::dsa::signature::{MultipartSigner as _, MultipartVerifier as _};

/// The distinguishing identifier that GB/T 35276 gives where nothing else is agreed.
const SM2_ID: &str = "1234567812345678";
/// The longest signed message: the largest name and the shown bytes of a dynamic code.
const MESSAGE_MAX: usize = 160;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suite {
    /// RFC 8032.
    Ed25519,
    /// GB/T 32918.2 with SM3.
    Sm2,
}

impl Suite {
    pub const ALL: [Suite; 2] = [Suite::Ed25519, Suite::Sm2];

    /// Its number in signed lists.
    pub(crate) fn number(self) -> u8 {
        match self {
            Suite::Ed25519 => 1,
            Suite::Sm2 => 2,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Suite::Ed25519 => "ed25519",
            Suite::Sm2 => "sm2",
        }
    }

    pub fn from_word(word: &str) -> Option<Suite> {
        Suite::ALL.into_iter().find(|suite| suite.word() == word)
    }
}

/// A public key as bytes: 32 for Ed25519, 33 (SEC 1, compressed) for SM2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyBytes {
    Ed25519([u8; 32]),
    Sm2([u8; 33]),
}

impl KeyBytes {
    pub fn new(suite: Suite, bytes: &[u8]) -> Option<KeyBytes> {
        match suite {
            Suite::Ed25519 => bytes.try_into().ok().map(KeyBytes::Ed25519),
            Suite::Sm2 => bytes.try_into().ok().map(KeyBytes::Sm2),
        }
    }

    pub fn suite(&self) -> Suite {
        match self {
            KeyBytes::Ed25519(_) => Suite::Ed25519,
            KeyBytes::Sm2(_) => Suite::Sm2,
        }
    }

    pub fn as_bytes(&self) -> &[u8] {
        match self {
            KeyBytes::Ed25519(bytes) => bytes,
            KeyBytes::Sm2(bytes) => bytes,
        }
    }
}

/// What is signed begins with a name for its kind, so that no signature serves for another kind.
#[derive(Clone, Copy)]
pub(crate) struct Domain(pub(crate) &'static [u8]);

pub(crate) const STATIC: Domain = Domain(b"C1\0static\0");
pub(crate) const CREDENTIAL: Domain = Domain(b"C1\0credential\0");
pub(crate) const SHOWN: Domain = Domain(b"C1\0dynamic\0");
pub(crate) const REFRESH: Domain = Domain(b"C1\0refresh\0");
pub(crate) const TRUST: Domain = Domain(b"C1\0trust\0");
pub(crate) const STATUS: Domain = Domain(b"C1\0status\0");
pub(crate) const DELTA: Domain = Domain(b"C1\0delta\0");
pub(crate) const LEGACY: Domain = Domain(b"C1\0legacy\0");

/// A key that was read once: points of a curve are not decompressed for each code.
#[derive(Clone)]
pub(crate) enum VerifyingKey {
    Ed25519(ed25519_dalek::VerifyingKey),
    Sm2(sm2::dsa::VerifyingKey),
}

impl VerifyingKey {
    /// `None`: not a point of the curve.
    pub(crate) fn read(bytes: &KeyBytes) -> Option<VerifyingKey> {
        match bytes {
            KeyBytes::Ed25519(bytes) => ed25519_dalek::VerifyingKey::from_bytes(bytes).ok().map(VerifyingKey::Ed25519),
            // SEC 1 libraries differ on the compact form, which begins with 5: a key means the same to every reader.
            KeyBytes::Sm2(bytes @ [2 | 3, ..]) => {
                sm2::dsa::VerifyingKey::from_sec1_bytes(SM2_ID, bytes).ok().map(VerifyingKey::Sm2)
            }
            KeyBytes::Sm2(_) => None,
        }
    }

    /// Short messages are put together on the stack; lists, which are long and rare, on the heap.
    pub(crate) fn verifies(&self, domain: Domain, message: &[u8], signature: &[u8; SIGNATURE]) -> bool {
        match self {
            VerifyingKey::Ed25519(key) => {
                let signature = ed25519_dalek::Signature::from_bytes(signature);
                // Strict: a key of small order would otherwise accept a signature over anything.
                named(domain, message, |whole| key.verify_strict(whole, &signature).is_ok())
            }
            VerifyingKey::Sm2(key) => {
                let Ok(signature) = sm2::dsa::Signature::from_slice(signature) else { return false };
                key.multipart_verify(&[domain.0, message], &signature).is_ok()
            }
        }
    }
}

/// A secret that signs. It can be made from its bytes and gives none away.
pub(crate) enum SigningKey {
    Ed25519(ed25519_dalek::SigningKey),
    Sm2(sm2::dsa::SigningKey),
}

impl SigningKey {
    /// `None`: the bytes are no secret of the suite (SM2: zero, or not below the order less one).
    pub(crate) fn read(suite: Suite, secret: &[u8; 32]) -> Option<SigningKey> {
        match suite {
            Suite::Ed25519 => Some(SigningKey::Ed25519(ed25519_dalek::SigningKey::from_bytes(secret))),
            Suite::Sm2 => sm2::dsa::SigningKey::from_slice(SM2_ID, secret).ok().map(SigningKey::Sm2),
        }
    }

    pub(crate) fn public(&self) -> KeyBytes {
        match self {
            SigningKey::Ed25519(key) => KeyBytes::Ed25519(key.verifying_key().to_bytes()),
            SigningKey::Sm2(key) => {
                use sm2::elliptic_curve::sec1::ToSec1Point as _;
                let point = key.verifying_key().as_affine().to_sec1_point(true);
                KeyBytes::Sm2(point.as_bytes().try_into().expect("a compressed point has 33 bytes"))
            }
        }
    }

    /// Deterministic in both suites, so that the same card is the same text.
    pub(crate) fn sign(&self, domain: Domain, message: &[u8]) -> [u8; SIGNATURE] {
        match self {
            SigningKey::Ed25519(key) => named(domain, message, |whole| key.sign(whole).to_bytes()),
            SigningKey::Sm2(key) => {
                let signature: sm2::dsa::Signature = key.multipart_sign(&[domain.0, message]);
                signature.to_bytes().as_slice().try_into().expect("an SM2 signature has 64 bytes")
            }
        }
    }
}

fn named<T>(domain: Domain, message: &[u8], with: impl FnOnce(&[u8]) -> T) -> T {
    let length = domain.0.len() + message.len();
    if length > MESSAGE_MAX {
        return with(&[domain.0, message].concat());
    }
    let mut held = [0; MESSAGE_MAX];
    held[..domain.0.len()].copy_from_slice(domain.0);
    held[domain.0.len()..length].copy_from_slice(message);
    with(&held[..length])
}

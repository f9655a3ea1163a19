//! RSA keys as the earlier system kept them: PEM or DER, in the PKCS#1, PKCS#8 and SPKI forms.

use crate::RsaSize;
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey};
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey};
use rsa::traits::PublicKeyParts;
use std::fmt;

/// A key of 2048 bits has less than two kibibytes in any form.
const KEY_BYTES_MAX: usize = 10_000;

/// Makes cards, and so can whoever else has it: it proves nothing.
#[derive(Clone)]
pub struct PublicKey(pub(crate) rsa::PublicKey);

/// Reads every card ever printed. It stays on the server.
#[derive(Clone)]
pub struct PrivateKey(pub(crate) rsa::PrivateKey);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// Also a broken one, one under a passphrase, and one of the other kind.
    NotAKey,
    /// Neither 1024 nor 2048 bits.
    UnknownSize,
}

impl PublicKey {
    pub fn from_pem(text: &str) -> Result<PublicKey, KeyError> {
        let text = short(text)?;
        let spki = || rsa::PublicKey::from_public_key_pem(text).ok();
        let key = spki().or_else(|| rsa::PublicKey::from_pkcs1_pem(text).ok());
        PublicKey::known_size(key.ok_or(KeyError::NotAKey)?)
    }

    pub fn from_der(bytes: &[u8]) -> Result<PublicKey, KeyError> {
        let bytes = short(bytes)?;
        let spki = || rsa::PublicKey::from_public_key_der(bytes).ok();
        let key = spki().or_else(|| rsa::PublicKey::from_pkcs1_der(bytes).ok());
        PublicKey::known_size(key.ok_or(KeyError::NotAKey)?)
    }

    pub fn size(&self) -> RsaSize {
        size(&self.0).expect("looked at when the key was read")
    }

    fn known_size(key: rsa::PublicKey) -> Result<PublicKey, KeyError> {
        size(&key).ok_or(KeyError::UnknownSize)?;
        Ok(PublicKey(key))
    }
}

impl PrivateKey {
    pub fn from_pem(text: &str) -> Result<PrivateKey, KeyError> {
        let text = short(text)?;
        let pkcs8 = || rsa::PrivateKey::from_pkcs8_pem(text).ok();
        let key = pkcs8().or_else(|| rsa::PrivateKey::from_pkcs1_pem(text).ok());
        PrivateKey::known_size(key.ok_or(KeyError::NotAKey)?)
    }

    pub fn from_der(bytes: &[u8]) -> Result<PrivateKey, KeyError> {
        let bytes = short(bytes)?;
        let pkcs8 = || rsa::PrivateKey::from_pkcs8_der(bytes).ok();
        let key = pkcs8().or_else(|| rsa::PrivateKey::from_pkcs1_der(bytes).ok());
        PrivateKey::known_size(key.ok_or(KeyError::NotAKey)?)
    }

    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.to_public_key())
    }

    pub fn size(&self) -> RsaSize {
        size(&self.0).expect("looked at when the key was read")
    }

    fn known_size(key: rsa::PrivateKey) -> Result<PrivateKey, KeyError> {
        size(&key).ok_or(KeyError::UnknownSize)?;
        Ok(PrivateKey(key))
    }
}

fn short<T: AsRef<[u8]> + ?Sized>(key: &T) -> Result<&T, KeyError> {
    (key.as_ref().len() <= KEY_BYTES_MAX).then_some(key).ok_or(KeyError::NotAKey)
}

fn size(key: &impl PublicKeyParts) -> Option<RsaSize> {
    match key.n().bit_width() {
        1024 => Some(RsaSize::Bits1024),
        2048 => Some(RsaSize::Bits2048),
        _ => None,
    }
}

/// Nothing of a private key may reach a log.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.size().word())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.size().word())
    }
}

impl KeyError {
    pub fn zh(self) -> &'static str {
        match self {
            KeyError::NotAKey => "不是可用的 RSA 密钥：需要不带口令的 PEM 或 DER，并分清公钥与私钥",
            KeyError::UnknownSize => "RSA 密钥只能是 1024 位或 2048 位",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            KeyError::NotAKey => {
                "not a usable RSA key: PEM or DER without a passphrase, and of the right kind, \
                                  public or private"
            }
            KeyError::UnknownSize => "an RSA key has 1024 or 2048 bits here",
        }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.en())
    }
}

impl std::error::Error for KeyError {}

//! Signatures and ciphers that channels share, over `ring`. Keys are read in the forms in which merchants are given
//! them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use ring::{aead, hmac, rand};
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("it is not PEM and not base64")]
    NotText,
    #[error("it is not an RSA private key of 2048 to 4096 bits (PKCS#1 or PKCS#8)")]
    NotPrivate,
    #[error("it is not an RSA public key or a certificate with one")]
    NotPublic,
}

pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Base64 with or without line breaks.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(compact).ok()
}

/// The bytes of a PEM block, or of bare base64: both are handed out by the channels' consoles.
pub fn der(text: &str) -> Result<Vec<u8>, KeyError> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("-----"));
    let body: String = lines.collect();
    STANDARD.decode(body).ok().filter(|bytes| !bytes.is_empty()).ok_or(KeyError::NotText)
}

/// An RSA private key that signs (PKCS#1 v1.5, SHA-256).
#[derive(Clone)]
pub struct Signer(Arc<RsaKeyPair>);

impl Signer {
    /// PKCS#1 or PKCS#8, PEM or bare base64: all four occur.
    pub fn read(text: &str) -> Result<Signer, KeyError> {
        let bytes = der(text)?;
        let pair = RsaKeyPair::from_pkcs8(&bytes).or_else(|_| RsaKeyPair::from_der(&bytes));
        pair.map(|pair| Signer(Arc::new(pair))).map_err(|_| KeyError::NotPrivate)
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &rand::SystemRandom::new(), message, &mut signature)
            .expect("an RSA key that was read signs a message of any length");
        signature
    }

    pub fn sign_base64(&self, message: &[u8]) -> String {
        base64(&self.sign(message))
    }

    /// Its public half: PKCS#1 `RSAPublicKey`, DER.
    pub fn public(&self) -> Verifier {
        Verifier(self.0.public().as_ref().to_vec())
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(RSA)")
    }
}

/// An RSA public key that verifies (PKCS#1 v1.5, SHA-256).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier(Vec<u8>);

impl Verifier {
    /// SubjectPublicKeyInfo, PKCS#1 or a certificate; PEM or bare base64.
    pub fn read(text: &str) -> Result<Verifier, KeyError> {
        use x509_cert::der::Decode;
        let bytes = der(text)?;
        if let Ok(certificate) = x509_cert::Certificate::from_der(&bytes) {
            let key = certificate.tbs_certificate.subject_public_key_info.subject_public_key;
            return key.as_bytes().map(|key| Verifier(key.to_vec())).ok_or(KeyError::NotPublic);
        }
        if let Ok(info) = x509_cert::spki::SubjectPublicKeyInfoRef::from_der(&bytes) {
            return info.subject_public_key.as_bytes().map(|key| Verifier(key.to_vec())).ok_or(KeyError::NotPublic);
        }
        // PKCS#1: a sequence of two numbers, which is all that ring takes.
        if bytes.first() == Some(&0x30) { Ok(Verifier(bytes)) } else { Err(KeyError::NotPublic) }
    }

    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.0).verify(message, signature).is_ok()
    }

    pub fn verifies_base64(&self, message: &[u8], signature: &str) -> bool {
        from_base64(signature).is_some_and(|signature| self.verifies(message, &signature))
    }
}

/// AES-GCM with the tag at the end, 128 or 256 bits by the length of the key. `None`: the tag does not fit, or the key
/// or nonce has another length.
pub fn gcm_open(key: &[u8], nonce: &[u8], associated: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let opening = gcm_key(key)?;
    let nonce = aead::Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut bytes = sealed.to_vec();
    let plain = opening.open_in_place(nonce, aead::Aad::from(associated), &mut bytes).ok()?;
    Some(plain.to_vec())
}

pub fn gcm_seal(key: &[u8], nonce: &[u8], associated: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
    let sealing = gcm_key(key)?;
    let nonce = aead::Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut bytes = plain.to_vec();
    sealing.seal_in_place_append_tag(nonce, aead::Aad::from(associated), &mut bytes).ok()?;
    Some(bytes)
}

fn gcm_key(key: &[u8]) -> Option<aead::LessSafeKey> {
    let algorithm = match key.len() {
        16 => &aead::AES_128_GCM,
        32 => &aead::AES_256_GCM,
        _ => return None,
    };
    aead::UnboundKey::new(algorithm, key).ok().map(aead::LessSafeKey::new)
}

pub fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref().to_vec()
}

pub fn sha256(message: &[u8]) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, message).as_ref().to_vec()
}

/// Only for digests that a channel prescribes; it proves nothing against somebody who wants a collision.
pub fn sha1(message: &[u8]) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, message).as_ref().to_vec()
}

/// Compares in a time that says nothing about where the two differ.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    // An HMAC under a fresh key hides what is compared from whoever measures.
    let key = hmac::Key::generate(hmac::HMAC_SHA256, &rand::SystemRandom::new());
    key.is_ok_and(|key| hmac::verify(&key, a, hmac::sign(&key, b).as_ref()).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_vectors_of_aes_gcm_open() {
        // wechatpay-go and wechatpay-java (Apache-2.0), their tests of notifications.
        let go = from_base64("FsdXzxryWfKwvLJKf8LG/ToRPTRh8RN9wROC").unwrap();
        let plain = gcm_open(b"testAPIv3Key0000", b"wCq51qZv4Yfg", b"Dl56FrqWQJF1t9LtC3vEUsniZKvbqdR8", &go);
        assert_eq!(plain.as_deref(), Some(b"Hello World".as_slice()));
        let java = from_base64("ulwSiIajGClcvcOYvOQ7+l+0PAbzzwI=").unwrap();
        let open =
            |aad: &[u8], sealed: &[u8]| gcm_open(b"a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb", b"uluk4a9R25RW", aad, sealed);
        assert_eq!(open(b"associatedData", &java).as_deref(), Some(b"message".as_slice()));
        let mut broken = java.clone();
        *broken.last_mut().unwrap() ^= 1;
        assert_eq!(open(b"associatedData", &broken), None);
        assert_eq!(open(b"another", &java), None);
    }

    #[test]
    fn comparing_tells_equal_from_different() {
        assert!(same(b"abc", b"abc"));
        assert!(!same(b"abc", b"abd"));
        assert!(!same(b"abc", b"abcd"));
    }
}

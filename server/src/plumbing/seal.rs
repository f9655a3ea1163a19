//! Personal fields and keys at rest: sealed with a key file that is not in the database, searchable by a keyed hash.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::Mac;
use sha2::{Digest, Sha256};
use std::path::Path;

const NONCE_BYTES: usize = 24;

/// Seals and opens fields. Two keys are derived from the one in the file: one to seal, one to search.
#[derive(Clone)]
pub struct Seal {
    cipher: XChaCha20Poly1305,
    search_key: [u8; 32],
    fingerprint: String,
}

#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("the key file {path} can't be used: {why}")]
    KeyFile { path: String, why: String },
    #[error("a sealed field can't be opened: it was altered, or sealed with another key file")]
    Opening,
}

impl Seal {
    pub fn from_key(key: &[u8; 32]) -> Seal {
        let derive =
            |label: &str| -> [u8; 32] { Sha256::new().chain_update(label).chain_update(key).finalize().into() };
        Seal {
            cipher: XChaCha20Poly1305::new(&Key::from(derive("yitong seal v1"))),
            search_key: derive("yitong search v1"),
            fingerprint: hex::encode(&derive("yitong fingerprint v1")[..8]),
        }
    }

    /// Reads the key file, or makes it when it does not exist yet. Its text is 64 hex digits.
    pub fn from_file(path: &Path) -> Result<Seal, SealError> {
        if !path.exists() {
            write_new_key(path).map_err(|e| unusable(path, e))?;
        }
        Seal::from_existing_file(path)
    }

    /// Reads the key file, and never makes one.
    pub fn from_existing_file(path: &Path) -> Result<Seal, SealError> {
        let wrong = |why: String| unusable(path, why);
        let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
        let bytes = hex::decode(text.trim()).map_err(|e| wrong(e.to_string()))?;
        let key: [u8; 32] = bytes.try_into().map_err(|_| wrong("it does not hold 32 bytes".into()))?;
        Ok(Seal::from_key(&key))
    }

    /// Tells two key files apart, and says nothing about the key.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// `place` names the field (`person.id_number/<id>`), so that a sealed value can't be moved to another row.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0u8; NONCE_BYTES];
        getrandom::fill(&mut nonce).expect("the operating system gives random bytes");
        let payload = Payload { msg: plain, aad: place.as_bytes() };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).expect("a short field can always be sealed");
        [nonce.as_slice(), &sealed].concat()
    }

    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (nonce, body) = sealed.split_at_checked(NONCE_BYTES).ok_or(SealError::Opening)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| SealError::Opening)?;
        let payload = Payload { msg: body, aad: place.as_bytes() };
        self.cipher.decrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::Opening)
    }

    /// Equal plain values in the same column give equal hashes, which say nothing without the key.
    pub fn search_hash(&self, column: &str, plain: &str) -> Vec<u8> {
        let mut mac = hmac::Hmac::<Sha256>::new_from_slice(&self.search_key).expect("HMAC takes a key of any length");
        mac.update(column.as_bytes());
        mac.update(&[0]);
        mac.update(plain.as_bytes());
        mac.finalize().into_bytes()[..16].to_vec()
    }
}

fn unusable(path: &Path, why: impl ToString) -> SealError {
    SealError::KeyFile { path: path.display().to_string(), why: why.to_string() }
}

fn write_new_key(path: &Path) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut key = [0u8; 32];
    getrandom::fill(&mut key).expect("the operating system gives random bytes");
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{}", hex::encode(key))?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_field_opens_only_in_its_place() {
        let seal = Seal::from_key(&[7; 32]);
        let sealed = seal.seal("person.phone/1", b"13800138000");
        assert_eq!(seal.open("person.phone/1", &sealed).expect("same place"), b"13800138000");
        assert!(seal.open("person.phone/2", &sealed).is_err());
        assert!(Seal::from_key(&[8; 32]).open("person.phone/1", &sealed).is_err());
        assert!(seal.open("person.phone/1", &sealed[..10]).is_err());
    }

    #[test]
    fn the_search_hash_depends_on_the_column() {
        let seal = Seal::from_key(&[7; 32]);
        assert_eq!(seal.search_hash("phone", "138"), seal.search_hash("phone", "138"));
        assert_ne!(seal.search_hash("phone", "138"), seal.search_hash("id_number", "138"));
    }
}

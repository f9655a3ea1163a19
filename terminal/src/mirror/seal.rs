//! Fields of people at rest: sealed with the device's own key, so that a disk that was taken out says nothing. The key
//! lies beside in a file that only the agent reads; a device with a secure element hands it in from there.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::io;
use std::path::Path;

const NONCE: usize = 24;

pub struct Sealer {
    cipher: XChaCha20Poly1305,
    search: [u8; 32],
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer")
    }
}

impl Sealer {
    pub fn new(key: &[u8; 32]) -> Sealer {
        let search = Sha256::new().chain_update("yitong mirror search v1").chain_update(key).finalize().into();
        Sealer { cipher: XChaCha20Poly1305::new(&Key::from(*key)), search }
    }

    /// Finds what is sealed without opening it: says nothing to whoever has not this key.
    pub fn search_hash(&self, plain: &str) -> [u8; 32] {
        let inner = Sha256::new().chain_update(self.search).chain_update(plain).finalize();
        Sha256::new().chain_update(self.search).chain_update(inner).finalize().into()
    }

    /// `place` says what it is and of whom: a sealed text does not open in another's row.
    pub fn seal(&self, place: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).expect("the system gives random bytes");
        let mut sealed = nonce.to_vec();
        let payload = Payload { msg: plain, aad: place };
        sealed
            .extend(self.cipher.encrypt(&XNonce::from(nonce), payload).expect("a row is not too long for the cipher"));
        sealed
    }

    /// Nothing when it was sealed with another key, for another place, or was altered.
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE>()?;
        self.cipher.decrypt(&XNonce::from(*nonce), Payload { msg: text, aad: place }).ok()
    }
}

/// 32 random bytes in a file of this name, made when it isn't there, readable by its owner only.
pub fn key_file(path: &Path) -> io::Result<[u8; 32]> {
    match std::fs::read(path) {
        Ok(bytes) => bytes.try_into().map_err(|_| io::Error::other("a key file has 32 bytes")),
        Err(why) if why.kind() == io::ErrorKind::NotFound => {
            let mut key = [0; 32];
            getrandom::fill(&mut key).map_err(|why| io::Error::other(why.to_string()))?;
            write_private(path, &key)?;
            Ok(key)
        }
        Err(why) => Err(why),
    }
}

/// All or nothing, also when the power is cut in between; for the owner's eyes.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let beside = path.with_extension("new");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_for_one_place_and_one_device() {
        let (ours, other) = (Sealer::new(&[1; 32]), Sealer::new(&[2; 32]));
        let sealed = ours.seal(b"person 1", "李小明".as_bytes());
        assert_eq!(ours.open(b"person 1", &sealed).as_deref(), Some("李小明".as_bytes()));
        assert_eq!(ours.open(b"person 2", &sealed), None);
        assert_eq!(other.open(b"person 1", &sealed), None);
        let mut altered = sealed.clone();
        *altered.last_mut().expect("not empty") ^= 1;
        assert_eq!(ours.open(b"person 1", &altered), None);
        assert_ne!(sealed, ours.seal(b"person 1", "李小明".as_bytes()));
        assert_eq!(ours.open(b"", &[]), None);
    }

    #[test]
    fn the_key_is_made_once_and_is_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("device.key");
        let first = key_file(&path).expect("made");
        assert_eq!(key_file(&path).expect("read"), first);
        let mode = std::fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(&path, b"short").expect("written");
        assert!(key_file(&path).is_err(), "a damaged key is not replaced: what it sealed would be lost");
    }
}

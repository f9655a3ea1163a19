//! What a scanner types and what an earlier system's list says: nothing may panic, and a card that is read is printed
//! back as the same text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::convert::Infallible;
use yitong_legacy::rand_core::{TryCryptoRng, TryRng};
use yitong_legacy::{Day, Issuer, PrivateKey, Profile, PublicKey, Reader, Source, entries};

/// Reading a plain card takes no chance; a target has to do the same for the same bytes.
struct Zeros;

impl TryRng for Zeros {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(0);
        Ok(())
    }
}

impl TryCryptoRng for Zeros {}

const PROFILES: [&str; 3] = [
    "12345 crc16-xmodem hex-check yyyymmdd plain",
    "12345 crc16-modbus decimal-check yymmdd plain",
    "12345 crc16-arc hex-check yyyy-mm-dd plain",
];
const SEALED: &str = "12345 crc16-xmodem hex-check yyyymmdd rsa1024 oaep-sha1 cbc-zero-iv key-first base64";

fuzz_target!(|bytes: &[u8]| {
    let _ = PrivateKey::from_der(bytes);
    let _ = PublicKey::from_der(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = PrivateKey::from_pem(text);
    let _ = PublicKey::from_pem(text);
    if let Ok(profile) = Profile::from_words(text) {
        assert_eq!(Profile::from_words(&profile.to_string()), Ok(profile));
    }
    for words in PROFILES {
        let profile = Profile::from_words(words).expect("a profile");
        let reader = Reader::new(profile, None).expect("a plain one has no key");
        let today = Day::new(2026, 11, 26).expect("a day");
        if let Ok(fields) = reader.read(text, today, &mut Zeros) {
            let issuer = Issuer::new(profile, None).expect("a plain one has no key");
            let printed = issuer.issue(fields.student, fields.random, fields.expiry, &mut Zeros);
            assert_eq!(printed.as_deref(), Ok(text), "two texts of one card");
        }
        let (read, problems) = entries(Source::Readable(&reader), text, &mut Zeros);
        assert!(read.len() + problems.len() <= text.lines().count());
    }
    let profile = Profile::from_words(SEALED).expect("a profile");
    let (read, _) = entries(Source::Sealed(&profile), text, &mut Zeros);
    assert!(read.iter().all(|entry| entry.text.len() == profile.text_len()));
});

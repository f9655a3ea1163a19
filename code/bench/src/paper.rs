//! The earlier system's code under RSA with 1024 and 2048 bits, by the crate that reads it for schools that move.

use crate::chance::Chance;
use yitong_legacy::{Day, Issuer, PrivateKey, Profile, Reader};

/// Published with the tests of that crate; they protect nothing.
const KEY_1024: &str = include_str!("../../legacy/tests/keys/test-only-1024.pkcs1.pem");
const KEY_2048: &str = include_str!("../../legacy/tests/keys/test-only-2048.pkcs8.pem");

pub struct Paper {
    issuer: Issuer,
    reader: Reader,
}

impl Paper {
    pub fn rsa1024() -> Paper {
        Paper::new("rsa1024", KEY_1024)
    }

    pub fn rsa2048() -> Paper {
        Paper::new("rsa2048", KEY_2048)
    }

    fn new(size: &str, pem: &str) -> Paper {
        let words = format!("12345 crc16-xmodem hex-check yyyymmdd {size} oaep-sha1 cbc-zero-iv key-first base64");
        let profile = Profile::from_words(&words).expect("a whole profile");
        let key = PrivateKey::from_pem(pem).expect("a key of the tests");
        let issuer = Issuer::new(profile, Some(key.public())).expect("key and profile agree");
        Paper { issuer, reader: Reader::new(profile, Some(key)).expect("key and profile agree") }
    }

    pub fn make(&self, card: u32, chance: &mut Chance) -> String {
        let student = format!("{card:010}").parse().expect("ten digits");
        let last = Day::new(2030, 8, 31).expect("a day of the calendar");
        let random = yitong_legacy::RandomDigits::draw(chance);
        self.issuer.issue(student, random, last, chance).expect("the profile has four digits for the year")
    }

    pub fn read(&self, text: &str, chance: &mut Chance) -> bool {
        let today = Day::new(2026, 11, 5).expect("a day of the calendar");
        self.reader.read(text, today, chance).is_ok()
    }
}

//! The legacy code, from outside: vectors, round trips, lists, keys, and what the scheme does not protect from.

mod foreign;
mod forge;
mod keys;
mod lists;
mod round_trip;
mod threats;
mod typing;
mod vector_cases;
mod vectors;
mod words;

use yitong_legacy::rand_core::{TryCryptoRng, TryRng};
use yitong_legacy::{Day, Hybrid, Issuer, PrivateKey, Profile, Reader, RsaSize, Wrapping};

/// The keys are published with the tests: they protect nothing, and must never make a card.
const KEY_1024: &str = include_str!("../keys/test-only-1024.pkcs1.pem");
const KEY_2048: &str = include_str!("../keys/test-only-2048.pkcs8.pem");

/// SplitMix64: the same texts at each run. No secret comes from it.
struct Chance(u64);

impl TryRng for Chance {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(self.try_next_u64()? as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(z ^ (z >> 31))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.try_next_u64()?.to_be_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Chance {}

fn key(size: RsaSize) -> PrivateKey {
    let pem = match size {
        RsaSize::Bits1024 => KEY_1024,
        RsaSize::Bits2048 => KEY_2048,
    };
    PrivateKey::from_pem(pem).expect("a test key")
}

fn profile(words: &str) -> Profile {
    Profile::from_words(words).unwrap_or_else(|error| panic!("{words}: {error}"))
}

fn private(profile: &Profile) -> Option<PrivateKey> {
    match profile.wrapping {
        Wrapping::Plain => None,
        Wrapping::Hybrid(Hybrid { size, .. }) => Some(key(size)),
    }
}

fn issuer(profile: Profile) -> Issuer {
    Issuer::new(profile, private(&profile).map(|key| key.public())).expect("key and profile agree")
}

fn reader(profile: Profile) -> Reader {
    Reader::new(profile, private(&profile)).expect("key and profile agree")
}

fn day(year: u16, month: u8, day: u8) -> Day {
    Day::new(year, month, day).expect("a day of the calendar")
}

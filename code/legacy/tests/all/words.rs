//! A profile in words: every one is read back, and a slip is named in both languages.

use crate::round_trip::profiles;
use yitong_legacy::{Profile, ProfileError};

#[test]
fn every_profile_is_read_back_in_any_order() {
    for profile in profiles() {
        let words = profile.to_string();
        assert_eq!(Profile::from_words(&words), Ok(profile), "{words}");
        let reversed: Vec<_> = words.split(' ').rev().collect();
        assert_eq!(Profile::from_words(&reversed.join("\n ")), Ok(profile), "{words}");
    }
}

#[test]
fn slips_are_named() {
    let check = |words: &str, expected: ProfileError| {
        let error = Profile::from_words(words).expect_err(words);
        assert_eq!(error, expected, "{words}");
        assert_ne!(error.zh(), error.en());
    };
    let good = "12345 crc16-xmodem hex-check yyyymmdd rsa1024 oaep-sha1 ecb key-first hex";
    let owned = str::to_owned;
    check(&good.replace("ecb", "cbc"), ProfileError::Unknown(owned("cbc")));
    check(&good.replace("12345", "1234"), ProfileError::Missing(owned("00000 … 99999")));
    check(&good.replace("12345", "１２３４５"), ProfileError::Missing(owned("00000 … 99999")));
    check(&good.replace("ecb", ""), ProfileError::Missing(owned("cbc-zero-iv | cbc-random-iv | ecb")));
    check(&good.replace("hex-check", ""), ProfileError::Missing(owned("hex-check | decimal-check")));
    check(&format!("{good} rsa2048"), ProfileError::Twice(owned("rsa2048")));
    check(&format!("{good} ecb"), ProfileError::Twice(owned("ecb")));
    check(&format!("{good} 54321"), ProfileError::Twice(owned("54321")));
    check(&format!("{good} plain"), ProfileError::NotWithPlain("rsa1024"));
    check("12345 crc16-xmodem hex-check yyyymmdd plain hex", ProfileError::NotWithPlain("hex"));
    check("", ProfileError::Missing(owned("00000 … 99999")));
}

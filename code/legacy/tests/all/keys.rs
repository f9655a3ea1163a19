//! Keys in every form in which an earlier system may hand them over, and keys that are none.

use crate::{KEY_1024, KEY_2048, profile};
use base64::prelude::{BASE64_STANDARD, Engine};
use yitong_legacy::{Issuer, KeyError, PrivateKey, PublicKey, Reader, RsaSize, SetUpError};

const PKCS1_PUBLIC: &str = include_str!("../keys/test-only-1024.pkcs1.pub.pem");
const SPKI_PUBLIC: &str = include_str!("../keys/test-only-2048.spki.pub.pem");
const ODD_SIZE: &str = include_str!("../keys/test-only-1536.pkcs8.pem");
const PASSPHRASE: &str = include_str!("../keys/test-only-2048.passphrase.pem");
const ELLIPTIC: &str = include_str!("../keys/test-only-p256.pem");

fn der(pem: &str) -> Vec<u8> {
    let inside: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    BASE64_STANDARD.decode(inside).expect("base64")
}

#[test]
fn keys_come_in_four_forms_twice() {
    for (pem, size) in [(KEY_1024, RsaSize::Bits1024), (KEY_2048, RsaSize::Bits2048)] {
        assert_eq!(PrivateKey::from_pem(pem).map(|key| key.size()), Ok(size));
        assert_eq!(PrivateKey::from_der(&der(pem)).map(|key| key.size()), Ok(size));
    }
    for (pem, size) in [(PKCS1_PUBLIC, RsaSize::Bits1024), (SPKI_PUBLIC, RsaSize::Bits2048)] {
        assert_eq!(PublicKey::from_pem(pem).map(|key| key.size()), Ok(size));
        assert_eq!(PublicKey::from_der(&der(pem)).map(|key| key.size()), Ok(size));
    }
}

#[test]
fn what_is_no_key_of_ours_is_refused() {
    let private = |pem: &str| PrivateKey::from_pem(pem).map(|_| ());
    assert_eq!(private(ODD_SIZE), Err(KeyError::UnknownSize));
    assert_eq!(private(PASSPHRASE), Err(KeyError::NotAKey));
    assert_eq!(private(ELLIPTIC), Err(KeyError::NotAKey));
    assert_eq!(private(SPKI_PUBLIC), Err(KeyError::NotAKey));
    assert_eq!(private(""), Err(KeyError::NotAKey));
    assert_eq!(private(&KEY_2048.repeat(100)), Err(KeyError::NotAKey));
    assert_eq!(PrivateKey::from_der(&der(KEY_2048)[..500]).map(|_| ()), Err(KeyError::NotAKey));
    // A private key where the public one belongs would travel to whoever issues.
    assert_eq!(PublicKey::from_pem(KEY_2048).map(|_| ()), Err(KeyError::NotAKey));
}

#[test]
fn profile_and_key_belong_together() {
    let plain = profile("12345 crc16-xmodem hex-check yyyymmdd plain");
    let sealed = profile("12345 crc16-xmodem hex-check yyyymmdd rsa2048 oaep-sha1 ecb key-first hex");
    let key = || Some(crate::key(RsaSize::Bits1024));
    let wrong = SetUpError::WrongKeySize { profile: RsaSize::Bits2048, key: RsaSize::Bits1024 };
    assert_eq!(Reader::new(plain, key()).map(|_| ()), Err(SetUpError::PlainNeedsNoKey));
    assert_eq!(Reader::new(sealed, None).map(|_| ()), Err(SetUpError::NeedsKey(RsaSize::Bits2048)));
    assert_eq!(Reader::new(sealed, key()).map(|_| ()), Err(wrong));
    assert_eq!(Issuer::new(sealed, key().map(|key| key.public())).map(|_| ()), Err(wrong));
    assert!(wrong.zh().contains("rsa1024") && wrong.en().contains("rsa1024"));
}

#[test]
fn nothing_secret_or_personal_is_printed_by_debug() {
    let reader = crate::reader(profile("12345 crc16-xmodem hex-check yyyymmdd rsa1024 oaep-sha1 ecb key-first hex"));
    let shown = format!("{reader:?}");
    assert!(shown.contains("PrivateKey(rsa1024)") && shown.len() < 400, "{shown}");
    let student: yitong_legacy::StudentNumber = "2023010142".parse().expect("ten digits");
    assert!(!format!("{student:?}").contains("2023"));
}

//! What the scheme does not protect from, shown: a claim of LEGACY.md, section by section.

use crate::forge::{Forge, armoured, bytes_of, card};
use crate::{Chance, day, issuer, key, profile, reader};
use yitong_legacy::{Armour, CheckForm, Crc, Issuer, Refusal, RsaSize};

const SEALED: &str = "12345 crc16-xmodem hex-check yyyymmdd rsa1024 oaep-sha1 cbc-zero-iv key-first base64";

#[test]
fn whoever_has_the_public_key_can_mint_a_card_of_any_student() {
    let sealed = profile(SEALED);
    // The stranger has what every machine that prints cards has, and nothing else.
    let stranger = Issuer::new(sealed, Some(key(RsaSize::Bits1024).public())).expect("the public key is enough");
    let (victim, random) = ("9999999999".parse().expect("ten digits"), "99".parse().expect("two digits"));
    let minted = stranger.issue(victim, random, day(2099, 12, 31), &mut Chance(666)).expect("a year that fits");
    let read = reader(sealed).read(&minted, day(2026, 11, 26), &mut Chance(0));
    assert_eq!(read.map(|fields| fields.student), Ok(victim), "the server can't tell it from a printed card");
}

#[test]
fn a_code_is_a_constant_that_can_be_shown_again() {
    let sealed = profile(SEALED);
    let (student, random) = ("2023010142".parse().expect("ten digits"), "07".parse().expect("two digits"));
    let text = issuer(sealed).issue(student, random, day(2030, 8, 31), &mut Chance(1)).expect("a year that fits");
    let reader = reader(sealed);
    let shown = |year, chance| reader.read(&text, day(year, 1, 1), &mut Chance(chance));
    assert_eq!(shown(2026, 1), shown(2030, 2));
    assert!(shown(2026, 1).is_ok());
}

#[test]
fn ecb_blocks_can_be_carried_from_card_to_card_under_one_des_key() {
    // Not the issuer's way, which draws a key a card: but the description does not forbid one key for all, and then
    // the expiry of one card can be put on another without knowing any key.
    let ecb = profile("12345 crc16-xmodem hex-check yyyymmdd rsa1024 oaep-sha1 ecb key-first base64");
    let mut chance = Chance(3);
    let text = |date: &str| card(Crc::Xmodem, CheckForm::Hex, "S12345202301014207", date);
    let mut old = Forge::new(&ecb, &text("20250831"), &mut chance);
    old.secret = b"same key".to_vec();
    let mut new = Forge::new(&ecb, &text("20990831"), &mut chance);
    new.secret = b"same key".to_vec();
    let (old_text, new_text) = (old.text(&mut chance), new.text(&mut chance));
    let mut bytes = bytes_of(Armour::Base64, &old_text);
    // `#20250831#` lies in the last two blocks, all but its first character.
    let date = bytes.len() - 16;
    bytes[date..].copy_from_slice(&bytes_of(Armour::Base64, &new_text)[date..]);
    let reader = reader(ecb);
    let today = day(2026, 11, 26);
    assert_eq!(reader.read(&old_text, today, &mut chance), Err(Refusal::Expired));
    let spliced = reader.read(&armoured(Armour::Base64, &bytes), today, &mut chance);
    assert_eq!(spliced.map(|fields| fields.expiry), Ok(day(2099, 8, 31)), "the check field does not cover the date");
}

#[test]
fn answers_do_not_tell_what_a_changed_text_decrypts_to() {
    let mut chance = Chance(4);
    for words in [SEALED.to_owned(), SEALED.replace("cbc-zero-iv", "cbc-random-iv").replace("oaep-sha1", "pkcs1v15")] {
        let sealed = profile(&words);
        let reader = reader(sealed);
        let good =
            Forge::new(&sealed, &card(Crc::Xmodem, CheckForm::Hex, "S12345202301014207", "20300831"), &mut chance);
        let (wrapped, ciphertext) = (good.wrapped(&mut chance), good.ciphertext());
        let today = day(2026, 11, 26);
        assert!(reader.read(&good.joined(&wrapped, &ciphertext), today, &mut chance).is_ok());
        let mut inside = std::collections::BTreeSet::new();
        // Each bit of the part under DES, which anybody can flip.
        for bit in 0..ciphertext.len() * 8 {
            let mut changed = ciphertext.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let text = good.joined(&wrapped, &changed);
            // In CBC a bit of one block turns the same bit of the next: a date may become another date.
            match reader.read(&text, today, &mut chance) {
                Ok(fields) => assert_ne!(fields.expiry, day(2030, 8, 31), "bit {bit}"),
                Err(refusal) => assert!([Refusal::CannotDecrypt, Refusal::Expired].contains(&refusal), "bit {bit}"),
            }
            inside.extend(reader.inspect(&text, &mut chance).err());
        }
        // Underneath they do differ: that is what an attacker would have liked to see.
        assert!(inside.contains(&Refusal::BadShape) && inside.contains(&Refusal::CannotDecrypt), "{inside:?}");
    }
}

//! What is issued is read: for every profile there is, over random fields.

use crate::{Chance, day, issuer, profile, reader};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use yitong_legacy::{
    Armour, CheckForm, Crc, DateForm, Day, Des, Hybrid, LegacyFields, Order, Padding, Profile, RandomDigits, Refusal,
    RsaSize, StudentNumber, Wrapping,
};

const DATES: [DateForm; 3] = [DateForm::YearMonthDay, DateForm::ShortYear, DateForm::Dashes];

fn wrappings() -> Vec<Wrapping> {
    let mut all = vec![Wrapping::Plain];
    for size in RsaSize::ALL {
        for padding in Padding::ALL {
            for des in Des::ALL {
                for order in Order::ALL {
                    let armoured = |armour| Wrapping::Hybrid(Hybrid { size, padding, des, order, armour });
                    all.extend(Armour::ALL.map(armoured));
                }
            }
        }
    }
    all
}

pub fn profiles() -> Vec<Profile> {
    let mut all = Vec::new();
    for wrapping in wrappings() {
        for crc in Crc::ALL {
            for check in CheckForm::ALL {
                let school = "12345".parse().expect("five digits");
                all.extend(DATES.map(|date| Profile { school, crc, check, date, wrapping }));
            }
        }
    }
    all
}

fn fields() -> impl Strategy<Value = (StudentNumber, RandomDigits, Day, u64)> {
    let date = (2000u16..2100, 1u8..=12, 1u8..=31).prop_filter_map("a day", |(y, m, d)| Day::new(y, m, d));
    ("[0-9]{10}", "[0-9]{2}", date, any::<u64>()).prop_map(|(student, random, expiry, seed)| {
        (student.parse().expect("ten digits"), random.parse().expect("two digits"), expiry, seed)
    })
}

#[test]
fn every_profile_reads_what_it_issues() {
    let profiles = profiles();
    assert_eq!(profiles.len(), 4 * 2 * 3 * (1 + 2 * 2 * 3 * 2 * 2));
    for profile in profiles {
        let (issuer, reader) = (issuer(profile), reader(profile));
        let cases = if profile.wrapping == Wrapping::Plain { 50 } else { 2 };
        let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
        let round = |(student, random, expiry, seed)| {
            let mut chance = Chance(seed);
            let text = issuer.issue(student, random, expiry, &mut chance).expect("a year that fits");
            prop_assert_eq!(text.len(), profile.text_len());
            let read = reader.read(&text, expiry, &mut chance);
            prop_assert_eq!(read, Ok(LegacyFields { school: profile.school, student, random, expiry }));
            Ok(())
        };
        runner.run(&fields(), round).unwrap_or_else(|error| panic!("{profile}: {error}"));
    }
}

#[test]
fn the_sample_card_is_printed_literally() {
    let plain = profile("12345 crc16-xmodem hex-check yyyymmdd plain");
    let (student, random) = ("0020230101".parse().expect("ten"), "42".parse().expect("two"));
    let text = issuer(plain).issue(student, random, day(2030, 8, 31), &mut Chance(0));
    assert_eq!(text.as_deref(), Ok("#S12345002023010142126E#20300831#"));
}

#[test]
fn a_short_year_is_of_this_century() {
    let short = profile("12345 crc16-xmodem hex-check yymmdd plain");
    let issue = |expiry| {
        let (student, random) = ("0020230101".parse().expect("ten"), "42".parse().expect("two"));
        issuer(short).issue(student, random, expiry, &mut Chance(0))
    };
    assert!(issue(day(2099, 12, 31)).is_ok());
    let error = issue(day(2100, 1, 1)).expect_err("two digits can't say 2100");
    assert!(error.zh().contains("2100") && error.en().contains("2100"));
    assert!(issue(day(1999, 12, 31)).is_err());
}

#[test]
fn any_other_profile_refuses_the_text() {
    // One choice apart each time; the reason is of the outermost layer that differs.
    let ours = "12345 crc16-xmodem hex-check yyyymmdd rsa1024 oaep-sha1 cbc-zero-iv key-first base64";
    let (student, random) = ("2023010142".parse().expect("ten"), "07".parse().expect("two"));
    let expiry = day(2030, 8, 31);
    let text = issuer(profile(ours)).issue(student, random, expiry, &mut Chance(1)).expect("a year that fits");
    let check = |ours_word: &str, other: &str, refusal: Refusal| {
        let reader = reader(profile(&ours.replace(ours_word, other)));
        assert_eq!(reader.inspect(&text, &mut Chance(2)), Err(refusal), "{other}");
    };
    check("12345", "54321", Refusal::WrongSchool);
    check("crc16-xmodem", "crc16-modbus", Refusal::BadCheck);
    check("crc16-xmodem", "crc16-arc", Refusal::BadCheck);
    check("crc16-xmodem", "crc16-ibm3740", Refusal::BadCheck);
    check("yyyymmdd", "yymmdd", Refusal::NotLegacy);
    check("yyyymmdd", "yyyy-mm-dd", Refusal::CannotDecrypt);
    check("rsa1024", "rsa2048", Refusal::NotLegacy);
    check("oaep-sha1", "pkcs1v15", Refusal::CannotDecrypt);
    check("cbc-zero-iv", "ecb", Refusal::CannotDecrypt);
    check("cbc-zero-iv", "cbc-random-iv", Refusal::NotLegacy);
    check("key-first", "text-first", Refusal::CannotDecrypt);
    check("base64", "hex", Refusal::NotLegacy);
}

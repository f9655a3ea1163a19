//! The cases of `code/vectors/legacy.json`: what is expected is written down here, not computed.

use crate::forge::{Forge, armoured, bytes_of, card, pad};
use crate::{Chance, day, issuer, profile};
use yitong_legacy::{Armour, CheckForm, Crc, Day, Profile, RandomDigits, StudentNumber};

pub const PROFILES: [(&str, &str); 8] = [
    ("plain", "12345 crc16-xmodem hex-check yyyymmdd plain"),
    ("plain-digits", "00042 crc16-modbus decimal-check yymmdd plain"),
    ("plain-dashes", "12345 crc16-ibm3740 hex-check yyyy-mm-dd plain"),
    ("usual", "12345 crc16-xmodem hex-check yyyymmdd rsa1024 oaep-sha1 cbc-zero-iv key-first base64"),
    ("java", "12345 crc16-arc hex-check yyyy-mm-dd rsa2048 pkcs1v15 ecb key-first base64"),
    ("large", "12345 crc16-ibm3740 hex-check yyyymmdd rsa2048 oaep-sha1 cbc-random-iv text-first hex"),
    ("digits", "00042 crc16-xmodem decimal-check yymmdd rsa1024 pkcs1v15 cbc-random-iv text-first base64"),
    ("hex", "12345 crc16-modbus hex-check yyyymmdd rsa1024 pkcs1v15 cbc-zero-iv text-first hex"),
];

pub struct Case {
    pub profile: &'static str,
    pub comment: &'static str,
    pub text: String,
    pub today: Day,
    /// What `read` answers, and what `inspect` tells.
    pub expected: String,
    pub inside: String,
}

const OK: &str = "ok school 12345 student 2023010142 random 07 expiry 2030-08-31";
/// Of the profiles of school 00042.
const OK_42: &str = "ok school 00042 student 2023010142 random 07 expiry 2030-08-31";
const CHECKED: &str = "S12345202301014207";

struct Cases {
    profile: &'static str,
    all: Vec<Case>,
}

impl Cases {
    fn add(&mut self, comment: &'static str, text: impl Into<String>, expected: &str) {
        self.add_inside(comment, text, expected, expected);
    }

    fn add_inside(&mut self, comment: &'static str, text: impl Into<String>, expected: &str, inside: &str) {
        self.add_on(today(), comment, text, expected, inside);
    }

    fn add_on(&mut self, today: Day, comment: &'static str, text: impl Into<String>, expected: &str, inside: &str) {
        let (text, expected, inside) = (text.into(), expected.to_owned(), inside.to_owned());
        self.all.push(Case { profile: self.profile, comment, text, today, expected, inside });
    }
}

fn today() -> Day {
    day(2026, 11, 26)
}

fn words(name: &str) -> Profile {
    let (_, words) = PROFILES.iter().find(|(known, _)| *known == name).expect("a profile of the vectors");
    profile(words)
}

fn student() -> (StudentNumber, RandomDigits) {
    ("2023010142".parse().expect("ten digits"), "07".parse().expect("two digits"))
}

fn issued(name: &str, seed: u64) -> String {
    let (student, random) = student();
    issuer(words(name)).issue(student, random, day(2030, 8, 31), &mut Chance(seed)).expect("a year that fits")
}

pub fn cases() -> Vec<Case> {
    let mut cases = Cases { profile: "plain", all: Vec::new() };
    plain_shapes(&mut cases);
    plain_contents(&mut cases);
    plain_forms(&mut cases);
    for (i, (name, ok)) in
        [("usual", OK), ("java", OK), ("large", OK), ("digits", OK_42), ("hex", OK)].into_iter().enumerate()
    {
        cases.profile = name;
        armours(&mut cases, ok, 100 * i as u64);
        inside(&mut cases, ok, 1_000 * (i as u64 + 1));
    }
    each_to_its_own(&mut cases);
    cases.all
}

fn plain_shapes(cases: &mut Cases) {
    let good = issued("plain", 0);
    cases.add("a good card", good.clone(), OK);
    let sample = "ok school 12345 student 0020230101 random 42 expiry 2030-08-31";
    cases.add("the sample card", "#S12345002023010142126E#20300831#", sample);
    cases.add("nothing", "", "not_legacy");
    cases.add("a dish", "2000000000015", "not_legacy");
    cases.add("a payment code of WeChat's shape", "134567890123456789", "not_legacy");
    cases.add("the beginning of a campus code", "970186916981309452487645057843", "not_legacy");
    cases.add("a web address", "https://example.org/#S12345", "not_legacy");
    cases.add("a space before", format!(" {good}"), "not_legacy");
    cases.add("the first # is missing", &good[1..], "not_legacy");
    cases.add("a full-width #", good.replace('#', "＃"), "not_legacy");
    cases.add("only a #", "#", "bad_shape");
    cases.add("the last # is missing", &good[..good.len() - 1], "bad_shape");
    cases.add("the middle # is missing", good.replacen("#2030", "2030", 1), "bad_shape");
    cases.add("another character for the middle #", good.replacen("#2030", "-2030", 1), "bad_shape");
    cases.add("another character for the last #", format!("{}-", &good[..good.len() - 1]), "bad_shape");
    cases.add("a space after", format!("{good} "), "bad_shape");
    cases.add("a line break after", format!("{good}\n"), "bad_shape");
    cases.add("the card twice", good.repeat(2), "bad_shape");
    cases.add("very long", format!("#{}#", "0".repeat(900)), "bad_shape");
    cases.add("longer than any text", format!("#{}#", "0".repeat(1_000)), "not_legacy");
    cases.add("a small s", good.replace('S', "s"), "bad_shape");
    cases.add("another kind of holder", card_of("T12345202301014207", "20300831"), "bad_shape");
    cases.add("a letter in the school", card_of("S1234A202301014207", "20300831"), "bad_shape");
    cases.add("a letter in the student number", card_of("S12345202301O14207", "20300831"), "bad_shape");
    cases.add("a sign in the random digits", card_of("S123452023010142+7", "20300831"), "bad_shape");
    cases.add("full-width digits", good.replace('2', "２"), "bad_shape");
    cases.add("a digit short", good.replacen("2023", "223", 1), "bad_shape");
}

fn card_of(checked: &str, date: &str) -> String {
    card(Crc::Xmodem, CheckForm::Hex, checked, date)
}

fn plain_contents(cases: &mut Cases) {
    let good = issued("plain", 0);
    let check = good[19..23].to_owned();
    let with = |field: &str| format!("{}{field}{}", &good[..19], &good[23..]);
    cases.add("the check field in small letters", with(&check.to_lowercase()), "bad_shape");
    cases.add("a G in the check field", with("12G4"), "bad_shape");
    cases.add("the check field of another card", with("126E"), "bad_check");
    cases.add(
        "the check field of another CRC",
        with(&CheckForm::Hex.print(Crc::Arc.of(CHECKED.as_bytes()))),
        "bad_check",
    );
    cases.add("one digit mistyped", good.replacen("2023010142", "2023010143", 1), "bad_check");
    cases.add("two digits swapped", good.replacen("2023010142", "2023010124", 1), "bad_check");
    cases.add("another student's number, check not redone", good.replacen("2023010142", "2023010199", 1), "bad_check");
    cases.add("a school's digit mistyped", good.replacen("12345", "12346", 1), "bad_check");
    cases.add("the 31st of February", card_of(CHECKED, "20300231"), "bad_date");
    cases.add("a leap day", card_of(CHECKED, "20280229"), &OK.replace("2030-08-31", "2028-02-29"));
    cases.add("a leap day in another year", card_of(CHECKED, "20300229"), "bad_date");
    cases.add("a leap day in 2100", card_of(CHECKED, "21000229"), "bad_date");
    cases.add("month 13", card_of(CHECKED, "20301301"), "bad_date");
    cases.add("month 0", card_of(CHECKED, "20300031"), "bad_date");
    cases.add("day 0", card_of(CHECKED, "20300800"), "bad_date");
    cases.add("year 0", card_of(CHECKED, "00000831"), "bad_date");
    cases.add("a letter in the date", card_of(CHECKED, "2030083l"), "bad_date");
    cases.add("a sign in the date", card_of(CHECKED, "+2030831"), "bad_date");
    cases.add("a # in the date", card_of(CHECKED, "2030#831"), "bad_date");
    cases.add("a character of two bytes in the date", card_of(CHECKED, "203008é"), "bad_date");
    cases.add("day before month", card_of(CHECKED, "31082030"), "bad_date");
    cases.add("another school", card_of("S54321202301014207", "20300831"), "wrong_school");
    let expired = card_of(CHECKED, "20261125");
    let inside = OK.replace("2030-08-31", "2026-11-25");
    cases.add_inside("expired yesterday", expired.clone(), "expired", &inside);
    cases.add_on(day(2026, 11, 25), "on its last day", expired, &inside, &inside);
    let last = OK.replace("2030-08-31", "9999-12-31");
    cases.add("valid for ever", card_of(CHECKED, "99991231"), &last);
    let first = OK.replace("2030-08-31", "0001-01-01");
    cases.add_inside("expired before anything was", card_of(CHECKED, "00010101"), "expired", &first);
    cases.add("a wrong check field and no date", with("126E").replace("20300831", "20300231"), "bad_check");
    cases.add("no date and another school", card_of("S54321202301014207", "20300231"), "bad_date");
    cases.add("another school's, and expired", card_of("S54321202301014207", "20200831"), "wrong_school");
    let zero = "ok school 12345 student 0000000000 random 00 expiry 2030-08-31";
    cases.add("every digit zero", card_of("S12345000000000000", "20300831"), zero);
}

fn plain_forms(cases: &mut Cases) {
    cases.profile = "plain-digits";
    let checked = "S00042202301014207";
    let card = |checked: &str, date: &str| card(Crc::Modbus, CheckForm::Decimal, checked, date);
    cases.add("a good card", issued("plain-digits", 0), OK_42);
    cases.add("the century is this one", card(checked, "991231"), &OK_42.replace("2030-08-31", "2099-12-31"));
    let first = OK_42.replace("2030-08-31", "2000-02-29");
    cases.add_inside("the first leap day, long ago", card(checked, "000229"), "expired", &first);
    cases.add("a date with its century", card(checked, "20300831"), "bad_shape");
    cases.add("month 13", card(checked, "301301"), "bad_date");
    cases.add("a letter in the check field", "#S000422023010142070A12#300831#", "bad_shape");
    cases.add("a wrong check field", "#S000422023010142070000#300831#", "bad_check");
    cases.add("another school", card("S12345202301014207", "300831"), "wrong_school");

    cases.profile = "plain-dashes";
    let card = |date: &str| crate::forge::card(Crc::Ibm3740, CheckForm::Hex, CHECKED, date);
    cases.add("a good card", issued("plain-dashes", 0), OK);
    cases.add("slashes", card("2030/08/31"), "bad_date");
    cases.add("dashes at other places", card("203-008-31"), "bad_date");
    cases.add("a long minus", card("2030−08-1"), "bad_shape");
    cases.add("no dashes", card("20300831"), "bad_shape");
    cases.add("spaces for zeros", card("2030- 8-31"), "bad_date");
}

/// What is wrong outside the encryption.
fn armours(cases: &mut Cases, ok: &str, seed: u64) {
    let profile = words(cases.profile);
    let good = issued(cases.profile, seed);
    let base64 = profile.to_string().ends_with("base64");
    cases.add("a good card", good.clone(), ok);
    cases.add("the same card issued again has another text", issued(cases.profile, seed + 1), ok);
    cases.add("made by a stranger who has the public key only", issued(cases.profile, seed + 2), ok);
    cases.add("nothing", "", "not_legacy");
    cases.add("a plain card", "#S12345002023010142126E#20300831#", "not_legacy");
    cases.add("a campus code's shape", format!("97{}", "0".repeat(198)), "not_legacy");
    cases.add("a character short", &good[..good.len() - 1], "not_legacy");
    cases.add("a character long", format!("{good}A"), "not_legacy");
    cases.add("a space after", format!("{good} "), "not_legacy");
    cases.add("a line break inside", format!("{}\n{}", &good[..64], &good[64..]), "not_legacy");
    cases.add("a space for a character", format!("{} {}", &good[..64], &good[65..]), "not_legacy");
    let armour = if base64 { Armour::Base64 } else { Armour::Hex };
    let bytes = bytes_of(armour, &good);
    cases.add("a block short", armoured(armour, &bytes[..bytes.len() - 8]), "not_legacy");
    cases.add("a block long", armoured(armour, &[bytes.as_slice(), &[0; 8]].concat()), "not_legacy");
    let other = if base64 { Armour::Hex } else { Armour::Base64 };
    cases.add("in the other armour", armoured(other, &bytes), "not_legacy");
    if base64 {
        let url = format!("{}-_{}", &good[..10], &good[12..]);
        cases.add("the alphabet of web addresses", url, "not_legacy");
    } else {
        cases.add("in small letters", good.to_lowercase(), "not_legacy");
    }
    if good.ends_with('=') {
        let cut = good.trim_end_matches('=');
        cases.add("without the = at the end", cut, "not_legacy");
        let last = cut.chars().last().expect("a character");
        // The two lowest bits of the last character stand for nothing; another text of the same bytes.
        let next = char::from_u32(last as u32 + 1).expect("a character");
        let looser = format!("{}{next}{}", &cut[..cut.len() - 1], &good[cut.len()..]);
        cases.add("bits left over at the end", looser, "not_legacy");
    }
}

/// What is wrong inside: one reason for whoever shows it, the exact one for the console.
fn inside(cases: &mut Cases, ok: &str, seed: u64) {
    let profile = words(cases.profile);
    let mut chance = Chance(seed);
    let (crc, check, school) = (profile.crc, profile.check, profile.school);
    let checked = format!("S{school}202301014207");
    let date = profile.date.print(day(2030, 8, 31)).expect("a year that fits");
    let right = card(crc, check, &checked, &date);
    let no = "cannot_decrypt";
    let mut plain = |cases: &mut Cases, comment, text: String, expected: &str, inside: &str| {
        let text = Forge::new(&profile, &text, &mut chance).text(&mut chance);
        cases.add_inside(comment, text, expected, inside);
    };
    plain(cases, "forged with the right content", right.clone(), ok, ok);
    let check_wrong = format!("{}0000{}", &right[..19], &right[23..]);
    plain(cases, "a wrong check field inside", check_wrong, no, "bad_check");
    plain(cases, "no # at the beginning inside", format!("!{}", &right[1..]), no, "bad_shape");
    plain(cases, "another kind of holder inside", right.replace('S', "T"), no, "bad_shape");
    plain(cases, "a shorter text inside", right[..right.len() - 1].to_owned(), no, no);
    plain(cases, "spaces inside", " ".repeat(right.len()), no, "bad_shape");
    let no_date = profile.date.print(day(2030, 8, 31)).expect("a year that fits").replace("0831", "0832");
    let no_date = no_date.replace("08-31", "08-32");
    plain(cases, "no date inside", card(crc, check, &checked, &no_date), no, "bad_date");
    let other_school = card(crc, check, "S54321202301014207", &date);
    plain(cases, "another school inside", other_school, "wrong_school", "wrong_school");
    let past = profile.date.print(day(2026, 11, 25)).expect("a year that fits");
    let expired = ok.replace("2030-08-31", "2026-11-25");
    plain(cases, "expired yesterday", card(crc, check, &checked, &past), "expired", &expired);
    blocks(cases, &profile, &right, &mut chance);
}

fn blocks(cases: &mut Cases, profile: &Profile, right: &str, chance: &mut Chance) {
    let no = "cannot_decrypt";
    let forge = |chance: &mut Chance| Forge::new(profile, right, chance);
    let mut padded = |cases: &mut Cases, comment, padded: Vec<u8>| {
        let text = Forge { padded, ..forge(chance) }.text(chance);
        cases.add(comment, text, no);
    };
    let whole = pad(right.as_bytes());
    let fill = whole.len() - right.len();
    let with = |bytes: &[u8]| [right.as_bytes(), bytes].concat();
    padded(cases, "zeros for padding", with(&vec![0; fill]));
    padded(cases, "a padding byte too high", with(&vec![fill as u8 + 1; fill]));
    let mut first = vec![fill as u8; fill];
    first[0] ^= 1;
    // A text whose padding is one byte has no first byte of padding apart from its last.
    padded(cases, "the first byte of the padding is wrong", with(&first));
    padded(cases, "padding alone", vec![8; whole.len()]);
    for (comment, secret) in [("a DES key of seven bytes", 7), ("a DES key of sixteen bytes", 16), ("no DES key", 0)] {
        let text = Forge { secret: vec![0x42; secret], ..forge(chance) }.text(chance);
        cases.add(comment, text, no);
    }
    let good = forge(chance);
    let (wrapped, ciphertext) = (good.wrapped(chance), good.ciphertext());
    let changed = |cases: &mut Cases, comment, wrapped: &[u8], ciphertext: &[u8]| {
        cases.add(comment, good.joined(wrapped, ciphertext), no);
    };
    let flip = |bytes: &[u8], at: usize| {
        let mut flipped = bytes.to_vec();
        flipped[at] ^= 0x80;
        flipped
    };
    changed(cases, "a bit of the wrapped key turned", &flip(&wrapped, 60), &ciphertext);
    changed(cases, "the highest bit of the wrapped key turned", &flip(&wrapped, 0), &ciphertext);
    changed(cases, "a wrapped key of zeros", &vec![0; wrapped.len()], &ciphertext);
    changed(cases, "a wrapped key of one", &[vec![0; wrapped.len() - 1], vec![1]].concat(), &ciphertext);
    changed(cases, "a wrapped key above the modulus", &vec![0xff; wrapped.len()], &ciphertext);
    changed(cases, "a bit of the last block turned", &wrapped, &flip(&ciphertext, ciphertext.len() - 1));
    changed(cases, "the wrapped key of another card", &forge(chance).wrapped(chance), &ciphertext);
    changed(cases, "random bytes for a ciphertext", &wrapped, &forge(chance).wrapped(chance)[..ciphertext.len()]);
}

/// The same length under another profile: nothing outside tells them apart.
fn each_to_its_own(cases: &mut Cases) {
    for (profile, comment, other) in [
        ("usual", "PKCS#1 v1.5 where OAEP is expected", OTHER_PADDING),
        ("usual", "the ciphertext first where the key is expected", OTHER_ORDER),
        ("usual", "ECB where CBC is expected", OTHER_MODE),
    ] {
        cases.profile = profile;
        let (student, random) = student();
        let text = issuer(crate::profile(other)).issue(student, random, day(2030, 8, 31), &mut Chance(77));
        cases.add(comment, text.expect("a year that fits"), "cannot_decrypt");
    }
}

const OTHER_PADDING: &str = "12345 crc16-xmodem hex-check yyyymmdd rsa1024 pkcs1v15 cbc-zero-iv key-first base64";
const OTHER_ORDER: &str = "12345 crc16-xmodem hex-check yyyymmdd rsa1024 oaep-sha1 cbc-zero-iv text-first base64";
const OTHER_MODE: &str = "12345 crc16-xmodem hex-check yyyymmdd rsa1024 oaep-sha1 ecb key-first base64";

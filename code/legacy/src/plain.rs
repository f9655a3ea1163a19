//! The plain text of a card: `#S12345002023010142126E#20300831#`. One text for each content, and no other is taken.

use crate::{Day, Digits, Profile, RandomDigits, Refusal, SchoolNumber, StudentNumber};

/// What a card says. Of these only the student number finds a person, and it does so for as long as the card lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegacyFields {
    pub school: SchoolNumber,
    pub student: StudentNumber,
    pub random: RandomDigits,
    /// The last day of validity.
    pub expiry: Day,
}

/// Where the fields lie: `#`, `S`, 5 + 10 + 2 digits, 4 of check, `#`, the date, `#`.
const CHECKED: std::ops::Range<usize> = 1..19;
const SCHOOL: std::ops::Range<usize> = 2..7;
const STUDENT: std::ops::Range<usize> = 7..17;
const RANDOM: std::ops::Range<usize> = 17..19;
const CHECK: std::ops::Range<usize> = 19..23;
const DATE: usize = 24;

/// The number of characters, which a profile fixes.
pub(crate) fn len(profile: &Profile) -> usize {
    DATE + profile.date.len() + 1
}

/// `None` when the profile's date form can't say the day.
pub(crate) fn print(profile: &Profile, fields: &LegacyFields) -> Option<String> {
    let LegacyFields { school, student, random, expiry } = fields;
    let checked = format!("S{school}{student}{random}");
    let check = profile.check.print(profile.crc.of(checked.as_bytes()));
    let date = profile.date.print(*expiry)?;
    Some(format!("#{checked}{check}#{date}#"))
}

/// Everything but the validity, which needs to know what day it is.
pub(crate) fn parse(profile: &Profile, text: &[u8]) -> Result<LegacyFields, Refusal> {
    if text.first() != Some(&b'#') {
        return Err(Refusal::NotLegacy);
    }
    let marks = [(1, b'S'), (CHECK.end, b'#'), (len(profile) - 1, b'#')];
    if text.len() != len(profile) || marks.iter().any(|(at, mark)| text[*at] != *mark) {
        return Err(Refusal::BadShape);
    }
    let school = Digits::from_bytes(&text[SCHOOL]).ok_or(Refusal::BadShape)?;
    let student = Digits::from_bytes(&text[STUDENT]).ok_or(Refusal::BadShape)?;
    let random = Digits::from_bytes(&text[RANDOM]).ok_or(Refusal::BadShape)?;
    let check = &text[CHECK];
    if !check.iter().all(|byte| profile.check.has(*byte)) {
        return Err(Refusal::BadShape);
    }
    if profile.check.print(profile.crc.of(&text[CHECKED])).as_bytes() != check {
        return Err(Refusal::BadCheck);
    }
    let date = std::str::from_utf8(&text[DATE..len(profile) - 1]).map_err(|_| Refusal::BadDate)?;
    let expiry = profile.date.parse(date).ok_or(Refusal::BadDate)?;
    if school != profile.school {
        return Err(Refusal::WrongSchool);
    }
    Ok(LegacyFields { school, student, random, expiry })
}

//! Numbers of cards (what a card reader says of an NFC card): they name a person and prove nothing, for a number can be
//! copied. Kept sealed, found by a keyed hash.

use super::cards_store;
use super::secrets;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::Problem;
use crate::plumbing::seal::Seal;
use std::collections::HashMap;
use yitong_values::{PersonId, SchoolId, Timestamp};

/// Of one person: a card, a wristband, and those that are lost.
pub(super) const CARDS_MAX: usize = 8;
const HEX_DIGITS: std::ops::RangeInclusive<usize> = 8..=20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardState {
    Active,
    Lost,
    /// Another card took its place, or it was taken away.
    Ended,
}

impl CardState {
    pub(super) fn word(self) -> &'static str {
        match self {
            CardState::Active => "active",
            CardState::Lost => "lost",
            CardState::Ended => "ended",
        }
    }

    pub(super) fn from_word(word: &str) -> CardState {
        match word {
            "active" => CardState::Active,
            "lost" => CardState::Lost,
            _ => CardState::Ended,
        }
    }
}

/// Whose card a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardHolder {
    pub person: PersonId,
    pub state: CardState,
    pub lost_at: Option<Timestamp>,
}

/// One form of what readers and people write: `04:a2:3b:1c`, `04 A2 3B 1C` and `04A23B1C` are one number.
pub fn card_number(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && !":-".contains(*c)).collect();
    let shaped = HEX_DIGITS.contains(&plain.len()) && plain.len().is_multiple_of(2) && plain.is_ascii();
    (shaped && plain.bytes().all(|b| b.is_ascii_hexdigit())).then(|| plain.to_ascii_uppercase())
}

pub(super) fn malformed() -> Problem {
    let zh = "卡号为 8 至 20 位十六进制数字（0–9、A–F），可用读卡器读入。";
    let en = "A card's number has 8 to 20 hexadecimal digits (0-9, A-F); a reader can enter it.";
    Problem::bad("bad_card_number", zh, en).field("number")
}

pub fn card_hash(seal: &Seal, school: SchoolId, number: &str) -> Vec<u8> {
    secrets::hash(seal, school, "card", &card_number(number).unwrap_or_default())
}

pub(super) fn place(school: SchoolId, person: PersonId) -> String {
    secrets::place(school, person, "card")
}

/// The last four signs, as they are printed on many cards.
pub(super) fn mask(number: &str) -> String {
    let tail = number.len().saturating_sub(4);
    format!("••••{}", &number[tail..])
}

/// Whose card it is, or was last.
pub fn card_holder(tx: &mut Tx<'_>, school: SchoolId, hash: &[u8]) -> Result<Option<CardHolder>, DbError> {
    cards_store::holder(tx, school, hash)
}

/// The numbers of cards that these people can show, for terminals.
pub fn cards_of(
    tx: &mut Tx<'_>,
    seal: &Seal,
    school: SchoolId,
    persons: &[PersonId],
) -> Result<HashMap<PersonId, Vec<String>>, DbError> {
    let mut found: HashMap<PersonId, Vec<String>> = HashMap::new();
    // Most schools have printed codes and no cards.
    if persons.is_empty() || !cards_store::any(tx, school)? {
        return Ok(found);
    }
    for (person, sealed) in cards_store::sealed_of(tx, school, persons)? {
        let opened = seal.open(&place(school, person), &sealed);
        let number = opened.ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let number = number.ok_or_else(|| DbError::Broken("the number of a card can't be opened".into()))?;
        found.entry(person).or_default().push(number);
    }
    found.values_mut().for_each(|numbers| numbers.sort());
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{card_number, mask};

    #[test]
    fn a_number_has_one_form() {
        for same in ["04a23b1c", "04:A2:3B:1C", " 04-a2-3b-1c ", "04 A2 3B 1C"] {
            assert_eq!(card_number(same).as_deref(), Some("04A23B1C"), "{same}");
        }
        for none in ["", "04A2", "04A23B1", "04A23B1G", "０４Ａ２３Ｂ１Ｃ", &"0".repeat(22)] {
            assert_eq!(card_number(none), None, "{none}");
        }
        assert_eq!(mask("04A23B1C"), "••••3B1C");
    }
}

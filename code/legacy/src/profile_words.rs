//! A profile as one line of configuration: `12345 crc16-xmodem hex-check yyyymmdd rsa1024 oaep-sha1 cbc-zero-iv
//! key-first base64`, or `12345 crc16-xmodem hex-check yyyymmdd plain`.
//!
//! Words may come in any order, since no word belongs to two choices. Nothing has a default: what is printed on the
//! cards is a fact, and a guess would refuse every child in the queue.

use crate::{Armour, CheckForm, Crc, DateForm, Des, Hybrid, Order, Padding, Profile, RsaSize, SchoolNumber, Wrapping};
use std::fmt;

const PLAIN: &str = "plain";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileError {
    Unknown(String),
    /// A second word for one choice.
    Twice(String),
    /// What could be said, of which nothing was.
    Missing(String),
    /// A word of the encrypted form together with `plain`.
    NotWithPlain(&'static str),
}

impl Profile {
    pub fn from_words(text: &str) -> Result<Profile, ProfileError> {
        let mut words = Words(text.split_whitespace().collect());
        let school = words.school()?;
        let crc = words.take(&Crc::ALL, Crc::word)?;
        let check = words.take(&CheckForm::ALL, CheckForm::word)?;
        let date = words.take(&DateForm::ALL, DateForm::word)?;
        let plain = words.take(&[()], |()| PLAIN)?;
        let size = words.take(&RsaSize::ALL, RsaSize::word)?;
        let padding = words.take(&Padding::ALL, Padding::word)?;
        let des = words.take(&Des::ALL, Des::word)?;
        let order = words.take(&Order::ALL, Order::word)?;
        let armour = words.take(&Armour::ALL, Armour::word)?;
        if let Some(word) = words.0.first() {
            return Err(ProfileError::Unknown((*word).to_owned()));
        }
        let wrapping = match plain.found {
            Some(()) => {
                let encrypted = [size.word(), padding.word(), des.word(), order.word(), armour.word()];
                if let Some(word) = encrypted.into_iter().flatten().next() {
                    return Err(ProfileError::NotWithPlain(word));
                }
                Wrapping::Plain
            }
            None => Wrapping::Hybrid(Hybrid {
                size: size.needed()?,
                padding: padding.needed()?,
                des: des.needed()?,
                order: order.needed()?,
                armour: armour.needed()?,
            }),
        };
        Ok(Profile { school, crc: crc.needed()?, check: check.needed()?, date: date.needed()?, wrapping })
    }
}

/// The words that no choice has taken yet.
struct Words<'a>(Vec<&'a str>);

struct Choice<T> {
    found: Option<T>,
    word: fn(T) -> &'static str,
    /// What could be said.
    all: Vec<&'static str>,
}

impl Words<'_> {
    fn school(&mut self) -> Result<SchoolNumber, ProfileError> {
        let missing = || ProfileError::Missing("00000 … 99999".to_owned());
        let is_school = |word: &&str| word.parse::<SchoolNumber>().is_ok();
        let at = self.0.iter().position(is_school).ok_or_else(missing)?;
        let school = self.0.remove(at).parse().map_err(|()| missing())?;
        match self.0.iter().find(|word| is_school(word)) {
            Some(word) => Err(ProfileError::Twice((*word).to_owned())),
            None => Ok(school),
        }
    }

    fn take<T: Copy>(&mut self, choices: &[T], word: fn(T) -> &'static str) -> Result<Choice<T>, ProfileError> {
        let mut found = None;
        for choice in choices {
            while let Some(at) = self.0.iter().position(|said| *said == word(*choice)) {
                let said = self.0.remove(at);
                if found.replace(*choice).is_some() {
                    return Err(ProfileError::Twice(said.to_owned()));
                }
            }
        }
        Ok(Choice { found, word, all: choices.iter().map(|choice| word(*choice)).collect() })
    }
}

impl<T: Copy> Choice<T> {
    fn word(&self) -> Option<&'static str> {
        self.found.map(self.word)
    }

    fn needed(self) -> Result<T, ProfileError> {
        self.found.ok_or_else(|| ProfileError::Missing(self.all.join(" | ")))
    }
}

/// The words in their usual order; [`Profile::from_words`] reads them back.
impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {} ", self.school, self.crc.word(), self.check.word(), self.date.word())?;
        match self.wrapping {
            Wrapping::Plain => f.write_str(PLAIN),
            Wrapping::Hybrid(Hybrid { size, padding, des, order, armour }) => {
                let words = [size.word(), padding.word(), des.word(), order.word(), armour.word()];
                f.write_str(&words.join(" "))
            }
        }
    }
}

impl ProfileError {
    pub fn zh(&self) -> String {
        match self {
            ProfileError::Unknown(word) => format!("旧码格式中有不认识的词：{word}"),
            ProfileError::Twice(word) => format!("旧码格式中同一项写了两次：{word}"),
            ProfileError::Missing(choices) => format!("旧码格式缺少一项，可写：{choices}"),
            ProfileError::NotWithPlain(word) => format!("旧码格式写了 plain（不加密），就不能再写 {word}"),
        }
    }

    pub fn en(&self) -> String {
        match self {
            ProfileError::Unknown(word) => format!("the legacy profile has an unknown word: {word}"),
            ProfileError::Twice(word) => format!("the legacy profile says one thing twice: {word}"),
            ProfileError::Missing(choices) => format!("the legacy profile lacks one of: {choices}"),
            ProfileError::NotWithPlain(word) => format!("the legacy profile is plain, so it can't have {word}"),
        }
    }
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en())
    }
}

impl std::error::Error for ProfileError {}

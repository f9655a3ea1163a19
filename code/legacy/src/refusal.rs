//! Why a text is refused: for programs a stable word, for people a sentence in Chinese and in English.

use std::fmt;

/// Ordered by precedence: the first that holds is the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// Another kind of text: a dish, a payment code, a campus code, or a code in another school's profile.
    NotLegacy,
    /// Everything that fails inside the encryption. [`Reader::read`](crate::Reader::read) tells no more, so that
    /// nobody learns from its answers what a changed text decrypts to.
    CannotDecrypt,
    BadShape,
    BadCheck,
    BadDate,
    WrongSchool,
    Expired,
}

impl Refusal {
    pub const ALL: [Refusal; 7] = [
        Refusal::NotLegacy,
        Refusal::CannotDecrypt,
        Refusal::BadShape,
        Refusal::BadCheck,
        Refusal::BadDate,
        Refusal::WrongSchool,
        Refusal::Expired,
    ];

    /// Stable, for programs; the same in every language.
    pub fn code(self) -> &'static str {
        match self {
            Refusal::NotLegacy => "not_legacy",
            Refusal::CannotDecrypt => "cannot_decrypt",
            Refusal::BadShape => "bad_shape",
            Refusal::BadCheck => "bad_check",
            Refusal::BadDate => "bad_date",
            Refusal::WrongSchool => "wrong_school",
            Refusal::Expired => "expired",
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            Refusal::NotLegacy => "不是旧系统的个人码",
            Refusal::CannotDecrypt => "旧系统的个人码无法解密",
            Refusal::BadShape => "旧系统的个人码格式不对",
            Refusal::BadCheck => "旧系统的个人码校验字段不符",
            Refusal::BadDate => "旧系统的个人码有效期不是正确的日期",
            Refusal::WrongSchool => "是其他学校的旧系统个人码",
            Refusal::Expired => "旧系统的个人码已过有效期",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Refusal::NotLegacy => "not a code of the earlier system",
            Refusal::CannotDecrypt => "the code of the earlier system cannot be decrypted",
            Refusal::BadShape => "the code of the earlier system is malformed",
            Refusal::BadCheck => "the check field of the earlier system's code does not match",
            Refusal::BadDate => "the validity of the earlier system's code is not a date",
            Refusal::WrongSchool => "a code of the earlier system for another school",
            Refusal::Expired => "the code of the earlier system has expired",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.en())
    }
}

impl std::error::Error for Refusal {}

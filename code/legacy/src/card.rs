//! A card's code, made and read under a school's profile.

use crate::{
    Day, LegacyFields, PrivateKey, Profile, PublicKey, RandomDigits, Refusal, RsaSize, StudentNumber, TEXT_MAX,
    Wrapping, hybrid, plain,
};
use rsa::rand_core::CryptoRng;
use std::fmt;

/// Makes codes. Holds a public key only, or none for a plain profile.
#[derive(Debug)]
pub struct Issuer {
    profile: Profile,
    key: Option<PublicKey>,
}

/// Reads codes. It stays on the server, with the private key.
#[derive(Debug)]
pub struct Reader {
    profile: Profile,
    key: Option<PrivateKey>,
}

/// Profile and key do not belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetUpError {
    NeedsKey(RsaSize),
    PlainNeedsNoKey,
    WrongKeySize { profile: RsaSize, key: RsaSize },
}

/// The profile's date form has no words for the last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssueError {
    pub expiry: Day,
}

impl Issuer {
    pub fn new(profile: Profile, key: Option<PublicKey>) -> Result<Issuer, SetUpError> {
        belong_together(&profile, key.as_ref().map(PublicKey::size))?;
        Ok(Issuer { profile, key })
    }

    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The school is the profile's. Encrypted, the same card gets another text each time.
    pub fn issue<R: CryptoRng + ?Sized>(
        &self,
        student: StudentNumber,
        random: RandomDigits,
        expiry: Day,
        rng: &mut R,
    ) -> Result<String, IssueError> {
        let fields = LegacyFields { school: self.profile.school, student, random, expiry };
        let plain = plain::print(&self.profile, &fields).ok_or(IssueError { expiry })?;
        match (&self.profile.wrapping, &self.key) {
            (Wrapping::Hybrid(hybrid), Some(key)) => Ok(hybrid.armour.encode(&hybrid::seal(hybrid, key, &plain, rng))),
            _ => Ok(plain),
        }
    }
}

impl Reader {
    pub fn new(profile: Profile, key: Option<PrivateKey>) -> Result<Reader, SetUpError> {
        belong_together(&profile, key.as_ref().map(PrivateKey::size))?;
        Ok(Reader { profile, key })
    }

    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Reads what somebody presented. `rng` blinds the private key's work.
    ///
    /// What is wrong inside an encrypted text is one reason, from the padding to the date: the answers must not tell
    /// what a text that was tampered with decrypts to.
    pub fn read<R: CryptoRng + ?Sized>(&self, text: &str, today: Day, rng: &mut R) -> Result<LegacyFields, Refusal> {
        let inside = |refusal| match (self.profile.wrapping, refusal) {
            (Wrapping::Hybrid(_), Refusal::BadShape | Refusal::BadCheck | Refusal::BadDate) => Refusal::CannotDecrypt,
            (_, refusal) => refusal,
        };
        let fields = self.inspect(text, rng).map_err(inside)?;
        if fields.expiry < today { Err(Refusal::Expired) } else { Ok(fields) }
    }

    /// As [`Reader::read`], but with the exact reason, and whether or not the card has expired. For whoever sets up a
    /// profile or imports a list at the server's own console: never behind a route.
    pub fn inspect<R: CryptoRng + ?Sized>(&self, text: &str, rng: &mut R) -> Result<LegacyFields, Refusal> {
        match (&self.profile.wrapping, &self.key) {
            (Wrapping::Hybrid(hybrid), Some(key)) => {
                let sealed = sealed_bytes(&self.profile, text).ok_or(Refusal::NotLegacy)?;
                let len = plain::len(&self.profile);
                let plain = hybrid::open(hybrid, key, &sealed, len, rng).ok_or(Refusal::CannotDecrypt)?;
                // A text that does not begin with `#` is none of ours only as long as nobody decrypted it.
                plain::parse(&self.profile, &plain).map_err(|refusal| match refusal {
                    Refusal::NotLegacy => Refusal::BadShape,
                    refusal => refusal,
                })
            }
            _ if text.len() > TEXT_MAX => Err(Refusal::NotLegacy),
            _ => plain::parse(&self.profile, text.as_bytes()),
        }
    }
}

/// The bytes of an encrypted code, when the text has the form and the length that the profile gives to all of them.
pub(crate) fn sealed_bytes(profile: &Profile, text: &str) -> Option<Vec<u8>> {
    let Wrapping::Hybrid(hybrid) = profile.wrapping else { return None };
    if text.len() != profile.text_len() {
        return None;
    }
    let sealed = hybrid.armour.decode(text)?;
    // In base64 texts of one length may stand for up to two bytes more or less.
    (sealed.len() == hybrid::bytes(&hybrid, plain::len(profile))).then_some(sealed)
}

fn belong_together(profile: &Profile, key: Option<RsaSize>) -> Result<(), SetUpError> {
    match (profile.wrapping, key) {
        (Wrapping::Plain, None) => Ok(()),
        (Wrapping::Plain, Some(_)) => Err(SetUpError::PlainNeedsNoKey),
        (Wrapping::Hybrid(hybrid), None) => Err(SetUpError::NeedsKey(hybrid.size)),
        (Wrapping::Hybrid(hybrid), Some(key)) if hybrid.size == key => Ok(()),
        (Wrapping::Hybrid(hybrid), Some(key)) => Err(SetUpError::WrongKeySize { profile: hybrid.size, key }),
    }
}

impl SetUpError {
    pub fn zh(self) -> String {
        match self {
            SetUpError::NeedsKey(size) => format!("旧码格式为 {}，需要提供密钥", size.word()),
            SetUpError::PlainNeedsNoKey => "旧码格式为 plain（不加密），不应提供密钥".to_owned(),
            SetUpError::WrongKeySize { profile, key } => {
                format!("旧码格式为 {}，提供的密钥却是 {}", profile.word(), key.word())
            }
        }
    }

    pub fn en(self) -> String {
        match self {
            SetUpError::NeedsKey(size) => format!("the legacy profile says {}, so a key is needed", size.word()),
            SetUpError::PlainNeedsNoKey => "the legacy profile is plain, so there must be no key".to_owned(),
            SetUpError::WrongKeySize { profile, key } => {
                format!("the legacy profile says {}, but the key is {}", profile.word(), key.word())
            }
        }
    }
}

impl fmt::Display for SetUpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en())
    }
}

impl std::error::Error for SetUpError {}

impl IssueError {
    pub fn zh(self) -> String {
        format!("旧码的两位年份只能表示 2000 至 2099 年，不能表示 {} 年", self.expiry.year())
    }

    pub fn en(self) -> String {
        format!("a legacy code with a year of two digits can't say the year {}: 2000 to 2099", self.expiry.year())
    }
}

impl fmt::Display for IssueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en())
    }
}

impl std::error::Error for IssueError {}

//! What a school's cards look like. The description of the earlier system says "CRC", "DES and RSA", "validity";
//! a profile says which.

use crate::{CheckForm, Crc, DateForm, SchoolNumber, hybrid, plain};

/// Nothing in it is secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    pub school: SchoolNumber,
    pub crc: Crc,
    pub check: CheckForm,
    pub date: DateForm,
    pub wrapping: Wrapping,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapping {
    /// The text stands on the card as it is.
    Plain,
    Hybrid(Hybrid),
}

/// The text under DES, the DES key under RSA, both as one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hybrid {
    pub size: RsaSize,
    pub padding: Padding,
    pub des: Des,
    pub order: Order,
    pub armour: Armour,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsaSize {
    Bits1024,
    Bits2048,
}

/// Of the RSA block around the DES key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    Pkcs1v15,
    /// SHA-1 for the label, which is empty, and for the mask.
    OaepSha1,
}

/// The mode of DES; the last block is always padded as in PKCS#7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Des {
    CbcZeroIv,
    /// Eight random bytes before the ciphertext.
    CbcRandomIv,
    Ecb,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The wrapped key, then the ciphertext.
    KeyFirst,
    TextFirst,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Armour {
    /// The standard alphabet, with `=`.
    Base64,
    /// Upper case.
    Hex,
}

impl Profile {
    /// How many characters a code of this profile has: always the same number.
    pub fn text_len(&self) -> usize {
        match self.wrapping {
            Wrapping::Plain => plain::len(self),
            Wrapping::Hybrid(hybrid) => {
                let bytes = hybrid::bytes(&hybrid, plain::len(self));
                match hybrid.armour {
                    Armour::Base64 => bytes.div_ceil(3) * 4,
                    Armour::Hex => bytes * 2,
                }
            }
        }
    }
}

impl RsaSize {
    pub const ALL: [RsaSize; 2] = [RsaSize::Bits1024, RsaSize::Bits2048];

    pub fn word(self) -> &'static str {
        match self {
            RsaSize::Bits1024 => "rsa1024",
            RsaSize::Bits2048 => "rsa2048",
        }
    }

    pub fn bytes(self) -> usize {
        match self {
            RsaSize::Bits1024 => 128,
            RsaSize::Bits2048 => 256,
        }
    }
}

impl Padding {
    pub const ALL: [Padding; 2] = [Padding::Pkcs1v15, Padding::OaepSha1];

    pub fn word(self) -> &'static str {
        match self {
            Padding::Pkcs1v15 => "pkcs1v15",
            Padding::OaepSha1 => "oaep-sha1",
        }
    }
}

impl Des {
    pub const ALL: [Des; 3] = [Des::CbcZeroIv, Des::CbcRandomIv, Des::Ecb];

    pub fn word(self) -> &'static str {
        match self {
            Des::CbcZeroIv => "cbc-zero-iv",
            Des::CbcRandomIv => "cbc-random-iv",
            Des::Ecb => "ecb",
        }
    }
}

impl Order {
    pub const ALL: [Order; 2] = [Order::KeyFirst, Order::TextFirst];

    pub fn word(self) -> &'static str {
        match self {
            Order::KeyFirst => "key-first",
            Order::TextFirst => "text-first",
        }
    }
}

impl Armour {
    pub const ALL: [Armour; 2] = [Armour::Base64, Armour::Hex];

    pub fn word(self) -> &'static str {
        match self {
            Armour::Base64 => "base64",
            Armour::Hex => "hex",
        }
    }
}

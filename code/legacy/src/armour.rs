//! Bytes as a text that a QR code carries. Each has one text: a printed code is a constant, and a list that knows it
//! by its hash must not miss it for a letter's case.

use crate::Armour;
use base64::prelude::{BASE64_STANDARD, Engine};

impl Armour {
    pub(crate) fn encode(self, bytes: &[u8]) -> String {
        match self {
            Armour::Base64 => BASE64_STANDARD.encode(bytes),
            Armour::Hex => hex::encode_upper(bytes),
        }
    }

    pub(crate) fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            // The standard engine refuses a missing `=` and bits left over.
            Armour::Base64 => BASE64_STANDARD.decode(text).ok(),
            Armour::Hex if text.bytes().any(|byte| byte.is_ascii_lowercase()) => None,
            Armour::Hex => hex::decode(text).ok(),
        }
    }
}

//! Decimal armour: `97`, then six bytes as fifteen digits. Digits survive every scanner, keyboard layout and input
//! method.

use alloc::string::String;
use core::fmt::Write as _;

const PREFIX: &str = "97";
const CHUNK_BYTES: usize = 6;
/// Digits that 0 to 6 bytes take.
const DIGITS: [usize; 7] = [0, 3, 5, 8, 10, 13, 15];
/// What a text of `TEXT_MAX` digits holds: a later version's longer code is still told from a broken one.
const BYTES_MAX: usize = (crate::TEXT_MAX - 2) * 6 / 15 + 1;
/// No code has fewer digits, so that payment codes of 18 to 24 digits are never taken for one.
const TEXT_MIN: usize = 90;

pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(PREFIX.len() + bytes.len().div_ceil(CHUNK_BYTES) * DIGITS[CHUNK_BYTES]);
    text.push_str(PREFIX);
    for chunk in bytes.chunks(CHUNK_BYTES) {
        let value = chunk.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        let width = DIGITS[chunk.len()];
        write!(text, "{value:0width$}").expect("a String takes every text");
    }
    text
}

/// Whether it could be ours at all, judged by its shape only.
pub(crate) fn looks_like_ours(text: &str) -> bool {
    (TEXT_MIN..=crate::TEXT_MAX).contains(&text.len())
        && text.starts_with(PREFIX)
        && text.bytes().all(|b| b.is_ascii_digit())
}

/// The bytes of a code, without a place on the heap.
pub(crate) struct Bytes {
    held: [u8; BYTES_MAX],
    length: usize,
}

impl core::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.held[..self.length]
    }
}

/// Only the one canonical text of some bytes is read.
pub(crate) fn decode(text: &str) -> Option<Bytes> {
    let digits = text.strip_prefix(PREFIX)?;
    let mut bytes = Bytes { held: [0; BYTES_MAX], length: 0 };
    for chunk in digits.as_bytes().chunks(DIGITS[CHUNK_BYTES]) {
        let length = DIGITS.iter().position(|digits| *digits == chunk.len()).filter(|length| *length > 0)?;
        let value = chunk
            .iter()
            .try_fold(0u64, |value, digit| digit.is_ascii_digit().then(|| value * 10 + u64::from(digit - b'0')))?;
        if value >> (8 * length) != 0 {
            return None;
        }
        let place = bytes.held.get_mut(bytes.length..bytes.length + length)?;
        place.copy_from_slice(&value.to_be_bytes()[8 - length..]);
        bytes.length += length;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;

    #[test]
    fn every_length_comes_back() {
        for length in 1..=BYTES_MAX {
            let bytes: Vec<u8> = (0..length).map(|i| (i * 37 + length) as u8).collect();
            assert_eq!(decode(&encode(&bytes)).as_deref(), Some(bytes.as_slice()), "{length} bytes");
            let high = vec![0xff; length];
            assert_eq!(decode(&encode(&high)).as_deref(), Some(high.as_slice()));
        }
        assert!(decode(&encode(&[1; BYTES_MAX + 1])).is_none(), "too long");
        assert!(encode(&[1; BYTES_MAX + 1]).len() > crate::TEXT_MAX);
    }

    #[test]
    fn only_the_canonical_text_is_read() {
        for wrong in
            ["", "97x", "971", "97256", "97999999999999999", "98000", "97 00", "97000000000000256000000000000256x"]
        {
            assert!(decode(wrong).is_none(), "{wrong:?}");
        }
        assert_eq!(decode("97255").as_deref(), Some([255].as_slice()));
    }
}

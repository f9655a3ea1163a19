//! Decimal armour: `97`, then six bytes as fifteen digits. Digits survive every scanner, keyboard layout and input method.

const PREFIX: &str = "97";
const CHUNK_BYTES: usize = 6;
/// Digits that 0 to 6 bytes take.
const DIGITS: [usize; 7] = [0, 3, 5, 8, 10, 13, 15];
/// No code of ours is longer; a longer text is refused before it is read.
pub(crate) const TEXT_MAX: usize = 1_000;

pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::from(PREFIX);
    for chunk in bytes.chunks(CHUNK_BYTES) {
        let value = chunk.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        text.push_str(&format!("{value:0width$}", width = DIGITS[chunk.len()]));
    }
    text
}

/// Whether it could be ours at all, judged by its shape only.
pub(crate) fn looks_like_ours(text: &str) -> bool {
    text.len() >= 30 && text.len() <= TEXT_MAX && text.starts_with(PREFIX) && text.bytes().all(|b| b.is_ascii_digit())
}

/// Only the one canonical text of some bytes is read.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix(PREFIX)?;
    let mut bytes = Vec::with_capacity(digits.len() * 2 / 5);
    for chunk in digits.as_bytes().chunks(DIGITS[CHUNK_BYTES]) {
        let length = DIGITS.iter().position(|digits| *digits == chunk.len()).filter(|length| *length > 0)?;
        let value = chunk
            .iter()
            .try_fold(0u64, |value, digit| digit.is_ascii_digit().then(|| value * 10 + u64::from(digit - b'0')))?;
        if value >> (8 * length) != 0 {
            return None;
        }
        bytes.extend_from_slice(&value.to_be_bytes()[8 - length..]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_comes_back() {
        for length in 1..200 {
            let bytes: Vec<u8> = (0..length).map(|i| (i * 37 + length) as u8).collect();
            assert_eq!(decode(&encode(&bytes)).as_deref(), Some(bytes.as_slice()), "{length} bytes");
            let high = vec![0xff; length];
            assert_eq!(decode(&encode(&high)), Some(high));
        }
    }

    #[test]
    fn only_the_canonical_text_is_read() {
        for wrong in
            ["", "97x", "971", "97256", "97999999999999999", "98000", "97 00", "97000000000000256000000000000256x"]
        {
            assert_eq!(decode(wrong), None, "{wrong:?}");
        }
        assert_eq!(decode("97255"), Some(vec![255]));
    }
}

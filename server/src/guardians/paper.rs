//! Binding codes on paper: twelve signs of Crockford's alphabet, sixty bits, of which only a keyed hash is kept.

use crate::plumbing::seal::Seal;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
pub const SIGNS: usize = 12;

/// Each of 2^60 as likely as the others.
pub fn fresh() -> String {
    let drawn = crate::signin::totp::random(8).iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    (0..SIGNS).map(|i| char::from(ALPHABET[(drawn >> (5 * i) & 31) as usize])).collect()
}

/// As it is printed: ABCD-EFGH-JKMN.
pub fn shown(code: &str) -> String {
    let signs: Vec<char> = code.chars().collect();
    signs.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// As it is compared: case, dashes and spaces are overlooked, and what looks alike is one.
fn folded(text: &str) -> String {
    let fold = |c: char| match c {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let signs = crate::people::import::sheet::clean(text).to_uppercase();
    signs.chars().filter(|c| !c.is_whitespace() && !"-–—－_.".contains(*c)).map(fold).take(2 * SIGNS).collect()
}

/// What is kept, and looked for, of a code as somebody typed it. The keyed look-up takes the same time for every text.
pub fn hash(seal: &Seal, text: &str) -> Vec<u8> {
    seal.search_hash("binding_code.hash", &folded(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_typed_in_many_ways() {
        let seal = Seal::from_key(&[7; 32]);
        let kept = hash(&seal, "7K0M1PQRSTVW");
        for typed in ["7k0m-1pqr-stvw", "7KOM IPQR STVW", " 7kom lpqr–stvw ", "７Ｋ０Ｍ1PQRSTVW"] {
            assert_eq!(hash(&seal, typed), kept, "{typed}");
        }
        assert_ne!(hash(&seal, "7K0M1PQRSTVX"), kept);
    }

    #[test]
    fn codes_have_twelve_signs_that_nobody_mixes_up() {
        let codes: Vec<_> = (0..200).map(|_| fresh()).collect();
        let clear = |code: &String| code.len() == SIGNS && code.bytes().all(|b| ALPHABET.contains(&b));
        assert!(codes.iter().all(clear));
        assert_eq!(folded(&shown(&codes[0])), codes[0]);
        assert_eq!(shown("7K0M1PQRSTVW"), "7K0M-1PQR-STVW");
        let used: std::collections::BTreeSet<u8> = codes.iter().flat_map(|code| code.bytes()).collect();
        assert_eq!(used.len(), 32, "every sign is drawn");
    }
}

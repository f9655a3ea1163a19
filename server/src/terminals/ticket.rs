//! Enrolment codes: short enough to be typed at a till, with a check character for slips of the finger.

/// Crockford's alphabet: no letter that looks like a digit. The last five only check.
const SIGNS: &[u8; 37] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";
const DIGITS: usize = 8;
/// So long a code can be used.
pub const LIFE_MS: i64 = 30 * 60_000;

/// Eight characters and one that checks them: 2^40 codes, of which perhaps ten are live.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket(String);

impl Ticket {
    /// From random bytes.
    pub fn new(random: [u8; 5]) -> Ticket {
        let value = random.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        let mut text: String = (0..DIGITS).rev().map(|at| sign((value >> (5 * at)) & 31)).collect();
        text.push(sign(value % 37));
        Ticket(text)
    }

    /// As somebody typed it: small letters, spaces, dashes and the letters that look like digits are overlooked.
    pub fn read(typed: &str) -> Option<Ticket> {
        let seen = |c: char| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        };
        let text: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(seen).collect();
        let values: Option<Vec<u64>> =
            text.bytes().map(|byte| Some(SIGNS.iter().position(|s| *s == byte)? as u64)).collect();
        let values = values.filter(|values| values.len() == DIGITS + 1 && values[..DIGITS].iter().all(|v| *v < 32))?;
        let value = values[..DIGITS].iter().fold(0, |value, digit| value << 5 | digit);
        (value % 37 == values[DIGITS]).then_some(Ticket(text))
    }

    /// What is looked up and never shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For people: in groups that the eye can hold.
    pub fn shown(&self) -> String {
        format!("{}-{}-{}", &self.0[..4], &self.0[4..8], &self.0[8..])
    }
}

fn sign(value: u64) -> char {
    char::from(SIGNS[value as usize])
}

#[cfg(test)]
mod tests {
    use super::Ticket;

    #[test]
    fn a_code_is_read_as_it_is_typed() {
        let code = Ticket::new([0x01, 0x23, 0x45, 0x67, 0x89]);
        assert_eq!(code.shown().len(), 11);
        let typed = code.shown().to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert!(Ticket::read(&typed).is_some_and(|read| read == code), "{typed}");
        for at in 0..8 {
            let mut slip: Vec<char> = code.as_str().chars().collect();
            slip[at] = if slip[at] == '7' { '8' } else { '7' };
            assert!(Ticket::read(&slip.iter().collect::<String>()).is_none(), "a slip at {at}");
        }
        assert!(Ticket::read("").is_none() && Ticket::read("UUUUUUUUU").is_none() && Ticket::read("王小明").is_none());
    }
}

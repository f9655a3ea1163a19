//! Numbers of a fixed width: a school number and a student number are texts of digits, with their zeros in front.

use rsa::rand_core::CryptoRng;
use std::fmt;
use std::str::FromStr;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digits<const N: usize>([u8; N]);

pub type SchoolNumber = Digits<5>;
pub type StudentNumber = Digits<10>;
/// The two random digits tell the cards of one student apart.
pub type RandomDigits = Digits<2>;

impl<const N: usize> Digits<N> {
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only ASCII digits get in")
    }

    /// Exactly N ASCII digits; full-width ones are none.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Digits<N>> {
        let bytes: [u8; N] = bytes.try_into().ok()?;
        bytes.iter().all(u8::is_ascii_digit).then_some(Digits(bytes))
    }
}

impl RandomDigits {
    pub fn draw<R: CryptoRng + ?Sized>(rng: &mut R) -> RandomDigits {
        loop {
            let mut byte = [0];
            rng.fill_bytes(&mut byte);
            // From 200 on the remainder would favour the numbers below 56.
            if byte[0] < 200 {
                let number = byte[0] % 100;
                return Digits([b'0' + number / 10, b'0' + number % 10]);
            }
        }
    }
}

impl<const N: usize> FromStr for Digits<N> {
    type Err = ();

    fn from_str(text: &str) -> Result<Digits<N>, ()> {
        Digits::from_bytes(text.as_bytes()).ok_or(())
    }
}

impl<const N: usize> fmt::Display for Digits<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A student number is personal: it must not get into a log by way of `{:?}`.
impl<const N: usize> fmt::Debug for Digits<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digits<{N}>")
    }
}

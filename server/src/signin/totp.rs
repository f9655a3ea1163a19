//! The second factor: time-based codes (RFC 6238; SHA-1, six digits, thirty seconds: what every app supports).

use totp_rs::{Algorithm, Builder, Secret, Totp};
use yitong_values::Timestamp;

const SECRET_BYTES: usize = 20;
pub const RECOVERY_CODES: usize = 8;

fn totp(secret: &[u8]) -> Option<Totp> {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(30)
        .with_secret(Secret::from(secret.to_vec()))
        .build()
        .ok()
}

pub fn new_secret() -> Vec<u8> {
    random(SECRET_BYTES)
}

/// The step that the code belongs to. A step is accepted once: the caller keeps the last one.
pub fn check(secret: &[u8], code: &str, now: Timestamp, last_step: i64) -> Option<i64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let seconds = u64::try_from(now.ms() / 1000).ok()?;
    let step = i64::try_from(totp(secret)?.check(&code, seconds)?).ok()?;
    (step > last_step).then_some(step)
}

/// The code of this moment: for the demo, which prints it, and for tests.
pub fn code_at(secret: &[u8], now: Timestamp) -> Option<String> {
    let seconds = u64::try_from(now.ms() / 1000).ok()?;
    Some(totp(secret)?.generate(seconds).to_string())
}

pub fn base32(secret: &[u8]) -> String {
    Secret::from(secret.to_vec()).to_base32()
}

/// What an authenticator app reads from a QR code.
pub fn uri(secret: &[u8], username: &str) -> String {
    let name: String = username
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("%{b:02X}") })
        .collect();
    format!("otpauth://totp/Yitong:{name}?secret={}&issuer=Yitong", base32(secret))
}

/// Codes on paper for the day when the phone is lost: 50 bits each, without letters that look alike.
pub fn recovery_codes() -> Vec<String> {
    const SIGNS: &[u8; 32] = b"23456789abcdefghjkmnpqrstuvwxyz_";
    let one = || {
        let text: String = random(10).iter().map(|b| SIGNS[usize::from(b % 31)] as char).collect();
        format!("{}-{}", &text[..5], &text[5..])
    };
    (0..RECOVERY_CODES).map(|_| one()).collect()
}

pub fn random(bytes: usize) -> Vec<u8> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).expect("the operating system gives random bytes");
    random
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_6238() {
        // Appendix B, SHA-1, cut to six digits.
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            let now = Timestamp::from_ms(seconds * 1000);
            assert_eq!(code_at(b"12345678901234567890", now).as_deref(), Some(code));
            assert_eq!(check(b"12345678901234567890", code, now, 0), Some(seconds / 30));
            assert_eq!(check(b"12345678901234567890", code, now, seconds / 30), None, "a step is accepted once");
            assert_eq!(check(b"12345678901234567890", code, now.plus_ms(90_000), 0), None, "too old");
        }
    }
}

//! Numbers under which channels know our orders and refunds: made from their ids, so that nobody draws one twice, in
//! digits and capitals that every channel takes.

use uuid::Uuid;
use yitong_values::{MandateId, PaymentOrderId, RefundId};

/// Crockford's base 32: 26 digits hold an id.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Attempts of one order at the most; each has two digits of its own in its number.
pub const ATTEMPTS_MAX: i64 = 9;

fn text(id: Uuid) -> String {
    let mut left = id.as_u128();
    let mut digits = [0u8; 26];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[usize::try_from(left & 31).expect("five bits are a small number")];
        left >>= 5;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

/// 28 characters: some channels put four of their own before it, and take 32.
pub fn attempt(order: PaymentOrderId, seq: i64) -> String {
    format!("{}A{seq}", text(order.uuid()))
}

pub fn mandate(mandate: MandateId) -> String {
    format!("{}M0", text(mandate.uuid()))
}

pub fn refund(refund: RefundId) -> String {
    format!("{}R0", text(refund.uuid()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_its_id_in_28_characters() {
        let id = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_001f);
        assert_eq!(attempt(id.into(), 1), "01J0000000E00800000000000ZA1");
        assert_eq!(refund(id.into()), "01J0000000E00800000000000ZR0");
    }
}

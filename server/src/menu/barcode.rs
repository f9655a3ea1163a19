//! Barcodes of dishes: EAN-13 where the text is one, Code 128 otherwise.

use barcoders::generators::svg::SVG;
use barcoders::sym::code128::Code128;
use barcoders::sym::ean13::EAN13;

/// The check digit of GS1: weights one and three from the left of twelve digits.
pub fn ean13(first_12: &str) -> Option<String> {
    if first_12.len() != 12 || !first_12.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let weighted = first_12.bytes().enumerate().map(|(i, b)| u32::from(b - b'0') * if i % 2 == 0 { 1 } else { 3 });
    Some(format!("{first_12}{}", (10 - weighted.sum::<u32>() % 10) % 10))
}

/// Codes with the prefix 20 are for use inside one business (GS1 General Specifications, 2.1.11).
pub fn made_code(nth: i64) -> Option<String> {
    ean13(&format!("20{:010}", nth.rem_euclid(10_000_000_000)))
}

pub fn is_ean13(text: &str) -> bool {
    text.len() == 13 && text.is_ascii() && ean13(&text[..12]).as_deref() == Some(text)
}

/// A dish may also carry the code of its package.
pub fn acceptable(text: &str) -> bool {
    let printable =
        (4..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._/".contains(&b));
    // Thirteen digits that are no EAN-13 are a slip of the hand; 97 begins a campus code.
    let digits_13 = text.len() == 13 && text.bytes().all(|b| b.is_ascii_digit());
    printable && (!digits_13 || is_ean13(text))
}

pub fn svg(text: &str) -> Option<String> {
    let bars = if is_ean13(text) {
        EAN13::new(&text[..12]).ok()?.encode()
    } else {
        // Ɓ chooses set B: letters and digits.
        Code128::new(format!("Ɓ{text}")).ok()?.encode()
    };
    let picture = SVG::new(60).generate(&bars).ok()?;
    // Without its namespace a browser draws it inside a page only, not as a picture of its own.
    Some(picture.replacen("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_gs1() {
        assert_eq!(ean13("629104150021").as_deref(), Some("6291041500213"));
        assert_eq!(ean13("590123412345").as_deref(), Some("5901234123457"));
        assert_eq!(made_code(1).as_deref(), Some("2000000000015"));
        assert!(acceptable("6901028075831") || !is_ean13("6901028075831"));
        assert!(!acceptable("6291041500214"), "a wrong check digit");
        assert!(!acceptable("ab"));
        assert!(svg("6291041500213").is_some_and(|s| s.starts_with("<svg xmlns=")));
        assert!(svg("RICE-01").is_some());
    }
}

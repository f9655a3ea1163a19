//! Phone numbers as SMS channels want them.

use crate::pay::Misuse;

const CHINA: &str = "86";

/// A number in the form E.164: country and digits. It has no `Debug`, so it can't slip into a log.
pub(super) struct Phone {
    country_and_digits: String,
    mainland: bool,
}

impl Phone {
    /// `13800138000`, `+86 138-0013-8000`, `0086…`, or another country's number with its `+`.
    pub(super) fn read(address: &str) -> Result<Phone, Misuse> {
        let wrong = || Misuse::new("address", "it is not a phone number");
        let compact: String = address.chars().filter(|c| !" -()".contains(*c)).collect();
        let (digits, abroad) = match compact.strip_prefix('+').or_else(|| compact.strip_prefix("00")) {
            Some(digits) => (digits, true),
            None => (compact.as_str(), false),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let local = if abroad { digits.strip_prefix(CHINA) } else { Some(digits) };
        if let Some(local) = local {
            let is_mobile = local.len() == 11 && local.starts_with('1') && !local[1..].starts_with(['0', '1', '2']);
            let country_and_digits = format!("{CHINA}{local}");
            return if is_mobile { Ok(Phone { country_and_digits, mainland: true }) } else { Err(wrong()) };
        }
        let is_number = (8..=15).contains(&digits.len()) && !digits.starts_with('0');
        if is_number { Ok(Phone { country_and_digits: digits.to_owned(), mainland: false }) } else { Err(wrong()) }
    }

    pub(super) fn e164(&self) -> String {
        format!("+{}", self.country_and_digits)
    }

    /// Eleven digits inside the mainland; elsewhere with the country.
    pub(super) fn without_plus(&self) -> &str {
        if self.mainland { &self.country_and_digits[CHINA.len()..] } else { &self.country_and_digits }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let both = |text: &str| Phone::read(text).map(|phone| (phone.e164(), phone.without_plus().to_owned()));
        let mainland = Ok(("+8613800138000".to_owned(), "13800138000".to_owned()));
        for text in ["13800138000", "+86 138-0013-8000", "008613800138000", "+8613800138000"] {
            assert_eq!(both(text), mainland, "{text}");
        }
        assert_eq!(both("+852 5123 4567"), Ok(("+85251234567".to_owned(), "85251234567".to_owned())));
        for text in ["", "12345", "12800138000", "+8610800138000", "1380013800a", "１３８", "+", "+0123456789"] {
            let refusal = both(text).expect_err(text);
            assert_eq!(refusal.to_string(), "address: it is not a phone number");
        }
    }
}

//! Where a channel is: an address from the settings.

use super::Misuse;

/// Without the slash at its end. Money is asked for over TLS only; a sandbox on the same machine does without.
pub(crate) fn base_url(field: &'static str, text: &str) -> Result<String, Misuse> {
    let text = text.trim_end_matches('/');
    let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"]
        .iter()
        .any(|host| text.strip_prefix(host).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/'])));
    let secure = text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty());
    let plain = !text.contains(['?', '#', '@']) && !text.contains(char::is_whitespace);
    if plain && (secure || local) {
        Ok(text.to_owned())
    } else {
        Err(Misuse::new(field, "an address like https://host or https://host/path"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_over_tls_or_on_this_machine() {
        let check = |text: &str, good: bool| assert_eq!(base_url("gateway", text).is_ok(), good, "{text}");
        check("https://gateway.example/", true);
        check("http://127.0.0.1:8080/unionpay", true);
        check("http://localhost", true);
        check("http://gateway.example", false);
        check("http://127.0.0.1.example", false);
        check("http://localhost@evil.example", false);
        check("https://", false);
        check("https://host?x=1", false);
        check("", false);
    }
}

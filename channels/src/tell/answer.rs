//! What the answers of message channels have in common.

use super::{ErrorClass, Sent};
use crate::Reply;
use serde_json::Value;

const MESSAGE_CHARS_MAX: usize = 200;
const CODE_CHARS_MAX: usize = 64;
/// Open ids have 28, tokens more; words seldom do.
const ID_CHARS_MIN: usize = 20;
/// What is assumed where a channel says "too often" and not for how long.
pub(super) const WAIT_S: u32 = 60;
/// No channel is left alone for longer, whatever it says.
const WAIT_MAX_S: u32 = 86_400;

/// The channel said in its own words that it did not take the message.
pub(super) fn not_sent(class: ErrorClass, code: impl ToString, message: &str) -> Sent {
    Sent::NotSent { class, code: self::code(&code.to_string()), message: masked(message) }
}

/// A code as it may be kept: one word that is neither a number nor an id of a person.
pub(super) fn code(text: &str) -> String {
    const DIGITS_MAX: usize = 8;
    let plain = |c: &char| c.is_ascii_alphanumeric() || "._-".contains(*c);
    let word: String = text.chars().filter(plain).take(CODE_CHARS_MAX).collect();
    let shouted = word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let is_id = word.len() >= ID_CHARS_MIN && !word.contains('.') && !shouted;
    let is_number = word.chars().filter(char::is_ascii_digit).count() > DIGITS_MAX;
    if is_id || is_number { "unreadable".into() } else { word }
}

pub(super) fn unknown(why: impl Into<String>) -> Sent {
    Sent::Unknown { why: why.into() }
}

/// The JSON of an answer. What is none comes from something in between, which can say "too often" and nothing else
/// that proves that the message was not taken.
pub(super) fn json(reply: &Reply) -> Result<Value, Sent> {
    let value = serde_json::from_slice::<Value>(&reply.body).ok().filter(Value::is_object);
    value.ok_or_else(|| match reply.status {
        429 => not_sent(ErrorClass::Throttled { after_s: wait_s(reply) }, reply.status, ""),
        status => unknown(format!("an answer of status {status} that can't be read")),
    })
}

/// `Retry-After` in seconds. As a date it would need a clock: then, and when it is missing, a minute.
pub(super) fn wait_s(reply: &Reply) -> u32 {
    let said = reply.headers.get("retry-after").and_then(|value| value.trim().parse::<u32>().ok());
    said.unwrap_or(WAIT_S).min(WAIT_MAX_S)
}

/// Channels repeat addresses in their messages: phone numbers, e-mail addresses and ids are taken out before the
/// message can reach a log.
fn masked(message: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in message.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        if c.is_ascii_alphanumeric() || "_-+.@=%".contains(c) {
            word.push(c);
        } else {
            put(&mut out, &word);
            word.clear();
            out.push(c);
        }
    }
    put(&mut out, &word);
    out.chars().take(MESSAGE_CHARS_MAX).collect()
}

fn put(out: &mut String, word: &str) {
    const DIGITS_MAX: usize = 6;
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let is_id = word.len() >= ID_CHARS_MIN && !word.contains('.');
    if word.contains('@') || digits > DIGITS_MAX || is_id {
        out.push('…');
    } else {
        out.push_str(word);
    }
}

/// The number in a field, whether it was written as a number or as a text.
pub(super) fn number(value: &Value, field: &str) -> Option<i64> {
    let field = value.get(field)?;
    field.as_i64().or_else(|| field.as_str().and_then(|text| text.parse().ok()))
}

pub(super) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Headers;

    #[test]
    fn an_address_does_not_reach_a_log() {
        let message = "no such user oAbCd_EfGhIjKlMnOpQrStUvWxYz-01, +86 13800138000 <liu@example.org>; \
                       FailedOperation.PhoneNumberInBlacklist, limit 10";
        let said = masked(message);
        let kept = "no such user …, +86 … <…>; FailedOperation.PhoneNumberInBlacklist, limit 10";
        assert_eq!(said, kept);
    }

    #[test]
    fn what_is_no_json_proves_nothing() {
        let reply = |status| Reply::new(status, Headers::default(), "<html>");
        assert_eq!(json(&reply(502)), Err(unknown("an answer of status 502 that can't be read")));
        let class = ErrorClass::Throttled { after_s: WAIT_S };
        assert_eq!(json(&reply(429)), Err(not_sent(class, 429, "")));
        let headers = Headers::new([("Retry-After".to_owned(), "7".to_owned())]);
        assert_eq!(wait_s(&Reply::new(429, headers, "")), 7);
    }
}

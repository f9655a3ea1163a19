//! How UnionPay 5.1 signs, in both directions: fields sorted into one text, its SHA-256 as hex, and RSA over that hex.

use crate::crypto::{Signer, Verifier, sha256};
use crate::{percent_encode, query_pairs};

pub type Fields = Vec<(String, String)>;

pub const SIGNATURE: &str = "signature";
/// The certificate with which UnionPay signed: part of the signed text.
pub const CERTIFICATE: &str = "signPubKeyCert";
/// An answer with a bill is the largest; more than this is not read.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
pub const ANSWER_FIELDS_MAX: usize = 200;

pub fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

/// All fields but the signature and empty ones, by name, as `k=v&k=v`.
pub fn signed_text(fields: &[(String, String)]) -> String {
    let mut kept: Vec<_> = fields.iter().filter(|(name, value)| name != SIGNATURE && !value.is_empty()).collect();
    kept.sort();
    kept.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// What RSA signs: the lower-case hex of the digest, as text.
pub fn digest(fields: &[(String, String)]) -> String {
    hex::encode(sha256(signed_text(fields).as_bytes()))
}

pub fn signature(signer: &Signer, fields: &[(String, String)]) -> String {
    signer.sign_base64(digest(fields).as_bytes())
}

/// Adds the signature as the last field.
pub fn signed(signer: &Signer, mut fields: Fields) -> Fields {
    fields.retain(|(name, value)| name != SIGNATURE && !value.is_empty());
    let signature = signature(signer, &fields);
    fields.push((SIGNATURE.to_owned(), signature));
    fields
}

/// Whether the `signature` among the fields is that of `verifier`.
pub fn verifies(verifier: &Verifier, fields: &[(String, String)]) -> bool {
    field(fields, SIGNATURE).is_some_and(|signature| verifier.verifies_base64(digest(fields).as_bytes(), signature))
}

/// A request, or a call-back: a form, encoded.
pub fn form_text(fields: &[(String, String)]) -> String {
    let pair = |(name, value): &(String, String)| format!("{}={}", percent_encode(name), percent_encode(value));
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}

pub fn from_form_text(body: &[u8]) -> Option<Fields> {
    let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= ANSWER_BYTES_MAX)?;
    query_pairs(text).and_then(unambiguous)
}

/// An answer: the same pairs, but nothing in them is encoded.
pub fn answer_text(fields: &[(String, String)]) -> String {
    fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// The value of a field may hold `=` (base64), and `&` inside of braces.
pub fn from_answer_text(body: &[u8]) -> Option<Fields> {
    let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= ANSWER_BYTES_MAX)?;
    let mut fields = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b'&' if depth == 0 => {
                fields.push(pair(&text[start..at])?);
                start = at + 1;
            }
            _ => {}
        }
    }
    fields.push(pair(&text[start..])?);
    unambiguous(fields)
}

fn pair(text: &str) -> Option<(String, String)> {
    text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))
}

/// A name that occurs twice could be signed with one value and read with the other.
fn unambiguous(fields: Fields) -> Option<Fields> {
    let mut names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let once = names.windows(2).all(|two| two[0] != two[1]);
    (once && fields.len() <= ANSWER_FIELDS_MAX && !fields.is_empty()).then_some(fields)
}

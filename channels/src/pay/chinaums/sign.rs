//! How China UMS signs: requests with the app key over a digest of the body, call-backs with the notify key over the
//! sorted fields.

use crate::crypto::{base64, from_base64, hmac_sha256, same, sha256};
use crate::percent_encode;
use md5::{Digest, Md5};

/// A request, or an answer, whose body is signed in a header.
pub const BODY_SCHEME: &str = "OPEN-BODY-SIG";
/// A request that a browser makes: everything stands in the address.
pub const FORM_SCHEME: &str = "OPEN-FORM-PARAM";
pub const SIGN: &str = "sign";
pub const SIGN_TYPE: &str = "signType";

/// Base64 of HMAC-SHA256 over app id, moment (`yyyyMMddHHmmss`), nonce and the hex digest of the body.
pub fn signature(app_id: &str, app_key: &str, timestamp: &str, nonce: &str, body: &[u8]) -> String {
    let text = format!("{app_id}{timestamp}{nonce}{}", hex::encode(sha256(body)));
    base64(&hmac_sha256(app_key.as_bytes(), text.as_bytes()))
}

/// The four parts of an `Authorization` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    pub app_id: String,
    pub timestamp: String,
    pub nonce: String,
    pub signature: String,
}

impl Authorization {
    pub fn sign(app_id: &str, app_key: &str, timestamp: &str, nonce: &str, body: &[u8]) -> Authorization {
        Authorization {
            app_id: app_id.to_owned(),
            timestamp: timestamp.to_owned(),
            nonce: nonce.to_owned(),
            signature: signature(app_id, app_key, timestamp, nonce, body),
        }
    }

    pub fn header(&self) -> String {
        let Authorization { app_id, timestamp, nonce, signature } = self;
        format!(
            "{BODY_SCHEME} AppId=\"{app_id}\", Timestamp=\"{timestamp}\", Nonce=\"{nonce}\", Signature=\"{signature}\""
        )
    }

    /// No part of it can hold a comma or a quotation mark.
    pub fn read(header: &str) -> Option<Authorization> {
        let rest = header.trim().strip_prefix(BODY_SCHEME)?;
        let part = |name: &str| {
            let value = |part: &str| {
                let (known, value) = part.trim().split_once('=')?;
                known.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
            };
            rest.split(',').find_map(value).filter(|value| !value.is_empty())
        };
        Some(Authorization {
            app_id: part("AppId")?,
            timestamp: part("Timestamp")?,
            nonce: part("Nonce")?,
            signature: part("Signature")?,
        })
    }

    pub fn verifies(&self, app_key: &str, body: &[u8]) -> bool {
        let expected = signature(&self.app_id, app_key, &self.timestamp, &self.nonce, body);
        match (from_base64(&self.signature), from_base64(&expected)) {
            (Some(given), Some(expected)) => same(&given, &expected),
            _ => false,
        }
    }

    /// The query of an address to which a browser goes, with what was signed in it.
    pub fn query(&self, content: &str) -> String {
        let encoded = percent_encode;
        format!(
            "authorization={FORM_SCHEME}&appId={}&timestamp={}&nonce={}&content={}&signature={}",
            encoded(&self.app_id),
            encoded(&self.timestamp),
            encoded(&self.nonce),
            encoded(content),
            encoded(&self.signature)
        )
    }
}

/// How a call-back is digested: its `signType` says so, and a call-back without one means MD5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotifyDigest {
    Md5,
    Sha256,
}

impl NotifyDigest {
    pub fn of(fields: &[(String, String)]) -> Option<NotifyDigest> {
        let named = fields.iter().find(|(name, _)| name == SIGN_TYPE).map(|(_, value)| value.to_ascii_uppercase());
        match named.as_deref() {
            None | Some("" | "MD5") => Some(NotifyDigest::Md5),
            Some("SHA256") => Some(NotifyDigest::Sha256),
            Some(_) => None,
        }
    }
}

/// Upper-case hex of the digest over the sorted fields with the key behind them; `sign` and empty fields are left out.
pub fn notify_sign(fields: &[(String, String)], key: &str, digest: NotifyDigest) -> String {
    let mut kept: Vec<_> = fields.iter().filter(|(name, value)| name != SIGN && !value.is_empty()).collect();
    kept.sort();
    let pairs: Vec<_> = kept.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let text = format!("{}{key}", pairs.join("&"));
    match digest {
        NotifyDigest::Md5 => hex::encode_upper(Md5::digest(text.as_bytes())),
        NotifyDigest::Sha256 => hex::encode_upper(sha256(text.as_bytes())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published by China UMS with its description of signatures (appendix "OPEN-BODY-SIG").
    #[test]
    fn published_vector() {
        let (app_id, key) = ("12345678901234567890123456789012", "67890123456789012345678901234567");
        let nonce = "09876543210987654321098765432109";
        let expected = "GINsCTyNKTpEI9KXO16KqZJ64fOyAytEKl8aaR/Dy08=";
        assert_eq!(signature(app_id, key, "20170101120000", nonce, b"A"), expected);
        let made = Authorization::sign(app_id, key, "20170101120000", nonce, b"A");
        let read = Authorization::read(&made.header()).unwrap();
        assert_eq!(read, made);
        assert!(read.verifies(key, b"A"));
        assert!(!read.verifies(key, b"B"));
        assert!(!read.verifies("another", b"A"));
        assert_eq!(Authorization::read("OPEN-BODY-SIG AppId=\"a\", Nonce=\"b\""), None);
        assert_eq!(Authorization::read("Bearer x"), None);
    }

    #[test]
    fn a_call_back_is_signed_over_what_is_not_empty() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let fields = [pair("mid", "1"), pair("empty", ""), pair("amount", "2"), pair("sign", "x")];
        // Computed apart from this code: `printf 'amount=2&mid=1key' | md5sum` and `sha256sum`.
        assert_eq!(notify_sign(&fields, "key", NotifyDigest::Md5), "AF7D7045E377884449DF9359535F2E62");
        let sha = "15EE2021936435BA9B14FDA41AC13BF02E1732C2B13829B7E9A965F2B7E1BBB0";
        assert_eq!(notify_sign(&fields, "key", NotifyDigest::Sha256), sha);
    }
}

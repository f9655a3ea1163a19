//! What is signed at WeChat Pay, and the headers around it: the same maths for whoever asks and whoever answers.

use crate::Headers;
use crate::crypto::Signer;
use crate::pay::NotifyRefusal;

pub const SCHEMA: &str = "WECHATPAY2-SHA256-RSA2048";
/// How far the time of an answer or of a call-back may be from ours.
pub const WINDOW_S: i64 = 300;
/// WeChat sends signatures that begin like this to see whether we verify at all.
pub const PROBE: &str = "WECHATPAY/SIGNTEST/";

/// The lines that a merchant signs. `path` is path and query as they go over the wire; the body is the bytes that are
/// sent, none for a GET.
pub fn request_text(method: &str, path: &str, seconds: i64, nonce: &str, body: &[u8]) -> Vec<u8> {
    let mut text = format!("{method}\n{path}\n{seconds}\n{nonce}\n").into_bytes();
    text.extend_from_slice(body);
    text.push(b'\n');
    text
}

/// The lines that WeChat signs, of an answer or of a call-back. An empty body is signed as well.
pub fn answer_text(seconds: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    let mut text = format!("{seconds}\n{nonce}\n").into_bytes();
    text.extend_from_slice(body);
    text.push(b'\n');
    text
}

/// The lines that open the cashier inside WeChat's web view.
pub fn bridge_text(appid: &str, seconds: i64, nonce: &str, package: &str) -> String {
    format!("{appid}\n{seconds}\n{nonce}\n{package}\n")
}

/// Who signs: the merchant, and the serial of its certificate.
#[derive(Clone, Copy)]
pub struct Author<'a> {
    pub mchid: &'a str,
    pub serial: &'a str,
    pub signer: &'a Signer,
}

/// The `Authorization` header over `request_text`.
pub fn authorization(author: Author<'_>, seconds: i64, nonce: &str, text: &[u8]) -> String {
    let Author { mchid, serial, signer } = author;
    let signature = signer.sign_base64(text);
    format!(
        "{SCHEMA} mchid=\"{mchid}\",nonce_str=\"{nonce}\",timestamp=\"{seconds}\",serial_no=\"{serial}\",\
         signature=\"{signature}\""
    )
}

/// The headers that WeChat puts beside a signed body.
pub fn answer_headers(serial: &str, signer: &Signer, seconds: i64, nonce: &str, body: &[u8]) -> Vec<(String, String)> {
    let text = answer_text(&seconds.to_string(), nonce, body);
    let pairs = [
        ("Wechatpay-Timestamp", seconds.to_string()),
        ("Wechatpay-Nonce", nonce.to_owned()),
        ("Wechatpay-Serial", serial.to_owned()),
        ("Wechatpay-Signature", signer.sign_base64(&text)),
        ("Wechatpay-Signature-Type", SCHEMA.to_owned()),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

/// The parts of an `Authorization` header, for the side that verifies it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    pub mchid: String,
    pub serial: String,
    pub nonce: String,
    pub seconds: i64,
    pub signature: String,
}

impl Authorization {
    /// The order of the parts is free.
    pub fn read(header: &str) -> Option<Authorization> {
        let parts = header.strip_prefix(SCHEMA)?.strip_prefix(' ')?;
        let pairs = parts.split(',').map(|part| {
            let (name, value) = part.trim().split_once('=')?;
            Some((name, value.strip_prefix('"')?.strip_suffix('"')?))
        });
        let pairs = pairs.collect::<Option<Vec<(&str, &str)>>>()?;
        let part = |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Some(Authorization {
            mchid: part("mchid")?,
            serial: part("serial_no")?,
            nonce: part("nonce_str")?,
            seconds: part("timestamp")?.parse().ok()?,
            signature: part("signature")?,
        })
    }
}

/// The headers of a signed body, read but not yet believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<'a> {
    pub seconds: &'a str,
    pub nonce: &'a str,
    pub serial: &'a str,
    pub signature: &'a str,
}

impl<'a> Signed<'a> {
    pub fn read(headers: &'a Headers) -> Result<Signed<'a>, NotifyRefusal> {
        let header = |name: &'static str| headers.get(name).ok_or(NotifyRefusal::Missing(name));
        Ok(Signed {
            seconds: header("Wechatpay-Timestamp")?,
            nonce: header("Wechatpay-Nonce")?,
            serial: header("Wechatpay-Serial")?,
            signature: header("Wechatpay-Signature")?,
        })
    }

    /// None of them is there: an answer of something in between, not of WeChat Pay.
    pub fn is_absent(headers: &Headers) -> bool {
        headers.get("Wechatpay-Signature").is_none() && headers.get("Wechatpay-Serial").is_none()
    }

    pub fn is_fresh(&self, now_seconds: i64) -> bool {
        let seconds = self.seconds.parse::<i64>().ok();
        seconds.and_then(|seconds| now_seconds.checked_sub(seconds)).is_some_and(|gap| gap.abs() <= WINDOW_S)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = include_str!("../../../vectors/wechat/go_signer_key.pem");

    #[test]
    fn the_published_signature_comes_out() {
        let expected = include_str!("../../../vectors/wechat/go_signature_of_source.txt");
        assert_eq!(Signer::read(KEY).unwrap().sign_base64(b"source"), expected.trim());
    }

    #[test]
    fn a_request_is_signed_line_by_line() {
        let text = request_text("GET", "/v3/certificates?a=%20", 1_554_208_460, "593BEC0C", b"");
        assert_eq!(text, b"GET\n/v3/certificates?a=%20\n1554208460\n593BEC0C\n\n");
        assert_eq!(answer_text("1", "n", b""), b"1\nn\n\n");
        let signer = Signer::read(KEY).unwrap();
        let header = authorization(Author { mchid: "1900009191", serial: "1DDE", signer: &signer }, 7, "n", &text);
        let read = Authorization::read(&header).unwrap();
        assert_eq!((read.mchid.as_str(), read.serial.as_str(), read.seconds), ("1900009191", "1DDE", 7));
        assert!(signer.public().verifies_base64(&text, &read.signature));
        assert_eq!(Authorization::read("WECHATPAY2-SHA256-RSA2048 mchid=1"), None);
        assert_eq!(Authorization::read("Bearer x"), None);
    }

    #[test]
    fn an_answer_names_its_key_and_time() {
        let signer = Signer::read(KEY).unwrap();
        let headers = Headers::new(answer_headers("PUB_KEY_ID_1", &signer, 1000, "n", b"{}"));
        let signed = Signed::read(&headers).unwrap();
        assert_eq!(signed.serial, "PUB_KEY_ID_1");
        let text = answer_text(signed.seconds, signed.nonce, b"{}");
        assert!(signer.public().verifies_base64(&text, signed.signature));
        assert!(signed.is_fresh(1300) && signed.is_fresh(700) && !signed.is_fresh(1301) && !signed.is_fresh(699));
        assert_eq!(Signed::read(&Headers::default()), Err(NotifyRefusal::Missing("Wechatpay-Timestamp")));
        let far = Signed { seconds: "-9223372036854775808", ..signed };
        assert!(!far.is_fresh(1000));
    }
}

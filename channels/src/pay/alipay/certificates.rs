//! The numbers by which Alipay calls certificates: a digest over the issuer's name and the serial.

use crate::crypto::{Verifier, der};
use md5::{Digest, Md5};
use x509_cert::Certificate;
use x509_cert::der::Decode;
use yitong_values::Timestamp;

const END: &str = "-----END CERTIFICATE-----";
/// PKCS#1: RSA with any digest. Roots of other kinds have no part in the number of the bundle.
const RSA_SIGNATURES: &str = "1.2.840.113549.1.1.";

/// A certificate as far as it matters here.
pub struct Read {
    pub number: String,
    pub verifier: Verifier,
    pub end: Option<Timestamp>,
}

/// The first certificate of a file; what may follow is its chain.
pub fn read(pem: &str) -> Option<Read> {
    let first = blocks(pem).next()?;
    let parsed = parse(first)?;
    let seconds = parsed.tbs_certificate.validity.not_after.to_unix_duration().as_secs();
    Some(Read {
        number: number(&parsed),
        verifier: Verifier::read(first).ok()?,
        end: i64::try_from(seconds).ok().map(|seconds| Timestamp::from_ms(seconds.saturating_mul(1000))),
    })
}

/// `app_cert_sn` and `alipay_cert_sn`.
pub fn number_of(pem: &str) -> Option<String> {
    blocks(pem).next().and_then(parse).map(|parsed| number(&parsed))
}

/// `alipay_root_cert_sn`: of every root in the bundle that is signed with RSA.
pub fn root_number(bundle: &str) -> Option<String> {
    let roots = blocks(bundle).map(parse).collect::<Option<Vec<_>>>()?;
    let rsa = roots.iter().filter(|root| root.signature_algorithm.oid.to_string().starts_with(RSA_SIGNATURES));
    let numbers: Vec<String> = rsa.map(number).collect();
    (!numbers.is_empty()).then(|| numbers.join("_"))
}

fn blocks(bundle: &str) -> impl Iterator<Item = &str> {
    bundle.split_inclusive(END).filter(|block| block.contains(END)).map(str::trim)
}

fn parse(pem: &str) -> Option<Certificate> {
    Certificate::from_der(&der(pem).ok()?).ok()
}

fn number(certificate: &Certificate) -> String {
    // RFC 4514 writes a name from its end, which is the order that Alipay wants.
    let issuer = certificate.tbs_certificate.issuer.to_string();
    let serial = decimal(certificate.tbs_certificate.serial_number.as_bytes());
    hex::encode(Md5::digest(format!("{issuer}{serial}")))
}

/// A number of any length in digits.
fn decimal(big_endian: &[u8]) -> String {
    let mut digits = vec![0u8];
    for byte in big_endian {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            let value = u32::from(*digit) * 256 + carry;
            *digit = (value % 10) as u8;
            carry = value / 10;
        }
        while carry > 0 {
            digits.push((carry % 10) as u8);
            carry /= 10;
        }
    }
    digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_certificates_have_their_published_numbers() {
        let app = include_str!("../../../vectors/alipay/nodejs_app_certificate.pem");
        let alipay = include_str!("../../../vectors/alipay/nodejs_alipay_certificate.pem");
        let roots = include_str!("../../../vectors/alipay/root_certificates.pem");
        assert_eq!(number_of(app).as_deref(), Some("866efef280dec9137a87d047ac446315"));
        assert_eq!(number_of(alipay).as_deref(), Some("7513daaaa48aa3ba2e4018d84402479c"));
        let expected = "687b59193f3f462dd5336e5abf83c5d8_02941eef3187dddf3d3b83462e1dfcf6";
        assert_eq!(root_number(roots).as_deref(), Some(expected));
    }

    #[test]
    fn long_serials_are_written_in_digits() {
        // The digests were made with Python's hashlib from the names and serials in `vectors/keys/README.md`.
        let alipay = include_str!("../../../vectors/keys/alipay.crt");
        assert_eq!(number_of(alipay).as_deref(), Some("5d3563783d445681be14b8596c355edd"));
        assert_eq!(
            root_number(include_str!("../../../vectors/keys/root.crt")).as_deref(),
            Some("5ef41fb2ccc5f9984178f75c10b8711c")
        );
        assert_eq!(decimal(&[0xff; 16]), "340282366920938463463374607431768211455");
        assert_eq!((decimal(&[0]).as_str(), decimal(&[1, 0]).as_str(), decimal(&[]).as_str()), ("0", "256", "0"));
        assert_eq!(number_of("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"), None);
        assert_eq!((number_of(""), root_number("")), (None, None));
    }
}

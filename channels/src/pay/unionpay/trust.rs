//! Whose signature an answer of UnionPay carries. The answer brings its own certificate, so everything hangs on the
//! chain: without it, anybody's signature would fit.

use crate::crypto::{KeyError, Verifier, der};
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RsaParameters, UnparsedPublicKey,
};
use x509_cert::Certificate;
use x509_cert::der::asn1::{BitStringRef, ObjectIdentifier};
use x509_cert::der::{Decode, Reader, SliceReader};
use yitong_values::Timestamp;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const SHA1_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5");
const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const SHA384_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const SHA512_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
pub const CERTIFICATE_BYTES_MAX: usize = 16 * 1024;

/// Which digests a chain may be signed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChainDigest {
    #[default]
    Sha2Only,
    /// UnionPay's test system; a forged certificate costs money there, but not much any more.
    Sha1Too,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    #[error("it is not a certificate")]
    NotACertificate,
    #[error("it was not issued by a middle certificate that we trust")]
    Issuer,
    #[error("it, or one above it, is not valid now")]
    Period,
    #[error("it is not UnionPay's: its name is another one")]
    Name,
}

/// The certificates above, and the names that UnionPay signs under.
#[derive(Clone)]
pub struct Trust {
    middle: Vec<Parsed>,
    roots: Vec<Parsed>,
    names: Vec<String>,
    digest: ChainDigest,
}

#[derive(Clone)]
struct Parsed {
    certificate: Certificate,
    /// What was signed, as it stood there: written again it could be other bytes.
    body: Vec<u8>,
    signature: Vec<u8>,
}

impl Trust {
    /// Middle certificates count only if one of the roots issued them, so that a slip in the settings shows at once.
    pub fn read(middle: &[String], roots: &[String], names: &[String], digest: ChainDigest) -> Result<Trust, Distrust> {
        let read = |texts: &[String]| texts.iter().map(|text| Parsed::read(text)).collect::<Result<Vec<_>, _>>();
        let (middle, roots) = (read(middle)?, read(roots)?);
        let issued = |parsed: &Parsed| roots.iter().any(|root| parsed.was_issued_by(root, digest));
        if middle.is_empty() || !middle.iter().all(issued) {
            return Err(Distrust::Issuer);
        }
        if names.is_empty() || names.iter().any(String::is_empty) {
            return Err(Distrust::Name);
        }
        Ok(Trust { middle, roots, names: names.to_vec(), digest })
    }

    /// The key of a certificate that came with an answer, if UnionPay holds it at `now`.
    pub fn key_of(&self, certificate: &str, now: Timestamp) -> Result<Verifier, Distrust> {
        let leaf = Parsed::read(certificate)?;
        let above = self.middle.iter().filter(|middle| leaf.was_issued_by(middle, self.digest));
        let mut above = above.peekable();
        if above.peek().is_none() {
            return Err(Distrust::Issuer);
        }
        let rooted = |middle: &Parsed| {
            self.roots.iter().any(|root| root.is_valid_at(now) && middle.was_issued_by(root, self.digest))
        };
        if !leaf.is_valid_at(now) || !above.any(|middle| middle.is_valid_at(now) && rooted(middle)) {
            return Err(Distrust::Period);
        }
        let owner = leaf.common_name().and_then(|name| name.split('@').nth(2).map(str::to_owned));
        if !owner.is_some_and(|owner| self.names.contains(&owner)) {
            return Err(Distrust::Name);
        }
        Verifier::read(certificate).map_err(|_| Distrust::NotACertificate)
    }
}

impl Parsed {
    fn read(text: &str) -> Result<Parsed, Distrust> {
        let bytes = if text.len() <= CERTIFICATE_BYTES_MAX { der(text) } else { Err(KeyError::NotText) };
        let bytes = bytes.map_err(|_| Distrust::NotACertificate)?;
        let certificate = Certificate::from_der(&bytes).map_err(|_| Distrust::NotACertificate)?;
        let (body, signature) = split(&bytes).map_err(|_| Distrust::NotACertificate)?;
        Ok(Parsed { certificate, body, signature })
    }

    fn was_issued_by(&self, issuer: &Parsed, digest: ChainDigest) -> bool {
        let named = self.certificate.tbs_certificate.issuer == issuer.certificate.tbs_certificate.subject;
        let key = &issuer.certificate.tbs_certificate.subject_public_key_info.subject_public_key;
        let algorithm = algorithm(self.certificate.signature_algorithm.oid, digest);
        let (Some(key), Some(algorithm)) = (key.as_bytes(), algorithm) else { return false };
        named && UnparsedPublicKey::new(algorithm, key).verify(&self.body, &self.signature).is_ok()
    }

    fn is_valid_at(&self, now: Timestamp) -> bool {
        let validity = &self.certificate.tbs_certificate.validity;
        let Ok(now) = u64::try_from(now.ms().div_euclid(1000)) else { return false };
        let from = validity.not_before.to_unix_duration().as_secs();
        let to = validity.not_after.to_unix_duration().as_secs();
        (from..=to).contains(&now)
    }

    fn common_name(&self) -> Option<String> {
        let names = self.certificate.tbs_certificate.subject.0.iter().flat_map(|part| part.0.iter());
        let mut common = names.filter(|attribute| attribute.oid == COMMON_NAME);
        // Two common names would let a reader choose.
        let (first, second) = (common.next()?, common.next());
        if second.is_some() { None } else { String::from_utf8(first.value.value().to_vec()).ok() }
    }
}

fn algorithm(oid: ObjectIdentifier, digest: ChainDigest) -> Option<&'static RsaParameters> {
    match oid {
        SHA256_WITH_RSA => Some(&RSA_PKCS1_2048_8192_SHA256),
        SHA384_WITH_RSA => Some(&RSA_PKCS1_2048_8192_SHA384),
        SHA512_WITH_RSA => Some(&RSA_PKCS1_2048_8192_SHA512),
        SHA1_WITH_RSA if digest == ChainDigest::Sha1Too => Some(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY),
        _ => None,
    }
}

/// The signed part and the signature of a certificate.
fn split(bytes: &[u8]) -> x509_cert::der::Result<(Vec<u8>, Vec<u8>)> {
    let mut reader = SliceReader::new(bytes)?;
    let parts = reader.sequence(|inner| {
        let body = inner.tlv_bytes()?.to_vec();
        inner.tlv_bytes()?;
        let signature = BitStringRef::decode(inner)?.raw_bytes().to_vec();
        Ok((body, signature))
    })?;
    reader.finish(parts)
}

/// The `certId` of a merchant's certificate: its serial number, decimal.
pub fn cert_id(certificate: &str) -> Result<String, Distrust> {
    let serial = Parsed::read(certificate)?.certificate.tbs_certificate.serial_number;
    let mut digits = vec![0_u8];
    for byte in serial.as_bytes() {
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
    Ok(digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect())
}

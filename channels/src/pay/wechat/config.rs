//! The settings of a WeChat Pay account, and the account that was read from them.

use super::Wechat;
use super::mandates::MandateSettings;
use crate::crypto::{Signer, Verifier, der};
use crate::pay::Misuse;
use crate::pay::dated::Dated;
use x509_cert::der::Decode;
use yitong_values::Timestamp;

/// What the merchant's console hands out. It has no `Debug`: it holds keys.
#[derive(Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub mchid: String,
    pub appid: String,
    #[serde(default = "base_url")]
    pub base_url: String,
    /// 32 characters each. While one is changed, old and new are both tried.
    pub api_v3_keys: Vec<String>,
    /// The merchant's own certificates: the newest that has not run out signs.
    pub signing: Vec<SigningKey>,
    /// What WeChat signs with. While a merchant moves from certificates to the public key, both arrive.
    pub verify_keys: Vec<VerifyKey>,
    /// Where the contract has debits without a password.
    #[serde(default)]
    pub mandates: Option<MandateSettings>,
}

fn base_url() -> String {
    "https://api.mch.weixin.qq.com".to_owned()
}

#[derive(Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningKey {
    /// Of the merchant's certificate, in hex.
    pub serial: String,
    pub private_key: String,
    /// A day, or a moment of RFC 3339.
    #[serde(default)]
    pub not_after: Option<String>,
}

/// Public, so that what `certificates` brings can be kept.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyKey {
    /// `PUB_KEY_ID_…`, or the serial of a platform certificate in hex.
    pub id: String,
    /// A public key or a certificate.
    pub key: String,
    #[serde(default)]
    pub not_after: Option<String>,
}

/// A key of WeChat under the name by which answers call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trusted {
    pub id: String,
    pub verifier: Verifier,
}

pub(super) struct Author {
    pub serial: String,
    pub signer: Signer,
}

impl VerifyKey {
    pub(super) fn read(&self) -> Result<Dated<Trusted>, Misuse> {
        let wrong = |why: &str| Misuse::new("verify_keys", format!("{}: {why}", self.id));
        let verifier = Verifier::read(&self.key).map_err(|err| wrong(&err.to_string()))?;
        let mut read =
            Dated::read(Trusted { id: self.id.clone(), verifier }, self.not_after.as_deref(), "verify_keys")?;
        if is_public_key_id(&self.id) {
            return Ok(read);
        }
        if !is_serial(&self.id) {
            return Err(wrong("it is neither PUB_KEY_ID_… nor a serial in hex"));
        }
        if let Some(certificate) = certificate(&self.key) {
            if !same_serial(&certificate.serial, &self.id) {
                return Err(wrong("the certificate has another serial"));
            }
            read.end = read.end.or(certificate.end);
        }
        Ok(read)
    }
}

pub(super) fn is_public_key_id(id: &str) -> bool {
    id.strip_prefix("PUB_KEY_ID_")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn is_serial(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Serials are numbers: case and leading zeros don't tell them apart.
pub(super) fn same_serial(a: &str, b: &str) -> bool {
    a.trim_start_matches('0').eq_ignore_ascii_case(b.trim_start_matches('0'))
}

pub(super) struct Certificate {
    pub serial: String,
    pub end: Option<Timestamp>,
}

pub(super) fn certificate(text: &str) -> Option<Certificate> {
    let parsed = x509_cert::Certificate::from_der(&der(text).ok()?).ok()?;
    let seconds = parsed.tbs_certificate.validity.not_after.to_unix_duration().as_secs();
    Some(Certificate {
        serial: hex::encode_upper(parsed.tbs_certificate.serial_number.as_bytes()),
        end: i64::try_from(seconds).ok().map(|seconds| Timestamp::from_ms(seconds.saturating_mul(1000))),
    })
}

impl Wechat {
    pub fn new(config: &Config) -> Result<Wechat, Misuse> {
        check_plain("mchid", &config.mchid)?;
        check_plain("appid", &config.appid)?;
        let base_url = config.base_url.trim_end_matches('/').to_owned();
        if !base_url.starts_with("https://") && !base_url.starts_with("http://") {
            return Err(Misuse::new("base_url", "it begins with https://"));
        }
        if config.api_v3_keys.is_empty() || config.api_v3_keys.iter().any(|key| key.len() != 32) {
            return Err(Misuse::new("api_v3_keys", "one or more keys of 32 characters"));
        }
        let signing = config.signing.iter().map(author).collect::<Result<Vec<_>, _>>()?;
        if signing.is_empty() {
            return Err(Misuse::new("signing", "at least one key has to sign"));
        }
        Ok(Wechat {
            mchid: config.mchid.clone(),
            appid: config.appid.clone(),
            base_url,
            api_v3_keys: config.api_v3_keys.iter().map(|key| key.as_bytes().to_vec()).collect(),
            signing,
            trusted: config.verify_keys.iter().map(VerifyKey::read).collect::<Result<Vec<_>, _>>()?,
            mandates: config.mandates.clone(),
        })
    }
}

fn author(key: &SigningKey) -> Result<Dated<Author>, Misuse> {
    if !is_serial(&key.serial) {
        return Err(Misuse::new("signing", "a serial is written in hex"));
    }
    let signer = Signer::read(&key.private_key).map_err(|err| Misuse::new("signing", err.to_string()))?;
    Dated::read(Author { serial: key.serial.to_ascii_uppercase(), signer }, key.not_after.as_deref(), "signing")
}

/// These stand inside quotes and addresses.
fn check_plain(field: &'static str, text: &str) -> Result<(), Misuse> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    if plain { Ok(()) } else { Err(Misuse::new(field, "it is empty or holds more than letters and digits")) }
}

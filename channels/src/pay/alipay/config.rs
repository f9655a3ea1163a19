//! The settings of an Alipay application, and the account that was read from them.

use super::mandates::MandateSettings;
use super::{Alipay, certificates};
use crate::Moment;
use crate::crypto::{Signer, Verifier};
use crate::pay::dated::Dated;
use crate::pay::{Misuse, NotifyRefusal};

/// What the application's console hands out. It has no `Debug`: it holds keys. Either `public_keys`, or certificates:
/// Alipay's, the roots, and one beside each key that signs.
#[derive(Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub app_id: String,
    /// The merchant's account, 2088…; with it notifications and bills are compared.
    #[serde(default)]
    pub seller_id: Option<String>,
    #[serde(default = "gateway")]
    pub gateway: String,
    /// The newest that has not run out signs.
    pub signing: Vec<SigningKey>,
    /// Alipay's public keys; while one is changed, both.
    #[serde(default)]
    pub public_keys: Vec<String>,
    /// Alipay's certificates; while one is changed, both.
    #[serde(default)]
    pub certificates: Vec<String>,
    /// The bundle of roots, as it is downloaded.
    #[serde(default)]
    pub root_certificates: Option<String>,
    /// Where the contract has debits without a password.
    #[serde(default)]
    pub mandates: Option<MandateSettings>,
}

fn gateway() -> String {
    "https://openapi.alipay.com/gateway.do".to_owned()
}

#[derive(Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningKey {
    pub private_key: String,
    /// The application's certificate of this key, where certificates are used.
    #[serde(default)]
    pub certificate: Option<String>,
    /// A day, or a moment of RFC 3339.
    #[serde(default)]
    pub not_after: Option<String>,
}

pub(super) struct Author {
    pub signer: Signer,
    pub certificate_number: Option<String>,
}

/// What says that something is from Alipay.
pub(super) enum Trust {
    Keys(Vec<Verifier>),
    Certificates { root_number: String, alipay: Vec<Dated<(String, Verifier)>> },
}

impl Trust {
    /// `number` is the certificate that signed by its own account.
    pub fn verify(&self, texts: &[String], sign: &str, number: Option<&str>, at: &Moment) -> Result<(), NotifyRefusal> {
        let fits = |key: &Verifier| texts.iter().any(|text| key.verifies_base64(text.as_bytes(), sign));
        let believed = match self {
            Trust::Keys(keys) => keys.iter().any(fits),
            Trust::Certificates { alipay, .. } => {
                let mut known = alipay
                    .iter()
                    .filter(|one| one.is_active(at.now) && number.is_none_or(|number| one.what.0 == number))
                    .peekable();
                if known.peek().is_none() {
                    let number = number.unwrap_or_default();
                    let number = number.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
                    return Err(NotifyRefusal::UnknownKey(number));
                }
                known.any(|one| fits(&one.what.1))
            }
        };
        if believed { Ok(()) } else { Err(NotifyRefusal::BadSignature) }
    }
}

impl Alipay {
    pub fn new(config: &Config) -> Result<Alipay, Misuse> {
        check_digits("app_id", &config.app_id)?;
        if let Some(seller_id) = &config.seller_id {
            check_digits("seller_id", seller_id)?;
        }
        let known = config.gateway.starts_with("https://") || config.gateway.starts_with("http://");
        if !known || config.gateway.contains('?') {
            return Err(Misuse::new("gateway", "it begins with https:// and has no query"));
        }
        let trust = trust(config)?;
        let signing = config.signing.iter().map(author).collect::<Result<Vec<_>, _>>()?;
        if signing.is_empty() {
            return Err(Misuse::new("signing", "at least one key has to sign"));
        }
        let with_certificates = matches!(trust, Trust::Certificates { .. });
        if signing.iter().any(|author| author.what.certificate_number.is_some() != with_certificates) {
            return Err(Misuse::new("signing", "either every key has a certificate beside it and the roots, or none"));
        }
        Ok(Alipay {
            app_id: config.app_id.clone(),
            seller_id: config.seller_id.clone(),
            gateway: config.gateway.clone(),
            signing,
            trust,
            mandates: config.mandates.clone(),
        })
    }
}

fn trust(config: &Config) -> Result<Trust, Misuse> {
    let wrong = |field, why: &str| Misuse::new(field, why);
    let Some(roots) = &config.root_certificates else {
        if config.public_keys.is_empty() || !config.certificates.is_empty() {
            return Err(wrong(
                "public_keys",
                "without root_certificates Alipay's public keys are needed, and only they",
            ));
        }
        let keys = config.public_keys.iter().map(|key| Verifier::read(key)).collect::<Result<Vec<_>, _>>();
        return keys.map(Trust::Keys).map_err(|err| wrong("public_keys", &err.to_string()));
    };
    if config.certificates.is_empty() || !config.public_keys.is_empty() {
        return Err(wrong("certificates", "with root_certificates Alipay's certificates are needed, and only they"));
    }
    let root_number = certificates::root_number(roots)
        .ok_or_else(|| wrong("root_certificates", "it is not a bundle of certificates with an RSA root"))?;
    let read = |pem: &String| {
        let read =
            certificates::read(pem).ok_or_else(|| wrong("certificates", "one is not a certificate with an RSA key"))?;
        Ok(Dated { what: (read.number, read.verifier), end: read.end })
    };
    let alipay = config.certificates.iter().map(read).collect::<Result<Vec<_>, Misuse>>()?;
    Ok(Trust::Certificates { root_number, alipay })
}

fn author(key: &SigningKey) -> Result<Dated<Author>, Misuse> {
    let wrong = |why: String| Misuse::new("signing", why);
    let signer = Signer::read(&key.private_key).map_err(|err| wrong(err.to_string()))?;
    let mut end = None;
    let certificate_number = match &key.certificate {
        None => None,
        Some(pem) => {
            let read =
                certificates::read(pem).ok_or_else(|| wrong("it is not a certificate with an RSA key".into()))?;
            if read.verifier != signer.public() {
                return Err(wrong("the certificate is of another key".into()));
            }
            end = read.end;
            Some(read.number)
        }
    };
    let mut dated = Dated::read(Author { signer, certificate_number }, key.not_after.as_deref(), "signing")?;
    dated.end = dated.end.or(end);
    Ok(dated)
}

fn check_digits(field: &'static str, text: &str) -> Result<(), Misuse> {
    let fits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if fits { Ok(()) } else { Err(Misuse::new(field, "it is written in digits")) }
}

//! The settings of a merchant account at UnionPay.

use super::trust::{ChainDigest, Trust};
use crate::crypto::Signer;
use crate::pay::address::base_url;
use crate::pay::{Misuse, Scene};
use serde::Deserialize;
use yitong_values::{BusinessDay, Timestamp};

/// As it stands in the settings. Every key and certificate is PEM text; from the PFX that UnionPay hands out:
///
/// ```text
/// openssl pkcs12 -in merchant.pfx -nodes -legacy -nocerts -out private_key.pem
/// openssl pkcs12 -in merchant.pfx -nokeys -legacy -clcerts -out certificate.pem
/// ```
///
/// `trust::cert_id` reads the decimal `certId` from that certificate.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub mer_id: String,
    #[serde(default = "gateway")]
    pub gateway: String,
    /// Where bills are fetched: another host.
    #[serde(default = "files")]
    pub files: String,
    /// Newest first; the first that has not ended signs.
    pub signing: Vec<SigningKey>,
    pub middle: Vec<String>,
    pub root: Vec<String>,
    /// What may stand between the second and the third `@` of the common name of UnionPay's certificate.
    #[serde(default = "names")]
    pub names: Vec<String>,
    #[serde(default)]
    pub chain_digest: ChainDigest,
    /// UnionPay ties products to the merchant's contract, so they are settings.
    #[serde(default)]
    pub products: Products,
    /// No order lives longer. There is no close, so only after this is an unpaid order closed.
    #[serde(default = "pay_window_minutes")]
    pub pay_window_minutes: u32,
    /// Until this minute of the day a whole payment of the same day is undone; after it, refunded. UnionPay's day ends
    /// before midnight.
    #[serde(default = "undo_until_minute")]
    pub undo_until_minute: u16,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningKey {
    /// The serial number of the certificate, decimal.
    pub cert_id: String,
    pub private_key: String,
    /// The last day on which it signs, like 2026-11-26.
    #[serde(default)]
    pub not_after: Option<String>,
}

/// One that is left out is not offered.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Products {
    #[serde(default)]
    pub mobile_web: Option<Product>,
    #[serde(default)]
    pub qr: Option<Product>,
}

/// The words by which UnionPay knows a product.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    pub txn_sub_type: String,
    pub biz_type: String,
    pub channel_type: String,
}

impl Product {
    fn new(txn_sub_type: &str, biz_type: &str, channel_type: &str) -> Product {
        let [txn_sub_type, biz_type, channel_type] = [txn_sub_type, biz_type, channel_type].map(str::to_owned);
        Product { txn_sub_type, biz_type, channel_type }
    }
}

impl Default for Products {
    fn default() -> Products {
        Products { mobile_web: Some(Product::new("01", "000201", "08")), qr: Some(Product::new("07", "000000", "08")) }
    }
}

fn gateway() -> String {
    "https://gateway.95516.com".to_owned()
}

fn files() -> String {
    "https://filedownload.95516.com".to_owned()
}

fn names() -> Vec<String> {
    vec!["中国银联股份有限公司".to_owned()]
}

fn pay_window_minutes() -> u32 {
    30
}

fn undo_until_minute() -> u16 {
    22 * 60
}

/// The settings after they were read and found to be good.
pub(super) struct Account {
    pub mer_id: String,
    pub gateway: String,
    pub files: String,
    signing: Vec<Key>,
    pub trust: Trust,
    pub products: Products,
    pub pay_window_ms: i64,
    pub undo_until_minute: u16,
}

pub(super) struct Key {
    pub cert_id: String,
    pub signer: Signer,
    not_after: Option<BusinessDay>,
}

pub const PAY_WINDOW_MINUTES_MAX: u32 = 24 * 60;

impl Account {
    pub fn read(config: &Config) -> Result<Account, Misuse> {
        if config.mer_id.len() != 15 || !config.mer_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Misuse::new("mer_id", "15 letters and digits"));
        }
        if config.signing.is_empty() {
            return Err(Misuse::new("signing", "at least one key signs"));
        }
        let window = config.pay_window_minutes;
        if !(1..=PAY_WINDOW_MINUTES_MAX).contains(&window) {
            return Err(Misuse::new("pay_window_minutes", "between 1 and 1440"));
        }
        let trust = Trust::read(&config.middle, &config.root, &config.names, config.chain_digest);
        Ok(Account {
            mer_id: config.mer_id.clone(),
            gateway: base_url("gateway", &config.gateway)?,
            files: base_url("files", &config.files)?,
            signing: config.signing.iter().map(Key::read).collect::<Result<_, _>>()?,
            trust: trust.map_err(|why| Misuse::new("middle", why.to_string()))?,
            products: config.products.clone(),
            pay_window_ms: i64::from(window) * 60_000,
            undo_until_minute: config.undo_until_minute,
        })
    }

    pub fn key(&self, now: Timestamp) -> Result<&Key, Misuse> {
        let today = now.china_day();
        let signs = |key: &&Key| key.not_after.is_none_or(|last| today <= last);
        self.signing.iter().find(signs).ok_or_else(|| Misuse::new("signing", "every key has ended"))
    }

    pub fn product(&self, scene: Scene) -> Option<&Product> {
        match scene {
            Scene::MobileWeb => self.products.mobile_web.as_ref(),
            Scene::Qr => self.products.qr.as_ref(),
            Scene::InApp | Scene::Auto => None,
        }
    }
}

impl Key {
    fn read(key: &SigningKey) -> Result<Key, Misuse> {
        let SigningKey { cert_id, private_key, not_after } = key;
        if cert_id.is_empty() || !cert_id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Misuse::new("signing.cert_id", "the serial number of the certificate, decimal"));
        }
        let signer = Signer::read(private_key).map_err(|why| Misuse::new("signing.private_key", why.to_string()))?;
        let last = not_after.as_deref().map(str::parse).transpose();
        let not_after = last.map_err(|_| Misuse::new("signing.not_after", "a day like 2026-11-26"))?;
        Ok(Key { cert_id: cert_id.clone(), signer, not_after })
    }
}

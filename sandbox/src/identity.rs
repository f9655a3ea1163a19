//! Who the sandbox is: the keys, certificates and secrets of a merchant and of each channel, made on first use and
//! kept in its folder. They are worth nothing outside of it.

use crate::der::{self, Draft, Holder, Name};
use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::rand_core::UnwrapErr;
use std::path::{Path, PathBuf};
use yitong_channels::crypto::{Signer, Verifier};

pub const MCHID: &str = "1900000109";
pub const WECHAT_APPID: &str = "wx5a4d1e07b0c0ffee";
/// Of the contract about debits.
pub const PLAN_ID: i64 = 12_535;
pub const ALIPAY_APP_ID: &str = "2021000199990001";
pub const ALIPAY_SELLER_ID: &str = "2088999900000001";
pub const UNIONPAY_MER_ID: &str = "777290058199999";
pub const CHINAUMS_APP_ID: &str = "10037e6f8823290b01882329aabb0001";
pub const CHINAUMS_MID: &str = "898201612345678";
pub const CHINAUMS_TID: &str = "88880001";
pub const CHINAUMS_SOURCE: &str = "1017";

/// The third `@` part is what a merchant checks.
const UNIONPAY_COMMON: &str = "041@Z2026-SANDBOX@00040000:SIGN@00000001";
pub const UNIONPAY_SIGNER: &str = "00040000:SIGN";

const RSA_BITS: usize = 2048;

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{0} can't be read or written")]
    File(PathBuf, #[source] std::io::Error),
    #[error("{0} is not a key of the sandbox; remove it to get a new one")]
    Key(PathBuf),
}

/// One RSA key pair in the forms in which settings name it.
pub struct Pair {
    pub signer: Signer,
    pub verifier: Verifier,
    pub private_pem: String,
    pub public_pem: String,
    /// SubjectPublicKeyInfo, DER.
    spki: Vec<u8>,
}

pub struct Certified {
    pub pair: Pair,
    pub serial: Vec<u8>,
    pub pem: String,
}

impl Certified {
    pub fn serial_hex(&self) -> String {
        hex::encode_upper(&self.serial)
    }

    pub fn serial_decimal(&self) -> String {
        der::decimal(&self.serial)
    }
}

pub struct Wechat {
    pub merchant: Certified,
    pub platform: Certified,
    /// The newer way: a key without a certificate.
    pub public_key: Pair,
    pub public_key_id: String,
    pub apiv3_key: String,
}

pub struct Alipay {
    pub app: Certified,
    pub platform: Certified,
    pub root_pem: String,
    pub root_serial_decimal: String,
}

pub struct Unionpay {
    pub merchant: Certified,
    pub platform: Certified,
    pub root_pem: String,
    pub middle_pem: String,
}

pub struct Identity {
    pub wechat: Wechat,
    pub alipay: Alipay,
    pub unionpay: Unionpay,
    pub chinaums_key: String,
    pub chinaums_notify_key: String,
    /// The secret of every message channel: an access key, an app secret, a robot's key.
    pub message_secret: String,
}

impl Identity {
    pub fn open(folder: &Path) -> Result<Identity, OpenError> {
        std::fs::create_dir_all(folder).map_err(|why| OpenError::File(folder.to_owned(), why))?;
        let root = authority(folder, "root", None)?;
        let middle = authority(folder, "middle", Some(&root))?;
        let signed = |name: &str, common: &str| leaf(folder, name, common, &middle);
        let public_key_id = secret(folder, "wechat-public-key-id", 16)?;
        Ok(Identity {
            wechat: Wechat {
                merchant: signed("wechat-merchant", MCHID)?,
                platform: signed("wechat-platform", "Tenpay.com sign")?,
                public_key: pair(folder, "wechat-public-key")?,
                public_key_id: format!("PUB_KEY_ID_0{}", public_key_id.to_uppercase()),
                apiv3_key: secret(folder, "wechat-apiv3-key", 16)?,
            },
            alipay: Alipay {
                app: signed("alipay-app", ALIPAY_APP_ID)?,
                platform: signed("alipay-platform", ALIPAY_SELLER_ID)?,
                root_pem: root.pem.clone(),
                root_serial_decimal: root.serial_decimal(),
            },
            unionpay: Unionpay {
                merchant: signed("unionpay-merchant", "041@Z2026@merchant@00000001")?,
                platform: signed("unionpay-platform", UNIONPAY_COMMON)?,
                root_pem: root.pem.clone(),
                middle_pem: middle.pem.clone(),
            },
            chinaums_key: secret(folder, "chinaums-key", 16)?,
            chinaums_notify_key: secret(folder, "chinaums-notify-key", 16)?,
            message_secret: secret(folder, "message-secret", 16)?,
        })
    }
}

pub const ORGANISATION: &str = "Yitong Sandbox";
pub const UNIT: &str = "Payments";
pub const ROOT: &str = "Sandbox Root CA";
pub const MIDDLE: &str = "Sandbox Middle CA";

fn authority(folder: &Path, name: &str, issuer: Option<&Certified>) -> Result<Certified, OpenError> {
    let (common, above) = match issuer {
        None => (ROOT, ROOT),
        Some(_) => (MIDDLE, ROOT),
    };
    certified(folder, name, common, above, issuer, Holder::Authority)
}

fn leaf(folder: &Path, name: &str, common: &str, issuer: &Certified) -> Result<Certified, OpenError> {
    certified(folder, name, common, MIDDLE, Some(issuer), Holder::Leaf)
}

/// The serial is the key's own digest, so the certificate is the same whenever it is written again.
fn certified(
    folder: &Path,
    name: &str,
    common: &str,
    above: &str,
    issuer: Option<&Certified>,
    holder: Holder,
) -> Result<Certified, OpenError> {
    let pair = pair(folder, name)?;
    let mut serial = yitong_channels::crypto::sha256(&pair.spki)[..16].to_vec();
    serial[0] = serial[0] & 0x3F | 0x40;
    let named = |common| Name { organisation: ORGANISATION, unit: UNIT, common };
    let draft = Draft { serial: &serial, issuer: &named(above), subject: &named(common), key: &pair.spki, holder };
    let signer = issuer.map_or(&pair.signer, |issuer| &issuer.pair.signer);
    let pem = der::pem("CERTIFICATE", &der::certificate(&draft, signer));
    Ok(Certified { pair, serial, pem })
}

fn pair(folder: &Path, name: &str) -> Result<Pair, OpenError> {
    let path = folder.join(format!("{name}.pem"));
    let broken = || OpenError::Key(path.clone());
    let key = match std::fs::read_to_string(&path) {
        Ok(text) => rsa::pkcs8::DecodePrivateKey::from_pkcs8_pem(&text).map_err(|_| broken())?,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => {
            let mut chance = UnwrapErr(getrandom::SysRng);
            rsa::PrivateKey::new(&mut chance, RSA_BITS).map_err(|_| broken())?
        }
        Err(why) => return Err(OpenError::File(path, why)),
    };
    let private_pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|_| broken())?.to_string();
    keep(&path, &private_pem)?;
    let public = key.to_public_key();
    let public_pem = public.to_public_key_pem(LineEnding::LF).map_err(|_| broken())?;
    let spki = public.to_public_key_der().map_err(|_| broken())?.as_bytes().to_vec();
    let signer = Signer::read(&private_pem).map_err(|_| broken())?;
    Ok(Pair { verifier: signer.public(), signer, private_pem, public_pem, spki })
}

/// Random bytes as lower-case hex: twice as many characters.
fn secret(folder: &Path, name: &str, bytes: usize) -> Result<String, OpenError> {
    let path = folder.join(format!("{name}.txt"));
    match std::fs::read_to_string(&path) {
        Ok(text) if text.trim().len() == bytes * 2 => return Ok(text.trim().to_owned()),
        Ok(_) => return Err(OpenError::Key(path)),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => {}
        Err(why) => return Err(OpenError::File(path, why)),
    }
    let mut random = vec![0u8; bytes];
    getrandom::fill(&mut random).map_err(|_| OpenError::Key(path.clone()))?;
    let text = hex::encode(random);
    keep(&path, &text)?;
    Ok(text)
}

fn keep(path: &Path, text: &str) -> Result<(), OpenError> {
    if path.exists() {
        return Ok(());
    }
    std::fs::write(path, text).map_err(|why| OpenError::File(path.to_owned(), why))
}

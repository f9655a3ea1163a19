//! The settings of a channel account at the sandbox, as the connectors read them.

use crate::identity::{ALIPAY_APP_ID, ALIPAY_SELLER_ID, Identity, MCHID, WECHAT_APPID};
use serde_json::{Value, json};

/// One JSON object for each channel: what an operator would type in. It has no `Debug`: it holds keys.
#[derive(Clone)]
pub struct Settings {
    pub wechat: Value,
    /// The older way at WeChat: answers are signed under a certificate.
    pub wechat_by_certificate: Value,
    pub alipay: Value,
    pub alipay_by_certificate: Value,
}

impl Settings {
    pub(crate) fn of(id: &Identity, address: &str) -> Settings {
        Settings {
            wechat: wechat(id, address, true),
            wechat_by_certificate: wechat(id, address, false),
            alipay: alipay(id, address, false),
            alipay_by_certificate: alipay(id, address, true),
        }
    }

    /// All of them by name, for a program that is not written in Rust.
    pub fn all(&self) -> Value {
        json!({
            "wechat": self.wechat,
            "wechat_by_certificate": self.wechat_by_certificate,
            "alipay": self.alipay,
            "alipay_by_certificate": self.alipay_by_certificate,
        })
    }
}

fn wechat(id: &Identity, address: &str, by_public_key: bool) -> Value {
    let wechat = &id.wechat;
    let mut verify_keys = vec![json!({"id": wechat.platform.serial_hex(), "key": wechat.platform.pem})];
    if by_public_key {
        verify_keys.push(json!({"id": wechat.public_key_id, "key": wechat.public_key.public_pem}));
    }
    json!({
        "mchid": MCHID,
        "appid": WECHAT_APPID,
        "base_url": address,
        "api_v3_keys": [wechat.apiv3_key],
        "signing": [{"serial": wechat.merchant.serial_hex(), "private_key": wechat.merchant.pair.private_pem}],
        "verify_keys": verify_keys,
    })
}

fn alipay(id: &Identity, address: &str, by_certificate: bool) -> Value {
    let alipay = &id.alipay;
    let mut settings = json!({
        "app_id": ALIPAY_APP_ID,
        "seller_id": ALIPAY_SELLER_ID,
        "gateway": format!("{address}/gateway.do"),
        "private_keys": [alipay.app.pair.private_pem],
    });
    if by_certificate {
        settings["certificates"] = json!({
            "app": alipay.app.pem,
            "alipay": [alipay.platform.pem],
            "root": alipay.root_pem,
        });
    } else {
        settings["alipay_public_keys"] = json!([alipay.platform.pair.public_pem]);
    }
    settings
}

//! The settings of a channel account at the sandbox, as the connectors read them.

use crate::identity::{
    ALIPAY_APP_ID, ALIPAY_SELLER_ID, CHINAUMS_APP_ID, CHINAUMS_MID, CHINAUMS_SOURCE, CHINAUMS_TID, Identity, MCHID,
    PLAN_ID, UNIONPAY_MER_ID, UNIONPAY_SIGNER, WECHAT_APPID,
};
use crate::tell::{ACCESS_KEY_ID, AGENT_ID, CORP_ID, MAIL_USER, SIGN_NAME, TENCENT_APP_ID};
use serde_json::{Value, json};

/// One JSON object for each channel: what an operator would type in. It has no `Debug`: it holds keys.
#[derive(Clone)]
pub struct Settings {
    pub wechat: Value,
    /// The older way at WeChat: answers are signed under a certificate.
    pub wechat_by_certificate: Value,
    pub alipay: Value,
    pub alipay_by_certificate: Value,
    pub unionpay: Value,
    pub chinaums: Value,
    pub sms_aliyun: Value,
    pub sms_tencent: Value,
    pub wechat_messages: Value,
    pub alipay_messages: Value,
    pub wecom_app: Value,
    pub wecom_robot: Value,
    pub dingtalk: Value,
    /// Signing in by an official account, and by an app.
    pub wechat_sign_in: Value,
    pub alipay_sign_in: Value,
    /// The mail server, which listens on the port above the sandbox's own.
    pub mail: Value,
}

impl Settings {
    pub(crate) fn of(id: &Identity, address: &str) -> Settings {
        Settings {
            wechat: wechat(id, address, true),
            wechat_by_certificate: wechat(id, address, false),
            alipay: alipay(id, address, false),
            alipay_by_certificate: alipay(id, address, true),
            unionpay: unionpay(id, address),
            chinaums: chinaums(id, address),
            sms_aliyun: json!({
                "base_url": address,
                "access_key_id": ACCESS_KEY_ID,
                "access_key_secret": id.message_secret,
                "sign_name": SIGN_NAME,
            }),
            sms_tencent: json!({
                "base_url": address,
                "secret_id": ACCESS_KEY_ID,
                "secret_key": id.message_secret,
                "sdk_app_id": TENCENT_APP_ID,
                "sign_name": SIGN_NAME,
            }),
            wechat_messages: json!({
                "base_url": address,
                "app_id": WECHAT_APPID,
                "app_secret": id.message_secret,
                "account": {"kind": "service_account"},
            }),
            alipay_messages: json!({
                "base_url": format!("{address}/gateway.do"),
                "app_id": ALIPAY_APP_ID,
                "private_key": id.alipay.app.pair.private_pem,
                "alipay_public_key": id.alipay.platform.pair.public_pem,
                "product": "mini_program",
            }),
            wecom_app: json!({
                "base_url": address,
                "corp_id": CORP_ID,
                "secret": id.message_secret,
                "agent_id": AGENT_ID,
            }),
            wecom_robot: json!({"base_url": address, "key": id.message_secret}),
            dingtalk: json!({"base_url": address, "access_token": id.message_secret, "secret": id.message_secret}),
            wechat_sign_in: json!({
                "app_id": WECHAT_APPID,
                "secret": id.message_secret,
                "authorize": format!("{address}/connect/oauth2/authorize"),
                "api": address,
            }),
            alipay_sign_in: json!({
                "app_id": ALIPAY_APP_ID,
                "private_key": id.alipay.app.pair.private_pem,
                "public_key": id.alipay.platform.pair.public_pem,
                "authorize": format!("{address}/oauth2/publicAppAuthorize.htm"),
                "gateway": format!("{address}/gateway.do"),
            }),
            mail: mail(id, mail_port(address)),
        }
    }

    /// All of them by name, for a program that is not written in Rust.
    pub fn all(&self) -> Value {
        json!({
            "wechat": self.wechat,
            "wechat_by_certificate": self.wechat_by_certificate,
            "alipay": self.alipay,
            "alipay_by_certificate": self.alipay_by_certificate,
            "unionpay": self.unionpay,
            "chinaums": self.chinaums,
            "sms_aliyun": self.sms_aliyun,
            "sms_tencent": self.sms_tencent,
            "wechat_messages": self.wechat_messages,
            "alipay_messages": self.alipay_messages,
            "wecom_app": self.wecom_app,
            "wecom_robot": self.wecom_robot,
            "dingtalk": self.dingtalk,
            "wechat_sign_in": self.wechat_sign_in,
            "alipay_sign_in": self.alipay_sign_in,
            "mail": self.mail,
        })
    }
}

/// SMTP is no HTTP: it has a port of its own.
pub(crate) fn mail_port(address: &str) -> u16 {
    let port = address.rsplit(':').next().and_then(|port| port.parse::<u16>().ok());
    port.unwrap_or(0).saturating_add(1)
}

fn mail(id: &Identity, port: u16) -> Value {
    json!({
        "host": "127.0.0.1",
        "port": port,
        "tls": "none",
        "user": MAIL_USER,
        "password": id.message_secret,
        "from": "一通沙箱 <notice@sandbox.example>",
    })
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
        "mandates": {"plan_id": PLAN_ID},
    })
}

fn alipay(id: &Identity, address: &str, by_certificate: bool) -> Value {
    let alipay = &id.alipay;
    let mut settings = json!({
        "app_id": ALIPAY_APP_ID,
        "seller_id": ALIPAY_SELLER_ID,
        "gateway": format!("{address}/gateway.do"),
        "signing": [{"private_key": alipay.app.pair.private_pem}],
        "mandates": {"sign_scene": "INDUSTRY|SANDBOX"},
    });
    if by_certificate {
        settings["signing"][0]["certificate"] = json!(alipay.app.pem);
        settings["certificates"] = json!([alipay.platform.pem]);
        settings["root_certificates"] = json!(alipay.root_pem);
    } else {
        settings["public_keys"] = json!([alipay.platform.pair.public_pem]);
    }
    settings
}

fn unionpay(id: &Identity, address: &str) -> Value {
    let unionpay = &id.unionpay;
    let merchant = &unionpay.merchant;
    json!({
        "mer_id": UNIONPAY_MER_ID,
        "gateway": address,
        "files": format!("{address}/unionpay-files"),
        "signing": [{"cert_id": merchant.serial_decimal(), "private_key": merchant.pair.private_pem}],
        "middle": [unionpay.middle_pem],
        "root": [unionpay.root_pem],
        "names": [UNIONPAY_SIGNER],
    })
}

fn chinaums(id: &Identity, address: &str) -> Value {
    json!({
        "app_id": CHINAUMS_APP_ID,
        "app_keys": [id.chinaums_key],
        "notify_keys": [id.chinaums_notify_key],
        "mid": CHINAUMS_MID,
        "tid": CHINAUMS_TID,
        "inst_mid": "H5DEFAULT",
        "source": CHINAUMS_SOURCE,
        "base_url": address,
        "answers": "must_be_signed",
        "mobile_web": {"path": "/v1/netpay/uac/order"},
        "qr": {},
        "in_app": {"sub_app_id": WECHAT_APPID},
    })
}

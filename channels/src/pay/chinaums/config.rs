//! The settings of a merchant account at China UMS.

use crate::pay::address::base_url;
use crate::pay::{Misuse, Scene};
use serde::Deserialize;
use std::collections::BTreeMap;

/// As it stands in the settings. China UMS gives out one `instMid` for each way of paying, and asks for it again in
/// every later request; so an account is one of them, with the scenes that it is good for.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub app_id: String,
    /// Newest first: the first signs, all verify.
    pub app_keys: Vec<String>,
    /// The 通讯密钥 of call-backs; all are tried.
    pub notify_keys: Vec<String>,
    pub mid: String,
    pub tid: String,
    /// `H5DEFAULT`, `QRPAYDEFAULT`, `YUEDANDEFAULT` or `MINIDEFAULT`.
    pub inst_mid: String,
    /// Four letters or digits before every number.
    pub source: String,
    #[serde(default = "host")]
    pub base_url: String,
    #[serde(default)]
    pub answers: AnswerTrust,
    #[serde(default)]
    pub mobile_web: Option<Page>,
    #[serde(default)]
    pub qr: Option<Code>,
    #[serde(default)]
    pub in_app: Option<InApp>,
}

/// Answers come over TLS, and not every product of China UMS signs them as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerTrust {
    /// A signature that is there must fit.
    #[default]
    WhenSigned,
    MustBeSigned,
}

/// A page to which the payer's browser goes.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// There is no usual one: `/v1/netpay/trade/h5-pay` (Alipay), `/v1/netpay/wxpay/h5-pay`, `/v1/netpay/uac/order`.
    pub path: String,
    /// What a product wants besides, like `sceneType` and `merAppName` for WeChat.
    #[serde(default)]
    pub extra: BTreeMap<String, serde_json::Value>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    #[serde(default = "precreate")]
    pub path: String,
}

/// WeChat's web view, or a mini program.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InApp {
    pub sub_app_id: String,
    #[serde(default)]
    pub trade_type: TradeType,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TradeType {
    #[default]
    Jsapi,
    Mini,
}

impl TradeType {
    pub fn word(self) -> &'static str {
        match self {
            TradeType::Jsapi => "JSAPI",
            TradeType::Mini => "MINI",
        }
    }

    /// The field of the answer that holds the arguments, and the function that takes them.
    pub(super) fn field_and_bridge(self) -> (&'static str, &'static str) {
        match self {
            TradeType::Jsapi => ("jsPayRequest", "WeixinJSBridge"),
            TradeType::Mini => ("miniPayRequest", "wx.requestPayment"),
        }
    }
}

fn host() -> String {
    "https://api-mop.chinaums.com".to_owned()
}

fn precreate() -> String {
    "/v1/netpay/trade/precreate".to_owned()
}

impl Config {
    /// The same, once it was found to be good.
    pub(super) fn checked(&self) -> Result<Config, Misuse> {
        let filled: [(&'static str, &str); 4] =
            [("app_id", &self.app_id), ("mid", &self.mid), ("tid", &self.tid), ("inst_mid", &self.inst_mid)];
        // A quotation mark or a comma would end the header early.
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if let Some((field, _)) = filled.into_iter().find(|(_, text)| !plain(text)) {
            return Err(Misuse::new(field, "letters and digits"));
        }
        for (field, keys) in [("app_keys", &self.app_keys), ("notify_keys", &self.notify_keys)] {
            if keys.is_empty() || keys.iter().any(String::is_empty) {
                return Err(Misuse::new(field, "at least one, and none empty"));
            }
        }
        if self.source.len() != 4 || !plain(&self.source) {
            return Err(Misuse::new("source", "four letters or digits"));
        }
        let paths = [self.mobile_web.as_ref().map(|page| &page.path), self.qr.as_ref().map(|code| &code.path)];
        let good = |path: &&String| path.starts_with('/') && !path.contains(['?', '#']);
        if !paths.iter().flatten().all(good) {
            return Err(Misuse::new("path", "like /v1/netpay/trade/h5-pay"));
        }
        Ok(Config { base_url: base_url("base_url", &self.base_url)?, ..self.clone() })
    }

    pub(super) fn scenes(&self) -> &'static [Scene] {
        use Scene::{InApp, MobileWeb, Qr};
        match (self.in_app.is_some(), self.mobile_web.is_some(), self.qr.is_some()) {
            (true, true, true) => &[InApp, MobileWeb, Qr],
            (true, true, false) => &[InApp, MobileWeb],
            (true, false, true) => &[InApp, Qr],
            (true, false, false) => &[InApp],
            (false, true, true) => &[MobileWeb, Qr],
            (false, true, false) => &[MobileWeb],
            (false, false, true) => &[Qr],
            (false, false, false) => &[],
        }
    }

    /// How China UMS is told a number of ours.
    pub(super) fn their(&self, field: &'static str, number: &str) -> Result<String, Misuse> {
        let plain = number.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if plain && (2..=MER_ORDER_ID_MAX - 4).contains(&number.len()) {
            Ok(format!("{}{number}", self.source))
        } else {
            Err(Misuse::new(field, "at most 28 letters and digits: four more are put before it"))
        }
    }

    pub(super) fn ours<'a>(&self, merchant_order_id: &'a str) -> Option<&'a str> {
        merchant_order_id.strip_prefix(self.source.as_str()).filter(|number| !number.is_empty())
    }
}

pub const MER_ORDER_ID_MAX: usize = 32;

//! What signing in through a channel needs: an account there, and where the channel is. Another address stands in for
//! a channel where it is only played.

/// A value that no log shows.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignInChannels {
    pub wechat: WechatSignIn,
    pub alipay: AlipaySignIn,
}

/// An official account of WeChat (公众号).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WechatSignIn {
    pub app_id: String,
    pub secret: Secret,
    pub authorize: String,
    pub api: String,
}

impl Default for WechatSignIn {
    fn default() -> WechatSignIn {
        WechatSignIn {
            app_id: String::new(),
            secret: Secret::default(),
            authorize: "https://open.weixin.qq.com/connect/oauth2/authorize".into(),
            api: "https://api.weixin.qq.com".into(),
        }
    }
}

impl WechatSignIn {
    pub fn is_set(&self) -> bool {
        !self.app_id.is_empty() && !self.secret.is_empty()
    }
}

/// An app of Alipay with RSA2 keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlipaySignIn {
    pub app_id: String,
    /// Ours: PEM, or the base64 that Alipay's tool hands out.
    pub private_key: Secret,
    /// Alipay's.
    pub public_key: String,
    pub authorize: String,
    pub gateway: String,
}

impl Default for AlipaySignIn {
    fn default() -> AlipaySignIn {
        AlipaySignIn {
            app_id: String::new(),
            private_key: Secret::default(),
            public_key: String::new(),
            authorize: "https://openauth.alipay.com/oauth2/publicAppAuthorize.htm".into(),
            gateway: "https://openapi.alipay.com/gateway.do".into(),
        }
    }
}

impl AlipaySignIn {
    pub fn is_set(&self) -> bool {
        !self.app_id.is_empty() && !self.private_key.is_empty() && !self.public_key.is_empty()
    }
}

//! What the settings of a channel are called in Chinese, for refusals that somebody at the office reads.

const NAMES: [(&str, &str); 19] = [
    ("api_v3_keys", "APIv3 密钥"),
    ("base_url", "接口地址"),
    ("certificates", "渠道证书"),
    ("description", "商品描述"),
    ("files", "对账文件地址"),
    ("gateway", "网关地址"),
    ("mer_id", "商户代码"),
    ("middle", "渠道中级证书"),
    ("notify_url", "回调地址"),
    ("path", "扫码接口路径"),
    ("pay_window_minutes", "付款时限"),
    ("public_keys", "渠道公钥"),
    ("root_certificates", "渠道根证书"),
    ("signing", "签名密钥或证书"),
    ("signing.cert_id", "签名证书序列号"),
    ("signing.not_after", "签名证书到期日"),
    ("signing.private_key", "签名私钥"),
    ("source", "来源编号"),
    ("verify_keys", "渠道公钥或证书"),
];

/// In Chinese with the key beside it, as the console writes it; the key alone where we have no word.
pub(super) fn setting(key: &str) -> String {
    match NAMES.iter().find(|(known, _)| *known == key) {
        Some((_, name)) => format!("{name}（{key}）"),
        None => key.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_has_its_chinese_name() {
        assert_eq!(setting("mer_id"), "商户代码（mer_id）");
        assert_eq!(setting("something_new"), "something_new");
    }
}

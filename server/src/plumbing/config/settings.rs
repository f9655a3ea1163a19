//! Every setting once: its key in the file, its variable, what it means, how its text is read and shown. The reader of
//! the file, `config check` and the example all go by this list.

use super::{Config, LogFormat, Secret};
use crate::plumbing::db::Place;
use std::fmt::Display;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use yitong_code::Suite;

/// How a value is written in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Flag,
}

/// What is wrong with a value: what it should be, in two languages.
pub type Wrong = (&'static str, &'static str);

pub struct Setting {
    /// `table.key`, or `key` at the top of the file.
    pub key: &'static str,
    pub env: &'static str,
    pub kind: Kind,
    pub about: (&'static str, &'static str),
    /// Shown as set or not set only.
    pub secret: bool,
    pub set: fn(&mut Config, &str) -> Result<(), Wrong>,
    pub show: fn(&Config) -> String,
}

const ADDRESS: Wrong = ("应为地址与端口，如 127.0.0.1:8600", "an address with a port, such as 127.0.0.1:8600");
const URL: Wrong = ("应以 https:// 开头", "begins with https:// (or http://)");
const FLAG: Wrong = ("应为 true 或 false", "true or false");
const PATH: Wrong = ("不能为空", "not empty");

fn put<T>(place: &mut T, value: Option<T>, wrong: Wrong) -> Result<(), Wrong> {
    *place = value.ok_or(wrong)?;
    Ok(())
}

fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.trim().parse().ok()
}

fn url(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('/');
    (text.starts_with("https://") || text.starts_with("http://")).then(|| text.to_owned())
}

fn within(text: &str, least: u32, most: u32) -> Option<u32> {
    parsed(text).filter(|n| (least..=most).contains(n))
}

fn path(text: &str) -> Option<PathBuf> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(PathBuf::from)
}

fn or_off<T: Display>(value: Option<T>) -> String {
    value.map_or_else(|| "off".to_owned(), |value| value.to_string())
}

/// `off` is a word, not a failure.
fn unless_off<T>(text: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    if text.trim() == "off" { Some(None) } else { read(text).map(Some) }
}

fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

fn minute_text(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn addresses(text: &str) -> Option<Vec<IpAddr>> {
    text.split(',').map(str::trim).filter(|text| !text.is_empty()).map(|text| text.parse().ok()).collect()
}

/// The folder comes first: other places follow from it unless they are set themselves.
pub static SETTINGS: &[Setting] = &[
    Setting {
        key: "data",
        env: "YITONG_DATA",
        kind: Kind::Text,
        about: ("数据文件夹", "folder of the database and the key file"),
        secret: false,
        set: |config, text| {
            let folder = path(text).ok_or(PATH)?;
            *config = Config { listen: config.listen, ..Config::in_folder(folder) };
            Ok(())
        },
        show: |config| config.data.display().to_string(),
    },
    Setting {
        key: "database",
        env: "DATABASE_URL",
        kind: Kind::Text,
        about: ("PostgreSQL 地址；留空用内嵌数据库", "a PostgreSQL address; empty: the embedded database"),
        secret: true,
        set: |config, text| {
            let text = text.trim();
            let address = text.starts_with("postgres://") || text.starts_with("postgresql://");
            if text.is_empty() {
                return Ok(());
            }
            let place = address.then(|| Place::Postgres(text.to_owned()));
            put(&mut config.database, place, ("应以 postgres:// 开头", "begins with postgres://"))
        },
        show: |config| match &config.database {
            Place::File(path) => path.display().to_string(),
            Place::Postgres(_) => "postgres://…".into(),
        },
    },
    Setting {
        key: "key_file",
        env: "YITONG_KEY_FILE",
        kind: Kind::Text,
        about: ("密钥文件；请单独备份", "the key file; it belongs in a backup of its own"),
        secret: false,
        set: |config, text| put(&mut config.key_file, path(text), PATH),
        show: |config| config.key_file.display().to_string(),
    },
    Setting {
        key: "listen",
        env: "YITONG_LISTEN",
        kind: Kind::Text,
        about: ("监听地址", "where it listens"),
        secret: false,
        set: |config, text| put(&mut config.listen, parsed(text), ADDRESS),
        show: |config| config.listen.to_string(),
    },
    Setting {
        key: "public_url",
        env: "YITONG_PUBLIC_URL",
        kind: Kind::Text,
        about: (
            "外网访问地址：支付渠道的通知和家长的链接使用；留空为监听地址",
            "how it is reached from outside: payment channels report there, links for guardians begin with it",
        ),
        secret: false,
        set: |config, text| {
            let none = text.trim().is_empty().then_some(None);
            put(&mut config.public_url, none.or_else(|| url(text).map(Some)), URL)
        },
        show: |config| config.public_url.clone().unwrap_or_default(),
    },
    Setting {
        key: "secure_cookies",
        env: "YITONG_SECURE_COOKIES",
        kind: Kind::Flag,
        about: ("仅经 https 使用；前面有 TLS 代理时打开", "cookies only over https: on when a proxy speaks TLS"),
        secret: false,
        set: |config, text| put(&mut config.secure_cookies, parsed(text), FLAG),
        show: |config| config.secure_cookies.to_string(),
    },
    Setting {
        key: "trusted_proxies",
        env: "YITONG_TRUSTED_PROXIES",
        kind: Kind::Text,
        about: (
            "采信其 X-Forwarded-For 的代理地址，逗号分隔",
            "proxies whose X-Forwarded-For is believed, with commas between",
        ),
        secret: false,
        set: |config, text| {
            put(
                &mut config.trusted_proxies,
                addresses(text),
                ("应为 IP 地址，逗号分隔", "IP addresses with commas between"),
            )
        },
        show: |config| {
            let each: Vec<String> = config.trusted_proxies.iter().map(IpAddr::to_string).collect();
            each.join(", ")
        },
    },
    Setting {
        key: "metrics.listen",
        env: "YITONG_METRICS_LISTEN",
        kind: Kind::Text,
        about: ("/metrics 的地址，或 off", "address of /metrics, or off"),
        secret: false,
        set: |config, text| put(&mut config.metrics_listen, unless_off(text, parsed), ADDRESS),
        show: |config| or_off(config.metrics_listen),
    },
    Setting {
        key: "codes.suite",
        env: "YITONG_CODES_SUITE",
        kind: Kind::Text,
        about: (
            "新签发的个人码使用的签名算法：ed25519 或 sm2（国密）。已印的码不受影响",
            "how new campus codes are signed: ed25519 or sm2; codes already printed keep theirs",
        ),
        secret: false,
        set: |of, text| {
            put(&mut of.codes.suite, Suite::from_word(text.trim()), ("应为 ed25519 或 sm2", "ed25519 or sm2"))
        },
        show: |of| of.codes.suite.word().into(),
    },
    Setting {
        key: "oauth.wechat_app_id",
        env: "YITONG_OAUTH_WECHAT_APP_ID",
        kind: Kind::Text,
        about: ("家长微信登录：公众号 AppID", "guardians sign in by WeChat: id of the official account"),
        secret: false,
        set: |of, text| put(&mut of.oauth.wechat.app_id, Some(text.trim().to_owned()), PATH),
        show: |of| of.oauth.wechat.app_id.clone(),
    },
    Setting {
        key: "oauth.wechat_secret",
        env: "YITONG_OAUTH_WECHAT_SECRET",
        kind: Kind::Text,
        about: ("公众号 AppSecret", "its secret"),
        secret: true,
        set: |of, text| put(&mut of.oauth.wechat.secret, Some(Secret::new(text.trim())), PATH),
        show: |of| if of.oauth.wechat.secret.is_empty() { String::new() } else { "…".into() },
    },
    Setting {
        key: "oauth.wechat_authorize",
        env: "YITONG_OAUTH_WECHAT_AUTHORIZE",
        kind: Kind::Text,
        about: ("微信授权页地址", "where WeChat asks the guardian"),
        secret: false,
        set: |of, text| put(&mut of.oauth.wechat.authorize, url(text), URL),
        show: |of| of.oauth.wechat.authorize.clone(),
    },
    Setting {
        key: "oauth.wechat_api",
        env: "YITONG_OAUTH_WECHAT_API",
        kind: Kind::Text,
        about: ("微信接口地址", "where WeChat is asked"),
        secret: false,
        set: |of, text| put(&mut of.oauth.wechat.api, url(text), URL),
        show: |of| of.oauth.wechat.api.clone(),
    },
    Setting {
        key: "oauth.alipay_app_id",
        env: "YITONG_OAUTH_ALIPAY_APP_ID",
        kind: Kind::Text,
        about: ("家长支付宝登录：应用 AppID", "guardians sign in by Alipay: id of the app"),
        secret: false,
        set: |of, text| put(&mut of.oauth.alipay.app_id, Some(text.trim().to_owned()), PATH),
        show: |of| of.oauth.alipay.app_id.clone(),
    },
    Setting {
        key: "oauth.alipay_private_key",
        env: "YITONG_OAUTH_ALIPAY_PRIVATE_KEY",
        kind: Kind::Text,
        about: ("应用私钥（RSA2）", "private key of the app (RSA2)"),
        secret: true,
        set: |of, text| put(&mut of.oauth.alipay.private_key, Some(Secret::new(text.trim())), PATH),
        show: |of| if of.oauth.alipay.private_key.is_empty() { String::new() } else { "…".into() },
    },
    Setting {
        key: "oauth.alipay_public_key",
        env: "YITONG_OAUTH_ALIPAY_PUBLIC_KEY",
        kind: Kind::Text,
        about: ("支付宝公钥", "public key of Alipay"),
        secret: false,
        set: |of, text| put(&mut of.oauth.alipay.public_key, Some(text.trim().to_owned()), PATH),
        show: |of| of.oauth.alipay.public_key.clone(),
    },
    Setting {
        key: "oauth.alipay_authorize",
        env: "YITONG_OAUTH_ALIPAY_AUTHORIZE",
        kind: Kind::Text,
        about: ("支付宝授权页地址", "where Alipay asks the guardian"),
        secret: false,
        set: |of, text| put(&mut of.oauth.alipay.authorize, url(text), URL),
        show: |of| of.oauth.alipay.authorize.clone(),
    },
    Setting {
        key: "oauth.alipay_gateway",
        env: "YITONG_OAUTH_ALIPAY_GATEWAY",
        kind: Kind::Text,
        about: ("支付宝网关地址", "where Alipay is asked"),
        secret: false,
        set: |of, text| put(&mut of.oauth.alipay.gateway, url(text), URL),
        show: |of| of.oauth.alipay.gateway.clone(),
    },
    Setting {
        key: "backup.folder",
        env: "YITONG_BACKUP_FOLDER",
        kind: Kind::Text,
        about: ("备份文件夹；最好在另一块盘", "folder of the backups; best on another disk"),
        secret: false,
        set: |config, text| put(&mut config.backup.folder, path(text), PATH),
        show: |config| config.backup.folder.display().to_string(),
    },
    Setting {
        key: "backup.daily_at",
        env: "YITONG_BACKUP_DAILY_AT",
        kind: Kind::Text,
        about: ("每日备份时间（北京时间），或 off", "time of the daily backup in China, or off"),
        secret: false,
        set: |config, text| {
            put(
                &mut config.backup.daily_at,
                unless_off(text, minute),
                ("应为 03:30 这样的时间，或 off", "a time like 03:30, or off"),
            )
        },
        show: |config| or_off(config.backup.daily_at.map(minute_text)),
    },
    Setting {
        key: "backup.keep",
        env: "YITONG_BACKUP_KEEP",
        kind: Kind::Number,
        about: ("保留最近几份备份", "how many of the newest backups stay"),
        secret: false,
        set: |config, text| put(&mut config.backup.keep, within(text, 1, 1000), ("应为 1 至 1000", "1 to 1000")),
        show: |config| config.backup.keep.to_string(),
    },
    Setting {
        key: "limits.body_kib",
        env: "YITONG_LIMITS_BODY_KIB",
        kind: Kind::Number,
        about: ("请求体上限（KiB）", "largest body of a request, in KiB"),
        secret: false,
        set: |config, text| {
            put(&mut config.limits.body_kib, within(text, 64, 1 << 20), ("应为 64 至 1048576", "64 to 1048576"))
        },
        show: |config| config.limits.body_kib.to_string(),
    },
    Setting {
        key: "limits.requests_per_minute",
        env: "YITONG_LIMITS_REQUESTS_PER_MINUTE",
        kind: Kind::Number,
        about: (
            "每个外部地址每分钟请求数；本机不限",
            "requests a minute of one address; this machine's own are not limited",
        ),
        secret: false,
        set: |config, text| {
            let wanted = within(text, 10, 10_000_000);
            put(&mut config.limits.requests_per_minute, wanted, ("应为 10 至 10000000", "10 to 10000000"))
        },
        show: |config| config.limits.requests_per_minute.to_string(),
    },
    Setting {
        key: "limits.call_backs_per_minute",
        env: "YITONG_LIMITS_CALL_BACKS_PER_MINUTE",
        kind: Kind::Number,
        about: (
            "支付渠道每个地址每分钟回调数；与页面的限制分开计",
            "call-backs a minute of one address of a payment channel, counted apart from the pages",
        ),
        secret: false,
        set: |config, text| {
            let wanted = within(text, 10, 10_000_000);
            put(&mut config.limits.call_backs_per_minute, wanted, ("应为 10 至 10000000", "10 to 10000000"))
        },
        show: |config| config.limits.call_backs_per_minute.to_string(),
    },
    Setting {
        key: "limits.open_requests",
        env: "YITONG_LIMITS_OPEN_REQUESTS",
        kind: Kind::Number,
        about: ("同时处理的请求数", "requests that are answered at once"),
        secret: false,
        set: |config, text| {
            put(&mut config.limits.open_requests, within(text, 8, 65_536), ("应为 8 至 65536", "8 to 65536"))
        },
        show: |config| config.limits.open_requests.to_string(),
    },
    Setting {
        key: "limits.request_seconds",
        env: "YITONG_LIMITS_REQUEST_SECONDS",
        kind: Kind::Number,
        about: ("一个请求最长秒数", "seconds until an answer must have begun"),
        secret: false,
        set: |config, text| {
            put(&mut config.limits.request_seconds, within(text, 1, 3600), ("应为 1 至 3600", "1 to 3600"))
        },
        show: |config| config.limits.request_seconds.to_string(),
    },
    Setting {
        key: "log.format",
        env: "YITONG_LOG_FORMAT",
        kind: Kind::Text,
        about: ("日志格式 auto、json 或 text", "auto (text on a terminal), json or text"),
        secret: false,
        set: |config, text| {
            let format = match text.trim() {
                "auto" => Some(LogFormat::Auto),
                "json" => Some(LogFormat::Json),
                "text" => Some(LogFormat::Text),
                _ => None,
            };
            put(&mut config.log.format, format, ("应为 auto、json 或 text", "auto, json or text"))
        },
        show: |config| match config.log.format {
            LogFormat::Auto => "auto".into(),
            LogFormat::Json => "json".into(),
            LogFormat::Text => "text".into(),
        },
    },
    Setting {
        key: "log.level",
        env: "YITONG_LOG",
        kind: Kind::Text,
        about: ("日志级别，如 info、debug", "what is logged, such as info or yitong=debug"),
        secret: false,
        set: |config, text| {
            let known = text.parse::<tracing_subscriber::filter::EnvFilter>().is_ok().then(|| text.trim().to_owned());
            put(&mut config.log.level, known, ("应为 info、debug 等", "info, debug, yitong=debug …"))
        },
        show: |config| config.log.level.clone(),
    },
];

/// A file with every setting at its default, each behind a `#`.
pub fn example() -> String {
    let defaults = Config::in_folder("data".into());
    let mut text = String::from(
        "# 一通 Yitong: every setting at its default. Remove the # of those you change.\n# 所有设置及其默认值；去掉行首 # 后修改。\n",
    );
    let mut table = "";
    for setting in SETTINGS {
        let (of, name) = setting.key.split_once('.').unwrap_or(("", setting.key));
        if of != table {
            table = of;
            text.push_str(&format!("\n[{table}]\n"));
        }
        let shown = if setting.key == "database" { String::new() } else { (setting.show)(&defaults) };
        let value = if setting.kind == Kind::Text { format!("{shown:?}") } else { shown };
        let (zh, en) = setting.about;
        text.push_str(&format!("# {zh}; {en} ({})\n# {name} = {value}\n", setting.env));
    }
    text
}

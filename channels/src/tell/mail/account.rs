//! An account at a mail server: where it is, how it is spoken to, and as whom.

use super::{Config, Mailer};
use crate::pay::Misuse;
use std::net::IpAddr;

/// How a conversation is kept from others' eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// Begins in the clear and goes on under TLS, or not at all. Usually port 587.
    Starttls,
    /// Under TLS from the first byte. Usually port 465.
    Implicit,
    /// In the clear: to a server of this machine only.
    None,
}

impl Tls {
    fn usual_port(self) -> u16 {
        match self {
            Tls::Starttls => 587,
            Tls::Implicit => 465,
            Tls::None => 25,
        }
    }
}

/// It has no `Debug`: it holds a password.
#[derive(Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    host: String,
    port: Option<u16>,
    tls: Tls,
    user: Option<String>,
    password: Option<String>,
    /// `实验小学 <notice@school.example>`
    from: String,
    reply_to: Option<String>,
    /// Where a person asks by mail to get none; left out: `reply_to`, or else `from`.
    unsubscribe: Option<String>,
}

/// Settings that were read and can be sent with.
#[derive(Clone)]
pub struct Account {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    /// User and password.
    pub login: Option<(String, String)>,
    pub mailer: Mailer,
}

/// The ports of mail servers: whoever sets up an account does not make us knock at other doors.
const PORTS: [u16; 4] = [25, 465, 587, 2525];
const HOST_BYTES_MAX: usize = 253;

impl Account {
    pub fn read(settings: &serde_json::Value) -> Result<Account, Misuse> {
        let read = <Settings as serde::Deserialize>::deserialize(settings);
        let of = read.map_err(|why| Misuse::new("config", why.to_string()))?;
        let host = of.host.trim().trim_end_matches('.').to_ascii_lowercase();
        let shaped = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte));
        if host.is_empty() || host.len() > HOST_BYTES_MAX || !shaped {
            return Err(Misuse::new("host", "it is not the name of a server"));
        }
        let port = of.port.unwrap_or(of.tls.usual_port());
        match (is_loopback(&host), of.tls) {
            (true, _) => {}
            (false, Tls::None) => {
                return Err(Misuse::new("tls", "in the clear is for a server of this machine; others need TLS"));
            }
            (false, _) if !PORTS.contains(&port) => {
                return Err(Misuse::new("port", "mail servers listen at 25, 465, 587 or 2525"));
            }
            _ => {}
        }
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let login = match (given(of.user), given(of.password)) {
            (Some(user), Some(password)) => Some((user, password)),
            (None, None) => None,
            (Some(_), None) => return Err(Misuse::new("password", "it is missing")),
            (None, Some(_)) => return Err(Misuse::new("user", "it is missing")),
        };
        let config = Config { from: of.from, reply_to: given(of.reply_to), unsubscribe: given(of.unsubscribe) };
        Ok(Account { host, port, tls: of.tls, login, mailer: Mailer::new(&config)? })
    }

    /// Whether it leads to this machine; others may be set up by a school.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(change: Value, expected: Result<u16, &str>) {
        let mut settings = json!({"host": "smtp.school.example", "tls": "starttls", "user": "notice",
            "password": "sesame", "from": "实验小学 <notice@school.example>"});
        for (name, value) in change.as_object().into_iter().flatten() {
            settings[name] = value.clone();
        }
        let read = Account::read(&settings);
        assert_eq!(read.as_ref().map(|of| of.port).map_err(|why| why.field), expected, "{change}");
    }

    #[test]
    fn settings_are_read_or_refused_with_their_field() {
        check(json!({}), Ok(587));
        check(json!({"tls": "implicit"}), Ok(465));
        check(json!({"port": 2525}), Ok(2525));
        check(json!({"port": 6379}), Err("port"));
        check(json!({"tls": "none"}), Err("tls"));
        check(json!({"tls": "none", "host": "127.0.0.1", "port": 8651}), Ok(8651));
        check(json!({"tls": "none", "host": "::1"}), Ok(25));
        check(json!({"tls": "maybe"}), Err("config"));
        check(json!({"host": "mail server"}), Err("host"));
        check(json!({"user": null}), Err("user"));
        check(json!({"password": ""}), Err("password"));
        check(json!({"user": null, "password": null}), Ok(587));
        check(json!({"from": "nobody"}), Err("from"));
        check(json!({"reply_to": "nobody"}), Err("reply_to"));
        check(json!({"reply_to": ""}), Ok(587));
        check(json!({"colour": "red"}), Err("config"));
    }
}

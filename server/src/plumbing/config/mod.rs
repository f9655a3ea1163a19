//! What the operator decides: a file, then the environment, then flags; the last word counts.

mod layers;
mod oauth;
mod settings;

pub use layers::{ConfigError, Settled, Source, settle};
pub use oauth::{AlipaySignIn, Secret, SignInChannels, WechatSignIn};
pub use settings::{Kind, SETTINGS, Setting, example};

use crate::plumbing::db::Place;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

#[derive(Clone, Debug)]
pub struct Config {
    pub listen: SocketAddr,
    /// How phones and payment channels reach it from outside: what stands before `/parent/` and `/api/`. `None`: where it
    /// listens.
    pub public_url: Option<String>,
    /// The folder of everything that has no other place.
    pub data: PathBuf,
    pub database: Place,
    pub key_file: PathBuf,
    /// Cookies travel only over https. Off where the server itself speaks http on a school's own network.
    pub secure_cookies: bool,
    /// Whose word about the caller's address is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Numbers for a monitor have an address of their own, so that no proxy shows them to the world.
    pub metrics_listen: Option<SocketAddr>,
    pub codes: Codes,
    /// Channels through which guardians may sign in.
    pub oauth: SignInChannels,
    pub backup: Backup,
    pub limits: Limits,
    pub log: Log,
}

/// How campus codes are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Codes {
    /// Of keys that are made from now on; codes that were printed keep theirs.
    pub suite: yitong_code::Suite,
}

/// Copies of the embedded database that the running server makes by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    pub folder: PathBuf,
    /// The minute of the day in China; `None`: somebody else makes copies.
    pub daily_at: Option<u16>,
    /// How many of the newest stay.
    pub keep: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest body of any route (a sheet for import); most routes read far less.
    pub body_kib: u32,
    /// Of one address that is not of this machine.
    pub requests_per_minute: u32,
    /// From one address of a payment channel.
    pub call_backs_per_minute: u32,
    /// Requests that are being answered at once; event streams do not count.
    pub open_requests: u32,
    /// Until an answer must have begun.
    pub request_seconds: u32,
}

impl Limits {
    pub fn body_bytes(&self) -> usize {
        self.body_kib as usize * 1024
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    pub format: LogFormat,
    /// `info`, `debug`, `yitong=debug`.
    pub level: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    Json,
    Text,
}

impl Config {
    /// What stands before `/parent/` and `/api/` in an address for the outside; no slash at its end.
    pub fn public_base(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen))
    }

    /// Where nothing is said: everything in one folder, on loopback.
    pub fn in_folder(folder: PathBuf) -> Config {
        Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 8600)),
            public_url: None,
            database: Place::File(folder.join("yitong.db")),
            key_file: folder.join("yitong.key"),
            secure_cookies: false,
            trusted_proxies: Vec::new(),
            metrics_listen: Some(SocketAddr::from(([127, 0, 0, 1], 8601))),
            codes: Codes { suite: yitong_code::Suite::Ed25519 },
            oauth: SignInChannels::default(),
            // 03:30 in China: nobody eats, and the day before can be closed.
            backup: Backup { folder: folder.join("backups"), daily_at: Some(3 * 60 + 30), keep: 14 },
            limits: Limits {
                body_kib: 12 * 1024,
                requests_per_minute: 6_000,
                call_backs_per_minute: 60_000,
                open_requests: 512,
                request_seconds: 60,
            },
            log: Log { format: LogFormat::Auto, level: "info".into() },
            data: folder,
        }
    }
}

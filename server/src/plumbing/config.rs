//! What the operator decides: a file, then the environment, then flags; the last word counts.

use crate::plumbing::db::Place;
use std::net::SocketAddr;
use std::path::PathBuf;

/// 03:30 in China: nobody eats, and the day before can be closed.
pub const BACKUP_MINUTE_DEFAULT: u16 = 3 * 60 + 30;
pub const BACKUP_KEEP_DEFAULT: u32 = 14;

#[derive(Clone, Debug)]
pub struct Config {
    pub listen: SocketAddr,
    /// The folder of everything that has no other place.
    pub data: PathBuf,
    pub database: Place,
    pub key_file: PathBuf,
    /// Cookies travel only over https. Off where the server itself speaks http on a school's own network.
    pub secure_cookies: bool,
    pub backup: Backup,
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

impl Config {
    /// Where nothing is said: everything in one folder, on loopback.
    pub fn in_folder(folder: PathBuf) -> Config {
        Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 8600)),
            database: Place::File(folder.join("yitong.db")),
            key_file: folder.join("yitong.key"),
            secure_cookies: false,
            backup: Backup {
                folder: folder.join("backups"),
                daily_at: Some(BACKUP_MINUTE_DEFAULT),
                keep: BACKUP_KEEP_DEFAULT,
            },
            data: folder,
        }
    }
}

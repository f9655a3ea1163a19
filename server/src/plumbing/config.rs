//! What the operator decides: a file, then the environment, then flags; the last word counts.

use crate::plumbing::db::Place;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Clone, Debug)]
pub struct Config {
    pub listen: SocketAddr,
    pub database: Place,
    pub key_file: PathBuf,
    /// Cookies travel only over https. Off where the server itself speaks http on a school's own network.
    pub secure_cookies: bool,
}

impl Config {
    /// Where nothing is said: everything in one folder, on loopback.
    pub fn in_folder(folder: PathBuf) -> Config {
        Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 8600)),
            database: Place::File(folder.join("yitong.db")),
            key_file: folder.join("yitong.key"),
            secure_cookies: false,
        }
    }
}

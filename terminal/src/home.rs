//! Who this terminal is, and where it keeps what it knows: one folder, for its owner's eyes.

use crate::mirror::{key_file, write_private};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use yitong_sync::wire::fleet::{Enrolment, RootKey};
use yitong_sync::{DeviceKey, PublicKey};
use yitong_values::{SchoolId, TerminalId};

/// The folder of an agent.
#[derive(Clone, Debug)]
pub struct Home(PathBuf);

/// What enrolment gave. The secret key is not in it; it never leaves its own file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Where the server is: `https://school.example`.
    pub server: String,
    pub terminal: TerminalId,
    pub school: SchoolId,
    pub journal: u32,
    pub authority: PublicKey,
    pub roots: Vec<RootKey>,
}

impl Identity {
    pub fn of(server: &str, enrolment: Enrolment) -> Identity {
        let Enrolment { terminal, school, journal, authority, roots, .. } = enrolment;
        Identity { server: server.trim_end_matches('/').to_owned(), terminal, school, journal, authority, roots }
    }
}

/// What survives a restart beside journal and mirror, and costs nothing when it is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// How often the agent started.
    pub boot: u32,
    /// How far the device's clock was from the server's.
    pub clock_offset_ms: Option<i64>,
    pub volume: Option<u8>,
    pub language: crate::checkout::Language,
    /// How the cashier priced last.
    pub mode: Option<crate::checkout::CounterMode>,
}

impl Home {
    /// Makes the folder when it isn't there.
    pub fn open(path: &Path) -> io::Result<Home> {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::create_dir_all(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))?;
        Ok(Home(path.to_owned()))
    }

    pub fn folder(&self) -> &Path {
        &self.0
    }

    pub fn device_key(&self) -> io::Result<DeviceKey> {
        key_file(&self.0.join("device.key")).map(|seed| DeviceKey::from_seed(&seed))
    }

    pub fn mirror_key(&self) -> io::Result<[u8; 32]> {
        key_file(&self.0.join("mirror.key"))
    }

    pub fn journal(&self) -> PathBuf {
        self.0.join("journal")
    }

    pub fn mirror(&self) -> PathBuf {
        self.0.join("mirror.db")
    }

    pub fn devices(&self) -> PathBuf {
        self.0.join("devices.toml")
    }

    /// For the screens, so that nobody else on this machine acts for a cashier.
    pub fn screen_token(&self) -> io::Result<String> {
        key_file(&self.0.join("screens.key")).map(|key| hex::encode(&key[..16]))
    }

    /// Two agents on one folder would write two journals of one number.
    pub fn lock(&self) -> io::Result<std::fs::File> {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(self.0.join("lock"))?;
        file.try_lock().map_err(|_| io::Error::other("another agent is running on this folder"))?;
        Ok(file)
    }

    pub fn identity(&self) -> io::Result<Option<Identity>> {
        match std::fs::read(self.0.join("identity.json")) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(io::Error::other),
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(why) => Err(why),
        }
    }

    pub fn keep_identity(&self, identity: &Identity) -> io::Result<()> {
        write_private(&self.0.join("identity.json"), &serde_json::to_vec_pretty(identity).expect("plain JSON"))
    }

    pub fn settings(&self) -> Settings {
        let bytes = std::fs::read(self.0.join("settings.json")).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    pub fn keep_settings(&self, settings: &Settings) -> io::Result<()> {
        write_private(&self.0.join("settings.json"), &serde_json::to_vec(settings).expect("plain JSON"))
    }
}

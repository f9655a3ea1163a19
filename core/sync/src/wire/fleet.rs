//! Enrolment, the doorbell, reports and commands.

use super::forms::{fen, ms, ms_or_none};
use crate::{PublicKey, SealedLease, SealedToken};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use yitong_values::{Cents, SchoolId, TerminalId, Timestamp};

/// `POST /enrolment`, the one request without a signature. The same key again gets the same answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EnrolmentAsk {
    /// From the office page; dashes, spaces and small letters are overlooked.
    pub code: String,
    pub public_key: PublicKey,
    /// Model and serial number, for people to know the device by.
    pub hardware: String,
    pub version: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Enrolment {
    pub terminal: TerminalId,
    pub school: SchoolId,
    /// Which journal this device writes.
    pub journal: u32,
    /// Signs leases and clock tokens.
    pub authority: PublicKey,
    /// Who signs trust lists; see `code/SPEC.md`.
    pub roots: Vec<RootKey>,
    #[serde(with = "ms")]
    pub server: Timestamp,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RootKey {
    pub kid: u32,
    /// `ed25519` or `sm2`.
    pub suite: String,
    /// Hexadecimal.
    pub key: String,
}

/// What each part of the mirror stands at. Numbers rise; a part that was never there is 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Versions {
    pub setup: i64,
    pub people: i64,
    /// Of the trust, status and legacy lists together.
    pub lists: i64,
    /// Number of the last command.
    pub commands: i64,
}

/// `GET /doorbell?setup=&people=&lists=&commands=`: answered when one differs, or after 55 s.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rung {
    #[serde(flatten)]
    pub versions: Versions,
    #[serde(with = "ms")]
    pub server: Timestamp,
}

/// `POST /report`, about every half minute.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Report {
    pub held: Versions,
    /// The last record that was written.
    pub head: u64,
    /// Records that the server hasn't acknowledged.
    pub unsent: u32,
    #[serde(with = "ms_or_none", default)]
    pub oldest_unsent: Option<Timestamp>,
    pub lease: Option<u32>,
    #[serde(with = "fen")]
    pub lease_left: Cents,
    pub disk_free_bytes: u64,
    pub journal_bytes: u64,
    pub clock_drift_ms: i64,
    pub battery_percent: Option<u8>,
    pub temperature_c: Option<i16>,
    pub devices: Vec<DeviceState>,
    pub version: String,
    pub uptime_s: u64,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeviceState {
    /// scanner, nfc, printer, drawer, scale, light, keypad, camera or customer_screen
    pub kind: String,
    pub name: String,
    /// ready, absent or trouble
    pub state: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reported {
    pub token: SealedToken,
    /// A new lease, when there is one.
    pub lease: Option<SealedLease>,
}

/// `POST /lease`. Granted when the server has all records up to `head`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeaseAsk {
    /// The serial that the terminal has.
    pub held: Option<u32>,
    /// The last record that was written.
    pub head: u64,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeaseAnswer {
    /// None: this terminal sells nothing offline, or has to send its journal first.
    pub lease: Option<SealedLease>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Commands {
    pub items: Vec<Command>,
    pub version: i64,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Command {
    pub id: Uuid,
    pub kind: CommandKind,
    #[serde(with = "ms")]
    pub expires: Timestamp,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandKind {
    Restart,
    SendLog,
    /// Blink and beep, so that somebody finds it.
    Locate,
    /// Forget the mirror and pull it again.
    PullAgain,
    #[serde(other)]
    Unknown,
}

/// `PUT /commands/{id}`; safe to repeat.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CommandResult {
    pub done: bool,
    pub text: String,
}

//! A till as the school knows it, and what may be said of its state. The machine that stands there may be swapped.

use crate::schools::Facts;
use serde::{Deserialize, Serialize};
use yitong_sync::PublicKey;
use yitong_values::{SchoolId, StallId, TerminalId, Timestamp};

pub const NAME_CHARS_MAX: usize = 40;
/// Of one school.
pub const TERMINALS_MAX: i64 = 2_000;
/// A terminal says every half minute that it is there.
pub const SILENT_MS: i64 = 90_000;
/// Modes that a terminal starts in: the stall's ways of selling, by weight, and a class list.
pub const MODES: [&str; 6] = ["dish", "amount", "fixed", "count", "weigh", "roster"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminal {
    pub school: SchoolId,
    pub id: TerminalId,
    pub name: String,
    pub stall: StallId,
    pub mode: String,
    /// One or two.
    pub screens: u8,
    pub profile: Profile,
    pub version: i64,
    /// Number of the machine that stands there now, and of its journal; 0 before the first.
    pub journal: u32,
    pub made_at: Timestamp,
    pub enrolled_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub seen_at: Option<Timestamp>,
    pub report: Option<KeptReport>,
}

/// Where a machine can be fixed, seen from who stands before it; `stand`: it stands on its own foot.
pub const MOUNTS: [&str; 5] = ["top", "left", "right", "adhesive", "stand"];
/// What a machine is made to withstand.
pub const PROOFS: [&str; 4] = ["water", "oil", "fire", "insects"];
pub const NOTE_CHARS_MAX: usize = 200;

/// What somebody has to know of the machine to clean, move or replace it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    pub mount: Option<String>,
    pub proofs: Vec<String>,
    pub note: String,
}

impl Profile {
    fn check(&self) -> Result<(), Refusal> {
        if self.mount.as_ref().is_some_and(|mount| !MOUNTS.contains(&mount.as_str())) {
            return Err(Refusal::BadMount);
        }
        let twice = |at: usize| self.proofs[..at].contains(&self.proofs[at]);
        let known = |proof: &String| PROOFS.contains(&proof.as_str());
        if !self.proofs.iter().all(known) || (0..self.proofs.len()).any(twice) {
            return Err(Refusal::BadProofs);
        }
        if self.note.chars().count() > NOTE_CHARS_MAX { Err(Refusal::BadNote) } else { Ok(()) }
    }
}

/// The last report, and when it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptReport {
    pub at: i64,
    pub said: yitong_sync::wire::fleet::Report,
}

/// One machine of a till.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub journal: u32,
    pub key: PublicKey,
    pub hardware: String,
    pub app_version: String,
    pub enrolled_at: Timestamp,
    pub replaced_at: Option<Timestamp>,
    pub head: yitong_sync::Head,
    /// What stops its journal until somebody has looked.
    pub trouble: Option<String>,
}

/// What the office sees at one glance. Derived when it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No machine was enrolled yet.
    New,
    Online,
    Silent,
    Revoked,
}

impl Standing {
    pub fn word(self) -> &'static str {
        match self {
            Standing::New => "new",
            Standing::Online => "online",
            Standing::Silent => "silent",
            Standing::Revoked => "revoked",
        }
    }
}

impl Terminal {
    pub fn standing(&self, now: Timestamp) -> Standing {
        match self {
            Terminal { revoked_at: Some(_), .. } => Standing::Revoked,
            Terminal { journal: 0, .. } => Standing::New,
            Terminal { seen_at: Some(at), .. } if now.since(*at) < SILENT_MS => Standing::Online,
            _ => Standing::Silent,
        }
    }
}

/// What the office enters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    pub name: String,
    pub stall: StallId,
    pub mode: String,
    pub screens: u8,
    pub profile: Profile,
}

/// Why a till can't stand so, in the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    BadName,
    UnknownStall,
    StallClosed,
    BadMode,
    ModeNotAtThisStall,
    BadScreens,
    BadMount,
    BadProofs,
    BadNote,
    NameTaken,
    TooMany,
}

impl Placed {
    pub fn check(&self, facts: &Facts) -> Result<(), Refusal> {
        if !(1..=NAME_CHARS_MAX).contains(&self.name.chars().count()) || self.name.trim() != self.name {
            return Err(Refusal::BadName);
        }
        let (stall, _) = facts.stall(self.stall).ok_or(Refusal::UnknownStall)?;
        if stall.closed {
            return Err(Refusal::StallClosed);
        }
        if !MODES.contains(&self.mode.as_str()) {
            return Err(Refusal::BadMode);
        }
        // A list of names is worked off in whatever way the stall sells; what is weighed is a dish.
        let sells = |word: &str| stall.modes.iter().any(|mode| mode.word() == word);
        let fits = match self.mode.as_str() {
            "roster" => true,
            "weigh" => sells("dish"),
            word => sells(word),
        };
        if !fits {
            return Err(Refusal::ModeNotAtThisStall);
        }
        if ![1, 2].contains(&self.screens) {
            return Err(Refusal::BadScreens);
        }
        self.profile.check()
    }
}

//! The campus code: made, and verified in one step. Knows numbers, not people. `code/SPEC.md` has it byte by byte.
//!
//! There is no way to get fields out of a text without verifying it. No clock, no chance, no I/O: `now`, keys and
//! lists are handed in, so the same crate serves a counter, a gate, the server and a test.
#![no_std]

extern crate alloc;

mod age;
mod armour;
mod layout;
mod legacy;
mod memory;
mod pairwise;
mod sign;
mod status;
mod suite;
mod trust;
mod verify;

pub use age::{Allowance, Caps};
pub use layout::{CredentialFields, Protection, StaticFields};
pub use legacy::{LegacyEntry, LegacyHead, LegacyList, fingerprint};
pub use memory::{Memory, Replay};
pub use pairwise::{PairwiseKey, pairwise_id};
pub use sign::{Credential, Device, Signer, is_device_key, refresh_signed};
pub use status::{CardState, Change, StatusHead, StatusList};
pub use suite::{KeyBytes, Suite};
pub use trust::{ListProblem, Purpose, School, Trust, TrustHead, TrustedKey};
pub use verify::{Kind, Now, Reason, Status, Verified, verify};

/// Days and minutes are counted from here: 2020-01-01 UTC, in milliseconds of the Unix clock.
pub const EPOCH_MS: i64 = 1_577_836_800_000;
pub const DAY_MS: i64 = 86_400_000;
pub const HOUR_MS: i64 = 3_600_000;
pub const MINUTE_MS: i64 = 60_000;
/// One step of a dynamic code.
pub const STEP_MS: i64 = 5_000;
/// A credential on a phone lives no longer.
pub const LIFE_HOURS_MAX: u8 = 48;
/// How old a dynamic code may be, and how far ahead of the reader's clock, before the reader's own uncertainty.
pub const OLD_MS_MAX: i64 = 60_000;
pub const AHEAD_MS_MAX: i64 = 30_000;
/// A reader that is less certain of its time than this is as strict as one that is this certain.
pub const UNCERTAINTY_MS_MAX: i64 = 180_000;
/// A text of a campus code is no longer; a longer one is refused before it is read.
pub const TEXT_MAX: usize = 1_000;

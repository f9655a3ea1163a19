//! The legacy code: the code text of the earlier campus system, issued and read literally, so that a school with
//! printed cards can move to us. `code/legacy/LEGACY.md` has it byte by byte, and says what it does not protect from.
//!
//! What the earlier system's description leaves open is pinned by a school's [`Profile`]. No clock and no chance in
//! here: today's date and the source of randomness are handed in.

mod armour;
mod card;
mod check;
mod day;
mod digits;
mod hybrid;
mod key;
mod list;
mod plain;
mod profile;
mod profile_words;
mod refusal;

pub use card::{IssueError, Issuer, Reader, SetUpError};
pub use check::{CheckForm, Crc};
pub use day::{DateForm, Day};
pub use digits::{Digits, RandomDigits, SchoolNumber, StudentNumber};
pub use key::{KeyError, PrivateKey, PublicKey};
pub use list::{Entry, Known, LIST_ROWS_MAX, RowProblem, RowReason, STUDENT_MAX, Source, entries};
pub use plain::LegacyFields;
pub use profile::{Armour, Des, Hybrid, Order, Padding, Profile, RsaSize, Wrapping};
pub use profile_words::ProfileError;
pub use refusal::Refusal;
/// The traits of the randomness that is handed in.
pub use rsa::rand_core;

/// The longest text that is looked at, in bytes; the longest code of any profile has 608.
pub const TEXT_MAX: usize = 1_000;

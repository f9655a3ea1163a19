//! The campus code: made, and verified in one step. Knows numbers, not people. `code/SPEC.md` has it byte by byte.
//!
//! There is no way to get fields out of a text without verifying it.

mod armour;
mod sign;
mod trust;
mod verify;

pub use sign::{Signer, StaticFields};
pub use trust::{Purpose, TrustList, TrustedKey};
pub use verify::{Refusal, Verified, verify};

/// Days are counted from here: 2020-01-01 UTC, in milliseconds of the Unix clock.
pub const EPOCH_MS: i64 = 1_577_836_800_000;
const DAY_MS: i64 = 86_400_000;

const VERSION_TYPE_STATIC: u8 = 0x11;
const STATIC_FIELDS: usize = 15;
const SIGNATURE: usize = 64;
const STATIC_BYTES: usize = STATIC_FIELDS + SIGNATURE;

/// What is signed: a name for the kind of code before its bytes, so that no signature serves for another kind.
fn signed_message(fields: &[u8]) -> Vec<u8> {
    [b"C1\0static\0".as_slice(), fields].concat()
}

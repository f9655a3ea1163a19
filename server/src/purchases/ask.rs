//! A purchase as it is asked for, with everything that is known before the transaction: verified code, prices, policy.

use crate::policies::Snapshot;
use crate::schools::Facts;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use yitong_purchase::Open;
use yitong_rules::{CredentialState, Mode};
use yitong_values::{EntryId, PersonId, SchoolId, StallId, Timestamp, UserId};

/// Who pays, as far as the code itself can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Payer {
    /// The serial of a code whose signature was verified.
    Serial(u32),
    /// Picked by the cashier from the list.
    Person(PersonId),
    /// The code itself is refused: unknown, or expired.
    Refused(CredentialState),
}

#[derive(Clone, Debug)]
pub struct Ask {
    pub school: SchoolId,
    /// Made at the counter, and kept through every retry.
    pub id: EntryId,
    pub stall: StallId,
    pub payer: Payer,
    pub mode: Mode,
    pub open: Open,
    /// The lines of the tray as JSON, to be kept.
    pub items: String,
    pub collect_later: bool,
    pub duplicate_confirmed: bool,
    pub cashier: UserId,
    pub now: Timestamp,
    pub digest: [u8; 16],
    pub facts: Arc<Facts>,
    pub policy: Arc<Snapshot>,
}

impl Ask {
    /// What makes two asks the same: only what the counter sent, so that a menu that changed since does not make the
    /// second try another purchase. Confirming a duplicate is not a part of it: nothing was decided before.
    pub fn digest_of(
        stall: StallId,
        payer: &str,
        mode: Mode,
        items: &str,
        amount: Option<i64>,
        at: Timestamp,
        later: bool,
    ) -> [u8; 16] {
        let mut hash = Sha256::new();
        for part in [stall.to_string().as_str(), payer, mode.word(), items] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.update([u8::from(amount.is_some())]);
        hash.update(amount.unwrap_or(0).to_be_bytes());
        hash.update(at.ms().to_be_bytes());
        hash.update([u8::from(later)]);
        let full: [u8; 32] = hash.finalize().into();
        full[..16].try_into().expect("sixteen of thirty-two bytes")
    }
}

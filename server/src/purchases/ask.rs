//! A purchase as it is asked for, with everything that is known before the transaction: verified code, prices, policy.

use crate::App;
use crate::menu::Menu;
use crate::plumbing::http::Problem;
use crate::policies::Snapshot;
use crate::schools::{Facts, facts_of};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;
use yitong_purchase::Open;
use yitong_rules::{CredentialState, Mode};
use yitong_values::{Cents, EntryId, PersonId, SchoolId, StallId, Timestamp, UserId};

/// Who pays, as far as the code itself can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Payer {
    /// The serial of a code whose signature was verified.
    Serial(u32),
    /// Picked by the cashier from the list.
    Person(PersonId),
    /// The code itself is refused: unknown, expired, or too old a picture of a phone.
    Refused(CredentialState),
}

#[derive(Clone, Debug)]
pub struct Ask {
    pub school: SchoolId,
    /// Made at the counter, and kept through every retry.
    pub id: EntryId,
    pub stall: StallId,
    pub payer: Payer,
    /// Of a code on a phone: each later one has a higher number, and none is taken twice.
    pub use_order: Option<i64>,
    pub mode: Mode,
    pub open: Open,
    /// The lines of the tray as JSON, to be kept.
    pub items: String,
    pub collect_later: bool,
    pub duplicate_confirmed: bool,
    pub photo_checked: bool,
    pub cashier: UserId,
    pub now: Timestamp,
    pub digest: [u8; 16],
    pub basis: Basis,
}

/// What a purchase is decided on beside its payer. It seldom changes, so it is kept in memory, and the unit that books
/// compares its versions with those of now.
#[derive(Clone, Debug)]
pub struct Basis {
    pub facts: Arc<Facts>,
    pub policy: Arc<Snapshot>,
    pub menu: Arc<Menu>,
}

/// Of places, policy and menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions(pub i64, pub i64, pub i64);

impl Basis {
    pub fn versions(&self) -> Versions {
        Versions(self.facts.version, self.policy.version, self.menu.version)
    }

    /// As last seen, if ever.
    pub(super) fn in_memory(app: &App, school: SchoolId) -> Option<Basis> {
        let (facts, policy) = (app.schools.known(school)?, app.policies.known(school)?);
        Some(Basis { facts, policy, menu: app.menu.known(school)? })
    }

    pub(super) async fn of_now(app: &App, school: SchoolId) -> Result<Basis, Problem> {
        let (facts, policy) = (facts_of(app, school).await?, app.policies.get(&app.db, school).await?);
        Ok(Basis { facts, policy, menu: app.menu.get(&app.db, school).await? })
    }
}

impl Ask {
    /// What makes two asks the same: what was sent, before anything of it is looked up, so that a repeat is known as
    /// one also when the menu has changed since. Confirming a duplicate
    /// or a photo is no part of it: nothing was decided before.
    pub fn digest_of(sent: &Sent<'_>) -> [u8; 16] {
        let mut hash = Sha256::new();
        for part in [sent.stall.to_string().as_str(), sent.payer, sent.mode] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.update((sent.items.len() as u64).to_be_bytes());
        for item in sent.items {
            hash.update(item.dish.as_bytes());
            hash.update(item.revision.as_bytes());
            hash.update(item.count.to_be_bytes());
            // What is counted hashes as it did before anything was weighed.
            if let Some(grams) = item.grams {
                hash.update(b"g");
                hash.update(grams.to_be_bytes());
            }
        }
        hash.update([u8::from(sent.amount.is_some()), u8::from(sent.collect_later)]);
        hash.update(sent.amount.map_or(0, Cents::fen).to_be_bytes());
        hash.update(sent.at.ms().to_be_bytes());
        let full: [u8; 32] = hash.finalize().into();
        full[..16].try_into().expect("sixteen of thirty-two bytes")
    }
}

/// A dish of the tray, by its revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picked {
    pub dish: Uuid,
    pub revision: Uuid,
    pub count: u32,
    /// What the scale said, of a dish that is sold by weight.
    pub grams: Option<u32>,
}

/// A purchase as the counter sent it.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    pub stall: StallId,
    /// The text of the code, or the person's id.
    pub payer: &'a str,
    pub mode: &'a str,
    pub items: &'a [Picked],
    pub amount: Option<Cents>,
    pub at: Timestamp,
    pub collect_later: bool,
}

//! What the server makes of records that arrive: the chain is judged before anything is booked. Whatever is signed and
//! in its place is taken; nothing is ever decided again.

use crate::record::Place;
use crate::{Hash, Head, PublicKey, ReadError, Record, Sealed};
use serde::{Deserialize, Serialize};
use yitong_values::TerminalId;

/// What the server has of this journal.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    pub terminal: TerminalId,
    pub journal: u32,
    pub key: PublicKey,
    pub head: Head,
}

/// Of one record that arrived.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fate {
    /// New and in its place: book it.
    Take(Box<Record>),
    /// In its place, but not understood: keep it, alarm, go on.
    Quarantine { seq: u64, why: ReadError },
    /// It was here before.
    Known { seq: u64 },
}

/// What stops a journal until somebody has looked. In the order of how grave it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// Two records have one number: the journal was copied, or set back.
    Fork,
    /// Of another terminal or journal.
    Stranger,
    /// A record isn't of this device, or was altered.
    Signature,
    /// Records are missing between what is here and what came. The terminal sends from `up_to` again.
    Gap,
}

impl Problem {
    pub fn word(self) -> &'static str {
        match self {
            Problem::Fork => "fork",
            Problem::Stranger => "stranger",
            Problem::Signature => "signature",
            Problem::Gap => "gap",
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Received {
    /// For each sealed record that was taken or known, in their order. Where a problem stops, the rest has none.
    pub fates: Vec<Fate>,
    pub head: Head,
    pub problem: Option<Problem>,
}

/// Judges records in the order in which they came. `hash_of` tells the hash of a record that is here already; one that
/// was put away long ago may have none, and is then believed.
pub fn receive(held: &Held, batch: &[Sealed], hash_of: impl Fn(u64) -> Option<Hash>) -> Received {
    let mut received = Received { fates: Vec::with_capacity(batch.len()), head: held.head, problem: None };
    for (at, sealed) in batch.iter().enumerate() {
        let next = batch.get(at + 1);
        match judge(held, received.head, sealed, next, &hash_of) {
            Ok((fate, head)) => {
                received.fates.push(fate);
                received.head = head;
            }
            Err(problem) => {
                received.problem = Some(problem);
                break;
            }
        }
    }
    received
}

fn judge(
    held: &Held,
    head: Head,
    sealed: &Sealed,
    next: Option<&Sealed>,
    hash_of: &impl Fn(u64) -> Option<Hash>,
) -> Result<(Fate, Head), Problem> {
    let hash = sealed.hash();
    let place = match sealed.place(&held.key) {
        Ok(place) => place,
        Err(why) => return vouched(held, head, why, next),
    };
    if place.terminal != held.terminal || place.journal != held.journal {
        return Err(Problem::Stranger);
    }
    if place.seq <= head.seq {
        let before = if place.seq == head.seq { Some(head.hash) } else { hash_of(place.seq) };
        let same = before.is_none_or(|before| before == hash);
        return if same { Ok((Fate::Known { seq: place.seq }, head)) } else { Err(Problem::Fork) };
    }
    if place.seq > head.seq + 1 {
        return Err(Problem::Gap);
    }
    if place.prev != head.hash {
        return Err(Problem::Fork);
    }
    let fate = match sealed.open(&held.key) {
        Ok(record) => Fate::Take(Box::new(record)),
        Err(why) => Fate::Quarantine { seq: place.seq, why },
    };
    Ok((fate, Head { seq: place.seq, hash }))
}

/// A record that can't be read is put aside when the next one, which the device signed, says that something stood
/// there: its own hash is then the one that the next record names. A bad spot on a disk must not hold up the sales
/// behind it.
fn vouched(held: &Held, head: Head, why: ReadError, next: Option<&Sealed>) -> Result<(Fate, Head), Problem> {
    let next: Option<Place> = next.and_then(|next| next.place(&held.key).ok());
    match next {
        Some(next) if (next.terminal, next.journal) != (held.terminal, held.journal) => Err(Problem::Stranger),
        // What is damaged was here before, whole.
        Some(next) if next.seq <= head.seq + 1 => match next.seq.checked_sub(1) {
            Some(seq) if seq > 0 && seq <= head.seq => Ok((Fate::Known { seq }, head)),
            _ => Err(Problem::Signature),
        },
        Some(next) if next.seq == head.seq + 2 => {
            Ok((Fate::Quarantine { seq: head.seq + 1, why }, Head { seq: head.seq + 1, hash: next.prev }))
        }
        Some(_) => Err(Problem::Gap),
        None => Err(Problem::Signature),
    }
}

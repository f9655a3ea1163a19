//! A machine becomes a till's: the decision, on a `Tx`. The till keeps its name, stall and history; the machine brings
//! its key and begins the next journal.

use super::fleet::{Device, Terminal};
use super::{mirror_store, store};
use crate::plumbing::db::{DbError, Tx};
use yitong_sync::{Head, PublicKey};
use yitong_values::Timestamp;

/// What a machine brings.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub(super) key: PublicKey,
    pub(super) hardware: String,
    pub(super) version: String,
}

/// Why it is not enrolled, in the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EnrolRefusal {
    CodeUnknown,
    CodeUsed,
    CodeExpired,
    /// The key stands at another till, or at this one before.
    KeyTaken,
}

#[derive(Clone, Debug)]
pub(super) struct Enrolled {
    pub(super) terminal: Terminal,
    pub(super) journal: u32,
    /// False: the same key asked with the same code again.
    pub(super) first: bool,
}

/// Uses the code. The same key again gets the same answer.
pub(super) fn enrol(
    tx: &mut Tx<'_>,
    hash: &[u8],
    machine: &Machine,
    now: Timestamp,
) -> Result<Result<Enrolled, EnrolRefusal>, DbError> {
    let Some(ticket) = store::find_ticket(tx, hash)? else { return Ok(Err(EnrolRefusal::CodeUnknown)) };
    let Some(terminal) = store::find(tx, ticket.school, ticket.terminal)? else {
        return Ok(Err(EnrolRefusal::CodeUnknown));
    };
    let standing = store::by_key(tx, &machine.key)?;
    match ticket.used {
        Some(key) if key == machine.key => {
            let journal = standing.map_or(terminal.journal, |(.., journal)| journal);
            return Ok(Ok(Enrolled { terminal, journal, first: false }));
        }
        Some(_) => return Ok(Err(EnrolRefusal::CodeUsed)),
        None if ticket.expires_at <= now => return Ok(Err(EnrolRefusal::CodeExpired)),
        None if standing.is_some() => return Ok(Err(EnrolRefusal::KeyTaken)),
        None => {}
    }
    if !store::use_ticket(tx, hash, &machine.key, now)? {
        return Err(DbError::Conflict);
    }
    let journal = terminal.journal + 1;
    let device = Device {
        journal,
        key: machine.key,
        hardware: machine.hardware.clone(),
        app_version: machine.version.clone(),
        enrolled_at: now,
        replaced_at: None,
        head: Head::default(),
        trouble: None,
    };
    store::put_device(tx, ticket.school, ticket.terminal, &device)?;
    // Its neighbours are to hear of it.
    mirror_store::bump(tx, ticket.school)?;
    Ok(Ok(Enrolled { terminal, journal, first: true }))
}

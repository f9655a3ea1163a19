//! Proving an exported journal with nothing but the device's public key: a stick from a dead terminal, a copy that
//! somebody brings.

use crate::line::Line;
use yitong_sync::{Fate, Head, Held, Problem, PublicKey, ReadError, Sealed, receive};
use yitong_values::TerminalId;

/// Lines of an exported journal, in their order. Empty lines are overlooked.
pub fn parse(text: &str) -> Vec<Sealed> {
    text.lines().filter(|line| !line.trim().is_empty()).map(Line::read).collect()
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Finding {
    /// Can't be read or was altered; the record after it says that it stood there.
    Damaged { seq: u64, why: ReadError },
    /// Nothing after this record can be believed.
    Stops { after: u64, problem: Problem },
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verified {
    pub records: u64,
    pub head: Head,
    pub findings: Vec<Finding>,
}

/// Follows the whole chain and checks every signature. A cut end can't be seen in the file alone: compare `head` with the
/// one that the server acknowledged last.
pub fn verify(sealed: &[Sealed], terminal: TerminalId, journal: u32, key: PublicKey) -> Verified {
    let held = Held { terminal, journal, key, head: Head::default() };
    let received = receive(&held, sealed, |_| None);
    let mut findings = Vec::new();
    let mut records = 0;
    for fate in &received.fates {
        match fate {
            Fate::Take(_) => records += 1,
            Fate::Quarantine { seq, why } => findings.push(Finding::Damaged { seq: *seq, why: why.clone() }),
            Fate::Known { .. } => {}
        }
    }
    let after = received.head.seq;
    findings.extend(received.problem.map(|problem| Finding::Stops { after, problem }));
    Verified { records, head: received.head, findings }
}

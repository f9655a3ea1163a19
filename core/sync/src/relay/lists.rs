//! Fetching a newer list of lost cards from a neighbour, part by part. It comes from one neighbour at a time, and the
//! school's signature on the whole list says whether it is believed; nothing here does.

use super::message::{PART_BYTES, Said};
use std::collections::BTreeMap;
use yitong_values::TerminalId;

/// A longer list is pulled from the server only: two million cards.
pub const LIST_BYTES_MAX: usize = 512 * 1024;
/// Parts that are given for one question.
const PARTS_AT_ONCE: usize = 32;
const ASK_EVERY_MS: u64 = 300;
/// A neighbour that gives nothing for so long is not asked any more.
const PATIENCE_MS: u64 = 6_000;

#[derive(Debug)]
pub(super) struct Fetch {
    pub(super) from: TerminalId,
    pub(super) version: u32,
    bytes: Option<u32>,
    parts: BTreeMap<u16, Vec<u8>>,
    asked_ms: Option<u64>,
    moved_ms: u64,
}

impl Fetch {
    pub(super) fn new(from: TerminalId, version: u32, mono_ms: u64) -> Fetch {
        Fetch { from, version, bytes: None, parts: BTreeMap::new(), asked_ms: None, moved_ms: mono_ms }
    }

    pub(super) fn is_over(&self, mono_ms: u64) -> bool {
        mono_ms.saturating_sub(self.moved_ms) > PATIENCE_MS
    }

    /// The next question, when it is time for it.
    pub(super) fn ask(&mut self, mono_ms: u64) -> Option<Said> {
        if self.asked_ms.is_some_and(|at| mono_ms.saturating_sub(at) < ASK_EVERY_MS) {
            return None;
        }
        self.asked_ms = Some(mono_ms);
        let missing = (0..=u16::MAX).find(|index| !self.parts.contains_key(index))?;
        Some(Said::AskList { to: self.from, version: self.version, from: missing })
    }

    /// The whole list, when this was the last part of it.
    pub(super) fn take(&mut self, (bytes, index): (u32, u16), part: Vec<u8>, mono_ms: u64) -> Option<Vec<u8>> {
        let whole = usize::try_from(bytes).ok().filter(|whole| *whole <= LIST_BYTES_MAX)?;
        let begins = usize::from(index) * PART_BYTES;
        let fits = begins < whole && part.len() == PART_BYTES.min(whole - begins);
        if !fits || self.bytes.is_some_and(|known| known != bytes) {
            return None;
        }
        self.bytes = Some(bytes);
        if self.parts.insert(index, part).is_none() {
            self.moved_ms = mono_ms;
        }
        let complete = self.parts.len() == whole.div_ceil(PART_BYTES);
        complete.then(|| std::mem::take(&mut self.parts).into_values().flatten().collect())
    }
}

pub(super) fn parts(version: u32, from: u16, bytes: &[u8]) -> Vec<Said> {
    if bytes.len() > LIST_BYTES_MAX {
        return Vec::new();
    }
    let whole = u32::try_from(bytes.len()).expect("half a megabyte is a small number");
    let all = (0u16..).zip(bytes.chunks(PART_BYTES)).skip(usize::from(from)).take(PARTS_AT_ONCE);
    all.map(|(index, part)| Said::ListPart { version, bytes: whole, index, part: part.to_vec() }).collect()
}

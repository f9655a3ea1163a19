//! The journal of a terminal: the only truth of money at the counter. Append-only, numbered, chained, signed, and on
//! the disk before anybody is told "paid".
//!
//! It is text: one record a line, its signature before it, so that it can be read, copied to a stick and verified with
//! nothing but this crate. A folder holds segments; one that is old and acknowledged is packed, never deleted.

mod files;
mod line;
mod open;
mod pretend;
mod verify;

#[cfg(test)]
mod tests;

pub use files::{Files, Folder};
pub use open::{Acknowledged, Opened, Torn};
pub use pretend::{Fault, Pretend};
pub use verify::{Finding, Verified, parse, verify};

use line::Line;
use std::collections::BTreeMap;
use std::io;
use yitong_sync::{Body, DeviceKey, Head, Sealed, Stamp};
use yitong_values::{TerminalId, Timestamp};

/// A segment is closed when it is larger: some thousand sales.
pub const SEGMENT_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// With less room on the disk than this, nothing is sold that the server hasn't confirmed.
pub const LOW_BYTES: u64 = 64 * 1024 * 1024;
/// With less than this nothing is sold at all: what is under way can still be ended.
pub const FULL_BYTES: u64 = 8 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("reading or writing {file}")]
    Disk {
        file: String,
        #[source]
        source: io::Error,
    },
    /// After a failed sync nobody knows what is on the disk. The journal is opened again before anything is written.
    #[error("the journal must be opened again: an earlier write did not reach the disk")]
    Doubtful,
    /// The journal in this folder belongs to another terminal or device.
    #[error("the journal in this folder is of another terminal or device")]
    Stranger,
    /// The chain of the records that are here doesn't hold; somebody altered the file.
    #[error("record {seq} does not follow the one before it")]
    Broken { seq: u64 },
}

fn disk(file: &str) -> impl FnOnce(io::Error) -> JournalError + '_ {
    |source| JournalError::Disk { file: file.to_owned(), source }
}

/// How much can still be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Room {
    Enough,
    /// Sell only what the server confirms.
    Low,
    Full,
}

#[derive(Debug)]
pub struct Journal<F: Files> {
    files: F,
    terminal: TerminalId,
    number: u32,
    key: DeviceKey,
    head: Head,
    /// Segments by the number of their first record, with what they hold.
    segments: BTreeMap<u64, Segment>,
    acknowledged: Acknowledged,
    /// What stands of it on the disk is older.
    unkept: bool,
    /// A write failed: see [`JournalError::Doubtful`].
    doubtful: bool,
}

#[derive(Clone, Debug)]
struct Segment {
    name: String,
    bytes: u64,
    /// Where each record begins, for reading from the middle. A packed segment has none.
    offsets: Vec<u64>,
    last: u64,
    packed: bool,
    /// Of its last record.
    ended: Timestamp,
}

impl<F: Files> Journal<F> {
    pub fn head(&self) -> Head {
        self.head
    }

    pub fn acknowledged(&self) -> Head {
        self.acknowledged.head
    }

    /// When it was acknowledged last, by the server's clock.
    pub fn acknowledged_at(&self) -> Timestamp {
        self.acknowledged.at
    }

    pub fn number(&self) -> u32 {
        self.number
    }

    pub fn unsent(&self) -> u64 {
        self.head.seq.saturating_sub(self.acknowledged.head.seq)
    }

    pub fn bytes(&self) -> u64 {
        self.segments.values().map(|segment| segment.bytes).sum()
    }

    pub fn room(&self) -> Result<Room, JournalError> {
        let free = self.files.free_bytes().map_err(disk("."))?;
        let (low, full) = (free < LOW_BYTES, free < FULL_BYTES);
        Ok(if full {
            Room::Full
        } else if low {
            Room::Low
        } else {
            Room::Enough
        })
    }

    /// Writes one record and returns when it is on the disk.
    pub fn append(&mut self, stamp: Stamp, body: Body) -> Result<Head, JournalError> {
        self.append_all(vec![(stamp, body)])
    }

    /// Writes records together, with one sync.
    pub fn append_all(&mut self, records: Vec<(Stamp, Body)>) -> Result<Head, JournalError> {
        if self.doubtful {
            return Err(JournalError::Doubtful);
        }
        let (mut head, mut text, mut lengths, mut ended) = (self.head, String::new(), Vec::new(), Timestamp::default());
        for (stamp, body) in records {
            let record = head.next(self.terminal, self.number, stamp, body);
            let sealed = Sealed::seal(&record, &self.key);
            head = Head { seq: record.seq, hash: sealed.hash() };
            let before = text.len();
            Line::write(&sealed, &mut text);
            lengths.push((text.len() - before) as u64);
            ended = stamp.at;
        }
        if lengths.is_empty() {
            return Ok(self.head);
        }
        let first = self.head.seq + 1;
        self.make_room_for(first)?;
        let (_, segment) = self.segments.last_key_value().expect("a segment was opened");
        let (name, length) = (segment.name.clone(), segment.bytes);
        let written = self.files.append(&name, text.as_bytes()).and_then(|()| self.files.sync(&name));
        if let Err(source) = written {
            // A torn line is cut off where it can be. Whether or not that worked, what is on the disk is read again
            // before anything else is written.
            self.doubtful = true;
            let _ = self.files.truncate(&name, length);
            return Err(JournalError::Disk { file: name, source });
        }
        let mut segment = self.segments.last_entry().expect("a segment was opened");
        let segment = segment.get_mut();
        for length in lengths {
            segment.offsets.push(segment.bytes);
            segment.bytes += length;
        }
        (segment.last, segment.ended) = (head.seq, ended);
        self.head = head;
        Ok(head)
    }

    /// Opens the next segment when there is none or the last one is full.
    fn make_room_for(&mut self, first: u64) -> Result<(), JournalError> {
        let has_room = |segment: &Segment| !segment.packed && segment.bytes < SEGMENT_BYTES_MAX;
        if self.segments.last_key_value().is_some_and(|(_, segment)| has_room(segment)) {
            return Ok(());
        }
        let name = line::segment_name(self.number, first);
        self.files.create(&name).map_err(disk(&name))?;
        let segment = Segment {
            name,
            bytes: 0,
            offsets: Vec::new(),
            last: first - 1,
            packed: false,
            ended: Timestamp::default(),
        };
        self.segments.insert(first, segment);
        Ok(())
    }

    /// Records after `after`, oldest first, as they were signed.
    pub fn read(&self, after: u64, records_max: usize, bytes_max: usize) -> Result<Vec<Sealed>, JournalError> {
        let (mut found, mut bytes) = (Vec::new(), 0usize);
        let from = self.segments.range(..=after + 1).next_back().map_or(0, |(first, _)| *first);
        for (first, segment) in self.segments.range(from..) {
            if segment.last <= after {
                continue;
            }
            for text in self.lines_of(segment, *first, after)? {
                if found.len() >= records_max || (bytes + text.len() > bytes_max && !found.is_empty()) {
                    return Ok(found);
                }
                bytes += text.len();
                found.push(Line::read(&text));
            }
        }
        Ok(found)
    }

    fn lines_of(&self, segment: &Segment, first: u64, after: u64) -> Result<Vec<String>, JournalError> {
        let skip = (after + 1).saturating_sub(first);
        let offset = segment.offsets.get(skip as usize).copied().unwrap_or(0);
        let bytes =
            self.files.read(&segment.name, if segment.packed { 0 } else { offset }).map_err(disk(&segment.name))?;
        let text = if segment.packed { line::unpacked(&bytes).map_err(disk(&segment.name))? } else { bytes };
        let text = String::from_utf8_lossy(&text);
        let start = if segment.packed { first } else { first + skip };
        let numbered = (start..).zip(text.lines()).filter(|(seq, _)| *seq > after);
        Ok(numbered.map(|(_, line)| line.to_owned()).collect())
    }

    /// The server has everything up to here, and had it at this moment of its clock. Until it is kept, a restart sends
    /// some of it again.
    pub fn acknowledge(&mut self, head: Head, at: Timestamp) {
        self.acknowledged = Acknowledged { journal: self.number, head, at };
        self.unkept = true;
    }

    /// Writes to the disk what was acknowledged. That takes two syncs, so it is done when nobody waits.
    pub fn keep_acknowledged(&mut self) -> Result<(), JournalError> {
        if !self.unkept {
            return Ok(());
        }
        let text = serde_json::to_vec(&self.acknowledged).expect("a head is plain JSON");
        self.files.replace(open::ACKNOWLEDGED, &text).map_err(disk(open::ACKNOWLEDGED))?;
        self.unkept = false;
        Ok(())
    }

    /// Packs segments whose last record is acknowledged and older than `before`. The one that is written stays as it
    /// is.
    pub fn pack(&mut self, before: Timestamp) -> Result<u32, JournalError> {
        let newest = self.segments.last_key_value().map(|(first, _)| *first);
        let mut packed = 0;
        for (first, segment) in &mut self.segments {
            let done = segment.last <= self.acknowledged.head.seq && segment.ended < before;
            if segment.packed || Some(*first) == newest || !done {
                continue;
            }
            let text = self.files.read(&segment.name, 0).map_err(disk(&segment.name))?;
            let name = format!("{}.gz", segment.name);
            let small = line::packed(&text).map_err(disk(&name))?;
            self.files.replace(&name, &small).map_err(disk(&name))?;
            self.files.remove(&segment.name).map_err(disk(&segment.name))?;
            (segment.name, segment.bytes, segment.packed) = (name, small.len() as u64, true);
            segment.offsets = Vec::new();
            packed += 1;
        }
        Ok(packed)
    }

    /// Everything as one text, for a stick: readable by [`parse`].
    pub fn export(&self) -> Result<String, JournalError> {
        let mut text = String::new();
        for (first, segment) in &self.segments {
            for line in self.lines_of(segment, *first, 0)? {
                text.push_str(&line);
                text.push('\n');
            }
        }
        Ok(text)
    }

    pub fn into_files(self) -> F {
        self.files
    }
}

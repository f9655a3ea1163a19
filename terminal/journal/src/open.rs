//! Opening a journal after whatever happened: a start, a kill, a power cut in the middle of a line.

use crate::line::{self, Line};
use crate::{Files, Journal, JournalError, Segment, disk};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use yitong_sync::{DeviceKey, Head, Record, Sealed};
use yitong_values::{TerminalId, Timestamp};

pub(crate) const ACKNOWLEDGED: &str = "acknowledged.json";

/// What the server has, kept beside the journal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Acknowledged {
    pub journal: u32,
    pub head: Head,
    /// By the server's clock. Without it (earlier versions) all is sent again.
    #[serde(with = "yitong_sync::wire::forms::ms")]
    pub at: Timestamp,
}

/// The end of a line that was cut off: the power went while it was written, so nobody was told "paid".
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Torn {
    pub segment: String,
    pub bytes: u64,
}

#[derive(Debug)]
pub struct Opened<F: Files> {
    pub journal: Journal<F>,
    pub torn: Option<Torn>,
    /// Records that are there and can't be read: a bad spot on the disk. The chain goes on behind them.
    pub damaged: Vec<u64>,
}

/// Where the reading of all segments has come to.
struct Reading<'a> {
    terminal: TerminalId,
    number: u32,
    key: &'a DeviceKey,
    head: Head,
    damaged: Vec<u64>,
    ended: Timestamp,
}

impl<F: Files> Journal<F> {
    /// Reads journal `number` in this folder and hands each record to `each`, oldest first. A torn last line is cut off;
    /// a chain that doesn't hold is refused.
    pub fn open(
        mut files: F,
        terminal: TerminalId,
        number: u32,
        key: DeviceKey,
        mut each: impl FnMut(Record),
    ) -> Result<Opened<F>, JournalError> {
        let mut reading = Reading {
            terminal,
            number,
            key: &key,
            head: Head::default(),
            damaged: Vec::new(),
            ended: Timestamp::default(),
        };
        let names = named(&files.list().map_err(disk("."))?, number);
        let mut segments = BTreeMap::new();
        let mut torn = None;
        let newest = names.last_key_value().map(|(first, _)| *first);
        for (first, (name, packed)) in names {
            let bytes = files.read(&name, 0).map_err(disk(&name))?;
            let text = if packed { line::unpacked(&bytes).map_err(disk(&name))? } else { bytes.clone() };
            let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            if whole < text.len() {
                if Some(first) != newest {
                    return Err(JournalError::Broken { seq: reading.head.seq + 1 });
                }
                files.truncate(&name, whole as u64).map_err(disk(&name))?;
                torn = Some(Torn { segment: name.clone(), bytes: (text.len() - whole) as u64 });
            }
            let offsets = reading.segment(first, &text[..whole], &mut each)?;
            let bytes = if packed { bytes.len() } else { whole } as u64;
            let offsets = if packed { Vec::new() } else { offsets };
            let (last, ended) = (reading.head.seq, reading.ended);
            segments.insert(first, Segment { name, bytes, offsets, last, packed, ended });
        }
        let (head, damaged) = (reading.head, reading.damaged);
        let acknowledged = acknowledged(&files, number, head);
        let journal =
            Journal { files, terminal, number, key, head, segments, acknowledged, unkept: false, doubtful: false };
        Ok(Opened { journal, torn, damaged })
    }
}

impl Reading<'_> {
    /// Lines of one segment, each of which must follow the one before it. Returns where each begins.
    fn segment(&mut self, first: u64, text: &[u8], each: &mut impl FnMut(Record)) -> Result<Vec<u64>, JournalError> {
        if first != self.head.seq + 1 {
            return Err(JournalError::Broken { seq: self.head.seq + 1 });
        }
        let text = String::from_utf8_lossy(text);
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let sealed: Vec<Sealed> = lines.iter().map(|line| Line::read(line.trim_end_matches('\n'))).collect();
        let (mut offsets, mut at) = (Vec::with_capacity(lines.len()), 0u64);
        for (index, one) in sealed.iter().enumerate() {
            self.record(one, sealed.get(index + 1), each)?;
            offsets.push(at);
            at += lines[index].len() as u64;
        }
        Ok(offsets)
    }

    /// The hashes say whether a record is in its place. Signatures are the server's and [`crate::verify`]'s to check: one
    /// costs twenty times as much, and a till has to start at once. Only what the hashes can't explain is looked into.
    fn record(
        &mut self,
        sealed: &Sealed,
        next: Option<&Sealed>,
        each: &mut impl FnMut(Record),
    ) -> Result<(), JournalError> {
        let seq = self.head.seq + 1;
        let read: Option<Record> = serde_json::from_str(&sealed.payload).ok();
        let hash = sealed.hash();
        match read {
            Some(record) if (record.terminal, record.journal) != (self.terminal, self.number) => {
                Err(JournalError::Stranger)
            }
            Some(record) if record.seq == seq && record.prev == self.head.hash && self.in_place(hash, seq, next) => {
                if seq == 1 && sealed.open(&self.key.public()).is_err() {
                    return Err(JournalError::Stranger);
                }
                self.ended = record.stamp.at;
                self.head = Head { seq, hash };
                each(record);
                Ok(())
            }
            _ => self.vouched(seq, next),
        }
    }

    /// The last record has nobody behind it that names its hash, so its own signature has to.
    fn in_place(&self, hash: yitong_sync::Hash, seq: u64, next: Option<&Sealed>) -> bool {
        let named = next.and_then(|next| next.place(&self.key.public()).ok().map(|place| (place.seq, place.prev)));
        match named {
            Some((next, prev)) if next == seq + 1 => prev == hash,
            _ => true,
        }
    }

    /// A spot that can't be read, when the device's next record says what stood there.
    fn vouched(&mut self, seq: u64, next: Option<&Sealed>) -> Result<(), JournalError> {
        let next = next.and_then(|next| next.place(&self.key.public()).ok());
        match next {
            Some(next) if next.seq == seq + 1 => {
                self.damaged.push(seq);
                self.head = Head { seq, hash: next.prev };
                Ok(())
            }
            _ => Err(JournalError::Broken { seq }),
        }
    }
}

/// Segments of one journal by their first record. Packing may have been cut between writing the packed one and removing
/// the other: then the plain one counts.
fn named(names: &[String], number: u32) -> BTreeMap<u64, (String, bool)> {
    let mut found: BTreeMap<u64, (String, bool)> = BTreeMap::new();
    for name in names {
        let Some((journal, first, packed)) = line::read_name(name) else { continue };
        if journal != number || (packed && found.contains_key(&first)) {
            continue;
        }
        found.insert(first, (name.clone(), packed));
    }
    found
}

/// What was acknowledged. Unreadable, of another journal, or beyond what is here (a journal that was set back): all is
/// sent again, and the server says what it makes of that.
fn acknowledged(files: &impl Files, number: u32, head: Head) -> Acknowledged {
    let kept = files.read(ACKNOWLEDGED, 0).ok();
    let kept: Option<Acknowledged> = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    kept.filter(|kept| kept.journal == number && kept.head.seq <= head.seq).unwrap_or(Acknowledged {
        journal: number,
        head: Head::default(),
        at: Timestamp::default(),
    })
}

//! The memory of uses as bytes, for a reader that is switched off: a name, the school, the number of entries, entries,
//! SHA-256 of all before. The hash finds a file that was cut by the power; it is no protection from somebody who may
//! write that file.

use crate::answers::Problem;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use yitong_code::{EPOCH_MS, HOUR_MS, MINUTE_MS, Memory, School};

const NAME: &[u8; 12] = b"C1\0memory\x001\0";
const HEAD: usize = NAME.len() + 16 + 4;
/// Serial, order of the last use, end.
const ENTRY: usize = 4 + 8 + 8;
const HASH: usize = 32;
/// When a credential can end: its start has 24 bits of minutes.
const ENDS_MS: core::ops::Range<i64> = EPOCH_MS..EPOCH_MS + (1 << 24) * MINUTE_MS + 48 * HOUR_MS + 1;

pub fn write(school: School, memory: &Memory) -> Vec<u8> {
    let entries = memory.iter().count();
    let mut bytes = Vec::with_capacity(HEAD + entries * ENTRY + HASH);
    bytes.extend_from_slice(NAME);
    bytes.extend_from_slice(&school);
    bytes.extend_from_slice(&(entries as u32).to_be_bytes());
    for (_, serial, order, ends_ms) in memory.iter() {
        bytes.extend_from_slice(&serial.to_be_bytes());
        bytes.extend_from_slice(&order.to_be_bytes());
        bytes.extend_from_slice(&ends_ms.to_be_bytes());
    }
    let hash: [u8; HASH] = Sha256::digest(&bytes).into();
    bytes.extend_from_slice(&hash);
    bytes
}

/// What was written, together with what is held: of each phone the later use. The memory comes back with all its
/// places, so that no use has to ask for more.
pub fn read(bytes: &[u8], school: School, held: &Memory, capacity: usize) -> Result<Memory, Problem> {
    let (body, hash) = bytes.split_last_chunk::<HASH>().ok_or(Problem::Malformed)?;
    if body.len() < HEAD || Sha256::digest(body) != *hash || body[..NAME.len()] != *NAME {
        return Err(Problem::Malformed);
    }
    let (head, entries) = body.split_at(HEAD);
    let (of, count) = (&head[NAME.len()..NAME.len() + 16], &head[NAME.len() + 16..]);
    let count = u32::from_be_bytes(count.try_into().expect("four bytes of a head")) as usize;
    if entries.len() != count * ENTRY {
        return Err(Problem::Malformed);
    }
    if of != school {
        return Err(Problem::WrongSchool);
    }
    let entries: Vec<_> = entries.chunks_exact(ENTRY).map(|entry| entry_of(entry, school)).chain(held.iter()).collect();
    if !entries.iter().all(|entry| ENDS_MS.contains(&entry.3)) {
        return Err(Problem::Malformed);
    }
    if entries.iter().map(|entry| entry.1).collect::<BTreeSet<_>>().len() > capacity {
        return Err(Problem::NoRoom);
    }
    let mut memory = Memory::new(capacity);
    entries.into_iter().for_each(|(school, serial, order, ends_ms)| memory.restore(school, serial, order, ends_ms));
    Ok(memory)
}

fn entry_of(bytes: &[u8], school: School) -> (School, u32, u64, i64) {
    let (serial, rest) = bytes.split_first_chunk().expect("twenty bytes of an entry");
    let (order, end) = rest.split_first_chunk().expect("sixteen bytes of an entry");
    let end = end.try_into().expect("eight bytes of an entry");
    (school, u32::from_be_bytes(*serial), u64::from_be_bytes(*order), i64::from_be_bytes(end))
}

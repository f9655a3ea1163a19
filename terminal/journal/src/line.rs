//! A record as a line of text, and the names of segments.

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::io::{self, Read, Write};
use yitong_sync::{Sealed, Signature};

/// What a packed segment may grow to.
const UNPACKED_BYTES_MAX: u64 = 64 * 1024 * 1024;

pub struct Line;

impl Line {
    /// `<signature> <payload>`: JSON text has no line break of its own.
    pub fn write(sealed: &Sealed, to: &mut String) {
        to.push_str(&String::from(sealed.signature));
        to.push(' ');
        to.push_str(&sealed.payload);
        to.push('\n');
    }

    /// A line that was damaged stays what it is: its signature fails, and the record after it vouches for its place.
    pub fn read(text: &str) -> Sealed {
        let (signature, payload) = text.split_once(' ').unwrap_or(("", text));
        let signature = Signature::try_from(signature.to_owned()).unwrap_or(Signature::from_bytes([0; 64]));
        Sealed { payload: payload.to_owned(), signature }
    }
}

/// `journal-0001-000000000001.log`: the number of the journal and of the first record.
pub fn segment_name(journal: u32, first: u64) -> String {
    format!("journal-{journal:04}-{first:012}.log")
}

/// Journal, first record, and whether it is packed.
pub fn read_name(name: &str) -> Option<(u32, u64, bool)> {
    let (stem, packed) = match name.strip_suffix(".log.gz") {
        Some(stem) => (stem, true),
        None => (name.strip_suffix(".log")?, false),
    };
    let (journal, first) = stem.strip_prefix("journal-")?.split_once('-')?;
    Some((journal.parse().ok()?, first.parse().ok()?, packed))
}

pub fn packed(text: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text)?;
    encoder.finish()
}

pub fn unpacked(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    GzDecoder::new(bytes).take(UNPACKED_BYTES_MAX).read_to_end(&mut text)?;
    Ok(text)
}

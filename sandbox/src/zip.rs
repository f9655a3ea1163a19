//! A ZIP archive in memory, with names as raw bytes: Alipay's are GBK and say nothing of it, which a writer for
//! everybody does not do.

use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write;

const DEFLATED: u16 = 8;
const VERSION: u16 = 20;
// 2026-11-24 09:00, in the format of DOS: what it is does not matter, but that it is a date does.
const TIME: u16 = 9 << 11;
const DATE: u16 = (46 << 9) | (11 << 5) | 24;

pub fn archive(files: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let offset = length(&out);
        let entry = entry(name, bytes);
        out.extend(b"PK\x03\x04");
        out.extend(&entry.head);
        out.extend(name);
        out.extend(&entry.packed);
        directory.extend(b"PK\x01\x02");
        directory.extend(VERSION.to_le_bytes());
        directory.extend(&entry.head);
        // No comment, first disk, no attributes.
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name);
    }
    let count = u16::try_from(files.len()).expect("an archive of the sandbox holds few files");
    let (start, size) = (length(&out), length(&directory));
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

struct Entry {
    /// What the local header and the directory have in common.
    head: Vec<u8>,
    packed: Vec<u8>,
}

fn entry(name: &[u8], bytes: &[u8]) -> Entry {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    let packed = encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes what is written");
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    let mut head = Vec::new();
    for field in [VERSION, 0, DEFLATED, TIME, DATE] {
        head.extend(field.to_le_bytes());
    }
    for field in [crc.sum(), length(&packed), length(bytes)] {
        head.extend(field.to_le_bytes());
    }
    head.extend(u16::try_from(name.len()).expect("a name is short").to_le_bytes());
    head.extend([0, 0]);
    Entry { head, packed }
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("a bill of the sandbox is small")
}

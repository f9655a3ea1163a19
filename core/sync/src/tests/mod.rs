//! Examples and properties of the conversation.

mod journals;
mod leases;
mod times;

use crate::{Body, DeviceKey, Head, Sealed, Stamp};
use uuid::Uuid;
use yitong_values::{TerminalId, Timestamp};

/// Tuesday 2026-11-24 12:00 in China.
const LUNCH: Timestamp = Timestamp::from_ms(1_795_492_800_000);

fn terminal() -> TerminalId {
    TerminalId::new(Uuid::from_u128(7))
}

fn key() -> DeviceKey {
    DeviceKey::from_seed(&[3; 32])
}

fn stamp(seq: u64) -> Stamp {
    let at = LUNCH.plus_ms(seq as i64 * 1_000);
    Stamp { at, wall: at, boot: 1, mono_ms: seq * 1_000, token_age_ms: Some(5_000) }
}

/// A journal of so many notes, and where it ends.
fn journal(records: u64) -> (Vec<Sealed>, Head) {
    continued(Head::default(), records, "")
}

fn continued(mut head: Head, records: u64, word: &str) -> (Vec<Sealed>, Head) {
    let mut sealed = Vec::new();
    for _ in 0..records {
        let body = Body::Noted { code: "test".into(), detail: format!("{word}{}", head.seq + 1) };
        let record = head.next(terminal(), 1, stamp(head.seq + 1), body);
        let one = Sealed::seal(&record, &key());
        head = Head { seq: record.seq, hash: one.hash() };
        sealed.push(one);
    }
    (sealed, head)
}

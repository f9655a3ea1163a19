//! Power cuts, full disks, edits and copies.

use super::*;
use proptest::prelude::*;
use uuid::Uuid;
use yitong_sync::{Problem, Record};

const LUNCH: Timestamp = Timestamp::from_ms(1_795_492_800_000);

fn terminal() -> TerminalId {
    TerminalId::new(Uuid::from_u128(7))
}

fn key() -> DeviceKey {
    DeviceKey::from_seed(&[3; 32])
}

fn stamp(seq: u64) -> Stamp {
    let at = LUNCH.plus_ms(seq as i64 * 1_000);
    Stamp { at, wall: at, boot: 1, mono_ms: seq * 1_000, token_age_ms: None }
}

fn note(word: &str) -> Body {
    Body::Noted { code: "test".into(), detail: word.into() }
}

fn words(records: &[Record]) -> Vec<&str> {
    let word = |record| match record {
        &Record { body: Body::Noted { ref detail, .. }, .. } => detail.as_str(),
        _ => "?",
    };
    records.iter().map(word).collect()
}

fn open(files: Pretend) -> Result<(Opened<Pretend>, Vec<Record>), JournalError> {
    let mut records = Vec::new();
    let opened = Journal::open(files, terminal(), 1, key(), |record| records.push(record))?;
    Ok((opened, records))
}

fn written(count: u64) -> Journal<Pretend> {
    let (mut opened, _) = open(Pretend::default()).expect("an empty folder");
    for seq in 1..=count {
        opened.journal.append(stamp(seq), note(&seq.to_string())).expect("there is room");
    }
    opened.journal
}

fn only_segment(files: &Pretend) -> String {
    files.list().expect("listed").into_iter().find(|name| name.ends_with(".log")).expect("a segment")
}

#[test]
fn what_was_written_is_there_after_a_power_cut() {
    let journal = written(5);
    let head = journal.head();
    let (opened, records) = open(journal.into_files().power_cut(0)).expect("sound");
    assert_eq!((opened.journal.head(), words(&records)), (head, vec!["1", "2", "3", "4", "5"]));
    assert_eq!((opened.torn, opened.damaged), (None, vec![]));
    assert_eq!(opened.journal.unsent(), 5);
    let read = opened.journal.read(2, 2, 1 << 20).expect("readable");
    let seqs: Vec<_> = read.iter().map(|sealed| sealed.open(&key().public()).expect("signed").seq).collect();
    assert_eq!(seqs, [3, 4]);
    assert_eq!(opened.journal.read(0, 100, 1).expect("readable").len(), 1, "one always fits");
}

#[test]
fn a_torn_line_is_cut_off_and_writing_goes_on() {
    let mut journal = written(2);
    journal.files.fault = Some(Fault::TornAppend { bytes: 40 });
    assert!(journal.append(stamp(3), note("3")).is_err());
    assert!(matches!(journal.append(stamp(3), note("3")), Err(JournalError::Doubtful)));
    // The truncation did not arrive either: the power was gone.
    let mut files = written(2).into_files();
    let name = only_segment(&files);
    files.edit(&name, |bytes| bytes.extend_from_slice(b"AAAA {\"terminal\":"));
    let (mut opened, records) = open(files).expect("sound");
    assert_eq!((records.len(), opened.torn.map(|torn| torn.bytes)), (2, Some(17)));
    opened.journal.append(stamp(3), note("3")).expect("there is room");
    let (_, records) = open(opened.journal.into_files().power_cut(0)).expect("sound");
    assert_eq!(words(&records), ["1", "2", "3"]);
}

#[test]
fn a_full_disk_or_a_failed_sync_is_said_and_never_counted() {
    for fault in [Fault::Full { bytes: 10 }, Fault::SyncFails] {
        let mut journal = written(2);
        journal.files.fault = Some(fault);
        assert!(journal.append(stamp(3), note("3")).is_err(), "{fault:?}");
        assert_eq!(journal.head().seq, 2);
        let (opened, records) = open(journal.into_files()).expect("sound");
        assert_eq!((opened.journal.head().seq, records.len()), (2, 2), "{fault:?}");
    }
    let mut journal = written(1);
    let rooms = [(LOW_BYTES, Room::Enough), (LOW_BYTES - 1, Room::Low), (FULL_BYTES - 1, Room::Full)];
    for (free, room) in rooms {
        journal.files.free = free;
        assert_eq!(journal.room().expect("asked"), room);
    }
}

#[test]
fn an_edited_or_cut_journal_is_not_believed() {
    let files = written(4).into_files();
    let name = only_segment(&files);
    let lines = |bytes: &mut Vec<u8>, with: fn(&mut Vec<String>)| {
        let text = String::from_utf8(bytes.clone()).expect("text");
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        with(&mut lines);
        *bytes = (lines.join("\n") + "\n").into_bytes();
    };
    let edited = |with: fn(&mut Vec<String>)| {
        let mut files = files.clone();
        files.edit(&name, |bytes| lines(bytes, with));
        open(files)
    };
    let (opened, records) =
        edited(|lines| lines[1] = lines[1].replace("\"2\"", "\"9\"")).expect("the next one vouches");
    assert_eq!((opened.damaged, words(&records)), (vec![2], vec!["1", "3", "4"]));
    assert!(matches!(edited(|lines| drop(lines.remove(1))), Err(JournalError::Broken { seq: 2 })));
    assert!(matches!(edited(|lines| lines.swap(1, 2)), Err(JournalError::Broken { .. })));
    let other = Journal::open(files.clone(), TerminalId::new(Uuid::from_u128(8)), 1, key(), |_| {});
    assert!(matches!(other, Err(JournalError::Stranger)));
    let other = Journal::open(files, terminal(), 1, DeviceKey::from_seed(&[4; 32]), |_| {});
    assert!(matches!(other, Err(JournalError::Stranger)));
}

#[test]
fn old_segments_are_packed_and_still_read() {
    let mut journal = written(0);
    let long = "长".repeat(3_000);
    let mut seq = 0;
    while journal.segments.len() < 3 {
        let records = (0..100).map(|i| (stamp(seq + 1 + i), note(&long))).collect();
        journal.append_all(records).expect("there is room");
        seq += 100;
    }
    assert_eq!(journal.pack(LUNCH.plus_ms(1 << 40)).expect("packed"), 0, "nothing is acknowledged");
    let before = journal.bytes();
    journal.acknowledge(journal.head(), LUNCH);
    journal.keep_acknowledged().expect("kept");
    assert_eq!(journal.pack(LUNCH).expect("packed"), 0, "nothing is old enough");
    assert_eq!(journal.pack(LUNCH.plus_ms(1 << 40)).expect("packed"), 2);
    assert!(journal.bytes() < before / 2);
    let head = journal.head();
    let exported = parse(&journal.export().expect("exported"));
    assert_eq!(exported.len() as u64, seq);
    let (opened, records) = open(journal.into_files().power_cut(0)).expect("sound");
    assert_eq!((records.len() as u64, opened.journal.head(), opened.journal.acknowledged()), (seq, head, head));
    assert_eq!(opened.journal.read(seq - 1, 9, 1 << 20).expect("readable").len(), 1);
    assert_eq!(opened.journal.read(3, 2, 1 << 20).expect("readable").len(), 2, "from a packed segment");
}

#[test]
fn a_stick_is_verified_without_the_device() {
    let sealed = parse(&written(5).export().expect("exported"));
    let check = |sealed: &[Sealed]| verify(sealed, terminal(), 1, key().public());
    assert_eq!((check(&sealed).records, check(&sealed).findings), (5, vec![]));
    let mut edited = sealed.clone();
    edited[2].payload = edited[2].payload.replace("\"3\"", "\"4\"");
    assert!(matches!(check(&edited).findings[..], [Finding::Damaged { seq: 3, .. }]));
    let cut = [&sealed[..1], &sealed[2..]].concat();
    assert_eq!(check(&cut).findings, [Finding::Stops { after: 1, problem: Problem::Gap }]);
    assert_eq!(check(&sealed[..3]).head.seq, 3, "a cut end shows only beside the server's head");
}

#[test]
fn the_real_folder_holds_what_was_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let opening = || Journal::open(Folder::open(folder.path()).expect("opened"), terminal(), 1, key(), |_| {});
    let mut opened = opening().expect("empty");
    for seq in 1..=3 {
        opened.journal.append(stamp(seq), note("x")).expect("written");
    }
    opened.journal.acknowledge(opened.journal.head(), LUNCH);
    assert_eq!(opening().expect("sound").journal.unsent(), 3, "only in memory: all would be sent again");
    opened.journal.keep_acknowledged().expect("kept");
    let again = opening().expect("sound").journal;
    assert_eq!((again.head().seq, again.unsent(), again.acknowledged_at()), (3, 0, LUNCH));
    assert!(again.room().is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Wherever the power goes, what was said to be written is there, in order, and the journal goes on.
    #[test]
    fn nothing_said_is_lost(cuts in prop::collection::vec((1u64..6, 0usize..3, 0usize..400), 1..12)) {
        let (mut files, mut said) = (Pretend::default(), Vec::<String>::new());
        for (round, (count, fault, bytes)) in cuts.into_iter().enumerate() {
            let (opened, records) = open(files).expect("sound");
            let read: Vec<String> = words(&records).into_iter().map(str::to_owned).collect();
            // A record that arrived although its writing was said to have failed may stand at the end; nothing else.
            prop_assert!(read == said || (read.len() == said.len() + 1 && read[..said.len()] == said[..]));
            said = read;
            let mut journal = opened.journal;
            for step in 0..count {
                if step + 1 == count {
                    journal.files.fault = [None, Some(Fault::TornAppend { bytes }), Some(Fault::SyncFails)][fault];
                }
                let word = format!("{round}-{step}");
                if journal.append(stamp(said.len() as u64 + 1), note(&word)).is_ok() {
                    said.push(word);
                }
            }
            files = journal.into_files().power_cut(bytes);
        }
    }
}

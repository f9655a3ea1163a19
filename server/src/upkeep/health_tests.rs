//! Each trouble on an otherwise good day.

use super::*;

const NOW: Timestamp = Timestamp::from_ms(1_795_492_800_000);
const HOUR: i64 = 3_600_000;

fn well() -> Facts {
    Facts {
        now: NOW,
        started: NOW.plus_ms(-90 * HOUR),
        read_ms: Ok(1),
        write_ms: Ok(4),
        space: Some(Space { free: 80 << 30, total: 100 << 30 }),
        database_bytes: Some(300 << 20),
        backups: Backups::On { newest: Some(NOW.plus_ms(-9 * HOUR)), failure: None },
        newest_entry: Some(NOW.plus_ms(-1000)),
        jump: None,
        synchronised: Some(true),
        waiting: 3,
        waiting_max: 4096,
        first_open_day: Some(NOW.china_day()),
        late_messages: (0, None),
        key_file: KeyFile::Good,
        memory_bytes: Some(90 << 20),
    }
}

#[track_caller]
fn check(code: &str, level: Level, trouble: impl FnOnce(&mut Facts), says: &str) {
    let mut facts = well();
    trouble(&mut facts);
    let checks = checks(&facts);
    let found = checks.iter().find(|check| check.code == code).expect("the code is one of the checks");
    assert_eq!(found.level, level, "{found:?}");
    assert!(found.says.1.contains(says), "{found:?}");
    assert!(found.advice.is_some() || level == Level::Ok || level == Level::Unknown, "no advice: {found:?}");
    let others = checks.iter().filter(|check| check.code != code && check.level > Level::Ok);
    assert_eq!(others.count(), 0, "{checks:#?}");
}

#[test]
fn a_good_day_is_green() {
    let checks = checks(&well());
    assert_eq!(worst(&checks), Level::Ok, "{checks:#?}");
    assert!(checks.iter().all(|check| check.advice.is_none()));
}

#[test]
fn each_trouble_is_named() {
    check("database_read", Level::Bad, |f| f.read_ms = Err("gone".into()), "gone");
    check("database_write", Level::Bad, |f| f.write_ms = Err("disk full".into()), "disk full");
    check("database_write", Level::Warn, |f| f.write_ms = Ok(900), "900 ms");
    check("disk_space", Level::Warn, |f| f.space = Some(Space { free: 3 << 30, total: 9 << 30 }), "3.0 GiB of 9.0 GiB");
    check("disk_space", Level::Bad, |f| f.space = Some(Space { free: 5 << 20, total: 9 << 30 }), "5.0 MiB");
    check("disk_space", Level::Unknown, |f| f.space = None, "not known");
    check("queue", Level::Warn, |f| f.waiting = 2048, "2048 units");
    check("queue", Level::Bad, |f| f.waiting = 4090, "4090 units");
    check("day_close", Level::Warn, |f| f.first_open_day = Some(NOW.china_day().plus_days(-5)), "2026-11-19");
    check("day_close", Level::Ok, |f| f.first_open_day = Some(NOW.china_day().plus_days(-1)), "2026-11-23");
    check("key_file", Level::Bad, |f| f.key_file = KeyFile::Missing, "gone");
    check("key_file", Level::Bad, |f| f.key_file = KeyFile::Other, "not the key");
    check("key_file", Level::Warn, |f| f.key_file = KeyFile::ReadableByOthers(0o644), "644");
    check("messages", Level::Warn, |f| f.late_messages = (7, Some(NOW.plus_ms(-HOUR))), "7 messages");
    check("memory", Level::Warn, |f| f.memory_bytes = Some(2 << 30), "2.0 GiB");
}

#[test]
fn a_clock_that_went_back_is_seen() {
    check("clock", Level::Bad, |f| f.newest_entry = Some(NOW.plus_ms(3 * HOUR)), "3 hours behind");
    check("clock", Level::Ok, |f| f.newest_entry = Some(NOW.plus_ms(30_000)), "time server");
    let jump = |at| Some(Jump { at, back_ms: 10 * 60_000 });
    check("clock", Level::Warn, |f| f.jump = jump(NOW.plus_ms(-HOUR)), "10 minutes");
    check("clock", Level::Ok, |f| f.jump = jump(NOW.plus_ms(-100 * HOUR)), "time server");
    check("clock", Level::Warn, |f| f.synchronised = Some(false), "no time server");
    check("clock", Level::Ok, |f| f.synchronised = None, "not known");
}

#[test]
fn an_old_backup_is_told() {
    let age = |hours: i64| {
        move |f: &mut Facts| {
            f.backups = Backups::On { newest: Some(NOW.plus_ms(-hours * HOUR)), failure: None };
        }
    };
    check("backup", Level::Ok, age(25), "25 hours ago");
    check("backup", Level::Warn, age(30), "30 hours ago");
    check("backup", Level::Bad, age(100), "4 days ago");
    check("backup", Level::Warn, |f| f.backups = Backups::Off, "switched off");
    check("backup", Level::Unknown, |f| f.backups = Backups::Elsewhere, "PostgreSQL");
    // None yet: a new server is well until the first one is late.
    let none = Backups::On { newest: None, failure: None };
    check("backup", Level::Bad, |f| f.backups = none.clone(), "no copy yet");
    check(
        "backup",
        Level::Ok,
        |f| {
            f.backups = none.clone();
            f.started = NOW.plus_ms(-HOUR);
        },
        "no copy yet",
    );
    let why = ("磁盘已满".to_owned(), "the disk is full".to_owned());
    let failure = Some(BackupFailure { at: NOW.plus_ms(-9 * HOUR), why });
    check("backup", Level::Warn, |f| f.backups = Backups::On { newest: Some(NOW), failure }, "the disk is full");
}

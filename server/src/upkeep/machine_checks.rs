//! The machine's part of the health page: disk, clock, key file, memory, the program itself.

use super::health::{Check, Facts, KeyFile, Level, check};
use super::spans::{DAY_MS, minute_text, size, span_en, span_zh};

/// Below these a canteen may stop within days, or now.
const FREE_WARN_BYTES: u64 = 5 << 30;
const FREE_BAD_BYTES: u64 = 1 << 30;
const MEMORY_WARN_BYTES: u64 = 1 << 30;
/// A jump is shown for so long: afterwards the days that it may have spoiled have been looked at.
const JUMP_SHOWN_MS: i64 = 3 * DAY_MS;
/// Entries are booked by the clock, so a newer one than now means that the clock went back.
const AHEAD_MS: i64 = 60_000;

pub(super) fn disk(facts: &Facts) -> Check {
    let named = ("disk_space", ("磁盘空间", "Disk space"));
    let Some(space) = facts.space else {
        return check(named, Level::Unknown, "无法得知剩余空间。", "The free space is not known.");
    };
    let (free, total) = (size(space.free), size(space.total));
    let database = facts.database_bytes.map(size);
    let database_zh = database.as_ref().map_or(String::new(), |size| format!("，数据库占 {size}"));
    let database_en = database.map_or(String::new(), |size| format!(", the database takes {size}"));
    let (zh, en) =
        (format!("剩余 {free}，共 {total}{database_zh}。"), format!("{free} of {total} are free{database_en}."));
    let level = match space.free {
        free if free < FREE_BAD_BYTES => Level::Bad,
        free if free < FREE_WARN_BYTES => Level::Warn,
        _ => Level::Ok,
    };
    let found = check(named, level, zh, en);
    if level == Level::Ok {
        return found;
    }
    found.advise(
        "删除此盘上不需要的文件，减少备份保留份数，或换更大的磁盘。不要删除 yitong.db 及其 -wal、-shm 文件。",
        "Remove what is not needed on this disk, keep fewer backups, or use a larger disk. Never remove yitong.db, \
         nor its -wal and -shm files.",
    )
}

pub(super) fn clock(facts: &Facts) -> Check {
    let named = ("clock", ("时钟", "Clock"));
    let advice = (
        "在操作系统中开启自动对时（NTP），核对时间与时区；时间错误期间的账目请与财务核对。",
        "Turn on automatic time (NTP) and look at the machine's time; let finance look at what was booked meanwhile.",
    );
    let ahead = facts.newest_entry.map_or(0, |at| at.since(facts.now));
    if ahead > AHEAD_MS {
        let zh = format!("系统时间比最近一笔账目早 {}：时钟被拨回过。", span_zh(ahead));
        let en = format!("The clock is {} behind the newest entry: it was set back.", span_en(ahead));
        return check(named, Level::Bad, zh, en).advise(advice.0, advice.1);
    }
    if let Some(jump) = facts.jump.filter(|jump| facts.now.since(jump.at) < JUMP_SHOWN_MS) {
        let zh = format!("系统时间在 {} 被拨回 {}。", minute_text(jump.at), span_zh(jump.back_ms));
        let en = format!("At {} the clock went back by {}.", minute_text(jump.at), span_en(jump.back_ms));
        return check(named, Level::Warn, zh, en).advise(advice.0, advice.1);
    }
    let now = minute_text(facts.now);
    match facts.synchronised {
        Some(true) => {
            check(named, Level::Ok, format!("{now}，已与时间服务器同步。"), format!("{now}, follows a time server."))
        }
        Some(false) => {
            let (zh, en) = (format!("{now}，未与时间服务器同步。"), format!("{now}, follows no time server."));
            check(named, Level::Warn, zh, en).advise(advice.0, advice.1)
        }
        None => {
            let zh = format!("{now}，未发现异常；是否自动对时无法得知。");
            let en = format!("{now}, nothing odd; whether it follows a time server is not known.");
            check(named, Level::Ok, zh, en)
        }
    }
}

pub(super) fn key_file(facts: &Facts) -> Check {
    let named = ("key_file", ("密钥文件", "Key file"));
    match facts.key_file {
        KeyFile::Good => check(named, Level::Ok, "存在，且只有本程序可读。", "It is there, and only this program may read it."),
        KeyFile::ReadableByOthers(mode) => {
            let (zh, en) = (format!("其他用户可以读取（权限 {mode:o}）。"), format!("Others may read it (mode {mode:o})."));
            check(named, Level::Warn, zh, en).advise("执行 chmod 600 加密钥文件路径。", "Run chmod 600 on it.")
        }
        KeyFile::Missing => check(named, Level::Bad, "密钥文件不见了。", "The key file is gone.").advise(
            "不要重启！先从密钥的单独备份中恢复此文件；没有它，身份证号与电话无法读取。",
            "Do not restart! Bring the file back from its own backup first; without it ID numbers and phones can't be read.",
        ),
        KeyFile::Other => {
            check(named, Level::Bad, "密钥文件与启动时的不同。", "It is not the key with which the server was started.")
                .advise("从密钥的单独备份中恢复原文件。", "Bring back the right one from its own backup.")
        }
    }
}

pub(super) fn memory(facts: &Facts) -> Check {
    let named = ("memory", ("内存", "Memory"));
    let Some(bytes) = facts.memory_bytes else {
        return check(named, Level::Unknown, "无法得知内存占用。", "The memory in use is not known.");
    };
    let (zh, en) = (format!("本程序占用 {}。", size(bytes)), format!("This program takes {}.", size(bytes)));
    if bytes < MEMORY_WARN_BYTES {
        return check(named, Level::Ok, zh, en);
    }
    check(named, Level::Warn, zh, en).advise(
        "可在空闲时重启；若持续增长请反馈给维护者。",
        "Restart it in a quiet hour; if it keeps growing, tell the maintainers.",
    )
}

pub(super) fn running(facts: &Facts) -> Check {
    let version = env!("CARGO_PKG_VERSION");
    let up = facts.now.since(facts.started).max(0);
    let named = ("version", ("版本与运行时间", "Version and uptime"));
    let (zh, en) =
        (format!("版本 {version}，已运行 {}。", span_zh(up)), format!("Version {version}, up for {}.", span_en(up)));
    check(named, Level::Ok, zh, en)
}

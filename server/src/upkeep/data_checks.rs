//! The data's part of the health page: can it be read and written, is there a copy, are days closed.

use super::health::{BackupFailure, Backups, Check, Facts, Level, check};
use super::spans::{DAY_MS, HOUR_MS, minute_text, span_en, span_zh};

const SLOW_WRITE_MS: u64 = 500;
/// A daily copy may be some hours late, because the machine was off at night.
const BACKUP_WARN_MS: i64 = 26 * HOUR_MS;
const BACKUP_BAD_MS: i64 = 3 * DAY_MS;
const DAYS_OPEN_WARN: i64 = 3;

pub(super) fn reading(facts: &Facts) -> Check {
    let named = ("database_read", ("读取数据库", "Reading the database"));
    match &facts.read_ms {
        Ok(ms) => check(named, Level::Ok, format!("可以读取，用时 {ms} 毫秒。"), format!("It answers, in {ms} ms.")),
        Err(why) => check(named, Level::Bad, format!("无法读取：{why}"), format!("It can't be read: {why}")).advise(
            "检查磁盘或数据库服务器是否正常；恢复后系统会自动继续，无须重启。",
            "See whether the disk or the database server is well; afterwards the server goes on by itself.",
        ),
    }
}

pub(super) fn writing(facts: &Facts) -> Check {
    let named = ("database_write", ("写入数据库", "Writing to the database"));
    match &facts.write_ms {
        Ok(ms) if *ms <= SLOW_WRITE_MS => {
            check(named, Level::Ok, format!("可以写入并落盘，用时 {ms} 毫秒。"), format!("A write was on disk in {ms} ms."))
        }
        Ok(ms) => check(named, Level::Warn, format!("写入很慢，用时 {ms} 毫秒。"), format!("A write took {ms} ms."))
            .advise("磁盘过慢或过忙：停掉同机的其他任务，或换用固态硬盘。", "The disk is slow or busy: stop other work on it, or use an SSD."),
        Err(why) => check(
            named,
            Level::Bad,
            format!("无法写入：{why}。消费与充值已暂停，未作任何改动。"),
            format!("It can't be written: {why}. Purchases and top-ups are refused; nothing is half booked."),
        )
        .advise(
            "多半是磁盘已满或变为只读：腾出空间、恢复写权限。恢复后系统会自动继续，无须重启。",
            "Most often the disk is full or read-only: make room, or make it writable. The server then goes on by itself.",
        ),
    }
}

pub(super) fn backup(facts: &Facts) -> Check {
    let named = ("backup", ("备份", "Backup"));
    let (newest, failure) = match &facts.backups {
        Backups::Elsewhere => {
            let (zh, en) =
                ("使用 PostgreSQL，备份不由本系统制作。", "PostgreSQL is in use; its backups are not made here.");
            return check(named, Level::Unknown, zh, en).advise(
                "请确认 pg_dump 或归档每天执行，并定期演练恢复。",
                "Make sure that pg_dump or archiving runs daily, and try a restore from time to time.",
            );
        }
        Backups::Off => {
            let (zh, en) = ("自动备份已关闭。", "Automatic backups are switched off.");
            return check(named, Level::Warn, zh, en).advise(
                "在配置中设置 [backup] daily_at，或确认另有每日备份（yitong backup）。",
                "Set daily_at under [backup] in the configuration, or make sure that something else runs yitong backup.",
            );
        }
        Backups::On { newest, failure } => (newest, failure),
    };
    let since = newest.map_or(facts.now.since(facts.started), |at| facts.now.since(at));
    let level = match since {
        ms if ms > BACKUP_BAD_MS => Level::Bad,
        ms if ms > BACKUP_WARN_MS => Level::Warn,
        _ => Level::Ok,
    };
    let (zh, en) = match newest {
        Some(at) => (
            format!("最近一份已核对的备份：{}（{}前）。", minute_text(*at), span_zh(since)),
            format!("The newest proven copy is of {} ({} ago).", minute_text(*at), span_en(since)),
        ),
        None => (
            "还没有备份，将按计划自动制作。".into(),
            "There is no copy yet; one is made at the next planned time.".into(),
        ),
    };
    if let Some(BackupFailure { at, why }) = failure {
        let zh = format!("{zh}{} 的备份失败：{}", minute_text(*at), why.0);
        let en = format!("{en} The one of {} failed: {}", minute_text(*at), why.1);
        return check(named, level.max(Level::Warn), zh, en).advise(
            "按原因处理后运行 yitong backup 再试；旧备份仍然保留。",
            "Mend what it names, then run yitong backup; the older copies are still there.",
        );
    }
    let found = check(named, level, zh, en);
    if level == Level::Ok {
        return found;
    }
    let (zh, en) =
        ("运行 yitong backup，并确认夜间服务器在运行。", "Run yitong backup, and let the server run at night.");
    found.advise(zh, en)
}

pub(super) fn queue(facts: &Facts) -> Check {
    let named = ("queue", ("写入队列", "Write queue"));
    let (waiting, most) = (facts.waiting, facts.waiting_max);
    let (zh, en) = (format!("{waiting} 项在等待，上限 {most}。"), format!("{waiting} units wait, of {most} at most."));
    if waiting * 2 < most {
        return check(named, Level::Ok, zh, en);
    }
    let level = if waiting * 10 >= most * 9 { Level::Bad } else { Level::Warn };
    check(named, level, zh, en).advise(
        "写入赶不上请求：查看磁盘是否繁忙。被拒绝的收银请求会用同一编号重试，不会重复扣款。",
        "More arrives than the disk takes: see what keeps it busy. Counters ask again with the same name; nothing is \
         booked twice.",
    )
}

pub(super) fn days(facts: &Facts) -> Check {
    let named = ("day_close", ("日结", "Day close"));
    let today = facts.now.china_day();
    let Some(open) = facts.first_open_day.filter(|day| *day < today) else {
        return check(named, Level::Ok, "没有待日结的营业日。", "No past day waits to be closed.");
    };
    let waits = today.epoch_days() - open.epoch_days();
    let (zh, en) = (format!("{open} 起有未日结的营业日。"), format!("Days since {open} are not closed."));
    if waits < DAYS_OPEN_WARN {
        return check(named, Level::Ok, zh, en);
    }
    check(named, Level::Warn, zh, en).advise(
        "请学校财务在“账本”中依次日结；日结后的账目不能再添加。",
        "Let the school's finance officer close them in the ledger, in their order; a closed day takes no more entries.",
    )
}

/// A message that is due is sent within seconds; one that could not be for this long says that nobody sends.
const MESSAGE_LATE_WARN_MS: i64 = 10 * 60_000;

pub(super) fn messages(facts: &Facts) -> Check {
    let named = ("messages", ("消息发送", "Messages"));
    let (late, since) = facts.late_messages;
    let waits = since.map_or(0, |since| facts.now.since(since));
    if waits < MESSAGE_LATE_WARN_MS {
        return check(named, Level::Ok, "没有积压的消息。", "No message is late.");
    }
    let zh = format!("有 {late} 条消息到了时间还没有发出，最早的已等 {}。", span_zh(waits));
    let en = format!("{late} messages are due and not sent; the oldest for {}.", span_en(waits));
    check(named, Level::Warn, zh, en).advise(
        "到“消息 → 记录”里看渠道返回的原因；多半是渠道参数失效、余额不足或外网不通。家长仍可在消息列表里看到。",
        "See what the channels answer in the log of messages: most often keys ran out, the account has no money, or the \
         network is down. Guardians still find them in their inbox.",
    )
}

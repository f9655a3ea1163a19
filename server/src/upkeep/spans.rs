//! Sizes and spans of time as people say them.

use yitong_values::Timestamp;

pub(super) const HOUR_MS: i64 = 3_600_000;
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;

/// The minute in China.
pub(super) fn minute_text(at: Timestamp) -> String {
    let minute = at.china_minute();
    format!("{} {:02}:{:02}", at.china_day(), minute / 60, minute % 60)
}

pub(super) fn size(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut step = 0;
    let mut tenths = bytes.saturating_mul(10);
    while tenths >= 10_240 && step + 1 < units.len() {
        tenths /= 1024;
        step += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, units[step])
}

fn parts(ms: i64) -> (i64, usize) {
    let ms = ms.abs();
    match ms {
        ms if ms >= 2 * DAY_MS => (ms / DAY_MS, 0),
        ms if ms >= 2 * HOUR_MS => (ms / HOUR_MS, 1),
        ms if ms >= 120_000 => (ms / 60_000, 2),
        ms => (ms / 1000, 3),
    }
}

pub(super) fn span_zh(ms: i64) -> String {
    let (n, unit) = parts(ms);
    format!("{n} {}", ["天", "小时", "分钟", "秒"][unit])
}

pub(super) fn span_en(ms: i64) -> String {
    let (n, unit) = parts(ms);
    format!("{n} {}", ["days", "hours", "minutes", "seconds"][unit])
}

//! Alarms of terminals: what is wrong, and whether it goes away by itself.

use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Alarm {
    /// Not heard of for minutes in a meal period.
    Silent,
    /// Its clock is off.
    Drift,
    /// Has not sent its records for long.
    Unsent,
    /// Speaks to us, and its mirror is far behind: it knows neither who came nor whose card is lost.
    Stale,
    /// Hardly any disk left.
    Disk,
    /// Its battery is nearly empty: soon it will be silent.
    Battery,
    /// A part of it (scanner, printer …) does not work.
    Part,
    /// Records are missing between those that are here and those that came.
    Gap,
    /// Two records have one number: its journal was copied or set back.
    Fork,
    Stranger,
    Signature,
    /// A record was put aside.
    Aside,
    /// It sold more than its lease allowed.
    OverLease,
    /// It told of something itself.
    Noted,
}

impl Alarm {
    pub(super) const ALL: [Alarm; 14] = [
        Alarm::Silent,
        Alarm::Drift,
        Alarm::Unsent,
        Alarm::Stale,
        Alarm::Disk,
        Alarm::Battery,
        Alarm::Part,
        Alarm::Gap,
        Alarm::Fork,
        Alarm::Stranger,
        Alarm::Signature,
        Alarm::Aside,
        Alarm::OverLease,
        Alarm::Noted,
    ];

    pub(super) fn word(self) -> &'static str {
        match self {
            Alarm::Silent => "silent",
            Alarm::Drift => "drift",
            Alarm::Unsent => "unsent",
            Alarm::Stale => "stale",
            Alarm::Disk => "disk",
            Alarm::Battery => "battery",
            Alarm::Part => "part",
            Alarm::Gap => "gap",
            Alarm::Fork => "fork",
            Alarm::Stranger => "stranger",
            Alarm::Signature => "signature",
            Alarm::Aside => "aside",
            Alarm::OverLease => "over_lease",
            Alarm::Noted => "noted",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Alarm> {
        Alarm::ALL.into_iter().find(|alarm| alarm.word() == word)
    }

    /// Cleared when its reason is gone; the others when somebody has looked.
    pub(super) fn clears_itself(self) -> bool {
        use Alarm::*;
        matches!(self, Silent | Drift | Unsent | Stale | Disk | Battery | Part | Gap)
    }

    /// The id of an alarm that a unit raises, from one that was made at the edge: a unit that runs again raises it
    /// under the same.
    pub(super) fn id(self, base: Uuid) -> Uuid {
        Uuid::from_u128(base.as_u128() ^ (self as u128))
    }
}

impl From<yitong_sync::Problem> for Alarm {
    fn from(problem: yitong_sync::Problem) -> Alarm {
        use yitong_sync::Problem;
        match problem {
            Problem::Fork => Alarm::Fork,
            Problem::Stranger => Alarm::Stranger,
            Problem::Signature => Alarm::Signature,
            Problem::Gap => Alarm::Gap,
        }
    }
}

/// Silent for so long in a meal period.
pub(super) const SILENT_MS: i64 = 3 * 60_000;
pub(super) const DRIFT_MS: i64 = 2 * 60_000;
/// Records that a terminal which we hear has not sent for so long.
pub(super) const UNSENT_MS: i64 = 10 * 60_000;
/// What a school stood at so long ago is not yet known at a terminal which we hear.
pub(super) const STALE_MS: i64 = 10 * 60_000;
pub(super) const DISK_BYTES_MIN: u64 = 200 * 1024 * 1024;
pub(super) const BATTERY_PERCENT_MIN: u8 = 20;

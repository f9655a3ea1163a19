//! The numbers that cross to other languages. A number is never used for something else; new ones are added behind.

use core::ffi::CStr;
use yitong_code as code;

/// What `yitong_verify` says. Above zero: the first reason against the code, or what the reader lacks.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Everything was checked; `out` says what may be known of the holder.
    Verified = 0,
    NotACampusCode = 1,
    Malformed = 2,
    UnsupportedVersion = 3,
    UnknownKey = 4,
    WrongSchool = 5,
    WrongPurpose = 6,
    KeyNotValidNow = 7,
    BadSignature = 8,
    BadDeviceSignature = 9,
    ClockWrong = 10,
    Expired = 11,
    Lost = 12,
    Cancelled = 13,
    AccountStopped = 14,
    /// `out->seconds`: by how much.
    FromTheFuture = 15,
    /// `out->seconds`: by how much.
    Stale = 16,
    Replayed = 17,
    MemoryFull = 18,
    /// Nothing is verified before a trust list was loaded.
    NoTrustList = 64,
    /// Nothing is verified before a status list was loaded: what was lost would pass.
    NoStatusList = 65,
    /// A null or misaligned pointer, or a length that no memory has. `out` was not written.
    BadArgument = -1,
    /// A bug of this library. The reader answers nothing else from now on; make another, and please tell us.
    Broken = -2,
}

impl Reason {
    pub const ALL: [Reason; 23] = {
        use Reason::*;
        [
            Verified,
            NotACampusCode,
            Malformed,
            UnsupportedVersion,
            UnknownKey,
            WrongSchool,
            WrongPurpose,
            KeyNotValidNow,
            BadSignature,
            BadDeviceSignature,
            ClockWrong,
            Expired,
            Lost,
            Cancelled,
            AccountStopped,
            FromTheFuture,
            Stale,
            Replayed,
            MemoryFull,
            NoTrustList,
            NoStatusList,
            BadArgument,
            Broken,
        ]
    };

    pub fn numbered(number: i32) -> Option<Reason> {
        Reason::ALL.into_iter().find(|reason| *reason as i32 == number)
    }

    /// Word, and what a screen may show in Chinese and in English.
    pub fn texts(self) -> (&'static CStr, &'static CStr, &'static CStr) {
        match self {
            Reason::Verified => (c"verified", c"已验证", c"Verified"),
            Reason::NotACampusCode => (c"not_a_campus_code", c"这不是一通码", c"This is not a campus code"),
            Reason::Malformed => (c"malformed", c"码不完整，请重扫", c"The code is incomplete; scan again"),
            Reason::UnsupportedVersion => {
                (c"unsupported_version", c"码的版本太新，请升级设备", c"The code is newer than this reader; update it")
            }
            Reason::UnknownKey => {
                (c"unknown_key", c"设备不认识签发密钥，请更新信任列表", c"Unknown key; fetch the trust list")
            }
            Reason::WrongSchool => (c"wrong_school", c"这是别的学校的码", c"This code is of another school"),
            Reason::WrongPurpose => (c"wrong_purpose", c"码无效", c"The code is not valid"),
            Reason::KeyNotValidNow => (c"key_not_valid_now", c"签发密钥不在有效期", c"Its key is not valid now"),
            Reason::BadSignature => (c"bad_signature", c"码无效", c"The code is not valid"),
            Reason::BadDeviceSignature => (c"bad_device_signature", c"码无效", c"The code is not valid"),
            Reason::ClockWrong => (c"clock_wrong", c"设备时间不对，请校时", c"This reader's clock is wrong; set it"),
            Reason::Expired => (c"expired", c"已过期", c"Expired"),
            Reason::Lost => (c"lost", c"已挂失", c"Reported lost"),
            Reason::Cancelled => (c"cancelled", c"已作废，请用新码", c"Cancelled; use the new code"),
            Reason::AccountStopped => (c"account_stopped", c"账户已停用", c"The account is stopped"),
            Reason::FromTheFuture => (c"from_the_future", c"手机时间偏快，请校时", c"The phone's clock is ahead"),
            Reason::Stale => (c"stale", c"码已失效，请刷新后再扫", c"The code is too old; show a new one"),
            Reason::Replayed => (c"replayed", c"码已用过，请刷新后再扫", c"Used already; show a new one"),
            Reason::MemoryFull => (c"memory_full", c"设备记录已满，请联网", c"The reader's memory is full; go online"),
            Reason::NoTrustList => (c"no_trust_list", c"设备未就绪：缺信任列表", c"Not ready: no trust list"),
            Reason::NoStatusList => (c"no_status_list", c"设备未就绪：缺状态列表", c"Not ready: no status list"),
            Reason::BadArgument => (c"bad_argument", c"设备程序错误", c"A fault in this reader's program"),
            Reason::Broken => (c"broken", c"设备程序错误，请重启", c"A fault in this reader; start it again"),
        }
    }
}

impl From<code::Reason> for Reason {
    fn from(reason: code::Reason) -> Reason {
        match reason {
            code::Reason::NotACampusCode => Reason::NotACampusCode,
            code::Reason::Malformed => Reason::Malformed,
            code::Reason::UnsupportedVersion => Reason::UnsupportedVersion,
            code::Reason::UnknownKey => Reason::UnknownKey,
            code::Reason::WrongSchool => Reason::WrongSchool,
            code::Reason::WrongPurpose => Reason::WrongPurpose,
            code::Reason::KeyNotValidNow => Reason::KeyNotValidNow,
            code::Reason::BadSignature => Reason::BadSignature,
            code::Reason::BadDeviceSignature => Reason::BadDeviceSignature,
            code::Reason::ClockWrong => Reason::ClockWrong,
            code::Reason::Expired => Reason::Expired,
            code::Reason::Lost => Reason::Lost,
            code::Reason::Cancelled => Reason::Cancelled,
            code::Reason::AccountStopped => Reason::AccountStopped,
            code::Reason::FromTheFuture { .. } => Reason::FromTheFuture,
            code::Reason::Stale { .. } => Reason::Stale,
            code::Reason::Replayed => Reason::Replayed,
            code::Reason::MemoryFull => Reason::MemoryFull,
        }
    }
}

/// Why a list, a memory or a question was not taken. Nothing that the reader held is lost then.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    Ok = 0,
    Malformed = 1,
    UnknownKey = 2,
    WrongPurpose = 3,
    BadSignature = 4,
    /// Not above the version held or required: an old list could hide a loss.
    NotNewer = 5,
    /// This delta does not fit what is held: load the whole list.
    NeedWhole = 6,
    /// Of another school than the reader's.
    WrongSchool = 7,
    /// More than the room handed in, or than the memory's capacity.
    NoRoom = 8,
    /// Load a trust list first.
    NoTrustList = 64,
    BadArgument = -1,
    /// As in `yitong_reason`.
    Broken = -2,
}

impl Problem {
    pub const ALL: [Problem; 12] = {
        use Problem::*;
        [
            Ok,
            Malformed,
            UnknownKey,
            WrongPurpose,
            BadSignature,
            NotNewer,
            NeedWhole,
            WrongSchool,
            NoRoom,
            NoTrustList,
            BadArgument,
            Broken,
        ]
    };

    pub fn numbered(number: i32) -> Option<Problem> {
        Problem::ALL.into_iter().find(|problem| *problem as i32 == number)
    }

    pub fn word(self) -> &'static CStr {
        match self {
            Problem::Ok => c"ok",
            Problem::Malformed => c"malformed",
            Problem::UnknownKey => c"unknown_key",
            Problem::WrongPurpose => c"wrong_purpose",
            Problem::BadSignature => c"bad_signature",
            Problem::NotNewer => c"not_newer",
            Problem::NeedWhole => c"need_whole",
            Problem::WrongSchool => c"wrong_school",
            Problem::NoRoom => c"no_room",
            Problem::NoTrustList => c"no_trust_list",
            Problem::BadArgument => c"bad_argument",
            Problem::Broken => c"broken",
        }
    }
}

impl From<code::ListProblem> for Problem {
    fn from(problem: code::ListProblem) -> Problem {
        match problem {
            code::ListProblem::Malformed => Problem::Malformed,
            code::ListProblem::UnknownKey => Problem::UnknownKey,
            code::ListProblem::WrongPurpose => Problem::WrongPurpose,
            code::ListProblem::BadSignature => Problem::BadSignature,
            code::ListProblem::NotNewer => Problem::NotNewer,
            code::ListProblem::NeedWhole => Problem::NeedWhole,
        }
    }
}

/// The lists that a reader holds.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    Trust = 1,
    Status = 2,
    Legacy = 3,
}

impl List {
    pub fn numbered(number: i32) -> Option<List> {
        [List::Trust, List::Status, List::Legacy].into_iter().find(|list| *list as i32 == number)
    }
}

#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Chinese = 0,
    English = 1,
}

#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Not verified.
    None = 0,
    /// Printed on a card.
    Static = 1,
    /// Shown by a phone, for seconds.
    Dynamic = 2,
    /// Another system's print.
    Legacy = 3,
}

impl From<code::Kind> for Kind {
    fn from(kind: code::Kind) -> Kind {
        match kind {
            code::Kind::Static => Kind::Static,
            code::Kind::Dynamic => Kind::Dynamic,
            code::Kind::Legacy => Kind::Legacy,
        }
    }
}

/// What the age of the status list leaves of a code's caps.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    Full = 0,
    Half = 1,
    Minimum = 2,
    /// The code says who somebody is, and pays nothing.
    IdentityOnly = 3,
}

impl From<code::Allowance> for Allowance {
    fn from(allowance: code::Allowance) -> Allowance {
        match allowance {
            code::Allowance::Full => Allowance::Full,
            code::Allowance::Half => Allowance::Half,
            code::Allowance::Minimum => Allowance::Minimum,
            code::Allowance::IdentityOnly => Allowance::IdentityOnly,
        }
    }
}

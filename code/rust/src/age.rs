//! How much a code may do offline, by how old the reader's list of lost cards is. The older the list, the smaller the
//! risk that may be taken on it.

use crate::{DAY_MS, HOUR_MS};

/// Up to this age a list counts as fresh.
pub const FRESH_MS_MAX: i64 = 24 * HOUR_MS;
/// Up to this age caps are halved; beyond it, printed codes no longer pay.
pub const HALF_MS_MAX: i64 = 72 * HOUR_MS;
/// Beyond this age a code only says who somebody is.
pub const PAY_MS_MAX: i64 = 7 * DAY_MS;
/// What a dynamic code may still spend in one use on a list older than `HALF_MS_MAX`.
const MINIMUM: Caps = Caps { use_fen: 1_000, total_fen: 1_000, uses: 1 };

/// What may be spent offline until the reader has asked the server again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// In one use, fen.
    pub use_fen: u32,
    /// In all uses together, fen.
    pub total_fen: u32,
    pub uses: u8,
}

impl Caps {
    /// As codes and lists carry them: whole yuan, five yuan, a count.
    pub(crate) fn from_bytes(use_yuan: u8, total_5yuan: u8, uses: u8) -> Caps {
        Caps { use_fen: u32::from(use_yuan) * 100, total_fen: u32::from(total_5yuan) * 500, uses }
    }

    pub(crate) fn least(self, other: Caps) -> Caps {
        Caps {
            use_fen: self.use_fen.min(other.use_fen),
            total_fen: self.total_fen.min(other.total_fen),
            uses: self.uses.min(other.uses),
        }
    }

    /// A single use stays a use: half of one is not none.
    fn halved(self) -> Caps {
        Caps { use_fen: self.use_fen / 2, total_fen: self.total_fen / 2, uses: self.uses.div_ceil(2) }
    }
}

/// What the age of the list leaves of a code's caps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Allowance {
    Full,
    Half,
    Minimum,
    /// The code says who somebody is, and pays nothing.
    IdentityOnly,
}

impl Allowance {
    pub(crate) fn by_age(age_ms: i64, printed: bool) -> Allowance {
        if age_ms <= FRESH_MS_MAX {
            Allowance::Full
        } else if age_ms <= HALF_MS_MAX {
            Allowance::Half
        } else if age_ms <= PAY_MS_MAX && !printed {
            Allowance::Minimum
        } else {
            Allowance::IdentityOnly
        }
    }

    pub(crate) fn of(self, caps: Caps) -> Option<Caps> {
        match self {
            Allowance::Full => Some(caps),
            Allowance::Half => Some(caps.halved()),
            Allowance::Minimum => Some(caps.least(MINIMUM)),
            Allowance::IdentityOnly => None,
        }
    }

    /// Stable, for programs; the same in every language.
    pub fn word(self) -> &'static str {
        match self {
            Allowance::Full => "full",
            Allowance::Half => "half",
            Allowance::Minimum => "minimum",
            Allowance::IdentityOnly => "identity_only",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(age_ms: i64, printed: Allowance, shown: Allowance) {
        assert_eq!(Allowance::by_age(age_ms, true), printed, "printed, {age_ms} ms");
        assert_eq!(Allowance::by_age(age_ms, false), shown, "shown, {age_ms} ms");
    }

    #[test]
    fn an_old_list_leaves_less() {
        use Allowance::*;
        check(-1, Full, Full);
        check(FRESH_MS_MAX, Full, Full);
        check(FRESH_MS_MAX + 1, Half, Half);
        check(HALF_MS_MAX + 1, IdentityOnly, Minimum);
        check(PAY_MS_MAX + 1, IdentityOnly, IdentityOnly);
        let caps = Caps { use_fen: 3_100, total_fen: 20_000, uses: 1 };
        assert_eq!(Half.of(caps), Some(Caps { use_fen: 1_550, total_fen: 10_000, uses: 1 }));
        assert_eq!(Minimum.of(Caps { use_fen: 500, ..caps }).map(|caps| caps.use_fen), Some(500));
    }
}

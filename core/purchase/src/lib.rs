//! A purchase from open to booked, and its reversal. States are types, and a move consumes the one before: a second
//! booking of the same purchase does not compile.

use yitong_ledger::{Account, EntryError, Posting, Postings, WalletSlot};
use yitong_rules::{Ask, Decision, Known, Line, Mode, Policy, Split, Trace, Verdict, decide};
use yitong_values::{BusinessDay, CanteenId, Cents, PersonId, StallId, Timestamp};

pub const LINES_MAX: usize = 60;
pub const COUNT_MAX: u32 = 99;
/// More than a counter's scale takes.
pub const GRAMS_MAX: u32 = 50_000;

/// A weighed portion at a price for a kilogram. Half a fen goes up: the only place where a price is rounded, and it is
/// shown before anybody pays.
pub fn weighed(per_kg: Cents, grams: u32) -> Option<Cents> {
    let thousandths = per_kg.fen().checked_mul(i64::from(grams))?;
    Some(Cents::new(thousandths.checked_add(500)? / 1000))
}

/// A dish on the tray with its price of this revision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PricedLine {
    pub category: String,
    pub allergens: Vec<String>,
    pub price: Cents,
    pub count: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Malformed {
    NothingOnTheTray,
    TooManyLines,
    BadCount,
    BadAmount,
    /// What the client showed is not what the lines sum to.
    AmountDiffers {
        sum: Cents,
    },
    ModeNotAtThisStall,
}

/// What the cashier entered, priced and summed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Open {
    ask: Ask,
}

/// Where and how it is sold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counter<'a> {
    pub stall: StallId,
    pub canteen: CanteenId,
    pub modes: &'a [Mode],
    /// The price of a meal in the mode of fixed prices: the period's, else the stall's.
    pub fixed_price: Option<Cents>,
}

impl Open {
    pub fn new(
        counter: &Counter<'_>,
        mode: Mode,
        lines: &[PricedLine],
        amount: Option<Cents>,
        at: Timestamp,
    ) -> Result<Open, Malformed> {
        if !counter.modes.contains(&mode) {
            return Err(Malformed::ModeNotAtThisStall);
        }
        if lines.len() > LINES_MAX {
            return Err(Malformed::TooManyLines);
        }
        if lines.iter().any(|line| !(1..=COUNT_MAX).contains(&line.count)) {
            return Err(Malformed::BadCount);
        }
        let summed = lines.iter().map(|line| line.price.times(i64::from(line.count)));
        let sum =
            summed.clone().try_fold(Cents::ZERO, |sum, line| sum.plus(line?)).map_err(|_| Malformed::BadAmount)?;
        let total = match mode {
            Mode::Dish if lines.is_empty() => return Err(Malformed::NothingOnTheTray),
            Mode::Dish => sum,
            Mode::Amount => amount.filter(|amount| *amount > Cents::ZERO).ok_or(Malformed::BadAmount)?,
            Mode::Fixed => counter.fixed_price.ok_or(Malformed::BadAmount)?,
            Mode::Count => Cents::ZERO,
        };
        if total.is_negative() || total > Cents::INPUT_MAX {
            return Err(Malformed::BadAmount);
        }
        // The customer saw an amount; another one is never charged.
        if amount.is_some_and(|shown| shown != total) {
            return Err(Malformed::AmountDiffers { sum: total });
        }
        let line = |line: &PricedLine| Line {
            category: line.category.clone(),
            allergens: line.allergens.clone(),
            amount: line.price.times(i64::from(line.count)).unwrap_or(Cents::INPUT_MAX),
        };
        Ok(Open {
            ask: Ask {
                stall: counter.stall,
                canteen: counter.canteen,
                at,
                mode,
                lines: lines.iter().map(line).collect(),
                amount: total,
                collect_later: false,
                duplicate_confirmed: false,
                photo_checked: false,
            },
        })
    }

    /// "Let eat, collect later."
    pub fn collect_later(mut self) -> Open {
        self.ask.collect_later = true;
        self
    }

    /// "I compared the photo."
    pub fn photo_checked(mut self) -> Open {
        self.ask.photo_checked = true;
        self
    }

    /// "Yes, a second one."
    pub fn duplicate_confirmed(mut self) -> Open {
        self.ask.duplicate_confirmed = true;
        self
    }

    pub fn amount(&self) -> Cents {
        self.ask.amount
    }

    pub fn at(&self) -> Timestamp {
        self.ask.at
    }

    pub fn decide(self, known: &Known, policy: &Policy<'_>) -> Decided {
        let Decision { verdict, trace } = decide(&self.ask, known, policy);
        Decided { open: self, verdict, trace }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decided {
    open: Open,
    pub verdict: Verdict,
    pub trace: Trace,
}

impl Decided {
    /// The accepted purchase, or nothing when it was refused or asks back.
    pub fn accepted(self, person: PersonId) -> Option<Accepted> {
        match self.verdict {
            Verdict::Allow(split) => Some(Accepted { person, stall: self.open.ask.stall, split, trace: self.trace }),
            _ => None,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Accepted {
    person: PersonId,
    stall: StallId,
    pub split: Split,
    pub trace: Trace,
}

/// Its postings are all that the ledger needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Booked {
    pub postings: Postings,
}

impl Accepted {
    /// From the wallets and the arrears to the seller. A free meal moves nothing.
    pub fn book(&self) -> Result<Booked, EntryError> {
        let mut postings = Vec::with_capacity(self.split.from.len() + 2);
        for (slot, part) in &self.split.from {
            let slot = WalletSlot::new(*slot).ok_or(EntryError::Malformed)?;
            let amount = part.negated().map_err(|_| EntryError::TooLarge)?;
            postings.push(Posting { account: Account::Wallet(self.person, slot), amount });
        }
        if !self.split.arrears.is_zero() {
            let amount = self.split.arrears.negated().map_err(|_| EntryError::TooLarge)?;
            postings.push(Posting { account: Account::Arrears(self.person), amount });
        }
        if !self.split.charged.is_zero() {
            postings.push(Posting { account: Account::Merchant(self.stall), amount: self.split.charged });
        }
        Postings::new(postings).map(|postings| Booked { postings })
    }
}

impl Booked {
    /// The opposite. What was eaten on arrears and repaid since (`arrears` is what is left of them) is given back to the
    /// cash wallet, for a person can't owe less than nothing.
    pub fn reverse(self, person: PersonId, arrears: Cents) -> Result<Booked, EntryError> {
        let (later, cash) = (Account::Arrears(person), Account::Wallet(person, WalletSlot::CASH));
        let opposite = self.postings.negated()?;
        let mut postings: Vec<Posting> = opposite.iter().copied().collect();
        let Some(at) = postings.iter().position(|p| p.account == later && p.amount > arrears) else {
            return Ok(Booked { postings: opposite });
        };
        let repaid = postings[at].amount.minus(arrears).map_err(|_| EntryError::TooLarge)?;
        postings[at].amount = arrears;
        match postings.iter_mut().find(|p| p.account == cash) {
            Some(posting) => posting.amount = posting.amount.plus(repaid).map_err(|_| EntryError::TooLarge)?,
            None => postings.push(Posting { account: cash, amount: repaid }),
        }
        postings.retain(|p| !p.amount.is_zero());
        Postings::new(postings).map(|postings| Booked { postings })
    }
}

/// Why an undo is refused, in the order of precedence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum UndoRefusal {
    AlreadyReversed,
    DayOver,
    TooLate { minutes: i64 },
}

/// A cashier undoes within minutes; the finance officer while the day is not over.
pub fn may_undo(
    booked_at: Timestamp,
    day: BusinessDay,
    now: Timestamp,
    within_minutes: Option<i64>,
    reversed: bool,
) -> Result<(), UndoRefusal> {
    if reversed {
        return Err(UndoRefusal::AlreadyReversed);
    }
    if now.china_day() != day {
        return Err(UndoRefusal::DayOver);
    }
    match within_minutes {
        Some(minutes) if now.since(booked_at) > minutes * 60_000 => Err(UndoRefusal::TooLate { minutes }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;
    use yitong_rules::{ArrearsPolicy, Counters, CredentialState, DayKind, Limits, PersonState, Wallet};

    /// Tuesday 2026-11-24 12:00 in China.
    const LUNCH: Timestamp = Timestamp::from_ms(1_795_492_800_000);

    fn counter(modes: &[Mode]) -> Counter<'_> {
        let (stall, canteen) = (StallId::new(Uuid::from_u128(1)), CanteenId::new(Uuid::from_u128(2)));
        Counter { stall, canteen, modes, fixed_price: Some(Cents::new(800)) }
    }

    fn rice(count: u32) -> PricedLine {
        PricedLine { category: "主食".into(), allergens: vec![], price: Cents::new(150), count }
    }

    #[test]
    fn a_weighed_portion_rounds_half_a_fen_up() {
        let of = |fen, grams| weighed(Cents::new(fen), grams).map(Cents::fen);
        assert_eq!(of(3_980, 352), Some(1_401), "¥39.80 × 0.352 kg = ¥14.0096");
        assert_eq!((of(1_000, 500), of(1, 499), of(1, 500), of(0, 50_000)), (Some(500), Some(0), Some(1), Some(0)));
        assert_eq!(of(i64::MAX, 2), None);
    }

    fn check(name: &str, mode: Mode, lines: &[PricedLine], amount: Option<i64>, expected: Result<i64, Malformed>) {
        let open = Open::new(&counter(&Mode::ALL), mode, lines, amount.map(Cents::new), LUNCH);
        assert_eq!(open.map(|open| open.amount().fen()), expected, "{name}");
    }

    #[test]
    fn what_is_on_the_tray() {
        check("two rice", Mode::Dish, &[rice(2)], None, Ok(300));
        check("two rice, shown as 3.00", Mode::Dish, &[rice(2)], Some(300), Ok(300));
        check(
            "shown as 2.99",
            Mode::Dish,
            &[rice(2)],
            Some(299),
            Err(Malformed::AmountDiffers { sum: Cents::new(300) }),
        );
        check("nothing", Mode::Dish, &[], None, Err(Malformed::NothingOnTheTray));
        check("none of a dish", Mode::Dish, &[rice(0)], None, Err(Malformed::BadCount));
        check("too many lines", Mode::Dish, &vec![rice(1); 61], None, Err(Malformed::TooManyLines));
        check("keyed", Mode::Amount, &[], Some(1250), Ok(1250));
        check("keyed nothing", Mode::Amount, &[], Some(0), Err(Malformed::BadAmount));
        check("keyed below zero", Mode::Amount, &[], Some(-5), Err(Malformed::BadAmount));
        check("keyed without end", Mode::Amount, &[], Some(i64::MAX), Err(Malformed::BadAmount));
        check("fixed", Mode::Fixed, &[], None, Ok(800));
        check("counted", Mode::Count, &[], None, Ok(0));
        let dish_only = Open::new(&counter(&[Mode::Dish]), Mode::Amount, &[], Some(Cents::new(1)), LUNCH);
        assert_eq!(dish_only, Err(Malformed::ModeNotAtThisStall));
    }

    #[test]
    fn undo_in_time() {
        let (day, later) = (LUNCH.china_day(), |minutes: i64| LUNCH.plus_ms(minutes * 60_000));
        assert_eq!(may_undo(LUNCH, day, later(10), Some(10), false), Ok(()));
        assert_eq!(may_undo(LUNCH, day, later(11), Some(10), false), Err(UndoRefusal::TooLate { minutes: 10 }));
        assert_eq!(may_undo(LUNCH, day, later(11), None, false), Ok(()));
        assert_eq!(may_undo(LUNCH, day, later(12 * 60), None, false), Err(UndoRefusal::DayOver));
        assert_eq!(may_undo(LUNCH, day, later(1), None, true), Err(UndoRefusal::AlreadyReversed));
    }

    proptest! {
        #[test]
        fn booked_and_reversed_is_as_before(
            price in 1i64..10_000, cash in 0i64..10_000, other in 0i64..3_000, owed in 0i64..2_000, left in 0i64..3_000,
        ) {
            let person = PersonId::new(Uuid::from_u128(9));
            let known = Known {
                copyable: true,
                last_was_near: false,
                credential: CredentialState::Active,
                person: PersonState::Active,
                frozen: false,
                wallets: vec![Wallet::free(1, Cents::new(other)), Wallet::free(0, Cents::new(cash))],
                arrears: Cents::new(owed),
                counters: Counters::default(),
                allergens: vec![],
            };
            let policy = Policy {
                periods: &[],
                day: DayKind::Ordinary,
                require_meal_period: false,
                purchase_cap: Cents::new(100_000),
                limits: Limits::default(),
                no_buy_categories: &[],
                arrears: ArrearsPolicy { allowed: true, cap: Cents::new(3_000) },
                duplicate_window_ms: 0,
                copies: yitong_rules::CopyPolicy::default(),
                guardian: yitong_rules::GuardianRules::default(),
            };
            let open = Open::new(&counter(&Mode::ALL), Mode::Amount, &[], Some(Cents::new(price)), LUNCH).expect("a price");
            if let Some(accepted) = open.collect_later().decide(&known, &policy).accepted(person) {
                let booked = accepted.book().expect("a split sums to its amount");
                let total: i64 = booked.postings.iter().map(|p| p.amount.fen()).sum();
                prop_assert_eq!(total, 0);
                let repaid_since = booked.clone().reverse(person, Cents::new(left)).expect("small amounts");
                prop_assert!(repaid_since.postings.give_back(&booked.postings));
                let arrears = repaid_since.postings.iter().find(|p| p.account == Account::Arrears(person));
                prop_assert!(arrears.is_none_or(|p| p.amount.fen() <= left));
                let back = booked.clone().reverse(person, Cents::new(3_000)).expect("small amounts");
                for posting in booked.postings.iter() {
                    let opposite = back.postings.iter().find(|p| p.account == posting.account).expect("the same accounts");
                    prop_assert_eq!(opposite.amount.fen(), -posting.amount.fen());
                }
            }
        }
    }
}

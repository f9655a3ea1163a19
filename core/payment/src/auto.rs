//! Automatic top-up: when one is due, how much it takes, and why not. The same rule answers after each purchase, on the
//! schedule, and to the guardian who asks why nothing has happened.

use crate::mandate::MandateState;
use yitong_values::{Cents, DAY_MS, Timestamp};

/// Debits of one child on one day, paid or not: so many tries K12 rules of the channels allow.
pub const TRIES_A_DAY_MAX: u32 = 5;
/// After a refused debit, so long nothing is tried: the reason is most likely still true.
pub const RETRY_AFTER_MS: i64 = 60 * 60_000;

const HOUR_MS: i64 = 3_600_000;
/// When a debit may be asked for, in hours of China's clock, on workdays: nobody is debited at night or on a Sunday.
pub const WINDOWS: [(i64, i64); 3] = [(6, 8), (11, 14), (16, 20)];

/// What a guardian has set up for one child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AutoRule {
    /// Below this balance money is fetched.
    pub floor: Cents,
    /// Up to this balance.
    pub target: Cents,
    pub month_cap: Cents,
    pub paused: bool,
}

/// The caps of the school; an automatic top-up obeys those of any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AutoCaps {
    pub min: Cents,
    pub single: Cents,
    pub balance: Cents,
}

/// What is known when somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AutoFacts {
    /// The child is at this school, and its account takes money.
    pub person_here: bool,
    pub mandate: Option<MandateState>,
    pub balance: Cents,
    pub arrears: Cents,
    /// Money of all orders that may still be paid.
    pub coming: Cents,
    /// An automatic order of this child that may still be paid.
    pub open: bool,
    pub tries_today: u32,
    /// When the last automatic order ended without money.
    pub refused_at: Option<Timestamp>,
    /// Paid or still open, in this month of China.
    pub month: Cents,
    pub now: Timestamp,
    pub workday: bool,
}

/// Ordered by precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotDue {
    PersonGone,
    Paused,
    NoMandate,
    /// Signed, and not to be used for now.
    Suspended,
    /// One is on its way: its end is waited for.
    UnderWay,
    EnoughMoney,
    /// Not now, but in the next window.
    OutsideWindow,
    TriesUsed,
    /// The last one was refused a short while ago.
    RefusedLately,
    MonthCap,
    /// What the caps leave is less than the least top-up.
    Caps,
}

impl NotDue {
    pub fn word(self) -> &'static str {
        match self {
            NotDue::PersonGone => "person_gone",
            NotDue::Paused => "paused",
            NotDue::NoMandate => "no_mandate",
            NotDue::Suspended => "suspended",
            NotDue::UnderWay => "under_way",
            NotDue::EnoughMoney => "enough_money",
            NotDue::OutsideWindow => "outside_window",
            NotDue::TriesUsed => "tries_used",
            NotDue::RefusedLately => "refused_lately",
            NotDue::MonthCap => "month_cap",
            NotDue::Caps => "caps",
        }
    }
}

/// Whether a debit may be asked for at this moment.
pub fn in_window(now: Timestamp, workday: bool) -> bool {
    let since = now.since(now.china_day().start()).rem_euclid(DAY_MS);
    workday && WINDOWS.iter().any(|(from, to)| (from * HOUR_MS..to * HOUR_MS).contains(&since))
}

/// How much is to be debited now, or why nothing is.
pub fn due(rule: &AutoRule, caps: &AutoCaps, facts: &AutoFacts) -> Result<Cents, NotDue> {
    if !facts.person_here {
        return Err(NotDue::PersonGone);
    }
    if rule.paused {
        return Err(NotDue::Paused);
    }
    match facts.mandate {
        Some(MandateState::Signed) => {}
        Some(MandateState::Suspended) => return Err(NotDue::Suspended),
        _ => return Err(NotDue::NoMandate),
    }
    if facts.open {
        return Err(NotDue::UnderWay);
    }
    // What was eaten on arrears is missing, too: the same money repays it first.
    let held = facts.balance.fen().saturating_add(facts.coming.fen()).saturating_sub(facts.arrears.fen());
    if held >= rule.floor.fen() {
        return Err(NotDue::EnoughMoney);
    }
    if !in_window(facts.now, facts.workday) {
        return Err(NotDue::OutsideWindow);
    }
    if facts.tries_today >= TRIES_A_DAY_MAX {
        return Err(NotDue::TriesUsed);
    }
    if facts.refused_at.is_some_and(|at| facts.now.since(at) < RETRY_AFTER_MS) {
        return Err(NotDue::RefusedLately);
    }
    let month = rule.month_cap.fen().saturating_sub(facts.month.fen());
    if month < caps.min.fen().max(1) {
        return Err(NotDue::MonthCap);
    }
    let room = caps.balance.fen().saturating_sub(held);
    let wanted = rule.target.fen().saturating_sub(held);
    let amount = wanted.min(caps.single.fen()).min(room).min(month);
    if amount < caps.min.fen().max(1) { Err(NotDue::Caps) } else { Ok(Cents::new(amount)) }
}

/// What is wrong with a rule that somebody wants to set. Ordered by precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleRefusal {
    /// A floor is above zero and at most the floor that the school's caps leave room for.
    Floor { max: Cents },
    /// The target is above the floor by at least the least top-up, and at most the cap of a balance.
    Target { min: Cents, max: Cents },
    /// At least one whole top-up fits into a month.
    MonthCap { min: Cents, max: Cents },
}

/// No household means more in a month for one child's lunch.
pub const MONTH_CAP_MAX: Cents = Cents::new(500_000);

pub fn check_rule(rule: &AutoRule, caps: &AutoCaps) -> Result<(), RuleRefusal> {
    let floor_max = Cents::new(caps.balance.fen().saturating_sub(caps.min.fen()));
    if rule.floor <= Cents::ZERO || rule.floor > floor_max {
        return Err(RuleRefusal::Floor { max: floor_max });
    }
    let least = Cents::new(rule.floor.fen() + caps.min.fen().max(1));
    if rule.target < least || rule.target > caps.balance {
        return Err(RuleRefusal::Target { min: least, max: caps.balance });
    }
    let min = Cents::new(rule.target.fen() - rule.floor.fen());
    if rule.month_cap < min || rule.month_cap > MONTH_CAP_MAX {
        return Err(RuleRefusal::MonthCap { min, max: MONTH_CAP_MAX });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Tuesday 2026-11-24 12:00 in China.
    const LUNCH: Timestamp = Timestamp::from_ms(1_795_492_800_000);
    const CAPS: AutoCaps = AutoCaps { min: Cents::new(100), single: Cents::new(50_000), balance: Cents::new(100_000) };
    const RULE: AutoRule =
        AutoRule { floor: Cents::new(3_000), target: Cents::new(20_000), month_cap: Cents::new(80_000), paused: false };

    fn facts() -> AutoFacts {
        AutoFacts {
            person_here: true,
            mandate: Some(MandateState::Signed),
            balance: Cents::new(2_999),
            arrears: Cents::ZERO,
            coming: Cents::ZERO,
            open: false,
            tries_today: 0,
            refused_at: None,
            month: Cents::ZERO,
            now: LUNCH,
            workday: true,
        }
    }

    #[test]
    fn a_balance_under_the_floor_is_filled_to_the_target() {
        let check = |facts: AutoFacts, want: Result<i64, NotDue>| {
            assert_eq!(due(&RULE, &CAPS, &facts).map(Cents::fen), want, "{facts:?}");
        };
        check(facts(), Ok(17_001));
        check(AutoFacts { balance: Cents::new(3_000), ..facts() }, Err(NotDue::EnoughMoney));
        // Arrears are repaid by the same money; what is on its way counts as if it were here.
        check(AutoFacts { balance: Cents::ZERO, arrears: Cents::new(500), ..facts() }, Ok(20_500));
        check(AutoFacts { coming: Cents::new(5_000), ..facts() }, Err(NotDue::EnoughMoney));
        check(AutoFacts { open: true, ..facts() }, Err(NotDue::UnderWay));
        check(AutoFacts { mandate: None, ..facts() }, Err(NotDue::NoMandate));
        for (state, why) in [
            (MandateState::Signing, NotDue::NoMandate),
            (MandateState::Ending, NotDue::NoMandate),
            (MandateState::Suspended, NotDue::Suspended),
        ] {
            check(AutoFacts { mandate: Some(state), ..facts() }, Err(why));
        }
        check(AutoFacts { tries_today: 5, ..facts() }, Err(NotDue::TriesUsed));
        check(AutoFacts { refused_at: Some(LUNCH.plus_ms(-60_000)), ..facts() }, Err(NotDue::RefusedLately));
        check(AutoFacts { refused_at: Some(LUNCH.plus_ms(-RETRY_AFTER_MS)), ..facts() }, Ok(17_001));
        check(AutoFacts { month: Cents::new(70_000), ..facts() }, Ok(10_000));
        check(AutoFacts { month: Cents::new(79_950), ..facts() }, Err(NotDue::MonthCap));
        check(AutoFacts { workday: false, ..facts() }, Err(NotDue::OutsideWindow));
        assert_eq!(due(&AutoRule { paused: true, ..RULE }, &CAPS, &facts()), Err(NotDue::Paused));
    }

    #[test]
    fn nobody_is_debited_at_night() {
        let at = |hour: i64| in_window(LUNCH.china_day().start().plus_ms(hour * HOUR_MS), true);
        let open: Vec<i64> = (0..24).filter(|hour| at(*hour)).collect();
        assert_eq!(open, [6, 7, 11, 12, 13, 16, 17, 18, 19]);
    }

    #[test]
    fn a_rule_has_to_make_sense() {
        let check = |floor, target, month, want: Result<(), RuleRefusal>| {
            let fen = Cents::new;
            let rule = AutoRule { floor: fen(floor), target: fen(target), month_cap: fen(month), paused: false };
            assert_eq!(check_rule(&rule, &CAPS), want);
        };
        check(3_000, 20_000, 80_000, Ok(()));
        check(0, 20_000, 80_000, Err(RuleRefusal::Floor { max: Cents::new(99_900) }));
        let target = RuleRefusal::Target { min: Cents::new(3_100), max: Cents::new(100_000) };
        check(3_000, 3_050, 80_000, Err(target));
        check(3_000, 100_001, 80_000, Err(target));
        check(3_000, 20_000, 16_999, Err(RuleRefusal::MonthCap { min: Cents::new(17_000), max: MONTH_CAP_MAX }));
    }

    /// What happens to one child through some weeks.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        Pass(i64),
        Eat(i64),
        Look,
        Paid,
        Refused,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (1i64..6 * 60).prop_map(|minutes| Step::Pass(minutes * 60_000)),
            (100i64..6_000).prop_map(Step::Eat),
            Just(Step::Look),
            Just(Step::Look),
            Just(Step::Paid),
            Just(Step::Refused),
        ]
    }

    #[derive(Default)]
    struct World {
        balance: i64,
        arrears: i64,
        open: Option<i64>,
        tries: std::collections::BTreeMap<i64, u32>,
        months: std::collections::BTreeMap<i64, i64>,
        refused_at: Option<Timestamp>,
    }

    impl World {
        fn facts(&self, now: Timestamp) -> AutoFacts {
            let day = now.china_day().number();
            AutoFacts {
                balance: Cents::new(self.balance),
                arrears: Cents::new(self.arrears),
                coming: Cents::new(self.open.unwrap_or(0)),
                open: self.open.is_some(),
                tries_today: self.tries.get(&day).copied().unwrap_or(0),
                refused_at: self.refused_at,
                month: Cents::new(self.months.get(&(day / 100)).copied().unwrap_or(0) + self.open.unwrap_or(0)),
                now,
                workday: now.china_day().epoch_days().rem_euclid(7) != 3,
                ..facts()
            }
        }

        fn eat(&mut self, price: i64) {
            let own = price.min(self.balance);
            self.balance -= own;
            self.arrears += price - own;
        }

        fn paid(&mut self, amount: i64, now: Timestamp) {
            let repaid = amount.min(self.arrears);
            self.arrears -= repaid;
            self.balance += amount - repaid;
            *self.months.entry(now.china_day().number() / 100).or_default() += amount;
        }
    }

    proptest! {
        #[test]
        fn every_limit_holds_whatever_happens(
            steps in proptest::collection::vec(step(), 1..300),
            floor in 100i64..20_000, above in 100i64..90_000, month in 100i64..200_000, single in 1_000i64..50_000,
        ) {
            let caps = AutoCaps { single: Cents::new(single), ..CAPS };
            let target = (floor + above).min(caps.balance.fen());
            let rule = AutoRule {
                floor: Cents::new(floor), target: Cents::new(target), month_cap: Cents::new(month), paused: false,
            };
            let mut world = World { balance: 5_000, ..World::default() };
            let mut now = LUNCH;
            for step in steps {
                match step {
                    Step::Pass(ms) => now = now.plus_ms(ms),
                    Step::Eat(price) => world.eat(price),
                    Step::Look => {
                        let facts = world.facts(now);
                        let Ok(amount) = due(&rule, &caps, &facts) else { continue };
                        prop_assert!(world.open.is_none(), "one open order at the most");
                        prop_assert!(in_window(now, facts.workday));
                        prop_assert!(amount <= caps.single && amount >= caps.min);
                        prop_assert!(facts.balance.fen() + amount.fen() - facts.arrears.fen() <= caps.balance.fen());
                        prop_assert!(facts.month.fen() + amount.fen() <= month);
                        let day = now.china_day().number();
                        let tries = world.tries.entry(day).or_default();
                        *tries += 1;
                        prop_assert!(*tries <= TRIES_A_DAY_MAX);
                        world.open = Some(amount.fen());
                    }
                    Step::Paid => if let Some(amount) = world.open.take() { world.paid(amount, now) },
                    Step::Refused => if world.open.take().is_some() { world.refused_at = Some(now) },
                }
            }
        }
    }
}

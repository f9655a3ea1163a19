//! Somebody who stands in the hall with a notebook and knows nothing of how the product works. He writes down what he
//! sees: money that was paid in, greens, reds, undos; and in the evening he compares with what the school's books say.
//!
//! His model is deliberately simple: sums and sets, no wallets, no rules, no code of the product.

use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Two greens that were asked for within ten seconds may be so far apart: a customer answers, a clock is wrong.
const LONG_APART_MS: i64 = 20 * 60_000;
/// So near, and they were asked for within ten seconds.
const NOT_FAR_APART_MS: i64 = 5_000;

/// A purchase as a screen showed it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Green {
    pub till: usize,
    pub stall: usize,
    pub person: Uuid,
    pub fen: i64,
    pub offline: bool,
    pub at_ms: i64,
    /// The cashier was asked something about it.
    pub asked: bool,
    /// The till's clock was never wrong.
    pub clock_good: bool,
}

/// An entry of the school's books, as the evening's list has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Booked {
    /// None: the risk account, because nobody could be charged.
    pub person: Option<Uuid>,
    pub fen: i64,
    pub undone: bool,
}

/// What the books say of one person.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Account {
    pub balance: i64,
    pub arrears: i64,
}

#[derive(Clone, Debug, Default)]
pub struct Books {
    pub purchases: BTreeMap<Uuid, Booked>,
    pub accounts: BTreeMap<Uuid, Account>,
    /// Purchases of which the school says that their code paid twice.
    pub replays: BTreeSet<Uuid>,
    /// Purchases of which the school says that their machine died before it showed anything.
    pub unended: BTreeSet<Uuid>,
    /// Purchases of which the school says that they were charged twice, and given back.
    pub twice: BTreeSet<Uuid>,
    /// What `verify` found; empty is well.
    pub findings: Vec<String>,
}

/// Something that must not be. The text says which purchase, person or till.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Violation {
    /// The customer saw green, and the books have nothing.
    Lost { purchase: Uuid, till: usize },
    /// Booked, and nobody saw green, and finance was not told; or what was undone stands.
    Charged { purchase: Uuid, fen: i64 },
    /// Another amount or person than the screen said.
    Differs { purchase: Uuid, shown: i64, booked: i64 },
    /// Balance and arrears aren't what was paid in less what was eaten.
    Balance { person: Uuid, expected: i64, found: i64 },
    /// Sold without the server's word: more than the lease allowed.
    OverLease { till: usize, sold: i64, lease: i64 },
    /// One use of a phone's code was taken twice where it could be known.
    Replayed { till: usize, code: String },
    /// One use of a phone's code paid at two tills, and nobody was told.
    Unfound { purchases: Vec<Uuid> },
    /// More was sold without the server's word than all tills together may.
    OverCeiling { open: i64, ceiling: i64 },
    /// And than one person may at one till.
    OverPerson { till: usize, person: Uuid, open: i64 },
    /// A card that was reported lost paid where that was known.
    LostCard { till: usize, purchase: Uuid },
    /// Charged twice within seconds at two tills of a stall, and nobody gave one back.
    Twice { purchases: [Uuid; 2] },
    /// Given back at night, and it was no second charge, or finance was not told.
    GivenBack { purchase: Uuid },
    /// In the evening something was still not where it belongs.
    Stuck { till: usize },
    /// Something that never happens happened.
    Broken { what: String },
    /// Red without a reason in words.
    NoReason { till: usize },
    /// Two greens of one purchase.
    TwoGreens { purchase: Uuid },
    /// A name was shown green for other content than before.
    Books { finding: String },
}

#[derive(Clone, Debug, Default)]
pub struct Auditor {
    paid_in: BTreeMap<Uuid, i64>,
    greens: BTreeMap<Uuid, Green>,
    undone: BTreeSet<Uuid>,
    /// What each till sold on its lease and the server hasn't acknowledged.
    open: BTreeMap<usize, BTreeMap<Uuid, i64>>,
    /// Uses of phones' codes: where, for what, and whether by the till itself.
    codes: BTreeMap<String, Vec<(usize, Uuid, bool)>>,
    violations: BTreeSet<Violation>,
    pub reds: u64,
    pub worst_open: i64,
}

impl Auditor {
    pub fn paid_in(&mut self, person: Uuid, fen: i64) {
        *self.paid_in.entry(person).or_default() += fen;
    }

    pub fn green(&mut self, purchase: Uuid, green: Green) {
        if green.offline && green.fen > 0 {
            self.open.entry(green.till).or_default().insert(purchase, green.fen);
        }
        // The same sale shown again, after a reload or a restart, is the same sale.
        if self
            .greens
            .insert(purchase, green)
            .is_some_and(|before| (before.person, before.fen) != (green.person, green.fen))
        {
            self.violations.insert(Violation::TwoGreens { purchase });
        }
        self.worst_open = self.worst_open.max(self.open());
    }

    /// A use of a phone's code was taken at this till. The till itself knows its own, the server those that it took.
    pub fn code_taken(&mut self, till: usize, code: &str, purchase: Uuid, offline: bool) {
        let uses = self.codes.entry(code.to_owned()).or_default();
        if uses.iter().any(|(other, _, by_itself)| *other == till || (!offline && !by_itself)) {
            self.violations.insert(Violation::Replayed { till, code: code.to_owned() });
        }
        uses.push((till, purchase, offline));
    }

    /// What was sold by tills themselves and is not at the server.
    pub fn open(&self) -> i64 {
        self.open.values().flat_map(BTreeMap::values).sum()
    }

    /// And by one person at one till. What was undone is nobody's meal.
    pub fn open_of(&self, till: usize, person: Uuid) -> i64 {
        let open = self.open.get(&till).into_iter().flatten();
        let eaten = |purchase: &Uuid| self.greens[purchase].person == person && !self.undone.contains(purchase);
        open.filter(|(purchase, _)| eaten(purchase)).map(|(_, fen)| fen).sum()
    }

    pub fn over_ceiling(&mut self, open: i64, ceiling: i64) {
        self.violations.insert(Violation::OverCeiling { open, ceiling });
    }

    pub fn over_person(&mut self, till: usize, person: Uuid, open: i64) {
        self.violations.insert(Violation::OverPerson { till, person, open });
    }

    pub fn over_lease(&mut self, till: usize, sold: i64, lease: i64) {
        self.violations.insert(Violation::OverLease { till, sold, lease });
    }

    pub fn lost_card(&mut self, till: usize, purchase: Uuid) {
        self.violations.insert(Violation::LostCard { till, purchase });
    }

    pub fn stuck(&mut self, till: usize) {
        self.violations.insert(Violation::Stuck { till });
    }

    pub fn broken(&mut self, what: String) {
        self.violations.insert(Violation::Broken { what });
    }

    /// What the customer was told of a red.
    pub fn red_words(&mut self, till: usize, words: Option<(&str, &str)>) {
        if words.is_none_or(|(zh, en)| zh.trim().is_empty() || en.trim().is_empty()) {
            self.violations.insert(Violation::NoReason { till });
        }
    }

    pub fn red(&mut self, till: usize, zh: &str, en: &str) {
        self.reds += 1;
        if zh.trim().is_empty() || en.trim().is_empty() {
            self.violations.insert(Violation::NoReason { till });
        }
    }

    pub fn undone(&mut self, purchase: Uuid) {
        self.undone.insert(purchase);
    }

    /// The server said that it has all records of this till up to some sale: those are no risk any more.
    pub fn acknowledged(&mut self, till: usize, purchases: impl IntoIterator<Item = Uuid>) {
        let open = self.open.entry(till).or_default();
        for purchase in purchases {
            open.remove(&purchase);
        }
    }

    pub fn greens(&self) -> usize {
        self.greens.len()
    }

    /// In the evening, when all tills have sent what they had.
    pub fn evening(mut self, books: &Books) -> Vec<Violation> {
        for (purchase, green) in &self.greens {
            if self.undone.contains(purchase) {
                continue;
            }
            let violation = match books.purchases.get(purchase) {
                None => Some(Violation::Lost { purchase: *purchase, till: green.till }),
                Some(booked) if booked.undone => Some(Violation::Lost { purchase: *purchase, till: green.till }),
                Some(booked)
                    if booked.fen != green.fen || booked.person.is_some_and(|person| person != green.person) =>
                {
                    Some(Violation::Differs { purchase: *purchase, shown: green.fen, booked: booked.fen })
                }
                Some(_) => None,
            };
            self.violations.extend(violation);
        }
        for (purchase, booked) in &books.purchases {
            let seen = self.greens.contains_key(purchase) && !self.undone.contains(purchase);
            // Nobody can know what a dead machine showed; finance asks the customer.
            if !booked.undone && !seen && !books.unended.contains(purchase) {
                self.violations.insert(Violation::Charged { purchase: *purchase, fen: booked.fen });
            }
        }
        self.balances(books);
        for uses in self.codes.values().filter(|uses| uses.len() > 1) {
            let purchases: Vec<Uuid> = uses.iter().map(|(_, purchase, _)| *purchase).collect();
            if !purchases.iter().any(|purchase| books.replays.contains(purchase)) {
                self.violations.insert(Violation::Unfound { purchases });
            }
        }
        self.findings(books);
        self.violations.into_iter().collect()
    }

    /// The morning after: what the night changed. It gives back second charges, and nothing else.
    pub fn night(mut self, evening: &Books, morning: &Books) -> Vec<Violation> {
        self.violations.clear();
        let stood = |id: &Uuid| evening.purchases.get(id).is_some_and(|booked| !booked.undone);
        let stands = |id: &Uuid| morning.purchases.get(id).is_some_and(|booked| !booked.undone);
        let went: BTreeSet<Uuid> = evening.purchases.keys().filter(|id| stood(id) && !stands(id)).copied().collect();
        let same = |one: &Green, other: &Green, within_ms: i64| {
            (one.person, one.fen, one.stall) == (other.person, other.fen, other.stall)
                && (one.at_ms - other.at_ms).abs() <= within_ms
                && (one.offline || other.offline)
        };
        for purchase in &went {
            let is_other = |(id, other): (&Uuid, &Green)| {
                stands(id) && self.greens.get(purchase).is_some_and(|green| same(green, other, LONG_APART_MS))
            };
            // Nobody saw what a dead machine was asked, nor its other one.
            let seen = self.greens.contains_key(purchase) && evening.unended.is_empty();
            let told = morning.twice.contains(purchase);
            if !told || (seen && !self.greens.iter().any(is_other)) {
                self.violations.insert(Violation::GivenBack { purchase: *purchase });
            }
        }
        let charged =
            |id: &Uuid, green: &Green| evening.purchases.get(id).map(|of| of.person) == Some(Some(green.person));
        let sure: Vec<(&Uuid, &Green)> =
            self.greens.iter().filter(|(id, green)| stood(id) && charged(id, green)).collect();
        let sure: Vec<_> = sure.into_iter().filter(|(_, of)| of.fen > 0 && of.clock_good && !of.asked).collect();
        for (i, (id, green)) in sure.iter().enumerate() {
            let other = sure[i + 1..]
                .iter()
                .find(|(_, other)| other.till != green.till && same(green, other, NOT_FAR_APART_MS));
            if let Some((other, _)) = other.filter(|(other, _)| !went.contains(id) && !went.contains(other)) {
                self.violations.insert(Violation::Twice { purchases: [**id, **other] });
            }
        }
        if evening.purchases.keys().ne(morning.purchases.keys()) {
            self.broken("purchases came or went in the night".into());
        }
        self.balances(morning);
        self.findings(morning);
        self.violations.into_iter().collect()
    }

    /// Balance and arrears are what was paid in less what was eaten.
    fn balances(&mut self, books: &Books) {
        for (person, account) in &books.accounts {
            let mine = |purchase: &&Booked| purchase.person == Some(*person) && !purchase.undone;
            let eaten: i64 = books.purchases.values().filter(mine).map(|booked| booked.fen).sum();
            let expected = self.paid_in.get(person).copied().unwrap_or(0) - eaten;
            let found = account.balance - account.arrears;
            if expected != found {
                self.violations.insert(Violation::Balance { person: *person, expected, found });
            }
        }
    }

    fn findings(&mut self, books: &Books) {
        self.violations.extend(books.findings.iter().map(|finding| Violation::Books { finding: finding.clone() }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LI: Uuid = Uuid::from_u128(1);
    const LUNCH: Uuid = Uuid::from_u128(2);

    const GREEN: Green =
        Green { till: 0, stall: 0, person: LI, fen: 1_200, offline: true, at_ms: 0, asked: false, clock_good: true };

    fn seen() -> Auditor {
        let mut auditor = Auditor::default();
        auditor.paid_in(LI, 5_000);
        auditor.green(LUNCH, GREEN);
        auditor
    }

    fn books(purchases: &[(Uuid, Booked)], balance: i64, arrears: i64) -> Books {
        let accounts = BTreeMap::from([(LI, Account { balance, arrears })]);
        Books { purchases: purchases.iter().copied().collect(), accounts, ..Books::default() }
    }

    const EATEN: Booked = Booked { person: Some(LI), fen: 1_200, undone: false };

    #[test]
    fn an_honest_evening() {
        assert_eq!(seen().evening(&books(&[(LUNCH, EATEN)], 3_800, 0)), []);
    }

    #[test]
    fn what_must_not_be_is_seen() {
        let check = |name: &str, found: Vec<Violation>, expected: &[Violation]| assert_eq!(found, expected, "{name}");
        check("lost", seen().evening(&books(&[], 5_000, 0)), &[Violation::Lost { purchase: LUNCH, till: 0 }]);
        let dearer = Booked { fen: 1_300, ..EATEN };
        let differs = Violation::Differs { purchase: LUNCH, shown: 1_200, booked: 1_300 };
        check("dearer", seen().evening(&books(&[(LUNCH, dearer)], 3_700, 0)), &[differs]);
        let other = Uuid::from_u128(3);
        let charged = Violation::Charged { purchase: other, fen: 1_200 };
        check("doubled", seen().evening(&books(&[(LUNCH, EATEN), (other, EATEN)], 2_600, 0)), &[charged]);
        let short = Violation::Balance { person: LI, expected: 3_800, found: 3_799 };
        check("a fen is gone", seen().evening(&books(&[(LUNCH, EATEN)], 3_799, 0)), &[short]);
        let mut undone = seen();
        undone.undone(LUNCH);
        let charged = Violation::Charged { purchase: LUNCH, fen: 1_200 };
        check("undone, and it stands", undone.evening(&books(&[(LUNCH, EATEN)], 3_800, 0)), &[charged]);
        let mut dead = books(&[(LUNCH, EATEN), (other, EATEN)], 2_600, 0);
        dead.unended.insert(other);
        check("its machine died, and finance knows", seen().evening(&dead), &[]);
        let mut over = seen();
        assert_eq!((over.open(), over.open_of(0, LI), over.open_of(1, LI)), (1_200, 1_200, 0));
        over.acknowledged(0, [LUNCH]);
        assert_eq!((over.open(), over.worst_open), (0, 1_200));
        let mut twice = seen();
        twice.code_taken(0, "9712", LUNCH, false);
        twice.code_taken(1, "9712", other, true);
        let unfound = Violation::Unfound { purchases: vec![LUNCH, other] };
        check("two tills, and nobody is told", twice.clone().evening(&books(&[(LUNCH, EATEN)], 3_800, 0)), &[unfound]);
        let told = Books { replays: [other].into(), ..books(&[(LUNCH, EATEN)], 3_800, 0) };
        check("two tills", twice.clone().evening(&told), &[]);
        twice.code_taken(2, "9712", Uuid::from_u128(4), false);
        let replayed = Violation::Replayed { till: 2, code: "9712".into() };
        check("the server took it twice", twice.evening(&told), &[replayed]);
        let mut mute = seen();
        mute.red(2, "余额不足", "");
        let no_reason = Violation::NoReason { till: 2 };
        check("red without a reason", mute.evening(&books(&[(LUNCH, EATEN)], 3_800, 0)), &[no_reason]);
    }

    #[test]
    fn the_night_gives_back_second_charges_and_nothing_else() {
        let again = Uuid::from_u128(3);
        let night = |second: Green, went: Option<Uuid>, told: bool| {
            let mut auditor = seen();
            auditor.green(again, second);
            let evening = books(&[(LUNCH, EATEN), (again, EATEN)], 2_600, 0);
            let of = |id: Uuid| (id, Booked { undone: went == Some(id), ..EATEN });
            let balance = if went.is_some() { 3_800 } else { 2_600 };
            let mut morning = books(&[of(LUNCH), of(again)], balance, 0);
            morning.twice = went.filter(|_| told).into_iter().collect();
            auditor.night(&evening, &morning)
        };
        let check = |name: &str, found: Vec<Violation>, expected: &[Violation]| assert_eq!(found, expected, "{name}");
        let second = Green { till: 1, at_ms: 4_000, ..GREEN };
        check("it went", night(second, Some(again), true), &[]);
        check("it stayed", night(second, None, true), &[Violation::Twice { purchases: [LUNCH, again] }]);
        check("nobody was told", night(second, Some(again), false), &[Violation::GivenBack { purchase: again }]);
        check("the cashier was asked", night(Green { asked: true, ..second }, None, true), &[]);
        let elsewhere = Green { stall: 1, ..second };
        check("another stall", night(elsewhere, None, true), &[]);
        check("and it went", night(elsewhere, Some(again), true), &[Violation::GivenBack { purchase: again }]);
    }
}

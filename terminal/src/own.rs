//! What this terminal sold itself, told by its journal: taken from what the mirror knows of a person, counted against
//! the lease and the caps, and remembered so that no code of a phone is taken twice. Rebuilt from the journal at each
//! start; nothing of it is kept anywhere else.

use crate::checkout::{Recent, RecentState, Shift};
use std::collections::{BTreeMap, VecDeque};
use yitong_sync::relay::{CodeUse, Spent};
use yitong_sync::{Body, PersonUsed, Record, Used};
use yitong_values::{BusinessDay, Cents, EntryId, MealPeriodId, PersonId, Timestamp};

/// Sales are remembered so long: the counters of a month are the longest that anybody asks for.
const REMEMBERED_DAYS: i64 = 32;
const RECENT_MAX: usize = crate::checkout::RECENT_MAX;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnSale {
    pub seq: u64,
    pub person: PersonId,
    pub at: Timestamp,
    pub charged: Cents,
    /// Without the server's word.
    pub offline: bool,
    pub lease: Option<u32>,
    /// The server had it at this moment of its clock.
    pub known_at: Option<Timestamp>,
    pub undone: bool,
    /// The use of a phone's credential that it was paid with.
    pub code: Option<CodeUse>,
}

/// A use of a phone's credential, and when.
pub type PastUse = (u32, u64, Timestamp);

impl OwnSale {
    fn spent(&self) -> Spent {
        let OwnSale { seq, person, at, charged, offline, known_at, undone, code, .. } = *self;
        Spent { seq, person, amount: charged, at, offline, known_at, undone, code }
    }
}

#[derive(Debug, Default)]
pub struct Own {
    sales: BTreeMap<EntryId, OwnSale>,
    by_person: BTreeMap<PersonId, Vec<EntryId>>,
    /// Intents without an ending, with who was to pay when that is known.
    open: BTreeMap<EntryId, Timestamp>,
    /// The payers of intents, from the mirror: the record itself has only the code.
    payers: BTreeMap<EntryId, (PersonId, Option<CodeUse>)>,
    /// Sales of which the neighbours have not been told how they stand now.
    untold: Vec<EntryId>,
    pub uses: Vec<PastUse>,
    pub shift: Option<Shift>,
    pub recent: VecDeque<Recent>,
    pub floor: Timestamp,
    /// Sales that only this terminal knows.
    pub unsent_sales: u32,
    acknowledged: u64,
}

impl Own {
    /// Who is to pay this intent, as the mirror says, and with which use of a phone.
    pub fn payer_is(&mut self, purchase: EntryId, person: PersonId, code: Option<CodeUse>) {
        self.payers.insert(purchase, (person, code));
    }

    /// Purchases that the server was asked about and that have no ending: nobody saw green.
    pub fn open_intents(&self) -> Vec<EntryId> {
        self.open.keys().copied().collect()
    }

    pub fn take(&mut self, record: &Record) {
        self.floor = self.floor.max(record.stamp.at);
        match &record.body {
            Body::Intent { sale } => {
                self.open.insert(sale.purchase, sale.at);
            }
            Body::Confirmed { purchase, amount, by } => {
                let at = self.open.remove(purchase).unwrap_or(record.stamp.at);
                let payer = self.payers.remove(purchase);
                let used = by.and_then(|by| by.serial.zip(by.use_order));
                let used = used.map(|(serial, order)| CodeUse { serial, order });
                let code = used.or(payer.and_then(|(_, code)| code));
                self.uses.extend(code.map(|code| (code.serial, code.order, at)));
                self.remember(*purchase, at, *amount, RecentState::Paid);
                if let Some(person) = payer.map(|(person, _)| person).or(by.map(|by| by.person)) {
                    // The server booked it after this moment, so whatever it says of later has it.
                    let known_at = Some(at);
                    let (seq, charged) = (record.seq, *amount);
                    let (lease, undone) = (None, false);
                    let sale = OwnSale { seq, person, at, charged, offline: false, lease, known_at, undone, code };
                    self.add(*purchase, sale);
                }
            }
            Body::Sold { sale, how } => {
                self.open.remove(&sale.purchase);
                self.payers.remove(&sale.purchase);
                let code = how.serial.zip(how.use_order).map(|(serial, order)| CodeUse { serial, order });
                self.uses.extend(code.map(|code| (code.serial, code.order, sale.at)));
                self.remember(sale.purchase, sale.at, how.charged, RecentState::Offline);
                let (seq, person, at, charged) = (record.seq, how.person, sale.at, how.charged);
                let (lease, known_at) = (how.lease, None);
                let sold = OwnSale { seq, person, at, charged, offline: true, lease, known_at, undone: false, code };
                self.add(sale.purchase, sold);
            }
            Body::Refused { sale, online, .. } => {
                // Refused here, an open intent still needs the word that it was given up.
                if *online {
                    self.open.remove(&sale.purchase);
                }
                self.remember(sale.purchase, sale.at, sale.amount, RecentState::Refused);
            }
            Body::GivenUp { purchase } => {
                self.open.remove(purchase);
                self.payers.remove(purchase);
                // Written although nobody was told so, and taken back at once.
                if let Some(sale) = self.sales.get_mut(purchase) {
                    sale.undone = true;
                    self.untold.push(*purchase);
                }
            }
            Body::Undone { purchase, amount, .. } => self.undo(*purchase, *amount),
            Body::ShiftOpened { shift, cash } => {
                let (id, since, cash, total) = (shift.id, shift.opened, *cash, Cents::ZERO);
                self.shift =
                    shift.cashier.map(|cashier| Shift { id, cashier, since, cash, sales: 0, undone: 0, total });
            }
            Body::ShiftClosed { .. } => self.shift = None,
            Body::Opened { .. } | Body::Noted { .. } => {}
        }
    }

    fn add(&mut self, purchase: EntryId, sale: OwnSale) {
        self.by_person.entry(sale.person).or_default().push(purchase);
        self.unsent_sales += u32::from(sale.known_at.is_none());
        self.untold.push(purchase);
        self.sales.insert(purchase, sale);
    }

    fn remember(&mut self, purchase: EntryId, at: Timestamp, amount: Cents, state: RecentState) {
        if state != RecentState::Refused
            && let Some(shift) = &mut self.shift
        {
            shift.count(amount);
        }
        self.recent.retain(|recent| recent.purchase != purchase);
        self.recent.push_back(Recent { purchase, at, amount, name_mask: String::new(), state });
        if self.recent.len() > RECENT_MAX {
            self.recent.pop_front();
        }
    }

    /// Undoing twice is undoing once.
    fn undo(&mut self, purchase: EntryId, amount: Cents) {
        let undone = |recent: &Recent| recent.purchase == purchase && recent.state == RecentState::Undone;
        if self.sales.get(&purchase).is_some_and(|sale| sale.undone) || self.recent.iter().any(undone) {
            return;
        }
        if let Some(sale) = self.sales.get_mut(&purchase) {
            sale.undone = true;
            self.untold.push(purchase);
        }
        if let Some(recent) = self.recent.iter_mut().find(|recent| recent.purchase == purchase) {
            recent.state = RecentState::Undone;
        }
        if let Some(shift) = &mut self.shift {
            shift.undone += 1;
            shift.total = shift.total.minus(amount).unwrap_or(shift.total);
        }
    }

    /// The server has every record up to `seq`, and had it at `at` of its clock.
    pub fn acknowledged(&mut self, seq: u64, at: Timestamp) {
        if seq <= self.acknowledged {
            return;
        }
        self.acknowledged = seq;
        let heard_of = |sale: &OwnSale| sale.seq <= seq && sale.known_at.is_none();
        for (purchase, sale) in self.sales.iter_mut().filter(|(_, sale)| heard_of(sale)) {
            sale.known_at = Some(at);
            self.unsent_sales = self.unsent_sales.saturating_sub(1);
            self.untold.push(*purchase);
        }
        let old = at.plus_ms(-REMEMBERED_DAYS * yitong_values::DAY_MS);
        if self.sales.values().any(|sale| sale.at < old) {
            self.sales.retain(|_, sale| sale.at >= old || sale.known_at.is_none());
            let sales = &self.sales;
            self.by_person.retain(|_, ids| {
                ids.retain(|id| sales.contains_key(id));
                !ids.is_empty()
            });
        }
    }

    /// What neighbours have to be told, the latest first; each of it once.
    pub fn untold(&mut self, since: Timestamp, max: usize) -> Vec<Spent> {
        let mut told = Vec::new();
        while told.len() < max
            && let Some(purchase) = self.untold.pop()
        {
            told.extend(self.sales.get(&purchase).filter(|sale| sale.at >= since).map(OwnSale::spent));
        }
        told
    }

    fn of(&self, person: PersonId) -> impl Iterator<Item = &OwnSale> {
        let ids = self.by_person.get(&person).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| self.sales.get(id))
    }

    /// What the server had not counted yet when it said what it knows of this person, oldest first.
    pub fn since(&self, person: PersonId, as_of: Timestamp) -> Vec<&OwnSale> {
        self.of(person).filter(|sale| !sale.undone && sale.known_at.is_none_or(|known| known > as_of)).collect()
    }

    /// Sold on this lease. What was undone counts until the next lease: the server may not know yet.
    pub fn used(&self, lease: u32) -> Used {
        let on = self.sales.values().filter(|sale| sale.lease == Some(lease));
        on.fold(Used::default(), |used, sale| Used {
            sum: used.sum.plus(sale.charged).unwrap_or(Cents::INPUT_MAX),
            count: used.count + 1,
        })
    }

    /// What one person bought here offline, in this meal and day.
    pub fn person_used(
        &self,
        person: PersonId,
        day: BusinessDay,
        meal: Option<MealPeriodId>,
        meal_of: impl Fn(Timestamp) -> Option<MealPeriodId>,
    ) -> PersonUsed {
        let today = self.of(person).filter(|sale| sale.offline && !sale.undone && sale.at.china_day() == day);
        today.fold(PersonUsed::default(), |used, sale| {
            let plus = |sum: Cents| sum.plus(sale.charged).unwrap_or(Cents::INPUT_MAX);
            // Outside of meals all purchases of that kind count together.
            let same = meal_of(sale.at) == meal;
            PersonUsed { meal: if same { plus(used.meal) } else { used.meal }, day: plus(used.day) }
        })
    }

    /// Whether this person bought here at a moment like that.
    pub fn bought(&self, person: PersonId, when: impl Fn(Timestamp) -> bool) -> bool {
        self.of(person).any(|sale| !sale.undone && when(sale.at))
    }

    /// What a code has spent since the server was heard: sum and number.
    pub fn unheard(&self, person: PersonId) -> (Cents, u32) {
        let unheard = self.of(person).filter(|sale| sale.offline && !sale.undone && sale.known_at.is_none());
        unheard.fold((Cents::ZERO, 0), |(sum, count), sale| {
            (sum.plus(sale.charged).unwrap_or(Cents::INPUT_MAX), count + 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;
    use yitong_sync::{How, PaidBy, PayerShown, Sale, Stamp, Story};

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(1_795_492_800_000 + ms)
    }

    fn sale(n: u128, fen: i64) -> Sale {
        Sale {
            purchase: id(n).into(),
            stall: id(3).into(),
            canteen: id(2).into(),
            payer: PayerShown::Code("CODE".into()),
            mode: "amount".into(),
            items: vec![],
            amount: Cents::new(fen),
            at: at(n as i64),
            collect_later: false,
            duplicate_confirmed: false,
            photo_checked: false,
            cashier: None,
        }
    }

    fn sold(n: u128, fen: i64) -> Body {
        let how = How {
            person: id(90).into(),
            lease: Some(1),
            charged: Cents::new(fen),
            balance_after: None,
            serial: Some(7),
            use_order: Some(n as u64),
            allowance: None,
            trace: String::new(),
            versions: Story::default(),
        };
        Body::Sold { sale: sale(n, fen), how }
    }

    fn own(bodies: Vec<Body>) -> Own {
        let mut own = Own::default();
        for (seq, body) in (1..).zip(bodies) {
            let stamp = Stamp { at: at(seq as i64), wall: at(0), boot: 1, mono_ms: 0, token_age_ms: None };
            let (terminal, prev) = (id(5).into(), Default::default());
            own.take(&Record { terminal, journal: 1, seq, prev, stamp, body });
        }
        own
    }

    fn fen_since(own: &Own, as_of: Timestamp) -> Vec<i64> {
        own.since(id(90).into(), as_of).iter().map(|sale| sale.charged.fen()).collect()
    }

    #[test]
    fn what_the_server_has_counted_is_not_counted_twice() {
        let mut own = own(vec![sold(1, 500), sold(2, 700)]);
        assert_eq!(fen_since(&own, at(9_999)), [500, 700], "it has heard of neither");
        assert_eq!(own.unsent_sales, 2);
        own.acknowledged(1, at(5_000));
        assert_eq!(own.unsent_sales, 1);
        assert_eq!(fen_since(&own, at(4_999)), [500, 700], "its picture is of before");
        assert_eq!(fen_since(&own, at(5_000)), [700]);
        assert_eq!(own.unheard(id(90).into()), (Cents::new(700), 1));
        assert_eq!(own.used(1), Used { sum: Cents::new(1_200), count: 2 }, "the lease counts until the next one");
        assert_eq!(own.used(2), Used::default());
        assert_eq!(own.uses, [(7, 1, at(1)), (7, 2, at(2))]);
    }

    #[test]
    fn what_was_paid_online_is_known_after_a_restart() {
        let by = PaidBy { person: id(90).into(), serial: Some(7), use_order: Some(3) };
        let intent = Body::Intent { sale: sale(1, 500) };
        let confirmed = Body::Confirmed { purchase: id(1).into(), amount: Cents::new(500), by: Some(by) };
        let own = own(vec![intent, confirmed]);
        assert_eq!(own.uses, [(7, 3, at(1))], "its code is not taken again");
        assert_eq!(fen_since(&own, at(0)), [500], "a picture of before does not have it");
        assert_eq!(fen_since(&own, at(1)).len(), 0);
        assert!(own.bought(id(90).into(), |_| true), "ticked off");
    }

    #[test]
    fn undone_is_not_spent() {
        let undone = Body::Undone { purchase: id(1).into(), by: None, amount: Cents::new(500) };
        let own = own(vec![sold(1, 500), undone]);
        assert_eq!((fen_since(&own, at(0)).len(), own.recent[0].state), (0, RecentState::Undone));
        let used = own.person_used(id(90).into(), at(0).china_day(), None, |_| None);
        assert_eq!(used, PersonUsed::default());
    }

    #[test]
    fn an_intent_without_an_end_is_open() {
        let intent = |n| Body::Intent { sale: sale(n, 100) };
        let confirmed = Body::Confirmed { purchase: id(1).into(), amount: Cents::new(100), by: None };
        let given_up = Body::GivenUp { purchase: id(3).into() };
        let refused = |n, online| {
            let (code, trace) = ("code_lost".into(), String::new());
            Body::Refused { sale: sale(n, 100), code, trace, online }
        };
        let bodies = vec![
            intent(1),
            confirmed,
            intent(2),
            intent(3),
            given_up,
            intent(4),
            refused(4, true),
            intent(5),
            refused(5, false),
            intent(6),
            sold(6, 100),
        ];
        let open: Vec<EntryId> = vec![id(2).into(), id(5).into()];
        assert_eq!(own(bodies).open_intents(), open, "refused here, the server may still have booked it");
    }
}

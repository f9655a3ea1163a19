//! Booking a batch: every look-up once, every decision by the rules on one picture, every write once. A refusal writes
//! its own row and touches nothing else.

use super::alarms;
use super::alarms_store::{self, Alarm};
use super::ask::{Ask, Payer, Versions};
use super::outcome::{KeptItem, KeptRefusal, Known, Outcome, Sold};
use super::store::{self, Answered, PayerRow, RefusedRow};
use crate::plumbing::db::{Asked, DbError, Tx};
use crate::plumbing::outbox::{self, Happening};
use crate::wallets::{BookError, Booking, Draft};
use std::collections::{HashMap, HashSet};
use yitong_ledger::{Kind, WALLETS_MAX};
use yitong_rules::{Counters, CredentialState, Policy, Refusal, Verdict, Wallet};
use yitong_values::{Cents, EntryId, SchoolId, StallId};

/// One outcome for each ask, in their order.
pub fn book(tx: &mut Tx<'_>, asks: &[Ask]) -> Result<Vec<Outcome>, DbError> {
    // The locks come first: whoever held them may have answered one of these names. The questions travel together.
    let paying: HashSet<_> = asks.iter().map(|ask| (ask.school, ask.payer)).collect();
    let paying = store::ask_payers(tx, paying.into_iter())?;
    let names: Vec<_> = asks.iter().map(|ask| (ask.school, ask.id)).collect();
    let answering = store::ask_answered(tx, &names)?;
    let standing = ask_versions(tx, asks)?;
    let mut payers = HashMap::with_capacity(asks.len());
    let mut accounts = Vec::with_capacity(asks.len());
    for (asked, payer, account) in store::hear_payers(tx, paying)? {
        payers.insert(asked, payer);
        accounts.push(account);
    }
    let mut batch = Batch {
        payers,
        booking: Booking::locked(accounts),
        refused: Vec::new(),
        events: Vec::new(),
        fresh: HashMap::new(),
        versions: HashMap::with_capacity(1),
        uses: HashMap::new(),
        alarms: Vec::new(),
    };
    let answered: HashMap<EntryId, Answered> = store::hear_answered(tx, answering)?.into_iter().collect();
    for (school, asked) in standing {
        if let Some(versions) = store::hear_versions(tx, asked)? {
            batch.versions.insert(school, versions);
        }
    }
    let mut outcomes = Vec::with_capacity(asks.len());
    for ask in asks {
        let outcome = match answered.get(&ask.id) {
            Some(before) => again(ask.id, &ask.digest, before),
            None => batch.decide(ask)?,
        };
        outcomes.push(outcome);
    }
    batch.booking.write(tx)?;
    store::insert_refused(tx, &batch.refused)?;
    outbox::queue(tx, &batch.events)?;
    alarms_store::raise(tx, &batch.alarms)?;
    alarms::tell(tx, &batch.alarms)?;
    let uses = batch.uses.iter().map(|((school, serial), order)| (*school, *serial, *order));
    if !store::mark_used(tx, uses)? {
        return Err(DbError::Conflict);
    }
    Ok(outcomes)
}

/// What this name was answered with, if it ever was: for an ask that could not even be put any more.
pub(super) fn answered_before(
    tx: &mut Tx<'_>,
    school: SchoolId,
    id: EntryId,
    digest: &[u8; 16],
) -> Result<Option<Outcome>, DbError> {
    let asked = store::ask_answered(tx, &[(school, id)])?;
    let before = store::hear_answered(tx, asked)?;
    Ok(before.first().map(|(_, before)| again(id, digest, before)))
}

/// Asks for the versions of now, once for each school.
fn ask_versions(tx: &mut Tx<'_>, asks: &[Ask]) -> Result<Vec<(SchoolId, Asked)>, DbError> {
    let mut asked: Vec<(SchoolId, Asked)> = Vec::with_capacity(1);
    for ask in asks {
        if !asked.iter().any(|(school, _)| *school == ask.school) {
            asked.push((ask.school, store::ask_versions(tx, ask.school)?));
        }
    }
    Ok(asked)
}

/// The same name again: the first answer, or a refusal when the content is another.
fn again(id: EntryId, digest: &[u8; 16], before: &Answered) -> Outcome {
    match before {
        Answered::Entry { kind, person: Some(person), at, booked_at, amount, detail } if kind == "purchase" => {
            let (payer, at, booked_at) = (Known { id: *person, seen: None }, *at, *booked_at);
            let sold = Sold { id, payer, at, booked_at, amount: *amount, detail: detail.clone() };
            if sold.kept().digest != hex::encode(digest) {
                return Outcome::NameTaken;
            }
            Outcome::Paid { sold: Box::new(sold), first: false }
        }
        Answered::Refused { person, detail, digest: known } if known[..] == *digest => match detail.refusal() {
            Some(refusal) => {
                let person = person.map(|id| Known { id, seen: None });
                Outcome::Refused { refusal, trace: detail.trace.clone(), person, first: false }
            }
            None => Outcome::NameTaken,
        },
        _ => Outcome::NameTaken,
    }
}

struct Batch {
    payers: HashMap<(SchoolId, Payer), PayerRow>,
    booking: Booking,
    refused: Vec<RefusedRow>,
    events: Vec<Happening>,
    /// Names that were decided within this batch.
    fresh: HashMap<EntryId, (Outcome, [u8; 16])>,
    /// What each school's purchases have to be decided on.
    versions: HashMap<SchoolId, Versions>,
    /// The last use of phones whose codes were taken in this batch.
    uses: HashMap<(SchoolId, u32), i64>,
    alarms: Vec<Alarm>,
}

impl Batch {
    fn decide(&mut self, ask: &Ask) -> Result<Outcome, DbError> {
        if let Some((outcome, digest)) = self.fresh.get(&ask.id) {
            return Ok(if *digest == ask.digest { outcome.clone() } else { Outcome::NameTaken });
        }
        if self.versions.get(&ask.school) != Some(&ask.basis.versions()) {
            return Ok(Outcome::Stale);
        }
        let outcome = self.judge(ask)?;
        if matches!(outcome, Outcome::Paid { .. } | Outcome::Refused { .. }) {
            self.fresh.insert(ask.id, (outcome.clone(), ask.digest));
        }
        Ok(outcome)
    }

    fn judge(&mut self, ask: &Ask) -> Result<Outcome, DbError> {
        let payer = match (ask.payer, self.payers.get(&(ask.school, ask.payer))) {
            (Payer::Refused(state), _) => {
                let refusal = match state {
                    CredentialState::Expired => Refusal::CodeExpired,
                    CredentialState::Stale { seconds } => Refusal::CodeStale { seconds },
                    _ => Refusal::CodeUnknown,
                };
                return Ok(self.refuse(ask, None, refusal, String::new()));
            }
            (Payer::Serial(_), None) => return Ok(self.refuse(ask, None, Refusal::CodeUnknown, String::new())),
            (Payer::Person(_), None) => return Ok(Outcome::NoSuchPerson),
            (_, Some(payer)) => payer.clone(),
        };
        let Some(state) = self.booking.state(ask.school, payer.person) else { return Ok(Outcome::NoSuchPerson) };
        // Subsidies will come before cash; today only cash holds money, so the order is that of the slots from the top.
        let wallet = |slot: usize| Wallet::free(slot as u8, state.wallets[slot]);
        let counters = Counters::from_text(&state.counters);
        let last = counters.last;
        let known = yitong_rules::Known {
            credential: self.credential_state(&payer, ask),
            copyable: payer.credential.as_ref().is_some_and(|shown| !shown.is_phone),
            last_was_near: last.is_some_and(|last| near(ask, last.stall)),
            person: payer.state,
            frozen: state.frozen,
            wallets: (0..WALLETS_MAX).rev().map(wallet).filter(|w| !w.balance.is_zero() || w.slot == 0).collect(),
            arrears: state.arrears,
            counters,
            allergens: payer.allergens.clone(),
        };
        let (limits, no_buy) = ask.basis.policy.of(payer.class, payer.person);
        let school = &ask.basis.policy.school;
        let policy = Policy {
            periods: &ask.basis.facts.periods,
            day: ask.basis.facts.day_kind(ask.open.at().china_day()),
            require_meal_period: school.require_meal_period,
            purchase_cap: Cents::new(school.purchase_cap),
            limits,
            no_buy_categories: &no_buy,
            arrears: school.arrears(),
            duplicate_window_ms: school.duplicate_window_s * 1000,
            copies: school.codes.copies(),
            guardian: payer.guardian.rules(),
        };
        let decided = self.with_flags(ask).decide(&known, &policy);
        let trace = decided.trace.text();
        if let (Some(seconds), Some(last)) = (decided.trace.seen_elsewhere(), last) {
            let sold = matches!(decided.verdict, Verdict::Allow(_));
            self.alarms.push(Alarm::of(ask, payer.person, last.stall, seconds, sold));
        }
        match &decided.verdict {
            Verdict::Ask(question) => Ok(Outcome::Ask { question: *question, person: payer.known(), trace }),
            Verdict::Refuse(refusal) => {
                let refusal = refusal.clone();
                Ok(self.refuse(ask, Some(payer.known()), refusal, trace))
            }
            Verdict::Allow(_) => {
                let accepted = decided.accepted(payer.person);
                let accepted = accepted.ok_or_else(|| DbError::Broken("an allowed purchase is not accepted".into()))?;
                self.sell(ask, payer.known(), &accepted, trace)
            }
        }
    }

    fn credential_state(&self, payer: &PayerRow, ask: &Ask) -> CredentialState {
        let Some(shown) = &payer.credential else { return CredentialState::PickedByCashier };
        let used_before = |order: i64| {
            let now = match ask.payer {
                Payer::Serial(serial) => self.uses.get(&(ask.school, serial)).copied(),
                _ => None,
            };
            order <= now.unwrap_or(shown.last_use)
        };
        match shown.status.as_str() {
            "lost" => CredentialState::Lost,
            "replaced" => CredentialState::Replaced,
            _ if shown.last_day < ask.now.china_day() => CredentialState::Expired,
            _ if ask.use_order.is_some_and(used_before) => CredentialState::Used,
            _ => CredentialState::Active,
        }
    }

    fn with_flags(&self, ask: &Ask) -> yitong_purchase::Open {
        let mut open = ask.open.clone();
        if ask.collect_later {
            open = open.collect_later();
        }
        if ask.duplicate_confirmed {
            open = open.duplicate_confirmed();
        }
        if ask.photo_checked {
            open = open.photo_checked();
        }
        open
    }

    fn sell(
        &mut self,
        ask: &Ask,
        payer: Known,
        accepted: &yitong_purchase::Accepted,
        trace: String,
    ) -> Result<Outcome, DbError> {
        let split = &accepted.split;
        let booked = accepted.book().map_err(|why| DbError::Broken(why.to_string()))?;
        let stall_name = ask.basis.facts.stalls.get(&ask.stall).map_or("", |stall| stall.name.as_str());
        let detail = Detail { ask, split, trace: &trace, stall_name }.text();
        let draft = Draft {
            school: ask.school,
            id: ask.id,
            kind: Kind::Purchase,
            at: ask.open.at(),
            now: ask.now,
            person: Some(payer.id),
            stall: Some(ask.stall),
            amount: split.charged,
            postings: booked.postings,
            corrects: None,
            detail,
        };
        let entry = match self.booking.add(draft) {
            Ok(entry) => entry,
            // The rules looked at the same picture: this can't happen, and must not pass in silence when it does.
            Err(why @ (BookError::Overdrawn | BookError::NoAccount)) => return Err(DbError::Broken(why.to_string())),
        };
        let (at, booked_at, detail) = (entry.at, entry.booked_at, entry.detail.clone());
        if let (Payer::Serial(serial), Some(order)) = (ask.payer, ask.use_order) {
            self.uses.insert((ask.school, serial), order);
        }
        self.booking.set_counters(ask.school, payer.id, split.counters.text());
        self.events.push(Happening {
            school: ask.school,
            id: ask.id.uuid(),
            topic: "purchase".into(),
            person: Some(payer.id),
            body: format!("{{\"fen\":{},\"arrears\":{}}}", split.charged.fen(), split.arrears.fen()),
            at: ask.now,
        });
        let sold = Sold { id: ask.id, payer, at, booked_at, amount: split.charged, detail };
        Ok(Outcome::Paid { sold: Box::new(sold), first: true })
    }

    fn refuse(&mut self, ask: &Ask, person: Option<Known>, refusal: Refusal, trace: String) -> Outcome {
        let stall_name = ask.basis.facts.stalls.get(&ask.stall).map_or(String::new(), |stall| stall.name.clone());
        let items: Vec<KeptItem> = serde_json::from_str(&ask.items).unwrap_or_default();
        let (mode, cashier) = (ask.mode.word().to_owned(), ask.cashier.uuid());
        let kept = KeptRefusal { trace: trace.clone(), mode, items, cashier, stall_name, ..KeptRefusal::of(&refusal) };
        self.refused.push(RefusedRow {
            school: ask.school,
            id: ask.id,
            now: ask.now,
            person: person.as_ref().map(|known| known.id),
            stall: ask.stall,
            amount: ask.open.amount(),
            kept,
            digest: ask.digest,
        });
        Outcome::Refused { refusal, trace, person, first: true }
    }
}

/// Whether another stall belongs to the same canteen.
fn near(ask: &Ask, other: StallId) -> bool {
    let canteen = |stall| ask.basis.facts.stalls.get(&stall).map(|stall| stall.canteen);
    canteen(other).is_some() && canteen(other) == canteen(ask.stall)
}

/// The detail of the entry, written by hand: a serializer over a struct costs as much as the statement that keeps it.
struct Detail<'a> {
    ask: &'a Ask,
    split: &'a yitong_rules::Split,
    trace: &'a str,
    stall_name: &'a str,
}

impl Detail<'_> {
    fn text(&self) -> String {
        use std::fmt::Write;
        let (ask, split) = (self.ask, self.split);
        let mut text = String::with_capacity(320 + ask.items.len());
        let period = split.period.map_or("null".into(), |id| format!("\"{id}\""));
        let from: Vec<_> = split.from.iter().map(|(slot, part)| format!("[{slot},{}]", part.fen())).collect();
        let name = serde_json::to_string(self.stall_name).expect("a name is JSON");
        write!(
            text,
            "\"mode\":\"{}\",\"period\":{period},\"items\":{},\"from\":[{}],\"arrears\":{},\"later\":{},\"cashier\":\"{}\",\
             \"trace\":\"{}\",\"stall_name\":{name},\"digest\":\"{}\"",
            ask.mode.word(),
            ask.items,
            from.join(","),
            split.arrears.fen(),
            ask.collect_later,
            ask.cashier,
            self.trace,
            hex::encode(ask.digest),
        )
        .expect("a String takes any text");
        if let (Payer::Serial(serial), Some(order)) = (ask.payer, ask.use_order) {
            text.push(',');
            text.push_str(&use_mark(serial, order));
        }
        text
    }
}

/// How an entry says which use of a phone's code paid for it. No name and no dish can look like it: their quotes are
/// escaped.
pub(super) fn use_mark(serial: u32, order: i64) -> String {
    format!("\"use\":[{serial},{order}]")
}

//! Sales that a terminal made by itself and the customer has eaten: booked as they were, never decided again. Wallets
//! give what they hold, the rest is collected later, and what nobody can be charged for is the school's risk.

use super::book::use_mark;
use super::outcome::{KeptItem, KeptRefusal};
use super::store::{self, Answered, RefusedRow};
use super::undo::{Undo, UndoOutcome, Until, undo};
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::outbox::{self, Happening};
use crate::wallets::{self, Booking, Draft};
use serde_json::json;
use std::collections::HashMap;
use yitong_ledger::{Account, Kind, Posting, Postings, WALLETS_MAX, WalletSlot};
use yitong_rules::{Counters, LastPurchase};
use yitong_values::{Cents, EntryId, MealPeriodId, PersonId, SchoolId, StallId, TerminalId, Timestamp, UserId};

/// A sale as the terminal wrote it down.
#[derive(Clone, Debug)]
pub struct Eaten {
    pub id: EntryId,
    pub terminal: TerminalId,
    /// Who is charged; none: nobody can be, and the school bears it.
    pub person: Option<PersonId>,
    pub stall: StallId,
    pub stall_name: String,
    /// What the customer saw.
    pub charged: Cents,
    pub at: Timestamp,
    pub mode: String,
    pub period: Option<MealPeriodId>,
    pub items: Vec<KeptItem>,
    pub later: bool,
    pub cashier: UserId,
    pub trace: String,
    /// Of the same sale asked for while the link is up.
    pub digest: [u8; 16],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Booked {
    /// `short` is the part that no wallet held; `at_risk` that nobody was charged.
    Now { short: Cents, at_risk: bool },
    /// It is booked already, with the same payer and amount.
    Before,
    /// Its name belongs to another sale.
    Contradicts,
}

/// Books sales in their order; one outcome for each.
pub fn book_eaten(tx: &mut Tx<'_>, school: SchoolId, sales: &[Eaten], now: Timestamp) -> Result<Vec<Booked>, DbError> {
    let persons: Vec<_> = sales.iter().filter_map(|sale| Some((school, sale.person?))).collect();
    // The locks come first: whoever held them may have answered one of these names.
    let mut booking = Booking::load(tx, &persons)?;
    let names: Vec<_> = sales.iter().map(|sale| (school, sale.id)).collect();
    let asked = store::ask_answered(tx, &names)?;
    let mut answered: HashMap<EntryId, Answered> = store::hear_answered(tx, asked)?.into_iter().collect();
    let mut events = Vec::with_capacity(sales.len());
    let mut outcomes = Vec::with_capacity(sales.len());
    // The server said no and nobody heard it: the till sold under the name that it had asked by, and that counts.
    let unheard = sales.iter().filter(|sale| matches!(answered.get(&sale.id), Some(Answered::Refused { .. })));
    for sale in unheard.collect::<Vec<_>>() {
        store::forget_refused(tx, school, sale.id)?;
        answered.remove(&sale.id);
    }
    for sale in sales {
        if let Some(before) = answered.get(&sale.id) {
            outcomes.push(same(before, sale));
            continue;
        }
        let outcome = add(&mut booking, school, sale, now)?;
        events.push(happening(school, sale, &outcome, now));
        answered.insert(sale.id, answer_of(sale));
        outcomes.push(outcome);
    }
    booking.write(tx)?;
    let heard: Vec<Happening> = events.into_iter().flatten().collect();
    outbox::queue(tx, &heard)?;
    Ok(outcomes)
}

/// Whether a name that was answered before was answered with this very sale. When wallets or a free meal made the
/// server charge otherwise, it is the same sale still: what counts is who paid, and that the customer saw no more.
fn same(before: &Answered, sale: &Eaten) -> Booked {
    match before {
        Answered::Entry { kind, person, amount, .. }
            if kind == "purchase" && *amount == sale.charged && (*person == sale.person || person.is_none()) =>
        {
            Booked::Before
        }
        _ => Booked::Contradicts,
    }
}

fn answer_of(sale: &Eaten) -> Answered {
    let (person, at, amount) = (sale.person, sale.at, sale.charged);
    Answered::Entry { kind: "purchase".into(), person, at, booked_at: at, amount, detail: String::new() }
}

fn add(booking: &mut Booking, school: SchoolId, sale: &Eaten, now: Timestamp) -> Result<Booked, DbError> {
    let state = sale.person.and_then(|person| booking.state(school, person)).cloned();
    let payer = state.as_ref().map(|state| state.person);
    let held: Vec<(usize, Cents)> = state.iter().flat_map(|state| state.wallets.iter().copied().enumerate()).collect();
    let mut left = sale.charged.fen();
    let mut from = Vec::new();
    let mut postings = Vec::with_capacity(4);
    let broken = |why: &dyn std::fmt::Display| DbError::Broken(format!("an offline sale can't be booked: {why}"));
    if let Some(person) = payer {
        // As the rules use them: from the last slot to cash.
        for (slot, balance) in held.into_iter().rev().take(WALLETS_MAX) {
            let part = left.min(balance.fen()).max(0);
            if part > 0 {
                let slot = WalletSlot::new(slot as u8).ok_or_else(|| broken(&"no such wallet"))?;
                postings.push(Posting { account: Account::Wallet(person, slot), amount: Cents::new(-part) });
                from.push((slot.index() as u8, part));
                left -= part;
            }
        }
    }
    if left > 0 {
        let account = payer.map_or(Account::Risk, Account::Arrears);
        postings.push(Posting { account, amount: Cents::new(-left) });
    }
    if !sale.charged.is_zero() {
        postings.push(Posting { account: Account::Merchant(sale.stall), amount: sale.charged });
    }
    let draft = Draft {
        school,
        id: sale.id,
        kind: Kind::Purchase,
        at: sale.at,
        now,
        person: payer,
        stall: Some(sale.stall),
        amount: sale.charged,
        postings: Postings::new(postings).map_err(|why| broken(&why))?,
        corrects: None,
        detail: detail(sale, &from, if payer.is_some() { left } else { 0 }),
    };
    booking.add(draft).map_err(|why| broken(&why))?;
    if let Some(state) = state {
        let last = LastPurchase { stall: sale.stall, amount: sale.charged, at: sale.at };
        let counters = Counters::from_text(&state.counters).add_late(sale.at.china_day(), sale.period, last);
        booking.set_counters(school, state.person, counters.text());
    }
    Ok(Booked::Now { short: Cents::new(left), at_risk: payer.is_none() })
}

/// The members of the entry's detail: those of every purchase, and where it was sold by itself.
fn detail(sale: &Eaten, from: &[(u8, i64)], arrears: i64) -> String {
    let all = json!({
        "mode": sale.mode, "period": sale.period.map(MealPeriodId::uuid), "items": sale.items, "from": from,
        "arrears": arrears, "later": sale.later, "cashier": sale.cashier.uuid(), "trace": sale.trace,
        "stall_name": sale.stall_name, "digest": hex::encode(sale.digest), "offline": sale.terminal.uuid(),
    })
    .to_string();
    all[1..all.len() - 1].to_owned()
}

fn happening(school: SchoolId, sale: &Eaten, booked: &Booked, now: Timestamp) -> Option<Happening> {
    let Booked::Now { short, at_risk: false } = booked else { return None };
    Some(Happening {
        school,
        id: sale.id.uuid(),
        topic: "purchase".into(),
        person: sale.person,
        body: format!("{{\"fen\":{},\"arrears\":{},\"offline\":true}}", sale.charged.fen(), short.fen()),
        at: now,
    })
}

/// Takes back a sale that the customer was told no about, or that the cashier undid while nobody heard. Nobody decides
/// again whether that was in time. `None`: there is nothing to take back.
pub fn take_back(
    tx: &mut Tx<'_>,
    school: SchoolId,
    purchase: EntryId,
    id: EntryId,
    reason: &str,
    now: Timestamp,
) -> Result<Option<(Option<StallId>, i64)>, DbError> {
    let Some(found) = wallets::find_entry(tx, school, purchase)? else { return Ok(None) };
    let entry = found.entry?;
    if entry.kind != Kind::Purchase {
        return Ok(None);
    }
    if entry.person.is_some() {
        let ask = Undo { school, purchase, id, reason: reason.into(), now, until: Until::Whenever, stalls: None };
        return match undo(tx, &ask)? {
            UndoOutcome::Done { stall, fen } => Ok(Some((stall, fen))),
            _ => Ok(None),
        };
    }
    if wallets::correction_of(tx, school, purchase)?.is_some() {
        return Ok(None);
    }
    let mut booking = Booking::load(tx, &[])?;
    let draft = Draft {
        school,
        id,
        kind: Kind::Reversal,
        at: now,
        now,
        person: None,
        stall: entry.stall,
        amount: entry.amount,
        postings: entry.postings.negated().map_err(|why| DbError::Broken(why.to_string()))?,
        corrects: Some(purchase),
        detail: format!("\"reason\":{}", json!(reason)),
    };
    booking.add(draft).map_err(|why| DbError::Broken(why.to_string()))?;
    booking.write(tx)?;
    Ok(Some((entry.stall, entry.amount.fen())))
}

/// A sale that a terminal refused by itself or gave up: its name is taken from now on, so that a request that is still
/// on its way books nothing.
#[derive(Clone, Debug)]
pub struct TurnedAway {
    pub id: EntryId,
    pub person: Option<PersonId>,
    pub stall: StallId,
    pub stall_name: String,
    pub amount: Cents,
    /// The rules' word, or the terminal's own.
    pub code: String,
    pub trace: String,
    pub mode: String,
    pub items: Vec<KeptItem>,
    pub cashier: UserId,
}

/// Keeps it, unless its name was answered before. Says whether it was.
pub fn keep_refused(tx: &mut Tx<'_>, school: SchoolId, sale: &TurnedAway, now: Timestamp) -> Result<bool, DbError> {
    let asked = store::ask_answered(tx, &[(school, sale.id)])?;
    if !store::hear_answered(tx, asked)?.is_empty() {
        return Ok(false);
    }
    let kept = KeptRefusal {
        code: sale.code.clone(),
        trace: sale.trace.clone(),
        mode: sale.mode.clone(),
        items: sale.items.clone(),
        cashier: sale.cashier.uuid(),
        stall_name: sale.stall_name.clone(),
        ..KeptRefusal::default()
    };
    let row = RefusedRow {
        school,
        id: sale.id,
        now,
        person: sale.person,
        stall: sale.stall,
        amount: sale.amount,
        kept,
        // Like no digest of an ask: a request that comes after it is another one.
        digest: [0; 16],
    };
    store::insert_refused(tx, &[row]).map(|()| true)
}

/// Who paid for a purchase, and how much; none when there is no such purchase.
pub fn booked(tx: &mut Tx<'_>, school: SchoolId, id: EntryId) -> Result<Option<(Option<PersonId>, Cents)>, DbError> {
    let Some(found) = wallets::find_entry(tx, school, id)? else { return Ok(None) };
    let entry = found.entry?;
    Ok((entry.kind == Kind::Purchase).then_some((entry.person, entry.amount)))
}

/// The same of a purchase that nobody undid.
pub fn standing(tx: &mut Tx<'_>, school: SchoolId, id: EntryId) -> Result<Option<(Option<PersonId>, Cents)>, DbError> {
    if wallets::correction_of(tx, school, id)?.is_some() {
        return Ok(None);
    }
    booked(tx, school, id)
}

/// Locks the accounts of these persons in the order that everybody locks them in. Whoever locks some, and then some
/// more, may wait for somebody who waits for them.
pub fn lock_accounts(tx: &mut Tx<'_>, school: SchoolId, persons: &[PersonId]) -> Result<(), DbError> {
    let keys: Vec<_> = persons.iter().map(|person| (school, *person)).collect();
    if keys.is_empty() { Ok(()) } else { Booking::load(tx, &keys).map(|_| ()) }
}

/// So far back a use of a phone's code is looked for: more than anybody buys before a till is heard again.
const ENTRIES_LOOKED_AT: i64 = 300;

/// Whether this use of a phone's code paid for another purchase of this person, with the server's word.
pub fn paid_with(
    tx: &mut Tx<'_>,
    school: SchoolId,
    person: PersonId,
    (serial, order): (u32, i64),
    but: EntryId,
) -> Result<bool, DbError> {
    let last = wallets::load_account(tx, school, person)?.and_then(|state| state.last_entry);
    let Some(last) = last else { return Ok(false) };
    let mark = use_mark(serial, order);
    for read in wallets::statement(tx, school, last, ENTRIES_LOOKED_AT)? {
        let entry = read.entry?;
        if entry.id != but && entry.detail.contains(&mark) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What is left of whoever paid for a purchase.
pub fn balance_of(tx: &mut Tx<'_>, school: SchoolId, id: EntryId) -> Result<Option<Cents>, DbError> {
    let Some((Some(person), _)) = booked(tx, school, id)? else { return Ok(None) };
    Ok(wallets::load_account(tx, school, person)?.map(|state| state.balance()))
}

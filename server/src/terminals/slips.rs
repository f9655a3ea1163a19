//! Charges that slipped past the guard against a second one: the same person paid the same amount at the same stall
//! within seconds, at two tills that did not hear of each other. Once a night, when journals have come in, the later
//! one is given back by itself: its payer is told, and finance sees it. What a cashier confirmed stays.

use super::journal_store::{self, Finding, Journal};
use super::slips_store;
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::purchases::{self, Kept};
use crate::wallets;
use std::collections::{BTreeMap, HashSet};
use yitong_ledger::{Entry, Kind};
use yitong_rules::Trace;
use yitong_values::{BusinessDay, Cents, EntryId, PersonId, SchoolId, StallId, TerminalId, Timestamp};

/// In China: when canteens sleep, and well after the last till was switched off.
const FROM_MINUTE: u16 = 2 * 60;
/// After a longer rest of the server the days before are left as they are.
const DAYS_MAX: i64 = 14;
/// The clock of a till that nobody hears may be wrong by so much without anybody being asked.
const DRIFT_MS: i64 = 10 * 60_000;
/// Entries of a person that are read at once.
const READ_AT_ONCE: i64 = 40;
/// And in all: more than anybody buys between a sale and its journal's coming.
const READ_MAX: usize = 400;

/// A purchase that nobody has undone.
#[derive(Clone, Debug)]
struct Sale {
    id: EntryId,
    stall: StallId,
    fen: Cents,
    at: Timestamp,
    /// The till that sold it by itself.
    offline: Option<TerminalId>,
    confirmed: bool,
}

/// Two of which one is too many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Slip {
    stays: EntryId,
    /// The later one.
    goes: EntryId,
    fen: Cents,
    at: Timestamp,
    seconds: i64,
    terminal: TerminalId,
}

/// Pure: which of a person's purchases are too many. Where a cashier confirmed either of two, both are meant.
fn slips_among(mut sales: Vec<Sale>, window_ms: i64) -> Vec<Slip> {
    sales.sort_by_key(|sale| (sale.at, sale.id));
    let mut stay: BTreeMap<(StallId, Cents), Sale> = BTreeMap::new();
    let mut slips = Vec::new();
    for sale in sales.into_iter().filter(|sale| !sale.fen.is_zero()) {
        let before = stay.get(&(sale.stall, sale.fen));
        let slip = before.and_then(|before| {
            let apart_ms = sale.at.since(before.at);
            let meant = sale.confirmed || before.confirmed;
            // Where both were heard at once, the guard asked.
            let terminal = sale.offline.or(before.offline).filter(|_| apart_ms < window_ms && !meant)?;
            let (stays, goes, seconds) = (before.id, sale.id, apart_ms / 1000);
            Some(Slip { stays, goes, fen: sale.fen, at: sale.at, seconds, terminal })
        });
        match slip {
            Some(slip) => slips.push(slip),
            None => drop(stay.insert((sale.stall, sale.fen), sale)),
        }
    }
    slips
}

/// Looks at the days that are over and were not looked at.
pub(super) async fn give_back(app: &App, school: SchoolId) -> Result<(), DbError> {
    let now = app.now();
    if now.china_minute() < FROM_MINUTE {
        return Ok(());
    }
    let yesterday = now.china_day().plus_days(-1);
    let looked = app.db.read(move |tx| slips_store::night(tx, school)).await?;
    let first = looked.map_or(yesterday, |day| day.plus_days(1).max(yesterday.plus_days(1 - DAYS_MAX)));
    if first > yesterday {
        return Ok(());
    }
    let window_ms = app.policies.get(&app.db, school).await?.school.duplicate_window_s * 1000;
    let mut day = first;
    while day <= yesterday {
        one_day(app, school, day, window_ms).await?;
        app.db.write("a day's slips", move |tx| slips_store::put_night(tx, school, day)).await?;
        day = day.plus_days(1);
    }
    Ok(())
}

async fn one_day(app: &App, school: SchoolId, day: BusinessDay, window_ms: i64) -> Result<(), DbError> {
    if window_ms == 0 {
        return Ok(());
    }
    let buyers = app.db.read(move |tx| slips_store::bought_offline(tx, school, day)).await?;
    for (person, (first, last)) in buyers {
        let (from, to) = (first.plus_ms(-window_ms), last.plus_ms(window_ms));
        let sales = app.db.read(move |tx| standing(tx, school, person, (from, to))).await?;
        for slip in slips_among(sales, window_ms) {
            take_back(app, school, person, slip).await?;
        }
    }
    Ok(())
}

/// A person's purchases that stand, sold between these moments.
fn standing(
    tx: &mut Tx<'_>,
    school: SchoolId,
    person: PersonId,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<Sale>, DbError> {
    let mut next = wallets::load_account(tx, school, person)?.and_then(|state| state.last_entry);
    // What corrects an entry was booked after it, and comes before it here.
    let (mut undone, mut sales, mut seen) = (HashSet::new(), Vec::new(), 0);
    while let Some(start) = next.take().filter(|_| seen < READ_MAX) {
        for read in wallets::statement(tx, school, start, READ_AT_ONCE)? {
            let entry = read.entry?;
            seen += 1;
            // Nothing is booked long before it was sold.
            next = entry.previous.filter(|_| entry.booked_at >= from.plus_ms(-DRIFT_MS));
            undone.extend(entry.corrects);
            if entry.kind == Kind::Purchase && (from..=to).contains(&entry.at) && !undone.contains(&entry.id) {
                sales.extend(sale(&entry));
            }
        }
    }
    Ok(sales)
}

fn sale(entry: &Entry) -> Option<Sale> {
    let kept: Kept = serde_json::from_str(&entry.detail).unwrap_or_default();
    Some(Sale {
        id: entry.id,
        stall: entry.stall?,
        fen: entry.amount,
        at: entry.at,
        offline: kept.offline.map(TerminalId::new),
        confirmed: Trace::from_text(&kept.trace).second_confirmed(),
    })
}

async fn take_back(app: &App, school: SchoolId, person: PersonId, slip: Slip) -> Result<(), DbError> {
    let (id, now) = (EntryId::new(app.new_id()), app.now());
    let write = move |tx: &mut Tx<'_>| {
        purchases::lock_accounts(tx, school, &[person])?;
        // Somebody may have undone one of them meanwhile.
        if purchases::standing(tx, school, slip.stays)?.is_none() {
            return Ok(None);
        }
        let back = purchases::take_back(tx, school, slip.goes, id, purchases::CHARGED_TWICE, now)?;
        if back.is_some() {
            let of = Journal { school, terminal: slip.terminal, number: 0 };
            let detail = format!("{} s after {}", slip.seconds, slip.stays);
            let (purchase, person, fen, sold_at) = (slip.goes, Some(person), slip.fen, slip.at);
            let finding = Finding { purchase, kind: "twice", person, fen, sold_at, detail };
            journal_store::found(tx, of, &finding, now)?;
        }
        Ok(back)
    };
    if let Some((stall, fen)) = app.db.write_locking("give a slip back", write).await? {
        app.live.tell(school, purchases::Sale { stall, fen: -fen, at: now, outcome: "reversed" });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const WINDOW_MS: i64 = 10_000;

    fn sale(n: u128, at_s: i64, fen: i64) -> Sale {
        let at = Timestamp::from_ms(1_795_492_800_000 + at_s * 1000);
        let (id, stall) = (EntryId::new(Uuid::from_u128(n)), StallId::new(Uuid::from_u128(7)));
        let offline = Some(TerminalId::new(Uuid::from_u128(n)));
        Sale { id, stall, fen: Cents::new(fen), at, offline, confirmed: false }
    }

    fn heard(sale: Sale) -> Sale {
        Sale { offline: None, ..sale }
    }

    #[test]
    fn the_later_of_two_that_nobody_confirmed_goes() {
        let check = |name: &str, sales: Vec<Sale>, goes: &[u128]| {
            let found: Vec<u128> =
                slips_among(sales, WINDOW_MS).iter().map(|slip| slip.goes.uuid().as_u128()).collect();
            assert_eq!(found, goes, "{name}");
        };
        check("one", vec![sale(1, 0, 800)], &[]);
        check("two tills", vec![sale(1, 0, 800), sale(2, 4, 800)], &[2]);
        check("heard of in another order", vec![sale(1, 4, 800), sale(2, 0, 800)], &[1]);
        check("one was heard", vec![heard(sale(1, 0, 800)), sale(2, 4, 800)], &[2]);
        check("the later was heard", vec![sale(1, 0, 800), heard(sale(2, 4, 800))], &[2]);
        check("both were heard", vec![heard(sale(1, 0, 800)), heard(sale(2, 4, 800))], &[]);
        check("another amount", vec![sale(1, 0, 800), sale(2, 4, 900)], &[]);
        let elsewhere = Sale { stall: StallId::new(Uuid::from_u128(8)), ..sale(2, 4, 800) };
        check("another stall", vec![sale(1, 0, 800), elsewhere], &[]);
        check("later", vec![sale(1, 0, 800), sale(2, 10, 800)], &[]);
        check("something between", vec![sale(1, 0, 800), sale(2, 2, 300), sale(3, 4, 800)], &[3]);
        check("three", vec![sale(1, 0, 800), sale(2, 6, 800), sale(3, 12, 800)], &[2]);
        let second = |of: Sale| Sale { confirmed: true, ..of };
        check("the second was meant", vec![sale(1, 0, 800), second(sale(2, 4, 800))], &[]);
        check("by a till whose clock is behind", vec![second(sale(1, 0, 800)), sale(2, 4, 800)], &[]);
        check("nothing was paid", vec![sale(1, 0, 0), sale(2, 4, 0)], &[]);
    }
}

//! Charges that slipped past the guard against a second one: the same person paid the same amount at the same stall
//! within seconds, at two tills that did not hear of each other. Once a night, when journals have come in, the later
//! one is given back by itself: its payer is told, and finance sees it. Which one that is, `core/rules` says.

use super::journal_store::{self, Finding, Journal};
use super::slips_store;
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::purchases::{self, Kept};
use crate::wallets;
use std::collections::HashSet;
use yitong_ledger::{Entry, Kind};
use yitong_rules::{Slip, Stands, Trace, slips_among};
use yitong_values::{BusinessDay, EntryId, PersonId, SchoolId, TerminalId, Timestamp};

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
) -> Result<Vec<Stands>, DbError> {
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

fn sale(entry: &Entry) -> Option<Stands> {
    let kept: Kept = serde_json::from_str(&entry.detail).unwrap_or_default();
    Some(Stands {
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

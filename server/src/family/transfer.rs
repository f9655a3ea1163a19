//! From one child of a family to another: two entries in one unit, over an account whose sum is always zero.

use crate::people;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::outbox::{self, Happening};
use crate::policies;
use crate::wallets::{self, Booking, Draft};
use serde_json::{Value, json};
use yitong_ledger::{Account, Entry, Kind, Posting, Postings, WalletSlot};
use yitong_rules::split_topup;
use yitong_values::{Cents, EntryId, GuardianId, PersonId, SchoolId, Timestamp};

#[derive(Clone, Debug)]
pub(super) struct Transfer {
    pub(super) school: SchoolId,
    /// Of the entry that takes; made by the client.
    pub(super) id: EntryId,
    /// Of the entry that gives.
    pub(super) incoming: EntryId,
    pub(super) from: PersonId,
    pub(super) to: PersonId,
    pub(super) amount: Cents,
    pub(super) guardian: GuardianId,
    pub(super) now: Timestamp,
}

/// Ordered by precedence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    NameTaken,
    /// By the school.
    Frozen,
    /// The child who would get it has left.
    PersonLeft,
    /// Cash only: a subsidy is for whom it was given.
    TooLittle {
        cash: Cents,
    },
    OverBalanceCap {
        cap: Cents,
        room: Cents,
    },
}

/// Balances right after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) from: Cents,
    pub(super) to: Cents,
}

type Outcome = Result<Moved, Refusal>;

fn broken(why: impl std::fmt::Display) -> DbError {
    DbError::Broken(why.to_string())
}

fn detail(entry: &Entry) -> Value {
    serde_json::from_str(&entry.detail).unwrap_or_default()
}

/// One unit; running it again with the same ask changes nothing.
pub(super) fn transfer(tx: &mut Tx<'_>, ask: &Transfer) -> Result<Outcome, DbError> {
    let school = ask.school;
    // Whoever held the locks may have booked this name: it is looked for afterwards.
    let mut booking = Booking::load(tx, &[(school, ask.from), (school, ask.to)])?;
    if let Some(known) = wallets::find_entry(tx, school, ask.id)? {
        return before(tx, ask, &known.entry?);
    }
    let person = people::find_person(tx, school, ask.to)?;
    let (Some(from), Some(to)) = (booking.state(school, ask.from), booking.state(school, ask.to)) else {
        return Err(broken("a bound person has no account"));
    };
    if from.frozen || to.frozen {
        return Ok(Err(Refusal::Frozen));
    }
    if person.is_none_or(|person| person.status == "left") {
        return Ok(Err(Refusal::PersonLeft));
    }
    let cash = from.wallets[WalletSlot::CASH.index()];
    if cash < ask.amount {
        return Ok(Err(Refusal::TooLittle { cash }));
    }
    let (repaid, credited) = split_topup(ask.amount, to.arrears);
    let (cap, balance) = (policies::load(tx, school)?.school.topup().balance_cap, to.balance());
    if balance.plus(credited).map_err(broken)? > cap {
        let room = cap.minus(balance).map_err(broken)?.max(Cents::ZERO);
        return Ok(Err(Refusal::OverBalanceCap { cap, room: room.plus(to.arrears).map_err(broken)? }));
    }
    let given =
        [(Account::Wallet(ask.from, WalletSlot::CASH), -ask.amount.fen()), (Account::Transfer, ask.amount.fen())];
    let got = [
        (Account::Transfer, -ask.amount.fen()),
        (Account::Wallet(ask.to, WalletSlot::CASH), credited.fen()),
        (Account::Arrears(ask.to), repaid.fen()),
    ];
    let out = json!({"to": ask.to.to_string(), "pair": ask.incoming.to_string(), "guardian": ask.guardian.to_string()});
    let come = json!({"from": ask.from.to_string(), "pair": ask.id.to_string(), "repaid": repaid.fen()});
    booking.add(ask.draft(ask.id, ask.from, &given, &out)?).map_err(broken)?;
    booking.add(ask.draft(ask.incoming, ask.to, &got, &come)?).map_err(broken)?;
    let after = |person| booking.state(school, person).map_or(Cents::ZERO, wallets::AccountState::balance);
    let moved = Moved { from: after(ask.from), to: after(ask.to) };
    booking.write(tx)?;
    outbox::queue(tx, &[ask.happening(ask.id, ask.from), ask.happening(ask.incoming, ask.to)])?;
    Ok(Ok(moved))
}

/// The first answer again, from the two entries.
fn before(tx: &mut Tx<'_>, ask: &Transfer, entry: &Entry) -> Result<Outcome, DbError> {
    let kept = detail(entry);
    let same = entry.kind == Kind::Transfer
        && entry.person == Some(ask.from)
        && entry.amount == ask.amount
        && kept["to"].as_str() == Some(ask.to.to_string().as_str());
    let pair = kept["pair"].as_str().and_then(|id| id.parse().ok()).filter(|_| same);
    let Some(pair) = pair else { return Ok(Err(Refusal::NameTaken)) };
    let other = wallets::find_entry(tx, ask.school, pair)?.ok_or_else(|| broken("half of a transfer is missing"))?;
    let fen = |kept: &Value| Cents::new(kept["balance_after"].as_i64().unwrap_or(0));
    Ok(Ok(Moved { from: fen(&kept), to: fen(&detail(&other.entry?)) }))
}

impl Transfer {
    fn draft(&self, id: EntryId, person: PersonId, moved: &[(Account, i64)], detail: &Value) -> Result<Draft, DbError> {
        let moved = moved.iter().filter(|(_, fen)| *fen != 0);
        let postings = moved.map(|(account, fen)| Posting { account: *account, amount: Cents::new(*fen) }).collect();
        Ok(Draft {
            school: self.school,
            id,
            kind: Kind::Transfer,
            at: self.now,
            now: self.now,
            person: Some(person),
            stall: None,
            amount: self.amount,
            postings: Postings::new(postings).map_err(broken)?,
            corrects: None,
            detail: detail.to_string().trim_start_matches('{').trim_end_matches('}').to_owned(),
        })
    }

    fn happening(&self, id: EntryId, person: PersonId) -> Happening {
        let body = json!({"fen": self.amount.fen()}).to_string();
        Happening {
            school: self.school,
            id: id.uuid(),
            topic: "transfer".into(),
            person: Some(person),
            body,
            at: self.now,
        }
    }
}

//! What was heard about an attempt becomes states and bookings, in one unit. Every way of hearing ends here: an answer,
//! a call-back, a query, a close.

use super::auto;
use super::refund_store::{self, RefundRow};
use super::staff;
use super::store::{self, AttemptRow, EventRow, OrderRow};
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::outbox::{self, Happening};
use crate::topups::{self, Credit};
use crate::wallets::{Booking as Books, Draft};
use serde_json::json;
use uuid::Uuid;
use yitong_channels::pay::{Presented, Scene};
use yitong_ledger::{Account, Kind, Posting, Postings};
use yitong_payment::{
    Booking, Heard, LateFacts, LateFate, Moved, OrderState, RefundState, Said, hear, late_fate, next_look,
};
use yitong_values::{Cents, EntryId, PaymentOrderId, RefundId, SchoolId, Timestamp};

/// What was heard, and how.
#[derive(Clone, Debug)]
pub(super) struct Word {
    /// created, query, notify, close
    pub(super) what: &'static str,
    pub(super) said: Said,
    /// The channel's own words, for people: a code, a state.
    pub(super) word: String,
    pub(super) channel_number: Option<String>,
    pub(super) presented: Option<Presented>,
    pub(super) paid_at: Option<Timestamp>,
    /// When the channel said it.
    pub(super) now: Timestamp,
    /// What is written because of it needs names, made at the edge.
    pub(super) names: Names,
}

/// Names for everything that one word can lead to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    pub(super) event: Uuid,
    pub(super) late: EntryId,
    pub(super) refund: RefundId,
    pub(super) set_aside: EntryId,
    pub(super) happening: Uuid,
    pub(super) refused: Uuid,
}

/// `None`: there is no such attempt.
pub(super) fn take(
    tx: &mut Tx<'_>,
    school: SchoolId,
    id: PaymentOrderId,
    seq: i64,
    word: &Word,
) -> Result<Option<OrderRow>, DbError> {
    let Some(mut order) = store::hold_order(tx, school, id)? else { return Ok(None) };
    let attempts = store::attempts(tx, school, id)?;
    let Some(mut attempt) = attempts.iter().find(|attempt| attempt.seq == seq).cloned() else { return Ok(None) };
    let others_open = attempts.iter().any(|other| other.seq != seq && other.state.is_open());
    let heard =
        Heard { order: order.state, amount: order.amount, attempt: attempt.state, others_open, said: word.said };
    let moved = hear(&heard);
    let (before, was) = (order.state, attempt.state);
    order.state = moved.order;
    if moved.alarm && !order.alarm {
        staff::alarm(tx, &order, word.names.event, word.now)?;
    }
    order.alarm |= moved.alarm;
    attempt.state = moved.attempt;
    attempt.heard_at = Some(word.now);
    if word.said != Said::Nothing || attempt.word.is_empty() {
        attempt.word.clone_from(&word.word);
    }
    attempt.channel_number = word.channel_number.clone().or(attempt.channel_number);
    attempt.presented = word.presented.clone().or(attempt.presented);
    book(tx, &mut order, &attempt, &moved, word)?;
    // A call-back is no look: the rhythm of asking goes on as it was.
    order.looks += i64::from(word.what != "notify");
    let look = next_look(order.looks, word.now, order.expires_at);
    order.next_look = needs_looks(&order, others_open || attempt.state.is_open()).then_some(look);
    store::move_attempt(tx, &attempt)?;
    store::move_order(tx, &order)?;
    if attempt.scene == Scene::Auto {
        auto::heard(tx, &order, &attempt, word.now, word.names.refused)?;
    }
    // A look that changed nothing is not history, except the first silence.
    if before != order.state || was != attempt.state || moved.alarm {
        note(tx, &order, word.names.event, word.now, word.what, before, &word.word, None)?;
    }
    Ok(Some(order))
}

/// Open orders, and paid ones with another attempt that may still be paid: its money would have to go back.
fn needs_looks(order: &OrderRow, attempt_open: bool) -> bool {
    order.state.is_open() || attempt_open
}

#[allow(clippy::too_many_arguments, reason = "the columns of a line of history")]
pub(super) fn note(
    tx: &mut Tx<'_>,
    order: &OrderRow,
    id: Uuid,
    at: Timestamp,
    what: &str,
    before: OrderState,
    word: &str,
    actor: Option<Uuid>,
) -> Result<(), DbError> {
    let event = EventRow {
        id,
        at,
        what: what.to_owned(),
        before: before.word().to_owned(),
        after: order.state.word().to_owned(),
        word: word.to_owned(),
        actor,
    };
    store::insert_event(tx, order.school, order.id, &event)
}

fn book(
    tx: &mut Tx<'_>,
    order: &mut OrderRow,
    attempt: &AttemptRow,
    moved: &Moved,
    word: &Word,
) -> Result<(), DbError> {
    let channel = Account::Channel(attempt.account);
    match moved.booking {
        Booking::Nothing => Ok(()),
        Booking::Credit => {
            order.paid_at = Some(word.paid_at.unwrap_or(word.now));
            if credit(tx, order, channel, word)? {
                return tell(tx, order, attempt, word);
            }
            // Nobody is there to be credited any more: as if it had come late.
            order.state = OrderState::LateSuccess;
            suspend(tx, order, attempt, word)?;
            give_back(tx, order, attempt, word, "no_account")
        }
        Booking::Suspend => {
            order.paid_at = Some(word.paid_at.unwrap_or(word.now));
            suspend(tx, order, attempt, word)?;
            let person_here = crate::people::find_person(tx, order.school, order.person)?;
            let facts = LateFacts {
                paid_again: store::paid_again(tx, order)?,
                person_here: person_here.is_some_and(|person| person.status != "left"),
            };
            if late_fate(facts) == LateFate::Apply && credit(tx, order, Account::Suspense, word)? {
                order.state = OrderState::Applied;
                return tell(tx, order, attempt, word);
            }
            give_back(tx, order, attempt, word, "late")
        }
        Booking::SuspendTwice => {
            suspend(tx, order, attempt, word)?;
            give_back(tx, order, attempt, word, "twice")
        }
    }
}

/// The entry has the order's own id: a second one can't be written.
fn credit(tx: &mut Tx<'_>, order: &OrderRow, from: Account, word: &Word) -> Result<bool, DbError> {
    let credit = Credit {
        school: order.school,
        id: EntryId::new(order.id.uuid()),
        person: order.person,
        amount: order.amount,
        from,
        now: word.now,
    };
    topups::credit(tx, &credit)
}

/// From the channel into suspense.
fn suspend(tx: &mut Tx<'_>, order: &OrderRow, attempt: &AttemptRow, word: &Word) -> Result<(), DbError> {
    let parts = [(Account::Suspense, order.amount.fen()), (Account::Channel(attempt.account), -order.amount.fen())];
    let detail = json!({"order": order.id.to_string(), "attempt": attempt.seq});
    entry(tx, order, word.names.late, Kind::Late, &parts, &detail, word.now)
}

/// A refund of the whole, out of suspense. Nobody has to approve what never became the school's.
fn give_back(
    tx: &mut Tx<'_>,
    order: &OrderRow,
    attempt: &AttemptRow,
    word: &Word,
    reason: &str,
) -> Result<(), DbError> {
    let refund = RefundRow {
        school: order.school,
        id: word.names.refund,
        order: order.id,
        seq: attempt.seq,
        number: super::numbers::refund(word.names.refund),
        amount: order.amount,
        source: "suspense".to_owned(),
        reason: reason.to_owned(),
        state: RefundState::Created,
        alarm: false,
        asked_by: None,
        asked_at: word.now,
        decided_by: None,
        decided_at: None,
        channel_number: None,
        word: String::new(),
        done_at: None,
        looks: 0,
        next_look: Some(word.now),
    };
    refund_store::insert(tx, &refund)?;
    let parts = [(Account::Refunding, refund.amount.fen()), (Account::Suspense, -refund.amount.fen())];
    let detail = json!({"order": order.id.to_string(), "refund": refund.id.to_string()});
    entry(tx, order, word.names.set_aside, Kind::Refund, &parts, &detail, word.now)
}

/// An entry of no person's account.
pub(super) fn entry(
    tx: &mut Tx<'_>,
    order: &OrderRow,
    id: EntryId,
    kind: Kind,
    parts: &[(Account, i64)],
    detail: &serde_json::Value,
    now: Timestamp,
) -> Result<(), DbError> {
    let mut books = Books::load(tx, &[])?;
    let draft = draft(order, id, kind, parts, detail, now)?;
    books.add(draft).map_err(|why| DbError::Broken(why.to_string()))?;
    books.write(tx)
}

pub(super) fn draft(
    order: &OrderRow,
    id: EntryId,
    kind: Kind,
    parts: &[(Account, i64)],
    detail: &serde_json::Value,
    now: Timestamp,
) -> Result<Draft, DbError> {
    let postings = parts.iter().map(|(account, fen)| Posting { account: *account, amount: Cents::new(*fen) });
    let postings = Postings::new(postings.collect()).map_err(|why| DbError::Broken(why.to_string()))?;
    let amount = Cents::new(parts.iter().map(|(_, fen)| fen.abs()).max().unwrap_or(0));
    Ok(Draft {
        school: order.school,
        id,
        kind,
        at: now,
        now,
        person: None,
        stall: None,
        amount,
        postings,
        corrects: None,
        detail: detail.to_string().trim_start_matches('{').trim_end_matches('}').to_owned(),
    })
}

fn tell(tx: &mut Tx<'_>, order: &OrderRow, attempt: &AttemptRow, word: &Word) -> Result<(), DbError> {
    let (late, auto) = (order.state == OrderState::Applied, attempt.scene == Scene::Auto);
    let happening = Happening {
        school: order.school,
        id: word.names.happening,
        topic: "topup".into(),
        person: Some(order.person),
        body: json!({"order": order.id.to_string(), "fen": order.amount.fen(), "late": late, "auto": auto}).to_string(),
        at: word.now,
    };
    outbox::queue(tx, &[happening])
}

//! Refunds: asked by one, approved by another, then the channel's until its final word. In the same unit as each state
//! the money moves: aside when it is approved, away when the channel has given it, back when it could not.

use super::hear::{self, draft};
use super::refund_store::{self, RefundRow};
use super::staff;
use super::store::{self, AttemptRow, OrderRow};
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::outbox::{self, Happening};
use crate::wallets::{BookError, Booking as Books};
use serde_json::json;
use uuid::Uuid;
use yitong_ledger::{Account, Kind, WalletSlot};
use yitong_payment::{
    AttemptState, OrderState, RefundBooking, RefundHeard, RefundRefusal, RefundSaid, RefundState, ask_refund,
    hear_refund, refund_look,
};
use yitong_values::{Cents, EntryId, PaymentOrderId, RefundId, SchoolId, Timestamp, UserId};

#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) school: SchoolId,
    pub(super) id: RefundId,
    pub(super) order: PaymentOrderId,
    pub(super) amount: Cents,
    pub(super) reason: String,
    pub(super) by: UserId,
    pub(super) now: Timestamp,
    pub(super) event: Uuid,
}

/// Ordered by precedence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AskOutcome {
    Asked,
    Again,
    NameTaken,
    NoSuchOrder,
    Refused(RefundRefusal),
}

/// Nothing moves yet: a second person has to approve.
pub(super) fn ask(tx: &mut Tx<'_>, ask: &Asked) -> Result<AskOutcome, DbError> {
    let Some(order) = store::hold_order(tx, ask.school, ask.order)? else { return Ok(AskOutcome::NoSuchOrder) };
    if let Some(known) = refund_store::find(tx, ask.school, ask.id)? {
        let same = known.order == ask.order && known.amount == ask.amount && known.reason == ask.reason;
        return Ok(if same { AskOutcome::Again } else { AskOutcome::NameTaken });
    }
    let paid = match paid_attempt(tx, &order)? {
        Some(_) if !order.state.is_paid() => None,
        paid => paid,
    };
    let Some(seq) = paid else { return Ok(AskOutcome::Refused(RefundRefusal::NothingPaid)) };
    let refunds = refund_store::of_order(tx, ask.school, ask.order)?;
    if let Err(refusal) = ask_refund(&refund_store::refundable(&refunds, seq, order.amount), ask.amount) {
        return Ok(AskOutcome::Refused(refusal));
    }
    let refund = RefundRow {
        school: ask.school,
        id: ask.id,
        order: ask.order,
        seq,
        number: super::numbers::refund(ask.id),
        amount: ask.amount,
        source: "wallet".to_owned(),
        reason: ask.reason.clone(),
        state: RefundState::Asked,
        alarm: false,
        asked_by: Some(ask.by),
        asked_at: ask.now,
        decided_by: None,
        decided_at: None,
        channel_number: None,
        word: String::new(),
        done_at: None,
        looks: 0,
        next_look: None,
    };
    refund_store::insert(tx, &refund)?;
    let word = format!("¥{} {}", ask.amount, ask.reason);
    hear::note(tx, &order, ask.event, ask.now, "refund_asked", order.state, &word, Some(ask.by.uuid()))?;
    Ok(AskOutcome::Asked)
}

fn paid_attempt(tx: &mut Tx<'_>, order: &OrderRow) -> Result<Option<i64>, DbError> {
    let attempts = store::attempts(tx, order.school, order.id)?;
    Ok(credited(&attempts, &refund_store::of_order(tx, order.school, order.id)?))
}

/// The paid attempt that its order was credited with. Others went to suspense and back by themselves.
fn credited(attempts: &[AttemptRow], refunds: &[RefundRow]) -> Option<i64> {
    let mut paid = attempts.iter().filter(|attempt| attempt.state == AttemptState::Success);
    let kept = paid.find(|attempt| !refunds.iter().any(|r| r.seq == attempt.seq && r.source == "suspense"));
    kept.map(|attempt| attempt.seq)
}

/// What a person may still ask to be given back.
pub(super) fn left(order: &OrderRow, attempts: &[AttemptRow], refunds: &[RefundRow]) -> Cents {
    let Some(seq) = credited(attempts, refunds).filter(|_| order.state.is_paid()) else { return Cents::ZERO };
    let of = refund_store::refundable(refunds, seq, order.amount);
    Cents::new((of.paid.fen() - of.refunded.fen() - of.refunding.fen()).max(0))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Approve,
    Decline,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Decide {
    pub(super) school: SchoolId,
    pub(super) id: RefundId,
    pub(super) decision: Decision,
    pub(super) by: UserId,
    pub(super) now: Timestamp,
    pub(super) entry: EntryId,
    pub(super) event: Uuid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DecideOutcome {
    Decided,
    Again,
    Absent,
    /// Who asked can't approve.
    SamePerson,
    /// It was decided otherwise before.
    Over,
    /// The wallet does not hold it any more.
    Spent,
}

pub(super) fn decide(tx: &mut Tx<'_>, ask: &Decide) -> Result<DecideOutcome, DbError> {
    let Some(refund) = refund_store::find(tx, ask.school, ask.id)? else { return Ok(DecideOutcome::Absent) };
    // Held first: whoever held it may have decided.
    let Some(order) = store::hold_order(tx, ask.school, refund.order)? else { return Ok(DecideOutcome::Absent) };
    let Some(mut refund) = refund_store::find(tx, ask.school, ask.id)? else { return Ok(DecideOutcome::Absent) };
    if refund.state != RefundState::Asked {
        let declined = refund.state == RefundState::Declined;
        let same = refund.decided_by == Some(ask.by) && declined == (ask.decision == Decision::Decline);
        return Ok(if same { DecideOutcome::Again } else { DecideOutcome::Over });
    }
    if ask.decision == Decision::Approve && refund.asked_by == Some(ask.by) {
        return Ok(DecideOutcome::SamePerson);
    }
    refund.decided_by = Some(ask.by);
    refund.decided_at = Some(ask.now);
    let what = match ask.decision {
        Decision::Decline => {
            refund.state = RefundState::Declined;
            "refund_declined"
        }
        Decision::Approve => {
            if !set_aside(tx, &order, &refund, ask)? {
                return Ok(DecideOutcome::Spent);
            }
            refund.state = RefundState::Created;
            refund.next_look = Some(ask.now);
            "refund_approved"
        }
    };
    refund_store::keep(tx, &refund)?;
    hear::note(tx, &order, ask.event, ask.now, what, order.state, &refund.reason, Some(ask.by.uuid()))?;
    Ok(DecideOutcome::Decided)
}

/// False: the wallet does not hold so much.
fn set_aside(tx: &mut Tx<'_>, order: &OrderRow, refund: &RefundRow, ask: &Decide) -> Result<bool, DbError> {
    let fen = refund.amount.fen();
    let parts = [(Account::Wallet(order.person, WalletSlot::CASH), -fen), (Account::Refunding, fen)];
    from_wallet(tx, order, refund, ask.entry, Kind::Refund, &parts, ask.now)
}

fn from_wallet(
    tx: &mut Tx<'_>,
    order: &OrderRow,
    refund: &RefundRow,
    id: EntryId,
    kind: Kind,
    parts: &[(Account, i64)],
    now: Timestamp,
) -> Result<bool, DbError> {
    let mut books = Books::load(tx, &[(order.school, order.person)])?;
    let detail = json!({"order": order.id.to_string(), "refund": refund.id.to_string()});
    let mut draft = draft(order, id, kind, parts, &detail, now)?;
    draft.person = Some(order.person);
    match books.add(draft) {
        Ok(_) => {}
        Err(BookError::Overdrawn | BookError::NoAccount) => return Ok(false),
    }
    books.write(tx)?;
    Ok(true)
}

/// What was heard about a refund.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) said: RefundSaid,
    pub(super) word: String,
    pub(super) channel_number: Option<String>,
    pub(super) now: Timestamp,
    pub(super) entry: EntryId,
    pub(super) event: Uuid,
}

/// `None`: there is no such refund.
pub(super) fn take(tx: &mut Tx<'_>, school: SchoolId, id: RefundId, word: &Word) -> Result<Option<RefundRow>, DbError> {
    let Some(known) = refund_store::find(tx, school, id)? else { return Ok(None) };
    let Some(mut order) = store::hold_order(tx, school, known.order)? else { return Ok(None) };
    let Some(mut refund) = refund_store::find(tx, school, id)? else { return Ok(None) };
    let (was, before) = (refund.state, order.state);
    let moved = hear_refund(&RefundHeard { state: refund.state, amount: refund.amount, said: word.said });
    refund.state = moved.state;
    if moved.alarm && !refund.alarm {
        staff::alarm(tx, &order, word.event, word.now)?;
    }
    refund.alarm |= moved.alarm;
    refund.channel_number = word.channel_number.clone().or(refund.channel_number);
    if word.said != RefundSaid::Nothing {
        refund.word.clone_from(&word.word);
    }
    refund.looks += 1;
    refund.next_look = refund.state.is_open().then(|| refund_look(refund.looks, word.now));
    let fen = refund.amount.fen();
    match moved.booking {
        RefundBooking::Nothing => {}
        RefundBooking::Leave => {
            let account = account_of(tx, &order, refund.seq)?;
            let parts = [(account, fen), (Account::Refunding, -fen)];
            let detail = json!({"order": order.id.to_string(), "refund": refund.id.to_string()});
            hear::entry(tx, &order, word.entry, Kind::RefundSent, &parts, &detail, word.now)?;
            refund.done_at = Some(word.now);
        }
        RefundBooking::Return => give_back(tx, &order, &refund, word)?,
    }
    refund_store::keep(tx, &refund)?;
    if moved.booking == RefundBooking::Leave {
        order.state = after_refund(tx, &order)?;
        store::move_order(tx, &order)?;
        tell(tx, &order, &refund, word)?;
    }
    if was != refund.state || moved.alarm {
        let words = format!("{} → {} {}", was.word(), refund.state.word(), word.word);
        hear::note(tx, &order, word.event, word.now, "refund", before, &words, None)?;
    }
    Ok(Some(refund))
}

fn account_of(tx: &mut Tx<'_>, order: &OrderRow, seq: i64) -> Result<Account, DbError> {
    let attempts = store::attempts(tx, order.school, order.id)?;
    let attempt = attempts.iter().find(|attempt| attempt.seq == seq);
    let attempt = attempt.ok_or_else(|| DbError::Broken("a refund is of an attempt that is not there".into()))?;
    Ok(Account::Channel(attempt.account))
}

/// The channel could not: back to the wallet, or to suspense where it came from.
fn give_back(tx: &mut Tx<'_>, order: &OrderRow, refund: &RefundRow, word: &Word) -> Result<(), DbError> {
    let fen = refund.amount.fen();
    if refund.source == "wallet" {
        let parts = [(Account::Refunding, -fen), (Account::Wallet(order.person, WalletSlot::CASH), fen)];
        if from_wallet(tx, order, refund, word.entry, Kind::RefundReturned, &parts, word.now)? {
            return Ok(());
        }
    }
    let parts = [(Account::Refunding, -fen), (Account::Suspense, fen)];
    let detail = json!({"order": order.id.to_string(), "refund": refund.id.to_string()});
    hear::entry(tx, order, word.entry, Kind::RefundReturned, &parts, &detail, word.now)
}

/// The order's state follows from what was given back of the money that paid it.
fn after_refund(tx: &mut Tx<'_>, order: &OrderRow) -> Result<OrderState, DbError> {
    let refunds = refund_store::of_order(tx, order.school, order.id)?;
    if order.state == OrderState::LateSuccess {
        return Ok(OrderState::Refunded);
    }
    let Some(seq) = paid_attempt(tx, order)? else { return Ok(order.state) };
    let of = refund_store::refundable(&refunds, seq, order.amount);
    Ok(match of.refunded {
        Cents::ZERO => order.state,
        refunded if refunded >= order.amount => OrderState::Refunded,
        _ => OrderState::PartRefunded,
    })
}

fn tell(tx: &mut Tx<'_>, order: &OrderRow, refund: &RefundRow, word: &Word) -> Result<(), DbError> {
    let happening = Happening {
        school: order.school,
        id: word.event,
        topic: "refund".into(),
        person: Some(order.person),
        body: json!({"order": order.id.to_string(), "refund": refund.id.to_string(), "fen": refund.amount.fen()})
            .to_string(),
        at: word.now,
    };
    outbox::queue(tx, &[happening])
}

/// Send it again under the same number, after somebody looked.
pub(super) fn send_again(
    tx: &mut Tx<'_>,
    school: SchoolId,
    id: RefundId,
    by: UserId,
    now: Timestamp,
    event: Uuid,
) -> Result<Option<RefundRow>, DbError> {
    let Some(known) = refund_store::find(tx, school, id)? else { return Ok(None) };
    let Some(order) = store::hold_order(tx, school, known.order)? else { return Ok(None) };
    let Some(mut refund) = refund_store::find(tx, school, id)? else { return Ok(None) };
    if refund.state == RefundState::Abnormal {
        refund.state = RefundState::Created;
        refund.alarm = false;
        refund.next_look = Some(now);
        refund_store::keep(tx, &refund)?;
        hear::note(tx, &order, event, now, "refund_again", order.state, &refund.word, Some(by.uuid()))?;
    }
    Ok(Some(refund))
}

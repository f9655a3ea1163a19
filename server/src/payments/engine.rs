//! Talking to a channel about one order: each call is a unit before it, the call, and a unit after it with what was
//! heard. A crash in between leaves an order that is asked about later, under the same number.

use super::accounts::Ready;
use super::hear::{self, Names, Word};
use super::mandate_store::MandateRow;
use super::mandates;
use super::refund_store::{self, RefundRow};
use super::refunds;
use super::store::{self, AttemptRow, OrderRow};
use crate::App;
use crate::plumbing::db::DbError;
use crate::plumbing::outside::{ANSWER_BYTES_MAX, NoAnswer};
use std::time::Duration;
use yitong_channels::pay::mandate::{Debit, DebitRefusal, Debited, Mandates};
use yitong_channels::pay::{
    ChannelOrder, ChannelRefund, Closed, Misuse, Order, OrderKey, OrderState as There, Presented, Refund, RefundKey,
    RefundState as RefundThere, Scene, Start,
};
use yitong_channels::{Call, Moment, Outcome, Reply};
use yitong_payment::{EXPIRY_GRACE_MS, OrderState, RefundSaid, RefundState, Said};
use yitong_values::{EntryId, PaymentOrderId, RefundId, SchoolId, Timestamp};

/// A channel that has not answered by then may still have done it.
const CALL_WITHIN: Duration = Duration::from_secs(10);

pub(super) fn moment(app: &App) -> Moment {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).expect("the operating system gives random bytes");
    Moment { now: app.now(), nonce }
}

pub(super) fn names(app: &App) -> Names {
    Names {
        event: app.new_id(),
        late: EntryId::new(app.new_id()),
        refund: RefundId::new(app.new_id()),
        set_aside: EntryId::new(app.new_id()),
        happening: app.new_id(),
        refused: app.new_id(),
    }
}

/// Where the channel reports about orders of this account, and where the payer's browser comes back.
fn addresses(app: &App, of: &AttemptRow) -> (String, String) {
    let base = app.config.public_base();
    let notify = format!("{base}/api/v1/channels/{}/notify", of.account);
    let back = format!("{base}/parent/#/paid/{}?school={}", of.order, of.school);
    (notify, back)
}

fn key(order: &OrderRow, attempt: &AttemptRow) -> OrderKey {
    OrderKey {
        number: attempt.number.clone(),
        channel_number: attempt.channel_number.clone(),
        made_at: order.made_at,
        amount: order.amount,
    }
}

/// What is written down of a call: its word, and what it means.
struct Heard {
    said: Said,
    word: String,
    channel_number: Option<String>,
    presented: Option<Presented>,
    paid_at: Option<Timestamp>,
}

impl Heard {
    fn nothing(word: impl Into<String>) -> Heard {
        Heard { said: Said::Nothing, word: word.into(), channel_number: None, presented: None, paid_at: None }
    }

    fn said(said: Said, word: impl Into<String>) -> Heard {
        Heard { said, ..Heard::nothing(word) }
    }
}

/// An answer, or the reason why there is none.
pub(super) async fn call(app: &App, call: Result<Call, Misuse>) -> Result<Reply, String> {
    let call = call.map_err(|why| format!("misuse {why}"))?;
    let sent = app.outside.send(&call, CALL_WITHIN, ANSWER_BYTES_MAX).await;
    sent.map_err(|why| match why {
        NoAnswer::NotSent(_) => format!("not_sent {why}"),
        NoAnswer::Lost(_) | NoAnswer::TooLong(_) => format!("no_answer {why}"),
    })
}

async fn write(
    app: &App,
    of: (SchoolId, PaymentOrderId, i64),
    what: &'static str,
    heard: Heard,
) -> Result<Option<OrderRow>, DbError> {
    let word = Word {
        what,
        said: heard.said,
        word: short(&heard.word),
        channel_number: heard.channel_number,
        presented: heard.presented,
        paid_at: heard.paid_at,
        now: app.now(),
        names: names(app),
    };
    let (school, id, seq) = of;
    app.db.write_locking("hear about a payment order", move |tx| hear::take(tx, school, id, seq, &word)).await
}

const WORD_CHARS_MAX: usize = 200;

pub(super) fn short(word: &str) -> String {
    word.chars().take(WORD_CHARS_MAX).collect()
}

/// Makes the order known to the channel, or makes it known again under the same number.
pub(super) async fn present(
    app: &App,
    account: &Ready,
    order: &OrderRow,
    attempt: &AttemptRow,
) -> Result<Option<OrderRow>, DbError> {
    let at = moment(app);
    let (notify_url, return_url) = addresses(app, attempt);
    let asked = Order {
        number: attempt.number.clone(),
        scene: attempt.scene,
        amount: order.amount,
        description: "校园餐费充值".to_owned(),
        made_at: order.made_at,
        expires_at: order.expires_at,
        notify_url,
        return_url,
        payer: attempt.payer.clone(),
        payer_ip: order.payer_ip.clone(),
    };
    let shown = |presented| Heard { presented: Some(presented), ..Heard::said(Said::Waiting, "") };
    let heard = match account.connector.create(&asked, &at) {
        // Nothing was sent, and nothing will be: the account or the order is wrong.
        Err(why) => Heard::said(Said::Refused, format!("misuse {why}")),
        Ok(Start::Show(presented)) => shown(presented),
        Ok(Start::Send(request)) => match call(app, Ok(request)).await {
            Err(why) => Heard::nothing(why),
            Ok(reply) => match account.connector.created(&asked, &reply, &at) {
                Outcome::Done(presented) => shown(presented),
                Outcome::Refused { code, message } => Heard::said(Said::Refused, format!("{code} {message}")),
                Outcome::Unknown { why } => Heard::nothing(why),
            },
        },
    };
    write(app, (order.school, order.id, attempt.seq), "created", heard).await
}

/// Asks for a debit under a mandate. As with any order it was written down before; a crash in between leaves it to the
/// sweeper, which asks under the same number and never debits again.
pub(super) async fn debit(
    app: &App,
    account: &Ready,
    order: &OrderRow,
    attempt: &AttemptRow,
    mandate: &MandateRow,
) -> Result<Option<OrderRow>, DbError> {
    let at = moment(app);
    let asked = Debit {
        number: attempt.number.clone(),
        mandate: mandates::key(mandate),
        amount: order.amount,
        description: "校园餐费自动充值".to_owned(),
        made_at: order.made_at,
        expires_at: order.expires_at,
        notify_url: addresses(app, attempt).0,
    };
    let of = account.connector.mandates();
    let heard = match of.map(|of| of.debit(&asked, &at)) {
        None => Heard::said(Said::Refused, "refused the account has no product for debits"),
        Some(Err(why)) => Heard::said(Said::Refused, format!("refused misuse {why}")),
        Some(Ok(request)) => match call(app, Ok(request)).await {
            Err(why) => Heard::nothing(why),
            Ok(reply) => debited(of, &asked, attempt, order, &reply, &at),
        },
    };
    write(app, (order.school, order.id, attempt.seq), "debit", heard).await
}

fn debited(
    of: Option<&dyn Mandates>,
    asked: &Debit,
    attempt: &AttemptRow,
    order: &OrderRow,
    reply: &Reply,
    at: &Moment,
) -> Heard {
    let Some(of) = of else { return Heard::nothing("") };
    match of.debited(asked, reply, at) {
        Outcome::Done(Debited::Accepted) => Heard::said(Said::Waiting, ""),
        Outcome::Done(Debited::Paid(paid)) => Heard {
            channel_number: paid.channel_number.clone(),
            paid_at: paid.paid_at,
            ..Heard::said(said(order, attempt.scene, &paid, at.now), format!("{:?}", paid.state))
        },
        // The first word is ours: what the guardian is told, and whether trying again makes sense.
        Outcome::Refused { code, message } => {
            let why = match of.debit_refusal(&code) {
                DebitRefusal::NotEnough => "not_enough",
                DebitRefusal::MandateGone => "mandate_gone",
                DebitRefusal::Limit => "limit",
                DebitRefusal::Other => "refused",
            };
            Heard::said(Said::Refused, format!("{why} {code} {message}"))
        }
        Outcome::Unknown { why } => Heard::nothing(why),
    }
}

/// What the channel's word about an order means to us.
pub(super) fn said(order: &OrderRow, scene: Scene, of: &ChannelOrder, now: Timestamp) -> Said {
    match of.state {
        There::Absent => Said::Absent { final_word: now.since(order.expires_at) > EXPIRY_GRACE_MS },
        // Nobody but us could try a debit again, and another one gets another number.
        There::Failed if scene == Scene::Auto => Said::Failed,
        // A failed try may be followed by another one, until the order is closed.
        There::Waiting | There::Paying | There::Failed => Said::Waiting,
        There::Paid | There::Refunded => Said::Paid { amount: of.amount },
        There::Closed => Said::Closed,
    }
}

/// Asks the channel about an attempt.
pub(super) async fn look(
    app: &App,
    account: &Ready,
    order: &OrderRow,
    attempt: &AttemptRow,
) -> Result<Option<OrderRow>, DbError> {
    let at = moment(app);
    let key = key(order, attempt);
    let heard = match call(app, account.connector.query(&key, &at)).await {
        Err(why) => Heard::nothing(why),
        Ok(reply) => match account.connector.queried(&key, &reply, &at) {
            Outcome::Done(of) => Heard {
                channel_number: of.channel_number.clone(),
                paid_at: of.paid_at,
                ..Heard::said(said(order, attempt.scene, &of, at.now), format!("{:?}", of.state))
            },
            Outcome::Refused { code, message } => Heard::nothing(format!("{code} {message}")),
            Outcome::Unknown { why } => Heard::nothing(why),
        },
    };
    write(app, (order.school, order.id, attempt.seq), "query", heard).await
}

/// Asks the channel to close an attempt. It is closed when the channel says so, never before.
pub(super) async fn close(
    app: &App,
    account: &Ready,
    order: &OrderRow,
    attempt: &AttemptRow,
) -> Result<Option<OrderRow>, DbError> {
    let (school, id, event) = (order.school, order.id, app.new_id());
    let now = app.now();
    let closing = app.db.write_locking("close a payment order", move |tx| {
        let Some(mut order) = store::hold_order(tx, school, id)? else { return Ok(None) };
        if order.state.is_open() && order.state != OrderState::Closing {
            let before = order.state;
            order.state = OrderState::Closing;
            store::move_order(tx, &order)?;
            hear::note(tx, &order, event, now, "close", before, "", None)?;
        }
        Ok(Some(order))
    });
    let Some(order) = closing.await? else { return Ok(None) };
    let at = moment(app);
    let key = key(&order, attempt);
    let heard = match call(app, account.connector.close(&key, &at)).await {
        Err(why) => Heard::nothing(why),
        Ok(reply) => match account.connector.closed(&key, &reply, &at) {
            Outcome::Done(Closed::Closed) => Heard::said(Said::Closed, "closed"),
            Outcome::Done(Closed::AlreadyPaid) => return look(app, account, &order, attempt).await,
            Outcome::Done(Closed::Absent) => {
                let final_word = at.now.since(order.expires_at) > EXPIRY_GRACE_MS;
                Heard::said(Said::Absent { final_word }, "absent")
            }
            Outcome::Refused { code, message } => Heard::nothing(format!("{code} {message}")),
            Outcome::Unknown { why } => Heard::nothing(why),
        },
    };
    write(app, (order.school, order.id, attempt.seq), "close", heard).await
}

/// An order with its attempts, as of now.
pub(super) async fn load(
    app: &App,
    school: SchoolId,
    id: PaymentOrderId,
) -> Result<Option<(OrderRow, Vec<AttemptRow>)>, DbError> {
    app.db
        .read(move |tx| match store::find_order(tx, school, id)? {
            Some(order) => Ok(Some((order, store::attempts(tx, school, id)?))),
            None => Ok(None),
        })
        .await
}

/// Looks at every open attempt; closes those of an order that is over.
pub(super) async fn look_at(app: &App, school: SchoolId, id: PaymentOrderId) -> Result<(), DbError> {
    let Some((order, attempts)) = load(app, school, id).await? else { return Ok(()) };
    for attempt in attempts.iter().filter(|attempt| attempt.state.is_open()) {
        let Some(account) = app.payments.connectors.get(app, attempt.account).await? else {
            tracing::error!(order = %id, account = %attempt.account, "an open order's channel account can't be used");
            continue;
        };
        let over = app.now() >= order.expires_at || order.state == OrderState::Closing || order.state.is_paid();
        // The channel is asked first: a payer who has just paid is not told that the order was closed.
        let now = look(app, &account, &order, attempt).await?;
        let fresh = load(app, school, id).await?.map(|(_, attempts)| attempts).unwrap_or_default();
        let still = fresh.iter().find(|known| known.seq == attempt.seq).filter(|known| known.state.is_open());
        if let (true, Some(order), Some(attempt)) = (over, now, still) {
            close(app, &account, &order, attempt).await?;
        }
    }
    Ok(())
}

/// Asks the channels to close every open attempt of an order.
pub(super) async fn close_all(app: &App, school: SchoolId, id: PaymentOrderId) -> Result<(), DbError> {
    let Some((order, attempts)) = load(app, school, id).await? else { return Ok(()) };
    for attempt in attempts.iter().filter(|attempt| attempt.state.is_open()) {
        if let Some(account) = app.payments.connectors.get(app, attempt.account).await? {
            close(app, &account, &order, attempt).await?;
        }
    }
    Ok(())
}

pub(super) fn refund_said(of: &ChannelRefund) -> RefundSaid {
    match of.state {
        RefundThere::Absent => RefundSaid::Absent,
        RefundThere::Processing => RefundSaid::Processing,
        RefundThere::Done => RefundSaid::Done { amount: of.amount },
        RefundThere::Closed => RefundSaid::Closed,
        RefundThere::Abnormal => RefundSaid::Abnormal,
    }
}

pub(super) async fn hear_refund(
    app: &App,
    school: SchoolId,
    id: RefundId,
    said: RefundSaid,
    word: String,
    channel_number: Option<String>,
) -> Result<Option<RefundRow>, DbError> {
    let (entry, event) = (EntryId::new(app.new_id()), app.new_id());
    let word = refunds::Word { said, word: short(&word), channel_number, now: app.now(), entry, event };
    app.db.write_locking("hear about a refund", move |tx| refunds::take(tx, school, id, &word)).await
}

/// Sends a refund, or asks about it: a number that was sent before is asked about first, and sent again when the
/// channel does not know it.
pub(super) async fn push_refund(app: &App, school: SchoolId, id: RefundId) -> Result<(), DbError> {
    let found = app.db.read(move |tx| {
        let Some(refund) = refund_store::find(tx, school, id)? else { return Ok(None) };
        let order = store::find_order(tx, school, refund.order)?;
        let attempts = store::attempts(tx, school, refund.order)?;
        let attempt = attempts.into_iter().find(|attempt| attempt.seq == refund.seq);
        Ok(order.zip(attempt).map(|(order, attempt)| (refund, order, attempt)))
    });
    let Some((refund, order, attempt)) = found.await? else { return Ok(()) };
    let Some(account) = app.payments.connectors.get(app, attempt.account).await? else { return Ok(()) };
    let order_key = key(&order, &attempt);
    if refund.state != RefundState::Created {
        let at = moment(app);
        let key = RefundKey {
            order: order_key.clone(),
            number: refund.number.clone(),
            channel_number: refund.channel_number.clone(),
            made_at: refund.asked_at,
        };
        let (said, word, number) = match call(app, account.connector.query_refund(&key, &at)).await {
            Err(why) => (RefundSaid::Nothing, why, None),
            Ok(reply) => refund_outcome(account.connector.refund_queried(&key, &reply, &at)),
        };
        // Only a number that the channel does not know is sent again.
        if said != RefundSaid::Absent {
            return hear_refund(app, school, id, said, word, number).await.map(|_| ());
        }
    }
    let at = moment(app);
    let asked = Refund {
        order: order_key,
        number: refund.number.clone(),
        amount: refund.amount,
        reason: "充值退款".to_owned(),
        made_at: refund.asked_at,
        notify_url: addresses(app, &attempt).0,
    };
    // Written down as sent before it is: after a crash it is asked about.
    let sent = hear_refund(app, school, id, RefundSaid::Nothing, String::new(), None).await?;
    if sent.is_none_or(|refund| !refund.state.is_open()) {
        return Ok(());
    }
    let (said, word, number) = match call(app, account.connector.refund(&asked, &at)).await {
        Err(why) => (RefundSaid::Nothing, why, None),
        Ok(reply) => refund_outcome(account.connector.refunded(&asked, &reply, &at)),
    };
    hear_refund(app, school, id, said, word, number).await.map(|_| ())
}

fn refund_outcome(outcome: Outcome<ChannelRefund>) -> (RefundSaid, String, Option<String>) {
    match outcome {
        Outcome::Done(of) => (refund_said(&of), format!("{:?}", of.state), of.channel_number),
        // Not enough money at the channel today may be enough tomorrow; the office sees the word.
        Outcome::Refused { code, message } => (RefundSaid::Refused, format!("{code} {message}"), None),
        Outcome::Unknown { why } => (RefundSaid::Nothing, why, None),
    }
}

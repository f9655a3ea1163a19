//! Rows of payment orders, their attempts, and what happened to them.

use crate::plumbing::db::{DbError, Row, Tx, Value};
use uuid::Uuid;
use yitong_channels::pay::{Presented, Scene};
use yitong_payment::{AttemptState, OrderState};
use yitong_values::{Cents, ChannelAccountId, GuardianId, PaymentOrderId, PersonId, SchoolId, Timestamp};

crate::sql! {
    OPEN_OF_GUARDIAN = "SELECT CAST(COUNT(*) AS BIGINT) FROM payment_order WHERE guardian_id = $1 \
                        AND state IN ('created', 'paying', 'unknown', 'closing', 'late_success', 'disputed')";
    INSERT_ORDER = "INSERT INTO payment_order (school_id, id, person_id, guardian_id, amount, state, payer_ip, made_at, \
                    expires_at, next_look) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    /// Whoever holds the row decides about the order.
    HOLD_ORDER = {
        sqlite: "SELECT school_id, id, person_id, guardian_id, amount, state, alarm, payer_ip, made_at, expires_at, paid_at, \
                 looks, next_look FROM payment_order WHERE school_id = $1 AND id = $2",
        postgres: "SELECT school_id, id, person_id, guardian_id, amount, state, alarm, payer_ip, made_at, expires_at, paid_at, \
                   looks, next_look FROM payment_order WHERE school_id = $1 AND id = $2 FOR UPDATE"
    };
    FIND_ORDER = "SELECT school_id, id, person_id, guardian_id, amount, state, alarm, payer_ip, made_at, expires_at, paid_at, \
                  looks, next_look FROM payment_order WHERE school_id = $1 AND id = $2";
    MOVE_ORDER = "UPDATE payment_order SET state = $3, alarm = $4, paid_at = $5, looks = $6, next_look = $7 \
                  WHERE school_id = $1 AND id = $2";
    /// The look is postponed by whoever takes it, so that nobody else does and a crash only delays it.
    DUE = "SELECT school_id, id, next_look FROM payment_order WHERE next_look <= $1 ORDER BY next_look LIMIT $2";
    TAKE_DUE = "UPDATE payment_order SET next_look = $4 WHERE school_id = $1 AND id = $2 AND next_look = $3";
    INSERT_ATTEMPT = "INSERT INTO payment_attempt (school_id, order_id, seq, number, account_id, scene, payer, state) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    ATTEMPTS = "SELECT school_id, order_id, seq, number, account_id, scene, payer, state, channel_number, presented, word, \
                heard_at FROM payment_attempt WHERE school_id = $1 AND order_id = $2 ORDER BY seq";
    BY_NUMBER = "SELECT school_id, order_id, seq, number, account_id, scene, payer, state, channel_number, presented, word, \
                 heard_at FROM payment_attempt WHERE number = $1";
    MOVE_ATTEMPT = "UPDATE payment_attempt SET state = $4, channel_number = COALESCE($5, channel_number), \
                    presented = COALESCE($6, presented), word = $7, heard_at = $8 \
                    WHERE school_id = $1 AND order_id = $2 AND seq = $3";
    INSERT_EVENT = "INSERT INTO payment_event (school_id, order_id, id, at, what, before, after, word, actor) \
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    EVENTS = "SELECT id, at, what, before, after, word, actor FROM payment_event WHERE school_id = $1 AND order_id = $2 \
              ORDER BY id";
    INSERT_NOTICE = "INSERT INTO channel_notice (account_id, event, school_id, number, at, result) \
                     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account_id, event) DO NOTHING";
    /// Money that is on its way to the same person counts against the cap of the balance.
    COMING = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT), CAST(COUNT(*) AS BIGINT) FROM payment_order \
              WHERE school_id = $1 AND person_id = $2 AND id <> $3 AND state IN ('created', 'paying', 'unknown', 'closing')";
    PAID_BY = "SELECT CAST(COUNT(*) AS BIGINT) FROM payment_order o JOIN payment_attempt t ON t.school_id = o.school_id \
               AND t.order_id = o.id JOIN entry e ON e.school_id = o.school_id AND e.id = o.id \
               WHERE o.school_id = $1 AND t.account_id = $2 AND o.state = 'success' AND t.state = 'success'";
    PAID_AGAIN = "SELECT id FROM payment_order WHERE school_id = $1 AND person_id = $2 AND id <> $3 AND made_at > $4 \
                  AND (guardian_id = $5 OR $5 IS NULL) AND state IN ('success', 'part_refunded', 'refunded', 'applied') LIMIT 1";
    OF_PERSON = "SELECT school_id, id, person_id, guardian_id, amount, state, alarm, payer_ip, made_at, expires_at, paid_at, \
                 looks, next_look FROM payment_order WHERE school_id = $1 AND person_id = $2 AND guardian_id = $3 \
                 AND (id < $4 OR $4 IS NULL) ORDER BY id DESC LIMIT $5";
}

#[derive(Clone, Debug)]
pub(super) struct OrderRow {
    pub(super) school: SchoolId,
    pub(super) id: PaymentOrderId,
    pub(super) person: PersonId,
    pub(super) guardian: Option<GuardianId>,
    pub(super) amount: Cents,
    pub(super) state: OrderState,
    /// Somebody has to look.
    pub(super) alarm: bool,
    pub(super) payer_ip: String,
    pub(super) made_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) paid_at: Option<Timestamp>,
    pub(super) looks: i64,
    pub(super) next_look: Option<Timestamp>,
}

#[derive(Clone, Debug)]
pub(super) struct AttemptRow {
    pub(super) order: PaymentOrderId,
    pub(super) school: SchoolId,
    pub(super) seq: i64,
    pub(super) number: String,
    pub(super) account: ChannelAccountId,
    pub(super) scene: Scene,
    pub(super) payer: Option<String>,
    pub(super) state: AttemptState,
    pub(super) channel_number: Option<String>,
    pub(super) presented: Option<Presented>,
    pub(super) word: String,
    pub(super) heard_at: Option<Timestamp>,
}

pub(super) fn broken(what: &str) -> DbError {
    DbError::Broken(format!("a payment order has an unreadable {what}"))
}

pub(super) fn order(row: &Row) -> Result<OrderRow, DbError> {
    Ok(OrderRow {
        school: row.id(0)?.into(),
        id: row.id(1)?.into(),
        person: row.id(2)?.into(),
        guardian: row.opt_id(3)?.map(GuardianId::new),
        amount: row.cents(4)?,
        state: OrderState::from_word(&row.text(5)?).ok_or_else(|| broken("state"))?,
        alarm: row.int(6)? != 0,
        payer_ip: row.text(7)?,
        made_at: row.time(8)?,
        expires_at: row.time(9)?,
        paid_at: row.opt_int(10)?.map(Timestamp::from_ms),
        looks: row.int(11)?,
        next_look: row.opt_int(12)?.map(Timestamp::from_ms),
    })
}

fn attempt(row: &Row) -> Result<AttemptRow, DbError> {
    let presented = row.opt_text(9)?;
    let presented = presented.map(|text| serde_json::from_str(&text).map_err(|_| broken("presentation")));
    Ok(AttemptRow {
        school: row.id(0)?.into(),
        order: row.id(1)?.into(),
        seq: row.int(2)?,
        number: row.text(3)?,
        account: row.id(4)?.into(),
        scene: Scene::from_word(&row.text(5)?).ok_or_else(|| broken("scene"))?,
        payer: row.opt_text(6)?,
        state: AttemptState::from_word(&row.text(7)?).ok_or_else(|| broken("attempt"))?,
        channel_number: row.opt_text(8)?,
        presented: presented.transpose()?,
        word: row.text(10)?,
        heard_at: row.opt_int(11)?.map(Timestamp::from_ms),
    })
}

pub(super) fn insert_order(tx: &mut Tx<'_>, of: &OrderRow) -> Result<(), DbError> {
    let params = [
        of.school.into(),
        of.id.into(),
        of.person.into(),
        of.guardian.into(),
        of.amount.into(),
        of.state.word().into(),
        of.payer_ip.as_str().into(),
        of.made_at.into(),
        of.expires_at.into(),
        of.next_look.into(),
    ];
    tx.execute(&INSERT_ORDER, &params).map(|_| ())
}

/// Held until the unit ends.
pub(super) fn hold_order(tx: &mut Tx<'_>, school: SchoolId, id: PaymentOrderId) -> Result<Option<OrderRow>, DbError> {
    tx.opt(&HOLD_ORDER, &[school.into(), id.into()])?.map(|row| order(&row)).transpose()
}

pub(super) fn find_order(tx: &mut Tx<'_>, school: SchoolId, id: PaymentOrderId) -> Result<Option<OrderRow>, DbError> {
    tx.opt(&FIND_ORDER, &[school.into(), id.into()])?.map(|row| order(&row)).transpose()
}

pub(super) fn move_order(tx: &mut Tx<'_>, of: &OrderRow) -> Result<(), DbError> {
    let params = [
        of.school.into(),
        of.id.into(),
        of.state.word().into(),
        of.alarm.into(),
        of.paid_at.into(),
        of.looks.into(),
        of.next_look.into(),
    ];
    tx.execute(&MOVE_ORDER, &params).map(|_| ())
}

/// Orders that should be looked at, each taken by one asker only until `until`.
pub(super) fn take_due(
    tx: &mut Tx<'_>,
    now: Timestamp,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<(SchoolId, PaymentOrderId)>, DbError> {
    let mut taken = Vec::new();
    for row in tx.query(&DUE, &[now.into(), limit.into()])? {
        let (school, id, look): (SchoolId, PaymentOrderId, i64) = (row.id(0)?.into(), row.id(1)?.into(), row.int(2)?);
        if tx.execute(&TAKE_DUE, &[school.into(), id.into(), look.into(), until.into()])? == 1 {
            taken.push((school, id));
        }
    }
    Ok(taken)
}

pub(super) fn insert_attempt(tx: &mut Tx<'_>, of: &AttemptRow) -> Result<(), DbError> {
    let params = [
        of.school.into(),
        of.order.into(),
        of.seq.into(),
        of.number.as_str().into(),
        of.account.into(),
        of.scene.word().into(),
        of.payer.as_deref().map(str::to_owned).into(),
        of.state.word().into(),
    ];
    tx.execute(&INSERT_ATTEMPT, &params).map(|_| ())
}

pub(super) fn attempts(tx: &mut Tx<'_>, school: SchoolId, id: PaymentOrderId) -> Result<Vec<AttemptRow>, DbError> {
    tx.query(&ATTEMPTS, &[school.into(), id.into()])?.iter().map(attempt).collect()
}

pub(super) fn attempt_by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<AttemptRow>, DbError> {
    tx.opt(&BY_NUMBER, &[number.into()])?.map(|row| attempt(&row)).transpose()
}

/// What is not known any more stays as it was: a channel's number, what the payer was shown.
pub(super) fn move_attempt(tx: &mut Tx<'_>, of: &AttemptRow) -> Result<(), DbError> {
    let presented =
        of.presented.as_ref().map(|shown| serde_json::to_string(shown).expect("what is shown has texts only"));
    let params = [
        of.school.into(),
        of.order.into(),
        of.seq.into(),
        of.state.word().into(),
        of.channel_number.clone().into(),
        presented.into(),
        of.word.as_str().into(),
        of.heard_at.into(),
    ];
    tx.execute(&MOVE_ATTEMPT, &params).map(|_| ())
}

/// A line of an order's history.
#[derive(Clone, Debug)]
pub(super) struct EventRow {
    pub(super) id: Uuid,
    pub(super) at: Timestamp,
    /// made, created, query, notify, close, late, refund, office
    pub(super) what: String,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) word: String,
    pub(super) actor: Option<Uuid>,
}

pub(super) fn insert_event(
    tx: &mut Tx<'_>,
    school: SchoolId,
    order: PaymentOrderId,
    event: &EventRow,
) -> Result<(), DbError> {
    let params = [
        school.into(),
        order.into(),
        event.id.into(),
        event.at.into(),
        event.what.as_str().into(),
        event.before.as_str().into(),
        event.after.as_str().into(),
        event.word.as_str().into(),
        event.actor.map_or(Value::Null, Value::Id),
    ];
    tx.execute(&INSERT_EVENT, &params).map(|_| ())
}

pub(super) fn events(tx: &mut Tx<'_>, school: SchoolId, order: PaymentOrderId) -> Result<Vec<EventRow>, DbError> {
    let event = |row: &Row| {
        Ok(EventRow {
            id: row.id(0)?,
            at: row.time(1)?,
            what: row.text(2)?,
            before: row.text(3)?,
            after: row.text(4)?,
            word: row.text(5)?,
            actor: row.opt_id(6)?,
        })
    };
    tx.query(&EVENTS, &[school.into(), order.into()])?.iter().map(event).collect()
}

/// False: the channel has told us of this event before.
pub(super) fn keep_notice(
    tx: &mut Tx<'_>,
    account: ChannelAccountId,
    school: SchoolId,
    event: &str,
    number: &str,
    at: Timestamp,
    result: &str,
) -> Result<bool, DbError> {
    let params = [account.into(), event.into(), school.into(), number.into(), at.into(), result.into()];
    Ok(tx.execute(&INSERT_NOTICE, &params)? == 1)
}

/// The sum and number of the other orders of a person that may still be paid.
pub(super) fn coming(
    tx: &mut Tx<'_>,
    school: SchoolId,
    person: PersonId,
    but: PaymentOrderId,
) -> Result<(Cents, i64), DbError> {
    let row = tx.one(&COMING, &[school.into(), person.into(), but.into()])?;
    Ok((row.cents(0)?, row.int(1)?))
}

/// Whether the same payer has paid another order for the same person since this one was made.
pub(super) fn paid_again(tx: &mut Tx<'_>, of: &OrderRow) -> Result<bool, DbError> {
    let params = [of.school.into(), of.person.into(), of.id.into(), of.made_at.into(), of.guardian.into()];
    Ok(tx.opt(&PAID_AGAIN, &params)?.is_some())
}

/// A guardian's orders for one child, newest first.
pub(super) fn of_person(
    tx: &mut Tx<'_>,
    school: SchoolId,
    person: PersonId,
    guardian: GuardianId,
    before: Option<PaymentOrderId>,
    limit: i64,
) -> Result<Vec<OrderRow>, DbError> {
    let params = [school.into(), person.into(), guardian.into(), before.into(), limit.into()];
    tx.query(&OF_PERSON, &params)?.iter().map(order).collect()
}

pub(super) fn paid_by(tx: &mut Tx<'_>, school: SchoolId, account: ChannelAccountId) -> Result<i64, DbError> {
    tx.one(&PAID_BY, &[school.into(), account.into()])?.int(0)
}

/// How many orders of a guardian have no final answer yet.
pub fn open_of_guardian(tx: &mut Tx<'_>, guardian: GuardianId) -> Result<i64, DbError> {
    tx.one(&OPEN_OF_GUARDIAN, &[guardian.into()])?.int(0)
}

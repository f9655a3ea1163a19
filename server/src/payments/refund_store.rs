//! Rows of refunds.

use super::store::broken;
use crate::plumbing::db::{DbError, Row, Tx, Value};
use yitong_payment::{RefundState, Refundable};
use yitong_values::{Cents, PaymentOrderId, RefundId, SchoolId, Timestamp, UserId};

crate::sql! {
    INSERT = "INSERT INTO refund (school_id, id, order_id, seq, number, amount, source, reason, state, asked_by, asked_at, \
              next_look) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    FIND = "SELECT school_id, id, order_id, seq, number, amount, source, reason, state, alarm, asked_by, asked_at, decided_by, \
            decided_at, channel_number, word, done_at, looks, next_look FROM refund WHERE school_id = $1 AND id = $2";
    BY_NUMBER = "SELECT school_id, id, order_id, seq, number, amount, source, reason, state, alarm, asked_by, asked_at, \
                 decided_by, decided_at, channel_number, word, done_at, looks, next_look FROM refund WHERE number = $1";
    OF_ORDER = "SELECT school_id, id, order_id, seq, number, amount, source, reason, state, alarm, asked_by, asked_at, \
                decided_by, decided_at, channel_number, word, done_at, looks, next_look FROM refund \
                WHERE school_id = $1 AND order_id = $2 ORDER BY id";
    MOVE = "UPDATE refund SET state = $3, alarm = $4, decided_by = $5, decided_at = $6, \
            channel_number = COALESCE($7, channel_number), word = $8, done_at = $9, looks = $10, next_look = $11 \
            WHERE school_id = $1 AND id = $2";
    SETTLE_ALARM = "UPDATE refund SET alarm = 0 WHERE school_id = $1 AND id = $2 AND alarm = 1";
    DUE = "SELECT school_id, id, next_look FROM refund WHERE next_look <= $1 ORDER BY next_look LIMIT $2";
    TAKE_DUE = "UPDATE refund SET next_look = $4 WHERE school_id = $1 AND id = $2 AND next_look = $3";
    LIST = "SELECT r.school_id, r.id, r.order_id, r.seq, r.number, r.amount, r.source, r.reason, r.state, r.alarm, r.asked_by, \
            r.asked_at, r.decided_by, r.decided_at, r.channel_number, r.word, r.done_at, r.looks, r.next_look, \
            p.name, p.number, a.name, d.name FROM refund r \
            JOIN payment_order o ON o.school_id = r.school_id AND o.id = r.order_id \
            LEFT JOIN person p ON p.school_id = o.school_id AND p.id = o.person_id \
            LEFT JOIN app_user a ON a.id = r.asked_by LEFT JOIN app_user d ON d.id = r.decided_by \
            WHERE r.school_id = $1 AND (r.id < $2 OR $2 IS NULL) AND (r.state = $3 OR $3 IS NULL) \
            AND ($4 = '' OR p.name LIKE $4 ESCAPE '\\' OR p.number LIKE $4 ESCAPE '\\' OR r.number LIKE $4 ESCAPE '\\') \
            ORDER BY r.id DESC LIMIT $5";
}

#[derive(Clone, Debug)]
pub(super) struct RefundRow {
    pub(super) school: SchoolId,
    pub(super) id: RefundId,
    pub(super) order: PaymentOrderId,
    pub(super) seq: i64,
    pub(super) number: String,
    pub(super) amount: Cents,
    /// wallet or suspense: where it goes back when the channel can't.
    pub(super) source: String,
    /// Somebody's words; late, twice or no_account where it was made by itself.
    pub(super) reason: String,
    pub(super) state: RefundState,
    pub(super) alarm: bool,
    pub(super) asked_by: Option<UserId>,
    pub(super) asked_at: Timestamp,
    pub(super) decided_by: Option<UserId>,
    pub(super) decided_at: Option<Timestamp>,
    pub(super) channel_number: Option<String>,
    pub(super) word: String,
    pub(super) done_at: Option<Timestamp>,
    pub(super) looks: i64,
    pub(super) next_look: Option<Timestamp>,
}

fn refund(row: &Row) -> Result<RefundRow, DbError> {
    Ok(RefundRow {
        school: row.id(0)?.into(),
        id: row.id(1)?.into(),
        order: row.id(2)?.into(),
        seq: row.int(3)?,
        number: row.text(4)?,
        amount: row.cents(5)?,
        source: row.text(6)?,
        reason: row.text(7)?,
        state: RefundState::from_word(&row.text(8)?).ok_or_else(|| broken("refund"))?,
        alarm: row.int(9)? != 0,
        asked_by: row.opt_id(10)?.map(UserId::new),
        asked_at: row.time(11)?,
        decided_by: row.opt_id(12)?.map(UserId::new),
        decided_at: row.opt_time(13)?,
        channel_number: row.opt_text(14)?,
        word: row.text(15)?,
        done_at: row.opt_time(16)?,
        looks: row.int(17)?,
        next_look: row.opt_time(18)?,
    })
}

pub(super) fn insert(tx: &mut Tx<'_>, of: &RefundRow) -> Result<(), DbError> {
    let params = [
        of.school.into(),
        of.id.into(),
        of.order.into(),
        of.seq.into(),
        of.number.as_str().into(),
        of.amount.into(),
        of.source.as_str().into(),
        of.reason.as_str().into(),
        of.state.word().into(),
        of.asked_by.into(),
        of.asked_at.into(),
        of.next_look.into(),
    ];
    tx.execute(&INSERT, &params).map(|_| ())
}

pub(super) fn find(tx: &mut Tx<'_>, school: SchoolId, id: RefundId) -> Result<Option<RefundRow>, DbError> {
    tx.opt(&FIND, &[school.into(), id.into()])?.map(|row| refund(&row)).transpose()
}

pub(super) fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<RefundRow>, DbError> {
    tx.opt(&BY_NUMBER, &[number.into()])?.map(|row| refund(&row)).transpose()
}

pub(super) fn of_order(tx: &mut Tx<'_>, school: SchoolId, id: PaymentOrderId) -> Result<Vec<RefundRow>, DbError> {
    tx.query(&OF_ORDER, &[school.into(), id.into()])?.iter().map(refund).collect()
}

/// What an attempt of `paid` has left, with every refund of it. One that is only asked for counts: two people must not
/// ask for the same fen.
pub(super) fn refundable(refunds: &[RefundRow], seq: i64, paid: Cents) -> Refundable {
    let of_attempt = || refunds.iter().filter(|refund| refund.seq == seq);
    let sum = |wanted: fn(RefundState) -> bool| {
        Cents::new(of_attempt().filter(|refund| wanted(refund.state)).map(|refund| refund.amount.fen()).sum())
    };
    Refundable {
        paid,
        refunded: sum(|state| state == RefundState::Done),
        refunding: sum(|state| state.holds_money() || state == RefundState::Asked),
    }
}

pub(super) fn keep(tx: &mut Tx<'_>, of: &RefundRow) -> Result<(), DbError> {
    let params = [
        of.school.into(),
        of.id.into(),
        of.state.word().into(),
        of.alarm.into(),
        of.decided_by.into(),
        of.decided_at.into(),
        of.channel_number.clone().into(),
        of.word.as_str().into(),
        of.done_at.into(),
        of.looks.into(),
        of.next_look.into(),
    ];
    tx.execute(&MOVE, &params).map(|_| ())
}

/// Refunds that should be sent or asked about, each taken by one asker only until `until`.
pub(super) fn take_due(
    tx: &mut Tx<'_>,
    now: Timestamp,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<(SchoolId, RefundId)>, DbError> {
    let mut taken = Vec::new();
    for row in tx.query(&DUE, &[now.into(), limit.into()])? {
        let (school, id, look): (SchoolId, RefundId, i64) = (row.id(0)?.into(), row.id(1)?.into(), row.int(2)?);
        if tx.execute(&TAKE_DUE, &[school.into(), id.into(), look.into(), until.into()])? == 1 {
            taken.push((school, id));
        }
    }
    Ok(taken)
}

/// A refund with the names of those it concerns.
#[derive(Clone, Debug)]
pub(super) struct RefundLine {
    pub(super) refund: RefundRow,
    pub(super) person_name: String,
    pub(super) person_number: String,
    pub(super) asked_name: Option<String>,
    pub(super) decided_name: Option<String>,
}

/// school, before, state, pattern, rows
pub(super) fn list(tx: &mut Tx<'_>, params: &[Value]) -> Result<Vec<RefundLine>, DbError> {
    let line = |row: &Row| {
        Ok(RefundLine {
            refund: refund(row)?,
            person_name: row.opt_text(19)?.unwrap_or_default(),
            person_number: row.opt_text(20)?.unwrap_or_default(),
            asked_name: row.opt_text(21)?,
            decided_name: row.opt_text(22)?,
        })
    };
    tx.query(&LIST, params)?.iter().map(line).collect()
}

/// False when there was none.
pub(super) fn settle_alarm(tx: &mut Tx<'_>, school: SchoolId, id: RefundId) -> Result<bool, DbError> {
    Ok(tx.execute(&SETTLE_ALARM, &[school.into(), id.into()])? == 1)
}

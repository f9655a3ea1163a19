//! Rows of automatic top-up: the rule of a child, and the orders that were debited under it.

use crate::plumbing::db::{DbError, Row, Tx};
use yitong_payment::{AutoRule, OrderState};
use yitong_values::{BusinessDay, Cents, GuardianId, MandateId, PaymentOrderId, PersonId, SchoolId, Timestamp};

crate::sql! {
    PUT_RULE = "INSERT INTO auto_topup (school_id, person_id, guardian_id, mandate_id, floor, target, month_cap, paused, \
                consent_version, agreed_at, refused_at, refused_why, why, next_look) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
                ON CONFLICT (school_id, person_id) DO UPDATE SET guardian_id = excluded.guardian_id, \
                mandate_id = excluded.mandate_id, floor = excluded.floor, target = excluded.target, \
                month_cap = excluded.month_cap, paused = excluded.paused, consent_version = excluded.consent_version, \
                agreed_at = excluded.agreed_at, refused_at = excluded.refused_at, refused_why = excluded.refused_why, \
                why = excluded.why, next_look = excluded.next_look";
    FIND_RULE = "SELECT school_id, person_id, guardian_id, mandate_id, floor, target, month_cap, paused, consent_version, \
                 agreed_at, refused_at, refused_why, why, next_look FROM auto_topup \
                 WHERE school_id = $1 AND person_id = $2";
    /// Whoever holds the row decides whether a debit begins.
    HOLD_RULE = {
        sqlite: "SELECT school_id, person_id, guardian_id, mandate_id, floor, target, month_cap, paused, consent_version, \
                 agreed_at, refused_at, refused_why, why, next_look FROM auto_topup \
                 WHERE school_id = $1 AND person_id = $2",
        postgres: "SELECT school_id, person_id, guardian_id, mandate_id, floor, target, month_cap, paused, \
                   consent_version, agreed_at, refused_at, refused_why, why, next_look FROM auto_topup \
                   WHERE school_id = $1 AND person_id = $2 FOR UPDATE"
    };
    WAKE = "UPDATE auto_topup SET next_look = $3 WHERE school_id = $1 AND person_id = $2";
    WAKE_MANDATE = "UPDATE auto_topup SET next_look = $3 WHERE school_id = $1 AND mandate_id = $2";
    DUE = "SELECT school_id, person_id, next_look FROM auto_topup WHERE next_look <= $1 ORDER BY next_look LIMIT $2";
    TAKE_DUE = "UPDATE auto_topup SET next_look = $4 WHERE school_id = $1 AND person_id = $2 AND next_look = $3";
    INSERT_DEBIT = "INSERT INTO auto_debit (school_id, order_id, person_id, mandate_id, day, amount, open) \
                    VALUES ($1, $2, $3, $4, $5, $6, 1)";
    CLOSE_DEBIT = "UPDATE auto_debit SET open = 0 WHERE school_id = $1 AND order_id = $2 AND open = 1";
    TRIES = "SELECT CAST(COUNT(*) AS BIGINT), CAST(COALESCE(MAX(open), 0) AS BIGINT) FROM auto_debit \
             WHERE school_id = $1 AND person_id = $2 AND (day = $3 OR open = 1)";
    /// Paid, or on its way: what ended without money does not count.
    SPENT = "SELECT CAST(COALESCE(SUM(d.amount), 0) AS BIGINT) FROM auto_debit d \
             JOIN payment_order o ON o.school_id = d.school_id AND o.id = d.order_id \
             WHERE d.school_id = $1 AND d.person_id = $2 AND d.day >= $3 AND d.day <= $4 \
             AND o.state NOT IN ('closed', 'failed')";
    MANDATE_OF = "SELECT mandate_id FROM auto_debit WHERE school_id = $1 AND order_id = $2";
    LATEST = "SELECT o.id, o.made_at, o.amount, o.state, t.word FROM auto_debit d \
              JOIN payment_order o ON o.school_id = d.school_id AND o.id = d.order_id \
              JOIN payment_attempt t ON t.school_id = o.school_id AND t.order_id = o.id AND t.seq = 1 \
              WHERE d.school_id = $1 AND d.person_id = $2 ORDER BY o.id DESC LIMIT $3";
}

#[derive(Clone, Debug)]
pub(super) struct RuleRow {
    pub(super) school: SchoolId,
    pub(super) person: PersonId,
    pub(super) guardian: GuardianId,
    pub(super) mandate: Option<MandateId>,
    pub(super) rule: AutoRule,
    /// Which text the guardian agreed to, and when.
    pub(super) consent_version: i64,
    pub(super) agreed_at: Timestamp,
    /// When the last debit ended without money, and what it said.
    pub(super) refused_at: Option<Timestamp>,
    pub(super) refused_why: Option<String>,
    /// The rule's last word about why nothing was debited.
    pub(super) why: String,
    pub(super) next_look: Option<Timestamp>,
}

fn rule(row: &Row) -> Result<RuleRow, DbError> {
    Ok(RuleRow {
        school: row.id(0)?.into(),
        person: row.id(1)?.into(),
        guardian: row.id(2)?.into(),
        mandate: row.opt_id(3)?.map(MandateId::new),
        rule: AutoRule {
            floor: row.cents(4)?,
            target: row.cents(5)?,
            month_cap: row.cents(6)?,
            paused: row.int(7)? != 0,
        },
        consent_version: row.int(8)?,
        agreed_at: row.time(9)?,
        refused_at: row.opt_time(10)?,
        refused_why: row.opt_text(11)?,
        why: row.text(12)?,
        next_look: row.opt_time(13)?,
    })
}

pub(super) fn put_rule(tx: &mut Tx<'_>, of: &RuleRow) -> Result<(), DbError> {
    let params = [
        of.school.into(),
        of.person.into(),
        of.guardian.into(),
        of.mandate.into(),
        of.rule.floor.into(),
        of.rule.target.into(),
        of.rule.month_cap.into(),
        of.rule.paused.into(),
        of.consent_version.into(),
        of.agreed_at.into(),
        of.refused_at.into(),
        of.refused_why.clone().into(),
        of.why.as_str().into(),
        of.next_look.into(),
    ];
    tx.execute(&PUT_RULE, &params).map(|_| ())
}

pub(super) fn find_rule(tx: &mut Tx<'_>, school: SchoolId, person: PersonId) -> Result<Option<RuleRow>, DbError> {
    tx.opt(&FIND_RULE, &[school.into(), person.into()])?.map(|row| rule(&row)).transpose()
}

/// Held until the unit ends.
pub(super) fn hold_rule(tx: &mut Tx<'_>, school: SchoolId, person: PersonId) -> Result<Option<RuleRow>, DbError> {
    tx.opt(&HOLD_RULE, &[school.into(), person.into()])?.map(|row| rule(&row)).transpose()
}

/// The rule is asked as soon as somebody looks.
pub(super) fn wake(tx: &mut Tx<'_>, school: SchoolId, person: PersonId, now: Timestamp) -> Result<(), DbError> {
    tx.execute(&WAKE, &[school.into(), person.into(), now.into()]).map(|_| ())
}

/// Every rule that rests on the mandate.
pub(super) fn wake_mandate(
    tx: &mut Tx<'_>,
    school: SchoolId,
    mandate: MandateId,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.execute(&WAKE_MANDATE, &[school.into(), mandate.into(), now.into()]).map(|_| ())
}

/// Rules that should be asked, each taken by one asker only until `until`.
pub(super) fn take_due(
    tx: &mut Tx<'_>,
    now: Timestamp,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<(SchoolId, PersonId)>, DbError> {
    let mut taken = Vec::new();
    for row in tx.query(&DUE, &[now.into(), limit.into()])? {
        let (school, id, look): (SchoolId, PersonId, i64) = (row.id(0)?.into(), row.id(1)?.into(), row.int(2)?);
        if tx.execute(&TAKE_DUE, &[school.into(), id.into(), look.into(), until.into()])? == 1 {
            taken.push((school, id));
        }
    }
    Ok(taken)
}

pub(super) fn insert_debit(
    tx: &mut Tx<'_>,
    school: SchoolId,
    order: PaymentOrderId,
    person: PersonId,
    mandate: MandateId,
    day: BusinessDay,
    amount: Cents,
) -> Result<(), DbError> {
    let params = [school.into(), order.into(), person.into(), mandate.into(), day.number().into(), amount.into()];
    tx.execute(&INSERT_DEBIT, &params).map(|_| ())
}

/// False: it was no open automatic order.
pub(super) fn close_debit(tx: &mut Tx<'_>, school: SchoolId, order: PaymentOrderId) -> Result<bool, DbError> {
    Ok(tx.execute(&CLOSE_DEBIT, &[school.into(), order.into()])? == 1)
}

/// Automatic orders of this day (an open one of the day before counts, too), and whether one is open.
pub(super) fn tries(
    tx: &mut Tx<'_>,
    school: SchoolId,
    person: PersonId,
    day: BusinessDay,
) -> Result<(u32, bool), DbError> {
    let row = tx.one(&TRIES, &[school.into(), person.into(), day.number().into()])?;
    Ok((u32::try_from(row.int(0)?).unwrap_or(u32::MAX), row.int(1)? != 0))
}

/// In the month of this day.
pub(super) fn spent(tx: &mut Tx<'_>, school: SchoolId, person: PersonId, day: BusinessDay) -> Result<Cents, DbError> {
    let month = day.number() / 100 * 100;
    tx.one(&SPENT, &[school.into(), person.into(), month.into(), (month + 31).into()])?.cents(0)
}

pub(super) fn mandate_of(
    tx: &mut Tx<'_>,
    school: SchoolId,
    order: PaymentOrderId,
) -> Result<Option<MandateId>, DbError> {
    tx.opt(&MANDATE_OF, &[school.into(), order.into()])?.map(|row| row.id(0).map(MandateId::new)).transpose()
}

/// An automatic order as the guardian reads of it.
#[derive(Clone, Debug)]
pub(super) struct TryRow {
    pub(super) order: PaymentOrderId,
    pub(super) at: Timestamp,
    pub(super) amount: Cents,
    pub(super) state: OrderState,
    pub(super) word: String,
}

/// Newest first.
pub(super) fn latest(tx: &mut Tx<'_>, school: SchoolId, person: PersonId, limit: i64) -> Result<Vec<TryRow>, DbError> {
    let read = |row: &Row| {
        let state = OrderState::from_word(&row.text(3)?).ok_or_else(|| super::store::broken("state"))?;
        Ok(TryRow { order: row.id(0)?.into(), at: row.time(1)?, amount: row.cents(2)?, state, word: row.text(4)? })
    };
    tx.query(&LATEST, &[school.into(), person.into(), limit.into()])?.iter().map(read).collect()
}

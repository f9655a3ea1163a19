//! The office's list of payment orders.

use super::store::{OrderRow, order};
use crate::plumbing::db::{DbError, Row, Tx, Value};

crate::sql! {
    /// The last attempt stands for the order: its account, its way, its number.
    LIST = "SELECT o.school_id, o.id, o.person_id, o.guardian_id, o.amount, o.state, o.alarm, o.payer_ip, o.made_at, \
            o.expires_at, o.paid_at, o.looks, o.next_look, p.name, p.number, c.name, t.number, t.scene, t.channel_number, \
            a.name, a.kind, t.word FROM payment_order o \
            JOIN payment_attempt t ON t.school_id = o.school_id AND t.order_id = o.id AND t.seq = (SELECT MAX(m.seq) \
            FROM payment_attempt m WHERE m.school_id = o.school_id AND m.order_id = o.id) \
            LEFT JOIN person p ON p.school_id = o.school_id AND p.id = o.person_id \
            LEFT JOIN class c ON c.school_id = p.school_id AND c.id = p.class_id \
            LEFT JOIN channel_account a ON a.school_id = o.school_id AND a.id = t.account_id \
            WHERE o.school_id = $1 AND (o.id < $2 OR $2 IS NULL) AND (o.state = $3 OR $3 IS NULL) \
            AND (o.alarm = 1 OR $4 = 0) AND o.made_at >= $5 AND o.made_at < $6 AND (o.person_id = $7 OR $7 IS NULL) \
            AND ($8 = '' OR p.name LIKE $8 ESCAPE '\\' OR p.number LIKE $8 ESCAPE '\\' OR t.number LIKE $8 ESCAPE '\\' \
            OR t.channel_number LIKE $8 ESCAPE '\\') ORDER BY o.id DESC LIMIT $9";
    SETTLE_ALARM = "UPDATE payment_order SET alarm = 0 WHERE school_id = $1 AND id = $2 AND alarm = 1";
    USER_NAME = "SELECT name FROM app_user WHERE id = $1";
}

#[derive(Clone, Debug)]
pub(super) struct OrderLine {
    pub(super) order: OrderRow,
    pub(super) person_name: String,
    pub(super) person_number: String,
    pub(super) class: Option<String>,
    pub(super) number: String,
    pub(super) scene: String,
    pub(super) channel_number: Option<String>,
    pub(super) account_name: String,
    pub(super) account_kind: String,
    pub(super) word: String,
}

/// school, before, state, alarms only, from, to, person, pattern, rows
pub(super) fn list(tx: &mut Tx<'_>, params: &[Value]) -> Result<Vec<OrderLine>, DbError> {
    let line = |row: &Row| {
        Ok(OrderLine {
            order: order(row)?,
            person_name: row.opt_text(13)?.unwrap_or_default(),
            person_number: row.opt_text(14)?.unwrap_or_default(),
            class: row.opt_text(15)?,
            number: row.text(16)?,
            scene: row.text(17)?,
            channel_number: row.opt_text(18)?,
            account_name: row.opt_text(19)?.unwrap_or_default(),
            account_kind: row.opt_text(20)?.unwrap_or_default(),
            word: row.text(21)?,
        })
    };
    tx.query(&LIST, params)?.iter().map(line).collect()
}

/// False: there was no alarm.
pub(super) fn settle_alarm(tx: &mut Tx<'_>, params: &[Value]) -> Result<bool, DbError> {
    Ok(tx.execute(&SETTLE_ALARM, params)? == 1)
}

pub(super) fn user_name(tx: &mut Tx<'_>, user: uuid::Uuid) -> Result<Option<String>, DbError> {
    tx.opt(&USER_NAME, &[user.into()])?.map(|row| row.text(0)).transpose()
}

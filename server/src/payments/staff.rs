//! What the office has to look at: a refund to approve, and a channel that says something else than we do.

use super::refunds::Asked;
use super::store::OrderRow;
use crate::notices::{self, Kind, Work};
use crate::plumbing::db::{DbError, Tx};
use uuid::Uuid;
use yitong_values::Timestamp;

/// Tells those who approve refunds, but for the one who asked: approving takes another.
pub(super) fn refund_asked(tx: &mut Tx<'_>, ask: &Asked, by: &str) -> Result<(), DbError> {
    let fen = ask.amount.fen().to_string();
    let work = Work {
        school: ask.school,
        kind: Kind::RefundAsked,
        cause: ask.id.to_string(),
        about: None,
        params: vec![("amount", fen), ("by", by.to_owned()), ("time", ask.now.ms().to_string())],
        link: "/admin/refunds".into(),
        except: Some(ask.by),
        at: ask.now,
    };
    notices::tell_staff(tx, &work)
}

/// Tells those who keep the channels. `event` is what was heard: another alarm about the same order is told again.
pub(super) fn alarm(tx: &mut Tx<'_>, order: &OrderRow, event: Uuid, now: Timestamp) -> Result<(), DbError> {
    let work = Work {
        school: order.school,
        kind: Kind::PaymentAlarm,
        cause: format!("{}:{event}", order.id),
        about: None,
        params: vec![("amount", order.amount.fen().to_string()), ("time", now.ms().to_string())],
        link: format!("/admin/payment-orders/{}", order.id),
        except: None,
        at: now,
    };
    notices::tell_staff(tx, &work)
}

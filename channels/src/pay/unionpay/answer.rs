//! What UnionPay says: verified, then compared with what was asked, then understood. Only its own explicit words mean
//! that money moved or did not.

use super::config::Account;
use super::request::YUAN;
use super::sign::{self, Fields, field};
use super::trust::Distrust;
use crate::pay::stamp::{from_stamp10, from_stamp14, stamp14};
use crate::pay::{
    ChannelOrder, ChannelRefund, Closed, Event, Notice, NotifyRefusal, Order, OrderKey, OrderState, Presented, Refund,
    RefundKey, RefundState,
};
use crate::{Moment, Outcome, Reply};
use yitong_values::{Cents, Timestamp};

/// After the end of the pay window: clocks differ, and a payment that began in the last second takes a while.
pub const CLOSE_GRACE_MS: i64 = 5 * 60_000;
/// The request was never looked into: its form, signature or merchant is wrong.
const NOT_LOOKED_INTO: [&str; 5] = ["10", "11", "13", "31", "32"];
const NO_SUCH_TRANSACTION: &str = "34";

/// What the answer to a query says about the transaction that was asked about.
pub(super) enum Fate {
    Absent,
    Done,
    Accepted,
    /// The bank or UnionPay declined this try.
    Declined,
}

impl Account {
    /// The fields of an answer that UnionPay signed for this merchant.
    pub fn verified(&self, reply: &Reply, at: &Moment) -> Result<Fields, String> {
        if !reply.is_success() {
            return Err(format!("HTTP {}", reply.status));
        }
        let fields = sign::from_answer_text(&reply.body).ok_or("the answer can't be taken apart")?;
        self.believe(&fields, at.now).map_err(|why| why.to_string())?;
        Ok(fields)
    }

    fn believe(&self, fields: &Fields, now: Timestamp) -> Result<(), NotifyRefusal> {
        let certificate = field(fields, sign::CERTIFICATE).ok_or(NotifyRefusal::Missing(sign::CERTIFICATE))?;
        if field(fields, "signMethod") != Some("01") {
            return Err(NotifyRefusal::Unreadable("signMethod is not 01".to_owned()));
        }
        let key =
            self.trust.key_of(certificate, now).map_err(|why: Distrust| NotifyRefusal::UnknownKey(why.to_string()))?;
        if field(fields, sign::SIGNATURE).is_none() {
            return Err(NotifyRefusal::Missing(sign::SIGNATURE));
        }
        if !sign::verifies(&key, fields) {
            return Err(NotifyRefusal::BadSignature);
        }
        if field(fields, "merId") != Some(self.mer_id.as_str()) {
            return Err(NotifyRefusal::OtherMerchant("merId"));
        }
        Ok(())
    }

    pub fn read_created(&self, order: &Order, reply: &Reply, at: &Moment) -> Outcome<Presented> {
        let fields = match self.about(reply, &order.number, order.made_at, &["01"], at) {
            Ok(fields) => fields,
            Err(why) => return Outcome::unknown(why),
        };
        match (field(&fields, "respCode"), field(&fields, "qrCode")) {
            (Some("00"), Some(text)) => Outcome::Done(Presented::Qr { text: text.to_owned() }),
            (Some(code), _) if NOT_LOOKED_INTO.contains(&code) => Outcome::refused(code, message(&fields, "respMsg")),
            (code, _) => Outcome::unknown(words(code, &fields, "respMsg")),
        }
    }

    pub fn read_queried(&self, key: &OrderKey, reply: &Reply, at: &Moment) -> Outcome<ChannelOrder> {
        let (fate, fields) = match self.fate(reply, &key.number, key.made_at, &["01"], at) {
            Ok(known) => known,
            Err(why) => return Outcome::unknown(why),
        };
        let state = match fate {
            Fate::Absent => OrderState::Absent,
            Fate::Accepted => OrderState::Paying,
            Fate::Declined => OrderState::Failed,
            Fate::Done => return order_paid(&fields).map_or_else(Outcome::unknown, Outcome::Done),
        };
        let number = key.number.clone();
        Outcome::Done(ChannelOrder { number, state, channel_number: None, amount: None, paid_at: None, payer: None })
    }

    /// There is no close at UnionPay: the order is asked about. One that was not paid is closed once its time to pay
    /// has surely passed, which UnionPay holds to by `payTimeout`.
    pub fn read_closed(&self, key: &OrderKey, reply: &Reply, at: &Moment) -> Outcome<Closed> {
        let over = at.now.since(key.made_at) > self.pay_window_ms.saturating_add(CLOSE_GRACE_MS);
        match self.fate(reply, &key.number, key.made_at, &["01"], at) {
            Err(why) => Outcome::unknown(why),
            Ok((Fate::Done, _)) => Outcome::Done(Closed::AlreadyPaid),
            Ok((Fate::Accepted, _)) => Outcome::unknown("a payment is under way"),
            Ok((Fate::Absent | Fate::Declined, _)) if over => Outcome::Done(Closed::Closed),
            Ok((Fate::Absent, _)) => Outcome::Done(Closed::Absent),
            Ok((Fate::Declined, _)) => Outcome::unknown("it can still be paid until its time is over"),
        }
    }

    /// The synchronous answer means accepted, not done.
    pub fn read_refunded(&self, refund: &Refund, reply: &Reply, at: &Moment) -> Outcome<ChannelRefund> {
        let kind = self.refund_type(refund);
        let fields = match self.about(reply, &refund.number, refund.made_at, &[kind], at) {
            Ok(fields) => fields,
            Err(why) => return Outcome::unknown(why),
        };
        match field(&fields, "respCode") {
            Some("00") if cents(&fields, "txnAmt").is_none_or(|amount| amount == refund.amount) => {
                Outcome::Done(refund_in(RefundState::Processing, &refund.number, &fields))
            }
            Some(code) if NOT_LOOKED_INTO.contains(&code) => Outcome::refused(code, message(&fields, "respMsg")),
            // Also "repeated" and "the payment is not in the right state": a repeat of what succeeded hears this, too.
            code => Outcome::unknown(words(code, &fields, "respMsg")),
        }
    }

    pub fn read_refund_queried(&self, key: &RefundKey, reply: &Reply, at: &Moment) -> Outcome<ChannelRefund> {
        match self.fate(reply, &key.number, key.made_at, &["04", "31"], at) {
            Err(why) => Outcome::unknown(why),
            Ok((Fate::Absent, fields)) => Outcome::Done(refund_in(RefundState::Absent, &key.number, &fields)),
            Ok((Fate::Accepted, fields)) => Outcome::Done(refund_in(RefundState::Processing, &key.number, &fields)),
            Ok((Fate::Declined, fields)) => Outcome::Done(refund_in(RefundState::Closed, &key.number, &fields)),
            Ok((Fate::Done, fields)) => {
                let done = refund_in(RefundState::Done, &key.number, &fields);
                if done.amount.is_some() && done.channel_number.is_some() {
                    Outcome::Done(done)
                } else {
                    Outcome::unknown("a refund without amount or queryId")
                }
            }
        }
    }

    /// The answer to a query.
    fn fate(
        &self,
        reply: &Reply,
        number: &str,
        made_at: Timestamp,
        kinds: &[&str],
        at: &Moment,
    ) -> Result<(Fate, Fields), String> {
        // What is not known is answered with the type of the query.
        let kinds = [kinds, &["00"]].concat();
        let fields = self.about(reply, number, made_at, &kinds, at)?;
        let asked = field(&fields, "txnType") == Some("00");
        let fate = match (field(&fields, "respCode"), field(&fields, "origRespCode")) {
            (Some(NO_SUCH_TRANSACTION), None) => Fate::Absent,
            (Some("00"), Some("00" | "A6")) if !asked => Fate::Done,
            (Some("00"), Some("05")) => Fate::Accepted,
            (Some("00"), Some(code)) if is_declined(code) => Fate::Declined,
            (Some("00"), code) => return Err(words(code, &fields, "origRespMsg")),
            (code, _) => return Err(words(code, &fields, "respMsg")),
        };
        Ok((fate, fields))
    }

    /// A verified answer that is about this transaction and not another one.
    fn about(
        &self,
        reply: &Reply,
        number: &str,
        made_at: Timestamp,
        kinds: &[&str],
        at: &Moment,
    ) -> Result<Fields, String> {
        let fields = self.verified(reply, at)?;
        let kind = field(&fields, "txnType").ok_or("the answer does not say what it is about")?;
        let same = field(&fields, "orderId") == Some(number)
            && field(&fields, "txnTime") == Some(stamp14(made_at).as_str())
            && kinds.contains(&kind);
        if same { Ok(fields) } else { Err("the answer is about another transaction".to_owned()) }
    }

    pub fn read_notified(&self, body: &[u8], at: &Moment) -> Result<Notice, NotifyRefusal> {
        let unreadable = |why: &str| NotifyRefusal::Unreadable(why.to_owned());
        let fields = sign::from_form_text(body).ok_or_else(|| unreadable("it is not a form"))?;
        self.believe(&fields, at.now)?;
        let kind = field(&fields, "txnType").ok_or(NotifyRefusal::Missing("txnType"))?;
        let number = field(&fields, "orderId").ok_or(NotifyRefusal::Missing("orderId"))?;
        let query_id = field(&fields, "queryId").ok_or(NotifyRefusal::Missing("queryId"))?;
        let code = field(&fields, "respCode").ok_or(NotifyRefusal::Missing("respCode"))?;
        // An answer is signed by the same hand and looks alike, but its `respCode` speaks of the request.
        if field(&fields, "origRespCode").is_some() {
            return Err(unreadable("it is the answer to a query"));
        }
        for name in ["traceNo", "settleDate"] {
            field(&fields, name).ok_or(NotifyRefusal::Missing(name))?;
        }
        let event = format!("{kind}:{query_id}:{code}");
        let what = match (kind, code, field(&fields, "reqReserved")) {
            ("01", "00" | "A6", _) => Event::Order(order_paid(&fields).map_err(NotifyRefusal::Unreadable)?),
            ("04" | "31", "00" | "A6", Some(order_number)) => Event::Refund {
                order_number: order_number.to_owned(),
                refund: refund_in(RefundState::Done, number, &fields),
            },
            // Among them a refund that somebody made in UnionPay's console: the bill will show it.
            _ => Event::Other { what: format!("txnType {kind}, respCode {code}") },
        };
        Ok(Notice { event, what })
    }
}

/// What a channel says about an order that was paid; a word that is missing makes it unknown.
fn order_paid(fields: &Fields) -> Result<ChannelOrder, String> {
    let get = |name: &str| field(fields, name).ok_or_else(|| format!("paid, but without {name}"));
    if get("currencyCode")? != YUAN {
        return Err("paid in another currency".to_owned());
    }
    Ok(ChannelOrder {
        number: get("orderId")?.to_owned(),
        state: OrderState::Paid,
        channel_number: Some(get("queryId")?.to_owned()),
        amount: Some(cents(fields, "txnAmt").ok_or("paid, but without txnAmt")?),
        paid_at: paid_at(fields),
        payer: None,
    })
}

/// `traceTime` has no year; it lies within a day of the order.
fn paid_at(fields: &Fields) -> Option<Timestamp> {
    let ordered = field(fields, "txnTime").and_then(from_stamp14)?;
    field(fields, "traceTime").and_then(|text| from_stamp10(text, ordered.china_day().plus_days(2)))
}

fn refund_in(state: RefundState, number: &str, fields: &Fields) -> ChannelRefund {
    let channel_number = field(fields, "queryId").map(str::to_owned);
    ChannelRefund { number: number.to_owned(), state, channel_number, amount: cents(fields, "txnAmt") }
}

/// Declined by the issuer (60 to 79) or by UnionPay (a limit, a card, a risk). 42 is not among them: money moved, late.
fn is_declined(code: &str) -> bool {
    matches!(code, "01" | "30" | "33" | "36" | "38" | "39")
        || (code.len() == 2 && code.as_bytes()[0].is_ascii_digit() && ("60"..="79").contains(&code))
}

fn cents(fields: &Fields, name: &str) -> Option<Cents> {
    let digits = field(fields, name).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse().ok().map(Cents::new).filter(|amount| *amount > Cents::ZERO)
}

fn message(fields: &Fields, name: &str) -> String {
    field(fields, name).unwrap_or_default().to_owned()
}

fn words(code: Option<&str>, fields: &Fields, name: &str) -> String {
    format!("{} {}", code.unwrap_or("no code"), message(fields, name))
}

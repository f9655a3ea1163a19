//! The payer's hand, for pages and for tests: pay, fail, go away; and what the sandbox knows, as JSON.

use crate::books::{Channel, Order, PayRefusal, RefundFate, State as OrderState};
use crate::faults::Faults;
use crate::mandates::{Mandate, MandateRefusal};
use crate::notify::Parcel;
use crate::pages::is_foreign;
use crate::wire::{Incoming, Outgoing, speak};
use crate::{Sandbox, alipay, chinaums, unionpay, wechat};
use axum::Router;
use axum::extract::{Request, State};
use axum::routing::{get, post};
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;
use yitong_channels::percent_encode;
use yitong_values::BusinessDay;

/// So many tries to deliver a notification are remembered.
pub const DELIVERIES_MAX: usize = 2000;

/// One try to bring a notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delivery {
    pub order: String,
    pub event: String,
    /// From 0.
    pub attempt: usize,
    pub at: String,
    pub outcome: Outcome,
    /// Of the merchant's answer, where there was one.
    pub status: Option<u16>,
    /// What was done to it before: `corrupted`, `probe`.
    pub altered: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Taken,
    NotTaken,
    Lost,
    HeldBack,
    NotReached,
    /// In the five seconds that a merchant has.
    NoAnswer,
    /// Nothing leaves this machine.
    NotLoopback,
}

pub fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/orders", get(json_of(orders)))
        .route("/orders/{number}/{deed}", post(json_of(deed)))
        .route("/mandates", get(json_of(mandates)))
        .route("/mandates/{number}/{deed}", post(json_of(mandate_deed)))
        .route("/deliveries", get(json_of(deliveries)))
        .route("/books", get(json_of(books)))
}

/// An axum handler over a plain function.
pub fn json_of(
    answer: fn(&Sandbox, &Incoming) -> Outgoing,
) -> impl Fn(State<Sandbox>, Request) -> std::pin::Pin<Box<dyn Future<Output = axum::response::Response> + Send>> + Clone
{
    move |State(sandbox): State<Sandbox>, request: Request| Box::pin(speak(sandbox, request, answer))
}

impl Sandbox {
    /// Where the payer of an order is sent.
    pub fn cashier(&self, number: &str) -> String {
        format!("{}/pay/{}", self.address(), percent_encode(number))
    }

    /// The payer pays, and the merchant is told. Has to be called on a runtime.
    pub fn pay(&self, number: &str) -> Result<(), PayRefusal> {
        let now = self.now();
        let order = self.state().books.pay(number, now)?.clone();
        if let Some(parcel) = self.paid_parcel(&order) {
            self.bring(parcel);
        }
        Ok(())
    }

    /// The payer tries and fails: too little money, a wrong password.
    pub fn fail(&self, number: &str) -> Result<(), PayRefusal> {
        self.visit(number, |order| order.failed_tries += 1)
    }

    /// The payer looks and goes away.
    pub fn abandon(&self, number: &str) -> Result<(), PayRefusal> {
        self.visit(number, |_| {})
    }

    fn visit(&self, number: &str, change: impl FnOnce(&mut Order)) -> Result<(), PayRefusal> {
        let now = self.now();
        let mut state = self.state();
        let order = state.books.find_anywhere(number, now).ok_or(PayRefusal::Absent)?;
        match order.state {
            OrderState::Paid { .. } => return Err(PayRefusal::Paid),
            OrderState::Closed { .. } => return Err(PayRefusal::Closed),
            OrderState::Waiting => {}
        }
        order.visited = true;
        change(order);
        Ok(())
    }

    /// Where somebody agrees to a mandate.
    pub fn agreement_page(&self, number: &str) -> String {
        format!("{}/mandate/{}", self.address(), percent_encode(number))
    }

    /// The payer agrees, and the merchant is told. Has to be called on a runtime.
    pub fn agree(&self, number: &str) -> Result<(), MandateRefusal> {
        let now = self.now();
        let of = self.state().mandates.agree(number, now)?;
        self.tell_mandate(&of);
        Ok(())
    }

    /// The payer or the merchant ends it, and the merchant is told. Has to be called on a runtime.
    pub fn end_mandate(&self, number: &str) -> Result<(), MandateRefusal> {
        let now = self.now();
        let of = self.state().mandates.end(number, now)?;
        self.tell_mandate(&of);
        Ok(())
    }

    fn tell_mandate(&self, of: &Mandate) {
        let parcel = match of.ask.channel {
            Channel::Wechat => wechat::mandate(self, of),
            Channel::Alipay => alipay::mandate(self, of),
            Channel::Unionpay | Channel::Chinaums => None,
        };
        if let Some(parcel) = parcel {
            self.bring(parcel);
        }
    }

    /// `None` for a word that is no deed.
    pub(crate) fn do_mandate_deed(&self, number: &str, deed: &str) -> Option<Result<(), MandateRefusal>> {
        match deed {
            "agree" => Some(self.agree(number)),
            "end" => Some(self.end_mandate(number)),
            // Nothing happens, as with a payer who goes away.
            "refuse" => {
                let known = self.state().mandates.find_anywhere(number).is_some();
                Some(if known { Ok(()) } else { Err(MandateRefusal::Absent) })
            }
            _ => None,
        }
    }

    fn paid_parcel(&self, order: &Order) -> Option<Parcel> {
        match order.ask.channel {
            Channel::Wechat => Some(wechat::paid(self, order)),
            Channel::Alipay => alipay::paid(self, order),
            Channel::Unionpay => Some(unionpay::paid(self, order)),
            Channel::Chinaums => Some(chinaums::paid(self, order)),
        }
    }

    /// What is accepted now ends after a while, and the merchant is told.
    pub(crate) fn settle_refund_later(&self, channel: Channel, order: &str, refund: &str) {
        let (sandbox, order, refund) = (self.clone(), order.to_owned(), refund.to_owned());
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(u64::from(sandbox.faults().refund_ms))).await;
            let now = sandbox.now();
            let settled = sandbox.state().books.settle_refund(channel, &order, &refund, now);
            let Some((order, refund)) = settled else { return };
            let parcel = match channel {
                Channel::Wechat => wechat::refunded(&sandbox, &order, &refund, now),
                Channel::Alipay => alipay::refunded(&sandbox, &order, &refund, now),
                Channel::Unionpay => unionpay::refunded(&sandbox, &order, &refund),
                Channel::Chinaums => chinaums::refunded(&sandbox, &order, &refund),
            };
            if let Some(parcel) = parcel {
                sandbox.bring(parcel);
            }
        });
    }
}

fn orders(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let now = sandbox.now();
    let (number, state) = (incoming.asked("number"), incoming.asked("state"));
    let mut kept = sandbox.state();
    let told = kept.books.all(now).map(told);
    let asked = |order: &Value| {
        number.as_ref().is_none_or(|number| order["number"] == **number)
            && state.as_ref().is_none_or(|state| order["state"] == **state)
    };
    let told: Vec<Value> = told.filter(asked).collect();
    Outgoing::json(200, &json!({ "orders": told }))
}

fn told(order: &Order) -> Value {
    let refunds = order.refunds.iter().map(|refund| {
        let fate = match refund.fate {
            RefundFate::Done => "done",
            RefundFate::Closed => "closed",
            RefundFate::Abnormal => "abnormal",
        };
        json!({"number": refund.number, "amount_fen": refund.amount.fen(), "fate": fate})
    });
    json!({
        "channel": order.ask.channel,
        "number": order.ask.number,
        "channel_number": order.channel_number,
        "scene": order.ask.scene,
        "amount_fen": order.ask.amount.fen(),
        "description": order.ask.description,
        "state": order.state_word(),
        "failed_tries": order.failed_tries,
        "refunds": refunds.collect::<Vec<_>>(),
    })
}

fn mandates(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let number = incoming.asked("number");
    let kept = sandbox.state();
    let told = kept.mandates.all().filter(|of| number.as_ref().is_none_or(|number| of.ask.number == **number));
    let told = told.map(|of| {
        json!({
            "channel": of.ask.channel,
            "number": of.ask.number,
            "channel_number": of.channel_number,
            "shown_as": of.ask.shown_as,
            "state": of.state_word(),
        })
    });
    Outgoing::json(200, &json!({ "mandates": told.collect::<Vec<_>>() }))
}

/// `POST /mandates/<number>/{agree,refuse,end}`
fn mandate_deed(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let mut parts = incoming.path.trim_start_matches("/mandates/").splitn(2, '/');
    let (number, deed) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if is_foreign(incoming) {
        return Outgoing::json(403, &json!({"code": "foreign"}));
    }
    match sandbox.do_mandate_deed(number, deed) {
        Some(Ok(())) => Outgoing::json(200, &json!({"done": deed})),
        Some(Err(MandateRefusal::Absent)) => Outgoing::json(404, &json!({"code": "absent"})),
        Some(Err(_)) => Outgoing::json(409, &json!({"code": "over"})),
        None => Outgoing::json(404, &json!({"code": "unknown_deed", "known": ["agree", "refuse", "end"]})),
    }
}

/// `POST /orders/<number>/{pay,fail,abandon}`
fn deed(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let mut parts = incoming.path.trim_start_matches("/orders/").splitn(2, '/');
    let (number, deed) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if is_foreign(incoming) {
        return Outgoing::json(403, &json!({"code": "foreign"}));
    }
    match sandbox.do_deed(number, deed) {
        Some(Ok(())) => Outgoing::json(200, &json!({"done": deed})),
        Some(Err(PayRefusal::Absent)) => Outgoing::json(404, &json!({"code": "absent"})),
        Some(Err(PayRefusal::Paid)) => Outgoing::json(409, &json!({"code": "paid"})),
        Some(Err(PayRefusal::Closed)) => Outgoing::json(409, &json!({"code": "closed"})),
        None => Outgoing::json(404, &json!({"code": "unknown_deed", "known": ["pay", "fail", "abandon"]})),
    }
}

impl Sandbox {
    /// `None` for a word that is no deed.
    pub(crate) fn do_deed(&self, number: &str, deed: &str) -> Option<Result<(), PayRefusal>> {
        match deed {
            "pay" => Some(self.pay(number)),
            "fail" => Some(self.fail(number)),
            "abandon" => Some(self.abandon(number)),
            _ => None,
        }
    }

    /// Of one order, or of all.
    pub fn deliveries(&self, order: Option<&str>) -> Vec<Delivery> {
        let state = self.state();
        let of = state.deliveries.iter().filter(|delivery| order.is_none_or(|order| delivery.order == order));
        of.cloned().collect()
    }
}

fn deliveries(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let order = incoming.asked("order");
    Outgoing::json(200, &json!({"deliveries": sandbox.deliveries(order.as_deref())}))
}

/// `GET /books?day=2026-11-24`: what the sandbox itself counts.
fn books(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let now = sandbox.now();
    let day = match incoming.asked("day").map(|day| day.parse::<BusinessDay>()) {
        None => now.china_day(),
        Some(Ok(day)) => day,
        Some(Err(_)) => return Outgoing::json(400, &json!({"code": "bad_day"})),
    };
    let totals = sandbox.state().books.totals(day, now);
    Outgoing::json(200, &json!({"day": day.to_string(), "channels": totals}))
}

/// Reads the body of `PUT /faults`: fields that are not named get their usual value.
pub fn read_faults(incoming: &Incoming) -> Result<Faults, String> {
    serde_json::from_slice(&incoming.body).map_err(|why| why.to_string())
}

//! Refunds at WeChat Pay. The answer means accepted; how it ends is told later.

use super::{Answer, Refusal, Said, body, is_number, text, time, whole};
use crate::Sandbox;
use crate::books::{Channel, Order, Refund, RefundAsk, RefundFate, RefundRefusal};
use crate::wire::{Incoming, is_loopback};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use yitong_values::{Cents, Timestamp};

const YEAR_MS: i64 = 365 * 86_400_000;

pub fn create(sandbox: &Sandbox, incoming: &Incoming) -> Said {
    let now = sandbox.now();
    let faults = sandbox.faults();
    let body = body(incoming)?;
    let number = text(&body, "/out_refund_no", 1..=64)?;
    if !is_number(number, 1..=64) {
        return Err(Refusal::param("out_refund_no"));
    }
    let notify_url = body.get("notify_url").map(|_| text(&body, "/notify_url", 1..=256)).transpose()?;
    if notify_url.is_some_and(|url| !is_loopback(url) || url.contains('?')) {
        return Err(Refusal::param("notify_url"));
    }
    let (refund, total) = (whole(&body, "/amount/refund")?, whole(&body, "/amount/total")?);
    if text(&body, "/amount/currency", 3..=16)? != "CNY" {
        return Err(Refusal::param("amount.currency"));
    }
    body.get("reason").map(|_| text(&body, "/reason", 1..=80)).transpose()?;
    let ask = RefundAsk {
        number: number.to_owned(),
        amount: Cents::new(refund),
        details: BTreeMap::new(),
        notify_url: notify_url.map(str::to_owned),
        fate: faults.refund_fate,
        delay_ms: i64::from(faults.refund_ms),
    };
    let mut state = sandbox.state();
    let order = match (body.get("out_trade_no"), body.get("transaction_id")) {
        (Some(Value::String(number)), _) => state.books.find(Channel::Wechat, number, now),
        (None, Some(Value::String(id))) => state.books.find_by_channel_number(Channel::Wechat, id, now),
        _ => return Err(Refusal::param("transaction_id")),
    };
    let order = order.ok_or_else(|| Refusal::new(404, "RESOURCE_NOT_EXISTS", "订单不存在"))?;
    if order.ask.amount.fen() != total {
        return Err(Refusal::new(400, "INVALID_REQUEST", "订单金额或退款金额与之前请求不一致，请核实后再试"));
    }
    if order.paid_at().is_some_and(|at| now.since(at) > YEAR_MS) {
        return Err(Refusal::new(400, "INVALID_REQUEST", "订单已过可退款的最大期限"));
    }
    let order_number = order.ask.number.clone();
    let already = order.refund(number).is_some();
    let (order, refund) = state.books.refund(Channel::Wechat, &order_number, ask, now).map_err(refusal)?;
    // Accepted is all that the first answer ever says; a repeat tells how far it is.
    let answer = told(order, refund, if already { refund.ended(now) } else { None });
    drop(state);
    if !already {
        sandbox.settle_refund_later(Channel::Wechat, &order_number, number);
    }
    Ok(Answer::Json(answer))
}

fn refusal(refusal: RefundRefusal) -> Refusal {
    match refusal {
        RefundRefusal::Absent => Refusal::new(404, "RESOURCE_NOT_EXISTS", "订单不存在"),
        RefundRefusal::NotPaid => Refusal::new(400, "INVALID_REQUEST", "该订单未支付"),
        RefundRefusal::TooMuch => Refusal::new(400, "INVALID_REQUEST", "申请退款金额超过可退金额"),
        RefundRefusal::TooMany => Refusal::new(400, "INVALID_REQUEST", "部分退款超过50次"),
        RefundRefusal::OtherParameters => {
            Refusal::new(400, "INVALID_REQUEST", "订单金额或退款金额与之前请求不一致，请核实后再试")
        }
    }
}

pub fn query(sandbox: &Sandbox, number: &str) -> Said {
    let now = sandbox.now();
    let mut state = sandbox.state();
    let found = state.books.find_refund(Channel::Wechat, number, now);
    let (order, refund) = found.ok_or_else(|| Refusal::new(404, "RESOURCE_NOT_EXISTS", "退款单不存在"))?;
    Ok(Answer::Json(told(order, refund, refund.ended(now))))
}

fn told(order: &Order, refund: &Refund, ended: Option<RefundFate>) -> Value {
    let mut told = json!({
        "refund_id": refund.channel_number,
        "out_refund_no": refund.number,
        "transaction_id": order.channel_number,
        "out_trade_no": order.ask.number,
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": time(refund.made_at),
        "status": ended.map_or("PROCESSING", word),
        "funds_account": "AVAILABLE",
        "amount": {
            "total": order.ask.amount.fen(),
            "refund": refund.amount.fen(),
            "payer_total": order.ask.amount.fen(),
            "payer_refund": refund.amount.fen(),
            "settlement_total": order.ask.amount.fen(),
            "settlement_refund": refund.amount.fen(),
            "discount_refund": 0,
            "currency": "CNY",
        },
    });
    if ended == Some(RefundFate::Done) {
        told["success_time"] = json!(time(refund.settles_at));
    }
    told
}

/// The same as a notification tells it.
pub fn notified(order: &Order, refund: &Refund, settled_at: Timestamp) -> Value {
    let mut told = json!({
        "mchid": crate::identity::MCHID,
        "transaction_id": order.channel_number,
        "out_trade_no": order.ask.number,
        "refund_id": refund.channel_number,
        "out_refund_no": refund.number,
        "refund_status": word(refund.fate),
        "user_received_account": "支付用户零钱",
        "amount": {
            "total": order.ask.amount.fen(),
            "refund": refund.amount.fen(),
            "payer_total": order.ask.amount.fen(),
            "payer_refund": refund.amount.fen(),
        },
    });
    if refund.fate == RefundFate::Done {
        told["success_time"] = json!(time(settled_at));
    }
    told
}

pub fn word(fate: RefundFate) -> &'static str {
    match fate {
        RefundFate::Done => "SUCCESS",
        RefundFate::Closed => "CLOSED",
        RefundFate::Abnormal => "ABNORMAL",
    }
}

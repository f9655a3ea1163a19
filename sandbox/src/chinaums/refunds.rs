//! Refunds at China UMS: judged by `refundStatus`, and the same number gives the same refund, whatever it asks for.

use super::{Refusal, Said, is_number, text};
use crate::Sandbox;
use crate::books::{Channel, Order, Refund, RefundAsk, RefundFate, RefundRefusal};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use yitong_values::{Cents, Timestamp};

pub fn create(sandbox: &Sandbox, body: &Value) -> Said {
    let now = sandbox.now();
    let faults = sandbox.faults();
    let (number, refund) = (text(body, "merOrderId"), text(body, "refundOrderId"));
    if !is_number(refund) {
        return Err(Refusal("BAD_REQUEST", "refundOrderId"));
    }
    // A text, where the amount of an order is a number.
    let digits = text(body, "refundAmount");
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let fen: i64 = digits.parse().ok().filter(|fen| plain && *fen > 0).ok_or(Refusal("BAD_REQUEST", "refundAmount"))?;
    let mut state = sandbox.state();
    let order = state.books.find(Channel::Chinaums, number, now).ok_or(Refusal("NO_ORDER", "找不到请求的原始交易"))?;
    if let Some(known) = order.refund(refund) {
        return Ok(told(order, known, now));
    }
    let ask = RefundAsk {
        number: refund.to_owned(),
        amount: Cents::new(fen),
        details: BTreeMap::new(),
        notify_url: Some(order.ask.notify_url.clone()),
        fate: faults.refund_fate,
        delay_ms: i64::from(faults.refund_ms),
    };
    let (order, made) = state.books.refund(Channel::Chinaums, number, ask, now).map_err(|refusal| match refusal {
        RefundRefusal::Absent => Refusal("NO_ORDER", "找不到请求的原始交易"),
        RefundRefusal::NotPaid => Refusal("OPERATION_NOT_ALLOWED", "订单未支付"),
        RefundRefusal::TooMuch | RefundRefusal::TooMany => Refusal("REFUND_AMOUNT_EXCEEDS", "退款金额超过可退金额"),
        RefundRefusal::OtherParameters => Refusal("DUP_ORDER", "退款订单号重复"),
    })?;
    let told = told(order, made, now);
    drop(state);
    sandbox.settle_refund_later(Channel::Chinaums, number, refund);
    Ok(told)
}

/// The number of the refund stands where that of the order stands elsewhere.
pub fn query(sandbox: &Sandbox, body: &Value) -> Said {
    let now = sandbox.now();
    let mut state = sandbox.state();
    let found = state.books.find_refund(Channel::Chinaums, text(body, "merOrderId"), now);
    let (order, refund) = found.ok_or(Refusal("NO_ORDER", "找不到请求的原始交易"))?;
    let mut told = told(order, refund, now);
    told["merOrderId"] = json!(refund.number);
    Ok(told)
}

pub fn told(order: &Order, refund: &Refund, now: Timestamp) -> Value {
    let status = match refund.ended(now) {
        None => "PROCESSING",
        Some(RefundFate::Done) => "SUCCESS",
        Some(RefundFate::Closed) => "FAIL",
        Some(RefundFate::Abnormal) => "UNKNOWN",
    };
    let mut told = super::orders::told(order, now);
    told["refundOrderId"] = json!(refund.number);
    told["refundTargetOrderId"] = json!(format!("5030{}", refund.channel_number));
    told["refundAmount"] = json!(refund.amount.fen());
    told["refundStatus"] = json!(status);
    told
}

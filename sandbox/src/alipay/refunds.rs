//! Refunds at Alipay: `fund_change` says whether money moved this time, and a query says the rest.

use super::trades::{amount, buyer, find, word};
use super::{Asked, Refusal, Said};
use crate::Sandbox;
use crate::books::{Channel, RefundAsk, RefundFate, RefundRefusal};
use serde_json::json;
use std::collections::BTreeMap;
use yitong_channels::pay::amounts::yuan;
use yitong_channels::pay::china_time::china_text;

pub fn create(sandbox: &Sandbox, asked: &Asked) -> Said {
    let now = sandbox.now();
    let faults = sandbox.faults();
    let content = &asked.content;
    let invalid = |field| Refusal::business("ACQ.INVALID_PARAMETER", field);
    let amount = amount(content, "refund_amount").ok_or(invalid("参数无效：refund_amount"))?;
    let mut state = sandbox.state();
    let order = find(&mut state.books, content, now)?;
    let number = order.ask.number.clone();
    let request = match word(content, "out_request_no", 1..=64) {
        Some(request) => request.to_owned(),
        // Without a number of its own only the whole is given back.
        None if amount == order.ask.amount => number.clone(),
        None => return Err(invalid("参数无效：out_request_no")),
    };
    let already = order.refund(&request).is_some();
    let ask = RefundAsk {
        number: request.clone(),
        amount,
        details: BTreeMap::new(),
        // Alipay tells the address of the order.
        notify_url: Some(order.ask.notify_url.clone()).filter(|url| !url.is_empty()),
        fate: faults.refund_fate,
        delay_ms: i64::from(faults.refund_ms),
    };
    let (order, refund) = state.books.refund(Channel::Alipay, &number, ask, now).map_err(|refusal| match refusal {
        RefundRefusal::Absent => Refusal::business("ACQ.TRADE_NOT_EXIST", "交易不存在"),
        RefundRefusal::NotPaid => Refusal::business("ACQ.TRADE_STATUS_ERROR", "交易状态不合法"),
        RefundRefusal::TooMuch => Refusal::business("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限"),
        RefundRefusal::TooMany => Refusal::business("ACQ.REFUND_TIMES_LIMIT", "退款次数超限"),
        RefundRefusal::OtherParameters => Refusal::business("ACQ.DISCORDANT_REPEAT_REQUEST", "不一致的请求"),
    })?;
    let moved = !already && refund.ended(now) == Some(RefundFate::Done);
    let told = json!({
        "trade_no": order.channel_number,
        "out_trade_no": order.ask.number,
        "buyer_logon_id": "par***@sandbox.example",
        "buyer_user_id": buyer(order),
        "fund_change": if moved { "Y" } else { "N" },
        "refund_fee": yuan(order.refunded()),
    });
    drop(state);
    if !already {
        sandbox.settle_refund_later(Channel::Alipay, &number, &request);
    }
    Ok(told)
}

/// A refund that Alipay does not know, or has not ended, is answered without its fields.
pub fn query(sandbox: &Sandbox, asked: &Asked) -> Said {
    let now = sandbox.now();
    let request = word(&asked.content, "out_request_no", 1..=64)
        .ok_or(Refusal::business("ACQ.INVALID_PARAMETER", "参数无效：out_request_no"))?;
    let mut state = sandbox.state();
    let order = find(&mut state.books, &asked.content, now)?;
    let done = order.refund(request).filter(|refund| refund.ended(now) == Some(RefundFate::Done));
    let Some(refund) = done else { return Ok(json!({})) };
    Ok(json!({
        "trade_no": order.channel_number,
        "out_trade_no": order.ask.number,
        "out_request_no": refund.number,
        "total_amount": yuan(order.ask.amount),
        "refund_amount": yuan(refund.amount),
        "refund_status": "REFUND_SUCCESS",
        "gmt_refund_pay": china_text(refund.settles_at),
    }))
}

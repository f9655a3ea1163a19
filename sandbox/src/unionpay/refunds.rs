//! Undo (31) and refund (04) at UnionPay: accepted at once, done later, and never taken twice.

use super::{ABSENT, Asked, FORMAT, ORIGINAL, REPEATED, Said, TOO_MUCH, settle_date, trace_number, trace_time};
use crate::Sandbox;
use crate::books::{Channel, Order, Refund, RefundAsk, RefundFate, RefundRefusal};
use std::collections::BTreeMap;

pub fn create(sandbox: &Sandbox, asked: &Asked) -> Said {
    let now = sandbox.now();
    let faults = sandbox.faults();
    let (number, time) = asked.identity()?;
    if !asked.is_recent(now) {
        return Err(FORMAT);
    }
    let (amount, kind) = (asked.amount()?, asked.get("txnType"));
    let ask = RefundAsk {
        number: number.clone(),
        amount,
        notify_url: Some(asked.back_url()?.to_owned()),
        fate: faults.refund_fate,
        delay_ms: i64::from(faults.refund_ms),
        details: BTreeMap::from([
            ("txnType".to_owned(), kind.to_owned()),
            ("txnTime".to_owned(), time),
            ("reqReserved".to_owned(), asked.get("reqReserved").to_owned()),
        ]),
    };
    let original = asked.need("origQryId")?;
    let mut state = sandbox.state();
    let order = state.books.find_by_channel_number(Channel::Unionpay, original, now).ok_or(ORIGINAL)?;
    // An undo takes back the whole of a payment of the same clearing day.
    let same_day = order.paid_at().is_some_and(|at| at.china_day() == now.china_day());
    if kind == "31" && (amount != order.ask.amount || !same_day) {
        return Err(TOO_MUCH);
    }
    if order.refund(&number).is_some() {
        return Err(REPEATED);
    }
    let order_number = order.ask.number.clone();
    let refund = state.books.refund(Channel::Unionpay, &order_number, ask, now);
    let channel_number = refund.map(|(_, refund)| refund.channel_number.clone()).map_err(|refusal| match refusal {
        RefundRefusal::Absent | RefundRefusal::NotPaid => ORIGINAL,
        RefundRefusal::TooMuch | RefundRefusal::TooMany => TOO_MUCH,
        RefundRefusal::OtherParameters => REPEATED,
    })?;
    drop(state);
    sandbox.settle_refund_later(Channel::Unionpay, &order_number, &number);
    Ok(vec![
        ("respCode", "00".into()),
        ("respMsg", "成功[0000000]".into()),
        ("queryId", channel_number),
        ("origQryId", original.to_owned()),
        ("txnAmt", amount.fen().to_string()),
    ])
}

pub fn query(sandbox: &Sandbox, number: &str, time: &str) -> Said {
    let now = sandbox.now();
    let mut state = sandbox.state();
    let (order, refund) = state.books.find_refund(Channel::Unionpay, number, now).ok_or(ABSENT)?;
    if refund.details["txnTime"] != time {
        return Err(ABSENT);
    }
    let original = match refund.ended(now) {
        None => "05",
        Some(RefundFate::Done) => "00",
        Some(RefundFate::Closed | RefundFate::Abnormal) => "01",
    };
    let mut told = told(order, refund);
    told.extend([
        ("respCode", "00".to_owned()),
        ("respMsg", "成功[0000000]".to_owned()),
        ("origRespCode", original.to_owned()),
        ("origRespMsg", if original == "00" { "成功[0000000]" } else { "交易处理中或失败" }.to_owned()),
    ]);
    Ok(told)
}

/// What a query and a notification have in common.
pub fn told(order: &Order, refund: &Refund) -> Vec<(&'static str, String)> {
    let reserved = &refund.details["reqReserved"];
    let mut told = vec![
        ("txnType", refund.details["txnType"].clone()),
        ("txnSubType", "00".to_owned()),
        ("bizType", order.ask.details["bizType"].clone()),
        ("queryId", refund.channel_number.clone()),
        ("origQryId", order.channel_number.clone()),
        ("txnAmt", refund.amount.fen().to_string()),
        ("settleAmt", refund.amount.fen().to_string()),
        ("currencyCode", "156".to_owned()),
        ("settleCurrencyCode", "156".to_owned()),
        ("traceNo", trace_number(&refund.channel_number)),
        ("traceTime", trace_time(refund.made_at)),
        ("settleDate", settle_date(refund.made_at)),
    ];
    if !reserved.is_empty() {
        told.push(("reqReserved", reserved.clone()));
    }
    told
}

//! Trades at Alipay: create, precreate, query, close, cancel.

use super::{Asked, Refusal, Said};
use crate::Sandbox;
use crate::books::{Ask, Channel, CloseRefusal, CreateRefusal, Order, RefundAsk, RefundFate, State};
use crate::identity::ALIPAY_SELLER_ID;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use yitong_channels::pay::amounts::{from_yuan, yuan};
use yitong_channels::pay::china_time::{china_text, from_china_text};
use yitong_values::{Cents, Timestamp};

const LIFE_MS: i64 = 24 * 3_600_000;
const MINUTE_MS: i64 = 60_000;
const FEN_MAX: i64 = 10_000_000_000;

pub fn create(sandbox: &Sandbox, asked: &Asked) -> Said {
    let buyer = word(&asked.content, "buyer_open_id", 1..=128).or(word(&asked.content, "buyer_id", 1..=28));
    let buyer = buyer.ok_or(Refusal::business("ACQ.INVALID_PARAMETER", "参数无效：buyer_id"))?;
    let (number, trade) = enter(sandbox, asked, "create", Some(buyer.to_owned()))?;
    Ok(json!({"out_trade_no": number, "trade_no": trade}))
}

pub fn precreate(sandbox: &Sandbox, asked: &Asked) -> Said {
    let (number, _) = enter(sandbox, asked, "precreate", None)?;
    let qr_code = sandbox.cashier(&number);
    Ok(json!({"out_trade_no": number, "qr_code": qr_code}))
}

/// Our number and Alipay's.
pub fn enter(
    sandbox: &Sandbox,
    asked: &Asked,
    scene: &str,
    payer: Option<String>,
) -> Result<(String, String), Refusal> {
    let now = sandbox.now();
    let ask = read(asked, scene, payer, now)?;
    let mut state = sandbox.state();
    let order = state.books.create(ask, now).map_err(|refusal| match refusal {
        CreateRefusal::Paid => Refusal::business("ACQ.TRADE_HAS_SUCCESS", "交易已被支付"),
        CreateRefusal::Closed => Refusal::business("ACQ.TRADE_HAS_CLOSE", "交易已经关闭"),
        CreateRefusal::OtherParameters => Refusal::business("ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改"),
    })?;
    // What the buyer scans or opens becomes a trade only when he does.
    order.visited |= scene == "create";
    Ok((order.ask.number.clone(), order.channel_number.clone()))
}

pub fn read(asked: &Asked, scene: &str, payer: Option<String>, now: Timestamp) -> Result<Ask, Refusal> {
    let content = &asked.content;
    let invalid = |field| Refusal::business("ACQ.INVALID_PARAMETER", field);
    let number = word(content, "out_trade_no", 1..=64).ok_or(invalid("参数无效：out_trade_no"))?;
    if !number.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(invalid("参数无效：out_trade_no"));
    }
    let subject = word(content, "subject", 1..=256).ok_or(invalid("参数无效：subject"))?;
    if subject.contains(['/', '=', '&']) {
        return Err(invalid("参数无效：subject"));
    }
    let amount = amount(content, "total_amount").ok_or(invalid("参数无效：total_amount"))?;
    let expires_at = expiry(content, now).ok_or(invalid("参数无效：time_expire"))?;
    if content.get("seller_id").is_some_and(|seller| seller != ALIPAY_SELLER_ID) {
        return Err(Refusal::business("ACQ.INVALID_PARAMETER", "参数无效：seller_id"));
    }
    let product = content.get("product_code").and_then(Value::as_str).unwrap_or_default();
    let expected = match scene {
        "create" => &["JSAPI_PAY"][..],
        "precreate" => &["", "QR_CODE_OFFLINE", "FACE_TO_FACE_PAYMENT"],
        "wap" => &["", "QUICK_WAP_WAY"],
        "withhold" => &["GENERAL_WITHHOLDING"],
        _ => &["FAST_INSTANT_TRADE_PAY"],
    };
    if !expected.contains(&product) {
        return Err(Refusal::business("ACQ.INVALID_PARAMETER", "参数无效：product_code"));
    }
    let return_url = Some(asked.public("return_url")).filter(|url| !url.is_empty()).map(str::to_owned);
    Ok(Ask {
        channel: Channel::Alipay,
        number: number.to_owned(),
        scene: scene.to_owned(),
        amount,
        description: subject.to_owned(),
        expires_at,
        notify_url: asked.public("notify_url").to_owned(),
        return_url,
        payer,
        details: BTreeMap::new(),
        fingerprint: format!("{scene} {number} {amount} {subject}"),
    })
}

/// `time_expire` is a moment; `timeout_express` counts from now: `90m`, `2h`, `1d`.
fn expiry(content: &Value, now: Timestamp) -> Option<Timestamp> {
    if let Some(text) = content.get("time_expire") {
        return from_china_text(text.as_str()?).filter(|at| *at > now);
    }
    let Some(text) = content.get("timeout_express") else { return Some(now.plus_ms(LIFE_MS)) };
    let text = text.as_str()?;
    let count: i64 = text.get(..text.len().checked_sub(1)?)?.parse().ok()?;
    let unit_ms = match text.chars().last()? {
        'm' => MINUTE_MS,
        'h' => 60 * MINUTE_MS,
        'd' => 24 * 60 * MINUTE_MS,
        _ => return None,
    };
    (1..=21_600).contains(&count).then(|| now.plus_ms(count * unit_ms))
}

/// Yuan as text, at least a fen.
pub fn amount(content: &Value, name: &str) -> Option<Cents> {
    let text = match content.get(name)? {
        Value::String(text) => text.clone(),
        // Alipay's own libraries send numbers, too.
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    from_yuan(&text).filter(|amount| (1..=FEN_MAX).contains(&amount.fen()))
}

pub fn word<'a>(content: &'a Value, name: &str, length: std::ops::RangeInclusive<usize>) -> Option<&'a str> {
    content.get(name).and_then(Value::as_str).filter(|text| length.contains(&text.chars().count()))
}

/// By either number; a trade that the buyer has not opened does not exist.
pub fn find<'a>(books: &'a mut crate::books::Books, content: &Value, now: Timestamp) -> Result<&'a mut Order, Refusal> {
    let absent = || Refusal::business("ACQ.TRADE_NOT_EXIST", "交易不存在");
    let order = match (word(content, "trade_no", 1..=64), word(content, "out_trade_no", 1..=64)) {
        (Some(trade), _) => books.find_by_channel_number(Channel::Alipay, trade, now),
        (None, Some(number)) => books.find(Channel::Alipay, number, now),
        (None, None) => return Err(Refusal::business("ACQ.INVALID_PARAMETER", "参数无效：out_trade_no")),
    };
    order.filter(|order| order.visited).ok_or_else(absent)
}

pub fn query(sandbox: &Sandbox, asked: &Asked) -> Said {
    let now = sandbox.now();
    let mut state = sandbox.state();
    let order = find(&mut state.books, &asked.content, now)?;
    let mut told = json!({
        "trade_no": order.channel_number,
        "out_trade_no": order.ask.number,
        "buyer_logon_id": "par***@sandbox.example",
        "trade_status": status(order),
        "total_amount": yuan(order.ask.amount),
    });
    if let State::Paid { at } = order.state {
        told["send_pay_date"] = json!(china_text(at));
        told["receipt_amount"] = json!(yuan(order.ask.amount));
        told["buyer_pay_amount"] = json!(yuan(order.ask.amount));
        told["buyer_user_id"] = json!(buyer(order));
        told["buyer_open_id"] = json!(buyer(order));
    }
    Ok(told)
}

pub fn status(order: &Order) -> &'static str {
    match order.state {
        State::Paid { .. } if order.refunded() == order.ask.amount => "TRADE_CLOSED",
        State::Paid { .. } => "TRADE_SUCCESS",
        State::Closed { .. } => "TRADE_CLOSED",
        State::Waiting => "WAIT_BUYER_PAY",
    }
}

pub fn buyer(order: &Order) -> &str {
    order.ask.payer.as_deref().unwrap_or("2088000000000099")
}

pub fn close(sandbox: &Sandbox, asked: &Asked) -> Said {
    let now = sandbox.now();
    let mut state = sandbox.state();
    let number = find(&mut state.books, &asked.content, now)?.ask.number.clone();
    match state.books.close(Channel::Alipay, &number, now) {
        Ok(order) => Ok(json!({"trade_no": order.channel_number, "out_trade_no": order.ask.number})),
        Err(CloseRefusal::Absent) => Err(Refusal::business("ACQ.TRADE_NOT_EXIST", "交易不存在")),
        Err(CloseRefusal::Paid) => Err(Refusal::business("ACQ.TRADE_STATUS_ERROR", "交易状态不合法")),
    }
}

/// Unpaid is closed, paid is given back whole.
pub fn cancel(sandbox: &Sandbox, asked: &Asked) -> Said {
    let now = sandbox.now();
    let mut state = sandbox.state();
    let order = find(&mut state.books, &asked.content, now)?.clone();
    let number = &order.ask.number;
    let mut told = json!({"trade_no": order.channel_number, "out_trade_no": number, "retry_flag": "N"});
    match order.state {
        State::Closed { .. } => {}
        State::Waiting => {
            let _ = state.books.close(Channel::Alipay, number, now);
            told["action"] = json!("close");
        }
        State::Paid { .. } => {
            let left = order.ask.amount.minus(order.refunded()).unwrap_or(Cents::ZERO);
            let refund = RefundAsk {
                number: format!("{number}cancel"),
                amount: left,
                details: BTreeMap::new(),
                notify_url: None,
                fate: RefundFate::Done,
                delay_ms: 0,
            };
            if !left.is_zero() {
                let _ = state.books.refund(Channel::Alipay, number, refund, now);
            }
            told["action"] = json!("refund");
        }
    }
    Ok(told)
}

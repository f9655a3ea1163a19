//! Orders at WeChat Pay: create, query, close.

use super::{Answer, Refusal, Said, body, is_number, text, time, whole};
use crate::Sandbox;
use crate::books::{Ask, Channel, CloseRefusal, CreateRefusal, Order, RefundFate, State};
use crate::identity::{MCHID, WECHAT_APPID};
use crate::wire::{Incoming, is_loopback};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use yitong_channels::pay::china_time;
use yitong_values::{Cents, Timestamp};

/// Without `time_expire` an order can be paid for so long.
const LIFE_MS: i64 = 2 * 3_600_000;
const LIFE_MAX_MS: i64 = 7 * 86_400_000;
const FEN_MAX: i64 = 10_000_000_000;

pub fn create(sandbox: &Sandbox, kind: &str, incoming: &Incoming) -> Said {
    let now = sandbox.now();
    let body = body(incoming)?;
    let ask = read(&body, kind, now, incoming.header("wechatpay-serial"))?;
    let number = ask.number.clone();
    let mut state = sandbox.state();
    let prepay = taken_in(state.books.create(ask, now))?.channel_number.clone();
    drop(state);
    let page = sandbox.cashier(&number);
    Ok(Answer::Json(match kind {
        "native" => json!({"code_url": page}),
        // The real one has a query already, so merchants add theirs with an ampersand.
        "h5" => json!({"h5_url": format!("{page}?from=h5")}),
        _ => json!({"prepay_id": format!("wx{prepay}")}),
    }))
}

/// What an order that can't be made is called.
pub fn taken_in(created: Result<&mut Order, CreateRefusal>) -> Result<&mut Order, Refusal> {
    created.map_err(|refusal| match refusal {
        CreateRefusal::Paid => Refusal::new(400, "ORDERPAID", "该订单已支付"),
        CreateRefusal::Closed => Refusal::new(400, "ORDER_CLOSED", "该订单已关闭，请更换商户订单号"),
        CreateRefusal::OtherParameters => Refusal::new(400, "INVALID_REQUEST", "请求重入时，参数与首次请求时不一致"),
    })
}

fn read(body: &Value, kind: &str, now: Timestamp, signed_with: &str) -> Result<Ask, Refusal> {
    same(body, "/appid", WECHAT_APPID, "appid和mch_id不匹配")?;
    same(body, "/mchid", MCHID, "商户号不存在")?;
    let number = text(body, "/out_trade_no", 6..=32)?;
    if !is_number(number, 6..=32) {
        return Err(Refusal::param("out_trade_no"));
    }
    let description = text(body, "/description", 1..=127)?;
    let notify_url = text(body, "/notify_url", 1..=255)?;
    if !is_loopback(notify_url) || notify_url.contains('?') {
        return Err(Refusal::param("notify_url"));
    }
    let fen = whole(body, "/amount/total")?;
    if fen > FEN_MAX || body.pointer("/amount/currency").is_some_and(|currency| currency != "CNY") {
        return Err(Refusal::param("amount"));
    }
    let attach = body.get("attach").map(|_| text(body, "/attach", 0..=128)).transpose()?;
    let payer = match kind {
        "jsapi" => Some(text(body, "/payer/openid", 1..=128)?.to_owned()),
        _ => None,
    };
    if kind == "h5" {
        text(body, "/scene_info/payer_client_ip", 1..=45)?;
        text(body, "/scene_info/h5_info/type", 1..=32)?;
    }
    let expires_at = match body.get("time_expire") {
        None => now.plus_ms(LIFE_MS),
        Some(_) => china_time::from_rfc3339(text(body, "/time_expire", 1..=64)?)
            .filter(|at| *at > now && at.since(now) <= LIFE_MAX_MS)
            .ok_or_else(|| Refusal::param("time_expire"))?,
    };
    let details = BTreeMap::from([
        ("attach".to_owned(), attach.unwrap_or_default().to_owned()),
        ("signed_with".to_owned(), signed_with.to_owned()),
    ]);
    Ok(Ask {
        channel: Channel::Wechat,
        number: number.to_owned(),
        scene: kind.to_owned(),
        amount: Cents::new(fen),
        description: description.to_owned(),
        expires_at,
        notify_url: notify_url.to_owned(),
        return_url: None,
        payer,
        details,
        // Object keys are sorted, so the order in which they were sent does not matter.
        fingerprint: format!("{kind} {body}"),
    })
}

pub fn same(body: &Value, path: &'static str, expected: &str, otherwise: &str) -> Result<(), Refusal> {
    if text(body, path, 1..=32)? == expected { Ok(()) } else { Err(Refusal::new(400, "PARAM_ERROR", otherwise)) }
}

/// By the merchant's number (`Ok`), or by WeChat's (`Err`).
pub fn query(sandbox: &Sandbox, incoming: &Incoming, key: Result<&&str, &&str>) -> Said {
    if incoming.asked("mchid").as_deref() != Some(MCHID) {
        return Err(Refusal::param("mchid"));
    }
    let now = sandbox.now();
    let mut state = sandbox.state();
    let order = match key {
        Ok(number) => state.books.find(Channel::Wechat, number, now),
        Err(id) => state.books.find_by_channel_number(Channel::Wechat, id, now),
    };
    let order = order.ok_or_else(|| Refusal::new(404, "ORDER_NOT_EXIST", "订单不存在"))?;
    Ok(Answer::Json(transaction(order)))
}

pub fn close(sandbox: &Sandbox, incoming: &Incoming, number: &str) -> Said {
    same(&body(incoming)?, "/mchid", MCHID, "商户号不存在")?;
    let now = sandbox.now();
    let closed = sandbox.state().books.close(Channel::Wechat, number, now).map(|_| ());
    closed.map(|()| Answer::NoContent).map_err(|refusal| match refusal {
        CloseRefusal::Paid => Refusal::new(400, "ORDERPAID", "该订单已支付"),
        CloseRefusal::Absent => Refusal::new(404, "ORDER_NOT_EXIST", "订单不存在"),
    })
}

/// The order as a query and a notification tell it.
pub fn transaction(order: &Order) -> Value {
    let ask = &order.ask;
    let given_back = order.refunds.iter().any(|refund| refund.fate == RefundFate::Done);
    let (state, words) = match order.state {
        State::Paid { .. } if given_back => ("REFUND", "转入退款"),
        State::Paid { .. } => ("SUCCESS", "支付成功"),
        State::Closed { .. } => ("CLOSED", "已关闭"),
        State::Waiting if order.failed_tries > 0 => ("PAYERROR", "支付失败"),
        State::Waiting if ask.scene == "papay" => ("ACCEPT", "已接收，等待扣款"),
        State::Waiting => ("NOTPAY", "未支付"),
    };
    let mut told = json!({
        "appid": WECHAT_APPID,
        "mchid": MCHID,
        "out_trade_no": ask.number,
        "trade_state": state,
        "trade_state_desc": words,
        "attach": ask.details.get("attach"),
        "amount": {"total": ask.amount.fen(), "currency": "CNY"},
    });
    if let State::Paid { at } = order.state {
        told["transaction_id"] = json!(order.channel_number);
        told["trade_type"] = json!(trade_type(&ask.scene));
        told["bank_type"] = json!("OTHERS");
        told["success_time"] = json!(time(at));
        told["payer"] = json!({"openid": payer(ask)});
        told["amount"]["payer_total"] = json!(ask.amount.fen());
        told["amount"]["payer_currency"] = json!("CNY");
    }
    told
}

pub fn payer(ask: &Ask) -> String {
    ask.payer.clone().unwrap_or_else(|| "oSandboxPayer00000000000001".to_owned())
}

pub fn trade_type(scene: &str) -> &'static str {
    match scene {
        "native" => "NATIVE",
        "h5" => "MWEB",
        "app" => "APP",
        "papay" => "PAP",
        _ => "JSAPI",
    }
}

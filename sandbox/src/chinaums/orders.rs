//! Orders at China UMS: a page, a code, or a web view; query and close.

use super::{Refusal, Said, text};
use crate::Sandbox;
use crate::books::{Ask, Channel, CloseRefusal, CreateRefusal, Order, RefundFate, State};
use crate::identity::{CHINAUMS_MID, CHINAUMS_TID, WECHAT_APPID};
use crate::pages::see_other;
use crate::wire::{Outgoing, is_loopback, random_hex};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use yitong_channels::pay::stamp::{from_stamp19, stamp19};
use yitong_values::{Cents, Timestamp};

const LIFE_MS: i64 = 30 * 60_000;
const FEN_MAX: i64 = 10_000_000_000;

pub fn open(sandbox: &Sandbox, content: Said) -> Outgoing {
    match content.and_then(|body| enter(sandbox, &body, "h5")) {
        Ok(order) => see_other(&sandbox.cashier(&order.ask.number)),
        Err(Refusal(code, words)) => {
            Outgoing::new(400, "text/plain; charset=utf-8", format!("errCode={code}：{words}\n"))
        }
    }
}

pub fn precreate(sandbox: &Sandbox, body: &Value) -> Said {
    let order = enter(sandbox, body, "qr")?;
    let mut told = told(&order, sandbox.now());
    told["qrCode"] = json!(sandbox.cashier(&order.ask.number));
    Ok(told)
}

pub fn in_app(sandbox: &Sandbox, body: &Value) -> Said {
    if text(body, "subOpenId").is_empty() || text(body, "subAppId") != WECHAT_APPID {
        return Err(Refusal("BAD_REQUEST", "subOpenId"));
    }
    let field = match text(body, "tradeType") {
        "JSAPI" => "jsPayRequest",
        "MINI" => "miniPayRequest",
        _ => return Err(Refusal("BAD_REQUEST", "tradeType")),
    };
    let order = enter(sandbox, body, "in_app")?;
    let mut told = told(&order, sandbox.now());
    // Nobody verifies this signature: the page that stands for the web view takes the package alone.
    told[field] = json!({
        "appId": WECHAT_APPID,
        "timeStamp": (sandbox.now().ms() / 1000).to_string(),
        "nonceStr": random_hex(16),
        "package": format!("prepay_id=wx{}", order.channel_number),
        "signType": "RSA",
        "paySign": random_hex(32),
    });
    Ok(told)
}

fn enter(sandbox: &Sandbox, body: &Value, scene: &str) -> Result<Order, Refusal> {
    let now = sandbox.now();
    let ask = read(body, scene, now)?;
    let mut state = sandbox.state();
    let order = state.books.create(ask, now).map_err(|refusal| match refusal {
        CreateRefusal::Paid => Refusal("ORDER_PROCESSED", "订单已支付"),
        CreateRefusal::Closed => Refusal("ORDER_CLOSED", "订单已关闭"),
        CreateRefusal::OtherParameters => Refusal("DUP_ORDER", "订单号重复，且参数不一致"),
    })?;
    Ok(order.clone())
}

fn read(body: &Value, scene: &str, now: Timestamp) -> Result<Ask, Refusal> {
    let bad = |field| Refusal("BAD_REQUEST", field);
    let fen = body.get("totalAmount").and_then(Value::as_i64).filter(|fen| (1..=FEN_MAX).contains(fen));
    let fen = fen.ok_or(bad("totalAmount"))?;
    let notify_url = text(body, "notifyUrl");
    let return_url = Some(text(body, "returnUrl")).filter(|url| !url.is_empty());
    if !is_loopback(notify_url) || return_url.is_some_and(|url| !is_loopback(url)) {
        return Err(bad("notifyUrl"));
    }
    let expires_at = match text(body, "expireTime") {
        "" => now.plus_ms(LIFE_MS),
        text => from_stamp19(text).filter(|at| *at > now).ok_or(bad("expireTime"))?,
    };
    let mut fixed = body.clone();
    if let Some(fields) = fixed.as_object_mut() {
        // A repeat is sent at another time.
        fields.remove("requestTimestamp");
    }
    Ok(Ask {
        channel: Channel::Chinaums,
        number: text(body, "merOrderId").to_owned(),
        scene: scene.to_owned(),
        amount: Cents::new(fen),
        description: text(body, "orderDesc").to_owned(),
        expires_at,
        notify_url: notify_url.to_owned(),
        return_url: return_url.map(str::to_owned),
        payer: Some(text(body, "subOpenId").to_owned()).filter(|payer| !payer.is_empty()),
        details: BTreeMap::from([("instMid".to_owned(), text(body, "instMid").to_owned())]),
        fingerprint: format!("{scene} {fixed}"),
    })
}

pub fn query(sandbox: &Sandbox, body: &Value) -> Said {
    let now = sandbox.now();
    let mut state = sandbox.state();
    let order = state.books.find(Channel::Chinaums, text(body, "merOrderId"), now);
    order.map(|order| told(order, now)).ok_or(Refusal("NO_ORDER", "找不到请求的原始交易"))
}

pub fn close(sandbox: &Sandbox, body: &Value) -> Said {
    let now = sandbox.now();
    match sandbox.state().books.close(Channel::Chinaums, text(body, "merOrderId"), now) {
        Ok(order) => Ok(told(order, now)),
        Err(CloseRefusal::Absent) => Err(Refusal("NO_ORDER", "找不到请求的原始交易")),
        Err(CloseRefusal::Paid) => Err(Refusal("OPERATION_NOT_ALLOWED", "订单状态不允许关闭")),
    }
}

/// The order as an answer and a notification tell it.
pub fn told(order: &Order, now: Timestamp) -> Value {
    let given_back = order.refunds.iter().any(|refund| refund.ended(now) == Some(RefundFate::Done));
    let status = match order.state {
        State::Paid { .. } if given_back => "TRADE_REFUND",
        State::Paid { .. } => "TRADE_SUCCESS",
        State::Closed { .. } => "TRADE_CLOSED",
        State::Waiting if order.failed_tries > 0 => "TRADE_FAIL",
        State::Waiting if order.visited => "WAIT_BUYER_PAY",
        State::Waiting => "NEW_ORDER",
    };
    let mut told = json!({
        "mid": CHINAUMS_MID,
        "tid": CHINAUMS_TID,
        "instMid": order.ask.details.get("instMid"),
        "merOrderId": order.ask.number,
        "seqId": order.channel_number,
        "totalAmount": order.ask.amount.fen(),
        "status": status,
        "targetSys": "WXPay",
    });
    if let State::Paid { at } = order.state {
        told["targetOrderId"] = json!(format!("4200{}", order.channel_number));
        told["payTime"] = json!(stamp19(at));
        told["settleDate"] = json!(at.china_day().to_string());
        told["subBuyerId"] = json!(order.ask.payer.as_deref().unwrap_or("oSandboxPayer00000000000001"));
    }
    told
}

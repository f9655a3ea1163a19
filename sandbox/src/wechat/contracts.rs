//! Contracts about debits at WeChat Pay: a page to sign, a query, an end; and the debit that names one.

use super::orders::{same, taken_in};
use super::{Answer, Refusal, Said, body, is_number, text, time, whole};
use crate::Sandbox;
use crate::books::{Ask, Channel};
use crate::faults::DebitFate;
use crate::identity::{MCHID, PLAN_ID, WECHAT_APPID};
use crate::mandates::{Mandate, MandateAsk, MandateRefusal, MandateState};
use crate::wire::{Incoming, is_loopback};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use yitong_values::{BusinessDay, Cents};

/// A debit that nobody worked on ends by itself.
const LIFE_MS: i64 = 2 * 3_600_000;

pub fn pre_sign(sandbox: &Sandbox, kind: &str, incoming: &Incoming) -> Said {
    let body = body(incoming)?;
    same(&body, "/appid", WECHAT_APPID, "appid和mch_id不匹配")?;
    let number = text(&body, "/out_contract_code", 1..=32)?;
    if whole(&body, "/plan_id")? != PLAN_ID || !number.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Refusal::param("plan_id"));
    }
    let shown_as = text(&body, "/contract_display_account", 1..=32)?;
    text(&body, "/out_user_code", 1..=64)?;
    let notify_url = text(&body, "/contract_notify_url", 1..=256)?;
    if !is_loopback(notify_url) || notify_url.contains('?') {
        return Err(Refusal::param("contract_notify_url"));
    }
    let day: Option<BusinessDay> = text(&body, "/deduct_schedule/estimated_deduct_date", 10..=10)?.parse().ok();
    if day.is_none_or(|day| day < sandbox.now().china_day()) {
        return Err(Refusal::param("estimated_deduct_date"));
    }
    whole(&body, "/deduct_schedule/estimated_deduct_amount/total")?;
    let payer = match kind {
        "jsapi" => text(&body, "/openid", 1..=128)?.to_owned(),
        _ => "oSandboxPayer00000000000001".to_owned(),
    };
    let ask = MandateAsk {
        channel: Channel::Wechat,
        number: number.to_owned(),
        shown_as: shown_as.to_owned(),
        notify_url: notify_url.to_owned(),
        return_url: None,
        payer: Some(payer),
        signed_with: incoming.header("wechatpay-serial").to_owned(),
        fingerprint: format!("{kind} {number} {shown_as}"),
    };
    let now = sandbox.now();
    let asked = sandbox.state().mandates.ask(ask, now).map(|of| of.ask.number.clone());
    let number = asked.map_err(|refusal| match refusal {
        MandateRefusal::OtherParameters => Refusal::new(400, "INVALID_REQUEST", "商户签约协议号重复"),
        MandateRefusal::Over | MandateRefusal::Absent => Refusal::new(400, "INVALID_REQUEST", "协议已签约或已解约"),
    })?;
    Ok(Answer::Json(json!({"redirect_url": format!("{}?from=papay", sandbox.agreement_page(&number))})))
}

fn missing() -> Refusal {
    Refusal::new(404, "RESOURCE_NOT_EXISTS", "签约协议不存在")
}

/// A contract exists when somebody has agreed to it.
pub fn query(sandbox: &Sandbox, plan: &str, number: &str) -> Said {
    let state = sandbox.state();
    let of = state.mandates.find(Channel::Wechat, number).filter(|_| plan == PLAN_ID.to_string());
    let of = of.filter(|of| of.state != MandateState::Waiting).ok_or_else(missing)?;
    Ok(Answer::Json(contract(of)))
}

pub fn terminate(sandbox: &Sandbox, incoming: &Incoming, plan: &str, number: &str) -> Said {
    text(&body(incoming)?, "/contract_termination_remark", 1..=256)?;
    let known = sandbox.state().mandates.find(Channel::Wechat, number).is_some();
    if plan != PLAN_ID.to_string() || !known {
        return Err(missing());
    }
    match sandbox.end_mandate(number) {
        Ok(()) => query(sandbox, plan, number),
        Err(_) => Err(Refusal::new(400, "INVALID_REQUEST", "协议未签约或已解约")),
    }
}

pub fn contract(of: &Mandate) -> Value {
    let mut told = json!({
        "mchid": MCHID,
        "appid": WECHAT_APPID,
        "plan_id": PLAN_ID,
        "out_contract_code": of.ask.number,
        "contract_id": of.channel_number,
        "contract_display_account": of.ask.shown_as,
        "openid": of.ask.payer,
        "contract_state": if matches!(of.state, MandateState::Ended { .. }) { "TERMINATED" } else { "SIGNED" },
    });
    if let Some(at) = of.signed_at {
        told["contract_signed_time"] = json!(time(at));
    }
    if let MandateState::Ended { at } = of.state {
        told["contract_terminate_info"] =
            json!({"contract_termination_mode": "USER_TERMINATE", "contract_terminated_time": time(at)});
    }
    told
}

/// Taken at once; whether money moved is said by a call-back or a query.
pub fn apply(sandbox: &Sandbox, incoming: &Incoming) -> Said {
    let body = body(incoming)?;
    same(&body, "/appid", WECHAT_APPID, "appid和mch_id不匹配")?;
    let number = text(&body, "/out_trade_no", 6..=32)?.to_owned();
    let description = text(&body, "/description", 1..=127)?;
    let notify_url = text(&body, "/transaction_notify_url", 1..=256)?;
    if !is_number(&number, 6..=32) || !is_loopback(notify_url) || notify_url.contains('?') {
        return Err(Refusal::param("transaction_notify_url"));
    }
    let fen = whole(&body, "/amount/total")?;
    let contract = text(&body, "/contract_id", 1..=32)?;
    let now = sandbox.now();
    let fate = sandbox.faults().debit_fate;
    {
        let mut state = sandbox.state();
        let of = state.mandates.find_by_channel_number(Channel::Wechat, contract);
        let of = of.filter(|of| matches!(of.state, MandateState::Signed { .. }));
        let payer = of.ok_or_else(|| Refusal::new(400, "INVALID_REQUEST", "协议不存在或已解约"))?.ask.payer.clone();
        let signed_with = incoming.header("wechatpay-serial").to_owned();
        let ask = Ask {
            channel: Channel::Wechat,
            number: number.clone(),
            scene: "papay".to_owned(),
            amount: Cents::new(fen),
            description: description.to_owned(),
            expires_at: now.plus_ms(LIFE_MS),
            notify_url: notify_url.to_owned(),
            return_url: None,
            payer,
            details: BTreeMap::from([("signed_with".to_owned(), signed_with)]),
            fingerprint: format!("papay {body}"),
        };
        let order = taken_in(state.books.create(ask, now))?;
        if fate == DebitFate::NotEnough {
            order.failed_tries += 1;
        }
    }
    if fate == DebitFate::Done {
        // Paid by the payer's hand meanwhile is paid as well.
        let _ = sandbox.pay(&number);
    }
    Ok(Answer::NoContent)
}

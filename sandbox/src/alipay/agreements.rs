//! Agreements at Alipay: a page to sign, a query, an end; and the debit that names one.

use super::trades::{self, word};
use super::{Asked, Refusal, Said};
use crate::Sandbox;
use crate::books::{Channel, CreateRefusal, State};
use crate::faults::DebitFate;
use crate::mandates::{Mandate, MandateAsk, MandateRefusal, MandateState};
use crate::pages::see_other;
use crate::wire::Outgoing;
use serde_json::{Value, json};
use yitong_channels::pay::amounts::yuan;
use yitong_channels::pay::china_time::china_text;

const PRODUCT: &str = "GENERAL_WITHHOLDING";
const PERSONAL: &str = "GENERAL_WITHHOLDING_P";
const CHANNELS: [&str; 4] = ["ALIPAYAPP", "QRCODE", "QRCODEORSMS", "ALIPAYMINIMARK"];

/// The browser brings the signed agreement itself.
pub fn open(sandbox: &Sandbox, asked: Result<Asked, Refusal>) -> Outgoing {
    match asked.and_then(|asked| enter(sandbox, &asked)) {
        Ok(number) => see_other(&sandbox.agreement_page(&number)),
        Err(refusal) => {
            let text = format!("{}：{}\n", refusal.sub_code, refusal.sub_msg);
            Outgoing::new(400, "text/plain; charset=utf-8", text)
        }
    }
}

fn invalid(words: &'static str) -> Refusal {
    Refusal::business("INVALID_PARAMETER", words)
}

fn enter(sandbox: &Sandbox, asked: &Asked) -> Result<String, Refusal> {
    let content = &asked.content;
    let number = word(content, "external_agreement_no", 1..=32).ok_or(invalid("参数无效：external_agreement_no"))?;
    if !number.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(invalid("参数无效：external_agreement_no"));
    }
    product(content)?;
    if content["product_code"] != PRODUCT {
        return Err(invalid("参数无效：product_code"));
    }
    let channel = content.pointer("/access_params/channel").and_then(Value::as_str).unwrap_or_default();
    if !CHANNELS.contains(&channel) {
        return Err(invalid("参数无效：access_params"));
    }
    let return_url = Some(asked.public("return_url")).filter(|url| !url.is_empty()).map(str::to_owned);
    let ask = MandateAsk {
        channel: Channel::Alipay,
        number: number.to_owned(),
        shown_as: word(content, "external_logon_id", 1..=100).unwrap_or_default().to_owned(),
        notify_url: asked.public("notify_url").to_owned(),
        return_url,
        payer: Some("2088000000000099".to_owned()),
        signed_with: String::new(),
        fingerprint: format!("{number} {channel}"),
    };
    let now = sandbox.now();
    let mut state = sandbox.state();
    let asked = state.mandates.ask(ask, now).map(|of| of.ask.number.clone());
    asked.map_err(|refusal| match refusal {
        MandateRefusal::OtherParameters => invalid("商户签约号已用于其他签约"),
        MandateRefusal::Over | MandateRefusal::Absent => {
            Refusal::business("USER_AGREEMENT_ALREADY_EXIST", "用户已经签约过")
        }
    })
}

fn product(content: &Value) -> Result<(), Refusal> {
    if content["personal_product_code"] != PERSONAL {
        return Err(invalid("参数无效：personal_product_code"));
    }
    let scene = word(content, "sign_scene", 1..=64).unwrap_or_default();
    if scene.contains('|') { Ok(()) } else { Err(invalid("参数无效：sign_scene")) }
}

fn gone() -> Refusal {
    Refusal::business("USER_AGREEMENT_NOT_EXIST", "用户协议不存在")
}

/// By Alipay's number, or by the merchant's together with the product.
fn find<'a>(state: &'a crate::State, content: &Value) -> Result<&'a Mandate, Refusal> {
    if let Some(number) = word(content, "agreement_no", 1..=64) {
        return state.mandates.find_by_channel_number(Channel::Alipay, number).ok_or(gone());
    }
    let number = word(content, "external_agreement_no", 1..=32).ok_or(invalid("参数无效：external_agreement_no"))?;
    product(content)?;
    state.mandates.find(Channel::Alipay, number).ok_or(gone())
}

pub fn query(sandbox: &Sandbox, asked: &Asked) -> Said {
    let now = sandbox.now();
    let state = sandbox.state();
    let of = find(&state, &asked.content)?;
    match of.state {
        // An agreement that nobody can agree to any more was never one.
        MandateState::Waiting if !of.can_be_agreed_to(now) => Err(gone()),
        _ => Ok(told(of)),
    }
}

fn told(of: &Mandate) -> Value {
    let mut told = json!({
        "external_agreement_no": of.ask.number,
        "status": status(of),
        "personal_product_code": PERSONAL,
        "external_logon_id": of.ask.shown_as,
    });
    if let Some(at) = of.signed_at {
        told["agreement_no"] = json!(of.channel_number);
        told["alipay_user_id"] = json!(of.ask.payer);
        told["sign_time"] = json!(china_text(at));
        told["valid_time"] = json!(china_text(at));
        told["invalid_time"] = json!("2115-02-01 00:00:00");
    }
    told
}

pub fn status(of: &Mandate) -> &'static str {
    match of.state {
        MandateState::Waiting => "TEMP",
        MandateState::Signed { .. } => "NORMAL",
        MandateState::Ended { .. } => "STOP",
    }
}

pub fn unsign(sandbox: &Sandbox, asked: &Asked) -> Said {
    let number = find(&sandbox.state(), &asked.content)?.ask.number.clone();
    sandbox.end_mandate(&number).map(|()| json!({})).map_err(|_| gone())
}

/// `alipay.trade.pay` with an agreement: the money moves at once, or it does not.
pub fn debit(sandbox: &Sandbox, asked: &Asked) -> Said {
    let content = &asked.content;
    let gone = || Refusal::business("ACQ.AGREEMENT_NOT_EXIST", "用户协议不存在");
    let agreement = content.pointer("/agreement_params/agreement_no").and_then(Value::as_str).ok_or(gone())?;
    let payer = {
        let state = sandbox.state();
        let of = state.mandates.find_by_channel_number(Channel::Alipay, agreement).ok_or(gone())?;
        if !matches!(of.state, MandateState::Signed { .. }) {
            return Err(Refusal::business("ACQ.AGREEMENT_STATUS_NOT_NORMAL", "用户协议状态非NORMAL"));
        }
        of.ask.payer.clone()
    };
    let now = sandbox.now();
    let fate = sandbox.faults().debit_fate;
    let ask = trades::read(asked, "withhold", payer, now)?;
    let number = ask.number.clone();
    let known = sandbox.state().books.find(Channel::Alipay, &number, now).is_some();
    // A debit without money behind it leaves no trade.
    if fate == DebitFate::NotEnough && !known {
        return Err(Refusal::business("ACQ.BUYER_BALANCE_NOT_ENOUGH", "买家余额不足"));
    }
    {
        let mut state = sandbox.state();
        let order = state.books.create(ask, now).map_err(|refusal| match refusal {
            CreateRefusal::Paid => Refusal::business("ACQ.TRADE_HAS_SUCCESS", "交易已被支付"),
            CreateRefusal::Closed => Refusal::business("ACQ.TRADE_HAS_CLOSE", "交易已经关闭"),
            CreateRefusal::OtherParameters => Refusal::business("ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改"),
        })?;
        order.visited = true;
    }
    if fate == DebitFate::Hang {
        return Err(Refusal::waiting("用户支付中"));
    }
    sandbox.pay(&number).map_err(|_| Refusal::business("ACQ.SYSTEM_ERROR", "系统错误"))?;
    let mut state = sandbox.state();
    let order = state.books.find(Channel::Alipay, &number, now).ok_or(gone())?;
    let mut told = json!({
        "trade_no": order.channel_number,
        "out_trade_no": number,
        "total_amount": yuan(order.ask.amount),
        "buyer_user_id": trades::buyer(order),
    });
    if let State::Paid { at } = order.state {
        told["gmt_payment"] = json!(china_text(at));
    }
    Ok(told)
}

//! Payments at UnionPay: a page that the browser is sent to, or a code.

use super::{ABSENT, Asked, FORMAT, REPEATED, RIGHT, Refusal, Said, settle_date, trace_number, trace_time, verify};
use crate::Sandbox;
use crate::books::{Ask, Channel, CreateRefusal, Order, State};
use crate::pages::see_other;
use crate::wire::{Incoming, Outgoing, is_loopback};
use std::collections::BTreeMap;
use yitong_channels::pay::stamp::from_stamp14;

const LIFE_MS: i64 = 30 * 60_000;

pub fn open(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let entered = verify(sandbox, incoming).and_then(|asked| match (asked.get("txnType"), asked.get("txnSubType")) {
        ("01", "01") if ["07", "08"].contains(&asked.get("channelType")) => enter(sandbox, &asked, "front"),
        _ => Err(RIGHT),
    });
    match entered {
        Ok(number) => see_other(&sandbox.cashier(&number)),
        Err(Refusal(code, words)) => {
            Outgoing::new(400, "text/plain; charset=utf-8", format!("respCode={code}：{words}\n"))
        }
    }
}

pub fn qr(sandbox: &Sandbox, asked: &Asked) -> Said {
    let number = enter(sandbox, asked, "qr")?;
    Ok(vec![("respCode", "00".into()), ("respMsg", "成功".into()), ("qrCode", sandbox.cashier(&number))])
}

fn enter(sandbox: &Sandbox, asked: &Asked, scene: &str) -> Result<String, Refusal> {
    let now = sandbox.now();
    let (number, time) = asked.identity()?;
    if !asked.is_recent(now) {
        return Err(FORMAT);
    }
    let expires_at = match asked.get("payTimeout") {
        "" => now.plus_ms(LIFE_MS),
        text => from_stamp14(text).filter(|at| *at > now).ok_or(FORMAT)?,
    };
    let return_url = Some(asked.get("frontUrl")).filter(|url| !url.is_empty());
    if return_url.is_some_and(|url| !is_loopback(url)) {
        return Err(FORMAT);
    }
    let ask = Ask {
        channel: Channel::Unionpay,
        number: number.clone(),
        scene: scene.to_owned(),
        amount: asked.amount()?,
        description: asked.get("orderDesc").to_owned(),
        expires_at,
        notify_url: asked.back_url()?.to_owned(),
        return_url: return_url.map(str::to_owned),
        payer: None,
        details: BTreeMap::from([
            ("txnTime".to_owned(), time),
            ("reqReserved".to_owned(), asked.get("reqReserved").to_owned()),
            ("txnSubType".to_owned(), asked.get("txnSubType").to_owned()),
            ("bizType".to_owned(), asked.get("bizType").to_owned()),
        ]),
        fingerprint: asked.fingerprint(),
    };
    let created = sandbox.state().books.create(ask, now).map(|_| number);
    created.map_err(|refusal| match refusal {
        CreateRefusal::Paid | CreateRefusal::Closed | CreateRefusal::OtherParameters => REPEATED,
    })
}

/// Nobody paid and nobody failed: there is no such transaction yet, only a page that somebody may have open.
pub fn query(sandbox: &Sandbox, number: &str, time: &str) -> Said {
    let now = sandbox.now();
    let mut state = sandbox.state();
    let order = state.books.find(Channel::Unionpay, number, now).ok_or(ABSENT)?;
    if order.ask.details["txnTime"] != time {
        return Err(ABSENT);
    }
    match order.state {
        State::Paid { .. } => Ok(success(order, "origRespCode", "origRespMsg")),
        State::Waiting | State::Closed { .. } if order.failed_tries > 0 => Ok(vec![
            ("txnType", "01".into()),
            ("respCode", "00".into()),
            ("respMsg", "成功".into()),
            ("origRespCode", "64".into()),
            ("origRespMsg", "您的银行卡余额不足".into()),
        ]),
        State::Waiting | State::Closed { .. } => Err(ABSENT),
    }
}

/// A payment that succeeded, as a query and a notification tell it.
pub fn success(order: &Order, code: &'static str, message: &'static str) -> Vec<(&'static str, String)> {
    let at = order.paid_at().unwrap_or(order.made_at);
    let mut told = vec![
        ("txnType", "01".to_owned()),
        ("txnSubType", order.ask.details["txnSubType"].clone()),
        ("bizType", order.ask.details["bizType"].clone()),
        (code, "00".to_owned()),
        (message, "成功[0000000]".to_owned()),
        ("queryId", order.channel_number.clone()),
        ("txnAmt", order.ask.amount.fen().to_string()),
        ("settleAmt", order.ask.amount.fen().to_string()),
        ("currencyCode", "156".to_owned()),
        ("settleCurrencyCode", "156".to_owned()),
        ("traceNo", trace_number(&order.channel_number)),
        ("traceTime", trace_time(at)),
        ("settleDate", settle_date(at)),
        ("accNo", "6216***********0018".to_owned()),
        ("payType", "0001".to_owned()),
    ];
    if code == "origRespCode" {
        told.push(("respCode", "00".to_owned()));
        told.push(("respMsg", "成功[0000000]".to_owned()));
    }
    let reserved = &order.ask.details["reqReserved"];
    if !reserved.is_empty() {
        told.push(("reqReserved", reserved.clone()));
    }
    told
}

//! Notifications of Alipay. Nothing in them is protected by time: an old one can be shown again, so the second with the
//! same `notify_id` is a repeat, and an order only ever goes forward.

use super::Alipay;
use super::mandates::Agreement;
use super::orders::Trade;
use super::sign::notice_texts;
use crate::pay::{Event, Notice, NotifyRefusal};
use crate::{Headers, Moment, Reply, query_pairs};
use std::collections::BTreeMap;

impl Alipay {
    pub(super) fn read_notice(&self, body: &[u8], at: &Moment) -> Result<Notice, NotifyRefusal> {
        let unreadable = |why: &str| NotifyRefusal::Unreadable(why.to_owned());
        let text = std::str::from_utf8(body).map_err(|_| unreadable("it is not UTF-8"))?;
        let pairs = query_pairs(text).ok_or_else(|| unreadable("it is not a form"))?;
        let said: BTreeMap<&str, &str> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if said.len() != pairs.len() {
            return Err(unreadable("a name stands twice"));
        }
        let part = |name: &'static str| {
            said.get(name).copied().filter(|value| !value.is_empty()).ok_or(NotifyRefusal::Missing(name))
        };
        let sign = part("sign")?;
        if said.get("sign_type").is_some_and(|kind| *kind != "RSA2") {
            return Err(NotifyRefusal::BadSignature);
        }
        self.trust.verify(&notice_texts(&pairs), sign, part("alipay_cert_sn").ok(), at)?;
        if part("app_id")? != self.app_id {
            return Err(NotifyRefusal::OtherMerchant("app_id"));
        }
        let event = part("notify_id")?.to_owned();
        let kind = part("notify_type").or_else(|_| part("method"))?;
        if kind == "dut_user_sign" || kind == "dut_user_unsign" {
            return agreement(&said, event);
        }
        if kind != "trade_status_sync" {
            return Ok(Notice { event, what: Event::Other { what: kind.to_owned() } });
        }
        if let Some(seller_id) = &self.seller_id
            && part("seller_id")? != seller_id
        {
            return Err(NotifyRefusal::OtherMerchant("seller_id"));
        }
        let some = |name: &'static str| part(name).ok().map(str::to_owned);
        let trade = Trade {
            out_trade_no: part("out_trade_no")?.to_owned(),
            trade_no: some("trade_no"),
            trade_status: part("trade_status")?.to_owned(),
            total_amount: some("total_amount"),
            send_pay_date: some("gmt_payment"),
            gmt_refund: some("gmt_refund"),
            refund_fee: some("refund_fee"),
            buyer_open_id: some("buyer_open_id"),
            buyer_user_id: some("buyer_id"),
        };
        let order = trade.into_order().map_err(NotifyRefusal::Unreadable)?;
        Ok(Notice { event, what: Event::Order(order) })
    }
}

/// A mandate was signed or ended; both come under the number that we gave it.
fn agreement(said: &BTreeMap<&str, &str>, event: String) -> Result<Notice, NotifyRefusal> {
    let some = |name: &str| said.get(name).filter(|value| !value.is_empty()).map(|value| (*value).to_owned());
    let number = some("external_agreement_no").ok_or(NotifyRefusal::Missing("external_agreement_no"))?;
    let agreement = Agreement {
        external_agreement_no: None,
        agreement_no: some("agreement_no"),
        status: some("status").ok_or(NotifyRefusal::Missing("status"))?,
        sign_time: some("sign_time").or(some("unsign_time")),
        alipay_user_id: some("alipay_user_id"),
        alipay_open_id: some("alipay_open_id"),
    };
    let mandate = agreement.into_mandate(&number).map_err(NotifyRefusal::Unreadable)?;
    Ok(Notice { event, what: Event::Mandate(mandate) })
}

/// Exactly these words; anything but `success` is sent again for a day.
pub(super) fn acknowledgement(taken: bool) -> Reply {
    let plain = Headers::new([("content-type".to_owned(), "text/plain".to_owned())]);
    Reply::new(200, plain, if taken { "success" } else { "fail" })
}

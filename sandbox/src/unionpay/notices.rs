//! What UnionPay tells the merchant by itself: only what succeeded.

use super::{pays, refunds, spoken};
use crate::Sandbox;
use crate::books::{Order, Refund, RefundFate};
use crate::identity::UNIONPAY_MER_ID;
use crate::notify::{Letter, Parcel, Sealing, UNIONPAY_SCHEDULE_S};
use yitong_channels::pay::unionpay::sign::{Fields, form_text, signed};

pub fn paid(sandbox: &Sandbox, order: &Order) -> Parcel {
    let told = pays::success(order, "respCode", "respMsg");
    let name = (order.ask.number.clone(), order.ask.details["txnTime"].clone());
    parcel(sandbox, order, "paid".to_owned(), order.ask.notify_url.clone(), fields(name, told))
}

pub fn refunded(sandbox: &Sandbox, order: &Order, refund: &Refund) -> Option<Parcel> {
    if refund.fate != RefundFate::Done {
        return None;
    }
    let url = refund.notify_url.clone()?;
    let mut told = refunds::told(order, refund);
    told.extend([("respCode", "00".to_owned()), ("respMsg", "成功[0000000]".to_owned())]);
    let name = (refund.number.clone(), refund.details["txnTime"].clone());
    Some(parcel(sandbox, order, format!("refund {}", refund.number), url, fields(name, told)))
}

fn fields((number, time): (String, String), told: Vec<(&'static str, String)>) -> Fields {
    let common = [
        ("version", "5.1.0".to_owned()),
        ("encoding", "UTF-8".to_owned()),
        ("signMethod", "01".to_owned()),
        ("accessType", "0".to_owned()),
        ("merId", UNIONPAY_MER_ID.to_owned()),
        ("orderId", number),
        ("txnTime", time),
    ];
    common.into_iter().chain(told).map(|(name, value)| (name.to_owned(), value)).collect()
}

fn parcel(sandbox: &Sandbox, order: &Order, event: String, url: String, fields: Fields) -> Parcel {
    let sandbox = sandbox.clone();
    let seal = move |_at, sealing| {
        let honest = spoken(&sandbox, Fields::new(), fields.clone());
        let sent = match sealing {
            Sealing::Honest => honest,
            // With UnionPay's certificate, but under the merchant's own key.
            Sealing::Probe => signed(&sandbox.id().unionpay.merchant.pair.signer, honest),
        };
        Letter::form(form_text(&sent))
    };
    let taken = |status: u16, _: &[u8]| status == 200;
    let order = order.ask.number.clone();
    Parcel { order, event, url, schedule_s: UNIONPAY_SCHEDULE_S, seal: Box::new(seal), taken }
}

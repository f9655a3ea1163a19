//! What China UMS tells the merchant by itself: a form, digested with the notify key behind it.

use super::{orders, refunds};
use crate::Sandbox;
use crate::books::{Order, Refund};
use crate::notify::{CHINAUMS_SCHEDULE_S, Letter, Parcel, Sealing};
use crate::wire::random_hex;
use serde_json::Value;
use yitong_channels::pay::chinaums::sign::{NotifyDigest, SIGN, SIGN_TYPE, notify_sign};
use yitong_channels::pay::unionpay::sign::form_text;

pub fn paid(sandbox: &Sandbox, order: &Order) -> Parcel {
    parcel(sandbox, order, "paid".to_owned(), order.ask.notify_url.clone(), &orders::told(order, sandbox.now()))
}

pub fn refunded(sandbox: &Sandbox, order: &Order, refund: &Refund) -> Option<Parcel> {
    let url = refund.notify_url.clone()?;
    let told = refunds::told(order, refund, sandbox.now());
    Some(parcel(sandbox, order, format!("refund {}", refund.number), url, &told))
}

fn parcel(sandbox: &Sandbox, order: &Order, event: String, url: String, told: &Value) -> Parcel {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let told = told.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value)));
    let mut fields: Vec<(String, String)> = told.collect();
    fields.push(("notifyId".to_owned(), random_hex(16)));
    fields.push((SIGN_TYPE.to_owned(), "SHA256".to_owned()));
    let sandbox = sandbox.clone();
    let seal = move |_at, sealing| {
        let key = match sealing {
            Sealing::Honest => &sandbox.id().chinaums_notify_key,
            Sealing::Probe => &sandbox.id().chinaums_key,
        };
        let mut sent = fields.clone();
        sent.push((SIGN.to_owned(), notify_sign(&fields, key, NotifyDigest::Sha256)));
        Letter::form(form_text(&sent))
    };
    let taken = |status: u16, body: &[u8]| status == 200 && body == b"SUCCESS";
    let order = order.ask.number.clone();
    Parcel { order, event, url, schedule_s: CHINAUMS_SCHEDULE_S, seal: Box::new(seal), taken }
}

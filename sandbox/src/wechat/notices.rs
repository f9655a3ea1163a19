//! What WeChat Pay tells the merchant by itself.

use super::{contracts, orders, refunds, sealed, signing, time};
use crate::Sandbox;
use crate::books::{Order, Refund};
use crate::mandates::{Mandate, MandateState};
use crate::notify::{Letter, Parcel, Sealing, WECHAT_SCHEDULE_S};
use crate::wire::random_hex;
use serde_json::{Value, json};
use yitong_channels::crypto::base64;
use yitong_channels::pay::wechat::sign::{PROBE, answer_headers};
use yitong_values::Timestamp;

pub fn paid(sandbox: &Sandbox, order: &Order) -> Parcel {
    let about = About { kind: "transaction", event: "TRANSACTION.SUCCESS".into(), summary: "支付成功" };
    let resource = orders::transaction(order);
    parcel(sandbox, of_order(order), "paid".into(), order.ask.notify_url.clone(), about.body(sandbox, &resource))
}

/// `None` while nobody has agreed.
pub fn mandate(sandbox: &Sandbox, of: &Mandate) -> Option<Parcel> {
    let (event, summary) = match of.state {
        MandateState::Waiting => return None,
        MandateState::Signed { .. } => ("ENTRUST.SIGN", "委托代扣签约通知"),
        MandateState::Ended { .. } => ("ENTRUST.TERMINATE", "委托代扣解约通知"),
    };
    let about = About { kind: "entrust", event: event.into(), summary };
    let body = about.body(sandbox, &contracts::contract(of));
    let whose = (of.ask.number.clone(), of.ask.signed_with.clone());
    Some(parcel(sandbox, whose, format!("mandate {}", of.state_word()), of.ask.notify_url.clone(), body))
}

/// Its number, and the key that its caller named.
fn of_order(order: &Order) -> (String, String) {
    (order.ask.number.clone(), order.ask.details.get("signed_with").cloned().unwrap_or_default())
}

/// `None` when the merchant named no address for it.
pub fn refunded(sandbox: &Sandbox, order: &Order, refund: &Refund, at: Timestamp) -> Option<Parcel> {
    let url = refund.notify_url.clone()?;
    let event = format!("REFUND.{}", refunds::word(refund.fate));
    let about = About { kind: "refund", event, summary: "退款通知" };
    let body = about.body(sandbox, &refunds::notified(order, refund, at));
    Some(parcel(sandbox, of_order(order), format!("refund {}", refund.number), url, body))
}

struct About {
    kind: &'static str,
    event: String,
    summary: &'static str,
}

impl About {
    /// Repeats carry the same bytes under the same id.
    fn body(&self, sandbox: &Sandbox, resource: &Value) -> Vec<u8> {
        let mut hidden = sealed(sandbox, self.kind, resource.to_string().as_bytes());
        hidden["original_type"] = json!(self.kind);
        let id = random_hex(16);
        let id = [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]].join("-");
        let told = json!({
            "id": id,
            "create_time": time(sandbox.now()),
            "resource_type": "encrypt-resource",
            "event_type": self.event,
            "summary": self.summary,
            "resource": hidden,
        });
        told.to_string().into_bytes()
    }
}

fn parcel(sandbox: &Sandbox, whose: (String, String), event: String, url: String, body: Vec<u8>) -> Parcel {
    let (number, with) = whose;
    let sandbox = sandbox.clone();
    let seal = move |at: Timestamp, sealing: Sealing| {
        let (serial, pair) = signing(&sandbox, &with);
        let nonce = random_hex(16);
        let mut headers = answer_headers(&serial, &pair.signer, at.ms().div_euclid(1000), &nonce, &body);
        if sealing == Sealing::Probe {
            let signature = headers.iter_mut().find(|(name, _)| name == "Wechatpay-Signature");
            signature.expect("an answer is signed").1 = format!("{PROBE}{}", base64(nonce.as_bytes()));
        }
        headers.push(("content-type".into(), "application/json".into()));
        Letter { headers, body: body.clone() }
    };
    let taken = |status: u16, _: &[u8]| status == 200 || status == 204;
    Parcel { order: number, event, url, schedule_s: WECHAT_SCHEDULE_S, seal: Box::new(seal), taken }
}

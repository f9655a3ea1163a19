//! What Alipay tells the merchant by itself: a form, signed without its `sign_type`.

use super::trades::{buyer, status};
use crate::Sandbox;
use crate::books::{Order, Refund, RefundFate};
use crate::identity::{ALIPAY_APP_ID, ALIPAY_SELLER_ID};
use crate::mandates::{Mandate, MandateState};
use crate::notify::{ALIPAY_SCHEDULE_S, Letter, Parcel, Sealing};
use crate::wire::random_hex;
use yitong_channels::pay::alipay::sign::{notice_texts, signing_text};
use yitong_channels::pay::amounts::yuan;
use yitong_channels::pay::china_time::china_text;
use yitong_channels::pay::unionpay::sign::form_text;
use yitong_values::Timestamp;

pub fn paid(sandbox: &Sandbox, order: &Order) -> Option<Parcel> {
    parcel(sandbox, order, "paid".to_owned(), Vec::new())
}

/// Only money that moved is told.
pub fn refunded(sandbox: &Sandbox, order: &Order, refund: &Refund, at: Timestamp) -> Option<Parcel> {
    if refund.fate != RefundFate::Done {
        return None;
    }
    let more = [
        ("refund_fee", yuan(order.refunded())),
        ("gmt_refund", format!("{}.000", china_text(at))),
        ("out_biz_no", refund.number.clone()),
    ];
    parcel(sandbox, order, format!("refund {}", refund.number), more.into_iter().collect())
}

fn parcel(sandbox: &Sandbox, order: &Order, event: String, more: Vec<(&'static str, String)>) -> Option<Parcel> {
    let amount = yuan(order.ask.amount);
    let mut fields: Vec<(&str, String)> = vec![
        ("notify_type", "trade_status_sync".to_owned()),
        ("trade_no", order.channel_number.clone()),
        ("out_trade_no", order.ask.number.clone()),
        ("trade_status", status(order).to_owned()),
        ("seller_id", ALIPAY_SELLER_ID.to_owned()),
        ("buyer_id", buyer(order).to_owned()),
        ("buyer_logon_id", "par***@sandbox.example".to_owned()),
        ("subject", order.ask.description.clone()),
        ("total_amount", amount.clone()),
        ("receipt_amount", amount.clone()),
        ("buyer_pay_amount", amount.clone()),
        ("invoice_amount", amount.clone()),
        ("fund_bill_list", format!("[{{\"amount\":\"{amount}\",\"fundChannel\":\"ALIPAYACCOUNT\"}}]")),
        ("gmt_create", china_text(order.made_at)),
    ];
    fields.extend(order.paid_at().map(|at| ("gmt_payment", china_text(at))));
    fields.extend(more);
    letter(sandbox, &order.ask.number, event, &order.ask.notify_url, fields, Covers::WithoutType)
}

/// Signed and ended are told alike, under two types.
pub fn mandate(sandbox: &Sandbox, of: &Mandate) -> Option<Parcel> {
    let (kind, status) = match of.state {
        MandateState::Waiting => return None,
        MandateState::Signed { .. } => ("dut_user_sign", "NORMAL"),
        MandateState::Ended { .. } => ("dut_user_unsign", "UNSIGN"),
    };
    let mut fields: Vec<(&str, String)> = vec![
        ("notify_type", kind.to_owned()),
        ("external_agreement_no", of.ask.number.clone()),
        ("agreement_no", of.channel_number.clone()),
        ("status", status.to_owned()),
        ("personal_product_code", "GENERAL_WITHHOLDING_P".to_owned()),
        ("alipay_user_id", of.ask.payer.clone().unwrap_or_default()),
        ("external_logon_id", of.ask.shown_as.clone()),
    ];
    match of.state {
        MandateState::Ended { at } => fields.push(("unsign_time", china_text(at))),
        _ => fields.extend(of.signed_at.map(|at| ("sign_time", china_text(at)))),
    }
    let event = format!("mandate {}", of.state_word());
    letter(sandbox, &of.ask.number, event, &of.ask.notify_url, fields, Covers::WithType)
}

/// Whether the signature covers `sign_type`: of trades it does not, of agreements it does.
#[derive(Clone, Copy)]
enum Covers {
    WithoutType,
    WithType,
}

fn letter(
    sandbox: &Sandbox,
    number: &str,
    event: String,
    url: &str,
    mut fields: Vec<(&'static str, String)>,
    covers: Covers,
) -> Option<Parcel> {
    let url = Some(url.to_owned()).filter(|url| !url.is_empty())?;
    // Repeats keep the id: it is what tells them apart from another event.
    fields.extend([
        ("notify_id", random_hex(17)),
        ("app_id", ALIPAY_APP_ID.to_owned()),
        ("auth_app_id", ALIPAY_APP_ID.to_owned()),
        ("charset", "utf-8".to_owned()),
        ("version", "1.0".to_owned()),
    ]);
    let sandbox = sandbox.clone();
    let seal = move |at: Timestamp, sealing: Sealing| {
        let named = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let mut pairs: Vec<(String, String)> = named.collect();
        pairs.push(("notify_time".to_owned(), china_text(at)));
        pairs.push(("sign_type".to_owned(), "RSA2".to_owned()));
        let text = match covers {
            Covers::WithoutType => notice_texts(&pairs).swap_remove(0),
            Covers::WithType => signing_text(&pairs),
        };
        let sign = match sealing {
            Sealing::Honest => sandbox.id().alipay.platform.pair.signer.sign_base64(text.as_bytes()),
            // Signed by somebody, but not by Alipay.
            Sealing::Probe => sandbox.id().alipay.app.pair.signer.sign_base64(text.as_bytes()),
        };
        pairs.push(("sign".to_owned(), sign));
        Letter::form(form_text(&pairs))
    };
    let taken = |status: u16, body: &[u8]| status == 200 && body == b"success";
    Some(Parcel { order: number.to_owned(), event, url, schedule_s: ALIPAY_SCHEDULE_S, seal: Box::new(seal), taken })
}

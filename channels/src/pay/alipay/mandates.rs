//! Mandates at Alipay (`alipay.user.agreement.*`) and the debits that rest on them.
//!
//! Only `GENERAL_WITHHOLDING`: a debit whenever one is due. `CYCLE_PAY_AUTH` takes a fixed sum on fixed days, which is
//! no rule about a balance. Taken from the field lists of Alipay's own libraries and from published notifications,
//! never tried against a live account: which `personal_product_code` and `sign_scene` a school has is in its contract,
//! so they are settings. Not certain: that a phone's browser outside of Alipay opens the app from the gateway's
//! address, and which of Alipay's words beside `USER_AGREEMENT_NOT_EXIST` a query uses for an agreement that has
//! ended.

use super::answers::Answer;
use super::orders::{Trade, subject};
use super::{Alipay, amount, check_number};
use crate::pay::mandate::{ChannelMandate, Debit, DebitRefusal, Debited, Mandate, MandateKey, MandateState, Mandates};
use crate::pay::{Misuse, Presented, Scene, Start, china_time};
use crate::{Call, Moment, Outcome, Reply};
use serde_json::json;

pub(super) const PAGE_SIGN: &str = "alipay.user.agreement.page.sign";
pub(super) const AGREEMENT_QUERY: &str = "alipay.user.agreement.query";
pub(super) const UNSIGN: &str = "alipay.user.agreement.unsign";
pub(super) const PAY: &str = "alipay.trade.pay";
const PRODUCT: &str = "GENERAL_WITHHOLDING";
/// Of an agreement that was never made, or has ended.
const NO_AGREEMENT: [&str; 2] = ["USER_AGREEMENT_NOT_EXIST", "ACQ.AGREEMENT_NOT_EXIST"];

/// What the contract about debits says.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MandateSettings {
    #[serde(default = "personal_product")]
    pub personal_product_code: String,
    /// `INDUSTRY|…`, as in the contract.
    pub sign_scene: String,
}

fn personal_product() -> String {
    "GENERAL_WITHHOLDING_P".to_owned()
}

/// An agreement as answers and notifications describe it.
#[derive(serde::Deserialize)]
pub(super) struct Agreement {
    pub external_agreement_no: Option<String>,
    pub agreement_no: Option<String>,
    pub status: String,
    pub sign_time: Option<String>,
    pub alipay_user_id: Option<String>,
    pub alipay_open_id: Option<String>,
}

impl Agreement {
    pub(super) fn into_mandate(self, number: &str) -> Result<ChannelMandate, String> {
        if self.external_agreement_no.as_deref().is_some_and(|known| known != number) {
            return Err("the answer is about another agreement".to_owned());
        }
        let state = match self.status.as_str() {
            "TEMP" => MandateState::Waiting,
            "NORMAL" => MandateState::Signed,
            "STOP" | "UNSIGN" => MandateState::Ended,
            _ => return Err("its state is not one that we know".to_owned()),
        };
        let channel_number = self.agreement_no.filter(|number| !number.is_empty());
        if state == MandateState::Signed && channel_number.is_none() {
            return Err("it is signed, but without a number".to_owned());
        }
        Ok(ChannelMandate {
            number: number.to_owned(),
            state,
            channel_number,
            payer: self.alipay_open_id.or(self.alipay_user_id).filter(|payer| !payer.is_empty()),
            at: self.sign_time.as_deref().and_then(china_time::from_china_text),
        })
    }
}

/// A debit's answer has no state of its own: that it is answered with 10000 is the state.
#[derive(serde::Deserialize)]
struct Paid {
    out_trade_no: String,
    trade_no: Option<String>,
    total_amount: Option<String>,
    gmt_payment: Option<String>,
    buyer_open_id: Option<String>,
    buyer_user_id: Option<String>,
}

fn absent(key: &MandateKey) -> ChannelMandate {
    ChannelMandate {
        number: key.number.clone(),
        state: MandateState::Absent,
        channel_number: None,
        payer: None,
        at: None,
    }
}

impl Alipay {
    fn agreement(&self) -> Result<&MandateSettings, Misuse> {
        self.mandates.as_ref().ok_or_else(|| Misuse::new("mandates", "this account has no product for debits"))
    }
}

impl Mandates for Alipay {
    fn mandate_scenes(&self) -> &'static [Scene] {
        &[Scene::InApp, Scene::MobileWeb, Scene::Qr]
    }

    /// A page that the payer's browser opens, or the text of a code that Alipay scans.
    fn sign(&self, mandate: &Mandate, at: &Moment) -> Result<Start, Misuse> {
        check_number("number", &mandate.number)?;
        let product = self.agreement()?;
        let scanned = mandate.scene == Scene::Qr;
        let biz = json!({
            "product_code": PRODUCT,
            "personal_product_code": product.personal_product_code,
            "sign_scene": product.sign_scene,
            "external_agreement_no": mandate.number,
            "external_logon_id": mandate.shown_as,
            "access_params": { "channel": if scanned { "QRCODE" } else { "ALIPAYAPP" } },
        });
        let more = [("notify_url", mandate.notify_url.clone()), ("return_url", mandate.return_url.clone())];
        let url = self.page(PAGE_SIGN, &biz, &more, at)?;
        Ok(Start::Show(if scanned { Presented::Qr { text: url } } else { Presented::Redirect { url } }))
    }

    fn sign_begun(&self, _mandate: &Mandate, _reply: &Reply, _at: &Moment) -> Outcome<Presented> {
        Outcome::unknown("a page is shown, not asked for")
    }

    fn query_mandate(&self, key: &MandateKey, at: &Moment) -> Result<Call, Misuse> {
        check_number("number", &key.number)?;
        let product = self.agreement()?;
        // By our own number: the channel's is not known before it is signed.
        let biz = json!({
            "external_agreement_no": key.number,
            "personal_product_code": product.personal_product_code,
            "sign_scene": product.sign_scene,
        });
        self.call(AGREEMENT_QUERY, &biz, &[], at)
    }

    fn mandate_queried(&self, key: &MandateKey, reply: &Reply, at: &Moment) -> Outcome<ChannelMandate> {
        match self.open(AGREEMENT_QUERY, reply, at) {
            Answer::Done(raw) => {
                let read = super::answers::read_json::<Agreement>(&raw);
                read.and_then(|agreement| {
                    agreement.into_mandate(&key.number).map_or_else(Outcome::unknown, Outcome::Done)
                })
            }
            Answer::Error(error) if NO_AGREEMENT.contains(&error.sub_code.as_str()) => Outcome::Done(absent(key)),
            Answer::Error(error) => error.unknown(),
            Answer::Unknown(why) => Outcome::Unknown { why },
        }
    }

    fn end_mandate(&self, key: &MandateKey, at: &Moment) -> Result<Call, Misuse> {
        check_number("number", &key.number)?;
        let product = self.agreement()?;
        let biz = match &key.channel_number {
            Some(number) => json!({ "agreement_no": number }),
            None => json!({
                "external_agreement_no": key.number,
                "personal_product_code": product.personal_product_code,
                "sign_scene": product.sign_scene,
            }),
        };
        self.call(UNSIGN, &biz, &[], at)
    }

    fn mandate_ended(&self, _key: &MandateKey, reply: &Reply, at: &Moment) -> Outcome<MandateState> {
        match self.open(UNSIGN, reply, at) {
            Answer::Done(_) => Outcome::Done(MandateState::Ended),
            Answer::Error(error) if NO_AGREEMENT.contains(&error.sub_code.as_str()) => {
                Outcome::Done(MandateState::Absent)
            }
            Answer::Error(error) => error.outcome(),
            Answer::Unknown(why) => Outcome::Unknown { why },
        }
    }

    fn debit(&self, debit: &Debit, at: &Moment) -> Result<Call, Misuse> {
        check_number("number", &debit.number)?;
        self.agreement()?;
        let agreement = debit.mandate.channel_number.as_deref();
        let agreement = agreement.ok_or_else(|| Misuse::new("mandate", "a debit names the channel's own number"))?;
        let biz = json!({
            "out_trade_no": debit.number,
            "total_amount": amount("amount", debit.amount)?,
            "subject": subject(&debit.description)?,
            "product_code": PRODUCT,
            "agreement_params": { "agreement_no": agreement },
            "time_expire": china_time::china_text(debit.expires_at),
        });
        self.call(PAY, &biz, &[("notify_url", debit.notify_url.clone())], at)
    }

    fn debited(&self, debit: &Debit, reply: &Reply, at: &Moment) -> Outcome<Debited> {
        // 10003, the payer is busy, and 20000, unknown, are neither yes nor no: asked about.
        let paid = match self.read::<Paid>(PAY, reply, at) {
            Outcome::Done(paid) => paid,
            Outcome::Refused { code, message } => return Outcome::Refused { code, message },
            Outcome::Unknown { why } => return Outcome::Unknown { why },
        };
        if paid.out_trade_no != debit.number {
            return Outcome::unknown("the answer is about another order");
        }
        let trade = Trade {
            out_trade_no: paid.out_trade_no,
            trade_no: paid.trade_no,
            trade_status: "TRADE_SUCCESS".to_owned(),
            total_amount: paid.total_amount,
            send_pay_date: paid.gmt_payment,
            gmt_refund: None,
            refund_fee: None,
            buyer_open_id: paid.buyer_open_id,
            buyer_user_id: paid.buyer_user_id,
        };
        trade.into_order().map_or_else(Outcome::unknown, |order| Outcome::Done(Debited::Paid(order)))
    }

    fn debit_refusal(&self, code: &str) -> DebitRefusal {
        match code {
            "ACQ.BUYER_BALANCE_NOT_ENOUGH"
            | "ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH"
            | "ACQ.NO_PAYMENT_INSTRUMENTS_AVAILABLE" => DebitRefusal::NotEnough,
            "ACQ.AGREEMENT_NOT_EXIST"
            | "ACQ.AGREEMENT_INVALID"
            | "ACQ.AGREEMENT_STATUS_NOT_NORMAL"
            | "ACQ.USER_AGREEMENT_NOT_EXIST" => DebitRefusal::MandateGone,
            "ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR"
            | "ACQ.BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR"
            | "ACQ.BEYOND_PAY_RESTRICTION"
            | "ACQ.BEYOND_PER_RECEIPT_RESTRICTION" => DebitRefusal::Limit,
            _ => DebitRefusal::Other,
        }
    }
}

//! Mandates at WeChat Pay (委托代扣, papay of API v3) and the debits that rest on them.
//!
//! Field names are those of the published documentation, never tried against a live account. Not certain, and read
//! leniently: whether ending a mandate and asking for a debit are answered with a body or with none; the name of the
//! event of a debit that failed (every `TRANSACTION.…` is read by its state); the codes of a refused debit, so that
//! most of them are unknown here, and asked about. A plan with reservations (预约扣费) wants a notice one to three days
//! before each debit: that is no rule about a balance, so the plan in the settings has to be one without. The address
//! for what ends a mandate stands in the plan at WeChat: it has to be the one where this account reports.

use super::Wechat;
use super::answers::{Answer, read_json};
use super::orders::{DESCRIPTION_MAX, Transaction, check_amount, check_number, cut};
use crate::pay::mandate::{ChannelMandate, Debit, DebitRefusal, Debited, Mandate, MandateKey, MandateState, Mandates};
use crate::pay::{Misuse, OrderState, Presented, Scene, Start, china_time};
use crate::{Call, Moment, Outcome, Reply};
use serde_json::json;

const PRE_SIGN: &str = "/v3/papay/scheduled-deduct-sign/contracts/pre-entrust-sign";
const CONTRACTS: &str = "/v3/papay/sign/contracts/plan-id";
const APPLY: &str = "/v3/papay/pay/transactions/apply";
/// What stands for the payer on WeChat's page, in characters.
const SHOWN_AS_MAX: usize = 32;

/// What the contract about debits says.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MandateSettings {
    pub plan_id: u64,
}

#[derive(serde::Deserialize)]
struct Begun {
    redirect_url: Option<String>,
}

/// A contract as answers and call-backs describe it.
#[derive(serde::Deserialize)]
pub(super) struct Contract {
    pub mchid: String,
    #[serde(default)]
    pub appid: Option<String>,
    pub out_contract_code: String,
    pub plan_id: u64,
    pub contract_state: String,
    #[serde(default)]
    contract_id: Option<String>,
    #[serde(default)]
    contract_signed_time: Option<String>,
    #[serde(default)]
    contract_terminate_info: Option<Terminated>,
    #[serde(default)]
    openid: Option<String>,
}

#[derive(serde::Deserialize)]
struct Terminated {
    contract_terminated_time: Option<String>,
}

impl Contract {
    pub(super) fn into_mandate(self) -> Result<ChannelMandate, String> {
        let state = match self.contract_state.as_str() {
            "SIGNED" => MandateState::Signed,
            "TERMINATED" | "SIGN_FAILED" => MandateState::Ended,
            _ => return Err("its state is not one that we know".to_owned()),
        };
        let channel_number = self.contract_id.filter(|id| !id.is_empty());
        if state == MandateState::Signed && channel_number.is_none() {
            return Err("it is signed, but without a number".to_owned());
        }
        let ended = self.contract_terminate_info.and_then(|info| info.contract_terminated_time);
        let at = if state == MandateState::Ended { ended } else { self.contract_signed_time };
        Ok(ChannelMandate {
            number: self.out_contract_code,
            state,
            channel_number,
            payer: self.openid.filter(|openid| !openid.is_empty()),
            at: at.as_deref().and_then(china_time::from_rfc3339),
        })
    }
}

impl Wechat {
    fn plan(&self) -> Result<u64, Misuse> {
        let product = self.mandates.as_ref();
        product.map(|of| of.plan_id).ok_or_else(|| Misuse::new("mandates", "this account has no product for debits"))
    }

    /// Of this merchant and this plan; a contract of another plan is nobody's here.
    pub(super) fn contract_of(&self, read: Contract) -> Result<ChannelMandate, String> {
        if read.mchid != self.mchid || read.appid.as_ref().is_some_and(|appid| *appid != self.appid) {
            return Err("it is about another merchant".to_owned());
        }
        if self.mandates.as_ref().is_none_or(|of| of.plan_id != read.plan_id) {
            return Err("it is about another plan".to_owned());
        }
        read.into_mandate()
    }

    fn contract_path(&self, key: &MandateKey) -> Result<String, Misuse> {
        check_number("number", &key.number, 1, 32)?;
        Ok(format!("{CONTRACTS}/{}/out-contract-code/{}", self.plan()?, key.number))
    }
}

impl Mandates for Wechat {
    fn mandate_scenes(&self) -> &'static [Scene] {
        &[Scene::InApp, Scene::MobileWeb]
    }

    fn sign(&self, mandate: &Mandate, at: &Moment) -> Result<Start, Misuse> {
        check_number("number", &mandate.number, 1, 32)?;
        check_amount("single_cap", mandate.single_cap)?;
        if mandate.notify_url.contains('?') {
            return Err(Misuse::new("notify_url", "WeChat wants it without a query"));
        }
        let shown_as: String = mandate.shown_as.chars().take(SHOWN_AS_MAX).collect();
        let mut body = json!({
            "appid": self.appid,
            "plan_id": self.plan()?,
            "out_contract_code": mandate.number,
            "contract_display_account": shown_as,
            "contract_notify_url": mandate.notify_url,
            "out_user_code": mandate.number,
            "deduct_schedule": {
                "estimated_deduct_date": at.now.china_day().to_string(),
                "estimated_deduct_amount": { "total": mandate.single_cap.fen(), "currency": "CNY" },
            },
        });
        let kind = match mandate.scene {
            Scene::InApp => {
                let payer = mandate.payer.as_deref().filter(|payer| !payer.is_empty());
                let payer = payer.ok_or_else(|| Misuse::new("payer", "inside WeChat the payer's openid is needed"))?;
                body["openid"] = json!(payer);
                "jsapi"
            }
            Scene::MobileWeb => "h5",
            Scene::Qr | Scene::Auto => return Err(Misuse::new("scene", "WeChat has no such way to agree")),
        };
        self.post(&format!("{PRE_SIGN}/{kind}"), &body, at).map(Start::Send)
    }

    fn sign_begun(&self, mandate: &Mandate, reply: &Reply, at: &Moment) -> Outcome<Presented> {
        match self.read::<Begun>(reply, at) {
            Outcome::Done(Begun { redirect_url: Some(url) }) => {
                Outcome::Done(Presented::Redirect { url: super::orders::and_back(url, &mandate.return_url) })
            }
            Outcome::Done(_) => Outcome::unknown("the answer does not say how to go on"),
            Outcome::Refused { code, message } => Outcome::Refused { code, message },
            Outcome::Unknown { why } => Outcome::Unknown { why },
        }
    }

    fn query_mandate(&self, key: &MandateKey, at: &Moment) -> Result<Call, Misuse> {
        self.get(&self.contract_path(key)?, at)
    }

    fn mandate_queried(&self, key: &MandateKey, reply: &Reply, at: &Moment) -> Outcome<ChannelMandate> {
        match self.open(reply, at) {
            Answer::Body(body) => match read_json::<Contract>(body).and_then(|read| self.contract_of(read)) {
                Ok(of) if of.number != key.number => Outcome::unknown("the answer is about another contract"),
                Ok(of) => Outcome::Done(of),
                Err(why) => Outcome::Unknown { why },
            },
            Answer::Error(error) if error.is_missing() => Outcome::Done(ChannelMandate {
                number: key.number.clone(),
                state: MandateState::Absent,
                channel_number: None,
                payer: None,
                at: None,
            }),
            Answer::Error(error) => error.unknown(),
            Answer::Unknown(why) => Outcome::Unknown { why },
        }
    }

    fn end_mandate(&self, key: &MandateKey, at: &Moment) -> Result<Call, Misuse> {
        let path = format!("{}/terminate", self.contract_path(key)?);
        self.post(&path, &json!({ "contract_termination_remark": "用户申请解约" }), at)
    }

    fn mandate_ended(&self, key: &MandateKey, reply: &Reply, at: &Moment) -> Outcome<MandateState> {
        match self.open(reply, at) {
            Answer::Body(b"") => Outcome::Done(MandateState::Ended),
            Answer::Body(body) => match read_json::<Contract>(body).and_then(|read| self.contract_of(read)) {
                Ok(of) if of.number == key.number && of.state == MandateState::Ended => {
                    Outcome::Done(MandateState::Ended)
                }
                Ok(_) => Outcome::unknown("the contract of the answer has not ended"),
                Err(why) => Outcome::Unknown { why },
            },
            Answer::Error(error) if error.is_missing() => Outcome::Done(MandateState::Absent),
            Answer::Error(error) => error.outcome(),
            Answer::Unknown(why) => Outcome::Unknown { why },
        }
    }

    fn debit(&self, debit: &Debit, at: &Moment) -> Result<Call, Misuse> {
        check_number("number", &debit.number, 6, 32)?;
        check_amount("amount", debit.amount)?;
        self.plan()?;
        let contract = debit.mandate.channel_number.as_deref();
        let contract = contract.ok_or_else(|| Misuse::new("mandate", "a debit names the channel's own number"))?;
        let body = json!({
            "appid": self.appid,
            "out_trade_no": debit.number,
            "description": cut("description", &debit.description, DESCRIPTION_MAX)?,
            "transaction_notify_url": debit.notify_url,
            "contract_id": contract,
            "amount": { "total": debit.amount.fen(), "currency": "CNY" },
        });
        self.post(APPLY, &body, at)
    }

    /// WeChat takes the request and moves the money afterwards: what happened is told by a call-back, or asked for.
    fn debited(&self, debit: &Debit, reply: &Reply, at: &Moment) -> Outcome<Debited> {
        match self.open(reply, at) {
            Answer::Body(body) => match read_json::<Transaction>(body) {
                Ok(read) if read.out_trade_no == debit.number && read.mchid == self.mchid => match read.into_order() {
                    Ok(order) if order.state == OrderState::Paid => Outcome::Done(Debited::Paid(order)),
                    _ => Outcome::Done(Debited::Accepted),
                },
                Ok(_) => Outcome::unknown("the answer is about another order"),
                Err(_) => Outcome::Done(Debited::Accepted),
            },
            Answer::Error(error) => error.outcome(),
            Answer::Unknown(why) => Outcome::Unknown { why },
        }
    }

    fn debit_refusal(&self, code: &str) -> DebitRefusal {
        match code {
            "NOT_ENOUGH" => DebitRefusal::NotEnough,
            "CONTRACT_NOT_EXIST" | "CONTRACT_NOT_EXISTS" | "CONTRACTERROR" => DebitRefusal::MandateGone,
            "RULE_LIMIT" => DebitRefusal::Limit,
            _ => DebitRefusal::Other,
        }
    }
}

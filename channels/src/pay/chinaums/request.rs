//! What China UMS is asked: JSON whose digest is signed in a header, or in the address to which a browser goes.

use super::config::Config;
use super::sign::Authorization;
use crate::pay::stamp::{stamp14, stamp19};
use crate::pay::{Misuse, Order, OrderKey, Presented, Refund, RefundKey, Scene, Start};
use crate::{Call, Moment};
use serde_json::{Map, Value, json};
use yitong_values::Cents;

const UNIFIED_ORDER: &str = "/v1/netpay/wx/unified-order";
const DESCRIPTION_MAX: usize = 60;

impl Config {
    pub(super) fn ask_to_pay(&self, order: &Order, at: &Moment) -> Result<Start, Misuse> {
        if order.amount <= Cents::ZERO {
            return Err(Misuse::new("amount", "at least one fen"));
        }
        if order.expires_at <= order.made_at {
            return Err(Misuse::new("expires_at", "it ends before it begins"));
        }
        let mut body = self.common(at);
        body.insert("merOrderId".to_owned(), self.their("order.number", &order.number)?.into());
        body.insert("totalAmount".to_owned(), order.amount.fen().into());
        body.insert("notifyUrl".to_owned(), order.notify_url.clone().into());
        body.insert("returnUrl".to_owned(), order.return_url.clone().into());
        body.insert("expireTime".to_owned(), stamp19(order.expires_at).into());
        let description: String = order.description.chars().take(DESCRIPTION_MAX).collect();
        body.insert("orderDesc".to_owned(), description.into());
        let not_here = || Misuse::new("scene", "this account is not asked to pay in this way");
        match order.scene {
            Scene::MobileWeb => {
                let page = self.mobile_web.as_ref().ok_or_else(not_here)?;
                for (name, value) in &page.extra {
                    body.entry(name).or_insert_with(|| value.clone());
                }
                let content = Value::Object(body).to_string();
                let query = self.authorize(&content, at).query(&content);
                let url = format!("{}{}?{query}", self.base_url, page.path);
                Ok(Start::Show(Presented::Redirect { url }))
            }
            Scene::Auto => Err(not_here()),
            Scene::Qr => {
                let code = self.qr.as_ref().ok_or_else(not_here)?;
                Ok(Start::Send(self.call(&code.path, body, at)))
            }
            Scene::InApp => {
                let in_app = self.in_app.as_ref().ok_or_else(not_here)?;
                let payer = order.payer.as_deref().filter(|payer| !payer.is_empty());
                let payer = payer.ok_or_else(|| Misuse::new("payer", "the payer's open id at WeChat"))?;
                body.insert("subAppId".to_owned(), in_app.sub_app_id.clone().into());
                body.insert("subOpenId".to_owned(), payer.into());
                body.insert("tradeType".to_owned(), in_app.trade_type.word().into());
                Ok(Start::Send(self.call(UNIFIED_ORDER, body, at)))
            }
        }
    }

    pub(super) fn ask_about(&self, key: &OrderKey, at: &Moment) -> Result<Call, Misuse> {
        self.ask_by_number("/v1/netpay/query", "order.number", &key.number, at)
    }

    pub(super) fn ask_to_close(&self, key: &OrderKey, at: &Moment) -> Result<Call, Misuse> {
        self.ask_by_number("/v1/netpay/close", "order.number", &key.number, at)
    }

    /// The number of the refund goes where the number of the order goes elsewhere.
    pub(super) fn ask_about_refund(&self, key: &RefundKey, at: &Moment) -> Result<Call, Misuse> {
        self.ask_by_number("/v1/netpay/refund-query", "refund.number", &key.number, at)
    }

    pub(super) fn ask_to_refund(&self, refund: &Refund, at: &Moment) -> Result<Call, Misuse> {
        if refund.amount <= Cents::ZERO || refund.amount > refund.order.amount {
            return Err(Misuse::new("amount", "at least one fen, and not more than was paid"));
        }
        let mut body = self.common(at);
        body.insert("merOrderId".to_owned(), self.their("order.number", &refund.order.number)?.into());
        body.insert("refundOrderId".to_owned(), self.their("refund.number", &refund.number)?.into());
        // A text here, where the amount of an order is a number.
        body.insert("refundAmount".to_owned(), refund.amount.fen().to_string().into());
        let reason: String = refund.reason.chars().take(DESCRIPTION_MAX).collect();
        body.insert("refundDesc".to_owned(), reason.into());
        Ok(self.call("/v1/netpay/refund", body, at))
    }

    fn ask_by_number(&self, path: &str, field: &'static str, number: &str, at: &Moment) -> Result<Call, Misuse> {
        let mut body = self.common(at);
        body.insert("merOrderId".to_owned(), self.their(field, number)?.into());
        Ok(self.call(path, body, at))
    }

    fn common(&self, at: &Moment) -> Map<String, Value> {
        let fields = json!({
            "requestTimestamp": stamp19(at.now),
            "mid": self.mid,
            "tid": self.tid,
            "instMid": self.inst_mid,
        });
        match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    fn call(&self, path: &str, body: Map<String, Value>, at: &Moment) -> Call {
        let body = Value::Object(body).to_string();
        let header = self.authorize(&body, at).header();
        Call::post(format!("{}{path}", self.base_url), "application/json; charset=utf-8", body)
            .header("authorization", header)
    }

    fn authorize(&self, body: &str, at: &Moment) -> Authorization {
        let key = self.app_keys.first().map(String::as_str).unwrap_or_default();
        Authorization::sign(&self.app_id, key, &stamp14(at.now), &at.nonce_text(), body.as_bytes())
    }
}

//! Alipay's form gateway: inside Alipay, from a phone's browser, and by code.

mod answers;
mod bills;
pub mod certificates;
mod config;
mod mandates;
mod notify;
mod orders;
mod refunds;
pub mod sign;
#[cfg(test)]
mod tests;

pub use config::{Config, SigningKey};
pub use mandates::MandateSettings;
pub use orders::Cancelled;

use super::amounts::yuan;
use super::dated::{Dated, newest};
use super::mandate::Mandates;
use super::{
    Bill, BillError, BillKind, BillStep, ChannelOrder, ChannelRefund, Closed, Connector, Misuse, Notice, NotifyRefusal,
    Order, OrderKey, Presented, Refund, RefundKey, Scene, Start, china_time,
};
use crate::{Call, Headers, Moment, Outcome, Reply, percent_encode};
use config::{Author, Trust};
use serde_json::Value;
use yitong_values::{BusinessDay, Cents};

const FORM: &str = "application/x-www-form-urlencoded;charset=utf-8";

/// An application at Alipay, and the merchant behind it.
pub struct Alipay {
    app_id: String,
    seller_id: Option<String>,
    gateway: String,
    signing: Vec<Dated<Author>>,
    trust: Trust,
    mandates: Option<MandateSettings>,
}

impl Alipay {
    /// All parameters of a request, signed.
    fn signed(
        &self,
        method: &str,
        biz: &Value,
        more: &[(&str, String)],
        at: &Moment,
    ) -> Result<Vec<(String, String)>, Misuse> {
        let author = newest(&self.signing, at.now).ok_or_else(|| Misuse::new("signing", "every key has run out"))?;
        let mut pairs = vec![
            ("app_id", self.app_id.clone()),
            ("method", method.to_owned()),
            ("format", "JSON".to_owned()),
            ("charset", "utf-8".to_owned()),
            ("sign_type", "RSA2".to_owned()),
            ("timestamp", china_time::china_text(at.now)),
            ("version", "1.0".to_owned()),
        ];
        if let (Trust::Certificates { root_number, .. }, Some(number)) = (&self.trust, &author.certificate_number) {
            pairs.push(("app_cert_sn", number.clone()));
            pairs.push(("alipay_root_cert_sn", root_number.clone()));
        }
        pairs.extend(more.iter().filter(|(_, value)| !value.is_empty()).cloned());
        pairs.push(("biz_content", biz.to_string()));
        let mut pairs: Vec<_> = pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let sign = author.signer.sign_base64(sign::signing_text(&pairs).as_bytes());
        pairs.push(("sign".to_owned(), sign));
        Ok(pairs)
    }

    /// A request of ours: public parameters in the address, those of the business in the body.
    fn call(&self, method: &str, biz: &Value, more: &[(&str, String)], at: &Moment) -> Result<Call, Misuse> {
        let pairs = self.signed(method, biz, more, at)?;
        let (body, query): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(name, _)| name == "biz_content");
        Ok(Call::post(format!("{}?{}", self.gateway, encoded(&query)), FORM, encoded(&body)))
    }

    /// A page of Alipay's that the payer's browser opens.
    fn page(&self, method: &str, biz: &Value, more: &[(&str, String)], at: &Moment) -> Result<String, Misuse> {
        Ok(format!("{}?{}", self.gateway, encoded(&self.signed(method, biz, more, at)?)))
    }
}

fn encoded(pairs: &[(String, String)]) -> String {
    let parts: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", percent_encode(value))).collect();
    parts.join("&")
}

fn amount(field: &'static str, amount: Cents) -> Result<String, Misuse> {
    let fits = amount > Cents::ZERO && amount <= Cents::INPUT_MAX;
    if fits { Ok(yuan(amount)) } else { Err(Misuse::new(field, "an amount above zero")) }
}

fn check_number(field: &'static str, number: &str) -> Result<(), Misuse> {
    let fits = (1..=64).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if fits { Ok(()) } else { Err(Misuse::new(field, "1 to 64 letters and digits")) }
}

impl Connector for Alipay {
    fn scenes(&self) -> &'static [Scene] {
        &[Scene::InApp, Scene::MobileWeb, Scene::Qr]
    }

    fn create(&self, order: &Order, at: &Moment) -> Result<Start, Misuse> {
        self.create_order(order, at)
    }

    fn created(&self, order: &Order, reply: &Reply, at: &Moment) -> Outcome<Presented> {
        self.order_created(order, reply, at)
    }

    fn query(&self, key: &OrderKey, at: &Moment) -> Result<Call, Misuse> {
        self.query_order(key, at)
    }

    fn queried(&self, key: &OrderKey, reply: &Reply, at: &Moment) -> Outcome<ChannelOrder> {
        self.order_queried(key, reply, at)
    }

    fn close(&self, key: &OrderKey, at: &Moment) -> Result<Call, Misuse> {
        self.close_order(key, at)
    }

    fn closed(&self, key: &OrderKey, reply: &Reply, at: &Moment) -> Outcome<Closed> {
        self.order_closed(key, reply, at)
    }

    fn refund(&self, refund: &Refund, at: &Moment) -> Result<Call, Misuse> {
        self.send_refund(refund, at)
    }

    fn refunded(&self, refund: &Refund, reply: &Reply, at: &Moment) -> Outcome<ChannelRefund> {
        self.refund_sent(refund, reply, at)
    }

    fn query_refund(&self, key: &RefundKey, at: &Moment) -> Result<Call, Misuse> {
        self.ask_refund(key, at)
    }

    fn refund_queried(&self, key: &RefundKey, reply: &Reply, at: &Moment) -> Outcome<ChannelRefund> {
        self.refund_asked(key, reply, at)
    }

    fn notified(&self, _headers: &Headers, body: &[u8], at: &Moment) -> Result<Notice, NotifyRefusal> {
        self.read_notice(body, at)
    }

    fn acknowledge(&self, taken: bool) -> Reply {
        notify::acknowledgement(taken)
    }

    fn bill(&self, day: BusinessDay, kind: BillKind, so_far: &[Reply], at: &Moment) -> BillStep {
        self.bill_step(day, kind, so_far, at)
    }

    fn read_bill(&self, day: BusinessDay, kind: BillKind, file: &[u8]) -> Result<Bill, BillError> {
        bills::read(kind, file, self.seller_id.as_deref())?.of_day(day)
    }

    fn mandates(&self) -> Option<&dyn Mandates> {
        self.mandates.as_ref().map(|_| self as &dyn Mandates)
    }
}

//! What UnionPay is asked: every request is a form whose fields are signed.

use super::config::{Account, Product};
use super::sign::{self, Fields};
use crate::pay::stamp::stamp14;
use crate::pay::{Misuse, Order, OrderKey, Presented, Refund, RefundKey, Scene, Start};
use crate::{Call, Moment};
use yitong_values::{BusinessDay, Cents};

pub(super) const YUAN: &str = "156";
/// Twelve digits of fen.
const AMOUNT_MAX: Cents = Cents::new(999_999_999_999);
/// Characters of the description that are handed on.
const DESCRIPTION_MAX: usize = 10;
const FRONT: &str = "/gateway/api/frontTransReq.do";
const BACK: &str = "/gateway/api/backTransReq.do";
const QUERY: &str = "/gateway/api/queryTrans.do";

impl Account {
    /// UnionPay has no request that makes an order for a phone: it learns of it when the browser brings this form.
    pub fn ask_to_pay(&self, order: &Order, at: &Moment) -> Result<Start, Misuse> {
        let not_here = || Misuse::new("scene", "this account is not asked to pay in this way");
        let product = self.product(order.scene).ok_or_else(not_here)?;
        let life = order.expires_at.since(order.made_at);
        if life <= 0 || life > self.pay_window_ms {
            return Err(Misuse::new("expires_at", "an order lives at most pay_window_minutes"));
        }
        let mut fields = self.start("01", product);
        self.name(&mut fields, "order.number", &order.number, stamp14(order.made_at))?;
        self.amount(&mut fields, order.amount)?;
        fields.push(("backUrl".to_owned(), order.notify_url.clone()));
        fields.push(("payTimeout".to_owned(), stamp14(order.expires_at)));
        fields.push(("orderDesc".to_owned(), plain(&order.description)));
        match order.scene {
            Scene::MobileWeb => {
                fields.push(("frontUrl".to_owned(), order.return_url.clone()));
                let action = format!("{}{FRONT}", self.gateway);
                Ok(Start::Show(Presented::Form { action, fields: self.sign(fields, at)? }))
            }
            _ => self.call(&self.gateway, BACK, fields, at).map(Start::Send),
        }
    }

    pub fn ask_about(&self, key: &OrderKey, at: &Moment) -> Result<Call, Misuse> {
        self.ask_about_number("order.number", &key.number, stamp14(key.made_at), at)
    }

    pub fn ask_about_refund(&self, key: &RefundKey, at: &Moment) -> Result<Call, Misuse> {
        self.ask_about_number("refund.number", &key.number, stamp14(key.made_at), at)
    }

    fn ask_about_number(
        &self,
        field: &'static str,
        number: &str,
        txn_time: String,
        at: &Moment,
    ) -> Result<Call, Misuse> {
        let mut fields = self.common("00", "00", "000000");
        self.name(&mut fields, field, number, txn_time)?;
        self.call(&self.gateway, QUERY, fields, at)
    }

    pub fn ask_to_refund(&self, refund: &Refund, at: &Moment) -> Result<Call, Misuse> {
        let Some(query_id) = refund.order.channel_number.as_deref() else {
            return Err(Misuse::new(
                "order.channel_number",
                "UnionPay refunds by its queryId: ask for the order first",
            ));
        };
        if refund.amount > refund.order.amount {
            return Err(Misuse::new("amount", "more than was paid"));
        }
        let mut fields = self.common(self.refund_type(refund), "00", "000000");
        fields.push(("channelType".to_owned(), "08".to_owned()));
        self.name(&mut fields, "refund.number", &refund.number, stamp14(refund.made_at))?;
        self.amount(&mut fields, refund.amount)?;
        fields.push(("origQryId".to_owned(), query_id.to_owned()));
        fields.push(("backUrl".to_owned(), refund.notify_url.clone()));
        // Echoed in the call-back, which otherwise names the payment by UnionPay's number alone.
        fields.push(("reqReserved".to_owned(), refund.order.number.clone()));
        self.call(&self.gateway, BACK, fields, at)
    }

    /// From facts that don't change, so that a repeat is the same request.
    pub fn refund_type(&self, refund: &Refund) -> &'static str {
        let whole = refund.amount == refund.order.amount;
        let same_day = refund.order.made_at.china_day() == refund.made_at.china_day();
        let early = refund.made_at.china_minute() < self.undo_until_minute;
        if whole && same_day && early { "31" } else { "04" }
    }

    pub fn ask_for_bill(&self, day: BusinessDay, at: &Moment) -> Result<Call, Misuse> {
        let mut fields = self.common("76", "01", "000000");
        fields.push(("txnTime".to_owned(), stamp14(at.now)));
        fields.push(("fileType".to_owned(), "00".to_owned()));
        fields.push(("settleDate".to_owned(), settle_date(day)));
        self.call(&self.files, "/", fields, at)
    }

    fn start(&self, txn_type: &str, product: &Product) -> Fields {
        let mut fields = self.common(txn_type, &product.txn_sub_type, &product.biz_type);
        fields.push(("channelType".to_owned(), product.channel_type.clone()));
        fields
    }

    fn common(&self, txn_type: &str, txn_sub_type: &str, biz_type: &str) -> Fields {
        let fields = [
            ("version", "5.1.0"),
            ("encoding", "UTF-8"),
            ("signMethod", "01"),
            ("accessType", "0"),
            ("txnType", txn_type),
            ("txnSubType", txn_sub_type),
            ("bizType", biz_type),
            ("merId", &self.mer_id),
        ];
        fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    /// Number and moment together are the identity of a transaction.
    fn name(&self, fields: &mut Fields, field: &'static str, number: &str, txn_time: String) -> Result<(), Misuse> {
        if !(8..=40).contains(&number.len()) || !number.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Misuse::new(field, "8 to 40 letters and digits"));
        }
        fields.push(("orderId".to_owned(), number.to_owned()));
        fields.push(("txnTime".to_owned(), txn_time));
        Ok(())
    }

    fn amount(&self, fields: &mut Fields, amount: Cents) -> Result<(), Misuse> {
        if amount <= Cents::ZERO || amount > AMOUNT_MAX {
            return Err(Misuse::new("amount", "at least one fen, at most twelve digits of them"));
        }
        fields.push(("txnAmt".to_owned(), amount.fen().to_string()));
        fields.push(("currencyCode".to_owned(), YUAN.to_owned()));
        Ok(())
    }

    fn sign(&self, mut fields: Fields, at: &Moment) -> Result<Fields, Misuse> {
        let key = self.key(at.now)?;
        fields.push(("certId".to_owned(), key.cert_id.clone()));
        Ok(sign::signed(&key.signer, fields))
    }

    fn call(&self, host: &str, path: &str, fields: Fields, at: &Moment) -> Result<Call, Misuse> {
        let body = sign::form_text(&self.sign(fields, at)?);
        Ok(Call::post(format!("{host}{path}"), "application/x-www-form-urlencoded; charset=utf-8", body))
    }
}

/// `MMdd`, the only form in which UnionPay names a day.
pub(super) fn settle_date(day: BusinessDay) -> String {
    format!("{:02}{:02}", day.month(), day.day())
}

/// Marks in a description are refused by some of the banks behind.
fn plain(description: &str) -> String {
    description.chars().filter(|c| c.is_alphanumeric()).take(DESCRIPTION_MAX).collect()
}

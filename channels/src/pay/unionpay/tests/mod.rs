//! A merchant of the tests, and UnionPay as it would answer: with a certificate of our own making.

mod asking;
mod bills;
mod lies;
mod signing;

use super::sign::{self, Fields};
use super::{Config, Products, SigningKey, UnionPay};
use crate::crypto::Signer;
use crate::pay::stamp::from_stamp14;
use crate::pay::{Order, OrderKey, Refund, RefundKey, Scene};
use crate::{Headers, Moment, Reply};
use yitong_values::{Cents, Timestamp};

macro_rules! key {
    ($name:literal) => {
        include_str!(concat!("../../../../vectors/keys/unionpay/", $name, ".pem"))
    };
}
macro_rules! published {
    ($name:literal) => {
        include_str!(concat!("../../../../vectors/unionpay/", $name))
    };
}
use {key, published};

const UNIONPAY_NAME: &str = "中国银联股份有限公司";
const MERCHANT: &str = "700000000000001";
const QUERY_ID: &str = "782703011200000674028";

fn at(text: &str) -> Timestamp {
    from_stamp14(text).expect("a moment in a test is well written")
}

fn moment(text: &str) -> Moment {
    Moment { now: at(text), nonce: [7; 16] }
}

fn pairs(pairs: &[(&str, &str)]) -> Fields {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn set(fields: &mut Fields, name: &str, value: &str) {
    fields.retain(|(known, _)| known != name);
    fields.push((name.to_owned(), value.to_owned()));
}

fn config() -> Config {
    let text = |text: &str| vec![text.to_owned()];
    let key = |cert_id: &str, not_after: Option<&str>| SigningKey {
        cert_id: cert_id.to_owned(),
        private_key: key!("merchant_key").to_owned(),
        not_after: not_after.map(str::to_owned),
    };
    Config {
        mer_id: MERCHANT.to_owned(),
        gateway: "https://gateway.example/".to_owned(),
        files: "https://files.example".to_owned(),
        signing: vec![key("68719476742", Some("2027-06-30")), key("68719476741", Some("2027-12-31"))],
        middle: text(key!("middle")),
        root: text(key!("root")),
        names: text(UNIONPAY_NAME),
        chain_digest: Default::default(),
        products: Products::default(),
        pay_window_minutes: 30,
        undo_until_minute: 22 * 60,
    }
}

fn unionpay() -> UnionPay {
    UnionPay::read(&config()).expect("the settings of the tests are good")
}

fn order(scene: Scene) -> Order {
    Order {
        number: "01J9ZB3Q7M5T2V8W".to_owned(),
        scene,
        amount: Cents::new(1250),
        description: "食堂充值 & 王小明".to_owned(),
        made_at: at("20270301120000"),
        expires_at: at("20270301121500"),
        notify_url: "https://school.example/hooks/unionpay".to_owned(),
        return_url: "https://school.example/paid".to_owned(),
        payer: None,
        payer_ip: String::new(),
    }
}

fn order_key(channel_number: Option<&str>) -> OrderKey {
    let Order { number, made_at, amount, .. } = order(Scene::MobileWeb);
    OrderKey { number, channel_number: channel_number.map(str::to_owned), made_at, amount }
}

fn refund(fen: i64, made_at: &str) -> Refund {
    Refund {
        order: order_key(Some(QUERY_ID)),
        number: "01J9ZB3Q7M5T2V8WR1".to_owned(),
        amount: Cents::new(fen),
        reason: "转学".to_owned(),
        made_at: at(made_at),
        notify_url: "https://school.example/hooks/unionpay".to_owned(),
    }
}

fn refund_key() -> RefundKey {
    let Refund { order, number, made_at, .. } = refund(1250, "20270305090000");
    RefundKey { order, number, channel_number: None, made_at }
}

/// The fields of an answer about the order, before they are signed.
fn about_order(more: &[(&str, &str)]) -> Fields {
    let mut fields = pairs(&[
        ("version", "5.1.0"),
        ("encoding", "UTF-8"),
        ("signMethod", "01"),
        ("merId", MERCHANT),
        ("orderId", "01J9ZB3Q7M5T2V8W"),
        ("txnTime", "20270301120000"),
        ("txnType", "01"),
        ("respCode", "00"),
        ("respMsg", "成功[0000000]"),
    ]);
    more.iter().for_each(|(name, value)| set(&mut fields, name, value));
    fields
}

fn about_refund(more: &[(&str, &str)]) -> Fields {
    let mut fields = about_order(&[
        ("orderId", "01J9ZB3Q7M5T2V8WR1"),
        ("txnTime", "20270305090000"),
        ("txnType", "04"),
        ("queryId", "782703050900000674029"),
        ("txnAmt", "1250"),
        ("reqReserved", "01J9ZB3Q7M5T2V8W"),
    ]);
    more.iter().for_each(|(name, value)| set(&mut fields, name, value));
    fields
}

/// The words of a payment that succeeded, as a query or a call-back tells them.
const PAID: [(&str, &str); 6] = [
    ("queryId", QUERY_ID),
    ("txnAmt", "1250"),
    ("currencyCode", "156"),
    ("traceNo", "067402"),
    ("traceTime", "0301120107"),
    ("settleDate", "0301"),
];

fn by_unionpay(fields: Fields) -> Fields {
    by(key!("unionpay"), key!("unionpay_key"), fields)
}

fn by(certificate: &str, private_key: &str, mut fields: Fields) -> Fields {
    set(&mut fields, sign::CERTIFICATE, certificate);
    sign::signed(&Signer::read(private_key).expect("a key of the tests"), fields)
}

fn answer(fields: &Fields) -> Reply {
    Reply::new(200, Headers::default(), sign::answer_text(fields))
}

//! The signing maths, against published data of UnionPay's test system.

use super::super::trust::{ChainDigest, Distrust, Trust, cert_id};
use super::{UNIONPAY_NAME, at, key, pairs, published, set, sign};
use crate::crypto::Signer;

fn published_trust(digest: ChainDigest) -> Result<Trust, Distrust> {
    let text = |text: &str| vec![text.to_owned()];
    Trust::read(&text(published!("middle.pem")), &text(published!("root.pem")), &text(UNIONPAY_NAME), digest)
}

fn own_trust() -> Trust {
    let text = |text: &str| vec![text.to_owned()];
    Trust::read(&text(key!("middle")), &text(key!("root")), &text(UNIONPAY_NAME), ChainDigest::Sha2Only)
        .expect("the certificates of the tests fit together")
}

/// `AddPayloadSignaturePluginTest.php` of yansongda/pay (MIT).
#[test]
fn a_request_is_signed_as_published() {
    let mut fields = pairs(&[
        ("txnTime", "20220903065448"),
        ("txnAmt", "1"),
        ("orderId", "yansongda20220903065448"),
        ("version", "5.1.0"),
        ("encoding", "utf-8"),
        ("bizType", "000201"),
        ("backUrl", "https://yansongda.cn/unipay/notify"),
        ("currencyCode", "156"),
        ("txnType", "01"),
        ("txnSubType", "01"),
        ("accessType", "0"),
        ("signature", ""),
        ("signMethod", "01"),
        ("channelType", "07"),
        ("merId", "777290058167151"),
        ("frontUrl", "https://yansongda.cn/unipay/return"),
        ("certId", "69903319369"),
    ]);
    let expected = "CJ0Hh6WC0YldYMi2cIi7rjOvV4IJyzhqgj8KKNeRWZz+2csPVlDcnP1f4YfykVww6NDimsl2zE+oQAm7lH8qiU5f8ojVH+P62uMe\
        1yqb2WoNlIM45REg6bhfUPvATgecVplnKIPdFUGdRZ97va+ZVbla75HwtskZnDykmr9rkYaSg7PcGuilEwHcb2rV+BNkCi3bi4fY\
        ELjYlE1a7Imv/cSLRyXkPS1jzF0HUIUiVA6P98DYh0GbsgqRZqPYsGocFJs9jZoAlu44RygzDKjK/n8iwhHNH61IFaADdGp+uLQs\
        ol6kR/DRpF1pZgO7lsuK0YuaL6pfN6dtkJO9prbu6Q==";
    let signer = Signer::read(published!("merchant_key.pem")).unwrap();
    assert_eq!(sign::signature(&signer, &fields), expected);
    assert_eq!(cert_id(published!("merchant.pem")).as_deref(), Ok("69903319369"));
    fields = sign::signed(&signer, fields);
    assert!(sign::verifies(&signer.public(), &fields));
    set(&mut fields, "txnAmt", "2");
    assert!(!sign::verifies(&signer.public(), &fields));
}

/// `CallbackPluginTest.php` of yansongda/pay (MIT): a call-back that UnionPay's test system sent in 2022.
#[test]
fn a_real_call_back_is_believed_only_then_and_whole() {
    let fields = sign::from_form_text(published!("callback.form").as_bytes()).unwrap();
    let certificate = sign::field(&fields, sign::CERTIFICATE).unwrap();
    let trust = published_trust(ChainDigest::Sha1Too).unwrap();
    let key = trust.key_of(certificate, at("20220908132210")).unwrap();
    assert!(sign::verifies(&key, &fields));
    for (name, _) in fields.iter().filter(|(name, _)| name != sign::SIGNATURE) {
        let mut altered = fields.clone();
        set(&mut altered, name, "9");
        assert!(!sign::verifies(&key, &altered), "{name}");
    }
    assert_eq!(trust.key_of(certificate, at("20261127000000")).err(), Some(Distrust::Period));
    assert_eq!(own_trust().key_of(certificate, at("20220908132210")).err(), Some(Distrust::Issuer));
    assert_eq!(trust.key_of(published!("merchant.pem"), at("20220908132210")).err(), Some(Distrust::Name));
    assert_eq!(published_trust(ChainDigest::Sha2Only).err(), Some(Distrust::Issuer));
}

#[test]
fn only_unionpay_speaks_for_unionpay() {
    let trust = own_trust();
    let judge = |certificate: &str, moment: &str| trust.key_of(certificate, at(moment)).err();
    assert_eq!(judge(key!("unionpay"), "20270301120000"), None);
    assert_eq!(judge(key!("unionpay"), "20261126120000"), Some(Distrust::Period));
    assert_eq!(judge(key!("unionpay"), "20600301120000"), Some(Distrust::Period));
    assert_eq!(judge(key!("stranger"), "20270301120000"), Some(Distrust::Name));
    assert_eq!(judge(key!("foreign"), "20270301120000"), Some(Distrust::Issuer));
    assert_eq!(judge(key!("middle"), "20270301120000"), Some(Distrust::Issuer));
    assert_eq!(judge("no certificate", "20270301120000"), Some(Distrust::NotACertificate));
}

#[test]
fn an_answer_is_taken_apart_without_guessing() {
    let fields = sign::from_answer_text(b"a=1==&tokenPayData={token=1&trId=2}&b=").unwrap();
    assert_eq!(fields, pairs(&[("a", "1=="), ("tokenPayData", "{token=1&trId=2}"), ("b", "")]));
    assert_eq!(sign::signed_text(&fields), "a=1==&tokenPayData={token=1&trId=2}");
    assert_eq!(sign::from_answer_text(b"a=1&a=2"), None, "twice the same name");
    assert_eq!(sign::from_answer_text(b"a=1&b"), None);
    assert_eq!(sign::from_answer_text(b""), None);
    assert_eq!(sign::from_form_text(&vec![b'a'; sign::ANSWER_BYTES_MAX + 1]), None);
}

//! Certificates, bills and settings.

use super::*;
use crate::pay::alipay::answers::Answer;
use crate::pay::alipay::bills::BILL;
use crate::pay::alipay::orders::QUERY;

#[test]
fn the_published_answer_is_verified_over_its_bytes() {
    let mut settings = settings();
    settings["public_keys"] = json!([include_str!("../../../../vectors/alipay/nodejs_answer_key.pem")]);
    let alipay = read(settings);
    let text = include_str!("../../../../vectors/alipay/nodejs_answer.json");
    let open = |text: &str| {
        let reply = Reply::new(200, Headers::default(), text);
        match alipay.open("alipay.open.file.upload", &reply, &at(NOW)) {
            Answer::Done(raw) => Some(raw),
            _ => None,
        }
    };
    assert!(open(text).unwrap().contains("CAxAToWB1JsAAAAAAAAAAAAADgSLAQBr"));
    // The same meaning in other bytes is not what was signed.
    assert_eq!(open(&text.replace("\"code\":\"10000\",", "\"code\": \"10000\",")), None);
    assert_eq!(open(&text.replace("alipay_open_file_upload_response", "error_response")), None);
}

#[test]
fn with_certificates_requests_name_them_and_answers_too() {
    let alipay = read(settings_with_certificates());
    let url = alipay.query(&key(), &at(NOW)).unwrap().url;
    assert!(url.contains("&app_cert_sn=22e35e983fa5d80f78d2b6e67fe801c5&"));
    assert!(url.contains("&alipay_root_cert_sn=5ef41fb2ccc5f9984178f75c10b8711c&"));
    let body = trade("TRADE_SUCCESS").to_string();
    let sign = Signer::read(ALIPAY).unwrap().sign_base64(body.as_bytes());
    let queried = |number: &str| {
        let text = format!("{{\"{}\":{body},\"alipay_cert_sn\":\"{number}\",\"sign\":\"{sign}\"}}", answer_name(QUERY));
        alipay.queried(&key(), &Reply::new(200, Headers::default(), text), &at(NOW))
    };
    assert!(matches!(queried(ALIPAY_NUMBER), Outcome::Done(_)));
    assert!(matches!(queried("00ff"), Outcome::Unknown { .. }));
}

#[test]
fn a_bill_is_fetched_in_two_steps() {
    let alipay = alipay();
    let day: BusinessDay = "2026-11-19".parse().unwrap();
    let step = |so_far: &[Reply]| alipay.bill(day, BillKind::Trades, so_far, &at(NOW));
    let BillStep::Send(call) = step(&[]) else { panic!("asks where the file is") };
    let body = query_pairs(std::str::from_utf8(&call.body).unwrap()).unwrap();
    assert_eq!(body[0].1, r#"{"bill_date":"2026-11-19","bill_type":"trade"}"#);
    let url = "http://127.0.0.1:1/bill.zip?a=1";
    let found = answer(BILL, json!({ "code": "10000", "msg": "Success", "bill_download_url": url }));
    assert_eq!(step(std::slice::from_ref(&found)), BillStep::Send(Call::get(url)));
    let zip = super::bills::tests::sample();
    let file = |status, body: &[u8]| Reply::new(status, Headers::default(), body);
    assert_eq!(step(&[found.clone(), file(200, &zip)]), BillStep::Ready(zip.clone()));
    assert_eq!(alipay.read_bill(day, BillKind::Trades, &zip).unwrap().lines.len(), 2);
    let another = alipay.read_bill(day.plus_days(1), BillKind::Trades, &zip);
    assert_eq!(another, Err(BillError::NotABill("it is of another day".to_owned())));
    for bad in [file(200, b"<html>run out</html>"), file(404, &zip), file(200, &zip[..zip.len() - 1])] {
        assert!(matches!(step(&[found.clone(), bad]), BillStep::Failed { .. }));
    }
    assert_eq!(step(&[error(BILL, "40004", "isp.bill_not_exist")]), BillStep::Empty);
    assert_eq!(step(&[error(BILL, "20000", "isp.unknow-error")]), BillStep::NotReady);
    assert!(matches!(step(&[error(BILL, "40006", "isv.x")]), BillStep::Failed { .. }));
}

#[test]
fn bad_settings_are_named() {
    let refused = |settings: Value| Alipay::new(&serde_json::from_value(settings).unwrap()).err().unwrap().field;
    let with = |mut settings: Value, name: &str, value: Value| {
        settings[name] = value;
        settings
    };
    let signing = |key: &str, certificate: Value| json!([{ "private_key": key, "certificate": certificate }]);
    assert_eq!(refused(with(settings(), "app_id", json!("wx1"))), "app_id");
    assert_eq!(refused(with(settings(), "gateway", json!("https://a/b?c"))), "gateway");
    assert_eq!(refused(with(settings(), "public_keys", json!([]))), "public_keys");
    assert_eq!(refused(with(settings(), "certificates", json!([ALIPAY_CERTIFICATE]))), "public_keys");
    assert_eq!(refused(with(settings(), "signing", json!([]))), "signing");
    assert_eq!(refused(with(settings(), "signing", signing(APP, json!(APP_CERTIFICATE)))), "signing");
    let certificates = settings_with_certificates;
    assert_eq!(refused(with(certificates(), "certificates", json!(["x"]))), "certificates");
    assert_eq!(refused(with(certificates(), "root_certificates", json!("x"))), "root_certificates");
    assert_eq!(refused(with(certificates(), "signing", signing(APP, Value::Null))), "signing");
    assert_eq!(refused(with(certificates(), "signing", signing(FOREIGN, json!(APP_CERTIFICATE)))), "signing");
    assert!(serde_json::from_value::<Config>(with(settings(), "key", json!("x"))).is_err());
    let ended = json!([{ "private_key": APP, "not_after": "2026-11-19" }]);
    assert_eq!(read(with(settings(), "signing", ended)).query(&key(), &at(NOW)).unwrap_err().field, "signing");
}

//! Bills, certificates and settings.

use super::*;

#[test]
fn a_bill_is_fetched_in_two_steps() {
    let wechat = wechat();
    let day: BusinessDay = "2026-11-19".parse().unwrap();
    let step = |so_far: &[Reply]| wechat.bill(day, BillKind::Trades, so_far, &at(NOW));
    let BillStep::Send(call) = step(&[]) else { panic!("asks where the file is") };
    assert!(call.url.ends_with("/v3/bill/tradebill?bill_date=2026-11-19&bill_type=ALL"));
    let file = b"the file".to_vec();
    let found = answer(
        200,
        json!({
            "hash_type": "SHA1", "hash_value": hex::encode(crate::crypto::sha1(&file)),
            "download_url": "http://127.0.0.1:1/v3/billdownload/file?token=xx",
        }),
    );
    let BillStep::Send(call) = step(std::slice::from_ref(&found)) else { panic!("fetches it") };
    assert!(Authorization::read(header(&call, "authorization")).is_some());
    // The file itself is not signed.
    let whole = Reply::new(200, Headers::default(), file.clone());
    assert_eq!(step(&[found.clone(), whole]), BillStep::Ready(file.clone()));
    let cut = Reply::new(200, Headers::default(), file[1..].to_vec());
    assert!(matches!(step(&[found.clone(), cut]), BillStep::Failed { .. }));
    let failed = Reply::new(404, Headers::default(), file);
    assert!(matches!(step(&[found.clone(), failed]), BillStep::Failed { .. }));
    assert_eq!(step(&[error(400, "NO_STATEMENT_EXIST")]), BillStep::Empty);
    assert_eq!(step(&[error(400, "STATEMENT_CREATING")]), BillStep::NotReady);
    assert_eq!(step(&[error(500, "SYSTEM_ERROR")]), BillStep::NotReady);
    assert!(matches!(step(&[Reply::new(200, Headers::default(), found.body)]), BillStep::Failed { .. }));
}

#[test]
fn certificates_come_sealed_and_prove_themselves() {
    let mut settings = settings();
    settings["verify_keys"] = json!([]);
    let fresh = Wechat::new(&serde_json::from_value(settings).unwrap()).unwrap();
    let call = fresh.certificates(&at(NOW)).unwrap();
    assert!(call.headers.iter().all(|(name, _)| name != "wechatpay-serial"));
    let list = |serial: &str, apiv3: &str| {
        let sealed =
            gcm_seal(apiv3.as_bytes(), b"61f9c719728a", b"certificate", WECHAT_CERTIFICATE.as_bytes()).unwrap();
        json!({ "data": [{
            "serial_no": serial, "effective_time": "2026-06-08T10:34:56+08:00",
            "expire_time": "2031-06-08T10:34:56+08:00",
            "encrypt_certificate": {
                "algorithm": "AEAD_AES_256_GCM", "nonce": "61f9c719728a", "associated_data": "certificate",
                "ciphertext": base64(&sealed),
            },
        }] })
        .to_string()
    };
    let read = |key: &str, body: &str, seconds: i64| {
        fresh.certificates_read(&signed_by(key, SERIAL, seconds, 200, body.as_bytes()), &at(NOW))
    };
    let Outcome::Done(keys) = read(WECHAT, &list(SERIAL, APIV3), NOW) else { panic!("the list") };
    assert_eq!((keys[0].id.as_str(), keys[0].not_after.as_deref()), (SERIAL, Some("2031-06-08T10:34:56+08:00")));
    assert!(keys[0].read().is_ok());
    for (key, body, seconds) in [
        (FOREIGN, list(SERIAL, APIV3), NOW),
        (WECHAT, list(SERIAL, "foreign789abcdef0123456789ABCDEF"), NOW),
        (WECHAT, list("01", APIV3), NOW),
        (WECHAT, list(SERIAL, APIV3), NOW - 301),
        (WECHAT, "{}".to_owned(), NOW),
    ] {
        assert!(matches!(read(key, &body, seconds), Outcome::Unknown { .. }));
    }
    let none = Reply::new(404, Headers::default(), r#"{"code":"RESOURCE_NOT_EXISTS","message":"无可用的平台证书"}"#);
    assert!(matches!(fresh.certificates_read(&none, &at(NOW)), Outcome::Unknown { .. }));
}

#[test]
fn bad_settings_are_named() {
    let refused = |change: fn(&mut Value)| {
        let mut changed = settings();
        change(&mut changed);
        let config: Config = serde_json::from_value(changed).unwrap();
        Wechat::new(&config).err().unwrap().field
    };
    assert_eq!(refused(|s| s["api_v3_keys"] = json!(["short"])), "api_v3_keys");
    assert_eq!(refused(|s| s["mchid"] = json!("1\",serial_no=\"2")), "mchid");
    assert_eq!(refused(|s| s["base_url"] = json!("ftp://x")), "base_url");
    assert_eq!(refused(|s| s["signing"] = json!([])), "signing");
    assert_eq!(refused(|s| s["signing"][0]["private_key"] = json!("x")), "signing");
    assert_eq!(refused(|s| s["verify_keys"][0]["id"] = json!("somebody")), "verify_keys");
    // A certificate under another's serial.
    assert_eq!(refused(|s| s["verify_keys"][1]["id"] = json!("01")), "verify_keys");
    let mut unknown = settings();
    unknown["v2_key"] = json!("x");
    assert!(serde_json::from_value::<Config>(unknown).is_err());
    let ended = |at_ms: i64| Moment { now: Timestamp::from_ms(at_ms), nonce: [0; 16] };
    let mut old = settings();
    old["signing"][0]["not_after"] = json!("2026-11-19");
    let old = Wechat::new(&serde_json::from_value(old).unwrap()).unwrap();
    assert_eq!(old.query(&key(), &ended(NOW * 1000)).unwrap_err().field, "signing");
}

//! Codes: issued once however often it is asked, printed, reported lost, found, replaced; photos and masked fields.

use crate::lunch::{Lunch, told};
use serde_json::{Value, json};

#[tokio::test]
async fn codes_are_issued_once_and_live_through_their_states() {
    let lunch = Lunch::start().await;
    let (first, second) = (lunch.pupil("1", "王小明").await, lunch.pupil("2", "李雷").await);
    let issue = async |scope: &str, of: Value| {
        let ask = json!({scope: of, "expires_on": "2029-08-31"});
        let made = lunch.admin.post(&lunch.path("credentials/issue"), ask).await.expect(200).json;
        (made["issued"].as_i64().expect("a count"), made["skipped"].as_i64().expect("a count"))
    };
    assert_eq!(issue("person", json!(first)).await, (1, 0));
    assert_eq!(issue("class", json!(lunch.class)).await, (1, 1));
    assert_eq!(issue("everyone", json!(true)).await, (0, 2));
    for scope in ["person", "class"] {
        let ask = json!({scope: lunch.name(), "expires_on": "2029-08-31"});
        assert_eq!(told(&lunch.admin.post(&lunch.path("credentials/issue"), ask).await), (404, "not_found", scope));
    }
    for (day, scope) in [("2026-11-23", "everyone"), ("2099-01-01", "everyone"), ("soon", "everyone")] {
        let ask = json!({scope: true, "expires_on": day});
        let answer = lunch.admin.post(&lunch.path("credentials/issue"), ask).await;
        assert_eq!(told(&answer), (422, "bad_expiry", "expires_on"), "{day}");
    }
    let both = json!({"everyone": true, "person": first, "expires_on": "2029-08-31"});
    let answer = lunch.admin.post(&lunch.path("credentials/issue"), both).await;
    assert_eq!(told(&answer), (422, "bad_scope", "class"));

    let sheet =
        lunch.admin.get(&lunch.path(&format!("credentials/sheet?class={}", lunch.class))).await.expect(200).json;
    let cards = sheet["items"].as_array().expect("cards");
    assert_eq!(cards.len(), 2);
    for card in cards {
        assert!(card["qr_svg"].as_str().is_some_and(|svg| svg.contains("<svg")), "{card}");
        let text = card["text"].as_str().expect("a text");
        assert!(text.bytes().all(|b| b.is_ascii_digit()), "a code says no name: {text}");
    }
    let credential = cards[0]["credential"].as_str().expect("an id").to_owned();
    let path = |what: &str| lunch.path(&format!("credentials/{credential}/{what}"));
    let turn = async |what: &str, status: u16| lunch.admin.post(&path(what), json!({})).await.expect(status).json;
    assert_eq!(turn("report-lost", 200).await["status"], "lost");
    assert_eq!(turn("report-lost", 200).await["status"], "lost", "asking twice is safe");
    assert_eq!(issue("everyone", json!(true)).await, (0, 2), "a lost code is not replaced by itself");
    assert_eq!(turn("reinstate", 200).await["status"], "active");
    let new = turn("reissue", 200).await;
    assert_eq!((&new["status"], &new["issue_number"]), (&json!("active"), &json!(2)));
    assert_eq!(turn("report-lost", 409).await["code"], "bad_credential_state");
    assert_eq!(turn("reissue", 200).await["id"], new["id"], "asking again gives the same new one");
    let trail = lunch.admin.get(&lunch.path("audit?limit=200")).await.expect(200).json;
    let lines = trail["items"].as_array().expect("lines");
    for (action, times) in [
        ("credential.report_lost", 1),
        ("credential.reinstate", 1),
        ("credential.reissue", 1),
        ("codes.print", 1),
        ("codes.issue", 4),
    ] {
        assert_eq!(lines.iter().filter(|line| line["action"] == action).count(), times, "{action}");
    }
    let lost = lunch.admin.get(&lunch.path("credentials?status=replaced")).await.expect(200).json;
    assert_eq!(lost["items"].as_array().map(Vec::len), Some(1));
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_sheet_is_read_page_by_page_and_kept_in_the_trail_once() {
    let lunch = Lunch::start().await;
    for n in 1..=5 {
        lunch.pupil(&n.to_string(), "王小明").await;
    }
    let ask = json!({"everyone": true, "expires_on": "2029-08-31"});
    let batch = lunch.admin.post(&lunch.path("credentials/issue"), ask).await.expect(200).json["batch"].clone();
    let batch = batch.as_str().expect("a batch");
    let read = async |query: &str| lunch.admin.get(&lunch.path(&format!("credentials/sheet?{query}"))).await;
    let (mut seen, mut next, mut totals) = (Vec::new(), String::new(), Vec::new());
    for _ in 0..3 {
        let page = read(&format!("batch={batch}&limit=2{next}")).await.expect(200).json;
        seen.extend(page["items"].as_array().expect("cards").iter().map(|card| card["text"].to_string()));
        totals.push(page["total"].as_i64());
        next = page["next"].as_str().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
    }
    assert_eq!((totals, next.as_str()), (vec![Some(5), None, None], ""));
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5, "each card once");

    let first = read(&format!("batch={batch}&limit=2")).await.expect(200).json;
    let cursor = first["next"].as_str().expect("more").to_owned();
    assert_eq!(told(&read(&format!("limit=2&cursor={cursor}")).await), (422, "bad_cursor", "cursor"), "another sheet");
    assert_eq!(told(&read("cursor=00").await), (422, "bad_cursor", "cursor"));

    // Codes chosen one by one, in the order of the choice; what can't be used any more is left out.
    let id = |i: usize| first["items"][i]["credential"].as_str().expect("an id").to_owned();
    let (one, two) = (id(0), id(1));
    let chosen = read(&format!("ids={two},{one}")).await.expect(200).json;
    assert_eq!((&chosen["items"][0]["credential"], &chosen["total"]), (&json!(two), &json!(2)));
    lunch.admin.post(&lunch.path(&format!("credentials/{two}/report-lost")), json!({})).await.expect(200);
    assert_eq!(read(&format!("ids={two},{one}")).await.expect(200).json["total"], 1);
    assert_eq!(told(&read(&format!("ids={one}&batch={batch}")).await), (422, "bad_scope", "ids"));
    assert_eq!(told(&read("ids=one").await), (422, "bad_ids", "ids"));
    let many = vec![one.as_str(); 101].join(",");
    assert_eq!(told(&read(&format!("ids={many}")).await), (422, "bad_ids", "ids"));

    let trail = lunch.admin.get(&lunch.path("audit?limit=200")).await.expect(200).json;
    let lines = trail["items"].as_array().expect("lines").iter();
    let printed: Vec<_> = lines.filter(|line| line["action"] == "codes.print").collect();
    assert_eq!(printed.len(), 4, "three pages of one sheet are one line");
    let sheet = json!({"cards": 5, "class": null, "person": null, "batch": batch});
    assert_eq!(printed.iter().filter(|line| line["after"] == sheet).count(), 2, "{printed:?}");
}

#[tokio::test]
async fn who_left_gets_no_new_code_and_keeps_the_old_state() {
    let lunch = Lunch::start().await;
    let person = lunch.pupil("1", "王小明").await;
    lunch.code(&person).await;
    let found = lunch.admin.get(&lunch.path("credentials")).await.expect(200).json;
    let credential = found["items"][0]["id"].as_str().expect("an id");
    lunch.admin.patch(&lunch.path(&format!("people/{person}")), json!({"status": "left"})).await.expect(200);
    let path = lunch.path(&format!("credentials/{credential}/reissue"));
    assert_eq!(told(&lunch.admin.post(&path, json!({})).await), (409, "person_left", ""));
    let after = lunch.admin.get(&lunch.path("credentials")).await.expect(200).json;
    assert_eq!(after["items"][0]["status"], "active", "nothing was half done");
}

#[tokio::test]
async fn personal_fields_are_masked_and_shown_with_a_trace() {
    let lunch = Lunch::start().await;
    let person = lunch.pupil("1", "王小明").await;
    let path = lunch.path(&format!("people/{person}"));
    let secret = json!({"id_number": "11010519491231002X", "phone": "13800138000"});
    let shown = lunch.admin.patch(&path, secret).await.expect(200).json;
    assert!(!shown.to_string().contains("13800138000") && !shown.to_string().contains("19491231"), "{shown}");
    let reveal = format!("{path}/reveal");
    let ask = |field: &str, reason: &str| json!({"field": field, "reason": reason});
    assert_eq!(told(&lunch.admin.post(&reveal, ask("phone", " ")).await), (422, "reason_missing", "reason"));
    assert_eq!(told(&lunch.admin.post(&reveal, ask("name", "好奇")).await), (422, "bad_field", "field"));
    let value = lunch.admin.post(&reveal, ask("phone", "联系家长")).await.expect(200).json;
    assert_eq!(value["value"], "13800138000");
    let trail = lunch.admin.get(&lunch.path("audit?action=person.reveal")).await.expect(200).json;
    assert_eq!(trail["items"][0]["after"]["reason"], "联系家长");
    let all = lunch.admin.get(&lunch.path("audit?limit=200")).await.expect(200).json.to_string();
    assert!(!all.contains("13800138000") && !all.contains("11010519491231002X"), "the trail holds no personal field");
    // A field that is sent empty is forgotten, and the number can be another's; one that is left out stays.
    let kept = lunch.admin.patch(&path, json!({"phone": ""})).await.expect(200).json;
    assert!(kept["phone_masked"].is_null() && kept["id_number_masked"].is_string(), "{kept}");
    let value = lunch.admin.post(&reveal, ask("phone", "联系家长")).await.expect(200).json;
    assert!(value["value"].is_null(), "{value}");
    let kept = lunch.admin.patch(&path, json!({"id_number": ""})).await.expect(200).json;
    assert!(kept["id_number_masked"].is_null(), "{kept}");
    let other = lunch.path(&format!("people/{}", lunch.pupil("2", "李小红").await));
    lunch.admin.patch(&other, json!({"id_number": "11010519491231002X"})).await.expect(200);

    let photo = format!("{path}/photo");
    let put =
        async |bytes: &[u8]| lunch.admin.send("PUT", &photo, &[("content-type", "image/jpeg")], bytes.to_vec()).await;
    assert_eq!(told(&put(b"<svg onload=alert(1)>").await), (422, "photo_unreadable", "photo"));
    assert_eq!(told(&put(&vec![0xff; 600_000]).await), (422, "photo_too_large", "photo"));
    put(b"\xff\xd8\xff\xe0 a photo").await.expect(204);
    let seen = lunch.admin.get(&photo).await.expect(200);
    assert_eq!(seen.headers["content-type"], "image/jpeg");
    lunch.admin.delete(&photo).await.expect(204);
    lunch.admin.get(&photo).await.expect(404);
}

//! Codes on phones: a ticket makes a browser a phone, its key fetches credentials ahead, its cookie saves it when the
//! key is gone, and the office takes it away.

use crate::agent::{Agent, how};
use crate::lunch::{Lunch, id_of, told};
use crate::testkit::{Answer, Client};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use uuid::Uuid;
use yitong::signin::roles::Role;
use yitong_code::{Device, EPOCH_MS, MINUTE_MS, Reason};
use yitong_sync::{Body, How, PayerShown, Sale};

/// A teacher with a browser that wants to be a phone.
struct Phone {
    http: Client,
    key: Device,
}

impl Phone {
    fn new(lunch: &Lunch, secret: u8) -> Phone {
        Phone { http: lunch.server.visitor(), key: key(secret) }
    }

    fn ask(&self, more: Value) -> Value {
        let key = BASE64.encode(self.key.public_key());
        let mut ask = json!({"device_key": key, "name": "我的手机", "protection": "browser"});
        for (name, value) in more.as_object().expect("an object") {
            ask[name] = value.clone();
        }
        ask
    }

    async fn enrol(&self, more: Value) -> Answer {
        self.http.post("/api/v1/phones/enrol", self.ask(more)).await
    }

    /// With a proof of this moment, signed by `key`.
    async fn refresh(&self, device: &str, key: &Device, at: i64) -> Answer {
        let id: Uuid = device.parse().expect("an id");
        let signature = BASE64.encode(key.refresh_proof(id.as_bytes(), at));
        self.http.post("/api/v1/phones/refresh", json!({"device": device, "at": at, "signature": signature})).await
    }
}

fn key(secret: u8) -> Device {
    Device::new(&[secret; 32]).expect("a secret below the order")
}

impl Lunch {
    async fn teacher(&self, number: &str, name: &str) -> String {
        let ask = json!({"kind": "staff", "number": number, "name": name});
        id_of(&self.admin.post(&self.path("people"), ask).await.expect(201))
    }

    async fn ask_ticket(&self, person: &str) -> Answer {
        self.admin.post(&self.path(&format!("people/{person}/phone-tickets")), json!({})).await
    }

    async fn ticket(&self, person: &str) -> String {
        self.ask_ticket(person).await.expect(201).json["ticket"].as_str().expect("digits").to_owned()
    }

    /// An enrolled phone and what it was told.
    async fn enrolled(&self, person: &str, secret: u8) -> (Phone, Value) {
        let phone = Phone::new(self, secret);
        let told = phone.enrol(json!({"ticket": self.ticket(person).await})).await.expect(200).json;
        (phone, told)
    }

    /// What the server says to a code that this device makes of a credential now.
    async fn verify(&self, key: &Device, told: &Value, counter: u16) -> Result<u64, Reason> {
        let now = self.server.app.now();
        let credential = credential(told);
        let code = key.dynamic_code(&credential, starts_ms(told), now.ms(), counter).expect("the credential has begun");
        let verified = self.server.app.credentials.verify(&self.server.app.db, self.school.0, &code, now).await;
        verified
            .expect("the database answers")
            .map(|verified| verified.use_order().expect("a dynamic code has an order"))
    }
}

fn credential(told: &Value) -> yitong_code::Credential {
    let bytes = BASE64.decode(told["credential"].as_str().expect("a text")).expect("base64");
    yitong_code::Credential::from_bytes(&bytes).expect("118 bytes")
}

fn starts_ms(told: &Value) -> i64 {
    let bytes = BASE64.decode(told["credential"].as_str().expect("a text")).expect("base64");
    EPOCH_MS + i64::from(u32::from_be_bytes([0, bytes[12], bytes[13], bytes[14]])) * MINUTE_MS
}

fn device(told: &Value) -> &str {
    told["device"].as_str().expect("an id")
}

#[tokio::test]
async fn a_ticket_makes_a_phone_whose_codes_verify() {
    let lunch = Lunch::start().await;
    let person = lunch.teacher("T1", "王小明").await;
    lunch.pass_s(7);
    let made = lunch.ask_ticket(&person).await.expect(201).json;
    let ticket = made["ticket"].as_str().expect("digits");
    assert!(ticket.len() == 12 && ticket.bytes().all(|b| b.is_ascii_digit()), "{ticket}");
    let phone = Phone::new(&lunch, 1);
    let spaced = format!("{} {}-{}", &ticket[..4], &ticket[4..8], &ticket[8..]);
    let answer = phone.enrol(json!({"ticket": spaced})).await.expect(200);
    let cookie = answer.headers["set-cookie"].to_str().expect("a text");
    for part in ["Path=/api/v1/phones;", "HttpOnly", "SameSite=Strict", "Max-Age=15552000"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let told = answer.json;
    assert_eq!((&told["person_name"], &told["phone_name"]), (&json!("王*明"), &json!("我的手机")));
    assert_eq!(told["use_cap"], json!({"fen": 10_000}), "the policy of a new school");
    assert_eq!(told["server_time"], lunch.server.app.now().to_string());
    assert!(!told.to_string().contains("王小明"), "{told}");
    let first = lunch.verify(&phone.key, &told, 0).await.expect("the school's own");
    lunch.pass_s(10);
    let second = lunch.verify(&phone.key, &told, 1).await.expect("ten seconds later");
    assert_eq!(second, first + 1);
    assert_eq!(lunch.verify(&key(2), &told, 2).await, Err(Reason::BadDeviceSignature), "a copied credential");
    let listed = lunch.admin.get(&lunch.path(&format!("phones?person={person}"))).await.expect(200).json;
    assert_eq!(listed["items"][0]["id"], told["device"]);
    assert_eq!((&listed["items"][0]["status"], &listed["next"]), (&json!("active"), &Value::Null));
    let nobody = lunch.admin.get(&lunch.path("phones?q=李雷")).await.expect(200).json;
    assert_eq!(nobody["items"], json!([]));
    let trail = lunch.admin.get(&lunch.path("audit?limit=200")).await.expect(200).json;
    for action in ["phone.ticket", "phone.enrol"] {
        let lines = trail["items"].as_array().expect("lines").iter().filter(|line| line["action"] == action);
        assert_eq!(lines.count(), 1, "{action}");
    }
    assert!(!trail.to_string().contains(ticket), "the trail holds no ticket");
}

#[tokio::test]
async fn a_ticket_is_good_once_for_a_day_and_until_the_next() {
    let lunch = Lunch::start().await;
    let person = lunch.teacher("T1", "王小明").await;
    let said = async |ticket: &str| {
        let answer = Phone::new(&lunch, 1).enrol(json!({"ticket": ticket})).await;
        let (status, code, field) = told(&answer);
        (status, code.to_owned(), field.to_owned())
    };
    let refused = |code: &str| (422, code.to_owned(), "ticket".to_owned());
    assert_eq!(said("123456789012").await, refused("ticket_unknown"));
    assert_eq!(said("").await, refused("ticket_unknown"));
    let (older, newer) = (lunch.ticket(&person).await, lunch.ticket(&person).await);
    assert_eq!(said(&older).await, refused("ticket_unknown"), "a newer one took its place");
    assert_eq!(said(&newer).await.0, 200);
    assert_eq!(said(&newer).await, refused("ticket_used"));
    let late = lunch.ticket(&person).await;
    lunch.pass_s(24 * 3_600);
    assert_eq!(said(&late).await, refused("ticket_expired"));
}

#[tokio::test]
async fn what_a_browser_brings_is_checked_before_the_ticket_is_taken() {
    let lunch = Lunch::start().await;
    let person = lunch.teacher("T1", "王小明").await;
    let ticket = lunch.ticket(&person).await;
    let phone = Phone::new(&lunch, 1);
    let no_point = BASE64.encode([[2].as_slice(), &[0xff; 32]].concat());
    let mut infinity = [0; 33];
    infinity[0] = 1;
    for (field, value, code) in [
        ("device_key", json!("AAAA"), "bad_device_key"),
        ("device_key", json!(no_point), "bad_device_key"),
        ("device_key", json!(BASE64.encode(infinity)), "bad_device_key"),
        ("protection", json!("hardware"), "bad_protection"),
        ("name", json!("手".repeat(41)), "bad_phone_name"),
    ] {
        let answer = phone.enrol(json!({"ticket": ticket, field: value})).await;
        assert_eq!(told(&answer), (422, code, field));
    }
    phone.enrol(json!({"ticket": ticket})).await.expect(200);
}

#[tokio::test]
async fn guessing_is_slow() {
    let lunch = Lunch::start().await;
    let phone = Phone::new(&lunch, 1);
    let mut codes = Vec::new();
    for _ in 0..7 {
        codes.push(phone.enrol(json!({"ticket": "000000000000"})).await.json["code"].clone());
    }
    assert_eq!(
        (&codes[5], &codes[6]),
        (&json!("ticket_unknown"), &json!("too_many_attempts")),
        "one ticket, six times"
    );
    for n in 0..30 {
        codes.push(phone.enrol(json!({"ticket": format!("{n:012}")})).await.json["code"].clone());
    }
    assert!(codes[7..].contains(&json!("ticket_unknown")), "another ticket is another door");
    let last = phone.enrol(json!({"ticket": "999999999999"})).await;
    assert_eq!(told(&last), (429, "too_many_attempts", ""), "one address, thirty times a minute");
}

#[tokio::test]
async fn two_phones_a_person_and_the_third_names_who_gives_way() {
    let lunch = Lunch::start().await;
    let person = lunch.teacher("T1", "王小明").await;
    let (_, first) = lunch.enrolled(&person, 1).await;
    lunch.pass_s(60);
    let (second_phone, second) = lunch.enrolled(&person, 2).await;
    lunch.pass_s(60);
    let (third, ticket) = (Phone::new(&lunch, 3), lunch.ticket(&person).await);
    let answer = third.enrol(json!({"ticket": ticket})).await;
    assert_eq!(told(&answer), (409, "too_many_phones", "replace"));
    assert_eq!(answer.json["phones"][0]["id"], first["device"], "the one that was seen longest ago comes first");
    third.enrol(json!({"ticket": ticket, "replace": first["device"]})).await.expect(200);
    let listed = lunch.admin.get(&lunch.path("phones")).await.expect(200).json;
    let states: Vec<_> = listed["items"].as_array().expect("rows").iter().map(|row| row["status"].clone()).collect();
    assert_eq!(states, [json!("active"), json!("active"), json!("replaced")]);
    let trail = lunch.admin.get(&lunch.path("audit?action=phone.enrol")).await.expect(200).json;
    assert_eq!(trail["items"][0]["after"]["gave_way"], json!([first["device"]]));
    // The same browser, enrolled again: its old phone gives way without a question.
    let again = second_phone.enrol(json!({"ticket": lunch.ticket(&person).await})).await.expect(200).json;
    assert_ne!(again["device"], second["device"]);
}

#[tokio::test]
async fn a_credential_is_refreshed_by_the_key_and_no_proof_is_taken_twice() {
    let lunch = Lunch::start().await;
    let person = lunch.teacher("T1", "王小明").await;
    let (phone, first) = lunch.enrolled(&person, 1).await;
    let (id, now) = (device(&first), || lunch.server.app.now().ms());
    let same = phone.refresh(id, &phone.key, now()).await.expect(200).json;
    assert_eq!(
        same["credential"], first["credential"],
        "within a minute nothing changes, and the phone goes on counting"
    );
    assert_eq!(told(&phone.refresh(id, &phone.key, now()).await), (409, "proof_used", "at"));
    assert_eq!(told(&phone.refresh(id, &phone.key, now() - 1).await), (409, "proof_used", "at"));
    let order = lunch.verify(&phone.key, &first, 40).await.expect("good");
    lunch.pass_s(3_600);
    let next = phone.refresh(id, &phone.key, now()).await.expect(200).json;
    assert!(starts_ms(&next) > starts_ms(&first));
    assert!(lunch.verify(&phone.key, &next, 0).await.expect("good") > order, "it counts from zero, and above");
    for off in [-300_001, 300_001] {
        let answer = phone.refresh(id, &phone.key, now() + off).await;
        assert_eq!(told(&answer), (422, "clock_off", "at"));
        assert_eq!(answer.json["server_time"], lunch.server.app.now().to_string());
    }
    assert_eq!(told(&phone.refresh(id, &key(2), now() + 1).await), (401, "phone_not_proved", ""), "another key");
    let stranger = Uuid::new_v4().to_string();
    assert_eq!(told(&phone.refresh(&stranger, &phone.key, now() + 1).await), (401, "phone_not_proved", ""));
    let half = json!({"device": id, "at": now()});
    assert_eq!(told(&phone.http.post("/api/v1/phones/refresh", half).await), (401, "phone_not_proved", ""));
    phone.http.post("/api/v1/phones/refresh", json!({})).await.expect(200);
    let visitor = lunch.server.visitor().post("/api/v1/phones/refresh", json!({})).await;
    assert_eq!(told(&visitor), (401, "phone_not_proved", ""), "no cookie");
}

#[tokio::test]
async fn a_browser_that_lost_its_key_is_the_same_phone_by_its_cookie() {
    let lunch = Lunch::start().await;
    let person = lunch.teacher("T1", "王小明").await;
    let (phone, first) = lunch.enrolled(&person, 1).await;
    let order = lunch.verify(&phone.key, &first, 9).await.expect("good");
    let wiped = Phone { http: phone.http, key: key(2) };
    let soon = wiped.enrol(json!({})).await;
    assert_eq!(told(&soon), (409, "too_soon", ""), "the new key would count below the old one");
    lunch.pass_s(soon.json["retry_after_s"].as_i64().expect("seconds"));
    let renewed = wiped.enrol(json!({})).await.expect(200).json;
    assert_eq!(renewed["device"], first["device"]);
    assert!(lunch.verify(&wiped.key, &renewed, 0).await.expect("good") > order, "the old key's codes are replays now");
    let (id, now) = (device(&first), lunch.server.app.now().ms());
    assert_eq!(told(&wiped.refresh(id, &key(1), now).await), (401, "phone_not_proved", ""), "the old key is nobody");
    wiped.refresh(id, &wiped.key, now).await.expect(200);
    let stranger = Phone::new(&lunch, 3);
    assert_eq!(told(&stranger.enrol(json!({})).await), (401, "phone_not_proved", ""));
    let trail = lunch.admin.get(&lunch.path("audit?action=phone.renew_key")).await.expect(200).json;
    assert_eq!(trail["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn who_may_not_hears_why() {
    let lunch = Lunch::start().await;
    let (pupil, teacher) = (lunch.pupil("1", "李雷").await, lunch.teacher("T1", "王小明").await);
    assert_eq!(told(&lunch.ask_ticket(&pupil).await), (409, "phones_not_allowed", ""), "pupils have printed codes");
    let nobody = lunch.ask_ticket(&Uuid::new_v4().to_string()).await;
    assert_eq!(told(&nobody), (404, "not_found", ""));
    let (phone, first) = lunch.enrolled(&teacher, 1).await;
    let (id, spare) = (device(&first), lunch.ticket(&teacher).await);
    let refresh = async || {
        lunch.pass_s(1);
        let answer = phone.refresh(id, &phone.key, lunch.server.app.now().ms()).await;
        (answer.status, answer.json["code"].as_str().unwrap_or_default().to_owned())
    };
    let refused = |code: &str| (409, code.to_owned());
    let ok = (200, String::new());
    lunch.policy(|policy| policy["codes"]["staff_phone"] = json!(false)).await;
    assert_eq!(refresh().await, refused("phones_not_allowed"));
    assert_eq!(told(&Phone::new(&lunch, 2).enrol(json!({"ticket": spare})).await), (409, "phones_not_allowed", ""));
    lunch.policy(|policy| policy["codes"]["staff_phone"] = json!(true)).await;
    assert_eq!(refresh().await, ok);
    let credential = |what: &str| lunch.path(&format!("credentials/{id}/{what}"));
    lunch.admin.post(&credential("report-lost"), json!({})).await.expect(200);
    assert_eq!(refresh().await, refused("phone_lost"));
    let reissued = lunch.admin.post(&credential("reissue"), json!({})).await;
    assert_eq!(told(&reissued), (409, "phone_not_reissued", ""), "nobody asked for a card");
    lunch.admin.post(&credential("reinstate"), json!({})).await.expect(200);
    assert_eq!(refresh().await, ok);
    let person = lunch.path(&format!("people/{teacher}"));
    lunch.admin.patch(&person, json!({"status": "left"})).await.expect(200);
    assert_eq!(refresh().await, refused("person_left"));
    assert_eq!(told(&Phone::new(&lunch, 2).enrol(json!({"ticket": spare})).await), (409, "person_left", ""));
    assert_eq!(told(&lunch.ask_ticket(&teacher).await), (409, "person_left", ""));
    lunch.admin.patch(&person, json!({"status": "active"})).await.expect(200);
    lunch.pass_s(181 * 86_400);
    assert_eq!(refresh().await, refused("phone_expired"));
}

#[tokio::test]
async fn a_phone_is_taken_away_by_its_owner_or_the_office() {
    let lunch = Lunch::start().await;
    let person = lunch.teacher("T1", "王小明").await;
    let (mine, first) = lunch.enrolled(&person, 1).await;
    let (other, second) = lunch.enrolled(&person, 2).await;
    let own = |told: &Value| format!("/api/v1/phones/{}", device(told));
    assert_eq!(told(&mine.http.delete(&own(&second)).await), (401, "phone_not_proved", ""), "another phone");
    let cookie = mine.http.delete(&own(&first)).await.expect(204);
    assert!(cookie.headers["set-cookie"].to_str().expect("a text").contains("Max-Age=0"));
    let now = lunch.server.app.now().ms();
    assert_eq!(told(&mine.refresh(device(&first), &mine.key, now).await), (409, "phone_removed", ""));
    let (there, _) = lunch.on_other_school().await;
    let elsewhere = lunch.server.signed_in("admin3", there, yitong::signin::roles::Role::SchoolAdmin).await;
    let foreign = elsewhere.delete(&there.path(&format!("phones/{}", device(&second)))).await;
    assert_eq!(told(&foreign), (404, "not_found", ""), "a phone of another school is absent");
    let office = lunch.path(&format!("phones/{}", device(&second)));
    lunch.admin.delete(&office).await.expect(204);
    lunch.admin.delete(&office).await.expect(204);
    assert_eq!(told(&other.refresh(device(&second), &other.key, now).await), (409, "phone_removed", ""));
    let trail = lunch.admin.get(&lunch.path("audit?action=phone.remove")).await.expect(200).json;
    assert_eq!(trail["items"].as_array().map(Vec::len), Some(2), "asking twice is safe, and one line");
}

#[tokio::test]
async fn the_credential_says_what_the_policy_allows() {
    let lunch = Lunch::start().await;
    let person = lunch.teacher("T1", "王小明").await;
    let (phone, first) = lunch.enrolled(&person, 1).await;
    lunch
        .policy(|policy| {
            policy["codes"]["phone_use_cap"] = json!({"fen": 3_000});
            policy["codes"]["phone_life_h"] = json!(6);
        })
        .await;
    lunch.pass_s(60);
    let next = phone.refresh(device(&first), &phone.key, lunch.server.app.now().ms()).await.expect(200).json;
    assert_eq!(next["use_cap"], json!({"fen": 3_000}));
    let bytes = BASE64.decode(next["credential"].as_str().expect("a text")).expect("base64");
    assert_eq!((bytes[15], bytes[17], bytes[18], bytes[19], bytes[20]), (6, 30, 40, 20, 1));
    assert_eq!(bytes[21..54], phone.key.public_key());
    let begins = lunch.server.app.now().ms();
    assert_eq!(starts_ms(&next), begins - begins.rem_euclid(MINUTE_MS), "whole minutes");
}

#[tokio::test]
async fn a_picture_of_a_phone_is_found_though_the_phone_was_used_since() {
    let lunch = Lunch::start().await;
    let near = Agent::enrolled(&lunch, "一号机", 1).await;
    let mut far = Agent::enrolled(&lunch, "二号机", 2).await;
    let person = lunch.teacher("T1", "王小明").await;
    lunch.top_up(&person, 5_000).await.expect(200);
    let (phone, told) = lunch.enrolled(&person, 1).await;
    let mut shown = Vec::new();
    for counter in 1..=2 {
        lunch.pass_s(30);
        let now = lunch.server.app.now().ms();
        let code = phone.key.dynamic_code(&credential(&told), starts_ms(&told), now, counter).expect("it has begun");
        let order = lunch.verify(&phone.key, &told, counter).await.expect("the school's own");
        let sale = Sale { payer: PayerShown::Code(code), ..near.sale(&lunch, &person, 500 + i64::from(counter)) };
        assert_eq!(near.put(&lunch, &sale).await["verdict"]["outcome"], "paid");
        shown.push(order);
    }
    // The first of them, photographed, at a till that hears nobody.
    let serial = lunch.admin.get(&lunch.path(&format!("credentials?person={person}"))).await.expect(200).json;
    let serial = u32::try_from(serial["items"][0]["serial"].as_u64().expect("a number")).expect("a serial");
    let sale = far.sale(&lunch, &person, 700);
    let how = How { serial: Some(serial), use_order: Some(shown[0]), ..how(&person, sale.amount) };
    let sold = far.write(&lunch, Body::Sold { sale, how });
    far.post(&lunch, &[sold]).await;
    // One that was shown to nobody else, and came late, is no photograph.
    let sale = far.sale(&lunch, &person, 300);
    let how = How { serial: Some(serial), use_order: Some(shown[0] - 1), ..crate::agent::how(&person, sale.amount) };
    let sold = far.write(&lunch, Body::Sold { sale, how });
    far.post(&lunch, &[sold]).await;
    let finance = lunch.server.signed_in("finance", lunch.school, Role::Finance).await;
    let found = finance.get(&lunch.path("offline-findings?kind=replay")).await.expect(200).json;
    let fen: Vec<_> =
        found["items"].as_array().expect("a list").iter().map(|of| of["amount"]["fen"].as_i64()).collect();
    assert_eq!(fen, [Some(700)], "{found}");
    lunch.books_are_whole().await;
}

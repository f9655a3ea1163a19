//! Codes on phones at the counter: each is taken once, in its minute. And printed codes at two places at once.

use crate::lunch::{Lunch, id_of, told};
use serde_json::{Value, json};
use uuid::Uuid;
use yitong::credentials::{self, PhoneCaps, Use};
use yitong_code::{Credential, CredentialFields, Device, Protection, Purpose, Suite};
use yitong_values::{CredentialId, PersonId};

/// A phone of somebody, with the credential that it fetched.
pub struct Phone {
    pub device: Device,
    pub fields: CredentialFields,
    pub credential: Credential,
    pub id: CredentialId,
}

impl Phone {
    pub async fn of(lunch: &Lunch, person: &str) -> Phone {
        let app = &lunch.server.app;
        let device = Device::new(&[7; 32]).expect("a secret below the order");
        let id = CredentialId::new(app.new_id());
        let person = PersonId::new(person.parse().expect("an id"));
        let (school, now) = (lunch.school.0, app.now());
        let enrol = move |tx: &mut yitong::plumbing::db::Tx<'_>| {
            credentials::enrol_phone(tx, school, id, person, now, now.china_day().plus_days(400))
        };
        let numbers = app.db.write("enrol a phone", enrol).await.expect("a phone is enrolled");
        let caps = PhoneCaps { use_cap_yuan: 100, total_cap_5yuan: 40, uses: 20, life_hours: 24 };
        let fields = credentials::credential_fields(numbers, caps, Protection::Browser, device.public_key(), now);
        let (of, suite) = (Use::Of(Purpose::Credential), Suite::Ed25519);
        let signer = credentials::signer(&app.db, &app.seal, school, of, suite, now).await.expect("a key");
        Phone { device, fields, credential: signer.credential(&fields).expect("sound fields"), id }
    }

    /// What its screen shows, some milliseconds from the server's now.
    pub fn shows(&self, lunch: &Lunch, off_ms: i64, counter: u16) -> String {
        let at = lunch.server.app.now().ms() + off_ms;
        let starts = self.fields.starts_ms();
        self.device.dynamic_code(&self.credential, starts, at, counter).expect("a moment in its time")
    }
}

fn refusal(answer: &Value) -> &str {
    answer["refusal"]["code"].as_str().unwrap_or_else(|| answer["outcome"].as_str().unwrap_or_default())
}

async fn sell(lunch: &Lunch, code: &str) -> Value {
    lunch.pass_s(11);
    let ask = lunch.sale(json!({"code": code}), 500, json!({"confirm_duplicate": true}));
    lunch.put_sale(lunch.name(), ask).await.expect(200).json
}

#[tokio::test]
async fn a_code_on_a_phone_is_taken_once() {
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("1", "王小明", 10_000).await;
    let phone = Phone::of(&lunch, &person).await;
    lunch.pass_s(30);
    let first = phone.shows(&lunch, 0, 5);
    let (name, ask) = (lunch.name(), lunch.sale(json!({"code": first}), 500, json!({})));
    assert_eq!(lunch.put_sale(name, ask.clone()).await.expect(200).json["outcome"], "paid");
    let again = lunch.put_sale(name, ask).await.expect(200).json;
    assert_eq!(again["outcome"], "paid", "the same purchase gets its first answer: {again}");
    assert_eq!(refusal(&sell(&lunch, &first).await), "code_used");
    let earlier = phone.shows(&lunch, 0, 4);
    assert_eq!(refusal(&sell(&lunch, &earlier).await), "code_used");
    let next = phone.shows(&lunch, 0, 6);
    assert_eq!(refusal(&sell(&lunch, &next).await), "paid");
    assert_eq!(lunch.money(&person).await, (9_000, 0));
    // Two counters at the same moment: one of them sells.
    let same = phone.shows(&lunch, 0, 7);
    let sale = |stall: &str| lunch.sale(json!({"code": same}), 700, json!({"stall": stall}));
    let (here, there) = tokio::join!(
        lunch.put_sale(lunch.name(), sale(&lunch.stall)),
        lunch.put_sale(lunch.name(), sale(&lunch.other_stall)),
    );
    let mut said = [refusal(&here.json).to_owned(), refusal(&there.json).to_owned()];
    said.sort();
    assert_eq!(said, ["code_used", "paid"]);
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn a_code_on_a_phone_is_good_for_its_minute() {
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("1", "王小明", 10_000).await;
    let phone = Phone::of(&lunch, &person).await;
    lunch.pass_s(3_600);
    // `sell` lets eleven seconds pass first.
    let old = sell(&lunch, &phone.shows(&lunch, -55_000, 1)).await;
    assert_eq!(refusal(&old), "code_stale", "{old}");
    assert!(old["refusal"]["cashier_zh"].as_str().is_some_and(|zh| zh.contains("秒")), "{old}");
    let ahead = sell(&lunch, &phone.shows(&lunch, 60_000, 2)).await;
    assert_eq!(refusal(&ahead), "code_stale", "{ahead}");
    assert_eq!(refusal(&sell(&lunch, &phone.shows(&lunch, -40_000, 3)).await), "paid");
    let path = lunch.path(&format!("credentials/{}/report-lost", phone.id));
    lunch.admin.post(&path, json!({})).await.expect(200);
    assert_eq!(refusal(&sell(&lunch, &phone.shows(&lunch, 0, 4)).await), "code_lost");
    let path = lunch.path(&format!("credentials/{}/reinstate", phone.id));
    lunch.admin.post(&path, json!({})).await.expect(200);
    assert_eq!(refusal(&sell(&lunch, &phone.shows(&lunch, 0, 5)).await), "paid");
    // A day later the credential has ended, whoever signs with the phone's key.
    lunch.at(1, 12, 30).await;
    let over = phone.shows(&lunch, 0, 6);
    assert_eq!(refusal(&sell(&lunch, &over).await), "code_expired");
    let (_, strange) = lunch.on_other_school().await;
    assert_eq!(refusal(&sell(&lunch, &strange).await), "code_unknown");
}

/// A stall of a second canteen.
async fn far_stall(lunch: &Lunch) -> String {
    let places = lunch.admin.get(&lunch.path("places")).await.expect(200).json;
    let ask = json!({"campus": places["campuses"][0]["id"], "name": "二食堂", "seats": 100});
    let canteen = id_of(&lunch.admin.post(&lunch.path("canteens"), ask).await.expect(201));
    let ask = json!({"canteen": canteen, "name": "面点", "number": 3, "modes": ["amount"]});
    id_of(&lunch.admin.post(&lunch.path("stalls"), ask).await.expect(201))
}

#[tokio::test]
async fn one_card_at_two_canteens_raises_an_alarm_and_asks_for_the_photo() {
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("1", "王小明", 10_000).await;
    let (code, far) = (lunch.code(&person).await, far_stall(&lunch).await);
    let at = async |stall: &str, id: Uuid, more: Value| {
        let mut ask = lunch.sale(json!({"code": code}), 500, more);
        ask["stall"] = json!(stall);
        lunch.put_sale(id, ask).await.expect(200).json
    };
    assert_eq!(at(&lunch.stall, lunch.name(), json!({})).await["outcome"], "paid");
    lunch.pass_s(20);
    assert_eq!(at(&lunch.other_stall, lunch.name(), json!({})).await["outcome"], "paid", "the next stall, 20 s later");
    lunch.pass_s(60);
    let name = lunch.name();
    let asked = at(&far, name, json!({})).await;
    assert_eq!((&asked["outcome"], &asked["ask"]["code"]), (&json!("ask"), &json!("photo_check")), "{asked}");
    assert_eq!(asked["ask"]["seconds_ago"], 60);
    let alarms = async |query: &str| {
        lunch.admin.get(&lunch.path(&format!("copy-alarms{query}"))).await.expect(200).json["items"].clone()
    };
    let first = alarms("").await;
    assert_eq!((first.as_array().map(Vec::len), &first[0]["sold"]), (Some(1), &json!(false)), "{first}");
    assert_eq!(at(&far, name, json!({"confirm_photo": true})).await["outcome"], "paid");
    let then = alarms("?open=true").await;
    assert_eq!(then.as_array().map(Vec::len), Some(1), "one purchase, one alarm: {then}");
    assert_eq!((&then[0]["sold"], &then[0]["photo_checked"]), (&json!(true), &json!(true)));
    assert_eq!((&then[0]["stall"], &then[0]["last_stall"]), (&json!("二食堂 · 面点"), &json!("一食堂 · 小炒")));
    let path = lunch.path(&format!("copy-alarms/{name}/finding"));
    let wrong = lunch.admin.put(&path, json!({"finding": "perhaps"})).await;
    assert_eq!(told(&wrong), (422, "bad_finding", "finding"));
    lunch.admin.put(&path, json!({"finding": "copied", "note": "照片不是本人"})).await.expect(200);
    assert_eq!(alarms("?open=true").await, json!([]));
    assert_eq!(alarms("").await[0]["note"], "照片不是本人");
    let absent = lunch.path(&format!("copy-alarms/{}/finding", lunch.name()));
    assert_eq!(lunch.admin.put(&absent, json!({"finding": null})).await.status, 404);
    // A school that does not ask: sold at once, and reported all the same.
    lunch.policy(|policy| policy["codes"]["copy_photo_check"] = json!(false)).await;
    lunch.pass_s(30);
    assert_eq!(at(&lunch.stall, lunch.name(), json!({})).await["outcome"], "paid");
    assert_eq!(alarms("?open=true").await.as_array().map(Vec::len), Some(1));
    lunch.policy(|policy| policy["codes"]["copy_window_s"] = json!(0)).await;
    lunch.pass_s(30);
    assert_eq!(at(&far, lunch.name(), json!({})).await["outcome"], "paid");
    assert_eq!(alarms("?open=true").await.as_array().map(Vec::len), Some(1), "nobody looks");
    // Somebody whom the cashier picked shows no code that could be copied.
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn the_policy_of_codes_has_its_limits() {
    let lunch = Lunch::start().await;
    let put = async |field: &str, value: Value| {
        let mut policy = lunch.admin.get(&lunch.path("policy")).await.expect(200).json;
        policy["codes"][field] = value;
        lunch.admin.put(&lunch.path("policy"), policy).await
    };
    for (field, value, code) in [
        ("phone_use_cap", json!({"fen": 10_050}), "bad_amount"),
        ("phone_use_cap", json!({"fen": 20_100}), "bad_amount"),
        ("phone_total_cap", json!({"fen": 100}), "bad_amount"),
        ("phone_uses", json!(41), "bad_number"),
        ("phone_life_h", json!(0), "bad_number"),
        ("phone_life_h", json!(49), "bad_number"),
        ("copy_window_s", json!(3_601), "bad_number"),
    ] {
        assert_eq!(told(&put(field, value).await), (422, code, format!("codes.{field}").as_str()));
    }
    put("pupils_phone", json!(true)).await.expect(200);
    let mut policy = lunch.admin.get(&lunch.path("policy")).await.expect(200).json;
    policy.as_object_mut().expect("an object").remove("codes");
    lunch.admin.put(&lunch.path("policy"), policy).await.expect(200);
    let after = lunch.admin.get(&lunch.path("policy")).await.expect(200).json;
    assert_eq!(after["codes"]["pupils_phone"], true, "what is left out stays");
}

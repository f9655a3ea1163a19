//! Guardians: a code on the phone signs in, a paper code binds a child, and guessing leads nowhere.

use crate::lunch::{Lunch, told};
use crate::testkit::{Answer, Client};
use serde_json::{Value, json};
use yitong::notices::Confidential;

yitong::sql! {
    SECRETS = "SELECT id, secret FROM notice WHERE kind = 'sign_in_code' ORDER BY at DESC";
    TOLD = "SELECT params FROM notice WHERE kind = $1 ORDER BY at";
}

/// Names and numbers as in `Lunch::pupil`.
pub const MING: (&str, &str) = ("20260101", "王小明");

pub fn consents(given: &[&str]) -> Value {
    let one = |purpose: &&str| json!({"purpose": purpose, "version": 1, "given": given.contains(purpose)});
    ["account", "meals", "messages", "photo"].iter().map(one).collect()
}

pub fn all_consents() -> Value {
    consents(&["account", "meals", "messages", "photo"])
}

impl Lunch {
    /// The code that was sent to this phone last.
    pub async fn sent_code(&self, phone: &'static str) -> String {
        let seal = self.server.app.seal.clone();
        let rows = self.server.app.db.read(|tx| {
            let rows = tx.query(&SECRETS, &[])?;
            rows.iter().map(|row| Ok((row.id(0)?, row.blob(1)?))).collect::<Result<Vec<_>, _>>()
        });
        let opened = rows.await.expect("notices are read").into_iter();
        let mut opened = opened.map(|(id, sealed)| Confidential::open(&seal, id.into(), &sealed).expect("our seal"));
        opened.find(|opened| opened.address == phone).expect("a code was sent").params["code"].clone()
    }

    pub async fn ask_code(&self, client: &Client, phone: &str) -> Answer {
        client.post("/api/v1/guardian/signin/codes", json!({"phone": phone})).await
    }

    /// A guardian who signed in by the code on the phone.
    pub async fn parent(&self, phone: &'static str) -> Client {
        let client = self.server.visitor();
        self.ask_code(&client, phone).await.expect(202);
        let ask = json!({"phone": phone, "code": self.sent_code(phone).await});
        client.post("/api/v1/guardian/session", ask).await.expect(200);
        client
    }

    /// Paper codes of one person.
    pub async fn papers(&self, person: &str, count: i64) -> Vec<String> {
        let ask = json!({"people": [person], "count": count});
        let made = self.admin.post(&self.path("binding-codes"), ask).await.expect(201).json;
        let codes = made["items"][0]["codes"].as_array().expect("codes").iter();
        codes.map(|code| code.as_str().expect("a text").to_owned()).collect()
    }

    pub async fn look_up(&self, parent: &Client, (number, name): (&str, &str), code: &str) -> Answer {
        let ask = json!({"name": name, "number": number, "code": code});
        parent.post("/api/v1/guardian/bindings/look-up", ask).await
    }

    pub async fn bind(&self, parent: &Client, ticket: &Value, given: Value) -> Answer {
        let ask = json!({"ticket": ticket, "relation": "mother", "consents": given});
        parent.put(&format!("/api/v1/guardian/bindings/{}", self.name()), ask).await
    }

    /// Looks up and binds: the child as the guardian sees it.
    pub async fn bound_child(&self, parent: &Client, child: (&str, &str), code: &str) -> Value {
        let ticket = self.look_up(parent, child, code).await.expect(200).json["ticket"].clone();
        self.bind(parent, &ticket, all_consents()).await.expect(200).json
    }

    /// What messages of this kind say.
    pub async fn said(&self, kind: &'static str) -> Vec<Value> {
        let read = move |tx: &mut yitong::plumbing::db::Tx<'_>| {
            let rows = tx.query(&TOLD, &[kind.into()])?;
            rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>, _>>()
        };
        let found = self.server.app.db.read(read).await.expect("notices are read");
        found.iter().map(|text| serde_json::from_str(text).expect("params are JSON")).collect()
    }
}

#[tokio::test]
async fn a_code_on_the_phone_opens_a_session() {
    let lunch = Lunch::start().await;
    let client = lunch.server.visitor();
    let sent = lunch.ask_code(&client, "138 0013 8000").await.expect(202).json;
    assert_eq!(sent, json!({"sent_to": "138****8000", "again_after_s": 60, "expires_s": 300}));
    let code = lunch.sent_code("13800138000").await;
    let ask = json!({"phone": "13800138000", "code": format!(" {} {} ", &code[..3], &code[3..])});
    let answer = client.post("/api/v1/guardian/session", ask.clone()).await.expect(200);
    let cookie = answer.headers["set-cookie"].to_str().expect("a text");
    for part in ["yitong_guardian=", "Path=/api/v1/guardian;", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let session = answer.json;
    assert_eq!((&session["children"], &session["providers"]), (&json!([]), &json!([])));
    let guardian = &session["guardian"];
    assert_eq!((&guardian["phone_mask"], &guardian["locale"]), (&json!("138****8000"), &json!("zh")));
    assert_eq!((&guardian["quiet_from"], &guardian["quiet_to"]), (&json!("22:00"), &json!("07:00")));
    assert!(!session.to_string().contains("13800138000"));

    let again = lunch.server.visitor();
    let used = again.post("/api/v1/guardian/session", ask).await;
    assert_eq!(told(&used), (401, "signin_failed", "code"), "a code is good once");

    let settings = json!({"name": "小明妈妈", "locale": "en", "elder": true, "quiet_from": null, "quiet_to": null});
    client.patch("/api/v1/guardian/settings", settings).await.expect(200);
    let kept = client.get("/api/v1/guardian/session").await.expect(200).json;
    assert_eq!((&kept["guardian"]["name"], &kept["guardian"]["elder"]), (&json!("小明妈妈"), &json!(true)));
    assert_eq!((&kept["guardian"]["locale"], &kept["guardian"]["quiet_from"]), (&json!("en"), &Value::Null));
    assert_eq!(kept["guardian"]["id"], session["guardian"]["id"]);
    for (wrong, field) in [
        (json!({"quiet_from": "22:00"}), "quiet_from"),
        (json!({"quiet_from": "25:00", "quiet_to": "07:00"}), "quiet_from"),
        (json!({"locale": "fr"}), "locale"),
        (json!({"name": "长".repeat(21)}), "name"),
    ] {
        let answer = client.patch("/api/v1/guardian/settings", wrong).await;
        assert_eq!((answer.status, told(&answer).2), (422, field));
    }
    // Another time on another phone: the same guardian.
    lunch.pass_s(61);
    let other = lunch.parent("13800138000").await;
    let same = other.get("/api/v1/guardian/session").await.expect(200).json;
    assert_eq!(same["guardian"]["id"], session["guardian"]["id"]);
    client.delete("/api/v1/guardian/session").await.expect(204);
    assert_eq!(told(&client.get("/api/v1/guardian/session").await), (401, "signed_out", ""));
    lunch.pass_s(29 * 86_400);
    other.get("/api/v1/guardian/session").await.expect(200);
    lunch.pass_s(29 * 86_400);
    other.get("/api/v1/guardian/session").await.expect(200);
    lunch.pass_s(30 * 86_400 + 1);
    assert_eq!(told(&other.get("/api/v1/guardian/session").await), (401, "signed_out", ""));
}

#[tokio::test]
async fn codes_are_few_and_so_are_guesses() {
    let lunch = Lunch::start().await;
    let client = lunch.server.visitor();
    let try_code = async |phone: &str, code: &str| {
        let answer = client.post("/api/v1/guardian/session", json!({"phone": phone, "code": code})).await;
        (answer.status, answer.json["code"].as_str().unwrap_or_default().to_owned())
    };
    let wrong = (401, "signin_failed".to_owned());
    for bad in ["", "1380013800", "059112345678", "23800138000", "abc"] {
        assert_eq!(told(&lunch.ask_code(&client, bad).await), (422, "bad_phone", "phone"), "{bad}");
    }
    assert_eq!(try_code("13800000001", "123456").await, wrong, "nobody asked for a code");
    lunch.ask_code(&client, "13800000001").await.expect(202);
    let early = lunch.ask_code(&client, "13800000001").await;
    assert_eq!((told(&early).1, &early.json["retry_after_s"]), ("too_many_attempts", &json!(60)));
    assert_eq!(early.headers["retry-after"], "60");
    lunch.ask_code(&client, "13800000002").await.expect(202);
    let code = lunch.sent_code("13800000001").await;
    assert_eq!(try_code("13800000002", &code).await, wrong, "another phone's code");
    let other = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        assert_eq!(try_code("13800000001", other).await, wrong);
    }
    assert_eq!(try_code("13800000001", &code).await, wrong, "after five guesses the code is worth nothing");
    lunch.pass_s(60);
    lunch.ask_code(&client, "13800000001").await.expect(202);
    let late = lunch.sent_code("13800000001").await;
    lunch.pass_s(300);
    assert_eq!(try_code("13800000001", &late).await, wrong, "after five minutes, too");
    for _ in 2..5 {
        lunch.ask_code(&client, "13800000001").await.expect(202);
        lunch.pass_s(60);
    }
    let sixth = lunch.ask_code(&client, "13800000001").await;
    assert_eq!(sixth.status, 429, "five within an hour");
    let wait = sixth.json["retry_after_s"].as_i64().expect("seconds");
    lunch.pass_s(wait);
    lunch.ask_code(&client, "13800000001").await.expect(202);
    assert_eq!(try_code("13800000001", &lunch.sent_code("13800000001").await).await.0, 200);
}

#[tokio::test]
async fn a_paper_code_binds_a_child_once() {
    let lunch = Lunch::start().await;
    let person = lunch.pupil(MING.0, MING.1).await;
    let papers = lunch.papers(&person, 2).await;
    assert!(papers.iter().all(|code| code.len() == 14), "{papers:?}");
    let mother = lunch.parent("13800000001").await;
    let typed = papers[0].to_lowercase().replace('-', " ");
    let found = lunch.look_up(&mother, (MING.0, " 王 小明"), &typed).await.expect(200).json;
    assert_eq!(found["school"]["name"], "第10001中学");
    let child = json!({"name_mask": "王**", "number_mask": "20****01", "class": "七年级1班", "kind": "student"});
    assert_eq!((&found["child"], &found["expires_s"]), (&child, &json!(900)));
    assert_eq!(found["consents"].as_array().map(Vec::len), Some(4));
    assert!(!found.to_string().contains("王小明") && !found.to_string().contains(MING.0));

    let path = format!("/api/v1/guardian/bindings/{}", lunch.name());
    let ask = |given: Value| json!({"ticket": found["ticket"], "relation": "mother", "consents": given});
    let refused = mother.put(&path, ask(consents(&["meals"]))).await;
    assert_eq!(told(&refused), (422, "consent_required", "consents"));
    let missing = mother.put(&path, ask(json!([{"purpose": "account", "version": 1, "given": true}]))).await;
    assert_eq!(told(&missing), (422, "consents_incomplete", "consents"));
    let mut old = all_consents();
    old[1]["version"] = json!(0);
    assert_eq!(told(&mother.put(&path, ask(old)).await), (409, "consent_outdated", "consents"));

    let child = mother.put(&path, ask(consents(&["account", "meals"]))).await.expect(200).json;
    assert_eq!((&child["state"], &child["name"]), (&json!("active"), &json!("王小明")));
    assert_eq!((&child["person"], &child["status"]), (&json!(person), &json!("active")));
    assert_eq!(child["rights"], json!({"see": true, "pay": true, "control": true}), "the first guardian");
    let again = mother.put(&path, ask(consents(&["account", "meals"]))).await.expect(200).json;
    assert_eq!(again, child, "the same name gets the first answer");
    let other = json!({"ticket": found["ticket"], "relation": "father", "consents": all_consents()});
    assert_eq!(told(&mother.put(&path, other).await), (409, "name_taken", ""));
    assert_eq!(told(&lunch.look_up(&mother, MING, &papers[0]).await), (422, "binding_not_found", ""), "it was used");

    lunch.pass_s(61);
    let father = lunch.parent("13800000002").await;
    let stolen = lunch.bind(&father, &found["ticket"], all_consents()).await;
    assert_eq!(told(&stolen), (422, "ticket_over", ""), "a ticket is its guardian's");
    let child = lunch.bound_child(&father, MING, &papers[1]).await;
    assert_eq!(child["rights"], json!({"see": true, "pay": true, "control": false}), "who comes later");
    let said = lunch.said("binding_asked").await;
    assert_eq!(said.len(), 1, "the mother hears that somebody was bound: {said:?}");
    assert_eq!((&said[0]["child"], &said[0]["who_zh"]), (&json!("王小明"), &json!("138****0002 的家长")));

    let session = mother.get("/api/v1/guardian/session").await.expect(200).json;
    assert_eq!(session["children"].as_array().map(Vec::len), Some(1));
    let trail = lunch.admin.get(&lunch.path("audit?limit=200")).await.expect(200).json.to_string();
    assert!(trail.contains("binding.make") && trail.contains("binding_code.make"), "{trail}");
    assert!(papers.iter().all(|code| !trail.contains(code.as_str())), "the trail holds no code");
}

/// Whatever is wrong, the answer is one.
#[tokio::test]
async fn nothing_tells_why_a_look_up_did_not_fit() {
    let lunch = Lunch::start().await;
    let person = lunch.pupil(MING.0, MING.1).await;
    let gone = lunch.pupil("20260102", "李雷").await;
    let revoked = lunch.papers(&person, 1).await.remove(0);
    let good = lunch.papers(&person, 1).await.remove(0);
    let left = lunch.papers(&gone, 1).await.remove(0);
    lunch.admin.patch(&lunch.path(&format!("people/{gone}")), json!({"status": "left"})).await.expect(200);
    let mut answers = Vec::new();
    let phones = ["13800000001", "13800000002", "13800000003"];
    let mut parents = Vec::new();
    for phone in phones {
        parents.push(lunch.parent(phone).await);
    }
    for (i, (child, code)) in [
        ((MING.0, "王小红"), good.as_str()),
        (("20260109", MING.1), &good),
        (("", ""), &good),
        (MING, "0000-0000-0000"),
        (MING, ""),
        (MING, &revoked),
        (("20260102", "李雷"), &left),
    ]
    .into_iter()
    .enumerate()
    {
        let mut answer = lunch.look_up(&parents[i % 3], child, code).await.json;
        answer.as_object_mut().expect("an object").remove("request_id");
        answers.push(answer);
    }
    // Nobody guessed with this one yet.
    let late = lunch.papers(&person, 1).await.remove(0);
    lunch.pass_s(61 * 86_400);
    lunch.at(61, 12, 0).await;
    lunch.pass_s(120);
    let parent = lunch.parent("13800000004").await;
    let mut answer = lunch.look_up(&parent, MING, &late).await.json;
    answer.as_object_mut().expect("an object").remove("request_id");
    answers.push(answer);
    assert_eq!(answers[0]["code"], "binding_not_found");
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
}

#[tokio::test]
async fn guessing_is_slow_and_the_school_sees_it() {
    let lunch = Lunch::start().await;
    let person = lunch.pupil(MING.0, MING.1).await;
    let paper = lunch.papers(&person, 1).await.remove(0);
    let guesser = lunch.parent("13800000001").await;
    for n in 0..5 {
        let wrong = lunch.look_up(&guesser, MING, &format!("0000-0000-000{n}")).await;
        assert_eq!(told(&wrong), (422, "binding_not_found", ""));
    }
    let locked = lunch.look_up(&guesser, MING, &paper).await;
    assert_eq!((told(&locked).0, told(&locked).1), (429, "too_many_attempts"), "the right code waits, too");
    assert_eq!(locked.json["retry_after_s"], 900);
    // Somebody else at the same address is not to blame.
    let parent = lunch.parent("13800000002").await;
    lunch.look_up(&parent, (MING.0, "王大明"), &paper).await.expect(422);
    lunch.look_up(&parent, MING, &paper).await.expect(200);
    let list = lunch.admin.get(&lunch.path("bindings")).await.expect(200).json;
    assert_eq!(list["refused_today"], json!({"of_school": 1, "unknown_code": 5}));
    // A code whose name is guessed from many phones waits as well.
    for phone in ["13800000003", "13800000004", "13800000005", "13800000006"] {
        let other = lunch.parent(phone).await;
        lunch.look_up(&other, (MING.0, "王二明"), &paper).await.expect(422);
    }
    assert_eq!(lunch.look_up(&parent, MING, &paper).await.status, 429);
    let trail = lunch.admin.get(&lunch.path("audit?action=binding.too_many_tries")).await.expect(200).json;
    assert_eq!(trail["items"].as_array().map(Vec::len), Some(1), "{trail}");
    lunch.pass_s(900);
    lunch.look_up(&guesser, MING, &paper).await.expect(200);
    lunch.pass_s(86_400);
    lunch.at(1, 13, 0).await;
    let list = lunch.admin.get(&lunch.path("bindings")).await.expect(200).json;
    assert_eq!(list["refused_today"], json!({"of_school": 0, "unknown_code": 0}));
}

#[tokio::test]
async fn of_two_with_one_code_one_is_first() {
    let lunch = Lunch::start().await;
    for n in 0..8 {
        let (number, name) =
            (format!("2026020{n}"), ["赵一", "钱二", "孙三", "李四", "周五", "吴六", "郑七", "冯八"][n]);
        let person = lunch.pupil(&number, name).await;
        let paper = lunch.papers(&person, 1).await.remove(0);
        lunch.pass_s(3_600);
        let (a, b) = (lunch.parent("13800000001").await, lunch.parent("13800000002").await);
        let mut tickets = Vec::new();
        for parent in [&a, &b] {
            tickets.push(lunch.look_up(parent, (&number, name), &paper).await.expect(200).json["ticket"].clone());
        }
        let (one, two) =
            tokio::join!(lunch.bind(&a, &tickets[0], all_consents()), lunch.bind(&b, &tickets[1], all_consents()));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 422], "{} {}", one.json, two.json);
        let list = lunch.admin.get(&lunch.path(&format!("bindings?person={person}"))).await.expect(200).json;
        assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(list["items"][0]["rights"]["control"], true);
        lunch.admin.post("/api/v1/session", json!({"username": "admin", "password": crate::cast::PASSWORD})).await;
    }
}

#[tokio::test]
async fn who_unbinds_can_bind_again() {
    let lunch = Lunch::start().await;
    let person = lunch.pupil(MING.0, MING.1).await;
    let papers = lunch.papers(&person, 3).await;
    let parent = lunch.parent("13800000001").await;
    let child = lunch.bound_child(&parent, MING, &papers[0]).await;
    let ticket = lunch.look_up(&parent, MING, &papers[1]).await.expect(200).json["ticket"].clone();
    assert_eq!(told(&lunch.bind(&parent, &ticket, all_consents()).await), (409, "already_bound", ""));
    let path = format!("/api/v1/guardian/bindings/{}", child["binding"].as_str().expect("an id"));
    let stranger = lunch.parent("13800000002").await;
    assert_eq!(stranger.delete(&path).await.status, 404);
    parent.delete(&path).await.expect(204);
    parent.delete(&path).await.expect(204);
    let session = parent.get("/api/v1/guardian/session").await.expect(200).json;
    assert_eq!(session["children"], json!([]));
    let gone = format!("/api/v1/guardian/children/{}/consents", child["binding"].as_str().expect("an id"));
    assert_eq!(parent.get(&gone).await.status, 404);
    let again = lunch.bind(&parent, &ticket, all_consents()).await.expect(200).json;
    assert_eq!(again["rights"]["control"], true, "nobody else is there: the first again");
    // A child who leaves the school keeps its guardians, who see that it has.
    lunch.admin.patch(&lunch.path(&format!("people/{person}")), json!({"status": "left"})).await.expect(200);
    let session = parent.get("/api/v1/guardian/session").await.expect(200).json;
    let child = &session["children"][0];
    assert_eq!((&child["state"], &child["status"]), (&json!("active"), &json!("left")));
}

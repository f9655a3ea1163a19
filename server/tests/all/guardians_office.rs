//! Guardians and the school: questions, custody, rights, consents, wrong data.

use crate::guardians::{MING, all_consents, consents};
use crate::lunch::{Lunch, told};
use crate::testkit::{Answer, Client};
use serde_json::{Value, json};
use yitong::guardians::watchers;
use yitong::signin::roles::Role;
use yitong_values::PersonId;

fn id(of: &Value) -> &str {
    of.as_str().expect("an id")
}

impl Lunch {
    async fn ask_school(&self, parent: &Client, (number, name): (&str, &str)) -> Answer {
        let ask = json!({"school": self.school.0.to_string(), "name": name, "number": number,
            "message": "我是他奶奶", "relation": "grandparent", "consents": all_consents()});
        parent.put(&format!("/api/v1/guardian/bindings/{}", self.name()), ask).await
    }

    async fn office(&self, binding: &str, what: &str, ask: Value) -> Answer {
        self.admin.put(&self.path(&format!("bindings/{binding}/{what}")), ask).await
    }

    /// How many watch this person, and how many of them agreed to purchases.
    async fn watched(&self, person: &str) -> (usize, usize) {
        let (school, person): (_, PersonId) = (self.school.0, person.parse().expect("an id"));
        let found = self.server.app.db.read(move |tx| watchers(tx, school, person)).await.expect("they are read");
        (found.len(), found.iter().filter(|watcher| watcher.consents.meals).count())
    }
}

#[tokio::test]
async fn the_school_answers_who_asks() {
    let lunch = Lunch::start().await;
    let person = lunch.pupil(MING.0, MING.1).await;
    let parent = lunch.parent("13800000001").await;
    let found = parent.get("/api/v1/guardian/schools?q=10001").await.expect(200).json;
    assert_eq!(found["items"], json!([{"id": lunch.school.0.to_string(), "name": "第10001中学"}]));
    assert_eq!(told(&parent.get("/api/v1/guardian/schools?q=1").await), (422, "too_short", "q"));
    let texts = parent.get(&format!("/api/v1/guardian/consent-texts?school={}", lunch.school.0)).await.expect(200);
    assert_eq!(texts.json["items"][0]["required"], true);

    let real = lunch.ask_school(&parent, MING).await.expect(200).json;
    let unreal = lunch.ask_school(&parent, ("99999999", "没有人")).await.expect(200).json;
    for (child, name) in [(&real, "王小明"), (&unreal, "没有人")] {
        assert_eq!((&child["state"], &child["name"]), (&json!("pending"), &json!(name)));
        assert_eq!((&child["person"], &child["class"], &child["status"]), (&Value::Null, &Value::Null, &Value::Null));
        assert_eq!(child["rights"], json!({"see": false, "pay": false, "control": false}));
    }
    let list = lunch.admin.get(&lunch.path("bindings?state=pending")).await.expect(200).json;
    assert_eq!((list["items"].as_array().map(Vec::len), &list["pending"]), (Some(2), &json!(2)));
    let shown = lunch.admin.get(&lunch.path(&format!("bindings/{}", id(&real["binding"])))).await.expect(200).json;
    assert_eq!(shown["typed"], json!({"name": "王小明", "number": MING.0, "message": "我是他奶奶"}));
    assert_eq!(shown["candidates"][0]["person"]["id"], person);
    assert_eq!(
        (&shown["candidates"][0]["fits_name"], &shown["candidates"][0]["fits_number"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(lunch.watched(&person).await.0, 0, "nobody sees anything yet");

    let unnamed = lunch.office(id(&real["binding"]), "answer", json!({"approve": true})).await;
    assert_eq!(told(&unnamed), (422, "person_missing", "person"));
    let silent = lunch.office(id(&unreal["binding"]), "answer", json!({"approve": false})).await;
    assert_eq!(told(&silent), (422, "words_missing", "answer"));
    let yes = json!({"approve": true, "person": person});
    let bound = lunch.office(id(&real["binding"]), "answer", yes.clone()).await.expect(200).json;
    assert_eq!((&bound["state"], &bound["rights"]["control"]), (&json!("active"), &json!(true)));
    assert_eq!(told(&lunch.office(id(&real["binding"]), "answer", yes).await), (409, "already_answered", ""));
    let no = json!({"approve": false, "answer": "查无此人"});
    lunch.office(id(&unreal["binding"]), "answer", no).await.expect(200);
    let session = parent.get("/api/v1/guardian/session").await.expect(200).json;
    let states: Vec<_> = session["children"].as_array().expect("two").iter().map(|child| &child["state"]).collect();
    assert!(states.contains(&&json!("active")) && states.contains(&&json!("refused")), "{session}");
    let answers: Vec<String> =
        lunch.said("binding_answered").await.iter().map(|said| said["answer_zh"].to_string()).collect();
    assert_eq!(answers.len(), 2);
    assert!(answers.iter().any(|answer| answer.contains("查无此人")), "{answers:?}");
    // What was typed goes when it has served.
    let shown = lunch.admin.get(&lunch.path(&format!("bindings/{}", id(&real["binding"])))).await.expect(200).json;
    assert_eq!((&shown["typed"], &shown["candidates"]), (&Value::Null, &json!([])));
    parent.delete(&format!("/api/v1/guardian/bindings/{}", id(&unreal["binding"]))).await.expect(204);
    for n in 0..5 {
        lunch.ask_school(&parent, (&format!("3{n}"), "没有人")).await.expect(200);
    }
    assert_eq!(told(&lunch.ask_school(&parent, ("40", "没有人")).await), (422, "too_many_asks", ""));
}

#[tokio::test]
async fn a_guardian_who_is_locked_out_does_not_come_back() {
    let lunch = Lunch::start().await;
    let person = lunch.pupil(MING.0, MING.1).await;
    let papers = lunch.papers(&person, 4).await;
    let (mother, father) = (lunch.parent("13800000001").await, lunch.parent("13800000002").await);
    let hers = lunch.bound_child(&mother, MING, &papers[0]).await;
    lunch.pass_s(1);
    let his = lunch.bound_child(&father, MING, &papers[1]).await;
    let (hers, his) = (id(&hers["binding"]).to_owned(), id(&his["binding"]).to_owned());
    assert_eq!(lunch.watched(&person).await.0, 2);
    assert_eq!(told(&lunch.office(&his, "lock", json!({"locked": true})).await), (422, "words_missing", "reason"));
    let lock = json!({"locked": true, "reason": "法院判决书"});
    let locked = lunch.office(&his, "lock", lock).await.expect(200).json;
    assert_eq!((&locked["state"], &locked["locked"]), (&json!("locked"), &json!(true)));
    assert_eq!(lunch.watched(&person).await.0, 1);
    assert_eq!(father.get(&format!("/api/v1/guardian/children/{his}/data-reports")).await.status, 404);
    let child = father.get("/api/v1/guardian/session").await.expect(200).json["children"][0].clone();
    assert_eq!((&child["state"], &child["person"], &child["class"]), (&json!("locked"), &Value::Null, &Value::Null));
    assert_eq!((&child["name"], &child["number_mask"]), (&json!("王**"), &json!("")));

    // Neither by ending it, nor by another code, nor by the other guardian.
    assert_eq!(father.delete(&format!("/api/v1/guardian/bindings/{his}")).await.status, 404);
    assert_eq!(told(&lunch.look_up(&father, MING, &papers[2]).await), (422, "binding_not_found", ""));
    let by_mother = format!("/api/v1/guardian/children/{hers}/guardians/{his}");
    let all = json!({"see": true, "pay": true, "control": true});
    assert_eq!(told(&mother.put(&by_mother, all.clone()).await), (409, "locked_by_school", ""));
    assert_eq!(told(&mother.delete(&by_mother).await), (409, "locked_by_school", ""));
    lunch.admin.delete(&lunch.path(&format!("bindings/{his}"))).await.expect(204);
    assert_eq!(told(&lunch.look_up(&father, MING, &papers[2]).await), (422, "binding_not_found", ""));
    let asked = lunch.ask_school(&father, MING).await.expect(200).json;
    let yes = json!({"approve": true, "person": person});
    assert_eq!(told(&lunch.office(id(&asked["binding"]), "answer", yes).await), (409, "locked_out", ""));

    let trail = lunch.admin.get(&lunch.path("audit?action=binding.lock")).await.expect(200).json;
    assert_eq!(trail["items"][0]["after"]["reason"], "法院判决书");
    lunch.office(&his, "lock", json!({"locked": false})).await.expect(200);
    lunch.bound_child(&father, MING, &papers[2]).await;

    // A phone that never came.
    let ask = json!({"phone": "13800000009", "reason": "母亲申请"});
    lunch.admin.post(&lunch.path(&format!("people/{person}/guardian-locks")), ask.clone()).await.expect(201);
    lunch.admin.post(&lunch.path(&format!("people/{person}/guardian-locks")), ask).await.expect(201);
    let uncle = lunch.parent("13800000009").await;
    assert_eq!(told(&lunch.look_up(&uncle, MING, &papers[3]).await), (422, "binding_not_found", ""));
    let list = lunch.admin.get(&lunch.path("bindings?state=locked&q=13800000009")).await.expect(200).json;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
}

#[tokio::test]
async fn who_controls_gives_and_takes_rights() {
    let lunch = Lunch::start().await;
    let person = lunch.pupil(MING.0, MING.1).await;
    let papers = lunch.papers(&person, 3).await;
    let (mother, father) = (lunch.parent("13800000001").await, lunch.parent("13800000002").await);
    let hers = lunch.bound_child(&mother, MING, &papers[0]).await;
    lunch.pass_s(1);
    let his = lunch.bound_child(&father, MING, &papers[1]).await;
    let (hers, his) = (id(&hers["binding"]).to_owned(), id(&his["binding"]).to_owned());
    let others = format!("/api/v1/guardian/children/{hers}/guardians");
    let list = mother.get(&others).await.expect(200).json;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2));
    assert_eq!((&list["items"][0]["own"], &list["items"][1]["phone_mask"]), (&json!(true), &json!("138****0002")));
    let his_view = father.get(&format!("/api/v1/guardian/children/{his}/guardians")).await;
    assert_eq!((told(&his_view).1, &his_view.json["right"]), ("right_missing", &json!("control")));

    let all = json!({"see": true, "pay": true, "control": true});
    let changed = mother.put(&format!("{others}/{his}"), all.clone()).await.expect(200).json;
    assert_eq!(changed["items"][1]["rights"]["control"], true);
    father.get(&format!("/api/v1/guardian/children/{his}/guardians")).await.expect(200);
    assert_eq!(told(&mother.put(&format!("{others}/{hers}"), all).await), (409, "own_binding", ""));
    assert_eq!(mother.delete(&format!("{others}/{}", lunch.name())).await.status, 404);

    // The school can take away what a guardian gave; not seeing is seeing nothing.
    let nothing = json!({"see": false, "pay": false, "control": false});
    lunch.office(&his, "rights", nothing).await.expect(200);
    assert_eq!(lunch.watched(&person).await.0, 1);
    assert_eq!(told(&father.get(&format!("/api/v1/guardian/children/{his}/consents")).await).1, "right_missing");
    mother.delete(&format!("{others}/{his}")).await.expect(204);
    let session = father.get("/api/v1/guardian/session").await.expect(200).json;
    assert_eq!(session["children"], json!([]));
    let again = lunch.bound_child(&father, MING, &papers[2]).await;
    assert_eq!(again["rights"]["control"], false);
}

#[tokio::test]
async fn a_consent_is_given_and_withdrawn() {
    let lunch = Lunch::start().await;
    let person = lunch.pupil(MING.0, MING.1).await;
    let paper = lunch.papers(&person, 1).await.remove(0);
    let parent = lunch.parent("13800000001").await;
    let ticket = lunch.look_up(&parent, MING, &paper).await.expect(200).json["ticket"].clone();
    let child = lunch.bind(&parent, &ticket, consents(&["account", "meals"])).await.expect(200).json;
    let path = format!("/api/v1/guardian/children/{}/consents", id(&child["binding"]));
    let given = async || {
        let answer = parent.get(&path).await.expect(200).json;
        let items = answer["items"].as_array().expect("four").clone();
        items.iter().map(|item| item["given"].as_bool().expect("yes or no")).collect::<Vec<_>>()
    };
    assert_eq!(given().await, [true, true, false, false]);
    assert_eq!(lunch.watched(&person).await, (1, 1));
    lunch.pass_s(1);
    parent.put(&format!("{path}/meals"), json!({"version": 1, "given": false})).await.expect(200);
    assert_eq!(given().await, [true, false, false, false]);
    assert_eq!(lunch.watched(&person).await, (1, 0), "no messages about purchases");
    lunch.pass_s(1);
    parent.put(&format!("{path}/photo"), json!({"version": 1, "given": true})).await.expect(200);
    let old = parent.put(&format!("{path}/messages"), json!({"version": 0, "given": true})).await;
    assert_eq!(told(&old), (409, "consent_outdated", "consents"));
    assert_eq!(parent.put(&format!("{path}/all"), json!({"version": 1, "given": true})).await.status, 404);

    let unsure = parent.put(&format!("{path}/account"), json!({"version": 1, "given": false})).await;
    assert_eq!(told(&unsure), (409, "ends_binding", ""));
    assert_eq!(lunch.watched(&person).await.0, 1);
    lunch.pass_s(1);
    let sure = json!({"version": 1, "given": false, "end_binding": true});
    parent.put(&format!("{path}/account"), sure).await.expect(200);
    assert_eq!(parent.get(&path).await.status, 404);
    assert_eq!(lunch.watched(&person).await.0, 0);

    let history = lunch.path(&format!("bindings/{}/consents", id(&child["binding"])));
    let answers = lunch.admin.get(&history).await.expect(200).json;
    let said: Vec<_> = answers["items"]
        .as_array()
        .expect("answers")
        .iter()
        .map(|a| (a["purpose"].clone(), a["given"].clone()))
        .collect();
    assert_eq!(said.len(), 7, "{answers}");
    assert_eq!(said[..3], [("account", false), ("photo", true), ("meals", false)].map(|(p, g)| (json!(p), json!(g))));
}

#[tokio::test]
async fn wrong_data_is_told_and_answered() {
    let lunch = Lunch::start().await;
    let person = lunch.pupil(MING.0, MING.1).await;
    let paper = lunch.papers(&person, 1).await.remove(0);
    let parent = lunch.parent("13800000001").await;
    let child = lunch.bound_child(&parent, MING, &paper).await;
    let path = format!("/api/v1/guardian/children/{}/data-reports", id(&child["binding"]));
    let ask = json!({"id": lunch.name(), "field": "class", "text": "应为七年级2班"});
    let made = parent.post(&path, ask.clone()).await.expect(201).json;
    assert_eq!((&made["state"], &made["text"]), (&json!("open"), &json!("应为七年级2班")));
    assert_eq!(parent.post(&path, ask.clone()).await.expect(201).json, made, "repeating is safe");
    let mut other = ask.clone();
    other["text"] = json!("应为七年级3班");
    assert_eq!(told(&parent.post(&path, other).await), (409, "name_taken", ""));
    for (change, code) in [(json!({"field": "colour"}), "unknown_field"), (json!({"text": " "}), "bad_text")] {
        let mut ask = json!({"id": lunch.name(), "field": "name", "text": "应为王晓明"});
        ask.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        assert_eq!(told(&parent.post(&path, ask).await).1, code);
    }
    let list = lunch.admin.get(&lunch.path("data-reports?state=open")).await.expect(200).json;
    assert_eq!((&list["open"], &list["items"][0]["name"]), (&json!(1), &json!("王小明")));
    assert_eq!(list["items"][0]["report"]["text"], "应为七年级2班");
    let answer = lunch.path(&format!("data-reports/{}/answer", id(&made["id"])));
    let teacher = lunch.server.signed_in("teacher", lunch.school, Role::Teacher).await;
    assert_eq!(told(&teacher.put(&answer, json!({"answer": "已更正"})).await).1, "forbidden");
    lunch.admin.put(&answer, json!({"answer": "已更正"})).await.expect(200);
    lunch.admin.put(&answer, json!({"answer": "已更正"})).await.expect(200);
    assert_eq!(told(&lunch.admin.put(&answer, json!({"answer": "未更正"})).await).1, "already_answered");
    let seen = parent.get(&path).await.expect(200).json;
    assert_eq!((&seen["items"][0]["state"], &seen["items"][0]["answer"]), (&json!("answered"), &json!("已更正")));
    let said = lunch.said("data_report_answered").await;
    assert_eq!((said.len(), &said[0]["field_zh"], &said[0]["answer"]), (1, &json!("班级"), &json!("已更正")));
    let trail = lunch.admin.get(&lunch.path("audit?limit=200")).await.expect(200).json.to_string();
    assert!(trail.contains("data_report.make") && !trail.contains("七年级2班"), "{trail}");
}

#[tokio::test]
async fn a_class_gets_its_papers() {
    let lunch = Lunch::start().await;
    let (ming, lei) = (lunch.pupil(MING.0, MING.1).await, lunch.pupil("20260102", "李雷").await);
    let codes = lunch.path("binding-codes");
    for (ask, field) in [
        (json!({}), "people"),
        (json!({"class": lunch.class, "people": [ming]}), "people"),
        (json!({"class": lunch.class, "count": 5}), "count"),
        (json!({"class": lunch.class, "days": 0}), "days"),
    ] {
        let refused = lunch.admin.post(&codes, ask).await;
        assert_eq!((refused.status, told(&refused).2), (422, field));
    }
    let made = lunch.admin.post(&codes, json!({"class": lunch.class, "count": 2, "days": 7})).await.expect(201).json;
    let items = made["items"].as_array().expect("items");
    assert_eq!(
        (items.len(), &items[0]["name"], items[1]["codes"].as_array().map(Vec::len)),
        (2, &json!("王小明"), Some(2))
    );
    assert_eq!(made["expires_at"], "2026-12-02T00:00:00.000+08:00");
    let status = async |person: &str| {
        let list = lunch.admin.get(&lunch.path("binding-codes")).await.expect(200).json;
        let of = list["items"].as_array().expect("items").iter().find(|item| item["person"] == person).cloned();
        let of = of.expect("the pupil is listed");
        (of["open"].clone(), of["used"].clone(), of["guardians"].clone())
    };
    let counts = |open: i64, used: i64, guardians: i64| (json!(open), json!(used), json!(guardians));
    assert_eq!(status(&lei).await, counts(2, 0, 0));
    let parent = lunch.parent("13800000001").await;
    lunch.bound_child(&parent, ("20260102", "李雷"), items[1]["codes"][0].as_str().expect("a code")).await;
    assert_eq!(status(&lei).await, counts(1, 1, 1));
    lunch.admin.delete(&lunch.path(&format!("people/{lei}/binding-codes"))).await.expect(204);
    assert_eq!((status(&lei).await, status(&ming).await), (counts(0, 1, 1), counts(2, 0, 0)));
    let late = items[1]["codes"][1].as_str().expect("a code");
    let other = lunch.parent("13800000002").await;
    assert_eq!(told(&lunch.look_up(&other, ("20260102", "李雷"), late).await).1, "binding_not_found");
}

#[tokio::test]
async fn another_schools_office_sees_and_changes_nothing() {
    let lunch = Lunch::start().await;
    let person = lunch.pupil(MING.0, MING.1).await;
    let paper = lunch.papers(&person, 1).await.remove(0);
    let parent = lunch.parent("13800000001").await;
    let child = lunch.bound_child(&parent, MING, &paper).await;
    let path = format!("/api/v1/guardian/children/{}/data-reports", id(&child["binding"]));
    let ask = json!({"id": lunch.name(), "field": "class", "text": "应为七年级2班"});
    let report = parent.post(&path, ask).await.expect(201).json;
    let there = lunch.server.school("10002").await;
    let other = lunch.server.signed_in("other-admin", there, Role::SchoolAdmin).await;
    let (binding, report) = (id(&child["binding"]), id(&report["id"]));
    let all = json!({"see": true, "pay": true, "control": true});
    for (rest, ask) in [
        (format!("bindings/{binding}/answer"), json!({"approve": true, "person": person})),
        (format!("bindings/{binding}/rights"), all),
        (format!("bindings/{binding}/lock"), json!({"locked": true, "reason": "判决"})),
        (format!("data-reports/{report}/answer"), json!({"answer": "已更正"})),
    ] {
        assert_eq!(told(&other.put(&there.path(&rest), ask).await), (404, "not_found", ""), "{rest}");
    }
    for rest in [format!("bindings/{binding}"), format!("bindings/{binding}/consents")] {
        assert_eq!(other.get(&there.path(&rest)).await.status, 404, "{rest}");
    }
    assert_eq!(other.delete(&there.path(&format!("bindings/{binding}"))).await.status, 404);
    let codes = other.post(&there.path("binding-codes"), json!({"people": [person]})).await;
    assert_eq!(codes.status, 404);
    assert_eq!(other.get(&there.path("bindings")).await.expect(200).json["items"], json!([]));
    assert_eq!(other.get(&there.path("data-reports")).await.expect(200).json["items"], json!([]));
    let session = parent.get("/api/v1/guardian/session").await.expect(200).json;
    assert_eq!(session["children"][0]["state"], "active");
}

//! A class teacher and the guardians: of the own classes, and of nobody else.

use crate::cast::PASSWORD;
use crate::guardians::{MING, all_consents};
use crate::lunch::{Lunch, id_of, told};
use crate::testkit::{Answer, Client};
use serde_json::{Value, json};

/// In another class than `MING`.
const HONG: (&str, &str) = ("20260201", "李小红");

/// A pupil in each of two classes, and a teacher who has the first.
struct Two {
    lunch: Lunch,
    teacher: Client,
    user: String,
    ming: String,
    hong: String,
    other_class: String,
}

impl Two {
    async fn start() -> Two {
        let lunch = Lunch::start().await;
        let ming = lunch.pupil(MING.0, MING.1).await;
        let made = lunch.admin.post(&lunch.path("classes"), json!({"name": "七年级2班"})).await.expect(201);
        let other_class = id_of(&made);
        let ask = json!({"kind": "student", "number": HONG.0, "name": HONG.1, "class": other_class});
        let hong = id_of(&lunch.admin.post(&lunch.path("people"), ask).await.expect(201));
        let grants = json!([grant(&lunch, &[&lunch.class])]);
        let ask = json!({"name": "郑老师", "username": "zheng", "password": PASSWORD, "grants": grants});
        let user = id_of(&lunch.admin.post(&lunch.path("users"), ask).await.expect(201));
        let teacher = lunch.server.visitor();
        teacher.post("/api/v1/session", json!({"username": "zheng", "password": PASSWORD})).await.expect(200);
        Two { lunch, teacher, user, ming, hong, other_class }
    }

    async fn ask(&self, phone: &'static str, (number, name): (&str, &str)) -> String {
        let ask = json!({"school": self.lunch.school.0.to_string(), "name": name, "number": number,
            "message": "", "relation": "mother", "consents": all_consents()});
        let parent = self.lunch.parent(phone).await;
        let path = format!("/api/v1/guardian/bindings/{}", self.lunch.name());
        let child = parent.put(&path, ask).await.expect(200).json;
        child["binding"].as_str().expect("an id").to_owned()
    }

    async fn list(&self, query: &str) -> Value {
        self.teacher.get(&self.lunch.path(&format!("bindings{query}"))).await.expect(200).json
    }

    async fn answer(&self, binding: &str, ask: Value) -> Answer {
        self.teacher.put(&self.lunch.path(&format!("bindings/{binding}/answer")), ask).await
    }

    async fn teaches(&self, classes: &[&str]) -> Answer {
        let path = self.lunch.path(&format!("users/{}", self.user));
        self.lunch.admin.patch(&path, json!({"grants": [grant(&self.lunch, classes)]})).await
    }
}

fn grant(lunch: &Lunch, classes: &[&str]) -> Value {
    json!({"role": "teacher", "scope_kind": "school", "scope_id": lunch.school.0.to_string(), "classes": classes})
}

fn ids(list: &Value) -> Vec<&str> {
    list["items"].as_array().expect("a list").iter().filter_map(|item| item["id"].as_str()).collect()
}

fn children(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().expect("a list").iter();
    items.filter_map(|item| item["person"]["id"].as_str()).collect()
}

#[tokio::test]
async fn a_class_teacher_answers_for_the_own_class() {
    let two = Two::start().await;
    let own = two.ask("13800000001", MING).await;
    two.lunch.pass_s(1);
    let others = two.ask("13800000002", HONG).await;
    // Only name and number together bring a question to the teacher; the office has them all.
    let misspelt = two.ask("13800000003", (MING.0, "王小朋")).await;
    let list = two.list("?state=pending").await;
    assert_eq!((ids(&list), &list["pending"]), (vec![own.as_str()], &json!(1)));
    assert_eq!(list["refused_today"], Value::Null, "the school's numbers are not the class's");
    let all = two.lunch.admin.get(&two.lunch.path("bindings")).await.expect(200).json;
    assert_eq!((ids(&all).len(), &all["pending"], &all["refused_today"]["of_school"]), (3, &json!(3), &json!(0)));

    let yes = json!({"approve": true, "person": two.ming});
    for absent in [&others, &misspelt] {
        assert_eq!(told(&two.answer(absent, yes.clone()).await), (404, "not_found", ""));
        let path = two.lunch.path(&format!("bindings/{absent}"));
        assert_eq!(two.teacher.get(&path).await.status, 404);
        assert_eq!(two.teacher.get(&format!("{path}/consents")).await.status, 404);
    }
    let shown = two.teacher.get(&two.lunch.path(&format!("bindings/{own}"))).await.expect(200).json;
    assert_eq!(shown["candidates"][0]["person"]["id"], two.ming);
    // Nor does a question of the own class lead to a child of another.
    let elsewhere = json!({"approve": true, "person": two.hong});
    assert_eq!(told(&two.answer(&own, elsewhere).await), (422, "unknown_person", "person"));
    let bound = two.answer(&own, yes).await.expect(200).json;
    assert_eq!((&bound["state"], &bound["person"]["id"]), (&json!("active"), &json!(two.ming)));
    // What is more than an answer stays the office's.
    let path = two.lunch.path(&format!("bindings/{own}"));
    assert_eq!(told(&two.teacher.delete(&path).await), (403, "forbidden", ""));
    let lock = json!({"locked": true, "reason": "法院判决书"});
    assert_eq!(told(&two.teacher.put(&format!("{path}/lock"), lock).await), (403, "forbidden", ""));
    let trail = two.lunch.admin.get(&two.lunch.path("audit?action=binding.answer")).await.expect(200).json;
    assert_eq!(trail["items"][0]["actor"]["name"], "郑老师");
}

#[tokio::test]
async fn a_class_teacher_sees_the_own_class_alone() {
    let two = Two::start().await;
    let mother = two.lunch.parent("13800000001").await;
    for (person, child) in [(&two.ming, MING), (&two.hong, HONG)] {
        let paper = two.lunch.papers(person, 1).await.remove(0);
        let bound = two.lunch.bound_child(&mother, child, &paper).await;
        let path = format!("/api/v1/guardian/children/{}/data-reports", bound["binding"].as_str().expect("an id"));
        mother.post(&path, json!({"id": two.lunch.name(), "field": "name", "text": "姓名有误"})).await.expect(201);
        two.lunch.pass_s(1);
    }
    let reports = async || two.teacher.get(&two.lunch.path("data-reports")).await.expect(200).json;
    assert_eq!(children(&two.list("").await), [&two.ming]);
    for nothing in [format!("?person={}", two.hong), format!("?class={}", two.other_class)] {
        assert_eq!(two.list(&nothing).await["items"], json!([]));
    }
    assert_eq!(children(&two.list("?q=13800000001").await), [&two.ming]);
    let found = reports().await;
    assert_eq!((found["items"].as_array().map(Vec::len), &found["open"]), (Some(1), &json!(1)));
    assert_eq!(found["items"][0]["person"], two.ming);

    // A pupil who moves to another class goes out of sight.
    let path = two.lunch.path(&format!("people/{}", two.ming));
    two.lunch.admin.patch(&path, json!({"class": two.other_class})).await.expect(200);
    assert_eq!(two.list("").await["items"], json!([]));
    two.teaches(&[&two.other_class]).await.expect(200);
    assert_eq!(children(&two.list("").await).len(), 2);
    // Without classes there is nothing.
    let none = two.teaches(&[]).await.expect(200).json;
    assert_eq!(none["grants"][0]["classes"], json!([]));
    assert_eq!(two.list("").await["items"], json!([]));
    let found = reports().await;
    assert_eq!((&found["items"], &found["open"]), (&json!([]), &json!(0)));
    // Who is more than a teacher sees the whole school.
    let auditor = json!({"role": "auditor", "scope_kind": "school", "scope_id": two.lunch.school.0.to_string()});
    let both = json!({"grants": [grant(&two.lunch, &[]), auditor]});
    two.lunch.admin.patch(&two.lunch.path(&format!("users/{}", two.user)), both).await.expect(200);
    assert_eq!(children(&two.list("").await).len(), 2);
}

#[tokio::test]
async fn classes_are_given_to_teachers_of_the_school() {
    let two = Two::start().await;
    let shown = two.lunch.admin.get(&two.lunch.path("users?q=zheng")).await.expect(200).json;
    assert_eq!(shown["items"][0]["grants"][0]["classes"], json!([{"id": two.lunch.class, "name": "七年级1班"}]));
    let trail = two.lunch.admin.get(&two.lunch.path("audit?action=user.create")).await.expect(200).json;
    assert_eq!(trail["items"][0]["after"]["roles"], json!(["teacher@七年级1班"]));
    let elsewhere = two.lunch.server.school("10002").await;
    let stranger = two.lunch.server.signed_in("there", elsewhere, yitong::signin::roles::Role::SchoolAdmin).await;
    let theirs = id_of(&stranger.post(&elsewhere.path("classes"), json!({"name": "八年级1班"})).await.expect(201));
    assert_eq!(told(&two.teaches(&[&theirs]).await), (422, "unknown_class", "grants"));
    let auditor = json!({"role": "auditor", "scope_kind": "school", "scope_id": two.lunch.school.0.to_string(),
        "classes": [two.lunch.class]});
    let path = two.lunch.path(&format!("users/{}", two.user));
    let refused = two.lunch.admin.patch(&path, json!({"grants": [auditor]})).await;
    assert_eq!(told(&refused), (422, "classes_unfit", "grants"));
}

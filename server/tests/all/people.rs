//! People changed by hand.

use crate::lunch::{Lunch, id_of, told};
use serde_json::{Value, json};
use yitong::signin::roles::Role;

#[tokio::test]
async fn a_class_counts_its_pupils_and_only_others_can_be_without_one() {
    let lunch = Lunch::start().await;
    let pupil = lunch.pupil("20260101", "张三").await;
    lunch.pupil("20260102", "李四").await;
    let teacher = json!({"kind": "staff", "number": "T001", "name": "王老师", "class": lunch.class});
    let teacher = id_of(&lunch.admin.post(&lunch.path("people"), teacher).await.expect(201));
    let students = async || {
        let classes = lunch.admin.get(&lunch.path("classes")).await.expect(200).json;
        classes["items"][0]["students"].clone()
    };
    assert_eq!(students().await, 2, "a teacher is no pupil");
    let path = |id: &str| lunch.path(&format!("people/{id}"));
    lunch.admin.patch(&path(&pupil), json!({"status": "left"})).await.expect(200);
    assert_eq!(students().await, 1, "nor is who has left");

    let renamed = lunch.admin.patch(&path(&teacher), json!({"name": "王芳"})).await.expect(200).json;
    assert_ne!(renamed["class"], Value::Null, "what is left out stays");
    let freed = lunch.admin.patch(&path(&teacher), json!({"class": null})).await.expect(200).json;
    assert_eq!((&freed["class"], &freed["name"]), (&Value::Null, &json!("王芳")));
    let refused = lunch.admin.patch(&path(&pupil), json!({"class": null})).await;
    assert_eq!(told(&refused), (422, "class_missing", "class"));
}

#[tokio::test]
async fn a_first_page_counts_only_what_its_reader_may_see() {
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("20260101", "张三", 1_000).await;
    lunch.paid(&person, 300).await;
    let teacher = lunch.server.signed_in("teacher", lunch.school, Role::Teacher).await;
    let seen = teacher.get(&lunch.path("overview")).await.expect(200).json;
    assert_eq!((&seen["today"], &seen["arrears"], &seen["frozen"]), (&Value::Null, &Value::Null, &Value::Null));
    assert_eq!(seen["people"]["students"], 1);
    let all = lunch.admin.get(&lunch.path("overview")).await.expect(200).json;
    assert_eq!((&all["today"]["amount"]["fen"], &all["frozen"]), (&json!(300), &json!(0)));
}

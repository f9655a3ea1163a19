//! Promotion, transfer and leaving: nobody leaves by a guess, and what was shown is what is done.

use crate::imports::upload;
use crate::lunch::{Lunch, id_of, told};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;
use yitong_values::PlanId;

yitong::sql! {
    SET_STATE = "UPDATE person_plan SET state = $2 WHERE id = $1";
    STATE = "SELECT state FROM person_plan WHERE id = $1";
}

fn id(plan: &Value) -> Uuid {
    plan["id"].as_str().and_then(|id| id.parse().ok()).expect("a plan has an id")
}

impl Lunch {
    async fn plan(&self, kind: &str, ask: Value) -> Value {
        self.admin.post(&self.path(&format!("plans/{kind}")), ask).await.expect(201).json
    }

    async fn list(&self, csv: &str, kind: &str) -> Value {
        upload(&self.admin, &self.path("plans/import"), "名单.csv", csv.as_bytes(), kind).await.expect(201).json
    }

    async fn applied(&self, plan: &Value) -> Value {
        self.admin.post(&self.path(&format!("plans/{}/apply", id(plan))), json!({})).await.expect(202);
        self.finished(plan).await
    }

    async fn finished(&self, plan: &Value) -> Value {
        for _ in 0..400 {
            let now = self.admin.get(&self.path(&format!("plans/{}", id(plan)))).await.expect(200).json;
            if now["state"] == "applied" {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the plan is not applied");
    }

    /// Each row as `number verdict changes reasons`.
    async fn rows(&self, plan: &Value) -> Vec<String> {
        let rows = self.admin.get(&self.path(&format!("plans/{}/rows?limit=200", id(plan)))).await.expect(200).json;
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let all = |list: &Value, key: &str| {
            list.as_array().expect("a list").iter().map(|one| word(&one[key])).collect::<Vec<_>>().join("+")
        };
        let row = |row: &Value| {
            let (changes, reasons) = (all(&row["changes"], "after"), all(&row["reasons"], "code"));
            format!("{} {} {changes}{reasons}", word(&row["person"]["number"]), word(&row["verdict"])).trim().to_owned()
        };
        rows["items"].as_array().expect("rows").iter().map(row).collect()
    }

    /// The class and the status of everybody, in the order of their numbers.
    async fn roster(&self) -> Vec<String> {
        let people = self.admin.get(&self.path("people?limit=200")).await.expect(200).json;
        let told = |person: &Value| {
            let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
            let (name, class) = (word(&person["name"]), word(&person["class"]["name"]));
            format!("{} {name} {class} {}", word(&person["number"]), word(&person["status"]))
        };
        people["items"].as_array().expect("people").iter().map(told).collect()
    }

    async fn person(&self, number: &str) -> String {
        let found = self.admin.get(&self.path(&format!("people?q={number}"))).await.expect(200).json;
        found["items"][0]["id"].as_str().expect("somebody has this number").to_owned()
    }
}

fn counts(plan: &Value) -> [i64; 4] {
    ["add", "change", "same", "refuse"].map(|key| plan["counts"][key].as_i64().expect("a count"))
}

fn warnings(plan: &Value, language: &str) -> Vec<String> {
    let all = plan["warnings"].as_array().expect("a list");
    all.iter().map(|warning| warning[language].as_str().expect("words").to_owned()).collect()
}

#[tokio::test]
async fn a_class_whose_year_nobody_can_read_stays_and_is_named() {
    let lunch = Lunch::start().await;
    let classes = ["5年1班", "五年(2)班", "8-14班", "8.15班", "3班", "1-3班", "12班", "2026级3班", "七(3)班"];
    let csv: String = (1..).zip(classes).map(|(n, class)| format!("{n},甲,{class}\n")).collect();
    lunch.applied(&lunch.list(&format!("学号,姓名,班级\n{csv}"), "student").await).await;
    let plan = lunch.plan("promotion", json!({"on": "2026-11-24"})).await;
    assert_eq!(lunch.rows(&plan).await, ["1 change 6年1班", "2 change 六年(2)班", "9 change 八(3)班"]);
    let told = warnings(&plan, "zh");
    for (at, class) in [(0, "8-14班"), (0, "8.15班"), (0, "3班"), (0, "1-3班"), (0, "12班"), (1, "2026级3班")] {
        assert!(told[at].contains(&format!("{class}（1 人）")), "{class}: {told:?}");
    }
    assert!(warnings(&plan, "en")[0].contains("8-14班 (1)"), "{plan}");
    let mapping = json!([{"from_class": "8-14班", "to_name": "9-14班"}, {"from_class": "12班", "to_name": null}]);
    let named = lunch.plan("promotion", json!({"on": "2026-11-24", "mapping": mapping})).await;
    assert!(!warnings(&named, "zh")[0].contains("8-14班"), "it was named: {named}");
    lunch.applied(&named).await;
    let expected = [
        "1 甲 6年1班 active",
        "2 甲 六年(2)班 active",
        "3 甲 9-14班 active",
        "4 甲 8.15班 active",
        "5 甲 3班 active",
        "6 甲 1-3班 active",
        "7 甲 12班 left",
        "8 甲 2026级3班 active",
        "9 甲 八(3)班 active",
    ];
    assert_eq!(lunch.roster().await, expected);
}

#[tokio::test]
async fn one_stray_class_does_not_turn_graduation_round() {
    let lunch = Lunch::start().await;
    let pupils = (0..41).map(|n| format!("{},甲,{}\n", 100 + n, if n == 0 { "高一(1)班" } else { "九年级1班" }));
    let csv = format!("学号,姓名,班级\n{}099,乙,六年级1班\n", pupils.collect::<String>());
    lunch.applied(&lunch.list(&csv, "student").await).await;
    let plan = lunch.plan("promotion", json!({"on": "2026-11-24"})).await;
    let rows = lunch.rows(&plan).await;
    assert_eq!((rows[0].as_str(), rows[1].as_str()), ("099 change left", "100 change 高二(1)班"));
    assert!(rows[2..].iter().all(|row| row.ends_with("change left")), "{rows:?}");
    let told = warnings(&plan, "zh");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("40 人按毕业") && told[0].contains("只有 1 人（高一(1)班）"), "{told:?}");
    // With a whole class above, the ninth year goes on under senior school's name.
    let more: String = (0..40).map(|n| format!("{},丙,高一(2)班\n", 300 + n)).collect();
    lunch.applied(&lunch.list(&format!("学号,姓名,班级\n{more}"), "student").await).await;
    let plan = lunch.plan("promotion", json!({"on": "2026-11-24"})).await;
    assert_eq!(lunch.rows(&plan).await[2], "101 change 高一1班");
    assert!(warnings(&plan, "zh")[0].contains("九年级1班 → 高一1班（40 人）"), "{plan}");
}

#[tokio::test]
async fn a_second_promotion_is_told_of_the_first() {
    let lunch = Lunch::start().await;
    lunch.pupil("1", "王小明").await;
    let first = lunch.plan("promotion", json!({"on": "2026-11-24"})).await;
    let second = lunch.plan("promotion", json!({"on": "2026-11-24"})).await;
    assert_eq!((warnings(&first, "zh"), warnings(&second, "zh")), (vec![], vec![]), "nothing was applied yet");
    lunch.applied(&first).await;
    let third = lunch.plan("promotion", json!({"on": "2026-11-24"})).await;
    assert!(warnings(&third, "zh")[0].contains("2026-11-24 已执行过一次升级"), "{third}");
    assert!(warnings(&third, "en")[0].contains("Already promoted on 2026-11-24"), "{third}");
    assert_eq!(counts(&lunch.applied(&second).await), [0, 0, 1, 0], "what was shown has come true already");
    lunch.at(181, 12, 0).await;
    let next = lunch.plan("promotion", json!({"on": "2027-05-24"})).await;
    assert_eq!(warnings(&next, "zh"), Vec::<String>::new());
}

#[tokio::test]
async fn the_last_day_is_today_or_lately() {
    let lunch = Lunch::start().await;
    let person = lunch.pupil("1", "王小明").await;
    for (on, code) in [("2026-11-25", "day_in_future"), ("2025-11-22", "day_too_old"), ("soon", "bad_day")] {
        for (kind, ask) in [("promotion", json!({"on": on})), ("leaving", json!({"on": on, "people": [person]}))] {
            let answer = lunch.admin.post(&lunch.path(&format!("plans/{kind}")), ask).await;
            assert_eq!(told(&answer), (422, code, "on"), "{kind} {on}");
        }
    }
    let answer = lunch.admin.post(&lunch.path("plans/promotion"), json!({"on": "2026-12-31"})).await;
    assert!(answer.json["detail_zh"].as_str().is_some_and(|zh| zh.contains("2026-12-31")), "{}", answer.json);
    for on in ["2026-11-24", "2025-11-23"] {
        lunch.plan("leaving", json!({"on": on, "people": [person]})).await;
    }
}

#[tokio::test]
async fn unknown_people_and_classes_are_refused() {
    let lunch = Lunch::start().await;
    let person = lunch.pupil("1", "王小明").await;
    let check = async |kind: &str, ask: Value, wanted: (u16, &str, &str)| {
        let answer = lunch.admin.post(&lunch.path(&format!("plans/{kind}")), ask.clone()).await;
        assert_eq!(told(&answer), wanted, "{kind} {ask}");
        answer.json
    };
    let people = json!([person, Uuid::from_u128(1), Uuid::from_u128(2)]);
    let said =
        check("transfer", json!({"people": people, "to_class": "八年级1班"}), (422, "unknown_person", "people")).await;
    assert_eq!(said["count"], 2);
    assert!(said["detail_zh"].as_str().is_some_and(|zh| zh.contains("2 人")), "{said}");
    check("leaving", json!({"people": people, "on": "2026-11-24"}), (422, "unknown_person", "people")).await;
    for class in ["", " ", "——", "（）"] {
        check("transfer", json!({"people": [person], "to_class": class}), (422, "bad_class", "to_class")).await;
        let mapping = json!([{"from_class": "七年级1班", "to_name": class}]);
        let ask = json!({"on": "2026-11-24", "mapping": mapping});
        check("promotion", ask, (422, "bad_class_name", "mapping[0].to_name")).await;
    }
    let with = |mapping: Value| json!({"on": "2026-11-24", "mapping": mapping});
    let none = json!([{"from_class": "七(1)班", "to_name": "八(1)班"}, {"from_class": "九年级9班", "to_name": null}]);
    let said = check("promotion", with(none), (422, "unknown_class", "mapping[1].from_class")).await;
    assert!(said["detail_zh"].as_str().is_some_and(|zh| zh.contains("九年级9班")), "{said}");
    let twice = json!([{"from_class": "七(1)班", "to_name": "八(1)班"}, {"from_class": "七年级1班", "to_name": null}]);
    check("promotion", with(twice), (422, "class_named_twice", "mapping[1].from_class")).await;
}

#[tokio::test]
async fn staff_are_moved_like_pupils_and_who_left_stays_away() {
    let lunch = Lunch::start().await;
    let pupil = lunch.pupil("1", "王小明").await;
    let staff = json!({"kind": "staff", "number": "T1", "name": "张老师"});
    let staff = id_of(&lunch.admin.post(&lunch.path("people"), staff).await.expect(201));
    let both = json!([pupil, staff]);
    let plan = lunch.plan("transfer", json!({"people": both, "to_class": "教务处"})).await;
    assert_eq!(lunch.rows(&plan).await, ["1 change 教务处", "T1 change 教务处"]);
    assert_eq!(counts(&lunch.applied(&plan).await), [0, 2, 0, 0], "what was shown is done");
    assert_eq!(lunch.roster().await, ["1 王小明 教务处 active", "T1 张老师 教务处 active"]);
    lunch.applied(&lunch.plan("leaving", json!({"people": [staff], "on": "2026-11-24"})).await).await;
    for (kind, ask) in [
        ("transfer", json!({"people": both, "to_class": "七年级1班"})),
        ("leaving", json!({"people": both, "on": "2026-11-24"})),
    ] {
        let plan = lunch.plan(kind, ask).await;
        assert_eq!(counts(&plan), [0, 1, 0, 1], "{kind}");
        assert_eq!(lunch.rows(&plan).await[1], "T1 refuse has_left", "{kind}");
        lunch.applied(&plan).await;
        assert_eq!(lunch.roster().await[1], "T1 张老师 教务处 left", "{kind}");
    }
}

#[tokio::test]
async fn what_changed_since_the_preview_is_refused() {
    let lunch = Lunch::start().await;
    let first = lunch.list("学号,姓名,班级\n1,王小明,七年级1班\n2,李雷,七年级1班\n", "student").await;
    let second =
        lunch.list("学号,姓名,班级\n1,王大明,七年级2班\n2,李雷,七年级1班\n3,韩梅,七年级1班\n", "student").await;
    assert_eq!((counts(&first), counts(&second)), ([2, 0, 0, 0], [3, 0, 0, 0]));
    lunch.applied(&first).await;
    let done = lunch.applied(&second).await;
    assert_eq!((counts(&done), &done["progress"]), ([1, 0, 1, 1], &json!({"done": 3, "total": 3})));
    assert_eq!(lunch.rows(&second).await, ["1 refuse changed_since", "2 same", "3 add"]);
    assert_eq!(lunch.roster().await[0], "1 王小明 七年级1班 active", "the second list overwrote nothing");
    let ids = [lunch.person("1").await, lunch.person("2").await];
    let plan = lunch.plan("transfer", json!({"people": ids, "to_class": "七年级3班"})).await;
    let new_name = json!({"name": "王中明"});
    lunch.admin.patch(&lunch.path(&format!("people/{}", ids[0])), new_name).await.expect(200);
    assert_eq!(counts(&lunch.applied(&plan).await), [0, 1, 0, 1]);
    let roster = lunch.roster().await;
    assert_eq!(roster[..2], ["1 王中明 七年级1班 active", "2 李雷 七年级3班 active"], "the new name is kept");
}

#[tokio::test]
async fn a_plan_says_in_which_state_it_can_not_be_asked() {
    let lunch = Lunch::start().await;
    let plan = lunch.list("甲,乙,丙\n1,王小明,七年级2班\n", "student").await;
    let path = lunch.path(&format!("plans/{}", id(&plan)));
    let columns = [(0, "number"), (1, "name"), (2, "class")];
    let mapping = json!({"columns": columns.map(|(index, field)| json!({"index": index, "field": field}))});
    let apply = lunch.admin.post(&format!("{path}/apply"), json!({})).await;
    assert_eq!(told(&apply), (409, "mapping_missing", ""));
    assert!(apply.json["detail_zh"].as_str().is_some_and(|zh| zh.contains("先确认各列的对应关系")), "{}", apply.json);
    lunch.admin.put(&format!("{path}/mapping"), mapping.clone()).await.expect(200);
    lunch.set_state(&plan, "applying").await;
    assert_eq!(told(&lunch.admin.put(&format!("{path}/mapping"), mapping.clone()).await), (409, "plan_started", ""));
    assert_eq!(told(&lunch.admin.delete(&path).await), (409, "plan_started", ""));
    assert_eq!(counts(&lunch.applied(&plan).await), [1, 0, 0, 0]);
    assert_eq!(told(&lunch.admin.put(&format!("{path}/mapping"), mapping).await), (409, "plan_finished", ""));
}

#[tokio::test]
async fn columns_confirmed_while_the_plan_is_begun_do_not_put_it_back() {
    let lunch = Lunch::start().await;
    let rows: String = (0..4_000).map(|n| format!("{},甲,七年级1班\n", 10_000 + n)).collect();
    let plan = lunch.list(&format!("学号,姓名,班级\n{rows}"), "student").await;
    let path = lunch.path(&format!("plans/{}", id(&plan)));
    let columns = [(0, "number"), (1, "name"), (2, "class")];
    let mapping = json!({"columns": columns.map(|(index, field)| json!({"index": index, "field": field}))});
    let begin = async {
        // Reading four thousand rows again takes longer than this.
        tokio::time::sleep(Duration::from_millis(10)).await;
        lunch.set_state(&plan, "applying").await;
    };
    let path = format!("{path}/mapping");
    let (answer, ()) = tokio::join!(lunch.admin.put(&path, mapping), begin);
    assert_eq!(told(&answer), (409, "plan_started", ""));
    assert_eq!(lunch.state(&plan).await, "applying");
}

#[tokio::test]
async fn a_plan_that_a_stop_left_is_taken_up_at_the_next_start() {
    let lunch = Lunch::start().await;
    let rows: String = (0..450).map(|n| format!("{},甲,七年级1班\n", 10_000 + n)).collect();
    let plan = lunch.list(&format!("学号,姓名,班级\n{rows}"), "student").await;
    lunch.set_state(&plan, "applying").await;
    let untouched = lunch.list("学号,姓名,班级\n9,乙,七年级1班\n", "student").await;
    let lunch = lunch.restart().await;
    yitong::people::resume_plans(&lunch.server.app);
    let done = lunch.finished(&plan).await;
    assert_eq!((counts(&done), &done["progress"]), ([450, 0, 0, 0], &json!({"done": 450, "total": 450})));
    let trail = lunch.admin.get(&lunch.path("audit?action=plan.apply")).await.expect(200).json;
    assert_eq!(trail["items"].as_array().map(Vec::len), Some(1), "once: {trail}");
    assert_eq!(trail["items"][0]["actor"]["name"], "测试admin", "by whoever wanted it");
    assert_eq!(lunch.state(&untouched).await, "ready", "a plan that nobody asked to apply waits");
}

impl Lunch {
    async fn set_state(&self, plan: &Value, state: &'static str) {
        let id = PlanId::new(id(plan));
        let set = move |tx: &mut yitong::plumbing::db::Tx<'_>| tx.execute(&SET_STATE, &[id.into(), state.into()]);
        assert_eq!(self.server.app.db.write("set a state", set).await, Ok(1));
    }

    async fn state(&self, plan: &Value) -> String {
        let id = PlanId::new(id(plan));
        let read = move |tx: &mut yitong::plumbing::db::Tx<'_>| tx.one(&STATE, &[id.into()])?.text(0);
        self.server.app.db.read(read).await.expect("there is the plan")
    }
}

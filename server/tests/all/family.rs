//! What guardians see and hear of, over HTTP: each test is a family at a school that sells lunch.

use crate::lunch::{Lunch, fen, told};
use crate::testkit::{Answer, Client};
use serde_json::{Value, json};
use yitong::family::{tell_missed, tell_waiting};
use yitong::guardians::Rights;
use yitong_values::{BindingId, GuardianId, PersonId};

/// A guardian with one child who has money.
pub struct Family {
    pub lunch: Lunch,
    pub parent: Client,
    pub guardian: GuardianId,
    pub child: String,
    pub binding: BindingId,
}

pub fn person(id: &str) -> PersonId {
    id.parse().expect("an id")
}

impl Family {
    pub async fn start(money: i64) -> Family {
        Family::with(Rights::ALL, money).await
    }

    pub async fn with(rights: Rights, money: i64) -> Family {
        let lunch = Lunch::start().await;
        let child = lunch.rich_pupil("20260101", "张小明", money).await;
        let (parent, guardian) = lunch.server.guardian("13800138000").await;
        let binding = lunch.server.bound(guardian, lunch.school, person(&child), rights).await;
        tell_waiting(&lunch.server.app).await.expect("guardians are told");
        Family { lunch, parent, guardian, child, binding }
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/api/v1/guardian/children/{}/{rest}", self.binding)
    }

    pub async fn get(&self, rest: &str) -> Answer {
        self.parent.get(&self.path(rest)).await
    }

    pub async fn put(&self, rest: &str, body: Value) -> Answer {
        self.parent.put(&self.path(rest), body).await
    }

    pub async fn home(&self) -> Value {
        self.parent.get("/api/v1/guardian/home").await.expect(200).json
    }

    pub async fn tell(&self) -> usize {
        tell_waiting(&self.lunch.server.app).await.expect("guardians are told")
    }

    /// Messages that the guardian has not read.
    pub async fn unread(&self) -> i64 {
        self.tell().await;
        self.home().await["unread"].as_i64().expect("a number")
    }

    pub async fn sell(&self, amount: i64, more: Value) -> Value {
        self.lunch.sell(json!({"person": self.child}), amount, more).await
    }

    pub async fn limits(&self, change: Value) -> Value {
        let mut page = self.get("limits").await.expect(200).json;
        let mut ask = json!({});
        for key in ["meal", "day", "purchase", "no_buy", "allergens", "low_balance", "version"] {
            ask[key] = page[key].take();
        }
        for (key, value) in change.as_object().expect("an object") {
            ask[key] = value.clone();
        }
        self.put("limits", ask).await.expect(200).json
    }

    /// Another child of the same guardian.
    pub async fn sibling(&self, rights: Rights) -> (String, BindingId) {
        let child = self.lunch.pupil("20260102", "张小红").await;
        let binding = self.lunch.server.bound(self.guardian, self.lunch.school, person(&child), rights).await;
        (child, binding)
    }
}

#[tokio::test]
async fn home_is_the_day_at_a_glance() {
    let family = Family::start(5_000).await;
    let home = family.home().await;
    let child = &home["children"][0];
    assert_eq!(child["child"]["name"], "张小明");
    assert_eq!((&child["balance"], &child["arrears"]), (&fen(5_000), &fen(0)));
    assert_eq!((&child["frozen"], &child["code_lost"], &child["latest"]), (&json!(false), &json!(false), &json!([])));
    family.lunch.paid(&family.child, 800).await;
    let undone = family.lunch.paid(&family.child, 600).await;
    let reversal = json!({"id": family.lunch.name(), "reason": "打错了"});
    let path = family.lunch.path(&format!("purchases/{undone}/reversal"));
    family.lunch.admin.put(&path, reversal).await.expect(200);
    let home = family.home().await;
    let child = &home["children"][0];
    assert_eq!((&child["balance"], &child["spent_today"]), (&fen(4_200), &fen(800)));
    let states: Vec<_> = child["latest"].as_array().expect("a list").iter().map(|l| l["state"].clone()).collect();
    assert_eq!(states, ["undone", "booked"]);
    assert_eq!(child["latest"][1]["place"], "一食堂 · 面点");
    assert_eq!(child["latest"][1]["balance_after"], fen(4_200));
    let meals = child["meals_today"].as_array().expect("a list");
    let eaten: Vec<_> = meals.iter().filter(|meal| meal["state"] == "eaten").collect();
    assert_eq!(eaten.len(), 1, "{meals:?}");
    assert_eq!((&eaten[0]["name"], &eaten[0]["amount"]), (&json!("午餐"), &fen(800)));
    assert!(meals.iter().any(|meal| meal["state"] == "to_come"), "dinner is to come: {meals:?}");
}

#[tokio::test]
async fn another_familys_child_looks_absent() {
    let family = Family::start(5_000).await;
    let bought = family.lunch.paid(&family.child, 800).await;
    let (stranger, other) = family.lunch.server.guardian("13900139000").await;
    let cousin = family.lunch.pupil("20260109", "李小华").await;
    let binding = family.lunch.server.bound(other, family.lunch.school, person(&cousin), Rights::ALL).await;
    for rest in ["purchases", "calendar", "statement", "year", "limits", "complaints"] {
        assert_eq!(stranger.get(&family.path(rest)).await.status, 404, "{rest}");
    }
    // Under the own child's binding another child's purchase is nothing, either.
    let own = |rest: &str| format!("/api/v1/guardian/children/{binding}/{rest}");
    assert_eq!(stranger.get(&own(&format!("purchases/{bought}"))).await.status, 404);
    let list = stranger.get(&own(&format!("statement?cursor={bought}"))).await.expect(200).json;
    assert_eq!(list["items"], json!([]), "a cursor into another's statement shows nothing");
    let cursor = format!("{}.9999999999999.-", bought.replace('-', ""));
    let list = stranger.get(&own(&format!("purchases?cursor={cursor}"))).await.expect(200).json;
    assert_eq!(list["items"], json!([]));
    let ask = json!({"purchase": bought, "kind": "not_mine"});
    assert_eq!(stranger.put(&own(&format!("complaints/{}", family.lunch.name())), ask).await.status, 404);
    let ask = json!({"to": family.binding.to_string(), "amount": fen(1)});
    assert_eq!(stranger.put(&own(&format!("transfers/{}", family.lunch.name())), ask).await.status, 404);
}

#[tokio::test]
async fn one_message_for_each_crossing_of_the_line() {
    let family = Family::start(5_000).await;
    family.limits(json!({"low_balance": fen(3_000)})).await;
    let start = family.unread().await;
    family.lunch.paid(&family.child, 1_000).await;
    assert_eq!(family.unread().await, start + 1, "the purchase, not yet the balance");
    family.lunch.paid(&family.child, 1_001).await;
    assert_eq!(family.unread().await, start + 3, "the purchase and the balance");
    family.lunch.paid(&family.child, 500).await;
    family.lunch.paid(&family.child, 500).await;
    assert_eq!(family.unread().await, start + 5, "two purchases, and no second word about the balance");
    family.lunch.top_up(&family.child, 3_000).await.expect(200);
    assert_eq!(family.unread().await, start + 6, "the top-up");
    family.lunch.paid(&family.child, 3_000).await;
    assert_eq!(family.unread().await, start + 8, "it fell again");
    assert_eq!(family.tell().await, 0, "nothing waits");
    // Moving the line is no crossing; nor is what nobody wants to hear.
    family.limits(json!({"low_balance": fen(100)})).await;
    family.limits(json!({"low_balance": fen(4_000)})).await;
    family.lunch.paid(&family.child, 100).await;
    assert_eq!(family.unread().await, start + 9);
    family.limits(json!({"low_balance": null})).await;
    family.lunch.paid(&family.child, 100).await;
    assert_eq!(family.unread().await, start + 10);
}

#[tokio::test]
async fn a_balance_that_is_no_longer_low_is_not_told() {
    let family = Family::start(5_000).await;
    let app = &family.lunch.server.app;
    yitong::family::look_again(&app.notices);
    family.limits(json!({"low_balance": fen(3_000)})).await;
    family.lunch.paid(&family.child, 2_001).await;
    let told = family.unread().await;
    family.lunch.top_up(&family.child, 3_000).await.expect(200);
    assert_eq!(family.unread().await, told + 1, "the top-up");
    yitong::notices::run_due(app).await.expect("the worker works");
    assert_eq!(family.unread().await, told, "the word about the balance was taken back before it left");
}

#[tokio::test]
async fn what_is_told_depends_on_consent_and_custody() {
    let family = Family::start(5_000).await;
    let (other, id) = family.lunch.server.guardian("13700137000").await;
    let known = family.binding;
    let read = family.lunch.server.app.db.read(move |tx| yitong::guardians::find_binding(tx, known)).await;
    let mut binding = read.expect("it can be read").expect("there is one");
    (binding.id, binding.guardian) = (BindingId::new(family.lunch.name()), id);
    binding.consents.meals = false;
    let kept = binding.clone();
    let made =
        family.lunch.server.app.db.write("binding", move |tx| yitong::guardians::insert_binding(tx, &kept)).await;
    made.expect("a binding is made");
    family.lunch.paid(&family.child, 800).await;
    family.tell().await;
    let home = other.get("/api/v1/guardian/home").await.expect(200).json;
    assert_eq!(home["unread"], 0, "without consent nobody is told of meals");
    let child = &home["children"][0];
    assert_eq!((&child["balance"], &child["spent_today"], &child["latest"]), (&fen(4_200), &Value::Null, &json!([])));
    let path = format!("/api/v1/guardian/children/{}/purchases", binding.id);
    assert_eq!(told(&other.get(&path).await), (403, "consent_missing", ""));
    family.lunch.top_up(&family.child, 1_000).await.expect(200);
    family.tell().await;
    assert_eq!(other.get("/api/v1/guardian/home").await.expect(200).json["unread"], 1, "of money they are");
}

#[tokio::test]
async fn the_month_and_the_year() {
    let family = Family::start(50_000).await;
    let rice = family.lunch.dish(json!({"name": "米饭", "category": "主食", "price": fen(150)})).await;
    family.sell(0, json!({"mode": "dish", "items": [rice.times(2)], "amount": null})).await;
    family.lunch.at(1, 12, 0).await;
    family.lunch.paid(&family.child, 900).await;
    family.lunch.at(2, 20, 0).await;
    let month = family.get("calendar?month=2026-11").await.expect(200).json;
    let days = month["days"].as_array().expect("a list");
    assert_eq!(days.len(), 30);
    let lunch = |day: usize| {
        let meals = days[day - 1]["meals"].as_array().expect("a list");
        meals.iter().find(|meal| meal["name"] == "午餐").map_or("-", |meal| meal["state"].as_str().unwrap_or_default())
    };
    assert_eq!((lunch(24), lunch(25), lunch(26), lunch(27)), ("eaten", "eaten", "missed", "to_come"));
    assert_eq!(lunch(23), "none", "before the first entry nobody can say");
    assert_eq!((&days[23]["spent"], &days[24]["spent"]), (&fen(300), &fen(900)));
    assert_eq!(family.get("calendar?month=2026-13").await.status, 422);
    let year = family.get("year?year=2026").await.expect(200).json;
    assert_eq!(
        (&year["total_spent"], &year["total_topped_up"], &year["purchases"]),
        (&fen(1_200), &fen(50_000), &json!(2))
    );
    assert_eq!(
        year["months"][10],
        json!({"month": "2026-11", "spent": fen(1_200), "topped_up": fen(50_000), "purchases": 2})
    );
    let shares = json!([{"name": "其他", "amount": fen(900), "share_permille": 750},
        {"name": "主食", "amount": fen(300), "share_permille": 250}]);
    assert_eq!(year["categories"], shares);
    assert_eq!(family.get("year?year=2025").await.expect(200).json["purchases"], 0);
}

#[tokio::test]
async fn pages_of_the_list_hold_everything_once() {
    let family = Family::start(50_000).await;
    family.limits(json!({"purchase": fen(1_000)})).await;
    let mut expected = Vec::new();
    for n in 0..14 {
        let sold = family.sell(if n % 3 == 1 { 1_100 } else { 200 + n }, json!({})).await;
        expected.push(sold["outcome"] == "refused");
    }
    expected.reverse();
    for limit in [1, 3, 5, 100] {
        let (mut seen, mut ids, mut cursor) = (Vec::new(), std::collections::BTreeSet::new(), String::new());
        for _ in 0..20 {
            let page = family.get(&format!("purchases?limit={limit}{cursor}")).await.expect(200).json;
            for line in page["items"].as_array().expect("a list") {
                seen.push(line["state"] == "refused");
                ids.insert(line["id"].to_string());
            }
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!((seen, ids.len()), (expected.clone(), 14), "pages of {limit}");
    }
    let (mut lines, mut cursor) = (0, String::new());
    loop {
        let page = family.get(&format!("statement?limit=4{cursor}")).await.expect(200).json;
        lines += page["items"].as_array().map_or(0, Vec::len);
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(lines, 1 + expected.iter().filter(|refused| !**refused).count());
    assert_eq!(family.get("purchases?from=2026-11-25").await.expect(200).json["items"], json!([]));
    assert_eq!(family.get("purchases?to=2026-11-23").await.expect(200).json["items"], json!([]));
}

#[tokio::test]
async fn the_statement_can_be_taken_home() {
    let family = Family::start(5_000).await;
    let dish = family.lunch.dish(json!({"name": "=公式", "price": fen(150)})).await;
    family.sell(0, json!({"mode": "dish", "items": [dish.times(1)], "amount": null})).await;
    let file = family.get("statement/export?format=csv").await.expect(200);
    let text = String::from_utf8(file.bytes).expect("UTF-8");
    let lines: Vec<_> = text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[1].contains("充值") && lines[1].contains("50.00"), "oldest first: {text}");
    assert!(lines[2].contains("'=公式×1") && lines[2].ends_with("-1.50,48.50,0.00"), "{text}");
    let file = family.get("statement/export").await.expect(200);
    assert!(file.bytes.starts_with(b"PK"), "an Excel file is a zip");
    assert!(file.headers["content-disposition"].to_str().is_ok_and(|name| name.contains("statement-2026-11-01")));
    assert_eq!(told(&family.get("statement/export?format=pdf").await), (422, "bad_format", "format"));
    assert_eq!(told(&family.get("statement/export?from=2024-01-01").await), (422, "too_many_days", "from"));
}

#[tokio::test]
async fn who_did_not_eat_is_told_where_it_is_wanted() {
    let family = Family::start(5_000).await;
    let app = family.lunch.server.app.clone();
    let missed = || async { tell_missed(&app).await.expect("meals can be looked at") };
    // Lunch is over at 13:00 or 13:30 by the school's plan: well past, and within the hour.
    let periods = family.lunch.admin.get(&family.lunch.path("meal-periods")).await.expect(200).json;
    let lunch = periods["items"].as_array().expect("a list").iter().find(|p| p["name_zh"] == "午餐").expect("lunch");
    let end: Vec<i64> =
        lunch["end"].as_str().expect("a time").split(':').map(|n| n.parse().expect("a number")).collect();
    let after = |days: i64| family.lunch.at(days, end[0], end[1] + 15);
    after(0).await;
    assert_eq!(missed().await, 0, "the school does not want it");
    family.lunch.policy(|policy| policy["family"] = json!({"complaint_days": 3, "meal_missed": true})).await;
    let before = family.unread().await;
    // Each look of a period is one; the guardian has to want it before.
    let want = json!({"kinds": [{"kind": "meal_missed", "in_app": true, "push": false, "wechat": false,
        "alipay": false, "sms": false}]});
    family.parent.put("/api/v1/guardian/preferences", want).await.expect(200);
    let home = family.parent.get("/api/v1/guardian/home").await.expect(200).json;
    assert_eq!(home["children"][0]["meal_missed_offered"], true);
    assert_eq!(missed().await, 1);
    let inbox = family.parent.get("/api/v1/guardian/notices").await.expect(200).json;
    let text = "张小明 11-24 的午餐暂无就餐记录。也可能在校外用餐或请假，仅供参考。";
    assert_eq!(inbox["items"][0]["text"], text);
    assert_eq!(missed().await, 0, "once");
    assert_eq!(family.unread().await, before + 1);
    family.lunch.at(1, 12, 0).await;
    family.lunch.paid(&family.child, 500).await;
    after(1).await;
    assert_eq!(missed().await, 0, "eaten");
    after(4).await;
    assert_eq!(missed().await, 0, "Saturday");
    after(23).await;
    assert_eq!(missed().await, 0, "who has bought nothing for weeks eats elsewhere");
}

#[tokio::test]
async fn nobody_hears_of_a_missed_meal_who_did_not_ask() {
    let family = Family::start(5_000).await;
    family.lunch.policy(|policy| policy["family"] = json!({"complaint_days": 3, "meal_missed": true})).await;
    family.lunch.at(0, 13, 45).await;
    let before = family.unread().await;
    assert_eq!(tell_missed(&family.lunch.server.app).await, Ok(0));
    assert_eq!(family.unread().await, before);
}

#[tokio::test]
async fn open_pages_hear_of_it() {
    let Family { lunch, parent, child, binding, .. } = Family::start(5_000).await;
    let (other, _) = lunch.server.guardian("13600136000").await;
    let listen = |client: Client| tokio::spawn(async move { client.get("/api/v1/guardian/events").await });
    let (mine, theirs) = (listen(parent), listen(other));
    // The streams are open before the sale.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let bought = lunch.paid(&child, 700).await;
    tell_waiting(&lunch.server.app).await.expect("guardians are told");
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let mut lunch = lunch;
    lunch.server.stop();
    let heard = |answer: Answer| String::from_utf8_lossy(&answer.bytes).into_owned();
    let mine = heard(mine.await.expect("no panic").expect(200));
    assert!(mine.contains("event: purchase") && mine.contains("event: notice"), "{mine}");
    assert!(mine.contains(&bought) && mine.contains(&binding.to_string()), "{mine}");
    let theirs = heard(theirs.await.expect("no panic").expect(200));
    assert!(!theirs.contains("event:"), "{theirs}");
}

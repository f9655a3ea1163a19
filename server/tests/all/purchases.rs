//! Selling: how, to whom, and why not; names that are asked again.

use crate::lunch::{Lunch, fen, told};
use serde_json::{Value, json};
use std::sync::Arc;
use yitong::signin::roles::Role;

fn of(person: &str) -> Value {
    json!({"person": person})
}

fn coded(code: &str) -> Value {
    json!({"code": code})
}

#[tokio::test]
async fn each_way_to_sell() {
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("1", "王小明", 10_000).await;
    let code = lunch.code(&person).await;
    let rice = lunch.dish(json!({})).await;
    let soup = lunch.dish(json!({"name": "紫菜汤", "category": "汤", "price": fen(200)})).await;

    let dishes = json!({"mode": "dish", "items": [rice.times(2), soup.times(1)], "amount": fen(500)});
    let sold = lunch.sell(coded(&code), 0, dishes).await;
    assert_eq!((&sold["outcome"], &sold["balance_after"]), (&json!("paid"), &fen(9_500)));
    let purchase = &sold["purchase"];
    assert_eq!((&purchase["amount"], &purchase["arrears"]), (&fen(500), &fen(0)));
    assert_eq!(purchase["from"], json!([{"wallet": 0, "amount": fen(500)}]));
    assert_eq!((&purchase["items"][0]["name"], &purchase["items"][0]["count"]), (&json!("米饭"), &json!(2)));
    assert_eq!((&purchase["stall"]["name"], &purchase["canteen"]["name"]), (&json!("面点"), &json!("一食堂")));
    assert_eq!((&purchase["period"]["name_zh"], &purchase["cashier"]["name"]), (&json!("午餐"), &json!("测试admin")));
    assert_eq!((&sold["person"]["name"], &sold["person"]["class"]), (&json!("王小明"), &json!("七年级1班")));
    let trace = sold["trace"].as_array().expect("a trace");
    assert!(trace.iter().all(|line| line["ok"] == true && line["zh"] != "" && line["en"] != ""), "{trace:?}");
    assert_eq!(trace[0]["zh"], "码有效");

    let keyed = lunch.sell(of(&person), 1_250, json!({})).await;
    assert_eq!((&keyed["outcome"], &keyed["balance_after"]), (&json!("paid"), &fen(8_250)));
    assert_eq!(keyed["trace"][0]["zh"], "由收银员核对身份");
    let fixed = lunch.sell(coded(&code), 0, json!({"mode": "fixed", "amount": null})).await;
    assert_eq!((&fixed["purchase"]["amount"], &fixed["balance_after"]), (&fen(800), &fen(7_450)));
    // Identity only: counted, with nothing charged, and booked like any other.
    let counted = lunch.sell(coded(&code), 0, json!({"mode": "count", "amount": null})).await;
    assert_eq!((&counted["outcome"], &counted["purchase"]["amount"]), (&json!("paid"), &fen(0)));
    assert_eq!(lunch.money(&person).await, (7_450, 0));

    let path = lunch.path(&format!("purchases/{}", counted["purchase"]["id"].as_str().expect("an id")));
    let shown = lunch.admin.get(&path).await.expect(200).json;
    assert_eq!((&shown["status"], &shown["postings"], &shown["mode"]), (&json!("paid"), &json!([]), &json!("count")));
    assert_eq!(shown["hash"].as_str().map(str::len), Some(64));
    assert_eq!((&shown["balance_after"], &shown["arrears_after"]), (&fen(7_450), &fen(0)));
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn who_may_not_pay() {
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("1", "王小明", 10_000).await;
    let code = lunch.code(&person).await;
    let check = async |name: &str, payer: Value, wanted: &str| {
        let sold = lunch.sell(payer, 500, json!({})).await;
        let said = sold["refusal"]["code"].as_str().or(sold["outcome"].as_str()).expect("an outcome");
        assert_eq!(said, wanted, "{name}: {sold}");
        if wanted != "paid" {
            let words = ["cashier_zh", "cashier_en", "guardian_zh", "guardian_en"];
            assert!(words.iter().all(|w| sold["refusal"][*w].as_str().is_some_and(|t| !t.is_empty())), "{sold}");
            assert!(!sold.to_string().contains("欠款"), "{sold}");
        }
        sold
    };
    check("a good code", coded(&code), "paid").await;
    let path = |id: &str, what: &str| lunch.path(&format!("credentials/{id}/{what}"));
    let found = lunch.admin.get(&lunch.path(&format!("credentials?person={person}"))).await.expect(200).json;
    let credential = found["items"][0]["id"].as_str().expect("an id").to_owned();
    lunch.admin.post(&path(&credential, "report-lost"), json!({})).await.expect(200);
    let lost = check("reported lost", coded(&code), "code_lost").await;
    assert_eq!(lost["person"]["name"], "王小明", "the cashier sees who lost it");
    lunch.admin.post(&path(&credential, "reinstate"), json!({})).await.expect(200);
    check("found again", coded(&code), "paid").await;
    lunch.admin.post(&path(&credential, "reissue"), json!({})).await.expect(200);
    check("replaced", coded(&code), "code_replaced").await;
    let new_code = lunch.code(&person).await;
    assert_ne!(new_code, code);
    check("the new one", coded(&new_code), "paid").await;

    // One changed digit, another school's code, and texts that are none.
    let last = new_code.chars().last().and_then(|c| c.to_digit(10)).expect("a code is digits");
    let forged = format!("{}{}", &new_code[..new_code.len() - 1], (last + 1) % 10);
    let (_, stranger) = lunch.on_other_school().await;
    for text in [forged.as_str(), stranger.as_str(), "6901234567892", "", " ", "王小明", &"9".repeat(4_000)] {
        let sold = check("no code of ours", coded(text), "code_unknown").await;
        assert_eq!(sold["person"], Value::Null);
    }

    let account = |what: &str| lunch.path(&format!("people/{person}/{what}"));
    lunch.admin.post(&account("freeze"), json!({"reason": "家长申请"})).await.expect(204);
    check("frozen", coded(&new_code), "account_frozen").await;
    lunch.admin.post(&account("unfreeze"), json!({"reason": "家长申请"})).await.expect(204);
    for (status, wanted) in [("suspended", "person_suspended"), ("left", "person_left"), ("active", "paid")] {
        let change = json!({"status": status});
        lunch.admin.patch(&lunch.path(&format!("people/{person}")), change).await.expect(200);
        check(status, coded(&new_code), wanted).await;
    }
    lunch.at(3 * 365, 12, 0).await;
    check("expired", coded(&new_code), "code_expired").await;
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn limits_of_school_class_and_person() {
    let lunch = Lunch::start().await;
    let check = async |name: &str, scope: &str, limits: Value, amounts: &[i64], wanted: &str| {
        let number = format!("L{}", lunch.name().simple().to_string()[20..].to_uppercase());
        let person = lunch.rich_pupil(&number, "李雷", 50_000).await;
        let none = json!({"amount": null, "count": null});
        let mut all = json!({"meal": none, "day": none, "month": none});
        for (span, limit) in limits.as_object().expect("an object") {
            all[span] = json!({"amount": limit.get("amount"), "count": limit.get("count")});
        }
        let open = json!({"meal": none, "day": none, "month": none});
        let own = json!({"limits": all.clone(), "no_buy_categories": []});
        let nothing = json!({"limits": open.clone(), "no_buy_categories": []});
        let class = lunch.path(&format!("classes/{}/limits", lunch.class));
        match scope {
            "school" => lunch.policy(|policy| policy["limits"] = all).await,
            "class" => drop(lunch.admin.put(&class, own).await.expect(200)),
            _ => drop(lunch.admin.put(&lunch.path(&format!("people/{person}/limits")), own).await.expect(200)),
        }
        let mut said = String::new();
        for amount in amounts {
            let sold = lunch.sell(of(&person), *amount, json!({})).await;
            said = sold["refusal"]["code"].as_str().unwrap_or("paid").to_owned();
        }
        assert_eq!(said, wanted, "{name}");
        lunch.policy(|policy| policy["limits"] = open).await;
        lunch.admin.put(&class, nothing).await.expect(200);
    };
    let amount = |fen: i64| json!({"amount": {"fen": fen}});
    let count = |n: i64| json!({"count": n});
    check("exactly the meal's amount", "school", json!({"meal": amount(1_000)}), &[400, 600], "paid").await;
    check("a fen over", "school", json!({"meal": amount(1_000)}), &[400, 601], "over_meal_amount").await;
    check("day amount of the class", "class", json!({"day": amount(1_000)}), &[400, 601], "over_day_amount").await;
    check("month amount", "person", json!({"month": amount(1_000)}), &[400, 601], "over_month_amount").await;
    check("one a meal", "person", json!({"meal": count(1)}), &[400, 500], "over_meal_count").await;
    check("two a day", "class", json!({"day": count(2)}), &[400, 500, 600], "over_day_count").await;
    check("two a month", "school", json!({"month": count(2)}), &[400, 500, 600], "over_month_count").await;
    check("none at all", "person", json!({"day": count(0)}), &[400], "over_day_count").await;
    check("the cap of one purchase", "school", json!({}), &[10_001], "over_purchase_cap").await;
    check("just the cap", "school", json!({}), &[10_000], "paid").await;

    // The strictest counts, and a new day and a new meal begin anew.
    let person = lunch.rich_pupil("S1", "韩梅", 50_000).await;
    let none = json!({"amount": null, "count": null});
    let limits = json!({"meal": none, "day": {"amount": fen(1_000), "count": null}, "month": none});
    let own = json!({"limits": limits, "no_buy_categories": []});
    let put = lunch.admin.put(&lunch.path(&format!("people/{person}/limits")), own).await.expect(200).json;
    assert_eq!(put["effective"]["day"]["amount"], fen(1_000));
    lunch.paid(&person, 900).await;
    let spent = lunch.admin.get(&lunch.path(&format!("people/{person}/limits"))).await.expect(200).json;
    assert_eq!(spent["counters"]["day"], json!({"spent": fen(900), "count": 1}));
    lunch.at(1, 12, 0).await;
    lunch.paid(&person, 900).await;
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn too_little_money_and_collect_later() {
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("1", "王小明", 1_000).await;
    let short = lunch.sell(of(&person), 1_200, json!({})).await;
    assert_eq!(short["refusal"]["code"], "too_little_money");
    assert_eq!((&short["refusal"]["missing"], &short["refusal"]["may_collect_later"]), (&fen(200), &json!(true)));
    let later = lunch.sell(of(&person), 1_200, json!({"collect_later": true})).await;
    assert_eq!((&later["outcome"], &later["arrears_after"]), (&json!("paid"), &fen(200)));
    assert_eq!(later["purchase"]["arrears"], fen(200));
    assert_eq!(lunch.money(&person).await, (0, 200));
    // ¥30 of arrears is the policy: up to it, and not a fen further.
    let most = lunch.sell(of(&person), 2_800, json!({"collect_later": true})).await;
    assert_eq!(most["outcome"], "paid", "{most}");
    let over = lunch.sell(of(&person), 1, json!({})).await;
    assert_eq!(over["refusal"]["may_collect_later"], false);
    let over = lunch.sell(of(&person), 1, json!({"collect_later": true})).await;
    assert_eq!(over["refusal"]["code"], "arrears_cap");
    // A top-up repays first.
    let repaid = lunch.top_up(&person, 5_000).await.expect(200).json;
    assert_eq!(
        (&repaid["repaid"], &repaid["balance_after"], &repaid["arrears_after"]),
        (&fen(3_000), &fen(2_000), &fen(0))
    );
    lunch.policy(|policy| policy["arrears"]["allowed"] = false.into()).await;
    let never = lunch.sell(of(&person), 2_001, json!({"collect_later": true})).await;
    assert_eq!(
        (&never["refusal"]["code"], &never["refusal"]["may_collect_later"]),
        (&json!("too_little_money"), &json!(false))
    );
    assert_eq!(lunch.money(&person).await, (2_000, 0));
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn what_may_not_be_bought_now() {
    let lunch = Lunch::start().await;
    let ask = json!({"kind": "student", "number": "1", "name": "王小明", "class": lunch.class, "allergens": ["花生"]});
    let person = crate::lunch::id_of(&lunch.admin.post(&lunch.path("people"), ask).await.expect(201));
    lunch.top_up(&person, 10_000).await.expect(200);
    let nuts = lunch.dish(json!({"name": "宫保鸡丁", "category": "热菜", "allergens": ["花生"]})).await;
    let sweets = lunch.dish(json!({"name": "糖果", "category": "零食"})).await;
    let elsewhere = lunch.dish(json!({"name": "小炒肉", "category": "热菜", "stalls": [lunch.other_stall]})).await;
    let tray = |dish: &crate::lunch::Dish| json!({"mode": "dish", "items": [dish.times(1)], "amount": null});

    let allergic = lunch.sell(of(&person), 0, tray(&nuts)).await;
    assert_eq!(allergic["refusal"]["code"], "allergen");
    let none = json!({"amount": null, "count": null});
    let own = json!({"limits": {"meal": none, "day": none, "month": none}, "no_buy_categories": ["零食"]});
    lunch.admin.put(&lunch.path(&format!("classes/{}/limits", lunch.class)), own).await.expect(200);
    let forbidden = lunch.sell(of(&person), 0, tray(&sweets)).await;
    assert_eq!(forbidden["refusal"]["code"], "category_not_allowed");

    let put = async |more: Value| {
        let ask = lunch.sale(of(&person), 0, more);
        lunch.put_sale(lunch.name(), ask).await
    };
    assert_eq!(told(&put(tray(&elsewhere)).await), (422, "dish_not_sold", "items[0].dish"));
    let old = nuts.clone();
    let cheaper = json!({"price": fen(100)});
    lunch.admin.patch(&lunch.path(&format!("dishes/{}", nuts.id)), cheaper).await.expect(200);
    let changed = put(tray(&old)).await;
    assert_eq!((told(&changed), &changed.json["price"]), ((409, "price_changed", "items[0].dish"), &json!(100)));
    lunch.admin.post(&lunch.path(&format!("dishes/{}/withdraw", sweets.id)), json!({})).await.expect(200);
    assert_eq!(told(&put(tray(&sweets)).await), (422, "dish_not_sold", "items[0].dish"));
    lunch.admin.post(&lunch.path(&format!("dishes/{}/restore", sweets.id)), json!({})).await.expect(200);
    assert_eq!(put(tray(&sweets)).await.expect(200).json["refusal"]["code"], "category_not_allowed");

    lunch.at(0, 15, 0).await;
    assert_eq!(lunch.sell(of(&person), 500, json!({})).await["refusal"]["code"], "outside_meal_period");
    lunch.policy(|policy| policy["require_meal_period"] = false.into()).await;
    assert_eq!(lunch.sell(of(&person), 500, json!({})).await["outcome"], "paid");
    lunch.policy(|policy| policy["require_meal_period"] = true.into()).await;
    let holiday = json!({"terms": [], "special_days": [{"day": "2026-11-25", "kind": "holiday", "name": "运动会"}]});
    lunch.admin.put(&lunch.path("calendar"), holiday).await.expect(200);
    lunch.at(1, 12, 0).await;
    assert_eq!(lunch.sell(of(&person), 500, json!({})).await["refusal"]["code"], "closed_today");
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn a_second_identical_sale_asks_first() {
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("1", "王小明", 10_000).await;
    lunch.paid(&person, 800).await;
    let id = lunch.name();
    lunch.pass_s(4);
    let ask = lunch.sale(of(&person), 800, json!({}));
    let asked = lunch.put_sale(id, ask.clone()).await.expect(200).json;
    assert_eq!(asked["outcome"], "ask");
    assert_eq!(asked["ask"], json!({"code": "duplicate", "seconds_ago": 4}));
    assert_eq!(lunch.money(&person).await, (9_200, 0), "nothing happened yet");
    // Asking again without a word changes nothing; the confirmation goes under the same name.
    assert_eq!(lunch.put_sale(id, ask.clone()).await.expect(200).json["outcome"], "ask");
    let mut confirmed = ask;
    confirmed["confirm_duplicate"] = true.into();
    let sold = lunch.put_sale(id, confirmed.clone()).await.expect(200).json;
    assert_eq!(sold["outcome"], "paid");
    assert_eq!(lunch.put_sale(id, confirmed).await.expect(200).json, sold);
    // Another price, another stall, or ten seconds later: nobody is asked.
    for (seconds, amount, more) in
        [(1, 801, json!({})), (1, 801, json!({"stall": lunch.other_stall})), (10, 801, json!({}))]
    {
        lunch.pass_s(seconds);
        let ask = lunch.sale(of(&person), amount, more);
        assert_eq!(lunch.put_sale(lunch.name(), ask).await.expect(200).json["outcome"], "paid");
    }
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn a_name_is_answered_once() {
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("1", "王小明", 10_000).await;
    let (id, ask) = (lunch.name(), lunch.sale(of(&person), 800, json!({})));
    let lunch = Arc::new(lunch);
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (lunch, ask) = (Arc::clone(&lunch), ask.clone());
        all.spawn(async move { lunch.put_sale(id, ask).await.expect(200).json });
    }
    let answers = all.join_all().await;
    assert_eq!(answers[0]["outcome"], "paid");
    assert!(answers.iter().all(|answer| *answer == answers[0]), "one answer for all");
    assert_eq!(lunch.money(&person).await, (9_200, 0));
    let list = lunch.admin.get(&lunch.path("purchases")).await.expect(200).json;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));

    for other in [
        json!({"amount": fen(801)}),
        json!({"stall": lunch.other_stall}),
        json!({"collect_later": true}),
        json!({"mode": "fixed"}),
    ] {
        let again = lunch.put_sale(id, lunch.sale(of(&person), 800, other)).await;
        assert_eq!(told(&again), (409, "name_taken", ""));
    }
    // A refusal is an answer as well, kept under its name.
    let (id, ask) = (lunch.name(), lunch.sale(of(&person), 9_201, json!({})));
    let refused = lunch.put_sale(id, ask.clone()).await.expect(200).json;
    assert_eq!(refused["refusal"]["code"], "too_little_money");
    lunch.top_up(&person, 5_000).await.expect(200);
    assert_eq!(lunch.put_sale(id, ask).await.expect(200).json, refused);
    assert_eq!(told(&lunch.put_sale(id, lunch.sale(of(&person), 1, json!({}))).await), (409, "name_taken", ""));
    // A top-up's name is taken, too; and a purchase's name is no top-up's.
    let topup = lunch.name();
    let put = json!({"person": person, "amount": fen(100)});
    lunch.admin.put(&lunch.path(&format!("topups/{topup}")), put.clone()).await.expect(200);
    assert_eq!(told(&lunch.put_sale(topup, lunch.sale(of(&person), 500, json!({}))).await), (409, "name_taken", ""));
    lunch.books_are_whole().await;
}

/// What happens between a sale and the counter's second try must not change its answer: else lunch is sold twice.
#[tokio::test]
async fn asking_again_much_later_gives_the_first_answer() {
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("1", "王小明", 10_000).await;
    let rice = lunch.dish(json!({})).await;
    let tray = json!({"mode": "dish", "items": [rice.times(2)], "amount": fen(300)});
    let (id, ask) = (lunch.name(), lunch.sale(of(&person), 0, tray));
    let sold = lunch.put_sale(id, ask.clone()).await.expect(200).json;
    let again = async |name: &str| {
        let answer = lunch.put_sale(id, ask.clone()).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.json);
        assert_eq!(answer.json, sold, "{name}");
    };
    let dish = lunch.path(&format!("dishes/{}", rice.id));
    lunch.admin.patch(&dish, json!({"price": fen(200), "name": "大米饭"})).await.expect(200);
    again("the price changed").await;
    lunch.admin.post(&format!("{dish}/withdraw"), json!({})).await.expect(200);
    again("the dish is gone").await;
    lunch.pass_s(600);
    again("ten minutes without a network").await;
    lunch.admin.delete(&lunch.path(&format!("stalls/{}", lunch.stall))).await.expect(204);
    again("the stall is closed").await;
    // A sale that was never booked is refused for what is wrong now.
    assert_eq!(told(&lunch.put_sale(lunch.name(), ask).await), (422, "clock_drift", "at"));
    let other = lunch.sale(of(&person), 300, json!({}));
    assert_eq!(told(&lunch.put_sale(id, other).await), (409, "name_taken", ""));
    assert_eq!(lunch.money(&person).await, (9_700, 0));
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn what_is_wrong_with_an_ask_is_said_of_its_field() {
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("1", "王小明", 10_000).await;
    let rice = lunch.dish(json!({})).await;
    let nobody = lunch.name().to_string();
    let check = async |more: Value, wanted: (u16, &str, &str)| {
        let answer = lunch.put_sale(lunch.name(), lunch.sale(of(&person), 500, more.clone())).await;
        assert_eq!(told(&answer), wanted, "{more}");
    };
    let malformed = (400, "malformed_body", "");
    for amount in [json!(0), json!(-1), json!(i64::MIN), json!(i64::MAX), json!(10_000_000_001i64)] {
        check(json!({"amount": {"fen": amount}}), (422, "bad_amount", "amount")).await;
    }
    for amount in [json!("500"), json!({"fen": 5.5}), json!({"fen": 1e30}), json!({"fen": null}), json!({"yuan": 5})] {
        check(json!({"amount": amount}), malformed).await;
    }
    check(json!({"amount": null}), (422, "bad_amount", "amount")).await;
    check(json!({"mode": "gift"}), (422, "bad_mode", "mode")).await;
    check(json!({"mode": 7}), malformed).await;
    check(json!({"tip": 7}), malformed).await;
    check(json!({"at": "noon"}), (422, "bad_time", "at")).await;
    check(json!({"at": "2026-11-24T13:00:00+08:00"}), (422, "clock_drift", "at")).await;
    check(json!({"at": "2026-11-24T04:04:59Z"}), (200, "", "")).await;
    check(json!({"payer": {}}), (422, "bad_payer", "payer")).await;
    check(json!({"payer": {"code": "1", "person": person}}), (422, "bad_payer", "payer")).await;
    check(json!({"payer": {"person": nobody}}), (404, "not_found", "payer.person")).await;
    check(json!({"stall": nobody}), (404, "not_found", "")).await;
    check(json!({"stall": "one"}), malformed).await;
    let tray = |items: Value| json!({"mode": "dish", "items": items, "amount": null});
    check(tray(json!([])), (422, "empty_tray", "items")).await;
    check(tray(json!([rice.times(0)])), (422, "bad_count", "items")).await;
    check(tray(json!([rice.times(100)])), (422, "bad_count", "items")).await;
    check(tray(json!([rice.times(-1)])), malformed).await;
    check(tray(json!(vec![rice.times(1); 61])), (422, "too_many_lines", "items")).await;
    check(tray(json!([{"dish": nobody, "revision": nobody, "count": 1}])), (422, "dish_not_sold", "items[0].dish"))
        .await;
    let differs = json!({"mode": "dish", "items": [rice.times(1)], "amount": fen(149)});
    check(differs, (409, "amount_differs", "amount")).await;
    // A name that no counter makes would hide from the proof, which begins after the smallest one.
    let nil = lunch.put_sale(uuid::Uuid::nil(), lunch.sale(of(&person), 100, json!({}))).await;
    assert_eq!(told(&nil), (422, "bad_name", "id"));
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn another_school_sees_and_sells_nothing_of_this_one() {
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("1", "王小明", 10_000).await;
    let purchase = lunch.paid(&person, 500).await;
    let (there, code) = lunch.on_other_school().await;
    assert!(!code.is_empty());
    let theirs = lunch.server.signed_in("there", there, Role::SchoolAdmin).await;
    let absent =
        |answer: &crate::testkit::Answer| assert_eq!((answer.status, &answer.json["code"]), (404, &json!("not_found")));
    for path in ["purchases/{}", "people/{}", "people/{}/account", "people/{}/statement", "people/{}/limits"] {
        let id = if path.starts_with("purchases") { &purchase } else { &person };
        absent(&theirs.get(&there.path(&path.replace("{}", id))).await);
    }
    let undo = json!({"id": lunch.name(), "reason": "打错了"});
    absent(&theirs.put(&there.path(&format!("purchases/{purchase}/reversal")), undo).await);
    let topup = json!({"person": person, "amount": fen(100)});
    absent(&theirs.put(&there.path(&format!("topups/{}", lunch.name())), topup).await);
    absent(&theirs.post(&there.path(&format!("people/{person}/freeze")), json!({"reason": "冻结"})).await);
    absent(
        &theirs.put(&there.path(&format!("purchases/{}", lunch.name())), lunch.sale(of(&person), 1, json!({}))).await,
    );
    let list = theirs.get(&there.path(&format!("purchases?person={person}"))).await.expect(200).json;
    assert_eq!(list["items"], json!([]));
    assert_eq!(lunch.money(&person).await, (9_500, 0));
}

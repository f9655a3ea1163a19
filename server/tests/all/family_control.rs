//! What guardians control: limits at the counter, freezing, loss, money between siblings.

use crate::family::Family;
use crate::lunch::{fen, told};
use serde_json::{Value, json};
use std::sync::Arc;
use yitong::guardians::Rights;

/// What the counter was told.
fn refused(sold: &Value) -> (&str, &str) {
    let refusal = &sold["refusal"];
    (refusal["code"].as_str().unwrap_or_default(), refusal["cashier_zh"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn who_may_only_see_changes_nothing() {
    let family = Family::with(Rights { see: true, pay: false, control: false }, 5_000).await;
    family.get("purchases").await.expect(200);
    let limits = family.get("limits").await.expect(200).json;
    assert_eq!(limits["low_balance"], fen(2_000), "told below twenty yuan until somebody says otherwise");
    let stops = [("freeze", json!({"frozen": true})), ("loss", json!({"lost": true}))];
    for (rest, ask) in stops {
        assert_eq!(told(&family.put(rest, ask).await), (403, "right_missing", ""), "{rest}");
    }
    let ask = json!({"to": family.binding.to_string(), "amount": fen(1)});
    let transfer = format!("transfers/{}", family.lunch.name());
    assert_eq!(told(&family.put(&transfer, ask).await), (403, "right_missing", ""));
}

#[tokio::test]
async fn a_guardians_limits_stop_a_purchase_at_the_counter() {
    let family = Family::start(50_000).await;
    family.limits(json!({"purchase": fen(1_500), "meal": fen(2_000), "day": fen(2_500)})).await;
    let sold = family.sell(1_600, json!({})).await;
    assert_eq!(refused(&sold), ("over_purchase_cap", "家长设置：单笔 ¥15.00 以内"));
    let last = sold["trace"].as_array().and_then(|lines| lines.last()).expect("a trace");
    assert_eq!((&last["ok"], &last["zh"]), (&json!(false), &json!("本笔 ¥16.00，家长设置的单笔上限 ¥15.00")));
    family.lunch.paid(&family.child, 1_500).await;
    let sold = family.sell(501, json!({})).await;
    assert_eq!(refused(&sold), ("over_meal_amount", "家长设置：本餐 ¥20.00 以内"));
    family.lunch.policy(|policy| policy["limits"]["meal"]["amount"] = fen(1_800)).await;
    assert_eq!(refused(&family.sell(501, json!({})).await).1, "超过本餐限额 ¥18.00", "the school is stricter now");
    // The guardian sees both, and why each was refused.
    let list = family.get("purchases").await.expect(200).json;
    let items = list["items"].as_array().expect("a list");
    let states: Vec<_> = items.iter().map(|line| line["state"].as_str().unwrap_or_default()).collect();
    assert_eq!(states, ["refused", "refused", "booked", "refused"]);
    assert_eq!(items[3]["reason_zh"], "这笔消费超过家长设置的单笔上限 ¥15.00。");
    let id = items[3]["id"].as_str().expect("an id");
    let detail = family.get(&format!("purchases/{id}")).await.expect(200).json;
    assert!(detail["why"].as_array().is_some_and(|why| why.iter().any(|line| line["ok"] == false)), "{detail}");
    let school = family.lunch.admin.get(&family.lunch.path(&format!("people/{}/limits", family.child))).await;
    assert_eq!(school.expect(200).json["guardian"]["purchase"], fen(1_500), "the office sees it");
}

#[tokio::test]
async fn an_allergen_noted_by_a_guardian_stops_the_sale() {
    let family = Family::start(50_000).await;
    let peanuts = family.lunch.dish(json!({"name": "宫保鸡丁", "category": "热菜", "allergens": ["花生"]})).await;
    let cake = family.lunch.dish(json!({"name": "蛋糕", "category": "甜品", "barcode": "6901234567892"})).await;
    let sell = |dish: Value| json!({"mode": "dish", "items": [dish], "amount": null});
    assert_eq!(family.sell(0, sell(peanuts.times(1))).await["outcome"], "paid");
    let page = family.limits(json!({"allergens": [" 花生", "花生"], "no_buy": ["甜品"]})).await;
    assert_eq!((&page["allergens"], &page["known_allergens"]), (&json!(["花生"]), &json!(["花生"])));
    assert!(page["categories"].as_array().is_some_and(|all| all.contains(&json!("甜品"))), "{page}");
    let sold = family.sell(0, sell(peanuts.times(1))).await;
    assert_eq!(refused(&sold), ("allergen", "过敏原：花生（家长登记）"));
    assert_eq!(sold["person"]["allergens"], json!(["花生"]), "the cashier sees it beside the name");
    assert_eq!(refused(&family.sell(0, sell(cake.times(1))).await), ("category_not_allowed", "家长设置：不购买甜品"));
    let page = family.limits(json!({"allergens": [], "no_buy": []})).await;
    assert_eq!(page["allergens"], json!([]));
    assert_eq!(family.sell(0, sell(peanuts.times(1))).await["outcome"], "paid");
}

#[tokio::test]
async fn two_guardians_do_not_overwrite_each_other() {
    let family = Family::start(5_000).await;
    let ask = |day: i64| {
        json!({"meal": null, "day": fen(day), "purchase": null, "no_buy": [], "allergens": [], "low_balance": null,
            "version": 0})
    };
    family.put("limits", ask(3_000)).await.expect(200);
    family.put("limits", ask(3_000)).await.expect(200);
    assert_eq!(told(&family.put("limits", ask(4_000)).await), (409, "changed_meanwhile", ""));
    let mut far = ask(1);
    far["day"] = fen(10_000_001);
    assert_eq!(told(&family.put("limits", far).await), (422, "bad_amount", "day"));
}

#[tokio::test]
async fn freezing_by_guardian_and_by_school_are_two_facts() {
    let family = Family::start(5_000).await;
    let freeze = |frozen: bool| family.put("freeze", json!({"frozen": frozen}));
    let stops = freeze(true).await.expect(200).json;
    assert_eq!((&stops["frozen"], &stops["frozen_by_school"]), (&json!(true), &json!(false)));
    assert_eq!(refused(&family.sell(500, json!({})).await), ("account_frozen", "账户已暂停（家长设置）"));
    let by_school = |verb: &str| family.lunch.path(&format!("people/{}/{verb}", family.child));
    let reason = json!({"reason": "丢失核实中"});
    family.lunch.admin.post(&by_school("freeze"), reason.clone()).await.expect(204);
    assert_eq!(refused(&family.sell(500, json!({})).await).1, "账户已冻结", "the school's word comes first");
    // The guardian's own part can be taken back; the school's stays, and is said.
    let stops = freeze(false).await.expect(200).json;
    assert_eq!((&stops["frozen"], &stops["frozen_by_school"]), (&json!(true), &json!(true)));
    assert_eq!(told(&freeze(false).await), (409, "frozen_by_school", ""));
    family.lunch.admin.post(&by_school("unfreeze"), reason).await.expect(204);
    assert_eq!(freeze(false).await.expect(200).json["frozen"], false);
    assert_eq!(family.sell(500, json!({})).await["outcome"], "paid");
    let trail = family.lunch.admin.get(&family.lunch.path("audit")).await.expect(200).json.to_string();
    assert!(trail.contains("guardian.freeze") && trail.contains(&family.guardian.to_string()), "{trail}");
}

#[tokio::test]
async fn a_guardian_takes_back_only_what_a_guardian_reported() {
    let family = Family::start(5_000).await;
    let loss = |lost: bool| family.put("loss", json!({"lost": lost}));
    assert_eq!(told(&loss(true).await), (409, "no_code", ""), "nothing was printed yet");
    let code = family.lunch.code(&family.child).await;
    let stops = loss(true).await.expect(200).json;
    assert_eq!((&stops["code_lost"], &stops["lost_by_school"]), (&json!(true), &json!(false)));
    loss(true).await.expect(200);
    let sell = || family.lunch.sell(json!({"code": code}), 500, json!({}));
    assert_eq!(refused(&sell().await).0, "code_lost");
    assert_eq!(loss(false).await.expect(200).json["code_lost"], false);
    assert_eq!(sell().await["outcome"], "paid");
    loss(true).await.expect(200);
    let codes = family.lunch.admin.get(&family.lunch.path("credentials")).await.expect(200).json;
    let id = codes["items"][0]["id"].as_str().expect("an id").to_owned();
    let path = family.lunch.path(&format!("credentials/{id}/report-lost"));
    family.lunch.admin.post(&path, json!({})).await.expect(200);
    assert_eq!(told(&loss(false).await), (409, "lost_by_school", ""), "now it is the school's word, too");
    assert_eq!(refused(&sell().await).0, "code_lost");
}

#[tokio::test]
async fn money_moves_between_siblings_once() {
    let family = Family::start(5_000).await;
    let (sister, binding) = family.sibling(Rights::ALL).await;
    let (name, to) = (family.lunch.name(), binding.to_string());
    let ask = |amount: i64| json!({"to": to, "amount": fen(amount)});
    let path = format!("transfers/{name}");
    let done = family.put(&path, ask(2_000)).await.expect(200).json;
    assert_eq!((&done["balance_from"], &done["balance_to"]), (&fen(3_000), &fen(2_000)));
    family.lunch.paid(&sister, 100).await;
    assert_eq!(family.put(&path, ask(2_000)).await.expect(200).json, done, "the first answer again");
    assert_eq!(told(&family.put(&path, ask(2_001)).await), (409, "name_taken", ""));
    let again = || format!("transfers/{}", family.lunch.name());
    assert_eq!(told(&family.put(&again(), ask(3_001)).await), (422, "too_little_money", "amount"));
    assert_eq!(told(&family.put(&again(), ask(0)).await), (422, "bad_amount", "amount"));
    let own = json!({"to": family.binding.to_string(), "amount": fen(1)});
    assert_eq!(told(&family.put(&again(), own).await), (422, "other_school", "to"));
    // Arrears of the sister are repaid first, and her balance has a cap.
    family.lunch.paid(&sister, 1_900).await;
    let later = family.lunch.sell(json!({"person": sister}), 700, json!({"collect_later": true})).await;
    assert_eq!(later["outcome"], "paid", "{later}");
    family.put(&again(), ask(1_000)).await.expect(200);
    assert_eq!(family.lunch.money(&sister).await, (300, 0));
    family
        .lunch
        .policy(|policy| {
            policy["topup"]["balance_cap"] = fen(1_000);
            policy["topup"]["single_cap"] = fen(1_000);
        })
        .await;
    let over = family.put(&again(), ask(701)).await;
    assert_eq!((told(&over), &over.json["room"]), ((422, "over_balance_cap", "amount"), &json!(700)));
    let lines = family.get("statement").await.expect(200).json;
    let first = &lines["items"][0];
    let said = (&first["kind"], &first["amount"], &first["title_zh"]);
    assert_eq!(said, (&json!("transfer"), &fen(-1_000), &json!("转给家人")));
    family.lunch.books_are_whole().await;
}

#[tokio::test]
async fn transfers_at_once_lose_nothing() {
    let family = Arc::new(Family::start(3_000).await);
    let (sister, binding) = family.sibling(Rights::ALL).await;
    let mut tasks = Vec::new();
    for n in 0..24 {
        let family = Arc::clone(&family);
        tasks.push(tokio::spawn(async move {
            // To and fro, some of them twice under one name, more than there is.
            let (from, to) = if n % 3 == 2 { (binding, family.binding) } else { (family.binding, binding) };
            let path = format!("/api/v1/guardian/children/{from}/transfers/{}", family.lunch.name());
            let ask = json!({"to": to.to_string(), "amount": fen(170 + n)});
            let first = family.parent.put(&path, ask.clone()).await;
            let second = family.parent.put(&path, ask).await;
            if first.status == 200 {
                assert_eq!(first.json, second.json);
            }
            first.status
        }));
    }
    let mut moved = 0;
    for task in tasks {
        let status = task.await.expect("no panic");
        assert!([200, 422].contains(&status), "{status}");
        moved += u32::from(status == 200);
    }
    let (a, b) = (family.lunch.money(&family.child).await, family.lunch.money(&sister).await);
    assert_eq!((a.0 + b.0, a.1 + b.1), (3_000, 0));
    assert!(moved >= 10, "{moved}");
    family.lunch.books_are_whole().await;
}

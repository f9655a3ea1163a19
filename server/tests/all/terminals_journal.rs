//! Journals over HTTP: what was sold and eaten is booked as it was, once, whatever the way of it.

use crate::agent::{Agent, how};
use crate::lunch::Lunch;
use serde_json::{Value, json};
use yitong::signin::roles::Role;
use yitong_sync::{Body, Sealed};
use yitong_values::Cents;

fn head(receipt: &Value) -> u64 {
    receipt["head"]["seq"].as_u64().expect("a number")
}

#[tokio::test]
async fn what_was_eaten_is_booked_as_far_as_wallets_go() {
    let lunch = Lunch::start().await;
    let mut agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let rich = lunch.rich_pupil("2026001", "王小明", 1_000).await;
    let poor = lunch.rich_pupil("2026002", "李小红", 300).await;
    let unknown = lunch.name().to_string();
    let mut records = vec![agent.write(&lunch, Body::Opened { key: agent.key.public(), version: "0.1.0".into() })];
    for (person, fen) in [(&rich, 400), (&poor, 800), (&unknown, 500), (&rich, 100)] {
        let sale = agent.sale(&lunch, person, fen);
        records.push(agent.sold(&lunch, &sale, person));
    }
    let receipt = agent.post(&lunch, &records).await;
    assert_eq!(
        (head(&receipt), &receipt["problem"], &receipt["quarantined"]),
        (5, &Value::Null, &json!([])),
        "{receipt}"
    );
    assert_eq!(lunch.money(&rich).await, (500, 0));
    assert_eq!(lunch.money(&poor).await, (0, 500), "beyond no cap: it was eaten");
    // The same again, whole and in parts, changes nothing.
    assert_eq!(head(&agent.post(&lunch, &records).await), 5);
    assert_eq!(head(&agent.post(&lunch, &records[3..]).await), 5);
    assert_eq!(lunch.money(&rich).await, (500, 0));
    lunch.books_are_whole().await;
    let trial = lunch.admin.get(&lunch.path("ledger/accounts")).await.expect(200).json;
    let risk =
        trial["items"].as_array().expect("lines").iter().find(|of| of["kind"] == "risk").expect("a line of risk");
    assert_eq!(risk["debit"]["fen"], 500, "{risk}");
    let finance = lunch.server.signed_in("finance", lunch.school, Role::Finance).await;
    let found = finance.get(&lunch.path("offline-findings")).await.expect(200).json;
    let mut kinds: Vec<_> = found["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|of| (of["kind"].as_str().expect("a kind").to_owned(), of["amount"]["fen"].as_i64()))
        .collect();
    kinds.sort();
    assert_eq!(kinds, [("risk".into(), Some(500)), ("short".into(), Some(500))], "{found}");
    let list = lunch.admin.get(&lunch.path("purchases")).await.expect(200).json;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(4), "{list}");
}

#[tokio::test]
async fn a_sale_that_the_server_had_booked_is_not_booked_twice() {
    let lunch = Lunch::start().await;
    let mut agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let person = lunch.rich_pupil("2026001", "王小明", 1_000).await;
    // The answer was lost: booked here, sold by the terminal itself there, under one name.
    let sale = agent.sale(&lunch, &person, 400);
    let intent = agent.write(&lunch, Body::Intent { sale: sale.clone() });
    assert_eq!(agent.put(&lunch, &sale).await["verdict"]["outcome"], "paid");
    let sold = agent.sold(&lunch, &sale, &person);
    let receipt = agent.post(&lunch, &[intent, sold]).await;
    assert_eq!((head(&receipt), &receipt["quarantined"]), (2, &json!([])), "{receipt}");
    assert_eq!(lunch.money(&person).await, (600, 0));
    // The other way round: the journal came first, the request was still on its way.
    lunch.pass_s(30);
    let sale = agent.sale(&lunch, &person, 100);
    let sold = agent.sold(&lunch, &sale, &person);
    agent.post(&lunch, &[sold]).await;
    assert_eq!(agent.put(&lunch, &sale).await["verdict"]["outcome"], "paid", "the first answer");
    assert_eq!(lunch.money(&person).await, (500, 0));
    // The same name with another amount is put aside, with an alarm; the rest goes on.
    let mut other = sale.clone();
    other.amount = Cents::new(200);
    let contradiction = agent.write(&lunch, Body::Sold { sale: other, how: how(&person, Cents::new(200)) });
    let fine = agent.sale(&lunch, &person, 50);
    let fine = agent.sold(&lunch, &fine, &person);
    let receipt = agent.post(&lunch, &[contradiction, fine]).await;
    assert_eq!((head(&receipt), &receipt["quarantined"][0]["seq"]), (5, &json!(4)), "{receipt}");
    assert_eq!(lunch.money(&person).await, (450, 0));
    let alarms = lunch.admin.get(&lunch.path("terminal-alarms")).await.expect(200).json;
    assert_eq!(alarms["items"][0]["kind"], "aside", "{alarms}");
    let history = lunch.admin.get(&lunch.path(&format!("terminals/{}/history", agent.id))).await.expect(200).json;
    assert_eq!((&history["aside"][0]["seq"], history["records"].as_array().map(Vec::len)), (&json!(4), Some(5)));
    let path = lunch.path(&format!("terminals/{}/aside/1/4", agent.id));
    lunch.admin.put(&path, json!({"note": "已与收银员核对"})).await.expect(204);
    let id = alarms["items"][0]["id"].as_str().expect("an id");
    let path = lunch.path(&format!("terminals/{}/alarms/{id}", agent.id));
    lunch.admin.put(&path, json!({"note": "已处理"})).await.expect(204);
    assert_eq!(lunch.admin.get(&lunch.path("terminal-alarms")).await.expect(200).json["items"], json!([]));
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn a_no_that_nobody_heard_does_not_undo_what_was_eaten() {
    let lunch = Lunch::start().await;
    let mut agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let person = lunch.rich_pupil("2026001", "王小明", 300).await;
    // Too little money here, and the answer was lost; there the till sold under the same name.
    let sale = agent.sale(&lunch, &person, 400);
    let intent = agent.write(&lunch, Body::Intent { sale: sale.clone() });
    assert_eq!(agent.put(&lunch, &sale).await["verdict"]["outcome"], "refused");
    let sold = agent.sold(&lunch, &sale, &person);
    for _ in 0..2 {
        let receipt = agent.post(&lunch, &[intent.clone(), sold.clone()]).await;
        assert_eq!((head(&receipt), &receipt["quarantined"]), (2, &json!([])), "{receipt}");
        assert_eq!(lunch.money(&person).await, (0, 100));
    }
    let list = lunch.admin.get(&lunch.path("purchases")).await.expect(200).json;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "no refusal beside it: {list}");
    assert_eq!(agent.put(&lunch, &sale).await["verdict"]["outcome"], "paid");
    assert_eq!(lunch.money(&person).await, (0, 100));
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn what_the_customer_was_told_no_about_is_taken_back() {
    let lunch = Lunch::start().await;
    let mut agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let person = lunch.rich_pupil("2026001", "王小明", 1_000).await;
    // Booked, and nobody saw green.
    let sale = agent.sale(&lunch, &person, 400);
    let intent = agent.write(&lunch, Body::Intent { sale: sale.clone() });
    agent.put(&lunch, &sale).await;
    let given_up = agent.write(&lunch, Body::GivenUp { purchase: sale.purchase });
    assert_eq!(head(&agent.post(&lunch, &[intent, given_up]).await), 2);
    assert_eq!(lunch.money(&person).await, (1_000, 0));
    // Given up first, and the request comes after it: it books nothing.
    lunch.pass_s(30);
    let late = agent.sale(&lunch, &person, 300);
    let intent = agent.write(&lunch, Body::Intent { sale: late.clone() });
    let given_up = agent.write(&lunch, Body::GivenUp { purchase: late.purchase });
    agent.post(&lunch, &[intent, given_up]).await;
    assert_eq!(agent.put(&lunch, &late).await["verdict"]["code"], "name_taken");
    assert_eq!(lunch.money(&person).await, (1_000, 0));
    // Sold and undone while nobody heard; the day after it is still an undoing.
    let sale = agent.sale(&lunch, &person, 200);
    let sold = agent.sold(&lunch, &sale, &person);
    agent.post(&lunch, &[sold]).await;
    let undone = agent.write(&lunch, Body::Undone { purchase: sale.purchase, by: None, amount: sale.amount });
    lunch.at(1, 12, 0).await;
    assert_eq!(head(&agent.post(&lunch, &[undone]).await), 6);
    assert_eq!(lunch.money(&person).await, (1_000, 0));
    // In one batch.
    let sale = agent.sale(&lunch, &person, 150);
    let both = [
        agent.sold(&lunch, &sale, &person),
        agent.write(&lunch, Body::Undone { purchase: sale.purchase, by: None, amount: sale.amount }),
    ];
    agent.post(&lunch, &both).await;
    assert_eq!(lunch.money(&person).await, (1_000, 0));
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn a_journal_that_was_edited_cut_or_copied_is_seen() {
    let lunch = Lunch::start().await;
    let mut agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let person = lunch.rich_pupil("2026001", "王小明", 10_000).await;
    let mut records: Vec<Sealed> = Vec::new();
    for _ in 0..6 {
        let sale = agent.sale(&lunch, &person, 100);
        records.push(agent.sold(&lunch, &sale, &person));
    }
    assert_eq!(head(&agent.post(&lunch, &records[..2]).await), 2);
    // A gap: the answer says from where to send again, and the alarm goes when it is filled.
    let gap = agent.post(&lunch, &records[3..4]).await;
    assert_eq!((head(&gap), &gap["problem"]), (2, &json!("gap")));
    let open = async || {
        let alarms = lunch.admin.get(&lunch.path("terminal-alarms")).await.expect(200).json;
        alarms["items"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|of| of["kind"].as_str().expect("a kind").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(open().await, ["gap"]);
    // An edited record in the middle is put aside, because the next one vouches for the chain.
    let mut edited = records.clone();
    edited[3].payload = edited[3].payload.replace("\"amount\":100", "\"amount\":900");
    let receipt = agent.post(&lunch, &edited[2..5]).await;
    assert_eq!((head(&receipt), &receipt["quarantined"][0]["seq"]), (5, &json!(4)), "{receipt}");
    assert!(!open().await.contains(&"gap".to_owned()));
    assert_eq!(lunch.money(&person).await, (10_000 - 400, 0), "three before, and the one behind it");
    // The last one, edited: nobody vouches for it.
    let mut last = records[5].clone();
    last.payload = last.payload.replace("\"amount\":100", "\"amount\":900");
    let receipt = agent.post(&lunch, &[last]).await;
    assert_eq!((head(&receipt), &receipt["problem"]), (5, &json!("signature")));
    // A copy of the journal that went on by itself.
    let twin = Agent::at(&lunch, &crate::agent::add(&lunch, "二号机", &lunch.stall).await, 7).await;
    let good = agent.post(&lunch, &records[5..]).await;
    assert_eq!((head(&good), &good["problem"]), (6, &Value::Null));
    let mut copy = Agent {
        head: yitong_sync::Head { seq: 5, hash: records[4].hash() },
        client: lunch.server.visitor(),
        key: agent.key.clone(),
        stall: agent.stall.clone(),
        ..agent
    };
    let sale = copy.sale(&lunch, &person, 777);
    let forked = copy.sold(&lunch, &sale, &person);
    let receipt = copy.post(&lunch, &[forked]).await;
    assert_eq!((head(&receipt), &receipt["problem"]), (6, &json!("fork")));
    assert!(open().await.contains(&"fork".to_owned()));
    // Records of one terminal sent by another.
    let batch = json!({"journal": twin.journal, "records": [records[0]]});
    let receipt = twin.send(&lunch, "POST", "journal", batch).await.expect(200).json;
    assert_eq!(receipt["problem"], "signature", "another key");
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn a_sale_after_the_loss_was_reported_is_the_schools_risk() {
    let lunch = Lunch::start().await;
    let mut agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let person = lunch.rich_pupil("2026001", "王小明", 1_000).await;
    lunch.code(&person).await;
    let codes = lunch.admin.get(&lunch.path(&format!("credentials?person={person}"))).await.expect(200).json;
    let id = codes["items"][0]["id"].as_str().expect("a code").to_owned();
    let serial = codes["items"][0]["serial"].as_u64().and_then(|n| u32::try_from(n).ok());
    let sell = |agent: &mut Agent, serial: Option<u32>, order: Option<u64>| {
        let sale = agent.sale(&lunch, &person, 100);
        let how = yitong_sync::How { serial, use_order: order, ..how(&person, sale.amount) };
        (sale.clone(), agent.write(&lunch, Body::Sold { sale, how }))
    };
    let (_, before) = sell(&mut agent, serial.or(Some(1)), None);
    lunch.pass_s(60);
    let lost = lunch.path(&format!("credentials/{id}/report-lost"));
    let reported = lunch.admin.post(&lost, json!({})).await;
    assert!(reported.status < 300, "{reported:?}");
    lunch.pass_s(60);
    let (_, after) = sell(&mut agent, serial.or(Some(1)), None);
    let receipt = agent.post(&lunch, &[before, after]).await;
    assert_eq!(receipt["problem"], Value::Null, "{receipt}");
    assert_eq!(lunch.money(&person).await, (900, 0), "only what was sold before it was lost");
    let finance = lunch.server.signed_in("finance", lunch.school, Role::Finance).await;
    let found = finance.get(&lunch.path("offline-findings?kind=late_loss")).await.expect(200).json;
    assert_eq!(found["items"][0]["person"]["id"].as_str(), Some(person.as_str()), "{found}");
    let path =
        lunch.path(&format!("offline-findings/{}/late_loss", found["items"][0]["purchase"].as_str().expect("an id")));
    finance.put(&path, json!({"note": "学校承担"})).await.expect(204);
    assert_eq!(finance.get(&lunch.path("offline-findings?kind=late_loss")).await.expect(200).json["items"], json!([]));
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn what_the_server_forgot_stands_in_the_journal() {
    let lunch = Lunch::start().await;
    let mut agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let person = lunch.rich_pupil("2026001", "王小明", 1_000).await;
    // As after a copy of yesterday was put back: confirmed at the till, unknown here.
    let sale = agent.sale(&lunch, &person, 400);
    let intent = agent.write(&lunch, Body::Intent { sale: sale.clone() });
    let confirmed = agent.write(&lunch, Body::Confirmed { purchase: sale.purchase, amount: sale.amount, by: None });
    assert_eq!(head(&agent.post(&lunch, &[intent]).await), 1);
    let receipt = agent.post(&lunch, &[confirmed]).await;
    assert_eq!((head(&receipt), &receipt["quarantined"]), (2, &json!([])), "{receipt}");
    assert_eq!(lunch.money(&person).await, (600, 0));
    let nobody =
        agent.write(&lunch, Body::Confirmed { purchase: lunch.name().into(), amount: Cents::new(5), by: None });
    let receipt = agent.post(&lunch, &[nobody]).await;
    assert_eq!((head(&receipt), &receipt["quarantined"][0]["seq"]), (3, &json!(3)), "{receipt}");
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn a_late_sale_leaves_the_counters_of_today() {
    let lunch = Lunch::start().await;
    let mut agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let person = lunch.rich_pupil("2026001", "王小明", 5_000).await;
    let sale = agent.sale(&lunch, &person, 700);
    let yesterday = agent.sold(&lunch, &sale, &person);
    lunch.at(1, 12, 0).await;
    lunch.policy(|policy| policy["limits"]["day"]["amount"] = json!({"fen": 1_000})).await;
    lunch.paid(&person, 600).await;
    agent.post(&lunch, &[yesterday]).await;
    let more = lunch.sell(json!({"person": person}), 500, json!({})).await;
    assert_eq!(more["refusal"]["code"], "over_day_amount", "today's ¥6 still count: {more}");
    let fits = lunch.sell(json!({"person": person}), 400, json!({})).await;
    assert_eq!(fits["outcome"], "paid", "yesterday's ¥7 don't: {fits}");
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn a_dead_machines_journal_is_brought_as_a_file() {
    let lunch = Lunch::start().await;
    let mut dead = Agent::enrolled(&lunch, "一号机", 1).await;
    let finance = lunch.server.signed_in("finance", lunch.school, Role::Finance).await;
    let person = lunch.rich_pupil("2026001", "王小明", 10_000).await;
    let mut records = Vec::new();
    for fen in [100, 200, 300] {
        let sale = dead.sale(&lunch, &person, fen);
        records.push(dead.sold(&lunch, &sale, &person));
    }
    dead.post(&lunch, &records[..1]).await;
    // Another machine takes its place and begins a journal of its own.
    let id = dead.id.to_string();
    let mut next = Agent::at(&lunch, &id, 2).await;
    let sale = next.sale(&lunch, &person, 50);
    let sold = next.sold(&lunch, &sale, &person);
    assert_eq!(head(&next.post(&lunch, &[sold]).await), 1);
    assert_eq!(lunch.money(&person).await, (9_850, 0));
    let line = |sealed: &Sealed| format!("{} {}\n", String::from(sealed.signature), sealed.payload);
    let text: String = records.iter().map(line).collect();
    let load = async |id: &str, text: String, apply: bool| {
        let path = lunch.path(&format!("terminals/{id}/journal-file?apply={apply}"));
        lunch.admin.send("POST", &path, &[("content-type", "text/plain")], text.into_bytes()).await
    };
    let plan = load(&id, text.clone(), false).await.expect(200).json;
    let part = |plan: &Value| {
        let number = |key: &str| plan[key].as_i64().expect("a number");
        (number("journal"), number("known"), number("fresh"), number("sales"), plan["amount"]["fen"].as_i64())
    };
    assert_eq!(part(&plan), (1, 1, 2, 2, Some(500)), "{plan}");
    assert_eq!(lunch.money(&person).await, (9_850, 0), "it was only looked at");
    load(&id, text.clone(), true).await.expect(200);
    assert_eq!(lunch.money(&person).await, (9_350, 0));
    assert_eq!(part(&load(&id, text.clone(), true).await.expect(200).json), (1, 3, 0, 0, Some(0)));
    assert_eq!(lunch.money(&person).await, (9_350, 0), "once");
    // The server had booked it, its answer was lost, and then the machine died: nobody saw green, so finance is told.
    let sale = dead.sale(&lunch, &person, 700);
    records.push(dead.write(&lunch, Body::Intent { sale: sale.clone() }));
    let ask = json!({"stall": sale.stall, "payer": {"person": person}, "mode": "amount", "amount": {"fen": 700},
        "at": sale.at.to_string()});
    lunch.admin.put(&lunch.path(&format!("purchases/{}", sale.purchase)), ask).await.expect(200);
    let text: String = records.iter().map(line).collect();
    assert_eq!(load(&id, text.clone(), false).await.expect(200).json["unended"], 1);
    assert_eq!(load(&id, text.clone(), true).await.expect(200).json["unended"], 1);
    let found = finance.get(&lunch.path("offline-findings?kind=unended")).await.expect(200).json;
    assert_eq!((&found["items"][0]["amount"]["fen"], found["items"].as_array().map(Vec::len)), (&json!(700), Some(1)));
    let undo = lunch.path(&format!("purchases/{}/reversal", sale.purchase));
    finance.put(&undo, json!({"id": lunch.name(), "reason": "没有吃到"})).await.expect(200);
    assert_eq!(load(&id, text.clone(), false).await.expect(200).json["unended"], 0, "nothing stands");
    // What is no journal, another terminal's, and one whose end was edited.
    assert_eq!(load(&id, "你好\n".into(), false).await.expect(422).json["code"], "not_a_journal");
    let other = crate::agent::add(&lunch, "二号机", &lunch.stall).await;
    assert_eq!(load(&other, text, false).await.expect(422).json["code"], "other_terminal");
    let sale = dead.sale(&lunch, &person, 400);
    let mut last = dead.sold(&lunch, &sale, &person);
    last.payload = last.payload.replace("\"amount\":400", "\"amount\":4");
    let text: String = records.iter().chain([&last]).map(line).collect();
    let plan = load(&id, text, false).await.expect(200).json;
    assert_eq!((&plan["problem"], &plan["good_to"]), (&json!("signature"), &json!(4)), "{plan}");
    lunch.books_are_whole().await;
}

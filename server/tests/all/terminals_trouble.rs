//! What goes wrong at terminals: one code at two tills, more sold than lent, somebody else's sale undone, machines
//! that are swapped, and what the office asks of a machine that is far away.

use crate::agent::{Agent, add, code_for, enrol, how, key};
use crate::lunch::{Lunch, fen};
use serde_json::{Value, json};
use yitong::signin::roles::Role;
use yitong_sync::{Body, How, Sealed};

/// Alarms that are open, by their kinds.
async fn open(lunch: &Lunch) -> Vec<String> {
    let alarms = lunch.admin.get(&lunch.path("terminal-alarms")).await.expect(200).json;
    let items = alarms["items"].as_array().expect("a list").clone();
    let mut kinds: Vec<_> = items.iter().map(|of| of["kind"].as_str().expect("a kind").to_owned()).collect();
    kinds.sort();
    kinds
}

/// A sale that the terminal made by itself.
fn sold(lunch: &Lunch, agent: &mut Agent, person: &str, fen: i64, more: impl FnOnce(&mut How)) -> Sealed {
    let sale = agent.sale(lunch, person, fen);
    let mut how = how(person, sale.amount);
    more(&mut how);
    agent.write(lunch, Body::Sold { sale, how })
}

async fn serial_of(lunch: &Lunch, person: &str) -> u32 {
    lunch.code(person).await;
    let codes = lunch.admin.get(&lunch.path(&format!("credentials?person={person}"))).await.expect(200).json;
    codes["items"][0]["serial"].as_u64().and_then(|n| u32::try_from(n).ok()).expect("a serial")
}

#[tokio::test]
async fn one_use_of_a_code_at_two_tills_is_found() {
    let lunch = Lunch::start().await;
    let mut one = Agent::enrolled(&lunch, "一号机", 1).await;
    let mut two = Agent::enrolled(&lunch, "二号机", 2).await;
    let person = lunch.rich_pupil("2026001", "王小明", 5_000).await;
    let serial = serial_of(&lunch, &person).await;
    let finance = lunch.server.signed_in("finance", lunch.school, Role::Finance).await;
    let found = async || {
        let path = lunch.path("offline-findings?kind=replay");
        let list = finance.get(&path).await.expect(200).json;
        let of = |of: &Value| (of["terminal_name"].as_str().map(str::to_owned), of["amount"]["fen"].as_i64());
        list["items"].as_array().expect("a list").iter().map(of).collect::<Vec<_>>()
    };
    let shown = |order: u64| {
        move |how: &mut How| {
            how.serial = Some(serial);
            how.use_order = Some(order);
        }
    };
    // Neither hears of the other: both show green, both are booked.
    let first = sold(&lunch, &mut one, &person, 800, shown(7));
    let again = sold(&lunch, &mut two, &person, 900, shown(7));
    let next = sold(&lunch, &mut two, &person, 100, shown(8));
    one.post(&lunch, std::slice::from_ref(&first)).await;
    assert!(found().await.is_empty(), "one till alone has done nothing wrong");
    two.post(&lunch, &[again.clone(), next.clone()]).await;
    assert_eq!(found().await, [(Some("二号机".into()), Some(900))], "the second one, and only that one");
    assert_eq!(lunch.money(&person).await, (3_200, 0), "all three were eaten");
    // Sent again, and in parts: nothing more is found.
    one.post(&lunch, &[first]).await;
    two.post(&lunch, &[again, next]).await;
    assert_eq!(found().await.len(), 1);
    // An older use that comes late was never used elsewhere: no finding.
    let late = sold(&lunch, &mut one, &person, 50, shown(6));
    one.post(&lunch, &[late]).await;
    assert_eq!(found().await.len(), 1);
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn selling_more_than_was_lent_is_an_alarm_until_somebody_looks() {
    let lunch = Lunch::start().await;
    let finance = lunch.server.signed_in("finance", lunch.school, Role::Finance).await;
    let each = json!({"sum": fen(1_000), "count": 3, "person_meal": fen(1_000), "person_day": fen(1_000), "hours": 8});
    finance.put(&lunch.path("terminal-lending"), json!({"each": each, "ceiling": null})).await.expect(204);
    let mut agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let person = lunch.rich_pupil("2026001", "王小明", 50_000).await;
    let asked = json!({"held": null, "head": 0});
    let lease = agent.send(&lunch, "POST", "lease", asked).await.expect(200).json["lease"].clone();
    assert!(lease["payload"].as_str().is_some_and(|text| text.contains("\"sum\":1000")), "{lease}");
    let on = |serial: u32| move |how: &mut How| how.lease = Some(serial);
    let within = sold(&lunch, &mut agent, &person, 1_000, on(1));
    agent.post(&lunch, &[within]).await;
    assert_eq!(open(&lunch).await, Vec::<String>::new());
    let beyond = sold(&lunch, &mut agent, &person, 1, on(1));
    agent.post(&lunch, &[beyond]).await;
    assert_eq!(open(&lunch).await, ["over_lease"]);
    assert_eq!(lunch.money(&person).await, (48_999, 0), "it was eaten, so it is booked");
    // Nothing but a person's look clears it.
    let report = report(|_| {});
    agent.send(&lunch, "POST", "report", report).await.expect(200);
    yitong::terminals::look(&lunch.server.app).await.expect("a look");
    let alarms = lunch.admin.get(&lunch.path("terminal-alarms")).await.expect(200).json;
    assert_eq!(alarms["items"][0]["clears_itself"], false, "{alarms}");
    let id = alarms["items"][0]["id"].as_str().expect("an id");
    let path = lunch.path(&format!("terminals/{}/alarms/{id}", agent.id));
    lunch.admin.put(&path, json!({"note": ""})).await.expect(422);
    lunch.admin.put(&path, json!({"note": "已核对"})).await.expect(204);
    assert_eq!(open(&lunch).await, Vec::<String>::new());
    // A lease that was never given.
    let forged = sold(&lunch, &mut agent, &person, 1, on(99));
    agent.post(&lunch, &[forged]).await;
    assert_eq!(open(&lunch).await, ["over_lease"]);
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn a_terminal_takes_back_what_it_sold_and_nothing_else() {
    let lunch = Lunch::start().await;
    let mut one = Agent::enrolled(&lunch, "一号机", 1).await;
    let beside = Agent::enrolled(&lunch, "二号机", 2).await;
    let id = add(&lunch, "三号机", &lunch.other_stall).await;
    let mut far = Agent { stall: lunch.other_stall.clone(), ..Agent::at(&lunch, &id, 3).await };
    let person = lunch.rich_pupil("2026001", "王小明", 5_000).await;
    let undo = async |agent: &Agent, purchase: yitong_values::EntryId| {
        let ask = json!({"at": lunch.server.app.now().ms(), "by": null});
        agent.send(&lunch, "PUT", &format!("purchases/{purchase}/undo"), ask).await.expect(200).json
    };
    let sale = one.sale(&lunch, &person, 800);
    let intent = one.write(&lunch, Body::Intent { sale: sale.clone() });
    one.put(&lunch, &sale).await;
    one.post(&lunch, &[intent]).await;
    // Another stall's terminal, while it is heard, and in its journal.
    let no = undo(&far, sale.purchase).await;
    assert_eq!((&no["undone"], &no["code"]), (&json!(false), &json!("not_found")), "{no}");
    let forged = far.write(&lunch, Body::Undone { purchase: sale.purchase, by: None, amount: sale.amount });
    let receipt = far.post(&lunch, &[forged]).await;
    assert_eq!(receipt["quarantined"][0]["seq"], 1, "{receipt}");
    let forged = far.write(&lunch, Body::GivenUp { purchase: sale.purchase });
    let receipt = far.post(&lunch, &[forged]).await;
    assert_eq!(receipt["quarantined"][0]["seq"], 2, "{receipt}");
    assert_eq!(open(&lunch).await, ["aside"]);
    assert_eq!(lunch.money(&person).await, (4_200, 0), "it is still paid");
    // Its own stall: whichever till the cashier stands at, and once.
    let yes = undo(&beside, sale.purchase).await;
    assert_eq!((&yes["undone"], &yes["balance_after"]), (&json!(true), &json!(5_000)), "{yes}");
    assert_eq!(undo(&one, sale.purchase).await["undone"], true, "it is undone already");
    let undone = one.write(&lunch, Body::Undone { purchase: sale.purchase, by: None, amount: sale.amount });
    let receipt = one.post(&lunch, &[undone]).await;
    assert_eq!((&receipt["quarantined"], &receipt["problem"]), (&json!([]), &Value::Null), "{receipt}");
    assert_eq!(lunch.money(&person).await, (5_000, 0));
    // Too late for a cashier, whoever asks.
    lunch.pass_s(60);
    let sale = one.sale(&lunch, &person, 300);
    one.put(&lunch, &sale).await;
    lunch.pass_s(3_600);
    assert_eq!(undo(&one, sale.purchase).await["code"], "too_late");
    assert_eq!(lunch.money(&person).await, (4_700, 0));
    lunch.books_are_whole().await;
}

fn report(change: impl FnOnce(&mut Value)) -> Value {
    let mut said = json!({"held": {"setup": 0, "people": 0, "lists": 0, "commands": 0}, "head": 0, "unsent": 0,
        "oldest_unsent": null, "lease": null, "lease_left": 0, "disk_free_bytes": 5_000_000_000i64,
        "journal_bytes": 1, "clock_drift_ms": 20, "battery_percent": null, "temperature_c": null,
        "devices": [{"kind": "printer", "name": "P1", "state": "ready"}], "version": "0.2.0", "uptime_s": 9});
    change(&mut said);
    said
}

#[tokio::test]
async fn alarms_go_when_their_reason_is_gone() {
    let lunch = Lunch::start().await;
    let agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let old = lunch.server.app.now().plus_ms(-700_000).ms();
    let bad = report(|said| {
        said["clock_drift_ms"] = json!(-121_000);
        (said["unsent"], said["oldest_unsent"]) = (json!(3), json!(old));
        said["disk_free_bytes"] = json!(1_000_000);
        said["battery_percent"] = json!(19);
        said["devices"][0]["state"] = json!("trouble");
    });
    agent.send(&lunch, "POST", "report", bad.clone()).await.expect(200);
    assert_eq!(open(&lunch).await, ["battery", "disk", "drift", "part", "unsent"]);
    // The same again is the same alarm, not another.
    let first = lunch.admin.get(&lunch.path("terminal-alarms")).await.expect(200).json;
    lunch.pass_s(30);
    agent.send(&lunch, "POST", "report", bad.clone()).await.expect(200);
    let second = lunch.admin.get(&lunch.path("terminal-alarms")).await.expect(200).json;
    let ids =
        |of: &Value| of["items"].as_array().expect("a list").iter().map(|of| of["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&first), ids(&second));
    // One reason goes, one alarm goes.
    let better = report(|said| {
        *said = bad.clone();
        said["devices"][0]["state"] = json!("ready");
    });
    agent.send(&lunch, "POST", "report", better).await.expect(200);
    assert_eq!(open(&lunch).await, ["battery", "disk", "drift", "unsent"]);
    // Settled by hand while its reason stands: the next report raises it again.
    let drift = second["items"].as_array().expect("a list").iter().find(|of| of["kind"] == "drift").expect("drift");
    let path = lunch.path(&format!("terminals/{}/alarms/{}", agent.id, drift["id"].as_str().expect("an id")));
    lunch.admin.put(&path, json!({"note": "已通知"})).await.expect(204);
    assert_eq!(open(&lunch).await, ["battery", "disk", "unsent"]);
    lunch.pass_s(30);
    let worse = report(|said| said["clock_drift_ms"] = json!(121_000));
    agent.send(&lunch, "POST", "report", worse).await.expect(200);
    assert_eq!(open(&lunch).await, ["drift"]);
    agent.send(&lunch, "POST", "report", report(|_| {})).await.expect(200);
    assert_eq!(open(&lunch).await, Vec::<String>::new());
    let history = lunch.admin.get(&lunch.path(&format!("terminals/{}/history", agent.id))).await.expect(200).json;
    let alarms = history["alarms"].as_array().expect("a list");
    assert!(alarms.len() == 6 && alarms.iter().all(|of| of["cleared_at"].is_string()), "{history}");
}

#[tokio::test]
async fn a_mirror_that_stands_still_is_an_alarm() {
    let lunch = Lunch::start().await;
    let agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let nothing = report(|_| {});
    for (seconds, expected) in [(0, vec![]), (590, vec![]), (20, vec!["stale"]), (30, vec!["stale"])] {
        lunch.pass_s(seconds);
        agent.send(&lunch, "POST", "report", nothing.clone()).await.expect(200);
        assert_eq!(open(&lunch).await, expected, "after {seconds} s");
    }
    let there = yitong::terminals::ring(&lunch.server.app, agent.id).await.expect("a read").expect("a terminal");
    let held = serde_json::to_value(there).expect("versions are JSON");
    let well = report(|said| said["held"] = held);
    agent.send(&lunch, "POST", "report", well.clone()).await.expect(200);
    assert_eq!(open(&lunch).await, Vec::<String>::new());
    // Something changed: it is a moment behind, and that is no trouble.
    lunch.rich_pupil("2026001", "王小明", 1_000).await;
    agent.send(&lunch, "POST", "report", well).await.expect(200);
    assert_eq!(open(&lunch).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_swapped_machine_leaves_the_till_as_it_was() {
    let lunch = Lunch::start().await;
    let finance = lunch.server.signed_in("finance", lunch.school, Role::Finance).await;
    let mut first = Agent::enrolled(&lunch, "面点机", 1).await;
    let id = first.id.to_string();
    let path = lunch.path(&format!("terminals/{id}"));
    let own = json!({"sum": fen(5_000), "count": 10, "person_meal": fen(1_000), "person_day": fen(1_000), "hours": 4});
    finance.put(&format!("{path}/lending"), json!({"each": own})).await.expect(204);
    let person = lunch.rich_pupil("2026001", "王小明", 5_000).await;
    first.send(&lunch, "POST", "lease", json!({"held": null, "head": 0})).await.expect(200);
    let on_lease = |how: &mut How| how.lease = Some(1);
    let sent = sold(&lunch, &mut first, &person, 400, on_lease);
    let unsent = sold(&lunch, &mut first, &person, 300, on_lease);
    first.post(&lunch, std::slice::from_ref(&sent)).await;
    let before = lunch.admin.get(&path).await.expect(200).json;
    let mut second = Agent::at(&lunch, &id, 2).await;
    let after = lunch.admin.get(&path).await.expect(200).json;
    for part in ["id", "name", "stall", "canteen", "mode", "screens", "made_at"] {
        assert_eq!(before["terminal"][part], after["terminal"][part], "{part}");
    }
    assert_eq!(after["machines"].as_array().map(Vec::len), Some(2), "{after}");
    let lending = finance.get(&lunch.path("terminal-lending")).await.expect(200).json;
    assert_eq!(lending["own"][0]["terminal"].as_str(), Some(id.as_str()), "its own sums stay: {lending}");
    assert_eq!(lending["worst"]["now"], fen(1_000), "what the dead machine may have sold still counts, for one person");
    // A journal of its own, from the first record; the old key is a stranger, also with the old journal.
    let fresh = sold(&lunch, &mut second, &person, 100, |_| {});
    let receipt = second.post(&lunch, &[fresh]).await;
    assert_eq!((second.journal, receipt["head"]["seq"].as_u64()), (2, Some(1)), "{receipt}");
    let batch = json!({"journal": 1, "records": [unsent]});
    first.send(&lunch, "POST", "journal", batch).await.expect(401);
    assert_eq!(lunch.money(&person).await, (4_500, 0));
    // The history of the till is one.
    let history = lunch.admin.get(&format!("{path}/history")).await.expect(200).json;
    let journals: Vec<_> =
        history["records"].as_array().expect("a list").iter().map(|of| of["journal"].as_i64()).collect();
    assert_eq!(journals, [Some(2), Some(1)], "{history}");
    // What it did not send is brought as a file, and counts on the lease that the dead machine had.
    let line = |sealed: &Sealed| format!("{} {}\n", String::from(sealed.signature), sealed.payload);
    let file: String = [&sent, &unsent].into_iter().map(line).collect();
    let load = format!("{path}/journal-file?apply=true");
    lunch.admin.send("POST", &load, &[("content-type", "text/plain")], file.into_bytes()).await.expect(200);
    assert_eq!(lunch.money(&person).await, (4_200, 0));
    assert_eq!(open(&lunch).await, Vec::<String>::new(), "400 + 300 are within what was lent");
    // The old machine comes back with a code of its own: a third one, with a new key.
    let client = lunch.server.visitor();
    let code = code_for(&lunch, &id).await;
    assert_eq!(enrol(&client, &code, &key(1)).await.status, 409, "an old key is not used twice");
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn what_the_office_asks_of_a_machine_is_answered_once() {
    let lunch = Lunch::start().await;
    let agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let other = Agent::enrolled(&lunch, "二号机", 2).await;
    let path = lunch.path(&format!("terminals/{}/commands", agent.id));
    let asks = async |kind: &str| {
        let made = lunch.admin.post(&path, json!({"kind": kind})).await.expect(201).json;
        made["id"].as_str().expect("an id").to_owned()
    };
    let waiting = async || {
        let todo = agent.get(&lunch, "commands").await.expect(200).json;
        let kinds = todo["items"].as_array().expect("a list").iter().map(|of| of["kind"].clone());
        kinds.collect::<Vec<_>>()
    };
    let last = async |id: &str| {
        let history = lunch.admin.get(&lunch.path(&format!("terminals/{}/history", agent.id))).await.expect(200).json;
        let found = history["commands"].as_array().expect("a list").iter().find(|of| of["id"].as_str() == Some(id));
        found.expect("it was asked").clone()
    };
    lunch.admin.post(&path, json!({"kind": "explode"})).await.expect(422);
    let restart = asks("restart").await;
    let log = asks("send_log").await;
    assert_eq!(waiting().await, [json!("restart"), json!("send_log")], "in the order in which they were asked");
    assert_eq!(other.get(&lunch, "commands").await.expect(200).json["items"], json!([]));
    // A restart is answered after it: done. Another terminal can't answer for it.
    let say = async |agent: &Agent, id: &str, done: bool, text: &str| {
        agent.send(&lunch, "PUT", &format!("commands/{id}"), json!({"done": done, "text": text})).await.status
    };
    assert_eq!(say(&other, &restart, true, "ok").await, 404);
    assert_eq!(last(&restart).await["done_at"], Value::Null);
    assert_eq!(say(&agent, &restart, true, "restarting").await, 204);
    assert_eq!(say(&agent, &restart, false, "no").await, 204, "said again: nothing changes");
    let told = last(&restart).await;
    assert!(told["done_at"].is_string() && told["result"] == "restarting" && told["has_log"] == false, "{told}");
    // The log: only where one was asked for, of a size, from the terminal that was asked.
    let put = async |agent: &Agent, id: &str, bytes: &[u8]| {
        agent.send_at(lunch.server.app.now(), "PUT", &format!("commands/{id}/log"), bytes).await.status
    };
    assert_eq!(put(&agent, &restart, b"log").await, 404);
    assert_eq!(put(&other, &log, b"log").await, 404);
    assert_eq!(put(&agent, &log, &vec![b'x'; 1024 * 1024 + 1]).await, 413);
    lunch.admin.get(&format!("{path}/{log}/log")).await.expect(404);
    assert_eq!(put(&agent, &log, "第一行\n第二行\n".as_bytes()).await, 204);
    assert_eq!(say(&agent, &log, true, "").await, 204);
    assert_eq!(last(&log).await["has_log"], true);
    let read = lunch.admin.get(&format!("{path}/{log}/log")).await.expect(200);
    assert_eq!(read.bytes, "第一行\n第二行\n".as_bytes());
    assert!(read.headers["content-disposition"].to_str().is_ok_and(|text| text.starts_with("attachment")));
    let auditor = lunch.server.signed_in("auditor", lunch.school, Role::Auditor).await;
    auditor.get(&format!("{path}/{log}/log")).await.expect(403);
    // What could not be done says so, and what nobody did in time is not done later.
    let locate = asks("locate").await;
    assert_eq!(say(&agent, &locate, false, "no speaker").await, 204);
    assert_eq!(last(&locate).await["result"], "! no speaker");
    asks("pull_again").await;
    lunch.pass_s(601);
    assert!(waiting().await.is_empty(), "after ten minutes nobody wants it any more");
}

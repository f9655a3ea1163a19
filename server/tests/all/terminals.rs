//! Terminals over HTTP: enrolment, the guard of their requests, what they mirror, sales while the link is up.

use crate::agent::{Agent, add, code_for, enrol, key};
use crate::lunch::{Lunch, fen, told};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use yitong::signin::{Scope, roles::Role};
use yitong_sync::wire::people::PeoplePage;
use yitong_sync::wire::setup::Setup;

#[tokio::test]
async fn a_code_lets_one_machine_in_once() {
    let lunch = Lunch::start().await;
    let id = add(&lunch, "面点1号机", &lunch.stall).await;
    let (code, client) = (code_for(&lunch, &id).await, lunch.server.visitor());
    let wrong = enrol(&client, "AAAA-AAAA-A", &key(1)).await;
    assert_eq!(told(&wrong), (404, "code_unknown", "code"));
    // Another code of the same terminal cancels the first.
    let code = {
        drop(code);
        code_for(&lunch, &id).await
    };
    let made = enrol(&client, &code.to_lowercase().replace('-', " "), &key(1)).await.expect(201).json;
    assert_eq!((made["terminal"].as_str(), made["journal"].as_u64()), (Some(id.as_str()), Some(1)));
    assert_eq!(made["roots"].as_array().map(Vec::len), Some(1), "{made}");
    let again = enrol(&client, &code, &key(1)).await.expect(201).json;
    assert_eq!((&again["authority"], &again["journal"]), (&made["authority"], &made["journal"]), "the same answer");
    assert_eq!(told(&enrol(&client, &code, &key(2)).await), (409, "code_used", "code"));
    // A second terminal can't have the same key.
    let other = add(&lunch, "面点2号机", &lunch.stall).await;
    let code = code_for(&lunch, &other).await;
    assert_eq!(told(&enrol(&client, &code, &key(1)).await), (409, "key_taken", "public_key"));
    lunch.pass_s(31 * 60);
    assert_eq!(told(&enrol(&client, &code, &key(2)).await), (409, "code_expired", "code"));
    let audit = lunch.admin.get(&lunch.path("audit?action=terminal.enrol")).await.expect(200).json;
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(1), "{audit}");
}

#[tokio::test]
async fn guessing_codes_is_slow() {
    let lunch = Lunch::start().await;
    let client = lunch.server.visitor();
    for _ in 0..20 {
        enrol(&client, "AAAA-AAAA-A", &key(1)).await.expect(404);
    }
    assert_eq!(enrol(&client, "AAAA-AAAA-A", &key(1)).await.expect(429).json["code"], "too_many_attempts");
}

#[tokio::test]
async fn only_the_machine_that_stands_there_is_heard() {
    let lunch = Lunch::start().await;
    let first = Agent::enrolled(&lunch, "面点1号机", 1).await;
    first.get(&lunch, "setup").await.expect(200);
    let now = lunch.server.app.now();
    let code = |answer: &crate::testkit::Answer| answer.json["code"].as_str().unwrap_or_default().to_owned();
    // Its clock.
    let late = first.send_at(now.plus_ms(-301_000), "GET", "setup", &[]).await.expect(401);
    assert_eq!((code(&late), late.json["server_ms"].as_i64()), ("clock_drift".into(), Some(now.ms())));
    first.send_at(now.plus_ms(299_000), "GET", "setup", &[]).await.expect(200);
    // A signature of another path, of another body, of another key.
    let signed = first.headers("GET", "/api/v1/terminal/people", now, &[]);
    let headers: Vec<(&str, &str)> = signed.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let moved = first.client.send("GET", "/api/v1/terminal/setup", &headers, Vec::new()).await.expect(401);
    assert_eq!(code(&moved), "terminal_unknown");
    let signed = first.headers("POST", "/api/v1/terminal/lease", now, b"{\"held\":null,\"head\":0}");
    let headers: Vec<(&str, &str)> = signed.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let other = b"{\"held\":null,\"head\":1}".to_vec();
    let changed = first.client.send("POST", "/api/v1/terminal/lease", &headers, other).await.expect(401);
    assert_eq!(code(&changed), "terminal_unknown");
    let stranger = Agent { key: key(9), client: lunch.server.visitor(), stall: lunch.stall.clone(), ..first };
    assert_eq!(code(&stranger.get(&lunch, "setup").await.expect(401)), "terminal_unknown");
    // A swap: the till keeps its id, the machine before is a stranger.
    let id = stranger.id.to_string();
    let second = Agent::at(&lunch, &id, 2).await;
    assert_eq!(second.journal, 2);
    second.get(&lunch, "setup").await.expect(200);
    let old = Agent { key: key(1), client: lunch.server.visitor(), stall: lunch.stall.clone(), ..stranger };
    assert_eq!(code(&old.get(&lunch, "setup").await.expect(401)), "terminal_unknown");
    // Revoked.
    let path = lunch.path(&format!("terminals/{id}/revocation"));
    let detail = lunch.admin.post(&path, json!({})).await.expect(200).json;
    assert_eq!(detail["terminal"]["standing"], "revoked", "{detail}");
    assert_eq!(code(&second.get(&lunch, "setup").await.expect(401)), "terminal_revoked");
    let third = Agent::at(&lunch, &id, 3).await;
    third.get(&lunch, "setup").await.expect(200);
    let detail = lunch.admin.get(&lunch.path(&format!("terminals/{id}"))).await.expect(200).json;
    assert_eq!(
        (detail["terminal"]["standing"].as_str(), detail["machines"].as_array().map(Vec::len)),
        (Some("online"), Some(3))
    );
}

#[tokio::test]
async fn the_office_keeps_its_fleet() {
    let lunch = Lunch::start().await;
    let list = lunch.admin.get(&lunch.path("terminals")).await.expect(200).json;
    assert_eq!((&list["items"], &list["counts"]["new"]), (&json!([]), &json!(0)));
    let new = |name: &str, mode: &str| json!({"name": name, "stall": lunch.stall, "mode": mode, "screens": 2});
    let post = async |ask: Value| lunch.admin.post(&lunch.path("terminals"), ask).await;
    post(new("一号机", "dish")).await.expect(201);
    assert_eq!(told(&post(new("一号机", "dish")).await), (409, "name_taken", "name"));
    assert_eq!(told(&post(new("二号机", "sing")).await), (422, "bad_mode", "mode"));
    assert_eq!(told(&post(new("", "dish")).await), (422, "bad_name", "name"));
    post(new("二号机", "weigh")).await.expect(201);
    let agent = Agent::enrolled(&lunch, "三号机", 1).await;
    let list = lunch.admin.get(&lunch.path("terminals?standing=online")).await.expect(200).json;
    assert_eq!((list["items"][0]["name"].as_str(), &list["counts"]["online"]), (Some("三号机"), &json!(1)));
    let page = lunch.admin.get(&lunch.path("terminals?limit=2")).await.expect(200).json;
    let next = page["next"].as_str().expect("a second page").to_owned();
    let rest = lunch.admin.get(&lunch.path(&format!("terminals?limit=2&cursor={}", encoded(&next)))).await.expect(200);
    assert_eq!(rest.json["items"].as_array().map(Vec::len), Some(1), "{}", rest.json);
    lunch.pass_s(91);
    let list = lunch.admin.get(&lunch.path("terminals?standing=silent")).await.expect(200).json;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    // It is moved, and hears of it with its next set-up.
    let before: Setup = serde_json::from_slice(&agent.get(&lunch, "setup").await.expect(200).bytes).expect("a set-up");
    let path = lunch.path(&format!("terminals/{}", agent.id));
    lunch.admin.patch(&path, json!({"stall": lunch.other_stall, "name": "小炒机"})).await.expect(200);
    let after: Setup = serde_json::from_slice(&agent.get(&lunch, "setup").await.expect(200).bytes).expect("a set-up");
    assert_eq!((after.terminal.name.as_str(), after.stall.name.as_str()), ("小炒机", "小炒"));
    assert_ne!(before.version, after.version);
    // What somebody has to know of the machine.
    let patch = async |profile: Value| lunch.admin.patch(&path, json!({"profile": profile})).await;
    assert_eq!(told(&patch(json!({"mount": "roof"})).await), (422, "bad_mount", "profile.mount"));
    assert_eq!(told(&patch(json!({"proofs": ["oil", "oil"]})).await), (422, "bad_proofs", "profile.proofs"));
    assert_eq!(told(&patch(json!({"note": "字".repeat(201)})).await), (422, "bad_note", "profile.note"));
    let profile = json!({"mount": "left", "proofs": ["water", "insects"], "note": "机身 A-12"});
    patch(profile.clone()).await.expect(200);
    lunch.admin.patch(&path, json!({"screens": 1})).await.expect(200);
    let shown = lunch.admin.get(&path).await.expect(200).json;
    assert_eq!((&shown["terminal"]["profile"], &shown["terminal"]["screens"]), (&profile, &json!(1)), "{shown}");
    // A manager of one canteen sees and touches only what stands there.
    let scope = Scope::Stall(lunch.stall.parse().expect("an id"));
    lunch.server.user("manager", lunch.school, &[(Role::CanteenManager, scope)]).await;
    let manager = lunch.server.visitor();
    let ask = json!({"username": "manager", "password": crate::cast::PASSWORD});
    manager.post("/api/v1/session", ask).await.expect(200);
    let list = manager.get(&lunch.path("terminals")).await.expect(200).json;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2), "{list}");
    manager.patch(&path, json!({"name": "我的"})).await.expect(404);
    manager.post(&format!("{path}/codes"), json!({})).await.expect(404);
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn page(bytes: &[u8]) -> PeoplePage {
    serde_json::from_slice(bytes).expect("a page of people")
}

/// Asks until the answer is good, for some seconds. On PostgreSQL the feed stands still while anybody's transaction is
/// open, also that of a test beside this one.
async fn until<T>(ask: impl AsyncFn() -> T, good: impl Fn(&T) -> bool) -> T {
    for _ in 0..200 {
        let said = ask().await;
        if good(&said) {
            return said;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    ask().await
}

#[tokio::test]
async fn people_are_mirrored_by_cursor() {
    let lunch = Lunch::start().await;
    let agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(lunch.rich_pupil(&format!("202600{n}"), "学生", 1_000).await);
    }
    let pull = async |since: i64, limit: i64| {
        let answer = agent.get(&lunch, &format!("people?since={since}&limit={limit}")).await.expect(200);
        page(&answer.bytes)
    };
    // Everybody, in pages, when all five are to be seen.
    until(async || pull(0, 100).await, |page| page.items.iter().all(|of| of.wallets == [(0, 1_000)])).await;
    let quiet = async || {
        let next = pull(0, 100).await.next;
        tokio::time::sleep(Duration::from_millis(100)).await;
        // 0: the feed is held up before the first change of this school.
        next != 0 && next == pull(0, 100).await.next
    };
    assert!(until(quiet, |quiet| *quiet).await, "the feed comes to rest");
    let (mut cursor, mut found) = (0, Vec::new());
    for turn in 0..4 {
        let page = pull(cursor, 2).await;
        assert!(page.whole, "turn {turn}");
        found.extend(page.items.iter().map(|of| (of.id.to_string(), of.wallets.clone())));
        cursor = page.next;
        if !page.more {
            break;
        }
        // A sale in the middle of it is in the delta that follows.
        if turn == 0 {
            lunch.paid(&ids[0], 300).await;
        }
    }
    assert_eq!(found.len(), 5);
    let sold = |page: &PeoplePage| page.items.iter().position(|of| of.id.to_string() == ids[0]);
    let changed = until(async || pull(cursor, 100).await, |page| sold(page).is_some()).await;
    assert!(!changed.whole && !changed.more);
    let payer = &changed.items[sold(&changed).expect("who paid has changed")];
    assert_eq!(payer.wallets, [(0, 700)]);
    assert!(payer.counters.contains("300"), "{}", payer.counters);
    cursor = changed.next;
    let none = pull(cursor, 100).await;
    assert_eq!((none.items.len(), none.next, none.more), (0, cursor, false), "nothing changed, and the cursor stands");
    // Each writer is heard: office, limits, freezing, a code, a photo.
    let person = &ids[1];
    let heard = async |cursor: i64| {
        let there = |page: &PeoplePage| page.items.iter().any(|of| of.id.to_string() == *person);
        let page = until(async || pull(cursor, 100).await, there).await;
        assert!(!page.whole && there(&page), "{page:?}");
        page
    };
    let path = lunch.path(&format!("people/{person}"));
    lunch.admin.patch(&path, json!({"name": "王小明"})).await.expect(200);
    let renamed = heard(cursor).await;
    assert_eq!(renamed.items[0].name, "王小明");
    lunch.admin.post(&lunch.path(&format!("people/{person}/freeze")), json!({"reason": "测试冻结"})).await.expect(204);
    lunch.code(person).await;
    let coded = heard(renamed.next).await;
    assert!(coded.items[0].account > 0, "{coded:?}");
    let png = [0x89, b'P', b'N', b'G', 1, 2, 3];
    let kind = [("content-type", "image/png")];
    lunch.admin.send("PUT", &format!("{path}/photo"), &kind, png.to_vec()).await.expect(204);
    let pictured = heard(coded.next).await;
    assert!(pictured.items[0].photo.as_deref().is_some_and(|hash| hash.len() == 16), "{pictured:?}");
    assert_eq!(agent.get(&lunch, &format!("photos/{person}")).await.expect(200).bytes, png);
    lunch.admin.patch(&path, json!({"status": "left"})).await.expect(200);
    let left = until(async || pull(pictured.next, 100).await, |page| !page.gone.is_empty()).await;
    assert_eq!(left.gone.iter().map(ToString::to_string).collect::<Vec<_>>(), std::slice::from_ref(person), "{left:?}");
    // A cursor of another history, of the future, and of nothing.
    for unknown in [cursor ^ 1, left.next + (1 << 30), 5, i64::MAX, i64::MIN + 1, i64::MIN] {
        assert!(pull(unknown, 100).await.whole, "{unknown}");
    }
}

#[tokio::test]
async fn the_doorbell_rings_within_two_seconds() {
    let lunch = Lunch::start().await;
    let agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let person = lunch.rich_pupil("2026001", "王小明", 1_000).await;
    let mut rung = agent.get(&lunch, "doorbell?setup=0&people=0&lists=0&commands=0").await.expect(200).json;
    let held = |rung: &Value| {
        let part = |key: &str| rung[key].as_i64().expect("a number");
        let parts = (part("setup"), part("people"), part("lists"), part("commands"));
        format!("doorbell?setup={}&people={}&lists={}&commands={}", parts.0, parts.1, parts.2, parts.3)
    };
    let setup: Setup = serde_json::from_slice(&agent.get(&lunch, "setup").await.expect(200).bytes).expect("a set-up");
    assert_eq!(rung["setup"].as_i64(), Some(setup.version), "the bell knows the set-up that is fetched");
    // What was made before may still be on its way. After it nothing changes, and nobody rings.
    let mut quiet = false;
    for _ in 0..10 {
        match tokio::time::timeout(Duration::from_millis(1200), agent.get(&lunch, &held(&rung))).await {
            Ok(again) => rung = again.expect(200).json,
            Err(_) => quiet = true,
        }
        if quiet {
            break;
        }
    }
    assert!(quiet, "it rings for nothing: {rung}");
    let mut page_of = page(&agent.get(&lunch, "people?since=0").await.expect(200).bytes);
    assert_eq!(rung["people"].as_i64(), Some(page_of.next), "and the cursor of the people");
    let path = held(&rung);
    let rings = async |path: String, what: &str| {
        let begun = Instant::now();
        let rung = agent.get(&lunch, &path).await.expect(200).json;
        assert!(begun.elapsed() < Duration::from_secs(2), "{what} took {:?}", begun.elapsed());
        rung
    };
    lunch.paid(&person, 300).await;
    let sold = rings(path, "a sale").await;
    assert_ne!(sold["people"], rung["people"]);
    page_of = page(&agent.get(&lunch, &format!("people?since={}", page_of.next)).await.expect(200).bytes);
    assert_eq!(sold["people"].as_i64(), Some(page_of.next));
    lunch.dish(json!({})).await;
    let cooked = rings(held(&sold), "a dish").await;
    assert_ne!(cooked["setup"], sold["setup"]);
    lunch.code(&person).await;
    let coded = rings(held(&cooked), "a code").await;
    assert_ne!(coded["lists"], cooked["lists"]);
    let path = lunch.path(&format!("terminals/{}/commands", agent.id));
    lunch.admin.post(&path, json!({"kind": "send_log"})).await.expect(201);
    let asked = rings(held(&coded), "a command").await;
    assert_eq!(asked["commands"].as_i64(), Some(1));
    let todo = agent.get(&lunch, "commands").await.expect(200).json;
    let id = todo["items"][0]["id"].as_str().expect("a command").to_owned();
    assert_eq!(todo["items"][0]["kind"], "send_log");
    agent.send_at(lunch.server.app.now(), "PUT", &format!("commands/{id}/log"), "日志".as_bytes()).await.expect(204);
    for _ in 0..2 {
        let said = json!({"done": true, "text": "ok"});
        agent.send(&lunch, "PUT", &format!("commands/{id}"), said).await.expect(204);
    }
    assert_eq!(agent.get(&lunch, "commands").await.expect(200).json["items"], json!([]));
    let log = lunch.admin.get(&format!("{path}/{id}/log")).await.expect(200);
    assert_eq!(log.bytes, "日志".as_bytes());
}

#[tokio::test]
async fn the_lists_are_those_of_every_reader() {
    let lunch = Lunch::start().await;
    let agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let person = lunch.pupil("2026001", "王小明").await;
    lunch.code(&person).await;
    assert!(!agent.get(&lunch, "lists/trust").await.expect(200).bytes.is_empty());
    assert_eq!(agent.get(&lunch, "lists/status").await.expect(200).bytes[0], 0x22);
    agent.get(&lunch, "lists/legacy").await.expect(204);
}

#[tokio::test]
async fn a_sale_goes_through_the_same_lane() {
    let lunch = Lunch::start().await;
    let agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let person = lunch.rich_pupil("2026001", "王小明", 1_000).await;
    let sale = agent.sale(&lunch, &person, 800);
    let paid = agent.put(&lunch, &sale).await;
    assert_eq!(
        (&paid["verdict"]["outcome"], &paid["verdict"]["balance_after"]),
        (&json!("paid"), &json!(200)),
        "{paid}"
    );
    assert_eq!(paid["person"].as_str(), Some(person.as_str()));
    assert_eq!(agent.put(&lunch, &sale).await["verdict"], paid["verdict"], "the same name gives the first answer");
    let mut other = sale.clone();
    other.amount = yitong_values::Cents::new(1);
    assert_eq!(agent.put(&lunch, &other).await["verdict"]["code"], "name_taken");
    lunch.pass_s(20);
    let poor = agent.put(&lunch, &agent.sale(&lunch, &person, 900)).await;
    assert_eq!(poor["verdict"]["code"], "too_little_money", "{poor}");
    assert!(poor["verdict"]["zh"].as_str().is_some_and(|zh| !zh.is_empty()));
    // The same again within seconds is asked about.
    let first = agent.put(&lunch, &agent.sale(&lunch, &person, 100)).await;
    assert_eq!(first["verdict"]["outcome"], "paid");
    let twin = agent.put(&lunch, &agent.sale(&lunch, &person, 100)).await;
    assert_eq!((&twin["verdict"]["outcome"], &twin["verdict"]["question"]), (&json!("ask"), &json!("duplicate")));
    // What it knows of our clock may be ahead of its own a little; a sale of another day is not sold now.
    let at = |ms: i64| lunch.server.app.now().plus_ms(ms);
    for (ms, said) in [(1_500, "paid"), (301_000, "refused")] {
        let ahead = yitong_sync::Sale { at: at(ms), ..agent.sale(&lunch, &person, 30) };
        assert_eq!(agent.put(&lunch, &ahead).await["verdict"]["outcome"], said, "{ms} ms ahead");
    }
    // A stall that it was not placed at is not its own.
    let mut elsewhere = agent.sale(&lunch, &person, 50);
    elsewhere.stall = lunch.other_stall.parse().expect("an id");
    assert_eq!(agent.put(&lunch, &elsewhere).await["verdict"]["code"], "not_found");
    // Undo, and once more because the answer was lost.
    let ask = json!({"at": lunch.server.app.now().ms(), "by": null});
    let path = format!("purchases/{}/undo", sale.purchase);
    let undone = agent.send(&lunch, "PUT", &path, ask.clone()).await.expect(200).json;
    assert_eq!((&undone["undone"], &undone["balance_after"]), (&json!(true), &json!(870)), "{undone}");
    assert_eq!(agent.send(&lunch, "PUT", &path, ask.clone()).await.expect(200).json["undone"], true);
    let nothing = format!("purchases/{}/undo", lunch.name());
    assert_eq!(agent.send(&lunch, "PUT", &nothing, ask).await.expect(200).json["code"], "not_found");
    assert_eq!(lunch.money(&person).await, (870, 0));
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn finance_lends_within_the_ceiling() {
    let lunch = Lunch::start().await;
    let finance = lunch.server.signed_in("finance", lunch.school, Role::Finance).await;
    for n in 0..4 {
        lunch.pupil(&format!("202600{n}"), "学生").await;
    }
    let (one, two) = (Agent::enrolled(&lunch, "一号机", 1).await, Agent::enrolled(&lunch, "二号机", 2).await);
    let each =
        json!({"sum": fen(30_000), "count": 100, "person_meal": fen(2_000), "person_day": fen(5_000), "hours": 8});
    let ask = json!({"each": each, "ceiling": fen(50_000)});
    lunch.admin.put(&lunch.path("terminal-lending"), ask.clone()).await.expect(403);
    let guess = finance.get(&lunch.path("terminal-lending/worst?sum=30000&person_day=5000")).await.expect(200).json;
    assert_eq!((&guess["whole"], &guess["persons"]), (&fen(40_000), &json!(4)), "two terminals, four persons of ¥50");
    finance.put(&lunch.path("terminal-lending"), ask).await.expect(204);
    let lease = async |agent: &Agent, held: Option<u32>| {
        let answer = agent.send(&lunch, "POST", "lease", json!({"held": held, "head": agent.head.seq})).await;
        answer.expect(200).json["lease"]["payload"]
            .as_str()
            .map(|text| serde_json::from_str::<Value>(text).expect("a lease"))
    };
    let first = lease(&one, None).await.expect("a lease");
    assert_eq!((&first["sum"], &first["serial"], &first["person_day"]), (&json!(30_000), &json!(1), &json!(5_000)));
    assert_eq!(lease(&one, None).await.expect("the one that was lost on its way")["serial"], 1);
    let second = lease(&two, None).await.expect("what is left below the ceiling");
    assert_eq!(second["sum"], 20_000);
    // However often they ask: what may still be sold stays below the ceiling.
    for held in [None, Some(1), None, Some(1)] {
        lease(&one, held).await;
        lease(&two, held).await;
        let now = finance.get(&lunch.path("terminal-lending")).await.expect(200).json;
        let worst = now["worst"]["now"]["fen"].as_i64().expect("fen");
        assert!(worst <= 50_000, "{now}");
    }
    // Records that are not here yet: nobody knows what is left.
    let ask = json!({"held": 1, "head": 7});
    assert_eq!(one.send(&lunch, "POST", "lease", ask).await.expect(200).json["lease"], Value::Null);
    // A report carries the time, signed, and is seen by the office.
    let report = json!({"held": {"setup": 0, "people": 0, "lists": 0, "commands": 0}, "head": 0, "unsent": 2,
        "oldest_unsent": lunch.server.app.now().plus_ms(-700_000).ms(), "lease": 1, "lease_left": 100,
        "disk_free_bytes": 5_000_000_000i64, "journal_bytes": 1, "clock_drift_ms": 200_000, "battery_percent": 80,
        "temperature_c": null, "devices": [], "version": "0.2.0", "uptime_s": 9});
    let said = one.send(&lunch, "POST", "report", report).await.expect(200).json;
    assert!(said["token"]["payload"].as_str().is_some_and(|text| text.contains(&one.id.to_string())), "{said}");
    let alarms = lunch.admin.get(&lunch.path("terminal-alarms")).await.expect(200).json;
    let mut kinds: Vec<&str> =
        alarms["items"].as_array().expect("a list").iter().filter_map(|of| of["kind"].as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["drift", "unsent"], "{alarms}");
}

#[tokio::test]
async fn a_silent_till_in_a_meal_period_is_an_alarm_that_clears_itself() {
    let lunch = Lunch::start().await;
    let agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let open = async || {
        yitong::terminals::look(&lunch.server.app).await.expect("a look");
        let alarms = lunch.admin.get(&lunch.path("terminal-alarms")).await.expect(200).json;
        alarms["items"].as_array().expect("a list").iter().map(|of| of["kind"].clone()).collect::<Vec<_>>()
    };
    assert!(open().await.is_empty());
    lunch.pass_s(181);
    assert_eq!(open().await, [json!("silent")]);
    agent.get(&lunch, "setup").await.expect(200);
    assert!(open().await.is_empty());
    lunch.at(0, 15, 0).await;
    assert!(open().await.is_empty(), "nobody eats at three");
}

#[tokio::test]
async fn another_school_is_absent() {
    let lunch = Lunch::start().await;
    let agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let (there, _) = lunch.on_other_school().await;
    let other = lunch.server.signed_in("there", there, Role::SchoolAdmin).await;
    other.get(&there.path(&format!("terminals/{}", agent.id))).await.expect(404);
    other.post(&there.path(&format!("terminals/{}/commands", agent.id)), json!({"kind": "restart"})).await.expect(404);
}

//! What terminals and gates fetch, and what they then know.

use crate::agent::Agent;
use crate::lunch::{Lunch, told};
use crate::shown_codes::Phone;
use serde_json::{Value, json};
use yitong_code::*;

struct Gate {
    root: (u32, KeyBytes),
    trust: Trust,
    status: StatusList,
}

async fn fetch(lunch: &Lunch, what: &str) -> (u16, Vec<u8>) {
    let answer = lunch.admin.get(&lunch.path(&format!("lists/{what}"))).await;
    (answer.status, answer.bytes)
}

impl Gate {
    async fn set_up(lunch: &Lunch) -> Gate {
        let root = lunch.admin.get(&lunch.path("integrators")).await.expect(200).json["root"].clone();
        let suite = Suite::from_word(root["suite"].as_str().expect("a word")).expect("a suite");
        let key = hex::decode(root["key"].as_str().expect("hex")).expect("hex");
        let root = (root["kid"].as_u64().expect("a number") as u32, KeyBytes::new(suite, &key).expect("a key"));
        let trust = Trust::from_signed(&fetch(lunch, "trust").await.1, &[root], 0).expect("a trust list");
        let status = StatusList::from_signed(&fetch(lunch, "status").await.1, &trust, 0).expect("a status list");
        Gate { root, trust, status }
    }

    /// What changed since, as a terminal asks for it each minute.
    async fn follow(&mut self, lunch: &Lunch) -> u8 {
        let (status, bytes) = fetch(lunch, &format!("status?since={}", self.status.head().version)).await;
        assert_eq!(status, 200);
        self.status = match bytes[0] {
            0x23 => self.status.with_delta(&bytes, &self.trust).expect("a delta on what is held"),
            _ => StatusList::from_signed(&bytes, &self.trust, self.status.head().version).expect("a newer list"),
        };
        bytes[0]
    }

    fn reads(&self, lunch: &Lunch, text: &str) -> &'static str {
        let mut memory = Memory::new(8);
        let now = lunch.server.app.now().ms();
        match verify(text, &self.trust, Status::List(&self.status), Replay::Here(&mut memory), now) {
            Ok(_) => "ok",
            Err(reason) => reason.code(),
        }
    }
}

/// What the doorbell says of the lists.
async fn lists_of(lunch: &Lunch, agent: &Agent) -> i64 {
    let rung = yitong::terminals::ring(&lunch.server.app, agent.id).await.expect("the database answers");
    rung.expect("the terminal is there").lists
}

/// A till is told once that the lists have changed: what it fetches then must have the change, whoever asked just
/// before.
#[tokio::test]
async fn a_till_that_was_told_of_a_loss_gets_it() {
    let lunch = Lunch::start().await;
    let person = lunch.pupil("1", "王小明").await;
    let code = lunch.code(&person).await;
    let agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let mut gate = Gate::set_up(&lunch).await;
    let codes = lunch.admin.get(&lunch.path(&format!("credentials?person={person}"))).await.expect(200).json;
    let id = codes["items"][0]["id"].as_str().expect("an id").to_owned();
    let mut told = lists_of(&lunch, &agent).await;
    // All within one second, as far as the clock can tell.
    for (what, known) in [("report-lost", "lost"), ("reinstate", "ok"), ("report-lost", "lost")] {
        lunch.admin.post(&lunch.path(&format!("credentials/{id}/{what}")), json!({})).await.expect(200);
        // On PostgreSQL that takes until every transaction that is older than the change has ended.
        let (before, begun) = (told, std::time::Instant::now());
        while told == before {
            assert!(begun.elapsed().as_secs() < 60, "the till is never told");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            told = lists_of(&lunch, &agent).await;
        }
        let bytes = agent.get(&lunch, "lists/status").await.expect(200).bytes;
        let held = gate.status.head().version;
        gate.status = StatusList::from_signed(&bytes, &gate.trust, held).expect("a newer list");
        assert_eq!(gate.reads(&lunch, &code), known, "{what}");
    }
    let held = gate.status.head().version;
    let same = agent.get(&lunch, &format!("lists/status?since={held}")).await;
    assert_eq!(same.status, 204, "nothing has changed, so nothing is made");
}

#[tokio::test]
async fn a_lost_card_is_known_to_a_terminal_that_asks() {
    let lunch = Lunch::start().await;
    let (one, two) = (lunch.pupil("1", "王小明").await, lunch.pupil("2", "李雷").await);
    let (mine, other) = (lunch.code(&one).await, lunch.code(&two).await);
    let phone = Phone::of(&lunch, &two).await;
    let mut gate = Gate::set_up(&lunch).await;
    assert_eq!((gate.reads(&lunch, &mine), gate.reads(&lunch, &phone.shows(&lunch, 0, 1))), ("ok", "ok"));
    let codes = lunch.admin.get(&lunch.path(&format!("credentials?person={one}"))).await.expect(200).json;
    let id = codes["items"][0]["id"].as_str().expect("an id").to_owned();
    let turn = async |what: &str| {
        lunch.admin.post(&lunch.path(&format!("credentials/{id}/{what}")), json!({})).await.expect(200);
        lunch.pass_s(6);
    };
    turn("report-lost").await;
    assert_eq!(gate.follow(&lunch).await, 0x23, "only the change is sent");
    assert_eq!((gate.reads(&lunch, &mine), gate.reads(&lunch, &other)), ("lost", "ok"));
    turn("reinstate").await;
    gate.follow(&lunch).await;
    assert_eq!(gate.reads(&lunch, &mine), "ok");
    turn("reissue").await;
    gate.follow(&lunch).await;
    assert_eq!(gate.reads(&lunch, &mine), "cancelled");
    lunch.admin.patch(&lunch.path(&format!("people/{two}")), json!({"status": "left"})).await.expect(200);
    lunch.pass_s(6);
    gate.follow(&lunch).await;
    assert_eq!(gate.reads(&lunch, &other), "account_stopped");
    assert_eq!(gate.reads(&lunch, &phone.shows(&lunch, 0, 2)), "account_stopped");
    // The new card was signed with a key that the gate's trust list does not have yet.
    let sheet = lunch.admin.get(&lunch.path(&format!("credentials/sheet?person={one}"))).await.expect(200).json;
    let new = sheet["items"][0]["text"].as_str().expect("a text").to_owned();
    assert_eq!(gate.reads(&lunch, &new), "unknown_key");
    let held = gate.trust.head().version;
    gate.trust = Trust::from_signed(&fetch(&lunch, "trust").await.1, &[gate.root], held).expect("a newer list");
    assert_eq!(gate.reads(&lunch, &new), "ok");
    let version = gate.status.head().version;
    assert_eq!(fetch(&lunch, &format!("status?since={version}")).await.0, 204, "nothing newer yet");
    assert_eq!(fetch(&lunch, "status?since=12").await.1[0], 0x22, "a version that nobody knows: the whole list");
    assert_eq!(fetch(&lunch, "legacy").await.0, 204);
}

#[tokio::test]
async fn an_integrator_fetches_with_its_token_until_it_is_revoked() {
    let lunch = Lunch::start().await;
    let path = lunch.path("integrators");
    let made = lunch.admin.post(&path, json!({"name": " 东门闸机 "})).await.expect(201).json;
    assert_eq!(made["name"], "东门闸机");
    assert_eq!(told(&lunch.admin.post(&path, json!({"name": "东门闸机"})).await), (409, "name_taken", "name"));
    assert_eq!(told(&lunch.admin.post(&path, json!({"name": " "})).await), (422, "bad_name", "name"));
    let bearer = |token: &str| format!("Bearer {token}");
    let stranger = lunch.server.visitor();
    let get = async |path: &str, token: &str| {
        stranger.send("GET", path, &[("authorization", &bearer(token))], Vec::new()).await.status
    };
    let token = made["token"].as_str().expect("a token").to_owned();
    let status = lunch.path("lists/status");
    assert_eq!(get(&status, &token).await, 200);
    assert_eq!(get(&lunch.path("lists/trust"), &token).await, 200);
    assert_eq!(get(&status, "0000").await, 401);
    assert_eq!(get(&lunch.path("people"), &token).await, 401, "lists, and nothing else");
    let (there, _) = lunch.on_other_school().await;
    assert_eq!(get(&there.path("lists/status"), &token).await, 401, "its own school only");
    let listed = lunch.admin.get(&path).await.expect(200).json;
    assert!(listed["items"][0]["last_seen_at"].is_string(), "{listed}");
    assert!(listed["items"][0].get("token").is_none());
    let one = lunch.path(&format!("integrators/{}", made["id"].as_str().expect("an id")));
    assert_eq!(lunch.admin.send("DELETE", &one, &[], Vec::new()).await.status, 204);
    assert_eq!(get(&status, &token).await, 401);
    assert_eq!(
        lunch.admin.send("DELETE", &lunch.path(&format!("integrators/{}", lunch.name())), &[], Vec::new()).await.status,
        404
    );
}

#[tokio::test]
async fn the_office_is_told_what_is_wrong_with_a_code() {
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("1", "王小明", 5_000).await;
    let code = lunch.code(&person).await;
    let phone = Phone::of(&lunch, &person).await;
    let check = async |text: &str| -> Value {
        lunch.admin.post(&lunch.path("credentials/check"), json!({"text": text})).await.expect(200).json
    };
    let good = check(&code).await;
    assert_eq!((&good["reason"], &good["kind"]), (&Value::Null, &json!("static")), "{good}");
    assert_eq!(good["person"]["name"], "王小明");
    let shown = phone.shows(&lunch, 0, 3);
    assert_eq!(check(&shown).await["kind"], "dynamic");
    assert_eq!(check(&shown).await["reason"], Value::Null, "looking takes no use");
    let sold = lunch.put_sale(lunch.name(), lunch.sale(json!({"code": shown}), 500, json!({}))).await.expect(200).json;
    assert_eq!(sold["outcome"], "paid", "{sold}");
    assert_eq!(check(&shown).await["reason"], "replayed");
    lunch.pass_s(300);
    let stale = check(&phone.shows(&lunch, -90_000, 4)).await;
    assert_eq!(
        (&stale["reason"], stale["seconds"].as_u64().is_some_and(|s| s >= 90)),
        (&json!("stale"), true),
        "{stale}"
    );
    assert_eq!(check("2000000000015").await["reason"], "not_a_campus_code");
    assert_eq!(check(&code[..150]).await["reason"], "malformed");
    let (_, strange) = lunch.on_other_school().await;
    assert_eq!(check(&strange).await["reason"], "wrong_school");
}

#[tokio::test]
async fn cards_of_another_system_go_on_working() {
    use yitong::credentials::{LegacyCard, TakeOver, take_over};
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("2023010142", "王小明", 5_000).await;
    lunch.pupil("7", "李雷").await;
    let gone = lunch.pupil("8", "韩梅梅").await;
    lunch.admin.patch(&lunch.path(&format!("people/{gone}")), json!({"status": "left"})).await.expect(200);
    let card = |line: usize, student: &str, last_day: &str| LegacyCard {
        line,
        text: format!("#S12345{student}26E#{line:08}#"),
        student: student.into(),
        last_day: last_day.parse().expect("a day"),
    };
    let cards = [
        card(1, "2023010142", "2030-08-31"),
        card(2, "0000000007", "2030-08-31"),
        card(3, "0000000008", "2030-08-31"),
        card(4, "9999999999", "2030-08-31"),
        card(5, "2023010142", "2026-11-23"),
    ];
    let (app, school) = (&lunch.server.app, lunch.school.0);
    let mut gate = Gate::set_up(&lunch).await;
    let sell = async |text: &str| {
        lunch.pass_s(11);
        let ask = lunch.sale(json!({"code": text}), 500, json!({}));
        lunch.put_sale(lunch.name(), ask).await.expect(200).json
    };
    assert_eq!(sell(&cards[0].text).await["refusal"]["code"], "code_unknown", "off until a list was taken over");
    for (mode, taken, known) in [(TakeOver::LookOnly, 2, 0), (TakeOver::Apply, 2, 0), (TakeOver::Apply, 0, 2)] {
        let done = take_over(&app.db, school, &cards, mode, app.now(), |_| {}).await.expect("a list");
        assert_eq!((done.taken, done.known), (taken, known), "{mode:?}");
        assert_eq!((done.nobody, done.left, done.expired), (vec![4], vec![3], vec![5]));
    }
    assert_eq!(sell(&cards[0].text).await["outcome"], "paid");
    assert_eq!(sell("#S123452023010142026E#00000009#").await["refusal"]["code"], "code_unknown", "minted by somebody");
    let check =
        lunch.admin.post(&lunch.path("credentials/check"), json!({"text": cards[0].text})).await.expect(200).json;
    assert_eq!((&check["kind"], &check["person"]["name"]), (&json!("legacy"), &json!("王小明")), "{check}");
    // A terminal without a network knows them too, by their hashes.
    let held = gate.trust.head().version;
    lunch.pass_s(6);
    let legacy = fetch(&lunch, "legacy").await.1;
    gate.trust = Trust::from_signed(&fetch(&lunch, "trust").await.1, &[gate.root], held).expect("a newer list");
    gate.trust.add_legacy(LegacyList::from_signed(&legacy, &gate.trust, 0).expect("a legacy list"));
    gate.follow(&lunch).await;
    assert_eq!(gate.reads(&lunch, &cards[0].text), "ok");
    let codes = lunch.admin.get(&lunch.path(&format!("credentials?person={person}"))).await.expect(200).json;
    assert_eq!(codes["items"][0]["kind"], "legacy_code");
    let id = codes["items"][0]["id"].as_str().expect("an id");
    // A card of ours in its place: the old one is over.
    let new = lunch.admin.post(&lunch.path(&format!("credentials/{id}/reissue")), json!({})).await.expect(200).json;
    assert_eq!((&new["kind"], &new["status"]), (&json!("printed_code"), &json!("active")));
    lunch.pass_s(6);
    gate.follow(&lunch).await;
    assert_eq!(gate.reads(&lunch, &cards[0].text), "cancelled");
    assert_eq!(sell(&cards[0].text).await["refusal"]["code"], "code_replaced");
}

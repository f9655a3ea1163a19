//! Messages to people: queued once, sent over the channels that each reads, at hours when they may ring.
//! long because each rule of sending is an example over the whole server.

use crate::cast::School;
use crate::channel::{Answer, FakeChannel};
use crate::testkit::{Client, LUNCH, Server};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;
use yitong::notices::{
    self, Channel, Confidential, Kind, NewAddress, NewNotice, Reach, Recipient, Scope, SealedAddress, run_due,
};
use yitong::signin::roles::Role;
use yitong_channels::tell::web_push::VapidKeys;
use yitong_values::{GuardianId, NoticeId, PersonId, Timestamp};

const HOUR_MS: i64 = 3_600_000;
const PHONE: &str = "13800138000";
const TAKEN: &str = "{\"Code\":\"OK\",\"BizId\":\"biz-1\"}";

/// A school whose operator has set up SMS and pushes that lead to this machine, and a mother with a phone.
struct House {
    server: Server,
    school: School,
    operator: Client,
    office: Client,
    mother: Client,
    id: GuardianId,
    sms: FakeChannel,
    push: FakeChannel,
}

impl House {
    async fn start() -> House {
        let server = Server::start().await;
        let school = server.school("10001").await;
        let operator = operator(&server, school).await;
        let office = server.signed_in("office", school, Role::SchoolAdmin).await;
        let (mother, id) = server.guardian(PHONE).await;
        let (sms, push) = (FakeChannel::start(TAKEN).await, FakeChannel::start("").await);
        let house = House { server, school, operator, office, mother, id, sms, push };
        house.set_sms(&[Kind::Purchase, Kind::Frozen, Kind::SignInCode, Kind::LowBalance, Kind::Topup]).await;
        let push = json!({"provider": "web_push", "on": true,
            "config": {"allow_loopback": true, "subject": "mailto:it@school.example"}});
        house.operator.put("/api/v1/notice-channels/push", push).await.expect(200);
        house.address(Channel::Sms, Scope::Server, PHONE).await;
        house
    }

    async fn set_sms(&self, kinds: &[Kind]) {
        let template = |kind: &Kind| {
            let fields = match kind {
                Kind::SignInCode => json!({"code": "{code}"}),
                Kind::LowBalance => json!({"name": "{child}", "money": "{balance}"}),
                Kind::Frozen => json!({"name": "{child}", "by": "{by}"}),
                _ => json!({"name": "{child}", "money": "{amount}"}),
            };
            (kind.word().to_owned(), json!({"id": format!("SMS_{}", kind.word()), "fields": fields}))
        };
        let templates: serde_json::Map<String, Value> = kinds.iter().map(template).collect();
        let ask = json!({"provider": "aliyun", "on": true, "templates": templates, "config": {
            "base_url": self.sms.url, "access_key_id": "id", "access_key_secret": "sesame", "sign_name": "一通"}});
        self.operator.put("/api/v1/notice-channels/sms", ask).await.expect(200);
    }

    async fn address(&self, channel: Channel, scope: Scope, plain: &str) {
        let (id, owner) = (self.server.app.new_id(), self.id.uuid());
        let address = SealedAddress::new(&self.server.app.seal, owner, channel, plain);
        let new = NewAddress { id, owner, channel, scope, address, at: self.server.app.now() };
        let put = move |tx: &mut yitong::plumbing::db::Tx<'_>| notices::put_address(tx, &new);
        self.server.app.db.write("address", put).await.expect("it is kept");
    }

    /// A browser of the mother's whose push service is the fake one.
    async fn subscribe(&self, path: &str) {
        let (p256dh, _) = VapidKeys::fresh().texts();
        let keys = json!({"p256dh": p256dh, "auth": "AAAAAAAAAAAAAAAAAAAAAA"});
        let subscription = json!({"endpoint": format!("{}/{path}", self.push.url), "keys": keys});
        self.mother.put("/api/v1/guardian/push", json!({"subscription": subscription})).await.expect(204);
    }

    fn notice(&self, kind: Kind) -> NewNotice {
        NewNotice {
            school: Some(self.school.0),
            kind,
            params: params(&[("child", "张三"), ("amount", "1250"), ("balance", "8640"), ("by", "家长")]),
            ..notice(&self.server, &Uuid::new_v4().to_string(), self.id)
        }
    }

    async fn tell(&self, kind: Kind) -> NoticeId {
        let new = self.notice(kind);
        let id = new.id;
        assert!(self.server.queue(new).await);
        id
    }

    async fn run(&self) -> usize {
        run_due(&self.server.app).await.expect("the worker works")
    }

    fn later(&self, ms: i64) {
        self.server.app.clock.set(self.server.app.now().plus_ms(ms));
    }

    /// The office came back in the morning.
    async fn sign_in_again(&self) {
        let ask = json!({"username": "office", "password": crate::cast::PASSWORD});
        self.office.post("/api/v1/session", ask).await.expect(200);
    }

    /// State of a message and of its deliveries, as the office sees them.
    async fn state(&self, id: NoticeId) -> (String, Vec<(String, String)>) {
        let log = self.office.get(&self.school.path("notices")).await.expect(200).json;
        let items = log["items"].as_array().expect("a list");
        let of = items.iter().find(|item| item["id"] == json!(id)).expect("it is in the log");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let tries = of["deliveries"].as_array().expect("a list").iter();
        (text(&of["state"]), tries.map(|of| (text(&of["channel"]), text(&of["state"]))).collect())
    }

    #[track_caller]
    fn check_state(found: (String, Vec<(String, String)>), state: &str, tries: &[(&str, &str)]) {
        let tries = tries.iter().map(|(channel, state)| ((*channel).to_owned(), (*state).to_owned())).collect();
        assert_eq!(found, (state.to_owned(), tries));
    }
}

/// Who runs the server.
async fn operator(server: &Server, school: School) -> Client {
    server.user("operator", school, &[(Role::OperatorAdmin, yitong::signin::Scope::Operator)]).await;
    let client = server.visitor();
    let ask = json!({"username": "operator", "password": crate::cast::PASSWORD});
    client.post("/api/v1/session", ask).await.expect(200);
    client
}

fn params(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn notice(server: &Server, dedupe: &str, to: GuardianId) -> NewNotice {
    let at = server.app.now();
    NewNotice {
        id: NoticeId::new(server.app.new_id()),
        dedupe: dedupe.into(),
        school: None,
        to: Recipient::Guardian(to),
        about: None,
        kind: Kind::Purchase,
        params: params(&[("child", "张三"), ("amount", "1250")]),
        reach: Reach::Channels,
        link: None,
        at,
        not_before: None,
        expires_at: at.plus_ms(24 * HOUR_MS),
    }
}

impl Server {
    async fn queue(&self, new: NewNotice) -> bool {
        let queued = self.app.db.write("queue", move |tx| notices::queue(tx, &new)).await;
        queued.expect("a message is queued")
    }
}

#[tokio::test]
async fn a_cause_that_is_told_twice_is_one_message() {
    let server = Server::start().await;
    let [mother, father] = [1, 2].map(|n| GuardianId::new(Uuid::from_u128(n)));
    assert!(server.queue(notice(&server, "purchase:1:mother", mother)).await);
    assert!(!server.queue(notice(&server, "purchase:1:mother", mother)).await);
    assert!(server.queue(notice(&server, "purchase:1:father", father)).await);
    let unread = server.app.db.read(move |tx| notices::unread(tx, mother.uuid())).await;
    assert_eq!(unread, Ok(1));
}

#[tokio::test]
async fn a_new_number_takes_the_place_of_the_old_one() {
    let server = Server::start().await;
    let owner = Uuid::from_u128(1);
    let seal = &server.app.seal;
    let at = |n: u32| SealedAddress::new(seal, owner, Channel::Sms, &format!("1380013800{n}"));
    let put = |address: SealedAddress| {
        let id = server.app.new_id();
        let new = NewAddress { id, owner, channel: Channel::Sms, scope: Scope::Server, address, at: LUNCH };
        server.app.db.write("address", move |tx| notices::put_address(tx, &new))
    };
    for n in [1, 1, 2] {
        put(at(n)).await.expect("it is kept");
    }
    let dropped = server.app.db.write("drop", move |tx| notices::drop_addresses(tx, owner, Channel::Sms)).await;
    assert_eq!(dropped, Ok(1), "the last one only");
}

#[tokio::test]
async fn a_browser_that_is_gone_gives_its_turn_to_the_phone() {
    let house = House::start().await;
    house.subscribe("a").await;
    house.subscribe("b").await;
    let told = house.tell(Kind::Frozen).await;
    assert_eq!(house.run().await, 1);
    assert_eq!(house.push.asked().len(), 2, "each browser has it");
    assert!(house.sms.asked().is_empty(), "who has a push needs no SMS");
    House::check_state(house.state(told).await, "sent", &[("push", "accepted"), ("push", "accepted")]);

    for _ in 0..2 {
        house.push.say(410, "");
    }
    let told = house.tell(Kind::Frozen).await;
    house.run().await;
    assert_eq!(house.push.asked().len(), 2);
    let sms = house.sms.asked();
    assert_eq!(sms.len(), 1);
    assert_eq!(sms[0].query("TemplateCode").as_deref(), Some("SMS_frozen"));
    assert_eq!(sms[0].query("PhoneNumbers").as_deref(), Some(PHONE));
    let values: Value = serde_json::from_str(&sms[0].query("TemplateParam").expect("values")).expect("JSON");
    assert_eq!(values, json!({"name": "张三", "by": "家长"}));
    assert_eq!(sms[0].query("OutId"), Some(told.to_string()), "its name, by which a repeat is known");
    let tries = [("push", "gone"), ("push", "gone"), ("sms", "accepted")];
    House::check_state(house.state(told).await, "sent", &tries);

    house.later(HOUR_MS);
    house.tell(Kind::Frozen).await;
    house.run().await;
    assert!(house.push.asked().is_empty(), "what is gone is not asked again");
    assert_eq!(house.sms.asked().len(), 1);
}

#[tokio::test]
async fn lunch_is_no_sms_unless_somebody_wants_it() {
    let house = House::start().await;
    let told = house.tell(Kind::Purchase).await;
    house.run().await;
    assert!(house.sms.asked().is_empty());
    House::check_state(house.state(told).await, "kept", &[]);

    let choose = |in_app: bool| json!({"kinds": [{"kind": "purchase", "in_app": in_app, "push": true, "wechat": true, "alipay": true, "sms": true}]});
    let refused = house.mother.put("/api/v1/guardian/preferences", choose(false)).await.expect(422);
    assert_eq!(refused.json["code"], "inbox_fixed");
    let chosen = house.mother.put("/api/v1/guardian/preferences", choose(true)).await.expect(200).json;
    let kinds = chosen["kinds"].as_array().expect("a list");
    let purchase = kinds.iter().find(|of| of["kind"] == "purchase").expect("it is there");
    assert_eq!((&purchase["sms"], &purchase["fixed"]), (&json!(true), &json!(true)));
    assert!(kinds.iter().all(|of| of["kind"] != "sign_in_code"));

    house.tell(Kind::Purchase).await;
    house.run().await;
    let sms = house.sms.asked();
    let values: Value = serde_json::from_str(&sms[0].query("TemplateParam").expect("values")).expect("JSON");
    assert_eq!(values, json!({"name": "张三", "money": "12.50"}), "money is written for people");

    let only_inbox = NewNotice { reach: Reach::Inbox, ..house.notice(Kind::Purchase) };
    let id = only_inbox.id;
    assert!(house.server.queue(only_inbox).await);
    assert_eq!(house.run().await, 0, "she did not agree to messages that leave this server");
    House::check_state(house.state(id).await, "kept", &[]);
    let again = house.office.post(&house.school.path(&format!("notices/{id}/resend")), json!({})).await.expect(409);
    assert_eq!(again.json["code"], "notice_not_again");
}

#[tokio::test]
async fn at_night_nothing_rings_but_what_must() {
    let house = House::start().await;
    house.subscribe("a").await;
    // 22:30; lunch is at 12:00.
    house.later(10 * HOUR_MS + HOUR_MS / 2);
    let child = PersonId::new(Uuid::from_u128(7));
    let mut bought = Vec::new();
    for (fen, balance) in [(500, 9_500), (700, 8_800), (300, 8_500)] {
        let (fen, balance) = (fen.to_string(), balance.to_string());
        let time = house.server.app.now().ms().to_string();
        let values = params(&[("child", "张三"), ("amount", &fen), ("balance", &balance), ("time", &time)]);
        let new = NewNotice { about: Some(child), params: values, ..house.notice(Kind::Purchase) };
        bought.push(new.id);
        assert!(house.server.queue(new).await);
        house.later(1_000);
    }
    let topup = house.tell(Kind::Topup).await;
    house.tell(Kind::Frozen).await;
    house.run().await;
    assert_eq!(house.push.asked().len(), 1, "safety rings at any hour");
    let inbox = house.mother.get("/api/v1/guardian/notices").await.expect(200).json;
    assert_eq!(inbox["items"].as_array().expect("a list").len(), 5, "who looks finds them at any hour");

    house.later(8 * HOUR_MS);
    house.run().await;
    assert!(house.push.asked().is_empty(), "half past six");
    house.later(HOUR_MS);
    house.run().await;
    house.sign_in_again().await;
    assert_eq!(house.push.asked().len(), 2, "the top-up, and one message about three purchases");
    House::check_state(house.state(topup).await, "sent", &[("push", "accepted")]);
    let mut states = Vec::new();
    for id in bought {
        states.push(house.state(id).await.0);
    }
    states.sort();
    assert_eq!(states, ["joined", "joined", "sent"]);
    let log = house.office.get(&house.school.path("notices?state=sent&kind=purchase")).await.expect(200).json;
    assert_eq!(log["items"][0]["text"], "张三有 3 笔消费，共 15.00 元，余额 85.00 元。");
    let inbox = house.mother.get("/api/v1/guardian/notices").await.expect(200).json;
    assert_eq!(inbox["items"].as_array().expect("a list").len(), 5, "each lunch has its own line there");
}

#[tokio::test]
async fn each_answer_of_a_channel_has_its_consequence() {
    let house = House::start().await;
    let fails = |code: &str| format!("{{\"Code\":\"{code}\",\"Message\":\"to {PHONE}\"}}");
    let of = |state: &'static str| [("sms", state)];

    house.sms.say(503, "");
    house.sms.say(200, &fails("ServiceUnavailable"));
    let told = house.tell(Kind::Frozen).await;
    house.run().await;
    house.later(60_000);
    house.run().await;
    assert_eq!(house.sms.asked().len(), 2);
    House::check_state(house.state(told).await, "waiting", &of("waiting"));
    house.later(120_000);
    house.run().await;
    House::check_state(house.state(told).await, "sent", &of("accepted"));

    house.later(HOUR_MS);
    house.sms.asked();
    house.sms.say(200, &fails("isv.SMS_TEMPLATE_ILLEGAL"));
    let told = house.tell(Kind::Frozen).await;
    house.run().await;
    House::check_state(house.state(told).await, "failed", &of("failed"));
    let log = house.office.get(&house.school.path("notices?limit=1")).await.expect(200).json;
    let tried = &log["items"][0]["deliveries"][0];
    assert_eq!((&tried["class"], &tried["code"]), (&json!("permanent"), &json!("isv.SMS_TEMPLATE_ILLEGAL")));
    assert!(!log.to_string().contains(PHONE), "the channel's words name the number; the log does not: {log}");
    assert_eq!(log["items"][0]["to_mask"], "138****8000");

    // Half an answer, twice: it may have arrived, and is not sent a third time.
    house.later(HOUR_MS);
    house.sms.asked();
    for _ in 0..2 {
        house.sms.say(200, "half an ans");
    }
    let child = NewNotice { kind: Kind::LowBalance, ..house.notice(Kind::LowBalance) };
    let told = child.id;
    assert!(house.server.queue(child).await);
    for _ in 0..4 {
        house.run().await;
        house.later(90_000);
    }
    let asked = house.sms.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].query("OutId"), asked[1].query("OutId"), "under one name");
    House::check_state(house.state(told).await, "unknown", &of("unknown"));
}

#[tokio::test]
async fn nobody_wants_yesterdays_message() {
    let house = House::start().await;
    house.sms.next(vec![Answer::Say(503, String::new()); 20]);
    let soon = house.server.app.now().plus_ms(30_000);
    let new = NewNotice { expires_at: soon, ..house.notice(Kind::Frozen) };
    let told = new.id;
    assert!(house.server.queue(new).await);
    for _ in 0..6 {
        house.run().await;
        house.later(10_000);
    }
    House::check_state(house.state(told).await, "expired", &[("sms", "waiting")]);
    let asked = house.sms.asked().len();
    house.later(HOUR_MS);
    house.run().await;
    assert!(house.sms.asked().is_empty() && asked >= 1);
}

#[tokio::test]
async fn a_worker_that_dies_in_the_middle_repeats_one_message() {
    let house = House::start().await;
    house.sms.next([Answer::Silence(Duration::from_secs(30))]);
    let told = house.tell(Kind::Frozen).await;
    let app = house.server.app.clone();
    let dying = tokio::spawn(async move { run_due(&app).await.map(|_| ()) });
    let mut first = Vec::new();
    while first.is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
        first = house.sms.asked();
    }
    dying.abort();
    assert!(dying.await.is_err(), "it died while the channel had it");
    assert_eq!(house.run().await, 0, "whoever took it holds it");
    house.later(61_000);
    assert_eq!(house.run().await, 1);
    let second = house.sms.asked();
    assert_eq!(second.len(), 1);
    assert_eq!(first[0].query("OutId"), second[0].query("OutId"), "the same name, so the channel can drop it");
    House::check_state(house.state(told).await, "sent", &[("sms", "accepted")]);
    assert_eq!(house.run().await, 0);
}

#[tokio::test]
async fn several_workers_send_each_message_once() {
    let house = House::start().await;
    house.subscribe("a").await;
    for _ in 0..15 {
        house.tell(Kind::Topup).await;
    }
    let runs = (0..4).map(|_| {
        let app = house.server.app.clone();
        tokio::spawn(async move { run_due(&app).await })
    });
    let mut taken = 0;
    for run in runs.collect::<Vec<_>>() {
        taken += run.await.expect("no panic").expect("it works");
    }
    assert_eq!((taken, house.push.asked().len()), (15, 15));
}

#[tokio::test]
async fn what_is_not_true_any_more_is_not_told() {
    let house = House::start().await;
    house.server.app.notices.look_again(Kind::LowBalance, |_, kept| Ok(kept.params["balance"] == "100"));
    let with = |balance: &str| {
        let values = params(&[("child", "张三"), ("balance", balance), ("amount", "0")]);
        NewNotice { params: values, ..house.notice(Kind::LowBalance) }
    };
    let (still, past) = (with("100"), with("200"));
    let ids = [still.id, past.id];
    for new in [still, past] {
        assert!(house.server.queue(new).await);
    }
    house.run().await;
    House::check_state(house.state(ids[0]).await, "sent", &[("sms", "accepted")]);
    House::check_state(house.state(ids[1]).await, "dropped", &[]);
    let inbox = house.mother.get("/api/v1/guardian/notices").await.expect(200).json;
    assert_eq!(inbox["items"].as_array().expect("a list").len(), 1);
}

#[tokio::test]
async fn a_code_reaches_a_stranger_and_nobody_else() {
    let house = House::start().await;
    let (id, at) = (NoticeId::new(house.server.app.new_id()), house.server.app.now());
    let to = Recipient::Phone(Confidential::new(&house.server.app.seal, id, "13900139000", &[("code", "246810")]));
    let code = NewNotice {
        id,
        to,
        kind: Kind::SignInCode,
        params: BTreeMap::new(),
        expires_at: at.plus_ms(300_000),
        ..house.notice(Kind::SignInCode)
    };
    assert!(house.server.queue(code).await);
    // In the middle of the night.
    house.server.app.clock.set(Timestamp::from_ms(at.ms() + 60_000));
    house.run().await;
    let sms = house.sms.asked();
    assert_eq!(sms[0].query("PhoneNumbers").as_deref(), Some("13900139000"));
    assert_eq!(sms[0].query("TemplateParam").as_deref(), Some("{\"code\":\"246810\"}"));
    let log = house.office.get(&house.school.path("notices")).await.expect(200);
    let text = String::from_utf8_lossy(&log.bytes).into_owned();
    assert!(!text.contains("246810") && !text.contains("13900139000"), "{text}");
    assert_eq!(log.json["items"][0]["to_mask"], "139****9000");
    let again = house.office.post(&house.school.path(&format!("notices/{id}/resend")), json!({})).await.expect(409);
    assert_eq!(again.json["code"], "notice_not_again");
}

#[tokio::test]
async fn one_token_is_fetched_for_all() {
    let house = House::start().await;
    let wecom = FakeChannel::start("{\"errcode\":0,\"msgid\":\"m\",\"access_token\":\"t\",\"expires_in\":7200}").await;
    let own = json!({"provider": "app", "on": true, "config": {"corp_id": "c", "secret": "sesame", "agent_id": 1}});
    let elsewhere = json!({"provider": "app", "on": true, "config": {"corp_id": "c", "secret": "sesame", "agent_id": 1,
        "base_url": wecom.url}});
    let path = house.school.path("notice-channels/wecom");
    house.office.put(&path, own).await.expect(200);
    let refused = house.office.put(&path, elsewhere.clone()).await.expect(422);
    assert_eq!(refused.json["code"], "bad_channel_config", "a school's settings lead nowhere else");
    house.office.put(&path, json!({"provider": "app", "on": false})).await.expect(200);
    house.operator.put("/api/v1/notice-channels/wecom", elsewhere).await.expect(200);
    house.address(Channel::Wecom, Scope::Server, "member-1").await;
    for _ in 0..5 {
        house.tell(Kind::Topup).await;
    }
    house.run().await;
    let paths = |asked: &[crate::channel::Asked], part: &str| asked.iter().filter(|of| of.uri.contains(part)).count();
    let asked = wecom.asked();
    assert_eq!((paths(&asked, "gettoken"), paths(&asked, "message/send")), (1, 5));

    // The channel takes it back before its time: one is fetched, and the message goes out at once.
    wecom.say(200, "{\"errcode\":42001,\"errmsg\":\"expired\"}");
    let told = house.tell(Kind::Topup).await;
    house.run().await;
    let asked = wecom.asked();
    assert_eq!((paths(&asked, "gettoken"), paths(&asked, "message/send")), (1, 2));
    House::check_state(house.state(told).await, "sent", &[("wecom", "accepted")]);
}

#[tokio::test]
async fn keys_go_in_and_never_come_out() {
    let house = House::start().await;
    let listed = house.operator.get("/api/v1/notice-channels").await.expect(200);
    let channels = listed.json["items"].as_array().expect("a list");
    let sms = channels.iter().find(|of| of["channel"] == "sms").expect("it is there");
    assert_eq!((&sms["provider"], &sms["on"]), (&json!("aliyun"), &json!(true)));
    assert_eq!(sms["templates"]["frozen"]["id"], "SMS_frozen");
    assert!(!String::from_utf8_lossy(&listed.bytes).contains("sesame"));

    // Without new keys those that are kept stay; with another provider they are of no use.
    let keep = |provider: &str| json!({"provider": provider, "on": true, "templates": sms["templates"]});
    house.operator.put("/api/v1/notice-channels/sms", keep("aliyun")).await.expect(200);
    let missing = house.operator.put("/api/v1/notice-channels/sms", keep("tencent")).await.expect(422);
    assert_eq!(missing.json["code"], "config_missing");
    let unknown =
        json!({"provider": "aliyun", "on": true, "templates": {"frozen": {"id": "S", "fields": {"a": "{dish}"}}}});
    let refused = house.operator.put("/api/v1/notice-channels/sms", unknown).await.expect(422);
    assert_eq!(refused.json["code"], "bad_template");
    let foreign = json!({"provider": "web_push", "on": true, "config": {"private_key": "x"}});
    house.operator.put("/api/v1/notice-channels/push", foreign).await.expect(422);
    house.office.get("/api/v1/notice-channels").await.expect(403);

    let ask = json!({"address": PHONE, "kind": "frozen"});
    let tested = house.operator.post("/api/v1/notice-channels/sms/test", ask.clone()).await.expect(200).json;
    assert_eq!(tested["outcome"], "accepted");
    assert_eq!(house.sms.asked().len(), 1);
    house.sms.say(200, "{\"Code\":\"isv.AMOUNT_NOT_ENOUGH\",\"Message\":\"no money\"}");
    let tested = house.operator.post("/api/v1/notice-channels/sms/test", ask).await.expect(200).json;
    let expected = json!({"outcome": "refused", "code": "isv.AMOUNT_NOT_ENOUGH", "words": "no money"});
    assert_eq!(tested, expected);

    let key = house.mother.get("/api/v1/guardian/push/key").await.expect(200).json["key"].clone();
    assert_eq!(house.mother.get("/api/v1/guardian/push/key").await.expect(200).json["key"], key, "made once");
    let inside = json!({"subscription": {"endpoint": "https://10.0.0.1/x", "keys": {"p256dh": key, "auth":
        "AAAAAAAAAAAAAAAAAAAAAA"}}});
    let refused = house.mother.put("/api/v1/guardian/push", inside).await.expect(422);
    assert_eq!(refused.json["code"], "bad_subscription");
}

#[tokio::test]
async fn a_school_writes_its_own_words() {
    let house = House::start().await;
    let at = |rest: &str| house.school.path(&format!("notice-templates{rest}"));
    let check = |title: &str, text: &str| json!({"title": title, "text": text});
    let refused = [
        ("", "template_empty"),
        ("{child} {dish} {amount}", "template_unknown_variable"),
        ("{child} 吃饭了", "template_missing_variable"),
        ("{child} {amount", "template_unclosed"),
        (concat!("{child}欠", "费 {amount}"), "template_shames"),
    ];
    for (text, code) in refused {
        let answer = house.office.put(&at("/purchase/zh"), check("用餐", text)).await.expect(422);
        assert_eq!(answer.json["code"], code, "{text}");
    }
    house.office.put(&at("/sign_in_code/zh"), check("a", "{code}")).await.expect(404);
    let text = "{child}同学用餐 {amount} 元[，余额 {balance} 元]。（{school}）";
    let ask = json!({"kind": "purchase", "locale": "zh", "title": "用餐", "text": text});
    let preview = house.office.post(&at("/preview"), ask).await.expect(200).json;
    assert_eq!(preview["text"], "张小明同学用餐 12.50 元，余额 86.40 元。（实验中学）");
    let put = house.office.put(&at("/purchase/zh"), check("用餐", text)).await.expect(200).json;
    assert_eq!(put["own"], true);

    house.tell(Kind::Purchase).await;
    let inbox = house.mother.get("/api/v1/guardian/notices").await.expect(200).json;
    assert_eq!(inbox["items"][0]["title"], "用餐");
    let listed = house.office.get(&at("")).await.expect(200).json;
    let own = listed["items"].as_array().expect("a list").iter().filter(|of| of["own"] == true).count();
    assert_eq!(own, 1);
    house.office.delete(&at("/purchase/zh")).await.expect(200);
    let inbox = house.mother.get("/api/v1/guardian/notices").await.expect(200).json;
    assert_eq!(inbox["items"][0]["title"], "张三消费 12.50 元");
}

#[tokio::test]
async fn an_inbox_is_read_page_by_page() {
    let house = House::start().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(house.tell(Kind::Topup).await);
        house.later(1_000);
    }
    let first = house.mother.get("/api/v1/guardian/notices?limit=2").await.expect(200).json;
    assert_eq!(first["items"][0]["id"], json!(ids[4]));
    assert_eq!(first["items"][0]["read"], false);
    let next = first["next"].as_str().expect("there is more");
    let second = house.mother.get(&format!("/api/v1/guardian/notices?limit=3&cursor={next}")).await.expect(200).json;
    assert_eq!((second["items"].as_array().expect("a list").len(), &second["next"]), (3, &Value::Null));
    let read = house.mother.post("/api/v1/guardian/notices/read", json!({"up_to": ids[2]})).await.expect(200).json;
    assert_eq!(read["unread"], 2);
    let (father, _) = house.server.guardian("13800138001").await;
    let other = father.get("/api/v1/guardian/notices").await.expect(200).json;
    assert_eq!(other["items"], json!([]));
    father.post("/api/v1/guardian/notices/read", json!({"up_to": ids[4]})).await.expect(200);
    let unread = house.server.app.db.read({
        let owner = house.id.uuid();
        move |tx| notices::unread(tx, owner)
    });
    assert_eq!(unread.await, Ok(2), "nobody reads another's messages away");
}

#[tokio::test]
async fn an_inbox_holds_what_somebody_wants_and_what_must_be() {
    let house = House::start().await;
    let off = json!({"kinds": [{"kind": "meal_missed", "in_app": false, "push": false, "wechat": false,
        "alipay": false, "sms": false}]});
    house.mother.put("/api/v1/guardian/preferences", off).await.expect(200);
    house.tell(Kind::MealMissed).await;
    house.tell(Kind::Topup).await;
    let inbox = house.mother.get("/api/v1/guardian/notices").await.expect(200).json;
    let kinds: Vec<&Value> = inbox["items"].as_array().expect("a list").iter().map(|of| &of["kind"]).collect();
    assert_eq!(kinds, ["topup"]);
}

#[tokio::test]
async fn the_office_finds_a_message_and_sends_it_again() {
    let house = House::start().await;
    let told = house.tell(Kind::Frozen).await;
    let waiting = house.office.post(&house.school.path(&format!("notices/{told}/resend")), json!({})).await.expect(409);
    assert_eq!(waiting.json["code"], "notice_waiting");
    house.run().await;
    let first = house.sms.asked();
    for (q, found) in [(PHONE, 1), ("13900139000", 0), ("张", 0)] {
        let q = yitong_channels::percent_encode(q);
        let log = house.office.get(&house.school.path(&format!("notices?q={q}"))).await.expect(200).json;
        assert_eq!(log["items"].as_array().expect("a list").len(), found, "{q}");
    }
    let empty = house.office.get(&house.school.path("notices?from=2026-11-25")).await.expect(200).json;
    assert_eq!(empty["items"], json!([]));

    house.later(HOUR_MS);
    house.office.post(&house.school.path(&format!("notices/{told}/resend")), json!({})).await.expect(202);
    house.run().await;
    let second = house.sms.asked();
    assert_eq!(second.len(), 1);
    assert_ne!(first[0].query("OutId"), second[0].query("OutId"), "this one is meant to arrive twice");
    let there = house.server.school("10002").await;
    let other = house.server.signed_in("other", there, Role::SchoolAdmin).await;
    other.post(&there.path(&format!("notices/{told}/resend")), json!({})).await.expect(404);
    let trail = house.office.get(&house.school.path("audit")).await.expect(200);
    let text = String::from_utf8_lossy(&trail.bytes).into_owned();
    assert!(text.contains("notices.resend") && !text.contains(PHONE), "{text}");
}

#[tokio::test]
async fn one_person_is_not_flooded() {
    let house = House::start().await;
    house.subscribe("a").await;
    for _ in 0..25 {
        house.tell(Kind::Topup).await;
    }
    house.run().await;
    assert_eq!(house.push.asked().len(), 20, "twenty an hour, whatever happens");
    house.tell(Kind::Frozen).await;
    house.run().await;
    assert_eq!(house.push.asked().len(), 1, "safety comes through");
}

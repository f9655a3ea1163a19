//! A school whose messages lead to this machine, for the tests of notices.

use crate::cast::School;
use crate::channel::FakeChannel;
use crate::testkit::{Client, Server};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;
use yitong::notices::{self, Channel, Kind, NewAddress, NewNotice, Reach, Recipient, Scope, SealedAddress, run_due};
use yitong::signin::roles::Role;
use yitong_channels::tell::web_push::VapidKeys;
use yitong_values::{GuardianId, NoticeId};

pub const HOUR_MS: i64 = 3_600_000;
pub const PHONE: &str = "13800138000";
pub const TAKEN: &str = "{\"Code\":\"OK\",\"BizId\":\"biz-1\"}";

/// A school whose operator has set up SMS and pushes that lead to this machine, and a mother with a phone.
pub struct House {
    pub server: Server,
    pub school: School,
    pub operator: Client,
    pub office: Client,
    pub mother: Client,
    pub id: GuardianId,
    pub sms: FakeChannel,
    pub push: FakeChannel,
}

impl House {
    pub async fn start() -> House {
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

    pub async fn set_sms(&self, kinds: &[Kind]) {
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

    pub async fn address(&self, channel: Channel, scope: Scope, plain: &str) {
        let (id, owner) = (self.server.app.new_id(), self.id.uuid());
        let address = SealedAddress::new(&self.server.app.seal, owner, channel, plain);
        let new = NewAddress { id, owner, channel, scope, address, at: self.server.app.now() };
        let put = move |tx: &mut yitong::plumbing::db::Tx<'_>| notices::put_address(tx, &new);
        self.server.app.db.write("address", put).await.expect("it is kept");
    }

    /// A browser of the mother's whose push service is the fake one.
    pub async fn subscribe(&self, path: &str) {
        let (p256dh, _) = VapidKeys::fresh().texts();
        let keys = json!({"p256dh": p256dh, "auth": "AAAAAAAAAAAAAAAAAAAAAA"});
        let subscription = json!({"endpoint": format!("{}/{path}", self.push.url), "keys": keys});
        self.mother.put("/api/v1/guardian/push", json!({"subscription": subscription})).await.expect(204);
    }

    pub fn notice(&self, kind: Kind) -> NewNotice {
        NewNotice {
            school: Some(self.school.0),
            kind,
            params: params(&[("child", "张三"), ("amount", "1250"), ("balance", "8640"), ("by", "家长")]),
            ..notice(&self.server, &Uuid::new_v4().to_string(), self.id)
        }
    }

    pub async fn tell(&self, kind: Kind) -> NoticeId {
        let new = self.notice(kind);
        let id = new.id;
        assert!(self.server.queue(new).await);
        id
    }

    pub async fn run(&self) -> usize {
        run_due(&self.server.app).await.expect("the worker works")
    }

    pub fn later(&self, ms: i64) {
        self.server.app.clock.set(self.server.app.now().plus_ms(ms));
    }

    /// The office came back in the morning.
    pub async fn sign_in_again(&self) {
        let ask = json!({"username": "office", "password": crate::cast::PASSWORD});
        self.office.post("/api/v1/session", ask).await.expect(200);
    }

    /// State of a message and of its deliveries, as the office sees them.
    pub async fn state(&self, id: NoticeId) -> (String, Vec<(String, String)>) {
        let log = self.office.get(&self.school.path("notices")).await.expect(200).json;
        let items = log["items"].as_array().expect("a list");
        let of = items.iter().find(|item| item["id"] == json!(id)).expect("it is in the log");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let tries = of["deliveries"].as_array().expect("a list").iter();
        (text(&of["state"]), tries.map(|of| (text(&of["channel"]), text(&of["state"]))).collect())
    }

    #[track_caller]
    pub fn check_state(found: (String, Vec<(String, String)>), state: &str, tries: &[(&str, &str)]) {
        let tries = tries.iter().map(|(channel, state)| ((*channel).to_owned(), (*state).to_owned())).collect();
        assert_eq!(found, (state.to_owned(), tries));
    }
}

/// Who runs the server.
pub async fn operator(server: &Server, school: School) -> Client {
    server.user("operator", school, &[(Role::OperatorAdmin, yitong::signin::Scope::Operator)]).await;
    let client = server.visitor();
    let ask = json!({"username": "operator", "password": crate::cast::PASSWORD});
    client.post("/api/v1/session", ask).await.expect(200);
    client
}

pub fn params(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub fn notice(server: &Server, dedupe: &str, to: GuardianId) -> NewNotice {
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
    pub async fn queue(&self, new: NewNotice) -> bool {
        let queued = self.app.db.write("queue", move |tx| notices::queue(tx, &new)).await;
        queued.expect("a message is queued")
    }
}

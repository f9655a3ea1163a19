//! A school whose guardian pays through the sandbox: both speak over HTTP, and read the same clock.

use crate::lunch::{Lunch, fen};
use crate::testkit::{Answer, Client};
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use yitong::guardians::Rights;
use yitong::payments::sweep_once;
use yitong::signin::roles::Role;
use yitong_sandbox::{Faults, Sandbox};

/// Keys of a sandbox take seconds to make: all tests share one folder of them.
pub fn folder() -> &'static tempfile::TempDir {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER.get_or_init(|| tempfile::tempdir().expect("a test has a temporary folder"))
}

pub struct Till {
    pub lunch: Lunch,
    pub sandbox: Sandbox,
    pub outside: Client,
    /// Who asks for refunds, and who approves them.
    pub finance: Client,
    pub second: Client,
    pub guardian: Client,
    pub pupil: String,
    pub binding: String,
    pub account: String,
}

impl Till {
    pub async fn start(kind: &str) -> Till {
        let lunch = Lunch::start().await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
        // Both read the same clock: what expires here expires there.
        let clock = lunch.server.app.clock.clone();
        let sandbox = Sandbox::open_at(folder().path(), &address, Arc::new(move || clock.now())).expect("a sandbox");
        tokio::spawn(sandbox.clone().serve(listener, std::future::pending()));
        let finance = lunch.server.signed_in("finance", lunch.school, Role::Finance).await;
        let second = lunch.server.signed_in("second", lunch.school, Role::Finance).await;
        let pupil = lunch.pupil("2026001", "王小明").await;
        let (guardian, id) = lunch.server.guardian("13800000001").await;
        let person = pupil.parse().expect("an id");
        let binding = lunch.server.bound(id, lunch.school, person, Rights::ALL).await.to_string();
        let settings = sandbox.settings().all()[kind].clone();
        let account = lunch.name().to_string();
        let kind = kind.split('_').next().expect("a word");
        let ask = json!({"kind": kind, "name": "测试渠道", "active": true, "settings": settings});
        finance.put(&lunch.path(&format!("channel-accounts/{account}")), ask).await.expect(200);
        let outside = Client::at(&address);
        Till { lunch, sandbox, outside, finance, second, guardian, pupil, binding, account }
    }

    pub fn orders(&self, rest: &str) -> String {
        format!("/api/v1/guardian/children/{}/payment-orders/{rest}", self.binding)
    }

    pub async fn begin(&self, id: &str, amount: i64) -> Answer {
        self.begin_by(id, amount, "qr").await
    }

    pub async fn begin_by(&self, id: &str, amount: i64, scene: &str) -> Answer {
        let ask = json!({"amount": fen(amount), "account": self.account, "scene": scene});
        self.guardian.put(&self.orders(id), ask).await
    }

    /// A new order that can be paid: its name, and the number that the channel knows.
    pub async fn order(&self, amount: i64) -> (String, String) {
        let id = self.lunch.name().to_string();
        let begun = self.begin(&id, amount).await.expect(200).json;
        assert_eq!(begun["state"], "paying", "{begun}");
        assert_eq!(begun["presented"]["kind"], "qr", "{begun}");
        (id, begun["number"].as_str().expect("a number").to_owned())
    }

    pub async fn state(&self, id: &str) -> String {
        let detail = self.detail(id).await;
        detail["order"]["state"].as_str().expect("a state").to_owned()
    }

    pub async fn detail(&self, id: &str) -> Value {
        self.finance.get(&self.lunch.path(&format!("payment-orders/{id}"))).await.expect(200).json
    }

    /// Call-backs come when they come: waits for this state.
    pub async fn until(&self, id: &str, state: &str) {
        for _ in 0..200 {
            if self.state(id).await == state {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it stays {} instead of {state}: {}", self.state(id).await, self.detail(id).await);
    }

    /// Days have passed, and sessions with them.
    pub async fn sign_in_again(&mut self) {
        self.lunch.admin = self.lunch.server.signed_in("admin2", self.lunch.school, Role::SchoolAdmin).await;
        self.finance = self.lunch.server.signed_in("finance2", self.lunch.school, Role::Finance).await;
    }

    /// Time passes, and the sweeper looks at what is due.
    pub async fn sweep_after(&self, seconds: i64) {
        self.lunch.pass_s(seconds);
        sweep_once(&self.lunch.server.app).await.expect("the sweeper looks");
    }

    pub async fn balance(&self) -> i64 {
        self.lunch.money(&self.pupil).await.0
    }

    pub fn faults(&self, change: impl FnOnce(&mut Faults)) {
        let mut faults = Faults { schedule_scale: 0, refund_ms: 0, ..Faults::default() };
        change(&mut faults);
        self.sandbox.set_faults(faults).expect("good faults");
    }

    /// What the channel has of ours, by its own books: paid less refunded.
    pub async fn theirs(&self) -> i64 {
        let orders = self.outside.get("/orders").await.expect(200).json;
        let mut sum = 0;
        for order in orders["orders"].as_array().expect("a list") {
            if !["waiting", "closed"].contains(&order["state"].as_str().expect("a state")) {
                sum += order["amount_fen"].as_i64().expect("an amount");
            }
            for refund in order["refunds"].as_array().into_iter().flatten().filter(|refund| refund["fate"] == "done") {
                sum -= refund["amount_fen"].as_i64().expect("an amount");
            }
        }
        sum
    }

    /// What our books say that the channel has.
    pub async fn ours(&self) -> i64 {
        let trial = self.lunch.admin.get(&self.lunch.path("ledger/accounts")).await.expect(200).json;
        let lines = trial["items"].as_array().expect("lines");
        let channel = lines.iter().filter(|of| of["kind"] == "channel");
        channel
            .map(|of| of["debit"]["fen"].as_i64().expect("a sum") - of["credit"]["fen"].as_i64().expect("a sum"))
            .sum()
    }

    pub async fn refund(&self, order: &str, amount: i64) -> String {
        let id = self.lunch.name().to_string();
        let path = self.lunch.path(&format!("payment-orders/{order}/refunds/{id}"));
        self.finance.put(&path, json!({"amount": fen(amount), "reason": "家长申请"})).await.expect(204);
        id
    }

    pub async fn decide(&self, who: &Client, refund: &str, decision: &str) -> Answer {
        who.post(&self.lunch.path(&format!("refunds/{refund}/decision")), json!({"decision": decision})).await
    }
}

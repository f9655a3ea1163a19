//! Asking twice is safe, whatever happened in between: at the counter, the first answer stands.

use crate::testkit::{Client, LUNCH, Server};
use serde_json::{Value, json};
use uuid::Uuid;
use yitong::demo::{PASSWORD, Size, make};

struct Counter {
    server: Server,
    school: String,
    cashier: Client,
    admin: Client,
    setup: Value,
    person: String,
}

impl Counter {
    async fn open() -> Counter {
        let server = Server::start().await;
        make(&server.app, Size { pupils: 2, days: 0 }).await.expect("a small demo school is made");
        let sign_in = async |username: &str| {
            let client = server.visitor();
            let body = json!({"username": username, "password": PASSWORD});
            let session = client.post("/api/v1/session", body).await.expect(200).json;
            (client, session["schools"][0]["id"].as_str().expect("a school").to_owned())
        };
        let (cashier, school) = sign_in("cashier3").await;
        let (admin, _) = sign_in("admin").await;
        let path = format!("/api/v1/schools/{school}");
        let stalls = cashier.get(&format!("{path}/counter/stalls")).await.expect(200).json;
        let stall = stalls["items"][0]["id"].as_str().expect("a stall");
        let setup = cashier.get(&format!("{path}/counter/{stall}")).await.expect(200).json;
        let new = json!({"kind": "staff", "name": "新老师", "number": "T9001"});
        let person = admin.post(&format!("{path}/people"), new).await.expect(201).json;
        let person = person["id"].as_str().expect("a person").to_owned();
        let counter = Counter { server, school, cashier, admin, setup, person };
        counter.top_up(2_000).await;
        counter
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/v1/schools/{}/{rest}", self.school)
    }

    async fn top_up(&self, fen: i64) {
        let path = self.path(&format!("topups/{}", self.server.app.new_id()));
        self.admin.put(&path, json!({"person": self.person, "amount": {"fen": fen}})).await.expect(200);
    }

    /// What a cashier sends for the first dish of the menu.
    fn tray(&self, more: Value) -> Value {
        let dish = &self.setup["dishes"][0];
        let mut body = json!({
            "stall": self.setup["stall"]["id"], "payer": {"person": self.person}, "mode": "dish",
            "items": [{"dish": dish["id"], "revision": dish["revision"], "count": 1}],
            "amount": dish["price"], "at": LUNCH.to_string(),
        });
        for (key, value) in more.as_object().expect("an object") {
            body[key] = value.clone();
        }
        body
    }

    fn purchase(&self) -> String {
        self.path(&format!("purchases/{}", Uuid::now_v7()))
    }

    async fn balance(&self) -> (i64, i64) {
        let account = self.admin.get(&self.path(&format!("people/{}/account", self.person))).await.expect(200).json;
        let fen = |name: &str| account[name]["fen"].as_i64().expect("an amount");
        (fen("balance"), fen("arrears"))
    }
}

#[tokio::test]
async fn the_first_answer_stands_when_price_and_clock_have_moved() {
    let counter = Counter::open().await;
    let (name, tray) = (counter.purchase(), counter.tray(json!({})));
    let first = counter.cashier.put(&name, tray.clone()).await.expect(200).json;
    assert_eq!(first["outcome"], "paid", "{first}");
    let dish = counter.setup["dishes"][0]["id"].as_str().expect("a dish");
    let change = json!({"price": {"fen": 9_900}});
    counter.admin.patch(&counter.path(&format!("dishes/{dish}")), change).await.expect(200);
    counter.server.app.clock.set(LUNCH.plus_ms(3_600_000));

    let again = counter.cashier.put(&name, tray.clone()).await.expect(200).json;
    assert_eq!(again["purchase"], first["purchase"]);
    assert_eq!(again["balance_after"], first["balance_after"]);
    let other = counter.cashier.put(&name, counter.tray(json!({"collect_later": true}))).await.expect(409).json;
    assert_eq!(other["code"], "name_taken");
    // Under another name it is a new sale, and the old price is never charged.
    let now = json!({"at": LUNCH.plus_ms(3_600_000).to_string()});
    let fresh = counter.cashier.put(&counter.purchase(), counter.tray(now)).await.expect(409).json;
    assert_eq!(fresh["code"], "price_changed");
    let late = counter.cashier.put(&counter.purchase(), tray).await.expect(422).json;
    assert_eq!(late["code"], "clock_drift");
}

#[tokio::test]
async fn a_sale_that_could_not_be_sent_is_booked_later_at_its_own_time() {
    let counter = Counter::open().await;
    let at = |hours: i64| LUNCH.plus_ms(hours * 3_600_000).to_string();
    counter.server.app.clock.set(LUNCH.plus_ms(2 * 3_600_000));
    let tray = counter.tray(json!({"sent_at": at(2)}));
    let sold = counter.cashier.put(&counter.purchase(), tray).await.expect(200).json;
    assert_eq!((&sold["outcome"], &sold["purchase"]["at"]), (&json!("paid"), &json!(at(0))));

    counter.server.app.clock.set(LUNCH.plus_ms(13 * 3_600_000));
    let tray = counter.tray(json!({"sent_at": at(13)}));
    let late = counter.cashier.put(&counter.purchase(), tray).await.expect(422).json;
    assert_eq!(late["code"], "sale_too_late");
    // From the future by its own words.
    let tray = counter.tray(json!({"at": at(14), "sent_at": at(13)}));
    let odd = counter.cashier.put(&counter.purchase(), tray).await.expect(422).json;
    assert_eq!(odd["code"], "clock_drift");
}

#[tokio::test]
async fn undoing_what_was_eaten_on_arrears_and_repaid_since_gives_the_money_back() {
    let counter = Counter::open().await;
    let stall = json!({"mode": "amount", "items": [], "amount": {"fen": 2_300}, "collect_later": true});
    let name = counter.purchase();
    let sold = counter.cashier.put(&name, counter.tray(stall)).await.expect(200).json;
    assert_eq!((&sold["outcome"], counter.balance().await), (&json!("paid"), (0, 300)));
    counter.top_up(1_000).await;
    assert_eq!(counter.balance().await, (700, 0));
    let undo = json!({"id": Uuid::now_v7(), "reason": "多收了"});
    counter.cashier.put(&format!("{name}/reversal"), undo).await.expect(200);
    assert_eq!(counter.balance().await, (3_000, 0));
    let report = yitong::wallets::verify(&counter.server.app.db, None).await.expect("the books can be read");
    assert!(report.ok(), "{:?}", report.findings);
}

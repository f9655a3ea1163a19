//! A school that is ready to sell: a canteen with two stalls, a class, dishes, and money in wallets.

use crate::cast::School;
use crate::testkit::{Answer, Client, LUNCH, Server};
use serde_json::{Value, json};
use uuid::Uuid;
use yitong::signin::{Scope, roles::Role};

pub struct Lunch {
    pub server: Server,
    pub school: School,
    /// The school's administrator, who may do everything but close a day.
    pub admin: Client,
    pub stall: String,
    pub other_stall: String,
    pub class: String,
}

/// A dish with its price of now.
#[derive(Clone, Debug)]
pub struct Dish {
    pub id: String,
    pub revision: String,
}

impl Dish {
    pub fn times(&self, count: i64) -> Value {
        json!({"dish": self.id, "revision": self.revision, "count": count})
    }
}

pub fn id_of(answer: &Answer) -> String {
    answer.json["id"].as_str().expect("what was made has an id").to_owned()
}

pub fn fen(amount: i64) -> Value {
    json!({"fen": amount})
}

/// The code of the problem and the field that it names.
pub fn told(answer: &Answer) -> (u16, &str, &str) {
    let text = |key: &str| answer.json[key].as_str().unwrap_or_default();
    (answer.status, text("code"), text("field"))
}

impl Lunch {
    pub async fn start() -> Lunch {
        Lunch::on(Server::start().await).await
    }

    pub async fn on(server: Server) -> Lunch {
        let school = server.school("10001").await;
        let admin = server.signed_in("admin", school, Role::SchoolAdmin).await;
        let places = admin.get(&school.path("places")).await.expect(200).json;
        let campus = places["campuses"][0]["id"].clone();
        let ask = json!({"campus": campus, "name": "一食堂", "seats": 300});
        let canteen = id_of(&admin.post(&school.path("canteens"), ask).await.expect(201));
        let modes = json!(["dish", "amount", "fixed", "count"]);
        let mut stalls = Vec::new();
        for (number, name) in [(1, "面点"), (2, "小炒")] {
            let ask =
                json!({"canteen": canteen, "name": name, "number": number, "modes": modes, "fixed_price": fen(800)});
            stalls.push(id_of(&admin.post(&school.path("stalls"), ask).await.expect(201)));
        }
        let class = admin.post(&school.path("classes"), json!({"name": "七年级1班"})).await.expect(201);
        let (class, other_stall) = (id_of(&class), stalls.pop().expect("two stalls"));
        Lunch { server, school, admin, stall: stalls.pop().expect("two stalls"), other_stall, class }
    }

    pub fn path(&self, rest: &str) -> String {
        self.school.path(rest)
    }

    pub fn name(&self) -> Uuid {
        self.server.app.new_id()
    }

    /// Moves the clock on from where it is.
    pub fn pass_s(&self, seconds: i64) {
        self.server.app.clock.set(self.server.app.now().plus_ms(seconds * 1000));
    }

    /// To this minute of the day of `LUNCH`, days later; the administrator signs in again.
    pub async fn at(&self, days: i64, hour: i64, minute: i64) {
        let ms = days * 86_400_000 + (hour - 12) * 3_600_000 + minute * 60_000;
        self.server.app.clock.set(LUNCH.plus_ms(ms));
        let ask = json!({"username": "admin", "password": crate::cast::PASSWORD});
        self.admin.post("/api/v1/session", ask).await.expect(200);
    }

    pub async fn pupil(&self, number: &str, name: &str) -> String {
        let ask = json!({"kind": "student", "number": number, "name": name, "class": self.class});
        id_of(&self.admin.post(&self.path("people"), ask).await.expect(201))
    }

    /// A pupil with so much money.
    pub async fn rich_pupil(&self, number: &str, name: &str, amount: i64) -> String {
        let person = self.pupil(number, name).await;
        self.top_up(&person, amount).await.expect(200);
        person
    }

    pub async fn top_up(&self, person: &str, amount: i64) -> Answer {
        let path = self.path(&format!("topups/{}", self.name()));
        self.admin.put(&path, json!({"person": person, "amount": fen(amount)})).await
    }

    /// The text of a printed code.
    pub async fn code(&self, person: &str) -> String {
        let ask = json!({"person": person, "expires_on": "2029-08-31"});
        self.admin.post(&self.path("credentials/issue"), ask).await.expect(200);
        let sheet = self.admin.get(&self.path(&format!("credentials/sheet?person={person}"))).await.expect(200);
        sheet.json["items"][0]["text"].as_str().expect("a code has its text").to_owned()
    }

    pub async fn dish(&self, more: Value) -> Dish {
        let mut ask = json!({"name": "米饭", "category": "主食", "price": fen(150)});
        for (key, value) in more.as_object().expect("an object") {
            ask[key] = value.clone();
        }
        let made = self.admin.post(&self.path("dishes"), ask).await.expect(201);
        let revision = made.json["revision_id"].as_str().expect("a dish has a revision").to_owned();
        Dish { id: id_of(&made), revision }
    }

    /// A keyed amount at the first stall; `more` is put over it.
    pub fn sale(&self, payer: Value, amount: i64, more: Value) -> Value {
        let at = self.server.app.now().to_string();
        let mut ask = json!({"stall": self.stall, "payer": payer, "mode": "amount", "amount": fen(amount), "at": at});
        for (key, value) in more.as_object().expect("an object") {
            ask[key] = value.clone();
        }
        ask
    }

    pub async fn put_sale(&self, id: Uuid, ask: Value) -> Answer {
        self.admin.put(&self.path(&format!("purchases/{id}")), ask).await
    }

    /// A sale under a new name, a little later than the one before.
    pub async fn sell(&self, payer: Value, amount: i64, more: Value) -> Value {
        self.pass_s(11);
        let ask = self.sale(payer, amount, more);
        self.put_sale(self.name(), ask).await.expect(200).json
    }

    /// A paid sale of a keyed amount to a picked person: its name.
    pub async fn paid(&self, person: &str, amount: i64) -> String {
        let sold = self.sell(json!({"person": person}), amount, json!({})).await;
        assert_eq!(sold["outcome"], "paid", "{sold}");
        sold["purchase"]["id"].as_str().expect("a purchase has an id").to_owned()
    }

    /// Balance and arrears.
    pub async fn money(&self, person: &str) -> (i64, i64) {
        let account = self.admin.get(&self.path(&format!("people/{person}/account"))).await.expect(200).json;
        (account["balance"]["fen"].as_i64().expect("fen"), account["arrears"]["fen"].as_i64().expect("fen"))
    }

    pub async fn policy(&self, change: impl FnOnce(&mut Value)) {
        let mut policy = self.admin.get(&self.path("policy")).await.expect(200).json;
        change(&mut policy);
        self.admin.put(&self.path("policy"), policy).await.expect(200);
    }

    /// A cashier of one stall only.
    pub async fn cashier_of(&self, username: &str, stall: &str) -> Client {
        let scope = Scope::Stall(stall.parse().expect("an id"));
        self.server.user(username, self.school, &[(Role::Cashier, scope)]).await;
        let client = self.server.visitor();
        let ask = json!({"username": username, "password": crate::cast::PASSWORD});
        client.post("/api/v1/session", ask).await.expect(200);
        client
    }

    /// A second school on the same server, with a pupil of its own: the school and the pupil's code.
    pub async fn on_other_school(&self) -> (School, String) {
        let there = self.server.school("10002").await;
        let admin = self.server.signed_in("admin2", there, Role::SchoolAdmin).await;
        let class = id_of(&admin.post(&there.path("classes"), json!({"name": "七年级1班"})).await.expect(201));
        let ask = json!({"kind": "student", "number": "1", "name": "外校生", "class": class});
        let person = id_of(&admin.post(&there.path("people"), ask).await.expect(201));
        let ask = json!({"person": person, "expires_on": "2029-08-31"});
        admin.post(&there.path("credentials/issue"), ask).await.expect(200);
        let sheet = admin.get(&there.path("credentials/sheet")).await.expect(200).json;
        (there, sheet["items"][0]["text"].as_str().expect("a code has its text").to_owned())
    }

    /// The server is stopped in the middle of whatever it does, and started again on the same folder.
    pub async fn restart(self) -> Lunch {
        let Lunch { server, school, stall, other_stall, class, .. } = self;
        let server = server.restart().await;
        let admin = server.visitor();
        let ask = json!({"username": "admin", "password": crate::cast::PASSWORD});
        admin.post("/api/v1/session", ask).await.expect(200);
        Lunch { server, school, admin, stall, other_stall, class }
    }

    /// Everything in the books follows from the entries.
    pub async fn books_are_whole(&self) {
        let proof = self.admin.post(&self.path("ledger/verifications"), json!({})).await.expect(200).json;
        assert_eq!((&proof["ok"], &proof["findings"]), (&json!(true), &json!([])), "{proof}");
    }
}

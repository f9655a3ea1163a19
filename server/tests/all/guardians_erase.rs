//! A guardian goes: what is left in each table, what stands in the way, and what a school can do for its own children.

use crate::guardians::MING;
use crate::lunch::{Lunch, told};
use crate::testkit::{Answer, Client};
use serde_json::json;
use yitong::plumbing::db::{Sql, Tx, Value};
use yitong_values::GuardianId;

const PHONE: &str = "13800000001";

yitong::sql! {
    PERSON = "SELECT phone_mask || name, phone_sealed, phone_hash FROM guardian WHERE id = $1";
    SESSIONS = "SELECT CAST(COUNT(*) AS BIGINT) FROM guardian_session WHERE guardian_id = $1";
    LINKS = "SELECT CAST(COUNT(*) AS BIGINT) FROM guardian_link WHERE guardian_id = $1";
    ADDRESSES = "SELECT CAST(COUNT(*) AS BIGINT) FROM notice_address WHERE owner_id = $1";
    PREFERENCES = "SELECT CAST(COUNT(*) AS BIGINT) FROM notice_preference WHERE owner_id = $1";
    HABITS = "SELECT CAST(COUNT(*) AS BIGINT) FROM notice_habits WHERE guardian_id = $1";
    MESSAGES = "SELECT CAST(COUNT(*) AS BIGINT) FROM notice WHERE to_id = $1";
    OPEN = "SELECT CAST(COUNT(*) AS BIGINT) FROM binding WHERE guardian_id = $1 AND state <> 'ended'";
    TYPED = "SELECT CAST(COUNT(*) AS BIGINT) FROM binding WHERE guardian_id = $1 AND typed IS NOT NULL";
    CONSENTS = "SELECT CAST(COUNT(*) AS BIGINT) FROM consent WHERE guardian_id = $1";
    ORDERS = "SELECT CAST(COUNT(*) AS BIGINT) FROM payment_order WHERE guardian_id = $1";
    LINK = "INSERT INTO guardian_link (provider, account_hash, guardian_id, linked_at) VALUES ('wechat', $1, $2, 0)";
    ORDER = "INSERT INTO payment_order (school_id, id, person_id, guardian_id, amount, state, payer_ip, made_at, expires_at) \
             VALUES ($1, $2, $3, $4, 100, $5, '', 0, 0)";
    END_ORDER = "UPDATE payment_order SET state = 'closed' WHERE guardian_id = $1";
}

/// A mother of one child, with everything that a guardian can leave behind.
struct Mother {
    lunch: Lunch,
    client: Client,
    id: GuardianId,
    person: String,
    binding: String,
}

impl Mother {
    async fn start() -> Mother {
        let lunch = Lunch::start().await;
        let person = lunch.pupil(MING.0, MING.1).await;
        let client = lunch.parent(PHONE).await;
        let session = client.get("/api/v1/guardian/session").await.expect(200).json;
        let id: GuardianId = session["guardian"]["id"].as_str().expect("an id").parse().expect("an id");
        let paper = lunch.papers(&person, 1).await.remove(0);
        let child = lunch.bound_child(&client, MING, &paper).await;
        let binding = child["binding"].as_str().expect("an id").to_owned();
        client.patch("/api/v1/guardian/settings", json!({"name": "林女士", "locale": "en"})).await.expect(200);
        Mother { lunch, client, id, person, binding }
    }

    async fn write(&self, statement: &'static Sql, params: Vec<Value>) {
        let done = self.lunch.server.app.db.write("test", move |tx: &mut Tx<'_>| tx.execute(statement, &params)).await;
        assert_eq!(done, Ok(1));
    }

    async fn count(&self, statement: &'static Sql) -> i64 {
        let id = self.id;
        let read = self.lunch.server.app.db.read(move |tx| tx.one(statement, &[id.into()])?.int(0)).await;
        read.expect("it is counted")
    }

    /// What is shown of the person, whether the phone is sealed somewhere, and how long what finds it is.
    async fn person(&self) -> (String, bool, usize) {
        let id = self.id;
        let read = move |tx: &mut Tx<'_>| {
            let row = tx.one(&PERSON, &[id.into()])?;
            Ok((row.text(0)?, row.blob(1)?.is_empty(), row.blob(2)?.len()))
        };
        self.lunch.server.app.db.read(read).await.expect("the row stays")
    }

    async fn erase(&self, code: &str) -> Answer {
        let header = [("content-type", "application/json")];
        let body = json!({"code": code}).to_string().into_bytes();
        self.client.send("DELETE", "/api/v1/guardian/account", &header, body).await
    }

    async fn code(&self) -> String {
        self.lunch.pass_s(120);
        self.client.post("/api/v1/guardian/account/codes", json!({})).await.expect(202);
        self.lunch.sent_code(PHONE).await
    }
}

#[tokio::test]
async fn nothing_of_the_person_is_left_and_every_proof_is() {
    let mother = Mother::start().await;
    let (school, person) = (mother.lunch.school.0, mother.person.parse::<uuid::Uuid>().expect("an id"));
    mother.write(&LINK, vec![vec![7u8; 32].into(), mother.id.into()]).await;
    let preferences = mother.client.get("/api/v1/guardian/preferences").await.expect(200).json;
    mother.client.put("/api/v1/guardian/preferences", preferences).await.expect(200);
    let order = mother.lunch.name();
    let closed = vec![school.into(), order.into(), person.into(), mother.id.into(), "success".into()];
    mother.write(&ORDER, closed).await;
    let consents = mother.count(&CONSENTS).await;
    assert!(mother.count(&SESSIONS).await == 1 && mother.count(&ADDRESSES).await == 1 && consents == 4);

    let code = mother.code().await;
    mother.erase(&code).await.expect(204);
    for (what, statement) in [
        ("sessions", &SESSIONS),
        ("links", &LINKS),
        ("addresses", &ADDRESSES),
        ("preferences", &PREFERENCES),
        ("habits", &HABITS),
        ("messages", &MESSAGES),
        ("open bindings", &OPEN),
        ("typed words", &TYPED),
    ] {
        assert_eq!(mother.count(statement).await, 0, "{what}");
    }
    // No mask, no name, nothing sealed, and no hash that the phone could be tried against.
    assert_eq!(mother.person().await, (String::new(), true, 16));
    assert_eq!(mother.count(&CONSENTS).await, consents + 1, "and the last answer is a no");
    assert_eq!(mother.count(&ORDERS).await, 1, "money stays");
    mother.client.get("/api/v1/guardian/session").await.expect(401);
    let list = mother.lunch.admin.get(&mother.lunch.path("bindings?state=ended")).await.expect(200).json;
    assert_eq!(list["items"][0]["guardian"]["phone_mask"], "");

    // Whoever comes with the phone later is somebody new.
    mother.lunch.pass_s(120);
    let again = mother.lunch.parent(PHONE).await;
    let session = again.get("/api/v1/guardian/session").await.expect(200).json;
    assert_ne!(session["guardian"]["id"], mother.id.to_string());
    assert_eq!((&session["children"], &session["guardian"]["name"]), (&json!([]), &json!("")));
}

#[tokio::test]
async fn only_the_own_phone_confirms_and_money_comes_first() {
    let mother = Mother::start().await;
    let (school, person) = (mother.lunch.school.0, mother.person.parse::<uuid::Uuid>().expect("an id"));
    mother.lunch.pass_s(120);
    let visitor = mother.lunch.server.visitor();
    mother.lunch.ask_code(&visitor, PHONE).await.expect(202);
    let to_sign_in = mother.lunch.sent_code(PHONE).await;
    assert_eq!(told(&mother.erase(&to_sign_in).await), (401, "signin_failed", "code"), "it is for signing in");
    let code = mother.code().await;
    let sign_in = json!({"phone": PHONE, "code": code});
    visitor.post("/api/v1/guardian/session", sign_in).await.expect(401);
    assert_eq!(told(&mother.erase("000").await), (401, "signin_failed", "code"));

    let paying = vec![school.into(), mother.lunch.name().into(), person.into(), mother.id.into(), "paying".into()];
    mother.write(&ORDER, paying).await;
    let refused = mother.erase(&code).await;
    assert_eq!((told(&refused), &refused.json["open"]), ((409, "payments_open", ""), &json!(1)));
    assert_eq!(mother.count(&OPEN).await, 1, "nothing has changed");
    mother.write(&END_ORDER, vec![mother.id.into()]).await;
    mother.erase(&code).await.expect(204);
}

#[tokio::test]
async fn a_lock_outlives_whoever_is_locked_out() {
    let mother = Mother::start().await;
    let lock = json!({"locked": true, "reason": "法院判决书"});
    mother.lunch.admin.put(&mother.lunch.path(&format!("bindings/{}/lock", mother.binding)), lock).await.expect(200);
    let code = mother.code().await;
    mother.erase(&code).await.expect(204);
    assert_eq!(mother.person().await, (String::new(), true, 16), "the keyed hash of the phone, and nothing else");
    mother.lunch.pass_s(120);
    let again = mother.lunch.parent(PHONE).await;
    let session = again.get("/api/v1/guardian/session").await.expect(200).json;
    assert_eq!(session["guardian"]["phone_mask"], "138****0001");
    let paper = mother.lunch.papers(&mother.person, 1).await.remove(0);
    assert_eq!(told(&mother.lunch.look_up(&again, MING, &paper).await), (422, "binding_not_found", ""));
}

#[tokio::test]
async fn a_school_releases_its_own_children_alone() {
    let mother = Mother::start().await;
    let elsewhere = mother.lunch.server.school("10002").await;
    let other = mother.lunch.server.bound(mother.id, elsewhere, mother.lunch.name().into(), Default::default()).await;
    let path = mother.lunch.path(&format!("guardians/{}", mother.id));
    let ask = async |reason: &str| {
        let header = [("content-type", "application/json")];
        let body = json!({"reason": reason}).to_string().into_bytes();
        mother.lunch.admin.send("DELETE", &path, &header, body).await
    };
    assert_eq!(told(&ask("").await), (422, "words_missing", "reason"));
    ask("本人来电要求").await.expect(204);
    let session = mother.client.get("/api/v1/guardian/session").await.expect(200).json;
    let children = session["children"].as_array().expect("a list");
    assert_eq!((children.len(), &children[0]["binding"]), (1, &json!(other.to_string())));
    let trail = mother.lunch.admin.get(&mother.lunch.path("audit?action=guardian.release")).await.expect(200).json;
    assert_eq!(trail["items"][0]["before"]["bindings"], json!([mother.binding]));
    ask("再次要求").await.expect(204);
    let unknown = mother.lunch.path(&format!("guardians/{}", mother.lunch.name()));
    let header = [("content-type", "application/json")];
    let body = json!({"reason": "本人要求"}).to_string().into_bytes();
    assert_eq!(mother.lunch.admin.send("DELETE", &unknown, &header, body).await.status, 404);
}

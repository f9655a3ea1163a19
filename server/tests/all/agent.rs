//! A terminal as the server meets it: a key, a journal, signed requests. It decides nothing.

use crate::lunch::{Lunch, id_of};
use crate::testkit::{Answer, Client};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use yitong_sync::{
    AUTH_HEADERS, Body, DeviceKey, Head, How, PayerShown, REQUEST, Sale, Sealed, Stamp, Story, request_text,
};
use yitong_values::{CanteenId, Cents, EntryId, PersonId, TerminalId, Timestamp};

pub struct Agent {
    pub id: TerminalId,
    pub journal: u32,
    pub key: DeviceKey,
    pub head: Head,
    pub client: Client,
    pub stall: String,
}

/// The code of the office page for a terminal.
pub async fn code_for(lunch: &Lunch, id: &str) -> String {
    let made = lunch.admin.post(&lunch.path(&format!("terminals/{id}/codes")), json!({})).await.expect(201).json;
    assert!(made["text"].as_str().expect("a text").starts_with("yitong-terminal:http"), "{made}");
    assert!(made["qr"].as_str().expect("a picture").starts_with("<svg"));
    made["code"].as_str().expect("a code").to_owned()
}

pub fn key(n: u8) -> DeviceKey {
    DeviceKey::from_seed(&[n; 32])
}

pub async fn enrol(client: &Client, code: &str, key: &DeviceKey) -> Answer {
    let ask =
        json!({"code": code, "public_key": String::from(key.public()), "hardware": "测试机 1", "version": "0.1.0"});
    client.post("/api/v1/terminal/enrolment", ask).await
}

pub async fn add(lunch: &Lunch, name: &str, stall: &str) -> String {
    add_at(&lunch.admin, &lunch.path(""), name, stall).await
}

pub async fn add_at(admin: &Client, school: &str, name: &str, stall: &str) -> String {
    let ask = json!({"name": name, "stall": stall, "mode": "amount", "screens": 2});
    id_of(&admin.post(&format!("{}/terminals", school.trim_end_matches('/')), ask).await.expect(201))
}

impl Agent {
    /// Added by the office at the first stall, and enrolled with its code.
    pub async fn enrolled(lunch: &Lunch, name: &str, seed: u8) -> Agent {
        let id = add(lunch, name, &lunch.stall).await;
        Agent::at(lunch, &id, seed).await
    }

    /// The next machine of a terminal.
    pub async fn at(lunch: &Lunch, id: &str, seed: u8) -> Agent {
        let (client, key) = (lunch.server.visitor(), key(seed));
        let made = enrol(&client, &code_for(lunch, id).await, &key).await.expect(201).json;
        assert_eq!(made["terminal"].as_str(), Some(id), "{made}");
        let journal = made["journal"].as_u64().and_then(|n| u32::try_from(n).ok()).expect("a journal");
        let id = id.parse().expect("an id");
        Agent { id, journal, key, head: Head::default(), client, stall: lunch.stall.clone() }
    }

    pub fn headers(&self, method: &str, path: &str, at: Timestamp, body: &[u8]) -> [(String, String); 3] {
        let text = request_text(method, path, at, &Sha256::digest(body).into());
        let signature = self.key.sign(REQUEST, &text);
        let [terminal, moment, signed] = AUTH_HEADERS.map(str::to_owned);
        [(terminal, self.id.to_string()), (moment, at.ms().to_string()), (signed, signature.into())]
    }

    pub async fn send_at(&self, at: Timestamp, method: &str, rest: &str, body: &[u8]) -> Answer {
        let path = format!("/api/v1/terminal/{rest}");
        let signed = self.headers(method, &path, at, body);
        let mut headers: Vec<(&str, &str)> =
            signed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        headers.push(("content-type", "application/json"));
        self.client.send(method, &path, &headers, body.to_vec()).await
    }

    pub async fn get(&self, lunch: &Lunch, rest: &str) -> Answer {
        self.send_at(lunch.server.app.now(), "GET", rest, &[]).await
    }

    pub async fn send(&self, lunch: &Lunch, method: &str, rest: &str, body: Value) -> Answer {
        self.send_at(lunch.server.app.now(), method, rest, body.to_string().as_bytes()).await
    }

    /// A keyed amount for a person whom the cashier picked.
    pub fn sale(&self, lunch: &Lunch, person: &str, fen: i64) -> Sale {
        Sale {
            purchase: EntryId::new(lunch.name()),
            stall: self.stall.parse().expect("an id"),
            canteen: CanteenId::new(Uuid::nil()),
            payer: PayerShown::Person(person.parse().expect("an id")),
            mode: "amount".into(),
            items: Vec::new(),
            amount: Cents::new(fen),
            at: lunch.server.app.now(),
            collect_later: false,
            duplicate_confirmed: false,
            photo_checked: false,
            cashier: None,
        }
    }

    pub async fn put(&self, lunch: &Lunch, sale: &Sale) -> Value {
        let body = serde_json::to_value(sale).expect("a sale is JSON");
        self.send(lunch, "PUT", &format!("purchases/{}", sale.purchase), body).await.expect(200).json
    }

    /// The next record, as the machine writes it.
    pub fn write(&mut self, lunch: &Lunch, body: Body) -> Sealed {
        let at = lunch.server.app.now();
        let stamp = Stamp { at, wall: at, boot: 1, mono_ms: 0, token_age_ms: Some(0) };
        let sealed = Sealed::seal(&self.head.next(self.id, self.journal, stamp, body), &self.key);
        self.head = Head { seq: self.head.seq + 1, hash: sealed.hash() };
        sealed
    }

    pub fn sold(&mut self, lunch: &Lunch, sale: &Sale, person: &str) -> Sealed {
        let how = how(person, sale.amount);
        self.write(lunch, Body::Sold { sale: sale.clone(), how })
    }

    pub async fn post(&self, lunch: &Lunch, records: &[Sealed]) -> Value {
        let batch = json!({"journal": self.journal, "records": records});
        self.send(lunch, "POST", "journal", batch).await.expect(200).json
    }
}

pub fn how(person: &str, charged: Cents) -> How {
    How {
        person: person.parse::<PersonId>().expect("an id"),
        lease: None,
        charged,
        balance_after: None,
        serial: None,
        use_order: None,
        allowance: None,
        trace: String::new(),
        versions: Story::default(),
    }
}

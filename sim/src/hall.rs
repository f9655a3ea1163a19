//! The hall before the day begins: a school with pupils and teachers, cards, phones, and tills that were enrolled. Made
//! once; each day takes a copy.

use crate::luck::Luck;
use crate::school::{Pupil, School, id_of};
use crate::till::Till;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;
use yitong_code::{Credential, Device, EPOCH_MS, MINUTE_MS};
use yitong_sync::DeviceKey;
use yitong_sync::wire::fleet::Enrolment;
use yitong_terminal::home::Identity;
use yitong_values::Timestamp;

/// A phone with a code that changes.
pub struct Phone {
    secret: [u8; 32],
    device: Device,
    credential: [u8; 118],
    starts_ms: i64,
    counter: u16,
}

impl Clone for Phone {
    fn clone(&self) -> Phone {
        let device = Device::new(&self.secret).expect("it was one before");
        let Phone { secret, credential, starts_ms, counter, .. } = *self;
        Phone { secret, device, credential, starts_ms, counter }
    }
}

impl Phone {
    /// The code that it shows now.
    pub fn show(&mut self, now_ms: i64) -> String {
        let credential = Credential::from_bytes(&self.credential).expect("118 bytes");
        self.counter += 1;
        let code = self.device.dynamic_code(&credential, self.starts_ms, now_ms, self.counter);
        code.expect("a day is after the phone was enrolled")
    }
}

#[derive(Clone)]
pub struct Diner {
    pub id: Uuid,
    /// The text of the printed card.
    pub card: String,
    /// The name of that card in the office.
    pub credential: Uuid,
    pub phone: Option<Phone>,
}

/// The first two tills stand at one stall, each other one at its own.
pub fn stall_of(till: usize) -> usize {
    till.saturating_sub(1)
}

pub struct Hall {
    pub school: School,
    pub diners: Vec<Diner>,
    pub tills: Vec<(Identity, DeviceKey)>,
    pub stalls: Vec<Uuid>,
}

impl Hall {
    pub async fn build(now: Timestamp, tills: usize, pupils: usize, teachers: usize) -> Hall {
        let school = School::open(now).await;
        let stalls = school.stalls(stall_of(tills)).await;
        let pupils = school.pupils(pupils).await;
        let mut diners = Vec::new();
        for pupil in pupils {
            diners.push(diner(&school, pupil).await);
        }
        for number in 0..teachers {
            let ask = json!({"kind": "staff", "number": format!("T{number}"), "name": "李老师"});
            let id = id_of(&school.post(&school.path("people"), ask).await.expect(201));
            let card = school.card(id).await;
            let teacher = diner(&school, Pupil { id, card }).await;
            diners.push(Diner { phone: Some(phone(&school, id, number).await), ..teacher });
        }
        let mut machines = Vec::new();
        for number in 0..tills {
            machines.push(machine(&school, stalls[stall_of(number)], number).await);
        }
        Hall { school, diners, tills: machines, stalls }
    }

    pub fn copy(&self) -> Hall {
        let (diners, tills, stalls) = (self.diners.clone(), self.tills.clone(), self.stalls.clone());
        Hall { school: self.school.copy(), diners, tills, stalls }
    }

    /// The machines, switched off.
    pub fn machines(&self, luck: &Luck) -> Vec<Till> {
        let folder = self.school.folder();
        let till = |(number, (identity, key)): (usize, &(Identity, DeviceKey))| {
            let mirror = folder.join(format!("mirror-{number}.db"));
            Till::new(identity.clone(), key.clone(), mirror, luck.of(&format!("names {number}")))
        };
        self.tills.iter().enumerate().map(till).collect()
    }

    /// Whom a person of the books is here.
    pub fn by_id(&self) -> BTreeMap<Uuid, usize> {
        self.diners.iter().enumerate().map(|(at, diner)| (diner.id, at)).collect()
    }
}

async fn diner(school: &School, pupil: Pupil) -> Diner {
    let found = school.get(&school.path(&format!("credentials?person={}", pupil.id))).await.expect(200);
    let printed =
        found["items"].as_array().and_then(|all| all.iter().find(|one| one["person"]["id"] == json!(pupil.id)));
    let credential = id_of(printed.unwrap_or_else(|| panic!("no card in {found}")));
    Diner { id: pupil.id, card: pupil.card, credential, phone: None }
}

async fn phone(school: &School, person: Uuid, number: usize) -> Phone {
    let secret = [1 + number as u8; 32];
    let device = Device::new(&secret).expect("a secret below the order");
    let made = school.post(&school.path(&format!("people/{person}/phone-tickets")), json!({})).await.expect(201);
    let ask = json!({"device_key": BASE64.encode(device.public_key()), "name": "手机", "protection": "browser",
        "ticket": made["ticket"]});
    let told = school.post("/api/v1/phones/enrol", ask).await.expect(200);
    let bytes = told["credential"].as_str().and_then(|text| BASE64.decode(text).ok());
    let credential: [u8; 118] = bytes.and_then(|bytes| bytes.try_into().ok()).expect("118 bytes");
    let minutes = u32::from_be_bytes([0, credential[12], credential[13], credential[14]]);
    let starts_ms = EPOCH_MS + i64::from(minutes) * MINUTE_MS;
    Phone { secret, device, credential, starts_ms, counter: 0 }
}

async fn machine(school: &School, stall: Uuid, number: usize) -> (Identity, DeviceKey) {
    let ask = json!({"name": format!("{} 号机", number + 1), "stall": stall, "mode": "amount", "screens": 2});
    let id = id_of(&school.post(&school.path("terminals"), ask).await.expect(201));
    let made: Value = school.post(&school.path(&format!("terminals/{id}/codes")), json!({})).await.expect(201);
    let key = DeviceKey::from_seed(&[100 + number as u8; 32]);
    let ask = json!({"code": made["code"], "public_key": String::from(key.public()), "hardware": "模拟机",
        "version": "0.1.0"});
    let enrolment = school.post("/api/v1/terminal/enrolment", ask).await.expect(201);
    let enrolment: Enrolment = serde_json::from_value(enrolment).expect("an enrolment");
    (Identity::of("http://school", enrolment), key)
}

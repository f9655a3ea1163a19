//! Codes of a running server, altered in ways that no vector has, with what the server says of each. They are written
//! in the form of `code/vectors/codes.json`, so that every other reader can be asked the same (`cargo xtask
//! languages`).

use crate::lunch::Lunch;
use crate::shown_codes::Phone;
use serde_json::{Value, json};
use yitong::credentials::{self, LegacyCard, TakeOver, Use, take_over};
use yitong_code::*;
use yitong_values::BusinessDay;

/// Where the file goes: the folder that cargo gives to tests.
const FILE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/server-codes.json");

struct Gate {
    roots: Value,
    trust: Trust,
    trust_bytes: Vec<u8>,
    status: StatusList,
    status_bytes: Vec<u8>,
    legacy_bytes: Vec<u8>,
    now: i64,
}

impl Gate {
    async fn fetch(lunch: &Lunch) -> Gate {
        let get = async |what: &str| lunch.admin.get(&lunch.path(&format!("lists/{what}"))).await.expect(200).bytes;
        let legacy_bytes = get("legacy").await;
        let (trust_bytes, status_bytes) = (get("trust").await, get("status").await);
        let root = lunch.admin.get(&lunch.path("integrators")).await.expect(200).json["root"].clone();
        let suite = Suite::from_word(root["suite"].as_str().expect("a word")).expect("a suite");
        let key = hex::decode(root["key"].as_str().expect("hex")).expect("hex");
        let pinned = (root["kid"].as_u64().expect("a number") as u32, KeyBytes::new(suite, &key).expect("a key"));
        let mut trust = Trust::from_signed(&trust_bytes, &[pinned], 0).expect("a trust list");
        let status = StatusList::from_signed(&status_bytes, &trust, 0).expect("a status list");
        trust.add_legacy(LegacyList::from_signed(&legacy_bytes, &trust, 0).expect("a legacy list"));
        let now = lunch.server.app.now().ms();
        Gate { roots: json!([root]), trust, trust_bytes, status, status_bytes, legacy_bytes, now }
    }

    /// What a reader says with nothing but the lists, in the form of the vectors.
    fn says(&self, before: &[String], text: &str) -> Value {
        let mut memory = Memory::new(16);
        let mut say =
            |text: &str| verify(text, &self.trust, Status::List(&self.status), Replay::Here(&mut memory), self.now);
        before.iter().for_each(|text| drop(say(text)));
        let of = match say(text) {
            Ok(of) => of,
            Err(reason) => return json!({"reason": reason.code(), "seconds": reason.seconds()}),
        };
        let caps = of.caps();
        json!({
            "kind": of.kind().word(),
            "kid": of.kid(),
            "account": of.account(),
            "serial": of.serial(),
            "class": of.class(),
            "ends_ms": of.ends_ms(),
            "protection": of.protection().map(|of| of as u8),
            "counter": of.counter(),
            "allowance": of.allowance().word(),
            "use_fen": caps.map_or(0, |caps| caps.use_fen),
            "total_fen": caps.map_or(0, |caps| caps.total_fen),
            "uses": caps.map_or(0, |caps| caps.uses),
            "pairwise": hex::encode(pairwise_id(&PairwiseKey::new([0x77; 32]), &of)),
        })
    }
}

/// What the trust list says, for readers that want to compare.
fn wire_key(key: &TrustedKey) -> Value {
    json!({
        "kid": key.kid,
        "school": hex::encode(key.school),
        "purpose": key.purpose.word(),
        "suite": key.key.suite().word(),
        "key": hex::encode(key.key.as_bytes()),
        "valid_from": key.valid_from,
        "valid_until": key.valid_until,
        "use_cap_yuan": key.use_cap_yuan,
        "total_cap_5yuan": key.total_cap_5yuan,
        "uses": key.uses,
    })
}

/// Another draw at each run: whoever fails prints the text itself.
fn chance(below: usize) -> usize {
    let mut bytes = [0u8; 8];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    (u64::from_be_bytes(bytes) % below as u64) as usize
}

/// One digit, somewhere after the armour's prefix and before the end, is another.
fn forged(text: &str) -> String {
    let at = 2 + 15 + chance(text.len() - 2 - 15);
    let mut digits = text.as_bytes().to_vec();
    digits[at] = b'0' + (digits[at] - b'0' + 1 + chance(9) as u8) % 10;
    String::from_utf8(digits).expect("digits")
}

fn bytes_of(text: &str) -> Vec<u8> {
    let chunk = |chunk: &[u8]| {
        let length = [0, 3, 5, 8, 10, 13, 15].iter().position(|digits| *digits == chunk.len()).expect("a chunk");
        let value: u64 = std::str::from_utf8(chunk).expect("digits").parse().expect("a number");
        value.to_be_bytes()[8 - length..].to_vec()
    };
    text.as_bytes()[2..].chunks(15).flat_map(chunk).collect()
}

fn text_of(bytes: &[u8]) -> String {
    let digits = |chunk: &[u8]| {
        let value = chunk.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        format!("{value:0width$}", width = [0, 3, 5, 8, 10, 13, 15][chunk.len()])
    };
    format!("97{}", bytes.chunks(6).map(digits).collect::<String>())
}

/// The other signature over the same bytes (FIPS 186-5): s becomes the order of the curve less s.
fn twin(text: &str) -> String {
    const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let order = hex::decode(ORDER).expect("hex");
    let mut bytes = bytes_of(text);
    let mut borrow = 0;
    for at in (0..32).rev() {
        let left = i32::from(order[at]) - i32::from(bytes[155 + at]) - borrow;
        borrow = i32::from(left < 0);
        bytes[155 + at] = left.rem_euclid(256) as u8;
    }
    text_of(&bytes)
}

async fn signer(lunch: &Lunch, purpose: Purpose) -> Signer {
    let app = &lunch.server.app;
    let (school, of) = (lunch.school.0, Use::Of(purpose));
    credentials::signer(&app.db, &app.seal, school, of, Suite::Ed25519, app.now()).await.expect("a key")
}

struct Case {
    comment: &'static str,
    before: Vec<String>,
    text: String,
    meant: &'static str,
}

fn case(comment: &'static str, text: impl Into<String>, meant: &'static str) -> Case {
    Case { comment, before: vec![], text: text.into(), meant }
}

/// Cards and phones of one school, in every state, on the second day.
async fn cases(lunch: &Lunch) -> Vec<Case> {
    let person = lunch.rich_pupil("1", "王小明", 50_000).await;
    let (lost, left) = (lunch.pupil("2", "李雷").await, lunch.pupil("3", "韩梅梅").await);
    let ask = json!({"person": person, "expires_on": "2026-11-24"});
    lunch.admin.post(&lunch.path("credentials/issue"), ask).await.expect(200);
    let over = sheet(lunch, &person).await;
    let yesterday = Phone::of(lunch, &person).await;
    lunch.at(1, 12, 20).await;
    let (card, lost_card, left_card) = (lunch.code(&person).await, lunch.code(&lost).await, lunch.code(&left).await);
    let codes = lunch.admin.get(&lunch.path(&format!("credentials?person={lost}"))).await.expect(200).json;
    let id = codes["items"][0]["id"].as_str().expect("an id");
    lunch.admin.post(&lunch.path(&format!("credentials/{id}/report-lost")), json!({})).await.expect(200);
    lunch.admin.patch(&lunch.path(&format!("people/{left}")), json!({"status": "left"})).await.expect(200);
    let phone = Phone::of(lunch, &person).await;
    lunch.pass_s(600);
    let shows = |counter| phone.shows(lunch, 0, counter);
    let taken = shows(7);
    let sold = lunch.put_sale(lunch.name(), lunch.sale(json!({"code": taken}), 500, json!({}))).await.expect(200).json;
    assert_eq!(sold["outcome"], "paid", "{sold}");
    let (_, strange) = lunch.on_other_school().await;
    let by_phones_key = signer(lunch, Purpose::Credential).await;
    let by_lists_key = signer(lunch, Purpose::StatusList).await;
    let fields = StaticFields { account: 1, serial: 1, class: 0, expiry: 4_000 };
    let stranger = Signer::new(by_phones_key.kid(), Suite::Ed25519, &[chance(256) as u8; 32]).expect("a secret");
    let minted = stranger.credential(&phone.fields).expect("sound fields");
    let minted = phone.device.dynamic_code(&minted, phone.fields.starts_ms(), lunch.server.app.now().ms(), 9);
    let after = |before: &str, case: Case| Case { before: vec![before.to_owned()], ..case };
    let cut = chance(card.len() - 120) + 100;
    let mut all = vec![
        case("a card", &card, "ok"),
        case("a phone", shows(8), "ok"),
        case("a card that ended yesterday", over, "expired"),
        case("a phone's credential of yesterday", yesterday.shows(lunch, 0, 1), "expired"),
        case(
            "a code from the future",
            phone.shows(lunch, 31_000 + 5_000 + chance(80_000) as i64, 8),
            "from_the_future",
        ),
        case("a picture of a code", phone.shows(lunch, -66_000 - chance(300_000) as i64, 8), "stale"),
        after(&taken, case("a code that was taken", &taken, "replayed")),
        after(&taken, case("the twin of a code that was taken", twin(&taken), "replayed")),
        after(&taken, case("an earlier code than the one that was taken", shows(3), "replayed")),
        case("the twin of a new code", twin(&shows(8)), "ok"),
        case("a lost card", lost_card, "lost"),
        case("a card of somebody who left", left_card, "account_stopped"),
        case("another school's card", strange, "wrong_school"),
        case("a card signed with the key for phones", by_phones_key.static_code(&fields), "wrong_purpose"),
        case("a card signed with the key for lists", by_lists_key.static_code(&fields), "wrong_purpose"),
        case("a credential signed by a stranger", minted.expect("a moment in its time"), "bad_signature"),
        case("a card cut off", &card[..cut - (cut - 2) % 15 + 1], "malformed"),
        case(
            "a card under a key that nobody has",
            text_of(&{
                let mut bytes = bytes_of(&card);
                bytes[1] = 0x7f;
                bytes
            }),
            "unknown_key",
        ),
        case("another system's card", "#S12345000000000126E#20300831#", "ok"),
        case("another system's card, minted", "#S12345000000000226E#20300831#", "not_a_campus_code"),
    ];
    for _ in 0..20 {
        all.push(case("a card with one digit changed", forged(&card), ""));
        all.push(case("a phone's code with one digit changed", forged(&shows(8)), ""));
    }
    all
}

async fn sheet(lunch: &Lunch, person: &str) -> String {
    let sheet = lunch.admin.get(&lunch.path(&format!("credentials/sheet?person={person}"))).await.expect(200).json;
    sheet["items"][0]["text"].as_str().expect("a text").to_owned()
}

async fn legacy_card(lunch: &Lunch) {
    let card = LegacyCard {
        line: 1,
        text: "#S12345000000000126E#20300831#".into(),
        student: "0000000001".into(),
        last_day: "2030-08-31".parse::<BusinessDay>().expect("a day"),
    };
    let app = &lunch.server.app;
    let done = take_over(&app.db, lunch.school.0, &[card], TakeOver::Apply, app.now(), |_| {}).await.expect("a list");
    assert_eq!(done.taken, 1);
}

#[tokio::test]
async fn the_server_says_what_every_reader_says() {
    let lunch = Lunch::start().await;
    let cases = cases(&lunch).await;
    legacy_card(&lunch).await;
    let gate = Gate::fetch(&lunch).await;
    let mut wire = Vec::new();
    for (at, Case { comment, before, text, meant }) in cases.into_iter().enumerate() {
        let expected = gate.says(&before, &text);
        let reason = expected["reason"].as_str().unwrap_or("ok").to_owned();
        assert!(meant.is_empty() || reason == meant, "{comment}: {reason}, and {meant} was meant\n{text}");
        assert!(!meant.is_empty() || reason != "ok", "{comment}\n{text}");
        let said = lunch.admin.post(&lunch.path("credentials/check"), json!({"text": text})).await.expect(200).json;
        assert_eq!(said["reason"].as_str().unwrap_or("ok"), reason, "{comment}\n{text}");
        assert_eq!(said["seconds"], expected.get("seconds").cloned().unwrap_or(Value::Null), "{comment}\n{text}");
        wire.push(json!({
            "id": at + 1,
            "comment": comment,
            "text": text,
            "now": gate.now,
            "uncertainty_ms": 0,
            "status": "fresh",
            "before": before,
            "memory": 16,
            "meant": reason,
            "expected": expected,
        }));
    }
    let file = json!({
        "about": "Codes of a running server, made by its tests.",
        "school": hex::encode(lunch.school.0.uuid().as_bytes()),
        "roots": gate.roots,
        "trust": hex::encode(&gate.trust_bytes),
        "trust_keys": gate.trust.keys().map(wire_key).collect::<Vec<_>>(),
        "status": {"fresh": hex::encode(&gate.status_bytes)},
        "legacy": hex::encode(&gate.legacy_bytes),
        "integrator_key": hex::encode([0x77; 32]),
        "cases": wire,
        "list_cases": [],
    });
    // Another test may read it meanwhile: it is whole or not there.
    let draft = format!("{FILE}.{}", std::process::id());
    std::fs::write(&draft, serde_json::to_string_pretty(&file).expect("JSON")).expect("the folder of tests");
    std::fs::rename(&draft, FILE).expect("the folder of tests");
}

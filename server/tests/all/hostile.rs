//! Every operation of the OpenAPI document, asked with what nobody should send: an answer in words, never a crash.

use crate::lunch::Lunch;
use crate::testkit::Client;
use serde_json::{Value, json};
use yitong::signin::roles::Role;

/// A stream stays open for ever; it has a test of its own.
const STREAM: &str = "/api/v1/schools/{school}/sales/events";
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// One value of each wrong kind, for every field of every body.
fn wrong_values() -> Vec<Value> {
    let long = "长".repeat(2_000);
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(0),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("\u{0}\u{1}\u{202e}"),
        json!(long),
        json!("9999-12-31"),
        json!("00000000-0000-0000-0000-000000000000"),
        json!("0193-not-an-id"),
        json!([]),
        json!([[[]]]),
        json!([{"id": 1}, null]),
        json!({}),
        json!({"fen": -1}),
        json!({"fen": i64::MIN}),
        json!({"fen": i64::MAX}),
        json!({"fen": 0.5}),
    ]
}

/// A value that fits the schema, so that one wrong field at a time reaches the code behind it.
fn sample(document: &Value, schema: &Value, depth: usize) -> Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.strip_prefix("#/components/schemas/")) {
        return sample(document, &document["components"]["schemas"][name], depth);
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        let known = schema[key].as_array().into_iter().flatten().find(|s| s["type"] != "null");
        if let Some(inner) = known {
            return sample(document, inner, depth);
        }
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|k| *k != "null").cloned().unwrap_or_default(),
        kind => kind.clone(),
    };
    match kind.as_str().unwrap_or_default() {
        "object" if depth < 6 => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            fields.map(|(name, of)| (name.clone(), sample(document, of, depth + 1))).collect()
        }
        "array" => json!([sample(document, &schema["items"], depth + 1)]),
        "integer" | "number" => json!(1),
        "boolean" => json!(false),
        _ if schema["format"] == "uuid" => json!(uuid::Uuid::new_v4()),
        _ => json!("2026-11-24"),
    }
}

fn filled(path: &str, school: &str, value: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{school}" => school.to_owned(),
        part if part.starts_with('{') => value.to_owned(),
        part => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

struct Asker {
    admin: Client,
    finance: Client,
    /// What is there, by a part of the path.
    known: Vec<(&'static str, String)>,
    failures: Vec<String>,
    asked: usize,
}

impl Asker {
    async fn ask(&mut self, method: &str, path: &str, kind: &str, body: &[u8]) {
        let headers = [("content-type", kind)];
        for who in [&self.admin, &self.finance] {
            let answer = who.send(&method.to_uppercase(), path, &headers, body.to_vec()).await;
            self.asked += 1;
            // What only finance may do is asked by finance.
            let last = answer.status != 403;
            let shown: String = String::from_utf8_lossy(body).chars().take(120).collect();
            let about = format!("{method} {path} {kind} {shown}");
            if answer.status >= 500 {
                self.failures.push(format!("{} {about}", answer.status));
            }
            let words = ["code", "detail_zh", "detail_en"];
            let said = words.iter().all(|key| answer.json[*key].as_str().is_some_and(|text| !text.is_empty()));
            if (400..500).contains(&answer.status) && !said {
                self.failures.push(format!("{} without words: {about}", answer.status));
            }
            if last {
                return;
            }
        }
    }
}

#[tokio::test]
async fn no_operation_breaks_on_what_nobody_should_send() {
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("1", "王小明", 1_000).await;
    lunch.code(&person).await;
    let sold = lunch.paid(&person, 100).await;
    let document = lunch.admin.get("/api/v1/openapi.json").await.expect(200).json;
    let finance = lunch.server.signed_in("finance", lunch.school, Role::Finance).await;
    let school = lunch.school.0.to_string();
    // A second administrator asks, so that no ask signs the first one out for the rest.
    let admin = lunch.server.signed_in("second", lunch.school, Role::SchoolAdmin).await;
    let dish = lunch.dish(json!({})).await.id;
    let plan = json!({"people": [person], "to_class": "七年级2班"});
    let plan = crate::lunch::id_of(&admin.post(&lunch.path("plans/transfer"), plan).await.expect(201));
    let credentials = admin.get(&lunch.path("credentials")).await.expect(200).json;
    let credential = credentials["items"][0]["id"].as_str().expect("an id").to_owned();
    let stall = lunch.stall.clone();
    let known = vec![
        ("/people/{", person.clone()),
        ("/classes/{", lunch.class.clone()),
        ("/dishes/{", dish),
        ("/plans/{", plan),
        ("/credentials/{", credential),
        ("/counter/{", stall.clone()),
        ("/stalls/{", stall),
        ("/ledger/days/{", "2026-11-24".to_owned()),
        ("/purchases/{id}/reversal", sold),
    ];
    let mut asker = Asker { admin, finance, known, failures: Vec::new(), asked: 0 };
    for (path, item) in document["paths"].as_object().expect("the document has paths") {
        // Signing in and out has its own tests, and would lock these askers out.
        if path == STREAM || !path.starts_with("/api/v1/schools/{school}") {
            continue;
        }
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            one_operation(&mut asker, &document, (method, path), operation, &school).await;
        }
    }
    assert!(asker.asked > 2_000, "only {} asks", asker.asked);
    assert!(asker.failures.is_empty(), "{} of {}:\n{}", asker.failures.len(), asker.asked, asker.failures.join("\n"));
    lunch.books_are_whole().await;
}

async fn one_operation(asker: &mut Asker, document: &Value, at: (&str, &str), operation: &Value, school: &str) {
    let (method, path) = at;
    let unknown = uuid::Uuid::new_v4().to_string();
    let known = |(part, _): &&(&str, String)| path.contains(part);
    let real = asker.known.iter().find(known).map_or(unknown, |(_, id)| id.clone());
    let target = filled(path, school, &real);
    let long = "9".repeat(3_000);
    for value in ["0", "null", "%00", "..%2F..", "9999-12-31", "1970-01-01", "-1", "%E4%BD%A0", &long] {
        asker.ask(method, &filled(path, school, value), "application/json", b"{}").await;
    }
    let queries: Vec<&str> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|p| p["in"] == "query")
        .filter_map(|p| p["name"].as_str())
        .collect();
    for name in queries {
        for value in [
            "",
            "%00",
            "-1",
            "18446744073709551615",
            "9223372036854775807",
            "1e9",
            "9999-12-31",
            "1970-01-01",
            "%F0%9F%8D%9A%25_%5C",
            "00000000-0000-0000-0000-000000000000",
            &long,
        ] {
            asker.ask(method, &format!("{target}?{name}={value}"), "application/json", b"{}").await;
        }
    }
    if !operation["requestBody"].is_object() {
        return;
    }
    let deep = "[".repeat(5_000);
    for body in [&b""[..], b"{", b"null", b"[]", b"\"\"", b"\xff\xfe", b"{\"a\":1}", b"{}{}", b"1e999", deep.as_bytes()]
    {
        for kind in ["application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x", ""] {
            asker.ask(method, &target, kind, body).await;
        }
    }
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let good = sample(document, schema, 0);
    let fields: Vec<String> = good.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    asker.ask(method, &target, "application/json", good.to_string().as_bytes()).await;
    for field in fields {
        for wrong in wrong_values() {
            let mut body = good.clone();
            body[&field] = wrong;
            asker.ask(method, &target, "application/json", body.to_string().as_bytes()).await;
        }
    }
}

#[tokio::test]
async fn an_expired_session_is_told_to_sign_in() {
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("1", "王小明", 1_000).await;
    let name = lunch.name();
    lunch.server.app.clock.set(lunch.server.app.now().plus_ms(40 * 86_400_000));
    let answer = lunch.put_sale(name, lunch.sale(json!({"person": person}), 100, json!({}))).await.expect(401);
    assert_eq!(answer.json["code"], "signed_out");
    // Nothing was booked under that name.
    lunch.at(0, 12, 1).await;
    lunch.admin.get(&lunch.path(&format!("purchases/{name}"))).await.expect(404);
}

#[tokio::test]
async fn no_text_holds_what_nobody_sees() {
    let lunch = Lunch::start().await;
    let body = json!({"name": "七年级\u{0}2班"});
    assert_eq!(crate::lunch::told(&lunch.admin.post(&lunch.path("classes"), body).await), (400, "malformed_body", ""));
    let found = lunch.admin.get(&lunch.path("people?q=%00")).await;
    assert_eq!(crate::lunch::told(&found), (400, "malformed_query", ""));
    let body = json!({"name": "七年级\u{200b}2班"});
    assert_eq!(crate::lunch::told(&lunch.admin.post(&lunch.path("classes"), body).await), (400, "malformed_body", ""));
    // The letters that mean it are letters.
    let body = json!({"name": "a\\u0000"});
    lunch.admin.post(&lunch.path("classes"), body).await.expect(201);
}

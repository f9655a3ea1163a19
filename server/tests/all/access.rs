//! Every operation of the OpenAPI document, asked by those who may not: a new route is covered as soon as it is listed.

use crate::cast::School;
use crate::testkit::{Client, Server};
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;
use yitong::guardians::Rights;
use yitong::signin::{Permission, roles::Role};
use yitong_values::{BindingId, PersonId};

/// Asked by somebody who is not signed in yet. An operation that is not here has a guard.
const PUBLIC: [(&str, &str); 16] = [
    ("get", "/api/v1/setup"),
    ("post", "/api/v1/setup"),
    ("post", "/api/v1/session"),
    // Answers well when nobody was signed in.
    ("delete", "/api/v1/session"),
    ("get", "/api/v1/openapi.json"),
    ("post", "/api/v1/guardian/signin/codes"),
    ("post", "/api/v1/guardian/session"),
    ("delete", "/api/v1/guardian/session"),
    // A payment channel has no session: its signature proves it (tests in payments.rs).
    ("post", "/api/v1/channels/{account}/notify"),
    // What the page of signing in offers: words of channels, nothing of anybody.
    ("get", "/api/v1/guardian/oauth"),
    // Of a channel that is not set up: absent, and otherwise a redirect (tests in guardians_oauth.rs).
    ("get", "/api/v1/guardian/oauth/{provider}/start"),
    ("get", "/api/v1/guardian/oauth/{provider}/done"),
    // A phone has no session: a ticket, its key or its cookie proves it (tests in phones.rs).
    ("post", "/api/v1/phones/enrol"),
    ("post", "/api/v1/phones/refresh"),
    ("delete", "/api/v1/phones/{device}"),
    // The office's code proves a new machine (tests in terminals.rs).
    ("post", "/api/v1/terminal/enrolment"),
];
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

#[derive(Debug)]
struct Operation {
    method: String,
    path: String,
    /// The permission words of its security requirement; none: any grant in the school is enough.
    needs: Vec<String>,
    /// For a guardian: the right for the child in the path.
    right: Option<String>,
    guarded: bool,
}

impl Operation {
    fn of_a_school(&self) -> bool {
        self.path.starts_with("/api/v1/schools/{school}")
    }

    fn of_a_guardian(&self) -> bool {
        self.path.starts_with("/api/v1/guardian/")
    }

    fn of_a_child(&self) -> bool {
        self.of_a_guardian() && self.path.contains("{binding}")
    }

    /// The school filled in, and a random id for everything else.
    fn at(&self, school: School) -> String {
        self.filled(&self.path.replace("{school}", &school.0.to_string()))
    }

    fn filled(&self, filled: &str) -> String {
        let parts = filled.split('/').map(|part| match part.strip_prefix('{') {
            Some(name) if name.starts_with("day") => "2026-11-24".to_owned(),
            Some(_) => Uuid::new_v4().to_string(),
            None => part.to_owned(),
        });
        parts.collect::<Vec<_>>().join("/")
    }

    async fn ask(&self, who: &Client, school: School) -> (u16, String) {
        self.ask_at(who, &self.at(school)).await
    }

    async fn ask_of(&self, who: &Client, binding: BindingId) -> (u16, String) {
        self.ask_at(who, &self.filled(&self.path.replace("{binding}", &binding.to_string()))).await
    }

    async fn ask_at(&self, who: &Client, path: &str) -> (u16, String) {
        let method = self.method.to_uppercase();
        let header = [("content-type", "application/json")];
        let answer = who.send(&method, path, &header, b"{}".to_vec()).await;
        (answer.status, answer.json["code"].as_str().unwrap_or_default().to_owned())
    }
}

async fn operations(server: &Server) -> Vec<Operation> {
    let document = server.visitor().get("/api/v1/openapi.json").await.expect(200).json;
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("the document has paths") {
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let security = operation["security"].as_array();
            let of = |scheme: &str| {
                let words = security.into_iter().flatten().filter_map(|need| need[scheme].as_array()).flatten();
                words.filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
            };
            found.push(Operation {
                method: method.into(),
                path: path.clone(),
                needs: of("session"),
                right: of("guardian").into_iter().next(),
                guarded: security.is_some(),
            });
        }
    }
    found
}

fn public(operation: &Operation) -> bool {
    PUBLIC.contains(&(operation.method.as_str(), operation.path.as_str()))
}

#[tokio::test]
async fn each_operation_names_its_guard() {
    let server = Server::start().await;
    let operations = operations(&server).await;
    assert!(operations.iter().filter(|o| o.of_a_school()).count() >= 14, "the document lists the operations");
    for operation in &operations {
        let named = |word: &String| Permission::from_word(word).is_some();
        assert!(operation.needs.iter().all(named), "an unknown permission word: {operation:?}");
        let says = operation.guarded || public(operation) || !operation.of_a_school();
        assert!(
            says,
            "an operation of a school names its permission: security((\"session\" = [\"…\"])): {operation:?}"
        );
        let right = operation.right.as_deref();
        let fits = right.map_or(!operation.of_a_child(), |right| ["see", "pay", "control"].contains(&right));
        assert!(
            fits && (right.is_none() || operation.of_a_child()),
            "an operation of a child names its right: security((\"guardian\" = [\"see\"])): {operation:?}"
        );
    }
}

#[tokio::test]
async fn without_a_session_nothing_is_answered() {
    let server = Server::start().await;
    let school = server.school("10001").await;
    for operation in operations(&server).await.iter().filter(|operation| !public(operation)) {
        let asked = operation.ask(&server.visitor(), school).await;
        assert_eq!(asked, (401, "signed_out".into()), "{operation:?}");
    }
}

#[tokio::test]
async fn a_user_of_another_school_sees_nothing() {
    let server = Server::start().await;
    let (here, there) = (server.school("10001").await, server.school("10002").await);
    let other = server.signed_in("other-admin", there, Role::SchoolAdmin).await;
    let operations = operations(&server).await;
    for operation in operations.iter().filter(|operation| operation.of_a_school()) {
        let asked = operation.ask(&other, here).await;
        assert_eq!(asked, (404, "not_found".into()), "{operation:?}");
        // A school that does not exist looks just the same.
        let nowhere = operation.ask(&other, School(Uuid::new_v4().into())).await;
        assert_eq!(asked, nowhere, "{operation:?}");
    }
}

#[tokio::test]
async fn a_role_without_the_permission_is_refused() {
    let server = Server::start().await;
    let school = server.school("10001").await;
    let mut clients = Vec::new();
    for role in Role::ALL.into_iter().filter(|role| *role != Role::OperatorAdmin) {
        clients.push((role, server.signed_in(&format!("u-{}", role.word()), school, role).await));
    }
    let mut refused = BTreeSet::new();
    for operation in operations(&server).await.iter().filter(|o| o.of_a_school() && !o.needs.is_empty()) {
        for (role, client) in &clients {
            let has =
                role.permissions().iter().any(|permission| operation.needs.iter().any(|w| w == permission.word()));
            if has {
                continue;
            }
            let asked = operation.ask(client, school).await;
            assert_eq!(asked, (403, "forbidden".into()), "{} asks {operation:?}", role.word());
            refused.extend(operation.needs.iter().cloned());
        }
    }
    assert!(refused.contains("users.manage") && refused.contains("school.edit"), "{refused:?}");
}

#[tokio::test]
async fn a_finance_role_gives_nothing_before_the_second_factor() {
    let server = Server::start().await;
    let school = server.school("10001").await;
    server.user("unenrolled", school, &[(Role::Finance, school.scope())]).await;
    let client = server.visitor();
    let ask = serde_json::json!({"username": "unenrolled", "password": crate::cast::PASSWORD});
    let session = client.post("/api/v1/session", ask).await.expect(200).json;
    assert_eq!(session["second_factor"], serde_json::json!({"enabled": false, "required": true, "satisfied": false}));
    assert_eq!(session["schools"][0]["permissions"], serde_json::json!([]));
    for operation in operations(&server).await.iter().filter(|o| o.of_a_school() && !o.needs.is_empty()) {
        assert_eq!(operation.ask(&client, school).await, (403, "forbidden".into()), "{operation:?}");
    }
}

#[tokio::test]
async fn another_guardians_child_looks_absent() {
    let server = Server::start().await;
    let school = server.school("10001").await;
    let person = PersonId::new(Uuid::new_v4());
    let (_, mother) = server.guardian("13800000001").await;
    let (stranger, _) = server.guardian("13800000002").await;
    let binding = server.bound(mother, school, person, Rights::ALL).await;
    let operations = operations(&server).await;
    for operation in operations.iter().filter(|operation| operation.of_a_child()) {
        let asked = operation.ask_of(&stranger, binding).await;
        assert_eq!(asked, (404, "not_found".into()), "{operation:?}");
        // A binding that does not exist looks just the same.
        assert_eq!(asked, operation.ask_of(&stranger, Uuid::new_v4().into()).await, "{operation:?}");
    }
}

#[tokio::test]
async fn a_guardian_without_the_right_is_refused() {
    let server = Server::start().await;
    let school = server.school("10001").await;
    let (client, guardian) = server.guardian("13800000001").await;
    let mut bindings = Vec::new();
    for (right, rights) in [
        ("see", Rights { see: false, ..Rights::ALL }),
        ("pay", Rights { pay: false, ..Rights::ALL }),
        ("control", Rights { control: false, ..Rights::ALL }),
    ] {
        bindings.push((right, server.bound(guardian, school, Uuid::new_v4().into(), rights).await));
    }
    let mut refused = BTreeSet::new();
    for operation in operations(&server).await.iter().filter(|operation| operation.of_a_child()) {
        let needed = operation.right.as_deref().expect("an operation of a child names its right");
        let (_, binding) = bindings.iter().find(|(right, _)| *right == needed).expect("one of the three");
        let asked = operation.ask_of(&client, *binding).await;
        assert_eq!(asked, (403, "right_missing".into()), "{operation:?}");
        refused.insert(needed.to_owned());
    }
    assert!(refused.contains("control"), "{refused:?}");
}

#[tokio::test]
async fn a_user_is_no_terminal() {
    let server = Server::start().await;
    let school = server.school("10001").await;
    let admin = server.signed_in("admin", school, Role::SchoolAdmin).await;
    let operations = operations(&server).await;
    let of_terminals = operations.iter().filter(|of| of.path.starts_with("/api/v1/terminal/") && !public(of));
    assert!(of_terminals.clone().count() >= 10, "the document lists what terminals ask");
    for operation in of_terminals {
        assert_eq!(operation.ask(&admin, school).await, (401, "signed_out".into()), "{operation:?}");
    }
}

#[tokio::test]
async fn a_guardian_is_no_user_and_a_user_no_guardian() {
    let server = Server::start().await;
    let school = server.school("10001").await;
    let (guardian, id) = server.guardian("13800000001").await;
    let binding = server.bound(id, school, Uuid::new_v4().into(), Rights::ALL).await;
    let admin = server.signed_in("admin", school, Role::SchoolAdmin).await;
    for operation in operations(&server).await.iter().filter(|operation| !public(operation)) {
        let asked = match operation.of_a_guardian() {
            true => operation.ask_of(&admin, binding).await,
            false => operation.ask(&guardian, school).await,
        };
        assert_eq!(asked, (401, "signed_out".into()), "{operation:?}");
    }
}

//! Who appears in a test: schools, and people of each role who are signed in.

use crate::testkit::{Client, LUNCH, Server};
use serde_json::json;
use uuid::Uuid;
use yitong::guardians::{self, Binding, BindingState, Consents, Relation, Rights};
use yitong::plumbing::db::Tx;
use yitong::schools::{NewSchool, create_school};
use yitong::signin::roles::Role;
use yitong::signin::{NewGrant, NewUser, Scope, create_user, enrol_totp, totp};
use yitong_values::{BindingId, GuardianId, PersonId, SchoolId, UserId};

pub const PASSWORD: &str = "correct horse battery";
pub const TOTP_SECRET: &[u8; 20] = b"12345678901234567890";

/// A school with its paths.
#[derive(Clone, Copy, Debug)]
pub struct School(pub SchoolId);

impl School {
    /// `S/<rest>` of the contract.
    pub fn path(&self, rest: &str) -> String {
        let slash = if rest.is_empty() { "" } else { "/" };
        format!("/api/v1/schools/{}{slash}{rest}", self.0)
    }

    pub fn scope(&self) -> Scope {
        Scope::School(self.0.uuid())
    }
}

impl Server {
    /// A school without anybody in it.
    pub async fn school(&self, number: &str) -> School {
        let id = SchoolId::new(self.app.new_id());
        let (name, short) = (format!("第{number}中学"), format!("{number}中"));
        let new = NewSchool { id, name, short, number: number.into() };
        let made = self.app.db.write("school", move |tx| create_school(tx, &new, LUNCH)).await;
        made.expect("a school is made");
        School(id)
    }

    /// A user with these roles, not signed in.
    pub async fn user(&self, username: &str, school: School, roles: &[(Role, Scope)]) -> UserId {
        let at = |scope: Scope| if scope.below_school() { school.0 } else { SchoolId::new(Uuid::nil()) };
        let grants = roles.iter().map(|(role, scope)| NewGrant::of(*role, *scope, at(*scope)));
        let new = NewUser {
            id: UserId::new(self.app.new_id()),
            username: username.into(),
            name: format!("测试{username}"),
            password: PASSWORD.into(),
            grants: grants.collect(),
        };
        create_user(&self.app, new).await.expect("a user is made")
    }

    /// A signed-in user with one role in the whole school; finance with its second factor.
    pub async fn signed_in(&self, username: &str, school: School, role: Role) -> Client {
        let user = self.user(username, school, &[(role, school.scope())]).await;
        let mut ask = json!({"username": username, "password": PASSWORD});
        if role.needs_second_factor() {
            enrol_totp(&self.app, user, TOTP_SECRET).await.expect("a second factor is set");
            ask["totp"] = totp::code_at(TOTP_SECRET, self.app.now()).expect("a code").into();
        }
        let client = self.visitor();
        client.post("/api/v1/session", ask).await.expect(200);
        client
    }

    /// A guardian with this phone, signed in.
    pub async fn guardian(&self, phone: &'static str) -> (Client, GuardianId) {
        let (id, now, seal) = (GuardianId::new(self.app.new_id()), self.app.now(), self.app.seal.clone());
        let token = format!("token of {phone} {id}").replace(' ', "-");
        let kept = token.clone();
        let write = move |tx: &mut Tx<'_>| {
            let guardian = guardians::put_guardian(tx, &seal, id, phone, now)?.id;
            guardians::open_session(tx, &kept, guardian, now)?;
            Ok(guardian)
        };
        let id = self.app.db.write("guardian", write).await.expect("a guardian is made");
        let client = self.visitor();
        client.set_cookie(guardians::COOKIE, &token);
        (client, id)
    }

    /// Ties a guardian to a person, with these rights and every consent.
    pub async fn bound(&self, guardian: GuardianId, school: School, person: PersonId, rights: Rights) -> BindingId {
        let (id, now) = (BindingId::new(self.app.new_id()), self.app.now());
        let binding = Binding {
            id,
            guardian,
            school: school.0,
            person: Some(person),
            state: BindingState::Active,
            relation: Relation::Mother,
            rights,
            locked: false,
            consents: Consents { meals: true, messages: true, photo: true },
            typed: None,
            answer: String::new(),
            asked_at: now,
            answered_at: Some(now),
        };
        let made = self.app.db.write("binding", move |tx| guardians::insert_binding(tx, &binding)).await;
        made.expect("a binding is made");
        id
    }
}

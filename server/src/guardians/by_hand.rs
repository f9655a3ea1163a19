//! What the demo does in the place of an office and of guardians, through the same doors.

use super::bind::{self, Answered, Said};
use super::binding::Relation;
use super::codes_store::{self, NewCode};
use super::consents::Purpose;
use super::guard::GuardianNote;
use super::office_codes_http::put_codes;
use super::signin_http::NewGuardian;
use super::{look_up, paper, store, tell};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::Problem;
use crate::plumbing::seal::Seal;
use std::collections::BTreeMap;
use yitong_values::{BindingId, PersonId, SchoolId, Timestamp, UserId};

/// A paper with a known code.
#[derive(Clone, Debug)]
pub struct Paper {
    pub school: SchoolId,
    pub person: PersonId,
    pub code: String,
    pub made_by: UserId,
    pub expires_at: Timestamp,
}

/// Papers, each child's at once: later ones take the place of earlier ones.
pub async fn put_papers(app: &App, papers: &[Paper]) -> Result<(), DbError> {
    let mut by_child: BTreeMap<PersonId, Vec<NewCode>> = BTreeMap::new();
    let now = app.now();
    for Paper { school, person, code, made_by, expires_at } in papers.iter().cloned() {
        let hash = paper::hash(&app.seal, &code);
        by_child.entry(person).or_default().push(NewCode { hash, school, person, made_by, made_at: now, expires_at });
    }
    let codes: Vec<NewCode> = by_child.into_values().flatten().collect();
    app.db.write("papers", move |tx| put_codes(tx, &codes, now)).await
}

/// Name and number of the child on a paper that nobody used.
pub fn child_on_paper(
    tx: &mut Tx<'_>,
    seal: &Seal,
    code: &str,
    now: Timestamp,
) -> Result<Option<(String, String)>, DbError> {
    let found = codes_store::find_code(tx, &paper::hash(seal, code))?;
    Ok(found.filter(|row| row.good(now)).map(|row| (row.name, row.number)))
}

/// Binds the guardian with this phone, who is called so, by a paper, with every consent.
pub async fn bind_by_paper(
    app: &App,
    (phone, called): (&str, &str),
    relation: Relation,
    code: &str,
) -> Result<BindingId, Problem> {
    let (now, seal, called) = (app.now(), app.seal.clone(), called.to_owned());
    let new = NewGuardian::of(app, phone.to_owned());
    let put = move |tx: &mut Tx<'_>| {
        let row = new.put(tx, &seal, now)?;
        store::update_guardian(tx, &store::GuardianRow { name: called.clone(), ..row.clone() })?;
        Ok(row)
    };
    let row = app.db.write("a guardian", put).await?;
    let school = SchoolId::new(uuid::Uuid::nil());
    let note = GuardianNote { id: app.new_id().into(), at: now, guardian: row.id, from: None, school };
    let who = tell::Who { note, phone_mask: row.phone_mask };
    let answers = Purpose::ALL.map(|purpose| Answered { id: app.new_id().into(), purpose, given: true });
    let said = Said { id: app.new_id().into(), relation, answers: answers.to_vec() };
    let ticket = look_up::ticket(&app.seal, row.id, &paper::hash(&app.seal, code), now);
    let (seal, ids, id) = (app.seal.clone(), tell::notice_ids(app), said.id);
    let write = move |tx: &mut Tx<'_>| bind::by_ticket(tx, &seal, &who, &ticket, &said, &ids);
    app.db.write("bind by paper", write).await??;
    Ok(id)
}

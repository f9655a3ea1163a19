//! How a binding begins and ends: by a paper code at once, by asking the school later; the first guardian of a child
//! gets every right.

use super::binding::{Binding, BindingState, Consents, Relation, Rights, Typed};
use super::child::typed_place;
use super::consents::{Purpose, text_of};
use super::consents_store::{NewConsent, insert_consent};
use super::look_up::open_ticket;
use super::{bindings_store as store, codes_store, office_store, refusal::Refusal, tell};
use crate::people;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::seal::Seal;
use crate::signin::audit::Subject;
use serde_json::json;
use yitong_values::{BindingId, ConsentId, DAY_MS, NoticeId, PersonId, SchoolId, Timestamp};

/// Bindings and questions to schools that one guardian may have open.
pub const OPEN_MAX: usize = 20;
/// Begun within a day, whatever became of them.
const DAY_MAX: i64 = 20;
/// Questions that wait for one school's answer.
const ASKS_MAX: usize = 5;

/// An answer to one question.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    pub id: ConsentId,
    pub purpose: Purpose,
    pub given: bool,
}

/// What a guardian says when binding, whichever way.
#[derive(Clone, Debug)]
pub struct Said {
    pub id: BindingId,
    pub relation: Relation,
    pub answers: Vec<Answered>,
}

impl Said {
    fn consents(&self) -> Consents {
        let mut consents = Consents::default();
        self.answers.iter().for_each(|answer| consents.set(answer.purpose, answer.given));
        consents
    }

    fn keep_answers(&self, tx: &mut Tx<'_>, binding: &Binding) -> Result<(), DbError> {
        self.answers.iter().try_for_each(|answer| {
            let new = NewConsent {
                id: answer.id,
                binding: self.id,
                guardian: binding.guardian,
                school: binding.school,
                purpose: answer.purpose.word(),
                version: text_of(answer.purpose).version,
                given: answer.given,
                at: binding.asked_at,
            };
            insert_consent(tx, &new)
        })
    }
}

/// Of the first guardian of a child, and of those who come later. A guardian who is locked out was there before, too.
pub fn first_rights(tx: &mut Tx<'_>, school: SchoolId, person: PersonId) -> Result<Rights, DbError> {
    let before = store::of_person(tx, school, person)?;
    Ok(if before.is_empty() { Rights::ALL } else { Rights::LATER })
}

/// By the ticket of a look-up. The same name with the same ticket and relation gets the first answer.
pub fn by_ticket(
    tx: &mut Tx<'_>,
    seal: &Seal,
    who: &tell::Who,
    ticket: &str,
    said: &Said,
    notices: &[NoticeId],
) -> Result<Result<(), Refusal>, DbError> {
    let now = who.note.at;
    let Some(code_hash) = open_ticket(seal, who.note.guardian, ticket, now) else {
        return Ok(Err(Refusal::TicketOver));
    };
    let Some(code) = codes_store::find_code(tx, &code_hash)? else { return Ok(Err(Refusal::NotFound)) };
    let (school, person) = (code.school, code.person);
    if let Some(known) = store::find_binding(tx, said.id)? {
        let same = known.guardian == who.note.guardian && known.school == school && known.person == Some(person);
        return Ok(if same && known.relation == said.relation { Ok(()) } else { Err(Refusal::NameTaken) });
    }
    if !code.good(now) || store::kept_out(tx, who.note.guardian, school, person)? {
        return Ok(Err(Refusal::NotFound));
    }
    if let Some(refusal) = full_or_bound(tx, who, school, Some(person))? {
        return Ok(Err(refusal));
    }
    if !codes_store::use_code(tx, &code_hash, who.note.guardian, now)? {
        return Ok(Err(Refusal::NotFound));
    }
    let binding = Binding {
        id: said.id,
        guardian: who.note.guardian,
        school,
        person: Some(person),
        state: BindingState::Active,
        relation: said.relation,
        rights: first_rights(tx, school, person)?,
        locked: false,
        consents: said.consents(),
        typed: None,
        answer: String::new(),
        asked_at: now,
        answered_at: Some(now),
    };
    tell::others_of(tx, &binding, &code.name, &who.phone_mask, notices, now)?;
    store::insert_binding(tx, &binding)?;
    said.keep_answers(tx, &binding)?;
    let after = json!({"person": person.to_string(), "relation": said.relation.word(), "by": "code"});
    let note = tell::noted(who, school);
    note.record(tx, "binding.make", Subject("binding", &said.id.to_string(), &code.name), json!(null), after)?;
    Ok(Ok(()))
}

/// By asking the school, which alone knows whether there is such a child.
pub fn ask_school(
    tx: &mut Tx<'_>,
    seal: &Seal,
    who: &tell::Who,
    school: SchoolId,
    typed: &Typed,
    said: &Said,
) -> Result<Result<(), Refusal>, DbError> {
    let now = who.note.at;
    if let Some(known) = store::find_binding(tx, said.id)? {
        let same = known.guardian == who.note.guardian && known.school == school && known.relation == said.relation;
        let before = super::child::typed(seal, &known);
        return Ok(if same && before == *typed { Ok(()) } else { Err(Refusal::NameTaken) });
    }
    if let Some(refusal) = full_or_bound(tx, who, school, None)? {
        return Ok(Err(refusal));
    }
    let text = serde_json::to_vec(typed).map_err(|why| DbError::Broken(format!("what was typed: {why}")))?;
    let binding = Binding {
        id: said.id,
        guardian: who.note.guardian,
        school,
        person: None,
        state: BindingState::Pending,
        relation: said.relation,
        rights: Rights::NONE,
        locked: false,
        consents: said.consents(),
        typed: Some(seal.seal(&typed_place(said.id), &text)),
        answer: String::new(),
        asked_at: now,
        answered_at: None,
    };
    store::insert_binding(tx, &binding)?;
    let id_hash = people::field_hash(seal, school, "id_number", &typed.number);
    office_store::set_meant(tx, said.id, school, typed, &id_hash)?;
    said.keep_answers(tx, &binding)?;
    tell::school_asked(tx, &binding, &who.phone_mask)?;
    let note = tell::noted(who, school);
    let after = json!({"relation": said.relation.word()});
    note.record(tx, "binding.ask", Subject("binding", &said.id.to_string(), ""), json!(null), after)?;
    Ok(Ok(()))
}

fn full_or_bound(
    tx: &mut Tx<'_>,
    who: &tell::Who,
    school: SchoolId,
    person: Option<PersonId>,
) -> Result<Option<Refusal>, DbError> {
    let own = store::of_guardian(tx, who.note.guardian)?;
    let active = |row: &store::ChildRow| row.binding.state == BindingState::Active && row.binding.school == school;
    if person.is_some() && own.iter().any(|row| active(row) && row.binding.person == person) {
        return Ok(Some(Refusal::AlreadyBound));
    }
    let pending = own.iter().filter(|row| row.binding.state == BindingState::Pending);
    let asks = pending.filter(|row| row.binding.school == school).count();
    // Those that were taken back count as well: a school is not to be kept busy.
    let today = store::asked_since(tx, who.note.guardian, who.note.at.plus_ms(-DAY_MS))?;
    Ok(match (own.len(), person) {
        (OPEN_MAX.., _) => Some(Refusal::TooMany),
        (_, None) if asks >= ASKS_MAX => Some(Refusal::AsksOpen),
        _ if today >= DAY_MAX => Some(Refusal::TooMany),
        _ => None,
    })
}

/// The guardian ends it. Nothing is said of one that the school locked: it stays, so that nobody comes back round it.
pub fn end_own(
    tx: &mut Tx<'_>,
    who: &tell::Who,
    binding: &Binding,
    answer: ConsentId,
    name: &str,
) -> Result<(), DbError> {
    let now: Timestamp = who.note.at;
    store::end(tx, binding.id, now)?;
    let new = NewConsent {
        id: answer,
        binding: binding.id,
        guardian: binding.guardian,
        school: binding.school,
        purpose: Purpose::Account.word(),
        version: text_of(Purpose::Account).version,
        given: false,
        at: now,
    };
    insert_consent(tx, &new)?;
    let note = tell::noted(who, binding.school);
    let before = json!({"state": binding.state.word()});
    note.record(tx, "binding.end", Subject("binding", &binding.id.to_string(), name), before, json!({}))
}

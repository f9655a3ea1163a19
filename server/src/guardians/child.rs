//! A child as its guardian sees it.

use super::binding::{Binding, BindingState, Rights, Typed};
use super::bindings_store::{self, ChildRow};
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::seal::Seal;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yitong_values::{BindingId, GuardianId};

/// A binding with what its guardian may know of the child. A pending or refused one holds what the guardian typed, so
/// that nobody learns from it whether there is such a child.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = GuardianChild)]
pub struct Child {
    pub binding: Uuid,
    /// active, pending, refused or locked (by the school)
    pub state: String,
    pub school: ChildSchool,
    pub person: Option<Uuid>,
    /// active, left or suspended: of the child in the school
    pub status: Option<String>,
    pub name: String,
    pub number_mask: String,
    pub class: Option<String>,
    /// father, mother, grandparent or other
    pub relation: String,
    pub rights: ChildRights,
    pub asked_at: String,
    /// What the school answered.
    pub answer: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = GuardianChildSchool)]
pub struct ChildSchool {
    pub id: Uuid,
    pub name: String,
    pub short: String,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct ChildRights {
    pub see: bool,
    pub pay: bool,
    pub control: bool,
}

impl From<Rights> for ChildRights {
    fn from(Rights { see, pay, control }: Rights) -> ChildRights {
        ChildRights { see, pay, control }
    }
}

/// The children of a guardian, in the order in which they were bound or asked for.
pub fn children(tx: &mut Tx<'_>, seal: &Seal, guardian: GuardianId) -> Result<Vec<Child>, DbError> {
    Ok(bindings_store::of_guardian(tx, guardian)?.into_iter().map(|row| wire(seal, row)).collect())
}

/// Where what a guardian typed is sealed for.
pub fn typed_place(id: BindingId) -> String {
    format!("binding.typed/{id}")
}

pub(super) fn typed(seal: &Seal, binding: &Binding) -> Typed {
    let opened = binding.typed.as_deref().and_then(|sealed| seal.open(&typed_place(binding.id), sealed).ok());
    opened.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
}

pub(super) fn wire(seal: &Seal, row: ChildRow) -> Child {
    let binding = row.binding;
    let state = match binding.state {
        BindingState::Active if binding.locked => "locked",
        state => state.word(),
    };
    let open = binding.open_child();
    let (name, number_mask) = match binding.state {
        BindingState::Active if open.is_some() => (row.name.unwrap_or_default(), mask(&row.number.unwrap_or_default())),
        // Who is locked out knows the child, and hears nothing more.
        BindingState::Active => (mask_name(&row.name.unwrap_or_default()), String::new()),
        _ => {
            let typed = typed(seal, &binding);
            (typed.name, mask(&typed.number))
        }
    };
    Child {
        binding: binding.id.uuid(),
        state: state.to_owned(),
        school: ChildSchool { id: binding.school.uuid(), name: row.school_name, short: row.school_short },
        person: open.map(|person| person.uuid()),
        status: row.status.filter(|_| open.is_some()),
        name,
        number_mask,
        class: row.class.filter(|_| open.is_some()),
        relation: binding.relation.word().to_owned(),
        rights: if open.is_some() { binding.rights.into() } else { Rights::NONE.into() },
        asked_at: binding.asked_at.to_string(),
        answer: Some(binding.answer).filter(|answer| !answer.is_empty()),
    }
}

/// Enough to see that it is the right one: 20****01.
pub(super) fn mask(number: &str) -> String {
    let signs: Vec<char> = number.chars().collect();
    let (head, tail) = match signs.len() {
        8.. => (2, 2),
        4.. => (1, 1),
        _ => (0, 0),
    };
    let hidden = signs.len() - head - tail;
    let (head, tail): (String, String) = (signs[..head].iter().collect(), signs[head + hidden..].iter().collect());
    format!("{head}{}{tail}", "*".repeat(hidden))
}

/// 张*: the family name, and as many signs as are hidden, three at the most.
pub(super) fn mask_name(name: &str) -> String {
    let mut signs = name.chars();
    match signs.next() {
        None => String::new(),
        Some(first) => format!("{first}{}", "*".repeat(signs.count().clamp(1, 3))),
    }
}

#[cfg(test)]
mod tests {
    use super::{mask, mask_name};

    #[test]
    fn what_is_shown_before_the_guardian_is_believed() {
        assert_eq!(["王小明", "李雷", "欧", "", "Ann Lee"].map(mask_name), ["王**", "李*", "欧*", "", "A***"]);
        let masked = ["20260101", "11010519491231002X", "2601", "12", ""].map(mask);
        assert_eq!(masked, ["20****01", "11**************2X", "2**1", "**", ""]);
    }
}

//! Personal fields: sealed for their place, found by a keyed hash, shown masked in one style everywhere.

use super::store::Secret;
use crate::plumbing::seal::Seal;
use yitong_values::{PersonId, SchoolId};

/// The place of a field: a sealed value that is moved to another row can't be opened.
pub fn place(school: SchoolId, person: PersonId, field: &str) -> String {
    format!("person.{field}/{school}/{person}")
}

/// The hash is bound to the school, so that equal numbers in two schools can't be matched.
pub fn hash(seal: &Seal, school: SchoolId, field: &str, plain: &str) -> Vec<u8> {
    seal.search_hash(&format!("person.{field}/{school}"), plain)
}

pub fn seal_field(seal: &Seal, school: SchoolId, person: PersonId, field: &str, plain: &str) -> Secret {
    Secret {
        sealed: seal.seal(&place(school, person, field), plain.as_bytes()),
        hash: hash(seal, school, field, plain),
        mask: mask(field, plain),
    }
}

/// 110105********002X, 138****8000: the ends that a person knows their own by.
fn mask(field: &str, plain: &str) -> String {
    let signs: Vec<char> = plain.chars().collect();
    let (head, tail) = match (field, signs.len()) {
        ("id_number", 18) => (6, 4),
        (_, 11) => (3, 4),
        (_, n) if n > 4 => (1, 2),
        _ => (0, 0),
    };
    let hidden = signs.len() - head - tail;
    let stars = "*".repeat(hidden);
    signs[..head].iter().chain(stars.chars().collect::<Vec<_>>().iter()).chain(&signs[head + hidden..]).collect()
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn one_style_of_masks() {
        assert_eq!(mask("id_number", "11010519491231002X"), "110105********002X");
        assert_eq!(mask("phone", "13800138000"), "138****8000");
        assert_eq!(mask("phone", "0591123"), "0****23");
        assert_eq!(mask("id_number", "AB1"), "***");
    }
}

//! Rows of classes, people and photos.

use super::import::plan::Known;
use crate::plumbing::changes::{self, Lists};
use crate::plumbing::db::{DbError, Row, Tx, Value};
use sha2::{Digest, Sha256};
use yitong_values::{ClassId, PersonId, SchoolId};

crate::sql! {
    CLASSES = "SELECT c.id, c.name, c.class_key, c.grade, c.year_of_entry, c.teacher, \
               (SELECT CAST(COUNT(*) AS BIGINT) FROM person p WHERE p.school_id = c.school_id AND p.class_id = c.id \
               AND p.kind = 'student' AND p.status = 'active') FROM class c WHERE c.school_id = $1 ORDER BY c.name";
    PUT_CLASS = "INSERT INTO class (school_id, id, name, class_key, grade, year_of_entry, teacher) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (school_id, id) DO UPDATE SET name = excluded.name, \
                 class_key = excluded.class_key, grade = excluded.grade, year_of_entry = excluded.year_of_entry, \
                 teacher = excluded.teacher";
    CLASS_BY_KEY = "SELECT id FROM class WHERE school_id = $1 AND class_key = $2";
    PEOPLE = "SELECT p.id, p.kind, p.number, p.name, p.class_id, c.name, p.status, p.gender, p.id_mask, p.phone_mask, \
              p.has_photo, p.allergens, p.joined_on, p.left_on FROM person p \
              LEFT JOIN class c ON c.school_id = p.school_id AND c.id = p.class_id \
              WHERE p.school_id = $1 AND p.number > $2 AND (p.class_id = $3 OR $3 IS NULL) \
              AND (p.kind = $4 OR $4 IS NULL) AND (p.status = $5 OR $5 IS NULL) \
              AND ($6 = '' OR p.name LIKE $6 ESCAPE '\\' OR p.number LIKE $6 ESCAPE '\\' OR p.id_hash = $7 \
              OR p.phone_hash = $8) ORDER BY p.number LIMIT $9";
    FIND_PERSON = "SELECT p.id, p.kind, p.number, p.name, p.class_id, c.name, p.status, p.gender, p.id_mask, p.phone_mask, \
                   p.has_photo, p.allergens, p.joined_on, p.left_on FROM person p \
                   LEFT JOIN class c ON c.school_id = p.school_id AND c.id = p.class_id \
                   WHERE p.school_id = $1 AND p.id = $2";
    ID_BY_NUMBER = "SELECT id, status FROM person WHERE school_id = $1 AND number = $2";
    KNOWN = "SELECT p.id, p.kind, p.number, p.name, c.name, p.gender, p.status, p.id_hash, p.phone_hash, p.joined_on \
             FROM person p LEFT JOIN class c ON c.school_id = p.school_id AND c.id = p.class_id WHERE p.school_id = $1";
    KNOWN_ONE = "SELECT p.id, p.kind, p.number, p.name, c.name, p.gender, p.status, p.id_hash, p.phone_hash, p.joined_on \
                 FROM person p LEFT JOIN class c ON c.school_id = p.school_id AND c.id = p.class_id \
                 WHERE p.school_id = $1 AND (p.number = $2 OR p.id_hash = $3)";
    PUT_PERSON = "INSERT INTO person (school_id, id, kind, number, name, class_id, status, gender, id_sealed, id_hash, \
                  id_mask, phone_sealed, phone_hash, phone_mask, allergens, joined_on, left_on) \
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
                  ON CONFLICT (school_id, id) DO UPDATE SET number = excluded.number, name = excluded.name, \
                  class_id = excluded.class_id, status = excluded.status, gender = excluded.gender, \
                  id_sealed = COALESCE(excluded.id_sealed, person.id_sealed), \
                  id_hash = COALESCE(excluded.id_hash, person.id_hash), id_mask = COALESCE(excluded.id_mask, person.id_mask), \
                  phone_sealed = COALESCE(excluded.phone_sealed, person.phone_sealed), \
                  phone_hash = COALESCE(excluded.phone_hash, person.phone_hash), \
                  phone_mask = COALESCE(excluded.phone_mask, person.phone_mask), allergens = excluded.allergens, \
                  joined_on = COALESCE(excluded.joined_on, person.joined_on), left_on = excluded.left_on";
    SEARCH_ACTIVE = "SELECT p.id, p.kind, p.number, p.name, p.class_id, c.name, p.status, p.gender, NULL, NULL, \
                     p.has_photo, p.allergens, p.joined_on, p.left_on FROM person p \
                     LEFT JOIN class c ON c.school_id = p.school_id AND c.id = p.class_id \
                     WHERE p.school_id = $1 AND p.status = 'active' AND (p.name LIKE $2 ESCAPE '\\' \
                     OR p.number LIKE $2 ESCAPE '\\') ORDER BY p.number LIMIT $3";
    PUPILS_OF = "SELECT p.id, p.kind, p.number, p.name, p.class_id, c.name, p.status, p.gender, NULL, NULL, \
                 p.has_photo, p.allergens, p.joined_on, p.left_on FROM person p \
                 LEFT JOIN class c ON c.school_id = p.school_id AND c.id = p.class_id \
                 WHERE p.school_id = $1 AND p.class_id = $2 AND p.kind = 'student' AND p.status = 'active' \
                 ORDER BY p.number";
    FORGET_ID_NUMBER = "UPDATE person SET id_sealed = NULL, id_hash = NULL, id_mask = NULL \
                        WHERE school_id = $1 AND id = $2";
    FORGET_PHONE = "UPDATE person SET phone_sealed = NULL, phone_hash = NULL, phone_mask = NULL \
                    WHERE school_id = $1 AND id = $2";
    SEALED = "SELECT id_sealed, phone_sealed FROM person WHERE school_id = $1 AND id = $2";
    NUMBER_TAKEN = "SELECT id FROM person WHERE school_id = $1 AND number = $2";
    ID_TAKEN = "SELECT id, number FROM person WHERE school_id = $1 AND id_hash = $2";
    PUT_PHOTO = "INSERT INTO photo (school_id, person_id, kind, bytes) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (school_id, person_id) DO UPDATE SET kind = excluded.kind, bytes = excluded.bytes";
    OF_CLASS = "SELECT id FROM person WHERE school_id = $1 AND class_id = $2";
    FIND_PHOTO = "SELECT kind, bytes FROM photo WHERE school_id = $1 AND person_id = $2";
    DELETE_PHOTO = "DELETE FROM photo WHERE school_id = $1 AND person_id = $2";
    MARK_PHOTO = "UPDATE person SET has_photo = $3, photo_hash = $4 WHERE school_id = $1 AND id = $2";
    COUNT_PEOPLE = "SELECT kind, CAST(COUNT(*) AS BIGINT) FROM person WHERE school_id = $1 AND status = 'active' GROUP BY kind";
}

#[derive(Clone, Debug)]
pub struct ClassRow {
    pub id: ClassId,
    pub name: String,
    pub key: String,
    pub grade: String,
    pub year_of_entry: Option<i64>,
    pub teacher: String,
    pub students: i64,
}

pub fn classes(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<ClassRow>, DbError> {
    let class = |row: &Row| {
        Ok(ClassRow {
            id: row.id(0)?.into(),
            name: row.text(1)?,
            key: row.text(2)?,
            grade: row.text(3)?,
            year_of_entry: row.opt_int(4)?,
            teacher: row.text(5)?,
            students: row.int(6)?,
        })
    };
    tx.query(&CLASSES, &[school.into()])?.iter().map(class).collect()
}

pub fn put_class(tx: &mut Tx<'_>, school: SchoolId, class: &ClassRow) -> Result<(), DbError> {
    let params = [
        school.into(),
        class.id.into(),
        class.name.as_str().into(),
        class.key.as_str().into(),
        class.grade.as_str().into(),
        class.year_of_entry.into(),
        class.teacher.as_str().into(),
    ];
    tx.execute(&PUT_CLASS, &params)?;
    // Its pupils carry its name.
    let pupils = tx.query(&OF_CLASS, &[school.into(), class.id.into()])?;
    let pupils = pupils.iter().map(|row| row.id(0).map(PersonId::new)).collect::<Result<Vec<_>, _>>()?;
    changes::record(tx, school, pupils, Lists::Same)
}

pub fn class_by_key(tx: &mut Tx<'_>, school: SchoolId, key: &str) -> Result<Option<ClassId>, DbError> {
    tx.opt(&CLASS_BY_KEY, &[school.into(), key.into()])?.map(|row| row.id(0).map(ClassId::new)).transpose()
}

/// A person as pages show one: personal fields masked.
#[derive(Clone, Debug)]
pub struct PersonRow {
    pub id: PersonId,
    pub kind: String,
    pub number: String,
    pub name: String,
    pub class: Option<(ClassId, String)>,
    pub status: String,
    pub gender: Option<String>,
    pub id_mask: Option<String>,
    pub phone_mask: Option<String>,
    pub has_photo: bool,
    pub allergens: Vec<String>,
    pub joined_on: Option<i64>,
    pub left_on: Option<i64>,
}

pub fn allergens_of(text: &str) -> Vec<String> {
    text.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn person(row: &Row) -> Result<PersonRow, DbError> {
    let class = match (row.opt_id(4)?, row.opt_text(5)?) {
        (Some(id), Some(name)) => Some((ClassId::new(id), name)),
        _ => None,
    };
    Ok(PersonRow {
        id: row.id(0)?.into(),
        kind: row.text(1)?,
        number: row.text(2)?,
        name: row.text(3)?,
        class,
        status: row.text(6)?,
        gender: row.opt_text(7)?,
        id_mask: row.opt_text(8)?,
        phone_mask: row.opt_text(9)?,
        has_photo: row.flag(10)?,
        allergens: allergens_of(&row.text(11)?),
        joined_on: row.opt_int(12)?,
        left_on: row.opt_int(13)?,
    })
}

/// Which people of a list. The hashes are those of the whole search text.
#[derive(Clone, Debug, Default)]
pub struct PeopleFilter {
    pub like: String,
    pub id_hash: Vec<u8>,
    pub phone_hash: Vec<u8>,
    pub class: Option<ClassId>,
    pub kind: Option<String>,
    pub status: Option<String>,
    pub after: String,
    pub limit: i64,
}

pub fn people(tx: &mut Tx<'_>, school: SchoolId, filter: &PeopleFilter) -> Result<Vec<PersonRow>, DbError> {
    let params = [
        school.into(),
        filter.after.as_str().into(),
        filter.class.into(),
        filter.kind.clone().into(),
        filter.status.clone().into(),
        filter.like.as_str().into(),
        filter.id_hash.clone().into(),
        filter.phone_hash.clone().into(),
        filter.limit.into(),
    ];
    tx.query(&PEOPLE, &params)?.iter().map(person).collect()
}

pub fn find_person(tx: &mut Tx<'_>, school: SchoolId, id: PersonId) -> Result<Option<PersonRow>, DbError> {
    tx.opt(&FIND_PERSON, &[school.into(), id.into()])?.map(|row| person(&row)).transpose()
}

/// Who has this number, and whether the person is active.
pub fn person_by_number(tx: &mut Tx<'_>, school: SchoolId, number: &str) -> Result<Option<(PersonId, bool)>, DbError> {
    let read = |row: Row| Ok((row.id(0)?.into(), row.text(1)? == "active"));
    tx.opt(&ID_BY_NUMBER, &[school.into(), number.into()])?.map(read).transpose()
}

/// For a counter: active people by a part of name or number, without their personal fields.
pub fn search_active(tx: &mut Tx<'_>, school: SchoolId, q: &str, limit: i64) -> Result<Vec<PersonRow>, DbError> {
    let pattern = crate::plumbing::http::like(Some(q));
    tx.query(&SEARCH_ACTIVE, &[school.into(), pattern.into(), limit.into()])?.iter().map(person).collect()
}

/// The active pupils of a class, without their personal fields.
pub fn pupils_of(tx: &mut Tx<'_>, school: SchoolId, class: ClassId) -> Result<Vec<PersonRow>, DbError> {
    tx.query(&PUPILS_OF, &[school.into(), class.into()])?.iter().map(person).collect()
}

/// Who has the ID number of this hash.
pub fn person_by_id_hash(tx: &mut Tx<'_>, school: SchoolId, hash: &[u8]) -> Result<Option<PersonId>, DbError> {
    Ok(id_taken(tx, school, hash)?.map(|(id, _)| id))
}

fn known(row: &Row) -> Result<Known, DbError> {
    Ok(Known {
        id: row.id(0)?.into(),
        kind: row.text(1)?,
        number: row.text(2)?,
        name: row.text(3)?,
        class: row.opt_text(4)?,
        gender: row.opt_text(5)?,
        left: row.text(6)? == "left",
        id_hash: row.opt_blob(7)?,
        phone_hash: row.opt_blob(8)?,
        joined_on: row.opt_int(9)?,
    })
}

/// The whole roster, for a plan.
pub fn roster(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<Known>, DbError> {
    tx.query(&KNOWN, &[school.into()])?.iter().map(known).collect()
}

/// The part of the roster that one row touches.
pub fn roster_of(
    tx: &mut Tx<'_>,
    school: SchoolId,
    number: &str,
    id_hash: Option<Vec<u8>>,
) -> Result<Vec<Known>, DbError> {
    tx.query(&KNOWN_ONE, &[school.into(), number.into(), id_hash.into()])?.iter().map(known).collect()
}

/// A personal field as it is kept: sealed, its keyed hash, and what pages show.
#[derive(Clone, Debug)]
pub struct Secret {
    pub sealed: Vec<u8>,
    pub hash: Vec<u8>,
    pub mask: String,
}

#[derive(Clone, Debug)]
pub struct PutPerson {
    pub id: PersonId,
    pub kind: String,
    pub number: String,
    pub name: String,
    pub class: Option<ClassId>,
    pub status: String,
    pub gender: Option<String>,
    /// `None` leaves what is there.
    pub id_number: Option<Secret>,
    pub phone: Option<Secret>,
    pub allergens: Vec<String>,
    pub joined_on: Option<i64>,
    pub left_on: Option<i64>,
}

pub fn put_person(tx: &mut Tx<'_>, school: SchoolId, person: &PutPerson) -> Result<(), DbError> {
    let secret = |secret: &Option<Secret>| -> [Value; 3] {
        let of = secret.as_ref();
        let (sealed, hash) = (of.map(|s| s.sealed.clone()), of.map(|s| s.hash.clone()));
        [sealed.into(), hash.into(), of.map(|s| s.mask.clone()).into()]
    };
    let mut params = vec![
        school.into(),
        person.id.into(),
        person.kind.as_str().into(),
        person.number.as_str().into(),
        person.name.as_str().into(),
        person.class.into(),
        person.status.as_str().into(),
        person.gender.clone().into(),
    ];
    params.extend(secret(&person.id_number));
    params.extend(secret(&person.phone));
    params.extend([person.allergens.join(",").into(), person.joined_on.into(), person.left_on.into()]);
    tx.execute(&PUT_PERSON, &params)?;
    // Whoever left is on the list of those who are stopped.
    changes::record(tx, school, [person.id], Lists::Changed)
}

pub fn forget_id_number(tx: &mut Tx<'_>, school: SchoolId, id: PersonId) -> Result<(), DbError> {
    tx.execute(&FORGET_ID_NUMBER, &[school.into(), id.into()]).map(|_| ())
}

pub fn forget_phone(tx: &mut Tx<'_>, school: SchoolId, id: PersonId) -> Result<(), DbError> {
    tx.execute(&FORGET_PHONE, &[school.into(), id.into()]).map(|_| ())
}

/// The ID number and the phone as they are kept.
pub type SealedFields = (Option<Vec<u8>>, Option<Vec<u8>>);

pub fn sealed_fields(tx: &mut Tx<'_>, school: SchoolId, id: PersonId) -> Result<Option<SealedFields>, DbError> {
    tx.opt(&SEALED, &[school.into(), id.into()])?.map(|row| Ok((row.opt_blob(0)?, row.opt_blob(1)?))).transpose()
}

pub fn number_taken(tx: &mut Tx<'_>, school: SchoolId, number: &str) -> Result<Option<PersonId>, DbError> {
    tx.opt(&NUMBER_TAKEN, &[school.into(), number.into()])?.map(|row| row.id(0).map(PersonId::new)).transpose()
}

pub fn id_taken(tx: &mut Tx<'_>, school: SchoolId, hash: &[u8]) -> Result<Option<(PersonId, String)>, DbError> {
    let found = tx.opt(&ID_TAKEN, &[school.into(), hash.into()])?;
    found.map(|row| Ok((row.id(0)?.into(), row.text(1)?))).transpose()
}

pub fn put_photo(tx: &mut Tx<'_>, school: SchoolId, id: PersonId, kind: &str, bytes: &[u8]) -> Result<(), DbError> {
    let hash = hex::encode(&Sha256::digest(bytes)[..8]);
    tx.execute(&PUT_PHOTO, &[school.into(), id.into(), kind.into(), bytes.into()])?;
    tx.execute(&MARK_PHOTO, &[school.into(), id.into(), true.into(), hash.into()])?;
    changes::record(tx, school, [id], Lists::Same)
}

pub fn find_photo(tx: &mut Tx<'_>, school: SchoolId, id: PersonId) -> Result<Option<(String, Vec<u8>)>, DbError> {
    tx.opt(&FIND_PHOTO, &[school.into(), id.into()])?.map(|row| Ok((row.text(0)?, row.blob(1)?))).transpose()
}

pub fn delete_photo(tx: &mut Tx<'_>, school: SchoolId, id: PersonId) -> Result<(), DbError> {
    tx.execute(&DELETE_PHOTO, &[school.into(), id.into()])?;
    tx.execute(&MARK_PHOTO, &[school.into(), id.into(), false.into(), "".into()])?;
    changes::record(tx, school, [id], Lists::Same)
}

/// Active people by kind.
pub fn count_people(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<(String, i64)>, DbError> {
    tx.query(&COUNT_PEOPLE, &[school.into()])?.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
}

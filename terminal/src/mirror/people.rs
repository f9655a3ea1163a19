//! People in the mirror: pages of changes in, one person or a short list out.

use super::{Mirror, MirrorError, names, place, sealed_row, sqlite};
use rusqlite::{OptionalExtension as _, params};
use uuid::Uuid;
use yitong_sync::wire::people::{PeoplePage, Person};
use yitong_values::{ClassId, PersonId};

pub const ROSTER_MAX: usize = 200;
const PHOTOS_MAX: i64 = 2_000;
const CLASSES_MAX: i64 = 300;

const CURSOR: &str = "people cursor";
/// Rises with each whole list: whoever was in none of its pages is gone.
const ROUND: &str = "people round";
/// 1 while a whole list comes in.
const WHOLE: &str = "people whole";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Applied {
    pub next: i64,
    pub more: bool,
}

impl Mirror {
    pub fn people_cursor(&self) -> Result<i64, MirrorError> {
        self.number(CURSOR)
    }

    pub fn people_count(&self) -> Result<i64, MirrorError> {
        self.db.query_row("SELECT count(*) FROM person", [], |row| row.get(0)).map_err(sqlite)
    }

    /// One page, as a whole or not at all, with the cursor to go on from.
    pub fn apply(&mut self, page: &PeoplePage, since: i64) -> Result<Applied, MirrorError> {
        let (applied, swept) = self.whole_or_nothing(|| self.apply_inside(page, since))?;
        for person in &page.items {
            self.names.put(person.id.uuid(), names::text_of(person));
        }
        page.gone.iter().map(|id| id.uuid()).chain(swept).for_each(|id| self.names.remove(id));
        Ok(applied)
    }

    /// What follows, and whom the end of a whole list left behind.
    fn apply_inside(&self, page: &PeoplePage, since: i64) -> Result<(Applied, Vec<Uuid>), MirrorError> {
        let running = self.number(WHOLE)? == 1;
        // A whole list that begins again from the start has to see everybody again.
        let begins = page.whole && (!running || since == 0);
        let round = self.number(ROUND)? + i64::from(begins);
        if begins {
            self.keep_number(ROUND, round)?;
        }
        let whole = page.whole || running;
        for person in &page.items {
            self.put(person, round, whole)?;
        }
        for person in &page.gone {
            self.forget(person.uuid())?;
        }
        let swept = if whole && !page.more { self.sweep(round)? } else { Vec::new() };
        self.keep_number(WHOLE, i64::from(whole && page.more))?;
        self.keep_number(CURSOR, page.next)?;
        Ok((Applied { next: page.next, more: page.more }, swept))
    }

    fn put(&self, person: &Person, round: i64, whole: bool) -> Result<(), MirrorError> {
        let id = person.id.uuid();
        let body = serde_json::to_vec(person).expect("a person is plain JSON");
        let sql = "INSERT INTO person (id, account, class, body) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT DO UPDATE SET account = excluded.account, class = excluded.class, body = excluded.body";
        let class = person.class.map(|class| class.uuid().as_bytes().to_vec());
        let body = self.sealer.seal(&place("person", id), &body);
        let mut put = self.db.prepare_cached(sql).map_err(sqlite)?;
        put.execute(params![id.as_bytes(), person.account, class, body]).map_err(sqlite)?;
        self.put_cards(person)?;
        let text = names::text_of(person);
        // Who bought something has the same name as before.
        if !whole && self.names.holds(id, &text) {
            return Ok(());
        }
        let sql = "INSERT INTO name (id, round, sealed) VALUES (?1, ?2, ?3)
                   ON CONFLICT DO UPDATE SET round = excluded.round, sealed = excluded.sealed";
        let sealed = self.sealer.seal(&place("found by", id), text.as_bytes());
        let mut put = self.db.prepare_cached(sql).map_err(sqlite)?;
        put.execute(params![id.as_bytes(), round, sealed]).map_err(sqlite)?;
        Ok(())
    }

    fn forget(&self, id: Uuid) -> Result<(), MirrorError> {
        for sql in [
            "DELETE FROM person WHERE id = ?1",
            "DELETE FROM name WHERE id = ?1",
            "DELETE FROM card WHERE person = ?1",
            "DELETE FROM photo WHERE person = ?1",
        ] {
            self.db.prepare_cached(sql).map_err(sqlite)?.execute([id.as_bytes()]).map_err(sqlite)?;
        }
        Ok(())
    }

    /// Whoever was in no page of the round is gone. The names are a small table: looking through it takes no time.
    fn sweep(&self, round: i64) -> Result<Vec<Uuid>, MirrorError> {
        let mut old = self.db.prepare_cached("SELECT id FROM name WHERE round < ?1").map_err(sqlite)?;
        let rows = old.query_map([round], |row| row.get(0).map(Uuid::from_bytes)).map_err(sqlite)?;
        let swept = rows.collect::<rusqlite::Result<Vec<_>>>().map_err(sqlite)?;
        swept.iter().try_for_each(|id| self.forget(*id))?;
        Ok(swept)
    }

    pub fn by_account(&self, account: u32) -> Result<Option<Person>, MirrorError> {
        let sql = "SELECT id, body FROM person WHERE account = ?1";
        let mut found = self.db.prepare_cached(sql).map_err(sqlite)?;
        let row = found.query_row([account], sealed_row).optional().map_err(sqlite)?;
        Ok(row.and_then(|(id, body)| self.read(id, &body)))
    }

    pub fn person(&self, person: PersonId) -> Result<Option<Person>, MirrorError> {
        let mut found = self.db.prepare_cached("SELECT id, body FROM person WHERE id = ?1").map_err(sqlite)?;
        let row = found.query_row([person.uuid().as_bytes()], sealed_row).optional().map_err(sqlite)?;
        Ok(row.and_then(|(id, body)| self.read(id, &body)))
    }

    pub fn of_class(&self, class: ClassId) -> Result<Vec<Person>, MirrorError> {
        let sql = "SELECT id, body FROM person WHERE class = ?1 LIMIT ?2";
        let mut all = self.db.prepare_cached(sql).map_err(sqlite)?;
        let rows = all.query_map(params![class.uuid().as_bytes(), ROSTER_MAX as i64], sealed_row).map_err(sqlite)?;
        let rows = rows.collect::<rusqlite::Result<Vec<_>>>().map_err(sqlite)?;
        let mut people: Vec<_> = rows.into_iter().filter_map(|(id, body)| self.read(id, &body)).collect();
        people.sort_by(|a, b| (&a.number, &a.name).cmp(&(&b.number, &b.name)));
        Ok(people)
    }

    /// Classes that have people here, in the order of their names.
    pub fn classes(&self) -> Result<Vec<(Uuid, String)>, MirrorError> {
        let sql = "SELECT id, body FROM person WHERE id IN (SELECT min(id) FROM person WHERE class IS NOT NULL
                   GROUP BY class LIMIT ?1)";
        let mut all = self.db.prepare_cached(sql).map_err(sqlite)?;
        let rows = all.query_map([CLASSES_MAX], sealed_row).map_err(sqlite)?;
        let rows = rows.collect::<rusqlite::Result<Vec<_>>>().map_err(sqlite)?;
        let people = rows.into_iter().filter_map(|(id, body)| self.read(id, &body));
        let mut classes: Vec<(Uuid, String)> =
            people.filter_map(|person| Some((person.class?.into(), person.class_name?))).collect();
        classes.sort_by(|a, b| a.1.cmp(&b.1));
        Ok(classes)
    }

    fn read(&self, id: Uuid, body: &[u8]) -> Option<Person> {
        serde_json::from_slice(&self.sealer.open(&place("person", id), body)?).ok()
    }

    /// A photo of this version, if it is here. `now` keeps those that are looked at.
    pub fn photo(&self, person: PersonId, hash: &str, now: i64) -> Result<Option<Vec<u8>>, MirrorError> {
        let sql = "UPDATE photo SET used = ?3 WHERE person = ?1 AND hash = ?2 RETURNING body";
        let mut found = self.db.prepare_cached(sql).map_err(sqlite)?;
        let id = person.uuid();
        let body: Option<Vec<u8>> =
            found.query_row(params![id.as_bytes(), hash, now], |row| row.get(0)).optional().map_err(sqlite)?;
        Ok(body.and_then(|sealed| self.sealer.open(&place("photo", id), &sealed)))
    }

    pub fn keep_photo(&self, person: PersonId, hash: &str, bytes: &[u8], now: i64) -> Result<(), MirrorError> {
        let id = person.uuid();
        let sql = "INSERT INTO photo (person, hash, body, used) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT DO UPDATE SET hash = excluded.hash, body = excluded.body, used = excluded.used";
        let sealed = self.sealer.seal(&place("photo", id), bytes);
        self.db.execute(sql, params![id.as_bytes(), hash, sealed, now]).map_err(sqlite)?;
        let old = "DELETE FROM photo WHERE person IN (SELECT person FROM photo ORDER BY used DESC LIMIT -1 OFFSET ?1)";
        self.db.execute(old, [PHOTOS_MAX]).map_err(sqlite)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Mirror, Sealer};
    use super::*;
    use yitong_sync::wire::setup::LimitsWire;
    use yitong_values::{Cents, Timestamp};

    fn person(n: u32, name: &str) -> Person {
        Person {
            id: Uuid::from_u128(u128::from(n)).into(),
            account: n,
            name: name.into(),
            number: format!("2026{n:04}"),
            class: Some(Uuid::from_u128(u128::from(n % 3)).into()),
            class_name: Some("三年级1班".into()),
            kind: "student".into(),
            state: "active".into(),
            frozen: false,
            wallets: vec![(0, 5_000)],
            arrears: Cents::ZERO,
            counters: String::new(),
            limits: LimitsWire::default(),
            no_buy: vec![],
            allergens: vec![],
            cards: vec![],
            guardian: Default::default(),
            photo: None,
            as_of: Timestamp::from_ms(1),
        }
    }

    fn page(whole: bool, people: &[(u32, &str)], gone: &[u32], next: i64, more: bool) -> PeoplePage {
        let items = people.iter().map(|(n, name)| person(*n, name)).collect();
        let gone = gone.iter().map(|n| Uuid::from_u128(u128::from(*n)).into()).collect();
        PeoplePage { whole, items, gone, next, more }
    }

    fn mirror(folder: &tempfile::TempDir) -> Mirror {
        Mirror::open(&folder.path().join("mirror.db"), Sealer::new(&[7; 32])).expect("a mirror")
    }

    fn names(mirror: &Mirror) -> Vec<String> {
        (0..20).filter_map(|n| mirror.by_account(n).expect("read")).map(|person| person.name).collect()
    }

    #[test]
    fn changes_come_and_people_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut mirror = mirror(&folder);
        mirror.apply(&page(true, &[(1, "甲"), (2, "乙")], &[], 10, true), 0).expect("applied");
        mirror.apply(&page(true, &[(3, "丙")], &[], 20, false), 10).expect("applied");
        assert_eq!(names(&mirror), ["甲", "乙", "丙"]);
        mirror.apply(&page(false, &[(2, "乙乙")], &[1], 30, false), 20).expect("applied");
        assert_eq!((names(&mirror), mirror.people_cursor().expect("kept")), (vec!["乙乙".into(), "丙".into()], 30));
        mirror.apply(&page(true, &[(3, "丙"), (4, "丁")], &[], 40, true), 0).expect("applied");
        assert_eq!(names(&mirror).len(), 3, "nobody is forgotten before the last page");
        mirror.apply(&page(true, &[], &[], 50, false), 40).expect("applied");
        assert_eq!(names(&mirror), ["丙", "丁"]);
    }

    #[test]
    fn a_whole_list_that_was_cut_begins_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut first = mirror(&folder);
        first.apply(&page(true, &[(1, "甲"), (2, "乙")], &[], 10, true), 0).expect("applied");
        drop(first);
        let mut again = mirror(&folder);
        assert_eq!(again.people_cursor().expect("kept"), 10);
        again.apply(&page(true, &[(2, "乙")], &[], 10, true), 0).expect("applied");
        again.apply(&page(true, &[(3, "丙")], &[], 20, false), 10).expect("applied");
        assert_eq!(names(&again), ["乙", "丙"], "甲 was only in the list that was cut");
    }

    #[test]
    fn found_by_name_number_and_class() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut mirror = mirror(&folder);
        mirror
            .apply(&page(true, &[(1, "李小明"), (2, "李雷"), (4, "阿依努尔·买买提")], &[], 1, false), 0)
            .expect("applied");
        let search = |text: &str| mirror.search(text).expect("read").into_iter().map(|p| p.account).collect::<Vec<_>>();
        assert_eq!(search("李").len(), 2);
        assert_eq!(search("努尔"), [4]);
        assert_eq!(search("20260002"), [2]);
        assert_eq!(search("0002"), Vec::<u32>::new(), "a number is found from its beginning");
        assert_eq!(search(" "), Vec::<u32>::new());
        let class = mirror.of_class(Uuid::from_u128(1).into()).expect("read");
        assert_eq!(class.iter().map(|p| p.account).collect::<Vec<_>>(), [1, 4]);
    }

    #[test]
    fn after_a_start_names_are_read_in_slices() {
        let folder = tempfile::tempdir().expect("a folder");
        let all: Vec<_> = (0..super::names::SLICE as u32 + 5).map(|n| (n, "甲")).collect();
        let mut first = mirror(&folder);
        first.apply(&page(true, &all, &[], 1, false), 0).expect("applied");
        drop(first);
        let mut again = mirror(&folder);
        let last = format!("2026{:04}", all.len() - 1);
        let found = |mirror: &Mirror, text: &str| mirror.search(text).expect("read").len();
        assert_eq!((again.is_searchable(), found(&again, &last)), (false, 0));
        again.read_names().expect("read");
        assert_eq!((again.is_searchable(), found(&again, &last)), (false, 0));
        // What comes meanwhile is found, and not overwritten by what lay on the disk.
        again.apply(&page(false, &[(all.len() as u32 - 2, "新名")], &[3], 2, false), 1).expect("applied");
        again.read_names().expect("read");
        assert_eq!((again.is_searchable(), found(&again, &last), found(&again, "新名")), (true, 1, 1));
        assert_eq!(found(&again, "20260003"), 0, "gone");
        again.clear().expect("cleared");
        assert_eq!((again.is_searchable(), found(&again, "新名")), (false, 0));
    }

    #[test]
    fn a_name_that_changed_is_found_by_the_new_one_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut first = mirror(&folder);
        first.apply(&page(true, &[(1, "李雷"), (2, "韩梅")], &[], 1, false), 0).expect("applied");
        first.apply(&page(false, &[(1, "李磊"), (2, "韩梅")], &[], 2, false), 1).expect("applied");
        first.apply(&page(true, &[(1, "李磊")], &[], 3, false), 0).expect("applied");
        drop(first);
        let mut again = mirror(&folder);
        again.read_names().expect("read");
        let found = |text: &str| again.search(text).expect("read").len();
        assert_eq!((found("李雷"), found("李磊"), found("韩梅")), (0, 1, 0));
    }

    #[test]
    fn nothing_of_a_person_is_readable_on_the_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut mirror = mirror(&folder);
        mirror.apply(&page(true, &[(1, "李小明")], &[], 1, false), 0).expect("applied");
        mirror.keep_photo(Uuid::from_u128(1).into(), "h", b"JPEG of a child", 1).expect("kept");
        assert_eq!(
            mirror.photo(Uuid::from_u128(1).into(), "h", 2).expect("read").as_deref(),
            Some(&b"JPEG of a child"[..])
        );
        assert_eq!(mirror.photo(Uuid::from_u128(1).into(), "newer", 2).expect("read"), None);
        drop(mirror);
        for file in std::fs::read_dir(folder.path()).expect("a folder") {
            let bytes = std::fs::read(file.expect("a file").path()).expect("read");
            for secret in ["李小明".as_bytes(), b"20260001", b"JPEG of a child", "三年级".as_bytes()] {
                assert!(!bytes.windows(secret.len()).any(|window| window == secret));
            }
        }
        let other = Mirror::open(&folder.path().join("mirror.db"), Sealer::new(&[8; 32])).expect("opens");
        assert_eq!(other.by_account(1).expect("read"), None, "another device reads nothing");
    }

    #[test]
    fn a_file_that_is_no_mirror_is_begun_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("mirror.db"), vec![b'x'; 5_000]).expect("written");
        assert_eq!(mirror(&folder).people_cursor().expect("kept"), 0);
    }
}

//! Numbers of cards in the mirror: they lie as keyed hashes, and lead to a person.

use super::{Mirror, MirrorError, sqlite};
use rusqlite::{OptionalExtension as _, params};
use yitong_sync::wire::people::Person;
use yitong_values::PersonId;

impl Mirror {
    /// Whose card it is.
    pub fn by_card(&self, number: &str) -> Result<Option<Person>, MirrorError> {
        let mut found = self.db.prepare_cached("SELECT person FROM card WHERE hash = ?1").map_err(sqlite)?;
        let hash = self.sealer.search_hash(number);
        let person: Option<[u8; 16]> = found.query_row([hash], |row| row.get(0)).optional().map_err(sqlite)?;
        person.map_or(Ok(None), |id| self.person(PersonId::new(uuid::Uuid::from_bytes(id))))
    }

    /// As the server says them now: those that are not among them were lost or taken away.
    pub(super) fn put_cards(&self, person: &Person) -> Result<(), MirrorError> {
        self.drop_cards(person.id)?;
        let sql = "INSERT INTO card (hash, person) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET person = excluded.person";
        let mut put = self.db.prepare_cached(sql).map_err(sqlite)?;
        for number in &person.cards {
            let hash = self.sealer.search_hash(number);
            put.execute(params![hash, person.id.uuid().as_bytes()]).map_err(sqlite)?;
        }
        Ok(())
    }

    pub(super) fn drop_cards(&self, person: PersonId) -> Result<(), MirrorError> {
        let mut gone = self.db.prepare_cached("DELETE FROM card WHERE person = ?1").map_err(sqlite)?;
        gone.execute([person.uuid().as_bytes()]).map_err(sqlite)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Mirror, Sealer};
    use uuid::Uuid;
    use yitong_sync::wire::people::{PeoplePage, Person};

    fn person(n: u128, cards: &[&str]) -> Person {
        let of = serde_json::json!({"id": Uuid::from_u128(n), "account": n as u32, "name": "学生", "number": "1",
            "class": null, "class_name": null, "kind": "student", "state": "active", "frozen": false, "wallets": [],
            "arrears": 0, "counters": "", "limits": {"meal": {}, "day": {}, "month": {}}, "cards": cards,
            "photo": null, "as_of": 1});
        serde_json::from_value(of).expect("a person")
    }

    #[test]
    fn a_number_leads_to_whoever_has_the_card_now() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("mirror.db");
        let mut mirror = Mirror::open(&file, Sealer::new(&[7; 32])).expect("a mirror");
        let whole = |whole, items, gone| PeoplePage { whole, items, gone, next: 1, more: false };
        let whose = |mirror: &Mirror, number: &str| mirror.by_card(number).expect("read").map(|of| of.account);
        let all = vec![person(1, &["04A23B1C", "04FFEE00"]), person(2, &[])];
        mirror.apply(&whole(true, all, vec![]), 0).expect("applied");
        assert_eq!((whose(&mirror, "04A23B1C"), whose(&mirror, "04FFEE00")), (Some(1), Some(1)));
        assert_eq!(whose(&mirror, "00000000"), None);
        // One is lost, the other is given to the next child, whoever comes first in the page.
        mirror.apply(&whole(false, vec![person(2, &["04FFEE00"]), person(1, &[])], vec![]), 1).expect("applied");
        assert_eq!((whose(&mirror, "04A23B1C"), whose(&mirror, "04FFEE00")), (None, Some(2)));
        mirror.apply(&whole(false, vec![], vec![Uuid::from_u128(2).into()]), 1).expect("applied");
        assert_eq!(whose(&mirror, "04FFEE00"), None);
        mirror.apply(&whole(true, vec![person(3, &["04AB"])], vec![]), 0).expect("applied");
        assert_eq!(whose(&mirror, "04AB"), Some(3));
        drop(mirror);
        for file in std::fs::read_dir(folder.path()).expect("a folder") {
            let bytes = std::fs::read(file.expect("a file").path()).expect("read");
            assert!(!bytes.windows(8).any(|window| window == b"04FFEE00"));
        }
    }
}

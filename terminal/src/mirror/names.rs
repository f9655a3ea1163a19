//! Names and numbers of everybody, open in memory: opening fifty thousand sealed ones for a search would hold the
//! counter up. On the disk they stay sealed; here they are read a slice at a time, and wiped when they go.

use super::{Mirror, MirrorError, place, sealed_row, sqlite};
use rusqlite::params;
use std::collections::BTreeMap;
use uuid::Uuid;
use yitong_sync::wire::people::Person;
use zeroize::Zeroizing;

/// Opened in one step of the agent: some milliseconds, so that a sale never waits for them.
pub const SLICE: usize = 2_000;

/// As it is searched and sealed: name and number in small letters, with a zero between them.
type Text = Zeroizing<Box<str>>;

#[derive(Default)]
pub(super) struct Names {
    of: BTreeMap<Uuid, Text>,
    /// Up to whom the disk was read.
    read: Option<Uuid>,
    whole: bool,
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Names({}, whole: {})", self.of.len(), self.whole)
    }
}

impl Names {
    pub(super) fn put(&mut self, id: Uuid, text: Text) {
        self.of.insert(id, text);
    }

    pub(super) fn remove(&mut self, id: Uuid) {
        self.of.remove(&id);
    }

    pub(super) fn holds(&self, id: Uuid, text: &Text) -> bool {
        self.of.get(&id).is_some_and(|held| held == text)
    }

    /// Whose name has this part, or whose number begins so.
    fn find<'a>(&'a self, wanted: &'a str) -> impl Iterator<Item = Uuid> + 'a {
        let is = move |text: &Text| {
            let (name, number) = text.split_once('\u{0}').unwrap_or((text, ""));
            name.contains(wanted) || number.starts_with(wanted)
        };
        self.of.iter().filter(move |(_, text)| is(text)).map(|(id, _)| *id)
    }
}

pub(super) fn text_of(person: &Person) -> Text {
    let joined = Zeroizing::new(format!("{}\u{0}{}", person.name, person.number));
    small(&joined)
}

fn small(text: &str) -> Text {
    let small = Zeroizing::new(text.to_lowercase());
    Zeroizing::new(Box::from(small.as_str()))
}

impl Mirror {
    /// Whether everybody's name was read since the start; until then a search would miss some.
    pub fn is_searchable(&self) -> bool {
        self.names.whole
    }

    /// Reads the next slice of names from the disk.
    pub fn read_names(&mut self) -> Result<(), MirrorError> {
        if self.names.whole {
            return Ok(());
        }
        let sql = "SELECT id, sealed FROM name WHERE id > ?1 ORDER BY id LIMIT ?2";
        let mut slice = self.db.prepare_cached(sql).map_err(sqlite)?;
        let after = self.names.read.map_or(Vec::new(), |id| id.as_bytes().to_vec());
        let mut rows = slice.query(params![after, SLICE as i64]).map_err(sqlite)?;
        let mut read = 0;
        while let Some(row) = rows.next().map_err(sqlite)? {
            let (id, sealed) = sealed_row(row).map_err(sqlite)?;
            let opened = Zeroizing::new(self.sealer.open(&place("found by", id), &sealed).unwrap_or_default());
            self.names.put(id, Zeroizing::new(Box::from(&*String::from_utf8_lossy(&opened))));
            self.names.read = Some(id);
            read += 1;
        }
        self.names.whole = read < SLICE;
        Ok(())
    }

    /// By a part of the name or the beginning of the number, among those that were read.
    pub fn search(&self, text: &str) -> Result<Vec<Person>, MirrorError> {
        let wanted = small(text.trim());
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for id in self.names.find(&wanted).take(super::SEARCH_MAX) {
            found.extend(self.person(id.into())?);
        }
        found.sort_by(|a, b| (&a.name, &a.number).cmp(&(&b.name, &b.number)));
        Ok(found)
    }
}

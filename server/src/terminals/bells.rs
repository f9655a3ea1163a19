//! What doorbells listen to: the versions of one school, looked up for all its terminals at once.

use super::mirror_http::MadeOf;
use super::mirror_store::Stamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use yitong_values::{SchoolId, TerminalId};

/// What a school stands at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) stamp: Stamp,
    pub(super) people: i64,
    pub(super) lists: i64,
    /// Of each terminal: the version of its place, and the number of its last command.
    pub(super) terminals: HashMap<TerminalId, (i64, i64)>,
}

pub(super) type Bell = watch::Sender<Option<Arc<Heard>>>;

#[derive(Default)]
pub(crate) struct Bells {
    schools: Mutex<HashMap<SchoolId, Bell>>,
    setups: Mutex<HashMap<TerminalId, (MadeOf, i64)>>,
}

impl Bells {
    /// The bell of a school, and whether somebody has to begin to look for it.
    pub(super) fn of(&self, school: SchoolId) -> (watch::Receiver<Option<Arc<Heard>>>, Option<Bell>) {
        let mut schools = self.schools.lock().expect("nobody panics with the bells");
        if let Some(bell) = schools.get(&school) {
            return (bell.subscribe(), None);
        }
        let (bell, ear) = watch::channel(None);
        schools.insert(school, bell.clone());
        (ear, Some(bell))
    }

    /// Whoever looks stops when nobody listens. False: somebody came just now.
    pub(super) fn stop(&self, school: SchoolId) -> bool {
        let mut schools = self.schools.lock().expect("nobody panics with the bells");
        if schools.get(&school).is_some_and(|bell| bell.receiver_count() > 0) {
            return false;
        }
        schools.remove(&school);
        true
    }

    pub(super) fn setup(&self, id: TerminalId) -> Option<(MadeOf, i64)> {
        self.setups.lock().expect("nobody panics with the set-ups").get(&id).copied()
    }

    pub(super) fn keep_setup(&self, id: TerminalId, made_of: MadeOf, version: i64) {
        self.setups.lock().expect("nobody panics with the set-ups").insert(id, (made_of, version));
    }
}

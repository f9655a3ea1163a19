//! Starting: identity, journal, mirror. Whatever state the last end left, what is on the disk is the truth.

use super::{Agent, Do, Inside, Machine, Pictures};
use crate::checkout::{Act, Checkout, Input, Screen};
use crate::codes::Codes;
use crate::home::{Identity, Settings};
use crate::link::{Signer, Ticket};
use crate::mirror::{Mirror, MirrorError};
use crate::own::Own;
use crate::shop::Shop;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use uuid::Uuid;
use yitong_journal::{Files, Journal, JournalError};
use yitong_sync::wire::fleet::Versions;
use yitong_sync::{Body, Clock, DeviceKey, link};
use yitong_values::Timestamp;

/// A phone's credential lives no longer, so an old use need not be remembered longer.
const USE_LIFE_MS: i64 = 48 * 3_600_000;

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the folder of the agent")]
    Home(#[source] io::Error),
    #[error("the journal")]
    Journal(#[source] JournalError),
    #[error("the mirror")]
    Mirror(#[source] MirrorError),
}

/// What an enrolled terminal is opened with.
pub struct Entering<F> {
    pub identity: Identity,
    pub key: DeviceKey,
    pub files: Box<dyn Fn() -> io::Result<F> + Send>,
    pub mirror: Mirror,
}

impl<F: Files> Agent<F> {
    /// `settings` with the number of this start. `new_id` gives names that nobody has used.
    pub fn new(settings: Settings, server: Option<String>, new_id: impl FnMut() -> Uuid + Send + 'static) -> Agent<F> {
        Agent {
            clock: Clock::remembered(Timestamp::default(), settings.clock_offset_ms),
            settings,
            server,
            checkout: Checkout::default(),
            shop: None,
            wall: Timestamp::default(),
            mono_ms: 0,
            drift_ms: 0,
            inside: None,
            enrolling: false,
            not_enrolled: None,
            machine: Machine::default(),
            searching: None,
            new_id: Box::new(new_id),
            request: 0,
            waiting: BTreeMap::new(),
            outbox: Vec::new(),
            shown: None,
            shown_at_ms: 0,
            seq: 0,
            touched_ms: 0,
            rested_ms: 0,
            about: "start",
        }
    }

    /// Opens what an enrolled terminal has; whatever state the last end left, what is on the disk is the truth.
    pub fn enter(&mut self, wall: Timestamp, mono_ms: u64, with: Entering<F>) -> Result<Vec<Do>, OpenError> {
        (self.wall, self.mono_ms) = (wall, mono_ms);
        (self.enrolling, self.not_enrolled) = (false, None);
        let Entering { identity, key, files, mirror } = with;
        // Another school's people have no business here.
        self.inside = None;
        self.waiting.clear();
        let mut own = Own::default();
        let folder = files().map_err(OpenError::Home)?;
        let opened =
            Journal::open(folder, identity.terminal, identity.journal, key.clone(), |record| own.take(&record))
                .map_err(OpenError::Journal)?;
        let journal = opened.journal;
        own.acknowledged(journal.acknowledged().seq, journal.acknowledged_at());
        self.clock = Clock::remembered(own.floor, self.settings.clock_offset_ms);
        let codes = self.codes(&identity, &mirror, &own)?;
        let setup = mirror.setup().map_err(OpenError::Mirror)?;
        let relay = super::neighbours::relay(&identity, &key, setup.as_ref());
        self.shop = setup.and_then(|setup| Shop::try_from(setup).ok()).map(Arc::new);
        let held = Versions {
            setup: self.shop.as_ref().map_or(0, |shop| shop.version),
            people: mirror.people_cursor().map_err(OpenError::Mirror)?,
            lists: if codes.status_head().is_some() { mirror.lists_version().map_err(OpenError::Mirror)? } else { 0 },
            commands: 0,
        };
        let lease = mirror.lease().map_err(OpenError::Mirror)?;
        let lease = lease.and_then(|sealed| sealed.open(&identity.authority, identity.terminal));
        self.checkout = Checkout::restored(own.recent.iter().cloned().collect(), own.shift.clone(), self.settings.mode);
        self.restore_settings();
        let seed = u64::from_be_bytes((self.new_id)().into_bytes()[8..].try_into().expect("eight of sixteen"));
        self.inside = Some(Inside {
            link: link::Link::new(held, journal.head().seq, journal.acknowledged().seq, seed),
            unsent_since: (journal.unsent() > 0).then_some(own.floor),
            synced_at: mirror.synced_at().map_err(OpenError::Mirror)?,
            classes: classes(&mirror),
            new_classes: false,
            signer: Signer { terminal: identity.terminal, key: key.clone() },
            identity,
            key,
            files,
            journal,
            mirror,
            codes,
            own,
            relay,
            state_since: self.time().at,
            lease,
            rung: held,
            rung_at: None,
            held,
            looked: None,
            stopped: None,
            quarantined: 0,
            unkept: false,
            broken: false,
        });
        self.begin(opened.torn.map(|torn| torn.bytes), &opened.damaged);
        self.look_after_the_link(link::Input::Hurry);
        self.input(Input::Tick);
        Ok(std::mem::take(&mut self.outbox))
    }

    fn codes(&self, identity: &Identity, mirror: &Mirror, own: &Own) -> Result<Codes, OpenError> {
        let mut codes = Codes::new(identity.school, &identity.roots);
        codes.load(mirror).map_err(OpenError::Mirror)?;
        // Older uses are of credentials that have ended: they would only fill the memory.
        let alive = |at: Timestamp| at.plus_ms(USE_LIFE_MS) > own.floor;
        for (serial, order, at) in own.uses.iter().filter(|(.., at)| alive(*at)) {
            codes.restore(*serial, *order, at.plus_ms(USE_LIFE_MS).ms());
        }
        Ok(codes)
    }

    fn restore_settings(&mut self) {
        let facts = crate::checkout::Facts {
            now: Timestamp::default(),
            shop: None,
            online: false,
            clock_doubt: false,
            fresh: Uuid::nil().into(),
        };
        let language = Act::Language { language: self.settings.language };
        self.checkout.step(Input::Act(Uuid::new_v4(), language), &facts);
        if let Some(level) = self.settings.volume {
            self.checkout.step(Input::Act(Uuid::new_v4(), Act::Volume { level }), &facts);
        }
    }

    /// What the start itself has to write: who writes here, what was found, and that nobody saw green of what was being
    /// asked when the power went.
    fn begin(&mut self, torn: Option<u64>, damaged: &[u64]) {
        let Some(inside) = &self.inside else { return };
        let mut bodies = Vec::new();
        if inside.journal.head().seq == 0 {
            let key = inside.key.public();
            bodies.push(Body::Opened { key, version: env!("CARGO_PKG_VERSION").into() });
        }
        let noted = |code: &str, detail: String| Body::Noted { code: code.into(), detail };
        bodies.extend(torn.map(|bytes| noted("torn", format!("{bytes} bytes of a record that was not finished"))));
        if !damaged.is_empty() {
            bodies.push(noted("damaged", format!("records {damaged:?}")));
        }
        bodies.extend(inside.own.open_intents().into_iter().map(|purchase| Body::GivenUp { purchase }));
        if !bodies.is_empty() && self.append(bodies).is_err() {
            tracing::error!("the journal can't be written");
        }
    }

    pub(super) fn enrol(&mut self, text: &str) -> Option<Input> {
        // A terminal that works is not enrolled again by a code that somebody shows it.
        let works = self.inside.as_ref().is_some_and(|inside| inside.link.state() != link::State::Revoked);
        let read = Ticket::read(text, self.server.as_deref());
        match read {
            Err(why) if works => return Some(Input::Say(why.words())),
            Err(why) if !self.enrolling => self.not_enrolled = Some(why.words()),
            Ok(ticket) if !works && !self.enrolling => {
                (self.enrolling, self.not_enrolled) = (true, None);
                self.outbox.push(Do::Enrol(ticket));
            }
            Ok(_) | Err(_) => {}
        }
        None
    }
}

/// Classes that have people here, by their names.
pub(super) fn classes(mirror: &Mirror) -> Vec<crate::checkout::ClassView> {
    let found = mirror.classes().inspect_err(|why| tracing::error!(error = ?why, "classes can't be read"));
    let view = |(id, name)| crate::checkout::ClassView { id, name };
    found.unwrap_or_default().into_iter().map(view).collect()
}

impl Pictures {
    /// Before anything is known.
    pub(super) fn blank() -> Pictures {
        let facts = crate::checkout::Facts {
            now: Timestamp::default(),
            shop: None,
            online: false,
            clock_doubt: false,
            fresh: Uuid::nil().into(),
        };
        let around = super::around::nothing();
        let draw = |screen| Checkout::default().view(&facts, &around, screen, 0);
        Pictures { operator: draw(Screen::Operator), customer: draw(Screen::Customer) }
    }
}

//! Starting: identity, journal, mirror. Whatever state the last end left, what is on the disk is the truth.

use super::machines::Machines;
use super::{Agent, Inside, Msg, Pictures};
use crate::checkout::{Act, Checkout, Input, Screen};
use crate::codes::Codes;
use crate::home::{Home, Identity};
use crate::link::{Client, Signer, Ticket, enrol};
use crate::mirror::{Mirror, MirrorError, Sealer};
use crate::own::Own;
use crate::shop::Shop;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Instant;
use tokio::sync::watch;
use uuid::Uuid;
use yitong_journal::{Folder, Journal, JournalError};
use yitong_sync::wire::fleet::Versions;
use yitong_sync::{Body, Clock, link};
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

impl Agent {
    pub fn open(
        home: Home,
        server: Option<String>,
        runtime: tokio::runtime::Handle,
        to_self: Sender<Msg>,
    ) -> Result<(Agent, watch::Receiver<Arc<Pictures>>), OpenError> {
        let mut settings = home.settings();
        settings.boot += 1;
        home.keep_settings(&settings).map_err(OpenError::Home)?;
        let identity = home.identity().map_err(OpenError::Home)?;
        let started = Instant::now();
        let (pictures, seen) = watch::channel(Arc::new(Pictures::blank()));
        let mut agent = Agent {
            clock: Clock::remembered(Timestamp::default(), settings.clock_offset_ms),
            server,
            checkout: Checkout::default(),
            shop: None,
            started,
            inside: None,
            machines: Machines::start(&home.devices(), &to_self),
            enrolling: false,
            runtime,
            to_self,
            pictures,
            published: started,
            seq: 0,
            restart: false,
            settings,
            home,
        };
        if let Some(identity) = identity {
            agent.enter(identity)?;
        }
        Ok((agent, seen))
    }

    /// Opens what an enrolled terminal has.
    pub(super) fn enter(&mut self, identity: Identity) -> Result<(), OpenError> {
        let key = self.home.device_key().map_err(OpenError::Home)?;
        let mut own = Own::default();
        let folder = Folder::open(&self.home.journal()).map_err(OpenError::Home)?;
        let opened =
            Journal::open(folder, identity.terminal, identity.journal, key.clone(), |record| own.take(&record))
                .map_err(OpenError::Journal)?;
        let sealer = Sealer::new(&self.home.mirror_key().map_err(OpenError::Home)?);
        let mirror = Mirror::open(&self.home.mirror(), sealer).map_err(OpenError::Mirror)?;
        let journal = opened.journal;
        let known_at = Timestamp::from_ms(mirror.acknowledged_at().map_err(OpenError::Mirror)?);
        own.acknowledged(journal.acknowledged().seq, known_at);
        self.clock = Clock::remembered(own.floor, self.settings.clock_offset_ms);
        let codes = self.codes(&identity, &mirror, &own)?;
        self.shop =
            mirror.setup().map_err(OpenError::Mirror)?.and_then(|setup| Shop::try_from(setup).ok()).map(Arc::new);
        let held = Versions {
            setup: self.shop.as_ref().map_or(0, |shop| shop.version),
            people: mirror.people_cursor().map_err(OpenError::Mirror)?,
            lists: if codes.status_head().is_some() { mirror.lists_version().map_err(OpenError::Mirror)? } else { 0 },
            commands: 0,
        };
        let lease = mirror.lease().map_err(OpenError::Mirror)?;
        let lease = lease.and_then(|sealed| sealed.open(&identity.authority, identity.terminal));
        self.checkout = Checkout::restored(own.recent.iter().cloned().collect(), own.shift.clone());
        self.restore_settings();
        let client = Client::new(&identity.server, Some(Signer { terminal: identity.terminal, key }));
        let seed = u64::from_be_bytes(Uuid::new_v4().into_bytes()[..8].try_into().expect("eight of sixteen"));
        self.inside = Some(Inside {
            link: link::Link::new(held, journal.head().seq, journal.acknowledged().seq, seed),
            unsent_since: (journal.unsent() > 0).then_some(own.floor),
            synced_at: mirror.synced_at().map_err(OpenError::Mirror)?,
            classes: classes(&mirror),
            identity,
            client,
            journal,
            mirror,
            codes,
            own,
            state_since: self.time().at,
            lease,
            rung: held,
            held,
            looked: None,
            stopped: None,
            quarantined: 0,
            broken: false,
        });
        self.begin(opened.torn.map(|torn| torn.bytes), &opened.damaged);
        Ok(())
    }

    fn codes(&self, identity: &Identity, mirror: &Mirror, own: &Own) -> Result<Codes, OpenError> {
        let mut codes = Codes::new(identity.school, &identity.roots);
        codes.load(mirror).map_err(OpenError::Mirror)?;
        let ends = own.floor.ms() + USE_LIFE_MS;
        own.uses.iter().for_each(|(serial, order)| codes.restore(*serial, *order, ends));
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
            let key = self.home.device_key().map(|key| key.public());
            bodies.extend(key.ok().map(|key| Body::Opened { key, version: env!("CARGO_PKG_VERSION").into() }));
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
        let Some(ticket) = Ticket::read(text, self.server.as_deref()) else {
            return Some(Input::Say(crate::link::EnrolError::NotATicket.words()));
        };
        // A terminal that works is not enrolled again by a code that somebody shows it.
        let works = self.inside.as_ref().is_some_and(|inside| inside.link.state() != link::State::Revoked);
        if works || self.enrolling {
            return None;
        }
        let key = match self.home.device_key() {
            Ok(key) => key.public(),
            Err(why) => {
                tracing::error!(error = %why, "the device's key can't be read");
                return None;
            }
        };
        self.enrolling = true;
        let (to, wall) = (self.to_self.clone(), Agent::wall());
        self.runtime.spawn(async move {
            let outcome = enrol(&ticket, key, &hardware(), wall).await;
            let identity = outcome.map(|enrolment| Box::new(Identity::of(&ticket.server, enrolment)));
            let _ = to.send(Msg::Enrolled(identity));
        });
        None
    }

    pub(super) fn enrolled(&mut self, outcome: Result<Box<Identity>, crate::link::EnrolError>) {
        self.enrolling = false;
        let identity = match outcome {
            Ok(identity) => *identity,
            Err(why) => return self.say(why.words()),
        };
        if let Err(why) = self.home.keep_identity(&identity) {
            tracing::error!(error = %why, "the identity can't be kept");
            return;
        }
        // Another school's people have no business here.
        self.inside = None;
        if let Err(why) = self.enter(identity) {
            tracing::error!(error = ?why, "the terminal was enrolled and can't be opened");
        }
        self.look_after_the_link(link::Input::Hurry);
        self.input(Input::Tick);
    }
}

/// Classes that have people here, by their names.
pub(super) fn classes(mirror: &Mirror) -> Vec<crate::checkout::ClassView> {
    let found = mirror.classes().inspect_err(|why| tracing::error!(error = ?why, "classes can't be read"));
    let view = |(id, name)| crate::checkout::ClassView { id, name };
    found.unwrap_or_default().into_iter().map(view).collect()
}

/// Model and serial number, for people to know the device by.
pub fn hardware() -> String {
    let read =
        |path: &str| std::fs::read_to_string(path).ok().map(|text| text.trim_matches(['\0', '\n', ' ']).to_owned());
    let model = read("/sys/class/dmi/id/product_name").or_else(|| read("/proc/device-tree/model"));
    let name = read("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{} {name}", model.unwrap_or_else(|| std::env::consts::ARCH.into())).trim().chars().take(100).collect()
}

impl Pictures {
    /// Before anything is known.
    fn blank() -> Pictures {
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

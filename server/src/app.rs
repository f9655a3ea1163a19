//! What a request handler holds: the database, the clock, the key, and each slice's own state.

use crate::plumbing::http::serve::Stopping;
use crate::plumbing::http::{Gate, Traffic};
use crate::plumbing::{clock::Clock, config::Config, db::Db, outside::Outside, seal::Seal};
use crate::{
    credentials, family, guardians, insights, menu, notices, payments, phones, policies, purchases, readers, schools,
    signin, terminals, upkeep,
};
use std::sync::Arc;
use tokio::sync::watch;
use uuid::Uuid;
use yitong_values::Timestamp;

#[derive(Clone)]
pub struct App(Arc<Inner>);

pub struct Inner {
    pub db: Db,
    pub clock: Clock,
    pub seal: Seal,
    pub config: Config,
    pub signin: signin::State,
    pub schools: schools::FactsCache,
    pub notices: notices::State,
    pub guardians: guardians::State,
    pub credentials: credentials::TrustCache,
    pub policies: policies::PolicyCache,
    pub phones: phones::State,
    pub readers: readers::Published,
    pub menu: menu::MenuCache,
    pub payments: payments::State,
    pub lanes: purchases::Lanes,
    pub live: purchases::Live,
    pub terminals: terminals::State,
    pub sales: insights::SharedSums,
    pub family: family::State,
    pub upkeep: upkeep::State,
    pub outside: Outside,
    pub gate: Gate,
    pub traffic: Traffic,
    stop: watch::Sender<bool>,
    stopping: Stopping,
}

impl App {
    /// Must be called inside the runtime that serves: purchases are grouped on it.
    pub fn new(config: Config, db: Db, clock: Clock, seal: Seal) -> App {
        let (stop, stopping) = Stopping::pair();
        let lanes = purchases::Lanes::start(&db, purchases::LanesConfig::of(&db));
        App(Arc::new(Inner {
            lanes,
            payments: payments::State::default(),
            live: purchases::Live::default(),
            terminals: terminals::State::default(),
            sales: insights::SharedSums::default(),
            family: family::State::default(),
            upkeep: upkeep::State::new(clock.now()),
            outside: Outside::default(),
            gate: Gate::new(&config),
            traffic: Traffic::default(),
            db,
            clock,
            seal,
            config,
            signin: signin::State::default(),
            schools: schools::FactsCache::default(),
            notices: notices::State::default(),
            guardians: guardians::State::default(),
            credentials: credentials::TrustCache::default(),
            policies: policies::PolicyCache::default(),
            phones: phones::State::default(),
            readers: readers::Published::default(),
            menu: menu::MenuCache::default(),
            stop,
            stopping,
        }))
    }

    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub fn new_id(&self) -> Uuid {
        self.0.clock.new_id()
    }

    /// For answers that stay open: resolves when the server stops.
    pub fn stopping(&self) -> Stopping {
        self.0.stopping.clone()
    }

    pub fn is_stopping(&self) -> bool {
        *self.0.stop.borrow()
    }

    pub(crate) fn stop_sender(&self) -> watch::Sender<bool> {
        self.0.stop.clone()
    }
}

impl std::ops::Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

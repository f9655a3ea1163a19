//! What a request handler holds: the database, the clock, the key, and each slice's own state.

use crate::plumbing::{clock::Clock, db::Db, seal::Seal};
use crate::signin;
use std::sync::Arc;
use uuid::Uuid;
use yitong_values::Timestamp;

#[derive(Clone)]
pub struct App(Arc<Inner>);

pub struct Inner {
    pub db: Db,
    pub clock: Clock,
    pub seal: Seal,
    pub signin: signin::State,
}

impl App {
    pub fn new(db: Db, clock: Clock, seal: Seal) -> App {
        App(Arc::new(Inner { db, clock, seal, signin: signin::State::default() }))
    }

    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub fn new_id(&self) -> Uuid {
        self.0.clock.new_id()
    }
}

impl std::ops::Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

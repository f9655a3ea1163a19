//! Lanes: purchases that arrive together are booked in one unit. No purchase waits for another to arrive; a batch is
//! what is queued while the batch before it is being committed.
//! async because a lane hands its batches to the database and fills the next one meanwhile.

use super::ask::{Ask, Payer};
use super::book::book;
use super::outcome::Outcome;
use crate::plumbing::db::{Db, DbError};
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc, oneshot};

/// How purchases are grouped.
#[derive(Clone, Copy, Debug)]
pub struct LanesConfig {
    /// Payers are spread over lanes, so that two lanes never lock the same account.
    pub lanes: usize,
    /// Purchases of one unit; 1 gives each its own transaction.
    pub batch_max: usize,
    /// Batches of one lane on their way at once: one is committed while the next is filled.
    pub in_flight: usize,
    /// Purchases waiting in a lane; past this the answer is "busy, ask again with the same name".
    pub queue_max: usize,
}

impl LanesConfig {
    /// What suits the database. With one writer, one lane fills its next batch while one is committed. With several,
    /// each lane has one batch on its way: two of the same lane could only wait for each other's accounts.
    pub fn of(db: &Db) -> LanesConfig {
        match db.writers() {
            1 => LanesConfig { lanes: 1, batch_max: 128, in_flight: 2, queue_max: 4096 },
            writers => LanesConfig { lanes: writers.min(4), batch_max: 128, in_flight: 1, queue_max: 4096 },
        }
    }
}

type Waiting = (Ask, oneshot::Sender<Result<Outcome, DbError>>);

pub struct Lanes(Vec<mpsc::Sender<Waiting>>);

impl Lanes {
    /// Must be called inside the runtime that the lanes run on.
    pub fn start(db: &Db, config: LanesConfig) -> Lanes {
        let lane = |_| {
            let (send, receive) = mpsc::channel(config.queue_max);
            tokio::spawn(run(db.clone(), receive, config));
            send
        };
        Lanes((0..config.lanes.max(1)).map(lane).collect())
    }

    /// The purchase runs to its end whether or not the caller waits for the answer.
    pub async fn book(&self, ask: Ask) -> Result<Outcome, DbError> {
        let key = match ask.payer {
            Payer::Serial(serial) => u64::from(serial),
            Payer::Person(person) => person.uuid().as_u64_pair().1,
            Payer::Refused(_) => 0,
        };
        let lane = &self.0[(key % self.0.len() as u64) as usize];
        let (reply, answer) = oneshot::channel();
        lane.try_send((ask, reply)).map_err(|_| DbError::Busy)?;
        answer.await.map_err(|_| DbError::Unavailable("the lane has stopped".into()))?
    }
}

async fn run(db: Db, mut waiting: mpsc::Receiver<Waiting>, config: LanesConfig) {
    let turns = Arc::new(Semaphore::new(config.in_flight.max(1)));
    loop {
        // The turn comes first: while no turn is free, what arrives makes the next batch larger.
        let turn = Arc::clone(&turns).acquire_owned().await.expect("the semaphore is never closed");
        let Some(first) = waiting.recv().await else { return };
        let mut batch = vec![first];
        while batch.len() < config.batch_max {
            let Ok(next) = waiting.try_recv() else { break };
            batch.push(next);
        }
        let db = db.clone();
        tokio::spawn(async move {
            settle(&db, batch).await;
            drop(turn);
        });
    }
}

async fn settle(db: &Db, batch: Vec<Waiting>) {
    let (asks, replies): (Vec<Ask>, Vec<_>) = batch.into_iter().unzip();
    let asks = Arc::new(asks);
    let all = Arc::clone(&asks);
    let answers = match db.write_locking("book purchases", move |tx| book(tx, &all)).await {
        Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
        // One purchase that can't be booked must not take its neighbours with it.
        Err(DbError::Constraint(_) | DbError::Broken(_) | DbError::Panicked(_)) if asks.len() > 1 => {
            let mut each = Vec::with_capacity(asks.len());
            for ask in asks.iter() {
                let ask = ask.clone();
                let one = db.write_locking("book a purchase", move |tx| book(tx, std::slice::from_ref(&ask))).await;
                each.push(one.and_then(|mut all| all.pop().ok_or(DbError::Broken("no outcome".into()))));
            }
            each
        }
        Err(why) => asks.iter().map(|_| Err(why.clone())).collect::<Vec<_>>(),
    };
    for (reply, answer) in replies.into_iter().zip(answers) {
        // The counter may have gone; its purchase is booked, and asking again gives this answer.
        let _ = reply.send(answer);
    }
}

//! PostgreSQL: some writers and readers, each a thread with a connection of its own. A unit is a transaction, run again
//! after a conflict or a lost connection; who waits for a server that is away waits for a bounded time.

mod connect;
mod session;
mod target;
mod types;

pub(super) use session::Session;
pub(super) use target::{Table, Target};

use super::{DbError, Isolation, Job, Stats, Tx, WRITE_QUEUE_MAX, migrate};
use connect::Address;
use session::Failing;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Writers where nothing else was said: more of them gain nothing on few cores, and each costs a connection.
const WRITERS: usize = 8;
const WRITERS_MAX: usize = 64;
const READERS: usize = 4;
/// How long a unit waits for a server that is away, from the moment it was handed over.
const PATIENCE: Duration = Duration::from_secs(10);
const RETRY_FIRST: Duration = Duration::from_millis(2);
const RETRY_LONGEST: Duration = Duration::from_millis(500);
const CONFLICTS_MAX: u32 = 12;
/// A key that is taken once more after that is taken by what the unit can't see a way round.
const TAKEN_MAX: u32 = 8;

struct Offered {
    job: Box<dyn Job>,
    since: Instant,
    begin: &'static str,
}

pub(super) struct Postgres {
    write: SyncSender<Offered>,
    read: SyncSender<Offered>,
    pub(super) writers: usize,
}

impl Postgres {
    pub(super) fn open(url: &str, stats: &Arc<Stats>) -> Result<Postgres, DbError> {
        let address = Address::parse(url)?;
        let writers = address.writers.unwrap_or(WRITERS).clamp(1, WRITERS_MAX);
        bring_up_to_date(address.clone())?;
        Ok(Postgres {
            write: team("db-writer", writers, &address, Some(stats))?,
            read: team("db-reader", READERS, &address, None)?,
            writers,
        })
    }

    pub(super) fn write(&self, job: Box<dyn Job>, isolation: Isolation) -> Result<(), DbError> {
        let begin = match isolation {
            Isolation::Serial => "BEGIN ISOLATION LEVEL SERIALIZABLE",
            Isolation::Locking => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        offer(&self.write, job, begin)
    }

    pub(super) fn read(&self, job: Box<dyn Job>) -> Result<(), DbError> {
        offer(&self.read, job, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }
}

fn offer(queue: &SyncSender<Offered>, job: Box<dyn Job>, begin: &'static str) -> Result<(), DbError> {
    queue.try_send(Offered { job, since: Instant::now(), begin }).map_err(|refused| match refused {
        TrySendError::Full(_) => DbError::Busy,
        TrySendError::Disconnected(_) => DbError::Unavailable("the database threads have stopped".into()),
    })
}

/// On a thread of its own: the caller may stand inside a runtime, where no other can be waited for.
fn bring_up_to_date(address: Address) -> Result<(), DbError> {
    let work = move || {
        let mut session = Session::new(address, 0, false)?;
        wait_until_ready(&mut session, Instant::now())?;
        migrate::postgres(&mut session)
    };
    let thread = thread::Builder::new().name("db-migrate".into()).spawn(work);
    let thread = thread.map_err(|why| DbError::Unavailable(why.to_string()))?;
    thread.join().unwrap_or(Err(DbError::Panicked("migrate")))
}

/// Writers tell the stats; readers have none.
fn team(
    name: &str,
    size: usize,
    address: &Address,
    stats: Option<&Arc<Stats>>,
) -> Result<SyncSender<Offered>, DbError> {
    let (send, queue) = sync_channel(WRITE_QUEUE_MAX);
    let queue = Arc::new(Mutex::new(queue));
    for lane in 0..size {
        let (queue, address, stats) = (Arc::clone(&queue), address.clone(), stats.cloned());
        let body = move || match Session::new(address, lane as i64, stats.is_none()) {
            Ok(mut session) => work_for_ever(&queue, &mut session, stats.as_deref()),
            Err(why) => tracing::error!(error = %why, "a database thread can't start"),
        };
        let made = thread::Builder::new().name(name.into()).spawn(body);
        made.map_err(|why| DbError::Unavailable(format!("no thread for {name}: {why}")))?;
    }
    Ok(send)
}

fn work_for_ever(queue: &Mutex<Receiver<Offered>>, session: &mut Session, stats: Option<&Stats>) {
    loop {
        let next = queue.lock().expect("nobody panics while holding the queue").recv();
        let Ok(mut offered) = next else { return };
        let begun = Instant::now();
        let outcome = run_to_its_end(session, &mut offered);
        if let Some(stats) = stats {
            stats.committed(1, begun.elapsed(), !matches!(outcome, Err(DbError::Unavailable(_))));
        }
        offered.job.answer(outcome);
    }
}

fn run_to_its_end(session: &mut Session, offered: &mut Offered) -> Result<(), DbError> {
    let (mut conflicts, mut taken) = (0, 0);
    loop {
        wait_until_ready(session, offered.since)?;
        let Err((failing, why)) = attempt(session, offered) else { return Ok(()) };
        let name = offered.job.name();
        match failing {
            Failing::Final => return Err(why),
            Failing::Taken if taken >= TAKEN_MAX => return Err(why),
            Failing::Conflict if conflicts >= CONFLICTS_MAX => {
                tracing::warn!(unit = name, "a unit gave way to others too often");
                return Err(why);
            }
            Failing::Taken => {
                taken += 1;
                thread::sleep(Duration::from_millis(session.lane as u64 % 8));
            }
            Failing::Conflict => {
                conflicts += 1;
                // Each writer pauses for another time, so that two that met do not meet again.
                let pause = RETRY_FIRST * (1 << conflicts.min(7)) + Duration::from_millis(session.lane as u64);
                thread::sleep(pause.min(RETRY_LONGEST));
            }
            Failing::Lost => {
                tracing::warn!(unit = name, error = %why, "the connection was lost; the unit runs again");
                session.hang_up();
                if offered.since.elapsed() >= PATIENCE {
                    return Err(why);
                }
                // A server that lets in and then refuses to write is asked again, but not without a breath.
                thread::sleep(RETRY_LONGEST / 10);
            }
        }
    }
}

fn wait_until_ready(session: &mut Session, since: Instant) -> Result<(), DbError> {
    let mut pause = RETRY_FIRST;
    loop {
        let Err(why) = session.ready() else { return Ok(()) };
        if since.elapsed() + pause >= PATIENCE {
            return Err(why);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(RETRY_LONGEST);
    }
}

/// One transaction, or nothing.
fn attempt(session: &mut Session, offered: &mut Offered) -> Result<(), (Failing, DbError)> {
    let name = offered.job.name();
    let job = offered.job.as_mut();
    let began = session.begin(offered.begin);
    let ran = began.and_then(|()| {
        let run = AssertUnwindSafe(|| job.run(&mut Tx::postgres(session)));
        catch_unwind(run).unwrap_or(Err(DbError::Panicked(name)))
    });
    let committed = match ran {
        Ok(()) => session.commit(),
        Err(why) => Err((Failing::Final, why)),
    };
    let Err((failing, why)) = committed else { return Ok(()) };
    // What the database said about the transaction is nearer to the cause than what the unit made of it.
    Err(session.roll_back().filter(|_| !matches!(why, DbError::Panicked(_))).unwrap_or((failing, why)))
}

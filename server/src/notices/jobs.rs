//! The worker: takes what is due with a lease, sends outside of any unit, and writes what came of it in another.
//! Between any two of these the process may die: the lease ends, and the message is sent once more under the same name.

use super::accounts::{self, Open, To as BudgetTo, Whose};
use super::channels::Sender;
use super::delivery::{self, Delivery, State, Step, Tried};
use super::notice::Confidential;
use super::outgoing::{self, Envelope, Words};
use super::queue_store::{self as rows, Account, Address, Said};
use super::take::{self, Job};
use super::{Channel, Kind, Locale, SealedAddress, variables};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use futures_util::future::join_all;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use yitong_channels::pay::Misuse;
use yitong_channels::tell::{ErrorClass, Message, Sent};
use yitong_values::Timestamp;

/// Messages on their way at once.
pub const IN_FLIGHT_MAX: usize = 32;
/// How long a message is held to be sent; longer than a token and an answer take together.
pub const LEASE_MS: i64 = 60_000;
/// Another process may have queued something: nobody sleeps longer.
const LOOK_AT_LEAST: Duration = Duration::from_secs(1);
/// After a database that did not answer.
const AFTER_TROUBLE: Duration = Duration::from_secs(5);
const COUNT_EVERY: Duration = Duration::from_secs(15);
/// Of a channel's own words.
const WORDS_SIGNS_MAX: usize = 200;
const TEST_LIFE_MS: i64 = 5 * 60_000;

/// Sends until the server stops; what is on its way then comes to its end.
pub fn start(app: &App) {
    tokio::spawn(work(app.clone()));
    tokio::spawn(watch(app.clone()));
}

async fn work(app: App) {
    let turns = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
    let stopping = app.stopping().wait();
    tokio::pin!(stopping);
    while !app.is_stopping() {
        let pause = match round(&app, &turns).await {
            Ok(true) => continue,
            Ok(false) => LOOK_AT_LEAST,
            Err(error) => {
                tracing::warn!(%error, "messages could not be taken");
                AFTER_TROUBLE
            }
        };
        tokio::select! {
            () = &mut stopping => break,
            () = app.notices.woken() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    let _ = turns.acquire_many(IN_FLIGHT_MAX as u32).await;
}

/// Takes as many as there are free turns. True: there may be more.
async fn round(app: &App, turns: &Arc<Semaphore>) -> Result<bool, DbError> {
    // One turn at least; the others as they are free.
    let first = Arc::clone(turns).acquire_owned().await.expect("the semaphore is never closed");
    let now = app.now();
    if app.db.read(rows::next_due).await?.is_none_or(|due| due > now) {
        return Ok(false);
    }
    let room = 1 + turns.available_permits();
    let (jobs, taken) = take_due(app, room).await?;
    drop(first);
    for job in jobs {
        let turn = Arc::clone(turns).acquire_owned().await.expect("the semaphore is never closed");
        let app = app.clone();
        tokio::spawn(async move {
            send_and_settle(&app, job).await;
            drop(turn);
        });
    }
    Ok(taken == room)
}

async fn take_due(app: &App, room: usize) -> Result<(Vec<Job>, usize), DbError> {
    let (now, hooks) = (app.now(), app.notices.hooks());
    let (lease, most) = (now.plus_ms(LEASE_MS), i64::try_from(room).unwrap_or(1));
    app.db.write_locking("take messages", move |tx| take::take(tx, now, lease, most, &hooks)).await
}

/// Everything that is due at this moment, to its end: what the worker does, for whoever can't wait for it. Says how many
/// messages were taken.
pub async fn run_due(app: &App) -> Result<usize, DbError> {
    let mut all = 0;
    loop {
        let (jobs, taken) = take_due(app, IN_FLIGHT_MAX).await?;
        join_all(jobs.into_iter().map(|job| send_and_settle(app, job))).await;
        if taken == 0 {
            return Ok(all);
        }
        all += taken;
    }
}

async fn send_and_settle(app: &App, job: Job) {
    let tries = job.targets.iter().map(|(i, account, address)| {
        let job = &job;
        async move { (*i, try_one(app, job, account, address.as_ref()).await) }
    });
    let tried: Vec<(usize, Tried)> = join_all(tries).await;
    for (i, tried) in &tried {
        app.notices.count(job.deliveries[*i].channel, tried);
    }
    let id = job.notice.id;
    let (now, jitter) = (app.now(), app.new_id().as_u64_pair().1);
    let settled = app.db.write_locking("settle a message", move |tx| settle(tx, &job, &tried, now, jitter)).await;
    if let Err(error) = settled {
        // The lease ends, and it is sent once more under the same name.
        tracing::warn!(%error, notice = %id, "what came of a message was not written down");
    }
}

/// Writes down what came of each try, and what is next.
fn settle(tx: &mut Tx<'_>, job: &Job, tried: &[(usize, Tried)], now: Timestamp, jitter: u64) -> Result<(), DbError> {
    let mut deliveries: Vec<Delivery> = job.deliveries.clone();
    for (i, tried) in tried {
        let after = deliveries[*i].after(tried, now, jitter.rotate_left(*i as u32));
        let said = said(tried);
        rows::put_delivery(tx, job.notice.id, &after, &said, now)?;
        if after.state == State::Gone && !after.address.is_nil() {
            rows::address_gone(tx, after.address, said.code.as_deref().unwrap_or("gone"), now)?;
        }
        deliveries[*i] = after;
    }
    match delivery::step(&deliveries, now, job.notice.expires_at, job.when_unknown()) {
        Step::End(end) => rows::end(tx, &job.notice, end.word(), None, now).map(|_| ()),
        Step::Wait(until) => rows::postpone(tx, &job.notice, until, job.notice.why.as_deref()),
        // The next channel has its turn at once, in a unit of its own.
        Step::Try(_) => rows::postpone(tx, &job.notice, now, job.notice.why.as_deref()),
    }
}

async fn try_one(app: &App, job: &Job, account: &Account, address: Option<&Address>) -> Tried {
    match prepared(app, job, account, address).await {
        Ok(tried) | Err(tried) => tried,
    }
}

async fn prepared(app: &App, job: &Job, account: &Account, address: Option<&Address>) -> Result<Tried, Tried> {
    let notice = &job.notice;
    let misused = |why: &str| Tried::Misused(why.to_owned());
    let (plain, mut params) = match (address, notice.to.owner(), &notice.secret) {
        (Some(address), Some(owner), _) => {
            let plain = SealedAddress::open(&app.seal, owner, address.channel, &address.sealed);
            (plain.map_err(|_| misused("the address is sealed with another key file"))?, BTreeMap::new())
        }
        (None, _, Some(secret)) => {
            let opened = Confidential::open(&app.seal, notice.id, secret);
            let opened = opened.map_err(|_| misused("the message is sealed with another key file"))?;
            (opened.address, opened.params)
        }
        _ => return Err(misused("there is no address")),
    };
    for (name, value) in notice.digest.as_ref().unwrap_or(&notice.params) {
        params.entry(name.clone()).or_insert_with(|| value.clone());
    }
    let open = app.notices.accounts.open(&app.seal, account)?;
    let hash = SealedAddress::hash(&app.seal, account.channel, &plain);
    let person = notice.to.owner().filter(|_| !notice.kind.any_hour());
    app.notices.accounts.book(&open, account, &BudgetTo { hash: &hash, person }, app.now())?;
    let message = message(app, job, account, &params);
    let token = open.token(app, None).await?;
    send_message(app, &open, &message, (account.channel, &plain), token).await
}

/// Sends it; where the channel says that its token ran out, once more with a new one.
async fn send_message(
    app: &App,
    open: &Open,
    message: &Message,
    (channel, address): (Channel, &str),
    mut token: Option<Arc<str>>,
) -> Result<Tried, Tried> {
    let misused = |why: Misuse| Tried::Misused(format!("{}: {}", why.field, why.why));
    let messenger = match &open.sender {
        Sender::Mail(account) => {
            let built = account.mailer.build(message, address, &accounts::moment(app)).map_err(misused)?;
            return Ok(hide(accounts::send_mail(open, account, &built).await, address));
        }
        Sender::Calls(messenger) => messenger,
    };
    let mut renewed = false;
    loop {
        let call = messenger.send(message, address, token.as_deref(), &accounts::moment(app));
        let call = call.map_err(misused)?;
        let sent = messenger.sent(&accounts::send(app, &call, Whose::of(channel)).await?);
        let stale = matches!(&sent, Sent::NotSent { class: ErrorClass::TokenStale, .. });
        if !stale || renewed || token.is_none() {
            return Ok(hide(Tried::Answered(sent), address));
        }
        renewed = true;
        token = open.token(app, token.as_deref()).await?;
    }
}

/// Channels repeat in their words what they were sent.
fn hide(tried: Tried, address: &str) -> Tried {
    let Tried::Answered(Sent::NotSent { class, code, message }) = tried else { return tried };
    let message = if address.is_empty() { message } else { message.replace(address, "***") };
    Tried::Answered(Sent::NotSent { class, code, message })
}

fn message(app: &App, job: &Job, account: &Account, params: &BTreeMap<String, String>) -> Message {
    let notice = &job.notice;
    let words = Words { kind: notice.kind, locale: job.locale, texts: &job.texts, params };
    let again = if notice.resends > 0 { format!("-{}", notice.resends) } else { String::new() };
    let dedupe = format!("{}{again}", notice.id);
    let link = outgoing::link(account.channel, app.config.public_url.as_deref(), notice.link.as_deref());
    let envelope = Envelope { dedupe, link, life_ms: notice.expires_at.since(app.now()) };
    outgoing::message(&words, account, envelope)
}

/// What is kept of a try, for the office.
pub(super) fn said(tried: &Tried) -> Said {
    let cut = |text: &str| Some(text.chars().take(WORDS_SIGNS_MAX).collect::<String>());
    let of = |class, words: &str| Said { class: Some(class), words: cut(words), ..Said::default() };
    match tried {
        Tried::Answered(Sent::Accepted { provider_id }) => Said { provider_id: provider_id.clone(), ..Said::default() },
        Tried::Answered(Sent::NotSent { class, code, message }) => {
            let class = match class {
                ErrorClass::Permanent => "permanent",
                ErrorClass::AddressGone => "address_gone",
                ErrorClass::Throttled { .. } => "throttled",
                ErrorClass::Transient => "transient",
                ErrorClass::TokenStale => "token_stale",
            };
            Said { code: cut(code), ..of(class, message) }
        }
        Tried::Answered(Sent::Unknown { why }) => of("unknown", why),
        Tried::NotSent(why) => of("not_sent", why),
        Tried::Held { .. } => Said { class: Some("held"), ..Said::default() },
        Tried::Misused(why) => of("settings", why),
    }
}

/// How many wait and since when, for the health page and `/metrics`.
async fn watch(app: App) {
    let stopping = app.stopping().wait();
    tokio::pin!(stopping);
    loop {
        let now = app.now();
        if let Ok(waiting) = app.db.read(move |tx| rows::waiting(tx, now)).await {
            app.notices.seen_waiting(waiting);
        }
        tokio::select! {
            () = &mut stopping => return,
            () = tokio::time::sleep(COUNT_EVERY) => {}
        }
    }
}

/// How long messages are kept, in inboxes and for the office.
const KEPT_DAYS: i64 = 180;
const FORGET_ROWS_MAX: i64 = 2_000;

/// Erases messages of long ago, a part at a time. Says how many.
pub async fn forget_old(app: &App) -> Result<u64, DbError> {
    let before = app.now().plus_ms(-KEPT_DAYS * 86_400_000).ms().max(0);
    // Ids begin with their time.
    let before = uuid::Uuid::from_u128((before as u128) << 80);
    let mut all = 0;
    loop {
        let forget = move |tx: &mut Tx<'_>| super::log_store::forget(tx, before, FORGET_ROWS_MAX);
        match app.db.write("forget messages", forget).await? {
            0 => return Ok(all),
            rows => all += rows,
        }
    }
}

/// One message at once with example values, to see whether an account works. Nothing of it is kept.
pub(super) async fn test_send(app: &App, account: &Account, address: &str, kind: Kind) -> Tried {
    let (locale, params) = (Locale::Zh, variables::example(kind));
    let texts = super::texts::built_in(kind, locale);
    let words = Words { kind, locale, texts: &texts, params: &params };
    let envelope = Envelope { dedupe: app.new_id().to_string(), link: None, life_ms: TEST_LIFE_MS };
    let message = outgoing::message(&words, account, envelope);
    let sending = async {
        let open = app.notices.accounts.open(&app.seal, account)?;
        let token = open.token(app, None).await?;
        send_message(app, &open, &message, (account.channel, address), token).await
    };
    sending.await.unwrap_or_else(|tried| tried)
}

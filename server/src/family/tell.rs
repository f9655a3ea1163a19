//! The worker that turns what happened into messages. A happening is taken, told and removed in one unit, so that none
//! is lost and none is told twice; open pages hear of it after the commit.
//! async because it waits for the next sale or the next moment, whichever comes first.

use super::events::Told;
use super::told::{About, Message, purchase_link};
use super::{lines, low_balance};
use crate::App;
use crate::guardians::{Watcher, watchers};
use crate::notices::{self, Kind};
use crate::payments;
use crate::people;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::outbox::{self, Happening, TAKE_MAX};
use crate::purchases::CHARGED_TWICE;
use crate::schools::{self, Facts};
use crate::wallets;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use yitong_ledger::Entry;
use yitong_values::{DAY_MS, EntryId, PersonId, SchoolId, Timestamp};

/// What has no sale beside it is told at most so much later.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// After the database did not answer.
const AGAIN_AFTER: Duration = Duration::from_secs(5);
/// Nobody wants to hear of what is older: a server that was off for days tells what is new.
const OLD_MS: i64 = DAY_MS;

/// Goes on as long as the server serves.
pub(super) async fn run(app: App) {
    let mut sales = app.live.listen();
    let stopping = app.stopping().wait();
    tokio::pin!(stopping);
    loop {
        let pause = match tell_waiting(&app).await {
            Ok(_) => LOOK_EVERY,
            Err(error) => {
                tracing::warn!(%error, "guardians were not told; tried again later");
                AGAIN_AFTER
            }
        };
        let sold = async {
            // A page of a school would have missed some; here every wake is the same.
            if let Err(RecvError::Closed) = sales.recv().await {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = &mut stopping => return,
            () = tokio::time::sleep(pause) => {}
            () = sold, if pause == LOOK_EVERY => {}
        }
    }
}

/// Tells all that waits; says how many happenings it were.
pub async fn tell_waiting(app: &App) -> Result<usize, DbError> {
    // Reading is cheap; a writer is asked only when there is something to write.
    if app.db.read(outbox::waiting).await?.0 == 0 {
        return Ok(0);
    }
    let mut told = 0;
    loop {
        let taken = match round(app, TAKE_MAX).await {
            Err(DbError::Broken(_) | DbError::Constraint(_) | DbError::Panicked(_)) => {
                match one_by_one(app).await? {
                    0 => return Ok(told),
                    one => told += one,
                }
                continue;
            }
            taken => taken?,
        };
        told += taken;
        // What is left is held by another server, or came just now and is told in the next look.
        if (taken as i64) < TAKE_MAX {
            return Ok(told);
        }
    }
}

/// One that can't be told must not keep the others waiting: it is dropped, and the log says so.
async fn one_by_one(app: &App) -> Result<usize, DbError> {
    match round(app, 1).await {
        Err(error @ (DbError::Broken(_) | DbError::Constraint(_) | DbError::Panicked(_))) => {
            tracing::error!(%error, "a happening can't be told, and is dropped");
            let drop = |tx: &mut Tx<'_>| outbox::take(tx, 1)?.iter().try_for_each(|one| outbox::told(tx, one));
            app.db.write("drop a happening", drop).await.map(|()| 1)
        }
        done => done,
    }
}

async fn round(app: &App, limit: i64) -> Result<usize, DbError> {
    let (held, now) = (app.clone(), app.now());
    let work = move |tx: &mut Tx<'_>| {
        let taken = outbox::take(tx, limit)?;
        let mut round = Round { app: &held, now, told: Vec::new(), looked: BTreeSet::new(), queued: false };
        for happening in &taken {
            round.happening(tx, happening)?;
            outbox::told(tx, happening)?;
        }
        Ok((taken.len(), round.told, round.queued))
    };
    let (taken, told, queued) = app.db.write("tell guardians", work).await?;
    app.family.tell(&told);
    if queued {
        app.notices.wake();
    }
    Ok(taken)
}

struct Round<'a> {
    app: &'a App,
    now: Timestamp,
    told: Vec<Told>,
    /// Whose balance was looked at: once in a round is enough.
    looked: BTreeSet<(SchoolId, PersonId)>,
    queued: bool,
}

/// A happening with those who hear of it.
struct Case<'a> {
    about: About,
    happening: &'a Happening,
    body: Value,
    watchers: Vec<Watcher>,
    child: String,
}

impl Round<'_> {
    fn happening(&mut self, tx: &mut Tx<'_>, happening: &Happening) -> Result<(), DbError> {
        // Also long after: the balance is as it is now.
        if let Some(person) = happening.person {
            payments::wake_auto(tx, happening.school, person, self.now)?;
        }
        let Some(person) = happening.person.filter(|_| self.now.since(happening.at) < OLD_MS) else { return Ok(()) };
        let watchers = watchers(tx, happening.school, person)?;
        if watchers.is_empty() {
            return Ok(());
        }
        let child = people::find_person(tx, happening.school, person)?.map_or(String::new(), |row| row.name);
        let body = serde_json::from_str(&happening.body).unwrap_or_default();
        let about = About { school: happening.school, person, at: happening.at };
        let case = Case { about, happening, body, watchers, child };
        match happening.topic.as_ref() {
            "purchase" => self.purchase(tx, &case)?,
            "undo" => self.undo(tx, &case)?,
            "topup" => self.topup(tx, &case)?,
            "auto_refused" => self.auto_refused(tx, &case)?,
            "refund" => self.money(tx, &case, "refund", Kind::Refund)?,
            "loss" => self.loss(tx, &case)?,
            "freeze" => self.freeze(tx, &case)?,
            "transfer" => self.hear(&case, "transfer", |_| true),
            _ => {}
        }
        if !matches!(happening.topic.as_ref(), "loss" | "freeze" | "auto_refused") {
            self.balance(tx, &case)?;
        }
        Ok(())
    }

    /// Open pages hear of it.
    fn hear(&mut self, case: &Case<'_>, what: &'static str, may: impl Fn(&Watcher) -> bool) {
        let id = case.happening.id;
        let told = |w: &Watcher| Told { guardian: w.guardian, binding: w.binding, what, id };
        self.told.extend(case.watchers.iter().filter(|watcher| may(watcher)).map(told));
    }

    /// Queues a message to one of those who watch.
    fn queue(&mut self, tx: &mut Tx<'_>, case: &Case<'_>, to: &Watcher, mut message: Message) -> Result<(), DbError> {
        message.params.push(("child", case.child.clone()));
        let notice = case.about.notice(to.into(), &message);
        let id = notice.id.uuid();
        if notices::queue(tx, &notice)? {
            self.queued = true;
            self.told.push(Told { guardian: to.guardian, binding: to.binding, what: "notice", id });
        }
        Ok(())
    }

    fn facts(&self, tx: &mut Tx<'_>, school: SchoolId) -> Result<Option<Arc<Facts>>, DbError> {
        schools::facts(tx, &self.app.schools, school)
    }

    fn purchase(&mut self, tx: &mut Tx<'_>, case: &Case<'_>) -> Result<(), DbError> {
        let id = EntryId::new(case.happening.id);
        let Some(read) = wallets::find_entry(tx, case.about.school, id)? else { return Ok(()) };
        let entry = read.entry?;
        let kept = lines::kept(&entry);
        let mut params = sold(self.facts(tx, entry.school)?.as_deref(), &entry);
        params.push(number("balance", kept.balance_after));
        self.hear(case, "purchase", |watcher| watcher.consents.meals);
        for to in case.watchers.iter().filter(|watcher| watcher.consents.meals) {
            let (params, link) = (params.clone(), purchase_link(case.happening.id, to.binding));
            let cause = format!("purchase:{id}");
            self.queue(tx, case, to, Message { cause, kind: Kind::Purchase, params, link })?;
            if kept.arrears > 0 && to.rights.pay {
                let params = vec![number("amount", kept.arrears), number("time", entry.at.ms())];
                let link = format!("/parent/topup?child={}", to.binding);
                let cause = format!("arrears:{id}");
                self.queue(tx, case, to, Message { cause, kind: Kind::Arrears, params, link })?;
            }
        }
        Ok(())
    }

    fn undo(&mut self, tx: &mut Tx<'_>, case: &Case<'_>) -> Result<(), DbError> {
        let purchase: Option<EntryId> = case.body["purchase"].as_str().and_then(|id| id.parse().ok());
        let Some(purchase) = purchase else { return Ok(()) };
        let Some(read) = wallets::find_entry(tx, case.about.school, purchase)? else { return Ok(()) };
        let entry = read.entry?;
        let mut params = sold(self.facts(tx, entry.school)?.as_deref(), &entry);
        params.extend(balance_of(tx, case)?);
        if was_charged_twice(tx, case)? {
            params.extend([("why_zh", "重复扣款".to_owned()), ("why_en", "it was charged twice".to_owned())]);
        }
        self.hear(case, "undo", |watcher| watcher.consents.meals);
        for to in case.watchers.iter().filter(|watcher| watcher.consents.meals) {
            let (params, link) = (params.clone(), purchase_link(purchase.uuid(), to.binding));
            let cause = format!("undo:{}", case.happening.id);
            self.queue(tx, case, to, Message { cause, kind: Kind::PurchaseUndone, params, link })?;
        }
        Ok(())
    }

    fn topup(&mut self, tx: &mut Tx<'_>, case: &Case<'_>) -> Result<(), DbError> {
        let is = |name: &str| case.body[name].as_bool() == Some(true);
        let kind = match (is("late"), is("auto")) {
            (true, _) => Kind::TopupLate,
            (false, true) => Kind::AutoTopup,
            (false, false) => Kind::Topup,
        };
        self.money(tx, case, "topup", kind)
    }

    /// Those who may pay are told once a day why nothing came.
    fn auto_refused(&mut self, tx: &mut Tx<'_>, case: &Case<'_>) -> Result<(), DbError> {
        let [zh, en] = match case.body["why"].as_str().unwrap_or_default() {
            "not_enough" => ["支付账户可用金额不足", "there was not enough money in the paying account"],
            "mandate_gone" => ["签约已失效，请重新签约", "the mandate is not valid any more; please agree again"],
            "limit" => ["超过了支付渠道的限额", "it was over a limit of the channel"],
            "refused" => ["支付渠道没有受理", "the channel did not take it"],
            _ => ["支付渠道没有给出结果", "the channel gave no result"],
        };
        let mut params = vec![
            ("why_zh", zh.to_owned()),
            ("why_en", en.to_owned()),
            number("amount", case.body["fen"].as_i64().unwrap_or(0)),
            number("time", case.happening.at.ms()),
        ];
        params.extend(balance_of(tx, case)?);
        let About { school, person, at } = case.about;
        for to in case.watchers.iter().filter(|watcher| watcher.rights.pay) {
            let link = format!("/parent/auto-topup?child={}", to.binding);
            let cause = format!("auto_refused:{school}:{person}:{}", at.china_day());
            let kind = Kind::AutoTopupRefused;
            self.queue(tx, case, to, Message { cause, kind, params: params.clone(), link })?;
        }
        Ok(())
    }

    /// Money that came or went by a channel or the cash desk.
    fn money(&mut self, tx: &mut Tx<'_>, case: &Case<'_>, what: &'static str, kind: Kind) -> Result<(), DbError> {
        let amount = number("amount", case.body["fen"].as_i64().unwrap_or(0));
        let mut params = vec![amount, number("time", case.happening.at.ms())];
        params.extend(balance_of(tx, case)?);
        self.hear(case, what, |_| true);
        for to in &case.watchers {
            let link = format!("/parent/statement?child={}", to.binding);
            let (cause, params) = (format!("{what}:{}", case.happening.id), params.clone());
            self.queue(tx, case, to, Message { cause, kind, params, link })?;
        }
        Ok(())
    }

    fn loss(&mut self, tx: &mut Tx<'_>, case: &Case<'_>) -> Result<(), DbError> {
        self.hear(case, "loss", |_| true);
        if case.body["lost"].as_bool() == Some(true) {
            self.stop(tx, case, Kind::LossReported)?;
        }
        Ok(())
    }

    fn freeze(&mut self, tx: &mut Tx<'_>, case: &Case<'_>) -> Result<(), DbError> {
        self.hear(case, "freeze", |_| true);
        if case.body["frozen"].as_bool() == Some(true) {
            self.stop(tx, case, Kind::Frozen)?;
        }
        Ok(())
    }

    fn stop(&mut self, tx: &mut Tx<'_>, case: &Case<'_>, kind: Kind) -> Result<(), DbError> {
        let who = if case.body["by"] == "guardian" { ["家长", "a guardian"] } else { ["学校", "the school"] };
        for to in &case.watchers {
            let params = vec![
                ("by_zh", who[0].to_owned()),
                ("by_en", who[1].to_owned()),
                number("time", case.happening.at.ms()),
            ];
            let link = format!("/parent/control?child={}", to.binding);
            let cause = format!("{}:{}", kind.word(), case.happening.id);
            self.queue(tx, case, to, Message { cause, kind, params, link })?;
        }
        Ok(())
    }

    /// One message for each time that the balance falls below the line.
    fn balance(&mut self, tx: &mut Tx<'_>, case: &Case<'_>) -> Result<(), DbError> {
        let About { school, person, .. } = case.about;
        if !self.looked.insert((school, person)) {
            return Ok(());
        }
        let Some(crossing) = low_balance::look(tx, school, person)? else { return Ok(()) };
        for to in &case.watchers {
            let params = vec![number("balance", crossing.balance.fen()), number("line", crossing.line.fen())];
            let link = format!("/parent/topup?child={}", to.binding);
            let cause = format!("low:{school}:{person}:{}", crossing.nth);
            self.queue(tx, case, to, Message { cause, kind: Kind::LowBalance, params, link })?;
        }
        Ok(())
    }
}

type Param = (&'static str, String);

/// Fen or milliseconds, as templates take them.
fn number(name: &'static str, n: i64) -> Param {
    (name, n.to_string())
}

/// What was sold where, and when.
fn sold(facts: Option<&Facts>, entry: &Entry) -> Vec<Param> {
    let kept = lines::kept(entry);
    let mut place = facts.map_or(kept.stall_name.clone(), |facts| lines::place(facts, entry.stall, &kept.stall_name));
    // Heard of later than it was eaten: whoever reads it wonders less.
    if kept.offline.is_some() {
        place.push_str("（离线）");
    }
    let mut params = vec![number("amount", entry.amount.fen()), number("time", entry.at.ms()), ("place", place)];
    let period = facts.and_then(|facts| facts.periods.iter().find(|period| Some(period.id.uuid()) == kept.period));
    if let Some(period) = period {
        params.extend([("period_zh", period.name_zh.clone()), ("period_en", period.name_en.clone())]);
    }
    params
}

/// Whether what is told of is a reversal that the school made by itself.
fn was_charged_twice(tx: &mut Tx<'_>, case: &Case<'_>) -> Result<bool, DbError> {
    let Some(read) = wallets::find_entry(tx, case.about.school, EntryId::new(case.happening.id))? else {
        return Ok(false);
    };
    let detail: Value = serde_json::from_str(&read.entry?.detail).unwrap_or_default();
    Ok(detail["reason"] == CHARGED_TWICE)
}

/// As it is now; nothing when there is no account.
fn balance_of(tx: &mut Tx<'_>, case: &Case<'_>) -> Result<Option<Param>, DbError> {
    let account = wallets::load_account(tx, case.about.school, case.about.person)?;
    Ok(account.map(|account| number("balance", account.balance().fen())))
}

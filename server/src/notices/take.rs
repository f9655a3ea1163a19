//! What is to be done with each message that is due, decided in the unit that takes it: drop, wait for the morning,
//! join, or send to these addresses.

use super::delivery::{self, Delivery, End, State, Step, WhenUnknown};
use super::preferences::Way;
use super::queue_store::{self as rows, Account, Address, Kept, Known, Params, QUIET, To};
use super::texts::{self, Texts};
use super::{Channel, Locale, Scope, channels};
use crate::plumbing::db::{DbError, Tx};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;
use yitong_values::{Cents, NoticeId, Timestamp};

/// Purchases that one morning's message joins.
const JOINED_MAX: i64 = 50;

/// Whether a message that waits is still true: asked in the unit that is about to send it.
pub type StillTrue = fn(&mut Tx<'_>, &Kept) -> Result<bool, DbError>;
pub(super) type Hooks = HashMap<super::Kind, StillTrue>;

/// A message to be sent now.
#[derive(Clone)]
pub(super) struct Job {
    pub(super) notice: Kept,
    pub(super) texts: Texts,
    pub(super) locale: Locale,
    /// All of the message, in the order of their channels.
    pub(super) deliveries: Vec<Delivery>,
    /// Which of them are tried now, each with the account that sends it and the address, which a phone brings itself.
    pub(super) targets: Vec<(usize, Account, Option<Address>)>,
}

impl Job {
    pub(super) fn when_unknown(&self) -> WhenUnknown {
        when_unknown(&self.notice)
    }
}

fn when_unknown(notice: &Kept) -> WhenUnknown {
    if notice.kind.any_hour() { WhenUnknown::GoOn } else { WhenUnknown::Stop }
}

/// Takes what is due. The second is how many were taken, also those that need no sending.
pub(super) fn take(
    tx: &mut Tx<'_>,
    now: Timestamp,
    lease_until: Timestamp,
    most: i64,
    hooks: &Hooks,
) -> Result<(Vec<Job>, usize), DbError> {
    let mut jobs = Vec::new();
    let mut round = Round { now, lease_until, hooks, accounts: HashMap::new(), joined: HashSet::new() };
    let taken = rows::take(tx, now, lease_until, most)?;
    let count = taken.len();
    for notice in taken {
        if !round.joined.contains(&notice.id) {
            jobs.extend(one(tx, notice, &mut round)?);
        }
    }
    Ok((jobs, count))
}

/// What all messages of one unit share.
struct Round<'a> {
    now: Timestamp,
    lease_until: Timestamp,
    hooks: &'a Hooks,
    /// By the id of their scope, read once.
    accounts: HashMap<Uuid, Vec<Account>>,
    /// Taken as well, and told by another one of this round.
    joined: HashSet<NoticeId>,
}

fn one(tx: &mut Tx<'_>, mut notice: Kept, round: &mut Round<'_>) -> Result<Option<Job>, DbError> {
    let now = round.now;
    let finish = |tx: &mut Tx<'_>, notice: &Kept, end: End| rows::end(tx, notice, end.word(), None, now).map(|_| None);
    if now >= notice.expires_at {
        return finish(tx, &notice, End::Expired);
    }
    let asked = rows::ask(tx, &notice)?;
    let known = rows::hear(tx, asked)?;
    // Staff are told at work; a guardian's night is quiet.
    if matches!(notice.to, To::Guardian(_)) && !notice.kind.any_hour() {
        let rings = known.habits.rings_at(now);
        if rings > now {
            rows::postpone(tx, &notice, rings.min(notice.expires_at), Some(QUIET))?;
            return Ok(None);
        }
    }
    if let Some(still_true) = round.hooks.get(&notice.kind)
        && !still_true(tx, &notice)?
    {
        rows::out_of_inbox(tx, notice.id)?;
        return finish(tx, &notice, End::Dropped);
    }
    join_night(tx, &mut notice, round)?;
    let plan = plan(tx, &notice, &known, round)?;
    match delivery::step(&plan.deliveries, now, notice.expires_at, when_unknown(&notice)) {
        Step::End(end) => finish(tx, &notice, end),
        Step::Wait(until) => {
            let why = notice.why.clone();
            rows::postpone(tx, &notice, until, why.as_deref())?;
            Ok(None)
        }
        Step::Try(which) => {
            let targets = which.into_iter().filter_map(|i| {
                let (account, address) = plan.ways.get(&key(&plan.deliveries[i]))?;
                Some((i, account.clone(), address.clone()))
            });
            let targets = targets.collect();
            let texts = texts_of(tx, &notice, known.habits.locale)?;
            if let Some(school) = notice.school
                && let Some(name) = rows::school_name(tx, school)?
            {
                notice.params.entry("school".into()).or_insert_with(|| name.clone());
                if let Some(digest) = &mut notice.digest {
                    digest.entry("school".into()).or_insert(name);
                }
            }
            Ok(Some(Job { texts, locale: known.habits.locale, deliveries: plan.deliveries, targets, notice }))
        }
    }
}

fn texts_of(tx: &mut Tx<'_>, notice: &Kept, locale: Locale) -> Result<Texts, DbError> {
    if notice.digest.is_some() {
        return Ok(texts::digest(locale));
    }
    rows::texts(tx, notice.school, notice.kind, locale)
}

/// Purchases of one child that waited for the same morning become one message.
fn join_night(tx: &mut Tx<'_>, notice: &mut Kept, round: &mut Round<'_>) -> Result<(), DbError> {
    if notice.kind != super::Kind::Purchase || notice.why.as_deref() != Some(QUIET) {
        return Ok(());
    }
    let others = rows::overnight(tx, notice, (round.now, round.lease_until), JOINED_MAX)?;
    if others.is_empty() {
        return Ok(());
    }
    // Ids are in the order of time.
    let mut all: Vec<_> = others.iter().map(|(id, params)| (*id, params)).collect();
    all.push((notice.id, &notice.params));
    all.sort_by_key(|(id, _)| *id);
    let all: Vec<_> = all.into_iter().map(|(_, params)| params).collect();
    let digest = digest(&all);
    let ids: Vec<_> = others.iter().map(|(id, _)| *id).collect();
    rows::join(tx, notice, &ids, &digest, round.now)?;
    round.joined.extend(ids);
    notice.digest = Some(digest);
    Ok(())
}

/// The sum and the number, from the first to the last; the balance is the one after the last. Amounts are fen, or were
/// written for people before; one that is neither can't be summed.
fn digest(all: &[&Params]) -> Params {
    let fen = |params: &&Params| {
        let text = params.get("amount")?;
        text.parse::<i64>().ok().or_else(|| text.parse::<Cents>().ok().map(Cents::fen))
    };
    let mut joined = all.last().map_or_else(Params::new, |last| (*last).clone());
    let total: Option<i64> = all.iter().map(fen).try_fold(0i64, |sum, fen| sum.checked_add(fen?));
    match total {
        Some(total) => joined.insert("amount".into(), total.to_string()),
        None => joined.remove("amount"),
    };
    joined.insert("count".into(), all.len().to_string());
    joined
}

struct Plan {
    deliveries: Vec<Delivery>,
    ways: HashMap<(Channel, Uuid), (Account, Option<Address>)>,
}

fn key(delivery: &Delivery) -> (Channel, Uuid) {
    (delivery.channel, delivery.address)
}

/// Every address over every channel that the person wants for this kind and that can say it, beside what was tried.
fn plan(tx: &mut Tx<'_>, notice: &Kept, known: &Known, round: &mut Round<'_>) -> Result<Plan, DbError> {
    let (now, accounts) = (round.now, &mut round.accounts);
    let mut ways = HashMap::new();
    for channel in Channel::ALL {
        if !known.preferences.wants(notice.kind, Way::Channel(channel)) {
            continue;
        }
        let scopes = [notice.school.map(Scope::School), Some(Scope::Server)];
        for scope in scopes.into_iter().flatten() {
            if let std::collections::hash_map::Entry::Vacant(entry) = accounts.entry(scope.uuid()) {
                entry.insert(rows::accounts(tx, scope)?);
            }
            let of_scope = &accounts[&scope.uuid()];
            let Some(account) = of_scope.iter().find(|account| account.channel == channel) else { continue };
            if channels::needs_template(channel) && !account.templates.contains_key(notice.kind.word()) {
                continue;
            }
            let knows = |address: &&Address| {
                address.channel == channel && (channels::address_is_common(channel) || address.scope == scope)
            };
            for address in known.addresses.iter().filter(knows) {
                ways.entry((channel, address.id)).or_insert((account.clone(), Some(address.clone())));
            }
            if notice.to.direct() == Some(channel) {
                ways.entry((channel, Uuid::nil())).or_insert((account.clone(), None));
            }
        }
    }
    let mut deliveries = known.deliveries.clone();
    for delivery in deliveries.iter_mut().filter(|delivery| delivery.state == State::Waiting) {
        // The address was taken back, or the channel switched off, while the message waited.
        if !ways.contains_key(&key(delivery)) {
            delivery.state = State::Gone;
        }
    }
    let fresh = ways.keys().filter(|way| !known.deliveries.iter().any(|delivery| key(delivery) == **way));
    deliveries.extend(fresh.map(|(channel, address)| Delivery::new(*channel, *address, now)));
    deliveries.sort_by_key(key);
    Ok(Plan { deliveries, ways })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_night_is_summed() {
        let of = |amount: &str, balance: &str| {
            BTreeMap::from([("amount", amount), ("balance", balance)].map(|(a, b)| (a.into(), b.into())))
        };
        let [first, last] = [of("1250", "5000"), of("3.00", "4700")];
        let joined = digest(&[&first, &last]);
        let get = |name: &str| joined[name].as_str();
        assert_eq!((get("amount"), get("balance"), get("count")), ("1550", "4700", "2"));
    }
}

//! Accounts of channels in memory: their keys read once a version, one access token for all, and how much was sent.
//! async because a token is fetched from the channel, by one for all.

use super::budget::{Budget, PERSON_LIMITS};
use super::channels::Sender;
use super::delivery::Tried;
use super::queue_store::Account;
use super::{Channel, Scope, channels};
use crate::App;
use crate::plumbing::outside::{ANSWER_BYTES_MAX, NoAnswer};
use crate::plumbing::seal::Seal;
use crate::plumbing::smtp::{self, Ended};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;
use yitong_channels::tell::{Sent, mail};
use yitong_channels::{Call, Moment, Reply};
use yitong_values::Timestamp;

/// Until a channel has answered. Shorter than the lease, with a token fetched before.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// A token is fetched anew so long before its end.
const TOKEN_SPARE_MS: i64 = 5 * 60_000;

type Name = (Uuid, Channel);

/// A token and when it ends.
type Good = Option<(Arc<str>, Timestamp)>;

pub(super) struct Open {
    pub(super) sender: Sender,
    /// Where mail of this account may go.
    allowed: smtp::Allowed,
    version: i64,
    /// Held while one is fetched: whoever else needs it waits and finds it.
    token: tokio::sync::Mutex<Good>,
}

#[derive(Default)]
pub(super) struct Accounts {
    open: Mutex<HashMap<Name, Arc<Open>>>,
    sent: Mutex<Used>,
}

/// What was sent: over each account, to each address of it, to each person.
#[derive(Default)]
struct Used {
    accounts: Budget<Name>,
    addresses: Budget<(Channel, Vec<u8>)>,
    persons: Budget<Uuid>,
}

/// Where a sealed configuration belongs.
pub(super) fn place(scope: Uuid, channel: Channel) -> String {
    format!("notice_channel.{}/{scope}", channel.word())
}

pub(super) fn opened(seal: &Seal, scope: Uuid, channel: Channel, sealed: &[u8]) -> Option<Json> {
    let plain = seal.open(&place(scope, channel), sealed).ok()?;
    serde_json::from_slice(&plain).ok()
}

impl Accounts {
    /// The messenger of an account, read again when its settings have changed.
    pub(super) fn open(&self, seal: &Seal, account: &Account) -> Result<Arc<Open>, Tried> {
        let name = (account.scope.uuid(), account.channel);
        let known = self.open.lock().expect("nobody panics with the accounts").get(&name).cloned();
        if let Some(known) = known.filter(|known| known.version == account.version) {
            return Ok(known);
        }
        let misused = |why: &str| Tried::Misused(format!("settings: {why}"));
        let config = opened(seal, name.0, name.1, &account.config);
        let config = config.ok_or_else(|| misused("sealed with another key file"))?;
        let sender = channels::open(account.channel, &account.provider, &config);
        // What the reader says may hold a piece of a key; the field is enough to find it.
        let sender = sender.map_err(|why| misused(why.field))?;
        let allowed = match account.scope {
            Scope::Server => smtp::Allowed::Anywhere,
            Scope::School(_) => smtp::Allowed::Public,
        };
        let open = Open { sender, allowed, version: account.version, token: tokio::sync::Mutex::default() };
        let open = Arc::new(open);
        self.open.lock().expect("nobody panics with the accounts").insert(name, Arc::clone(&open));
        Ok(open)
    }

    /// How long to wait before one more may leave; when none, it is counted.
    pub(super) fn book(&self, open: &Open, account: &Account, to: &To<'_>, now: Timestamp) -> Result<(), Tried> {
        let rate = open.sender.rate();
        let name = (account.scope.uuid(), account.channel);
        let address = (account.channel, to.hash.to_vec());
        let mut sent = self.sent.lock().expect("nobody panics with the budgets");
        let waits = [
            sent.accounts.wait_ms(&name, rate.account, now),
            sent.addresses.wait_ms(&address, rate.address, now),
            to.person.map_or(0, |person| sent.persons.wait_ms(&person, &PERSON_LIMITS, now)),
        ];
        let for_ms = waits.into_iter().max().unwrap_or(0);
        if for_ms > 0 {
            return Err(Tried::Held { for_ms });
        }
        sent.accounts.used(name, rate.account, now);
        sent.addresses.used(address, rate.address, now);
        if let Some(person) = to.person {
            sent.persons.used(person, &PERSON_LIMITS, now);
        }
        Ok(())
    }
}

/// To whom, for the budgets.
pub(super) struct To<'a> {
    pub(super) hash: &'a [u8],
    /// Whose patience counts; nobody's for what may come at any hour.
    pub(super) person: Option<Uuid>,
}

pub(super) fn moment(app: &App) -> Moment {
    let mut nonce = [0u8; 16];
    getrandom::fill(&mut nonce).expect("the operating system gives random bytes");
    Moment { now: app.now(), nonce }
}

impl Open {
    /// The token that a message needs, if the channel has such a thing. `stale` is one that the channel just refused.
    pub(super) async fn token(&self, app: &App, stale: Option<&str>) -> Result<Option<Arc<str>>, Tried> {
        let at = moment(app);
        let Sender::Calls(messenger) = &self.sender else { return Ok(None) };
        let Some(call) = messenger.token(&at) else { return Ok(None) };
        let mut kept = self.token.lock().await;
        let good = kept.as_ref().filter(|(text, until)| *until > at.now && Some(text.as_ref()) != stale);
        if let Some((text, _)) = good {
            return Ok(Some(Arc::clone(text)));
        }
        *kept = None;
        let reply = send(app, &call, Whose::Channel).await?;
        let token = messenger.token_read(&reply).map_err(Tried::Answered)?;
        let life_ms = i64::from(token.life_s) * 1_000;
        let text: Arc<str> = token.text.into();
        *kept = Some((Arc::clone(&text), at.now.plus_ms((life_ms - TOKEN_SPARE_MS).max(life_ms / 2))));
        Ok(Some(text))
    }
}

/// What became of a mail.
pub(super) async fn send_mail(open: &Open, account: &mail::Account, built: &mail::Mail) -> Tried {
    match smtp::send(account, built, open.allowed).await {
        Ended::Said { part, code, words } => Tried::Answered(mail::answered(part, Some((code, &words)))),
        Ended::NotSent(why) => Tried::NotSent(why),
        Ended::Lost(why) => Tried::Answered(Sent::Unknown { why }),
    }
}

/// Who chose where a request goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Channel,
    /// A browser brought it.
    Stranger,
}

impl Whose {
    pub(super) fn of(channel: Channel) -> Whose {
        if channel == Channel::Push { Whose::Stranger } else { Whose::Channel }
    }
}

/// A whole answer, or what is known without one.
pub(super) async fn send(app: &App, call: &Call, whose: Whose) -> Result<Reply, Tried> {
    let sent = match whose {
        Whose::Channel => app.outside.send(call, ANSWER_WITHIN, ANSWER_BYTES_MAX).await,
        Whose::Stranger => app.outside.send_to_other(call, ANSWER_WITHIN, ANSWER_BYTES_MAX).await,
    };
    sent.map_err(|why| match why {
        NoAnswer::NotSent(why) => Tried::NotSent(why),
        NoAnswer::Lost(_) | NoAnswer::TooLong(_) => Tried::Answered(Sent::Unknown { why: why.to_string() }),
    })
}

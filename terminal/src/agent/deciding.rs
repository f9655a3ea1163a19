//! What the counter would do by itself, and whom it knows.

use super::{Agent, Do, Inside, Looked};
use crate::checkout::{Input, Local, LocalVerdict, Payer, Refused, Sale, Shown};
use crate::codes::{Credential, Read};
use crate::facts::{self, Limits, Someone};
use crate::shop::Shop;
use argon2::{Argon2, PasswordHash, PasswordVerifier as _};
use uuid::Uuid;
use yitong_code::Now;
use yitong_journal::{Files, Room};
use yitong_rules::CredentialState;
use yitong_sync::wire::people::Person;
use yitong_sync::{Offline, Reading};
use yitong_values::{Cents, UserId};

/// Who was shown.
type Found = Result<(Person, Option<Credential>), Refused>;

impl<F: Files> Agent<F> {
    pub(super) fn decide(&mut self, sale: &Sale) -> Input {
        let reading = self.time();
        let shop = self.open_shop();
        let local = match (shop, &mut self.inside) {
            (Some(shop), Some(inside)) => inside.judge(sale, &shop, &reading),
            _ => nobody(crate::checkout::words::refused("no_setup", "本机尚未就绪", "This terminal is not ready")),
        };
        Input::Decided(sale.id, Box::new(local))
    }

    pub(super) fn look_up(&mut self, shown: &Shown) -> Result<Payer, Refused> {
        let reading = self.time();
        let Some(inside) = &mut self.inside else { return Err(facts::unknown_code(CredentialState::Unknown)) };
        let (person, _) = inside.find(shown, &reading, false)?;
        let since = inside.uncounted(&person);
        let (wallets, arrears) = facts::money(&Someone { person: &person, since: &since });
        let balance = Cents::sum(wallets.iter().map(|wallet| wallet.balance)).unwrap_or(Cents::ZERO);
        Ok(Payer { balance, arrears, ..facts::shown(&person) })
    }

    /// Answered at once, but for the first moments after a start: then when all names are read.
    pub(super) fn search(&mut self, text: String) -> Option<Input> {
        if self.inside.as_ref().is_some_and(|inside| !inside.mirror.is_searchable()) {
            self.searching = Some(text);
            return None;
        }
        self.searching = None;
        let found = self.inside.as_ref().map(|inside| inside.mirror.search(&text));
        let found = found.and_then(|found| found.inspect_err(|why| tracing::error!(error = ?why, "search")).ok());
        let people = found.unwrap_or_default();
        Some(Input::Found(people.iter().filter(|person| person.state == "active").map(facts::shown).collect()))
    }

    /// A slice of the names after a start, and what somebody looked for meanwhile.
    pub(super) fn read_names(&mut self) {
        let Some(inside) = &mut self.inside else { return };
        if inside.mirror.is_searchable() {
            return;
        }
        if let Err(why) = inside.mirror.read_names() {
            tracing::error!(error = ?why, "names can't be read");
        }
        if inside.mirror.is_searchable()
            && let Some(text) = self.searching.take()
            && let Some(found) = self.search(text)
        {
            self.input(found);
        }
    }

    pub(super) fn roster(&self, class: Uuid) -> Vec<(Payer, bool)> {
        let (Some(inside), Some(shop)) = (&self.inside, &self.shop) else { return Vec::new() };
        let now = self.time().at;
        let meal = shop.period_at(now).map(|period| period.id);
        let ticked = |person: &Person| {
            inside.bought(person.id, |at| {
                at.china_day() == now.china_day() && shop.period_at(at).map(|period| period.id) == meal
            })
        };
        let people = inside.mirror.of_class(class.into()).unwrap_or_default();
        let here = people.iter().filter(|person| person.state == "active");
        here.map(|person| (facts::shown(person), ticked(person))).collect()
    }

    pub(super) fn check_pin(&mut self, cashier: UserId, pin: String) {
        let known = self.shop.as_ref().and_then(|shop| shop.cashiers.iter().find(|known| known.id == cashier));
        let hash = known.and_then(|known| known.pin_hash.clone()).unwrap_or_default();
        self.outbox.push(Do::CheckPin { hash, pin });
    }
}

/// Slow on purpose: on a thread of its own.
pub fn is_pin(hash: &str, pin: &str) -> bool {
    let read = PasswordHash::new(hash).ok();
    read.is_some_and(|hash| Argon2::default().verify_password(pin.as_bytes(), &hash).is_ok())
}

fn nobody(refused: Refused) -> Local {
    Local { payer: None, verdict: LocalVerdict::Refuse(refused), trace: String::new() }
}

impl<F: Files> Inside<F> {
    fn judge(&mut self, sale: &Sale, shop: &Shop, reading: &Reading) -> Local {
        self.looked = None;
        let (person, credential) = match self.find(&sale.shown, reading, !sale.training) {
            Ok(found) => found,
            Err(refused) => return nobody(refused),
        };
        let since = self.uncounted(&person);
        let meal_of = |at| shop.period_at(at).map(|period| period.id);
        let meal = sale.period.or_else(|| meal_of(sale.at));
        let lease = self.lease.as_ref();
        let limits = Limits {
            offline: Offline {
                lease,
                used: lease.map(|lease| self.own.used(lease.serial)).unwrap_or_default(),
                person: self.person_used(person.id, sale.at.china_day(), meal, meal_of),
                now: reading.at,
            },
            unheard: self.unheard(person.id),
            list_age_ms: self.codes.status_age_ms(reading.at.ms()),
            disk_low: !matches!(self.journal.room(), Ok(Room::Enough)),
        };
        let local = facts::judge(sale, &Someone { person: &person, since: &since }, credential.as_ref(), shop, &limits);
        if let LocalVerdict::Allow { split, balance_after, .. } = &local.verdict {
            let lease = lease.map(|lease| lease.serial).filter(|_| !split.charged.is_zero());
            let (balance_after, payer) = (Some(*balance_after), local.payer.clone().unwrap_or_default());
            self.looked = Some(Looked { purchase: sale.id, payer, credential, lease, balance_after });
        } else if let Some(payer) = local.payer.clone() {
            self.looked = Some(Looked { purchase: sale.id, payer, credential, lease: None, balance_after: None });
        }
        local
    }

    /// The person of a code or a choice. `uses`: a phone's code is taken, and not again.
    fn find(&mut self, shown: &Shown, reading: &Reading, uses: bool) -> Found {
        let unknown = || facts::unknown_code(CredentialState::Unknown);
        let broken = |why| {
            tracing::error!(error = ?why, "the mirror can't be read");
            unknown()
        };
        match shown {
            Shown::Person(person) => {
                let found = self.mirror.person(*person).map_err(broken)?;
                found.map(|person| (person, None)).ok_or_else(unknown)
            }
            Shown::Card(number) => {
                let found = self.mirror.by_card(number).map_err(broken)?;
                found.map(|person| (person, None)).ok_or_else(facts::unknown_card)
            }
            Shown::Code(text) => {
                let now = Now { ms: reading.at.ms(), uncertainty_ms: reading.uncertainty_ms };
                let read = if uses { self.codes.read(text, now) } else { self.codes.look(text, now) };
                match read {
                    Read::Good(credential) => {
                        let elsewhere = credential.code_use().filter(|_| uses);
                        if let Some(neighbour) = elsewhere.and_then(|code| self.relay.used_at(code)) {
                            return Err(facts::used_at(&neighbour.name));
                        }
                        let found = self.mirror.by_account(credential.account).map_err(broken)?;
                        found.map(|person| (person, Some(credential))).ok_or_else(unknown)
                    }
                    Read::Refused(state) => Err(facts::unknown_code(state)),
                    Read::Trouble(code, words) => Err(facts::trouble(code, words)),
                }
            }
        }
    }
}

//! The other terminals of the canteen: what is told them of this one's sales, and what theirs change here. It only ever
//! makes this counter more careful: nothing heard is nothing counted, and nothing is waited for.

use super::{Agent, Do, Inside};
use crate::facts::Uncounted;
use crate::home::Identity;
use crate::mirror::ListKind;
use yitong_journal::Files;
use yitong_sync::relay::{Circle, LIFE_MS, NONCE_BYTES, News, Origin, Relay, Spent};
use yitong_sync::wire::people::Person;
use yitong_sync::wire::setup::Setup;
use yitong_sync::{DeviceKey, PersonUsed, link};
use yitong_values::{BusinessDay, Cents, MealPeriodId, PersonId, TerminalId, Timestamp};

/// Signed in one step; what more there is after a start is told in the next ones.
const TOLD_AT_ONCE: usize = 64;
/// The doorbell's word that nothing is newer was looked up so long before it was dated, at the most.
const SYNCED_BEFORE_MS: i64 = 2_000;

/// As the server signed it for this machine.
pub(super) fn circle(identity: &Identity, key: &DeviceKey, setup: &Setup) -> Option<Circle> {
    let sealed = setup.relay.as_ref()?;
    let circle = sealed.open(&identity.authority, identity.school, &key.public());
    if circle.is_none() {
        tracing::warn!("the list of this canteen's terminals is not believed; this one is alone");
    }
    circle.filter(|circle| circle.canteen == setup.canteen.id)
}

pub(super) fn relay(identity: &Identity, key: &DeviceKey, setup: Option<&Setup>) -> Relay {
    let me = Origin { terminal: identity.terminal, journal: identity.journal };
    let mut relay = Relay::new(me, key.clone());
    relay.join(setup.and_then(|setup| circle(identity, key, setup)));
    relay
}

/// Names that nobody has used, beside the terminal's own: no other message has the same.
fn nonce(id: uuid::Uuid, terminal: TerminalId) -> [u8; NONCE_BYTES] {
    let mut nonce = [0; NONCE_BYTES];
    nonce[..16].copy_from_slice(id.as_bytes());
    nonce[16..].copy_from_slice(&terminal.uuid().as_bytes()[8..]);
    nonce
}

impl<F: Files> Agent<F> {
    pub(super) fn hear_neighbour(&mut self, datagram: &[u8]) {
        let (now, mono) = (self.time().at, self.mono_ms);
        let Some(inside) = &mut self.inside else { return };
        let before = inside.relay.heard(mono);
        match inside.relay.hear(datagram, now, mono) {
            Ok(News::ListAsked { version, from }) => inside.give_list(version, from),
            Ok(News::ListCame { from, version, bytes }) => inside.take_list(from, version, &bytes, mono),
            Ok(News::Nothing | News::Spent) => {}
            Err(why) => tracing::debug!(?why, "a neighbour is not heard"),
        }
        if inside.relay.heard(mono) != before {
            self.publish();
        }
    }

    pub(super) fn look_after_neighbours(&mut self) {
        let (now, mono) = (self.time().at, self.mono_ms);
        let Some(inside) = &mut self.inside else { return };
        if inside.link.state() == link::State::Revoked {
            inside.relay.join(None);
        }
        let status = inside.codes.status_head().map_or(0, |(version, _)| version);
        inside.relay.tick(now, mono, status);
    }

    /// What changed in this step goes out with it.
    pub(super) fn tell_neighbours(&mut self) {
        let now = self.time().at;
        let Some(inside) = &mut self.inside else { return };
        let since = now.plus_ms(-LIFE_MS);
        for spent in inside.own.untold(since, TOLD_AT_ONCE) {
            inside.relay.say(spent, now);
        }
        let (terminal, new_id) = (inside.identity.terminal, &mut self.new_id);
        let all = inside.relay.take_out(now, || nonce(new_id(), terminal));
        self.outbox.extend(all.into_iter().map(Do::Tell));
    }
}

impl<F: Files> Inside<F> {
    fn give_list(&mut self, version: u32, from: u16) {
        let held = self.codes.status_head().is_some_and(|(held, _)| held == version);
        if held && let Ok(Some(bytes)) = self.mirror.list(ListKind::Status) {
            self.relay.give_list(version, from, &bytes);
        }
    }

    /// The school's own signature says whether it is a list; a neighbour only carried it.
    fn take_list(&mut self, from: TerminalId, version: u32, bytes: &[u8], mono_ms: u64) {
        let taken = self.codes.take_status(bytes);
        let good = taken.is_ok() && self.codes.status_head().is_some_and(|(held, _)| held >= version);
        self.relay.list_taken(from, version, good, mono_ms);
        match good {
            true => {
                let kept = self.mirror.keep_list(ListKind::Status, bytes);
                kept.inspect_err(|why| tracing::error!(error = ?why, "a list can't be kept")).ok();
            }
            false => tracing::warn!(version, "a neighbour's list is not believed"),
        }
    }

    /// What the server had not counted when it said what it knows of this person, here and at the neighbours, oldest
    /// first.
    pub(super) fn uncounted(&self, person: &Person) -> Vec<Uncounted> {
        let own = self.own.since(person.id, person.as_of).into_iter();
        let own = own.map(|sale| Uncounted { at: sale.at, charged: sale.charged, stall: None });
        // Whoever has not changed is not sent again: then the whole mirror's age counts, not the person's.
        let synced = self.synced_at.map_or(0, |at| at - SYNCED_BEFORE_MS);
        let as_of = person.as_of.max(Timestamp::from_ms(synced));
        let near = self.relay.spent_by(person.id).filter(|(_, spent)| !spent.undone);
        let near = near.filter(|(_, spent)| spent.known_at.is_none_or(|known| known > as_of));
        let near = near.map(|(at, spent)| Uncounted { at: spent.at, charged: spent.amount, stall: Some(at.stall) });
        let mut all: Vec<_> = own.chain(near).collect();
        all.sort_by_key(|sale| sale.at);
        all
    }

    fn offline_near(&self, person: PersonId) -> impl Iterator<Item = &Spent> {
        let near = self.relay.spent_by(person).map(|(_, spent)| spent);
        near.filter(|spent| spent.offline && !spent.undone)
    }

    /// What one person bought without the server's word in this meal and day, here and at the neighbours.
    pub(super) fn person_used(
        &self,
        person: PersonId,
        day: BusinessDay,
        meal: Option<MealPeriodId>,
        meal_of: impl Fn(Timestamp) -> Option<MealPeriodId> + Copy,
    ) -> PersonUsed {
        let own = self.own.person_used(person, day, meal, meal_of);
        let today = self.offline_near(person).filter(|spent| spent.at.china_day() == day);
        today.fold(own, |used, spent| {
            let plus = |sum: Cents| sum.plus(spent.amount).unwrap_or(Cents::INPUT_MAX);
            let same = meal_of(spent.at) == meal;
            PersonUsed { meal: if same { plus(used.meal) } else { used.meal }, day: plus(used.day) }
        })
    }

    /// Sum and number of what a person bought that the server has not heard of.
    pub(super) fn unheard(&self, person: PersonId) -> (Cents, u32) {
        let near = self.offline_near(person).filter(|spent| spent.known_at.is_none());
        near.fold(self.own.unheard(person), |(sum, count), spent| {
            (sum.plus(spent.amount).unwrap_or(Cents::INPUT_MAX), count + 1)
        })
    }

    /// Whether this person bought at a moment like that, here or at a neighbour.
    pub(super) fn bought(&self, person: PersonId, when: impl Fn(Timestamp) -> bool) -> bool {
        let near = || self.relay.spent_by(person).any(|(_, spent)| !spent.undone && when(spent.at));
        self.own.bought(person, &when) || near()
    }
}

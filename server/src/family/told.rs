//! A message to a guardian about a child, as the queue of notices takes it.

use crate::guardians::{Consents, Watcher};
use crate::notices::{Kind, NewNotice, Reach, Recipient, name_of};
use uuid::Uuid;
use yitong_values::{GuardianId, PersonId, SchoolId, Timestamp};

const HOUR_MS: i64 = 3_600_000;

/// Whom and when it is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct About {
    pub(super) school: SchoolId,
    pub(super) person: PersonId,
    pub(super) at: Timestamp,
}

/// One guardian, and whether a message may leave this server.
#[derive(Clone, Copy, Debug)]
pub(super) struct To {
    pub(super) guardian: GuardianId,
    pub(super) reach: Reach,
}

impl To {
    pub(super) fn new(guardian: GuardianId, consents: Consents) -> To {
        To { guardian, reach: if consents.messages { Reach::Channels } else { Reach::Inbox } }
    }
}

impl From<&Watcher> for To {
    fn from(of: &Watcher) -> To {
        To::new(of.guardian, of.consents)
    }
}

/// What is told. Amounts are whole fen and times are milliseconds: the templates write them for people.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// The same whenever the same thing is told; the guardian is put behind it.
    pub(super) cause: String,
    pub(super) kind: Kind,
    pub(super) params: Vec<(&'static str, String)>,
    /// Where a tap leads.
    pub(super) link: String,
}

impl About {
    pub(super) fn notice(&self, to: To, message: &Message) -> NewNotice {
        let dedupe = format!("{}:{}", message.cause, to.guardian);
        NewNotice {
            id: name_of(&dedupe, self.at),
            dedupe,
            school: Some(self.school),
            to: Recipient::Guardian(to.guardian),
            about: Some(self.person),
            kind: message.kind,
            params: message.params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            reach: to.reach,
            link: Some(message.link.clone()),
            at: self.at,
            not_before: None,
            expires_at: self.at.plus_ms(lasts_h(message.kind) * HOUR_MS),
        }
    }
}

/// How long somebody still wants to hear of it.
fn lasts_h(kind: Kind) -> i64 {
    match kind {
        Kind::MealMissed => 3,
        Kind::Purchase | Kind::PurchaseUndone => 24,
        _ => 72,
    }
}

/// Where a tap on the message leads.
pub(super) fn purchase_link(purchase: Uuid, binding: yitong_values::BindingId) -> String {
    format!("/parent/purchases/{purchase}?child={binding}")
}

//! Messages to people: queued in the transaction of their cause, sent by a worker over the channels that each person
//! reads, kept as an inbox.

mod accounts;
mod address;
mod budget;
mod channels;
mod channels_http;
mod delivery;
mod jobs;
mod kind;
mod log_http;
mod log_store;
mod notice;
mod outgoing;
mod preferences;
mod push;
mod queue_store;
mod set_up;
mod settings_store;
mod staff;
mod staff_http;
mod state;
mod store;
mod take;
mod template;
mod templates_http;
mod texts;
mod variables;

pub use address::{Channel, Habits, Locale, NewAddress, Scope, SealedAddress};
pub use jobs::{forget_old, run_due, start};
pub use kind::Kind;
pub use log_store::{Inboxed, inbox, mark_read};
pub use notice::{Confidential, NewNotice, Reach, Recipient, name_of};
pub use preferences::{GUARDIAN_WAYS, Preferences, Way, guardian_kinds};
pub use push::{SUBSCRIPTIONS_MAX, check_subscription, push_key};
pub use queue_store::{Kept, To, habits};
pub use set_up::set_channel;
pub use settings_store::{KnownAddress, known_addresses, mail_sender, preferences, put_preference};
pub use staff::{STAFF_WAYS, Work, staff_kinds, tell_staff};
pub use state::{Seen, State};
pub use store::{
    address_at, drop_address, drop_addresses, forget_owner, keep_newest, put_address, put_habits, queue, unread,
};
pub use take::StillTrue;

pub use yitong_channels::tell::mail::is_address as is_mail_address;

use crate::App;
use utoipa_axum::router::OpenApiRouter;

pub fn routes() -> OpenApiRouter<App> {
    channels_http::routes().merge(templates_http::routes()).merge(log_http::routes()).merge(staff_http::routes())
}

//! `GET /people?since=&limit=`: everybody whom a counter may meet, and what changed.

use super::forms::{fen, fen_or_none, ms};
use super::setup::LimitsWire;
use serde::{Deserialize, Serialize};
use yitong_values::{Cents, ClassId, PersonId, Timestamp};

/// In one page.
pub const PEOPLE_MAX: usize = 2_000;

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PeoplePage {
    /// The terminal's cursor is unknown or too old: after the last page, whoever was in none of them is gone.
    pub whole: bool,
    pub items: Vec<Person>,
    pub gone: Vec<PersonId>,
    /// To ask with next.
    pub next: i64,
    pub more: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Person {
    pub id: PersonId,
    /// The number in codes.
    pub account: u32,
    pub name: String,
    pub number: String,
    pub class: Option<ClassId>,
    pub class_name: Option<String>,
    /// student, staff or visitor
    pub kind: String,
    /// active, left or suspended
    pub state: String,
    /// By the school.
    pub frozen: bool,
    /// Slot and balance; those that are empty are left out, but for cash.
    pub wallets: Vec<(u8, i64)>,
    #[serde(with = "fen")]
    pub arrears: Cents,
    /// `yitong_rules::Counters::text`.
    pub counters: String,
    pub limits: LimitsWire,
    #[serde(default)]
    pub no_buy: Vec<String>,
    #[serde(default)]
    pub allergens: Vec<String>,
    #[serde(default)]
    pub guardian: GuardianWire,
    /// Numbers of cards that name this person, in hexadecimal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<String>,
    /// Changes with the photo; none: there is no photo, or policy keeps it off terminals.
    pub photo: Option<String>,
    /// The server knew all of the terminal's sales that it has acknowledged at this moment.
    #[serde(with = "ms")]
    pub as_of: Timestamp,
}

/// What guardians set; it only makes things stricter.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct GuardianWire {
    pub frozen: bool,
    #[serde(with = "fen_or_none", default)]
    pub purchase_cap: Option<Cents>,
    #[serde(with = "fen_or_none", default)]
    pub meal: Option<Cents>,
    #[serde(with = "fen_or_none", default)]
    pub day: Option<Cents>,
    #[serde(default)]
    pub no_buy: Vec<String>,
    #[serde(default)]
    pub allergens: Vec<String>,
}

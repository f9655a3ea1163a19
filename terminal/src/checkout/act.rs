//! What people do at the screens and the keypad. The screens post these; the state machine takes them.

use super::picture::DeviceKind;
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

/// How the price comes about at this counter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CounterMode {
    #[default]
    Dish,
    Amount,
    Fixed,
    Count,
    Weigh,
}

impl CounterMode {
    pub const ALL: [CounterMode; 5] =
        [CounterMode::Dish, CounterMode::Amount, CounterMode::Fixed, CounterMode::Count, CounterMode::Weigh];

    pub fn from_word(word: &str) -> Option<CounterMode> {
        CounterMode::ALL.into_iter().find(|mode| mode.word() == word)
    }

    pub fn word(self) -> &'static str {
        match self {
            CounterMode::Dish => "dish",
            CounterMode::Amount => "amount",
            CounterMode::Fixed => "fixed",
            CounterMode::Count => "count",
            CounterMode::Weigh => "weigh",
        }
    }

    /// For the rules a weighed dish is a dish: it has a category and allergens.
    pub fn of_rules(self) -> yitong_rules::Mode {
        match self {
            CounterMode::Dish | CounterMode::Weigh => yitong_rules::Mode::Dish,
            CounterMode::Amount => yitong_rules::Mode::Amount,
            CounterMode::Fixed => yitong_rules::Mode::Fixed,
            CounterMode::Count => yitong_rules::Mode::Count,
        }
    }

    /// The price stands before anybody keys anything.
    pub fn has_its_price(self) -> bool {
        matches!(self, CounterMode::Fixed | CounterMode::Count)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    Zh,
    En,
}

/// An act of somebody at a screen. Each is posted with an id, and an id is taken once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    Key {
        key: Key,
    },
    Mode {
        mode: CounterMode,
    },
    /// One more of a dish (or as many as were keyed).
    Dish {
        id: Uuid,
        #[serde(default = "one")]
        count: u32,
    },
    /// Another count for a line of the tray; zero takes it off.
    Line {
        key: String,
        count: u32,
    },
    /// From a scanner that types, or a camera that the page reads.
    Scan {
        text: String,
        /// The key of this act and those after it were the scanner's: they are taken back first.
        #[serde(default)]
        not_keyed: Option<Uuid>,
    },
    /// The key of this act and those after it were no hand's; without one, nothing that was keyed is certain.
    TakeBack {
        #[serde(default)]
        since: Option<Uuid>,
    },
    /// Somebody from the list, instead of a code.
    Pick {
        person: Uuid,
    },
    Search {
        text: String,
    },
    /// One of the question's choices.
    Answer {
        choice: String,
    },
    Cancel,
    Pay,
    Undo {
        purchase: Uuid,
    },
    /// The next code only shows its balance.
    Balance,
    ShiftOpen {
        cashier: Uuid,
        #[serde(default)]
        pin: String,
        /// Fen in the drawer.
        #[serde(default)]
        cash: i64,
    },
    ShiftClose {
        /// Fen counted in the drawer.
        cash_count: i64,
    },
    Training {
        on: bool,
    },
    Volume {
        level: u8,
    },
    Language {
        language: Language,
    },
    /// A class opens its list; a person of it is ticked off; neither closes it.
    Roster {
        #[serde(default)]
        class: Option<Uuid>,
        #[serde(default)]
        person: Option<Uuid>,
    },
    Enrol {
        text: String,
    },
    TestDevice {
        kind: DeviceKind,
    },
    PrintLast,
}

fn one() -> u32 {
    1
}

/// A key of the body, of a keypad on a cable, or of the screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Key {
    Digit(u8),
    DoubleZero,
    Dot,
    Back,
    Clear,
    Enter,
}

impl Key {
    pub fn from_word(word: &str) -> Option<Key> {
        Some(match word {
            "00" => Key::DoubleZero,
            "." => Key::Dot,
            "back" => Key::Back,
            "clear" => Key::Clear,
            "enter" => Key::Enter,
            digit => Key::Digit(digit.parse().ok().filter(|n| *n < 10 && digit.len() == 1)?),
        })
    }
}

impl TryFrom<String> for Key {
    type Error = &'static str;

    fn try_from(word: String) -> Result<Key, &'static str> {
        Key::from_word(&word).ok_or("no key of a till")
    }
}

impl From<Key> for String {
    fn from(key: Key) -> String {
        match key {
            Key::Digit(digit) => digit.to_string(),
            Key::DoubleZero => "00".into(),
            Key::Dot => ".".into(),
            Key::Back => "back".into(),
            Key::Clear => "clear".into(),
            Key::Enter => "enter".into(),
        }
    }
}

impl PartialSchema for Key {
    fn schema() -> RefOr<Schema> {
        let digits = (0..10).map(Key::Digit);
        let all = digits.chain([Key::DoubleZero, Key::Dot, Key::Back, Key::Clear, Key::Enter]).map(String::from);
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(all)).into()
    }
}

impl ToSchema for Key {}

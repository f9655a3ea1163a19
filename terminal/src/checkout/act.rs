//! What people do at the screens and the keypad. The screens post these; the state machine takes them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
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
    /// 0 to 9, 00, `.`, back, clear, enter
    Key {
        key: String,
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
        kind: String,
    },
    PrintLast,
}

fn one() -> u32 {
    1
}

/// A key of the body, of a keypad on a cable, or of the screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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

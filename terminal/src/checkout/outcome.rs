//! What fills both screens when something came to an end.

use super::effect::Payer;
use super::{ResultKind, words};
use yitong_rules::Words;
use yitong_values::{Cents, Timestamp};

/// A whole-screen result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    pub kind: ResultKind,
    pub words: Words,
    pub detail: Words,
    /// What the customer's screen says instead of the details.
    pub public: Words,
    pub amount: Cents,
    pub balance_after: Option<Cents>,
    pub arrears_after: Option<Cents>,
    pub offline: bool,
    pub speak: Vec<String>,
    pub payer: Option<Payer>,
    pub until: Timestamp,
}

impl Outcome {
    pub(crate) fn of(kind: ResultKind, words: Words, until: Timestamp) -> Outcome {
        Outcome {
            kind,
            words,
            detail: Words { zh: String::new(), en: String::new() },
            public: words::not_paid(),
            amount: Cents::ZERO,
            balance_after: None,
            arrears_after: None,
            offline: false,
            speak: Vec::new(),
            payer: None,
            until,
        }
    }
}

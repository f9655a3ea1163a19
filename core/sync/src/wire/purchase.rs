//! `PUT /purchases/{id}` with a [`crate::Sale`]: the server decides. `PUT /purchases/{id}/undo`.

use super::forms::{fen, fen_or_none, ms};
use serde::{Deserialize, Serialize};
use yitong_values::{Cents, PersonId, Timestamp, UserId};

/// A terminal waits no longer for it, and sells by itself then.
pub const BUDGET_MS: u64 = 800;

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SaleAnswer {
    pub verdict: Verdict,
    /// Who paid, when the code was read.
    pub person: Option<PersonId>,
    /// `yitong_rules::Trace::text`.
    pub trace: String,
    #[serde(with = "ms")]
    pub server: Timestamp,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Verdict {
    Paid {
        #[serde(with = "fen")]
        amount: Cents,
        #[serde(with = "fen_or_none", default)]
        balance_after: Option<Cents>,
        #[serde(with = "fen_or_none", default)]
        arrears_after: Option<Cents>,
    },
    Refused {
        /// `yitong_rules::Refusal::code`, or a problem's.
        code: String,
        zh: String,
        en: String,
    },
    /// Ask the cashier, and send the sale again with the answer.
    Ask {
        /// duplicate or photo_check
        question: String,
        seconds_ago: u32,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UndoAsk {
    #[serde(with = "ms")]
    pub at: Timestamp,
    pub by: Option<UserId>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UndoAnswer {
    pub undone: bool,
    /// Why not.
    pub code: Option<String>,
    #[serde(default)]
    pub zh: String,
    #[serde(default)]
    pub en: String,
    #[serde(with = "fen_or_none", default)]
    pub balance_after: Option<Cents>,
}

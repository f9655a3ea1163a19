//! What can wait until nobody stands at the counter. It writes and syncs files, and whoever shows a code meanwhile
//! would wait for that. A power cut before it costs time, no money: records are sent again, and the server knows them.

use super::{Agent, Inside};
use crate::checkout::{Input, Phase};
use yitong_journal::Files;
use yitong_values::DAY_MS;

/// Nothing was touched or shown for so long, and nobody is served …
const CALM_MS: u64 = 1_500;
/// … or somebody looks at a result, and the next one steps up.
const SEEN_MS: u64 = 300;
/// While people come in page by page it is not done for each.
const EVERY_MS: u64 = 2_000;
/// In a lunch without a pause it is done in between.
const LATEST_MS: u64 = 20_000;

impl<F: Files> Agent<F> {
    /// Somebody is at the counter. A scale speaks all day, also to nobody.
    pub(super) fn is_touched(&mut self, by: &Input) {
        if matches!(by, Input::Act(..) | Input::Scan(_) | Input::Card(_) | Input::Key(_)) {
            self.touched_ms = self.mono_ms;
        }
    }

    pub(super) fn rest(&mut self) {
        let phase = self.shown.as_ref().map(|shown| shown.operator.screen);
        let untouched_ms = self.mono_ms.saturating_sub(self.touched_ms);
        let calm = match phase {
            Some(Phase::Idle) => untouched_ms >= CALM_MS,
            Some(Phase::Result) => untouched_ms >= SEEN_MS,
            // Here somebody waits for just this.
            Some(Phase::Deciding) => return,
            _ => false,
        };
        if self.mono_ms.saturating_sub(self.rested_ms) < if calm { EVERY_MS } else { LATEST_MS } {
            return;
        }
        let keep_days = self.shop.as_ref().map(|shop| shop.keep_days);
        let Some(inside) = self.inside.as_mut().filter(|inside| inside.unkept) else { return };
        (inside.unkept, self.rested_ms) = (false, self.mono_ms);
        self.about = "at rest";
        inside.put_away(keep_days);
    }
}

impl<F: Files> Inside<F> {
    fn put_away(&mut self, keep_days: Option<u16>) {
        let kept = self.journal.keep_acknowledged();
        kept.inspect_err(|why| tracing::warn!(error = ?why, "an acknowledgement can't be kept")).ok();
        if let Some(days) = keep_days {
            let before = self.journal.acknowledged_at().plus_ms(-i64::from(days) * DAY_MS);
            let packed = self.journal.pack(before);
            packed.inspect_err(|why| tracing::warn!(error = ?why, "old records can't be packed")).ok();
        }
        let settled = self.mirror.settle();
        settled.inspect_err(|why| tracing::warn!(error = ?why, "the mirror's log can't be put into its file")).ok();
    }
}

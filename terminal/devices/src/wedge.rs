//! A keyboard on which both a scanner and a person may type (a hub that shows as one device, a scanner that can't be
//! told from a pad): told apart by speed, as the counter page does.

use crate::keys::{self, Stroke};

/// Scanners seen in schools stay below this; nobody types six signs in a row as fast.
pub const GAP_MS: u64 = 60;
pub const SCAN_SIGNS_MIN: usize = 6;
/// Once it is certain that a scanner types, a busy machine may hesitate.
const HICCUP_MS: u64 = 250;

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Heard {
    Scan(String),
    /// The signs of a scan whose end never came.
    Broken,
    Stroke(Stroke),
}

/// Holds a sign until the next one shows whose it was, so that the first digit of a code never reaches the keypad.
pub struct Wedge {
    gap_ms: u64,
    /// Nobody else types on it: signs need not be fast, and keys mean nothing.
    only_scans: bool,
    signs: String,
    last: Option<u64>,
    too_long: bool,
}

impl Wedge {
    pub fn mixed(gap_ms: u64) -> Self {
        Wedge { gap_ms, only_scans: false, signs: String::new(), last: None, too_long: false }
    }

    pub fn scanner(gap_ms: u64) -> Self {
        Wedge { only_scans: true, ..Wedge::mixed(gap_ms) }
    }

    /// One stroke and its moment; gives what is certain by now.
    pub fn hear(&mut self, stroke: Stroke, at_ms: u64) -> Vec<Heard> {
        let fast = self.last.is_some_and(|last| at_ms.saturating_sub(last) <= self.patience_ms());
        self.last = Some(at_ms);
        let Stroke::Sign(sign) = stroke else { return self.named(stroke, fast) };
        let before = if fast { Vec::new() } else { self.flush() };
        if self.signs.len() < crate::scan::SCAN_BYTES_MAX {
            self.signs.push(sign);
        } else {
            self.too_long = true;
        }
        before
    }

    fn named(&mut self, stroke: Stroke, fast: bool) -> Vec<Heard> {
        let ends = matches!(stroke, Stroke::Named(keys::ENTER | keys::KP_ENTER | keys::TAB));
        if ends && fast && self.is_scan() && !self.too_long {
            return crate::scan::text(std::mem::take(&mut self.signs).as_bytes())
                .map(Heard::Scan)
                .into_iter()
                .collect();
        }
        let mut heard = self.flush();
        if !self.only_scans {
            heard.push(Heard::Stroke(stroke));
        }
        heard
    }

    /// Nothing more came: what was held is a person's, or a scan without an end.
    pub fn flush(&mut self) -> Vec<Heard> {
        let signs = std::mem::take(&mut self.signs);
        if std::mem::take(&mut self.too_long) || signs.len() >= SCAN_SIGNS_MIN || (self.only_scans && !signs.is_empty())
        {
            return vec![Heard::Broken];
        }
        signs.chars().map(|sign| Heard::Stroke(Stroke::Sign(sign))).collect()
    }

    /// What was held is not whole any more.
    pub fn lost(&mut self) -> Vec<Heard> {
        let held = self.holding();
        self.signs.clear();
        self.too_long = false;
        self.last = None;
        if held { vec![Heard::Broken] } else { Vec::new() }
    }

    /// How long the next sign may take.
    pub fn patience_ms(&self) -> u64 {
        if self.is_scan() { self.gap_ms.max(HICCUP_MS) } else { self.gap_ms }
    }

    pub fn holding(&self) -> bool {
        !self.signs.is_empty()
    }

    fn is_scan(&self) -> bool {
        self.signs.len() >= SCAN_SIGNS_MIN || (self.only_scans && !self.signs.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types each sign after its gap; `\n` is Enter.
    fn typed(mut wedge: Wedge, text: &[(&str, u64)]) -> Vec<Heard> {
        let mut at = 0;
        let mut heard = Vec::new();
        for (signs, gap) in text {
            for sign in signs.chars() {
                at += gap;
                let stroke = if sign == '\n' { Stroke::Named(keys::ENTER) } else { Stroke::Sign(sign) };
                heard.extend(wedge.hear(stroke, at));
            }
        }
        heard.extend(wedge.flush());
        heard
    }

    fn keys_of(text: &str) -> Vec<Heard> {
        let stroke = |sign| if sign == '\n' { Stroke::Named(keys::ENTER) } else { Stroke::Sign(sign) };
        text.chars().map(|sign| Heard::Stroke(stroke(sign))).collect()
    }

    #[test]
    fn tells_a_scanner_from_a_person() {
        let check =
            |text: &[(&str, u64)], expected: Vec<Heard>| assert_eq!(typed(Wedge::mixed(GAP_MS), text), expected);
        check(&[("690123\n", 5)], vec![Heard::Scan("690123".into())]);
        check(&[("12.5\n", 200)], keys_of("12.5\n"));
        // A cashier who drums: five digits are an amount, not a code.
        check(&[("12345\n", 20)], keys_of("12345\n"));
        check(&[("126", 300), ("90123\n", 5)], [keys_of("12"), vec![Heard::Scan("690123".into())]].concat());
        check(&[("690123", 5)], vec![Heard::Broken]);
        check(&[("6901", 5), ("23\n", 200)], keys_of("690123\n"));
        check(&[("6901234", 5), ("5\n", 200)], vec![Heard::Scan("69012345".into())]);
    }

    #[test]
    fn a_device_that_only_scans_may_be_slow_and_short() {
        let check =
            |text: &[(&str, u64)], expected: Vec<Heard>| assert_eq!(typed(Wedge::scanner(GAP_MS), text), expected);
        check(&[("123\n", 100)], vec![Heard::Scan("123".into())]);
        check(&[("123", 10)], vec![Heard::Broken]);
        check(&[("\n\n", 10)], vec![]);
    }

    #[test]
    fn what_never_ends_is_one_broken_scan() {
        let endless = "9".repeat(5000);
        assert_eq!(typed(Wedge::scanner(GAP_MS), &[(&endless, 1), ("\n", 1)]), [Heard::Broken]);
    }
}

//! What all pretend devices can: take bytes, take a word from a person, and tell what happened.

use super::Scale;
use crate::keys;
use crate::printer::{Mark, Paper, Status};
use crate::relay::{Decoder, Protocol, Switch};
use std::collections::BTreeMap;

/// The far end of a wire.
pub trait Device {
    /// Bytes of the host; gives the answer.
    fn hear(&mut self, bytes: &[u8]) -> Vec<u8>;

    /// What it says without being asked, ten times a second.
    fn by_itself(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// A person does something to it: a line of the terminal. Gives what goes over the wire, or what is wrong with it.
    fn told(&mut self, line: &str) -> Result<Vec<u8>, String>;

    /// What a person would have seen since the last look.
    fn seen(&mut self) -> Vec<String> {
        Vec::new()
    }
}

/// Each line is a code.
pub struct Scanner {
    pub end: &'static str,
}

impl Device for Scanner {
    fn hear(&mut self, _: &[u8]) -> Vec<u8> {
        Vec::new()
    }

    fn told(&mut self, line: &str) -> Result<Vec<u8>, String> {
        Ok(format!("{line}{}", self.end).into_bytes())
    }
}

/// `250` lies on it; `250 ?` sways; `250 t` is without its dish.
impl Device for Scale {
    fn hear(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.answer(bytes)
    }

    fn by_itself(&mut self) -> Vec<u8> {
        Scale::by_itself(self)
    }

    fn told(&mut self, line: &str) -> Result<Vec<u8>, String> {
        let mut words = line.split_whitespace();
        let grams = words.next().and_then(|word| word.parse().ok());
        self.grams = grams.ok_or("grams, then ? while it sways or t for tare: 250 ?")?;
        let rest: Vec<&str> = words.collect();
        self.stable = !rest.contains(&"?");
        self.tare = rest.contains(&"t");
        Ok(Vec::new())
    }
}

/// A printer: `paper out`, `paper low`, `cover open`, `stopped`, `well`.
pub struct Roll {
    paper: Paper,
    pub status: Status,
    rows: usize,
    marks: usize,
}

impl Roll {
    pub fn new(columns: usize) -> Self {
        Roll { paper: Paper::new(columns), status: Status::default(), rows: 0, marks: 0 }
    }

    pub fn paper(&self) -> &Paper {
        &self.paper
    }
}

impl Device for Roll {
    fn hear(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.paper.hear(bytes);
        let questions = self.paper.questions();
        questions.into_iter().map(|asked| self.status.answer(asked)).collect()
    }

    fn told(&mut self, line: &str) -> Result<Vec<u8>, String> {
        self.status = match line {
            "paper out" => Status { paper_out: true, ..Status::default() },
            "paper low" => Status { paper_low: true, ..Status::default() },
            "cover open" => Status { cover_open: true, ..Status::default() },
            "stopped" => Status { stopped: true, ..Status::default() },
            "well" => Status::default(),
            _ => return Err("paper out, paper low, cover open, stopped, or well".into()),
        };
        Ok(Vec::new())
    }

    fn seen(&mut self) -> Vec<String> {
        let rows = self.paper.rows();
        let mut seen: Vec<String> = rows[self.rows.min(rows.len())..].to_vec();
        self.rows = rows.len();
        let marks = self.paper.marks();
        let word = |mark: &Mark| match mark {
            Mark::Cut => "--- cut ---",
            Mark::Drawer => "[drawer opens]",
            Mark::Beep => "[beep]",
        };
        seen.extend(marks[self.marks..].iter().map(word).map(String::from));
        self.marks = marks.len();
        seen
    }
}

/// A board of relays.
pub struct Board {
    decoder: Decoder,
    on: BTreeMap<u8, bool>,
    seen: Vec<String>,
}

impl Board {
    pub fn new(protocol: Protocol, address: u8) -> Self {
        Board { decoder: Decoder::new(protocol, address), on: BTreeMap::new(), seen: Vec::new() }
    }

    /// The relays that are on.
    pub fn on(&self) -> Vec<u8> {
        self.on.iter().filter(|(_, on)| **on).map(|(relay, _)| *relay).collect()
    }
}

impl Device for Board {
    fn hear(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut answers = Vec::new();
        let (on, seen) = (&mut self.on, &mut self.seen);
        self.decoder.hear(bytes, &mut |Switch { relay, on: state }, answer| {
            if on.insert(relay, state) != Some(state) {
                seen.push(format!("relay {relay} {}", if state { "on" } else { "off" }));
            }
            answers.extend(answer);
        });
        answers
    }

    fn told(&mut self, _: &str) -> Result<Vec<u8>, String> {
        Err("a board of relays has no buttons".into())
    }

    fn seen(&mut self) -> Vec<String> {
        std::mem::take(&mut self.seen)
    }
}

/// A keyboard in a pipe (`at = "keys:/path"`): each line is typed; `back`, `clear` and `enter` are keys, and so is an
/// empty line.
pub struct Keys;

impl Device for Keys {
    fn hear(&mut self, _: &[u8]) -> Vec<u8> {
        Vec::new()
    }

    fn told(&mut self, line: &str) -> Result<Vec<u8>, String> {
        match line {
            "" | "enter" => Ok(keys::stroke(keys::KP_ENTER)),
            "back" => Ok(keys::stroke(keys::BACKSPACE)),
            "clear" => Ok(keys::stroke(keys::ESC)),
            text => keys::typed(text).ok_or_else(|| "a US keyboard has no such sign".into()),
        }
    }
}

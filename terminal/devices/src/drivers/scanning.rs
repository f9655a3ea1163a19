//! A scanner at a serial line, or at USB as one.

use super::{Session, Tell, line};
use crate::config::Config;
use crate::face::Command;
use crate::link::{Bell, Line, Woken};
use crate::scan::{Ends, Lines};
use crate::words::Trouble;
use std::time::Duration;

/// A scan takes half a second at 9600 baud and has no pauses.
const END_MS: u64 = 1000;

pub struct Scanning {
    line: Line,
    lines: Lines,
    pause: Duration,
}

impl Scanning {
    pub fn open(config: &Config, at: &str) -> Result<Self, Trouble> {
        let pause = match config.ends {
            Ends::Pause => config.gap_ms,
            Ends::Line | Ends::Tab => END_MS,
        };
        Ok(Scanning { line: line(config, at)?, lines: Lines::new(config.ends), pause: Duration::from_millis(pause) })
    }
}

impl Session for Scanning {
    fn listen(&mut self, bell: &Bell, tell: Tell<'_>) -> Result<(), Trouble> {
        let time = self.lines.holding().then_some(self.pause);
        match bell.wait(Some(self.line.fd()), time)? {
            Woken::Ready => self.lines.hear(&self.line.read()?, tell),
            Woken::Time => self.lines.pause(tell),
            Woken::Bell => {}
        }
        Ok(())
    }

    fn obey(&mut self, _: &Command, _: Tell<'_>) -> Result<(), Trouble> {
        Ok(())
    }
}

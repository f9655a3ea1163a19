//! A scale at a serial line: listens, or asks five times a second.

use super::{Session, Tell, line};
use crate::config::Config;
use crate::face::{Command, Event, Weight};
use crate::link::{Bell, Line, Woken};
use crate::scale::{Decoder, Protocol, Reading};
use crate::words::Trouble;
use std::time::{Duration, Instant};

const ASK_EVERY: Duration = Duration::from_millis(200);
/// A scale that talks by itself does so several times a second.
const SILENT_AFTER: Duration = Duration::from_secs(2);
/// One disturbed line is a fault of the line; several in a row, of the settings.
const NOISE_MAX: u32 = 3;

pub struct Weighing {
    line: Line,
    protocol: Protocol,
    decoder: Decoder,
    next: Instant,
    heard: Instant,
    noise: u32,
    weight: Option<Weight>,
    trouble: Option<Trouble>,
}

impl Weighing {
    pub fn open(config: &Config, at: &str) -> Result<Self, Trouble> {
        let now = Instant::now();
        Ok(Weighing {
            line: line(config, at)?,
            protocol: config.scale,
            decoder: Decoder::new(config.scale),
            next: now,
            heard: now,
            noise: 0,
            weight: None,
            trouble: None,
        })
    }

    fn take(&mut self, reading: Reading, tell: Tell<'_>) -> Result<(), Trouble> {
        self.heard = Instant::now();
        match reading {
            Reading::Acknowledged => return self.line.write(self.protocol.second_question()),
            Reading::Trouble(Trouble::Noise) => {
                self.noise += 1;
                if self.noise >= NOISE_MAX {
                    self.is_now(Some(Trouble::Noise), tell);
                }
            }
            Reading::Trouble(trouble) => {
                self.noise = 0;
                self.is_now(Some(trouble), tell);
            }
            Reading::Weight(weight) => {
                self.noise = 0;
                self.is_now(None, tell);
                if self.weight.replace(weight) != Some(weight) {
                    tell(Event::Weight(weight));
                }
            }
        }
        Ok(())
    }

    fn is_now(&mut self, trouble: Option<Trouble>, tell: Tell<'_>) {
        if self.trouble != trouble {
            self.trouble = trouble;
            // What lay on it before is not what lies on it afterwards.
            self.weight = None;
            tell(trouble.map_or(Event::Well, Event::Trouble));
        }
    }

    fn ask(&mut self) -> Result<(), Trouble> {
        self.decoder.forget();
        self.next = Instant::now() + ASK_EVERY;
        self.line.write(self.protocol.question())
    }
}

impl Session for Weighing {
    fn listen(&mut self, bell: &Bell, tell: Tell<'_>) -> Result<(), Trouble> {
        let asks = !self.protocol.question().is_empty();
        if asks && Instant::now() >= self.next {
            self.ask()?;
        }
        let due = if asks { self.next } else { self.heard + SILENT_AFTER };
        let time = due.saturating_duration_since(Instant::now());
        match bell.wait(Some(self.line.fd()), Some(time))? {
            Woken::Ready => {
                let mut readings = Vec::new();
                self.decoder.hear(&self.line.read()?, &mut |reading| readings.push(reading));
                for reading in readings {
                    self.take(reading, tell)?;
                }
            }
            Woken::Time => {}
            Woken::Bell => return Ok(()),
        }
        if self.heard.elapsed() >= SILENT_AFTER {
            self.is_now(Some(Trouble::Silent), tell);
            if !asks {
                self.heard = Instant::now();
            }
        }
        Ok(())
    }

    fn obey(&mut self, _: &Command, _: Tell<'_>) -> Result<(), Trouble> {
        Ok(())
    }
}

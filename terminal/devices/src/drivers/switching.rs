//! What is switched: the three-colour light, and drawers and buzzers that want a short pulse.

use super::switches::Switches;
use super::{Session, Tell, typing};
use crate::config::Config;
use crate::face::{Color, Command, Kind};
use crate::keys::tone;
use crate::light::Pattern;
use crate::link::{Bell, Line};
use crate::words::Trouble;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const PULSE: Duration = Duration::from_millis(200);
const TONE_HERTZ: u16 = 2000;

pub struct Light {
    switches: Switches,
    lamps: BTreeMap<Color, String>,
    /// A buzzer on the same board; empty where there is none.
    buzzer: String,
    pattern: Pattern,
    burns: Option<Color>,
    since: Instant,
}

impl Light {
    /// Dark from the start: what burned before this program began means nothing now.
    pub fn open(config: &Config, at: &str) -> Result<Self, Trouble> {
        let switches = Switches::open(config, at)?;
        for lamp in config.lamps.values().chain((!config.line.is_empty()).then_some(&config.line)) {
            switches.set(lamp, false)?;
        }
        let (lamps, buzzer) = (config.lamps.clone(), config.line.clone());
        Ok(Light { switches, lamps, buzzer, pattern: Pattern::dark(), burns: None, since: Instant::now() })
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The old lamp goes out before the new one comes on: two at once mean nothing.
    fn show(&mut self) -> Result<(), Trouble> {
        let burns = self.pattern.burns(self.now_ms());
        if burns == self.burns {
            return Ok(());
        }
        let lamp = |color: Option<Color>| color.and_then(|color| self.lamps.get(&color));
        if let Some(old) = lamp(self.burns) {
            self.switches.set(old, false)?;
        }
        if let Some(new) = lamp(burns) {
            self.switches.set(new, true)?;
        }
        self.burns = burns;
        Ok(())
    }
}

impl Session for Light {
    fn listen(&mut self, bell: &Bell, _: Tell<'_>) -> Result<(), Trouble> {
        self.show()?;
        self.switches.wait(bell, self.pattern.holds(self.now_ms()))
    }

    fn obey(&mut self, command: &Command, _: Tell<'_>) -> Result<(), Trouble> {
        match command {
            Command::Light(color, blink) => {
                self.pattern = Pattern::new(*color, *blink, self.now_ms());
                self.show()
            }
            Command::Beep if !self.buzzer.is_empty() => pulse(&self.switches, &self.buzzer),
            _ => Ok(()),
        }
    }
}

/// A drawer or a buzzer.
pub enum Pulse {
    Switch {
        switches: Switches,
        line: String,
    },
    /// The machine's own speaker.
    Speaker(Line),
    /// A drawer at a serial line, which opens at any byte.
    Bytes(Line),
}

impl Pulse {
    pub fn open(config: &Config, at: &str) -> Result<Self, Trouble> {
        if typing::is_keys(at) {
            let path = at.strip_prefix("input:").map(|name| format!("/dev/input/{name}"));
            return Ok(Pulse::Speaker(super::line(config, path.as_deref().unwrap_or(at))?));
        }
        match (config.line.as_str(), config.kind) {
            ("", Kind::Drawer) => Ok(Pulse::Bytes(super::line(config, at)?)),
            ("", _) => Err(Trouble::Unfit),
            (line, _) => {
                let switches = Switches::open(config, at)?;
                switches.set(line, false)?;
                Ok(Pulse::Switch { switches, line: line.into() })
            }
        }
    }
}

impl Session for Pulse {
    fn listen(&mut self, bell: &Bell, _: Tell<'_>) -> Result<(), Trouble> {
        match self {
            Pulse::Switch { switches, .. } => switches.wait(bell, None),
            Pulse::Speaker(line) | Pulse::Bytes(line) => {
                if bell.wait(line.can_read().then(|| line.fd()), None)? == crate::link::Woken::Ready {
                    line.read()?;
                }
                Ok(())
            }
        }
    }

    fn obey(&mut self, command: &Command, _: Tell<'_>) -> Result<(), Trouble> {
        match (self, command) {
            (Pulse::Switch { switches, line }, Command::OpenDrawer | Command::Beep) => pulse(switches, line),
            (Pulse::Bytes(line), Command::OpenDrawer) => line.write(&[7]),
            (Pulse::Speaker(line), Command::Beep) => {
                line.write(&tone(TONE_HERTZ))?;
                std::thread::sleep(PULSE);
                line.write(&tone(0))
            }
            _ => Ok(()),
        }
    }
}

/// A drawer's magnet burns when it stays on: the end is sent whatever happened to the beginning.
fn pulse(switches: &Switches, line: &str) -> Result<(), Trouble> {
    let begun = switches.set(line, true);
    std::thread::sleep(PULSE);
    switches.set(line, false).and(begun)
}

//! Things that are on or off: relays at a serial line, lamps under `/sys/class/leds`, lines under `/sys/class/gpio`.

use super::line;
use crate::config::Config;
use crate::link::{Bell, Line, Woken};
use crate::relay::{Protocol, Switch};
use crate::words::Trouble;
use std::path::{Path, PathBuf};
use std::time::Duration;

const ANSWER: Duration = Duration::from_millis(300);

pub enum Switches {
    Relays {
        line: Line,
        protocol: Protocol,
        address: u8,
    },
    /// `file` is what is written in each folder: `brightness` or `value`.
    Files {
        class: PathBuf,
        file: &'static str,
    },
}

impl Switches {
    /// The kernel's lamps are named by the maker of the machine (`leds-gpio`), which is how built-in lights appear;
    /// lines of its chips must have been exported by whoever set the machine up.
    pub fn open(config: &Config, at: &str) -> Result<Self, Trouble> {
        let files = |class: &Path, file| match class.is_dir() {
            true => Ok(Switches::Files { class: class.to_owned(), file }),
            false => Err(Trouble::Absent),
        };
        match at.split_once(':').unwrap_or((at, "")) {
            ("leds", "") => files(Path::new("/sys/class/leds"), "brightness"),
            ("leds", class) => files(Path::new(class), "brightness"),
            ("gpio", "") => files(Path::new("/sys/class/gpio"), "value"),
            ("gpio", class) => files(Path::new(class), "value"),
            _ => Ok(Switches::Relays { line: line(config, at)?, protocol: config.relay, address: config.address }),
        }
    }

    pub fn set(&self, name: &str, on: bool) -> Result<(), Trouble> {
        match self {
            Switches::Relays { line, protocol, address } => {
                let relay = name.parse().map_err(|_| Trouble::Unfit)?;
                let frame = protocol.frame(*address, Switch { relay, on });
                line.drop_waiting()?;
                line.write(&frame)?;
                let answer = line.read_exact(protocol.answer_bytes(), ANSWER)?;
                if answer.is_empty() || answer == frame { Ok(()) } else { Err(Trouble::Noise) }
            }
            Switches::Files { class, file } => {
                // A setting must not lead out of its folder.
                if name.is_empty() || name.contains('/') || name.starts_with('.') {
                    return Err(Trouble::Unfit);
                }
                // Any number above nothing is as bright as the lamp gets, where it has no steps.
                let bright = std::fs::read_to_string(class.join(name).join("max_brightness"));
                let bright = bright.ok().and_then(|text| text.trim().parse::<u32>().ok()).unwrap_or(1);
                let value = if on { bright } else { 0 };
                Ok(std::fs::write(class.join(name).join(file), value.to_string())?)
            }
        }
    }

    /// Until the bell rings or the time is over; notices a board that was pulled out.
    pub fn wait(&self, bell: &Bell, time: Option<Duration>) -> Result<(), Trouble> {
        match self {
            Switches::Relays { line, .. } => {
                if bell.wait(Some(line.fd()), time)? == Woken::Ready {
                    line.read()?;
                }
            }
            Switches::Files { .. } => {
                bell.wait(None, time)?;
            }
        }
        Ok(())
    }
}

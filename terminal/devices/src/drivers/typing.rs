//! Devices that type: number pads, and scanners that look like keyboards. They are read below the screen and grabbed,
//! so that neither the focus of a page nor an input method can swallow a code.

use super::{Session, Tell, line};
use crate::config::Config;
use crate::face::{Command, Event, Kind};
use crate::keypad::{Extra, key_of};
use crate::keys::{Keyboard, Records, Stroke, Turn};
use crate::link::{self, Bell, Line, Woken};
use crate::wedge::{Heard, Wedge};
use crate::words::Trouble;
use evdev::LedCode;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

enum Source {
    /// Grabbed for as long as it is held.
    Kernel(Box<evdev::Device>),
    /// A pipe with the same records: what an emulator writes where the kernel has no uinput.
    Pipe(Line),
}

/// What a stroke means on this device.
enum Ears {
    Keys,
    Wedge(Wedge),
}

pub struct Typing {
    source: Source,
    records: Records,
    keyboard: Keyboard,
    ears: Ears,
    extra: Extra,
    since: Instant,
}

/// Whether it gives keys rather than bytes.
pub fn is_keys(at: &str) -> bool {
    at.starts_with("input:") || at.starts_with("/dev/input/") || at.starts_with("keys:")
}

impl Typing {
    pub fn open(config: &Config, at: &str) -> Result<Self, Trouble> {
        let (source, caps) = match at.split_once(':') {
            Some(("keys", pipe)) => (Source::Pipe(line(config, pipe)?), false),
            Some(("input", name)) => grabbed(&format!("/dev/input/{name}"))?,
            _ => grabbed(at)?,
        };
        let ears = match (config.mixed, config.kind) {
            (true, _) => Ears::Wedge(Wedge::mixed(config.gap_ms)),
            (false, Kind::Scanner) => Ears::Wedge(Wedge::scanner(config.gap_ms)),
            (false, _) => Ears::Keys,
        };
        Ok(Typing {
            source,
            records: Records::default(),
            keyboard: Keyboard::new(caps),
            ears,
            extra: config.keys.clone(),
            since: Instant::now(),
        })
    }

    fn fd(&self) -> BorrowedFd<'_> {
        match &self.source {
            Source::Kernel(device) => device.as_fd(),
            Source::Pipe(line) => line.fd(),
        }
    }

    fn hear(&mut self, piece: &[u8], tell: Tell<'_>) {
        let now = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut turns = Vec::new();
        self.records.hear(piece, &mut |turn| turns.push(turn));
        for turn in turns {
            if turn == Turn::Lost
                && let Ears::Wedge(wedge) = &mut self.ears
            {
                let heard = wedge.lost();
                self.say(heard, tell);
            }
            let Some(stroke) = self.keyboard.hear(turn) else { continue };
            let heard = match &mut self.ears {
                Ears::Keys => vec![Heard::Stroke(stroke)],
                Ears::Wedge(wedge) => wedge.hear(stroke, now),
            };
            self.say(heard, tell);
        }
    }

    fn say(&self, heard: Vec<Heard>, tell: Tell<'_>) {
        let key = |stroke: Stroke| key_of(stroke, &self.extra).map(Event::Key);
        for heard in heard {
            let event = match heard {
                Heard::Scan(text) => Some(Event::Scan(text)),
                Heard::Broken => Some(Event::Misread),
                Heard::Stroke(stroke) => key(stroke),
            };
            event.into_iter().for_each(&mut *tell);
        }
    }

    fn patience(&self) -> Option<Duration> {
        match &self.ears {
            // A little more than a sign may take, so that the next one is judged by its own time.
            Ears::Wedge(wedge) if wedge.holding() => Some(Duration::from_millis(wedge.patience_ms() + 25)),
            _ => None,
        }
    }
}

impl Session for Typing {
    fn listen(&mut self, bell: &Bell, tell: Tell<'_>) -> Result<(), Trouble> {
        match bell.wait(Some(self.fd()), self.patience())? {
            Woken::Ready => {
                let piece = link::read(self.fd())?;
                self.hear(&piece, tell);
            }
            Woken::Time => {
                if let Ears::Wedge(wedge) = &mut self.ears {
                    let heard = wedge.flush();
                    self.say(heard, tell);
                }
            }
            Woken::Bell => {}
        }
        Ok(())
    }

    fn obey(&mut self, _: &Command, _: Tell<'_>) -> Result<(), Trouble> {
        Ok(())
    }
}

fn grabbed(path: &str) -> Result<(Source, bool), Trouble> {
    let mut device = evdev::Device::open(path)?;
    device.set_nonblocking(true)?;
    device.grab()?;
    let caps = device.get_led_state().is_ok_and(|leds| leds.contains(LedCode::LED_CAPSL));
    Ok((Source::Kernel(Box::new(device)), caps))
}

//! The drivers: thin shells that open a device, carry bytes to a decoder and orders to the device.

mod cards;
mod printing;
mod scanning;
mod switches;
mod switching;
mod typing;
mod weighing;

use crate::config::{Config, Frame};
use crate::face::{Command, Event, Kind};
use crate::find;
use crate::link::{Bell, Line};
use crate::words::Trouble;
use std::path::Path;

/// Where events go.
pub type Tell<'a> = &'a mut dyn FnMut(Event);

/// A device that is open. An error means that it must be opened again; what is wrong while it stays open is an event.
pub trait Session: Send {
    /// Waits for the device, until the bell rings or the session's own time is over.
    fn listen(&mut self, bell: &Bell, tell: Tell<'_>) -> Result<(), Trouble>;

    fn obey(&mut self, command: &Command, tell: Tell<'_>) -> Result<(), Trouble>;
}

pub fn open(config: &Config) -> Result<Box<dyn Session>, Trouble> {
    config.check().map_err(|_| Trouble::Unfit)?;
    let at = find::resolve(config, Path::new("/sys")).ok_or(Trouble::Absent)?;
    Ok(match config.kind {
        Kind::Scanner if typing::is_keys(&at) => Box::new(typing::Typing::open(config, &at)?),
        Kind::Scanner => Box::new(scanning::Scanning::open(config, &at)?),
        Kind::Keypad => Box::new(typing::Typing::open(config, &at)?),
        Kind::Nfc => Box::new(cards::CardReader::open(&at)?),
        Kind::Printer => Box::new(printing::Printing::open(config, &at)?),
        Kind::Scale => Box::new(weighing::Weighing::open(config, &at)?),
        Kind::Light => Box::new(switching::Light::open(config, &at)?),
        Kind::Drawer | Kind::Buzzer => Box::new(switching::Pulse::open(config, &at)?),
    })
}

fn line(config: &Config, at: &str) -> Result<Line, Trouble> {
    Line::open(at, frame(config)?)
}

fn frame(config: &Config) -> Result<Frame, Trouble> {
    config.frame().ok_or(Trouble::Unfit)
}

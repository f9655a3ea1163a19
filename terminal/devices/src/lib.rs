//! The devices of a counter: scanner, keypad, card reader, printer, drawer, scale, light and buzzer, each behind the
//! same face, with a driver for Linux and an emulator that plays the other end of the wire.
//!
//! What devices say is decoded by plain functions over bytes (`scan`, `keys`, `scale`, `printer`, `light`,
//! `nfc::wire`): any bytes, cut anywhere, give the same events. Around them are thin drivers (`drivers`), one thread
//! for each device, which open it again when it was pulled out (`watch`). Nothing here knows money, people or the
//! agent.

pub mod config;
mod drivers;
pub mod emulate;
mod face;
pub mod find;
pub mod health;
pub mod keypad;
pub mod keys;
pub mod light;
mod link;
pub mod nfc;
pub mod printer;
pub mod relay;
pub mod scale;
pub mod scan;
pub mod speech;
mod watch;
mod wedge;
mod words;

pub use config::Config;
pub use face::{Blink, Color, Command, Event, Kind, State, Weight};
pub use keypad::Key;
pub use printer::{Align, Line, Receipt};
pub use watch::{Devices, Seen};
pub use wedge::{Heard, Wedge};
pub use words::{Trouble, Words};

//! A card reader, through pcscd's socket.

use super::{Session, Tell};
use crate::config::Frame;
use crate::face::{Command, Event};
use crate::link::{Bell, Line, Woken};
use crate::nfc::{Pcsc, wire};
use crate::words::Trouble;
use std::time::Duration;

/// A reader takes a moment to wake a card; a daemon that is silent longer hangs.
const ANSWER: Duration = Duration::from_secs(5);
/// The line is only the daemon's. It lives without a reader, and then says so.
const FRAME: Frame = Frame { baud: 9600, bits: 8, parity: 'N', stops: 1 };

pub struct CardReader {
    line: Line,
    pcsc: Pcsc,
    /// How many readers there were last.
    readers: Option<usize>,
}

impl CardReader {
    pub fn open(at: &str) -> Result<Self, Trouble> {
        let at = if at == "pcsc" { format!("unix:{}", wire::SOCKET) } else { at.to_owned() };
        let line = Line::open(&at, FRAME)?;
        let (pcsc, first) = Pcsc::new();
        line.write(&first)?;
        Ok(CardReader { line, pcsc, readers: None })
    }

    /// The daemon without a reader is a reader that is not there.
    fn count(&mut self, readers: usize, tell: Tell<'_>) {
        match (self.readers.replace(readers), readers) {
            (None | Some(1..), 0) => tell(Event::Trouble(Trouble::Absent)),
            (Some(0), 1..) => tell(Event::Well),
            _ => {}
        }
    }
}

impl Session for CardReader {
    fn listen(&mut self, bell: &Bell, tell: Tell<'_>) -> Result<(), Trouble> {
        let time = (!self.pcsc.is_waiting()).then_some(ANSWER);
        match bell.wait(Some(self.line.fd()), time)? {
            Woken::Ready => {}
            Woken::Bell => return Ok(()),
            Woken::Time => return Err(Trouble::Silent),
        }
        for turn in self.pcsc.hear(&self.line.read()?) {
            if turn.over {
                return Err(Trouble::Unfit);
            }
            self.line.write(&turn.send)?;
            if let Some(readers) = turn.readers {
                self.count(readers, tell);
            }
            turn.uid.map(Event::Uid).into_iter().for_each(&mut *tell);
        }
        Ok(())
    }

    fn obey(&mut self, _: &Command, _: Tell<'_>) -> Result<(), Trouble> {
        Ok(())
    }
}

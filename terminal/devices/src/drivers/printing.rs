//! A receipt printer, and the drawer and buzzer that hang on it.

use super::{Session, Tell, line};
use crate::config::Config;
use crate::face::{Command, Event};
use crate::link::{Bell, Line, Woken};
use crate::printer::{ASK, DRAWER_KICK, Heard, Statuses, encode};
use crate::words::Trouble;
use std::time::{Duration, Instant};

const ASK_EVERY: Duration = Duration::from_secs(2);
/// Many printers answer nothing, above all behind cheap USB cables. They print all the same.
const UNANSWERED_MAX: u32 = 3;
/// ESC B: twice, 100 ms each, on printers that have a buzzer.
const BEEP: [u8; 4] = [0x1b, b'B', 2, 1];

/// Whether the printer says how it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answers {
    Unknown,
    Yes,
    Never,
}

pub struct Printing {
    line: Line,
    columns: usize,
    statuses: Statuses,
    answers: Answers,
    unanswered: u32,
    next: Instant,
    trouble: Option<Trouble>,
}

impl Printing {
    pub fn open(config: &Config, at: &str) -> Result<Self, Trouble> {
        let (statuses, answers) = (Statuses::default(), Answers::Unknown);
        let line = line(config, at)?;
        let next = Instant::now();
        Ok(Printing { line, columns: config.columns, statuses, answers, unanswered: 0, next, trouble: None })
    }

    fn hear(&mut self, piece: &[u8], tell: Tell<'_>) {
        let mut heard = None;
        self.statuses.hear(piece, &mut |status| heard = Some(status));
        match heard {
            Some(Heard::Whole(status)) => {
                self.unanswered = 0;
                self.answers = Answers::Yes;
                self.is_now(status.trouble(), tell);
            }
            Some(Heard::Noise) | None => {}
        }
    }

    fn is_now(&mut self, trouble: Option<Trouble>, tell: Tell<'_>) {
        if self.trouble != trouble {
            self.trouble = trouble;
            tell(trouble.map_or(Event::Well, Event::Trouble));
        }
    }

    fn ask(&mut self, tell: Tell<'_>) -> Result<(), Trouble> {
        if self.unanswered >= UNANSWERED_MAX {
            match self.answers {
                Answers::Unknown => self.answers = Answers::Never,
                Answers::Yes => self.is_now(Some(Trouble::Silent), tell),
                Answers::Never => {}
            }
        }
        if self.answers != Answers::Never {
            self.unanswered += 1;
            self.statuses.forget();
            self.line.write(&ASK)?;
        }
        self.next = Instant::now() + ASK_EVERY;
        Ok(())
    }
}

impl Session for Printing {
    fn listen(&mut self, bell: &Bell, tell: Tell<'_>) -> Result<(), Trouble> {
        if Instant::now() >= self.next {
            self.ask(tell)?;
        }
        let time = self.next.saturating_duration_since(Instant::now());
        // A file that is only for writing hears nothing: it is left alone until there is something to print.
        let fd = self.line.can_read().then(|| self.line.fd());
        match bell.wait(fd, Some(time))? {
            Woken::Ready => {
                let piece = self.line.read()?;
                self.hear(&piece, tell);
            }
            Woken::Bell | Woken::Time => {}
        }
        Ok(())
    }

    fn obey(&mut self, command: &Command, tell: Tell<'_>) -> Result<(), Trouble> {
        match command {
            Command::Print(receipt) => match self.trouble.filter(|trouble| !trouble.is_warning()) {
                // Said again, so that whoever asked for a receipt hears why there is none; it is not printed hours
                // later.
                Some(trouble) => tell(Event::Trouble(trouble)),
                None => self.line.write(&encode(receipt, self.columns))?,
            },
            Command::OpenDrawer => self.line.write(&DRAWER_KICK)?,
            Command::Beep => self.line.write(&BEEP)?,
            Command::Light(..) => {}
        }
        Ok(())
    }
}

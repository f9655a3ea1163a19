//! One talk with pcscd, as steps: bytes in, bytes and numbers out. The driver only carries them.

use super::wire::{self, Reader};

/// What the other side has to send next, and how to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    Version,
    Context,
    States,
    /// Nothing happens until a card comes or goes.
    Waited,
    Stopped,
    Connected,
    TransmitHead,
    TransmitBody,
    Disconnected,
    Over,
}

/// What the driver does after it has brought bytes.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Turn {
    pub send: Vec<u8>,
    /// The number of a card that has just been laid on.
    pub uid: Option<Vec<u8>>,
    /// How many readers there are, when that was told.
    pub readers: Option<usize>,
    /// The daemon speaks another language, or has refused.
    pub over: bool,
}

const CONNECT_BYTES: usize = 4 + wire::NAME_BYTES + 5 * 4;
const TRANSMIT_BYTES: usize = 8 * 4;
const ANSWER_BYTES_MAX: u32 = 264;

pub struct Pcsc {
    step: Step,
    need: usize,
    rest: Vec<u8>,
    context: u32,
    card: u32,
    /// Cards that were read, or could not be: each is tried once while it lies there.
    seen: Vec<Reader>,
    trying: Option<Reader>,
}

impl Pcsc {
    /// The talk, and what is said first.
    pub fn new() -> (Self, Vec<u8>) {
        let pcsc = Pcsc {
            step: Step::Version,
            need: 12,
            rest: Vec::new(),
            context: 0,
            card: 0,
            seen: Vec::new(),
            trying: None,
        };
        (pcsc, wire::request(wire::VERSION, &wire::words(&[wire::MAJOR, wire::MINOR, 0])))
    }

    /// Whether nothing is due: silence means no card, and no fault.
    pub fn is_waiting(&self) -> bool {
        self.step == Step::Waited
    }

    pub fn hear(&mut self, piece: &[u8]) -> Vec<Turn> {
        self.rest.extend_from_slice(piece);
        let mut turns = Vec::new();
        while self.step != Step::Over && self.rest.len() >= self.need {
            let record: Vec<u8> = self.rest.drain(..self.need).collect();
            let turn = self.step(&record).unwrap_or_else(|| {
                self.step = Step::Over;
                Turn { over: true, ..Turn::default() }
            });
            turns.push(turn);
        }
        if self.step == Step::Over {
            self.rest.clear();
        }
        turns
    }

    /// `None` when there is no way to go on.
    fn step(&mut self, record: &[u8]) -> Option<Turn> {
        let ok = |n: usize| (wire::word(record, n) == Some(0)).then_some(());
        match self.step {
            Step::Version => {
                ok(2).filter(|()| wire::word(record, 0) == Some(wire::MAJOR))?;
                let ask = wire::request(wire::ESTABLISH_CONTEXT, &wire::words(&[2, 0, 0]));
                Some(self.next(Step::Context, 12, ask))
            }
            Step::Context => {
                ok(2)?;
                self.context = wire::word(record, 1)?;
                Some(self.look())
            }
            Step::States => Some(self.states(record)),
            Step::Waited => Some(self.look()),
            Step::Stopped => Some(self.connect()),
            Step::Connected => Some(self.connected(record)),
            Step::TransmitHead => self.transmitted(record),
            Step::TransmitBody => {
                let uid = wire::uid(record).map(<[u8]>::to_vec);
                Some(Turn { uid, ..self.disconnect() })
            }
            Step::Disconnected => Some(self.look()),
            Step::Over => None,
        }
    }

    fn next(&mut self, step: Step, need: usize, send: Vec<u8>) -> Turn {
        self.step = step;
        self.need = need;
        Turn { send, ..Turn::default() }
    }

    /// All states now, and one word when something changes.
    fn look(&mut self) -> Turn {
        self.next(Step::States, wire::STATES_BYTES, wire::request(wire::WAIT_READER_STATE_CHANGE, &[]))
    }

    fn states(&mut self, record: &[u8]) -> Turn {
        let readers = wire::readers(record);
        self.seen.retain(|seen| readers.contains(seen));
        self.trying = readers.iter().find(|reader| reader.card && !self.seen.contains(reader)).cloned();
        let turn = match &self.trying {
            None => self.next(Step::Waited, wire::WAITED_BYTES, Vec::new()),
            // The promised word comes in any case, now or because of this; only then is the line free for a card.
            Some(_) => self.next(Step::Stopped, wire::WAITED_BYTES, wire::request(wire::STOP_WAITING, &[])),
        };
        Turn { readers: Some(readers.len()), ..turn }
    }

    fn connect(&mut self) -> Turn {
        let Some(reader) = self.trying.take() else { return self.look() };
        let name = wire::name_field(&reader.name);
        let wish = wire::words(&[wire::SHARED, wire::ANY_PROTOCOL, 0, 0, 0]);
        let body = [wire::words(&[self.context]), name, wish].concat();
        self.seen.push(reader);
        self.next(Step::Connected, CONNECT_BYTES, wire::request(wire::CONNECT, &body))
    }

    fn connected(&mut self, record: &[u8]) -> Turn {
        let tail = &record[4 + wire::NAME_BYTES..];
        let (card, protocol, rv) = (wire::word(tail, 2), wire::word(tail, 3), wire::word(tail, 4));
        let (Some(card), Some(protocol), Some(0)) = (card, protocol, rv) else {
            // Taken away too soon, or a card that does not speak: it is tried again when it is laid on again.
            return self.look();
        };
        self.card = card;
        let length = u32::try_from(wire::GET_UID.len()).expect("five");
        let head = [card, protocol, 8, length, protocol, 8, ANSWER_BYTES_MAX, 0];
        let mut ask = wire::request(wire::TRANSMIT, &wire::words(&head));
        ask.extend_from_slice(&wire::GET_UID);
        self.next(Step::TransmitHead, TRANSMIT_BYTES, ask)
    }

    fn transmitted(&mut self, record: &[u8]) -> Option<Turn> {
        let (length, rv) = (wire::word(record, 6)?, wire::word(record, 7)?);
        if rv != 0 {
            return Some(self.disconnect());
        }
        let length = usize::try_from(length.min(ANSWER_BYTES_MAX)).ok()?;
        Some(self.next(Step::TransmitBody, length, Vec::new()))
    }

    fn disconnect(&mut self) -> Turn {
        let body = wire::words(&[self.card, 0, 0]);
        self.next(Step::Disconnected, 12, wire::request(wire::DISCONNECT, &body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulate::Cards;
    use proptest::prelude::*;

    /// Plays both sides until both are silent; gives the numbers that were read.
    fn talk(pcsc: &mut Pcsc, cards: &mut Cards, mut to_cards: Vec<u8>, cut: usize) -> Vec<Vec<u8>> {
        let mut uids = Vec::new();
        loop {
            let answer = cards.hear(&to_cards);
            to_cards = Vec::new();
            for piece in answer.chunks(cut) {
                for turn in pcsc.hear(piece) {
                    assert!(!turn.over);
                    to_cards.extend(turn.send);
                    uids.extend(turn.uid);
                }
            }
            if to_cards.is_empty() {
                return uids;
            }
        }
    }

    fn change(pcsc: &mut Pcsc, cards: &mut Cards, card: Option<&[u8]>) -> Vec<Vec<u8>> {
        let word = cards.lay(card);
        let mut send = Vec::new();
        for turn in pcsc.hear(&word) {
            send.extend(turn.send);
        }
        talk(pcsc, cards, send, 7)
    }

    #[test]
    fn each_card_is_read_once_while_it_lies_there() {
        let mut cards = Cards::new();
        let (mut pcsc, first) = Pcsc::new();
        assert_eq!(talk(&mut pcsc, &mut cards, first, 5), Vec::<Vec<u8>>::new());
        assert!(pcsc.is_waiting());
        assert_eq!(change(&mut pcsc, &mut cards, Some(&[4, 1, 2, 3])), [[4, 1, 2, 3]]);
        assert!(pcsc.is_waiting());
        assert!(change(&mut pcsc, &mut cards, None).is_empty());
        assert_eq!(change(&mut pcsc, &mut cards, Some(&[4, 1, 2, 3])), [[4, 1, 2, 3]]);
        // Another one was swapped in between two looks.
        assert_eq!(change(&mut pcsc, &mut cards, Some(&[9, 9, 9, 9, 9, 9, 9])), [[9, 9, 9, 9, 9, 9, 9]]);
    }

    #[test]
    fn another_language_ends_the_talk() {
        let (mut pcsc, _) = Pcsc::new();
        assert!(pcsc.hear(&wire::words(&[3, 0, 0])).iter().all(|turn| turn.over));
        assert!(pcsc.hear(&[0; 500]).is_empty());
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..6000), cut in 1usize..3000) {
            let run = |cut: usize| {
                let (mut pcsc, _) = Pcsc::new();
                pcsc.hear(&wire::words(&[4, 4, 0, 2, 7, 0]));
                let turns: Vec<Turn> = bytes.chunks(cut).flat_map(|piece| pcsc.hear(piece)).collect();
                turns.into_iter().map(|turn| (turn.send, turn.uid, turn.over)).collect::<Vec<_>>()
            };
            prop_assert_eq!(run(cut), run(6000));
        }
    }
}

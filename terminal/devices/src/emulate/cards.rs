//! A pretend pcscd with one reader: answers as the daemon does, in one place for tests, e2e and demonstrations.

use crate::nfc::wire::{self, Reader};

/// What the daemon keeps about one client.
pub struct Cards {
    reader: Reader,
    uid: Vec<u8>,
    rest: Vec<u8>,
    /// The client waits for a word about changes.
    waits: bool,
}

impl Default for Cards {
    fn default() -> Self {
        Cards::new()
    }
}

const NO_CARD: u32 = 0x8010_000c;
const HANDLE: u32 = 77;

impl Cards {
    pub fn new() -> Self {
        let reader = Reader { name: "Yitong Pretend Reader 00 00".into(), events: 0, card: false };
        Cards { reader, uid: Vec::new(), rest: Vec::new(), waits: false }
    }

    /// A card is laid on, or taken away; gives what a waiting client is told.
    pub fn lay(&mut self, card: Option<&[u8]>) -> Vec<u8> {
        self.uid = card.unwrap_or_default().to_vec();
        self.reader.card = card.is_some();
        self.reader.events += 1;
        if std::mem::take(&mut self.waits) { wire::words(&[0, 0]) } else { Vec::new() }
    }

    pub fn hear(&mut self, piece: &[u8]) -> Vec<u8> {
        self.rest.extend_from_slice(piece);
        let mut answer = Vec::new();
        while let (Some(length), Some(command)) = (wire::word(&self.rest, 0), wire::word(&self.rest, 1)) {
            let extra = if command == wire::TRANSMIT { wire::GET_UID.len() } else { 0 };
            let end = 8 + usize::try_from(length).unwrap_or(usize::MAX).min(1024) + extra;
            if self.rest.len() < end {
                break;
            }
            let body: Vec<u8> = self.rest.drain(..end).skip(8).collect();
            answer.extend(self.answer(command, body));
        }
        answer
    }

    fn answer(&mut self, command: u32, mut body: Vec<u8>) -> Vec<u8> {
        let mut set = |n: usize, word: u32| {
            if let Some(place) = body.get_mut(n * 4..n * 4 + 4) {
                place.copy_from_slice(&word.to_ne_bytes());
            }
        };
        match command {
            wire::ESTABLISH_CONTEXT => set(1, 1),
            wire::WAIT_READER_STATE_CHANGE => {
                self.waits = true;
                let mut states = wire::state(&self.reader);
                states.resize(wire::STATES_BYTES, 0);
                return states;
            }
            // Who was told already gets no second word.
            wire::STOP_WAITING if std::mem::take(&mut self.waits) => return wire::words(&[0, 0]),
            wire::STOP_WAITING => return Vec::new(),
            wire::CONNECT => {
                let after_name = (4 + wire::NAME_BYTES) / 4;
                set(after_name + 2, HANDLE);
                set(after_name + 3, 2);
                set(after_name + 4, if self.reader.card { 0 } else { NO_CARD });
            }
            wire::TRANSMIT => return self.transmitted(&body),
            _ => {}
        }
        body
    }

    fn transmitted(&self, body: &[u8]) -> Vec<u8> {
        let answer = [&self.uid[..], &[0x90, 0]].concat();
        let mut head = body[..body.len().min(32)].to_vec();
        let length = u32::try_from(answer.len()).unwrap_or(0);
        if let Some(place) = head.get_mut(24..28) {
            place.copy_from_slice(&length.to_ne_bytes());
        }
        [head, answer].concat()
    }
}

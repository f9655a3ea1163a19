//! The words of pcscd's socket (protocol 4.4, which every daemon since 2016 speaks): fixed records in the machine's own
//! byte order. Its C library would do the same, but then every machine that builds the agent had to have it.

pub const SOCKET: &str = "/run/pcscd/pcscd.comm";

pub const MAJOR: u32 = 4;
/// Newer daemons still take a client of 4.4; older ones are it.
pub const MINOR: u32 = 4;

pub const ESTABLISH_CONTEXT: u32 = 0x01;
pub const CONNECT: u32 = 0x04;
pub const DISCONNECT: u32 = 0x06;
pub const TRANSMIT: u32 = 0x09;
pub const VERSION: u32 = 0x11;
pub const WAIT_READER_STATE_CHANGE: u32 = 0x13;
pub const STOP_WAITING: u32 = 0x14;

pub const NAME_BYTES: usize = 128;
pub const STATE_BYTES: usize = 184;
pub const READERS_MAX: usize = 16;
pub const STATES_BYTES: usize = STATE_BYTES * READERS_MAX;
/// `timeOut` and `rv`: what ends a wait.
pub const WAITED_BYTES: usize = 8;
pub const SHARED: u32 = 2;
pub const ANY_PROTOCOL: u32 = 3;
const PRESENT: u32 = 4;
/// Comes and goes while the card lies there: the daemon saves power.
const POWERED: u32 = 0x10;

/// "Get data: UID" of PC/SC part 3; every contactless reader answers it by itself.
pub const GET_UID: [u8; 5] = [0xff, 0xca, 0, 0, 0];
/// Four, seven or ten bytes in the standard; FeliCa has eight.
pub const UID_BYTES_MAX: usize = 10;
const UID_BYTES_MIN: usize = 4;

pub fn words(of: &[u32]) -> Vec<u8> {
    of.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

pub fn word(bytes: &[u8], n: usize) -> Option<u32> {
    let four = bytes.get(n * 4..n * 4 + 4)?;
    Some(u32::from_ne_bytes(four.try_into().ok()?))
}

/// A request: its length, its name, its record.
pub fn request(command: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("records are small");
    [words(&[length, command]), body.to_vec()].concat()
}

/// A name in its field; readers' names are shorter than that.
pub fn name_field(name: &str) -> Vec<u8> {
    let mut field = name.as_bytes()[..name.len().min(NAME_BYTES - 1)].to_vec();
    field.resize(NAME_BYTES, 0);
    field
}

/// A reader, and whether a card lies on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reader {
    pub name: String,
    /// Counts cards that came and went, so that a quick change is not missed.
    pub events: u32,
    pub card: bool,
}

/// The records of all readers; empty places have no name.
pub fn readers(states: &[u8]) -> Vec<Reader> {
    states.chunks_exact(STATE_BYTES).take(READERS_MAX).filter_map(reader).collect()
}

fn reader(state: &[u8]) -> Option<Reader> {
    let end = state[..NAME_BYTES].iter().position(|byte| *byte == 0)?;
    let name = std::str::from_utf8(&state[..end]).ok().filter(|name| !name.is_empty())?;
    let (events, flags) = (word(&state[NAME_BYTES..], 0)?, word(&state[NAME_BYTES..], 1)?);
    Some(Reader { name: name.into(), events, card: flags & PRESENT != 0 })
}

/// For the emulator.
pub fn state(reader: &Reader) -> Vec<u8> {
    let flags = if reader.card { PRESENT | POWERED } else { 2 };
    let mut state = [name_field(&reader.name), words(&[reader.events, flags, 0])].concat();
    state.resize(STATE_BYTES, 0);
    state
}

/// The number in a card's answer; `None` when the reader has none to give.
pub fn uid(answer: &[u8]) -> Option<&[u8]> {
    let uid = answer.strip_suffix(&[0x90, 0])?;
    let fits = (UID_BYTES_MIN..=UID_BYTES_MAX).contains(&uid.len());
    // Some readers say "no number" with zeros.
    (fits && uid.iter().any(|byte| *byte != 0)).then_some(uid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_is_four_to_ten_bytes_behind_which_all_is_well() {
        assert_eq!(uid(&[4, 1, 2, 3, 0x90, 0]), Some(&[4, 1, 2, 3][..]));
        assert_eq!(uid(&[4, 1, 2, 3, 4, 5, 6, 0x90, 0]).map(<[u8]>::len), Some(7));
        for none in [&[0x6a, 0x81][..], &[0x90, 0], &[0, 0, 0, 0, 0x90, 0], &[1, 2, 3, 0x90, 0], &[1, 2, 3, 4, 0x63, 0]]
        {
            assert_eq!(uid(none), None, "{none:?}");
        }
    }

    #[test]
    fn an_empty_place_is_no_reader() {
        let one = Reader { name: "ACS ACR122U 00 00".into(), events: 3, card: true };
        let mut states = [vec![0; STATE_BYTES], state(&one)].concat();
        states.resize(STATES_BYTES, 0);
        assert_eq!(readers(&states), [one]);
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            prop_assert!(readers(&bytes).len() <= READERS_MAX);
            prop_assert!(uid(&bytes).is_none_or(|uid| uid.len() <= UID_BYTES_MAX));
        }
    }
}

//! The link against a pretend server and a bad network.

use super::*;
use proptest::prelude::*;

const NONE: Versions = Versions { setup: 0, people: 0, lists: 0, commands: 0 };
const SOME: Versions = Versions { setup: 3, people: 40, lists: 7, commands: 0 };

fn calls(effects: &[Effect]) -> Vec<Call> {
    effects.iter().filter_map(|effect| if let Effect::Call(call) = effect { Some(*call) } else { None }).collect()
}

fn answered(link: &mut Link, now: u64, call: Call, answer: Answer) -> Vec<Call> {
    calls(&link.step(now, Input::Answered { call, answer }))
}

#[test]
fn a_terminal_starts_fills_its_mirror_and_waits_at_the_door() {
    let mut link = Link::new(NONE, 0, 0, 1);
    assert_eq!(calls(&link.step(0, Input::Tick)), [Call::Report]);
    let next = answered(&mut link, 10, Call::Report, Answer::Report);
    assert_eq!((next, link.state()), (vec![Call::Doorbell { held: NONE }], State::Online));
    let ring = Call::Doorbell { held: NONE };
    assert_eq!(answered(&mut link, 20, ring, Answer::Doorbell { now: SOME }), [Call::Lists]);
    assert_eq!(answered(&mut link, 30, Call::Lists, Answer::Lists { version: 7 }), [Call::Setup]);
    assert_eq!(answered(&mut link, 40, Call::Setup, Answer::Setup { version: 3 }), [Call::People { since: 0 }]);
    let page = Answer::People { next: 20, more: true };
    assert_eq!(answered(&mut link, 50, Call::People { since: 0 }, page), [Call::People { since: 20 }]);
    let page = Answer::People { next: 41, more: false };
    let held = Versions { people: 41, ..SOME };
    assert_eq!(answered(&mut link, 60, Call::People { since: 20 }, page), [Call::Doorbell { held }]);
}

#[test]
fn the_journal_goes_first_and_a_lease_only_when_all_is_sent() {
    let mut link = Link::new(SOME, 10, 4, 1);
    assert_eq!(calls(&link.step(0, Input::LeaseWanted(true))), [Call::Journal { after: 4 }]);
    assert_eq!(calls(&link.step(5, Input::Wrote { seq: 11 })), []);
    let sent = Answer::Journal { up_to: 10, problem: None };
    let next = answered(&mut link, 10, Call::Journal { after: 4 }, sent);
    assert_eq!(next, [Call::Journal { after: 10 }, Call::Doorbell { held: SOME }]);
    let sent = Answer::Journal { up_to: 11, problem: None };
    assert_eq!(answered(&mut link, 20, Call::Journal { after: 10 }, sent), [Call::Lease]);
    assert_eq!(answered(&mut link, 30, Call::Lease, Answer::Lease { granted: true }), [Call::Report]);
    assert_eq!(link.unsent(), 0);
}

#[test]
fn silence_is_offline_and_any_answer_is_online() {
    let mut link = Link::new(SOME, 0, 0, 1);
    link.step(0, Input::Tick);
    let effects = link.step(10, Input::Answered { call: Call::Report, answer: Answer::Silence });
    assert_eq!((effects, link.state()), (vec![], State::Never));
    assert_eq!(calls(&link.step(20, Input::Tick)), [], "not at once");
    assert_eq!(calls(&link.step(600, Input::Tick)), [Call::Report]);
    answered(&mut link, 610, Call::Report, Answer::Report);
    let effects = link.step(700, Input::SaleHeard(false));
    assert!(effects.contains(&Effect::Went(State::Offline)));
    let effects = link.step(800, Input::SaleHeard(true));
    assert!(effects.contains(&Effect::Went(State::Online)));
}

#[test]
fn a_stopped_journal_says_so_once_and_a_server_set_back_gets_it_again() {
    let mut link = Link::new(SOME, 9, 9, 1);
    link.step(0, Input::Tick);
    answered(&mut link, 1, Call::Report, Answer::Report);
    assert_eq!(calls(&link.step(2, Input::Wrote { seq: 10 })), [Call::Journal { after: 9 }]);
    let set_back = Answer::Journal { up_to: 5, problem: Some(Problem::Gap) };
    let effects = link.step(3, Input::Answered { call: Call::Journal { after: 9 }, answer: set_back });
    assert_eq!(calls(&effects), [Call::Journal { after: 5 }], "at once, without a word");
    assert_eq!(link.unsent(), 5);
    let gap = Answer::Journal { up_to: 5, problem: Some(Problem::Gap) };
    let effects = link.step(4, Input::Answered { call: Call::Journal { after: 5 }, answer: gap });
    assert!(effects.contains(&Effect::Stopped(Problem::Gap)), "a gap that a resend does not close: {effects:?}");
    assert_eq!(calls(&link.step(60_100, Input::Tick)).first(), Some(&Call::Journal { after: 5 }));
    let fork = Answer::Journal { up_to: 5, problem: Some(Problem::Fork) };
    let effects = link.step(60_200, Input::Answered { call: Call::Journal { after: 5 }, answer: fork });
    assert!(effects.contains(&Effect::Stopped(Problem::Fork)));
    link.step(120_300, Input::Tick);
    let effects = link.step(120_400, Input::Answered { call: Call::Journal { after: 5 }, answer: fork });
    assert!(!effects.contains(&Effect::Stopped(Problem::Fork)));
}

#[test]
fn a_revoked_device_calls_nobody() {
    let mut link = Link::new(SOME, 0, 0, 1);
    link.step(0, Input::Tick);
    let effects = link.step(1, Input::Answered { call: Call::Report, answer: Answer::Revoked });
    assert_eq!(effects, [Effect::Went(State::Revoked)]);
    assert_eq!(link.step(99_999, Input::Tick), []);
    assert_eq!(link.step(99_999, Input::SaleHeard(true)), []);
}

/// A server that answers from what it has, over a network that may lose the question or the answer.
struct Pretend {
    journal: u64,
    versions: Versions,
}

impl Pretend {
    fn answer(&mut self, call: Call, written: u64, luck: u8) -> Answer {
        // The question was lost.
        if luck.is_multiple_of(3) {
            return Answer::Silence;
        }
        let versions = self.versions;
        let answer = match call {
            Call::Journal { after } if after > self.journal => {
                Answer::Journal { up_to: self.journal, problem: Some(Problem::Gap) }
            }
            Call::Journal { after } => {
                self.journal = self.journal.max((after + 5).min(written));
                Answer::Journal { up_to: self.journal, problem: None }
            }
            Call::Lease => Answer::Lease { granted: true },
            Call::Report => Answer::Report,
            Call::Doorbell { .. } => Answer::Doorbell { now: versions },
            Call::Setup => Answer::Setup { version: versions.setup },
            Call::People { since } => {
                let next = (since + 10).min(versions.people);
                Answer::People { next, more: next < versions.people }
            }
            Call::Lists => Answer::Lists { version: versions.lists },
            Call::Commands => Answer::Commands { version: versions.commands },
        };
        // It was heard, and its answer was lost.
        if luck.is_multiple_of(5) { Answer::Silence } else { answer }
    }
}

proptest! {
    /// However bad the network was: when it is good again, everything written arrives and the mirror is the server's; and
    /// at no time is more than one call under way in a lane.
    #[test]
    fn all_arrives_in_the_end(
        seed in any::<u64>(), weather in prop::collection::vec((any::<u8>(), 0u8..4), 0..300),
    ) {
        let mut server = Pretend { journal: 0, versions: SOME };
        let mut link = Link::new(NONE, 0, 0, seed);
        let (mut now, mut written, mut open) = (0u64, 0u64, Vec::<Call>::new());
        let good = (0..400).map(|_| (1u8, 3u8));
        for (luck, what) in weather.into_iter().chain(good) {
            now += 400;
            let input = match what {
                0 => { written += 1; Input::Wrote { seq: written } }
                1 => { server.versions.people += 7; server.versions.setup += 1; Input::Tick }
                2 => Input::SaleHeard(luck % 2 == 0),
                _ => Input::Tick,
            };
            let mut queue: Vec<Call> = calls(&link.step(now, input));
            for call in queue.drain(..) {
                open.push(call);
            }
            prop_assert!(open.iter().filter(|call| call.is_up()).count() <= 1);
            prop_assert!(open.iter().filter(|call| !call.is_up()).count() <= 1);
            for call in std::mem::take(&mut open) {
                let answer = server.answer(call, written, luck);
                open.extend(calls(&link.step(now, Input::Answered { call, answer })));
            }
        }
        prop_assert_eq!(link.unsent(), 0);
        prop_assert_eq!(server.journal, written);
        prop_assert_eq!(link.held, Versions { commands: link.held.commands, ..server.versions });
        prop_assert_eq!(link.state(), State::Online);
    }
}

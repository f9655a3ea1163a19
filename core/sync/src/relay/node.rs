//! One terminal in the circle: what it says, whom it hears, and what it asks for. Datagrams go in, datagrams come out;
//! time and chance are arguments.

use super::board::Board;
use super::circle::{Circle, Neighbour};
use super::lists::{self, Fetch};
use super::message::{Message, NONCE_BYTES, ROWS_MAX, Said, TOLD_MAX, Unheard};
use super::spent::{CodeUse, Origin, Spent, Told};
use crate::DeviceKey;
use std::collections::{BTreeMap, VecDeque};
use yitong_values::{PersonId, TerminalId, Timestamp};

/// A message whose moment is further from now is not heard: it was kept and played again, or a clock is far off.
pub const FRESH_MS: i64 = 10 * 60_000;
/// Whoever was not heard for so long is not there.
pub const HEARD_MS: u64 = 7_000;
const HELLO_EVERY_MS: u64 = 2_000;
/// About one terminal nobody is asked more often.
const ASK_EVERY_MS: u64 = 500;
/// A neighbour that had nothing new is asked less and less often, down to this.
const ASK_AGAIN_MS_MAX: u64 = 16_000;
const ANSWER_EVERY_MS: u64 = 400;
/// For one question; the rest is asked for again.
const ANSWER_MESSAGES: usize = 32;
/// Then it is asked again for a list that did not come, or was not believed.
const REFUSED_MS: u64 = 60_000;
/// What waits to be sent; more is left out, and asked for again.
const OUT_MAX: usize = 256;

/// What a message brought.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum News {
    Nothing,
    /// Somebody spent something that was not known here.
    Spent,
    /// A neighbour asks for the list of lost cards; see [`Relay::give_list`].
    ListAsked {
        version: u32,
        from: u16,
    },
    /// A whole list came. Nobody has verified it: see [`Relay::list_taken`].
    ListCame {
        from: TerminalId,
        version: u32,
        bytes: Vec<u8>,
    },
}

#[derive(Debug, Default)]
struct Peer {
    heard_ms: u64,
    /// Of its last greeting or question: an older one is played again.
    said_at: Timestamp,
    status: u32,
    /// A list of this version did not come, or was not believed; since then it is not asked for it.
    refused: Option<(u32, u64)>,
    answered_ms: Option<u64>,
    asked: BTreeMap<Origin, Asked>,
}

/// When a neighbour was asked about a terminal, what was known then, and how often that was in vain.
#[derive(Clone, Copy, Debug)]
struct Asked {
    at_ms: u64,
    digest: u64,
    vain: u32,
}

#[derive(Debug)]
pub struct Relay {
    me: Origin,
    key: DeviceKey,
    circle: Option<Circle>,
    board: Board,
    peers: BTreeMap<TerminalId, Peer>,
    asked_ms: BTreeMap<Origin, u64>,
    fetch: Option<Fetch>,
    saying: Vec<Told>,
    out: VecDeque<Said>,
    hello_ms: Option<u64>,
    turn: usize,
}

impl Relay {
    pub fn new(me: Origin, key: DeviceKey) -> Relay {
        Relay {
            me,
            key,
            circle: None,
            board: Board::default(),
            peers: BTreeMap::new(),
            asked_ms: BTreeMap::new(),
            fetch: None,
            saying: Vec::new(),
            out: VecDeque::new(),
            hello_ms: None,
            turn: 0,
        }
    }

    /// Whom to believe from now on. What those said who are not in it any more is forgotten.
    pub fn join(&mut self, circle: Option<Circle>) {
        if self.circle == circle {
            return;
        }
        let members = circle.as_ref();
        let is = |of: &Origin| {
            members.is_some_and(|circle| circle.neighbour(of.terminal).is_some_and(|n| n.journal == of.journal))
        };
        self.board.retain(|origin| *origin == self.me || is(origin));
        self.peers.retain(|terminal, _| members.is_some_and(|circle| circle.neighbour(*terminal).is_some()));
        self.asked_ms.retain(|origin, _| is(origin));
        (self.fetch, self.hello_ms, self.circle) = (None, None, circle);
    }

    /// Something was spent here, or what was said of it changed.
    pub fn say(&mut self, spent: Spent, now: Timestamp) {
        if self.board.holds(&self.me, &spent) {
            return;
        }
        let told = Told::sign(self.me, spent, &self.key);
        if self.board.take(&told, now) {
            self.saying.push(told);
        }
    }

    pub fn hear(&mut self, datagram: &[u8], now: Timestamp, mono_ms: u64) -> Result<News, Unheard> {
        let circle = self.circle.as_ref().ok_or(Unheard::Alone)?;
        let Message { from, sent_at, said } = Message::open(datagram, circle, self.me.terminal)?;
        if sent_at.since(now).abs() > FRESH_MS {
            return Err(Unheard::Stale);
        }
        let peer = self.peers.entry(from.terminal).or_default();
        // Facts may come in any order and again; what moves somebody to answer may not.
        if !matches!(said, Said::Tell(_) | Said::ListPart { .. }) {
            if sent_at < peer.said_at {
                return Err(Unheard::Stale);
            }
            peer.said_at = sent_at;
        }
        peer.heard_ms = mono_ms;
        match said {
            Said::Hello { status, rows } => {
                peer.status = status;
                rows.into_iter().for_each(|row| self.compare(from.terminal, row, mono_ms));
            }
            Said::Tell(all) => return self.learn(&all, now),
            Said::Ask { to, origin, blocks } if to == self.me.terminal => {
                let early = peer.answered_ms.is_some_and(|at| mono_ms.saturating_sub(at) < ANSWER_EVERY_MS);
                if !early {
                    let answer = self.board.beyond(&origin, &blocks);
                    if !answer.is_empty() {
                        peer.answered_ms = Some(mono_ms);
                    }
                    let messages = answer.chunks(TOLD_MAX).take(ANSWER_MESSAGES);
                    messages.for_each(|told| self.out.push_back(Said::Tell(told.to_vec())));
                }
            }
            Said::AskList { to, version, from } if to == self.me.terminal => {
                return Ok(News::ListAsked { version, from });
            }
            Said::ListPart { version, bytes, index, part } => {
                let ours = self.fetch.as_mut().filter(|f| f.from == from.terminal && f.version == version);
                if let Some(bytes) = ours.and_then(|fetch| fetch.take((bytes, index), part, mono_ms)) {
                    self.fetch = None;
                    return Ok(News::ListCame { from: from.terminal, version, bytes });
                }
            }
            Said::Ask { .. } | Said::AskList { .. } => {}
        }
        Ok(News::Nothing)
    }

    /// Facts are believed by the signature of the terminal that they happened at, whoever passes them on.
    fn learn(&mut self, all: &[Told], now: Timestamp) -> Result<News, Unheard> {
        let Some(circle) = &self.circle else { return Err(Unheard::Alone) };
        let (mut news, mut wrong) = (News::Nothing, None);
        for told in all {
            if self.board.holds(&told.origin, &told.spent) {
                continue;
            }
            let member = circle.neighbour(told.origin.terminal).filter(|n| n.journal == told.origin.journal);
            let Some(member) = member else {
                wrong = Some(Unheard::Stranger);
                continue;
            };
            if told.spent.at.since(now) > FRESH_MS {
                wrong = Some(Unheard::Stale);
            } else if !told.verifies(&member.key) {
                wrong = Some(Unheard::Signature);
            } else if self.board.take(told, now) {
                news = News::Spent;
            }
        }
        match wrong {
            Some(why) if news == News::Nothing => Err(why),
            _ => Ok(news),
        }
    }

    /// A neighbour holds something else of this terminal: what it has beyond ours is asked for.
    fn compare(&mut self, peer: TerminalId, (origin, theirs): (Origin, u64), mono_ms: u64) {
        let ours = self.board.digest(&origin);
        let known = self.circle.as_ref().and_then(|circle| circle.neighbour(origin.terminal));
        if theirs == ours || known.is_none_or(|known| known.journal != origin.journal) {
            return;
        }
        let since = |at: u64| mono_ms.saturating_sub(at);
        if self.asked_ms.get(&origin).is_some_and(|at| since(*at) < ASK_EVERY_MS) {
            return;
        }
        let Some(peer_of) = self.peers.get_mut(&peer) else { return };
        let before = peer_of.asked.get(&origin).filter(|asked| asked.digest == ours);
        let vain = before.map_or(0, |asked| asked.vain.saturating_add(1));
        let pause = (ASK_EVERY_MS << vain.min(8)).min(ASK_AGAIN_MS_MAX);
        if before.is_some_and(|asked| since(asked.at_ms) < pause) {
            return;
        }
        peer_of.asked.insert(origin, Asked { at_ms: mono_ms, digest: ours, vain });
        self.asked_ms.insert(origin, mono_ms);
        self.out.push_back(Said::Ask { to: peer, origin, blocks: self.board.blocks(&origin) });
    }

    /// Time passed. `status`: the version of the list of lost cards that is here.
    pub fn tick(&mut self, now: Timestamp, mono_ms: u64, status: u32) {
        let alone = self.circle.as_ref().is_none_or(|circle| circle.neighbours.len() < 2);
        if alone {
            return;
        }
        if self.hello_ms.is_none_or(|at| mono_ms.saturating_sub(at) >= HELLO_EVERY_MS) {
            self.hello_ms = Some(mono_ms);
            self.board.sweep(now);
            let mut rows = self.board.rows();
            // In a large canteen not all fit into one greeting: they take turns.
            if rows.len() > ROWS_MAX {
                let begin = self.turn % rows.len();
                rows.rotate_left(begin);
                rows.truncate(ROWS_MAX);
                self.turn = begin + ROWS_MAX;
            }
            self.out.push_back(Said::Hello { status, rows });
        }
        self.fetch_list(mono_ms, status);
    }

    fn fetch_list(&mut self, mono_ms: u64, status: u32) {
        if let Some(over) = self.fetch.take_if(|fetch| fetch.version <= status || fetch.is_over(mono_ms)) {
            self.list_taken(over.from, over.version, over.version <= status, mono_ms);
        }
        if self.fetch.is_none() {
            let refuses = |peer: &Peer| {
                let recent = |at: u64| mono_ms.saturating_sub(at) < REFUSED_MS;
                peer.refused.is_some_and(|(version, at)| version == peer.status && recent(at))
            };
            let may = |peer: &&Peer| is_here(peer, mono_ms) && peer.status > status && !refuses(peer);
            let best = self.peers.iter().filter(|(_, peer)| may(peer)).max_by_key(|(_, peer)| peer.status);
            self.fetch = best.map(|(terminal, peer)| Fetch::new(*terminal, peer.status, mono_ms));
        }
        let question = self.fetch.as_mut().and_then(|fetch| fetch.ask(mono_ms));
        self.out.extend(question);
    }

    /// Answers a neighbour with the list that is here, from this part on.
    pub fn give_list(&mut self, version: u32, from: u16, bytes: &[u8]) {
        self.out.extend(lists::parts(version, from, bytes));
    }

    /// Whether the list that came was signed by the school, and as new as it was said to be.
    pub fn list_taken(&mut self, from: TerminalId, version: u32, good: bool, mono_ms: u64) {
        if let Some(peer) = self.peers.get_mut(&from).filter(|_| !good) {
            peer.refused = Some((version, mono_ms));
        }
    }

    /// What is to be sent to everybody. `nonce` gives bytes that nobody in this circle uses again.
    pub fn take_out(&mut self, now: Timestamp, mut nonce: impl FnMut() -> [u8; NONCE_BYTES]) -> Vec<Vec<u8>> {
        let Some(circle) = self.circle.as_ref().filter(|circle| circle.neighbours.len() > 1) else {
            self.saying.clear();
            self.out.clear();
            return Vec::new();
        };
        let news = std::mem::take(&mut self.saying);
        let news = news.chunks(TOLD_MAX).map(|told| Said::Tell(told.to_vec()));
        let all = news.chain(std::mem::take(&mut self.out)).take(OUT_MAX);
        let from = self.me;
        all.map(|said| Message { from, sent_at: now, said }.seal(circle, &self.key, nonce())).collect()
    }

    /// How many others are there.
    pub fn heard(&self, mono_ms: u64) -> usize {
        self.peers.values().filter(|peer| is_here(peer, mono_ms)).count()
    }

    /// At other terminals, by this person.
    pub fn spent_by(&self, person: PersonId) -> impl Iterator<Item = (&Neighbour, &Spent)> {
        let of = |(origin, spent): (&Origin, _)| Some((self.circle.as_ref()?.neighbour(origin.terminal)?, spent));
        self.board.spent_by(person, self.me).filter_map(of)
    }

    /// The other terminal where this code, or a later one of the same phone, was used.
    pub fn used_at(&self, code: CodeUse) -> Option<&Neighbour> {
        self.circle.as_ref()?.neighbour(self.board.used_at(code, self.me)?.terminal)
    }

    /// Of each terminal, one number over what is held of it: two relays with the same rows hold the same.
    pub fn rows(&self) -> Vec<(Origin, u64)> {
        self.board.rows()
    }

    /// Facts that are held, of all terminals.
    pub fn held(&self) -> usize {
        self.board.len()
    }
}

fn is_here(peer: &Peer, mono_ms: u64) -> bool {
    mono_ms.saturating_sub(peer.heard_ms) < HEARD_MS
}

//! Asking the server about a sale, within the time that a queue can wait.

use super::Agent;
use super::asking::For;
use super::writing::record;
use crate::checkout::{Answer, Input, Payer, Refused, Sale, words};
use crate::facts;
use crate::link::Heard;
use tokio::sync::oneshot;
use yitong_journal::Files;
use yitong_rules::{Question, Words};
use yitong_sync::link;
use yitong_sync::wire::purchase::{BUDGET_MS, SaleAnswer, UndoAnswer, UndoAsk, Verdict};
use yitong_values::{EntryId, PersonId, Timestamp, UserId};

const PHOTO_WITHIN_MS: u64 = 3_000;

fn refused_whole(code: String, server: Timestamp) -> SaleAnswer {
    let (zh, en) =
        ("服务器未接受这笔消费，请重新结算".into(), "The server does not take this sale; enter it again".into());
    SaleAnswer { verdict: Verdict::Refused { code, zh, en }, person: None, trace: String::new(), server }
}

impl<F: Files> Agent<F> {
    pub(super) fn ask(&mut self, sale: &Sale) -> Option<Input> {
        let (Some(inside), Some(shop)) = (&self.inside, &self.shop) else {
            return Some(Input::Answered(sale.id, None));
        };
        let body = serde_json::to_vec(&record(sale, shop)).expect("a sale is plain JSON");
        let _ = inside;
        self.send(vec![("PUT", format!("/purchases/{}", sale.id), body)], BUDGET_MS, For::Sale(sale.id));
        None
    }

    pub(super) fn sale_heard(&mut self, purchase: EntryId, heard: Heard) {
        let answer = match heard {
            Heard::Good(bytes) => serde_json::from_slice(&bytes).ok(),
            // It understood, and won't: a word as good as any. Who is not even known was not heard.
            Heard::Refused { status, code } if status != 401 => Some(refused_whole(code, self.wall)),
            _ => None,
        };
        self.look_after_the_link(link::Input::SaleHeard(answer.is_some()));
        let answer = answer.map(|answer| Box::new(self.read_answer(answer)));
        self.input(Input::Answered(purchase, answer));
    }

    fn read_answer(&self, answer: SaleAnswer) -> Answer {
        let payer = answer.person.and_then(|person| self.payer(person));
        let trace = answer.trace;
        match answer.verdict {
            Verdict::Paid { amount, balance_after, arrears_after } => {
                Answer::Paid { amount, balance_after, arrears_after, payer, trace }
            }
            Verdict::Refused { code, zh, en } => {
                let arrears = self.shop.as_ref().is_some_and(|shop| shop.rules.arrears.allowed);
                let may_collect_later = code == "too_little_money" && arrears;
                let public = words::public_of(&code);
                let refused = Refused { code, words: Words { zh, en }, public, may_collect_later };
                Answer::Refused { refused, payer, trace }
            }
            Verdict::Ask { question, seconds_ago } => {
                let question = match question.as_str() {
                    "duplicate" => Question::Duplicate { seconds_ago },
                    _ => Question::PhotoCheck { seconds_ago },
                };
                Answer::Ask { question, payer }
            }
        }
    }

    fn payer(&self, person: PersonId) -> Option<Payer> {
        let inside = self.inside.as_ref()?;
        inside.mirror.person(person).ok().flatten().as_ref().map(facts::shown)
    }

    pub(super) fn ask_undo(&mut self, purchase: EntryId, by: Option<UserId>) -> Option<Input> {
        let at = self.time().at;
        let Some(inside) = &self.inside else { return Some(Input::UndoAnswered(purchase, None)) };
        let _ = inside;
        let body = serde_json::to_vec(&UndoAsk { at, by }).expect("plain JSON");
        let path = format!("/purchases/{purchase}/undo");
        self.send(vec![("PUT", path, body)], BUDGET_MS, For::Undo(purchase));
        None
    }

    pub(super) fn undo_heard(&mut self, purchase: EntryId, heard: Heard) {
        let answer: Option<UndoAnswer> = match heard {
            Heard::Good(bytes) => serde_json::from_slice(&bytes).ok(),
            _ => None,
        };
        self.look_after_the_link(link::Input::SaleHeard(answer.is_some()));
        let answer = answer.map(|answer| match answer.undone {
            true => Ok(()),
            false => Err(Words { zh: answer.zh, en: answer.en }),
        });
        self.input(Input::UndoAnswered(purchase, answer));
    }

    /// From the mirror, else from the server: photos are fetched when somebody looks at them.
    pub(super) fn photo(&mut self, person: PersonId, reply: oneshot::Sender<Option<Vec<u8>>>) {
        let now = self.time().at.ms();
        let Some(inside) = &self.inside else { return };
        let known = inside.mirror.person(person).ok().flatten();
        let Some(hash) = known.and_then(|known| known.photo) else { return };
        if let Ok(Some(bytes)) = inside.mirror.photo(person, &hash, now) {
            let _ = reply.send(Some(bytes));
            return;
        }
        let path = format!("/photos/{person}");
        self.send(vec![("GET", path, Vec::new())], PHOTO_WITHIN_MS, For::Photo { person, hash, reply });
    }

    pub(super) fn photo_heard(
        &mut self,
        person: PersonId,
        hash: &str,
        bytes: Option<Vec<u8>>,
        reply: oneshot::Sender<Option<Vec<u8>>>,
    ) {
        if let (Some(inside), Some(bytes)) = (&self.inside, &bytes)
            && let Err(why) = inside.mirror.keep_photo(person, hash, bytes, self.time().at.ms())
        {
            tracing::warn!(error = ?why, "a photo can't be kept");
        }
        let _ = reply.send(bytes);
    }
}

//! What the cashier is asked before it can go on, and what the answer does.

use super::effect::{Effect, Entry, Light};
use super::selling::{After, Asked, Selling, Stage};
use super::{Checkout, Facts, QuestionKind, State, words};
use yitong_rules::{Question, Words};

impl Checkout {
    /// The cashier chose an answer to the question on the screen.
    pub(super) fn choose(&mut self, choice: &str, facts: &Facts<'_>) -> Vec<Effect> {
        let Some(mut selling) = self.take(Selling::is_asking) else { return self.choose_period(choice, facts) };
        let Stage::Question(asked) = selling.stage.clone() else { return Vec::new() };
        if asked == Asked::Period {
            self.state = State::Selling(selling);
            self.choose_period(choice, facts);
            let Some(mut selling) = self.take(Selling::is_asking) else { return Vec::new() };
            selling.sale.period = self.chosen();
            return match selling.sale.period {
                Some(_) => self.priced_again(selling, facts),
                None => self.ask(selling, Asked::Period),
            };
        }
        match (choice, asked) {
            ("no", Asked::CollectLater(refused)) => self.show_refused(Some(&selling), &refused, facts.now),
            ("no", _) => {
                self.state = State::Selling(selling);
                self.give_up()
            }
            ("yes", Asked::Rules(Question::Duplicate { .. })) => {
                selling.sale.duplicate_confirmed = true;
                self.decide(selling)
            }
            ("yes", Asked::Rules(Question::PhotoCheck { .. })) => {
                selling.sale.photo_checked = true;
                self.decide(selling)
            }
            ("yes", Asked::Person) => {
                selling.sale.photo_checked = true;
                self.go_on(selling, facts)
            }
            ("yes", Asked::CollectLater(_)) => {
                (selling.sale.id, selling.sale.collect_later) = (facts.fresh, true);
                selling.intent = false;
                self.name = Some(selling.sale.id);
                self.decide(selling)
            }
            (_, asked) => self.ask(selling, asked),
        }
    }

    /// The chosen meal may have another price.
    fn priced_again(&mut self, mut selling: Box<Selling>, facts: &Facts<'_>) -> Vec<Effect> {
        match self.total(facts) {
            Some(total) => {
                selling.sale.total = total;
                self.decide(selling)
            }
            None => self.hint(self.what_is_missing(), facts),
        }
    }

    fn choose_period(&mut self, choice: &str, facts: &Facts<'_>) -> Vec<Effect> {
        let chosen = choice.parse().ok().filter(|id| facts.shop.is_some_and(|shop| shop.period(*id).is_some()));
        if let Some(id) = chosen.filter(|_| facts.clock_doubt) {
            self.period = Some((id, facts.now));
        }
        Vec::new()
    }

    /// The sale is dropped before it was paid; its tray stays, in case somebody else pays it.
    pub(super) fn give_up(&mut self) -> Vec<Effect> {
        let Some(selling) = self.take(Selling::is_asking) else { return Vec::new() };
        self.name = None;
        if selling.intent && !selling.sale.training {
            let entry = Entry::GivenUp { purchase: selling.sale.id };
            return self.write(selling, vec![entry], After::GivenUp);
        }
        self.state = State::Pricing;
        vec![Effect::Light(Light::Ready)]
    }
}

/// The words of a question and its choices.
pub(super) fn choices(asked: &Asked) -> (QuestionKind, Words, Option<u32>) {
    match asked {
        Asked::Rules(question @ Question::Duplicate { seconds_ago }) => {
            (QuestionKind::Duplicate, words::question(question), Some(*seconds_ago))
        }
        Asked::Rules(question @ Question::PhotoCheck { seconds_ago }) => {
            (QuestionKind::Photo, words::question(question), Some(*seconds_ago))
        }
        Asked::Person => (QuestionKind::Person, words::is_this_the_person(), None),
        Asked::Period => (QuestionKind::Period, words::which_period(), None),
        Asked::CollectLater(_) => (QuestionKind::CollectLater, words::collect_later(), None),
    }
}

//! From a code to green or red: decide here, write the intent, ask the server, write the outcome, and only then show.

use super::effect::{Answer, Effect, Entry, Light, Local, LocalVerdict, Payer, Receipt, Refused, Sale, Shown};
use super::picture::ClosedView;
use super::rest::{Recent, RecentState, Shift};
use super::{BAD_MS, Checkout, Facts, GOOD_MS, Outcome, ResultKind, State, Tray, voice, words};
use uuid::Uuid;
use yitong_rules::Question;
use yitong_values::{Cents, EntryId};

/// A purchase that is neither paid nor refused yet.
#[derive(Debug)]
pub(super) struct Selling {
    pub(super) sale: Sale,
    pub(super) payer: Option<Payer>,
    local: Option<Local>,
    /// The journal says that the server may have been asked; an ending must follow.
    pub(super) intent: bool,
    pub(super) stage: Stage,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    Deciding,
    Writing,
    Asking,
    Question(Asked),
}

/// What the cashier has to say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Asked {
    Rules(Question),
    Person,
    Period,
    CollectLater(Box<Refused>),
}

/// What follows when a record is on disk.
#[derive(Debug)]
pub(super) enum After {
    /// Another record of the same purchase follows.
    Nothing,
    Intent,
    Paid(Box<Done>),
    Refused(Box<Refused>),
    CollectLater(Box<Refused>),
    GivenUp,
    Undone(EntryId),
    ShiftOpened(Shift),
    ShiftClosed(ClosedView),
}

/// A paid purchase.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) sale: Sale,
    pub(super) payer: Option<Payer>,
    pub(super) amount: Cents,
    pub(super) balance_after: Option<Cents>,
    pub(super) arrears_after: Option<Cents>,
    pub(super) offline: bool,
}

impl Selling {
    pub(super) fn is_asking(&self) -> bool {
        matches!(self.stage, Stage::Question(_))
    }

    fn person(&self) -> Option<Uuid> {
        self.payer.as_ref().map(|payer| payer.person)
    }
}

impl Checkout {
    /// A code or a person: with a price it pays at once.
    pub(super) fn pay(&mut self, shown: Shown, facts: &Facts<'_>) -> Vec<Effect> {
        if !self.may_price() {
            return Vec::new();
        }
        let Some(total) = self.total(facts) else {
            return self.hint(self.what_is_missing(), facts);
        };
        self.found.clear();
        let sale = Sale {
            id: *self.name.get_or_insert(facts.fresh),
            at: facts.now,
            mode: self.tray.mode,
            lines: self.tray.lines.clone(),
            total,
            shown,
            period: self.chosen(),
            collect_later: false,
            duplicate_confirmed: false,
            photo_checked: false,
            training: self.training,
            cashier: self.shift.as_ref().map(|shift| shift.cashier),
        };
        let unsure = facts.clock_doubt && sale.period.is_none();
        let asks = unsure && facts.shop.is_some_and(|shop| !shop.periods.is_empty());
        let stage = if asks { Stage::Question(Asked::Period) } else { Stage::Deciding };
        let effects = if asks { Vec::new() } else { vec![Effect::Light(Light::Busy), Effect::Decide(sale.clone())] };
        self.state = State::Selling(Box::new(Selling { sale, payer: None, local: None, intent: false, stage }));
        effects
    }

    /// Takes the sale out, if it is this one and at this stage.
    pub(super) fn take(&mut self, is: impl Fn(&Selling) -> bool) -> Option<Box<Selling>> {
        match std::mem::replace(&mut self.state, State::Pricing) {
            State::Selling(selling) if is(&selling) => Some(selling),
            other => {
                self.state = other;
                None
            }
        }
    }

    pub(super) fn decide(&mut self, mut selling: Box<Selling>) -> Vec<Effect> {
        selling.stage = Stage::Deciding;
        let effects = vec![Effect::Light(Light::Busy), Effect::Decide(selling.sale.clone())];
        self.state = State::Selling(selling);
        effects
    }

    pub(super) fn ask(&mut self, mut selling: Box<Selling>, asked: Asked) -> Vec<Effect> {
        selling.stage = Stage::Question(asked);
        self.state = State::Selling(selling);
        Vec::new()
    }

    pub(super) fn write(&mut self, mut selling: Box<Selling>, entries: Vec<Entry>, after: After) -> Vec<Effect> {
        selling.stage = Stage::Writing;
        self.state = State::Selling(selling);
        (1..entries.len()).for_each(|_| self.writing.push_back(After::Nothing));
        self.writing.push_back(after);
        entries.into_iter().map(Effect::Write).collect()
    }

    pub(super) fn decided(&mut self, id: EntryId, local: Local, facts: &Facts<'_>) -> Vec<Effect> {
        let Some(mut selling) = self.take(|s| s.sale.id == id && s.stage == Stage::Deciding) else {
            return Vec::new();
        };
        selling.payer = local.payer.clone().or(selling.payer);
        selling.local = Some(local);
        // What is refused anyhow needs no photo.
        let refused = matches!(selling.local.as_ref().map(|local| &local.verdict), Some(LocalVerdict::Refuse(_)));
        let unproven = match selling.sale.shown {
            Shown::Person(_) => true,
            Shown::Card(_) => !refused && facts.shop.is_some_and(|shop| shop.rules.cards.photo_check),
            Shown::Code(_) => false,
        };
        if unproven && !selling.sale.photo_checked && selling.payer.is_some() {
            return self.ask(selling, Asked::Person);
        }
        self.go_on(selling, facts)
    }

    pub(super) fn go_on(&mut self, selling: Box<Selling>, facts: &Facts<'_>) -> Vec<Effect> {
        let asks = match selling.local.as_ref().map(|local| &local.verdict) {
            Some(LocalVerdict::Ask(question)) => Some(*question),
            _ => None,
        };
        if let Some(question) = asks {
            return self.ask(selling, Asked::Rules(question));
        }
        if selling.sale.training || !facts.online {
            return self.alone(selling, facts);
        }
        if selling.intent {
            return self.ask_server(selling);
        }
        let intent = Entry::Intent { sale: selling.sale.clone() };
        self.write(selling, vec![intent], After::Intent)
    }

    fn ask_server(&mut self, mut selling: Box<Selling>) -> Vec<Effect> {
        (selling.intent, selling.stage) = (true, Stage::Asking);
        let effects = vec![Effect::Ask(selling.sale.clone())];
        self.state = State::Selling(selling);
        effects
    }

    pub(super) fn answered(&mut self, id: EntryId, answer: Option<Answer>, facts: &Facts<'_>) -> Vec<Effect> {
        let Some(mut selling) = self.take(|s| s.sale.id == id && s.stage == Stage::Asking) else { return Vec::new() };
        match answer {
            // No answer in time: from here on it is decided here, under the same name.
            None => self.alone(selling, facts),
            Some(Answer::Ask { question, payer }) => {
                selling.payer = payer.or(selling.payer);
                self.ask(selling, Asked::Rules(question))
            }
            Some(Answer::Refused { refused, payer, trace }) => {
                selling.payer = payer.or(selling.payer);
                self.refuse(selling, refused, trace, Ends::ByServer)
            }
            Some(Answer::Paid { amount, balance_after, arrears_after, payer, trace: _ }) => {
                selling.payer = payer.or(selling.payer);
                let (sale, payer) = (selling.sale.clone(), selling.payer.clone());
                let done = Done { sale: sale.clone(), payer, amount, balance_after, arrears_after, offline: false };
                let entry = Entry::Confirmed { sale, amount };
                self.write(selling, vec![entry], After::Paid(Box::new(done)))
            }
        }
    }

    /// The counter decides by itself.
    fn alone(&mut self, selling: Box<Selling>, facts: &Facts<'_>) -> Vec<Effect> {
        let Some(local) = selling.local.clone() else { return self.decide(selling) };
        match (local.verdict, selling.person()) {
            (LocalVerdict::Ask(question), _) => self.ask(selling, Asked::Rules(question)),
            (LocalVerdict::Refuse(refused), _) => self.refuse(selling, refused, local.trace, Ends::Here),
            (LocalVerdict::Allow { offline: Err(refused), .. }, _) if !selling.sale.training => {
                self.refuse(selling, refused, local.trace, Ends::Here)
            }
            (LocalVerdict::Allow { split, balance_after, arrears_after, .. }, Some(person)) => {
                let (sale, payer, amount) = (selling.sale.clone(), selling.payer.clone(), split.charged);
                let (balance_after, arrears_after) = (Some(balance_after), Some(arrears_after));
                let done = Done { sale: sale.clone(), payer, amount, balance_after, arrears_after, offline: true };
                if sale.training {
                    return self.practised(&done, facts);
                }
                let entry = Entry::Sale { sale, person, split, trace: local.trace };
                self.write(selling, vec![entry], After::Paid(Box::new(done)))
            }
            // Nobody was found, so nobody can be charged.
            (LocalVerdict::Allow { .. }, None) => {
                let refused = words::refused("code_unknown", "无法识别此码", "Unknown code");
                self.refuse(selling, refused, local.trace, Ends::Here)
            }
        }
    }

    fn refuse(&mut self, selling: Box<Selling>, refused: Refused, trace: String, ends: Ends) -> Vec<Effect> {
        // A refused name stays refused; what is tried after it has another.
        self.name = None;
        let asks = refused.may_collect_later && !selling.sale.collect_later;
        if selling.sale.training {
            if asks {
                return self.ask(selling, Asked::CollectLater(Box::new(refused)));
            }
            return self.show_refused(Some(&selling), &refused, selling.sale.at);
        }
        let (sale, id, online) = (selling.sale.clone(), selling.sale.id, ends == Ends::ByServer);
        let mut entries = vec![Entry::Refused { sale, refused: refused.clone(), trace, online }];
        if selling.intent && ends == Ends::Here {
            // The server may have booked it; the customer is told no.
            entries.push(Entry::GivenUp { purchase: id });
        }
        let refused = Box::new(refused);
        let after = if asks { After::CollectLater(refused) } else { After::Refused(refused) };
        self.write(selling, entries, after)
    }

    pub(super) fn written(&mut self, done: bool, facts: &Facts<'_>) -> Vec<Effect> {
        let Some(after) = self.writing.pop_front() else { return Vec::new() };
        if !done {
            // Whatever the server said: it is not recorded here, so it is not paid, and the restart gives it up.
            self.writing.clear();
            self.state = State::Pricing;
            (self.undoing, self.opening, self.name) = (None, None, None);
            let said = match after {
                After::Undone(_) => words::undo_not_recorded(),
                After::ShiftOpened(_) | After::ShiftClosed(_) => words::shift_not_recorded(),
                _ => words::not_recorded(),
            };
            self.show(Outcome {
                speak: vec!["请找收银员".into()],
                ..Outcome::of(ResultKind::Failed, said, facts.now.plus_ms(BAD_MS))
            });
            return vec![Effect::Light(Light::Bad)];
        }
        match after {
            After::Nothing => Vec::new(),
            After::Intent => match self.take(|s| s.stage == Stage::Writing) {
                Some(selling) => self.ask_server(selling),
                None => Vec::new(),
            },
            After::Paid(done) => self.paid(*done, facts),
            After::Refused(refused) => {
                let selling = self.take(|_| true);
                self.show_refused(selling.as_deref(), &refused, facts.now)
            }
            After::CollectLater(refused) => match self.take(|_| true) {
                Some(mut selling) => {
                    selling.intent = false;
                    self.ask(selling, Asked::CollectLater(refused))
                }
                None => Vec::new(),
            },
            After::GivenUp => {
                self.state = State::Pricing;
                vec![Effect::Light(Light::Ready)]
            }
            After::Undone(purchase) => self.undo_written(purchase, facts),
            After::ShiftOpened(shift) => self.shift_opened(shift, facts),
            After::ShiftClosed(closed) => self.shift_closed(closed, facts),
        }
    }

    fn paid(&mut self, done: Done, facts: &Facts<'_>) -> Vec<Effect> {
        if let Some(shift) = &mut self.shift {
            shift.count(done.amount);
        }
        let state = if done.offline { RecentState::Offline } else { RecentState::Paid };
        self.remember(Recent::of(&done.sale, done.payer.as_ref(), done.amount, state));
        self.last_paid = Some((done.sale.shown.clone(), facts.now));
        self.tick_off(done.payer.as_ref());
        self.last_receipt = Some(Receipt {
            purchase: done.sale.id,
            at: done.sale.at,
            lines: done.sale.lines.clone(),
            total: done.amount,
            name_mask: done.payer.as_ref().map(|payer| payer.name_mask.clone()).unwrap_or_default(),
            balance_after: done.balance_after,
            offline: done.offline,
        });
        self.good(&done, facts)
    }

    /// Practice ends like a sale, without a trace of it anywhere.
    fn practised(&mut self, done: &Done, facts: &Facts<'_>) -> Vec<Effect> {
        self.last_paid = Some((done.sale.shown.clone(), facts.now));
        self.good(done, facts)
    }

    fn good(&mut self, done: &Done, facts: &Facts<'_>) -> Vec<Effect> {
        self.tray = Tray::of(self.tray.mode);
        self.name = None;
        let free = done.amount.is_zero();
        let spoken = match (free, done.offline && !done.sale.training) {
            (true, _) => voice::COUNTED,
            (false, true) => voice::PAID_OFFLINE,
            (false, false) => voice::PAID,
        };
        let mut speak = vec![spoken.to_owned()];
        if !free {
            speak.extend(voice::amount(done.amount));
        }
        let offline = done.offline && !done.sale.training;
        let said = match (done.sale.training, free) {
            (true, _) => words::practice(),
            (false, true) => words::counted(),
            (false, false) => words::paid(offline),
        };
        self.show(Outcome {
            public: said.clone(),
            amount: done.amount,
            balance_after: done.balance_after,
            arrears_after: done.arrears_after.filter(|arrears| !arrears.is_zero()),
            offline,
            speak,
            payer: done.payer.clone(),
            ..Outcome::of(ResultKind::Paid, said, facts.now.plus_ms(GOOD_MS))
        });
        vec![Effect::Light(Light::Good)]
    }

    pub(super) fn show_refused(
        &mut self,
        selling: Option<&Selling>,
        refused: &Refused,
        now: yitong_values::Timestamp,
    ) -> Vec<Effect> {
        if let Some(selling) = selling.filter(|selling| !selling.sale.training) {
            let total = selling.sale.total;
            self.remember(Recent::of(&selling.sale, selling.payer.as_ref(), total, RecentState::Refused));
        }
        let spoken = match refused.code.as_str() {
            "too_little_money" | "arrears_cap" => voice::TOO_LITTLE,
            "code_lost" => voice::LOST,
            "code_unknown" => "无效码",
            "code_expired" => "码已过期",
            "code_stale" | "code_used" => voice::AGAIN,
            _ => "请找收银员",
        };
        self.show(Outcome {
            public: refused.public.clone(),
            amount: selling.map_or(Cents::ZERO, |selling| selling.sale.total),
            speak: vec![spoken.into()],
            payer: selling.and_then(|selling| selling.payer.clone()),
            ..Outcome::of(ResultKind::Refused, refused.words.clone(), now.plus_ms(BAD_MS))
        });
        vec![Effect::Light(Light::Bad)]
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ends {
    ByServer,
    Here,
}

//! Random interleavings of everything that can happen to an order, against a channel and books of their own.

use crate::*;
use proptest::prelude::*;
use yitong_values::{Cents, Timestamp};

const AMOUNT: Cents = Cents::new(5_000);

fn check(order: OrderState, attempt: AttemptState, said: Said, then: (OrderState, AttemptState, Booking)) {
    let heard = Heard { order, amount: AMOUNT, attempt, others_open: false, said };
    let moved = hear(&heard);
    assert_eq!((moved.order, moved.attempt, moved.booking), then, "{heard:?}");
}

#[test]
fn an_order_goes_its_way() {
    use AttemptState as A;
    use OrderState as O;
    let paid = Said::Paid { amount: Some(AMOUNT) };
    check(O::Created, A::Sent, Said::Waiting, (O::Paying, A::Accepted, Booking::Nothing));
    check(O::Created, A::Sent, Said::Nothing, (O::Unknown, A::Unknown, Booking::Nothing));
    check(O::Unknown, A::Unknown, Said::Absent { final_word: false }, (O::Unknown, A::Unknown, Booking::Nothing));
    check(O::Unknown, A::Unknown, Said::Absent { final_word: true }, (O::Closed, A::Closed, Booking::Nothing));
    check(O::Created, A::Sent, Said::Refused, (O::Failed, A::Failed, Booking::Nothing));
    check(O::Paying, A::Accepted, Said::Refused, (O::Paying, A::Accepted, Booking::Nothing));
    check(O::Paying, A::Accepted, Said::Failed, (O::Failed, A::Failed, Booking::Nothing));
    check(O::Failed, A::Failed, paid, (O::LateSuccess, A::Success, Booking::Suspend));
    check(O::Paying, A::Accepted, paid, (O::Success, A::Success, Booking::Credit));
    check(O::Success, A::Success, paid, (O::Success, A::Success, Booking::Nothing));
    check(O::Closing, A::Accepted, Said::Closed, (O::Closed, A::Closed, Booking::Nothing));
    check(O::Closing, A::Accepted, paid, (O::Success, A::Success, Booking::Credit));
    check(O::Closed, A::Closed, paid, (O::LateSuccess, A::Success, Booking::Suspend));
    check(O::Success, A::Accepted, paid, (O::Success, A::Success, Booking::SuspendTwice));
    check(O::Success, A::Success, Said::Closed, (O::Success, A::Success, Booking::Nothing));
    let less = Said::Paid { amount: Some(Cents::new(1)) };
    check(O::Paying, A::Accepted, less, (O::Disputed, A::Accepted, Booking::Nothing));
    check(O::Disputed, A::Accepted, paid, (O::Success, A::Success, Booking::Credit));
    check(O::Paying, A::Accepted, Said::Paid { amount: None }, (O::Paying, A::Accepted, Booking::Nothing));
}

#[test]
fn another_amount_alarms_once() {
    let said = Said::Paid { amount: Some(Cents::new(1)) };
    let attempt = AttemptState::Accepted;
    let first = Heard { order: OrderState::Paying, amount: AMOUNT, attempt, others_open: false, said };
    assert!(hear(&first).alarm);
    assert!(!hear(&Heard { order: hear(&first).order, ..first }).alarm);
}

#[test]
fn the_last_open_attempt_ends_the_order() {
    let heard = Heard {
        order: OrderState::Paying,
        amount: AMOUNT,
        attempt: AttemptState::Accepted,
        others_open: true,
        said: Said::Closed,
    };
    assert_eq!(hear(&heard).order, OrderState::Paying);
    assert_eq!(hear(&Heard { others_open: false, ..heard }).order, OrderState::Closed);
}

#[test]
fn a_refund_never_exceeds_what_was_paid() {
    let of = |refunded, refunding| Refundable {
        paid: AMOUNT,
        refunded: Cents::new(refunded),
        refunding: Cents::new(refunding),
    };
    assert_eq!(ask_refund(&of(0, 0), AMOUNT), Ok(()));
    assert_eq!(ask_refund(&of(3_000, 1_000), Cents::new(1_000)), Ok(()));
    let room = Cents::new(1_000);
    assert_eq!(ask_refund(&of(3_000, 1_000), Cents::new(1_001)), Err(RefundRefusal::OverPaid { room }));
    assert_eq!(ask_refund(&of(0, 0), Cents::ZERO), Err(RefundRefusal::BadAmount));
}

#[test]
fn late_money_goes_where_it_was_meant_to_unless_it_was_paid_again() {
    let fate = |paid_again, person_here| late_fate(LateFacts { paid_again, person_here });
    assert_eq!(fate(false, true), LateFate::Apply);
    assert_eq!(fate(true, true), LateFate::GiveBack);
    assert_eq!(fate(false, false), LateFate::GiveBack);
}

#[test]
fn looking_never_stops() {
    let start = Timestamp::from_ms(0);
    let end = start.plus_ms(ORDER_LIFE_MS);
    assert_eq!(next_look(0, start, end), start.plus_ms(5_000));
    assert_eq!(next_look(11, end.plus_ms(-1), end), end);
    assert_eq!(next_look(1_000_000, end, end), end.plus_ms(3_600_000));
}

/// What can happen in any order.
#[derive(Clone, Copy, Debug)]
enum Step {
    Create(usize),
    /// The channel took it, and its answer was lost.
    CreateLost(usize),
    PayerPays(usize),
    Notify(usize),
    NotifyOther(usize),
    Query(usize),
    QueryLost(usize),
    Close(usize),
    AskRefund(i64),
    SendRefund(usize),
    RefundFinishes(usize),
    RefundFails(usize),
    HearRefund(usize),
    /// What was heard but not written is heard again: a crash forgets nothing that was written.
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    let attempt = 0..2usize;
    let refund = 0..4usize;
    prop_oneof![
        attempt.clone().prop_map(Step::Create),
        attempt.clone().prop_map(Step::CreateLost),
        attempt.clone().prop_map(Step::PayerPays),
        attempt.clone().prop_map(Step::Notify),
        attempt.clone().prop_map(Step::NotifyOther),
        attempt.clone().prop_map(Step::Query),
        attempt.clone().prop_map(Step::QueryLost),
        attempt.prop_map(Step::Close),
        (1..6_000i64).prop_map(Step::AskRefund),
        refund.clone().prop_map(Step::SendRefund),
        refund.clone().prop_map(Step::RefundFinishes),
        refund.clone().prop_map(Step::RefundFails),
        refund.prop_map(Step::HearRefund),
        Just(Step::Crash),
    ]
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum There {
    Unheard,
    Open,
    Paid,
    Closed,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum RefundThere {
    Unheard,
    Processing,
    Done,
    Closed,
}

/// A channel with a truth of its own, our states, and our books: fen at the channel, credited, in suspense, set aside.
struct World {
    order: OrderState,
    attempts: [AttemptState; 2],
    there: [There; 2],
    refunds: Vec<(RefundState, i64)>,
    refunds_there: Vec<RefundThere>,
    credited_attempt: Option<usize>,
    channel: i64,
    credited: i64,
    suspense: i64,
    aside: i64,
    credits: u32,
}

impl World {
    fn new() -> World {
        World {
            order: OrderState::Created,
            attempts: [AttemptState::New; 2],
            there: [There::Unheard; 2],
            refunds: Vec::new(),
            refunds_there: Vec::new(),
            credited_attempt: None,
            channel: 0,
            credited: 0,
            suspense: 0,
            aside: 0,
            credits: 0,
        }
    }

    fn heard(&mut self, i: usize, said: Said) {
        let others_open = self.attempts[1 - i].is_open();
        let heard = Heard { order: self.order, amount: AMOUNT, attempt: self.attempts[i], others_open, said };
        let moved = hear(&heard);
        match moved.booking {
            Booking::Nothing => {}
            Booking::Credit => {
                self.channel += AMOUNT.fen();
                self.credited += AMOUNT.fen();
                self.credits += 1;
                self.credited_attempt = Some(i);
            }
            Booking::Suspend | Booking::SuspendTwice => {
                self.channel += AMOUNT.fen();
                self.suspense += AMOUNT.fen();
            }
        }
        self.order = moved.order;
        self.attempts[i] = moved.attempt;
    }

    fn truth(&self, i: usize) -> Said {
        match self.there[i] {
            There::Unheard => Said::Absent { final_word: false },
            There::Open => Said::Waiting,
            There::Paid => Said::Paid { amount: Some(AMOUNT) },
            There::Closed => Said::Closed,
        }
    }

    fn create(&mut self, i: usize, said: Said) {
        // A new attempt is only made while the order is open; a repeat goes out under the same number.
        if self.attempts[i] == AttemptState::New && self.order.is_open() {
            self.attempts[i] = AttemptState::Sent;
        }
        if matches!(self.attempts[i], AttemptState::Sent | AttemptState::Unknown) {
            if self.there[i] == There::Unheard {
                self.there[i] = There::Open;
            }
            self.heard(i, said);
        }
    }

    fn heard_refund(&mut self, i: usize, said: RefundSaid) {
        let (state, amount) = self.refunds[i];
        let moved = hear_refund(&RefundHeard { state, amount: Cents::new(amount), said });
        match moved.booking {
            RefundBooking::Nothing => {}
            RefundBooking::Leave => {
                self.aside -= amount;
                self.channel -= amount;
            }
            RefundBooking::Return => {
                self.aside -= amount;
                self.credited += amount;
            }
        }
        self.refunds[i].0 = moved.state;
    }

    fn refund_truth(&self, i: usize) -> RefundSaid {
        match self.refunds_there[i] {
            RefundThere::Unheard => RefundSaid::Absent,
            RefundThere::Processing => RefundSaid::Processing,
            RefundThere::Done => RefundSaid::Done { amount: Some(Cents::new(self.refunds[i].1)) },
            RefundThere::Closed => RefundSaid::Closed,
        }
    }

    fn ask_refund(&mut self, amount: i64) {
        if self.credited_attempt.is_none() || self.refunds.len() >= 4 {
            return;
        }
        let sum = |wanted: fn(RefundState) -> bool| -> i64 {
            self.refunds.iter().filter(|(state, _)| wanted(*state)).map(|(_, fen)| fen).sum()
        };
        let of = Refundable {
            paid: AMOUNT,
            refunded: Cents::new(sum(|state| state == RefundState::Done)),
            refunding: Cents::new(sum(RefundState::holds_money)),
        };
        if ask_refund(&of, Cents::new(amount)).is_ok() {
            self.refunds.push((RefundState::Created, amount));
            self.refunds_there.push(RefundThere::Unheard);
            self.credited -= amount;
            self.aside += amount;
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Create(i) => self.create(i, Said::Waiting),
            Step::CreateLost(i) => self.create(i, Said::Nothing),
            Step::PayerPays(i) if self.there[i] == There::Open => self.there[i] = There::Paid,
            Step::Notify(i) if self.there[i] == There::Paid => self.heard(i, self.truth(i)),
            Step::NotifyOther(i) if self.there[i] == There::Paid => {
                self.heard(i, Said::Paid { amount: Some(Cents::new(1)) });
            }
            Step::Query(i) if self.attempts[i] != AttemptState::New => self.heard(i, self.truth(i)),
            Step::QueryLost(i) if self.attempts[i] != AttemptState::New => self.heard(i, Said::Nothing),
            Step::Close(i) => {
                if self.there[i] == There::Open {
                    self.there[i] = There::Closed;
                }
                if self.order.is_open() && self.attempts[i].is_open() {
                    self.order = OrderState::Closing;
                    self.heard(i, self.truth(i));
                }
            }
            Step::AskRefund(amount) => self.ask_refund(amount),
            Step::SendRefund(i) if i < self.refunds.len() && self.refunds[i].0.is_open() => {
                if self.refunds_there[i] == RefundThere::Unheard {
                    self.refunds_there[i] = RefundThere::Processing;
                }
                self.heard_refund(i, RefundSaid::Nothing);
            }
            Step::RefundFinishes(i) if self.refunds_there.get(i) == Some(&RefundThere::Processing) => {
                self.refunds_there[i] = RefundThere::Done;
            }
            Step::RefundFails(i) if self.refunds_there.get(i) == Some(&RefundThere::Processing) => {
                self.refunds_there[i] = RefundThere::Closed;
            }
            Step::HearRefund(i) if i < self.refunds.len() => self.heard_refund(i, self.refund_truth(i)),
            _ => {}
        }
    }

    fn check(&self) {
        assert!(self.credits <= 1, "an order is paid at most once");
        assert_eq!(self.channel, self.credited + self.suspense + self.aside, "the books balance");
        let gone: i64 = self
            .refunds_there
            .iter()
            .zip(&self.refunds)
            .filter(|(t, _)| **t == RefundThere::Done)
            .map(|(_, r)| r.1)
            .sum();
        assert!(gone <= AMOUNT.fen(), "never more is refunded than was paid");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn whatever_happens_the_books_end_equal_to_the_channel(steps in proptest::collection::vec(step(), 0..60)) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
            world.check();
        }
        // In the end the channel is heard about everything that it may know: no success is lost.
        for i in 0..2 {
            if world.attempts[i] != AttemptState::New {
                world.heard(i, world.truth(i));
            }
        }
        for i in 0..world.refunds.len() {
            if world.refunds_there[i] == RefundThere::Unheard {
                world.take(Step::SendRefund(i));
            }
            world.take(Step::RefundFinishes(i));
            world.heard_refund(i, world.refund_truth(i));
        }
        world.check();
        let paid: i64 = world.there.iter().filter(|there| **there == There::Paid).count() as i64 * AMOUNT.fen();
        let given_back: i64 = (0..world.refunds.len())
            .filter(|i| world.refunds_there[*i] == RefundThere::Done)
            .map(|i| world.refunds[i].1)
            .sum();
        prop_assert_eq!(world.channel, paid - given_back, "our books and the channel's are equal");
        prop_assert_eq!(world.aside, 0, "nothing stays set aside");
        if paid > 0 {
            prop_assert!(world.credits == 1 || world.suspense > 0, "no success is lost");
        }
    }
}

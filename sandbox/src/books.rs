//! Orders, payments and refunds of all channels, in memory. What may happen to an order is decided here, once; each
//! protocol only says it in its own words.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use yitong_values::{BusinessDay, Cents, Timestamp};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Wechat,
    Alipay,
    Unionpay,
    Chinaums,
}

/// What a caller asks for. Its `fingerprint` holds every parameter that a repeat must bring again.
#[derive(Clone)]
pub struct Ask {
    pub channel: Channel,
    pub number: String,
    pub scene: String,
    pub amount: Cents,
    pub description: String,
    pub expires_at: Timestamp,
    pub notify_url: String,
    pub return_url: Option<String>,
    pub payer: Option<String>,
    /// What the protocol wants to give back later, by its own names.
    pub details: BTreeMap<String, String>,
    pub fingerprint: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Waiting,
    Paid { at: Timestamp },
    Closed { at: Timestamp },
}

#[derive(Clone)]
pub struct Order {
    pub ask: Ask,
    pub channel_number: String,
    pub made_at: Timestamp,
    pub state: State,
    /// The payer has been at the cashier: some channels know of an order only then.
    pub visited: bool,
    pub failed_tries: u32,
    pub refunds: Vec<Refund>,
}

#[derive(Clone)]
pub struct Refund {
    pub number: String,
    pub channel_number: String,
    pub amount: Cents,
    /// What the protocol wants to give back later, by its own names.
    pub details: BTreeMap<String, String>,
    pub made_at: Timestamp,
    pub notify_url: Option<String>,
    pub fate: RefundFate,
    /// Until then it is being worked on.
    pub settles_at: Timestamp,
}

/// How refunds end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundFate {
    #[default]
    Done,
    Closed,
    Abnormal,
}

impl Refund {
    /// `None` while it is being worked on.
    pub fn ended(&self, now: Timestamp) -> Option<RefundFate> {
        (now >= self.settles_at).then_some(self.fate)
    }
}

impl Order {
    /// What is or will be given back.
    pub fn refunded(&self) -> Cents {
        let kept = self.refunds.iter().filter(|refund| refund.fate != RefundFate::Closed);
        Cents::sum(kept.map(|refund| refund.amount)).expect("refunds never exceed what was paid")
    }

    pub fn paid_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Paid { at } => Some(at),
            State::Waiting | State::Closed { .. } => None,
        }
    }

    pub fn state_word(&self) -> &'static str {
        match self.state {
            State::Waiting => "waiting",
            State::Paid { .. } => "paid",
            State::Closed { .. } => "closed",
        }
    }

    pub fn refund(&self, number: &str) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.number == number)
    }

    fn settle(&mut self, now: Timestamp) {
        if self.state == State::Waiting && now >= self.ask.expires_at {
            self.state = State::Closed { at: self.ask.expires_at };
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateRefusal {
    OtherParameters,
    Paid,
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayRefusal {
    Absent,
    Paid,
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseRefusal {
    Absent,
    Paid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundRefusal {
    Absent,
    NotPaid,
    TooMuch,
    OtherParameters,
    TooMany,
}

pub struct RefundAsk {
    pub number: String,
    pub amount: Cents,
    /// What the protocol wants to give back later, by its own names.
    pub details: BTreeMap<String, String>,
    pub notify_url: Option<String>,
    pub fate: RefundFate,
    pub delay_ms: i64,
}

/// A year after the payment nothing is given back, and never in more than fifty parts.
pub const REFUNDS_MAX: usize = 50;
/// Above it the lowest numbers are forgotten, which are the oldest where numbers begin with a day.
const ORDERS_MAX: usize = 200_000;

#[derive(Default)]
pub struct Books {
    orders: BTreeMap<(Channel, String), Order>,
    /// Numbers of the channels run through all of them.
    last_number: u64,
}

impl Books {
    /// The same ask again is the same order.
    pub fn create(&mut self, ask: Ask, now: Timestamp) -> Result<&mut Order, CreateRefusal> {
        let channel_number = self.next_number(ask.channel, now);
        if self.orders.len() >= ORDERS_MAX {
            self.orders.pop_first();
        }
        let key = (ask.channel, ask.number.clone());
        let fingerprint = ask.fingerprint.clone();
        let order = self.orders.entry(key).or_insert_with(|| Order {
            ask,
            channel_number,
            made_at: now,
            state: State::Waiting,
            visited: false,
            failed_tries: 0,
            refunds: Vec::new(),
        });
        order.settle(now);
        match order.state {
            State::Paid { .. } => Err(CreateRefusal::Paid),
            State::Closed { .. } => Err(CreateRefusal::Closed),
            State::Waiting if order.ask.fingerprint != fingerprint => Err(CreateRefusal::OtherParameters),
            State::Waiting => Ok(order),
        }
    }

    pub fn find(&mut self, channel: Channel, number: &str, now: Timestamp) -> Option<&mut Order> {
        let order = self.orders.get_mut(&(channel, number.to_owned()))?;
        order.settle(now);
        Some(order)
    }

    pub fn find_by_channel_number(&mut self, channel: Channel, number: &str, now: Timestamp) -> Option<&mut Order> {
        let mut all = self.orders.values_mut();
        let order = all.find(|order| order.ask.channel == channel && order.channel_number == number)?;
        order.settle(now);
        Some(order)
    }

    /// By our number, whatever the channel: for the pages and for tests.
    pub fn find_anywhere(&mut self, number: &str, now: Timestamp) -> Option<&mut Order> {
        // China UMS puts four letters of its own before the merchant's number.
        let named = |order: &&mut Order| {
            let theirs = order.ask.number.as_str();
            theirs == number || (order.ask.channel == Channel::Chinaums && theirs.get(4..) == Some(number))
        };
        let order = self.orders.values_mut().find(named)?;
        order.settle(now);
        Some(order)
    }

    pub fn all(&mut self, now: Timestamp) -> impl Iterator<Item = &Order> {
        self.orders.values_mut().for_each(|order| order.settle(now));
        self.orders.values()
    }

    pub fn pay(&mut self, number: &str, now: Timestamp) -> Result<&Order, PayRefusal> {
        let order = self.find_anywhere(number, now).ok_or(PayRefusal::Absent)?;
        match order.state {
            State::Paid { .. } => Err(PayRefusal::Paid),
            State::Closed { .. } => Err(PayRefusal::Closed),
            State::Waiting => {
                order.visited = true;
                order.state = State::Paid { at: now };
                Ok(order)
            }
        }
    }

    /// A closed number is never used again.
    pub fn close(&mut self, channel: Channel, number: &str, now: Timestamp) -> Result<&Order, CloseRefusal> {
        let order = self.find(channel, number, now).ok_or(CloseRefusal::Absent)?;
        match order.state {
            State::Paid { .. } => return Err(CloseRefusal::Paid),
            State::Closed { .. } => {}
            State::Waiting => order.state = State::Closed { at: now },
        }
        Ok(order)
    }

    /// The same number with the same amount is the same refund.
    pub fn refund(
        &mut self,
        channel: Channel,
        number: &str,
        ask: RefundAsk,
        now: Timestamp,
    ) -> Result<(&Order, &Refund), RefundRefusal> {
        let channel_number = self.next_number(channel, now);
        let elsewhere = self.orders.values().any(|order| {
            order.ask.channel == channel && order.ask.number != number && order.refund(&ask.number).is_some()
        });
        let order = self.find(channel, number, now).ok_or(RefundRefusal::Absent)?;
        if order.paid_at().is_none() {
            return Err(RefundRefusal::NotPaid);
        }
        if elsewhere {
            return Err(RefundRefusal::OtherParameters);
        }
        if let Some(at) = order.refunds.iter().position(|refund| refund.number == ask.number) {
            let same = order.refunds[at].amount == ask.amount;
            return if same { Ok((order, &order.refunds[at])) } else { Err(RefundRefusal::OtherParameters) };
        }
        let left = order.ask.amount.minus(order.refunded()).expect("refunds never exceed what was paid");
        if ask.amount > left {
            return Err(RefundRefusal::TooMuch);
        }
        if order.refunds.len() >= REFUNDS_MAX {
            return Err(RefundRefusal::TooMany);
        }
        order.refunds.push(Refund {
            number: ask.number,
            channel_number,
            amount: ask.amount,
            details: ask.details,
            made_at: now,
            notify_url: ask.notify_url,
            fate: ask.fate,
            settles_at: now.plus_ms(ask.delay_ms),
        });
        Ok((order, order.refunds.last().expect("a refund was just added")))
    }

    pub fn find_refund(&mut self, channel: Channel, number: &str, now: Timestamp) -> Option<(&Order, &Refund)> {
        let of_channel = self.all(now).filter(|order| order.ask.channel == channel);
        of_channel.into_iter().find_map(|order| order.refund(number).map(|refund| (order, refund)))
    }

    /// What was being worked on has ended by now.
    pub fn settle_refund(
        &mut self,
        channel: Channel,
        number: &str,
        refund: &str,
        now: Timestamp,
    ) -> Option<(Order, Refund)> {
        let order = self.find(channel, number, now)?;
        let refund = order.refunds.iter_mut().find(|known| known.number == refund)?;
        refund.settles_at = refund.settles_at.min(now);
        let refund = refund.clone();
        Some((order.clone(), refund))
    }

    /// In the length that the channel's own numbers have.
    fn next_number(&mut self, channel: Channel, now: Timestamp) -> String {
        self.last_number += 1;
        let (day, count) = (now.china_day().number(), self.last_number);
        match channel {
            Channel::Wechat => format!("4200{day}{count:016}"),
            Channel::Alipay => format!("{day}22001{count:015}"),
            Channel::Unionpay => format!("{day}{count:013}"),
            Channel::Chinaums => format!("{day}{count:011}"),
        }
    }

    /// The money of a day, channel by channel, as the sandbox itself counts it: without planted differences.
    pub fn totals(&mut self, day: BusinessDay, now: Timestamp) -> BTreeMap<Channel, Totals> {
        let mut totals: BTreeMap<Channel, Totals> = BTreeMap::new();
        for order in self.all(now) {
            let of = totals.entry(order.ask.channel).or_default();
            if order.paid_at().is_some_and(|at| at.china_day() == day) {
                of.payments += 1;
                of.paid_fen += order.ask.amount.fen();
                of.fee_milli_fen += fee_milli(order.ask.amount);
            }
            for refund in order.refunds.iter().filter(|refund| refund.made_at.china_day() == day) {
                if refund.fate != RefundFate::Closed {
                    of.refunds += 1;
                    of.refunded_fen += refund.amount.fen();
                    of.fee_milli_fen -= fee_milli(refund.amount);
                }
            }
        }
        totals
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    pub payments: u64,
    pub paid_fen: i64,
    pub refunds: u64,
    pub refunded_fen: i64,
    /// What the channel keeps, in thousandths of a fen.
    pub fee_milli_fen: i64,
}

/// What a channel keeps: 0.60 %, in thousandths of a fen.
pub fn fee_milli(amount: Cents) -> i64 {
    amount.fen() * 6
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_ms(1_795_492_800_000);

    fn ask(fen: i64) -> Ask {
        Ask {
            channel: Channel::Wechat,
            number: "T1".into(),
            scene: "jsapi".into(),
            amount: Cents::new(fen),
            description: "充值".into(),
            expires_at: NOON.plus_ms(60_000),
            notify_url: String::new(),
            return_url: None,
            payer: None,
            details: BTreeMap::new(),
            fingerprint: fen.to_string(),
        }
    }

    fn back(number: &str, fen: i64) -> RefundAsk {
        let amount = Cents::new(fen);
        let fate = RefundFate::Done;
        RefundAsk { number: number.into(), amount, details: BTreeMap::new(), notify_url: None, fate, delay_ms: 0 }
    }

    #[test]
    fn a_number_belongs_to_one_order() {
        let mut books = Books::default();
        assert!(books.create(ask(100), NOON).is_ok());
        assert!(books.create(ask(100), NOON).is_ok());
        assert_eq!(books.create(ask(200), NOON).err(), Some(CreateRefusal::OtherParameters));
        assert!(books.pay("T1", NOON).is_ok());
        assert_eq!(books.pay("T1", NOON).err(), Some(PayRefusal::Paid));
        assert_eq!(books.create(ask(100), NOON).err(), Some(CreateRefusal::Paid));
        assert_eq!(books.close(Channel::Wechat, "T1", NOON).err(), Some(CloseRefusal::Paid));
    }

    #[test]
    fn a_closed_number_is_used_up() {
        let mut books = Books::default();
        assert!(books.create(ask(100), NOON).is_ok());
        let late = NOON.plus_ms(60_000);
        assert_eq!(books.pay("T1", late).err(), Some(PayRefusal::Closed));
        assert_eq!(books.create(ask(100), late).err(), Some(CreateRefusal::Closed));
    }

    #[test]
    fn no_more_is_given_back_than_was_paid() {
        let mut books = Books::default();
        let order = |books: &mut Books, ask| books.refund(Channel::Wechat, "T1", ask, NOON).map(|_| ()).err();
        assert_eq!(order(&mut books, back("R1", 1)), Some(RefundRefusal::Absent));
        books.create(ask(100), NOON).map(|_| ()).unwrap();
        assert_eq!(order(&mut books, back("R1", 60)), Some(RefundRefusal::NotPaid));
        books.pay("T1", NOON).map(|_| ()).unwrap();
        assert_eq!(order(&mut books, back("R1", 60)), None);
        assert_eq!(order(&mut books, back("R1", 60)), None);
        assert_eq!(order(&mut books, back("R1", 50)), Some(RefundRefusal::OtherParameters));
        assert_eq!(order(&mut books, back("R2", 41)), Some(RefundRefusal::TooMuch));
        assert_eq!(order(&mut books, back("R2", 40)), None);
        let day = &books.totals(NOON.china_day(), NOON)[&Channel::Wechat];
        assert_eq!((day.paid_fen, day.refunded_fen, day.refunds, day.fee_milli_fen), (100, 100, 2, 0));
    }
}

//! The lines of a day as the bills of all channels tell them, with the planted differences.

use crate::books::{Books, Channel, RefundFate, fee_milli};
use crate::faults::Faults;
use yitong_values::{BusinessDay, Cents, Timestamp};

#[derive(Clone)]
pub struct Line {
    pub number: String,
    pub channel_number: String,
    /// Of the payment.
    pub amount: Cents,
    pub refund: Option<RefundPart>,
    /// Thousandths of a fen; negative when it is given back.
    pub fee_milli: i64,
    /// A payment is dated by its success, a refund by its acceptance.
    pub at: Timestamp,
    pub made_at: Timestamp,
    pub description: String,
    pub payer: String,
    pub scene: String,
}

#[derive(Clone)]
pub struct RefundPart {
    pub number: String,
    pub channel_number: String,
    pub amount: Cents,
    pub state: RefundFate,
}

/// `counted` is what the totals are made of; `lines` is less when the file is cut off.
pub struct BillDay {
    pub lines: Vec<Line>,
    pub counted: Vec<Line>,
}

pub fn of_day(books: &mut Books, channel: Channel, day: BusinessDay, now: Timestamp, faults: &Faults) -> BillDay {
    let mut counted = honest(books, channel, day, now);
    if counted.is_empty() {
        return BillDay { lines: Vec::new(), counted };
    }
    plant(&mut counted, day, faults);
    let mut lines = counted.clone();
    if faults.bill_cut {
        lines.pop();
    }
    BillDay { lines, counted }
}

fn honest(books: &mut Books, channel: Channel, day: BusinessDay, now: Timestamp) -> Vec<Line> {
    let mut lines = Vec::new();
    for order in books.all(now).filter(|order| order.ask.channel == channel) {
        let Some(paid_at) = order.paid_at() else { continue };
        let payment = Line {
            number: order.ask.number.clone(),
            channel_number: order.channel_number.clone(),
            amount: order.ask.amount,
            refund: None,
            fee_milli: fee_milli(order.ask.amount),
            at: paid_at,
            made_at: order.made_at,
            description: order.ask.description.clone(),
            payer: order.ask.payer.clone().unwrap_or_default(),
            scene: order.ask.scene.clone(),
        };
        for refund in order.refunds.iter().filter(|refund| refund.made_at.china_day() == day) {
            let part = RefundPart {
                number: refund.number.clone(),
                channel_number: refund.channel_number.clone(),
                amount: refund.amount,
                state: refund.fate,
            };
            let fee_milli = -fee_milli(refund.amount);
            lines.push(Line { refund: Some(part), fee_milli, at: refund.made_at, ..payment.clone() });
        }
        if paid_at.china_day() == day {
            lines.push(payment);
        }
    }
    lines.sort_by_key(|line| (line.at, line.refund.is_some(), line.number.clone()));
    lines
}

fn plant(lines: &mut Vec<Line>, day: BusinessDay, faults: &Faults) {
    if faults.bill_extra_line {
        let stranger = Line {
            number: format!("EXTRA{}0001", day.number()),
            channel_number: format!("9{}{:015}", day.number(), 1),
            amount: Cents::new(1234),
            refund: None,
            fee_milli: fee_milli(Cents::new(1234)),
            at: day.start().plus_ms(43_200_000),
            ..lines[0].clone()
        };
        lines.push(stranger);
    }
    if faults.bill_missing_line {
        lines.remove(0);
    }
    let payment = lines.iter_mut().find(|line| line.refund.is_none() && !line.number.starts_with("EXTRA"));
    if let Some(line) = payment.filter(|_| faults.bill_other_amount) {
        line.amount = Cents::new(line.amount.fen() + 1);
    }
    if let Some(line) = lines.last_mut().filter(|_| faults.bill_other_fee) {
        line.fee_milli += 1000;
    }
}

/// Fen from thousandths of it, half away from zero: for channels that charge whole fen.
pub fn whole_fen(milli: i64) -> Cents {
    let rounded = (milli.abs() + 500) / 1000;
    Cents::new(rounded * milli.signum())
}

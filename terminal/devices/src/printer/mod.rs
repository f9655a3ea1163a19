//! Receipts and how ESC/POS printers are told to print them.

mod escpos;
mod layout;
mod paper;
mod status;

pub use escpos::{DRAWER_KICK, encode};
pub use layout::width;
pub use paper::{Mark, Paper};
pub use status::{ASK, Asked, Heard, Status, Statuses};

/// What is printed, line by line. Texts may be any: what a printer could take for a command is left out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Receipt {
    pub lines: Vec<Line>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Line {
    Text {
        text: String,
        align: Align,
        large: bool,
        bold: bool,
    },
    /// A name on the left, an amount on the right.
    Pair {
        left: String,
        right: String,
        bold: bool,
    },
    Rule,
    Qr(String),
    Space,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Align {
    Left,
    Center,
    Right,
}

impl Receipt {
    pub fn text(mut self, text: &str) -> Self {
        self.lines.push(Line::Text { text: text.into(), align: Align::Left, large: false, bold: false });
        self
    }

    pub fn title(mut self, text: &str) -> Self {
        self.lines.push(Line::Text { text: text.into(), align: Align::Center, large: true, bold: true });
        self
    }

    pub fn center(mut self, text: &str) -> Self {
        self.lines.push(Line::Text { text: text.into(), align: Align::Center, large: false, bold: false });
        self
    }

    pub fn pair(mut self, left: &str, right: &str) -> Self {
        self.lines.push(Line::Pair { left: left.into(), right: right.into(), bold: false });
        self
    }

    pub fn total(mut self, left: &str, right: &str) -> Self {
        self.lines.push(Line::Pair { left: left.into(), right: right.into(), bold: true });
        self
    }

    pub fn rule(mut self) -> Self {
        self.lines.push(Line::Rule);
        self
    }

    pub fn qr(mut self, text: &str) -> Self {
        self.lines.push(Line::Qr(text.into()));
        self
    }
}

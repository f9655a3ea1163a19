//! The one face of all devices: what they tell, what they are told, and how they are.

use crate::keypad::Key;
use crate::printer::Receipt;
use crate::words::{Trouble, Words};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Scanner,
    Keypad,
    Nfc,
    Printer,
    Drawer,
    Scale,
    Light,
    Buzzer,
}

/// What a device tells.
#[derive(Clone, PartialEq, Eq)]
pub enum Event {
    /// What was scanned, whole.
    Scan(String),
    /// A scan that came damaged or without its end: the person shows the code again.
    Misread,
    Key(Key),
    /// The number of a card. Anybody can write such a number onto a card: it finds a person, it proves nothing.
    Uid(Vec<u8>),
    Weight(Weight),
    Plugged,
    Unplugged,
    Trouble(Trouble),
    /// The trouble is over.
    Well,
}

/// Says which kind of event it was, never what was in it: codes and card numbers belong to people, and logs do not.
impl std::fmt::Debug for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Event::Scan(text) => write!(f, "Scan({} bytes)", text.len()),
            Event::Misread => f.write_str("Misread"),
            Event::Key(_) => f.write_str("Key"),
            Event::Uid(uid) => write!(f, "Uid({} bytes)", uid.len()),
            Event::Weight(weight) => weight.fmt(f),
            Event::Plugged => f.write_str("Plugged"),
            Event::Unplugged => f.write_str("Unplugged"),
            Event::Trouble(trouble) => write!(f, "Trouble({trouble:?})"),
            Event::Well => f.write_str("Well"),
        }
    }
}

/// What lies on the scale. Only a stable weight may be sold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Weight {
    pub grams: i32,
    pub stable: bool,
    /// The scale has taken the weight of a dish off.
    pub tare: bool,
}

/// What a device is told to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    Print(Receipt),
    OpenDrawer,
    /// One colour and no other; `None` is dark.
    Light(Option<Color>, Blink),
    Beep,
}

impl Command {
    /// What shows that a device of this kind works, when somebody presses "test"; nothing for those that only tell.
    pub fn test(kind: Kind) -> Vec<Command> {
        let page = || {
            let receipt = Receipt::default().title("打印测试 Test").rule().pair("红烧肉 x1", "8.00");
            receipt.total("合计 Total", "¥8.00").qr("yitong").center("一通 Yitong")
        };
        match kind {
            Kind::Printer => vec![Command::Print(page())],
            Kind::Drawer => vec![Command::OpenDrawer],
            Kind::Buzzer => vec![Command::Beep],
            Kind::Light => [Color::Red, Color::Yellow, Color::Blue, Color::Green]
                .map(|color| Command::Light(Some(color), Blink::Steady))
                .into_iter()
                .chain([Command::Light(None, Blink::Steady)])
                .collect(),
            Kind::Scanner | Kind::Keypad | Kind::Nfc | Kind::Scale => Vec::new(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Color {
    Red,
    Yellow,
    Blue,
    Green,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Blink {
    Steady,
    Slow,
    Fast,
}

/// How a device is, for the screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Ready,
    Absent,
    Trouble(Trouble),
}

impl State {
    /// The word of the agent's view: `ready`, `absent` or `trouble`.
    pub fn name(self) -> &'static str {
        match self {
            State::Ready => "ready",
            State::Absent => "absent",
            State::Trouble(_) => "trouble",
        }
    }

    pub fn words(self) -> Words {
        match self {
            State::Ready => Words { zh: "正常", en: "Ready" },
            State::Absent => Trouble::Absent.words(),
            State::Trouble(trouble) => trouble.words(),
        }
    }
}

impl Kind {
    pub fn words(self) -> Words {
        let (zh, en) = match self {
            Kind::Scanner => ("扫码枪", "Scanner"),
            Kind::Keypad => ("小键盘", "Keypad"),
            Kind::Nfc => ("读卡器", "Card reader"),
            Kind::Printer => ("打印机", "Printer"),
            Kind::Drawer => ("钱箱", "Cash drawer"),
            Kind::Scale => ("电子秤", "Scale"),
            Kind::Light => ("指示灯", "Light"),
            Kind::Buzzer => ("蜂鸣器", "Buzzer"),
        };
        Words { zh, en }
    }
}

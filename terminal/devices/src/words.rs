//! What can be wrong with a device, in words that tell a cashier what to do.

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Words {
    pub zh: &'static str,
    pub en: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Trouble {
    /// Not there: never plugged in, or pulled out.
    Absent,
    /// Another program holds it.
    Busy,
    /// The agent's user may not open it.
    Denied,
    /// It is there and says nothing.
    Silent,
    /// It says things that nobody understands: a wrong baud rate, or another device.
    Noise,
    /// The settings name something that this driver can't do.
    Unfit,
    PaperOut,
    /// Still prints; a new roll is needed soon.
    PaperLow,
    CoverOpen,
    /// The printer says that it can't, and not why: a jammed cutter, a hot head.
    PrinterStopped,
    Overload,
    /// Less than nothing: the scale was switched on with a dish on it, or the pan is off.
    BelowZero,
    /// More orders than it can follow; this one was dropped.
    Behind,
}

impl Trouble {
    pub fn words(self) -> Words {
        let (zh, en) = match self {
            Trouble::Absent => ("未连接，请检查插头", "Not connected: check the plug"),
            Trouble::Busy => ("被其他程序占用", "In use by another program"),
            Trouble::Denied => ("没有访问权限", "No permission to open it"),
            Trouble::Silent => ("没有应答，请检查电源和线", "No answer: check power and cable"),
            Trouble::Noise => ("数据无法识别，请检查波特率", "Not understood: check the baud rate"),
            Trouble::Unfit => ("设置不适用于该设备", "The settings do not fit this device"),
            Trouble::PaperOut => ("缺纸，请换纸卷", "Out of paper: put in a new roll"),
            Trouble::PaperLow => ("纸快用完", "Paper is running low"),
            Trouble::CoverOpen => ("机盖未关", "The cover is open"),
            Trouble::PrinterStopped => ("打印机故障，请关机重启", "Printer stopped: switch it off and on"),
            Trouble::Overload => ("超重，请取下物品", "Too heavy: take it off"),
            Trouble::BelowZero => ("低于零点，请清空秤盘后置零", "Below zero: empty the pan and press zero"),
            Trouble::Behind => ("处理不过来，已丢弃一条指令", "Too many orders: one was dropped"),
        };
        Words { zh, en }
    }

    /// Whether the device can still do its work.
    pub fn is_warning(self) -> bool {
        self == Trouble::PaperLow
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.words().en)
    }
}

impl std::error::Error for Trouble {}

/// What the kernel said when a device was opened or used.
impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable, PermissionDenied};
        use std::io::ErrorKind::{ResourceBusy, TimedOut, WouldBlock};
        match error.kind() {
            PermissionDenied => Trouble::Denied,
            ResourceBusy => Trouble::Busy,
            TimedOut | WouldBlock | HostUnreachable | NetworkUnreachable | ConnectionRefused => Trouble::Silent,
            _ => Trouble::Absent,
        }
    }
}

impl From<rustix::io::Errno> for Trouble {
    fn from(errno: rustix::io::Errno) -> Self {
        std::io::Error::from(errno).into()
    }
}

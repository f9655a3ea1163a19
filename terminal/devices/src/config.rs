//! What a counter has: a section of the agent's settings for each device.
//!
//! ```toml
//! [[device]]
//! kind = "scanner"
//! at = "usb:1eab:1a06"      # or /dev/ttyACM0, input:event3, tcp:10.0.0.9:9100, /dev/usb/lp0, leds, pcsc
//! baud = 115200
//! ```

use crate::face::{Color, Kind};
use crate::keypad::Extra;
use crate::scan::Ends;
use crate::{relay, scale};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub kind: Kind,
    /// Where it is: a file under `/dev`, `usb:vid:pid` (found again in whatever port it is put), `input:eventN`,
    /// `tcp:host:port`, `pcsc` or `unix:/path/of/pcscd.comm`, `leds` or `gpio` (then `lamps` says which), or `printer`
    /// for a drawer or buzzer at the printer.
    pub at: String,
    /// For the screen; the kind's own word where it is empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(default = "baud")]
    pub baud: u32,
    /// Data bits, parity, stop bits: `8N1`, `7E1`.
    #[serde(default = "frame")]
    pub frame: String,
    /// What ends a scan.
    #[serde(default)]
    pub ends: Ends,
    /// The longest gap between two signs of a scanner that types, and the pause that ends a scan without a sign.
    #[serde(default = "gap_ms")]
    pub gap_ms: u64,
    /// Keys of a built-in pad, by the kernel's code: `keys = { 240 = "00" }`.
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub keys: Extra,
    /// Both a scanner and a person type on it.
    #[serde(default)]
    pub mixed: bool,
    #[serde(default)]
    pub scale: scale::Protocol,
    #[serde(default)]
    pub relay: relay::Protocol,
    /// Of a Modbus board.
    #[serde(default = "address")]
    pub address: u8,
    /// Which relay, lamp of `/sys/class/leds` or line of `/sys/class/gpio` each colour is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lamps: BTreeMap<Color, String>,
    /// Which relay or line a drawer or buzzer hangs on.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub line: String,
    /// Characters in a row: 32 on paper of 58 mm, 48 on 80 mm.
    #[serde(default = "columns")]
    pub columns: usize,
}

fn baud() -> u32 {
    9600
}

fn frame() -> String {
    "8N1".into()
}

fn gap_ms() -> u64 {
    crate::wedge::GAP_MS
}

fn address() -> u8 {
    1
}

fn columns() -> usize {
    32
}

/// How a serial line is set up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame {
    pub baud: u32,
    pub bits: u8,
    pub parity: char,
    pub stops: u8,
}

const COLUMNS: std::ops::RangeInclusive<usize> = 16..=80;

impl Config {
    /// With every setting at its usual value.
    pub fn new(kind: Kind, at: &str) -> Self {
        Config {
            kind,
            at: at.into(),
            name: String::new(),
            baud: baud(),
            frame: frame(),
            ends: Ends::default(),
            gap_ms: gap_ms(),
            keys: Extra::new(),
            mixed: false,
            scale: scale::Protocol::default(),
            relay: relay::Protocol::default(),
            address: address(),
            lamps: BTreeMap::new(),
            line: String::new(),
            columns: columns(),
        }
    }

    /// What is wrong with it, in words for whoever edits the settings.
    pub fn check(&self) -> Result<(), String> {
        if self.at.is_empty() {
            return Err("at: say where the device is".into());
        }
        if self.frame().is_none() {
            return Err(format!("frame: {:?} is not like 8N1", self.frame));
        }
        if !COLUMNS.contains(&self.columns) {
            return Err(format!("columns: {} is not between {} and {}", self.columns, COLUMNS.start(), COLUMNS.end()));
        }
        if self.kind == Kind::Light && self.lamps.is_empty() {
            return Err("lamps: say which relay or lamp each colour is".into());
        }
        if let Some(usb) = self.at.strip_prefix("usb:")
            && usb_id(usb).is_none()
        {
            return Err(format!("at: {usb:?} is not like 1eab:1a06"));
        }
        Ok(())
    }

    pub fn frame(&self) -> Option<Frame> {
        let &[bits @ (b'7' | b'8'), parity @ (b'N' | b'E' | b'O'), stops @ (b'1' | b'2')] = self.frame.as_bytes()
        else {
            return None;
        };
        Some(Frame { baud: self.baud, bits: bits - b'0', parity: parity.into(), stops: stops - b'0' })
    }
}

/// `1eab:1a06` as numbers.
pub fn usb_id(text: &str) -> Option<(u16, u16)> {
    let (vendor, product) = text.split_once(':')?;
    let hex = |part: &str| (part.len() == 4).then(|| u16::from_str_radix(part, 16).ok()).flatten();
    Some((hex(vendor)?, hex(product)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keypad::Key;

    #[derive(Deserialize)]
    struct Counter {
        device: Vec<Config>,
    }

    #[test]
    fn a_counter_is_described_in_a_few_lines() {
        let text = r#"
            [[device]]
            kind = "scanner"
            at = "usb:1eab:1a06"
            ends = "tab"
            [[device]]
            kind = "scale"
            at = "/dev/ttyS1"
            scale = "asked"
            frame = "7E1"
            [[device]]
            kind = "light"
            at = "/dev/ttyUSB0"
            lamps = { red = "1", blue = "3" }
            [[device]]
            kind = "keypad"
            at = "input:event2"
            keys = { 240 = "00" }
        "#;
        let counter: Counter = toml::from_str(text).expect("as the manual says");
        let [scanner, scale, light, keypad] = &counter.device[..] else { panic!("four devices") };
        counter.device.iter().for_each(|device| device.check().expect("all are right"));
        assert_eq!((scanner.ends, scanner.baud), (Ends::Tab, 9600));
        assert_eq!(scale.frame(), Some(Frame { baud: 9600, bits: 7, parity: 'E', stops: 1 }));
        assert_eq!(light.lamps[&Color::Blue], "3");
        assert_eq!(keypad.keys[&240], Key::DoubleZero);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let check = |change: &dyn Fn(&mut Config), word: &str| {
            let mut config = Config::new(Kind::Light, "usb:1a86:7523");
            config.lamps.insert(Color::Red, "1".into());
            assert_eq!(config.check(), Ok(()));
            change(&mut config);
            assert!(config.check().expect_err("wrong").starts_with(word), "{word}");
        };
        check(&|config| config.frame = "9X3".into(), "frame");
        check(&|config| config.columns = 4, "columns");
        check(&|config| config.lamps.clear(), "lamps");
        check(&|config| config.at = "usb:banana".into(), "at");
        assert!(toml::from_str::<Config>("kind = \"scale\"\nat = \"x\"\nbuad = 1").is_err());
    }
}

//! The check field: a CRC over the four fields before it. It finds slips of the hand; it keeps nobody out.

use crc::{CRC_16_ARC, CRC_16_IBM_3740, CRC_16_MODBUS, CRC_16_XMODEM, Table};

/// Which 16-bit CRC. The description says "CRC" and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crc {
    Xmodem,
    Modbus,
    Arc,
    /// Often sold as "CRC-16/CCITT-FALSE".
    Ibm3740,
}

/// How sixteen bits become four characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckForm {
    /// Four digits of base 16, upper case.
    Hex,
    /// The remainder by 10000, four digits: keeps "22 digits" true, and misses some slips.
    Decimal,
}

static XMODEM: crc::Crc<u16, Table<1>> = crc::Crc::<u16, Table<1>>::new(&CRC_16_XMODEM);
static MODBUS: crc::Crc<u16, Table<1>> = crc::Crc::<u16, Table<1>>::new(&CRC_16_MODBUS);
static ARC: crc::Crc<u16, Table<1>> = crc::Crc::<u16, Table<1>>::new(&CRC_16_ARC);
static IBM_3740: crc::Crc<u16, Table<1>> = crc::Crc::<u16, Table<1>>::new(&CRC_16_IBM_3740);

impl Crc {
    pub const ALL: [Crc; 4] = [Crc::Xmodem, Crc::Modbus, Crc::Arc, Crc::Ibm3740];

    pub fn word(self) -> &'static str {
        match self {
            Crc::Xmodem => "crc16-xmodem",
            Crc::Modbus => "crc16-modbus",
            Crc::Arc => "crc16-arc",
            Crc::Ibm3740 => "crc16-ibm3740",
        }
    }

    pub fn of(self, bytes: &[u8]) -> u16 {
        match self {
            Crc::Xmodem => XMODEM.checksum(bytes),
            Crc::Modbus => MODBUS.checksum(bytes),
            Crc::Arc => ARC.checksum(bytes),
            Crc::Ibm3740 => IBM_3740.checksum(bytes),
        }
    }
}

impl CheckForm {
    pub const ALL: [CheckForm; 2] = [CheckForm::Hex, CheckForm::Decimal];

    pub fn word(self) -> &'static str {
        match self {
            CheckForm::Hex => "hex-check",
            CheckForm::Decimal => "decimal-check",
        }
    }

    pub fn print(self, crc: u16) -> String {
        match self {
            CheckForm::Hex => format!("{crc:04X}"),
            CheckForm::Decimal => format!("{:04}", crc % 10_000),
        }
    }

    /// Whether a character may stand in the field at all.
    pub(crate) fn has(self, byte: u8) -> bool {
        byte.is_ascii_digit() || (self == CheckForm::Hex && (b'A'..=b'F').contains(&byte))
    }
}

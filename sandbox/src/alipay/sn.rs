//! How Alipay names certificates: a digest of who issued it and of its serial.

use crate::identity::{Certified, MIDDLE, ORGANISATION, ROOT, UNIT};
use md5::{Digest, Md5};

/// Of a certificate that our middle authority issued.
pub fn of_signed(certified: &Certified) -> String {
    name(MIDDLE, &certified.serial_decimal())
}

/// Of the root, which issued itself.
pub fn of_root_serial(serial_decimal: &str) -> String {
    name(ROOT, serial_decimal)
}

/// The parts of the issuer's name from the last to the first.
fn name(issuer: &str, serial_decimal: &str) -> String {
    let text = format!("CN={issuer},OU={UNIT},O={ORGANISATION},C=CN{serial_decimal}");
    hex::encode(Md5::digest(text.as_bytes()))
}

//! X.509 certificates, written byte by byte: just what a channel's own authority would sign (RSA, SHA-256).

use yitong_channels::crypto::Signer;

/// A name as certificates hold it, from the country down.
pub struct Name<'a> {
    pub organisation: &'a str,
    pub unit: &'a str,
    pub common: &'a str,
}

/// Whether the holder may sign certificates itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    Authority,
    Leaf,
}

pub struct Draft<'a> {
    /// Big endian; at most 20 bytes.
    pub serial: &'a [u8],
    pub issuer: &'a Name<'a>,
    pub subject: &'a Name<'a>,
    /// SubjectPublicKeyInfo, DER.
    pub key: &'a [u8],
    pub holder: Holder,
}

// A test's clock stands anywhere in these years.
const FROM: &[u8] = b"200101000000Z";
const UNTIL: &[u8] = b"491231235959Z";

const SHA256_WITH_RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B];
const COUNTRY: &[u8] = &[0x55, 0x04, 0x06];
const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0A];
const UNIT: &[u8] = &[0x55, 0x04, 0x0B];
const COMMON: &[u8] = &[0x55, 0x04, 0x03];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 0x13];
const KEY_USAGE: &[u8] = &[0x55, 0x1D, 0x0F];

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const NULL: u8 = 0x05;
const OBJECT: u8 = 0x06;
const UTF8: u8 = 0x0C;
const PRINTABLE: u8 = 0x13;
const UTC_TIME: u8 = 0x17;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const CONTEXT_0: u8 = 0xA0;
const CONTEXT_3: u8 = 0xA3;

/// The certificate, DER.
pub fn certificate(draft: &Draft<'_>, signer: &Signer) -> Vec<u8> {
    let algorithm = tlv(SEQUENCE, &[&tlv(OBJECT, &[SHA256_WITH_RSA]), &tlv(NULL, &[])]);
    let validity = tlv(SEQUENCE, &[&tlv(UTC_TIME, &[FROM]), &tlv(UTC_TIME, &[UNTIL])]);
    let version = tlv(CONTEXT_0, &[&tlv(INTEGER, &[&[2]])]);
    let to_be_signed = tlv(
        SEQUENCE,
        &[
            &version,
            &integer(draft.serial),
            &algorithm,
            &name(draft.issuer),
            &validity,
            &name(draft.subject),
            draft.key,
            &extensions(draft.holder),
        ],
    );
    let signature = signer.sign(&to_be_signed);
    tlv(SEQUENCE, &[&to_be_signed, &algorithm, &tlv(BIT_STRING, &[&[0], &signature])])
}

pub fn pem(label: &str, der: &[u8]) -> String {
    let text = yitong_channels::crypto::base64(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        out.extend(line.iter().map(|byte| char::from(*byte)));
        out.push('\n');
    }
    out.push_str(&format!("-----END {label}-----\n"));
    out
}

/// A serial as UnionPay and Alipay write it.
pub fn decimal(bytes: &[u8]) -> String {
    let mut digits = vec![0u8];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in digits.iter_mut() {
            let value = u32::from(*digit) * 256 + carry;
            *digit = (value % 10) as u8;
            carry = value / 10;
        }
        while carry > 0 {
            digits.push((carry % 10) as u8);
            carry /= 10;
        }
    }
    digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
}

fn name(name: &Name<'_>) -> Vec<u8> {
    let part = |kind: &[u8], tag: u8, text: &str| {
        let pair = tlv(SEQUENCE, &[&tlv(OBJECT, &[kind]), &tlv(tag, &[text.as_bytes()])]);
        tlv(SET, &[&pair])
    };
    let parts = [
        part(COUNTRY, PRINTABLE, "CN"),
        part(ORGANISATION, UTF8, name.organisation),
        part(UNIT, UTF8, name.unit),
        part(COMMON, UTF8, name.common),
    ];
    tlv(SEQUENCE, &parts.each_ref().map(Vec::as_slice))
}

fn extensions(holder: Holder) -> Vec<u8> {
    let yes = tlv(BOOLEAN, &[&[0xFF]]);
    // keyCertSign and cRLSign for an authority, digitalSignature for others.
    let (constraints, usage): (Vec<u8>, &[u8]) = match holder {
        Holder::Authority => (tlv(SEQUENCE, &[&yes]), &[1, 0x06]),
        Holder::Leaf => (tlv(SEQUENCE, &[]), &[7, 0x80]),
    };
    let one = |kind: &[u8], value: &[u8]| tlv(SEQUENCE, &[&tlv(OBJECT, &[kind]), &yes, &tlv(OCTET_STRING, &[value])]);
    let both = [one(BASIC_CONSTRAINTS, &constraints), one(KEY_USAGE, &tlv(BIT_STRING, &[usage]))];
    tlv(CONTEXT_3, &[&tlv(SEQUENCE, &both.each_ref().map(Vec::as_slice))])
}

/// Never negative: a leading one bit gets a zero byte before it.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len().saturating_sub(1));
    let bytes = &bytes[start..];
    let sign: &[u8] = if bytes.first().is_none_or(|byte| byte & 0x80 != 0) { &[0] } else { &[] };
    tlv(INTEGER, &[sign, bytes])
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = vec![tag];
    match length {
        0..=0x7F => out.push(length as u8),
        0x80..=0xFF => out.extend([0x81, length as u8]),
        _ => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn serials_are_written_in_decimal() {
        assert_eq!(super::decimal(&[0]), "0");
        assert_eq!(super::decimal(&[0x01, 0x00]), "256");
        assert_eq!(super::decimal(&68_759_585_097u64.to_be_bytes()), "68759585097");
    }

    #[test]
    fn a_number_is_never_negative() {
        assert_eq!(super::integer(&[0x80]), [0x02, 2, 0, 0x80]);
        assert_eq!(super::integer(&[0, 0, 0x7F]), [0x02, 1, 0x7F]);
    }
}

//! How large each code is, and the QR code it takes: in the mode that the product's own maker of QR codes picks.

use crate::chance::Chance;
use crate::others::{Dcc, Paseto, Transit};
use crate::paper::Paper;
use crate::school::{Phone, card, legacy_text, signer};
use fast_qr::{ECL, QRBuilder, QRCode};
use yitong_code::{Purpose, Suite};

struct Row {
    name: &'static str,
    bytes: usize,
    text: Vec<u8>,
}

pub fn print() {
    println!("## Size\n");
    println!(
        "| code | bytes | characters | QR at M: version, modules | QR at Q: version, modules |\n|---|--:|--:|--:|--:|"
    );
    for Row { name, bytes, text } in rows() {
        let [m, q] = [ECL::M, ECL::Q].map(|level| {
            let modules = qr(&text, level).size;
            format!("{}, {modules}", (modules - 17) / 4)
        });
        println!("| {name} | {bytes} | {} | {m} | {q} |", text.len());
    }
    println!();
}

fn rows() -> Vec<Row> {
    let row = |name, bytes, text: String| Row { name, bytes, text: text.into_bytes() };
    let printed = |suite| signer(suite, Purpose::PrintedCode).static_code(&card(1));
    let mut chance = Chance(4);
    let paper = [Paper::rsa1024(), Paper::rsa2048()].map(|paper| paper.make(1, &mut chance));
    let [rsa1024, rsa2048] = paper;
    let transit = Transit::new().make(&mut chance);
    let dcc = Dcc::new();
    let (paseto, hcert) = (Paseto::new().make(1), dcc.make(1));
    vec![
        row("static, Ed25519", bytes_of_digits(&printed(Suite::Ed25519)), printed(Suite::Ed25519)),
        row("static, SM2", bytes_of_digits(&printed(Suite::Sm2)), printed(Suite::Sm2)),
        shown("dynamic, Ed25519 + P-256", Suite::Ed25519),
        shown("dynamic, SM2 + P-256", Suite::Sm2),
        row("paper, plain text", legacy_text(1).len(), legacy_text(1)),
        row("paper, RSA-1024 + DES, base64", bytes_of_base64(&rsa1024), rsa1024),
        row("paper, RSA-2048 + DES, base64", bytes_of_base64(&rsa2048), rsa2048),
        Row { name: "JT/T-like, raw bytes", bytes: transit.len(), text: transit.clone() },
        row("JT/T-like, base45", transit.len(), base45::encode(&transit)),
        row("EU-DCC-like, zlib + base45, static claims", dcc.sign1(1).len(), hcert),
        row("PASETO v4.public, static claims", paseto.len(), paseto),
    ]
}

fn shown(name: &'static str, suite: Suite) -> Row {
    let text = Phone::new(suite, 1).show(1);
    Row { name, bytes: bytes_of_digits(&text), text: text.into_bytes() }
}

/// How many bytes a text of decimal armour stands for: fifteen digits for six, and fewer for the last.
fn bytes_of_digits(text: &str) -> usize {
    let digits = text.len() - 2;
    digits / 15 * 6
        + [0, 3, 5, 8, 10, 13].iter().position(|width| *width == digits % 15).expect("a width of the armour")
}

pub fn qr(text: &[u8], level: ECL) -> QRCode {
    QRBuilder::new(text).ecl(level).build().expect("every code of the bench fits into a QR code")
}

fn bytes_of_base64(text: &str) -> usize {
    text.len() / 4 * 3 - text.bytes().filter(|byte| *byte == b'=').count()
}

//! How often two decoders read a rendered code, by its width in pixels and by what has happened to it. Synthetic
//! pictures: they compare codes with each other and say nothing of a certain camera.

use crate::chance::Chance;
use crate::others::Transit;
use crate::paper::Paper;
use crate::picture::{self, Condition, Picture};
use crate::school::{Phone, card, signer};
use crate::sizes::qr;
use fast_qr::ECL;
use rxing::common::HybridBinarizer;
use rxing::qrcode::QRCodeReader;
use rxing::{BinaryBitmap, DecodeHints, Luma8LuminanceSource, Reader};
use yitong_code::{Purpose, Suite};

const WIDTHS: [usize; 6] = [80, 110, 140, 180, 240, 320];
/// rxing first, then rqrr.
const DECODERS: [fn(&Picture) -> Vec<String>; 2] = [rxing_reads, rqrr_reads];

struct Code<'a> {
    name: &'static str,
    level: ECL,
    make: Box<dyn Fn(u32, &mut Chance) -> String + 'a>,
}

/// How many of some pictures each decoder read, and how many either did.
#[derive(Clone, Copy, Default)]
struct Read {
    by: [u32; 2],
    by_any: u32,
    of: u32,
}

/// Texts that a decoder made up: there must be none.
pub fn print(images: u32) -> Vec<String> {
    println!("## Reading\n");
    println!(
        "% read by rxing / rqrr / either; {images} pictures a cell, each of another code, the same at every run.\n"
    );
    println!("| code | condition | {} |", WIDTHS.map(|width| format!("{width} px")).join(" | "));
    println!("|---|---|{}", "--:|".repeat(WIDTHS.len()));
    let mut wrong = Vec::new();
    for code in codes() {
        let modules = qr((code.make)(0, &mut Chance(0)).as_bytes(), code.level).size;
        let mut all = [Read::default(); WIDTHS.len()];
        for condition in Condition::ALL {
            let mut cells = Vec::new();
            for (at, width) in WIDTHS.into_iter().enumerate() {
                let read = cell(&code, width, condition, images, &mut wrong);
                all[at].add(read);
                cells.push(read.cell());
            }
            println!("| {}, {modules} modules | {} | {} |", code.name, condition.name(), cells.join(" | "));
        }
        println!("| {} | **all four** | {} |", code.name, all.map(|read| read.cell()).join(" | "));
    }
    println!("\nTexts that a decoder made up: {}.\n", wrong.len());
    wrong
}

fn codes() -> Vec<Code<'static>> {
    let printer = signer(Suite::Ed25519, Purpose::PrintedCode);
    let phones: Vec<Phone> = (1..9).map(|of| Phone::new(Suite::Ed25519, of)).collect();
    let (paper, transit) = (Paper::rsa1024(), Transit::new());
    vec![
        Code { name: "static @Q", level: ECL::Q, make: Box::new(move |of, _| printer.static_code(&card(of))) },
        Code {
            name: "dynamic @M",
            level: ECL::M,
            make: Box::new(move |of, _| phones[of as usize % 8].show(of as u16)),
        },
        Code { name: "paper RSA-1024 @M", level: ECL::M, make: Box::new(move |of, chance| paper.make(of, chance)) },
        Code {
            name: "JT/T-like base45 @M",
            level: ECL::M,
            make: Box::new(move |_, chance| base45::encode(transit.make(chance))),
        },
    ]
}

fn cell(code: &Code, width: usize, condition: Condition, images: u32, wrong: &mut Vec<String>) -> Read {
    let mut read = Read { of: images, ..Read::default() };
    for image in 0..images {
        // The seed names the picture, so that more pictures leave the first ones as they are.
        let mut chance = Chance(u64::from(image) << 32 | (width as u64) << 8 | condition as u64);
        let text = (code.make)(image, &mut chance);
        let picture = picture::take(&qr(text.as_bytes(), code.level), width, condition, &mut chance);
        let mut any = false;
        for (by, decoder) in DECODERS.iter().enumerate() {
            let texts = decoder(&picture);
            wrong.extend(texts.iter().filter(|found| **found != text).cloned());
            let found = texts.contains(&text);
            read.by[by] += u32::from(found);
            any |= found;
        }
        read.by_any += u32::from(any);
    }
    read
}

impl Read {
    fn add(&mut self, other: Read) {
        self.by = [self.by[0] + other.by[0], self.by[1] + other.by[1]];
        self.by_any += other.by_any;
        self.of += other.of;
    }

    fn cell(self) -> String {
        let [rxing, rqrr, any] = [self.by[0], self.by[1], self.by_any].map(|count| count * 100 / self.of.max(1));
        format!("{rxing} / {rqrr} / {any}")
    }
}

fn rxing_reads(picture: &Picture) -> Vec<String> {
    let side = picture.side as u32;
    let Ok(source) = Luma8LuminanceSource::new(picture.grey.clone(), side, side) else { return Vec::new() };
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    let hints = DecodeHints { TryHarder: Some(true), ..DecodeHints::default() };
    let read = QRCodeReader::new().decode_with_hints(&mut bitmap, &hints);
    read.map(|found| found.getText().to_owned()).into_iter().collect()
}

fn rqrr_reads(picture: &Picture) -> Vec<String> {
    let side = picture.side;
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| picture.grey[y * side + x]);
    prepared.detect_grids().iter().filter_map(|grid| Some(grid.decode().ok()?.1)).collect()
}

//! How long making and verifying takes: all operations side by side in one run, batch by batch, so that a busy moment
//! of the machine falls on all of them. CPU time of the thread, not of the wall; nothing is asserted about it.

use crate::chance::Chance;
use crate::others::{Dcc, P256, Paseto, Transit};
use crate::paper::Paper;
use crate::school::{Phone, School50k, card, legacy_text, signer};
use cpu_time::ThreadTime;
use std::hint::black_box;
use yitong_code::{Memory, Purpose, Replay, Status, Suite, Trust};

/// What one batch of one operation takes, about.
const BATCH_US: u128 = 8_000;
/// Different codes that an operation goes through.
const CODES: u32 = 64;

struct Operation<'a> {
    name: String,
    run: Box<dyn FnMut() + 'a>,
    a_batch: u32,
    /// Microseconds for each call, one for each batch.
    took: Vec<f64>,
}

pub fn print(school: &School50k, batches: usize) {
    let mut all = ours(school);
    all.extend(legacy(school));
    all.extend(others());
    for operation in &mut all {
        operation.warm_up();
    }
    for _ in 0..batches {
        all.iter_mut().for_each(Operation::batch);
    }
    println!("## Time\n");
    println!("µs of CPU time of one thread; median of {batches} batches, all operations side by side.\n");
    println!("| operation | µs | middle half | ÷ Ed25519 static check |\n|---|--:|--:|--:|");
    let base = all.iter().find(|operation| operation.name == BASE).map(|operation| operation.quarter(2));
    let base = base.expect("the operation that others are compared with is among them");
    for operation in &all {
        let [low, median, high] = [1, 2, 3].map(|quarter| operation.quarter(quarter));
        println!("| {} | {median:.1} | {low:.1}–{high:.1} | {:.2} |", operation.name, median / base);
    }
    println!();
}

const BASE: &str = "verify static, Ed25519";

impl<'a> Operation<'a> {
    fn new(name: impl Into<String>, run: impl FnMut() + 'a) -> Operation<'a> {
        Operation { name: name.into(), run: Box::new(run), a_batch: 1, took: Vec::new() }
    }

    /// Fills caches and tables, and finds how many calls make a batch.
    fn warm_up(&mut self) {
        let began = ThreadTime::now();
        let mut calls = 0;
        while began.elapsed().as_micros() < 2 * BATCH_US {
            (self.run)();
            calls += 1;
        }
        self.a_batch = (calls / 2).max(1);
    }

    fn batch(&mut self) {
        let began = ThreadTime::now();
        for _ in 0..self.a_batch {
            (self.run)();
        }
        self.took.push(began.elapsed().as_nanos() as f64 / 1_000.0 / f64::from(self.a_batch));
    }

    /// 1, 2, 3: the lower quarter, the median, the upper quarter.
    fn quarter(&self, quarter: usize) -> f64 {
        let mut sorted = self.took.clone();
        sorted.sort_by(f64::total_cmp);
        sorted[(sorted.len() - 1) * quarter / 4]
    }
}

/// Numbers from 0 up to `CODES`, round and round.
fn numbers() -> impl FnMut() -> u32 {
    let mut next = 0;
    move || {
        next = (next + 1) % CODES;
        next
    }
}

fn ours(school: &School50k) -> Vec<Operation<'_>> {
    let mut all = Vec::new();
    for suite in Suite::ALL {
        let name = name_of(suite);
        let (printer, mut number) = (signer(suite, Purpose::PrintedCode), numbers());
        all.push(Operation::new(format!("make static, {name}"), move || {
            black_box(printer.static_code(&card(number())));
        }));
        let (issuer, mut number) = (signer(suite, Purpose::Credential), numbers());
        let fields = Phone::new(suite, 1).fields;
        all.push(Operation::new(format!("issue a credential, {name}"), move || {
            let fields = yitong_code::CredentialFields { account: number(), ..fields };
            black_box(issuer.credential(&fields));
        }));
    }
    let (phone, mut number) = (Phone::new(Suite::Ed25519, 1), numbers());
    all.push(Operation::new("show a dynamic code, P-256 (device)", move || {
        black_box(phone.show(number() as u16));
    }));
    for suite in Suite::ALL {
        let printer = signer(suite, Purpose::PrintedCode);
        let texts: Vec<String> = (0..CODES).map(|of| printer.static_code(&card(of))).collect();
        let mut number = numbers();
        all.push(Operation::new(format!("verify static, {}", name_of(suite)), move || {
            black_box(school.verify(&texts[number() as usize], Replay::Elsewhere));
        }));
    }
    for suite in Suite::ALL {
        let phones: Vec<Phone> = (1..9).map(|of| Phone::new(suite, of)).collect();
        let texts: Vec<String> = (0..CODES).map(|of| phones[of as usize % 8].show(of as u16)).collect();
        let (mut number, mut memory) = (numbers(), Memory::new(16));
        all.push(Operation::new(format!("verify dynamic, {} + P-256", name_of(suite)), move || {
            let number = number();
            if number == 0 {
                memory = Memory::new(16);
            }
            black_box(school.verify(&texts[number as usize], Replay::Here(&mut memory)));
        }));
    }
    // With no key at hand, verification ends after the armour and one look-up in an empty map.
    let nobody = Trust::default();
    for (kind, text) in [
        ("static", signer(Suite::Ed25519, Purpose::PrintedCode).static_code(&card(1))),
        ("dynamic", Phone::new(Suite::Ed25519, 1).show(1)),
    ] {
        let nobody = nobody.clone();
        all.push(Operation::new(format!("armour of a {kind} code, until its key is unknown"), move || {
            let answer = yitong_code::verify(
                black_box(text.as_str()),
                &nobody,
                Status::Elsewhere(crate::school::SCHOOL),
                Replay::Elsewhere,
                crate::school::NOW,
            );
            assert_eq!(answer.err(), Some(yitong_code::Reason::UnknownKey));
        }));
    }
    all
}

pub fn name_of(suite: Suite) -> &'static str {
    match suite {
        Suite::Ed25519 => "Ed25519",
        Suite::Sm2 => "SM2",
    }
}

fn legacy(school: &School50k) -> Vec<Operation<'_>> {
    let texts: Vec<String> = (0..CODES).map(|of| legacy_text(of * 700 + 1)).collect();
    let mut number = numbers();
    let mut all = vec![Operation::new("legacy, look-up in a list of 50,000", move || {
        black_box(school.verify(&texts[number() as usize], Replay::Elsewhere));
    })];
    for (name, make) in [("RSA-1024", Paper::rsa1024 as fn() -> Paper), ("RSA-2048", Paper::rsa2048)] {
        let (paper, mut number, mut chance) = (make(), numbers(), Chance(1));
        all.push(Operation::new(format!("legacy, issue under {name} + DES"), move || {
            black_box(paper.make(number(), &mut chance));
        }));
        let (paper, mut number, mut chance) = (make(), numbers(), Chance(2));
        let texts: Vec<String> = (0..CODES).map(|of| paper.make(of, &mut chance)).collect();
        all.push(Operation::new(format!("legacy, read under {name} + DES (blinded)"), move || {
            assert!(paper.read(&texts[number() as usize], &mut chance));
        }));
    }
    all
}

fn others() -> Vec<Operation<'static>> {
    let (paseto, mut number) = (Paseto::new(), numbers());
    let texts: Vec<String> = (0..CODES).map(|of| paseto.make(of)).collect();
    let verify_paseto = Operation::new("verify PASETO v4.public, same claims", move || {
        let number = number();
        assert_eq!(paseto.verify(&texts[number as usize]), Some(number));
    });
    let (dcc, mut number) = (Dcc::new(), numbers());
    let texts: Vec<String> = (0..CODES).map(|of| dcc.make(of)).collect();
    let verify_dcc = Operation::new("verify EU-DCC-like, ES256, same claims", move || {
        let number = number();
        assert_eq!(dcc.verify(&texts[number as usize]), Some(number));
    });
    let (transit, mut number, mut chance) = (Transit::new(), numbers(), Chance(3));
    let codes: Vec<Vec<u8>> = (0..CODES).map(|_| transit.make(&mut chance)).collect();
    let verify_transit = Operation::new("verify JT/T-like, three SM2 checks", move || {
        assert!(transit.verify(&codes[number() as usize]));
    });
    let (by_crrl, by_p256) = (P256::new(), P256::new());
    let crrl = Operation::new("one P-256 check by crrl (ours)", move || assert!(black_box(&by_crrl).by_crrl()));
    let p256 = Operation::new("one P-256 check by p256 (not taken)", move || assert!(black_box(&by_p256).by_p256()));
    vec![verify_paseto, verify_dcc, verify_transit, crrl, p256]
}

//! Allocations: a check takes no memory, and making a code takes one piece, the text. A claim, not a figure: when it
//! does not hold, the bench fails.

use crate::school::{Phone, School50k, card, legacy_text, signer};
use crate::times::name_of;
use allocation_counter::measure;
use std::hint::black_box;
use yitong_code::{Memory, Purpose, Replay, Suite};

/// The names of what took more than it may.
pub fn print(school: &School50k) -> Vec<String> {
    println!("## Allocations in one call\n\n| operation | allocations | may take |\n|---|--:|--:|");
    let mut broken = Vec::new();
    let mut row = |name: String, may: u64, run: &mut dyn FnMut()| {
        let took = measure(run).count_total;
        println!("| {name} | {took} | {may} |");
        if took > may {
            broken.push(name);
        }
    };
    for suite in Suite::ALL {
        let printer = signer(suite, Purpose::PrintedCode);
        // The first use of a curve makes its tables.
        let text = printer.static_code(&card(1));
        school.verify(&text, Replay::Elsewhere);
        row(format!("verify static, {}", name_of(suite)), 0, &mut || {
            black_box(school.verify(&text, Replay::Elsewhere));
        });
        row(format!("make static, {}", name_of(suite)), 1, &mut || {
            black_box(printer.static_code(&card(2)));
        });
        let (phone, mut memory) = (Phone::new(suite, 1), Memory::new(16));
        let (first, second) = (phone.show(1), phone.show(2));
        school.verify(&first, Replay::Here(&mut memory));
        row(format!("verify dynamic, {} + P-256", name_of(suite)), 0, &mut || {
            black_box(school.verify(&second, Replay::Here(&mut memory)));
        });
        row(format!("show a dynamic code, {}", name_of(suite)), 1, &mut || {
            black_box(phone.show(3));
        });
    }
    let text = legacy_text(1);
    row("legacy, look-up in a list".into(), 0, &mut || {
        black_box(school.verify(&text, Replay::Elsewhere));
    });
    println!();
    broken
}

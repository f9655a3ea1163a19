//! The bench of codes: what making and verifying costs, how large codes are beside others, how well they are read.
//! Prints Markdown. Fails when a claim that it can prove does not hold: memory in a check, a text made up in reading.

mod chance;
mod memory;
mod others;
mod paper;
mod picture;
mod reading;
mod school;
mod sizes;
mod times;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask bench-codes [-- OPTIONS]
  --images N     pictures for each cell of the table of reading (20)
  --batches N    batches for each time (31)
  --only PART    memory, size, time or reading";

struct Options {
    images: u32,
    batches: usize,
    only: Option<String>,
}

const PARTS: [&str; 4] = ["memory", "size", "time", "reading"];

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}\n{HELP}");
            return ExitCode::FAILURE;
        }
    };
    let wanted = |part: &str| options.only.as_deref().is_none_or(|only| only == part);
    let mut broken = Vec::new();
    if wanted("memory") || wanted("time") {
        let school = school::School50k::new();
        if wanted("memory") {
            broken.extend(memory::print(&school).into_iter().map(|name| format!("too many allocations: {name}")));
        }
        if wanted("time") {
            times::print(&school, options.batches);
        }
    }
    if wanted("size") {
        sizes::print();
    }
    if wanted("reading") {
        broken.extend(reading::print(options.images).into_iter().map(|text| format!("a decoder made up: {text}")));
    }
    broken.iter().for_each(|what| eprintln!("bench-codes: {what}"));
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn options(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options { images: 20, batches: 31, only: None };
    while let Some(name) = args.next() {
        let value = args.next().ok_or_else(|| format!("{name}: say a value"))?;
        let number = || value.parse().ok().filter(|number| (1..=10_000).contains(number));
        let whole = || number().ok_or_else(|| format!("{name}: a number from 1 to 10000, not {value:?}"));
        match name.as_str() {
            "--images" => options.images = whole()?,
            "--batches" => options.batches = whole()? as usize,
            "--only" if PARTS.contains(&value.as_str()) => options.only = Some(value),
            "--only" => return Err(format!("--only: one of {}, not {value:?}", PARTS.join(", "))),
            _ => return Err(format!("unknown option {name:?}")),
        }
    }
    Ok(options)
}

//! `yitong-sim days --seeds N`: days from seeds, and what an auditor says; `yitong-sim lunch`: the same hall as a load.

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use yitong_sim::day::{Day, Outcome};
use yitong_sim::lunch::Lunch;

#[derive(Parser)]
#[command(about = "School days from seeds, and what an auditor says of them")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Many days. Each failing seed is printed with what was found.
    Days {
        #[arg(long, default_value_t = 100)]
        seeds: u64,
        /// The first seed.
        #[arg(long, default_value_t = 1)]
        from: u64,
    },
    /// One day, with everything that happens.
    Tell { seed: u64 },
    /// A lunch in real time: real agents, a real server over HTTP, and how long people waited.
    Lunch {
        #[arg(long, default_value_t = 1_500)]
        pupils: usize,
        #[arg(long, default_value_t = 8)]
        lanes: usize,
        /// All come within so many seconds.
        #[arg(long, default_value_t = 300)]
        within: u64,
        /// Between two diners at a lane, in milliseconds.
        #[arg(long, default_value_t = 1_000)]
        handover: u64,
        /// Cut the line to the server after so many seconds …
        #[arg(long)]
        cut_after: Option<u64>,
        /// … for so many seconds.
        #[arg(long, default_value_t = 60)]
        cut_for: u64,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

fn main() -> ExitCode {
    match Args::parse().command {
        Command::Days { seeds, from } => alone(days(from, seeds)),
        Command::Tell { seed } => alone(tell(seed)),
        Command::Lunch { pupils, lanes, within, handover, cut_after, cut_for, seed } => {
            let cut = cut_after.map(|after| (Duration::from_secs(after), Duration::from_secs(cut_for)));
            let (within, handover) = (Duration::from_secs(within), Duration::from_millis(handover));
            let lunch = Lunch { pupils, lanes, within, handover, cut, seed };
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
            match runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(lunch.run())) {
                Ok(()) => ExitCode::SUCCESS,
                Err(why) => {
                    eprintln!("yitong-sim: {why}");
                    ExitCode::FAILURE
                }
            }
        }
    }
}

/// One thread, so that a seed is the same day each time.
fn alone(work: impl Future<Output = ExitCode>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(work)
}

async fn tell(seed: u64) -> ExitCode {
    let outcome = Day::run(&Day::hall().await, seed, true).await;
    println!("{outcome:#?}");
    if outcome.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn days(from: u64, seeds: u64) -> ExitCode {
    let (hall, begun) = (Day::hall().await, Instant::now());
    let (mut failed, mut all) = (Vec::new(), Outcome::default());
    for seed in from..from + seeds {
        let day = Day::run(&hall, seed, false).await;
        for violation in &day.violations {
            println!("seed {seed}: {violation:?}");
        }
        if !day.violations.is_empty() {
            failed.push(seed);
        }
        all.greens += day.greens;
        all.offline += day.offline;
        all.reds += day.reds;
        all.undone += day.undone;
        all.power_cuts += day.power_cuts;
        all.findings += day.findings;
        all.given_back += day.given_back;
        all.worst_open = all.worst_open.max(day.worst_open);
        if (seed - from + 1).is_multiple_of(100) {
            println!("{} days, {} failed, {:.0} s", seed - from + 1, failed.len(), begun.elapsed().as_secs_f64());
        }
    }
    println!(
        "{seeds} days from seed {from} in {:.0} s: {} sales ({} by tills themselves), {} reds, {} undone, \
         {} power cuts, {} findings for finance, {} second charges given back at night; at most {} fen without the \
         server's word",
        begun.elapsed().as_secs_f64(),
        all.greens,
        all.offline,
        all.reds,
        all.undone,
        all.power_cuts,
        all.findings,
        all.given_back,
        all.worst_open
    );
    match failed.as_slice() {
        [] => {
            println!("0 violations");
            ExitCode::SUCCESS
        }
        seeds => {
            println!("{} days failed; one of them again, with everything: yitong-sim tell {}", seeds.len(), seeds[0]);
            ExitCode::FAILURE
        }
    }
}
